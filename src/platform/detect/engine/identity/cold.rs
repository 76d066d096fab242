//! Guessing spread over the whole world: one try per address, seen only in what all addresses do together.
//!
//! A failure is cold when its address never got in and its user does not get in within a quarter of an hour from
//! anywhere: typing errors end in a success, guesses do not. Cold failures per hour are compared with what this site is
//! used to, by a cumulative sum over the excess. The habit is learnt an hour at a time and clipped, so that an attack
//! cannot raise it faster than it would be told.

use super::super::bounded::{self, Bounded};
use super::super::seen::{Evidence, Finding, Seen, Spec};
use super::Limits;
use super::recent::{Recent, Told};
use crate::api::{Detection, DetectionKind, EntityKind, EntityRef, EventId, Severity};
use crate::platform::keyed::hash;
use crate::text::human;
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

const SPEC: Spec = Spec {
    rule: "auth.spray_distributed",
    title: "Distributed password guessing",
    class: "password_spraying",
    kind: DetectionKind::Behaviour,
    techniques: &["T1110.003", "T1110.004"],
};

/// Failures waiting for their success.
const WAITING_MAX: usize = 8_192;
/// Addresses and users whose last success is remembered.
const SUCCESSES_MAX: usize = 32_768;
/// Distinct users and addresses of a campaign that are told apart.
const DISTINCT_MAX: usize = 128;
const HOUR_MS: i64 = 3_600_000;
/// Weight of the newest hour in the habit.
const HABIT_WEIGHT: f64 = 1.0 / 48.0;

#[derive(Serialize, Deserialize)]
struct Failure {
    time: i64,
    address: u64,
    user: u64,
    event: EventId,
}

/// What the population does.
#[derive(Serialize, Deserialize)]
pub(super) struct Population {
    waiting: VecDeque<Failure>,
    #[serde(deserialize_with = "bounded::read::<_, _, _, SUCCESSES_MAX>")]
    addresses: Bounded<u64, i64>,
    #[serde(deserialize_with = "bounded::read::<_, _, _, SUCCESSES_MAX>")]
    users: Bounded<u64, i64>,
    /// Cold failures in an ordinary hour, how many hours that was learnt from, and the current hour.
    habit: f64,
    hours: u32,
    hour: i64,
    cold: f64,
    successes: f64,
    success_habit: f64,
    sum: f64,
    last: i64,
    campaign: Campaign,
}

#[derive(Default, Serialize, Deserialize)]
struct Campaign {
    first: i64,
    failures: u64,
    addresses: Recent,
    users: Recent,
    evidence: Evidence,
    told: Told,
}

impl Population {
    pub fn new() -> Self {
        Self {
            waiting: VecDeque::new(),
            addresses: Bounded::new(SUCCESSES_MAX),
            users: Bounded::new(SUCCESSES_MAX),
            habit: 0.0,
            hours: 0,
            hour: i64::MIN,
            cold: 0.0,
            successes: 0.0,
            success_habit: 0.0,
            sum: 0.0,
            last: 0,
            campaign: Campaign::default(),
        }
    }

    /// Takes a login in.
    pub fn login(&mut self, limits: &Limits, seen: &Seen<'_>, success: bool, out: &mut Vec<Detection>) {
        let Some(ip) = seen.ip() else { return };
        let (time, address) = (seen.time(), hash(ip));
        let user = seen.record.user.as_deref().map_or(0, hash);
        while self.waiting.front().is_some_and(|f| time.saturating_sub(f.time) > limits.cold_wait_ms) {
            if let Some(failure) = self.waiting.pop_front() {
                self.settle(limits, seen, &failure, out);
            }
        }
        if success {
            *self.addresses.entry(address, time) = time;
            *self.users.entry(user, time) = time;
            self.successes += 1.0;
        } else {
            if self.waiting.len() >= WAITING_MAX
                && let Some(failure) = self.waiting.pop_front()
            {
                self.settle(limits, seen, &failure, out);
            }
            self.waiting.push_back(Failure { time, address, user, event: seen.event });
        }
    }

