//! Logins that do not look like their user: a smoothed likelihood ratio over country, network, device and hour.
//!
//! After Freeman, Jain, Dürmuth, Biggio and Giacinto, "Who Are You? A Statistical Approach to Measuring User
//! Authenticity" (NDSS 2016): the sum over the factors of ln P(value | somebody else) - ln P(value | this user). A
//! user's chance of a value is his share of it, smoothed towards the population by Witten and Bell's weight
//! (n / (n + distinct)), so that somebody who is always somewhere new is not told for being somewhere new. Somebody else
//! is half like the population and half like nobody seen before. A network within a new country says nothing more.

use super::super::bounded::{self, Bounded};
use super::super::seen::{Evidence, Finding, Seen, Spec};
use super::Limits;
use super::feature::{Device, Network, WEEK, day, hour_name, hour_of_week};
use super::history::{Counts, Crowd, Hours};
use super::recent::Told;
use super::travel::Travel;
use crate::api::{Detection, DetectionKind, EntityRef, Severity};
use crate::platform::keyed::hash;
use crate::text::Untrusted;
use serde::{Deserialize, Serialize};

pub(super) const SPEC: Spec = Spec {
    rule: "auth.unusual_login",
    title: "Login unlike its user",
    class: "account_takeover",
    kind: DetectionKind::Behaviour,
    techniques: &["T1078"],
};

/// Users remembered.
const USERS_MAX: usize = 16_384;
/// One term adds at most so much, and takes away at most [`TERM_MIN`]: no factor decides alone.
const TERM_MAX: f64 = 6.0;
const TERM_MIN: f64 = -2.0;
/// A term that speaks against the user.
const TELLING: f64 = 1.0;
/// The same user from the same place with the same device within this time is the same login, in milliseconds.
const AGAIN_MS: i64 = 30 * 60_000;
/// Days on which a stranger has to come back, unopposed, before it counts as the user.
const STRANGER_DAYS: u8 = 3;
const STRANGERS_MAX: usize = 4;

/// What is remembered of one user.
#[derive(Default, Serialize, Deserialize)]
struct User {
    country: Counts,
    network: Counts,
    device: Counts,
    hours: Hours,
    logins: u64,
    days: u32,
    last_day: i64,
    /// Network, device and time of the last login.
    last: (u64, u64, i64),
    strangers: Vec<Stranger>,
}

/// A combination that was told about and has not become the user's yet.
#[derive(Serialize, Deserialize)]
struct Stranger {
    who: u64,
    days: u8,
    last_day: i64,
    told: Told,
}

/// One login's values.
struct Values<'a> {
    country: Option<&'a str>,
    network: Network,
    device: Option<Device<'a>>,
    hour: usize,
}

impl Values<'_> {
    fn keys(&self) -> (Option<u64>, u64, Option<u64>) {
        (self.country.map(hash), hash(self.network), self.device.map(|d| d.hash()))
    }
}

/// All users.
#[derive(Serialize, Deserialize)]
pub(super) struct Signins {
    #[serde(deserialize_with = "bounded::read::<_, _, _, USERS_MAX>")]
    users: Bounded<u64, User>,
    country: Crowd,
    network: Crowd,
    device: Crowd,
    hours: Hours,
    travel: Travel,
}

impl Signins {
    pub fn new() -> Self {
        Self {
            users: Bounded::new(USERS_MAX),
            // How many different values there are elsewhere, in round numbers.
            country: Crowd::new(60.0),
            network: Crowd::new(1_000.0),
            device: Crowd::new(200.0),
            hours: Hours::default(),
            travel: Travel::new(),
        }
    }

    /// Takes a successful login in. One that was `accused` already is judged but not learnt from.
    pub fn succeeded(&mut self, limits: &Limits, seen: &Seen<'_>, accused: bool, out: &mut Vec<Detection>) {
        let record = seen.record;
        let (Some(name), Some(network)) = (record.user.as_deref(), Network::seen(seen)) else { return };
        let time = seen.time();
        let values = Values {
            country: record.country.as_deref(),
            network,
            device: Device::seen(record),
            hour: hour_of_week(time),
        };
        let (country, net, device) = values.keys();
        let who = hash(name);
        let user = self.users.entry(who, time);
        if (user.last.0, user.last.1) == (net, device.unwrap_or(0))
            && (0..AGAIN_MS).contains(&time.saturating_sub(user.last.2))
        {
            return;
        }
        user.last = (net, device.unwrap_or(0), time);
        let familiar = country.is_some_and(|c| user.country.of(c) >= 3) || user.network.of(net) >= 3;
        let shared = self.network.users(net) >= limits.shared_users;
        self.travel.succeeded(limits, seen, who, network, familiar || shared, out);
        let odd = self.judge(limits, seen, who, &values, out);
        let user = self.users.entry(who, time);
        if accused || (odd && !user.returns(hash((net, device)), time)) {
            return;
        }
        user.learn(&values, time);
        country.into_iter().for_each(|c| self.country.add(c, who, time));
        self.network.add(net, who, time);
        device.into_iter().for_each(|d| self.device.add(d, who, time));
        self.hours.add(values.hour);
    }

