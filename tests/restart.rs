//! What survives: kill -9 in the middle of intake, rotation and truncation of a followed log, blocks and undo across a
//! restart, a torn or damaged ledger, a damaged day of events.
#![cfg(feature = "platform")]
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use common::{Platform, http, wait_for};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::Path;

/// Settings that follow one log.
fn source(path: &Path) -> String {
    format!("[[source]]\npath = \"{}\"\nname = \"log\"\nformat = \"combined\"\n", path.display())
}

fn line(ip: &str, url: &str) -> String {
    let time = chrono::Utc::now().format("%d/%b/%Y:%H:%M:%S +0000");
    format!("{ip} - - [{time}] \"GET {url} HTTP/1.1\" 200 12 \"-\" \"Mozilla/5.0\"\n")
}

fn append(path: &Path, text: &str) {
    let mut file = std::fs::OpenOptions::new().create(true).append(true).open(path).unwrap();
    file.write_all(text.as_bytes()).unwrap();
}

/// Events stored from the log.
fn stored(platform: &Platform) -> u64 {
    let (status, body) = platform.get("/v1/sources");
    assert_eq!(status, 200, "{body}");
    let all: Vec<Value> = serde_json::from_str(&body).unwrap();
    all.iter().find(|s| s["name"] == "log").map_or(0, |s| s["events"].as_u64().unwrap())
}

/// The addresses of all events of the log, in the order they were stored, by URL.
fn urls(platform: &Platform) -> Vec<String> {
    let mut rows = platform.export("audit", "source=log");
    rows.sort_by_key(|r| r["id"].as_u64());
    rows.iter().map(|r| r["http"]["url"].as_str().unwrap().to_owned()).collect()
}

fn gate(platform: &Platform, ip: &str) -> u16 {
    http(platform.address, "GET", "/v1/gate/check", &[&format!("X-Real-IP: {ip}"), "X-Original-URI: /"]).0
}

fn trouble(platform: &Platform) -> Option<String> {
    let (status, body) = platform.get("/v1/overview");
    assert_eq!(status, 200, "{body}");
    serde_json::from_str::<Value>(&body).unwrap()["trouble"].as_str().map(str::to_owned)
}

#[test]
fn killed_in_the_middle_of_intake_every_line_is_one_event() {
    const LINES: u64 = 50_000;
    const KILLS: u64 = 5;
    let dir = tempfile::tempdir().unwrap();
    let log = dir.path().join("log");
    let part = |kill: u64| -> String {
        let lines = LINES / KILLS * (kill - 1)..LINES / KILLS * kill;
        lines
            .map(|n| match n % 500 {
                // Every 500th line is an attack, in each part from four new addresses.
                499 => line(&format!("203.0.113.{}", kill * 10 + n / 500 % 4), &format!("/page/{n}?q=1'%20OR%201=1--")),
                _ => line(&format!("198.51.100.{}", n % 200), &format!("/page/{n}")),
            })
            .collect()
    };
    let settings = source(&log);
    let mut platform = Platform::start_in(dir, &settings);
    let mut known: BTreeMap<u64, Value> = BTreeMap::new();
    let mut blocked: BTreeSet<String> = BTreeSet::new();
    for kill in 1..=KILLS {
        for incident in platform.export("incidents", "") {
            known.insert(incident["id"].as_u64().unwrap(), incident["entity"].clone());
        }
        let blocks = platform.export("blocks", "");
        blocked.extend(blocks.iter().map(|b| b["target"].as_str().unwrap().to_owned()));
        let before = stored(&platform);
        append(&log, &part(kill));
        // Once in the middle of drawing consequences, once just after something was stored.
        let seen = if kill % 2 == 1 {
            wait_for("a new block", || (gate(&platform, &format!("203.0.113.{}", kill * 10)) == 403).then_some(before))
        } else {
            wait_for("a beginning", || Some(stored(&platform)).filter(|n| *n > before))
        };
        platform = Platform::start_in(platform.kill(), &settings);
        assert!(stored(&platform) >= seen, "counters do not go back");
        for ip in &blocked {
            assert_eq!(gate(&platform, ip), 403, "{ip} was blocked before the kill");
        }
    }
    assert!(!blocked.is_empty());
    wait_for("all lines", || (stored(&platform) >= LINES).then_some(()));
    assert_eq!(stored(&platform), LINES);
    let urls = urls(&platform);
    let all: BTreeSet<&String> = urls.iter().collect();
    assert_eq!((urls.len() as u64, all.len() as u64), (LINES, LINES), "each line is one event");

    let incidents = platform.export("incidents", "");
    let mut counted: BTreeMap<u64, u64> = BTreeMap::new();
    for detection in platform.export("detections", "") {
        *counted.entry(detection["incident"].as_u64().unwrap()).or_default() += 1;
    }
    assert!(incidents.len() >= 20, "{}", incidents.len());
    for incident in &incidents {
        let id = incident["id"].as_u64().unwrap();
        assert_eq!(incident["detections"].as_u64(), counted.remove(&id), "incident {id} counts nothing twice");
        if let Some(entity) = known.remove(&id) {
            assert_eq!(incident["entity"], entity, "incident {id} is still about the same");
        }
    }
    assert!(counted.is_empty() && known.is_empty(), "every incident survived: {counted:?} {known:?}");
    assert!(platform.ok(&["ledger", "verify"]).contains("intact"));
}

