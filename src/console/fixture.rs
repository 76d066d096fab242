//! Values for tests, a platform that answers from them, and a desk that types keys and reads the screen.

#![allow(missing_docs, clippy::manual_is_multiple_of, reason = "values for tests")]

use super::app::{self, App, Effect, Feed, Msg, Setup};
use super::keymap::Key;
use super::theme::{Depth, Theme};
use crate::api::endpoint as e;
use crate::api::*;
use crate::config::{ConsoleSettings, Notify};
use crate::query::{Fields, Query};
use crate::text::Untrusted;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;
use serde_json::{Value, json, to_value};

/// 2026-11-21T20:00:00Z.
pub const NOW: i64 = 1_795_291_200_000;

/// `ms` before [`NOW`].
pub const fn ago(ms: i64) -> Timestamp {
    Timestamp(NOW - ms)
}

pub fn address(n: u8) -> EntityRef {
    EntityRef::address([198, 51, 100, n].into())
}

pub fn incident(id: u64) -> Incident {
    let severities = [Severity::Critical, Severity::High, Severity::Medium, Severity::Low, Severity::Info];
    let titles = [
        "SQL injection, refused",
        "Brute force against sshd",
        "Crawling without pause",
        "404 probing",
        "Odd mix of response codes",
    ];
    let i = (id as usize - 1) % 5;
    Incident {
        id: IncidentId(id),
        revision: 3,
        state: if id % 4 == 2 { IncidentState::Claimed } else { IncidentState::New },
        title: titles[i].into(),
        severity: severities[i].clone(),
        score: 92 - 18 * i as u32,
        entity: address(id as u8),
        entities: vec![
            address(id as u8),
            EntityRef::user("intruder"),
            EntityRef { kind: EntityKind::Session, value: "5e55a0".into() },
        ],
        rules: vec!["web.sql_injection".into()],
        techniques: vec!["T1190".into(), "T1595".into()],
        kinds: vec![DetectionKind::Rule, DetectionKind::Behaviour],
        detections: 41 * id,
        events: 1240 * id,
        opened: ago(3_600_000),
        updated: ago(7_400_000 * i as i64 + 65_000),
        first_event: ago(3_700_000),
        last_event: ago(65_000),
        contained: (id == 1).then(|| ago(3_699_600)),
        owner: (id % 4 == 2).then(|| "analyst".into()),
        verdict: None,
        snoozed: None,
        country: Some("NL".into()),
        proposals: vec![Proposal {
            kind: ActionKind::BlockAddress,
            target: address(id as u8).value,
            ttl_seconds: 3600,
            mode: Mode::Ask,
            why: "rule web: a certain attack is blocked for an hour".into(),
            action: None,
        }],
        drill: id % 3 == 0,
    }
}

pub fn detection(id: u64) -> Detection {
    Detection {
        id: DetectionId(id),
        time: ago(1000 * id as i64),
        rule: "web.sql_injection".into(),
        title: "SQL injection".into(),
        class: "sql_injection".into(),
        kind: DetectionKind::Rule,
        severity: Severity::High,
        confidence: 0.95,
        entity: address(1),
        src_ip: Some([198, 51, 100, 1].into()),
        user: None,
        why: "the parameter id holds ' OR 1=1-- \u{1b}[31m, which ends a string and adds a condition".into(),
        evidence: vec![EventId::new(20_778, 1), EventId::new(20_778, 2)],
        evidence_count: 2,
        techniques: vec!["T1190".into()],
        source: "nginx:/var/log/nginx/access.log".into(),
        incident: Some(IncidentId(1)),
        suppressed: None,
        refused: id % 2 == 1,
        drill: false,
    }
}

