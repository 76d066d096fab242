//! The upper line of the plan, strung together: line, record, event, detection, incident, bill, proposal, action.
//!
//! One thread owns the stages' state and takes work from one channel. A line's consequences are drawn as soon as it is
//! read: a block is in force before its event is even stored. What was drawn is committed when the channel runs dry or
//! enough has gathered, together with the resume point, so that after a crash nothing is lost and nothing counts twice.

use super::detect::{Engine, Hit, Inspector, Request};
use super::enrich::geo::Geo;
use super::ingest::{self, Batch, Intake};
use super::observe::{self, Observed};
use super::record::Record;
use super::store::Commit;
use super::{Platform, drill};
use crate::api::endpoint::Ingested;
use crate::api::{Detection, Event, IncidentId, Live, Mode, Source, SourceState, Timestamp};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TryRecvError};
use std::time::Duration;

/// Events gathered before a commit even if more work waits. The larger, the fewer pages of the indexes are written
/// twice and the fewer times the disk is waited for; what this delays is only when events can be searched.
const COMMIT_EVERY: usize = 8_000;

/// Work for the pipeline.
pub enum Work {
    /// From a tailed file, a journal, the drill or the gate.
    Intake(Intake),
    /// Pushed over the API; the answer goes back once it is stored.
    Pushed(Batch, SyncSender<Result<Ingested, String>>),
    /// The gate's inbox has something in it.
    Gate,
    /// Store what the drill said so far and forget what was learnt from it; answers when that is done.
    ForgetDrill(SyncSender<()>),
    /// Commit what is gathered and end.
    Stop,
}

/// The stages' state between two lines.
pub struct Pipeline {
    platform: Arc<Platform>,
    inspector: Arc<Inspector>,
    engine: Engine,
    geo: Option<Arc<Geo>>,
    gathered: Gathered,
    hits: Vec<Hit>,
    detections: Vec<Detection>,
}

/// What was drawn and not yet committed.
#[derive(Default)]
struct Gathered {
    commit: Commit,
    touched: BTreeSet<IncidentId>,
    tallies: BTreeMap<String, Tally>,
    answers: Vec<(SyncSender<Result<Ingested, String>>, Ingested)>,
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

impl Pipeline {
    /// A pipeline over `platform`, with what was stored since `warm_from` learnt again.
    pub fn new(platform: Arc<Platform>, inspector: Arc<Inspector>, mut engine: Engine, geo: Option<Arc<Geo>>) -> Self {
        let since = platform.now().plus(-super::WARM_MS);
        let mut hits = Vec::new();
        // A day that cannot be read is not learnt from; the store says so where it is asked about.
        for event in platform.store.recent_events(since).flatten() {
            let record = record_of(&event);
            inspect(&inspector, &record, &mut hits);
            engine.warm(&record, &hits, event.id, &event.source, event.drill);
        }
        Self { platform, inspector, engine, geo, gathered: Gathered::default(), hits, detections: Vec::new() }
    }

    /// Works until told to stop or until nobody can send any more.
    pub fn run(mut self, work: &Receiver<Work>) {
        loop {
            match self.next(work) {
                Ok(Work::Intake(Intake::Batch(batch))) => {
                    self.batch(&batch);
                }
                Ok(Work::Intake(Intake::State(source))) => self.state(source),
                Ok(Work::Pushed(batch, answer)) => {
                    let ingested = self.batch(&batch);
                    self.gathered.answers.push((answer, ingested));
                }
                Ok(Work::Gate) => {}
                Ok(Work::ForgetDrill(done)) => {
                    self.commit();
                    self.engine.forget_drill();
                    let _ = done.send(());
                }
                Ok(Work::Stop) | Err(RecvTimeoutError::Disconnected) => {
                    self.commit();
                    return;
                }
                Err(RecvTimeoutError::Timeout) => self.commit(),
            }
            // What the gate saw goes before whatever else waits: its authors are at the door right now.
            for observed in self.platform.inbox.take() {
                self.gate(&observed);
            }
            // With a full channel the order to stop has no room in it. What is not taken in now is read again.
            if self.platform.stopping(Duration::ZERO) {
                self.commit();
                return;
            }
            if self.gathered.commit.events.len() >= COMMIT_EVERY {
                self.commit();
            }
        }
    }

