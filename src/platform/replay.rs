//! Replay: the whole pipeline over files, in memory, with the log's own clock. Nothing is stored, nothing is enforced.
//!
//! Each thread takes the next block of lines, parses it and inspects its requests, waits for its turn, and runs the
//! stages that remember over it. So those see the lines in one order, whatever the number of threads, and no more than
//! one block a thread is in memory. For back-testing, benchmarks and CI.

mod documents;
mod explain;
mod lines;

pub use explain::explain;

use super::detect::{Engine, Hit, Inspector, Rules, Settings};
use super::enrich::Places;
use super::incident::Incidents;
use super::ingest::{self, Layout};
use super::lock;
use super::pipeline::inspect;
use super::policy::Policy;
use super::record::Record;
use crate::api::{Detection, EventId, Finding, IncidentId, Mode, Problem, Replayed, Timestamp};
use crate::config::RequestSettings;
use crate::text::visible;
use lines::{Block, Input};
use std::path::PathBuf;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::sync::{Arc, Condvar, Mutex, PoisonError};

/// Findings that may wait to be handed over.
const FOUND_MAX: usize = 1_024;
/// Lines that a block usually has.
const LINES_GUESS: usize = 640;
/// Above the number of its line an event's id has the number of its file.
const FILE_SHIFT: u32 = 44;

/// What a replay goes by.
#[derive(Clone, Copy)]
pub struct Terms<'a> {
    /// Format of all lines; none: each as it looks.
    pub format: Option<ingest::Format>,
    /// What would be done.
    pub policy: &'a Policy,
    /// Where addresses are.
    pub places: &'a Places,
    /// Scenarios and Sigma rules.
    pub rules: &'a Arc<Rules>,
    /// What the sites take.
    pub requests: &'a RequestSettings,
    /// Tell what rules in shadow find, too.
    pub shadow: bool,
    /// Only tells the year of lines that do not say it.
    pub now: Timestamp,
}

impl Terms<'_> {
    /// An event as it is written; nothing for a line that only names columns.
    fn read<'t>(&self, layout: &mut Layout, event: &'t str) -> Option<Record<'t>> {
        layout.read(self.format, event, self.now)
    }

    /// Adds what the detectors are shown beside it. In its place: a record is large, and every move of it is a copy.
    fn look(&self, inspector: &Inspector, record: &mut Record<'_>, hits: &mut Vec<Hit>) {
        self.places.identity(record);
        inspect(inspector, record, hits);
    }
}

/// Runs `paths` through the pipeline on `threads` threads and hands each finding to `found`, which returns false to
/// stop.
///
/// # Errors
/// A file cannot be read.
pub fn run(
    paths: &[PathBuf],
    terms: Terms<'_>,
    threads: usize,
    found: &mut dyn FnMut(&Finding) -> bool,
) -> Result<Replayed, Problem> {
    let input = Input::open(paths, terms.format, terms.now)?;
    let shared = Shared {
        terms,
        inspector: Inspector::accepting(terms.requests.clone()),
        names: input.names(),
        input: Mutex::new((0, input)),
        turn: Mutex::new(Turn { next: 0, ended: None, stages: Stages::new(terms) }),
        bell: Condvar::new(),
    };
    std::thread::scope(|scope| {
        let (send, findings) = sync_channel(FOUND_MAX);
        for _ in 0..threads.max(1) {
            let (shared, send) = (&shared, send.clone());
            scope.spawn(move || shared.work(&send));
        }
        drop(send);
        // When nobody wants more the channel closes, and with it the threads' work.
        for finding in findings {
            if !found(&finding) {
                break;
            }
        }
    });
    let turn = shared.turn.into_inner().unwrap_or_else(PoisonError::into_inner);
    match turn.ended {
        Some(Err(problem)) => Err(problem),
        _ => Ok(turn.stages.totals),
    }
}

/// What the threads share.
struct Shared<'a> {
    terms: Terms<'a>,
    inspector: Inspector,
    names: Vec<String>,
    /// Number of the next block, and where it comes from.
    input: Mutex<(u64, Input)>,
    turn: Mutex<Turn<'a>>,
    bell: Condvar,
}

/// The stages that remember, and whose turn it is to run them.
struct Turn<'a> {
    next: u64,
    /// There is no more to do: nobody wants it, or a file cannot be read on.
    ended: Option<Result<(), Problem>>,
    stages: Stages<'a>,
}

/// Ends everything if the thread that holds it panics: the others would wait for its turn forever.
struct Alarm<'a, 'b>(&'a Shared<'b>);

impl Drop for Alarm<'_, '_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.end(Ok(()));
        }
    }
}