pub fn event(n: u32) -> Event {
    let status = [200, 404, 500, 301][n as usize % 4];
    Event {
        id: EventId::new(20_778, n),
        time: ago(1000 * (100_000 - i64::from(n))),
        observed: ago(1000 * (100_000 - i64::from(n))),
        source: "nginx:/var/log/nginx/access.log".into(),
        class: Class::HTTP,
        activity: 3,
        severity: Severity::Info,
        outcome: if status >= 400 { Outcome::Failure } else { Outcome::Success },
        src_ip: Some([198, 51, 100, (n % 250) as u8].into()),
        country: Some("NL".into()),
        user: (n % 5 == 0).then(|| "intruder".into()),
        session: Some("5e55a0".into()),
        host: Some("www.example.com".into()),
        http: Some(Http {
            method: "GET".into(),
            url: Untrusted::from(format!("/search?q={n}\u{202e}%27")),
            status,
            bytes: 5120,
            referer: None,
            agent: Some("curl/8.5".into()),
        }),
        message: Untrusted::from(format!("GET /search?q={n}\u{1b}]0;owned\u{7} {status}")),
        raw: Untrusted::from(format!(
            "198.51.100.1 - - \"GET /search?q={n}\u{1b}]0;owned\u{7} HTTP/1.1\" {status} 5120"
        )),
        parsed: n % 7 != 0,
        drill: n % 3 == 0,
        ..Event::default()
    }
}

pub fn action(id: u64) -> Action {
    let receipt = |state: ActionState, ms: i64, enforcer: Option<&str>, detail: &str| Receipt {
        state,
        at: Timestamp(ago(120_000).0 + ms),
        enforcer: enforcer.map(Into::into),
        detail: detail.into(),
    };
    Action {
        id: ActionId(id),
        kind: ActionKind::BlockAddress,
        target: address(id as u8).value,
        reason: "SQL injection".into(),
        actor: "analyst".into(),
        automatic: id % 2 == 0,
        created: ago(120_000),
        expires: Timestamp(NOW + 3_480_000),
        state: if id == 3 { ActionState::Expired } else { ActionState::Verified },
        receipts: vec![
            receipt(ActionState::Asked, 0, None, "asked by analyst"),
            receipt(ActionState::Approved, 1, None, "no guard rail objects"),
            receipt(ActionState::Sent, 2, Some("gate"), "1 address"),
            receipt(ActionState::Verified, 4, Some("gate"), "a probe of the gate was refused"),
        ],
        incident: Some(IncidentId(1)),
        drill: false,
    }
}

pub fn sources() -> Vec<Source> {
    let source = |name: &str, state: SourceState, why: &str, events: u64| Source {
        name: name.into(),
        format: "combined".into(),
        state,
        why: why.into(),
        events,
        unparsed: events / 1000,
        offset: events * 210,
        last_event: (events > 0).then(|| ago(65_000)),
        last_read: (events > 0).then(|| ago(65_000)),
        drill: name == "drill",
    };
    vec![
        source("drill", SourceState::Reading, "synthetic attacks, marked as such", 48_211),
        source("nginx:/var/log/nginx/access.log", SourceState::Reading, "followed with inotify", 128_400),
        source(
            "auth:/var/log/auth.log",
            SourceState::Unreadable,
            "permission denied: add this user to the group adm, then start anew",
            0,
        ),
    ]
}

pub fn overview() -> Overview {
    let wave = |i: u64| 120 + (i * 37 % 60) * (1 + i / 40) + if i > 50 { 240 } else { 0 };
    let count = |value: &str, count| Count { value: value.into(), count };
    Overview {
        trouble: None,
        now: Timestamp(NOW),
        events_per_minute: (0..60).map(wave).collect(),
        detections_per_minute: (0..60).map(|i| if i > 48 { (i * 7) % 11 } else { u64::from(i % 9 == 0) }).collect(),
        top_addresses: (1..12u64).map(|i| count(&format!("198.51.100.{i}"), 4000 / i)).collect(),
        countries: [("NL", 5200), ("DE", 2100), ("US", 880), ("BR", 410), ("??", 90)]
            .map(|(c, n)| count(c, n))
            .to_vec(),
        countries_note: None,
        severity_per_minute: std::array::from_fn(|s| {
            (0..60).map(|i| if i > 48 - 4 * s as u64 { (i * 7 + s as u64) % (11 - s as u64) } else { 0 }).collect()
        }),
        open_by_severity: [2, 1, 4, 3, 1],
        snoozed: 2,
        waiting: [
            (Severity::Info, 1, 7_200_000),
            (Severity::Low, 0, 0),
            (Severity::Medium, 3, 9_000_000),
            (Severity::High, 2, 4_500_000),
            (Severity::Critical, 1, 65_000),
        ]
        .into_iter()
        .map(|(severity, incidents, age)| Waiting {
            incidents,
            oldest: (incidents > 0).then(|| ago(age)),
            ..Waiting::none(severity)
        })
        .collect(),
        suppressions: 3,
        acts: Acts { since: ago(86_400_000), automatic: 21, manual: 6 },
        not_kept: vec![],
        sources: sources(),
        active_blocks: 7,
        drifted_blocks: 1,
        next_expiry: Some((address(3), Timestamp(NOW + 840_000))),
        containment: Containment { count: 12, median_ms: 410, p95_ms: 8_200, automatic: 9 },
        gate: GateFigures { checked: 128_400, blocked: 1_204, hostile: 88, revoked: 3 },
        drill: true,
        drill_data: true,
    }
}

