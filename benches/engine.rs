//! The engine by itself, on one thread: what a line costs in CPU time, stage upon stage; how long the verdict on one
//! request takes; and what is remembered of 175,000 clients.
//!
//! `cargo bench --bench engine`. The log is the real one of ../shared/data as a site with a hundred times its visitors, in
//! memory; CPU time is this thread's own (`/proc/thread-self/schedstat`), the best of five rounds.
//! `cargo bench --bench engine -- STAGE FILE` only takes FILE once up to a stage (`lines`, `parsed`, `inspected`,
//! `judged`): what `benches/instructions.sh` counts. `-- verdicts` and `-- memory` measure only those.
#![allow(clippy::print_stdout, clippy::unwrap_used, missing_docs)]

mod common;

use std::collections::HashSet;
use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;
use watchfloor::api::{EventId, Timestamp};
use watchfloor::platform::detect::rules::Rules;
use watchfloor::platform::detect::{Engine, Inspector, Request, Settings};
use watchfloor::platform::ingest;
use watchfloor::platform::pipeline::inspect;

const LINES: usize = 500_000;
const ROUNDS: usize = 5;
/// Requests after which a thread remembers no text of before.
const FORGOTTEN: usize = 30_000;
const CLIENTS: u32 = 175_000;
const NOW: Timestamp = Timestamp(1_795_000_000_000);
const STAGES: [(&str, Stage); 4] =
    [("lines", Stage::Lines), ("parsed", Stage::Parse), ("inspected", Stage::Inspect), ("judged", Stage::Engine)];

fn main() {
    let asked: Vec<String> = std::env::args().skip(1).filter(|a| !a.starts_with("--")).collect();
    match asked.first().map(String::as_str) {
        Some("verdicts") => return verdicts(),
        Some("memory") => return memory(),
        _ => {}
    }
    if let [stage, file] = asked.as_slice() {
        let stage = STAGES.iter().find(|(name, _)| name == stage).unwrap().1;
        run(&Inspector::new(), &std::fs::read_to_string(file).unwrap(), stage);
        return;
    }
    memory();
    verdicts();
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("web.log");
    let lines = common::write_web_log(&path, LINES, NOW);
    let text = std::fs::read_to_string(&path).unwrap();
    let inspector = Inspector::new();
    for (name, stage) in STAGES {
        let best = (0..ROUNDS).map(|_| run(&inspector, &text, stage)).min().unwrap();
        let each = best as f64 / lines as f64;
        println!("{name:<10} {each:>6.0} ns of CPU a line so far, {:>10.0} lines per CPU second", 1e9 / each);
    }
}

/// How long one request is looked at, as the gate does it before it lets it through. Each text once: what was judged
/// before would be known.
fn verdicts() {
    let text = std::fs::read_to_string(common::real_log()).unwrap();
    let records: Vec<_> = ingest::lines(&text).map(|line| ingest::parse(None, line, NOW)).collect();
    let mut seen = HashSet::new();
    let ordinary = records.iter().filter_map(|r| r.http.as_ref()).filter(|http| seen.insert(http.url.clone()));
    let ordinary: Vec<[String; 3]> =
        ordinary.map(|h| [&h.url, &h.agent, &h.referer].map(|text| text.to_string())).collect();
    measure("requests of the web log", &ordinary);
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/requests/http-params/payload_test.csv");
    let mut hostile = Vec::new();
    for row in csv::Reader::from_path(file).unwrap().byte_records() {
        let row = row.unwrap();
        if &row[3] != b"norm" {
            let value: String = row[0].iter().map(|b| format!("%{b:02X}")).collect();
            hostile.push([format!("/search?q={value}"), "Mozilla/5.0".to_owned(), String::new()]);
        }
    }
    measure("attacks of http-params", &hostile);
}

