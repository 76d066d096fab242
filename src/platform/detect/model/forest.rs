//! An isolation forest: Liu, Ting and Zhou, "Isolation Forest", ICDM 2008.
//!
//! Trees over random subsamples split random features at random values; what ends up alone after few splits is odd.
//! Score `2^(-E(h)/c(n))`, around 0.5 for the ordinary, towards 1 for the odd. Deterministic for a seed.

use crate::platform::keyed::Keys;
use std::collections::HashMap;
use std::sync::LazyLock;

/// Trees.
const TREES: usize = 100;
/// Vectors per tree.
const SAMPLE: usize = 256;

/// A forest over `N` features.
pub struct Forest<const N: usize> {
    trees: Vec<Vec<Node>>,
    /// Average path length in a tree of the subsample's size.
    norm: f64,
}

/// A node of a tree. What goes left at a split stands right behind it.
#[derive(Clone, Copy)]
struct Node {
    /// Of a split the value below which a vector goes left; of a leaf the length of the whole path that ends here.
    value: f64,
    /// The feature it splits by; [`LEAF`] if it splits nothing.
    feature: u16,
    /// Where what goes right stands.
    right: u32,
    /// Vectors of the sample that came here.
    size: u32,
}

/// In place of a feature: a leaf.
const LEAF: u16 = u16::MAX;

impl<const N: usize> Forest<N> {
    /// Trains on `vectors`; the same vectors in the same order and the same seed give the same forest.
    ///
    /// A feature that never varied could not be split, so a value nobody has had yet would go unseen: the `anchors`,
    /// made-up extremes, are part of every tree for that.
    #[must_use]
    pub fn train(vectors: &[[f64; N]], anchors: &[[f64; N]], seed: u64) -> Self {
        let mut random = Random(seed);
        let drawn = vectors.len().min(SAMPLE.saturating_sub(anchors.len()));
        let sample = drawn + anchors.len();
        let depth = sample.max(2).ilog2() + u32::from(!sample.max(2).is_power_of_two());
        let mut order: Vec<usize> = (0..vectors.len()).collect();
        let kinds = kinds(vectors, anchors);
        let all = || vectors.iter().chain(anchors);
        let mut rows: Vec<Rows<N>> = Vec::with_capacity(sample);
        let mut counts = vec![0u32; all().count()];
        let trees = (0..TREES)
            .map(|_| {
                for i in 0..drawn {
                    let j = i + random.below(order.len() - i);
                    order.swap(i, j);
                }
                // A tree's own copy: growing it goes over the sample again and again. Many of a sample are alike, and a
                // tree never parts those.
                rows.clear();
                let sampled = || order[..drawn].iter().copied().chain(vectors.len()..kinds.len()).map(|i| kinds[i]);
                sampled().for_each(|kind| counts[kind] += 1);
                for kind in sampled() {
                    let count = std::mem::take(&mut counts[kind]);
                    if count > 0 {
                        rows.extend(all().nth(kind).map(|vector| Rows { vector: *vector, count }));
                    }
                }
                let mut nodes = Vec::with_capacity(2 * sample);
                grow(&mut rows, (0, depth), &mut random, &mut nodes);
                nodes.shrink_to_fit();
                nodes
            })
            .collect();
        Self { trees, norm: average_path(sample) }
    }

    /// How odd a vector is, 0 to 1.
    #[must_use]
    pub fn score(&self, vector: &[f64; N]) -> f64 {
        if self.trees.is_empty() || self.norm <= 0.0 {
            return 0.0;
        }
        #[expect(clippy::cast_precision_loss)]
        let mean = self.trees.iter().map(|t| path(t, vector, |_, _, _| ())).sum::<f64>() / self.trees.len() as f64;
        (-mean / self.norm).exp2()
    }

    /// How much each feature shortened the path, in splits, averaged over the trees. At each split the rows that go on
    /// with the vector become fewer; what is saved against the average path among them is due to the split's feature.
    /// The contributions sum to `c(n) - E(h)` exactly.
    #[must_use]
    pub fn contributions(&self, vector: &[f64; N]) -> [f64; N] {
        let mut sums = [0.0; N];
        for tree in &self.trees {
            path(tree, vector, |feature, size, next| {
                sums[feature] += average_path(size as usize) - 1.0 - average_path(next as usize);
            });
        }
        #[expect(clippy::cast_precision_loss)]
        let trees = self.trees.len().max(1) as f64;
        sums.map(|s| s / trees)
    }
}

