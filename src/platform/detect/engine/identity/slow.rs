//! Guessing passwords slowly: hours and days between tries, one user name after the other, from an address or a range.
//!
//! A cumulative sum (Page 1954) per source: each failure adds one, time takes a little off, and a success of the same
//! user from the same source takes back what that user's typing errors had added. Failures of a user who has logged in
//! from there before weigh a tenth: that is a forgotten password, or a program that still has the old one.

use super::super::bounded::{self, Bounded};
use super::super::seen::{Evidence, Finding, Seen, Spec};
use super::Limits;
use super::recent::{Recent, Told};
use crate::api::{Detection, DetectionKind, EntityKind, EntityRef, Severity};
use crate::platform::keyed::hash;
use crate::text::{Untrusted, human};
use ipnet::IpNet;
use serde::{Deserialize, Serialize};

pub(super) const BURST: Spec = Spec {
    rule: "auth.slow_burst",
    title: "Slow password guessing",
    class: "brute_force",
    kind: DetectionKind::Behaviour,
    techniques: &["T1110.001"],
};
pub(super) const SPRAY: Spec = Spec {
    rule: "auth.slow_spray",
    title: "Slow password spraying",
    class: "password_spraying",
    kind: DetectionKind::Behaviour,
    techniques: &["T1110.003"],
};

/// Addresses, and ranges, remembered.
const SOURCES_MAX: usize = 32_768;
/// Users remembered per source: who failed and never got in, and who got in.
const PENDING_MAX: usize = 64;
const KNOWN_MAX: usize = 64;
/// So many addresses make a range's story its own.
const ADDRESSES_MIN: usize = 3;
/// Weight of a failure of a user who has logged in from there.
const KNOWN_WEIGHT: f64 = 0.1;

/// One user's failures that no success has explained.
#[derive(Serialize, Deserialize)]
struct Pending {
    user: u64,
    weight: f64,
    last: i64,
}

#[derive(Default, Serialize, Deserialize)]
struct Source {
    sum: f64,
    first: i64,
    last: i64,
    failures: u64,
    pending: Vec<Pending>,
    known: Recent,
    /// Of a range: which of it, up to [`ADDRESSES_MIN`].
    addresses: Recent,
    evidence: Evidence,
    burst: Told,
    spray: Told,
}

