//! Entries of an incident's timeline.

use super::cell::clock;
use super::{Cell, Column, Meaning, Row};
use crate::api::TimelineEntry;

impl Row for TimelineEntry {
    const SCREEN: &'static [Column<Self>] = &[
        Column::new("time", 8, 0, |entry, _| clock(entry.time)),
        Column::new("kind", 9, 1, |entry, _| Cell::own(entry.kind.label()).faint()),
        Column::new("by", 14, 0, |entry, _| Cell::outside(&entry.actor).meaning(Meaning::Strong)),
        Column::growing("what happened", 20, 0, |entry, _| Cell::outside(&entry.text)),
    ];
}
