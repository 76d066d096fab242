//! What the engine finds and what it leaves alone.

use super::*;
use crate::api::{EntityKind, Outcome, Severity, Timestamp};
use crate::platform::detect::{Inspector, Request};
use crate::platform::record::{Alert, HttpRecord};

const START: i64 = 1_800_000_000_000;
const MINUTE: i64 = 60_000;

/// An engine with a clock of events.
struct Bench {
    engine: Engine,
    inspector: Inspector,
    event: u32,
    out: Vec<Detection>,
}

impl Bench {
    fn new() -> Self {
        let (engine, inspector) = (Engine::new(Settings::default()), Inspector::new());
        Self { engine, inspector, event: 0, out: Vec::new() }
    }

    fn see(&mut self, record: &Record<'_>, drill: bool) {
        self.event += 1;
        let mut hits = Vec::new();
        if let Some(h) = &record.http {
            let request =
                Request { method: &h.method, url: &h.url, agent: &h.agent, referer: &h.referer, ..Request::default() };
            self.inspector.inspect(&request, &mut hits);
        }
        self.engine.observe(record, &hits, EventId::new(1, self.event), "test", drill, &mut self.out);
    }

    fn login(&mut self, ip: &str, user: &str, success: bool, at: i64) {
        let mut record = Record::bare(Timestamp(START + at), "line");
        record.class = Class::AUTHENTICATION;
        record.activity = 1;
        record.outcome = if success { Outcome::Success } else { Outcome::Failure };
        record.src_ip = Some(ip.parse().unwrap());
        record.user = Some(user.to_owned().into());
        self.see(&record, false);
    }

    fn get(&mut self, ip: &str, url: &str, status: u16, agent: &str, at: i64) {
        self.see(&request(ip, url, status, agent, at), false);
    }

    fn rules(&self) -> Vec<&str> {
        self.out.iter().map(|d| d.rule.as_str()).collect()
    }
}

fn request<'a>(ip: &str, url: &'a str, status: u16, agent: &'a str, at: i64) -> Record<'a> {
    let mut record = Record::bare(Timestamp(START + at), "line");
    record.class = Class::HTTP;
    record.src_ip = Some(ip.parse().unwrap());
    record.http = Some(HttpRecord {
        method: "GET".into(),
        url: url.into(),
        status,
        bytes: 1,
        referer: "".into(),
        agent: agent.into(),
    });
    record
}

#[test]
fn five_failures_in_ten_minutes_are_a_burst_and_four_are_not() {
    let mut bench = Bench::new();
    for n in 0..4 {
        bench.login("198.51.100.7", "operator", false, n * MINUTE);
    }
    bench.login("198.51.100.7", "operator", true, 5 * MINUTE);
    assert_eq!(bench.rules(), Vec::<&str>::new());
    for n in 0..5 {
        bench.login("203.0.113.7", "root", false, n * 2 * MINUTE);
    }
    assert_eq!(bench.rules(), ["auth.burst"]);
    let d = &bench.out[0];
    assert_eq!((d.evidence.len(), d.evidence_count), (5, 5));
    assert!(d.why.raw().contains("5 failed logins within 8 m for 1 user (root)"), "{:?}", d.why);
}

#[test]
fn a_slow_trickle_fills_the_bucket_and_a_slower_one_is_another_rule() {
    let mut bench = Bench::new();
    for n in 0..12 {
        bench.login("203.0.113.7", "root", false, n * 6 * MINUTE);
    }
    assert_eq!(bench.rules(), ["auth.burst"]);
    let mut bench = Bench::new();
    for n in 0..200 {
        bench.login("198.51.100.7", "operator", false, n * 11 * MINUTE);
    }
    assert!(bench.rules().iter().all(|r| *r == "auth.slow_burst") && !bench.out.is_empty(), "{:?}", bench.rules());
    let mut bench = Bench::new();
    for n in 0..200 {
        bench.login("198.51.100.7", "operator", false, n * 11 * MINUTE);
        bench.login("198.51.100.7", "operator", true, n * 11 * MINUTE + 5_000);
    }
    assert_eq!(bench.rules(), Vec::<&str>::new());
}