pub fn suppression(id: u64) -> Suppression {
    Suppression {
        id: SuppressionId(id),
        rule: ["web.crawl", "auth.burst", "scan.port"][id as usize % 3].into(),
        entity: (id % 4 != 0).then(|| address(id as u8)),
        state: if id % 3 == 0 { SuppressionState::Ended } else { SuppressionState::InForce },
        owner: "analyst".into(),
        actor: "analyst".into(),
        reason: "the crawler of our own search; asked on 2026-11-20, ticket 4711".into(),
        created: ago(7_200_000 * id as i64),
        until: Timestamp(NOW + 86_400_000 / id as i64),
        ended: (id % 3 == 0).then(|| ago(60_000)),
        hidden: 412 / id,
        last: Some(ago(65_000 * id as i64)),
    }
}

pub fn suppression_preview() -> SuppressionPreview {
    SuppressionPreview {
        rule: "web.crawl".into(),
        entity: Some(address(1)),
        seconds: 86_400,
        refusals: vec![],
        since: ago(7 * 86_400_000),
        detections: 412,
        incidents: 3,
        attacks: 1,
        complete: true,
    }
}

/// Counts as the platform makes them, of incidents and detections that fit.
fn grouped(fake: &Fake, wire: &Wire) -> Result<Value, Problem> {
    let input: e::GroupInput = serde_urlencoded::from_str(wire.path.split_once('?').map_or("", |(_, q)| q)).unwrap();
    let query = Query::parse(&input.query).unwrap().at(Timestamp(NOW));
    let mut counts = std::collections::BTreeMap::<String, u64>::new();
    let mut rows = 0;
    for incident in (1..=fake.incidents).map(incident).filter(|i| query.matches(i)) {
        rows += 1;
        for group in crate::query::group::groups(&incident, &input.field) {
            *counts.entry(group).or_default() += 1;
        }
    }
    let groups = counts.into_iter().map(|(value, count)| Count { value: value.into(), count }).collect();
    Ok(value(e::Groups { groups, rows, next: None }))
}

fn preview(request: &Value, refuse: bool) -> Preview {
    let target = request["target"].as_str().unwrap_or_default().to_owned();
    let refusals = if refuse || target.starts_with("127.") {
        vec![Refusal {
            rule: "loopback".into(),
            why: "this is the machine itself".into(),
            hint: "Choose another address.".into(),
        }]
    } else {
        vec![]
    };
    Preview {
        kind: request["kind"].as_str().unwrap_or_default().into(),
        target,
        ttl_seconds: request["ttl_seconds"].as_u64().unwrap_or(3600),
        refusals,
        touches: Touches {
            requests: 1240,
            addresses: 1,
            live_sessions: 2,
            users: vec![Count { value: "intruder".into(), count: 12 }],
        },
        allow_list: vec![],
        prior: vec![action(3)],
        enforcers: vec![
            EnforcerPlan { enforcer: "gate".into(), takes_part: true, why: "refuses at the proxy".into() },
            EnforcerPlan { enforcer: "nftables".into(), takes_part: false, why: "needs CAP_NET_ADMIN".into() },
        ],
    }
}

