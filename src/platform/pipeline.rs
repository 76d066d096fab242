//! The upper line of the plan, strung together: line, record, event, detection, incident, bill, proposal, action.
//!
//! One thread owns the stages' state and takes work from one channel. A line's consequences are drawn as soon as it is
//! read: a block is in force before its event is even stored. What was drawn is handed to the committer when the channel
//! runs dry or enough has gathered, together with the resume point, so that after a crash nothing is lost and nothing
//! counts twice. Storing has its own thread (`committer.rs`): no line waits for the disk because of the lines before it.

use super::committer::Committer;
use super::detect::{Engine, Hit, Inspector, Request};
use super::enrich::Places;
use super::gathered::{Gathered, Read};
use super::ingest::{self, Batch, Intake};
use super::memory::Memory;
use super::observe::{self, Observed};
use super::record::Record;
use super::store::Drafts;
use super::{Platform, drill};
use crate::api::endpoint::Ingested;
use crate::api::{Detection, Incident, Live, Mode, Source, Timestamp, Verdict};
use ipnet::IpNet;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TryRecvError};
use std::time::Duration;

/// Events gathered before they are handed over even if more work waits.
const COMMIT_EVERY: usize = 2_000;

/// Work for the pipeline.
pub enum Work {
    /// From a tailed file, a journal, the drill or the gate.
    Intake(Intake),
    /// Pushed over the API; the answer goes back once it is stored.
    Pushed(Batch, SyncSender<Result<Ingested, String>>),
    /// The gate's inbox has something in it.
    Gate,
    /// An incident was closed with a verdict, by whom.
    Verdict(Box<Incident>, String),
    /// What is suppressed changed.
    Hush,
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
    places: Places,
    gathered: Gathered,
    committer: Arc<Committer>,
    hits: Vec<Hit>,
    detections: Vec<Detection>,
    memory: Option<Memory>,
}

impl Pipeline {
    /// A pipeline over `platform`, with what was stored since `warm_from` learnt again.
    pub fn new(platform: Arc<Platform>, inspector: Arc<Inspector>, mut engine: Engine, places: Places) -> Self {
        let since = platform.now().plus(-super::WARM_MS);
        let mut hits = Vec::new();
        // A day that cannot be read is not learnt from; the store says so where it is asked about.
        for event in platform.store.recent_events(since).flatten() {
            let mut record = Record::of(&event);
            if !event.drill {
                places.identity(&mut record);
            }
            inspect(&inspector, &record, &mut hits);
            engine.warm(&record, &hits, event.id, &event.source, event.drill);
        }
        engine.hush(platform.quiet());
        let (gathered, committer) = Default::default();
        Self { platform, inspector, engine, places, gathered, committer, hits, detections: Vec::new(), memory: None }
    }

    /// With a file that keeps what is learnt.
    #[must_use]
    pub(super) fn keeping(mut self, memory: Memory) -> Self {
        self.memory = Some(memory);
        self
    }

    /// Works until told to stop or until nobody can send any more; returns when all of it is stored.
    pub fn run(mut self, work: &Receiver<Work>) {
        let (committer, platform) = (Arc::clone(&self.committer), Arc::clone(&self.platform));
        let storing = std::thread::spawn(move || committer.run(&platform));
        self.work(work);
        if let Some(memory) = &mut self.memory {
            memory.keep(&self.engine);
        }
        self.committer.close();
        let _ = storing.join();
    }