    /// What is to be done next; a timeout when nothing waits and there is something to commit.
    fn next(&self, work: &Receiver<Work>) -> Result<Work, RecvTimeoutError> {
        match work.try_recv() {
            Ok(next) => Ok(next),
            Err(TryRecvError::Disconnected) => Err(RecvTimeoutError::Disconnected),
            Err(TryRecvError::Empty) if !self.gathered.is_empty() => Err(RecvTimeoutError::Timeout),
            // The word to stop finds no room in a full channel: by the time all of that is done the flag is up.
            Err(TryRecvError::Empty) if self.platform.stopping(Duration::ZERO) => Ok(Work::Stop),
            Err(TryRecvError::Empty) => work.recv().map_err(|_| RecvTimeoutError::Disconnected),
        }
    }

    fn batch(&mut self, batch: &Batch) -> Ingested {
        let mut ingested = Ingested { accepted: 0, unparsed: 0 };
        let mut newest = None;
        for line in batch.text.split(|b| *b == b'\n').filter(|l| !l.is_empty()) {
            let line = crate::text::visible::decode(line.strip_suffix(b"\r").unwrap_or(line));
            let now = self.platform.now();
            let record = ingest::parse(batch.format, &line, now);
            ingested.accepted += 1;
            ingested.unparsed += u64::from(!record.parsed);
            newest = newest.max(Some(record.time));
            self.record(record, &batch.source, batch.drill, now);
        }
        self.count(&batch.source, batch.drill, batch.resume.as_ref(), ingested, newest);
        ingested
    }

    fn gate(&mut self, observed: &Observed) {
        let now = self.platform.now();
        self.record(observed.record(), observe::SOURCE, false, now);
        let one = Ingested { accepted: 1, unparsed: 0 };
        self.count(observe::SOURCE, false, None, one, Some(observed.time));
        let dropped = self.platform.inbox.dropped();
        self.platform.change_source(observe::SOURCE, |source| {
            source.format = "gate".into();
            source.why = match dropped {
                0 => "what the gate refuses, and the sessions it sees".into(),
                n => format!("flooded: {n} refusals were carried out and counted, but not kept as events"),
            };
        });
    }

    /// One record through every stage.
    fn record(&mut self, mut record: Record<'_>, source: &str, drill: bool, now: Timestamp) {
        if record.country.is_none() {
            record.country = record.src_ip.and_then(|ip| self.country(ip, drill)).map(Into::into);
        }
        inspect(&self.inspector, &record, &mut self.hits);
        let id = self.platform.store.next_event_id(record.time);
        let mut detections = std::mem::take(&mut self.detections);
        self.engine.observe(&record, &self.hits, id, source, drill, &mut detections);
        self.gathered.commit.events.push(record.to_event(id, now, source, drill));
        for detection in detections.drain(..) {
            self.detection(detection, record.country.as_deref(), now);
        }
        self.detections = detections;
    }

    fn country(&self, ip: std::net::IpAddr, drill: bool) -> Option<String> {
        if drill {
            return drill::country(ip).map(str::to_owned);
        }
        self.geo.as_ref().and_then(|geo| geo.country(ip))
    }

    /// Folds a detection into its incident, asks the policy and acts where it says so, all before the next line.
    fn detection(&mut self, mut detection: Detection, country: Option<&str>, now: Timestamp) {
        detection.id = self.platform.next_detection_id();
        let policy = self.platform.policy();
        let (id, fresh) = self.platform.with_incidents(|incidents| {
            let file = incidents.fold(&mut detection, now);
            country.into_iter().for_each(|c| file.set_country(c));
            let proposals = policy.decide(&file.incident, &file.bill, &detection);
            (file.incident.id, file.propose(proposals, now))
        });
        self.gathered.touched.insert(id);
        self.platform.drawing(id);
        for proposal in fresh.iter().filter(|p| p.mode == Mode::Act) {
            self.platform.act(id, proposal, &detection, now);
        }
        self.platform.hub.publish(&Live::Detection(detection.clone()));
        self.gathered.commit.detections.push(detection);
    }

    fn state(&mut self, source: Source) {
        let merged = self.platform.merge_source(source);
        self.gathered.tallies.entry(merged.name.clone()).or_default();
        self.platform.hub.publish(&Live::Source(merged));
    }

