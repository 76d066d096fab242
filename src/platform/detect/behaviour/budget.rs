//! The operator's budget, split over the detectors that are at work: each tells what is rarer than its share allows.

use super::Settings;
use super::kind::{KINDS, LEVELS};
use super::peers::Peers;
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

/// Detectors of one kind of entity: three lengths of window, the forest, the cumulative sums.
pub const DETECTORS: usize = LEVELS + 2;
/// Place of the forest among them.
pub const FOREST: usize = LEVELS;
/// Place of the cumulative sums.
pub const SUMS: usize = LEVELS + 1;
/// How the budget is weighed by kind: addresses and users are what attacks come as.
const KIND_WEIGHT: [f64; KINDS] = [3.0, 1.0, 3.0, 1.0, 2.0, 1.0, 3.0];
/// And by detector.
const DETECTOR_WEIGHT: [f64; DETECTORS] = [3.0, 2.0, 2.0, 1.0, 1.5];

/// Alarms of a day: no more than the budget within any 24 hours, and the more were raised the rarer the next has to be.
/// What is not raised is counted. By the events' own time, so that a replay gives the same.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Purse {
    raised: VecDeque<i64>,
    /// About whom, in the same order.
    #[serde(default)]
    about: VecDeque<u64>,
    held: u64,
}

/// The last alarm of a day has to be about so many times rarer than the first.
const LAST_PRICE: f64 = 16.0;
const DAY_MS: i64 = 86_400_000;

impl Purse {
    /// How many times rarer than its limit something has to be to be raised now; nothing when the day is spent.
    pub fn price(&mut self, settings: Settings, now: i64) -> Option<f64> {
        // A clock that went back must not close the purse for ever. What was written before it was known about whom is
        // about nobody.
        self.about.resize(self.raised.len(), 0);
        let both = self.raised.iter().copied().zip(self.about.iter().copied());
        (self.raised, self.about) = both.filter(|(t, _)| (0..DAY_MS).contains(&now.saturating_sub(*t))).unzip();
        let (spent, budget) = (self.raised.len() as f64, settings.false_alarms_per_day.max(1.0).floor());
        (spent < budget).then(|| LAST_PRICE.powf(spent / budget))
    }

    /// One was raised about this entity.
    pub fn spend(&mut self, now: i64, about: u64) {
        self.about.resize(self.raised.len(), 0);
        self.raised.push_back(now);
        self.about.push_back(about);
    }

    /// Somebody else noticed this entity too: what was raised about it cost nothing after all.
    pub fn refund(&mut self, about: u64) {
        if let Some(at) = self.about.iter().position(|a| *a == about) {
            self.about.remove(at);
            self.raised.remove(at);
        }
    }

    /// One was not.
    pub fn hold(&mut self) {
        self.held += 1;
    }

    /// How many were not raised, ever.
    pub fn held(&self) -> u64 {
        self.held
    }
}

/// What is more common than one in so many windows is not told, however few windows there are.
pub const COMMON: f64 = 200.0;

/// One in how many windows each detector tells.
#[derive(Debug, Clone)]
pub struct Limits([[f64; DETECTORS]; KINDS]);

impl Default for Limits {
    fn default() -> Self {
        Self([[f64::INFINITY; DETECTORS]; KINDS])
    }
}

impl Limits {
    /// From windows a day; `part` of the running day is over.
    pub fn new(settings: Settings, peers: &[Option<Box<Peers>>], part: f64) -> Self {
        let a_day = |kind: usize, detector: usize| {
            let level = match detector {
                FOREST => 0,
                SUMS => LEVELS - 1,
                level => level,
            };
            peers.get(kind * LEVELS + level).and_then(Option::as_ref).map_or(0.0, |p| p.a_day(part))
        };
        let mut weights = 0.0;
        for (kind, of_kind) in KIND_WEIGHT.iter().enumerate() {
            for (detector, of_detector) in DETECTOR_WEIGHT.iter().enumerate() {
                if a_day(kind, detector) > 0.0 {
                    weights += of_kind * of_detector;
                }
            }
        }
        let budget = settings.false_alarms_per_day.max(1e-6);
        let mut limits = Self::default();
        for (kind, limits) in limits.0.iter_mut().enumerate() {
            for (detector, limit) in limits.iter_mut().enumerate() {
                let share = KIND_WEIGHT[kind] * DETECTOR_WEIGHT[detector] / f64::max(weights, 1.0);
                *limit = (a_day(kind, detector) / (budget * share)).max(COMMON);
            }
        }
        limits
    }

    /// One in how many windows this detector tells.
    pub fn of(&self, kind: usize, detector: usize) -> f64 {
        self.0[kind][detector]
    }

    /// How many times rarer than an alarm something must be that may block by itself.
    pub fn block(settings: Settings) -> f64 {
        (settings.false_alarms_per_day * 30.0 / settings.false_blocks_per_month.max(1e-6)).max(10.0)
    }
}
