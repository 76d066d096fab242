//! A map that never grows beyond a limit: when it is full, the quarter that has been silent longest is forgotten.

use super::keyed::Keys;
use std::collections::HashMap;
use std::hash::Hash;

/// See the module.
pub(in crate::platform::detect) struct Bounded<K, V> {
    map: HashMap<K, (i64, V), Keys>,
    limit: usize,
}

impl<K: Eq + Hash, V: Default> Bounded<K, V> {
    /// Empty, for at most `limit` values.
    pub fn new(limit: usize) -> Self {
        Self { map: HashMap::default(), limit }
    }

    /// The value of `key`, made if missing, marked as used at `time`.
    pub fn entry(&mut self, key: K, time: i64) -> &mut V {
        if self.map.len() >= self.limit && !self.map.contains_key(&key) {
            self.shrink();
        }
        let slot = self.map.entry(key).or_insert_with(|| (time, V::default()));
        slot.0 = slot.0.max(time);
        &mut slot.1
    }

    /// The value of `key`, without marking it as used.
    pub fn get(&self, key: &K) -> Option<&V> {
        self.map.get(key).map(|slot| &slot.1)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.map.len()
    }

    /// Keys and values in no particular order.
    pub fn iter(&self) -> impl Iterator<Item = (&K, &V)> {
        self.map.iter().map(|(key, slot)| (key, &slot.1))
    }

    /// One pass per quarter of the limit, so the cost per new entry stays constant.
    fn shrink(&mut self) {
        let mut times: Vec<i64> = self.map.values().map(|slot| slot.0).collect();
        let quarter = (times.len() / 4).min(times.len().saturating_sub(1));
        let (_, bound, _) = times.select_nth_unstable(quarter);
        let bound = *bound;
        self.map.retain(|_, slot| slot.0 > bound);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_holds_and_the_active_stay() {
        let mut map: Bounded<u32, u32> = Bounded::new(100);
        for n in 0..10_000u32 {
            *map.entry(n, i64::from(n)) += 1;
            *map.entry(0, i64::from(n)) += 1;
            assert!(map.len() <= 100);
        }
        assert_eq!(map.get(&0), Some(&10_001));
        assert!(map.get(&1).is_none());
    }
}