/// Path length of a vector in one tree; `each` is told the feature of each split, the rows at it, and those that go on.
fn path<const N: usize>(tree: &[Node], vector: &[f64; N], mut each: impl FnMut(usize, u32, u32)) -> f64 {
    let mut at = 0;
    loop {
        let Some(node) = tree.get(at) else { return 0.0 };
        let Some(value) = vector.get(usize::from(node.feature)) else { return node.value };
        at = if *value < node.value { at + 1 } else { node.right as usize };
        each(usize::from(node.feature), node.size, tree.get(at).map_or(0, |next| next.size));
    }
}

/// Equal vectors of a sample, and how many they are.
struct Rows<const N: usize> {
    vector: [f64; N],
    count: u32,
}

/// Of each vector, anchors last, the first that equals it.
fn kinds<const N: usize>(vectors: &[[f64; N]], anchors: &[[f64; N]]) -> Vec<usize> {
    let mut first: HashMap<[u64; N], usize, Keys> = HashMap::default();
    let all = vectors.iter().chain(anchors).enumerate();
    all.map(|(at, vector)| *first.entry(vector.map(f64::to_bits)).or_insert(at)).collect()
}

/// Grows a subtree over `rows`, which lies so deep and may go on for so many splits.
#[expect(clippy::cast_possible_truncation, reason = "a sample and its tree are small")]
fn grow<const N: usize>(rows: &mut [Rows<N>], (depth, left): (u32, u32), random: &mut Random, nodes: &mut Vec<Node>) {
    let place = nodes.len();
    let size = rows.iter().map(|row| row.count).sum::<u32>();
    let rest = AVERAGE_PATHS.get(size as usize).copied().unwrap_or_else(|| average_path(size as usize));
    nodes.push(Node { value: f64::from(depth) + rest, feature: LEAF, right: 0, size });
    // Those that are all alike cannot be split.
    if left == 0 || rows.len() <= 1 {
        return;
    }
    let (mut low, mut high) = ([f64::INFINITY; N], [f64::NEG_INFINITY; N]);
    for Rows { vector, .. } in &*rows {
        for f in 0..N {
            low[f] = if vector[f] < low[f] { vector[f] } else { low[f] };
            high[f] = if vector[f] > high[f] { vector[f] } else { high[f] };
        }
    }
    // Only features that differ here can be split; a constant one would waste the level.
    let open = (0..N).filter(|f| low[*f] < high[*f]);
    let count = open.clone().count();
    if count == 0 {
        return;
    }
    let Some(feature) = open.into_iter().nth(random.below(count)) else { return };
    let value = low[feature] + (high[feature] - low[feature]) * random.unit();
    let mut cut = 0;
    for i in 0..rows.len() {
        if rows[i].vector[feature] < value {
            rows.swap(i, cut);
            cut += 1;
        }
    }
    let (below, above) = rows.split_at_mut(cut);
    grow(below, (depth + 1, left - 1), random, nodes);
    let right = nodes.len() as u32;
    grow(above, (depth + 1, left - 1), random, nodes);
    nodes[place] = Node { value, feature: feature as u16, right, size };
}

/// [`average_path`] of every size that a sample has.
static AVERAGE_PATHS: LazyLock<[f64; SAMPLE + 1]> = LazyLock::new(|| std::array::from_fn(average_path));

/// `c(n)`: average path length of an unsuccessful search in a binary search tree of `n` (the paper's equation 1).
#[expect(clippy::cast_precision_loss)]
fn average_path(n: usize) -> f64 {
    const EULER: f64 = 0.577_215_664_901_532_9;
    match n {
        0 | 1 => 0.0,
        2 => 1.0,
        n => {
            let n = n as f64;
            2.0 * ((n - 1.0).ln() + EULER) - 2.0 * (n - 1.0) / n
        }
    }
}

/// The middle value; 0 of nothing.
pub fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_unstable_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(0.0)
}

/// SplitMix64 (Steele, Lea and Flood 2014): small, seedable, the same everywhere.
pub(super) struct Random(pub(super) u64);

impl Random {
    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// Uniform in `0..n`; 0 for `n` of 0.
    #[expect(clippy::cast_possible_truncation)]
    pub(super) fn below(&mut self, n: usize) -> usize {
        ((u128::from(self.next()) * n as u128) >> 64) as usize
    }

