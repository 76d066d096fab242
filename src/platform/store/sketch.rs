//! Space-saving counters (Metwally, Agrawal, El Abbadi: "Efficient computation of frequent and top-k elements", 2005):
//! the most frequent values of an endless stream in bounded space. Exact until more than [`CAPACITY`] values are seen;
//! after that a count is too high by at most its `error`.

use super::block::{pull, push};
use crate::platform::keyed::Keys;
use std::collections::HashMap;

/// Values counted at once.
pub(super) const CAPACITY: usize = 1024;

/// Counts of one ten-minute slot. Saved whole: a busy stream changes most of it with every batch.
#[derive(Debug, Default)]
pub(super) struct Sketch {
    counts: HashMap<String, (u64, u64), Keys>,
    /// The lowest count when it was last looked for. Counts only grow, so a value that still has it is a least one.
    floor: u64,
    /// The values that had it then.
    least: Vec<String>,
    changed: bool,
}

impl Sketch {
    /// The sketch that was saved as `body`.
    pub(super) fn load(body: &[u8]) -> Self {
        let counts = saved(body).map(|(value, count, error)| (value.to_owned(), (count, error)));
        Self { counts: counts.collect(), ..Self::default() }
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

    /// Makes room and returns the count that the newcomer inherits. One look at all values serves as many newcomers as
    /// there were values with the lowest count.
    fn drop_least(&mut self) -> u64 {
        loop {
            while let Some(value) = self.least.pop() {
                if self.counts.get(&value).is_some_and(|(count, _)| *count == self.floor) {
                    self.counts.remove(&value);
                    return self.floor;
                }
            }
            let Some(floor) = self.counts.values().map(|(count, _)| *count).min() else { return 0 };
            self.floor = floor;
            let least = self.counts.iter().filter(|(_, (count, _))| *count == floor);
            self.least = least.map(|(value, _)| value.clone()).collect();
        }
    }

    /// What has to be saved, if anything changed since it was last asked.
    pub(super) fn take_changes(&mut self) -> Option<Vec<u8>> {
        if !std::mem::take(&mut self.changed) {
            return None;
        }
        let mut body = Vec::with_capacity(self.counts.len() * 24);
        for (value, (count, error)) in &self.counts {
            push(&mut body, value.len() as u64);
            body.extend_from_slice(value.as_bytes());
            push(&mut body, *count);
            push(&mut body, *error);
        }
        Some(body)
    }

    #[cfg(test)]
    pub(super) fn get(&self, value: &str) -> Option<(u64, u64)> {
        self.counts.get(value).copied()
    }
}

/// Values of a saved sketch, their counts, and by how much those may be too high. Ends where the bytes make no sense.
pub(super) fn saved(body: &[u8]) -> impl Iterator<Item = (&str, u64, u64)> {
    let mut rest = body;
    std::iter::from_fn(move || {
        let length = usize::try_from(pull(&mut rest)?).ok()?;
        let (value, after) = rest.split_at_checked(length)?;
        rest = after;
        Some((std::str::from_utf8(value).ok()?, pull(&mut rest)?, pull(&mut rest)?))
    })
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
            let saved = sketch.take_changes().unwrap_or_default();
            prop_assert!(sketch.take_changes().is_none());
            prop_assert_eq!(Sketch::load(&saved).counts, sketch.counts);
        }

        #[test]
        fn any_bytes_are_survived(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            prop_assert!(saved(&bytes).count() <= bytes.len());
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
