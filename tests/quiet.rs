//! Suppressing, snoozing and looking back, through the real program.
#![cfg(feature = "platform")]
#![allow(clippy::unwrap_used, clippy::expect_used)] // A test that meets the unexpected ends.

mod common;

use common::{Platform, command, wait_for};
use serde_json::Value;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Stdio;

/// A platform that follows a log.
fn watching() -> (Platform, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let log = dir.path().join("access.log");
    std::fs::write(&log, "").unwrap();
    let platform = Platform::start_in(dir, &format!("[[source]]\npath = \"{}\"\n", log.display()));
    (platform, log)
}

fn attack(log: &Path, ip: &str) {
    let stamp = chrono::Utc::now().format("%d/%b/%Y:%H:%M:%S +0000");
    let mut file = std::fs::OpenOptions::new().append(true).open(log).unwrap();
    writeln!(file, "{ip} - - [{stamp}] \"GET /?q=1'%20OR%201=1-- HTTP/1.1\" 200 1 \"-\" \"x\"").unwrap();
}

fn rows(platform: &Platform, what: &str, query: &str, at_least: usize) -> Vec<Value> {
    wait_for(query, || Some(platform.export(what, query)).filter(|rows| rows.len() >= at_least))
}

fn ledger(platform: &Platform, action: &str) -> Vec<String> {
    let rows = platform.export("ledger", &format!("action={action}"));
    rows.iter()
        .map(|row| {
            format!(
                "{} {} {}",
                row["kind"].as_str().unwrap(),
                row["actor"].as_str().unwrap(),
                row["target"].as_str().unwrap()
            )
        })
        .collect()
}

#[test]
fn what_is_suppressed_is_stored_and_counted_and_raises_nothing_until_that_is_undone() {
    let (platform, log) = watching();
    attack(&log, "203.0.113.9");
    let first = rows(&platform, "detections", "rule:web.sql_injection", 1).len();
    let looked = platform.ok(&[
        "suppression",
        "add",
        "web.sql_injection",
        "--entity",
        "203.0.113.0/24",
        "--for",
        "1d",
        "--reason",
        "our own scanner",
        "--dry-run",
    ]);
    assert!(looked.contains("Would keep") && looked.contains("203.0.113.0/24"), "{looked}");
    let made = [
        "suppression",
        "add",
        "web.sql_injection",
        "--entity",
        "203.0.113.0/24",
        "--for",
        "1d",
        "--reason",
        "our own scanner",
        "--owner",
        "ana",
    ];
    assert!(platform.ok(&made).contains("suppression undo 1"));
    let again = platform.run(&made);
    assert_eq!(again.status.code(), Some(5), "the same twice is refused");
    attack(&log, "203.0.113.77");
    let kept = rows(&platform, "detections", "suppressed=1", 1);
    assert_eq!((&kept[0]["src_ip"], &kept[0]["incident"]), (&"203.0.113.77".into(), &Value::Null));
    assert!(
        rows(&platform, "detections", "rule:web.sql_injection", first + 1).len() > first,
        "it is stored like any other"
    );
    let listed = platform.export("suppressions", "state:in_force");
    assert_eq!((listed[0]["owner"].as_str(), listed[0]["reason"].as_str()), (Some("ana"), Some("our own scanner")));
    assert!(listed[0]["hidden"].as_u64() >= Some(1));
    assert!(platform.export("incidents", "address:203.0.113.77 rule:web.sql_injection").is_empty());
    assert!(platform.export("actions", "target:203.0.113.77 reason:\"web.sql_injection\"").is_empty());
    let platform = Platform::start_in(platform.stop(), &format!("[[source]]\npath = \"{}\"\n", log.display()));
    assert_eq!(platform.export("suppressions", "state:in_force").len(), 1, "it outlives a restart");
    platform.ok(&["suppression", "undo", "1"]);
    assert_eq!(platform.run(&["suppression", "undo", "1"]).status.code(), Some(7), "it has ended");
    assert_eq!(platform.run(&["suppression", "undo", "2"]).status.code(), Some(3), "there is none");
    attack(&log, "203.0.113.78");
    rows(&platform, "incidents", "address:203.0.113.78 rule:web.sql_injection", 1);
    let made = ledger(&platform, "suppression.create");
    assert!(made.iter().all(|row| row.contains("rule web.sql_injection of range 203.0.113.0/24")), "{made:?}");
    assert_eq!((made.len(), ledger(&platform, "suppression.undo").len()), (2, 2), "intent and outcome of each");
}

#[test]
fn a_suppression_ends_by_itself_and_says_so() {
    let (platform, _log) = watching();
    let everywhere = ["suppression", "add", "web.xss", "--for", "1s", "--reason", "noise"];
    assert_eq!(
        platform.run(&everywhere).status.code(),
        Some(5),
        "a whole rule is named in so many words or not at all"
    );
    platform.ok(&[&everywhere[..], &["--everywhere"]].concat());
    for refused in [
        ["suppression", "add", "web.nothing", "--for", "1d", "--reason", "x", "--entity", "ana"],
        ["suppression", "add", "web.xss", "--for", "31d", "--reason", "x", "--entity", "ana"],
        ["suppression", "add", "web.xss", "--for", "1d", "--reason", "x", "--entity", "10.0.0.0/8"],
        ["suppression", "add", "web.xss", "--for", "1d", "--reason", " ", "--entity", "ana"],
    ] {
        assert_eq!(platform.run(&refused).status.code(), Some(5), "{refused:?}");
    }
    let ended = rows(&platform, "suppressions", "state:ended", 1);
    assert!(ended[0]["ended"].is_string());
    assert_eq!(ledger(&platform, "suppression.end").len(), 2);
}