#[test]
fn a_repeated_message_counts_as_often_as_it_says() {
    let mut bench = Bench::new();
    let mut record = Record::bare(Timestamp(START), "message repeated 5 times");
    record.class = Class::AUTHENTICATION;
    record.outcome = Outcome::Failure;
    record.src_ip = Some("203.0.113.7".parse().unwrap());
    record.user = Some("root".into());
    record.repeat = 5;
    bench.see(&record, false);
    assert_eq!(bench.rules(), ["auth.burst"]);
}

#[test]
fn a_thousand_failures_are_a_handful_of_detections() {
    let mut bench = Bench::new();
    for n in 0..1_000 {
        bench.login("203.0.113.7", "root", false, n * 500);
    }
    let counts: Vec<u64> = bench.out.iter().filter(|d| d.rule == "auth.burst").map(|d| d.evidence_count).collect();
    assert_eq!(counts, [5, 50, 500]);
    assert!(bench.out.iter().all(|d| d.evidence.len() <= 20));
}

#[test]
fn a_login_after_a_burst_is_told_once() {
    let mut bench = Bench::new();
    for n in 0..30 {
        bench.login("203.0.113.7", "backup", false, n * 1_000);
    }
    bench.login("203.0.113.7", "backup", true, 40_000);
    bench.login("203.0.113.7", "backup", true, 50_000);
    assert_eq!(bench.rules().iter().filter(|r| **r == "auth.success_after_burst").count(), 1);
    let d = bench.out.last().unwrap();
    assert_eq!((d.severity.clone(), d.user.as_ref().map(|u| u.raw())), (Severity::High, Some("backup")));
    assert!(d.why.raw().contains("30 failed logins"), "{:?}", d.why);
}

#[test]
fn many_users_from_one_address_are_a_spray() {
    let mut bench = Bench::new();
    for n in 0..8 {
        bench.login("203.0.113.7", &format!("user{n}"), false, n * 5 * MINUTE);
    }
    assert!(bench.rules().contains(&"auth.spray"), "{:?}", bench.rules());
}

#[test]
fn a_range_a_user_and_the_population_have_their_campaigns() {
    let mut bench = Bench::new();
    for n in 0..5 {
        bench.login(&format!("203.0.113.{n}"), &format!("user{n}"), false, n * 1_000);
    }
    assert_eq!(bench.rules(), ["auth.spray_distributed"]);
    assert_eq!(bench.out[0].entity.value.raw(), "203.0.113.0/24");
    let mut bench = Bench::new();
    for n in 0..10 {
        bench.login(&format!("198.51.{n}.9"), "payroll", false, n * 1_000);
    }
    assert_eq!(bench.rules(), ["auth.spray_distributed"]);
    assert_eq!(bench.out[0].entity.value.raw(), "payroll");
    let mut bench = Bench::new();
    for n in 0..60 {
        bench.login(&format!("198.51.{n}.9"), &format!("user{n}"), false, n * 1_000);
    }
    assert_eq!(bench.rules(), ["auth.spray_distributed"]);
    let mut quiet = Bench::new();
    for n in 0..60 {
        quiet.login(&format!("198.51.{n}.9"), &format!("user{n}"), false, n * 1_000);
        for _ in 0..2 {
            quiet.login(&format!("198.51.{n}.9"), &format!("user{n}"), true, n * 1_000 + 500);
        }
    }
    assert_eq!(quiet.rules(), Vec::<&str>::new());
}

