//! What the pipeline drew and has not yet stored: it goes to the store as a whole, together with the resume points.

use super::Platform;
use super::ingest::Resume;
use super::store::Commit;
use crate::api::endpoint::Ingested;
use crate::api::{IncidentId, Live, Source, SourceState, Timestamp};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::mpsc::SyncSender;
use std::time::Duration;

/// Who pushed something and waits for it to be stored, and what to answer then.
type Waiting = (SyncSender<Result<Ingested, String>>, Ingested);

/// Everything since the last commit.
#[derive(Default)]
pub(super) struct Gathered {
    /// Events and detections; incidents and sources are added when it is stored.
    pub commit: Commit,
    /// Incidents that changed.
    pub touched: BTreeSet<IncidentId>,
    /// Who waits.
    pub answers: Vec<Waiting>,
    tallies: BTreeMap<String, Tally>,
}

/// What was read of a source at once.
pub(super) struct Read {
    pub ingested: Ingested,
    /// Time of the newest record.
    pub newest: Option<Timestamp>,
    /// When it was read.
    pub at: Timestamp,
    pub drill: bool,
}

/// What a source said since the last commit; its counters move once that is stored.
#[derive(Default)]
struct Tally {
    ingested: Ingested,
    newest: Option<Timestamp>,
    read: Option<Timestamp>,
    offset: Option<u64>,
    drill: bool,
}

impl Tally {
    fn add_to(&self, source: &mut Source) {
        // Only its state changed: that is known already.
        let Some(read) = self.read else { return };
        source.events += self.ingested.accepted;
        source.unparsed += self.ingested.unparsed;
        source.last_event = source.last_event.max(self.newest);
        source.last_read = Some(read);
        source.offset = self.offset.unwrap_or(source.offset);
        source.drill = self.drill;
        source.state = SourceState::Reading;
    }
}

impl Gathered {
    /// Nothing to store.
    pub fn is_empty(&self) -> bool {
        self.commit.events.is_empty() && self.touched.is_empty() && self.tallies.is_empty() && self.answers.is_empty()
    }

    /// A source changed without saying anything.
    pub fn note(&mut self, source: &str) {
        self.tallies.entry(source.to_owned()).or_default();
    }

    /// A source said something, and was read up to `resume`.
    pub fn count(&mut self, source: &str, resume: Option<&Resume>, read: Read) {
        let tally = self.tallies.entry(source.to_owned()).or_default();
        tally.ingested.accepted += read.ingested.accepted;
        tally.ingested.unparsed += read.ingested.unparsed;
        tally.newest = tally.newest.max(read.newest);
        tally.read = Some(read.at);
        tally.drill = read.drill;
        let Some(resume) = resume else { return };
        tally.offset = Some(resume.offset);
        if let Ok(value) = serde_json::to_value(resume) {
            self.commit.resume.retain(|(known, _)| known != source);
            self.commit.resume.push((source.to_owned(), value));
        }
    }

    /// Stores it. If the disk is full it waits and tries again: the sources wait with it, and nothing is lost, because
    /// the resume point is stored with the events.
    pub fn store(mut self, platform: &Platform) {
        if self.is_empty() {
            return;
        }
        self.commit.incidents = platform.take_incident_rows(&self.touched);
        let with = |(name, tally): (&String, &Tally)| {
            let mut source = platform.change_source(name, |_| {});
            tally.add_to(&mut source);
            source
        };
        self.commit.sources = self.tallies.iter().map(with).collect();
        if let Err(why) = self.persist(platform) {
            for (answer, _) in self.answers {
                let _ = answer.send(Err(why.clone()));
            }
            return;
        }
        for (name, tally) in &self.tallies {
            platform.change_source(name, |source| tally.add_to(source));
        }
        for (answer, ingested) in self.answers {
            let _ = answer.send(Ok(ingested));
        }
        publish(&self.commit, platform);
    }

    /// Tries until it is stored, or until the platform is stopped: then says why it is not.
    fn persist(&self, platform: &Platform) -> Result<(), String> {
        let mut told = false;
        while let Err(error) = platform.store.commit(&self.commit) {
            if !told {
                tracing::error!(%error, "events cannot be stored; intake waits");
                platform.set_trouble(Some(format!("events cannot be stored: {error}")));
                told = true;
            }
            if platform.stopping(Duration::from_millis(500)) {
                return Err(error.to_string());
            }
        }
        if told {
            platform.set_trouble(None);
        }
        Ok(())
    }
}

fn publish(commit: &Commit, platform: &Platform) {
    for (incident, ..) in &commit.incidents {
        platform.hub.publish(&Live::Incident(incident.clone()));
    }
    let newest = commit.events.iter().map(|e| e.time).max();
    if let (Some(last), Some(newest)) = (commit.events.iter().map(|e| e.id).max(), newest) {
        platform.hub.publish(&Live::Events { count: commit.events.len() as u64, last, newest });
    }
}
