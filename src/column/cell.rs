//! A cell of a screen: safe text, what it means, and until when it is right. And the words that several resources share.

use crate::api::{ActionState, EnforcerState, EntityKind, EntityRef, IncidentState, Severity, SourceState, Timestamp};
use crate::text::{Untrusted, human, visible};

/// What a cell means; a theme decides what that looks like, and no meaning is carried by colour alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Meaning {
    /// Nothing special.
    Plain,
    /// Of less interest.
    Faint,
    /// To be looked at first.
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
    /// Made up by the drill.
    Drill,
}

/// Longest text from outside in one cell, in cells of a terminal: no terminal is wider.
const LONGEST: usize = 500;

/// A cell: safe text and its meaning.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cell {
    /// Safe on a terminal.
    pub text: String,
    /// What it means.
    pub meaning: Meaning,
    /// When the text becomes wrong by time alone: an age does, a name does not.
    pub changes: Option<Timestamp>,
    /// The text is the date or the time of day of this instant, in UTC: who shows another zone writes it anew.
    pub instant: Option<(Stamp, Timestamp)>,
}

/// What a text says of an instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stamp {
    /// `11-21`.
    Date,
    /// `20:26:51`.
    Clock,
}

impl Cell {
    /// Our own text: numbers, words of this program.
    pub fn own(text: impl Into<String>) -> Self {
        Self { text: text.into(), meaning: Meaning::Plain, changes: None, instant: None }
    }

    /// Text from outside, made visible.
    #[must_use]
    pub fn outside(text: &Untrusted) -> Self {
        Self::own(text.cell(LONGEST))
    }

    /// Text of the platform, escaped all the same: the platform may be another's.
    #[must_use]
    pub fn told(text: &str) -> Self {
        Self::own(visible::escape(text))
    }

    /// A number, in groups of three digits.
    #[must_use]
    pub fn count(n: u64) -> Self {
        Self::own(human::count(n))
    }

    /// An optional value; `-` when absent.
    pub fn maybe<T>(value: Option<T>, cell: impl FnOnce(T) -> Self) -> Self {
        value.map_or_else(|| Self::own("-"), cell)
    }

    /// How long ago `then` was: `12s`, `3m`.
    #[must_use]
    pub fn age(then: Timestamp, now: Timestamp) -> Self {
        let (text, changes) = human::age(then.0, now.0);
        Self { changes: Some(Timestamp(changes)), ..Self::own(text) }
    }

    /// How long until `then`: `14m`, or `now` when it has passed.
    #[must_use]
    pub fn until(then: Timestamp, now: Timestamp) -> Self {
        let (text, changes) = human::until(then.0, now.0);
        Self { changes: changes.map(Timestamp), ..Self::own(text) }
    }

    /// The same text with this meaning.
    #[must_use]
    pub fn meaning(mut self, meaning: Meaning) -> Self {
        self.meaning = meaning;
        self
    }

    /// The same text, of less interest.
    #[must_use]
    pub fn faint(self) -> Self {
        self.meaning(Meaning::Faint)
    }
}

/// Month and day, in UTC.
#[must_use]
pub fn day(time: Timestamp) -> String {
    time.to_string().get(5..10).unwrap_or_default().to_owned()
}

/// `11-21`.
#[must_use]
pub fn date(time: Timestamp) -> Cell {
    Cell { instant: Some((Stamp::Date, time)), ..Cell::own(day(time)) }.faint()
}

/// `20:26:51`, in UTC.
#[must_use]
pub fn clock(time: Timestamp) -> Cell {
    Cell { instant: Some((Stamp::Clock, time)), ..Cell::own(time.clock()) }.faint()
}

/// `C critical`, `H high` ... : a letter and a word, so that nothing hangs on a colour.
#[must_use]
pub fn severity(severity: &Severity) -> Cell {
    let (letter, meaning) = match severity {
        Severity::Critical => ('C', Meaning::Critical),
        Severity::High => ('H', Meaning::High),
        Severity::Medium => ('M', Meaning::Medium),
        Severity::Low => ('L', Meaning::Low),
        Severity::Info => ('I', Meaning::Info),
        Severity::Other(_) => ('?', Meaning::Plain),
    };
    Cell::own(format!("{letter} {}", severity.label())).meaning(meaning)
}

/// An incident's state with its meaning.
#[must_use]
pub fn incident_state(state: &IncidentState) -> Cell {
    Cell::own(state.label()).meaning(match state {
        IncidentState::New => Meaning::Strong,
        IncidentState::Escalated => Meaning::High,
        IncidentState::Archived | IncidentState::Closed | IncidentState::Other(_) => Meaning::Faint,
        IncidentState::Claimed => Meaning::Plain,
    })
}

/// An action's state with its meaning: only what was verified counts as done.
#[must_use]
pub fn action_state(state: &ActionState) -> Cell {
    Cell::own(state.label()).meaning(match state {
        ActionState::Verified => Meaning::Good,
        ActionState::Failed => Meaning::Bad,
        ActionState::Asked | ActionState::Approved | ActionState::Sent | ActionState::Confirmed => Meaning::Warning,
        ActionState::Expired | ActionState::Undone | ActionState::Other(_) => Meaning::Faint,
    })
}

/// What an enforcer's view means.
#[must_use]
pub const fn enforcer_state(state: &EnforcerState) -> Meaning {
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
        SourceState::Silent => Meaning::Warning,
        SourceState::Waiting | SourceState::Stopped => Meaning::Faint,
        SourceState::Unreadable | SourceState::Other(_) => Meaning::Bad,
    })
}

/// An address bare, others with their kind.
#[must_use]
pub fn entity(entity: &EntityRef) -> Cell {
    let name = Cell::outside(&entity.value);
    match entity.kind {
        EntityKind::Address | EntityKind::Range => name,
        _ => Cell::own(format!("{} {}", entity.kind.label(), name.text)),
    }
}

/// The mark of what the drill made: a word, not only a colour.
#[must_use]
pub fn drill(drill: bool) -> Cell {
    Cell::own(if drill { "◊drill" } else { "" }).meaning(Meaning::Drill)
}
