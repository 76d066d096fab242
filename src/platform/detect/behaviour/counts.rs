//! The counters of one window: plain numbers, bit maps of 64 bits for distinct things, sketches where those are full.

use super::fact::{Fact, hash};
use super::kind::Kind;
use crate::api::EventId;
use datasketches::hll::{HllSketch, HllType, HllUnion};
use std::net::IpAddr;

/// Events kept as evidence.
const EVIDENCE: usize = 20;
/// Sets of distinct things: missing paths, routes, names that failed, agents, objects, places.
pub const SETS: usize = 6;
/// A set with so many bits goes on in a sketch as well.
const CROWDED: u32 = 40;
/// Registers of a sketch, as a power of two: 256 give an error of 6.5 %.
const LG_REGISTERS: u8 = 8;

/// What one entity did in one window.
#[derive(Default)]
pub struct Counts {
    pub requests: u32,
    pub errors: u32,
    pub denied: u32,
    pub successes: u32,
    pub failures: u32,
    pub admin: u32,
    pub writes: u32,
    /// Steps of one from an id to the next.
    pub steps: u32,
    /// Addresses never seen before that failed to log in.
    pub fresh: u32,
    /// Windows of the level below that were merged.
    pub merged: u16,
    pub payload: u8,
    pub bytes: u64,
    number: u64,
    /// Gaps between events in seconds: how many, sum, sum of squares.
    gaps: (u32, f32, f32),
    last: i64,
    pub sets: [u64; SETS],
}

/// What only busy rows have.
pub struct Heavy {
    pub evidence: Vec<EventId>,
    pub sketches: [Option<Box<HllSketch>>; SETS],
    /// Where its events were read.
    pub source: Box<str>,
}

/// What of a fact goes into which set.
pub fn members(kind: Kind, fact: &Fact<'_>) -> [u64; SETS] {
    let address = || fact.ip.map_or(0, |ip| octets(ip));
    // Of everybody together only the failed logins are told apart: every event passes here.
    if kind == Kind::All {
        let failed = fact.login == Some(false);
        return if failed { [0, 0, hash(fact.user.as_bytes()), 0, 0, address()] } else { [0; SETS] };
    }
    let name = || hash(fact.user.as_bytes());
    [
        if fact.missing { fact.object } else { 0 },
        fact.route,
        if fact.login == Some(false) && kind != Kind::User { name() } else { 0 },
        fact.agent,
        fact.object,
        match kind {
            Kind::User => fact.country,
            Kind::Address => 0,
            _ => address(),
        },
    ]
}

fn octets(ip: IpAddr) -> u64 {
    match ip {
        IpAddr::V4(ip) => hash(&ip.octets()),
        IpAddr::V6(ip) => hash(&ip.octets()),
    }
}

impl Counts {
    /// How much is in it, what is telling weighing more.
    pub const fn weight(&self) -> u32 {
        let telling = self.failures.saturating_add(self.denied).saturating_add(self.admin);
        self.requests.saturating_add(telling.saturating_mul(3))
    }

    /// Mean gap and its deviation, in seconds, once there are enough.
    pub fn rhythm(&self) -> Option<(f64, f64)> {
        let (n, sum, squares) = (f64::from(self.gaps.0), f64::from(self.gaps.1), f64::from(self.gaps.2));
        if n < 9.0 {
            return None;
        }
        let mean = sum / n;
        Some((mean, (squares / n - mean * mean).max(0.0).sqrt()))
    }

    pub fn add(&mut self, kind: Kind, fact: &Fact<'_>, fresh: bool) {
        fn up(counter: &mut u32, by: u32, when: bool) {
            *counter = if when { counter.saturating_add(by) } else { *counter };
        }
        let n = fact.repeat;
        up(&mut self.requests, n, true);
        up(&mut self.errors, n, fact.error);
        up(&mut self.denied, n, fact.denied);
        up(&mut self.successes, n, fact.login == Some(true));
        up(&mut self.failures, n, fact.login == Some(false));
        up(&mut self.fresh, 1, fresh && fact.login == Some(false));
        up(&mut self.admin, n, fact.admin);
        up(&mut self.writes, n, fact.write);
        up(&mut self.steps, 1, fact.number != 0 && fact.number.abs_diff(self.number) == 1);
        if fact.number != 0 {
            self.number = fact.number;
        }
        self.payload = self.payload.max(fact.payload);
        self.bytes = self.bytes.saturating_add(fact.bytes);
        if self.last != 0 {
            let gap = (fact.time.saturating_sub(self.last)).clamp(0, 3_600_000) as f32 / 1e3;
            self.gaps = (self.gaps.0.saturating_add(1), self.gaps.1 + gap, self.gaps.2 + gap * gap);
        }
        self.last = self.last.max(fact.time);
        for (set, member) in self.sets.iter_mut().zip(members(kind, fact)) {
            *set |= u64::from(member != 0) << (member >> 8 & 63);
        }
    }

    pub fn merge(&mut self, other: &Self) {
        let pairs = [
            (&mut self.requests, other.requests),
            (&mut self.errors, other.errors),
            (&mut self.denied, other.denied),
            (&mut self.successes, other.successes),
            (&mut self.failures, other.failures),
            (&mut self.admin, other.admin),
            (&mut self.writes, other.writes),
            (&mut self.steps, other.steps),
            (&mut self.fresh, other.fresh),
        ];
        pairs.into_iter().for_each(|(own, more)| *own = own.saturating_add(more));
        self.merged = self.merged.saturating_add(1);
        self.payload = self.payload.max(other.payload);
        self.bytes = self.bytes.saturating_add(other.bytes);
        self.gaps.0 = self.gaps.0.saturating_add(other.gaps.0);
        self.gaps.1 += other.gaps.1;
        self.gaps.2 += other.gaps.2;
        self.last = self.last.max(other.last);
        self.sets.iter_mut().zip(other.sets).for_each(|(own, more)| *own |= more);
    }
}

impl Heavy {
    pub fn new(source: &str) -> Self {
        Self { evidence: Vec::new(), sketches: Default::default(), source: source.into() }
    }

    pub fn add(&mut self, event: EventId, telling: bool) {
        if telling {
            if self.evidence.len() >= EVIDENCE {
                self.evidence.remove(0);
            }
            self.evidence.push(event);
        }
    }

    /// Sketches what the bit maps have hardly room for.
    pub fn count(&mut self, sets: &[u64; SETS], members: &[u64; SETS]) {
        for ((sketch, set), member) in self.sketches.iter_mut().zip(sets).zip(members) {
            if *member != 0 && set.count_ones() >= CROWDED {
                if sketch.is_none() {
                    *sketch = HllSketch::new(LG_REGISTERS, HllType::Hll4).ok().map(Box::new);
                }
                if let Some(sketch) = sketch {
                    sketch.update(*member);
                }
            }
        }
    }

    pub fn merge(&mut self, other: &Self) {
        self.evidence.extend_from_slice(&other.evidence);
        let more = self.evidence.len().saturating_sub(EVIDENCE);
        self.evidence.drain(..more);
        for (own, more) in self.sketches.iter_mut().zip(&other.sketches) {
            let (Some(more), Ok(mut union)) = (more, HllUnion::new(LG_REGISTERS)) else { continue };
            union.update(more);
            if let Some(own) = own.as_deref() {
                union.update(own);
            }
            *own = Some(Box::new(union.to_sketch(HllType::Hll4)));
        }
    }
}