#[test]
fn a_block_survives_a_kill_and_can_be_undone_after_it() {
    let platform = Platform::start("");
    platform.ok(&["block", "add", "203.0.113.7", "--reason", "test"]);
    platform.ok(&["session", "revoke", "abcdef0123456789", "--reason", "test"]);
    assert_eq!(gate(&platform, "203.0.113.7"), 403);
    // The kill tears the last line of the ledger, as a crash in the middle of a write does.
    let dir = platform.kill();
    append(&dir.path().join("data/ledger/ledger.jsonl"), "{\"action\":\"block_addr");
    let platform = Platform::start_in(dir, "");
    assert_eq!(gate(&platform, "203.0.113.7"), 403, "still in force");
    assert_eq!(platform.export("blocks", "").len(), 2);
    platform.ok(&["block", "undo", "1"]);
    assert_eq!(gate(&platform, "203.0.113.7"), 200);
    assert_eq!(trouble(&platform), None);
    platform.ok(&["ledger", "verify"]);
    let dir = platform.stop();
    let output = common::command(dir.path()).args(["ledger", "verify"]).output().unwrap();
    assert!(output.status.success(), "offline: {}", String::from_utf8_lossy(&output.stderr));
    let platform = Platform::start_in(dir, "");
    assert_eq!(gate(&platform, "203.0.113.7"), 200, "an undone block does not come back");
    assert_eq!(platform.export("blocks", "").len(), 1);
    let notes = platform.export("ledger", "action=recovered");
    assert_eq!(notes.len(), 1, "what was torn is noted");
}

#[test]
fn a_ledger_that_is_damaged_stops_changes_but_neither_watching_nor_releasing() {
    let dir = tempfile::tempdir().unwrap();
    let log = dir.path().join("log");
    let settings = source(&log);
    let platform = Platform::start_in(dir, &settings);
    for n in 1..4 {
        platform.ok(&["block", "add", &format!("203.0.113.{n}"), "--reason", "before the damage"]);
    }
    append(&log, &line("203.0.113.9", "/?q=1'%20OR%201=1--"));
    wait_for("an incident", || (!platform.export("incidents", "").is_empty()).then_some(()));
    let dir = platform.stop();
    let ledger = dir.path().join("data/ledger/ledger.jsonl");
    let before = std::fs::read_to_string(&ledger).unwrap();
    std::fs::write(&ledger, before.replacen("203.0.113.1", "203.0.113.8", 1)).unwrap();

    let platform = Platform::start_in(dir, &settings);
    let said = trouble(&platform).expect("it is said");
    assert!(said.contains("ledger is damaged") && said.contains("only blocks released"), "{said}");
    assert!(platform.log().contains("the ledger cannot be opened"), "{}", platform.log());
    assert_eq!(gate(&platform, "203.0.113.1"), 403, "blocks are in force again");
    append(&log, &line("198.51.100.1", "/"));
    wait_for("watching goes on", || (stored(&platform) == 2).then_some(()));

    let refused = [&["block", "add", "203.0.113.55"] as &[&str], &["incident", "claim", "1"], &["drill", "start"]];
    for args in refused {
        let output = platform.run(args);
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success() && said.contains("ledger"), "{args:?}: {said}");
    }
    assert_eq!(gate(&platform, "203.0.113.55"), 200);
    assert_eq!(platform.export("incidents", "")[0]["state"], "new", "nothing was changed");
    let verify = platform.run(&["ledger", "verify"]);
    assert!(!verify.status.success(), "{}", String::from_utf8_lossy(&verify.stdout));
    let list = platform.run(&["ledger", "list"]);
    assert!(!list.status.success(), "an empty list would be a lie");

    platform.ok(&["block", "undo", "1"]);
    assert_eq!(gate(&platform, "203.0.113.1"), 200, "undoing still works");
    platform.ok(&["block", "release", "--reason", "the ledger is damaged"]);
    assert_eq!(gate(&platform, "203.0.113.2"), 200, "releasing still works");
    let actions = platform.export("actions", "");
    let undone: Vec<&Value> = actions.iter().filter(|a| a["state"] == "undone").collect();
    assert!(undone.len() >= 3 && undone[0].to_string().contains("not in the ledger"), "{undone:?}");
    let dir = platform.stop();
    let left = std::fs::read_to_string(dir.path().join("data/ledger/ledger.jsonl")).unwrap();
    assert_eq!(left.len(), before.len(), "the evidence of the damage is left as it is");
}

