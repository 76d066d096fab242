//! Replay: the whole pipeline over files, in memory, with the log's own clock. Nothing is stored, nothing is enforced.
//!
//! Lines are parsed and their requests inspected in parallel, a chunk at a time; the stages that remember run over them
//! in order of time. For back-testing, benchmarks and CI.

use super::detect::{Engine, Hit, Inspector, Settings};
use super::incident::Incidents;
use super::ingest;
use super::pipeline::inspect;
use super::policy::Policy;
use super::record::Record;
use crate::api::{Detection, EventId, Finding, IncidentId, Mode, Problem, ProblemKind, Replayed, Timestamp};
use crate::text::visible;
use std::io::Read;
use std::path::{Path, PathBuf};

/// Lines parsed at once per thread.
const CHUNK_LINES: usize = 4_096;

struct File {
    name: String,
    /// Number of this file's first line in the count over all files, less one.
    base: u64,
    text: String,
}

/// A parsed line: its number over all files, its record, what the request patterns found.
type Parsed<'a> = (u64, Record<'a>, Vec<Hit>);

/// Runs `paths` through the pipeline on `threads` threads and hands each finding to `found`, which returns
/// false to stop. `now` only tells the year
/// of lines that do not say it.
///
/// # Errors
/// A file cannot be read.
pub fn run(
    paths: &[PathBuf],
    format: Option<ingest::Format>,
    threads: usize,
    policy: &Policy,
    now: Timestamp,
    found: &mut dyn FnMut(&Finding) -> bool,
) -> Result<Replayed, Problem> {
    let files = read(paths)?;
    let inspector = Inspector::new();
    let mut stages = Stages {
        engine: Engine::new(Settings::default()),
        incidents: Incidents::new(IncidentId(1), Vec::new()),
        policy,
        totals: Replayed::default(),
        detections: Vec::new(),
    };
    let mut streams: Vec<Stream<'_>> =
        files.iter().map(|f| Stream::new(f, &inspector, format, threads.max(1), now)).collect();
    loop {
        let next = streams.iter_mut().enumerate().filter_map(|(i, s)| s.peek().map(|time| (time, i))).min();
        let Some((_, i)) = next else { break };
        let file = streams[i].file;
        if let Some(parsed) = streams[i].next()
            && !stages.line(file, &parsed, found)
        {
            break;
        }
    }
    Ok(stages.totals)
}

fn read(paths: &[PathBuf]) -> Result<Vec<File>, Problem> {
    let mut files = Vec::with_capacity(paths.len());
    let mut base = 0;
    for path in paths {
        let name = visible::escape(&path.to_string_lossy()).into_owned();
        let bytes = bytes(path).map_err(|e| {
            Problem::new(ProblemKind::Usage, format!("{name} cannot be read"), e.to_string())
                .hint("Check the path and that you may read the file.")
        })?;
        let text = String::from_utf8(bytes).unwrap_or_else(|e| visible::decode(e.as_bytes()).into_owned());
        let lines = memchr::memchr_iter(b'\n', text.as_bytes()).count() as u64 + 1;
        files.push(File { name, base, text });
        base += lines;
    }
    Ok(files)
}

/// A file's bytes, or those of standard input for `-`.
fn bytes(path: &Path) -> std::io::Result<Vec<u8>> {
    if path != Path::new("-") {
        return std::fs::read(path);
    }
    let mut bytes = Vec::new();
    std::io::stdin().read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// One file as a stream of parsed lines, a chunk ahead.
struct Stream<'a> {
    file: &'a File,
    inspector: &'a Inspector,
    format: Option<ingest::Format>,
    threads: usize,
    rest: &'a str,
    /// What is known of the columns of `rest`.
    layout: ingest::Layout,
    now: Timestamp,
    number: u64,
    ready: std::vec::IntoIter<Parsed<'a>>,
}

impl<'a> Stream<'a> {
    fn new(
        file: &'a File,
        inspector: &'a Inspector,
        format: Option<ingest::Format>,
        threads: usize,
        now: Timestamp,
    ) -> Self {
        Self {
            file,
            inspector,
            format,
            threads,
            rest: &file.text,
            layout: ingest::Layout::default(),
            now,
            number: file.base,
            ready: Vec::new().into_iter(),
        }
    }

