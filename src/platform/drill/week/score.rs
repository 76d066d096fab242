//! What of a simulated week was found, and how much was said that is not so.

use super::{ATTACKS, Attack, START, Week};
use crate::api::{Detection, EntityKind};

/// After an attack is over, its last window still has to close.
const GRACE_MS: i64 = 26 * 3_600_000;
/// The rules of the behaviour models.
pub const MODELS: &str = "behaviour.";

/// The outcome of one week or the sum of several.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Score {
    /// Found and all attacks by kind, in the order of [`ATTACKS`].
    pub kinds: [(u32, u32); ATTACKS.len()],
    /// Detections that no attack explains.
    pub false_alarms: u32,
    /// Days on which something could be said: all but the first.
    pub days: i64,
}

impl Score {
    /// Compares the detections of rules that begin with `family` (all, if it is empty) with what there was to be found.
    #[must_use]
    pub fn of(week: &Week, detections: &[Detection], family: &str) -> Self {
        let mut score = Self { days: week.days() - 1, ..Self::default() };
        let said: Vec<&Detection> = detections.iter().filter(|d| d.rule.starts_with(family)).collect();
        let mut explained = vec![false; said.len()];
        for attack in &week.attacks {
            let mut found = false;
            for (detection, explained) in said.iter().zip(&mut explained) {
                let about = is_about(detection, attack);
                found |= about;
                *explained |= about || is_seen_by_all(detection, attack);
            }
            if let Some(at) = ATTACKS.iter().position(|k| *k == attack.kind) {
                score.kinds[at].0 += u32::from(found);
                score.kinds[at].1 += 1;
            }
        }
        score.false_alarms = explained.iter().filter(|e| !**e).count() as u32;
        score
    }

    /// Adds another week.
    pub fn add(&mut self, other: &Self) {
        for (own, more) in self.kinds.iter_mut().zip(other.kinds) {
            *own = (own.0 + more.0, own.1 + more.1);
        }
        self.false_alarms += other.false_alarms;
        self.days += other.days;
    }

    /// The share found of each kind there was.
    pub fn shares(&self) -> impl Iterator<Item = (&'static str, f64)> + '_ {
        let all = ATTACKS.into_iter().zip(self.kinds).filter(|(_, (_, n))| *n > 0);
        all.map(|(kind, (found, n))| (kind, f64::from(found) / f64::from(n)))
    }

    /// The mean of the shares.
    #[must_use]
    pub fn average(&self) -> f64 {
        let shares: Vec<f64> = self.shares().map(|s| s.1).collect();
        shares.iter().sum::<f64>() / shares.len().max(1) as f64
    }

    /// False alarms a day.
    #[must_use]
    pub fn false_alarms_a_day(&self) -> f64 {
        f64::from(self.false_alarms) / (self.days.max(1)) as f64
    }
}

/// A detection is about an attack if it names who took part, in time. Everybody together count only for the attack that
/// shows nowhere else.
fn is_about(detection: &Detection, attack: &Attack) -> bool {
    let time = detection.time.0;
    if detection.entity.kind == EntityKind::Host {
        return attack.kind == "stuffing distributed" && time >= attack.from && time <= attack.until + GRACE_MS / 26;
    }
    let named = attack.who.iter().any(|who| who == detection.entity.value.raw());
    named && time >= attack.from && time <= attack.until + GRACE_MS
}

/// Guessing from one address shows among everybody too: that is no false alarm, but it does not count as found either.
fn is_seen_by_all(detection: &Detection, attack: &Attack) -> bool {
    let guessing = ["stuffing", "spray", "brute force"].iter().any(|kind| attack.kind.starts_with(kind));
    let time = detection.time.0;
    guessing && detection.entity.kind == EntityKind::Host && time >= attack.from && time <= attack.until + GRACE_MS / 26
}

impl Week {
    /// Whole days in it.
    fn days(&self) -> i64 {
        self.steps.last().map_or(1, |s| (s.time - START) / 86_400_000 + 1)
    }
}
