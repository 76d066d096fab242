//! Incidents.

use super::cell::{drill, entity, incident_state, severity};
use super::{Cell, Column, Field, Meaning, Record, Row, field, listed, maybe, outside, told, yes_no};
use crate::api::Incident;
use crate::text::{human, visible};

impl Row for Incident {
    const SCREEN: &'static [Column<Self>] = &[
        Column::number("#", 4, 0, |i, _| Cell::own(i.id.to_string())),
        Column::new("severity", 10, 0, |i, _| severity(&i.severity)),
        Column::number("score", 5, 2, |i, _| Cell::own(i.score.to_string())),
        Column::number("age", 4, 1, |i, now| Cell::age(i.updated, now)),
        Column::new("state", 9, 0, |i, _| incident_state(&i.state)),
        Column::new("owner", 8, 6, |i, _| Cell::maybe(i.owner.as_ref(), Cell::outside).faint()),
        Column::growing("title", 17, 0, |i, _| title(i)),
        Column::new("entity", 15, 0, |i, _| entity(&i.entity)),
        Column::new("cc", 2, 5, |i, _| i.country.as_ref().map_or_else(|| Cell::own("??"), Cell::outside).faint()),
        Column::new("contained", 9, 7, |i, _| contained(i)),
        Column::new("verdict", 20, 9, |i, _| Cell::maybe(i.verdict.as_ref(), |v| Cell::own(v.label())).faint()),
        Column::new("", 6, 0, |i, _| drill(i.drill)),
    ];
}

impl Record for Incident {
    const FIELDS: &'static [Field<Self>] = &[
        field("id", |i| i.id.to_string()),
        field("revision", |i| i.revision.to_string()),
        field("severity", |i| i.severity.label().into_owned()),
        field("score", |i| i.score.to_string()),
        field("state", |i| i.state.label().into_owned()),
        field("entity_kind", |i| i.entity.kind.label().into_owned()),
        field("entity", |i| i.entity.value.visible()),
        field("country", |i| outside(i.country.as_ref())),
        field("title", |i| told(&i.title)),
        field("rules", |i| listed(&i.rules)),
        field("techniques", |i| listed(&i.techniques)),
        field("detections", |i| i.detections.to_string()),
        field("events", |i| i.events.to_string()),
        field("owner", |i| outside(i.owner.as_ref())),
        field("opened", |i| i.opened.to_string()),
        field("updated", |i| i.updated.to_string()),
        field("first_event", |i| i.first_event.to_string()),
        field("last_event", |i| i.last_event.to_string()),
        field("contained", |i| maybe(i.contained)),
        field("verdict", |i| i.verdict.as_ref().map(|v| v.label().into_owned()).unwrap_or_default()),
        field("drill", |i| yes_no(i.drill)),
    ];
}

/// The title without the entity, which has a column of its own.
fn title(incident: &Incident) -> Cell {
    let entity = incident.entity.value.cell(48);
    let title = visible::escape(&incident.title);
    let short = ["from", "against user", "against", "in session"]
        .iter()
        .find_map(|word| title.strip_suffix(entity.as_str())?.strip_suffix(&format!(" {word} ")));
    Cell::own(short.unwrap_or(&title))
}

/// How long it took from the first hostile event to the verified block.
fn contained(incident: &Incident) -> Cell {
    match incident.contained {
        Some(at) => Cell::own(human::duration(at.0.saturating_sub(incident.first_event.0))).meaning(Meaning::Good),
        None => Cell::own("-").faint(),
    }
}
