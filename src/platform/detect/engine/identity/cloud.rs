//! Audited operations by principal: families told at once, sequences of steps, secrets read in bulk, looking around.

use super::super::bounded::{self, Bounded};
use super::super::seen::{Evidence, Finding, Seen, Spec};
use super::Limits;
use super::cloud_table::{ENUMERATION, FACTOR_THEN_GRANT, FAMILIES, FAMILY_COUNT, Family, PERSISTENCE, SECRETS};
use super::feature::day;
use super::key::action;
use super::operation::{Step, meaning, reads};
use super::recent::{Recent, Told};
use crate::api::{Detection, EntityKind, EntityRef, Outcome, Severity};
use crate::platform::keyed::hash;
use crate::platform::record::Call;
use crate::text::{Untrusted, human};
use serde::{Deserialize, Serialize};

/// Principals remembered.
const PRINCIPALS_MAX: usize = 8_192;
const OPERATIONS_MAX: usize = 96;

#[derive(Default, Serialize, Deserialize)]
struct Principal {
    first: i64,
    calls: u64,
    habits: [Habit; FAMILY_COUNT],
    /// When each step was last taken: identity, credential, grant, factor.
    steps: [Option<i64>; 4],
    step_evidence: Evidence,
    sequences: [Told; 2],
    secrets: Bulk,
    /// Reading operations of the last while, and all that were ever done.
    looks: Recent,
    services: Recent,
    known: Recent,
    fresh: Recent,
    denied: Recent,
    look_evidence: Evidence,
    looked: Told,
}

/// On how many days a family was seen.
#[derive(Default, Serialize, Deserialize)]
struct Habit {
    days: u32,
    last_day: Option<i64>,
    told: Told,
}

/// Secrets of the current window and the most of any window before.
#[derive(Default, Serialize, Deserialize)]
struct Bulk {
    start: i64,
    reads: u32,
    objects: Recent,
    most: usize,
    told: Told,
    evidence: Evidence,
}

/// All principals.
#[derive(Serialize, Deserialize)]
pub(super) struct Cloud(
    #[serde(deserialize_with = "bounded::read::<_, _, _, PRINCIPALS_MAX>")] Bounded<u64, Principal>,
);

impl Cloud {
    pub fn new() -> Self {
        Self(Bounded::new(PRINCIPALS_MAX))
    }

    /// Takes a call in.
    pub fn called(&mut self, limits: &Limits, seen: &Seen<'_>, call: &Call<'_>, out: &mut Vec<Detection>) {
        let user = seen.record.user.as_deref().unwrap_or_default();
        let name = if user.is_empty() { &call.key } else { user };
        if name.is_empty() && seen.ip().is_none() {
            return;
        }
        // A cluster's own parts read secrets and everything else all day.
        let machine = user.starts_with("system:") && !user.starts_with("system:serviceaccount:default:");
        let who = if name.is_empty() { hash((&call.tenant, seen.ip())) } else { hash((&call.tenant, name)) };
        let principal = self.0.entry(who, seen.time());
        if principal.calls == 0 {
            principal.first = seen.time();
        }
        principal.calls += 1;
        let meaning = meaning(&call.action);
        let done = seen.record.outcome != Outcome::Failure;
        if let Some(which) = meaning.family.filter(|_| done && !machine) {
            principal.family(limits, seen, call, which, out);
        }
        if let Some(step) = meaning.step.filter(|_| done) {
            principal.step(limits, seen, call, step, out);
        }
        if meaning.secret && done && !machine {
            principal.secret(limits, seen, call, out);
        }
        if reads(&call.action) && !machine {
            principal.look(limits, seen, call, !done, out);
        }
    }
}

impl Principal {
    fn family(&mut self, limits: &Limits, seen: &Seen<'_>, call: &Call<'_>, which: usize, out: &mut Vec<Detection>) {
        let (family, habit): (&Family, _) = (&FAMILIES[which], &mut self.habits[which]);
        let today = day(seen.time());
        if habit.last_day != Some(today) {
            habit.last_day = Some(today);
            habit.days += 1;
        }
        let earlier = habit.days - 1;
        let routine = family.routine_days > 0 && earlier >= family.routine_days;
        if routine || !habit.told.is_news(seen.time(), 1, limits.repeat_ms.min(86_400_000)) {
            return;
        }
        let what = if call.object.is_empty() { String::new() } else { format!(" on {}", clip(&call.object)) };
        let before =
            if earlier == 0 { "for the first time".to_owned() } else { format!("on {earlier} earlier days too") };
        let bound = match family.routine_days {
            0 => "told whoever does it".to_owned(),
            n => format!("would not have alerted for somebody who did it on {n} earlier days"),
        };
        let why = format!("{}{what}: {}; {before}; {bound}", action(call), family.about);
        let mut evidence = Evidence::default();
        evidence.add(seen.event);
        out.push(finding(seen, &family.spec, (family.severity.clone(), family.confidence, why), &evidence, call));
    }

