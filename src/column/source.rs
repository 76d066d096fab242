//! Columns of sources.

use super::{Cell, Column, GROW, Meaning, Row, full_time, marked, short_time, source_state, yes_no};
use crate::api::Source;

impl Row for Source {
    const COLUMNS: &'static [Column<Self>] = &[
        Column::new("name", 34, 0, |s| Cell::told(&s.name).meaning(Meaning::Strong)),
        Column::new("state", 10, 0, |s| source_state(&s.state)),
        Column::new("format", 9, 4, |s| Cell::told(&s.format)),
        Column::number("events", 10, 1, |s| Cell::own(s.events.to_string())),
        Column::number("unparsed", 8, 3, unparsed),
        Column::file("offset", |s| Cell::own(s.offset.to_string())),
        Column::screen("last_event", 14, 2, |s| Cell::maybe(s.last_event, short_time)),
        Column::file("last_event", |s| Cell::maybe(s.last_event, full_time)),
        Column::file("last_read", |s| Cell::maybe(s.last_read, full_time)),
        Column::screen("why", GROW, 1, |s| marked(s.drill, Cell::told(&s.why))),
        Column::file("why", |s| Cell::told(&s.why)),
        Column::file("drill", |s| yes_no(s.drill)),
    ];
}

fn unparsed(source: &Source) -> Cell {
    let meaning = if source.unparsed > 0 { Meaning::Warning } else { Meaning::Faint };
    Cell::own(source.unparsed.to_string()).meaning(meaning)
}
