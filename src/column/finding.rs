//! Columns of what a replay finds.

use super::{Cell, Column, GROW, Meaning, Row, full_time, severity};
use crate::api::Finding;

impl Row for Finding {
    const COLUMNS: &'static [Column<Self>] = &[
        Column::new("time", 24, 1, |f| full_time(f.time).meaning(Meaning::Faint)),
        Column::new("severity", 8, 1, |f| severity(&f.severity)),
        Column::new("rule", 24, 0, |f| Cell::told(&f.rule).meaning(Meaning::Strong)),
        Column::file("class", |f| Cell::told(&f.class)),
        Column::file("kind", |f| Cell::own(f.kind.label())),
        Column::new("src_ip", 15, 2, |f| Cell::maybe(f.src_ip, |ip| Cell::own(ip.to_canonical().to_string()))),
        Column::new("user", 12, 6, |f| Cell::maybe(f.user.as_ref(), Cell::outside)),
        Column::new("decision", 8, 3, |f| Cell::own(f.decision.label())),
        Column::number("confidence", 10, 7, |f| Cell::own(format!("{:.2}", f.confidence))),
        Column::number("incident", 8, 5, |f| Cell::maybe(f.incident, |id| Cell::own(id.to_string()))),
        Column::file("file", |f| Cell::told(&f.file)),
        Column::file("evidence", |f| Cell::own(f.evidence.iter().map(u64::to_string).collect::<Vec<_>>().join(" "))),
        Column::number("events", 6, 8, |f| Cell::own(f.evidence_count.to_string())),
        Column::new("why", GROW, 0, |f| Cell::outside(&f.why)),
    ];
}
