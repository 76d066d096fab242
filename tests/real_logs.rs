//! Real logs, taken in whole by the real program; counted again here by other means.
#![allow(clippy::unwrap_used, clippy::expect_used)] // A test that meets the unexpected ends.

mod common;

use common::{Platform, command, shared, wait_for};
use serde_json::Value;
use std::collections::{BTreeMap, HashMap};
use std::path::Path;

fn count<'a>(rows: &'a [Value], field: impl Fn(&'a Value) -> String) -> BTreeMap<String, u64> {
    let mut counts = BTreeMap::new();
    for row in rows {
        *counts.entry(field(row)).or_default() += 1;
    }
    counts
}

fn source(path: &Path) -> String {
    format!("[[source]]\npath = \"{}\"\n", path.display())
}

#[test]
#[ignore = "needs ../shared/data"]
fn the_web_log_is_taken_in_whole_and_its_counts_are_right() {
    let log = shared("web-access/apache-combined.log");
    let platform = Platform::start(&source(&log));
    let text = std::fs::read_to_string(&log).unwrap();
    // Counted without the parser: the address is the first word, the status the first word after the request's quote.
    let mut addresses: BTreeMap<String, u64> = BTreeMap::new();
    let mut statuses: BTreeMap<String, u64> = BTreeMap::new();
    for line in text.lines() {
        let address: std::net::IpAddr = line.split(' ').next().unwrap().parse().unwrap();
        *addresses.entry(address.to_string()).or_default() += 1;
        let after = line.rsplit("HTTP/1.").next().filter(|_| line.contains("HTTP/1.")).unwrap();
        let status = line[line.len() - after.len()..].split(' ').nth(1).unwrap();
        let status =
            if status.len() == 3 { status } else { line.split("\" ").nth(1).unwrap().split(' ').next().unwrap() };
        *statuses.entry(status.to_owned()).or_default() += 1;
    }
    let lines = text.lines().count() as u64;
    assert_eq!(lines, 5_000);
    wait_for("all lines", || {
        let rows = platform.export("sources", "");
        let read = rows.iter().find(|r| r["name"].as_str().unwrap().contains("apache-combined"))?;
        (read["events"].as_u64()? == lines).then_some(())
    });
    let rows = platform.export("audit", "");
    assert_eq!(rows.len() as u64, lines, "every line is an event");
    assert_eq!(rows.iter().filter(|r| r["parsed"] == false).count(), 0);
    assert_eq!(count(&rows, |r| r["src_ip"].as_str().unwrap().to_owned()), addresses);
    assert_eq!(count(&rows, |r| r["http"]["status"].to_string()), statuses);
    let ids: std::collections::HashSet<_> = rows.iter().map(|r| r["id"].as_u64().unwrap()).collect();
    assert_eq!(ids.len() as u64, lines, "no event twice");
}

#[test]
#[ignore = "needs ../shared/data"]
fn the_auth_log_yields_incidents_for_its_brute_force_addresses() {
    let log = shared("ssh/auth.log");
    let platform = Platform::start(&source(&log));
    let text = std::fs::read_to_string(&log).unwrap();
    // Ten failed passwords within an hour are brute force by anybody's measure. `Mar 27 13:` names the hour.
    let mut failed: HashMap<(String, String), u64> = HashMap::new();
    for line in text.lines().filter(|l| l.contains("Failed password for")) {
        let address = line.rsplit(" from ").next().unwrap().split(' ').next().unwrap().to_owned();
        let times = line.split("message repeated ").nth(1).map_or(1, |r| r.split(' ').next().unwrap().parse().unwrap());
        *failed.entry((address, line[..9].to_owned())).or_default() += times;
    }
    let mut brute: Vec<String> = failed.into_iter().filter(|(_, n)| *n >= 10).map(|((a, _), _)| a).collect();
    brute.sort();
    brute.dedup();
    assert!(brute.len() >= 5, "the log has brute force in it: {brute:?}");
    let lines = text.lines().count() as u64;
    wait_for("all lines", || {
        let rows = platform.export("sources", "");
        let read = rows.iter().find(|r| r["name"].as_str().unwrap().contains("auth.log"))?;
        (read["events"].as_u64()? == lines).then_some(())
    });
    let incidents = platform.export("incidents", "");
    let named: Vec<&str> = incidents
        .iter()
        .flat_map(|i| i["entities"].as_array().unwrap().iter().chain([&i["entity"]]))
        .filter_map(|e| e["value"].as_str())
        .collect();
    for address in &brute {
        assert!(named.contains(&address.as_str()), "no incident for {address}; incidents are about {named:?}");
    }
}

#[test]
#[ignore = "needs ../shared/data"]
fn replay_prints_one_record_per_detection_and_ends_well() {
    let dir = tempfile::tempdir().unwrap();
    let (auth, web) = (shared("ssh/auth.log"), shared("web-access/apache-combined.log"));
    let run = |threads: &str| {
        let output = command(dir.path())
            .args(["replay", "-o", "ndjson", "--threads", threads])
            .args([&auth, &web])
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    let (one, two) = (run("1"), run("2"));
    assert_eq!(one, two, "the number of threads changes nothing");
    let rows: Vec<Value> = one.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    assert!(rows.len() > 10);
    for row in &rows {
        assert!(row["time"].is_string() && row["rule"].is_string() && row["why"].is_string(), "{row}");
        assert!(row["src_ip"].is_string() || row["src_ip"].is_null(), "{row}");
    }
    assert!(rows.iter().any(|r| r["rule"] == "auth.burst"));
}
