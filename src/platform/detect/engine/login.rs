//! Failed logins: bursts and sprays of one address, campaigns of a range, against a user, over the whole population;
//! and the login that succeeds after all of that.

use super::bounded::Bounded;
use super::describe::counted;
use super::office::Office;
use super::seen::{Distinct, Evidence, Finding, Seen, Spec, milestone};
use super::{Client, GROUPS_MAX, Settings};
use crate::api::{Detection, DetectionKind, EntityKind, EntityRef, Severity, Timestamp};
use crate::text::{Untrusted, human};
use ipnet::IpNet;
use std::net::IpAddr;

const BURST: Spec = spec("auth.burst", "Password guessing", "brute_force", &["T1110.001"]);
const SPRAY: Spec = spec("auth.spray", "Password spraying", "password_spraying", &["T1110.003"]);
const DISTRIBUTED: Spec =
    spec("auth.spray_distributed", "Distributed password guessing", "password_spraying", &["T1110.003", "T1110.004"]);
pub(super) const ENTERED: Spec =
    spec("auth.success_after_burst", "Login after a burst of failures", "account_takeover", &["T1078", "T1110"]);

const fn spec(
    rule: &'static str,
    title: &'static str,
    class: &'static str,
    techniques: &'static [&'static str],
) -> Spec {
    Spec { rule, title, class, kind: DetectionKind::Behaviour, techniques }
}

/// Users remembered per address, addresses remembered per group.
const DISTINCT_MAX: usize = 256;
/// What one address has tried since it was last quiet.
#[derive(Default)]
pub(super) struct Campaign {
    /// Fill of the leaky bucket, which loses one per window: so N failures within a window always fill it, and a slow
    /// trickle of more than one per window does in the end.
    level: f64,
    first: i64,
    last: i64,
    failures: u64,
    users: Distinct,
    evidence: Evidence,
    next_burst: u64,
    next_spray: u64,
    entered: bool,
    /// Some failures were of users whom an office knows.
    known: bool,
    office: Office,
}

/// Campaigns of many addresses.
pub(super) struct Groups {
    ranges: Bounded<IpNet, Group>,
    users: Bounded<Box<str>, Group>,
    population: Group,
    successes: u64,
}

#[derive(Default)]
struct Group {
    start: i64,
    failures: u64,
    addresses: Distinct,
    users: Distinct,
    evidence: Evidence,
    next: u64,
}

impl Campaign {
    fn failed(&mut self, settings: &Settings, seen: &Seen<'_>) {
        let time = seen.time();
        let window = settings.burst_window_ms.max(1);
        #[expect(clippy::cast_precision_loss, reason = "milliseconds within days")]
        let leaked = time.saturating_sub(self.last).max(0) as f64 / window as f64;
        self.level = (self.level - leaked).max(0.0);
        if self.failures == 0 || (self.level == 0.0 && time.saturating_sub(self.last) > window) {
            *self = Self { first: time, office: self.office.again(), ..Self::default() };
        }
        self.last = self.last.max(time);
        self.failures += u64::from(seen.record.repeat.max(1));
        self.evidence.add(seen.event);
        let (weight, known) = self.office.failed(seen);
        self.known |= known;
        if let Some(user) = seen.record.user.as_deref().filter(|_| !known) {
            self.users.add(DISTINCT_MAX, user);
        }
        self.level += weight;
    }

    /// Somebody got in: in an office that explains the same user's failures.
    fn explained(&mut self, seen: &Seen<'_>) {
        if let Some(weight) = self.office.succeeded(seen) {
            self.level = (self.level - weight).max(0.0);
            seen.record.user.as_deref().into_iter().for_each(|user| self.users.remove(user));
        }
    }

    /// How far it got, in words.
    pub fn describe(&self) -> String {
        let level = format!("bucket {:.1}", self.level);
        format!("{}; {level}", counted(self.failures, self.users.len(), self.first))
    }

    fn span(&self) -> String {
        human::duration(self.last.saturating_sub(self.first))
    }

    fn say(&mut self, settings: &Settings, seen: &Seen<'_>, ip: IpAddr, out: &mut Vec<Detection>) {
        let users = self.users.len();
        if self.level > f64::from(settings.burst_failures) - 1.0 - 1e-9
            && self.failures >= self.next_burst.max(u64::from(settings.burst_failures))
        {
            self.next_burst = milestone(u64::from(settings.burst_failures) * 10, self.failures);
            let why = format!(
                "{} failed logins within {} for {}; the limit is {} within {}",
                human::count(self.failures),
                self.span(),
                match users {
                    0 if !self.known => "no user name".to_owned(),
                    // An office: only failures of users it knows.
                    0 => "users who are known there, each weighing a quarter".to_owned(),
                    1 => format!("1 user ({})", self.users.examples()),
                    n => format!("{n} users ({})", self.users.examples()),
                },
                settings.burst_failures,
                human::duration(settings.burst_window_ms),
            );
            let mut d = seen.detection(&BURST, self.finding(ip, Severity::Medium, 0.8, why));
            if users == 1 {
                d.user = seen.record.user.as_deref().map(Untrusted::from);
            }
            out.push(d);
        }
        if users >= settings.spray_users && users as u64 >= self.next_spray {
            self.next_spray = milestone(settings.spray_users as u64 * 10, users as u64);
            let why = format!(
                "{} failed logins for {users}{} different users within {}, for example {}",
                human::count(self.failures),
                if users >= DISTINCT_MAX { " or more" } else { "" },
                self.span(),
                self.users.examples(),
            );
            out.push(seen.detection(&SPRAY, self.finding(ip, Severity::Medium, 0.85, why)));
        }
    }

