//! The peers: how the windows of one kind and length are distributed, feature by feature, and what that makes of one.
//!
//! Each feature has two tails, one over the values of all peers and one over the distances from each entity's own usual.
//! A window's score is the sum of its three largest surprises, each `-log10` of a tail probability; the score has a tail
//! of its own, which turns it into "1 in N windows".

use super::feature::{BYTES, FEATURES, NEW_OBJECTS, OBJECTS, ROUTES, STEPS, Vector, is_deed, is_login, material};
use super::history::{History, OWN_MIN};
use super::kind::Kind;
use super::window::{FEW, Row};
use crate::platform::detect::model::Tail;
use serde::{Deserialize, Serialize};

/// A value more common than one in this is no surprise.
const COMMON: f64 = 10.0;
/// How far beyond their number the values are believed.
const REACH: f64 = 1_000.0;
/// Least scales of the tails: of values (logarithms of counts), of residuals (deviations), of scores (decades).
const UNITS: [f32; 3] = [0.4, 0.7, 0.3];
/// A feature counts for at most so much, so that no single one can carry a window alone beyond reason.
const SURPRISE_MAX: f64 = 7.0;
/// Weight of the peers in the surprise of an entity with a history.
const PEER_WEIGHT: f64 = 0.25;
/// So many different ones have to have been seen within eight days before anybody is compared with them.
const CROWD_MIN: f64 = 12.0;
const DAY_MS: i64 = 86_400_000;
/// How many times the usual a value has to be before its rarity counts; more for groups, in which many come and go.
const MORE: f32 = 2.0;
const GROUP_MORE: f32 = 3.0;
/// Windows before a tail answers; what it may then say is bounded by how many it saw.
const WARM_UP: u64 = 100;
/// Every window teaches until there were so many; then one in [`LAZY`] does.
const EAGER: u64 = 4_000;
const LAZY: usize = 6;
/// How many features make a score.
pub const LEADING: usize = 3;

/// The windows of one kind and length.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Peers {
    values: Vec<Tail>,
    residuals: Vec<Tail>,
    /// Mean squared distance from the own usual, slowly.
    spread: Vec<f32>,
    /// What more than one in [`COMMON`] exceeds, of values and of residuals: no surprise up to there.
    common: (Vec<f32>, Vec<f32>),
    /// Scores of unsuspicious windows: judged by the peers alone, and with a history.
    scores: [[Tail; 2]; ASPECTS],
    /// Largest cumulative sums of unsuspicious days.
    pub sums: Tail,
    /// Scores of the forest.
    pub odd: Tail,
    /// Windows closed in the running day and in the last.
    pub closed: (u32, u32),
    turn: u32,
    /// Who was seen on each of the last eight days, as bit maps of 64.
    crowd: [u64; 8],
    day: i64,
}

/// What a window is judged by: everything; only logins; only what was fetched. A single feature drowns among all of
/// them, and most windows have no failed login at all.
pub const ASPECTS: usize = 3;
/// How the budget is split over them.
pub const ASPECT_SHARE: [f64; ASPECTS] = [0.5, 0.25, 0.25];

const fn belongs(aspect: usize, f: usize) -> bool {
    match aspect {
        0 => true,
        1 => is_login(f),
        _ => matches!(f, BYTES | OBJECTS | ROUTES | STEPS | NEW_OBJECTS),
    }
}

/// How many features an aspect asks.
fn asked(aspect: usize) -> f64 {
    (0..FEATURES).filter(|f| belongs(aspect, *f)).count() as f64
}

/// What a window is compared with.
#[derive(Debug, Clone, Copy)]
pub struct Basis<'a> {
    /// The entity's own history, if it has enough of it.
    pub own: Option<&'a History>,
    /// There are peers enough.
    pub crowd: bool,
    /// The least values that count.
    material: &'static Vector,
    /// And how much more than usual it has to be, as a logarithm.
    more: f32,
}

/// A window judged by one aspect.
#[derive(Debug, Clone, Copy, Default)]
pub struct Aspect {
    /// The sum of the largest surprises.
    pub score: f64,
    /// The features behind it with their surprises, largest first.
    pub leading: [(usize, f64); LEADING],
}

/// A judged window.
#[derive(Debug, Clone, Copy)]
pub struct Judged {
    pub aspects: [Aspect; ASPECTS],
    /// Its own history had a say.
    pub own: bool,
}

