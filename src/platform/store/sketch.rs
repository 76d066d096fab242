//! Space-saving counters (Metwally, Agrawal, El Abbadi: "Efficient computation of frequent and top-k elements", 2005):
//! the most frequent values of an endless stream in bounded space. Exact until more than [`CAPACITY`] values are seen;
//! after that a count is too high by at most its `error`.

use std::collections::HashMap;

/// Values counted at once.
pub(super) const CAPACITY: usize = 1024;

/// Counts of one ten-minute slot. Saved whole: a busy stream changes most of it with every batch.
#[derive(Debug, Default)]
pub(super) struct Sketch {
    counts: HashMap<String, (u64, u64)>,
    /// No count is lower. Counts only grow, so a value that has it is a least one.
    floor: u64,
    changed: bool,
}

/// A value, its count, and by how much that may be too high.
pub(super) type Counted = (String, u64, u64);

impl Sketch {
    pub(super) fn load(rows: Vec<Counted>) -> Self {
        Self {
            counts: rows.into_iter().map(|(value, count, error)| (value, (count, error))).collect(),
            ..Self::default()
        }
    }

    /// Counts `value` `more` times.
    pub(super) fn add(&mut self, value: &str, more: u64) {
        self.changed = true;
        if let Some((count, _)) = self.counts.get_mut(value) {
            *count += more;
            return;
        }
        let inherited = if self.counts.len() < CAPACITY { 0 } else { self.drop_least() };
        self.counts.insert(value.to_owned(), (inherited + more, inherited));
    }

    /// Makes room and returns the count that the newcomer inherits.
    fn drop_least(&mut self) -> u64 {
        let mut least: Option<(&String, u64)> = None;
        for (value, (count, _)) in &self.counts {
            if least.is_none_or(|(_, c)| *count < c) {
                least = Some((value, *count));
                if *count <= self.floor {
                    break;
                }
            }
        }
        let Some((value, count)) = least.map(|(v, c)| (v.clone(), c)) else { return 0 };
        self.counts.remove(&value);
        self.floor = count;
        count
    }

    /// What has to be saved, if anything changed since it was last asked.
    pub(super) fn take_changes(&mut self) -> Option<Vec<(&str, u64, u64)>> {
        std::mem::take(&mut self.changed).then(|| self.counts.iter().map(|(v, (c, e))| (v.as_str(), *c, *e)).collect())
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
            let saved: Vec<Counted> =
                sketch.take_changes().into_iter().flatten().map(|(v, c, e)| (v.to_owned(), c, e)).collect();
            prop_assert!(sketch.take_changes().is_none());
            prop_assert_eq!(Sketch::load(saved).counts, sketch.counts);
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
