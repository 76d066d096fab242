//! Real logs of ssh servers, against a truth counted from the lines by other means.

use super::*;
use crate::api::EntityKind;
use crate::platform::ingest;
use std::collections::{BTreeMap, BTreeSet};

/// `203.0.113.7` or `host.example.net` in a line behind `sign`.
fn client(line: &str, sign: &str) -> Option<String> {
    let word = line.rsplit_once(sign)?.1.split([' ', ']']).next()?;
    (word.parse::<IpAddr>().is_ok() || word.contains('.')).then(|| word.to_owned())
}

/// Seconds of a syslog stamp within its year.
fn seconds(line: &str) -> Option<i64> {
    let stamp =
        chrono::NaiveDateTime::parse_from_str(&format!("2025 {}", line.get(..15)?), "%Y %b %e %H:%M:%S").ok()?;
    Some(stamp.and_utc().timestamp())
}

/// Failures and successes of each client, counted by plain searching.
#[derive(Default)]
struct Truth {
    failures: Vec<i64>,
    successes: u32,
}

fn count(text: &str) -> BTreeMap<String, Truth> {
    let mut truth: BTreeMap<String, Truth> = BTreeMap::new();
    for line in text.lines() {
        let Some(time) = seconds(line) else { continue };
        let repeated = line.split_once("message repeated ").and_then(|(_, r)| r.split(' ').next()?.parse().ok());
        let failed = if line.contains("Failed password for ") || line.contains("Failed publickey for ") {
            client(line, " from ")
        } else if line.contains("sshd(pam_unix)") && line.contains("authentication failure;") {
            client(line, "rhost=")
        } else {
            None
        };
        if let Some(ip) = failed {
            truth.entry(ip).or_default().failures.extend((0..repeated.unwrap_or(1)).map(|_| time));
        }
        if let Some(ip) = line.contains("Accepted ").then(|| client(line, " from ")).flatten() {
            truth.entry(ip).or_default().successes += 1;
        }
    }
    truth
}

fn check(file: &str) {
    let path = format!("{}/../shared/data/ssh/{file}", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{path}: {e}"));
    let now = Timestamp(1_800_000_000_000);
    let mut bench = Bench::new();
    for line in text.lines() {
        bench.see(&ingest::parse(None, line, now));
    }
    let clients = [EntityKind::Address, EntityKind::Client];
    let about = bench.out.iter().filter(|d| clients.contains(&d.entity.kind));
    let accused: BTreeSet<String> = about.map(|d| d.entity.value.raw().to_owned()).collect();
    let truth = count(&text);
    let mut guilty = 0;
    for (ip, t) in &truth {
        let mut times = t.failures.clone();
        times.sort_unstable();
        let burst = times.windows(5).any(|w| w[4] - w[0] <= 600);
        guilty += u32::from(burst);
        assert!(!burst || accused.contains(ip), "{ip} failed {} times and was not told of", times.len());
    }
    let innocent = |ip: &&String| truth.get(*ip).is_some_and(|t| t.failures.is_empty() && t.successes > 0);
    assert_eq!(accused.iter().filter(innocent).collect::<Vec<_>>(), Vec::<&String>::new());
    let mut by_rule: BTreeMap<&str, usize> = BTreeMap::new();
    bench.out.iter().for_each(|d| *by_rule.entry(&d.rule).or_default() += 1);
    println!("{file}: {} clients, {guilty} with a burst, {} told of; {by_rule:?}", truth.len(), accused.len());
    for d in bench.out.iter().filter(|d| !matches!(d.rule.as_str(), "auth.burst" | "auth.spray")) {
        println!("{} {} {}: {}", d.time, d.rule, d.entity.value.visible(), d.why.visible());
    }
    bench.sound();
}

#[test]
#[ignore = "needs ../shared/data"]
fn every_burst_in_a_real_auth_log_is_found_and_no_user_accused() {
    check("auth.log");
}

#[test]
#[ignore = "needs ../shared/data"]
fn every_burst_in_a_real_messages_log_is_found_and_no_user_accused() {
    check("linux-messages.log");
}