/// A platform that answers from values.
#[derive(Debug, Default)]
pub struct Fake {
    pub incidents: u64,
    pub events: u32,
    /// Answers nothing: the line is dead.
    pub away: bool,
    /// The disk is full.
    pub full: bool,
    /// Texts of an attacker: they stand wherever text from outside can stand, one after the other.
    pub hostile: Vec<String>,
    /// Somebody else changed this incident.
    pub conflict: Option<u64>,
    /// Somebody else changed this incident, to this.
    pub changed: Option<Box<Incident>>,
    /// A guard rail is against every action.
    pub refuse: bool,
    /// There is nothing in it.
    pub empty: bool,
    /// Who has a console open.
    pub here: Vec<Colleague>,
    /// It cannot read its store.
    pub broken: bool,
    pub asked: Vec<Wire>,
}

impl Fake {
    pub fn answer(&mut self, wire: &Wire) -> Result<Reply, Problem> {
        self.asked.push(wire.clone());
        if self.away {
            return Err(Problem::new(ProblemKind::Unreachable, "The platform cannot be reached", "connection refused"));
        }
        if self.broken && ![e::GetMe::NAME, e::GetVersion::NAME].contains(&wire.name) {
            return Err(Problem::new(ProblemKind::Unavailable, "The store did not answer", "the disk is broken"));
        }
        let about = wire.path.split('/').nth(3).and_then(|p| p.parse::<u64>().ok());
        if wire.method == Method::Post && self.conflict.is_some() && about == self.conflict {
            return Err(Problem::new(ProblemKind::Conflict, "It was changed meanwhile", "by somebody else"));
        }
        let mut body = if self.empty { self.nothing(wire)? } else { self.body(wire)? };
        if !self.hostile.is_empty() {
            let mut texts = self.hostile.iter().cycle().skip(self.asked.len() * 31 % self.hostile.len());
            poison(&mut body, &mut texts);
        }
        Ok(Reply { name: wire.name, body })
    }

    /// A platform where nothing has happened yet.
    fn nothing(&self, wire: &Wire) -> Result<Value, Problem> {
        Ok(match wire.name {
            <e::GetOverview as Endpoint>::NAME => value(Overview {
                now: Timestamp(NOW),
                events_per_minute: vec![0; 60],
                detections_per_minute: vec![0; 60],
                ..Overview::default()
            }),
            <e::ListSources as Endpoint>::NAME | <e::TellPresence as Endpoint>::NAME => json!([]),
            <e::AuditTop as Endpoint>::NAME => json!([]),
            <e::AuditHistogram as Endpoint>::NAME => {
                json!({"since": ago(86_400_000), "step_seconds": 900, "counts": vec![0; 96]})
            }
            <e::GetEntity as Endpoint>::NAME | <e::GetIncident as Endpoint>::NAME => {
                return Err(Problem::new(ProblemKind::NotFound, "There is no such thing", "it was never there"));
            }
            <e::RehearsePolicy as Endpoint>::NAME => value(PolicyRehearsal::default()),
            <e::ListIncidents as Endpoint>::NAME => page::<Incident>(wire, Vec::new())?,
            <e::ListEvents as Endpoint>::NAME => page::<Event>(wire, Vec::new())?,
            <e::ListDetections as Endpoint>::NAME => page::<Detection>(wire, Vec::new())?,
            <e::ListActions as Endpoint>::NAME => page::<Action>(wire, Vec::new())?,
            <e::ListBlocks as Endpoint>::NAME => page::<Block>(wire, Vec::new())?,
            <e::ListSuppressions as Endpoint>::NAME => page::<Suppression>(wire, Vec::new())?,
            <e::CountGroups as Endpoint>::NAME => value(e::Groups { groups: Vec::new(), rows: 0, next: None }),
            <e::ListRules as Endpoint>::NAME => page::<RuleStanding>(wire, Vec::new())?,
            <e::ListLedger as Endpoint>::NAME => page::<LedgerEntry>(wire, Vec::new())?,
            _ => self.body(wire)?,
        })
    }

