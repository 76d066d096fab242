//! What the pipeline drew and has not yet stored: it goes to the store as a whole, together with the resume points.
//! `committer.rs` stores it, on a thread of its own.

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
    /// Who wants to know when everything up to here is stored.
    pub done: Vec<SyncSender<()>>,
    /// How often each incident was handed over to be stored; see [`Platform::drawing`].
    pub drawn: Vec<IncidentId>,
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
    fn absorb(&mut self, later: &Self) {
        self.ingested.accepted += later.ingested.accepted;
        self.ingested.unparsed += later.ingested.unparsed;
        self.newest = self.newest.max(later.newest);
        self.offset = later.offset.or(self.offset);
        if later.read.is_some() {
            (self.read, self.drill) = (later.read, later.drill);
        }
    }

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
        self.commit.events.is_empty()
            && self.touched.is_empty()
            && self.tallies.is_empty()
            && self.answers.is_empty()
            && self.done.is_empty()
    }

    /// Takes the incidents as they are now: what later lines make of them is stored with those.
    pub fn seal(&mut self, platform: &Platform) {
        self.commit.incidents = platform.take_drawn_rows(&self.touched);
        self.drawn.extend(std::mem::take(&mut self.touched));
    }

    /// Takes in what was sealed after it.
    pub fn absorb(&mut self, later: Self) {
        self.commit.events.append(later.commit.events);
        self.commit.detections.extend(later.commit.detections);
        for mut row in later.commit.incidents {
            match self.commit.incidents.iter_mut().find(|known| known.0.id == row.0.id) {
                Some(known) => {
                    known.3.append(&mut row.3);
                    let timeline = std::mem::take(&mut known.3);
                    *known = (row.0, row.1, row.2, timeline);
                }
                None => self.commit.incidents.push(row),
            }
        }
        for (source, point) in later.commit.resume {
            self.resume(source, point);
        }
        for (source, tally) in &later.tallies {
            self.tallies.entry(source.clone()).or_default().absorb(tally);
        }
        self.drawn.extend(later.drawn);
        self.answers.extend(later.answers);
        self.done.extend(later.done);
    }

    fn resume(&mut self, source: String, point: serde_json::Value) {
        self.commit.resume.retain(|(known, _)| *known != source);
        self.commit.resume.push((source, point));
    }

    /// A source changed without saying anything.
    pub fn note(&mut self, source: &str) {
        self.tallies.entry(source.to_owned()).or_default();
    }

    /// A source said something, and was read up to `resume`.
    pub fn count(&mut self, source: &str, resume: Option<&Resume>, read: Read) {
        let offset = resume.map(|r| r.offset);
        let Read { ingested, newest, at, drill } = read;
        let more = Tally { ingested, newest, read: Some(at), offset, drill };
        self.tallies.entry(source.to_owned()).or_default().absorb(&more);
        if let Some(Ok(point)) = resume.map(serde_json::to_value) {
            self.resume(source.to_owned(), point);
        }
    }

    /// Stores it. If the disk is full it waits and tries again: the sources wait with it, and nothing is lost, because
    /// the resume point is stored with the events.
    ///
    /// # Errors
    /// The platform is stopped while it cannot be stored. Nothing later may be stored then: its resume points would pass
    /// over this.
    pub fn store(mut self, platform: &Platform) -> Result<(), String> {
        let with = |(name, tally): (&String, &Tally)| {
            let mut source = platform.change_source(name, |_| {});
            tally.add_to(&mut source);
            source
        };
        self.commit.sources = self.tallies.iter().map(with).collect();
        if let Err(why) = self.persist(platform) {
            self.refuse(&why);
            return Err(why);
        }
        for (name, tally) in &self.tallies {
            platform.change_source(name, |source| tally.add_to(source));
        }
        for (answer, ingested) in self.answers {
            let _ = answer.send(Ok(ingested));
        }
        publish(&self.commit, platform);
        platform.stored(&self.drawn);
        for done in self.done {
            let _ = done.send(());
        }
        Ok(())
    }

    /// Tells who waits that it is not stored.
    pub fn refuse(self, why: &str) {
        for (answer, _) in self.answers {
            let _ = answer.send(Err(why.to_owned()));
        }
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
    let newest = commit.events.heads().map(|e| e.time).max();
    if let (Some(last), Some(newest)) = (commit.events.heads().map(|e| e.id).max(), newest) {
        platform.hub.publish(&Live::Events { count: commit.events.len() as u64, last, newest });
    }
}