impl Peers {
    pub fn new(seed: u64) -> Self {
        let tail = |i: usize| {
            let unit = UNITS[(i / FEATURES).min(2)];
            Tail::warmed_by(WARM_UP, seed.wrapping_mul(0x9E37_79B9).wrapping_add(i as u64)).scaled_by(unit)
        };
        Self {
            values: (0..FEATURES).map(tail).collect(),
            residuals: (FEATURES..2 * FEATURES).map(tail).collect(),
            spread: vec![0.5; FEATURES],
            common: (vec![0.0; FEATURES], vec![0.0; FEATURES]),
            scores: std::array::from_fn(|a| [tail(100 + a * 2), tail(101 + a * 2)]),
            sums: tail(201),
            odd: tail(202),
            closed: (0, 0),
            turn: 0,
            crowd: [0; 8],
            day: 0,
        }
    }

    /// False if it was written by something else.
    pub fn is_whole(&self) -> bool {
        let lengths =
            [self.values.len(), self.residuals.len(), self.spread.len(), self.common.0.len(), self.common.1.len()];
        lengths.iter().all(|n| *n == FEATURES)
    }

    /// The peers' usual spreads.
    pub fn spreads(&self) -> Vector {
        std::array::from_fn(|f| self.spread[f].sqrt())
    }

    /// The middle of the peers; nothing before they are known.
    pub fn median(&self, feature: usize) -> Option<f64> {
        self.values.get(feature)?.threshold(2.0)
    }

    /// True once something can be told of windows: by the peers alone, or by pasts.
    pub fn ready(&self) -> bool {
        self.scores[0][0].ready() || self.residuals[0].ready()
    }

    /// How many windows a judgement rests on.
    pub fn count(&self) -> u64 {
        self.values[0].count()
    }

    /// One in how many windows scores so high. No rarer than its parts together, however light the tail. While too few
    /// windows were judged by a past, the rarest part answers alone, as one of as many as were asked (Bonferroni): of days
    /// a small company has too few for weeks.
    pub fn one_in(&self, judged: &Judged, aspect: usize) -> Option<f64> {
        let Aspect { score, leading } = judged.aspects[aspect];
        let tail = &self.scores[aspect][usize::from(judged.own)];
        if judged.own && !tail.ready() {
            return Some((COMMON * 10f64.powf(leading[0].1) / asked(aspect)).max(1.0));
        }
        Some(tail.one_in(score)?.min(COMMON * 10f64.powf(score)))
    }

    /// Whether a score is certainly more common than one in so many, whatever its tail says of it. By a margin, so that
    /// [`Peers::one_in`], which is dearer, would say the same.
    pub fn at_most(score: f64, one_in: f64) -> bool {
        score <= 0.0 || score < (one_in / COMMON).log10() - 1e-6
    }

    /// The score that one in so many exceeds: the inverse of [`Peers::one_in`].
    pub fn threshold(&self, one_in: f64, own: bool, aspect: usize) -> Option<f64> {
        let tail = &self.scores[aspect][usize::from(own)];
        if own && !tail.ready() {
            return Some((one_in * asked(aspect) / COMMON).log10());
        }
        Some(tail.threshold(one_in)?.max((one_in / COMMON).log10()))
    }

    /// Counts who is there.
    pub fn meet(&mut self, id: u64, time: i64) {
        let day = time.div_euclid(DAY_MS);
        if day != self.day {
            // All days in between are empty; after a jump in time all of them are.
            for past in (self.day + 1..=day).take(8) {
                self.crowd[past.rem_euclid(8) as usize] = 0;
            }
            self.day = day;
        }
        self.crowd[day.rem_euclid(8) as usize] |= 1 << (id >> 16 & 63);
    }

    /// True if enough different ones were seen lately to be peers.
    fn is_crowd(&self) -> bool {
        let bits = self.crowd.iter().fold(0, |all, day| all | day).count_ones();
        FEW[bits as usize] >= CROWD_MIN
    }