    fn body(&self, wire: &Wire) -> Result<Value, Problem> {
        let sent = wire.body.clone().unwrap_or_default();
        let id = || wire.path.split('/').nth(3).and_then(|p| p.parse::<u64>().ok()).unwrap_or(1);
        Ok(match wire.name {
            <e::GetMe as Endpoint>::NAME => json!({"name": "analyst", "role": "responder", "expires": null}),
            <e::GetVersion as Endpoint>::NAME => {
                json!({"product": "watchfloor", "version": "0.1.0", "api": ["v1"], "now": Timestamp(NOW)})
            }
            <e::GetOverview as Endpoint>::NAME => {
                let trouble = self.full.then(|| "the disk is full: 12 MB left".to_owned());
                value(Overview { trouble, ..overview() })
            }
            <e::ListSources as Endpoint>::NAME => value(sources()),
            <e::TellPresence as Endpoint>::NAME => value(&self.here),
            <e::ListIncidents as Endpoint>::NAME => page(wire, (1..=self.incidents).map(incident).collect())?,
            <e::ListEvents as Endpoint>::NAME => page(wire, (1..=self.events).rev().map(event).collect())?,
            <e::ListDetections as Endpoint>::NAME => page(wire, (1..=40).map(detection).collect())?,
            <e::ListActions as Endpoint>::NAME => page(wire, (1..=5).rev().map(action).collect())?,
            <e::ListBlocks as Endpoint>::NAME => page(wire, (1..=5).map(block).collect())?,
            <e::AuditHistogram as Endpoint>::NAME => {
                json!({"since": ago(86_400_000), "step_seconds": 900, "counts": (0..96).map(|i| i * 13 % 41).collect::<Vec<u64>>()})
            }
            <e::AuditTop as Endpoint>::NAME => {
                let values = ["198.51.100.7", "198.51.100.8", "evil\u{202e}\u{1b}]0;owned\u{7}", "404"];
                let count = |(i, v): (u64, &str)| Count { value: v.into(), count: 900 / (i + 1) };
                value((0..).zip(values).map(count).collect::<Vec<_>>())
            }
            <e::ListSuppressions as Endpoint>::NAME => page(wire, (1..=4).map(suppression).collect())?,
            <e::PreviewSuppression as Endpoint>::NAME => value(suppression_preview()),
            <e::CreateSuppression as Endpoint>::NAME => value(suppression(5)),
            <e::UndoSuppression as Endpoint>::NAME => {
                value(Suppression { state: SuppressionState::Undone, ..suppression(id()) })
            }
            <e::CountGroups as Endpoint>::NAME => grouped(self, wire)?,
            <e::ListRules as Endpoint>::NAME => page(wire, (1..=12).map(rule).collect())?,
            <e::ListLedger as Endpoint>::NAME => page(wire, (1..=60).rev().map(entry).collect())?,
            <e::VerifyLedger as Endpoint>::NAME => {
                json!({"intact": true, "entries": 60, "head": "ab".repeat(32), "signed": 48, "fault": null})
            }
            <e::GetPolicy as Endpoint>::NAME => value(paper()),
            <e::RehearsePolicy as Endpoint>::NAME => value(rehearsal()),
            <e::GetIncident as Endpoint>::NAME => match &self.changed {
                Some(changed) if changed.id.0 == id() => {
                    value(IncidentDetail { incident: changed.as_ref().clone(), ..detail(id()) })
                }
                _ => value(detail(id())),
            },
            <e::GetEntity as Endpoint>::NAME => value(entity()),
            <e::PreviewAction as Endpoint>::NAME => value(preview(&sent, self.refuse)),
            <e::CreateAction as Endpoint>::NAME => value(action(9)),
            <e::GetAction as Endpoint>::NAME => value(action(id())),
            <e::UndoAction as Endpoint>::NAME => value(Action { state: ActionState::Undone, ..action(id()) }),
            <e::SwitchDrill as Endpoint>::NAME => value(sources().remove(0)),
            name if name.starts_with("incident.") => {
                value(Incident { state: IncidentState::Claimed, owner: Some("analyst".into()), ..incident(id()) })
            }
            other => panic!("the fixture does not know {other}"),
        })
    }
}