#[test]
fn clients_without_an_address_are_found_by_their_names_and_have_none() {
    let mut bench = Bench::new();
    let fail = |bench: &mut Bench, name: &str, user: &str, at: i64| {
        let mut record = Record::bare(Timestamp(START + at), "line");
        (record.class, record.activity, record.outcome) = (Class::AUTHENTICATION, 1, Outcome::Failure);
        (record.client, record.user) = (Some(name.to_owned().into()), Some(user.to_owned().into()));
        bench.see(&record, false);
    };
    for n in 0..6 {
        fail(&mut bench, if n % 2 == 0 { "p7.example.net" } else { "P7.Example.NET" }, "root", n * 1_000);
    }
    let burst = bench.out.iter().find(|d| d.rule == "auth.burst").unwrap();
    assert_eq!(
        (&burst.entity.kind, burst.entity.value.raw(), burst.src_ip),
        (&EntityKind::Client, "p7.example.net", None)
    );
    assert!(burst.why.raw().contains('5'), "{}", burst.why.raw());
    for n in 0..200 {
        fail(&mut bench, &format!("h{n}.example.org"), &format!("user{}", n % 60), MINUTE + n * 500);
        fail(&mut bench, &format!("h{n}.example.org"), "root", MINUTE + n * 500 + 100);
    }
    assert!(bench.out.iter().any(|d| d.entity.kind == EntityKind::User));
    for d in &bench.out {
        assert!(
            d.src_ip.is_none() && d.entity.kind != EntityKind::Range && d.entity.kind != EntityKind::Address,
            "{d:?}"
        );
        assert!(!d.why.raw().contains("fd57:") && !d.entity.value.raw().contains("fd57:"), "{d:?}");
    }
    // An address of that prefix that stands for nobody is one like any other.
    (0..6).for_each(|n| bench.login("fd57:6174::7", "root", false, 60 * MINUTE + n * 1_000));
    assert_eq!(bench.out.last().unwrap().src_ip, Some("fd57:6174::7".parse().unwrap()));
}

#[test]
fn a_thousand_injections_are_four_detections() {
    let mut bench = Bench::new();
    for n in 0..1_000 {
        bench.get("203.0.113.7", "/p?id=1'+or+1=1--", 200, "x", n * 100);
    }
    let told: Vec<u64> = bench.out.iter().filter(|d| d.rule == "web.sql_injection").map(|d| d.evidence_count).collect();
    assert_eq!(told, [1, 10, 100, 1_000]);
    assert!(bench.out[3].why.raw().contains("1,000 such requests since"), "{:?}", bench.out[3].why);
    bench.get("203.0.113.7", "/p?id=1'+or+1=1--", 200, "x", 100_000 + 31 * MINUTE);
    assert_eq!(bench.out.last().unwrap().evidence_count, 1);
}

#[test]
fn a_stronger_sign_is_told_at_once() {
    let mut bench = Bench::new();
    bench.get("203.0.113.7", "/p?x=notnull", 200, "x", 0);
    bench.get("203.0.113.7", "/p?x=notnull", 200, "x", 1);
    bench.get("203.0.113.7", "/p?id=1'+union+select+1,2", 200, "x", 2);
    let told: Vec<f32> = bench.out.iter().map(|d| d.confidence).collect();
    assert!(told.len() == 2 && told[0] < 0.6 && told[1] >= 0.95, "{told:?}");
}

#[test]
fn probing_is_found_but_not_in_what_the_gate_refused() {
    let mut bench = Bench::new();
    for n in 0..20 {
        bench.get("203.0.113.7", &format!("/guess{n}"), 404, "x", n * 1_000);
    }
    assert_eq!(bench.rules(), ["web.probe_404"]);
    assert!(bench.out[0].why.raw().contains("/guess0, /guess1, /guess2"), "{:?}", bench.out[0].why);
    for n in 0..20 {
        bench.get("203.0.113.8", &format!("/secret{n}"), 403, "x", n * 1_000);
    }
    assert_eq!(bench.rules(), ["web.probe_404", "web.probe_403"]);
    for n in 0..200 {
        let url = format!("/secret{n}?x=${{jndi:ldap://x}}");
        let mut refused = request("203.0.113.9", &url, 403, "x", n * 1_000);
        refused.refused = true;
        bench.see(&refused, false);
    }
    let ours: Vec<&Detection> = bench.out.iter().filter(|d| d.src_ip == "203.0.113.9".parse().ok()).collect();
    assert!(ours.iter().all(|d| d.class != "probing" && d.refused), "{ours:?}");
    assert!(ours.iter().any(|d| d.rule == "web.lookup_injection"), "{ours:?}");
    assert!(ours[1].why.raw().contains("refused by the gate"), "{:?}", ours[1].why);
}