impl Shared<'_> {
    /// One thread's work.
    fn work(&self, found: &SyncSender<Finding>) {
        let _alarm = Alarm(self);
        let mut block = Block::default();
        while let Some(nth) = self.take(&mut block) {
            let text = visible::decode(&block.text);
            let parsed = self.parse(&block, &text);
            let waiting = |turn: &mut Turn<'_>| turn.next != nth && turn.ended.is_none();
            let mut turn = self.bell.wait_while(lock(&self.turn), waiting).unwrap_or_else(PoisonError::into_inner);
            if turn.ended.is_some() {
                return;
            }
            for line in &parsed {
                if !turn.stages.line(&self.names, line, &mut |finding| found.send(finding).is_ok()) {
                    turn.ended = Some(Ok(()));
                    break;
                }
            }
            turn.next += 1;
            drop(turn);
            self.bell.notify_all();
        }
    }

    /// The next block and its number; nothing when there is no more.
    fn take(&self, block: &mut Block) -> Option<u64> {
        let mut input = lock(&self.input);
        match input.1.next(block) {
            Ok(true) => {
                input.0 += 1;
                Some(input.0 - 1)
            }
            Ok(false) => None,
            Err(problem) => {
                let nth = input.0;
                drop(input);
                // What was read before is still told.
                let before = |turn: &mut Turn<'_>| turn.next != nth && turn.ended.is_none();
                drop(self.bell.wait_while(lock(&self.turn), before).unwrap_or_else(PoisonError::into_inner));
                self.end(Err(problem));
                None
            }
        }
    }

    fn end(&self, how: Result<(), Problem>) {
        lock(&self.turn).ended.get_or_insert(how);
        self.bell.notify_all();
    }

    fn parse<'t>(&self, block: &'t Block, text: &'t str) -> Vec<Parsed<'t>> {
        let mut parsed = Vec::with_capacity(LINES_GUESS);
        let mut layouts = block.layouts.clone();
        for (file, number, line) in block.lines(text) {
            let Some(layout) = layouts.get_mut(file) else { continue };
            for event in ingest::events(line) {
                let Some(record) = self.terms.read(layout, event) else { continue };
                parsed.push(Parsed { file, number, record, hits: Vec::new() });
            }
        }
        for Parsed { record, hits, .. } in &mut parsed {
            self.terms.look(&self.inspector, record, hits);
        }
        parsed
    }
}

/// A parsed line: where it stands, its record, what the request patterns found.
struct Parsed<'a> {
    file: usize,
    number: u64,
    record: Record<'a>,
    hits: Vec<Hit>,
}

impl Parsed<'_> {
    /// The line as an event: its file and its number there.
    fn event(&self) -> EventId {
        EventId((self.file as u64) << FILE_SHIFT | self.number)
    }
}

struct Stages<'a> {
    engine: Engine,
    shadow: bool,
    incidents: Incidents,
    policy: &'a Policy,
    totals: Replayed,
    detections: Vec<Detection>,
}

impl<'a> Stages<'a> {
    fn new(terms: Terms<'a>) -> Self {
        Self {
            engine: Engine::with_rules(Settings::default(), Arc::clone(terms.rules)),
            shadow: terms.shadow,
            incidents: Incidents::new(IncidentId(1), Vec::new()),
            policy: terms.policy,
            totals: Replayed::default(),
            detections: Vec::new(),
        }
    }

    /// Takes one line through the stages; false once nobody wants to know.
    fn line(&mut self, names: &[String], parsed: &Parsed<'_>, found: &mut dyn FnMut(Finding) -> bool) -> bool {
        let name = names.get(parsed.file).map_or("", String::as_str);
        self.totals.lines += 1;
        self.totals.unparsed += u64::from(!parsed.record.parsed);
        let mut detections = std::mem::take(&mut self.detections);
        self.engine.observe(&parsed.record, &parsed.hits, parsed.event(), name, false, &mut detections);
        for mut detection in detections.drain(..) {
            self.totals.detections += 1;
            let decision = self.decide(&mut detection);
            if let Some(id) = detection.incident {
                self.totals.incidents = self.totals.incidents.max(id.0);
            }
            if !found(finding(detection, decision, name, parsed.event())) {
                return false;
            }
        }
        self.detections = detections;
        // Nothing follows from what a rule in shadow finds: no incident, no decision.
        !self.shadow
            || self.engine.rules().take_shadows().into_iter().all(|detection| {
                found(Finding { shadow: true, ..finding(detection, Mode::None, name, parsed.event()) })
            })
    }

    /// The strongest thing the policy would do about it.
    fn decide(&mut self, detection: &mut Detection) -> Mode {
        let now = detection.time;
        let (file, engine) = (self.incidents.fold(detection, now), &self.engine);
        let proposals = self.policy.decide(&file.incident, &file.bill, detection, &|net| engine.residents(net, false));
        proposals.into_iter().map(|p| p.mode).max().unwrap_or(Mode::None)
    }
}

fn finding(detection: Detection, decision: Mode, file: &str, at: EventId) -> Finding {
    let here = detection.evidence.iter().filter(|id| id.0 >> FILE_SHIFT == at.0 >> FILE_SHIFT);
    Finding {
        time: detection.time,
        rule: detection.rule,
        class: detection.class,
        kind: detection.kind,
        severity: detection.severity,
        entity: detection.entity,
        src_ip: detection.src_ip,
        user: detection.user,
        confidence: detection.confidence,
        incident: detection.incident,
        decision,
        file: file.to_owned(),
        evidence: here.map(|id| id.0 & ((1 << FILE_SHIFT) - 1)).collect(),
        evidence_count: detection.evidence_count,
        why: detection.why,
        shadow: false,
    }
}

#[cfg(test)]
mod tests;
