//! One row of the roll, answering a filter: from its shape what incidents share, the rest from itself. Whom it is about is
//! not asked here but of all names at once.

use crate::api::{Incident, Timestamp};
use crate::query::{Fields, Involved, Value, row::involved};

/// Fields that a shape answers.
pub(super) const SHARED: &[&str] =
    &["state", "severity", "score", "rule", "technique", "owner", "verdict", "snoozed", "country", "title", "drill"];
/// Fields that the names of a row answer.
pub(super) const NAMED: &[&str] = &["entity", "address", "user"];

/// What is held of an incident beside its shape and whom it is about.
#[derive(Debug, Clone, Copy)]
pub(super) struct Held {
    pub revision: u64,
    pub opened: Timestamp,
    pub contained: Option<Timestamp>,
    pub detections: u64,
    pub events: u64,
}

/// A row as a filter sees it, but for whom it is about.
pub(super) struct View<'a> {
    pub shape: &'a Incident,
    pub id: u64,
    pub updated: Timestamp,
    pub held: Held,
}

impl Fields for View<'_> {
    const BARE: &'static [&'static str] = &[];

    #[allow(clippy::cast_precision_loss)] // Counts and ids stay below 2^53.
    fn field(&self, name: &str) -> Value<'_> {
        match name {
            "id" => Value::Number(self.id as f64),
            "opened" => Value::Time(self.held.opened),
            "updated" => Value::Time(self.updated),
            "contained" => self.held.contained.map_or(Value::Missing, Value::Time),
            "detections" => Value::Number(self.held.detections as f64),
            "events" => Value::Number(self.held.events as f64),
            name => self.shape.field(name),
        }
    }
}

/// A row about nobody but one: its kind and name.
pub(super) struct One<'a>(pub &'a str, pub &'a str);

impl Fields for One<'_> {
    const BARE: &'static [&'static str] = &["entity"];

    fn field(&self, name: &str) -> Value<'_> {
        involved(name, Involved::One(self.0, self.1))
    }
}
