//! Sources.

use super::cell::{drill, source_state};
use super::{Cell, Column, Field, Meaning, Record, Row, field, maybe, told, yes_no};
use crate::api::{Source, Timestamp};
use crate::text::human;

impl Row for Source {
    const SCREEN: &'static [Column<Self>] = &[
        Column::new("state", 10, 0, |s, _| source_state(&s.state)),
        Column::growing("source", 24, 0, |s, _| Cell::told(&s.name)),
        Column::new("format", 9, 3, |s, _| Cell::told(&s.format).faint()),
        Column::number("events", 11, 0, |s, _| Cell::count(s.events)),
        Column::number("unparsed", 8, 1, unparsed),
        Column::number("last event", 10, 1, |s, now| age(s.last_event, now)),
        Column::number("last read", 9, 4, |s, now| age(s.last_read, now)),
        Column::number("read", 9, 5, |s, _| Cell::own(human::bytes(s.offset))),
        Column::new("", 6, 0, |s, _| drill(s.drill)),
        Column::growing("why", 24, 6, |s, _| Cell::told(&s.why).faint()),
    ];
}

impl Record for Source {
    const FIELDS: &'static [Field<Self>] = &[
        field("name", |s| told(&s.name)),
        field("state", |s| s.state.label().into_owned()),
        field("format", |s| told(&s.format)),
        field("events", |s| s.events.to_string()),
        field("unparsed", |s| s.unparsed.to_string()),
        field("offset", |s| s.offset.to_string()),
        field("last_event", |s| maybe(s.last_event)),
        field("last_read", |s| maybe(s.last_read)),
        field("why", |s| told(&s.why)),
        field("drill", |s| yes_no(s.drill)),
    ];
}

fn age(at: Option<Timestamp>, now: Timestamp) -> Cell {
    at.map_or_else(|| Cell::own("never"), |at| Cell::age(at, now))
}

fn unparsed(source: &Source, _: Timestamp) -> Cell {
    let meaning = if source.unparsed > 0 { Meaning::Warning } else { Meaning::Plain };
    Cell::count(source.unparsed).meaning(meaning)
}
