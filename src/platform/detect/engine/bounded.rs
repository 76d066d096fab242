//! A map that never grows beyond a limit: when it is full, the quarter that has been silent longest is forgotten.
//!
//! Keys lead to places in one dense vector. So the table that has to have free slots is small, and a pass over all values
//! reads memory in order.

use crate::platform::keyed::Keys;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::collections::HashMap;
use std::hash::Hash;

/// Most values written down: those used last.
const WRITTEN_MAX: usize = 4_096;

/// See the module.
pub(in crate::platform::detect) struct Bounded<K, V> {
    places: HashMap<K, u32, Keys>,
    slots: Vec<Slot<K, V>>,
    /// The place asked for last: a value is mostly asked for several times in a row.
    last: u32,
    limit: usize,
    /// For how much longer than others a value is kept, in milliseconds: what it is about is no ordinary client.
    grace: fn(&V) -> i64,
}

struct Slot<K, V> {
    key: K,
    time: i64,
    value: V,
}

impl<K: Eq + Hash + Clone, V: Default> Bounded<K, V> {
    /// Empty, for at most `limit` values.
    pub fn new(limit: usize) -> Self {
        Self { places: HashMap::default(), slots: Vec::new(), last: 0, limit, grace: |_| 0 }
    }

    /// The same, but some values outlast others by some milliseconds of silence.
    pub fn with_grace(limit: usize, grace: fn(&V) -> i64) -> Self {
        Self { grace, ..Self::new(limit) }
    }

    /// The value of `key`, made if missing, marked as used at `time`.
    pub fn entry(&mut self, key: K, time: i64) -> &mut V {
        let place = match self.place(&key) {
            Some(place) => place,
            None => self.add(key, time),
        };
        self.last = place;
        let slot = &mut self.slots[place as usize];
        slot.time = slot.time.max(time);
        &mut slot.value
    }

    #[cold]
    fn add(&mut self, key: K, time: i64) -> u32 {
        if self.slots.len() >= self.limit {
            self.shrink();
        }
        if self.slots.len() == self.slots.capacity() {
            // Half as much again, and never room for values that the limit does not let come.
            let more = (self.slots.len() / 2).max(16).min(self.limit.saturating_sub(self.slots.len()));
            self.slots.reserve_exact(more);
        }
        // A limit beyond four thousand million values is no limit.
        let place = self.slots.len() as u32;
        self.places.insert(key.clone(), place);
        self.slots.push(Slot { key, time, value: V::default() });
        place
    }

    /// The value of `key`, without marking it as used.
    pub fn get(&self, key: &K) -> Option<&V> {
        self.slots.get(self.place(key)? as usize).map(|slot| &slot.value)
    }

    fn place(&self, key: &K) -> Option<u32> {
        match self.slots.get(self.last as usize) {
            Some(slot) if slot.key == *key => Some(self.last),
            _ => self.places.get(key).copied(),
        }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.slots.len()
    }

    /// Keys and values in no particular order.
    pub fn iter(&self) -> impl Iterator<Item = (&K, &V)> {
        self.slots.iter().map(|slot| (&slot.key, &slot.value))
    }

    /// One pass per quarter of the limit, so the cost per new entry stays constant.
    fn shrink(&mut self) {
        let grace = self.grace;
        let until = |slot: &Slot<K, V>| slot.time.saturating_add(grace(&slot.value));
        let mut times: Vec<i64> = self.slots.iter().map(until).collect();
        let quarter = (times.len() / 4).min(times.len().saturating_sub(1));
        let (_, bound, _) = times.select_nth_unstable(quarter);
        let bound = *bound;
        self.slots.retain(|slot| until(slot) > bound);
        self.places.clear();
        self.places.extend((0u32..).zip(&self.slots).map(|(place, slot)| (slot.key.clone(), place)));
    }
}

/// The values used last, each with its key and when that was.
impl<K: Serialize, V: Serialize> Serialize for Bounded<K, V> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut newest: Vec<&Slot<K, V>> = self.slots.iter().collect();
        newest.sort_by_key(|slot| std::cmp::Reverse(slot.time));
        newest.truncate(WRITTEN_MAX);
        serializer.collect_seq(newest.iter().map(|slot| (&slot.key, slot.time, &slot.value)))
    }
}

/// Reads such values into an empty one for at most `LIMIT`.
pub(in crate::platform::detect) fn read<'de, D, K, V, const LIMIT: usize>(
    deserializer: D,
) -> Result<Bounded<K, V>, D::Error>
where
    D: Deserializer<'de>,
    K: Eq + Hash + Clone + Deserialize<'de>,
    V: Default + Deserialize<'de>,
{
    let mut read = Bounded::new(LIMIT);
    for (key, time, value) in Vec::<(K, i64, V)>::deserialize(deserializer)? {
        *read.entry(key, time) = value;
    }
    Ok(read)
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

    #[test]
    fn what_is_written_is_read_back_the_newest_first_and_within_the_limit() {
        #[derive(Serialize, Deserialize)]
        struct Kept(#[serde(deserialize_with = "read::<_, _, _, 100>")] Bounded<u32, u32>);
        let mut kept = Kept(Bounded::new(10_000));
        for n in 0..6_000u32 {
            *kept.0.entry(n, i64::from(n)) = n + 1;
        }
        let json = serde_json::to_string(&kept).unwrap();
        assert!(json.starts_with("[[5999,5999,6000],"), "{}", &json[..40]);
        assert_eq!(json.matches("],[").count() + 1, WRITTEN_MAX);
        let read: Kept = serde_json::from_str(&json).unwrap();
        assert!(read.0.len() <= 100);
        let few: Kept = serde_json::from_str("[[7,70,1],[8,80,2]]").unwrap();
        assert_eq!((few.0.get(&7), few.0.get(&8), few.0.len()), (Some(&1), Some(&2), 2));
    }

    #[test]
    fn what_has_grace_outlasts_the_others_and_not_for_ever() {
        let mut map: Bounded<u32, i64> = Bounded::with_grace(100, |grace| *grace);
        *map.entry(7, 0) = 400;
        for n in 100..300 {
            map.entry(n, i64::from(n));
            assert!(map.len() <= 100);
        }
        assert_eq!(map.get(&7), Some(&400), "older than all, but not so harmless");
        for n in 300..800 {
            map.entry(n, i64::from(n));
        }
        assert!(map.get(&7).is_none());
    }
}
