//! Trains the request classifier and measures it: `watchfloor model train`, `watchfloor model measure`.
//!
//! Rows come from `../shared/data` and from two grammars (`source.rs`), `fit.rs` learns, `measure.rs` tests. The same
//! data give the same file, byte for byte. `CARD.md` beside the model says what it is for and what not.

mod crs;
mod fit;
mod grammar;
mod hygiene;
mod measure;
mod part;
mod source;

use super::request::{Classifier, Field, Golden, Model, Scratch, is_harmless, shape};
use hygiene::LeftOut;
use sha2::{Digest, Sha256};
use source::{Row, Rows};
use std::collections::{BTreeMap, HashSet};
use std::io;
use std::path::Path;

pub use measure::measure;

/// Families of attacks.
const ATTACK: &str = include_str!("attack.grammar");
/// Kinds of ordinary values.
const BENIGN: &str = include_str!("benign.grammar");

/// Seed of everything random.
const SEED: u64 = 3;
/// One ordinary row of the lists in so many is kept for the thresholds.
const KEPT_BACK: u64 = 8;
/// Rows of each kind of the ordinary grammar that the thresholds are taken from, made with another seed.
const PER_THRESHOLD: usize = 4_000;
/// Rows of each kind of the ordinary grammar that are looked through for those that a first model takes for attacks.
const PER_MINED: usize = 12_000;
/// Rounds over the first rows.
const FIRST_ROUNDS: usize = 8;
/// Times that hard rows are looked for and learned besides.
const PASSES: u64 = 2;
/// Rounds after each of these times.
const PASS_ROUNDS: usize = 6;
/// Inputs that a file brings along to be scored again.
const GOLDEN: usize = 64;

/// Trains on the data below a directory and returns the model file.
///
/// # Errors
/// A file is missing or cannot be read.
pub fn train(data: &Path) -> io::Result<Vec<u8>> {
    let rows = source::read(data, SEED)?;
    let mut classifier = learn(&rows, None);
    let metrics = measure::summary(&classifier, &rows);
    classifier = golden(classifier, &rows, metrics);
    Ok(classifier.model().write())
}

/// A classifier made from all rows; without those of one source, and without attacks by others that look like one of its.
fn learn(rows: &Rows, without: Option<&str>) -> Classifier {
    let left_out = rows.train.iter().filter(|row| Some(row.source) == without && row.class.is_some());
    let shapes: HashSet<u64> = left_out.flat_map(|row| &row.parts).map(|part| shape(&part.plain)).collect();
    let is_like = |row: &Row| row.class.is_some() && row.parts.iter().any(|p| shapes.contains(&shape(&p.plain)));
    let is_used = |row: &&Row| Some(row.source) != without && !is_kept_back(row) && !is_like(row);
    let used: Vec<&Row> = rows.train.iter().filter(is_used).collect();
    let mut trainer = fit::Trainer::new(&used, SEED);
    trainer.rounds(FIRST_ROUNDS);
    let mut hard: Vec<Row> = Vec::new();
    for pass in 0..PASSES {
        let more = hard_rows(model_of(trainer.fitted()), rows, pass);
        trainer.add(&more.iter().collect::<Vec<_>>());
        trainer.rounds(PASS_ROUNDS);
        hard.extend(more);
    }
    let mut model = model_of(trainer.fitted());
    model.classes = trainer.classes();
    model.manifest = manifest(&used.into_iter().chain(&hard).collect::<Vec<_>>(), &rows.left_out);
    let points = ordinary_points(&Classifier::of(model_view(&model)), rows);
    for (anchors, points) in model.anchors.iter_mut().zip(points) {
        *anchors = anchors_of(points);
    }
    Classifier::of(model)
}

/// A model with these weights and no thresholds yet.
fn model_of(fitted: fit::Fitted) -> Model {
    let mut model = Model::empty(SEED);
    model.scale = fit::SCALE;
    (model.bias, model.weights) = (fitted.bias, fitted.weights);
    model
}

/// Of ordinary rows, made with seeds of their own, the hundredth part that a model takes for attacks soonest: what it learns
/// next, so that the tail that thresholds are taken from is short.
fn hard_rows(model: Model, rows: &Rows, pass: u64) -> Vec<Row> {
    let classifier = Classifier::of(model);
    let mut fresh = Vec::new();
    source::generate(BENIGN, source::name::BENIGN, mined_rows, (&rows.words, SEED + 2 + pass), &mut fresh);
    let mut scratch = Scratch::default();
    let mut scored = |row: Row| {
        let part = row.parts.first()?;
        let (field, points) = (part.field, classifier.score(part.field, &part.plain, &mut scratch).points);
        (points != i32::MIN).then_some((field, points, row))
    };
    let scored: Vec<_> = fresh.into_iter().filter_map(&mut scored).collect();
    let limits = Field::ALL.map(|field| {
        anchors_of(scored.iter().filter(|(of, ..)| *of == field).map(|(_, points, _)| *points).collect())[1]
    });
    scored.into_iter().filter(|(field, points, _)| *points >= limits[*field as usize]).map(|(.., row)| row).collect()
}

/// How many rows of a kind are looked through for hard ones.
fn mined_rows(kind: &str) -> usize {
    if kind.ends_with("_rare") { PER_MINED / 4 } else { PER_MINED }
}