/// All sources.
#[derive(Serialize, Deserialize)]
pub(super) struct Slow(#[serde(deserialize_with = "bounded::read::<_, _, _, SOURCES_MAX>")] Bounded<IpNet, Source>);

impl Slow {
    pub fn new() -> Self {
        Self(Bounded::new(SOURCES_MAX))
    }

    /// Takes a login in. `told`: somebody has just told of this source already.
    pub fn login(&mut self, limits: &Limits, seen: &Seen<'_>, success: bool, told: bool, out: &mut Vec<Detection>) {
        let Some(ip) = seen.ip() else { return };
        let user = seen.record.user.as_deref().map_or(0, hash);
        let prefix = if ip.is_ipv4() { 24 } else { 48 };
        let range = IpNet::new(ip, prefix).map(|net| net.trunc()).unwrap_or_else(|_| IpNet::from(ip));
        for (net, wide) in [(IpNet::from(ip), false), (range, true)] {
            let source = self.0.entry(net, seen.time());
            if success {
                source.succeeded(user, seen.time());
                continue;
            }
            source.failed(limits, seen, user);
            if wide {
                source.addresses.add(ADDRESSES_MIN, ip, seen.time());
            } else if told {
                // A fast story is being told; the slow one begins when that is over.
                source.burst.is_news(seen.time(), usize::MAX / 4, 0);
                source.spray.is_news(seen.time(), usize::MAX / 4, 0);
            }
            let entity = match wide {
                false => EntityRef::address(ip),
                true => EntityRef { kind: EntityKind::Range, value: net.to_string().into() },
            };
            source.say(limits, seen, &entity, wide, out);
        }
    }
}

impl Source {
    fn succeeded(&mut self, user: u64, time: i64) {
        self.known.add(KNOWN_MAX, user, time);
        // What the user's own success explains is no longer held against the source.
        if let Some(at) = self.pending.iter().position(|p| p.user == user) {
            self.sum = (self.sum - self.pending.swap_remove(at).weight).max(0.0);
        }
    }

    fn failed(&mut self, limits: &Limits, seen: &Seen<'_>, user: u64) {
        let time = seen.time();
        #[expect(clippy::cast_precision_loss, reason = "milliseconds within years")]
        let leaked = time.saturating_sub(self.last).max(0) as f64 / limits.slow_leak_ms.max(1) as f64;
        if self.failures == 0 || self.sum <= leaked {
            (self.first, self.sum, self.failures, self.evidence) = (time, 0.0, 0, Evidence::default());
        }
        self.sum = (self.sum - leaked).max(0.0);
        self.last = self.last.max(time);
        self.pending.retain(|p| time.saturating_sub(p.last) <= limits.slow_spray_ms);
        let known = self.known.last(user).is_some();
        let weight = f64::from(seen.record.repeat.max(1)) * if known { KNOWN_WEIGHT } else { 1.0 };
        self.sum += weight;
        self.failures += u64::from(seen.record.repeat.max(1));
        self.evidence.add(seen.event);
        if let Some(p) = self.pending.iter_mut().find(|p| p.user == user) {
            (p.weight, p.last) = (p.weight + weight, time.max(p.last));
        } else {
            if self.pending.len() >= PENDING_MAX {
                self.pending.remove(0);
            }
            self.pending.push(Pending { user, weight, last: time });
        }
    }

    fn say(&mut self, limits: &Limits, seen: &Seen<'_>, entity: &EntityRef, wide: bool, out: &mut Vec<Detection>) {
        let time = seen.time();
        let factor = if wide { 2 } else { 1 };
        let strangers = self.pending.iter().filter(|p| self.known.last(p.user).is_none()).count();
        let known = self.known.within(time, limits.slow_spray_ms);
        if !wide && self.sum >= limits.slow_sum && self.burst.is_news(time, whole(self.sum), limits.slow_spray_ms) {
            let why = format!(
                "{} failed logins since {} ago, {} of them for users who never got in from there; what time and later \
                 successes explain is taken off and {:.1} are left; would not have alerted below {:.0}, that is at less \
                 than one in {} or with successes of the same users",
                human::count(self.failures),
                human::duration(time.saturating_sub(self.first)),
                strangers,
                self.sum,
                limits.slow_sum,
                human::duration(limits.slow_leak_ms),
            );
            out.push(self.finding(seen, &BURST, entity, 0.65, why, !wide && self.pending.len() == 1));
        }
        let limit = limits.slow_users * factor;
        if strangers >= limit
            && strangers > 2 * known
            && (!wide || self.addresses.len() >= ADDRESSES_MIN)
            && self.spray.is_news(time, strangers, limits.slow_spray_ms)
        {
            let why = format!(
                "{strangers} users failed within {} and never got in from there, {known} users did; would not have alerted \
                 below {limit} such users, or with half as many who got in",
                human::duration(limits.slow_spray_ms),
            );
            out.push(self.finding(seen, &SPRAY, entity, 0.75, why, false));
        }
    }

    fn finding(
        &self,
        seen: &Seen<'_>,
        spec: &Spec,
        entity: &EntityRef,
        confidence: f32,
        why: String,
        one_user: bool,
    ) -> Detection {
        let (severity, entity) = (Severity::Medium, entity.clone());
        let (evidence, count) = (&self.evidence, self.failures);
        let mut d = seen.detection(spec, Finding { severity, confidence, entity, why, evidence, count });
        if one_user {
            d.user = seen.record.user.as_deref().map(Untrusted::from);
        }
        d
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a sum of failures, never negative")]
const fn whole(sum: f64) -> usize {
    sum as usize
}