    fn work(&mut self, work: &Receiver<Work>) {
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
                Ok(Work::Verdict(incident, by)) => self.verdict(&incident, &by),
                Ok(Work::Hush) => self.engine.hush(self.platform.quiet()),
                Ok(Work::ForgetDrill(done)) => {
                    self.engine.forget_drill();
                    self.gathered.done.push(done);
                    self.commit();
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
        let (text, now) = (crate::text::visible::decode(&batch.text), self.platform.now());
        let mut layout = batch.layout.clone();
        for line in ingest::lines(&text) {
            for event in ingest::events(line) {
                let Some(record) = layout.read(batch.format, event, now) else { continue };
                ingested.accepted += 1;
                ingested.unparsed += u64::from(!record.parsed);
                newest = newest.max(Some(record.time));
                inspect(&self.inspector, &record, &mut self.hits);
                self.record(record, &batch.source, batch.drill, now);
            }
        }
        let read = Read { ingested, newest, at: now, drill: batch.drill };
        self.gathered.count(&batch.source, batch.resume.as_ref(), read);
        ingested
    }

    fn gate(&mut self, observed: &Observed) {
        let now = self.platform.now();
        let record = observed.record();
        match observed.hits.is_empty() && record.refused {
            true => inspect(&self.inspector, &record, &mut self.hits),
            false => self.hits.clone_from(&observed.hits),
        }
        self.record(record, observe::SOURCE, false, now);
        let one = Ingested { accepted: 1, unparsed: 0 };
        let read = Read { ingested: one, newest: Some(observed.time), at: now, drill: false };
        self.gathered.count(observe::SOURCE, None, read);
        let dropped = self.platform.inbox.dropped();
        self.platform.change_source(observe::SOURCE, |source| {
            source.format = "gate".into();
            source.why = match dropped {
                0 => "what the gate refuses, and the sessions it sees".into(),
                n => format!("flooded: {n} refusals were carried out and counted, but not kept as events"),
            };
        });
    }

    /// One record through every stage; what inspection noted of it is in `hits`.
    fn record(&mut self, mut record: Record<'_>, source: &str, drill: bool, now: Timestamp) {
        if drill {
            record.country = record.country.or_else(|| drill::country(record.src_ip?).map(Into::into));
        } else {
            self.places.country(&mut record);
            self.places.identity(&mut record);
        }
        let id = self.platform.store.next_event_id(record.time);
        let mut detections = std::mem::take(&mut self.detections);
        self.engine.observe(&record, &self.hits, id, source, drill, &mut detections);
        self.gathered.commit.events.add(|hold| record.held(id, now, hold.text(source), drill, |text| hold.text(text)));
        for detection in detections.drain(..) {
            self.detection(detection, record.country.as_deref(), now);
        }
        self.detections = detections;
    }

    /// Folds a detection into its incident, asks the policy and acts where it says so, all before the next line.
    fn detection(&mut self, mut detection: Detection, country: Option<&str>, now: Timestamp) {
        detection.id = self.platform.next_detection_id();
        detection.suppressed = self.platform.suppressed(&detection, now);
        if detection.suppressed.is_some() {
            self.platform.hub.publish(&Live::Detection(detection.clone()));
            return self.gathered.commit.detections.push(detection);
        }
        let policy = self.platform.policy();
        let (engine, drill) = (&self.engine, detection.drill);
        let residents = &|net: &IpNet| engine.residents(net, drill);
        let (id, fresh) = self.platform.with_incidents(|incidents| {
            let file = incidents.fold(&mut detection, now);
            country.into_iter().for_each(|c| file.set_country(c));
            let id = file.incident.id;
            if self.gathered.touched.insert(id) {
                self.platform.drawing(id);
            }
            let proposals = policy.decide(&file.incident, &file.bill, &detection, residents);
            (id, file.propose(proposals, now))
        });
        for proposal in fresh.iter().filter(|p| p.mode == Mode::Act) {
            self.platform.act(id, proposal, &detection, now);
        }
        self.platform.hub.publish(&Live::Detection(detection.clone()));
        self.gathered.commit.detections.push(detection);
    }

    /// What an analyst said of an incident, for each of its rules and entities: what was false is forgiven, and
    /// suppressed for a while.
    fn verdict(&mut self, incident: &Incident, by: &str) {
        if !matches!(incident.verdict, Some(Verdict::FalsePositiveLogic | Verdict::FalsePositiveData)) {
            return;
        }
        for rule in &incident.rules {
            for entity in &incident.entities {
                if self.engine.false_positive(rule, entity) {
                    self.platform.suppress_verdict(rule, entity, incident.id, by);
                }
            }
        }
        self.engine.hush(self.platform.quiet());
    }

    fn state(&mut self, source: Source) {
        let merged = self.platform.merge_source(source);
        self.gathered.note(&merged.name);
        self.platform.hub.publish(&Live::Source(merged));
    }

    fn commit(&mut self) {
        let gathered = std::mem::take(&mut self.gathered);
        // The next will be about as many: a list that grows is copied each time.
        self.gathered.commit.events = Drafts::with_capacity(gathered.commit.events.len().min(COMMIT_EVERY));
        self.committer.hand_over(gathered, &self.platform);
        self.platform.set_rules_off(self.engine.rules().switched_off());
        if let Some(memory) = &mut self.memory {
            memory.keep_hourly(&self.engine);
        }
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
            user: record.user.as_deref().unwrap_or_default(),
            ..Request::default()
        };
        inspector.inspect(&request, hits);
    }
}
