//! What is remembered of an entity between its windows: a slow mean and spread of every feature.
//!
//! Updates are clipped at three deviations and weigh at most 1/30 each, so that nobody teaches us a new normal in a
//! hurry; the day's history moves by 1/30 a day and is the slow reference that a patient attacker has to outrun.

use super::feature::{self, FEATURES, Vector};
use super::window::Things;
use serde::{Deserialize, Serialize};

/// Windows before an entity is judged by its own history, by length of window.
pub const OWN_MIN: [u16; 3] = [30, 12, 4];
/// The largest weight of one update once there is a history, by length of window: about a day, three days, a month.
const RATE: [f32; 3] = [1.0 / 144.0, 1.0 / 72.0, 1.0 / 30.0];
/// Updates are clipped at so many deviations.
const CLIP: f32 = 3.0;
/// A spread is never taken to be below this: `ln` of 28 %.
const SPREAD_MIN: f32 = 0.25;
/// Windows' worth of weight that the peers' usual spread has in an entity's own.
const PRIOR: f32 = 12.0;
/// Channels with a memory over days: bytes, objects, objects that are new, failed logins.
pub const CHANNELS: [usize; 4] = [feature::BYTES, feature::OBJECTS, feature::NEW_OBJECTS, feature::FAILURES];
/// A sum below this is chance (Page's decision interval, in deviations).
pub const SUM_MIN: f32 = 5.0;
/// Slack of the cumulative sum, in deviations a day (Page 1954): half the shift worth finding.
const SLACK: f32 = 0.6;
/// One day counts for at most so much.
const STEP_MAX: f32 = 4.0;

/// Own history at one length of window.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct History {
    /// Windows learnt from.
    pub windows: u16,
    #[serde(with = "super::snapshot::thousandths")]
    mean: Vector,
    #[serde(with = "super::snapshot::thousandths")]
    variance: Vector,
    /// Cumulative sums over days.
    pub sums: [f32; CHANNELS.len()],
}

/// What there is of hours and routes: only for users, sessions and keys.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Habit {
    /// Activity by hour of the day, halved when it outgrows a byte; days of the week, then week ends.
    hours: Vec<u8>,
    /// Bits of routes used.
    pub routes: u64,
    /// Objects used on the days of about the last month.
    objects: Things,
}

impl Default for History {
    fn default() -> Self {
        Self { windows: 0, mean: [0.0; FEATURES], variance: [0.0; FEATURES], sums: [0.0; CHANNELS.len()] }
    }
}

impl History {
    /// The usual value of a feature.
    pub fn usual(&self, feature: usize) -> f32 {
        self.mean.get(feature).copied().unwrap_or_default()
    }

    /// The usual spread, with `peers` as the spread of the peers.
    fn spread(&self, feature: usize, peers: f32) -> f32 {
        let own = self.variance.get(feature).copied().unwrap_or_default();
        spread_of(own, peers, f32::from(self.windows.min(144)))
    }

    /// How far a value is from the usual, in deviations.
    pub fn residual(&self, feature: usize, x: f32, peers: f32) -> f32 {
        (x - self.usual(feature)) / self.spread(feature, peers)
    }

    /// Learns an unsuspicious window and returns nothing; `peers` are the spreads of the peers.
    pub fn learn(&mut self, level: usize, x: &Vector, peers: &Vector) {
        let first = 1.0 / (f32::from(self.windows) + 1.0);
        let rate = first.max(RATE.get(level).copied().unwrap_or(1.0 / 144.0));
        let clip = if self.windows < 3 { f32::INFINITY } else { CLIP };
        let spreads = self.spreads(&peers.map(|peers| peers.max(0.5)));
        let both = self.mean.iter_mut().zip(&mut self.variance);
        for ((mean, variance), (x, spread)) in both.zip(x.iter().zip(&spreads)) {
            let step = x.max(*mean - clip * spread).min(*mean + clip * spread) - *mean;
            *mean += rate * step;
            *variance = (1.0 - rate) * (*variance + rate * step * step);
        }
        self.windows = self.windows.saturating_add(1);
    }

