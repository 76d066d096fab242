//! Addresses that many people sign in from: there a user who is known mistypes now and then, and whoever gets in has
//! explained his own failures. An address of few users gets no such credit.

use super::identity::recent::Recent;
use super::seen::Seen;
use crate::platform::keyed::hash;

/// So many users who got in ...
const USERS_MIN: usize = 5;
/// ... within this time, in milliseconds, make an address an office's.
const WINDOW_MS: i64 = 7 * 86_400_000;
/// What a failure of a known user weighs there.
const KNOWN_WEIGHT: f64 = 0.25;
/// Users remembered per office.
const USERS_MAX: usize = 128;

/// What is known of one address.
#[derive(Default)]
pub(super) struct Office {
    /// Who got in from here lately.
    known: Recent,
    /// What the failures of each user weigh that no success has explained.
    pending: Vec<(u64, f64)>,
}

impl Office {
    /// The same for the next campaign: the people stay.
    pub fn again(&mut self) -> Self {
        Self { known: std::mem::take(&mut self.known), pending: Vec::new() }
    }

    /// What this failure weighs, and whether it is one of a known user in an office.
    pub fn failed(&mut self, seen: &Seen<'_>) -> (f64, bool) {
        let weight = f64::from(seen.record.repeat.max(1));
        let office = self.known.len() >= USERS_MIN && self.known.within(seen.time(), WINDOW_MS) >= USERS_MIN;
        let Some(user) = seen.record.user.as_deref().filter(|_| office) else { return (weight, false) };
        let known = self.known.last(user).is_some();
        let weight = if known { weight * KNOWN_WEIGHT } else { weight };
        let user = hash(user);
        if let Some(slot) = self.pending.iter_mut().find(|p| p.0 == user) {
            slot.1 += weight;
        } else if self.pending.len() < USERS_MAX {
            self.pending.push((user, weight));
        }
        (weight, known)
    }

    /// Somebody got in; returns what his failures weighed.
    pub fn succeeded(&mut self, seen: &Seen<'_>) -> Option<f64> {
        let user = seen.record.user.as_deref()?;
        self.known.add(USERS_MAX, user, seen.time());
        let user = hash(user);
        let at = self.pending.iter().position(|p| p.0 == user)?;
        Some(self.pending.swap_remove(at).1)
    }
}
