//! One incident of a batch: what will be asked, and what came of it.

use crate::api::{Incident, IncidentId, IncidentState, Problem, Wire};
use crate::command::Change;
use crate::console::app::undo::Undo;

/// What came of it.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Outcome {
    /// Not sent yet.
    Waiting,
    /// The platform would refuse it: why. Never sent.
    Unfit(String),
    /// Sent, no answer yet.
    Sent,
    /// Done.
    Done,
    /// Not done.
    Failed(Problem),
}

/// One incident.
#[derive(Debug)]
pub(super) struct Item {
    pub id: IncidentId,
    pub wire: Wire,
    pub outcome: Outcome,
    /// As it was seen, without the lists that only screens need.
    pub before: Option<Box<Incident>>,
    pub title: String,
    pub state: Option<IncidentState>,
}

impl Item {
    pub(super) fn new(change: &Change, mut incident: Incident) -> Self {
        let outcome = change.refused(&incident).map_or(Outcome::Waiting, Outcome::Unfit);
        incident.entities = Vec::new();
        incident.proposals = Vec::new();
        Self {
            id: incident.id,
            wire: change.wire(incident.id, Some(incident.revision)),
            outcome,
            title: incident.title.clone(),
            state: Some(incident.state.clone()),
            before: Some(Box::new(incident)),
        }
    }

    pub(super) fn back(undo: &Undo) -> Self {
        Self {
            id: undo.id,
            wire: undo.wire(),
            outcome: Outcome::Waiting,
            before: None,
            title: String::new(),
            state: None,
        }
    }
}