    /// What a window of an entity with this history can be compared with; nothing if it has neither past nor peers.
    pub fn basis<'a>(&self, level: usize, own: Option<&'a History>, row: &Row) -> Option<Basis<'a>> {
        let own = own.filter(|_| self.residuals[0].ready());
        // Everybody together have no peers but their own past.
        let crowd = row.kind == Kind::All || self.is_crowd();
        let more = if row.is_group() { GROUP_MORE } else { MORE }.ln();
        (own.is_some() || crowd).then_some(Basis { own, crowd, material: material(level, row.is_group()), more })
    }

    /// Judges a window.
    pub fn judge(&self, x: &Vector, basis: Basis<'_>) -> Judged {
        let mut aspects = [Aspect::default(); ASPECTS];
        // Most windows have nothing of consequence. No early exit: this way the compiler compares several at a time.
        if !x.iter().zip(basis.material).fold(false, |any, (value, least)| any | (value >= least)) {
            return Judged { aspects, own: basis.own.is_some() };
        }
        for (f, value) in x.iter().enumerate() {
            let surprise = self.surprise(f, *value, basis);
            if surprise <= 0.0 {
                continue;
            }
            for (a, Aspect { leading, .. }) in aspects.iter_mut().enumerate() {
                if belongs(a, f) && surprise > leading[LEADING - 1].1 {
                    leading[LEADING - 1] = (f, surprise);
                    leading.sort_by(|a, b| b.1.total_cmp(&a.1));
                }
            }
        }
        for aspect in &mut aspects {
            // A pace, a program or an hour is a circumstance, not a deed.
            if !aspect.leading.iter().any(|(f, surprise)| *surprise > 0.0 && is_deed(*f)) {
                *aspect = Aspect::default();
            }
            aspect.score = aspect.leading.iter().map(|l| l.1).sum();
        }
        Judged { aspects, own: basis.own.is_some() }
    }

    fn surprise(&self, f: usize, x: f32, basis: Basis<'_>) -> f64 {
        if x < basis.material[f] {
            return 0.0;
        }
        // So many values cannot say of anything that it is rarer than this many times their number.
        let of = |tail: &Tail, v: f32| {
            let n = tail.one_in(f64::from(v)).map_or(1.0, |n| n.min(REACH * tail.count() as f64));
            (n / COMMON).max(1.0).log10().min(SURPRISE_MAX)
        };
        let peers = if basis.crowd && x > self.common.0[f] + basis.more { of(&self.values[f], x) } else { 0.0 };
        let Some(own) = basis.own else { return peers };
        let residual = own.residual(f, x, self.spread[f].sqrt());
        let more = x >= own.usual(f) + basis.more;
        let own = if more && residual > self.common.1[f].max(0.0) { of(&self.residuals[f], residual) } else { 0.0 };
        if basis.crowd { own * (1.0 - PEER_WEIGHT) + peers * PEER_WEIGHT } else { own }
    }

    /// Whether this window's turn has come to teach: all do at first, later one in several is enough.
    pub fn turn(&mut self, step: usize) -> bool {
        self.turn = self.turn.wrapping_add(1);
        let step = if self.count() < EAGER { step } else { step.max(LAZY) };
        (self.turn as usize).is_multiple_of(step.max(1))
    }

    /// Learns an unsuspicious window and its score.
    pub fn learn(&mut self, level: usize, x: &Vector, own: Option<&History>, judged: Option<&Judged>) {
        if let Some(judged) = judged.filter(|_| self.values[0].ready()) {
            for (tails, aspect) in self.scores.iter_mut().zip(&judged.aspects) {
                tails[usize::from(judged.own)].add(aspect.score);
            }
        }
        self.values.iter_mut().zip(x).for_each(|(tail, value)| tail.add(f64::from(*value)));
        if let Some(own) = own.filter(|h| h.windows >= OWN_MIN[level]) {
            let spreads = self.spreads();
            let residuals = own.residuals(x, &spreads);
            for (f, value) in x.iter().enumerate() {
                let distance = (value - own.usual(f)).abs().min(3.0 * spreads[f].max(0.25));
                self.spread[f] += (distance * distance - self.spread[f]) / 500.0;
            }
            self.residuals.iter_mut().zip(residuals).for_each(|(tail, value)| tail.add(f64::from(value)));
        }
        if self.count().is_multiple_of(64) {
            let common = |tails: &[Tail]| tails.iter().map(|t| t.threshold(COMMON).unwrap_or(0.0) as f32).collect();
            self.common = (common(&self.values), common(&self.residuals));
        }
    }

    /// Takes a false positive's score in as an ordinary one.
    pub fn forgive(&mut self, score: f64, own: bool, aspect: usize) {
        self.scores[aspect][usize::from(own)].add(score);
    }

    /// Windows a day, from the last day and what there was of this one.
    pub fn a_day(&self, part: f64) -> f64 {
        let now = f64::from(self.closed.0) / part.clamp(0.05, 1.0);
        if self.closed.1 == 0 { now } else { now.max(f64::from(self.closed.1)) }.max(1.0)
    }
}
