//! How api values look on every screen: words and letters first, tones second.

use crate::api::{ActionKind, ActionState, EntityRef, IncidentState, Severity, SourceState};
use crate::console::theme::Tone;
use crate::console::widget::table::{Cell, toned};

/// `C critical`, `H high` ... : a letter and a word, so that nothing hangs on a colour.
#[must_use]
pub fn severity(severity: &Severity) -> Cell {
    let (letter, tone) = match severity {
        Severity::Critical => ("C", Tone::Critical),
        Severity::High => ("H", Tone::High),
        Severity::Medium => ("M", Tone::Medium),
        Severity::Low => ("L", Tone::Low),
        Severity::Info => ("I", Tone::Info),
        Severity::Other(_) => ("?", Tone::Text),
    };
    toned(format!("{letter} {}", severity.label()), tone)
}

/// An incident's state.
#[must_use]
pub fn incident_state(state: &IncidentState) -> Cell {
    let tone = match state {
        IncidentState::New => Tone::Accent,
        IncidentState::Escalated => Tone::High,
        IncidentState::Claimed => Tone::Text,
        IncidentState::Archived | IncidentState::Closed | IncidentState::Other(_) => Tone::Muted,
    };
    toned(state.label(), tone)
}

/// An action's state.
#[must_use]
pub fn action_state(state: &ActionState) -> Cell {
    let tone = match state {
        ActionState::Verified => Tone::Good,
        ActionState::Failed => Tone::Bad,
        ActionState::Asked | ActionState::Approved | ActionState::Sent | ActionState::Confirmed => Tone::Warn,
        ActionState::Expired | ActionState::Undone | ActionState::Other(_) => Tone::Muted,
    };
    toned(state.label(), tone)
}

/// What kind of action, in words: `block address`.
#[must_use]
pub fn action_kind(kind: &ActionKind) -> String {
    kind.label().replace('_', " ")
}

/// A source's state.
#[must_use]
pub fn source_state(state: &SourceState) -> Cell {
    let tone = match state {
        SourceState::Reading => Tone::Good,
        SourceState::Waiting | SourceState::Stopped => Tone::Muted,
        SourceState::Silent => Tone::Warn,
        SourceState::Unreadable | SourceState::Other(_) => Tone::Bad,
    };
    toned(state.label(), tone)
}

/// The mark of drill rows: a word, not only a colour.
#[must_use]
pub fn drill(drill: bool) -> Cell {
    toned(if drill { "◊drill" } else { "" }, Tone::Drill)
}

/// An entity in `max` cells: an address bare, others with their kind.
#[must_use]
pub fn entity(entity: &EntityRef, max: usize) -> String {
    match entity.kind {
        crate::api::EntityKind::Address | crate::api::EntityKind::Range => entity.value.cell(max),
        _ => crate::text::fit::truncate(&format!("{} {}", entity.kind.label(), entity.value.cell(max)), max),
    }
}

/// Words that say why there is nothing: loading, a problem, or truly nothing.
#[must_use]
pub fn nothing(loaded: bool, problem: Option<&crate::api::Problem>, empty: &str) -> String {
    match problem {
        Some(problem) => problem.to_string(),
        None if loaded => empty.to_owned(),
        None => "Loading …".to_owned(),
    }
}
