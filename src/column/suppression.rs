//! Suppressions.

use super::{Cell, Column, Field, Meaning, Record, Row, field, maybe, told};
use crate::api::{Suppression, SuppressionState};

impl Row for Suppression {
    const SCREEN: &'static [Column<Self>] = &[
        Column::number("#", 4, 0, |s, _| Cell::own(s.id.to_string())),
        Column::new("rule", 24, 0, |s, _| Cell::told(&s.rule)),
        Column::new("of", 20, 0, |s, _| whom(s)),
        Column::new("state", 8, 1, |s, _| state(s)),
        Column::number("ends in", 7, 0, |s, now| match s.state {
            SuppressionState::InForce => Cell::until(s.until, now),
            _ => Cell::own("-").faint(),
        }),
        Column::number("kept quiet", 10, 2, |s, _| Cell::count(s.hidden)),
        Column::number("last", 4, 5, |s, now| Cell::maybe(s.last, |at| Cell::age(at, now))),
        Column::new("owner", 10, 3, |s, _| Cell::outside(&s.owner)),
        Column::number("age", 4, 6, |s, now| Cell::age(s.created, now)),
        Column::growing("why", 16, 4, |s, _| Cell::outside(&s.reason).faint()),
    ];
}

impl Record for Suppression {
    const FIELDS: &'static [Field<Self>] = &[
        field("id", |s| s.id.to_string()),
        field("rule", |s| told(&s.rule)),
        field("entity_kind", |s| s.entity.as_ref().map(|e| e.kind.label().into_owned()).unwrap_or_default()),
        field("entity", |s| s.entity.as_ref().map(|e| e.value.visible()).unwrap_or_default()),
        field("state", |s| s.state.label().into_owned()),
        field("owner", |s| s.owner.visible()),
        field("actor", |s| s.actor.visible()),
        field("reason", |s| s.reason.visible()),
        field("created", |s| s.created.to_string()),
        field("until", |s| s.until.to_string()),
        field("ended", |s| maybe(s.ended)),
        field("hidden", |s| s.hidden.to_string()),
        field("last", |s| maybe(s.last)),
    ];
}

/// Whom it is about; a whole rule is worth a second look.
fn whom(s: &Suppression) -> Cell {
    match &s.entity {
        Some(entity) => super::cell::entity(entity),
        None => Cell::own("everybody").meaning(Meaning::Warning),
    }
}

fn state(s: &Suppression) -> Cell {
    let meaning = if s.state == SuppressionState::InForce { Meaning::Strong } else { Meaning::Faint };
    Cell::own(s.state.label().replace('_', " ")).meaning(meaning)
}