#[test]
fn broken_pictures_and_customary_files_are_no_probing() {
    let mut bench = Bench::new();
    for n in 0..60 {
        let url = format!("/old/{n}.png");
        let mut record = request("198.51.100.7", &url, 404, "Mozilla", n * 1_000);
        record.http.as_mut().unwrap().referer = "http://example.org/album".into();
        bench.see(&record, false);
        bench.get("198.51.100.7", "/favicon.ico", 404, "Mozilla", n * 1_000);
    }
    assert_eq!(bench.rules(), Vec::<&str>::new());
}

#[test]
fn crawling_is_found_and_a_known_crawler_is_named_and_counts_less() {
    let mut bench = Bench::new();
    for n in 0..130 {
        bench.get("203.0.113.7", &format!("/page/{n}"), 200, "Mozilla/5.0", n * 1_000);
        bench.get("203.0.113.8", &format!("/page/{n}"), 200, "Mozilla/5.0 (compatible; bingbot/2.0)", n * 1_000);
        bench.get("198.51.100.7", &format!("/img/{n}.png"), 200, "Mozilla/5.0", n * 1_000);
    }
    assert_eq!(bench.rules(), ["web.crawl", "web.crawl"]);
    assert!(
        bench.out[1].why.raw().contains("calls itself Bingbot") && bench.out[1].confidence < bench.out[0].confidence
    );
    assert_eq!(bench.out[1].class, "known_crawler");
}

#[test]
fn an_alert_of_another_detector_names_its_signature() {
    let mut bench = Bench::new();
    for n in 0..30 {
        let mut record = Record::bare(Timestamp(START + n), "{}");
        record.class = Class::DETECTION_FINDING;
        record.severity = Severity::High;
        record.src_ip = Some("203.0.113.7".parse().unwrap());
        record.alert =
            Some(Alert { id: "2019401".into(), title: "ET SCAN x".into(), category: "Scan".into(), blocked: false });
        bench.see(&record, false);
    }
    assert_eq!(bench.rules(), ["ids.alert", "ids.alert"]);
    assert!(bench.out[0].why.raw().contains("2019401 \"ET SCAN x\", Scan"), "{:?}", bench.out[0].why);
}

/// Ordinary visitors: mostly 200, some 304 and 404.
fn populate(bench: &mut Bench, clients: u32) {
    for round in 0..24u32 {
        for client in 0..clients {
            let status = match (round * 7 + client * 13) % 24 {
                0..=3 => 304,
                4 if client % 3 == 0 => 404,
                _ => 200,
            };
            let ip = std::net::Ipv4Addr::from(0x0A00_0000 + client).to_string();
            bench.get(&ip, "/img/a.png", status, "Mozilla", i64::from(round * clients + client) * 20);
        }
    }
}

#[test]
fn the_model_names_what_isolates_a_client() {
    let mut bench = Bench::new();
    populate(&mut bench, 100);
    assert_eq!(bench.rules(), Vec::<&str>::new(), "{:?}", bench.out);
    assert!(bench.engine.model_state().contains("trained"), "{}", bench.engine.model_state());
    let at = 24 * 100 * 20;
    for n in 0..60 {
        bench.get("203.0.113.7", "/login", if n % 10 == 0 { 200 } else { 500 }, "x", at + n * 100);
    }
    assert_eq!(bench.rules(), ["model.status_mix"], "{:?}", bench.out);
    let why = bench.out[0].why.raw().to_owned();
    for part in [
        "5xx share 9",
        "median of the others 0 %",
        "anomaly score 0.",
        "threshold 0.",
        "% of the reason",
        "100 other clients",
    ] {
        assert!(why.contains(part), "{part}: {why}");
    }
}

#[test]
fn the_model_is_silent_while_it_learns_and_about_the_merely_quiet() {
    let mut bench = Bench::new();
    populate(&mut bench, 40);
    for n in 0..60 {
        bench.get("203.0.113.7", "/login", 500, "x", 24 * 40 * 20 + n * 100);
    }
    assert_eq!(bench.rules(), Vec::<&str>::new());
    assert!(bench.engine.model_state().contains("learning"), "{}", bench.engine.model_state());
    let mut bench = Bench::new();
    populate(&mut bench, 100);
    for n in 0..100 {
        bench.get("198.51.100.7", "/img/a.png", 200, "x", 24 * 100 * 20 + n * 100);
    }
    assert_eq!(bench.rules(), Vec::<&str>::new());
}

