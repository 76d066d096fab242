//! Incidents: detections that belong together, and what analysts do with them. Pure logic in memory; no store, no clock.
//!
//! [`Incidents::fold`] is the way in for detections (`correlate.rs` finds where one belongs, `title.rs` words it),
//! `file.rs` is one incident and how it grows, `lifecycle.rs` holds what people do, `snooze.rs` what is
//! out of sight for a while. A closed incident is
//! never reopened by a detection: a new one says it follows.

mod correlate;
mod file;
mod lifecycle;
mod snooze;
mod title;

pub use file::File;

use crate::api::{Action, Detection, Incident, IncidentId, TimelineKind, Timestamp};
use crate::platform::score::Prior;
use crate::text::Untrusted;
use correlate::Index;
use file::blank;
use std::collections::HashMap;

/// A range or user campaign takes in new detections for this long after its last activity.
pub const CAMPAIGN_WINDOW_MS: i64 = 30 * 60_000;
/// An address belongs to its open incident for this long: a pause of an hour does not make it somebody else.
pub const ADDRESS_WINDOW_MS: i64 = 4 * 3_600_000;

/// Why a change was not made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// No such incident is held; if it is stored, `load` it first.
    #[error("incident #{0} is not known")]
    NotFound(IncidentId),
    /// Somebody else was quicker.
    #[error("incident was changed by {by} meanwhile and is now at revision {revision}; read it again and decide anew")]
    Conflict {
        /// What it is at now.
        revision: u64,
        /// Who changed it, escaped for drawing.
        by: String,
    },
    /// It does not make sense in this state.
    #[error("{0}")]
    State(String),
}

/// All open incidents, and the closed ones that somebody is working with.
#[derive(Debug, Default)]
pub struct Incidents {
    next: u64,
    files: HashMap<IncidentId, File>,
    index: Index,
}

impl Incidents {
    /// `next` is the number the next incident gets; `open` is what the store holds.
    #[must_use]
    pub fn new(next: IncidentId, open: Vec<File>) -> Self {
        let mut all = Self { next: next.0.max(1), ..Self::default() };
        for file in open {
            all.load(file);
        }
        all
    }

    /// Takes in an incident from the store, for instance a closed one to reopen or to remember as history.
    pub fn load(&mut self, file: File) {
        self.next = self.next.max(file.incident.id.0 + 1);
        self.index.learn(&file.incident);
        self.files.insert(file.incident.id, file);
    }

    /// Folds a detection into the incident it belongs to, or opens one; sets `d.incident`.
    pub fn fold(&mut self, d: &mut Detection, now: Timestamp) -> &mut File {
        self.sweep(d.time);
        let id = self.index.find(d, &self.files).unwrap_or_else(|| self.open(d, now));
        d.incident = Some(id);
        self.index.note(d, id);
        // `open` has just inserted it, or `find` has just seen it.
        let file = self.files.entry(id).or_insert_with(|| blank(id, d, now));
        file.take_in(d, now);
        file
    }

    /// The incident, if it is held.
    #[must_use]
    pub fn get(&self, id: IncidentId) -> Option<&File> {
        self.files.get(&id)
    }

    /// The incident, to write proposals or a country into it.
    pub fn get_mut(&mut self, id: IncidentId) -> Option<&mut File> {
        self.files.get_mut(&id)
    }

    /// Every incident that is open.
    pub fn open_files(&self) -> impl Iterator<Item = &File> {
        self.files.values().filter(|f| f.incident.state.is_open())
    }

    /// Drops everything the drill made; returns which.
    pub fn forget_drill(&mut self) -> Vec<IncidentId> {
        let mut gone: Vec<IncidentId> =
            self.files.values().filter(|f| f.incident.drill).map(|f| f.incident.id).collect();
        gone.sort_unstable();
        gone.iter().for_each(|id| {
            self.files.remove(id);
        });
        self.index.forget_drill();
        gone
    }

    /// Notes that the first block of it was verified.
    pub fn contained(&mut self, id: IncidentId, at: Timestamp) {
        if let Some(file) = self.files.get_mut(&id)
            && file.incident.contained.is_none()
        {
            file.incident.contained = Some(at);
            file.changed(at);
            file.stir(at, "it was contained");
            let after = crate::text::human::duration(at.0.saturating_sub(file.incident.first_event.0));
            file.enter(
                at,
                TimelineKind::Action,
                "platform",
                format!("Contained: block verified {after} after the first hostile event"),
            );
        }
    }

    /// Writes what became of an action into the incident it answers.
    pub fn note_action(&mut self, id: IncidentId, action: &Action, text: impl Into<Untrusted>, now: Timestamp) {
        let Some(file) = self.files.get_mut(&id) else { return };
        for proposal in &mut file.incident.proposals {
            if proposal.kind == action.kind && proposal.target == action.target {
                proposal.action = Some(action.id);
            }
        }
        file.changed(now);
        file.enter(now, TimelineKind::Action, action.actor.clone(), text);
        file.stir(now, "an action was taken");
    }

    fn open(&mut self, d: &Detection, now: Timestamp) -> IncidentId {
        let id = IncidentId(self.next);
        self.next += 1;
        let mut file = blank(id, d, now);
        for prior in self.index.history(d, &self.files) {
            file.facts.add_prior(prior);
        }
        let mut text = "Opened".to_owned();
        if let Some(last) = file.facts.prior.iter().max_by_key(|p| p.id) {
            text.push_str(&format!("; follows #{}", last.id));
        }
        file.enter(now, TimelineKind::State, "platform", text);
        self.files.insert(id, file);
        id
    }

    /// Lets go of what is out of the queue and can no longer take a detection in; the store has it.
    fn sweep(&mut self, time: Timestamp) {
        if !self.index.due(time) {
            return;
        }
        self.files.retain(|_, f| {
            f.incident.state.is_open() || time.0.saturating_sub(f.incident.last_event.0) <= ADDRESS_WINDOW_MS
        });
    }
}

/// How an incident is remembered once it is history.
fn as_prior(incident: &Incident) -> Prior {
    Prior { id: incident.id, last: incident.last_event, verdict: incident.verdict.clone() }
}

#[cfg(test)]
mod tests;
