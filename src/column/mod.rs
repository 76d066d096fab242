//! What a row of each resource looks like: columns as data, one file per resource.
//!
//! The same columns serve the console's tables, tables on the command line and CSV headers. A cell is text that is safe
//! on a terminal already (made through `Untrusted`'s exits) and a meaning that the theme turns into a style. Nothing
//! here knows widgets, themes or files. To add a column, add it to the resource's list.

pub mod action;
pub mod block;
pub mod detection;
pub mod event;
pub mod finding;
pub mod incident;
pub mod layout;
pub mod ledger;
pub mod source;

use crate::api::{ActionState, EnforcerState, IncidentState, Severity, SourceState, Timestamp};
use crate::text::{Untrusted, visible};

/// What a cell means; a theme decides what that looks like, and no meaning is carried by colour alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Meaning {
    /// Nothing special.
    Plain,
    /// Of less interest.
    Faint,
    /// What the row is about.
    Strong,
    /// Severity info.
    Info,
    /// Severity low.
    Low,
    /// Severity medium.
    Medium,
    /// Severity high.
    High,
    /// Severity critical.
    Critical,
    /// As it should be.
    Good,
    /// Needs attention.
    Warning,
    /// Not as it should be.
    Bad,
}

/// A cell: safe text and its meaning.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cell {
    /// Safe on a terminal; not cut.
    pub text: String,
    /// What it means.
    pub meaning: Meaning,
}

impl Cell {
    /// Our own text: numbers, words of this program.
    pub fn own(text: impl Into<String>) -> Self {
        Self { text: text.into(), meaning: Meaning::Plain }
    }

    /// Text from outside, made visible.
    #[must_use]
    pub fn outside(text: &Untrusted) -> Self {
        Self::own(text.visible())
    }

    /// Text of the platform, escaped all the same: the platform may be another's.
    #[must_use]
    pub fn told(text: &str) -> Self {
        Self::own(visible::escape(text))
    }

    /// An optional value; empty when absent.
    pub fn maybe<T>(value: Option<T>, cell: impl FnOnce(T) -> Self) -> Self {
        value.map_or_else(|| Self::own(""), cell)
    }

    /// The same text with this meaning.
    #[must_use]
    pub fn meaning(mut self, meaning: Meaning) -> Self {
        self.meaning = meaning;
        self
    }
}

/// Where a column is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum On {
    /// Everywhere.
    Both,
    /// On a terminal, where space is scarce and people read.
    Screen,
    /// In files and pipes, where machines read.
    File,
}

/// One column.
#[derive(Debug, Clone, Copy)]
pub struct Column<R: 'static> {
    /// Its heading, and its name in CSV.
    pub name: &'static str,
    /// Cells it likes to have; [`GROW`] takes what the others leave.
    pub width: u16,
    /// 0 is always shown; the highest goes first when space is short.
    pub priority: u8,
    /// Numbers stand to the right.
    pub right: bool,
    /// Where it is shown.
    pub on: On,
    /// Its cell for a row.
    pub cell: fn(&R) -> Cell,
}

/// Width of a column that takes what the others leave.
pub const GROW: u16 = 0;

impl<R> Column<R> {
    /// A column shown everywhere.
    #[must_use]
    pub const fn new(name: &'static str, width: u16, priority: u8, cell: fn(&R) -> Cell) -> Self {
        Self { name, width, priority, right: false, on: On::Both, cell }
    }

    /// A column of numbers, shown everywhere.
    #[must_use]
    pub const fn number(name: &'static str, width: u16, priority: u8, cell: fn(&R) -> Cell) -> Self {
        Self { name, width, priority, right: true, on: On::Both, cell }
    }

    /// A column for people on a terminal.
    #[must_use]
    pub const fn screen(name: &'static str, width: u16, priority: u8, cell: fn(&R) -> Cell) -> Self {
        Self { name, width, priority, right: false, on: On::Screen, cell }
    }

