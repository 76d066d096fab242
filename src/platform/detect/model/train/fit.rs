//! Logistic regression by stochastic gradients with AdaGrad steps (Duchi, Hazan, Singer 2011), one row at a time in an order
//! that the seed decides: the same rows give the same weights, to the bit.
//!
//! A row counts by its highest window, as it does when it is scored; in the first round, which knows no high from low yet, by
//! every window. Only additions, multiplications, divisions and square roots: exact on every machine.

use super::source::Row;
use crate::platform::detect::model::forest::Random;
use crate::platform::detect::model::request::{CLASS_SLOTS, CLASSES, FEATURES, STRIDE, fold, masked, walk, windows};

/// First step; AdaGrad shortens it.
const STEP: f32 = 0.06;
/// What the sum of squared gradients begins with: a feature that was seen once has little to say.
const FIRST: f32 = 1.0;
/// No weight grows beyond this: eight bits at 64 points for one log-odds unit.
const WEIGHT_MAX: f32 = 127.0 / SCALE;
/// Points for one natural log-odds unit.
pub(super) const SCALE: f32 = 64.0;
/// Points of a class weight for one log-odds unit.
const CLASS_SCALE: f32 = 32.0;
/// An ordinary row weighs this many hostile ones: false alarms are the dear mistake.
const ORDINARY: f32 = 2.0;
/// Share of short attacks, in percent, that are shown inside ordinary text.
const PADDED: usize = 60;

/// A row ready to be learned from.
struct Case {
    texts: Vec<Text>,
    class: Option<u8>,
}

/// A masked text with its features, those of one stride of a window behind those of the stride before.
struct Text {
    masked: Vec<u8>,
    features: Vec<u32>,
    /// Where the features of each stride end.
    ends: Vec<u32>,
}

impl Text {
    fn of(masked: Vec<u8>) -> Self {
        let mut pairs = Vec::with_capacity(masked.len() * 8);
        walk(&masked, |at, feature| pairs.push(((at / STRIDE) as u32, feature as u32)));
        pairs.sort_by_key(|(stride, _)| *stride);
        let strides = masked.len().div_ceil(STRIDE);
        let ends = (0..strides).map(|stride| pairs.partition_point(|(at, _)| *at as usize <= stride) as u32).collect();
        Self { masked, features: pairs.into_iter().map(|(_, feature)| feature).collect(), ends }
    }

    /// The features that end inside a window.
    fn inside(&self, (start, end): (usize, usize)) -> &[u32] {
        let place = |strides: usize| strides.checked_sub(1).map_or(0, |last| self.ends[last] as usize);
        &self.features[place(start / STRIDE)..place(end.div_ceil(STRIDE))]
    }

    /// The windows with the sums of their weights.
    fn sums(&self, weights: &[f32]) -> impl Iterator<Item = (f32, (usize, usize))> {
        windows(self.masked.len())
            .map(|window| (self.inside(window).iter().map(|feature| weights[*feature as usize]).sum(), window))
    }
}

/// What was learned, in points.
pub(super) struct Fitted {
    pub bias: i32,
    pub weights: Box<[i8; FEATURES]>,
}

/// Weights under way and the sums of squared gradients.
struct Descent {
    weights: Vec<f32>,
    squares: Vec<f32>,
    bias: f32,
    bias_square: f32,
}

/// Learns from rows, of which more may come in between rounds.
pub(super) struct Trainer {
    random: Random,
    /// Ordinary texts to show attacks inside of.
    padding: Vec<Vec<u8>>,
    cases: Vec<Case>,
    descent: Descent,
    /// Sums of what the rounds since more rows came ended with, and how many these are.
    total: (Vec<f32>, f32, f32),
}