    fn peek(&mut self) -> Option<Timestamp> {
        if self.ready.as_slice().is_empty() {
            self.refill();
        }
        self.ready.as_slice().first().map(|(_, record, _)| record.time)
    }

    fn next(&mut self) -> Option<Parsed<'a>> {
        self.ready.next()
    }

    /// Parses the next chunk, shared out over the threads.
    fn refill(&mut self) {
        let mut parts = Vec::with_capacity(self.threads);
        for _ in 0..self.threads {
            let layout = self.layout.clone();
            let (part, lines) = self.take();
            if part.is_empty() {
                break;
            }
            self.layout.learn_all(part.as_bytes());
            parts.push((self.number, part, layout));
            self.number += lines;
        }
        let (inspector, format, now) = (self.inspector, self.format, self.now);
        let parsed: Vec<Vec<Parsed<'a>>> = match parts.len() {
            0 => return,
            1 => parts.into_iter().map(|(n, part, layout)| parse(n, part, layout, inspector, format, now)).collect(),
            _ => std::thread::scope(|scope| {
                let workers: Vec<_> = parts
                    .into_iter()
                    .map(|(n, part, layout)| scope.spawn(move || parse(n, part, layout, inspector, format, now)))
                    .collect();
                workers.into_iter().map(|w| w.join().unwrap_or_default()).collect()
            }),
        };
        self.ready = parsed.into_iter().flatten().collect::<Vec<_>>().into_iter();
    }

    /// The next lines of the file and how many they are.
    fn take(&mut self) -> (&'a str, u64) {
        let mut lines = 0;
        let mut end = self.rest.len();
        for at in memchr::memchr_iter(b'\n', self.rest.as_bytes()) {
            lines += 1;
            if lines == CHUNK_LINES as u64 {
                end = at + 1;
                break;
            }
        }
        let (part, rest) = self.rest.split_at(end);
        self.rest = rest;
        (part, lines.max(u64::from(!part.is_empty())))
    }
}

fn parse<'a>(
    first: u64,
    part: &'a str,
    mut layout: ingest::Layout,
    inspector: &Inspector,
    format: Option<ingest::Format>,
    now: Timestamp,
) -> Vec<Parsed<'a>> {
    let mut parsed = Vec::with_capacity(CHUNK_LINES);
    let mut hits = Vec::new();
    for (i, line) in part.split('\n').enumerate() {
        let line = line.strip_suffix('\r').unwrap_or(line);
        if line.is_empty() {
            continue;
        }
        for event in ingest::events(line) {
            let Some(record) = layout.read(format, event, now) else { continue };
            inspect(inspector, &record, &mut hits);
            parsed.push((first + i as u64 + 1, record, std::mem::take(&mut hits)));
        }
    }
    parsed
}

struct Stages<'a> {
    engine: Engine,
    incidents: Incidents,
    policy: &'a Policy,
    totals: Replayed,
    detections: Vec<Detection>,
}

impl Stages<'_> {
    fn line(
        &mut self,
        file: &File,
        (number, record, hits): &Parsed<'_>,
        found: &mut dyn FnMut(&Finding) -> bool,
    ) -> bool {
        self.totals.lines += 1;
        self.totals.unparsed += u64::from(!record.parsed);
        let mut detections = std::mem::take(&mut self.detections);
        self.engine.observe(record, hits, EventId(*number), &file.name, false, &mut detections);
        for mut detection in detections.drain(..) {
            self.totals.detections += 1;
            let decision = self.decide(&mut detection);
            if let Some(id) = detection.incident {
                self.totals.incidents = self.totals.incidents.max(id.0);
            }
            if !found(&finding(detection, decision, file)) {
                return false;
            }
        }
        self.detections = detections;
        true
    }

    /// The strongest thing the policy would do about it.
    fn decide(&mut self, detection: &mut Detection) -> Mode {
        let now = detection.time;
        let file = self.incidents.fold(detection, now);
        let proposals = self.policy.decide(&file.incident, &file.bill, detection);
        proposals.into_iter().map(|p| p.mode).max().unwrap_or(Mode::None)
    }
}

fn finding(detection: Detection, decision: Mode, file: &File) -> Finding {
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
        file: file.name.clone(),
        evidence: detection.evidence.iter().map(|id| id.0.saturating_sub(file.base)).collect(),
        evidence_count: detection.evidence_count,
        why: detection.why,
    }
}
