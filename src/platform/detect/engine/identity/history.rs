//! Counts of values: one user's, forgetting slowly, and the whole population's.

use super::super::bounded::{self, Bounded};
use super::feature::WEEK;
use super::recent::Recent;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Values remembered per user and factor.
const VALUES_MAX: usize = 16;
/// When a user's counts reach this they are halved: what was long ago weighs less, and a long history does not make
/// something new a certainty.
const TOTAL_MAX: u32 = 64;
/// Values remembered of the population.
const CROWD_MAX: usize = 8_192;
/// Users remembered per value; more are not told apart.
const USERS_MAX: usize = 8;

/// How often a user had which value.
#[derive(Default, Serialize, Deserialize)]
pub(super) struct Counts {
    values: Vec<(u64, u16)>,
    total: u32,
}

impl Counts {
    pub fn add(&mut self, key: u64) {
        if let Some(value) = self.values.iter_mut().find(|v| v.0 == key) {
            value.1 = value.1.saturating_add(1);
        } else {
            if self.values.len() >= VALUES_MAX
                && let Some(least) = (0..self.values.len()).min_by_key(|i| self.values[*i].1)
            {
                self.total -= u32::from(self.values.remove(least).1);
            }
            self.values.push((key, 1));
        }
        self.total += 1;
        if self.total > TOTAL_MAX {
            self.values.iter_mut().for_each(|v| v.1 /= 2);
            self.values.retain(|v| v.1 > 0);
            self.total = self.values.iter().map(|v| u32::from(v.1)).sum();
        }
    }

    pub fn of(&self, key: u64) -> u32 {
        self.values.iter().find(|v| v.0 == key).map_or(0, |v| u32::from(v.1))
    }

    pub const fn total(&self) -> u32 {
        self.total
    }

    pub fn distinct(&self) -> u32 {
        u32::try_from(self.values.len()).unwrap_or(u32::MAX)
    }
}

/// How often a user, or everybody, was there in which hour of the week.
#[derive(Serialize, Deserialize)]
pub(super) struct Hours {
    #[serde(serialize_with = "write_hours", deserialize_with = "read_hours")]
    counts: Box<[u16; WEEK]>,
    total: u32,
}

impl Default for Hours {
    fn default() -> Self {
        Self { counts: Box::new([0; WEEK]), total: 0 }
    }
}

/// Most hours have nothing in them: only the others are written.
fn write_hours<S: Serializer>(counts: &[u16; WEEK], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(counts.iter().enumerate().filter(|(_, count)| **count > 0))
}

fn read_hours<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Box<[u16; WEEK]>, D::Error> {
    let mut counts = Box::new([0; WEEK]);
    for (hour, count) in Vec::<(usize, u16)>::deserialize(deserializer)? {
        *counts.get_mut(hour).ok_or_else(|| serde::de::Error::custom("no such hour of a week"))? = count;
    }
    Ok(counts)
}

impl Hours {
    pub fn add(&mut self, hour: usize) {
        let slot = &mut self.counts[hour % WEEK];
        *slot += 1;
        self.total += 1;
        if *slot == u16::MAX {
            self.counts.iter_mut().for_each(|c| *c /= 2);
            self.total = self.counts.iter().map(|c| u32::from(*c)).sum();
        }
    }

    /// Count of an hour and its neighbours, total, and how many hours ever had one.
    pub fn near(&self, hour: usize) -> (f64, f64, f64) {
        let near = [WEEK - 1, 0, 1].map(|d| f64::from(self.counts[(hour + d) % WEEK]));
        #[expect(clippy::cast_precision_loss, reason = "at most 168")]
        let distinct = self.counts.iter().filter(|c| **c > 0).count() as f64;
        (near.iter().sum(), f64::from(self.total), distinct)
    }

    /// Count on days of the same sort (working days, or weekend) within `around` hours of the same time of day.
    pub fn alike(&self, hour: usize, around: usize) -> u32 {
        let (weekend, clock) = ((hour / 24) % 7 >= 5, hour % 24);
        let days = if weekend { 5..7 } else { 0..5 };
        let around = around.min(11);
        let clocks = (0..=2 * around).map(|d| (clock + 24 + d - around) % 24);
        clocks.map(|c| days.clone().map(|d| u32::from(self.counts[d * 24 + c])).sum::<u32>()).sum()
    }

    pub const fn total(&self) -> u32 {
        self.total
    }
}

/// How often everybody had which value, and how many users did.
#[derive(Serialize, Deserialize)]
pub(super) struct Crowd {
    #[serde(deserialize_with = "bounded::read::<_, _, _, CROWD_MAX>")]
    values: Bounded<u64, (u32, Recent)>,
    total: u32,
    /// How many different values there are in the world, about.
    world: f64,
}

impl Crowd {
    pub fn new(world: f64) -> Self {
        Self { values: Bounded::new(CROWD_MAX), total: 0, world }
    }

    pub fn add(&mut self, key: u64, user: u64, time: i64) {
        let value = self.values.entry(key, time);
        value.0 = value.0.saturating_add(1);
        value.1.add(USERS_MAX, user, time);
        self.total = self.total.saturating_add(1);
    }

    /// The population's share of a value, smoothed by half a login, and the chance of any one value by itself.
    pub fn share(&self, key: u64) -> (f64, f64) {
        let count = self.values.get(&key).map_or(0.0, |v| f64::from(v.0));
        ((count + 0.5) / (f64::from(self.total) + 0.5 * self.world), 1.0 / self.world)
    }

    /// Users who had it, up to [`USERS_MAX`].
    pub fn users(&self, key: u64) -> usize {
        self.values.get(&key).map_or(0, |v| v.1.len())
    }

    pub const fn logins(&self) -> u32 {
        self.total
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn counts_add_up_and_stay_small(keys in prop::collection::vec(0u64..40, 0..500)) {
            let mut counts = Counts::default();
            for key in keys {
                counts.add(key);
                prop_assert!(counts.of(key) >= 1 || counts.total() <= TOTAL_MAX);
                prop_assert!(counts.total() <= TOTAL_MAX && counts.distinct() as usize <= VALUES_MAX);
                let sum: u32 = (0..40).map(|k| counts.of(k)).sum();
                prop_assert_eq!(sum, counts.total());
            }
        }
    }

    #[test]
    fn working_days_are_alike_and_weekends_are_not() {
        let mut hours = Hours::default();
        hours.add(10); // Monday 10:00
        assert_eq!((hours.alike(4 * 24 + 12, 2), hours.alike(4 * 24 + 13, 2), hours.alike(5 * 24 + 10, 2)), (1, 0, 0));
        hours.add(6 * 24 + 23); // Sunday 23:00
        assert_eq!((hours.alike(5 * 24, 2), hours.alike(23, 2)), (1, 0));
    }
}
