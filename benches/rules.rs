//! What written rules cost: time per line of the rules alone with 1, 10, 100 and 1,000 scenarios, and with Sigma.
//!
//! `cargo bench --bench rules [FILE]`; without a file the shared access log. The scenarios are made up, all different,
//! about a third each by path, agent and query; none of them is what the log is full of.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout)] // A bench that meets the unexpected ends.

use std::fmt::Write;
use std::path::PathBuf;
use std::sync::Arc;
use watchfloor::api::{EventId, Timestamp};
use watchfloor::platform::detect::rules::{Mode, Rules, Sources, load};
use watchfloor::platform::detect::{Engine, Settings};
use watchfloor::platform::ingest;
use watchfloor::platform::record::Record;

/// Passes over the log for one figure.
const PASSES: usize = 100;

fn scenarios(n: usize) -> Arc<Rules> {
    let folder = tempfile::tempdir().unwrap();
    let mut text = String::new();
    for i in 0..n {
        let filter = match i % 3 {
            0 => format!("class:http path=*/product{i}/admin*"),
            1 => format!("class:http agent:tool{i}x status>=400"),
            _ => format!("class:http url:key{i}= status:404"),
        };
        let _ = write!(
            text,
            "[[scenario]]\nname = \"s{i}\"\ntitle = \"t\"\nclass = \"c\"\ndescription = \"d\"\nseverity = \"low\"\n\
             confidence = 0.5\nfilter = '{filter}'\ngroup_by = [\"src_ip\"]\ncapacity = 3\nleak = \"1m\"\n"
        );
    }
    std::fs::write(folder.path().join("many.toml"), text).unwrap();
    let rules = load(&Sources { own: Some(folder.path().to_owned()), sigma: Vec::new(), new: Mode::On });
    let own: Vec<_> = rules.scenarios().iter().filter(|s| !s.built_in).cloned().collect();
    assert_eq!(own.len(), n);
    Arc::new(Rules::new(own))
}

/// CPU time of this process, user and system, in clock ticks of 10 ms: the machine may be shared.
fn ticks() -> u64 {
    let text = std::fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<&str> = text.rsplit(") ").next().unwrap().split(' ').collect();
    fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap()
}

/// Runs over the log as often as gives a measurable time; the best of three.
fn measure(name: &str, rules: &Arc<Rules>, records: &[Record<'_>], without: f64) -> f64 {
    let mut best = f64::INFINITY;
    let mut detections = 0;
    for _ in 0..3 {
        let start = ticks();
        for _ in 0..PASSES {
            let mut engine = Engine::with_rules(Settings::default(), Arc::clone(rules));
            let mut out = Vec::new();
            for (n, record) in (1..).zip(records) {
                engine.observe(record, &[], EventId(n), "bench", false, &mut out);
            }
            detections = out.iter().filter(|d| d.rule.starts_with("scenario.") || d.rule.starts_with("sigma.")).count();
        }
        let lines = (records.len() * PASSES) as f64;
        best = best.min((ticks() - start) as f64 * 1e7 / lines);
    }
    println!("{name:<28} {best:>8.0} ns a line, {:>6.0} of it for the rules, {detections} detections", best - without);
    best
}

fn main() {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let file = std::env::args().nth(1).filter(|a| !a.starts_with('-')).map(PathBuf::from);
    let file = file.unwrap_or_else(|| root.join("../shared/data/web-access/apache-combined.log"));
    let text = std::fs::read_to_string(&file).expect("a log");
    let records: Vec<Record<'_>> = ingest::lines(&text).map(|l| ingest::parse(None, l, Timestamp(0))).collect();
    println!("{} lines of {}", records.len(), file.display());
    let bare = measure("no rules", &Arc::default(), &records, 0.0);
    for n in [1, 10, 100, 1_000] {
        measure(&format!("{n} scenarios"), &scenarios(n), &records, bare);
    }
    let shipped = Rules::shipped();
    measure(&format!("{} shipped scenarios", shipped.scenarios().len()), &Arc::new(shipped), &records, bare);
    let sigma = root.join("../shared/data/rules/sigma");
    if sigma.exists() {
        let rules = load(&Sources { own: None, sigma: vec![sigma], new: Mode::On });
        let only = measure("shipped and Sigma", &Arc::new(rules), &records, bare);
        assert!(only > 0.0);
    }
}
