//! API keys: used from somewhere new for something new, awake after a long sleep, refused again and again, in two
//! countries at once. A key that roams, such as a build system's, is judged by what it does, never by where from.

use super::super::bounded::{self, Bounded};
use super::super::seen::{Evidence, Finding, Seen, Spec};
use super::Limits;
use super::country;
use super::feature::Network;
use super::recent::{Recent, Told};
use crate::api::{Detection, DetectionKind, EntityKind, EntityRef, Outcome, Severity};
use crate::platform::keyed::hash;
use crate::platform::record::Call;
use crate::text::{Untrusted, human};
use serde::{Deserialize, Serialize};

pub(super) const SPEC: Spec = Spec {
    rule: "key.misuse",
    title: "API key used unlike before",
    class: "key_misuse",
    kind: DetectionKind::Behaviour,
    techniques: &["T1078.004", "T1552"],
};

/// Keys remembered.
const KEYS_MAX: usize = 16_384;
/// Networks, countries and kinds of operation remembered per key.
const NETWORKS_MAX: usize = 16;
const KINDS_MAX: usize = 96;
/// A key at home in so many networks roams: one more says nothing.
const ROAMING: usize = 6;
const DAY_MS: i64 = 86_400_000;

#[derive(Default, Serialize, Deserialize)]
struct Key {
    first: i64,
    last: i64,
    calls: u64,
    networks: Recent,
    kinds: Recent,
    /// Where it was new, since when, and how many kinds of operation were new there.
    strange: Option<Strange>,
    /// The longest it was ever silent.
    gap: i64,
    refused: Refused,
    countries: [Option<(Box<str>, i64)>; 2],
    told: [Told; 4],
}

#[derive(Serialize, Deserialize)]
struct Strange {
    network: Network,
    since: i64,
    kinds: u32,
    admin: bool,
    evidence: Evidence,
}

/// Calls of the current window, and how many of them were refused.
#[derive(Default, Serialize, Deserialize)]
struct Refused {
    start: i64,
    calls: u32,
    refused: u32,
    actions: Recent,
    evidence: Evidence,
    /// Refused and all calls before this window.
    before: (u64, u64),
}

