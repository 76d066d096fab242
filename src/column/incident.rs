//! Columns of incidents.

use super::{
    Cell, Column, GROW, Meaning, Row, full_time, incident_state, listed, marked, severity, short_time, yes_no,
};
use crate::api::Incident;

impl Row for Incident {
    const COLUMNS: &'static [Column<Self>] = &[
        Column::number("id", 6, 0, |i| Cell::own(i.id.to_string())),
        Column::file("revision", |i| Cell::own(i.revision.to_string())),
        Column::new("severity", 8, 1, |i| severity(&i.severity)),
        Column::number("score", 5, 2, |i| Cell::own(i.score.to_string())),
        Column::new("state", 9, 2, |i| incident_state(&i.state)),
        Column::file("entity_kind", |i| Cell::own(i.entity.kind.label())),
        Column::new("entity", 18, 1, |i| Cell::outside(&i.entity.value).meaning(Meaning::Strong)),
        Column::new("country", 7, 7, |i| Cell::maybe(i.country.as_ref(), Cell::outside)),
        Column::screen("title", GROW, 0, |i| marked(i.drill, Cell::told(&i.title))),
        Column::file("title", |i| Cell::told(&i.title)),
        Column::new("rules", 24, 9, |i| listed(i.rules.iter().map(String::as_str))),
        Column::file("techniques", |i| listed(i.techniques.iter().map(String::as_str))),
        Column::number("detections", 10, 6, |i| Cell::own(i.detections.to_string())),
        Column::number("events", 7, 5, |i| Cell::own(i.events.to_string())),
        Column::new("owner", 12, 4, |i| Cell::maybe(i.owner.as_ref(), Cell::outside)),
        Column::screen("last_event", 14, 3, |i| short_time(i.last_event).meaning(Meaning::Faint)),
        Column::screen("contained", 9, 8, contained),
        Column::file("opened", |i| full_time(i.opened)),
        Column::file("updated", |i| full_time(i.updated)),
        Column::file("first_event", |i| full_time(i.first_event)),
        Column::file("last_event", |i| full_time(i.last_event)),
        Column::file("contained", |i| Cell::maybe(i.contained, full_time)),
        Column::new("verdict", 20, 11, |i| Cell::maybe(i.verdict.as_ref(), |v| Cell::own(v.label()))),
        Column::file("drill", |i| yes_no(i.drill)),
    ];
}

/// How long it took from the first hostile event to the verified block.
fn contained(incident: &Incident) -> Cell {
    match incident.contained {
        Some(at) => {
            let took = at.0.saturating_sub(incident.first_event.0);
            Cell::own(format!("in {}", crate::text::human::short_duration(took))).meaning(Meaning::Good)
        }
        None if incident.state.is_open() => Cell::own("no").meaning(Meaning::Warning),
        None => Cell::own(""),
    }
}