    /// Uniform in (0, 1).
    #[expect(clippy::cast_precision_loss)]
    pub(super) fn unit(&mut self) -> f64 {
        ((self.next() >> 11) as f64 + 0.5) / (1u64 << 53) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn crowd(n: usize) -> Vec<[f64; 3]> {
        let mut random = Random(7);
        (0..n).map(|_| [random.unit() * 0.1, 0.9 + random.unit() * 0.1, random.unit() * 3.0]).collect()
    }

    #[test]
    fn the_odd_one_is_found_and_the_reason_named() {
        let forest = Forest::train(&crowd(500), &[], 1);
        let odd = [0.95, 0.02, 1.5];
        assert!(forest.score(&odd) > 0.6, "{}", forest.score(&odd));
        assert!(forest.score(&[0.05, 0.95, 1.5]) < 0.5);
        let parts = forest.contributions(&odd);
        assert!(parts[0] > parts[2] && parts[1] > parts[2], "{parts:?}");
        let one = forest.contributions(&[0.95, 0.95, 1.5]);
        assert!(one[0] > one[1] && one[0] > one[2], "{one:?}");
    }

    #[test]
    fn the_same_seed_grows_the_same_forest() {
        let (a, b) = (Forest::train(&crowd(300), &[], 5), Forest::train(&crowd(300), &[], 5));
        assert_eq!(a.score(&[0.2, 0.5, 1.0]).to_bits(), b.score(&[0.2, 0.5, 1.0]).to_bits());
    }

    #[test]
    fn an_anchor_opens_a_feature_that_never_varied() {
        let crowd: Vec<[f64; 2]> = crowd(200).iter().map(|v| [0.0, v[1]]).collect();
        let new = [0.9, 0.95];
        let blind = Forest::train(&crowd, &[], 1);
        let open = Forest::train(&crowd, &[[1.0, 0.95]], 1);
        assert!(blind.score(&new) < 0.55 && open.score(&new) > 0.7, "{} {}", blind.score(&new), open.score(&new));
        assert!(open.contributions(&new)[0] > 1.0);
    }

    #[test]
    fn those_that_are_alike_count_as_many_as_they_are() {
        // One in forty is apart, the rest stand on three places: as odd as one in forty of those that all differ.
        let places = [[0.1, 0.2, 0.0], [0.2, 0.1, 0.0], [0.15, 0.15, 0.1]];
        let alike: Vec<[f64; 3]> =
            (0..400).map(|n| if n % 40 == 0 { [0.9, 0.1, 2.0] } else { places[n % 3] }).collect();
        let mut random = Random(3);
        let near = |n: usize, random: &mut Random| places[n % 3].map(|v| v + random.unit() * 1e-9);
        let differ: Vec<[f64; 3]> =
            (0..400).map(|n| if n % 40 == 0 { [0.9, 0.1, 2.0] } else { near(n, &mut random) }).collect();
        let score = |crowd: &[[f64; 3]]| Forest::train(crowd, &[], 1).score(&[0.9, 0.1, 2.0]);
        assert!((score(&alike) - score(&differ)).abs() < 0.05, "{} {}", score(&alike), score(&differ));
        assert!(Forest::train(&alike, &[], 1).trees.iter().all(|t| t[0].size == 256));
    }

    #[test]
    fn little_or_equal_data_is_no_trouble() {
        assert_eq!(Forest::<2>::train(&[], &[], 1).score(&[1.0, 2.0]), 0.0);
        assert_eq!(Forest::train(&[[1.0, 2.0]], &[], 1).score(&[1.0, 2.0]), 0.0);
        let flat = Forest::train(&[[1.0, 2.0]; 50], &[], 1);
        assert!((flat.score(&[1.0, 2.0]) - 0.5).abs() < 1e-9);
    }

    proptest! {
        #[test]
        fn contributions_account_for_the_whole_path(v in prop::array::uniform3(-1.0f64..4.0)) {
            let forest = Forest::train(&crowd(300), &[[1.0, 0.0, 0.0]], 3);
            let sum: f64 = forest.contributions(&v).iter().sum();
            let mean = -forest.score(&v).log2() * forest.norm;
            prop_assert!((sum - (forest.norm - mean)).abs() < 1e-6);
        }
    }
}