#[test]
fn a_damaged_day_of_events_is_said_so() {
    let dir = tempfile::tempdir().unwrap();
    let log = dir.path().join("log");
    append(&log, "5.6.7.8 - - [01/Jun/2026:00:00:00 +0000] \"GET /old HTTP/1.1\" 200 1 \"-\" \"-\"\n");
    append(&log, &line("198.51.100.1", "/new"));
    let settings = source(&log);
    let platform = Platform::start_in(dir, &settings);
    wait_for("both lines", || (stored(&platform) == 2).then_some(()));
    assert_eq!(trouble(&platform), None);
    let dir = platform.stop();
    let day = dir.path().join("data/events-2026-06-01.db");
    let mut bytes = std::fs::read(&day).unwrap();
    bytes.iter_mut().for_each(|b| *b ^= 0x5a);
    std::fs::write(&day, bytes).unwrap();
    let platform = Platform::start_in(dir, &settings);
    let said = trouble(&platform).expect("it is said");
    assert!(said.contains("2026-06-01"), "{said}");
    assert_eq!(platform.export("audit", "url=/new").len(), 1, "other days are there");
}

#[test]
fn rotation_and_truncation_lose_nothing_also_while_it_is_down() {
    let dir = tempfile::tempdir().unwrap();
    let (log, old) = (dir.path().join("log"), dir.path().join("log.1"));
    let settings = source(&log);
    let url = |n: u64| line("198.51.100.1", &format!("/{n}"));
    append(&log, &url(1));
    let platform = Platform::start_in(dir, &settings);
    wait_for("the first line", || (stored(&platform) == 1).then_some(()));
    // Rotated by renaming; the writer writes on before it opens the new file.
    std::fs::rename(&log, &old).unwrap();
    append(&old, &url(2));
    append(&log, &url(3));
    wait_for("the rotation", || (stored(&platform) == 3).then_some(()));
    // Rotated by copying and truncating.
    std::fs::copy(&log, &old).unwrap();
    std::fs::OpenOptions::new().write(true).open(&log).unwrap().set_len(0).unwrap();
    append(&log, &url(4));
    wait_for("the truncation", || (stored(&platform) == 4).then_some(()));
    // Rotated while nobody looks.
    append(&log, &url(5));
    wait_for("the fifth", || (stored(&platform) == 5).then_some(()));
    let dir = platform.kill();
    append(&log, &url(6));
    std::fs::remove_file(&old).unwrap();
    std::fs::rename(&log, &old).unwrap();
    append(&log, &url(7));
    let platform = Platform::start_in(dir, &settings);
    wait_for("what came meanwhile", || (stored(&platform) >= 7).then_some(()));
    append(&log, &url(8));
    wait_for("the last", || (stored(&platform) >= 8).then_some(()));
    assert_eq!(urls(&platform), ["/1", "/2", "/3", "/4", "/5", "/6", "/7", "/8"]);
}

#[test]
fn told_to_stop_in_the_middle_of_intake_it_ends_and_goes_on_later() {
    const LINES: u64 = 30_000;
    let dir = tempfile::tempdir().unwrap();
    let log = dir.path().join("log");
    append(&log, &(0..LINES).map(|n| line("198.51.100.1", &format!("/{n}"))).collect::<String>());
    let settings = source(&log);
    let platform = Platform::start_in(dir, &settings);
    wait_for("a beginning", || (stored(&platform) > 0).then_some(()));
    let platform = Platform::start_in(platform.ends(), &settings);
    wait_for("all lines", || (stored(&platform) >= LINES).then_some(()));
    let mut urls = urls(&platform);
    urls.sort_unstable();
    urls.dedup();
    assert_eq!((stored(&platform), urls.len() as u64), (LINES, LINES));
}