/// Fields that hold text from outside, or from a platform that may be another's.
const OUTSIDE: [&str; 38] = [
    "title",
    "value",
    "owner",
    "actor",
    "text",
    "why",
    "source",
    "url",
    "method",
    "agent",
    "referer",
    "message",
    "raw",
    "user",
    "session",
    "host",
    "country",
    "object",
    "key",
    "tenant",
    "name",
    "format",
    "reason",
    "target",
    "detail",
    "term",
    "rule",
    "class",
    "file",
    "enforcer",
    "action",
    "default",
    "family",
    "trouble",
    "countries_note",
    "allowed_by",
    "prev",
    "hash",
];

/// Puts texts in place of all that came from outside.
fn poison<'a>(body: &mut Value, texts: &mut impl Iterator<Item = &'a String>) {
    match body {
        Value::Array(items) => items.iter_mut().for_each(|item| poison(item, texts)),
        Value::Object(fields) => {
            for (name, field) in fields.iter_mut() {
                match field {
                    Value::String(text) if OUTSIDE.contains(&name.as_str()) => {
                        if let Some(hostile) = texts.next() {
                            text.clone_from(hostile);
                        }
                    }
                    Value::Array(items) if name == "techniques" => {
                        *items = texts.take(2).map(|t| Value::String(t.clone())).collect();
                    }
                    other => poison(other, texts),
                }
            }
        }
        _ => {}
    }
}

fn value(of: impl serde::Serialize) -> Value {
    to_value(of).unwrap()
}

fn detail(id: u64) -> IncidentDetail {
    let item = |term: &str, points, why: &str| BillItem {
        term: term.into(),
        points,
        source: "detections".into(),
        why: why.into(),
        as_of: ago(65_000),
    };
    let entry = |ms, kind, actor: &str, text: &str| TimelineEntry {
        time: ago(ms),
        kind,
        actor: actor.into(),
        text: text.into(),
    };
    IncidentDetail {
        incident: incident(id),
        bill: Bill {
            items: vec![
                item("rule web.sql_injection", 60, "severity high 60 x confidence 0.95, rounded up"),
                item("repeat offender", 35, "two incidents in 30 days"),
                item("refused at the gate", -3, "nothing reached the application"),
            ],
            total: 92,
        },
        timeline: vec![
            entry(3_700_000, TimelineKind::Detection, "web.sql_injection", "SQL injection in /search"),
            entry(3_699_600, TimelineKind::Action, "policy", "block of 198.51.100.1 verified"),
            entry(65_000, TimelineKind::Comment, "analyst", "same tool as last week"),
        ],
        detections: vec![detection(1)],
    }
}

fn block(n: u64) -> Block {
    let a = action(n);
    Block {
        action: a.id,
        kind: a.kind,
        target: a.target,
        since: a.created,
        expires: a.expires,
        actor: a.actor,
        reason: a.reason,
        refused: Some(1204),
        enforcers: vec![
            EnforcerView {
                enforcer: "gate".into(),
                state: EnforcerState::Verified,
                checked: ago(65_000),
                why: String::new(),
            },
            EnforcerView {
                enforcer: "nftables".into(),
                state: EnforcerState::Missing,
                checked: ago(65_000),
                why: "someone removed it".into(),
            },
        ],
        drill: false,
    }
}

pub fn rule(n: u64) -> RuleStanding {
    let names = ["web.sql_injection", "web.xss", "auth.burst", "scenario.ssh_slow_guessing", "model.status_mix"];
    let states = ["on", "on", "on", "shadow", "off"];
    let i = (n as usize - 1) % 5;
    RuleStanding {
        id: n,
        name: names[i].into(),
        title: ["SQL injection", "Cross-site scripting", "Password guessing", "Slow guessing", "Odd mix"][i].into(),
        family: if i == 3 { "scenario".into() } else { "built in".into() },
        kind: ["rule", "rule", "behaviour", "behaviour", "model"][i].into(),
        class: "sql_injection".into(),
        state: states[i].into(),
        techniques: vec!["T1190".into()],
        detections: 1240 / n,
        last: (i != 3).then(|| ago(65_000 * n as i64)),
        incidents: 12 / n,
        attacks: 6 / n,
        benign: n % 2,
        false_alarms: n % 3,
        undetermined: u64::from(n == 1),
        timed: 6 / n,
        seconds: 2400 / n,
    }
}

