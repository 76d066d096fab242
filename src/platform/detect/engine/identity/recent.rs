//! Distinct things of the last while, and when something was last told about them.

use super::super::seen::milestone;
use crate::platform::keyed::hash;
use serde::{Deserialize, Serialize};
use std::hash::Hash;

/// Distinct things by their hashes, each with when it was last seen. Full means that the longest silent one goes.
#[derive(Default, Serialize, Deserialize)]
#[serde(transparent)]
pub(in super::super) struct Recent {
    items: Vec<(u64, i64)>,
}

impl Recent {
    /// Notes one; true if it was not there.
    pub fn add(&mut self, limit: usize, thing: impl Hash, time: i64) -> bool {
        let hash = hash(thing);
        if let Some(item) = self.items.iter_mut().find(|i| i.0 == hash) {
            item.1 = item.1.max(time);
            return false;
        }
        if self.items.len() >= limit
            && let Some(oldest) = (0..self.items.len()).min_by_key(|i| self.items[*i].1)
        {
            self.items.swap_remove(oldest);
        }
        self.items.push((hash, time));
        true
    }

    /// When it was last seen.
    pub fn last(&self, thing: impl Hash) -> Option<i64> {
        let hash = hash(thing);
        self.items.iter().find(|i| i.0 == hash).map(|i| i.1)
    }

    /// Drops one.
    pub fn remove(&mut self, thing: impl Hash) {
        let hash = hash(thing);
        self.items.retain(|i| i.0 != hash);
    }

    /// How many were seen within `window` before `time`.
    pub fn within(&self, time: i64, window: i64) -> usize {
        self.items.iter().filter(|i| time.saturating_sub(i.1) <= window).count()
    }

    pub fn len(&self) -> usize {
        self.items.len()
    }

    pub fn clear(&mut self) {
        self.items.clear();
    }
}

/// When a story was last told, and how large it was then.
#[derive(Default, Serialize, Deserialize)]
pub(in super::super) struct Told {
    at: Option<i64>,
    next: u64,
}

impl Told {
    /// True if a story of this size is news: never told, ten times as large, or told longer ago than `quiet`.
    pub fn is_news(&mut self, time: i64, count: usize, quiet: i64) -> bool {
        let count = count as u64;
        if self.at.is_some_and(|at| time.saturating_sub(at) < quiet) && count < self.next {
            return false;
        }
        self.at = Some(time);
        self.next = milestone(10, count).max(count.saturating_mul(2));
        true
    }

    /// It was told within `window` before `time`.
    pub fn within(&self, time: i64, window: i64) -> bool {
        self.at.is_some_and(|at| time.saturating_sub(at) <= window)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_silent_goes_and_windows_count() {
        let mut recent = Recent::default();
        for n in 0..10i64 {
            assert!(recent.add(5, n, n));
        }
        assert!(!recent.add(5, 9i64, 11));
        assert_eq!((recent.len(), recent.last(4i64), recent.last(9i64)), (5, None, Some(11)));
        assert_eq!(recent.within(11, 3), 2);
        recent.remove(9i64);
        assert_eq!(recent.len(), 4);
    }

    #[test]
    fn a_story_is_told_again_when_it_grew_or_after_quiet() {
        let mut told = Told::default();
        let news: Vec<usize> = (1..=1_000).filter(|n| told.is_news(0, *n, 100)).collect();
        assert_eq!(news, [1, 10, 100, 1_000]);
        assert!(!told.is_news(99, 5, 100) && told.is_news(100, 5, 100));
        assert!(told.within(200, 100) && !told.within(201, 100));
    }
}
