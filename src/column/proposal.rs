//! What the policy proposes.

use super::{Cell, Column, Meaning, Row};
use crate::api::Proposal;
use crate::text::human;

impl Row for Proposal {
    const SCREEN: &'static [Column<Self>] = &[
        Column::new("mode", 8, 0, |p, _| Cell::own(p.mode.label()).meaning(Meaning::Strong)),
        Column::new("action", 14, 0, |p, _| Cell::own(p.kind.label())),
        Column::new("target", 20, 0, |p, _| Cell::outside(&p.target)),
        Column::number("for", 5, 1, |p, _| {
            let ms = i64::try_from(p.ttl_seconds).unwrap_or(i64::MAX).saturating_mul(1000);
            Cell::own(human::short_duration(ms))
        }),
        Column::new("became", 7, 1, |p, _| Cell::maybe(p.action, |a| Cell::own(format!("#{a}")))),
        Column::growing("why", 18, 2, |p, _| Cell::told(&p.why).faint()),
    ];
}