/// A model with the same weights, to score with before its thresholds are known.
fn model_view(model: &Model) -> Model {
    let mut view = Model::empty(model.seed);
    view.bias = model.bias;
    view.weights.copy_from_slice(&*model.weights);
    view
}

/// Whether an ordinary row of a list is kept from training, by its own text.
fn is_kept_back(row: &Row) -> bool {
    row.class.is_none()
        && row.source != source::name::BENIGN
        && row.parts.first().is_some_and(|part| Sha256::digest(&part.plain)[0].is_multiple_of(KEPT_BACK as u8))
}

/// Points of ordinary values that were not learned from, by field.
fn ordinary_points(classifier: &Classifier, rows: &Rows) -> [Vec<i32>; Field::ALL.len()] {
    let mut points: [Vec<i32>; Field::ALL.len()] = Default::default();
    let mut scratch = Scratch::default();
    let mut fresh = Vec::new();
    let mut seen = HashSet::new();
    source::generate(BENIGN, source::name::BENIGN, threshold_rows, (&rows.words, SEED + 1), &mut fresh);
    for row in rows.train.iter().filter(|row| is_kept_back(row)).chain(&fresh) {
        for part in row.parts.iter().filter(|part| seen.insert((part.field, part.plain.clone()))) {
            let score = classifier.score(part.field, &part.plain, &mut scratch);
            if score.points != i32::MIN {
                points[part.field as usize].push(score.points);
            }
        }
    }
    points
}

/// How many rows of a kind the thresholds are taken from: of what is rare in its field (code in a short parameter) fewer.
fn threshold_rows(kind: &str) -> usize {
    if kind.ends_with("_rare") { PER_THRESHOLD / 20 } else { PER_THRESHOLD }
}

/// Points that one in 10, 100, 1,000 and 10,000 values reaches. The first three are counted; the last continues the mean
/// excess over the 98th percentile, as an exponential tail does.
fn anchors_of(mut points: Vec<i32>) -> [i32; 4] {
    points.sort_unstable();
    let at = |one_in: usize| {
        let rank = points.len() - (points.len() / one_in).clamp(1, points.len().max(1)).min(points.len());
        points.get(rank).copied().unwrap_or(0)
    };
    let start = at(50);
    let above: Vec<i64> = points.iter().filter(|p| **p > start).map(|p| i64::from(p - start)).collect();
    let mean = above.iter().sum::<i64>() / (above.len() as i64).max(1);
    // ln(10) = 2.302585: from one in 1,000 to one in 10,000.
    let step = (mean * 2_302_585 / 1_000_000).max(1) as i32;
    let counted = [at(10), at(100), at(1_000)];
    [counted[0], counted[1].max(counted[0] + 1), counted[2].max(counted[0] + 2), counted[2].max(counted[0] + 2) + step]
}

/// One line for each source: name, rows, rows left out of it as no such rows, SHA-256 over the rows.
fn manifest(rows: &[&Row], left_out: &LeftOut) -> String {
    let mut sources: BTreeMap<&str, ([u32; 2], Sha256)> = BTreeMap::new();
    for row in rows {
        let (counts, hash) = sources.entry(row.source).or_default();
        counts[usize::from(row.class.is_some())] += 1;
        hash.update([row.class.unwrap_or(u8::MAX)]);
        for part in &row.parts {
            hash.update((part.plain.len() as u32).to_le_bytes());
            hash.update(&part.plain);
        }
    }
    let mut out = String::new();
    for (name, ([ordinary, hostile], hash)) in sources {
        let hash: String = hash.finalize().iter().map(|b| format!("{b:02x}")).collect();
        let [probes, bare] = left_out.get(name).copied().unwrap_or_default();
        out += &format!("{name:15} {ordinary:7} ordinary {hostile:7} hostile, left out {probes:5} {bare:5}  {hash}\n");
    }
    out
}

/// Adds the figures and, evenly spread over the test rows, inputs with their scores.
fn golden(classifier: Classifier, rows: &Rows, metrics: String) -> Classifier {
    let mut scratch = Scratch::default();
    let parts: Vec<_> =
        rows.params.iter().chain(rows.suite.iter().map(|(_, row)| row)).flat_map(|r| &r.parts).collect();
    let parts: Vec<_> =
        parts.into_iter().filter(|p| (12..200).contains(&p.plain.len()) && !is_harmless(&p.plain)).collect();
    let mut model = model_view(classifier.model());
    for part in parts.iter().step_by((parts.len() / GOLDEN).max(1)).take(GOLDEN) {
        let score = classifier.score(part.field, &part.plain, &mut scratch);
        let class = classifier.class(&part.plain, &score, &mut scratch);
        let class = source::class(class).unwrap_or(0);
        model.golden.push(Golden { field: part.field, plain: part.plain.clone(), points: score.points, class });
    }
    let from = classifier.model();
    model.scale = from.scale;
    model.classes.copy_from_slice(&*from.classes);
    model.anchors = from.anchors;
    model.manifest.clone_from(&from.manifest);
    model.metrics = metrics;
    Classifier::of(model)
}

#[cfg(test)]
mod tests;