/// All keys.
#[derive(Serialize, Deserialize)]
pub(super) struct Keys(#[serde(deserialize_with = "bounded::read::<_, _, _, KEYS_MAX>")] Bounded<u64, Key>);

impl Keys {
    pub fn new() -> Self {
        Self(Bounded::new(KEYS_MAX))
    }

    /// Takes a call in that names its key.
    pub fn used(&mut self, limits: &Limits, seen: &Seen<'_>, call: &Call<'_>, out: &mut Vec<Detection>) {
        let time = seen.time();
        let key = self.0.entry(hash((&call.tenant, &call.key)), time);
        if key.calls == 0 {
            (key.first, key.last) = (time, time);
        }
        let start = out.len();
        key.awake(limits, seen, call, out);
        key.elsewhere(limits, seen, call, out);
        key.twice(limits, seen, call, out);
        key.denied(limits, seen, call, out);
        key.calls += 1;
        key.last = key.last.max(time);
        // What was told of teaches nothing; a strange place is learnt once nothing came of it for a day.
        let strange = key.strange.as_ref().is_some_and(|s| time.saturating_sub(s.since) < DAY_MS);
        if out.len() == start && !strange {
            key.kinds.add(KINDS_MAX, kind(call), time);
            if let Some(network) = Network::seen(seen) {
                key.networks.add(NETWORKS_MAX, network, time);
            }
        }
    }
}

/// Service and kind of operation: `iam` and `Create` of `CreateUser`, `pods/exec` and `create` of `pods/exec:create`.
fn kind(call: &Call<'_>) -> u64 {
    hash((&call.service, verb(&call.action)))
}

/// `Create` of `CreateUser`, everything but the last part of what is written with dots or colons.
fn verb(action: &str) -> &str {
    if let Some(at) = action.rfind(['.', ':', '/']) {
        return &action[..at];
    }
    let end = action.char_indices().skip(1).find(|(_, c)| c.is_ascii_uppercase()).map_or(action.len(), |(i, _)| i);
    &action[..end]
}

impl Key {
    fn warm(&self, limits: &Limits, time: i64) -> bool {
        self.calls >= limits.key_calls && time.saturating_sub(self.first) >= limits.key_age_ms
    }

    /// After a long silence.
    fn awake(&mut self, limits: &Limits, seen: &Seen<'_>, call: &Call<'_>, out: &mut Vec<Detection>) {
        let silent = seen.time().saturating_sub(self.last);
        let usual = self.gap;
        self.gap = self.gap.max(silent);
        if silent < limits.dormant_ms || silent < usual.saturating_mul(2) || self.calls < 5 {
            return;
        }
        let new = Network::seen(seen).is_some_and(|n| self.networks.last(n).is_none());
        let (severity, confidence) = if new { (Severity::Medium, 0.75) } else { (Severity::Low, 0.5) };
        let why = format!(
            "{} after a silence of {}{}; in {} calls before it was never silent for more than {}; would not have alerted \
             before {}",
            action(call),
            human::duration(silent),
            if new { ", from a network it was never used from" } else { "" },
            self.calls,
            human::duration(usual),
            human::duration(limits.dormant_ms.max(usual.saturating_mul(2))),
        );
        self.say(0, limits, seen, call, (severity, confidence, why), None, out);
    }

    /// Somewhere new, for something new.
    fn elsewhere(&mut self, limits: &Limits, seen: &Seen<'_>, call: &Call<'_>, out: &mut Vec<Detection>) {
        let (Some(network), time) = (Network::seen(seen), seen.time()) else { return };
        if self.networks.len() >= ROAMING || self.networks.last(network).is_some() || !self.warm(limits, time) {
            return;
        }
        if self.strange.as_ref().is_none_or(|s| s.network != network) {
            self.strange =
                Some(Strange { network, since: time, kinds: 0, admin: false, evidence: Evidence::default() });
        }
        let fresh = self.kinds.last(kind(call)).is_none();
        let Some(strange) = self.strange.as_mut().filter(|_| fresh) else { return };
        strange.kinds += 1;
        strange.admin |= call.admin;
        strange.evidence.add(seen.event);
        if !strange.admin && strange.kinds < limits.key_kinds {
            return;
        }
        let (severity, confidence) = if strange.admin { (Severity::High, 0.8) } else { (Severity::Medium, 0.7) };
        let why = format!(
            "{} from {network}: the network and this kind of operation are new to a key with {} calls in {} from {} \
             network{}; {} new kind{} there so far{}; would not have alerted below {} or from a network it knows",
            action(call),
            self.calls,
            human::duration(time.saturating_sub(self.first)),
            self.networks.len(),
            if self.networks.len() == 1 { "" } else { "s" },
            strange.kinds,
            if strange.kinds == 1 { "" } else { "s" },
            if strange.admin { ", one of them administration" } else { "" },
            limits.key_kinds,
        );
        let evidence = std::mem::take(&mut strange.evidence);
        self.say(1, limits, seen, call, (severity, confidence, why), Some(&evidence), out);
        if let Some(strange) = &mut self.strange {
            strange.evidence = evidence;
        }
    }

    /// In one country, in another, and in the first again.
    fn twice(&mut self, limits: &Limits, seen: &Seen<'_>, call: &Call<'_>, out: &mut Vec<Detection>) {
        let Some(country) = seen.record.country.as_deref() else { return };
        let time = seen.time();
        let [here, there] = &mut self.countries;
        if let Some(here) = here.as_mut().filter(|h| *h.0 == *country) {
            here.1 = here.1.max(time);
            return;
        }
        std::mem::swap(here, there);
        // `there` is now where it was just now, `here` where it was before that.
        let before = here.replace((country.into(), time));
        let Some((other, _)) = there.as_ref() else { return };
        let back = before.filter(|b| *b.0 == *country).map(|b| time.saturating_sub(b.1));
        let Some(away) = back.filter(|away| (0..=limits.session_ms).contains(away)) else { return };
        let km = country::place(country).zip(country::place(other)).map_or(0.0, |(a, b)| a.apart(&b));
        if km < limits.travel_km || self.networks.len() >= ROAMING {
            return;
        }
        let why = format!(
            "used in {country}, in {other} and in {country} again within {}: at least {km:.0} km apart; would not have \
             alerted after {} or below {:.0} km",
            human::duration(away),
            human::duration(limits.session_ms),
            limits.travel_km,
        );
        self.say(2, limits, seen, call, (Severity::High, 0.8, why), None, out);
    }

    /// Refused again and again, for different things.
    fn denied(&mut self, limits: &Limits, seen: &Seen<'_>, call: &Call<'_>, out: &mut Vec<Detection>) {
        let (time, refused) = (seen.time(), &mut self.refused);
        if refused.calls == 0 || !(0..=limits.denied_window_ms).contains(&time.saturating_sub(refused.start)) {
            let before = (refused.before.0 + u64::from(refused.refused), refused.before.1 + u64::from(refused.calls));
            *refused = Refused { start: time, before, ..Refused::default() };
        }
        refused.calls = refused.calls.saturating_add(1);
        if seen.record.outcome != Outcome::Failure {
            return;
        }
        refused.refused = refused.refused.saturating_add(1);
        refused.actions.add(KINDS_MAX, (&call.service, &call.action, &call.object), time);
        refused.evidence.add(seen.event);
        let usual = refused.before.0 * 10 < refused.before.1 || refused.before.1 == 0;
        if refused.refused < limits.denied_calls
            || refused.actions.len() < 3
            || refused.refused * 2 < refused.calls
            || !usual
        {
            return;
        }
        let why = format!(
            "{} of {} calls refused within {}, for {} different operations, the last {}; before that {} of {}; would not \
             have alerted below {}",
            refused.refused,
            refused.calls,
            human::duration(time.saturating_sub(refused.start)),
            refused.actions.len(),
            action(call),
            refused.before.0,
            refused.before.1,
            limits.denied_calls,
        );
        let evidence = std::mem::take(&mut refused.evidence);
        self.say(3, limits, seen, call, (Severity::Medium, 0.7, why), Some(&evidence), out);
        self.refused.evidence = evidence;
    }

    #[expect(clippy::too_many_arguments, reason = "one line of each detector")]
    fn say(
        &mut self,
        which: usize,
        limits: &Limits,
        seen: &Seen<'_>,
        call: &Call<'_>,
        (severity, confidence, why): (Severity, f32, String),
        evidence: Option<&Evidence>,
        out: &mut Vec<Detection>,
    ) {
        if !self.told[which].is_news(seen.time(), 1, limits.repeat_ms) {
            return;
        }
        let mut one = Evidence::default();
        one.add(seen.event);
        let evidence = evidence.unwrap_or(&one);
        let count = evidence.list().len() as u64;
        let entity = EntityRef { kind: EntityKind::Key, value: (&*call.key).into() };
        let mut d = seen.detection(&SPEC, Finding { severity, confidence, entity, why, evidence, count });
        d.user = seen.record.user.as_deref().map(Untrusted::from);
        out.push(d);
    }
}

/// `CreateUser (iam.amazonaws.com)`, short enough for a sentence.
pub(super) fn action(call: &Call<'_>) -> String {
    let short = |t: &str| t.chars().take(60).collect::<String>();
    if call.service.is_empty() {
        short(&call.action)
    } else {
        format!("{} ({})", short(&call.action), short(&call.service))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_operation_has_a_kind() {
        let told = ["CreateUser", "create", "pods/exec:create", "repo.destroy", "é", "", "S3"].map(verb);
        assert_eq!(told, ["Create", "create", "pods/exec", "repo", "é", "", "S3"]);
    }
}