fn measure(name: &str, requests: &[[String; 3]]) {
    let inspector = Inspector::new();
    let round = || -> Vec<u64> {
        let (mut hits, mut took) = (Vec::new(), Vec::with_capacity(requests.len()));
        for [url, agent, referer] in requests {
            let request = Request { method: "GET", url, agent, referer, ..Request::default() };
            hits.clear();
            let start = Instant::now();
            inspector.inspect(black_box(&request), &mut hits);
            took.push(start.elapsed().as_nanos() as u64);
        }
        took
    };
    // The first round compiles the expressions and fills their automata, as the first requests after a start do. Before
    // each later one so many other texts were judged that none of these is remembered. Of five looks at a request the
    // shortest counts: the others are as long as somebody else had the processor.
    let first = round();
    let forgotten = || {
        for n in 0..FORGOTTEN {
            let [url, agent] = [format!("/page/{n}.html"), format!("Mozilla/5.0 (X11; Linux x86_64; rv:{n})")];
            let referer = format!("http://example.org/{n}.html");
            let request = Request { method: "GET", url: &url, agent: &agent, referer: &referer, ..Request::default() };
            inspector.inspect(&request, &mut Vec::new());
        }
        round()
    };
    let mut took = forgotten();
    for _ in 1..ROUNDS {
        took.iter_mut().zip(forgotten()).for_each(|(best, again)| *best = again.min(*best));
    }
    for (when, mut took) in [("right after a start", first), ("later", took)] {
        took.sort_unstable();
        println!(
            "verdict on {} {name}, {when}: p50 {:.1} us, p99 {:.1} us, worst {:.1} us",
            took.len(),
            common::at(&took, 0.5) as f64 / 1e3,
            common::at(&took, 0.99) as f64 / 1e3,
            *took.last().unwrap() as f64 / 1e3
        );
    }
}

#[derive(Clone, Copy, PartialEq, PartialOrd)]
enum Stage {
    Lines,
    Parse,
    Inspect,
    Engine,
}

/// With the rules that are shipped.
fn engine() -> Engine {
    Engine::with_rules(Settings::default(), Arc::new(Rules::shipped()))
}

/// Nanoseconds of CPU for all lines up to a stage.
fn run(inspector: &Inspector, text: &str, until: Stage) -> u64 {
    let mut engine = engine();
    let (mut hits, mut detections) = (Vec::new(), Vec::new());
    let start = common::on_cpu();
    for (i, line) in ingest::lines(text).enumerate() {
        if until == Stage::Lines {
            black_box(line);
            continue;
        }
        let record = ingest::parse(None, line, NOW);
        if until >= Stage::Inspect {
            inspect(inspector, &record, &mut hits);
        }
        if until >= Stage::Engine {
            engine.observe(&record, &hits, EventId(i as u64), "bench", false, &mut detections);
            detections.clear();
        }
        black_box(&record);
    }
    common::on_cpu() - start
}

/// Visitors of one page, pictures, a page that is gone: eight requests each, a round through all clients at a time.
fn memory() {
    let mut engine = engine();
    let mut detections = Vec::new();
    let before = common::status_of(std::process::id(), "VmRSS");
    let mut time = NOW.0 - 3_600_000;
    for round in 0..8 {
        for client in 0..CLIENTS {
            let ip = std::net::Ipv4Addr::from(0x0b00_0000 + client * 7);
            let (url, status) = match round {
                0..5 => (format!("/page/{}", (client + round) % 5_000), 200),
                5 | 6 => (format!("/img/{}.png", client % 100), 200),
                _ => (format!("/gone/{}", client % 100), 404),
            };
            time += 1;
            let stamp = chrono::DateTime::from_timestamp_millis(time).unwrap().format("%d/%b/%Y:%H:%M:%S +0000");
            let line = format!("{ip} - - [{stamp}] \"GET {url} HTTP/1.1\" {status} 512 \"-\" \"Mozilla/5.0\"");
            let record = ingest::parse(None, &line, NOW);
            engine.observe(&record, &[], EventId(time.unsigned_abs()), "bench", false, &mut detections);
            detections.clear();
        }
    }
    let after = common::status_of(std::process::id(), "VmRSS");
    println!(
        "{CLIENTS} clients, eight requests each: {} remembered in {:.1} MB; VmHWM with program and rules {} MiB",
        engine.clients(),
        after.saturating_sub(before) as f64 * 1024.0 / 1e6,
        common::status_of(std::process::id(), "VmHWM") / 1024
    );
}
