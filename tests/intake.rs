//! Every kind of intake through the real program: what is written to a log or pushed over the API becomes events,
//! detections, incidents and, where the policy says so, a verified block.
#![allow(clippy::unwrap_used, clippy::expect_used)] // A test that meets the unexpected ends.

mod common;

use common::{Platform, http, wait_for};
use serde_json::{Value, json};
use std::io::Write;
use std::path::Path;

fn write(path: &Path, lines: &[String]) {
    let mut file = std::fs::OpenOptions::new().create(true).append(true).open(path).unwrap();
    for line in lines {
        writeln!(file, "{line}").unwrap();
    }
}

fn source(path: &Path, format: &str) -> String {
    format!("[[source]]\npath = \"{}\"\nformat = \"{format}\"\n", path.display())
}

fn rows_of(platform: &Platform, what: &str, query: &str, at_least: usize) -> Vec<Value> {
    wait_for(what, || {
        let rows = platform.export(what, query);
        (rows.len() >= at_least).then_some(rows)
    })
}

#[test]
fn a_hostile_line_in_a_followed_log_blocks_its_author() {
    let dir = tempfile::tempdir().unwrap();
    let log = dir.path().join("access.log");
    std::fs::write(&log, "").unwrap();
    let platform = Platform::start(&source(&log, "combined"));
    let stamp = chrono::Utc::now().format("%d/%b/%Y:%H:%M:%S +0000");
    let line = |ip: &str, url: &str, status: u16| {
        format!("{ip} - - [{stamp}] \"GET {url} HTTP/1.1\" {status} 512 \"-\" \"Mozilla/5.0 (X11; Linux x86_64)\"")
    };
    write(
        &log,
        &[
            line("198.51.100.9", "/", 200),
            line("198.51.100.9", "/index.php?id=1%20UNION%20SELECT%20a,b%20FROM%20users--", 200),
        ],
    );
    let actions = rows_of(&platform, "actions", "state:verified", 1);
    assert_eq!(actions[0]["target"], "198.51.100.9");
    let ask = |ip: &str| {
        http(
            platform.address,
            "GET",
            "/v1/gate/check",
            &[&format!("X-Real-IP: {ip}"), "X-Original-URI: /", "X-Original-Method: GET"],
        )
        .0
    };
    assert_eq!(ask("198.51.100.9"), 403, "its author is refused");
    assert_eq!(ask("198.51.100.10"), 200, "its neighbour is not");
    // The block does not wait for the disk: its grounds are stored a moment later.
    let detections = rows_of(&platform, "detections", "rule:web.sql_injection", 1);
    assert_eq!(detections.len(), 1);
    let proof = detections[0]["evidence"][0].as_u64().unwrap();
    let (status, event) = platform.get(&format!("/v1/audit/{proof}"));
    assert_eq!(status, 200);
    let event: Value = serde_json::from_str(&event).unwrap();
    assert!(event["raw"].as_str().unwrap().contains("UNION%20SELECT"), "the evidence is the line itself: {event}");
}

#[test]
fn suricata_and_load_balancer_logs_become_events_and_alerts_detections() {
    let dir = tempfile::tempdir().unwrap();
    let (eve, alb) = (dir.path().join("eve.json"), dir.path().join("alb.log"));
    let now = chrono::Utc::now();
    let alert = json!({
        "timestamp": now.format("%Y-%m-%dT%H:%M:%S%.6f+0000").to_string(), "event_type": "alert",
        "src_ip": "203.0.113.40", "src_port": 40000, "dest_ip": "192.0.2.10", "dest_port": 80, "proto": "TCP",
        "alert": { "action": "allowed", "gid": 1, "signature_id": 2024897, "rev": 2, "severity": 1,
                   "signature": "ET EXPLOIT Possible Attempt", "category": "Attempted Administrator Privilege Gain" },
    });
    write(&eve, &[alert.to_string()]);
    let stamp = now.format("%Y-%m-%dT%H:%M:%S%.6fZ");
    write(
        &alb,
        &[format!(
            "https {stamp} app/shop/50dc6c495c0c9188 198.51.100.77:2817 10.0.0.1:80 0.086 0.048 0.037 404 404 0 57 \"GET https://www.example.com:443/old HTTP/1.1\" \"curl/7.46.0\" ECDHE-RSA-AES128-GCM-SHA256 TLSv1.2 arn:aws:elasticloadbalancing:us-east-2:123456789012:targetgroup/shop/73e2d6bc24d8a067 \"Root=1-58337281-1d84f3d73c47ec4e58577259\" \"www.example.com\" \"-\" 1 {stamp} \"forward\" \"-\" \"-\" \"10.0.0.1:80\" \"404\" \"-\" \"-\""
        )],
    );
    let platform = Platform::start(&format!("{}{}", source(&eve, "eve"), source(&alb, "alb")));
    let detections = rows_of(&platform, "detections", "rule:ids.alert", 1);
    assert!(detections[0]["why"].as_str().unwrap().contains("ET EXPLOIT"), "{detections:?}");
    let requests = rows_of(&platform, "audit", "src_ip:198.51.100.77", 1);
    assert_eq!(requests[0]["http"]["status"], 404);
    assert_eq!(requests[0]["class"], 4002);
}

#[test]
fn ocsf_events_are_pushed_over_the_api_and_a_burst_of_failures_is_an_incident() {
    let platform = Platform::start("");
    let now = chrono::Utc::now().timestamp_millis();
    let body: String = (0..20)
        .map(|i| {
            json!({
                "class_uid": 3002, "activity_id": 1, "category_uid": 3, "type_uid": 300_201, "severity_id": 2, "status_id": 2,
                "time": now - 20_000 + i * 1_000, "metadata": { "version": "1.8.0", "product": { "name": "idp" } },
                "user": { "name": "root" }, "src_endpoint": { "ip": "198.51.100.200" },
            })
            .to_string()
                + "\n"
        })
        .collect();
    let (status, answer) = post(&platform, &platform.token, &body);
    assert_eq!(status, 200, "{answer}");
    assert_eq!(serde_json::from_str::<Value>(&answer).unwrap(), json!({ "accepted": 20, "unparsed": 0 }));
    let incidents = rows_of(&platform, "incidents", "", 1);
    assert_eq!(incidents[0]["entity"]["value"], "198.51.100.200");
    assert_eq!(platform.export("audit", "class:auth").len(), 20);

    let (status, answer) = post(&platform, &platform.token, "{\"class_uid\": 3002, broken\n");
    assert_eq!(status, 200, "a line that cannot be read is kept and counted: {answer}");
    assert_eq!(serde_json::from_str::<Value>(&answer).unwrap()["unparsed"], 1);
    let viewer = platform.ok(&["token", "create", "reader", "--role", "viewer"]);
    let (status, answer) = wait_for("the new token to be known", || {
        let answer = post(&platform, viewer.trim(), &body);
        (answer.0 != 401).then_some(answer)
    });
    assert_eq!(status, 403, "a viewer may not push: {answer}");
}

fn post(platform: &Platform, token: &str, body: &str) -> (u16, String) {
    use std::io::Read;
    let mut stream = std::net::TcpStream::connect(platform.address).unwrap();
    write!(
        stream,
        "POST /v1/ingest HTTP/1.1\r\nHost: test\r\nConnection: close\r\nAuthorization: Bearer {token}\r\nContent-Type: application/x-ndjson\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let status = answer.split(' ').nth(1).unwrap().parse().unwrap();
    (status, answer.split_once("\r\n\r\n").unwrap().1.to_owned())
}
