//! Space-saving counters (Metwally, Agrawal, El Abbadi: "Efficient computation of frequent and top-k elements", 2005):
//! the most frequent values of an endless stream in bounded space. Exact until more than [`CAPACITY`] values are seen;
//! after that a count is too high by at most its `error`.

use std::collections::{HashMap, HashSet};

/// Values counted at once.
pub(super) const CAPACITY: usize = 1024;

/// Counts of one ten-minute slot, and what changed since it was last saved.
#[derive(Debug, Default)]
pub(super) struct Sketch {
    counts: HashMap<String, (u64, u64)>,
    changed: HashSet<String>,
    dropped: HashSet<String>,
}

impl Sketch {
    pub(super) fn load(rows: impl Iterator<Item = (String, u64, u64)>) -> Self {
        Self { counts: rows.map(|(value, count, error)| (value, (count, error))).collect(), ..Self::default() }
    }

    /// Counts `value` `more` times.
    pub(super) fn add(&mut self, value: &str, more: u64) {
        if let Some((count, _)) = self.counts.get_mut(value) {
            *count += more;
        } else {
            let floor = if self.counts.len() < CAPACITY { 0 } else { self.drop_least() };
            self.counts.insert(value.to_owned(), (floor + more, floor));
            self.dropped.remove(value);
        }
        self.changed.insert(value.to_owned());
    }

    /// Makes room and returns the count that the newcomer inherits.
    fn drop_least(&mut self) -> u64 {
        let least = self.counts.iter().min_by_key(|(_, (count, _))| *count).map(|(v, (count, _))| (v.clone(), *count));
        let Some((value, count)) = least else { return 0 };
        self.counts.remove(&value);
        self.changed.remove(&value);
        self.dropped.insert(value);
        count
    }

    /// What has to be saved: values to drop, and values with count and error.
    pub(super) fn take_changes(&mut self) -> (Vec<String>, Vec<(String, u64, u64)>) {
        let changed = self.changed.drain().filter_map(|v| self.counts.get(&v).map(|(c, e)| (v, *c, *e))).collect();
        (self.dropped.drain().collect(), changed)
    }

    #[cfg(test)]
    pub(super) fn get(&self, value: &str) -> Option<(u64, u64)> {
        self.counts.get(value).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn counts_are_bounded_by_their_error(stream in prop::collection::vec(0u32..3000, 0..6000)) {
            let mut sketch = Sketch::default();
            let mut exact: HashMap<String, u64> = HashMap::new();
            for n in &stream {
                let value = (n * n % 2999).to_string();
                sketch.add(&value, 1);
                *exact.entry(value).or_default() += 1;
            }
            prop_assert!(sketch.counts.len() <= CAPACITY);
            for (value, (count, error)) in &sketch.counts {
                let truth = exact[value];
                prop_assert!(*count >= truth && count - error <= truth);
                if exact.len() <= CAPACITY { prop_assert_eq!(*count, truth); }
            }
            let (_, changed) = sketch.take_changes();
            prop_assert_eq!(changed.len(), sketch.counts.len());
        }
    }

    #[test]
    fn a_heavy_value_survives_a_flood() {
        let mut sketch = Sketch::default();
        for i in 0..20_000u32 {
            sketch.add(&i.to_string(), 1);
            if i % 10 == 0 {
                sketch.add("heavy", 1);
            }
        }
        assert!(sketch.get("heavy").is_some_and(|(count, _)| count >= 2_000));
    }
}
