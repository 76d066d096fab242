//! Incidents out of sight for a while: put there by somebody, brought back by time, by change, or by becoming more severe.
//! None stays away by itself: every snooze ends.

use super::{Error, File, Incidents};
use crate::api::{IncidentId, Severity, Snooze, TimelineKind, Timestamp, time::DAY_MS};

/// The longest an incident may be out of sight, in milliseconds.
pub const LONGEST_MS: i64 = 30 * DAY_MS;

impl Incidents {
    /// Puts an incident out of sight.
    ///
    /// # Errors
    /// Not known, changed meanwhile, no longer open, or the instant is past or too far ahead.
    pub fn snooze(
        &mut self,
        id: IncidentId,
        if_match: Option<u64>,
        snooze: Snooze,
        now: Timestamp,
    ) -> Result<&File, Error> {
        let actor = snooze.by.raw().to_owned();
        self.change(id, if_match, &actor, now, |file| {
            super::lifecycle::must_be_open(file, "snoozed")?;
            if snooze.until <= now || snooze.until > now.plus(LONGEST_MS) {
                return Err(Error::State("it can be out of sight for at most 30 days, and not into the past".into()));
            }
            let change = if snooze.on_change { ", or until something changes" } else { "" };
            let text = format!("Snoozed until {}{change}", snooze.until);
            file.incident.snoozed = Some(snooze);
            Ok(text)
        })
    }

    /// Brings back every incident whose time has come; gives their numbers.
    pub fn wake_due(&mut self, now: Timestamp) -> Vec<IncidentId> {
        let due = |file: &&mut File| file.incident.snoozed.as_ref().is_some_and(|s| s.until <= now);
        let woken = self.files.values_mut().filter(due).map(|file| {
            file.wake(now, "its time has come");
            file.incident.id
        });
        woken.collect()
    }
}

impl File {
    /// Something changed: who wanted to be told of that is.
    pub(super) fn stir(&mut self, now: Timestamp, what: &str) {
        if self.incident.snoozed.as_ref().is_some_and(|s| s.on_change) {
            self.wake(now, what);
        }
    }

    /// It became more severe than `before`: nobody meant to sleep through that.
    pub(super) fn alarm(&mut self, before: &Severity, now: Timestamp) {
        if self.incident.snoozed.is_some() && self.incident.severity > *before {
            self.wake(now, "it became more severe");
        }
    }

    fn wake(&mut self, now: Timestamp, why: &str) {
        self.incident.snoozed = None;
        self.changed(now);
        self.enter(now, TimelineKind::State, "platform", format!("Back from snooze: {why}"));
    }
}