    fn count(
        &mut self,
        name: &str,
        drill: bool,
        resume: Option<&ingest::Resume>,
        ingested: Ingested,
        newest: Option<Timestamp>,
    ) {
        let tally = self.gathered.tallies.entry(name.to_owned()).or_default();
        tally.ingested.accepted += ingested.accepted;
        tally.ingested.unparsed += ingested.unparsed;
        tally.newest = tally.newest.max(newest);
        tally.read = Some(self.platform.now());
        tally.drill = drill;
        let Some(resume) = resume else { return };
        tally.offset = Some(resume.offset);
        if let Ok(value) = serde_json::to_value(resume) {
            self.gathered.commit.resume.retain(|(known, _)| known != name);
            self.gathered.commit.resume.push((name.to_owned(), value));
        }
    }

    /// Stores what was gathered. If the disk is full it waits and tries again: the sources wait with it, and nothing
    /// is lost, because the resume point is stored with the events.
    fn commit(&mut self) {
        let gathered = std::mem::take(&mut self.gathered);
        if gathered.is_empty() {
            return;
        }
        let Gathered { mut commit, touched, tallies, answers } = gathered;
        commit.incidents = self.platform.take_incident_rows(&touched);
        let with = |(name, tally): (&String, &Tally)| {
            let mut source = self.platform.change_source(name, |_| {});
            tally.add_to(&mut source);
            source
        };
        commit.sources = tallies.iter().map(with).collect();
        let mut told = false;
        while let Err(error) = self.platform.store.commit(&commit) {
            if !told {
                tracing::error!(%error, "events cannot be stored; intake waits");
                self.platform.set_trouble(Some(format!("events cannot be stored: {error}")));
                told = true;
            }
            if self.platform.stopping(Duration::from_millis(500)) {
                for (answer, _) in answers {
                    let _ = answer.send(Err(error.to_string()));
                }
                return;
            }
        }
        if told {
            self.platform.set_trouble(None);
        }
        for (name, tally) in &tallies {
            self.platform.change_source(name, |source| tally.add_to(source));
        }
        for (answer, ingested) in answers {
            let _ = answer.send(Ok(ingested));
        }
        self.publish(&commit);
    }

    fn publish(&self, commit: &Commit) {
        for (incident, ..) in &commit.incidents {
            self.platform.hub.publish(&Live::Incident(incident.clone()));
        }
        let newest = commit.events.iter().map(|e| e.time).max();
        if let (Some(last), Some(newest)) = (commit.events.iter().map(|e| e.id).max(), newest) {
            self.platform.hub.publish(&Live::Events { count: commit.events.len() as u64, last, newest });
        }
    }
}

impl Gathered {
    fn is_empty(&self) -> bool {
        self.commit.events.is_empty() && self.touched.is_empty() && self.tallies.is_empty() && self.answers.is_empty()
    }
}

/// Runs the request patterns over a record that has a request.
pub fn inspect(inspector: &Inspector, record: &Record<'_>, hits: &mut Vec<Hit>) {
    hits.clear();
    if let Some(http) = &record.http {
        let request = Request {
            method: &http.method,
            url: &http.url,
            agent: &http.agent,
            referer: &http.referer,
            cookie: "",
            body: b"",
        };
        inspector.inspect(&request, hits);
    }
}

/// A stored event as the record it was made from, for learning again after a restart.
fn record_of(event: &Event) -> Record<'_> {
    use std::borrow::Cow;
    fn text(value: &Option<crate::text::Untrusted>) -> Option<Cow<'_, str>> {
        value.as_ref().map(|t| Cow::Borrowed(t.raw()))
    }
    let mut record = Record::bare(event.time, Cow::Borrowed(event.raw.raw()));
    record.class = event.class;
    record.activity = event.activity;
    record.severity = event.severity.clone();
    record.outcome = event.outcome.clone();
    record.src_ip = event.src_ip;
    record.country = text(&event.country);
    record.user = text(&event.user);
    record.session = text(&event.session);
    record.host = text(&event.host);
    record.message = Cow::Borrowed(event.message.raw());
    record.parsed = event.parsed;
    record.http = event.http.as_ref().map(|h| super::record::HttpRecord {
        method: Cow::Borrowed(h.method.raw()),
        url: Cow::Borrowed(h.url.raw()),
        status: h.status,
        bytes: h.bytes,
        referer: Cow::Borrowed(h.referer.as_ref().map_or("", |t| t.raw())),
        agent: Cow::Borrowed(h.agent.as_ref().map_or("", |t| t.raw())),
    });
    record
}
