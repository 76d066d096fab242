//! Ledger entries.

use super::cell::{clock, date};
use super::{Cell, Column, Field, Record, Row, field, told};
use crate::api::LedgerEntry;

impl Row for LedgerEntry {
    const SCREEN: &'static [Column<Self>] = &[
        Column::number("#", 7, 0, |l, _| Cell::own(l.seq.to_string())),
        Column::new("date", 5, 3, |l, _| date(l.time)),
        Column::new("time", 8, 0, |l, _| clock(l.time)),
        Column::new("kind", 7, 2, |l, _| Cell::own(l.kind.label())),
        Column::new("actor", 12, 1, |l, _| Cell::outside(&l.actor)),
        Column::new("action", 18, 0, |l, _| Cell::told(&l.action)),
        Column::new("target", 18, 1, |l, _| Cell::outside(&l.target)),
        Column::growing("detail", 16, 0, |l, _| Cell::outside(&l.detail).faint()),
    ];
}

impl Record for LedgerEntry {
    const FIELDS: &'static [Field<Self>] = &[
        field("seq", |l| l.seq.to_string()),
        field("time", |l| l.time.to_string()),
        field("kind", |l| l.kind.label().into_owned()),
        field("actor", |l| l.actor.visible()),
        field("action", |l| told(&l.action)),
        field("target", |l| l.target.visible()),
        field("detail", |l| l.detail.visible()),
        field("prev", |l| told(&l.prev)),
        field("hash", |l| told(&l.hash)),
    ];
}
