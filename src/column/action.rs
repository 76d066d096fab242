//! Actions.

use super::cell::{action_state, drill};
use super::{Cell, Column, Field, Record, Row, field, maybe, outside, yes_no};
use crate::api::{Action, Receipt};
use crate::text::visible;

impl Row for Action {
    const SCREEN: &'static [Column<Self>] = &[
        Column::number("#", 5, 0, |a, _| Cell::own(a.id.to_string())),
        Column::new("state", 9, 0, |a, _| action_state(&a.state)),
        Column::new("action", 14, 1, |a, _| Cell::own(a.kind.label().replace('_', " "))),
        Column::new("target", 20, 0, |a, _| Cell::outside(&a.target)),
        Column::number("ends in", 7, 0, |a, now| {
            Cell::maybe(a.state.is_active().then_some(a.expires), |at| Cell::until(at, now))
        }),
        Column::number("age", 4, 2, |a, now| Cell::age(a.created, now)),
        Column::new("by", 10, 3, |a, _| {
            if a.automatic { Cell::own("policy") } else { Cell::outside(&a.actor) }.faint()
        }),
        Column::number("incident", 8, 4, |a, _| Cell::maybe(a.incident, |id| Cell::own(format!("#{id}")))),
        Column::growing("why", 20, 5, |a, _| Cell::outside(&a.reason).faint()),
        Column::new("last receipt", 30, 6, |a, _| Cell::own(a.receipts.last().map(told).unwrap_or_default()).faint()),
        Column::new("", 6, 0, |a, _| drill(a.drill)),
    ];
}

impl Record for Action {
    const FIELDS: &'static [Field<Self>] = &[
        field("id", |a| a.id.to_string()),
        field("state", |a| a.state.label().into_owned()),
        field("kind", |a| a.kind.label().into_owned()),
        field("target", |a| a.target.visible()),
        field("actor", |a| a.actor.visible()),
        field("automatic", |a| yes_no(a.automatic)),
        field("created", |a| a.created.to_string()),
        field("expires", |a| a.expires.to_string()),
        field("incident", |a| maybe(a.incident)),
        field("reason", |a| outside(Some(&a.reason))),
        field("last_receipt", |a| a.receipts.last().map(told).unwrap_or_default()),
        field("drill", |a| yes_no(a.drill)),
    ];
}

fn told(receipt: &Receipt) -> String {
    let by = receipt.enforcer.as_deref().unwrap_or("platform");
    format!("{}: {}", visible::escape(by), visible::escape(&receipt.detail))
}
