//! A million lines through the whole of `serve`: tailed, detected, stored. Events stored per second, and the most memory
//! the platform ever took (`VmHWM`).
//!
//! `cargo bench --bench intake [-- LINES]`. The log is the real one of ../shared/data as a site with two hundred times its
//! visitors, over the four days up to now; it is written first and then put in the place that is followed.
#![allow(clippy::print_stdout, clippy::unwrap_used, missing_docs)]

mod common;
#[path = "../tests/common/mod.rs"]
mod journey;

use journey::Platform;
use std::time::{Duration, Instant};
use watchfloor::api::Timestamp;

fn main() {
    let wanted = std::env::args().skip(1).find_map(|a| a.parse().ok()).unwrap_or(1_000_000);
    let dir = tempfile::tempdir().unwrap();
    let (ready, log) = (dir.path().join("ready.log"), dir.path().join("access.log"));
    let now = Timestamp(chrono::Utc::now().timestamp_millis());
    let lines = common::write_web_log(&ready, wanted, now) as u64;
    std::fs::write(&log, "").unwrap();
    let platform = Platform::start(&format!("[[source]]\npath = \"{}\"\nformat = \"combined\"\n", log.display()));
    let pid = platform.pid();
    journey::wait_for("the log to be followed", || (source(&platform)["state"] == "waiting").then_some(()));
    let empty = common::status_of(pid, "VmHWM");
    let (start, before) = (Instant::now(), common::cpu_of(pid));
    std::fs::rename(&ready, &log).unwrap();
    while source(&platform)["events"].as_u64() < Some(lines) {
        assert!(
            start.elapsed() < Duration::from_secs(900),
            "{} of {lines}: {}",
            source(&platform)["events"],
            platform.log()
        );
        std::thread::park_timeout(Duration::from_millis(100));
    }
    let (wall, cpu) = (start.elapsed().as_secs_f64(), common::cpu_of(pid) - before);
    println!(
        "{lines} lines tailed, detected and stored in {wall:.1} s: {:.0} a second; {cpu:.1} CPU seconds: {:.0} a CPU second",
        lines as f64 / wall,
        lines as f64 / cpu
    );
    let size: u64 = std::fs::read_dir(platform.dir.path().join("data"))
        .unwrap()
        .map(|f| f.unwrap().metadata().unwrap().len())
        .sum();
    println!(
        "memory: VmHWM {} MiB, {} MiB before; data folder {} MiB",
        common::status_of(pid, "VmHWM") / 1024,
        empty / 1024,
        size >> 20
    );
    for path in ["/v1/overview", "/v1/incidents", "/v1/sources"] {
        let clock = Instant::now();
        let (status, body) = platform.get(path);
        println!("{path}: {status}, {} bytes in {:.1} ms", body.len(), clock.elapsed().as_secs_f64() * 1e3);
    }
}

fn source(platform: &Platform) -> serde_json::Value {
    let (_, body) = platform.get("/v1/sources");
    let rows: serde_json::Value = serde_json::from_str(&body).unwrap_or_default();
    rows.as_array().and_then(|r| r.iter().find(|s| s["events"].is_u64()).cloned()).unwrap_or_default()
}
