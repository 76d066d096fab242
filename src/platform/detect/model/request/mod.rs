//! The request classifier: how much one part of a request looks like an attack, which kind, and which bytes say so.
//!
//! A linear model over hashed n-grams (`feature.rs`) of masked text (`mask.rs`), summed over windows of 64 bytes, so
//! that harmless text around a payload does not hide it. Integers only: the same score on every machine.
//!
//! How to call it:
//! ```ignore
//! let classifier = Classifier::shipped();          // once; `Classifier::read(bytes)` for a file of the operator's
//! let mut scratch = Scratch::default();            // one for each thread, reused: scoring then allocates nothing
//! // `plain` is what `decode::plain` made of ONE part: the path, one parameter's value, an odd name, one header's
//! // value, one leaf of a JSON or form body. Never the joined line. The score of a request is the rarest of its parts.
//! let score = classifier.score(Field::Query, &plain, &mut scratch);
//! let one_in = tails.one_in(classifier, Field::Query, score.points); // this site's own values, once there are enough
//! if one_in >= 1_000.0 {
//!     let class = classifier.class(&plain, &score, &mut scratch);    // on hits only
//!     let limit = tails.threshold(classifier, Field::Query, 1_000.0);
//!     let spans = classifier.explain(limit, &plain, &mut scratch);   // ranges of `plain` to highlight
//! } else {
//!     tails.learn(Field::Query, score.points);     // only where nothing else flagged the request either
//! }
//! ```

mod feature;
mod file;
mod mask;
mod tails;
mod token;
mod vocabulary;

pub use file::Unreadable;
pub use tails::Tails;

pub(in crate::platform::detect::model) use feature::{FEATURES, STRIDE, walk, windows};
pub(in crate::platform::detect::model) use file::{Golden, Model};
pub(in crate::platform::detect::model) use token::shape;
pub(in crate::platform::detect::model) use vocabulary::{KINDS, words};

use mask::Masked;
use std::ops::Range;
use std::sync::OnceLock;

/// What kinds of attack are told apart, by the names of the rules' classes.
pub const CLASSES: [&str; 13] = [
    "sql_injection",
    "xss",
    "path_traversal",
    "command_injection",
    "template_injection",
    "xxe",
    "nosql_injection",
    "lookup_injection",
    "php_injection",
    "java_injection",
    "node_injection",
    "ldap_injection",
    "header_injection",
];

/// Slots of the class table; all features are folded into them.
pub(in crate::platform::detect::model) const CLASS_SLOTS: usize = 1 << 11;

/// What kind of field a text stands in. Each has its own idea of what is ordinary.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Field {
    /// The path of the URL.
    Path,
    /// A value (or odd name) of a query or form, of up to 64 bytes.
    Query,
    /// Free text: longer values.
    Text,
    /// A header's value, a referer or another URL.
    Header,
    /// A cookie's value.
    Cookie,
    /// A leaf of a JSON body.
    Json,
}

impl Field {
    /// Every field, in the order of model files.
    pub const ALL: [Self; 6] = [Self::Path, Self::Query, Self::Text, Self::Header, Self::Cookie, Self::Json];

    /// The field of a parameter's value, by its length.
    #[must_use]
    pub const fn of_value(plain: &[u8]) -> Self {
        if plain.len() > 64 { Self::Text } else { Self::Query }
    }

    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        ["path", "query", "text", "header", "cookie", "json"][self as usize]
    }
}

/// How one text scored.
#[derive(Debug, Clone, PartialEq)]
pub struct Score {
    /// Of the highest window; about 1/64 of a natural log-odds unit each. `i32::MIN` where there was nothing to score.
    pub points: i32,
    /// One in how many values of this field is at least so high, by the values the model was made with.
    pub one_in: f64,
    /// The highest window, as a range of the plain text.
    pub window: Range<usize>,
}

/// Memory that scoring works in. Grows to the longest text and is then reused.
#[derive(Debug, Default)]
pub struct Scratch {
    masked: Masked,
    /// Weight of each masked byte, or of each stride.
    weights: Vec<i32>,
}

/// A loaded model.
#[derive(Debug, Clone)]
pub struct Classifier {
    model: Model,
}

