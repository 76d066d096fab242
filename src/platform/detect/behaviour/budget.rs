//! The operator's budget, split over the detectors that are at work: each tells what is rarer than its share allows.

use super::Settings;
use super::kind::{KINDS, LEVELS};
use super::peers::Peers;

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
/// One alarm is often seen by several detectors; so many times the budget may be spread without breaking it.
const OVERLAP: f64 = 1.0;

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
        for kind in 0..KINDS {
            for detector in 0..DETECTORS {
                if a_day(kind, detector) > 0.0 {
                    weights += KIND_WEIGHT[kind] * DETECTOR_WEIGHT[detector];
                }
            }
        }
        let budget = settings.false_alarms_per_day.max(1e-6) * OVERLAP;
        let mut limits = Self::default();
        for (kind, limits) in limits.0.iter_mut().enumerate() {
            for (detector, limit) in limits.iter_mut().enumerate() {
                let share = KIND_WEIGHT[kind] * DETECTOR_WEIGHT[detector] / f64::max(weights, 1.0);
                *limit = (a_day(kind, detector) / (budget * share)).max(20.0);
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
