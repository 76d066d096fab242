//! Columns of actions.

use super::{Cell, Column, GROW, Meaning, Row, action_state, full_time, marked, short_time, yes_no};
use crate::api::Action;
use crate::text::visible;

impl Row for Action {
    const COLUMNS: &'static [Column<Self>] = &[
        Column::number("id", 6, 0, |a| Cell::own(a.id.to_string())),
        Column::new("state", 9, 0, |a| action_state(&a.state)),
        Column::new("kind", 14, 1, |a| Cell::own(a.kind.label())),
        Column::new("target", 20, 0, |a| Cell::outside(&a.target).meaning(Meaning::Strong)),
        Column::new("actor", 12, 3, |a| Cell::outside(&a.actor)),
        Column::file("automatic", |a| yes_no(a.automatic)),
        Column::screen("created", 14, 2, |a| short_time(a.created).meaning(Meaning::Faint)),
        Column::file("created", |a| full_time(a.created)),
        Column::screen("expires", 14, 2, |a| short_time(a.expires)),
        Column::file("expires", |a| full_time(a.expires)),
        Column::number("incident", 8, 4, |a| Cell::maybe(a.incident, |id| Cell::own(id.to_string()))),
        Column::screen("reason", GROW, 5, |a| marked(a.drill, Cell::outside(&a.reason))),
        Column::file("reason", |a| Cell::outside(&a.reason)),
        Column::new("last_receipt", 30, 6, last_receipt),
        Column::file("drill", |a| yes_no(a.drill)),
    ];
}

fn last_receipt(action: &Action) -> Cell {
    Cell::maybe(action.receipts.last(), |r| {
        let by = r.enforcer.as_deref().unwrap_or("platform");
        Cell::own(format!("{}: {}", visible::escape(by), visible::escape(&r.detail))).meaning(Meaning::Faint)
    })
}
