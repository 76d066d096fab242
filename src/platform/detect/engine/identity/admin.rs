//! Administration at an hour at which neither this user nor anybody of the same tenant ever does any.

use super::super::bounded::{self, Bounded};
use super::super::seen::{Evidence, Seen, Spec};
use super::Limits;
use super::cloud::finding;
use super::feature::{day, hour_name, hour_of_week};
use super::history::Hours;
use super::key::action;
use super::recent::Told;
use crate::api::{Detection, DetectionKind, Severity};
use crate::platform::keyed::hash;
use crate::platform::record::Call;
use crate::text::human;
use serde::{Deserialize, Serialize};

pub(super) const SPEC: Spec = Spec {
    rule: "admin.off_hours",
    title: "Administration at an unusual hour",
    class: "anomaly",
    kind: DetectionKind::Behaviour,
    techniques: &["T1078"],
};

/// Administrators, and tenants, remembered.
const USERS_MAX: usize = 8_192;
/// Hours to either side that count as the same time of day.
const AROUND: usize = 2;
/// So often an hour is told about before it is taken for a new habit.
const ODD_MAX: u32 = 3;
const DAY_MS: i64 = 86_400_000;

#[derive(Default, Serialize, Deserialize)]
struct Habit {
    first: i64,
    days: u32,
    last_day: Option<i64>,
    hours: Hours,
    told: Told,
    /// How often something was told about an hour that is not learnt yet.
    odd: u32,
}

impl Habit {
    fn add(&mut self, time: i64, hour: usize) {
        if self.hours.total() == 0 {
            self.first = time;
        }
        if self.last_day != Some(day(time)) {
            self.last_day = Some(day(time));
            self.days += 1;
        }
        self.hours.add(hour);
    }

    fn knows(&self, limits: &Limits, time: i64) -> bool {
        self.days >= limits.admin_days
            && self.hours.total() >= limits.admin_calls
            && time.saturating_sub(self.first) >= limits.admin_age_ms
    }
}

/// Everybody's habits.
#[derive(Serialize, Deserialize)]
pub(super) struct Admins {
    #[serde(deserialize_with = "bounded::read::<_, _, _, USERS_MAX>")]
    users: Bounded<u64, Habit>,
    #[serde(deserialize_with = "bounded::read::<_, _, _, USERS_MAX>")]
    tenants: Bounded<u64, Habit>,
}

impl Admins {
    pub fn new() -> Self {
        Self { users: Bounded::new(USERS_MAX), tenants: Bounded::new(USERS_MAX) }
    }

    /// Takes a successful administrative call in.
    pub fn acted(&mut self, limits: &Limits, seen: &Seen<'_>, call: &Call<'_>, out: &mut Vec<Detection>) {
        let (time, hour) = (seen.time(), hour_of_week(seen.time()));
        let Some(name) = seen.record.user.as_deref() else { return };
        let tenant = self.tenants.entry(hash(&call.tenant), time);
        let user = self.users.entry(hash((&call.tenant, name)), time);
        let (own, all) = (user.hours.alike(hour, AROUND), tenant.hours.alike(hour, AROUND));
        let unusual = own == 0 && user.knows(limits, time) && tenant.knows(limits, time);
        // One action in a hundred of the tenant's at such an hour is nobody's habit.
        if !unusual || all * 100 > tenant.hours.total() {
            user.add(time, hour);
            tenant.add(time, hour);
            return;
        }
        // Once a day at most, and not learnt from before it was said often enough for somebody to mind.
        if !user.told.is_news(time, 1, DAY_MS) {
            return;
        }
        user.odd += 1;
        if user.odd > ODD_MAX {
            user.odd = 0;
            user.add(time, hour);
        }
        let why = format!(
            "{} at {} UTC: in {} administrative actions on {} days within {} this user never acted within {AROUND} hours of \
             that time on {}, and {all} of the tenant's {} did; would not have alerted within {AROUND} hours of a time that \
             was ever used",
            action(call),
            hour_name(hour),
            user.hours.total(),
            user.days,
            human::duration(time.saturating_sub(user.first)),
            if hour / 24 >= 5 { "a weekend" } else { "a working day" },
            tenant.hours.total(),
        );
        let mut evidence = Evidence::default();
        evidence.add(seen.event);
        out.push(finding(seen, &SPEC, (Severity::Low, 0.55, why), &evidence, call));
    }
}
