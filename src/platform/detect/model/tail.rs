//! How rare a score is: a generalised-Pareto tail over any stream of scores.
//!
//! What lies above a high quantile of almost any distribution looks like a generalised Pareto distribution (Pickands
//! 1975; Siffer and others, "Anomaly Detection in Streams with Extreme Value Theory", KDD 2017). Fitted by the method of
//! moments (Hosking and Wallis 1987): shape `(1 - m²/s²) / 2`, scale `m (m²/s² + 1) / 2` for mean `m` and variance `s²`
//! of the excesses. A score becomes "1 in N" of the stream's own values, and a budget becomes a threshold.
//! Bounded memory, deterministic for a seed. Start at [`Tail`].

mod fit;

use super::forest::Random;
use fit::{fit, survival};
use serde::{Deserialize, Deserializer, Serialize};

/// Values before a tail says anything, unless it is made otherwise.
pub const WARM_UP: u64 = 500;
/// The tail begins above this quantile.
const QUANTILE: f64 = 0.98;
/// Most excesses kept; a full store forgets at random, so that it covers about the last 100,000 values.
const EXCESSES: usize = 2_048;
/// Sample of all values, for the quantile and for what is ordinary.
const BODY: usize = 512;
/// The counts weigh about this many of the last values.
const MEMORY: u64 = 100_000;
/// The share of excesses may drift this far from its due, either way, before the tail begins elsewhere.
const DRIFT: f64 = 2.0;
/// A value rarer than one in so many times those seen is taken in as if it were exactly that rare: one value cannot
/// stretch the tail.
const CLIP: f64 = 10.0;
/// Nothing is called rarer than one in this.
const RAREST: f64 = 1e12;

/// The tail of one stream of scores. Higher scores are odder; NaN is ignored.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Tail {
    /// Values taken in, ever.
    total: u64,
    /// Values and excesses since the tail began at `start`, halved when they outgrow [`MEMORY`].
    seen: u64,
    above: u64,
    /// Where the tail begins; infinite, which JSON calls null, before there is one.
    #[serde(deserialize_with = "or_infinity")]
    start: f32,
    /// In order, the smallest first.
    #[serde(deserialize_with = "in_order")]
    body: Vec<f32>,
    excesses: Vec<f32>,
    shape: f64,
    scale: f64,
    /// Values before it says anything.
    warm: u64,
    /// The least scale a tail is believed to have, in units of the score; 0 if nothing is known about it.
    unit: f32,
    /// When `total` reaches this the tail is fitted anew.
    due: u64,
    /// When it reaches this a value is put into the sample.
    #[serde(default)]
    next: u64,
    /// Until it reaches this nothing happens to a value below the tail but being counted.
    #[serde(default)]
    wake: u64,
    seed: u64,
}