    /// A failure's time is over: cold or not.
    fn settle(&mut self, limits: &Limits, seen: &Seen<'_>, failure: &Failure, out: &mut Vec<Detection>) {
        let explained = self.addresses.get(&failure.address).is_some()
            || self.users.get(&failure.user).is_some_and(|at| *at >= failure.time);
        if explained {
            return;
        }
        self.turn(failure.time);
        self.cold += 1.0;
        let allowed = self.allowed(limits);
        #[expect(clippy::cast_precision_loss, reason = "milliseconds within years")]
        let hours = failure.time.saturating_sub(self.last).max(0) as f64 / HOUR_MS as f64;
        self.sum = (self.sum - hours * allowed).max(0.0);
        self.last = self.last.max(failure.time);
        if self.sum == 0.0 {
            let told = std::mem::take(&mut self.campaign.told);
            self.campaign = Campaign { first: failure.time, told, ..Campaign::default() };
        }
        self.sum += 1.0;
        let campaign = &mut self.campaign;
        campaign.failures += 1;
        campaign.addresses.add(DISTINCT_MAX, failure.address, failure.time);
        campaign.users.add(DISTINCT_MAX, failure.user, failure.time);
        campaign.evidence.add(failure.event);
        if self.sum >= limits.cold_sum {
            self.say(limits, seen, allowed, out);
        }
    }

    /// Cold failures that an hour may have.
    fn allowed(&self, limits: &Limits) -> f64 {
        let used_to =
            if self.hours >= 24 { 2.0 * self.habit } else { (2.0 * self.habit).max(0.05 * self.success_habit) };
        limits.cold_per_hour.max(used_to)
    }

    fn say(&mut self, limits: &Limits, seen: &Seen<'_>, allowed: f64, out: &mut Vec<Detection>) {
        let campaign = &mut self.campaign;
        let (addresses, users) = (campaign.addresses.len(), campaign.users.len());
        // Few tries per address: what one address does is its own story.
        let thin = addresses >= DISTINCT_MAX || campaign.failures <= 3 * addresses as u64;
        if addresses < limits.cold_distinct || users < limits.cold_distinct / 2 || !thin {
            return;
        }
        let size = usize::try_from(campaign.failures).unwrap_or(usize::MAX);
        if !campaign.told.is_news(seen.time(), size, limits.slow_spray_ms) {
            return;
        }
        let more = |n: usize| if n >= DISTINCT_MAX { " or more" } else { "" };
        let why = format!(
            "{} failed logins since {} ago from {addresses}{} addresses that never got in, for {users}{} users who did not \
             get in either: this site is used to {:.1} such failures an hour and {allowed:.0} are allowed, {:.0} are too \
             many; would not have alerted below {:.0} more than allowed, or from fewer than {} addresses",
            human::count(campaign.failures),
            human::duration(seen.time().saturating_sub(campaign.first)),
            more(addresses),
            more(users),
            self.habit,
            self.sum,
            limits.cold_sum,
            limits.cold_distinct,
        );
        let host = seen.record.host.as_deref().unwrap_or(seen.source);
        let entity = EntityRef { kind: EntityKind::Host, value: host.into() };
        let (evidence, count) = (&campaign.evidence, campaign.failures);
        let severity = Severity::Medium;
        let mut d = seen.detection(&SPEC, Finding { severity, confidence: 0.75, entity, why, evidence, count });
        // The event that ended the waiting is somebody else's.
        d.src_ip = None;
        out.push(d);
    }

    /// Closes the hours that have passed and learns from them.
    fn turn(&mut self, time: i64) {
        let hour = time.div_euclid(HOUR_MS);
        if self.hour == i64::MIN {
            self.hour = hour;
        }
        let passed = hour.saturating_sub(self.hour).clamp(0, 24 * 14);
        for _ in 0..passed {
            // The first day learns faster; a busy hour counts at most as twice the habit and a little.
            let weight = HABIT_WEIGHT.max(1.0 / f64::from(self.hours + 1).min(24.0));
            let clipped = self.cold.min(2.0 * self.habit + 5.0);
            self.habit += weight * (clipped - self.habit);
            self.success_habit += weight * (self.successes - self.success_habit);
            (self.cold, self.successes) = (0.0, 0.0);
            self.hours = self.hours.saturating_add(1);
        }
        self.hour = self.hour.max(hour);
    }
}