    /// True if the login is unlike its user; says so unless it was said before.
    fn judge(
        &mut self,
        limits: &Limits,
        seen: &Seen<'_>,
        who: u64,
        values: &Values<'_>,
        out: &mut Vec<Detection>,
    ) -> bool {
        let user = self.users.entry(who, seen.time());
        if user.logins < limits.signin_logins || user.days < limits.signin_days {
            return false;
        }
        let crowd = self.network.logins();
        if crowd < limits.signin_population {
            return false;
        }
        let (country, net, device) = values.keys();
        let mut terms: Vec<(f64, String)> = Vec::with_capacity(4);
        let mut abroad = false;
        if let (Some(key), Some(name)) = (country, values.country) {
            abroad = user.country.of(key) == 0 && user.country.total() > 0;
            terms.extend(term("country", &name, &user.country, &self.country, key));
        }
        if !abroad {
            let term = term("network", &values.network, &user.network, &self.network, net);
            // A network of many users, an office's or a mobile carrier's, speaks against nobody.
            let shared = self.network.users(net) >= limits.shared_users;
            terms.extend(term.map(|(t, why)| (if shared { t.min(0.0) } else { t }, why)));
        }
        if let (Some(key), Some(name)) = (device, &values.device) {
            terms.extend(term("device", name, &user.device, &self.device, key));
        }
        terms.push(hour_term(values.hour, &user.hours, &self.hours));
        let score: f64 = terms.iter().map(|t| t.0).sum();
        if score < limits.signin_score || terms.iter().filter(|t| t.0 >= TELLING).count() < 2 {
            return false;
        }
        let logins = user.logins;
        let days = user.days;
        if user.stranger(hash((net, device))).is_news(seen.time(), 1, limits.repeat_ms) {
            terms.sort_by(|a, b| b.0.total_cmp(&a.0));
            let most = terms.first().map_or(0.0, |t| t.0);
            let told: Vec<String> = terms.iter().map(|(t, why)| format!("{why}: {t:+.1}")).collect();
            let why = format!(
                "this login is e^{score:.1} ({:.0}) times more like somebody else's than like the user's {logins} logins on \
                 {days} days: {}; would not have alerted below {:.1}, so not without the first of these ({:.1} is left)",
                score.exp().min(1e9),
                told.join("; "),
                limits.signin_score,
                score - most,
            );
            out.push(finding(seen, &SPEC, Severity::Medium, confidence(score, limits.signin_score), why));
        }
        true
    }
}

/// 0.6 at the limit, towards 0.9 far above it.
#[expect(clippy::cast_possible_truncation, reason = "a number from 0.6 to 0.9")]
fn confidence(score: f64, limit: f64) -> f32 {
    (0.6 + 0.05 * (score - limit)).clamp(0.6, 0.9) as f32
}

/// A detection about the user of a successful login.
pub(super) fn finding(seen: &Seen<'_>, spec: &Spec, severity: Severity, confidence: f32, why: String) -> Detection {
    let mut evidence = Evidence::default();
    evidence.add(seen.event);
    let user = seen.record.user.as_deref().unwrap_or_default();
    let entity = EntityRef::user(user);
    let mut d = seen.detection(spec, Finding { severity, confidence, entity, why, evidence: &evidence, count: 1 });
    d.user = Some(Untrusted::from(user));
    d
}

/// One factor's term and its words; nothing where the user has no history of it.
fn term(what: &str, value: &dyn std::fmt::Display, own: &Counts, crowd: &Crowd, key: u64) -> Option<(f64, String)> {
    let (n, distinct) = (f64::from(own.total()), f64::from(own.distinct()));
    if n == 0.0 {
        return None;
    }
    let count = f64::from(own.of(key));
    let (share, anywhere) = crowd.share(key);
    let user = (count + distinct * share) / (n + distinct);
    let other = 0.5 * share + 0.5 * anywhere;
    let term = (other / user).ln().clamp(TERM_MIN, TERM_MAX);
    let seen = if count == 0.0 { "never".to_owned() } else { format!("{count:.0} times") };
    Some((term, format!("{what} {value} ({seen} in the user's last {n:.0}, {:.1} % of everybody's)", share * 100.0)))
}

fn hour_term(hour: usize, own: &Hours, crowd: &Hours) -> (f64, String) {
    let (count, n, distinct) = own.near(hour);
    let (all, total, _) = crowd.near(hour);
    #[expect(clippy::cast_precision_loss, reason = "168")]
    let even = 1.0 / WEEK as f64;
    let share = (all + 1.0) / (total + 1.0 / even);
    let user = (count + distinct * share) / (n + distinct).max(1e-9);
    let term = (f64::midpoint(share, even) / user).ln().clamp(TERM_MIN, TERM_MAX / 3.0);
    (term, format!("{} UTC ({count:.0} logins within an hour of it in {n:.0})", hour_name(hour)))
}

impl User {
    fn learn(&mut self, values: &Values<'_>, time: i64) {
        let (country, net, device) = values.keys();
        country.into_iter().for_each(|c| self.country.add(c));
        self.network.add(net);
        device.into_iter().for_each(|d| self.device.add(d));
        self.hours.add(values.hour);
        self.logins += 1;
        if self.days == 0 || self.last_day != day(time) {
            self.days = self.days.saturating_add(1);
            self.last_day = day(time);
        }
    }

    fn stranger(&mut self, who: u64) -> &mut Told {
        let at = self.strangers.iter().position(|s| s.who == who).unwrap_or_else(|| {
            if self.strangers.len() >= STRANGERS_MAX {
                self.strangers.remove(0);
            }
            self.strangers.push(Stranger { who, days: 0, last_day: i64::MIN, told: Told::default() });
            self.strangers.len() - 1
        });
        &mut self.strangers[at].told
    }

    /// A stranger that came on enough different days is the user after all.
    fn returns(&mut self, who: u64, time: i64) -> bool {
        let Some(stranger) = self.strangers.iter_mut().find(|s| s.who == who) else { return false };
        if stranger.last_day != day(time) {
            stranger.last_day = day(time);
            stranger.days = stranger.days.saturating_add(1);
        }
        stranger.days > STRANGER_DAYS
    }
}