    fn step(&mut self, limits: &Limits, seen: &Seen<'_>, call: &Call<'_>, step: Step, out: &mut Vec<Detection>) {
        let time = seen.time();
        let recent =
            |at: &Option<i64>| at.is_some_and(|at| (0..=limits.sequence_ms).contains(&time.saturating_sub(at)));
        if !self.steps.iter().any(recent) {
            self.step_evidence = Evidence::default();
        }
        self.steps[step as usize] = Some(time);
        self.step_evidence.add(seen.event);
        let [identity, credential, grant, factor] = self.steps.each_ref().map(recent);
        let told = match step {
            _ if identity && credential && grant => Some((0, &PERSISTENCE, "a new identity, a credential and rights")),
            Step::Grant if factor => Some((1, &FACTOR_THEN_GRANT, "a second factor removed and rights granted")),
            _ => None,
        };
        let Some((which, spec, what)) = told else { return };
        if !self.sequences[which].is_news(time, 1, limits.repeat_ms) {
            return;
        }
        let (severity, confidence) = if which == 0 { (Severity::Medium, 0.65) } else { (Severity::High, 0.75) };
        let why = format!(
            "{what} within {}, the last step {}{}; would not have alerted with a step missing or more than {} between them",
            human::duration(
                self.steps
                    .iter()
                    .flatten()
                    .filter(|t| time.saturating_sub(**t) <= limits.sequence_ms)
                    .map(|t| time.saturating_sub(*t))
                    .max()
                    .unwrap_or(0)
            ),
            action(call),
            if call.object.is_empty() { String::new() } else { format!(" on {}", clip(&call.object)) },
            human::duration(limits.sequence_ms),
        );
        out.push(finding(seen, spec, (severity, confidence, why), &self.step_evidence, call));
    }

    fn secret(&mut self, limits: &Limits, seen: &Seen<'_>, call: &Call<'_>, out: &mut Vec<Detection>) {
        let (time, bulk) = (seen.time(), &mut self.secrets);
        if bulk.reads == 0 || !(0..=limits.denied_window_ms).contains(&time.saturating_sub(bulk.start)) {
            // The most is clipped, so that an attack does not become the habit at once.
            let most = bulk.most.max(bulk.objects.len().min(bulk.most * 2 + limits.secret_reads / 2));
            *bulk = Bulk { start: time, most, told: std::mem::take(&mut bulk.told), ..Bulk::default() };
        }
        bulk.reads += 1;
        if call.object.is_empty() {
            bulk.objects.add(OPERATIONS_MAX, (bulk.reads, &call.action), time);
        } else {
            bulk.objects.add(OPERATIONS_MAX, &call.object, time);
        }
        bulk.evidence.add(seen.event);
        let (count, limit) = (bulk.objects.len(), limits.secret_reads.max(bulk.most * 3));
        if count < limit || !bulk.told.is_news(time, count, limits.repeat_ms) {
            return;
        }
        let why = format!(
            "{count} different secrets read within {}, the last {}; the most it read in {} before was {}; would not have \
             alerted below {limit}",
            human::duration(time.saturating_sub(bulk.start)),
            clip(&call.object),
            human::duration(limits.denied_window_ms),
            bulk.most,
        );
        out.push(finding(seen, &SECRETS, (Severity::High, 0.7, why), &bulk.evidence, call));
    }

    /// Listing and describing: many operations of many services, refused or never done before.
    fn look(&mut self, limits: &Limits, seen: &Seen<'_>, call: &Call<'_>, refused: bool, out: &mut Vec<Detection>) {
        let (time, window) = (seen.time(), limits.denied_window_ms);
        let operation = (&call.service, &call.action);
        let new = self.known.last(operation).is_none();
        self.known.add(OPERATIONS_MAX, operation, time);
        if !self.looks.add(OPERATIONS_MAX, operation, time) && !refused {
            return;
        }
        self.services.add(OPERATIONS_MAX, &call.service, time);
        if new {
            self.fresh.add(OPERATIONS_MAX, operation, time);
        }
        if refused {
            self.denied.add(OPERATIONS_MAX, operation, time);
        }
        self.look_evidence.add(seen.event);
        let distinct = self.looks.within(time, window);
        let (services, denied) = (self.services.within(time, window), self.denied.within(time, window));
        let fresh = self.fresh.within(time, window);
        let one_service = call.service.is_empty();
        let knocking = distinct >= limits.looks
            && (services >= limits.look_services || one_service)
            && denied >= 5
            && denied * 3 >= distinct;
        let settled = self.calls >= 200 && time.saturating_sub(self.first) >= limits.key_age_ms;
        let roaming = settled
            && distinct >= 3 * limits.looks
            && services >= 2 * limits.look_services
            && fresh * 5 >= distinct * 3;
        if !(knocking || roaming) || !self.looked.is_news(time, distinct, limits.repeat_ms) {
            return;
        }
        let confidence = if knocking { 0.75 } else { 0.6 };
        let why = format!(
            "{distinct} different reading operations of {services} service{} within {}, {denied} of them refused, {fresh} \
             never done before by this principal, the last {}; would not have alerted below {} operations, or below 5 \
             refusals for one that does such things",
            if services == 1 { "" } else { "s" },
            human::duration(window),
            action(call),
            limits.looks,
        );
        out.push(finding(seen, &ENUMERATION, (Severity::Medium, confidence, why), &self.look_evidence, call));
    }
}

/// A detection about whoever made a call: the user, else the key, else the address.
pub(super) fn finding(
    seen: &Seen<'_>,
    spec: &Spec,
    (severity, confidence, why): (Severity, f32, String),
    evidence: &Evidence,
    call: &Call<'_>,
) -> Detection {
    let user = seen.record.user.as_deref().filter(|u| !u.is_empty());
    let key = (!call.key.is_empty()).then(|| EntityRef { kind: EntityKind::Key, value: (&*call.key).into() });
    let tenant = || EntityRef { kind: EntityKind::Tenant, value: (&*call.tenant).into() };
    let entity = user.map(EntityRef::user).or(key).or_else(|| seen.ip().map(EntityRef::address)).unwrap_or_else(tenant);
    let count = evidence.list().len() as u64;
    let mut d = seen.detection(spec, Finding { severity, confidence, entity, why, evidence, count });
    d.user = user.map(Untrusted::from);
    d
}

fn clip(text: &str) -> String {
    text.chars().take(80).collect()
}