    /// The usual spreads of all features, several at a time.
    fn spreads(&self, peers: &Vector) -> Vector {
        let n = f32::from(self.windows.min(144));
        let mut spreads = [SPREAD_MIN; FEATURES];
        for ((spread, own), peers) in spreads.iter_mut().zip(&self.variance).zip(peers) {
            *spread = spread_of(*own, *peers, n);
        }
        spreads
    }

    /// How far all values are from the usual, in deviations.
    pub fn residuals(&self, x: &Vector, peers: &Vector) -> Vector {
        let mut residuals = self.spreads(peers);
        for ((residual, x), usual) in residuals.iter_mut().zip(x).zip(&self.mean) {
            *residual = (x - usual) / *residual;
        }
        residuals
    }

    /// Adds a day to the cumulative sums and returns the largest with its channel's feature.
    pub fn accumulate(&mut self, x: &Vector, peers: &Vector) -> (usize, f32) {
        let mut largest = (CHANNELS[0], 0.0);
        for (i, feature) in CHANNELS.into_iter().enumerate() {
            let step = self.residual(feature, x[feature], peers[feature]).clamp(-STEP_MAX, STEP_MAX) - SLACK;
            self.sums[i] = (self.sums[i] + step).max(0.0);
            if self.sums[i] > largest.1 {
                largest = (feature, self.sums[i]);
            }
        }
        largest
    }
}

/// An own variance of `n` windows, drawn towards the spread of the peers.
fn spread_of(own: f32, peers: f32, n: f32) -> f32 {
    ((own * n + peers * peers * PRIOR) / (n + PRIOR)).sqrt().max(SPREAD_MIN)
}

impl Habit {
    fn slot(time: i64) -> usize {
        let hour = time.div_euclid(3_600_000);
        let day = hour.div_euclid(24);
        // The first of January 1970 was a Thursday.
        let week_end = matches!((day + 3).rem_euclid(7), 5 | 6);
        usize::try_from(hour.rem_euclid(24)).unwrap_or(0) + if week_end { 24 } else { 0 }
    }

    /// How rare activity around this hour is: natural logarithm of one in how many of its own windows, against an even
    /// spread.
    pub fn rarity(&self, time: i64) -> f32 {
        let total: u32 = self.hours.iter().map(|h| u32::from(*h)).sum();
        if total < 30 || self.hours.len() != 48 {
            return 0.0;
        }
        let slot = Self::slot(time);
        let rest: u32 = self.hours[24..].iter().map(|h| u32::from(*h)).sum();
        // Whoever was never seen at a week end yet is compared with the days of the week.
        let base = if slot >= 24 && rest >= 10 { 24 } else { 0 };
        let near: u32 = [23, 0, 1].iter().map(|d| u32::from(self.hours[base + (slot + d) % 24])).sum();
        ((total as f32 + 48.0) / (near as f32 + 2.0) / 16.0).max(1.0).ln()
    }

    /// Learns a window of ten minutes.
    pub fn learn(&mut self, time: i64, routes: u64) {
        self.hours.resize(48, 0);
        let slot = &mut self.hours[Self::slot(time)];
        *slot += 1;
        if *slot == u8::MAX {
            self.hours.iter_mut().for_each(|h| *h /= 2);
        }
        self.routes |= routes;
    }

    /// About how many objects of a day were never used before.
    pub fn new_objects(&self, objects: &Things) -> f64 {
        self.objects.news(objects)
    }

    /// Learns the objects of a day that began at `time`.
    pub fn learn_objects(&mut self, time: i64, objects: &Things) {
        self.objects.fade(time.div_euclid(24 * 3_600_000));
        self.objects.merge(objects);
    }
}
