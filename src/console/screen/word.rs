//! Pieces of screens that are no lists: the words and meanings of `column`, as spans.

use super::grid::tone;
use crate::api::{ActionKind, ActionState, EntityRef, IncidentState, Severity, SourceState};
use crate::column::{Cell, cell};
use crate::console::theme::Tone;
use crate::console::widget::look::Hit;
use crate::console::widget::{Look, Span, line, muted, wrap};
use crate::text::fit;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

fn span(cell: Cell) -> Span {
    (cell.text, tone(cell.meaning))
}

/// `C critical`, `H high` ...
#[must_use]
pub fn severity(severity: &Severity) -> Span {
    span(cell::severity(severity))
}

/// An incident's state.
#[must_use]
pub fn incident_state(state: &IncidentState) -> Span {
    span(cell::incident_state(state))
}

/// An action's state.
#[must_use]
pub fn action_state(state: &ActionState) -> Span {
    span(cell::action_state(state))
}

/// What kind of action, in words: `block address`.
#[must_use]
pub fn action_kind(kind: &ActionKind) -> String {
    kind.label().replace('_', " ")
}

/// A source's state.
#[must_use]
pub fn source_state(state: &SourceState) -> Span {
    span(cell::source_state(state))
}

/// The mark of what the drill made.
#[must_use]
pub fn drill(drill: bool) -> Span {
    span(cell::drill(drill))
}

/// An entity in `max` cells: an address bare, others with their kind.
#[must_use]
pub fn entity(entity: &EntityRef, max: usize) -> String {
    fit::truncate(&cell::entity(entity).text, max)
}

/// Says one thing where rows would be.
pub fn note(buf: &mut Buffer, area: Rect, look: &Look, text: &str) {
    let width = area.width.saturating_sub(4).max(1) as usize;
    for (row, text) in (1..).zip(text.lines().flat_map(|l| wrap(l, width))) {
        line(buf, area, row, look, &[muted(format!("  {text}"))]);
    }
}

/// Names of tabs on one row, the one in front in brackets.
pub fn tabs<'a>(look: &Look, area: Rect, names: impl Iterator<Item = &'a str>, at: usize) -> Vec<Span> {
    let mut x = area.x;
    let one = |(i, name): (usize, &'a str)| {
        let width = u16::try_from(fit::width(name)).unwrap_or(u16::MAX).saturating_add(2);
        look.lies(Rect { x: x.saturating_add(1), width, height: 1, ..area }, Hit::Tab(i as isize - at as isize));
        x = x.saturating_add(width).saturating_add(1);
        let (text, tone) =
            if i == at { (format!("[{name}]"), Tone::Focus) } else { (format!(" {name} "), Tone::Muted) };
        [(" ".to_owned(), Tone::Text), (text, tone)]
    };
    names.enumerate().flat_map(one).collect()
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

pub use crate::query::group::term;