    /// A column for machines that read a file or a pipe.
    #[must_use]
    pub const fn file(name: &'static str, cell: fn(&R) -> Cell) -> Self {
        Self { name, width: GROW, priority: u8::MAX, right: false, on: On::File, cell }
    }
}

/// A resource that has rows.
pub trait Row: Sized + 'static {
    /// All its columns, in order.
    const COLUMNS: &'static [Column<Self>];

    /// The columns for a terminal.
    fn screen() -> impl Iterator<Item = &'static Column<Self>> {
        Self::COLUMNS.iter().filter(|c| c.on != On::File)
    }

    /// The columns for files and pipes.
    fn file() -> impl Iterator<Item = &'static Column<Self>> {
        Self::COLUMNS.iter().filter(|c| c.on != On::Screen)
    }
}

/// `11-21 20:26:51`: enough for a screen; files carry the full time.
#[must_use]
pub fn short_time(time: Timestamp) -> Cell {
    let full = time.to_string();
    Cell::own(full.get(5..19).unwrap_or(&full).replace('T', " "))
}

/// RFC 3339 with milliseconds.
#[must_use]
pub fn full_time(time: Timestamp) -> Cell {
    Cell::own(time.to_string())
}

/// A severity with its meaning.
#[must_use]
pub fn severity(severity: &Severity) -> Cell {
    Cell::own(severity.label()).meaning(match severity {
        Severity::Info => Meaning::Info,
        Severity::Low => Meaning::Low,
        Severity::Medium => Meaning::Medium,
        Severity::High => Meaning::High,
        Severity::Critical => Meaning::Critical,
        Severity::Other(_) => Meaning::Plain,
    })
}

/// An incident's state with its meaning.
#[must_use]
pub fn incident_state(state: &IncidentState) -> Cell {
    Cell::own(state.label()).meaning(match state {
        IncidentState::New => Meaning::Strong,
        IncidentState::Escalated => Meaning::Warning,
        IncidentState::Archived | IncidentState::Closed => Meaning::Faint,
        IncidentState::Claimed | IncidentState::Other(_) => Meaning::Plain,
    })
}

/// An action's state with its meaning: only what was verified counts as done.
#[must_use]
pub fn action_state(state: &ActionState) -> Cell {
    Cell::own(state.label()).meaning(match state {
        ActionState::Verified => Meaning::Good,
        ActionState::Failed => Meaning::Bad,
        ActionState::Asked | ActionState::Approved | ActionState::Sent | ActionState::Confirmed => Meaning::Warning,
        ActionState::Expired | ActionState::Undone => Meaning::Faint,
        ActionState::Other(_) => Meaning::Plain,
    })
}

/// An enforcer's view with its meaning.
#[must_use]
pub fn enforcer_state(state: &EnforcerState) -> Meaning {
    match state {
        EnforcerState::Verified => Meaning::Good,
        EnforcerState::Missing => Meaning::Bad,
        EnforcerState::Skipped => Meaning::Faint,
        EnforcerState::Unknown | EnforcerState::Other(_) => Meaning::Warning,
    }
}

/// A source's state with its meaning.
#[must_use]
pub fn source_state(state: &SourceState) -> Cell {
    Cell::own(state.label()).meaning(match state {
        SourceState::Reading => Meaning::Good,
        SourceState::Unreadable => Meaning::Bad,
        SourceState::Silent => Meaning::Warning,
        SourceState::Waiting | SourceState::Stopped => Meaning::Faint,
        SourceState::Other(_) => Meaning::Plain,
    })
}

/// Text for a screen that says so when it comes from the drill.
fn marked(drill: bool, cell: Cell) -> Cell {
    if drill { Cell { text: format!("[drill] {}", cell.text), ..cell } } else { cell }
}

fn yes_no(value: bool) -> Cell {
    Cell::own(if value { "true" } else { "false" })
}

/// Several words in one cell.
fn listed<'a>(words: impl IntoIterator<Item = &'a str>) -> Cell {
    let words: Vec<_> = words.into_iter().map(visible::escape).collect();
    Cell::own(words.join(" "))
}

#[cfg(test)]
#[path = "mod_test.rs"]
mod tests;
