//! What has no name: a random cut forest per kind of entity over the distances from the own usual (Guha and others,
//! "Robust Random Cut Forest Based Anomaly Detection on Streams", ICML 2016).

use super::feature::{FEATURES, Vector};
use super::history::History;
use rcf3::Forest;

/// Distances count up to so many deviations.
const CLIP: f32 = 6.0;
/// Trees, and windows in each.
const TREES: usize = 30;
const SAMPLE: usize = 128;
/// The forest looks at no more windows than this of those that close together: it costs tens of microseconds each.
const LOOKS: usize = 24;
/// One window in at least so many teaches it.
const STEP: usize = 128;

/// One kind's forest.
pub struct Oddity {
    forest: Option<Forest>,
    /// Windows it may still look at.
    left: usize,
    /// Of so many windows one teaches.
    step: usize,
    turn: usize,
}

impl Oddity {
    pub fn new(seed: u64) -> Self {
        let forest = Forest::builder(FEATURES).num_trees(TREES).capacity(SAMPLE).seed(seed).build().ok();
        Self { forest, left: LOOKS, step: STEP, turn: 0 }
    }

    /// A new lot of `rows` windows closes.
    pub fn begin(&mut self, rows: usize) {
        self.left = LOOKS;
        self.step = (rows / LOOKS * 2).max(STEP);
    }

    /// The distances as the forest sees them.
    pub fn residuals(x: &Vector, own: &History, spreads: &Vector) -> Vector {
        own.residuals(x, spreads).map(|residual| residual.clamp(-CLIP, CLIP))
    }

    /// True if it is this window's turn to teach.
    pub fn turn(&mut self) -> bool {
        self.turn += 1;
        self.turn.is_multiple_of(self.step)
    }

    /// How odd a window is; nothing while the forest is young or has looked at enough.
    pub fn score(&mut self, residuals: &Vector, teach: bool) -> Option<f64> {
        self.left = self.left.checked_sub(1)?;
        let forest = self.forest.as_mut()?;
        let score = if forest.is_ready() { forest.score(residuals).ok() } else { None };
        if teach {
            forest.update(residuals).ok()?;
        }
        score
    }

    /// The features that make it odd, largest share first.
    pub fn reasons(&self, residuals: &Vector) -> Vec<usize> {
        let Some(parts) = self.forest.as_ref().and_then(|f| f.attribution(residuals).ok()) else { return Vec::new() };
        let mut ranked: Vec<usize> = (0..FEATURES).filter(|f| residuals[*f] > 0.0).collect();
        ranked.sort_by(|a, b| parts[*b].total().total_cmp(&parts[*a].total()));
        ranked
    }
}
