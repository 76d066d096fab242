//! One row of the roll, answering a filter: from its shape what incidents share, the rest from itself.

use crate::api::{Incident, Timestamp};
use crate::query::{Fields, Involved, Value, row::involved};

/// Fields that a shape answers.
pub(super) const SHARED: &[&str] =
    &["state", "severity", "score", "rule", "technique", "owner", "verdict", "snoozed", "country", "title", "drill"];

/// What is held of an incident beside its shape.
#[derive(Debug, Clone, Copy)]
pub(super) struct Held {
    pub revision: u64,
    pub opened: Timestamp,
    pub contained: Option<Timestamp>,
    pub detections: u64,
    pub events: u64,
    /// Where its packed entities are: from, and how many bytes.
    pub from: usize,
    pub bytes: u32,
    /// They are only whom it is about first of all: it lists nobody.
    pub alone: bool,
}

/// A row as a filter sees it.
pub(super) struct View<'a> {
    pub shape: &'a Incident,
    pub id: u64,
    pub updated: Timestamp,
    pub held: Held,
    pub entities: &'a [u8],
}

impl Fields for View<'_> {
    const BARE: &'static [&'static str] = <Incident as Fields>::BARE;

    #[allow(clippy::cast_precision_loss)] // Counts and ids stay below 2^53.
    fn field(&self, name: &str) -> Value<'_> {
        match name {
            "id" => Value::Number(self.id as f64),
            "opened" => Value::Time(self.held.opened),
            "updated" => Value::Time(self.updated),
            "contained" => self.held.contained.map_or(Value::Missing, Value::Time),
            "detections" => Value::Number(self.held.detections as f64),
            "events" => Value::Number(self.held.events as f64),
            "address" | "user" if self.held.alone => Value::Missing,
            "entity" | "address" | "user" => involved(name, Involved::Packed(self.entities)),
            name => self.shape.field(name),
        }
    }
}