impl Tail {
    /// A tail that has seen nothing; the same values in the same order and the same seed give the same tail.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self::warmed_by(WARM_UP, seed)
    }

    /// One that answers after `warm` values: the fewer, the less its answers are worth beyond them.
    #[must_use]
    pub const fn warmed_by(warm: u64, seed: u64) -> Self {
        Self {
            total: 0,
            seen: 0,
            above: 0,
            start: f32::INFINITY,
            body: Vec::new(),
            excesses: Vec::new(),
            shape: 0.0,
            scale: 0.0,
            warm,
            unit: 0.0,
            due: warm,
            next: 0,
            wake: 0,
            seed,
        }
    }

    /// With a least scale of the tail, in units of the score: what a few or only equal excesses cannot tell.
    #[must_use]
    pub const fn scaled_by(mut self, unit: f32) -> Self {
        self.unit = unit;
        self
    }

    /// Values taken in so far.
    #[must_use]
    pub const fn count(&self) -> u64 {
        self.total
    }

    /// True once its warm-up is over and it answers.
    #[must_use]
    pub const fn ready(&self) -> bool {
        self.total >= self.warm
    }

    /// Takes in a value that is believed to be ordinary.
    #[expect(clippy::cast_possible_truncation, reason = "single precision is plenty for a score")]
    #[inline]
    pub fn add(&mut self, score: f64) {
        if self.total + 1 < self.wake && score as f32 <= self.start {
            self.total += 1;
            self.seen += 1;
        } else if !score.is_nan() {
            self.take(score.clamp(f64::from(f32::MIN), f64::from(f32::MAX)));
        }
    }

    #[expect(clippy::cast_possible_truncation, reason = "single precision is plenty for a score")]
    #[cold]
    fn take(&mut self, score: f64) {
        let value = self.clipped(score) as f32;
        self.total += 1;
        self.seen += 1;
        let mut random = Random(self.seed);
        if self.total >= self.next {
            self.sample(value, &mut random);
        }
        if value > self.start {
            self.above += 1;
            let full = self.excesses.len() >= EXCESSES;
            match self.excesses.get_mut(if full { random.below(EXCESSES) } else { EXCESSES }) {
                Some(slot) => *slot = value,
                None => self.excesses.push(value),
            }
        }
        self.seed = random.0;
        if self.seen > MEMORY {
            self.seen /= 2;
            self.above /= 2;
        }
        if self.total >= self.due {
            self.refit();
        }
        self.wake = self.next.min(self.due).min(self.total + MEMORY + 1 - self.seen);
    }

    /// Puts a value into the sample of all; in place of one at random once it is full.
    fn sample(&mut self, value: f32, random: &mut Random) {
        let out = if self.body.len() < BODY { None } else { Some(random.below(BODY)) };
        // Many things are mostly counted 0: such a value takes the place of its like.
        if out.is_none_or(|out| self.body[out].to_bits() != value.to_bits()) {
            out.map(|out| self.body.remove(out));
            let place = self.body.partition_point(|known| known.total_cmp(&value).is_le());
            self.body.insert(place, value);
        }
        self.next = self.total + 1;
        if self.body.len() >= BODY {
            self.next += passed_over(self.total, random);
        }
    }

    /// Fits the tail to what is known now. Done by itself after each tenth more values, at least every 4,096.
    pub fn refit(&mut self) {
        self.due = self.total + (self.total / 10).clamp(64, 4_096);
        if !self.ready() {
            self.due = self.warm;
            return;
        }
        self.begin();
        (self.shape, self.scale) = fit(&self.excesses, self.start, f64::from(self.unit));
    }

    /// One in how many values of this stream is at least `score`; nothing before the warm-up is over.
    #[must_use]
    pub fn one_in(&self, score: f64) -> Option<f64> {
        if !self.ready() || score.is_nan() {
            return None;
        }
        let start = f64::from(self.start);
        if score <= start {
            let below = self.body.partition_point(|v| f64::from(*v) < score);
            return Some(share(self.body.len(), self.body.len() - below).clamp(1.0, 1.0 / self.rate()));
        }
        if self.scale <= 0.0 {
            let beyond = self.excesses.iter().filter(|v| f64::from(**v) >= score).count();
            return Some(share(self.seen as usize, beyond));
        }
        Some((survival(score - start, self.shape, self.scale).recip() / self.rate()).min(RAREST))
    }

    /// The score that one in `one_in` values exceeds: the inverse of [`Tail::one_in`]. Nothing before the warm-up is over.
    #[must_use]
    pub fn threshold(&self, one_in: f64) -> Option<f64> {
        if !self.ready() || one_in.is_nan() {
            return None;
        }
        let wanted = one_in.clamp(1.0, RAREST) * self.rate();
        let start = f64::from(self.start);
        if wanted <= 1.0 {
            let rank = (1.0 - one_in.max(1.0).recip()) * self.body.len() as f64;
            let at = (rank as usize).min(self.body.len().saturating_sub(1));
            return self.body.get(at).map(|v| f64::from(*v).min(start));
        }
        if self.scale <= 0.0 {
            // Nobody was seen so far out: beyond the largest by a hair is all that can be said.
            let largest = self.excesses.iter().copied().fold(self.start, f32::max);
            return Some(f64::from(largest.next_up()));
        }
        let reach = if self.shape.abs() < 1e-6 { wanted.ln() } else { (wanted.powf(self.shape) - 1.0) / self.shape };
        Some(start + self.scale * reach)
    }

    /// The share of values above the beginning of the tail.
    fn rate(&self) -> f64 {
        ((self.above as f64 + 0.5) / (self.seen as f64 + 1.0)).min(1.0)
    }

    fn clipped(&self, score: f64) -> f64 {
        // What is cut off lies beyond the beginning of the tail, since it is rarer than anything seen.
        if self.scale <= 0.0 || !self.ready() || score <= f64::from(self.start) {
            return score;
        }
        let most = self.threshold(CLIP * self.total as f64);
        most.map_or(score, |most| score.min(most))
    }

    /// Decides where the tail begins: at its quantile at first, and again when the share above has drifted too far.
    fn begin(&mut self) {
        let due = 1.0 - QUANTILE;
        let drifted = self.rate() > due * DRIFT || self.rate() < due / DRIFT;
        let first = self.start.is_infinite();
        if !(first || drifted && self.seen >= WARM_UP * 4) {
            return;
        }
        let at = ((self.body.len() as f64 * QUANTILE) as usize).min(self.body.len().saturating_sub(1));
        let Some(start) = self.body.get(at).copied() else { return };
        if !first && start == self.start {
            return;
        }
        let known = std::mem::take(&mut self.excesses);
        let pool = if first || start < self.start { &self.body } else { &known };
        self.excesses = pool.iter().copied().filter(|v| *v > start).collect();
        // The sample's share stands for the stream's until there are counts again.
        let above = self.body.iter().filter(|v| **v > start).count() as u64;
        (self.start, self.seen, self.above) = (start, self.body.len() as u64, above);
    }
}

/// Numbers, the smallest first.
fn in_order<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<f32>, D::Error> {
    let mut numbers = Vec::deserialize(deserializer)?;
    numbers.sort_unstable_by(f32::total_cmp);
    Ok(numbers)
}

/// A number, or infinity for null.
fn or_infinity<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f32, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or(f32::INFINITY))
}

/// How many values the sample lets pass before it takes one in, once there were `total`: each has the chance of an even
/// sample of all of them, or of the last fifth of [`MEMORY`]. Drawing the gap spares each value a draw of its own (Vitter,
/// "Random Sampling with a Reservoir", 1985).
fn passed_over(total: u64, random: &mut Random) -> u64 {
    let chance = BODY as f64 / (total + 1).min(MEMORY / 5) as f64;
    (random.unit().ln() / (-chance).ln_1p()) as u64
}

/// One in how many, for `part` of `all`; a part of none counts as less than one.
fn share(all: usize, part: usize) -> f64 {
    (all as f64 + 1.0) / (part as f64 + 1.0)
}

#[cfg(test)]
mod tests;
