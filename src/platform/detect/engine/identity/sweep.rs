//! Scans, from flow records: many ports of one host, many hosts, or both at random; within minutes, days or weeks.
//!
//! What is refused or never answered counts. A monitoring server that reaches a thousand hosts and gets its answers is
//! no scanner, and neither is a browser. A source whose connections mostly succeed is left alone whatever else fails.

use super::super::bounded::{self, Bounded};
use super::super::seen::{Evidence, Finding, Seen, Spec};
use super::Limits;
use super::recent::{Recent, Told};
use crate::api::{Detection, DetectionKind, EntityRef, Severity};
use crate::platform::record::Flow;
use crate::text::human;
use serde::{Deserialize, Serialize};
use std::net::IpAddr;

pub(super) const PORTS: Spec = Spec {
    rule: "sweep.ports",
    title: "Port scan",
    class: "scanning",
    kind: DetectionKind::Behaviour,
    techniques: &["T1046", "T1595.001"],
};
pub(super) const HOSTS: Spec = Spec {
    rule: "sweep.hosts",
    title: "Sweep over hosts",
    class: "scanning",
    kind: DetectionKind::Behaviour,
    techniques: &["T1046", "T1595.001", "T1018"],
};

/// Sources remembered, and pairs of source and target, and of source and port.
const SOURCES_MAX: usize = 16_384;
/// Distinct things remembered of each.
const DISTINCT_MAX: usize = 128;

#[derive(Default, Serialize, Deserialize)]
struct Group {
    failed: Recent,
    told: Told,
    evidence: Evidence,
    /// Lowest and highest port, for the sentence.
    ports: Option<(u16, u16)>,
    flows: u64,
}

/// Answered and unanswered connections of a source, halved as they grow old.
#[derive(Default, Serialize, Deserialize)]
struct Source {
    day: i64,
    answered: u64,
    failed: u64,
    hosts: Group,
    pairs: Group,
    told: Told,
}

/// All sources.
#[derive(Serialize, Deserialize)]
pub(super) struct Sweeps {
    #[serde(deserialize_with = "bounded::read::<_, _, _, SOURCES_MAX>")]
    sources: Bounded<IpAddr, Source>,
    /// By source and target: which ports.
    #[serde(deserialize_with = "bounded::read::<_, _, _, SOURCES_MAX>")]
    targets: Bounded<(IpAddr, IpAddr), Group>,
    /// By source and port: which targets.
    #[serde(deserialize_with = "bounded::read::<_, _, _, SOURCES_MAX>")]
    ports: Bounded<(IpAddr, u16), Group>,
}

impl Sweeps {
    pub fn new() -> Self {
        Self {
            sources: Bounded::new(SOURCES_MAX),
            targets: Bounded::new(SOURCES_MAX),
            ports: Bounded::new(SOURCES_MAX),
        }
    }

    /// Takes a connection in.
    pub fn connected(&mut self, limits: &Limits, seen: &Seen<'_>, flow: &Flow, out: &mut Vec<Detection>) {
        let (Some(from), Some(to)) = (seen.ip(), flow.dst_ip.map(|ip| ip.to_canonical())) else { return };
        let time = seen.time();
        let source = self.sources.entry(from, time);
        let today = super::feature::day(time);
        if today != source.day {
            (source.day, source.answered, source.failed) = (today, source.answered / 2, source.failed / 2);
        }
        // A handful of bytes without an answer is a question, not a conversation.
        let failed = flow.failed || (flow.received == 0 && flow.sent > 0 && flow.sent <= 120);
        if !failed {
            source.answered += 1;
            return;
        }
        source.failed += 1;
        let (target, port) = (self.targets.entry((from, to), time), self.ports.entry((from, flow.dst_port), time));
        target.add(seen, flow.dst_port, flow.dst_port);
        port.add(seen, to, flow.dst_port);
        source.hosts.add(seen, to, flow.dst_port);
        source.pairs.add(seen, (to, flow.dst_port), flow.dst_port);
        if source.answered > source.failed {
            return;
        }
        let quiet = limits.sweep_slow_ms;
        // The narrowest story first; what is spread over ports and hosts shows in the whole of what a source tried.
        let told = if let Some(told) = target.judge(limits, seen, limits.sweep_ports, quiet) {
            Some((&PORTS, &*target, told, format!("different ports of {to}")))
        } else if let Some(told) = port.judge(limits, seen, limits.sweep_hosts, quiet) {
            Some((&HOSTS, &*port, told, format!("different hosts at port {}", flow.dst_port)))
        } else if source.told.within(time, quiet) {
            None
        } else if let Some(told) = source.hosts.judge(limits, seen, limits.sweep_hosts, quiet) {
            Some((&HOSTS, &source.hosts, told, "different hosts".to_owned()))
        } else {
            let told = source.pairs.judge(limits, seen, 2 * limits.sweep_hosts, quiet);
            told.map(|told| (&HOSTS, &source.pairs, told, "different pairs of host and port".to_owned()))
        };
        let Some((spec, group, told, what)) = told else { return };
        source.told.is_news(time, 1, 0);
        let ports = match group.ports {
            Some((low, high)) if low != high => format!(" (ports {low} to {high})"),
            _ => String::new(),
        };
        let why = format!(
            "connections to {} {what}{ports} within {} refused or never answered; {} of the source's connections since \
             yesterday were answered and {} were not; would not have alerted below {}, or with more answered than not",
            told.count,
            human::duration(told.window),
            human::count(source.answered),
            human::count(source.failed),
            told.limit,
        );
        let severity = if told.window > limits.sweep_fast_ms { Severity::Low } else { Severity::Medium };
        let (entity, evidence, count) = (EntityRef::address(from), &group.evidence, group.flows);
        out.push(seen.detection(spec, Finding { severity, confidence: 0.8, entity, why, evidence, count }));
    }
}

/// How much within which time, and what the limit was.
struct Judged {
    count: usize,
    window: i64,
    limit: usize,
}

impl Group {
    fn add(&mut self, seen: &Seen<'_>, thing: impl std::hash::Hash, port: u16) {
        self.flows += 1;
        if self.failed.add(DISTINCT_MAX, thing, seen.time()) {
            self.evidence.add(seen.event);
            let (low, high) = self.ports.unwrap_or((port, port));
            self.ports = Some((low.min(port), high.max(port)));
        }
    }

    /// Within minutes at `limit`, within days at twice, within weeks at three times as many.
    fn judge(&mut self, limits: &Limits, seen: &Seen<'_>, limit: usize, quiet: i64) -> Option<Judged> {
        if self.failed.len() < limit {
            return None;
        }
        let time = seen.time();
        let windows =
            [(limits.sweep_fast_ms, limit), (limits.sweep_slow_ms, limit * 2), (limits.sweep_long_ms, limit * 3)];
        let judged = windows.into_iter().find_map(|(window, limit)| {
            let count = self.failed.within(time, window);
            (count >= limit).then_some(Judged { count, window, limit })
        })?;
        self.told.is_news(time, judged.count, quiet).then_some(judged)
    }
}