impl Trainer {
    /// Knows nothing yet.
    pub fn new(rows: &[&Row], seed: u64) -> Self {
        let ordinary = rows.iter().filter(|r| r.class.is_none());
        let padding = ordinary.map(|r| masked(&r.parts[0].plain)).take(60_000).collect();
        let descent = Descent { weights: vec![0.0; FEATURES], squares: Vec::new(), bias: -1.0, bias_square: 1.0 };
        let mut new = Self { random: Random(seed), padding, cases: Vec::new(), descent, total: (Vec::new(), 0.0, 0.0) };
        new.add(rows);
        new
    }

    /// Takes in more rows. Steps are as long again as at the beginning: else what comes late would not be heard.
    pub fn add(&mut self, rows: &[&Row]) {
        for row in rows {
            let case = self.case(row);
            self.cases.push(case);
        }
        self.descent.squares = vec![FIRST; FEATURES];
        self.descent.bias_square = 1.0;
        self.total = (vec![0.0; FEATURES], 0.0, 0.0);
    }

    fn case(&mut self, row: &Row) -> Case {
        let mut texts: Vec<Vec<u8>> = row.parts.iter().map(|part| masked(&part.plain)).collect();
        let random = &mut self.random;
        if row.class.is_some() && texts.len() == 1 && texts[0].len() < 200 && random.below(100) < PADDED {
            let pad =
                |random: &mut Random| self.padding.get(random.below(self.padding.len())).cloned().unwrap_or_default();
            let (before, after) = (pad(random), pad(random));
            texts[0] = match random.below(4) {
                0 => [before, texts[0].clone()].join(&b' '),
                1 => [texts[0].clone(), after].join(&b' '),
                _ => [before, texts[0].clone(), after].join(&b' '),
            };
        }
        Case { texts: texts.into_iter().map(Text::of).collect(), class: row.class }
    }

    /// So many rounds over all rows.
    pub fn rounds(&mut self, count: usize) {
        let mut order: Vec<usize> = (0..self.cases.len()).collect();
        for round in 0..count {
            shuffle(&mut order, &mut self.random);
            let first = round == 0 && self.descent.weights.iter().all(|w| *w == 0.0);
            order.iter().for_each(|i| self.descent.learn(&self.cases[*i], first));
            if round >= count / 2 {
                self.total.0.iter_mut().zip(&self.descent.weights).for_each(|(total, weight)| *total += weight);
                self.total.1 += self.descent.bias;
                self.total.2 += 1.0;
            }
        }
    }

    /// What was learned: the mean over the later half of the rounds, which errs less than where the last of them ended.
    pub fn fitted(&self) -> Fitted {
        let (total, bias, count) = &self.total;
        let mut weights = Box::new([0; FEATURES]);
        for (points, weight) in weights.iter_mut().zip(total) {
            *points = (weight / count * SCALE).round() as i8;
        }
        Fitted { bias: (bias / count * SCALE).round() as i32, weights }
    }

    /// The class table for what was learned.
    pub fn classes(&mut self) -> Box<[[i8; CLASSES.len()]; CLASS_SLOTS]> {
        classes(&self.cases, &self.descent, &mut self.random)
    }
}

fn shuffle(order: &mut [usize], random: &mut Random) {
    for i in (1..order.len()).rev() {
        order.swap(i, random.below(i + 1));
    }
}

impl Descent {
    fn learn(&mut self, case: &Case, first: bool) {
        let target = if case.class.is_some() { 1.0 } else { 0.0 };
        if first && case.texts.len() == 1 {
            for window in windows(case.texts[0].masked.len()) {
                let features = case.texts[0].inside(window);
                let sum = features.iter().map(|feature| self.weights[*feature as usize]).sum();
                self.step(features, sum, target);
            }
        } else if let Some((sum, features)) = self.top(case) {
            self.step(features, sum, target);
        }
    }