    fn finding(&self, ip: IpAddr, severity: Severity, confidence: f32, why: String) -> Finding<'_> {
        let entity = EntityRef::address(ip);
        Finding { severity, confidence, entity, why, evidence: &self.evidence, count: self.failures }
    }

    /// A login succeeded from the same address.
    fn succeeded(&mut self, settings: &Settings, seen: &Seen<'_>, ip: IpAddr, out: &mut Vec<Detection>) {
        let quiet = seen.time().saturating_sub(self.last) > 6 * settings.burst_window_ms;
        if self.next_burst == 0 && self.next_spray == 0 || self.entered || quiet {
            return;
        }
        self.entered = true;
        self.evidence.add(seen.event);
        let user = seen.record.user.as_deref().unwrap_or("unknown");
        let tried = self.users.has(user);
        let why = format!(
            "login as {user} succeeded {} after {} failed logins from the same address since {} ({})",
            human::duration(seen.time().saturating_sub(self.last)),
            human::count(self.failures),
            Timestamp(self.first).clock(),
            if tried { "this user was among those tried" } else { "this user was not among those tried" },
        );
        let confidence = if tried { 0.9 } else { 0.75 };
        let mut d = seen.detection(&ENTERED, self.finding(ip, Severity::High, confidence, why));
        d.evidence_count += 1;
        d.user = seen.record.user.as_deref().map(Untrusted::from);
        out.push(d);
    }
}

impl Group {
    fn failed(&mut self, settings: &Settings, seen: &Seen<'_>, ip: IpAddr) {
        let time = seen.time();
        if self.failures == 0 || !(0..=settings.campaign_window_ms).contains(&time.saturating_sub(self.start)) {
            *self = Self { start: time, ..Self::default() };
        }
        self.failures += u64::from(seen.record.repeat.max(1));
        self.addresses.add(DISTINCT_MAX, &ip.to_string());
        if let Some(user) = seen.record.user.as_deref() {
            self.users.add(DISTINCT_MAX, user);
        }
        self.evidence.add(seen.event);
    }

    /// Tells at `limit` addresses and at ten times as many.
    fn say(
        &mut self,
        seen: &Seen<'_>,
        limit: usize,
        entity: EntityRef,
        whom: &str,
        confidence: f32,
        out: &mut Vec<Detection>,
    ) {
        let addresses = self.addresses.len();
        if addresses < limit || (addresses as u64) < self.next {
            return;
        }
        self.next = milestone(limit as u64 * 10, addresses as u64);
        let why = format!(
            "{} failed logins {whom} from {addresses} addresses ({} ...) for {} users ({}) within {}",
            human::count(self.failures),
            self.addresses.examples(),
            self.users.len(),
            self.users.examples(),
            human::duration(seen.time().saturating_sub(self.start)),
        );
        let (evidence, count) = (&self.evidence, self.failures);
        let mut d = seen
            .detection(&DISTRIBUTED, Finding { severity: Severity::Medium, confidence, entity, why, evidence, count });
        d.user = seen.record.user.as_deref().map(Untrusted::from);
        out.push(d);
    }
}

impl Groups {
    pub fn new() -> Self {
        Self {
            ranges: Bounded::new(GROUPS_MAX),
            users: Bounded::new(GROUPS_MAX),
            population: Group::default(),
            successes: 0,
        }
    }

    pub fn observe(
        &mut self,
        settings: &Settings,
        seen: &Seen<'_>,
        ip: IpAddr,
        success: bool,
        client: &mut Client,
        out: &mut Vec<Detection>,
    ) {
        if success {
            self.successes += 1;
            let campaign = client.login.get_or_insert_default();
            campaign.succeeded(settings, seen, ip, out);
            campaign.explained(seen);
            return;
        }
        let campaign = client.login.get_or_insert_default();
        campaign.failed(settings, seen);
        campaign.say(settings, seen, ip, out);
        self.distributed(settings, seen, ip, out);
    }

    fn distributed(&mut self, settings: &Settings, seen: &Seen<'_>, ip: IpAddr, out: &mut Vec<Detection>) {
        if let Ok(net) = IpNet::new(ip, if ip.is_ipv4() { 24 } else { 48 }) {
            let net = net.trunc();
            let range = self.ranges.entry(net, seen.time());
            range.failed(settings, seen, ip);
            let entity = EntityRef { kind: EntityKind::Range, value: net.to_string().into() };
            range.say(seen, settings.range_addresses, entity, "out of one range", 0.85, out);
        }
        if let Some(user) = seen.record.user.as_deref() {
            let target = self.users.entry(user.into(), seen.time());
            target.failed(settings, seen, ip);
            target.say(seen, settings.user_addresses, EntityRef::user(user), "for one user", 0.7, out);
        }
        let fresh = self.population.failures == 0
            || !(0..=settings.campaign_window_ms).contains(&seen.time().saturating_sub(self.population.start));
        if fresh {
            self.successes = 0;
        }
        self.population.failed(settings, seen, ip);
        // Few tries per address, many names, hardly a success: nobody's typing errors look like this.
        let all = &self.population;
        let thin = all.failures <= 3 * all.addresses.len() as u64 && all.failures > 4 * self.successes;
        if all.users.len() >= settings.population_users && thin {
            let host = seen.record.host.as_deref().unwrap_or(seen.source);
            let entity = EntityRef { kind: EntityKind::Host, value: host.into() };
            self.population.say(seen, settings.population_users / 2, entity, "over all", 0.7, out);
        }
    }
}
