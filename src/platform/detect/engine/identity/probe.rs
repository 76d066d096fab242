//! Logins that never get as far as a password: names tried to learn who exists, and attempts given up before an answer,
//! as a server that takes only keys sees them.

use super::super::bounded::{self, Bounded};
use super::super::seen::{Distinct, Evidence, Finding, Seen, Spec};
use super::Limits;
use super::recent::{Recent, Told};
use crate::api::{Class, Detection, DetectionKind, EntityRef, Outcome, Severity};
use crate::text::human;
use serde::{Deserialize, Serialize};
use std::net::IpAddr;

pub(super) const NAMES: Spec = Spec {
    rule: "auth.enumeration",
    title: "User names tried out",
    class: "user_enumeration",
    kind: DetectionKind::Behaviour,
    techniques: &["T1589.001", "T1110.003"],
};
pub(super) const ABANDONED: Spec = Spec {
    rule: "auth.abandoned",
    title: "Logins given up before an answer",
    class: "brute_force",
    kind: DetectionKind::Behaviour,
    techniques: &["T1110.001"],
};

const SOURCES_MAX: usize = 32_768;
const NAMES_MAX: usize = 64;

/// How daemons say that there is no such user.
const UNKNOWN: [&str; 9] = [
    "nvalid user",
    "nknown user",
    "o such user",
    "llegal user",
    "ser not found",
    "ser unknown",
    "nknown account",
    "oes not exist",
    "nvalid username",
];

#[derive(Default, Serialize, Deserialize)]
struct Source {
    names: Recent,
    examples: Distinct,
    attempts: Recent,
    last_success: Option<i64>,
    names_told: Told,
    attempts_told: Told,
    evidence: Evidence,
}

/// All sources.
#[derive(Serialize, Deserialize)]
pub(super) struct Probes(#[serde(deserialize_with = "bounded::read::<_, _, _, SOURCES_MAX>")] Bounded<IpAddr, Source>);

impl Probes {
    pub fn new() -> Self {
        Self(Bounded::new(SOURCES_MAX))
    }

    /// Takes an authentication event in, judged or not.
    pub fn tried(&mut self, limits: &Limits, seen: &Seen<'_>, out: &mut Vec<Detection>) {
        let (record, time) = (seen.record, seen.time());
        let Some(ip) = seen.ip().filter(|_| record.class == Class::AUTHENTICATION && record.activity != 2) else {
            return;
        };
        let user = record.user.as_deref().unwrap_or_default();
        if record.outcome == Outcome::Success {
            let source = self.0.entry(ip, time);
            source.last_success = Some(time);
            source.attempts.clear();
            return;
        }
        let text = if record.message.is_empty() { &record.raw } else { &record.message };
        let unknown = !user.is_empty() && UNKNOWN.iter().any(|u| text.contains(u));
        let unjudged = record.outcome == Outcome::Unknown;
        if !unknown && !unjudged {
            return;
        }
        let source = self.0.entry(ip, time);
        source.evidence.add(seen.event);
        if unknown && source.names.add(NAMES_MAX, user, time) {
            source.examples.add(NAMES_MAX, user);
        }
        if unjudged {
            source.attempts.add(NAMES_MAX, seen.event.0, time);
        }
        source.say(limits, seen, ip, out);
    }
}

impl Source {
    fn say(&mut self, limits: &Limits, seen: &Seen<'_>, ip: IpAddr, out: &mut Vec<Detection>) {
        let (time, window) = (seen.time(), limits.names_window_ms);
        let names = self.names.within(time, window);
        let entity = EntityRef::address(ip);
        if names >= limits.names && self.names_told.is_news(time, names, window) {
            let why = format!(
                "{names} names of users who do not exist within {}, for example {}; would not have alerted below {}",
                human::duration(window),
                self.examples.examples(),
                limits.names,
            );
            let (evidence, count, entity) = (&self.evidence, names as u64, entity.clone());
            out.push(seen.detection(
                &NAMES,
                Finding { severity: Severity::Medium, confidence: 0.8, entity, why, evidence, count },
            ));
        }
        let attempts = self.attempts.within(time, window);
        let got_in = self.last_success.is_some_and(|at| time.saturating_sub(at) <= limits.slow_spray_ms);
        let told = names >= limits.names;
        if attempts >= limits.abandoned && !told && !got_in && self.attempts_told.is_news(time, attempts, window) {
            let why = format!(
                "{attempts} messages of logins that were given up before an answer within {}, and no success from there; \
                 would not have alerted below {}",
                human::duration(window),
                limits.abandoned,
            );
            let (evidence, count) = (&self.evidence, attempts as u64);
            out.push(seen.detection(
                &ABANDONED,
                Finding { severity: Severity::Low, confidence: 0.65, entity, why, evidence, count },
            ));
        }
    }
}