pub fn entry(n: u64) -> LedgerEntry {
    LedgerEntry {
        seq: n,
        time: ago(60_000 * (60 - n as i64)),
        kind: if n % 2 == 0 { LedgerKind::Outcome } else { LedgerKind::Intent },
        actor: if n % 3 == 0 { "policy".into() } else { "analyst".into() },
        action: if n % 3 == 0 { "block_address".into() } else { "incident.claim".into() },
        target: if n % 3 == 0 { "198.51.100.7".into() } else { Untrusted::from(format!("incident {n}")) },
        detail: if n % 2 == 0 { "done".into() } else { Untrusted::from(format!("note {n} \u{202e}\u{1b}[2J")) },
        prev: format!("{:064x}", n - 1),
        hash: format!("{n:064x}"),
    }
}

fn paper() -> PolicyPaper {
    let default = "# what is done by itself\n[defaults]\nmode = \"suggest\"\nttl = \"1h\"\n\n[[rule]]\nwhen = { rule = \"web.*\" }\nmode = \"ask\"\n";
    PolicyPaper {
        file: "/etc/watchfloor/policy.toml".into(),
        found: true,
        text: default.replace("\"1h\"", "\"4h\" # \u{1b}[31m").into(),
        default: default.into(),
        fault: None,
        in_force: false,
    }
}

fn rehearsal() -> PolicyRehearsal {
    let proposal = |mode: Mode| Proposal { mode, ..incident(1).proposals.remove(0) };
    let change = |id: u64, before, after| PolicyChange {
        incident: IncidentId(id),
        title: incident(id).title,
        severity: incident(id).severity,
        score: incident(id).score,
        before,
        after,
    };
    PolicyRehearsal {
        fault: None,
        since: ago(7 * 86_400_000),
        incidents: 14,
        more: false,
        before: [3, 8, 0],
        after: [3, 6, 2],
        changes: vec![
            change(1, vec![proposal(Mode::Ask)], vec![proposal(Mode::Act)]),
            change(2, vec![], vec![proposal(Mode::Act)]),
        ],
    }
}

fn entity() -> Entity {
    let counts =
        |prefix: &str| (1..8u64).map(|i| Count { value: format!("{prefix}{i}").into(), count: 100 / i }).collect();
    Entity {
        entity: address(1),
        first_seen: Some(ago(86_400_000 * 3)),
        last_seen: Some(ago(65_000)),
        events: 1240,
        detections: 41,
        country: Some("NL".into()),
        incidents: vec![incident(1), incident(2)],
        users: counts("user"),
        addresses: counts("198.51.100."),
        sessions: counts("5e55a"),
        statuses: counts("40"),
        paths: counts("/wp-admin/"),
        blocks: vec![block(1)],
        allowed_by: None,
    }
}

/// One page of the rows that fit, as asked for: cursors are indexes.
fn page<T: Fields + serde::Serialize>(wire: &Wire, rows: Vec<T>) -> Result<Value, Problem> {
    let query = wire.path.split_once('?').map_or("", |(_, q)| q);
    let list: List = serde_urlencoded::from_str(query).unwrap();
    if list.query.contains("nonsense") {
        return Err(Problem::new(ProblemKind::Usage, "The query cannot be read", "\"nonsense\" is not a field"));
    }
    let wanted = Query::parse(&list.query).unwrap().at(Timestamp(NOW));
    let rows: Vec<T> = rows.into_iter().filter(|row| wanted.matches(row)).collect();
    let from: usize = list.after.as_deref().map_or(0, |a| a.parse().unwrap());
    let to = rows.len().min(from + list.rows());
    let next = (to < rows.len()).then(|| to.to_string());
    Ok(json!({"items": rows[from..to], "next": next}))
}