#[test]
fn what_was_learnt_outlives_a_restart_and_a_damaged_file_is_no_obstacle() {
    let dir = tempfile::tempdir().unwrap();
    let log = dir.path().join("log");
    let settings = source(&log);
    let lines = write_days_and_a_burst(&log);
    let platform = Platform::start_in(dir, &settings);
    wait_for("all lines", || (stored(&platform) == lines).then_some(()));
    assert!(platform.log().contains("learning, 0 % of a week"), "{}", platform.log());
    // What an analyst says of an alarm reaches the models.
    let rows = platform.export("detections", "rule=behaviour.scraping");
    let incident = rows.first().expect("the burst is told of")["incident"].to_string();
    platform.ok(&["incident", "close", &incident, "--verdict", "false_positive_logic"]);
    wait_for("the verdict", || (!platform.export("suppressions", "state:in_force").is_empty()).then_some(()));

    let dir = platform.ends();
    let learnt = dir.path().join("data/learnt");
    let mut bytes = std::fs::read(&learnt).unwrap();
    assert!(bytes.starts_with(b"watchfloor-learnt 2 "));
    let platform = Platform::start_in(dir, &settings);
    assert!(platform.log().contains("learning, 42 % of a week"), "{}", platform.log());

    let dir = platform.kill();
    let last = bytes.len() - 2;
    bytes[last] ^= 1;
    std::fs::write(dir.path().join("data/learnt"), bytes).unwrap();
    let platform = Platform::start_in(dir, &settings);
    assert!(platform.log().contains("learning begins anew: the file is damaged"), "{}", platform.log());
    assert_eq!(stored(&platform), lines);
}

#[test]
fn who_signs_in_from_where_outlives_a_restart() {
    const DAYS: i64 = 10;
    let dir = tempfile::tempdir().unwrap();
    let log = dir.path().join("log");
    let settings = source(&log);
    // Half a day away from now in the hours of the week, each from an own network.
    let first = chrono::Utc::now() - chrono::TimeDelta::days(DAYS) - chrono::TimeDelta::hours(12);
    let line = |ip: &str, user: u8, agent: &str, time: chrono::DateTime<chrono::Utc>| {
        let time = time.format("%d/%b/%Y:%H:%M:%S +0000");
        format!("{ip} - user{user} [{time}] \"GET / HTTP/1.1\" 200 12 \"-\" \"{agent}\"\n")
    };
    let chrome = "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/130.0 Safari/537.36";
    let mut lines = 0;
    for turn in 0..DAYS * 4 {
        let time = first + chrono::TimeDelta::days(turn / 4) + chrono::TimeDelta::minutes(turn % 4 * 40);
        let all: String = (1..=4).map(|user| line(&format!("81.{user}.4.5"), user, chrome, time)).collect();
        append(&log, &all);
        lines += 4;
    }
    let platform = Platform::start_in(dir, &settings);
    wait_for("all lines", || (stored(&platform) == lines).then_some(()));
    assert!(platform.export("detections", "rule=auth.unusual_login").is_empty());
    let platform = Platform::start_in(platform.ends(), &settings);
    assert!(!platform.log().contains("learning begins anew"), "{}", platform.log());
    append(&log, &line("203.0.113.9", 3, "python-requests/2.31", chrono::Utc::now()));
    let told = wait_for("the stranger", || platform.export("detections", "rule=auth.unusual_login").pop());
    let why = told["why"].as_str().unwrap();
    assert!(why.contains("network 203.0.0.0/16 (never in the user's last 40"), "{why}");
}

/// Three days of twenty visitors, then a stranger who takes everything in order. Returns how many lines that is.
fn write_days_and_a_burst(log: &Path) -> u64 {
    let first = chrono::Utc::now() - chrono::TimeDelta::days(3);
    let line = |ip: &str, n: i64, seconds: i64| {
        let time = (first + chrono::TimeDelta::seconds(seconds)).format("%d/%b/%Y:%H:%M:%S +0000");
        format!("{ip} - - [{time}] \"GET /page/{n} HTTP/1.1\" 200 12 \"-\" \"Mozilla/5.0\"\n")
    };
    const VISITS: i64 = 3 * 1_440 - 30;
    const BURST: i64 = 500;
    let mut text: String =
        (0..VISITS).map(|n| line(&format!("198.51.100.{}", n / 7 % 20 + 1), n * 31 % 97, n * 60)).collect();
    text.extend((0..BURST).map(|n| line("203.0.113.9", n + 1, VISITS * 60 + n)));
    append(log, &text);
    u64::try_from(VISITS + BURST).unwrap()
}
