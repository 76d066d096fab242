//! Lines per second through `watchfloor replay`, on one thread and on two: parsing, request rules, stateful detection,
//! incidents, scores and policy, in memory.
//!
//! `cargo bench --bench replay`. Two logs are made in a temporary file first: the real 5,000-line web log of
//! ../shared/data as a site with a hundred times its visitors, and the drill's own mix of web, ssh and intrusion
//! detection lines. Each figure is the best of five runs of the program, start and reading the file included; CPU
//! seconds are user and system, so they hold on a busy machine too. `cargo bench --bench replay -- FILE` takes a file.
#![allow(clippy::print_stdout, clippy::unwrap_used, missing_docs)]

mod common;

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;
use watchfloor::api::Timestamp;

const RUNS: usize = 5;
const WEB_LINES: usize = 500_000;
const DRILL_LINES: usize = 200_000;

fn main() {
    if let Some(file) = std::env::args().skip(1).find(|a| !a.starts_with("--")) {
        let lines = std::fs::read_to_string(&file).unwrap().lines().count();
        measure(&file, Path::new(&file), lines);
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("web.log");
    let lines = common::write_web_log(&path, WEB_LINES, Timestamp(1_795_000_000_000));
    measure("web log", &path, lines);
    let path = dir.path().join("drill.log");
    let lines = common::write_drill(&path, DRILL_LINES);
    measure("drill", &path, lines);
}

fn measure(name: &str, path: &Path, lines: usize) {
    for threads in ["1", "2"] {
        let (mut cpu, mut wall) = (f64::MAX, f64::MAX);
        let mut said = String::new();
        for _ in 0..RUNS {
            let (before, start) = (common::children_cpu(), Instant::now());
            let output = Command::new(env!("CARGO_BIN_EXE_watchfloor"))
                .args(["replay", "--threads", threads, "-o", "ndjson"])
                .arg(path)
                .stdout(Stdio::null())
                .output()
                .unwrap();
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            wall = wall.min(start.elapsed().as_secs_f64());
            cpu = cpu.min(common::children_cpu() - before);
            said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        }
        let lines = lines as f64;
        println!(
            "{name}, --threads {threads}: {:.0} lines/s ({wall:.2} s), {:.0} lines per CPU second ({cpu:.2} s); {said}",
            lines / wall,
            lines / cpu
        );
    }
}
