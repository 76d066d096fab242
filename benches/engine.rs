//! The engine by itself, on one thread: what a line costs in CPU time, stage upon stage, and what it remembers of 175,000
//! clients.
//!
//! `cargo bench --bench engine`. The log is the real one of ../shared/data as a site with a hundred times its visitors, in
//! memory; CPU time is this thread's own (`/proc/thread-self/schedstat`), the best of five rounds.
#![allow(clippy::print_stdout, clippy::unwrap_used, missing_docs)]

mod common;

use std::hint::black_box;
use watchfloor::api::{EventId, Timestamp};
use watchfloor::platform::detect::{Engine, Inspector, Settings};
use watchfloor::platform::ingest;
use watchfloor::platform::pipeline::inspect;

const LINES: usize = 500_000;
const ROUNDS: usize = 5;
const CLIENTS: u32 = 175_000;
const NOW: Timestamp = Timestamp(1_795_000_000_000);

fn main() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("web.log");
    let lines = common::write_web_log(&path, LINES, NOW);
    let text = std::fs::read_to_string(&path).unwrap();
    for (name, stage) in [
        ("lines", Stage::Lines),
        ("and parsed", Stage::Parse),
        ("and inspected", Stage::Inspect),
        ("and counted and judged", Stage::Engine),
    ] {
        let best = (0..ROUNDS).map(|_| run(&text, stage)).min().unwrap();
        let each = best as f64 / lines as f64;
        println!("{name:<24} {each:>6.0} ns of CPU a line, {:>10.0} lines per CPU second", 1e9 / each);
    }
    memory();
}

#[derive(Clone, Copy, PartialEq, PartialOrd)]
enum Stage {
    Lines,
    Parse,
    Inspect,
    Engine,
}

/// Nanoseconds of CPU for all lines up to a stage.
fn run(text: &str, until: Stage) -> u64 {
    let (inspector, mut engine) = (Inspector::new(), Engine::new(Settings::default()));
    let (mut hits, mut detections) = (Vec::new(), Vec::new());
    let start = common::on_cpu();
    for (i, line) in ingest::lines(text).enumerate() {
        if until == Stage::Lines {
            black_box(line);
            continue;
        }
        let record = ingest::parse(None, line, NOW);
        if until >= Stage::Inspect {
            inspect(&inspector, &record, &mut hits);
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
    let mut engine = Engine::new(Settings::default());
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
        "{CLIENTS} clients, eight requests each: {} remembered in {} MiB",
        engine.clients(),
        after.saturating_sub(before) / 1024
    );
}
