//! Columns of ledger entries.

use super::{Cell, Column, GROW, Meaning, Row, full_time, short_time};
use crate::api::LedgerEntry;

impl Row for LedgerEntry {
    const COLUMNS: &'static [Column<Self>] = &[
        Column::number("seq", 7, 0, |l| Cell::own(l.seq.to_string())),
        Column::screen("time", 14, 0, |l| short_time(l.time).meaning(Meaning::Faint)),
        Column::file("time", |l| full_time(l.time)),
        Column::new("kind", 7, 2, |l| Cell::own(l.kind.label())),
        Column::new("actor", 14, 1, |l| Cell::outside(&l.actor)),
        Column::new("action", 18, 0, |l| Cell::told(&l.action).meaning(Meaning::Strong)),
        Column::new("target", 20, 1, |l| Cell::outside(&l.target)),
        Column::new("detail", GROW, 0, |l| Cell::outside(&l.detail)),
        Column::file("prev", |l| Cell::told(&l.prev)),
        Column::file("hash", |l| Cell::told(&l.hash)),
    ];
}
