//! How rare a score is: a generalised-Pareto tail over any stream of scores.
//!
//! What lies above a high quantile of almost any distribution looks like a generalised Pareto distribution (Pickands
//! 1975; Siffer and others, "Anomaly Detection in Streams with Extreme Value Theory", KDD 2017). Fitted by the method of
//! moments (Hosking and Wallis 1987): shape `(1 - m²/s²) / 2`, scale `m (m²/s² + 1) / 2` for mean `m` and variance `s²`
//! of the excesses. A score becomes "1 in N" of the stream's own values, and a budget becomes a threshold.
//! Bounded memory, deterministic for a seed. Start at [`Tail`].

use super::forest::Random;
use serde::{Deserialize, Serialize};

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
/// Fewer excesses give no moments worth having; then their plain count answers.
const FIT_MIN: usize = 20;
/// The shape is kept between these: below, the tail would end close by and everything beyond be infinitely rare (a stream
/// with a hard end is judged too mildly instead); above, the moments do not exist.
const SHAPE: (f64, f64) = (-0.2, 0.45);
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
    /// Where the tail begins.
    start: f32,
    body: Vec<f32>,
    excesses: Vec<f32>,
    shape: f64,
    scale: f64,
    /// Values before it says anything.
    warm: u64,
    /// When `total` reaches this the tail is fitted anew.
    due: u64,
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
            due: warm,
            seed,
        }
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
    pub fn add(&mut self, score: f64) {
        if score.is_nan() {
            return;
        }
        let score = score.clamp(f64::from(f32::MIN), f64::from(f32::MAX));
        let value = self.clipped(score) as f32;
        self.total += 1;
        let mut random = Random(self.seed);
        let chance = self.total.min(MEMORY / 5);
        keep(&mut self.body, BODY, value, chance, &mut random);
        self.seen += 1;
        if value > self.start {
            self.above += 1;
            keep(&mut self.excesses, EXCESSES, value, 0, &mut random);
        }
        self.seed = random.0;
        if self.seen > MEMORY {
            self.seen /= 2;
            self.above /= 2;
        }
        if self.total >= self.due {
            self.refit();
        }
    }

    /// Fits the tail to what is known now. Done by itself after each tenth more values, at least every 4,096.
    pub fn refit(&mut self) {
        self.due = self.total + (self.total / 10).clamp(64, 4_096);
        if !self.ready() {
            self.due = self.warm;
            return;
        }
        self.body.sort_unstable_by(f32::total_cmp);
        self.begin();
        self.excesses.sort_unstable_by(f32::total_cmp);
        (self.shape, self.scale) = fit(&self.excesses, self.start);
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
            let largest = self.excesses.last().copied().unwrap_or(self.start);
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
        if self.scale <= 0.0 || !self.ready() {
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
        if !first && !(drifted && self.seen >= WARM_UP * 4) {
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

/// Puts a value into a store of bounded size: once it is full, in place of one at random with chance `limit / of`
/// (always for 0).
fn keep(store: &mut Vec<f32>, limit: usize, value: f32, of: u64, random: &mut Random) {
    if store.len() < limit {
        store.push(value);
    } else if of == 0 || random.next() % of < limit as u64 {
        let at = random.below(store.len());
        store[at] = value;
    }
}

/// Shape and scale of the excesses over `start`; a scale of 0 when they are too few or all alike.
fn fit(excesses: &[f32], start: f32) -> (f64, f64) {
    if excesses.len() < FIT_MIN {
        return (0.0, 0.0);
    }
    let n = excesses.len() as f64;
    let over = || excesses.iter().map(|v| f64::from(*v) - f64::from(start));
    let mean = over().sum::<f64>() / n;
    let variance = over().map(|x| (x - mean).powi(2)).sum::<f64>() / (n - 1.0);
    if mean <= 0.0 || !mean.is_finite() || !variance.is_finite() {
        return (0.0, 0.0);
    }
    let shape = if variance > 0.0 { 0.5 * (1.0 - mean * mean / variance) } else { SHAPE.0 };
    let shape = shape.clamp(SHAPE.0, SHAPE.1);
    // The mean of the distribution is scale / (1 - shape): it stays right where the shape had to be bounded.
    (shape, mean * (1.0 - shape))
}

/// `P(X > x)` of the generalised Pareto distribution.
fn survival(x: f64, shape: f64, scale: f64) -> f64 {
    if shape.abs() < 1e-6 {
        return (-x / scale).exp();
    }
    (1.0 + shape * x / scale).max(0.0).powf(-1.0 / shape).max(1.0 / (RAREST * RAREST))
}

/// One in how many, for `part` of `all`; a part of none counts as less than one.
fn share(all: usize, part: usize) -> f64 {
    (all as f64 + 1.0) / (part as f64 + 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Standard exponential.
    fn exponential(random: &mut Random) -> f64 {
        -random.unit().ln()
    }

    /// `exp` of a normal with this deviation (Box and Muller).
    fn lognormal(random: &mut Random, deviation: f64) -> f64 {
        let radius = (-2.0 * random.unit().ln()).sqrt();
        (deviation * radius * (std::f64::consts::TAU * random.unit()).cos()).exp()
    }

    /// Realised over target rate at 1 in `one_in`, after `n` values.
    fn realised(n: usize, one_in: f64, seed: u64, draw: impl Fn(&mut Random) -> f64) -> f64 {
        let mut random = Random(seed);
        let mut tail = Tail::new(seed);
        (0..n).for_each(|_| tail.add(draw(&mut random)));
        let threshold = tail.threshold(one_in).unwrap();
        let tries = 1_000_000;
        let above = (0..tries).filter(|_| draw(&mut random) > threshold).count();
        above as f64 / f64::from(tries) * one_in
    }

    #[test]
    fn a_target_of_one_in_a_thousand_is_kept_within_a_factor_of_two() {
        for seed in 1..=5 {
            for (name, ratio) in [
                ("exponential", realised(20_000, 1e3, seed, exponential)),
                ("lognormal 0.5", realised(20_000, 1e3, seed, |r| lognormal(r, 0.5))),
                ("lognormal 1", realised(20_000, 1e3, seed, |r| lognormal(r, 1.0))),
            ] {
                assert!((0.5..2.0).contains(&ratio), "{name}, seed {seed}: {ratio}");
            }
        }
    }

    #[test]
    fn a_stream_that_drifts_is_followed() {
        let mut random = Random(3);
        let mut tail = Tail::new(3);
        (0..20_000).for_each(|_| tail.add(exponential(&mut random)));
        (0..400_000).for_each(|_| tail.add(5.0 + 2.0 * exponential(&mut random)));
        let threshold = tail.threshold(1e3).unwrap();
        let above = (0..1_000_000).filter(|_| 5.0 + 2.0 * exponential(&mut random) > threshold).count();
        assert!((500..2_000).contains(&above), "{above}");
    }

    #[test]
    fn silent_until_warm_and_bounded_for_ever() {
        let mut tail = Tail::new(1);
        let mut random = Random(1);
        for n in 0..200_000u64 {
            assert_eq!(tail.one_in(1.0).is_some(), n >= WARM_UP);
            assert_eq!(tail.threshold(10.0).is_some(), n >= WARM_UP);
            tail.add(exponential(&mut random));
        }
        assert!(tail.excesses.len() <= EXCESSES && tail.body.len() <= BODY);
    }

    #[test]
    fn one_wild_value_does_not_stretch_the_tail() {
        let mut random = Random(9);
        let mut tail = Tail::new(9);
        (0..20_000).for_each(|_| tail.add(exponential(&mut random)));
        let before = tail.threshold(1e4).unwrap();
        (0..20).for_each(|_| tail.add(1e30));
        tail.refit();
        let after = tail.threshold(1e4).unwrap();
        assert!(after < before * 1.5, "{before} {after}");
        tail.add(f64::NAN);
        tail.add(f64::INFINITY);
        assert!(tail.threshold(1e4).unwrap().is_finite());
    }

    #[test]
    fn scores_that_are_all_alike_make_anything_above_them_as_rare_as_their_number() {
        let mut tail = Tail::new(1);
        (0..10_000).for_each(|_| tail.add(0.0));
        assert_eq!(tail.one_in(0.0), Some(1.0));
        let rare = tail.one_in(1.0).unwrap();
        assert!(rare > 1_000.0 && rare <= 10_001.0, "{rare}");
        assert!(tail.threshold(1e6).unwrap() > 0.0);
    }

    #[test]
    fn a_tail_survives_being_written_down() {
        let mut random = Random(4);
        let mut tail = Tail::new(4);
        (0..5_000).for_each(|_| tail.add(exponential(&mut random)));
        let mut back: Tail = serde_json::from_str(&serde_json::to_string(&tail).unwrap()).unwrap();
        // JSON keeps a float to its last digit but one.
        let same = |a: f64, b: f64| (a / b - 1.0).abs() < 1e-9;
        assert!(same(back.one_in(6.0).unwrap(), tail.one_in(6.0).unwrap()));
        for _ in 0..5_000 {
            let x = exponential(&mut random);
            tail.add(x);
            back.add(x);
        }
        assert!(same(back.one_in(6.0).unwrap(), tail.one_in(6.0).unwrap()));
        assert_eq!(back.count(), 10_000);
    }

    proptest! {
        #[test]
        fn a_higher_score_is_never_less_rare(values in prop::collection::vec(-1e6f64..1e6, 500..1_500), a in -2e6f64..2e6, b in -2e6f64..2e6) {
            let mut tail = Tail::new(7);
            values.iter().for_each(|v| tail.add(*v));
            tail.refit();
            let (low, high) = (a.min(b), a.max(b));
            let (one, other) = (tail.one_in(low).unwrap(), tail.one_in(high).unwrap());
            prop_assert!(one <= other * (1.0 + 1e-9), "{low} {one}, {high} {other}");
            prop_assert!(one >= 1.0 && other <= RAREST);
        }
    }
}
