//! Columns of blocks in force.

use super::{Cell, Column, GROW, Meaning, Row, enforcer_state, full_time, marked, short_time, yes_no};
use crate::api::{Block, EnforcerState};
use crate::text::visible;

impl Row for Block {
    const COLUMNS: &'static [Column<Self>] = &[
        Column::number("action", 6, 0, |b| Cell::own(b.action.to_string())),
        Column::new("kind", 14, 2, |b| Cell::own(b.kind.label())),
        Column::new("target", 20, 0, |b| Cell::outside(&b.target).meaning(Meaning::Strong)),
        Column::screen("since", 14, 3, |b| short_time(b.since).meaning(Meaning::Faint)),
        Column::file("since", |b| full_time(b.since)),
        Column::screen("expires", 14, 1, |b| short_time(b.expires)),
        Column::file("expires", |b| full_time(b.expires)),
        Column::number("refused", 7, 2, |b| Cell::own(b.refused.to_string())),
        Column::new("enforcers", 26, 1, enforcers),
        Column::new("actor", 12, 4, |b| Cell::outside(&b.actor)),
        Column::screen("reason", GROW, 5, |b| marked(b.drill, Cell::outside(&b.reason))),
        Column::file("reason", |b| Cell::outside(&b.reason)),
        Column::file("drill", |b| yes_no(b.drill)),
    ];
}

/// `gate verified, nftables skipped`; as bad as the worst that takes part.
fn enforcers(block: &Block) -> Cell {
    let words: Vec<_> =
        block.enforcers.iter().map(|e| format!("{} {}", visible::escape(&e.enforcer), e.state.label())).collect();
    let worst = [EnforcerState::Missing, EnforcerState::Unknown, EnforcerState::Verified]
        .into_iter()
        .find(|state| block.enforcers.iter().any(|e| e.state == *state));
    Cell::own(words.join(", ")).meaning(worst.as_ref().map_or(Meaning::Warning, enforcer_state))
}