/// What a console of this size is made from.
pub fn setup(size: (u16, u16)) -> Setup {
    Setup {
        url: "http://127.0.0.1:8840".into(),
        name: "embedded".into(),
        theme: Theme::named("dark", Depth::True).unwrap(),
        registry: super::screen::REGISTRY,
        seed: "seed".into(),
        now: Timestamp(NOW),
        size,
        kept: app::kept::Kept::default(),
        keys: String::new(),
        key: [7; 32],
        settings: ConsoleSettings { utc: true, title: false, notify: Notify::Off, ..ConsoleSettings::default() },
        offset: 3_600_000,
    }
}

/// A console on a desk: type keys, read the screen.
pub struct Desk {
    pub app: App,
    pub fake: Fake,
    /// Effects other than requests, in order.
    pub done: Vec<Effect>,
}

impl Desk {
    /// Open, connected and quiet, at this size.
    pub fn new(size: (u16, u16)) -> Self {
        Self::with(size, Theme::named("dark", Depth::True).unwrap())
    }

    pub fn with(size: (u16, u16), theme: Theme) -> Self {
        let (app, effects) = App::open(Setup { theme, ..setup(size) });
        let fake = Fake { incidents: 14, events: 1240, ..Fake::default() };
        let mut desk = Self { app, fake, done: Vec::new() };
        desk.settle(effects);
        desk.tell(Msg::Fed(Feed::Connected));
        desk.app.toasts.dismiss();
        desk
    }

    /// Answers requests until there are none.
    pub fn settle(&mut self, effects: Vec<Effect>) {
        let mut waiting: std::collections::VecDeque<Effect> = effects.into();
        while let Some(effect) = waiting.pop_front() {
            match effect {
                Effect::Send(wire, tag) => {
                    let result = self.fake.answer(&wire);
                    waiting.extend(app::update(&mut self.app, Msg::Replied(tag, result)));
                }
                other => self.done.push(other),
            }
        }
    }

    pub fn tell(&mut self, msg: Msg) {
        let effects = app::update(&mut self.app, msg);
        self.settle(effects);
    }

    /// Types keys separated by spaces.
    pub fn press(&mut self, keys: &str) -> &mut Self {
        for key in Key::parse_all(keys).unwrap() {
            self.tell(Msg::Pressed(key));
        }
        self
    }

    /// Types text into an input.
    pub fn type_in(&mut self, text: &str) -> &mut Self {
        for c in text.chars() {
            self.tell(Msg::Pressed(Key::plain(crossterm::event::KeyCode::Char(c))));
        }
        self
    }

    /// The first key of a command, so that tests do not depend on which it is.
    pub fn command(&mut self, name: &str) -> &mut Self {
        let keys = self.app.keymap.named(name).unwrap().keys[0];
        self.press(keys)
    }

    pub fn draw(&self) -> (Buffer, Option<i64>) {
        let (columns, rows) = self.app.size();
        let mut terminal = Terminal::new(TestBackend::new(columns, rows)).unwrap();
        let mut wake = None;
        terminal.draw(|frame| wake = app::view(&self.app, frame)).unwrap();
        (terminal.backend().buffer().clone(), wake)
    }

    /// The screen as text.
    pub fn text(&self) -> String {
        let (buffer, _) = self.draw();
        let mut out = String::new();
        for y in 0..buffer.area.height {
            let mut line = String::new();
            let mut skip = 0;
            for x in 0..buffer.area.width {
                if skip > 0 {
                    skip -= 1;
                    continue;
                }
                let symbol = buffer[(x, y)].symbol();
                skip = crate::text::fit::width(symbol).saturating_sub(1);
                line.push_str(symbol);
            }
            out.push_str(line.trim_end());
            out.push('\n');
        }
        out
    }

    /// Paths asked of the platform since the last look.
    pub fn asked(&mut self) -> Vec<String> {
        std::mem::take(&mut self.fake.asked).into_iter().map(|w| w.path).collect()
    }
}
