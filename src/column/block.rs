//! Blocks in force.

use super::cell::{drill, enforcer_state};
use super::{Cell, Column, Field, Meaning, Record, Row, field, maybe, yes_no};
use crate::api::{Block, EnforcerState};
use crate::text::visible;

impl Row for Block {
    const SCREEN: &'static [Column<Self>] = &[
        Column::number("#", 5, 0, |b, _| Cell::own(b.action.to_string())),
        Column::new("action", 14, 2, |b, _| Cell::own(b.kind.label())),
        Column::new("target", 20, 0, |b, _| Cell::outside(&b.target)),
        Column::number("ends in", 7, 0, |b, now| Cell::until(b.expires, now)),
        Column::number("age", 4, 3, |b, now| Cell::age(b.since, now)),
        Column::number("refused", 7, 2, |b, _| Cell::maybe(b.refused, Cell::count)),
        Column::new("enforcers", 26, 1, |b, _| Cell::own(enforcers(b)).meaning(worst(b))),
        Column::new("by", 10, 4, |b, _| Cell::outside(&b.actor).faint()),
        Column::growing("why", 20, 5, |b, _| Cell::outside(&b.reason).faint()),
        Column::new("", 6, 0, |b, _| drill(b.drill)),
    ];
}

impl Record for Block {
    const FIELDS: &'static [Field<Self>] = &[
        field("action", |b| b.action.to_string()),
        field("kind", |b| b.kind.label().into_owned()),
        field("target", |b| b.target.visible()),
        field("since", |b| b.since.to_string()),
        field("expires", |b| b.expires.to_string()),
        field("refused", |b| maybe(b.refused)),
        field("enforcers", enforcers),
        field("actor", |b| b.actor.visible()),
        field("reason", |b| b.reason.visible()),
        field("drill", |b| yes_no(b.drill)),
    ];
}

/// `gate verified, nftables skipped`.
fn enforcers(block: &Block) -> String {
    if block.enforcers.is_empty() {
        return "not kept".into();
    }
    let words: Vec<_> =
        block.enforcers.iter().map(|e| format!("{} {}", visible::escape(&e.enforcer), e.state.label())).collect();
    words.join(", ")
}

/// As bad as the worst that takes part.
fn worst(block: &Block) -> Meaning {
    let worst = [EnforcerState::Missing, EnforcerState::Unknown, EnforcerState::Verified]
        .into_iter()
        .find(|state| block.enforcers.iter().any(|e| e.state == *state));
    worst.as_ref().map_or(Meaning::Warning, enforcer_state)
}