#[test]
fn an_incident_is_snoozed_leaves_the_queue_and_comes_back() {
    let (platform, log) = watching();
    attack(&log, "203.0.113.9");
    let id = rows(&platform, "incidents", "snoozed:false", 1)[0]["id"].to_string();
    platform.ok(&["incident", "snooze", "1s", &id]);
    let wait = |query: &str| rows(&platform, "incidents", query, 1);
    wait("snoozed:false");
    let told = platform.ok(&["incident", "show", &id]);
    assert!(told.contains("Snoozed until") && told.contains("Back from snooze: its time has come"), "{told}");
    platform.ok(&["incident", "snooze", "change", &id]);
    wait("snoozed:true");
    platform.ok(&["incident", "comment", &id, "look again"]);
    wait("snoozed:false");
    assert_eq!(platform.run(&["incident", "snooze", "31d", &id]).status.code(), Some(2));
    assert_eq!(ledger(&platform, "incident.wake").len(), 1);
}

#[test]
fn the_past_is_shown_as_it_was() {
    let (platform, log) = watching();
    // The log tells whole seconds.
    let before =
        (chrono::Utc::now() - chrono::TimeDelta::seconds(5)).to_rfc3339_opts(chrono::SecondsFormat::Millis, true);
    attack(&log, "203.0.113.9");
    let incident = rows(&platform, "incidents", "", 1)[0].clone();
    let id = incident["id"].to_string();
    let opened = chrono::Utc::now().to_rfc3339_opts(chrono::SecondsFormat::Millis, true);
    platform.ok(&["incident", "close", &id, "--verdict", "undetermined"]);
    let at = |when: &str, what: &str| platform.ok(&["export", what, "-o", "ndjson", "--at", when]);
    assert!(
        at(&before, "incidents").is_empty() && at(&before, "detections").is_empty() && at(&before, "blocks").is_empty()
    );
    let then: Value = serde_json::from_str(at(&opened, "incidents").lines().next().unwrap()).unwrap();
    assert_eq!((&then["id"], &then["verdict"]), (&incident["id"], &Value::Null));
    assert!(platform.ok(&["incident", "show", &id, "--at", &opened]).contains("state        new"));
    assert!(platform.ok(&["incident", "show", &id]).contains("state        closed"));
    assert_eq!(platform.run(&["incident", "show", &id, "--at", &before]).status.code(), Some(3));
    let (status, figures) = platform.get(&format!("/v1/overview?at={opened}"));
    let figures: Value = serde_json::from_str(&figures).unwrap();
    assert_eq!(status, 200);
    assert_eq!(figures["open_by_severity"].as_array().unwrap().iter().filter_map(Value::as_u64).sum::<u64>(), 1);
    assert!(figures["not_kept"].as_array().unwrap().len() >= 3, "{figures}");
    assert_eq!(platform.run(&["export", "rules", "--at", &opened]).status.code(), Some(2));
    assert_eq!(platform.run(&["export", "sources", "--at", &opened]).status.code(), Some(2));
}

#[test]
fn the_console_is_led_as_a_dialogue_of_plain_lines() {
    let (platform, log) = watching();
    attack(&log, "203.0.113.9");
    rows(&platform, "incidents", "", 1);
    let mut console = command(platform.dir.path());
    console.arg("--linear").stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = console.spawn().unwrap();
    child.stdin.take().unwrap().write_all(b"2\nP\n:incident.claim\nq\n").unwrap();
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{said}");
    assert!(!said.contains('\u{1b}'), "no control sequence of any kind: {said}");
    let (open, hidden) = said.split_once("pseudonyms are shown").expect("P is answered");
    assert!(open.contains("selected: ") && open.contains("203.0.113.9"), "{said}");
    assert!(hidden.contains("100::") && !hidden.contains("203.0.113.9"), "{said}");
    assert!(hidden.contains("claimed #"), "{said}");
    assert_eq!(platform.export("incidents", "state:claimed").len(), 1);
}

#[test]
fn service_levels_are_read_again_while_the_platform_runs_and_nonsense_changes_nothing() {
    let platform = Platform::start("[platform.service_level]\nhigh = \"2h\"\n");
    let level = |severity: &str| {
        let (_, body) = platform.get("/v1/overview");
        let figures: Value = serde_json::from_str(&body).unwrap();
        let waiting =
            figures["waiting"].as_array().unwrap().iter().find(|w| w["severity"] == severity).unwrap().clone();
        waiting["level_seconds"].as_u64().unwrap()
    };
    assert_eq!((level("high"), level("critical")), (7200, 900));
    let file = platform.dir.path().join("config/settings.toml");
    let before = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, before.replace("2h", "soon")).unwrap();
    wait_for("a warning", || platform.log().contains("the settings were changed and cannot be used").then_some(()));
    assert_eq!(level("high"), 7200);
    std::fs::write(&file, before.replace("high = \"2h\"", "critical = \"5m\"")).unwrap();
    wait_for("the new level", || (level("critical") == 300).then_some(()));
    assert_eq!(level("high"), 3600, "what is no longer set is as usual");
}