#[test]
fn equal_events_give_equal_detections() {
    let run = || {
        let mut bench = Bench::new();
        populate(&mut bench, 90);
        for n in 0..60 {
            bench.get("203.0.113.7", "/x", 500, "x", 24 * 90 * 20 + n * 100);
        }
        bench.out
    };
    assert_eq!(run(), run());
}

#[test]
fn the_drill_has_a_world_of_its_own() {
    let mut bench = Bench::new();
    for n in 0..4 {
        bench.login("203.0.113.7", "root", false, n);
    }
    let mut record = Record::bare(Timestamp(START + 5), "line");
    record.class = Class::AUTHENTICATION;
    record.outcome = Outcome::Failure;
    record.src_ip = Some("203.0.113.7".parse().unwrap());
    bench.see(&record, true);
    assert_eq!(bench.rules(), Vec::<&str>::new());
    assert_eq!(bench.engine.clients(), 2);
    bench.engine.forget_drill();
    assert_eq!(bench.engine.clients(), 1);
}

#[test]
fn warming_remembers_without_speaking() {
    let mut bench = Bench::new();
    let url = "/p?id=1'+or+1=1--";
    let record = request("203.0.113.7", url, 200, "x", 0);
    let mut hits = Vec::new();
    bench.inspector.inspect(&Request { url, ..Request::default() }, &mut hits);
    bench.engine.warm(&record, &hits, EventId(1), "test", false);
    bench.get("203.0.113.7", url, 200, "x", 10);
    assert_eq!(bench.rules(), Vec::<&str>::new());
}

#[test]
fn memory_is_bounded() {
    let mut bench = Bench::new();
    for n in 0..(u32::try_from(CLIENTS_MAX).unwrap() + 5_000) {
        let ip = std::net::Ipv4Addr::from(n.wrapping_mul(2_654_435_761)).to_string();
        bench.get(&ip, "/", 404, "x", i64::from(n));
    }
    assert!(bench.engine.clients() <= CLIENTS_MAX);
}

/// Runs the real web log; returns what was told, by rule and client.
fn real_web_log() -> Vec<Detection> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/data/web-access/apache-combined.log");
    let text = std::fs::read_to_string(path).unwrap_or_else(|e| panic!("{path}: {e}"));
    let mut bench = Bench::new();
    let mut taken = 0;
    for line in text.lines() {
        let quoted: Vec<&str> = line.split('"').collect();
        let time = line.split(['[', ']']).nth(1).unwrap();
        let time = chrono::DateTime::parse_from_str(time, "%d/%b/%Y:%H:%M:%S %z").unwrap();
        let ip = line.split(' ').next().unwrap();
        if ip.parse::<IpAddr>().is_err() || quoted.len() < 6 {
            continue;
        }
        let url = quoted[1].split(' ').nth(1).unwrap_or_default();
        let status = quoted[2].split_whitespace().next().unwrap().parse().unwrap();
        let mut record = request(ip, url, status, quoted[5], time.timestamp_millis() - START);
        record.http.as_mut().unwrap().referer = quoted[3].into();
        bench.see(&record, false);
        taken += 1;
    }
    println!("{taken} lines; {}", bench.engine.model_state());
    bench.out
}

#[test]
#[ignore = "needs ../shared/data"]
fn ordinary_visitors_of_a_real_site_are_left_alone() {
    let told = real_web_log();
    for d in &told {
        println!(
            "{} {} {} {:.2} {}: {}",
            d.time,
            d.rule,
            d.severity.as_str(),
            d.confidence,
            d.entity.value.visible(),
            d.why.visible()
        );
    }
    assert!(told.iter().all(|d| d.severity < Severity::High));
    // Spam that wrote into addresses (one of them two ways), an agent that is a piece of a query: seen, and far from
    // being acted on.
    assert!(told.iter().all(|d| d.confidence <= 0.5), "{told:?}");
    assert!(told.len() <= 4, "{}", told.len());
}
