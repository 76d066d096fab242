//! What the named detectors find and what they leave alone.

mod cloud;
mod flow;
mod guess;
mod login;
mod real;
mod session;
mod week;

use super::super::{Engine, Settings};
use crate::api::{Class, Detection, EventId, Outcome, Timestamp};
use crate::platform::record::{Call, Flow, HttpRecord, Record};
use std::net::IpAddr;

/// A Monday, 00:00 UTC.
const START: i64 = 1_800_230_400_000;
const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;
const CHROME: &str = "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/130.0 Safari/537.36";
const PHONE: &str = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) Version/18.1 Mobile Safari/604.1";

/// An engine with a clock of events.
struct Bench {
    engine: Engine,
    event: u32,
    out: Vec<Detection>,
}

impl Bench {
    fn new() -> Self {
        Self { engine: Engine::new(Settings::default()), event: 0, out: Vec::new() }
    }

    fn see(&mut self, record: &Record<'_>) {
        self.event += 1;
        self.engine.observe(record, &[], EventId::new(1, self.event), "test", false, &mut self.out);
    }

    fn login(&mut self, ip: &str, user: &str, success: bool, at: i64) {
        self.see(&login(ip, user, success, at));
    }

    /// A successful login with everything known.
    fn signin(&mut self, ip: &str, country: &str, agent: &str, user: &str, at: i64) {
        let mut record = login(ip, user, true, at);
        record.country = Some(country.to_owned().into());
        record.agent = agent.to_owned().into();
        self.see(&record);
    }

    fn rules(&self) -> Vec<&str> {
        self.out.iter().map(|d| d.rule.as_str()).collect()
    }

    fn told(&self, rule: &str) -> Vec<&Detection> {
        self.out.iter().filter(|d| d.rule == rule).collect()
    }

    /// Every detection is one the policy knows, has a technique, evidence, and says what would have been too little.
    fn sound(&self) {
        for d in &self.out {
            assert!(crate::platform::policy::is_rule(&d.rule), "{}", d.rule);
            assert!(!d.techniques.is_empty() && !d.evidence.is_empty(), "{d:?}");
            let why = d.why.raw();
            assert!(why.chars().any(|c| c.is_ascii_digit()) || why.contains("whoever does it"), "{why}");
        }
    }
}

fn bare(ip: &str, at: i64) -> Record<'static> {
    let mut record = Record::bare(Timestamp(START + at), "line");
    record.src_ip = Some(ip.parse::<IpAddr>().unwrap());
    record
}

fn login(ip: &str, user: &str, success: bool, at: i64) -> Record<'static> {
    let mut record = bare(ip, at);
    record.class = Class::AUTHENTICATION;
    record.activity = 1;
    record.outcome = if success { Outcome::Success } else { Outcome::Failure };
    record.user = Some(user.to_owned().into());
    record
}

fn request<'a>(ip: &str, method: &'a str, url: &'a str, status: u16, at: i64) -> Record<'a> {
    let mut record = bare(ip, at);
    record.class = Class::HTTP;
    record.http = Some(HttpRecord {
        method: method.into(),
        url: url.into(),
        status,
        agent: CHROME.into(),
        ..HttpRecord::default()
    });
    record
}

fn call(ip: &str, user: &str, service: &str, action: &str, success: bool, at: i64) -> Record<'static> {
    let mut record = bare(ip, at);
    record.user = Some(user.to_owned().into());
    record.outcome = if success { Outcome::Success } else { Outcome::Failure };
    record.call = Some(Box::new(Call {
        service: service.to_owned().into(),
        action: action.to_owned().into(),
        tenant: "111122223333".into(),
        ..Call::default()
    }));
    record
}

fn flow(from: &str, to: &str, port: u16, failed: bool, at: i64) -> Record<'static> {
    let mut record = bare(from, at);
    record.flow = Some(Flow {
        dst_ip: to.parse().ok(),
        dst_port: port,
        sent: if failed { 60 } else { 4_000 },
        received: if failed { 0 } else { 20_000 },
        failed,
    });
    record
}

/// A small generator of numbers for made-up traffic: the same seed, the same traffic.
struct Dice(u64);

impl Dice {
    /// A number below `n`.
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (z ^ (z >> 31)) % n.max(1)
    }

    fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    fn time(&mut self, from: i64, to: i64) -> i64 {
        from + i64::try_from(self.below(u64::try_from(to - from).unwrap_or(1))).unwrap()
    }
}