impl Classifier {
    /// The model that is part of the program.
    #[must_use]
    #[expect(clippy::expect_used, reason = "the file is part of the program, and a test reads it")]
    pub fn shipped() -> &'static Self {
        static SHIPPED: OnceLock<Classifier> = OnceLock::new();
        SHIPPED.get_or_init(|| Self::read(include_bytes!("../classifier.wfm")).expect("the shipped model is readable"))
    }

    /// Reads a model file.
    ///
    /// # Errors
    /// It is damaged, or was made for other features than this program's.
    pub fn read(bytes: &[u8]) -> Result<Self, Unreadable> {
        Model::read(bytes).map(|model| Self { model })
    }

    pub(in crate::platform::detect::model) const fn of(model: Model) -> Self {
        Self { model }
    }

    pub(in crate::platform::detect::model) const fn model(&self) -> &Model {
        &self.model
    }

    /// Scores one part of a request: text as `decode::plain` leaves it, of which 64 KiB are looked at.
    pub fn score(&self, field: Field, plain: &[u8], scratch: &mut Scratch) -> Score {
        if is_harmless(plain) {
            return Score { points: i32::MIN, one_in: 1.0, window: 0..0 };
        }
        let (points, (start, end)) = self.best(plain, scratch);
        let window = scratch.range(start, end, plain.len());
        Score { points, one_in: self.one_in(field, points), window }
    }

    /// One in how many ordinary values of a field scores at least so high, by the values the model was made with.
    #[must_use]
    pub fn one_in(&self, field: Field, points: i32) -> f64 {
        tails::rarity(&self.model.anchors[field as usize], points)
    }

    /// The points from which on a value is as rare as one in so many.
    #[must_use]
    pub fn threshold(&self, field: Field, one_in: f64) -> i32 {
        tails::threshold(&self.model.anchors[field as usize], one_in)
    }

    /// What kind of attack a scored text is most like.
    pub fn class(&self, plain: &[u8], score: &Score, scratch: &mut Scratch) -> &'static str {
        let plain = plain.get(score.window.clone()).unwrap_or(plain);
        scratch.masked.fill(plain);
        let mut sums = [0i32; CLASSES.len()];
        walk(&scratch.masked.text, |_, feature| {
            let row = &self.model.classes[fold(feature)];
            for (sum, weight) in sums.iter_mut().zip(row) {
                *sum += i32::from(*weight);
            }
        });
        let best = (0..sums.len()).rev().max_by_key(|i| sums[*i]).unwrap_or(0);
        CLASSES[best]
    }

    /// The parts of a text without which it would score below `limit` points: in each window above that, the run of bytes
    /// that adds most. Ranges of `plain`, in order, apart from one another; empty where nothing is above.
    pub fn explain(&self, limit: i32, plain: &[u8], scratch: &mut Scratch) -> Vec<Range<usize>> {
        if is_harmless(plain) {
            return Vec::new();
        }
        self.weigh(plain, scratch);
        let mut spans: Vec<Range<usize>> = Vec::new();
        for (start, end) in windows(scratch.weights.len()) {
            let sum: i32 = scratch.weights[start..end].iter().sum();
            if self.model.bias + sum < limit {
                continue;
            }
            let (from, to) = heaviest(&scratch.weights[start..end]);
            // An n-gram's weight stands on its last byte; its first belongs to the span.
            let span = scratch.range((start + from).saturating_sub(3), start + to, plain.len());
            match spans.last_mut() {
                Some(last) if span.start <= last.end => last.end = last.end.max(span.end),
                _ => spans.push(span),
            }
        }
        spans
    }

    /// Weight of each byte of a plain text, where it is not 0: what the highlighting shades by.
    pub fn weights(&self, plain: &[u8], scratch: &mut Scratch) -> Vec<(usize, i32)> {
        self.weigh(plain, scratch);
        let pairs = scratch.masked.at.iter().zip(&scratch.weights);
        pairs.filter(|(_, w)| **w != 0).map(|(at, w)| (*at as usize, *w)).collect()
    }

    fn weigh(&self, plain: &[u8], scratch: &mut Scratch) {
        let Scratch { masked, weights } = scratch;
        masked.fill(plain);
        weights.clear();
        weights.resize(masked.text.len(), 0);
        walk(&masked.text, |at, feature| weights[at] += i32::from(self.model.weights[feature]));
    }

    /// The points of the highest window, and where in the masked text it stands.
    fn best(&self, plain: &[u8], scratch: &mut Scratch) -> (i32, (usize, usize)) {
        let Scratch { masked, weights: sums } = scratch;
        masked.fill(plain);
        sums.clear();
        // Windows begin and end where strides do: one sum for each stride is all that they need.
        sums.resize(masked.text.len().div_ceil(STRIDE) + 1, 0);
        let (mut stride, mut sum) = (0, 0);
        walk(&masked.text, |at, feature| {
            if at / STRIDE != stride {
                sums[stride] += std::mem::take(&mut sum);
                stride = at / STRIDE;
            }
            sum += i32::from(self.model.weights[feature]);
        });
        sums[stride] += sum;
        let mut best = (i32::MIN, (0, 0));
        for (start, end) in windows(masked.text.len()) {
            let points = self.model.bias + sums[start / STRIDE..end.div_ceil(STRIDE)].iter().sum::<i32>();
            if points > best.0 {
                best = (points, (start, end));
            }
        }
        best
    }
}

impl Scratch {
    /// A range of the masked text as one of the plain text.
    fn range(&self, start: usize, end: usize, length: usize) -> Range<usize> {
        let place = |i: usize| self.masked.at.get(i).map_or(length.min(mask::TEXT_MAX), |at| *at as usize);
        place(start)..place(end)
    }
}

/// Up to 64 bytes of nothing but letters, digits, `_`, `.` and `-` say nothing to anybody.
pub(in crate::platform::detect::model) fn is_harmless(plain: &[u8]) -> bool {
    plain.len() <= 64 && plain.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'-'))
}

/// The slot of the class table for a feature.
pub(in crate::platform::detect::model) const fn fold(feature: usize) -> usize {
    (feature ^ feature >> 7) & (CLASS_SLOTS - 1)
}

/// The run of weights with the largest sum (Kadane).
fn heaviest(weights: &[i32]) -> (usize, usize) {
    let (mut best, mut found) = (i32::MIN, (0, 0));
    let (mut sum, mut from) = (0, 0);
    for (i, weight) in weights.iter().enumerate() {
        if sum <= 0 {
            (sum, from) = (0, i);
        }
        sum += weight;
        if sum > best {
            (best, found) = (sum, (from, i + 1));
        }
    }
    found
}

/// Masks a plain text: what the trainer walks over.
pub(in crate::platform::detect::model) fn masked(plain: &[u8]) -> Vec<u8> {
    let mut masked = Masked::default();
    masked.fill(plain);
    masked.text
}

#[cfg(test)]
mod tests;