    fn step(&mut self, features: &[u32], sum: f32, target: f32) {
        let weight = if target > 0.0 { 1.0 } else { ORDINARY };
        let gradient = (logistic(sum + self.bias) - target) * weight;
        if gradient.abs() < 1e-3 {
            return;
        }
        for feature in features {
            let i = *feature as usize;
            self.squares[i] += gradient * gradient;
            let moved = self.weights[i] - STEP * gradient / self.squares[i].sqrt();
            self.weights[i] = moved.clamp(-WEIGHT_MAX, WEIGHT_MAX);
        }
        self.bias_square += gradient * gradient;
        self.bias -= STEP * gradient / self.bias_square.sqrt();
    }

    /// The features of the window of a case that scores highest, and their sum.
    fn top<'a>(&self, case: &'a Case) -> Option<(f32, &'a [u32])> {
        let (sum, text, window) = self.highest(case)?;
        Some((sum, text.inside(window)))
    }

    fn highest<'a>(&self, case: &'a Case) -> Option<(f32, &'a Text, (usize, usize))> {
        let mut best: Option<(f32, &Text, (usize, usize))> = None;
        for text in &case.texts {
            for (sum, window) in text.sums(&self.weights) {
                if best.is_none_or(|(top, ..)| sum > top) {
                    best = Some((sum, text, window));
                }
            }
        }
        best
    }
}

/// One against the others for each class, over the highest window of each attack.
fn classes(cases: &[Case], descent: &Descent, random: &mut Random) -> Box<[[i8; CLASSES.len()]; CLASS_SLOTS]> {
    const CLASS_ROUNDS: usize = 16;
    const CLASS_STEP: f32 = 0.05;
    let tops: Vec<(u8, Vec<usize>)> = cases
        .iter()
        .filter_map(|case| {
            let class = case.class?;
            let (_, text, window) = descent.highest(case)?;
            let mut slots = Vec::new();
            // As the scorer does: the window is walked by itself.
            walk(&text.masked[window.0..window.1], |_, feature| slots.push(fold(feature)));
            Some((class, slots))
        })
        .collect();
    let mut counts = [0f32; CLASSES.len()];
    tops.iter().for_each(|(class, _)| counts[usize::from(*class)] += 1.0);
    let most = counts.iter().copied().fold(1.0, f32::max);
    let mut weights = vec![[0f32; CLASSES.len()]; CLASS_SLOTS];
    let mut squares = vec![[1f32; CLASSES.len()]; CLASS_SLOTS];
    let mut order: Vec<usize> = (0..tops.len()).collect();
    for _ in 0..CLASS_ROUNDS {
        shuffle(&mut order, random);
        for (class, slots) in order.iter().map(|i| &tops[*i]) {
            let mut sums = [0f32; CLASSES.len()];
            for slot in slots {
                sums.iter_mut().zip(&weights[*slot]).for_each(|(sum, w)| *sum += w);
            }
            for (k, sum) in sums.iter().enumerate() {
                let own = k == usize::from(*class);
                // A rare class would rather be silent than wrong, were it not heard louder.
                let loud = if own { (most / counts[k]).sqrt() } else { 1.0 };
                let gradient = (logistic(*sum) - if own { 1.0 } else { 0.0 }) * loud;
                if gradient.abs() < 0.02 {
                    continue;
                }
                for slot in slots {
                    let square = &mut squares[*slot][k];
                    *square += gradient * gradient;
                    let limit = 127.0 / CLASS_SCALE;
                    let moved = weights[*slot][k] - CLASS_STEP * gradient / square.sqrt();
                    weights[*slot][k] = moved.clamp(-limit, limit);
                }
            }
        }
    }
    let mut out = Box::new([[0; CLASSES.len()]; CLASS_SLOTS]);
    for (points, weight) in out.iter_mut().flatten().zip(weights.iter().flatten()) {
        *points = (weight * CLASS_SCALE).round() as i8;
    }
    out
}

/// `1 / (1 + exp(-x))`, the exponential by ten squarings: no library's rounding decides.
fn logistic(x: f32) -> f32 {
    let mut power = 1.0 - x.clamp(-30.0, 30.0) / 1024.0;
    for _ in 0..10 {
        power *= power;
    }
    1.0 / (1.0 + power)
}
