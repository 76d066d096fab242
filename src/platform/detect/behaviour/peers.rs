//! The peers: how the windows of one kind and length are distributed, feature by feature, and what that makes of one.
//!
//! Each feature has two tails, one over the values of all peers and one over the distances from each entity's own usual.
//! A window's score is the sum of its three largest surprises, each `-log10` of a tail probability; the score has a tail
//! of its own, which turns it into "1 in N windows".

use super::feature::{FEATURES, Vector};
use super::history::{History, OWN_MIN};
use crate::platform::detect::model::Tail;
use serde::{Deserialize, Serialize};

/// A value more common than one in this is no surprise.
const COMMON: f64 = 10.0;
/// A feature counts for at most so much, so that no single one can carry a window alone beyond reason.
const SURPRISE_MAX: f64 = 7.0;
/// Weight of the peers in the surprise of an entity with a history.
const PEER_WEIGHT: f64 = 0.25;
/// How many features make a score.
pub const LEADING: usize = 3;

/// The windows of one kind and length.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Peers {
    values: Vec<Tail>,
    residuals: Vec<Tail>,
    /// Mean squared distance from the own usual, slowly.
    spread: Vec<f32>,
    /// Scores of unsuspicious windows.
    pub scores: Tail,
    /// Largest cumulative sums of unsuspicious days.
    pub sums: Tail,
    /// Scores of the forest.
    pub odd: Tail,
    /// Windows closed in the running day and in the last.
    pub closed: (u32, u32),
}

/// A judged window.
#[derive(Debug, Clone, Copy)]
pub struct Judged {
    /// The sum of the largest surprises.
    pub score: f64,
    /// The features behind it with their surprises, largest first.
    pub leading: [(usize, f64); LEADING],
}

impl Peers {
    pub fn new(seed: u64) -> Self {
        let tail = |i: usize| Tail::new(seed.wrapping_mul(0x9E37_79B9).wrapping_add(i as u64));
        Self {
            values: (0..FEATURES).map(tail).collect(),
            residuals: (FEATURES..2 * FEATURES).map(tail).collect(),
            spread: vec![0.5; FEATURES],
            scores: tail(100),
            sums: tail(101),
            odd: tail(102),
            closed: (0, 0),
        }
    }

    /// The peers' usual spreads.
    pub fn spreads(&self) -> Vector {
        std::array::from_fn(|f| self.spread[f].sqrt())
    }

    /// The middle of the peers; nothing before they are known.
    pub fn median(&self, feature: usize) -> Option<f64> {
        self.values.get(feature)?.threshold(2.0)
    }

    /// Judges a window; `own` is the entity's own history if it has enough of it.
    pub fn judge(&self, level: usize, x: &Vector, own: Option<&History>) -> Judged {
        let own = own.filter(|h| h.windows >= OWN_MIN[level]);
        let mut leading = [(0, 0.0); LEADING];
        for f in 0..FEATURES {
            let surprise = self.surprise(f, x[f], own);
            if surprise > leading[LEADING - 1].1 {
                leading[LEADING - 1] = (f, surprise);
                leading.sort_by(|a, b| b.1.total_cmp(&a.1));
            }
        }
        Judged { score: leading.iter().map(|l| l.1).sum(), leading }
    }

    fn surprise(&self, f: usize, x: f32, own: Option<&History>) -> f64 {
        if x <= 0.0 {
            return 0.0;
        }
        let of = |tail: &Tail, v: f32| {
            tail.one_in(f64::from(v)).map_or(0.0, |n| (n / COMMON).max(1.0).log10().min(SURPRISE_MAX))
        };
        let peers = of(&self.values[f], x);
        match own {
            None => peers,
            Some(own) => {
                let residual = own.residual(f, x, self.spread[f].sqrt());
                let own = if residual > 0.0 { of(&self.residuals[f], residual) } else { 0.0 };
                own * (1.0 - PEER_WEIGHT) + peers * PEER_WEIGHT
            }
        }
    }

    /// Learns an unsuspicious window.
    pub fn learn(&mut self, level: usize, x: &Vector, own: Option<&History>) {
        for f in 0..FEATURES {
            self.values[f].add(f64::from(x[f]));
            if let Some(own) = own.filter(|h| h.windows >= OWN_MIN[level]) {
                let residual = own.residual(f, x[f], self.spread[f].sqrt());
                let distance = (x[f] - own.usual(f)).abs().min(3.0 * self.spread[f].sqrt().max(0.25));
                self.spread[f] += (distance * distance - self.spread[f]) / 500.0;
                self.residuals[f].add(f64::from(residual));
            }
        }
    }

    /// Windows a day, from the last day and what there was of this one.
    pub fn a_day(&self, part: f64) -> f64 {
        let now = f64::from(self.closed.0) / part.clamp(0.05, 1.0);
        if self.closed.1 == 0 { now } else { now.max(f64::from(self.closed.1)) }.max(1.0)
    }
}
