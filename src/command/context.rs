//! What a command can know when it runs: values only, no client, no screen.

use super::Resource;
use crate::api::{
    Action, ActionId, ActionKind, Block, Detection, EntityKind, EntityRef, Event, Incident, IncidentId, LedgerEntry,
    Me, Problem, ProblemKind, RuleStanding, Source, Suppression, Timestamp,
};
use crate::text::Untrusted;
use std::collections::BTreeMap;

/// A place in the console: a screen, named as the command that goes there. The console has the table of them
/// (`console/screen/mod.rs`); here are only those that commands are limited to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place(pub &'static str);

impl Place {
    /// Figures.
    pub const OVERVIEW: Self = Self("screen.overview");
    /// The queue.
    pub const TRIAGE: Self = Self("screen.triage");
    /// One incident.
    pub const INCIDENT: Self = Self("screen.incident");
    /// Search over events and detections.
    pub const HUNT: Self = Self("screen.hunt");
    /// The queue, one incident at a time.
    pub const SWEEP: Self = Self("screen.sweep");
    /// One entity.
    pub const ENTITY: Self = Self("screen.entity");
    /// Actions and receipts.
    pub const ACTIONS: Self = Self("screen.actions");
    /// What is blocked now.
    pub const BLOCKS: Self = Self("screen.blocks");
    /// What is kept quiet.
    pub const SUPPRESSIONS: Self = Self("screen.suppressions");

    /// Its word: `triage`.
    #[must_use]
    pub fn word(self) -> &'static str {
        self.0.strip_prefix("screen.").unwrap_or(self.0)
    }
}

/// What a row stands for.
#[derive(Debug, Clone, PartialEq)]
pub enum Target {
    /// An incident.
    Incident(Box<Incident>),
    /// An event.
    Event(Box<Event>),
    /// A detection.
    Detection(Box<Detection>),
    /// An action.
    Action(Box<Action>),
    /// An entity.
    Entity(EntityRef),
    /// A source.
    Source(Box<Source>),
    /// A block in force.
    Block(Box<Block>),
    /// A rule.
    Rule(Box<RuleStanding>),
    /// A ledger entry.
    Ledger(Box<LedgerEntry>),
    /// A suppression.
    Suppression(Box<Suppression>),
}

impl Target {
    /// The entity a response would be aimed at.
    #[must_use]
    pub fn entity(&self) -> Option<EntityRef> {
        match self {
            Self::Incident(i) => Some(i.entity.clone()),
            Self::Event(e) => e.src_ip.map(EntityRef::address),
            Self::Detection(d) => d.src_ip.map(EntityRef::address).or_else(|| Some(d.entity.clone())),
            Self::Action(a) => aimed_at(&a.kind, &a.target),
            Self::Block(b) => aimed_at(&b.kind, &b.target),
            Self::Entity(e) => Some(e.clone()),
            Self::Suppression(s) => s.entity.clone(),
            Self::Source(_) | Self::Rule(_) | Self::Ledger(_) => None,
        }
    }

    /// The incident it belongs to.
    #[must_use]
    pub fn incident(&self) -> Option<IncidentId> {
        match self {
            Self::Incident(i) => Some(i.id),
            Self::Detection(d) => d.incident,
            Self::Action(a) => a.incident,
            _ => None,
        }
    }
}

/// Whom an action of that kind is about.
fn aimed_at(kind: &ActionKind, target: &Untrusted) -> Option<EntityRef> {
    let kind = match kind {
        ActionKind::BlockAddress => EntityKind::Address,
        ActionKind::BlockRange => EntityKind::Range,
        ActionKind::RevokeSession => EntityKind::Session,
        ActionKind::Other(_) => return None,
    };
    Some(EntityRef { kind, value: target.clone() })
}

/// What is known when a command runs. On the command line most of it is empty.
#[derive(Debug, Clone, Default)]
pub struct Context {
    /// The screen in front; nothing on the command line.
    pub place: Option<Place>,
    /// The row under the cursor, or the thing the screen is about.
    pub selected: Option<Target>,
    /// Marked rows.
    pub marked: Vec<Target>,
    /// All rows that fit the query are marked, not only those in `marked`.
    pub all: bool,
    /// What the screen lists: which rows, by which query.
    pub listed: Option<(Resource, String)>,
    /// Actions in force against the thing the screen is about, where no row stands for them.
    pub in_force: Vec<ActionId>,
    /// The caller, once known.
    pub me: Option<Me>,
    /// The platform answers.
    pub connected: bool,
    /// The drill is running.
    pub drill: bool,
    /// The past instant that is shown, where that is not now.
    pub past: Option<Timestamp>,
    /// A fresh random key for an action asked for now.
    pub fresh_key: String,
}

impl Context {
    /// What a change applies to: the marked rows, else the row under the cursor; none where the whole query is marked.
    #[must_use]
    pub fn subjects(&self) -> Vec<&Target> {
        if self.all {
            // Whatever does not know how to change a whole query must not change one row instead.
            Vec::new()
        } else if self.marked.is_empty() {
            self.selected.iter().collect()
        } else {
            self.marked.iter().collect()
        }
    }
}

/// Arguments by name, as text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Args(BTreeMap<String, String>);

impl Args {
    /// Sets an argument.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.0.insert(name.to_owned(), value.into());
        self
    }

    /// An argument's text, if given.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// A flag.
    #[must_use]
    pub fn is_set(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// An argument that must be there.
    ///
    /// # Errors
    /// Says which is missing.
    pub fn need(&self, name: &str) -> Result<&str, Problem> {
        self.get(name).ok_or_else(|| {
            Problem::new(ProblemKind::Usage, format!("{name} is missing"), "the command needs it to know what to do")
        })
    }

    /// An argument read as `T`, if given.
    ///
    /// # Errors
    /// Says what was expected.
    pub fn read<T: std::str::FromStr>(&self, name: &str, expected: &str) -> Result<Option<T>, Problem> {
        self.get(name)
            .map(|text| {
                text.parse().map_err(|_| {
                    Problem::new(
                        ProblemKind::Usage,
                        format!("{name} \"{}\" cannot be used", crate::text::visible::escape(text)),
                        format!("expected {expected}"),
                    )
                })
            })
            .transpose()
    }
}
