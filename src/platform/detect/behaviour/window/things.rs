//! A set of things of which one asks how many are not in another: linear counting (Whang and others 1990) over 2,048 bits,
//! which tells up to some five thousand apart.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Words of the map.
const WORDS: usize = 32;
const BITS: f64 = 64.0 * WORDS as f64;

/// See the module.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Things(Option<Box<[u64; WORDS]>>);

impl Things {
    /// Of nothing.
    pub const NONE: Self = Self(None);

    /// Adds a thing by its hash.
    pub fn add(&mut self, hash: u64) {
        let at = hash >> 20;
        self.0.get_or_insert_default()[at as usize / 64 % WORDS] |= 1 << (at & 63);
    }

    /// True if nothing was ever added.
    pub const fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// Adds all of another.
    pub fn merge(&mut self, other: &Self) {
        if let Some(more) = &other.0 {
            self.0.get_or_insert_default().iter_mut().zip(&**more).for_each(|(own, more)| *own |= more);
        }
    }

    /// About how many things of another are not in this one; few of what is nearly full.
    pub fn news(&self, other: &Self) -> f64 {
        let Some(more) = &other.0 else { return 0.0 };
        let own = self.0.as_deref().unwrap_or(&[0; WORDS]);
        let free = |words: &mut dyn Iterator<Item = u64>| f64::from(words.map(u64::count_zeros).sum::<u32>()) + 0.5;
        let before = free(&mut own.iter().copied());
        let after = free(&mut own.iter().zip(&**more).map(|(own, more)| own | more));
        (BITS * (before / after).ln()).max(0.0)
    }

    /// Forgets one word, another each day: what is used no more is gone after a month, and nothing stays full for ever.
    pub fn fade(&mut self, day: i64) {
        if let Some(own) = &mut self.0 {
            own[day.rem_euclid(WORDS as i64) as usize] = 0;
        }
    }
}

impl Serialize for Things {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().flat_map(|words| words.iter()))
    }
}

impl<'de> Deserialize<'de> for Things {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let words = Vec::<u64>::deserialize(deserializer)?;
        if words.is_empty() {
            return Ok(Self(None));
        }
        let words = <[u64; WORDS]>::try_from(words).map_err(|_| serde::de::Error::custom("a set of another size"))?;
        Ok(Self(Some(Box::new(words))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::detect::behaviour::fact::pair;
    use proptest::prelude::*;

    fn some(things: impl Iterator<Item = u64>) -> Things {
        let mut set = Things::default();
        things.for_each(|n| set.add(pair(n, 7)));
        set
    }

    #[test]
    fn what_is_new_is_counted_about_right_beside_what_is_known() {
        let known = some(0..1_500);
        for (new, least, most) in [(0, 0.0, 0.0), (50, 30.0, 75.0), (300, 240.0, 370.0), (1_000, 850.0, 1_150.0)] {
            let news = known.news(&some(1_000..1_500 + new));
            assert!((least..=most).contains(&news), "{new}: {news}");
        }
        assert!((Things::default().news(&known) - 1_500.0).abs() < 120.0);
    }

    #[test]
    fn a_month_forgets_everything() {
        let mut set = some(0..500);
        (0..WORDS as i64).for_each(|day| set.fade(day));
        assert!((set.news(&some(0..500)) - Things::default().news(&some(0..500))).abs() < 1e-9);
    }

    proptest! {
        #[test]
        fn nothing_of_itself_is_new_and_it_is_read_as_it_was_written(
            things in prop::collection::vec(any::<u64>(), 0..300),
        ) {
            let mut set = Things::default();
            things.iter().for_each(|n| set.add(*n));
            prop_assert_eq!(set.news(&set), 0.0);
            let json = serde_json::to_string(&set).unwrap();
            prop_assert_eq!(serde_json::from_str::<Things>(&json).unwrap(), set);
        }
    }
}
