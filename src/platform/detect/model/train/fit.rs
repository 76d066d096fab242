//! Logistic regression by stochastic gradients with AdaGrad steps (Duchi, Hazan, Singer 2011), one row at a time in an order
//! that the seed decides: the same rows give the same weights, to the bit.
//!
//! A row counts by its highest window, as it does when it is scored; in the first round, which knows no high from low yet, by
//! every window. Only additions, multiplications, divisions and square roots: exact on every machine.

use super::source::Row;
use crate::platform::detect::model::forest::Random;
use crate::platform::detect::model::request::{CLASS_SLOTS, CLASSES, FEATURES, fold, masked, walk, windows};

/// Rounds over all rows.
const ROUNDS: usize = 12;
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
const PADDED: usize = 35;

/// A row ready to be walked over: masked parts.
struct Case {
    texts: Vec<Vec<u8>>,
    class: Option<u8>,
}

/// What was learned, in points.
pub(super) struct Fitted {
    pub bias: i32,
    pub weights: Box<[i8; FEATURES]>,
    pub classes: Box<[[i8; CLASSES.len()]; CLASS_SLOTS]>,
}

/// Weights under way and the sums of squared gradients.
struct Descent {
    weights: Vec<f32>,
    squares: Vec<f32>,
    bias: f32,
    bias_square: f32,
}

/// Learns from rows.
pub(super) fn fit(rows: &[&Row], seed: u64) -> Fitted {
    let mut random = Random(seed);
    let cases = cases(rows, &mut random);
    let mut descent =
        Descent { weights: vec![0.0; FEATURES], squares: vec![FIRST; FEATURES], bias: -1.0, bias_square: 1.0 };
    let mut order: Vec<usize> = (0..cases.len()).collect();
    let mut features = Vec::new();
    for round in 0..ROUNDS {
        shuffle(&mut order, &mut random);
        for case in order.iter().map(|i| &cases[*i]) {
            descent.learn(case, round, &mut features);
        }
    }
    let classes = classes(&cases, &descent, &mut random);
    let mut weights = Box::new([0; FEATURES]);
    for (points, weight) in weights.iter_mut().zip(&descent.weights) {
        *points = (weight * SCALE).round() as i8;
    }
    Fitted { bias: (descent.bias * SCALE).round() as i32, weights, classes }
}

fn shuffle(order: &mut [usize], random: &mut Random) {
    for i in (1..order.len()).rev() {
        order.swap(i, random.below(i + 1));
    }
}

fn cases(rows: &[&Row], random: &mut Random) -> Vec<Case> {
    let padding: Vec<Vec<u8>> =
        rows.iter().filter(|r| r.class.is_none()).map(|r| masked(&r.parts[0].plain)).take(60_000).collect();
    let pad = |random: &mut Random| padding.get(random.below(padding.len())).cloned().unwrap_or_default();
    rows.iter()
        .map(|row| {
            let mut texts: Vec<Vec<u8>> = row.parts.iter().map(|part| masked(&part.plain)).collect();
            if row.class.is_some() && texts.len() == 1 && texts[0].len() < 200 && random.below(100) < PADDED {
                let (before, after) = (pad(random), pad(random));
                texts[0] = match random.below(3) {
                    0 => [before, texts[0].clone()].join(&b' '),
                    1 => [texts[0].clone(), after].join(&b' '),
                    _ => [before, texts[0].clone(), after].join(&b' '),
                };
            }
            Case { texts, class: row.class }
        })
        .collect()
}

impl Descent {
    fn learn(&mut self, case: &Case, round: usize, features: &mut Vec<(u32, u32)>) {
        let target = if case.class.is_some() { 1.0 } else { 0.0 };
        let every = round == 0 && case.texts.len() == 1;
        let mut best: Option<(f32, usize, (usize, usize))> = None;
        for (nth, text) in case.texts.iter().enumerate() {
            let sums = self.prefix(text);
            for (start, end) in windows(text.len()) {
                let sum = sums[end] - sums[start];
                if every {
                    self.step(text, (start, end), sum, target, features);
                } else if best.is_none_or(|(top, ..)| sum > top) {
                    best = Some((sum, nth, (start, end)));
                }
            }
        }
        if let Some((sum, nth, window)) = best {
            self.step(&case.texts[nth], window, sum, target, features);
        }
    }

    /// Sums of the weights of the features that end before each byte.
    fn prefix(&self, text: &[u8]) -> Vec<f32> {
        let mut sums = vec![0.0; text.len() + 1];
        walk(text, |at, feature| sums[at + 1] += self.weights[feature]);
        for i in 1..sums.len() {
            sums[i] += sums[i - 1];
        }
        sums
    }

    fn step(&mut self, text: &[u8], window: (usize, usize), sum: f32, target: f32, features: &mut Vec<(u32, u32)>) {
        let weight = if target > 0.0 { 1.0 } else { ORDINARY };
        let gradient = (logistic(sum + self.bias) - target) * weight;
        if gradient.abs() < 1e-3 {
            return;
        }
        inside(text, window, features);
        for (feature, _) in features.iter() {
            let i = *feature as usize;
            self.squares[i] += gradient * gradient;
            let moved = self.weights[i] - STEP * gradient / self.squares[i].sqrt();
            self.weights[i] = moved.clamp(-WEIGHT_MAX, WEIGHT_MAX);
        }
        self.bias_square += gradient * gradient;
        self.bias -= STEP * gradient / self.bias_square.sqrt();
    }

    /// The window of a case that scores highest.
    fn top<'a>(&self, case: &'a Case) -> (&'a [u8], (usize, usize)) {
        let mut best = (f32::NEG_INFINITY, (case.texts[0].as_slice(), (0, 0)));
        for text in &case.texts {
            let sums = self.prefix(text);
            for (start, end) in windows(text.len()) {
                if sums[end] - sums[start] > best.0 {
                    best = (sums[end] - sums[start], (text, (start, end)));
                }
            }
        }
        best.1
    }
}

/// The features that end inside a window.
fn inside(text: &[u8], (start, end): (usize, usize), features: &mut Vec<(u32, u32)>) {
    features.clear();
    walk(text, |at, feature| {
        if (start..end).contains(&at) {
            features.push((feature as u32, at as u32));
        }
    });
}

/// One against the others for each class, over the highest window of each attack.
fn classes(cases: &[Case], descent: &Descent, random: &mut Random) -> Box<[[i8; CLASSES.len()]; CLASS_SLOTS]> {
    const CLASS_ROUNDS: usize = 4;
    const CLASS_STEP: f32 = 0.12;
    let tops: Vec<(u8, Vec<usize>)> = cases
        .iter()
        .filter_map(|case| {
            let (text, window) = descent.top(case);
            let mut features = Vec::new();
            // As the scorer does: the window is masked and walked by itself.
            inside(&text[window.0..window.1], (0, window.1 - window.0), &mut features);
            Some((case.class?, features.iter().map(|(f, _)| fold(*f as usize)).collect()))
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
