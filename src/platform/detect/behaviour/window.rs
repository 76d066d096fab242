//! Windows: what every entity did in the running ten minutes, hour and day, in plain counters and small bit maps.
//!
//! Rows lie in the order in which they came, so that the same events give the same detections. A full table takes no
//! new rows: the rest is still counted in its range and in the whole.

use super::fact::Fact;
use super::kind::{Kind, Name, Part};
use crate::api::EventId;
use datasketches::hll::{HllSketch, HllType, HllUnion};
use std::collections::HashMap;
use std::hash::{BuildHasher, Hasher};
use std::net::IpAddr;

/// Most entities counted in one window.
pub const ROWS_MAX: usize = 196_608;
/// A row with this much in it deserves evidence and sketches.
const HEAVY: u32 = 12;
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
    sets: [u64; SETS],
}

/// What only busy rows have.
pub struct Heavy {
    evidence: Vec<EventId>,
    sketches: [Option<Box<HllSketch>>; SETS],
    /// Where its events were read.
    pub source: Box<str>,
}

/// One entity's window.
pub struct Row {
    pub id: u64,
    pub kind: Kind,
    pub name: Name,
    pub counts: Counts,
    pub heavy: Option<Box<Heavy>>,
    /// Something was detected about it.
    pub flagged: bool,
    pub crawler: bool,
    /// Nothing was known about it when the window began.
    pub fresh: bool,
    /// It was reported already.
    pub told: bool,
    /// It is looked at again when it weighs this much.
    pub next: u32,
}

/// Hashes of entities are good hashes already; a key of this process keeps names that were made to collide apart.
#[derive(Clone)]
struct Keyed(u64);

impl Default for Keyed {
    fn default() -> Self {
        Self(std::collections::hash_map::RandomState::new().hash_one(0))
    }
}

impl BuildHasher for Keyed {
    type Hasher = Folded;

    fn build_hasher(&self) -> Folded {
        Folded(self.0)
    }
}

/// A product folded in half.
struct Folded(u64);

impl Hasher for Folded {
    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|b| self.write_u64(u64::from(*b)));
    }

    fn write_u64(&mut self, n: u64) {
        let product = u128::from(n ^ self.0) * 0x9E37_79B9_7F4A_7C15;
        self.0 = (product >> 64) as u64 ^ product as u64;
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

/// The running windows of one length.
#[derive(Default)]
pub struct Table {
    /// When they began.
    pub start: i64,
    index: HashMap<u64, u32, Keyed>,
    rows: Vec<Row>,
}

impl Table {
    /// The row of an entity, made if there is room; `fresh` is asked only then.
    pub fn row(&mut self, part: &Part<'_>, fresh: impl FnOnce() -> bool) -> Option<&mut Row> {
        if let Some(at) = self.index.get(&part.id) {
            return self.rows.get_mut(*at as usize);
        }
        self.make(part.id, part.kind, part.name(), fresh())
    }

    fn make(&mut self, id: u64, kind: Kind, name: Name, fresh: bool) -> Option<&mut Row> {
        // The whole always has its place.
        if self.rows.len() >= ROWS_MAX && kind != Kind::All {
            return None;
        }
        self.index.insert(id, u32::try_from(self.rows.len()).ok()?);
        let counts = Counts::default();
        self.rows.push(Row {
            id,
            kind,
            name,
            counts,
            heavy: None,
            flagged: false,
            crawler: false,
            fresh,
            told: false,
            next: 16,
        });
        self.rows.last_mut()
    }

    /// Adds a closed row of the level below.
    pub fn merge(&mut self, row: &mut Row) -> Option<&mut Row> {
        let own = match self.index.get(&row.id) {
            Some(at) => self.rows.get_mut(*at as usize)?,
            None => self.make(row.id, row.kind, row.name.clone(), row.fresh)?,
        };
        own.flagged |= row.flagged;
        own.crawler |= row.crawler;
        own.counts.merge(&row.counts);
        if let Some(from) = row.heavy.take() {
            match &mut own.heavy {
                Some(heavy) => heavy.merge(&from),
                None => own.heavy = Some(from),
            }
        }
        Some(own)
    }

    /// Takes all rows out; the next window begins at `start`.
    pub fn close(&mut self, start: i64) -> std::vec::IntoIter<Row> {
        self.start = start;
        self.index = HashMap::default();
        std::mem::take(&mut self.rows).into_iter()
    }

    pub fn len(&self) -> usize {
        self.rows.len()
    }
}

impl Row {
    /// Takes an event in.
    pub fn add(&mut self, fact: &Fact<'_>, fresh: bool) {
        self.flagged |= fact.flagged && self.kind != Kind::All;
        self.crawler |= fact.crawler;
        self.counts.add(self.kind, fact, fresh);
        if self.heavy.is_none() {
            if self.counts.weight() < HEAVY {
                return;
            }
            self.heavy = Some(Box::new(Heavy::new(fact.source)));
        }
        let telling = fact.error || fact.admin || fact.write || fact.login == Some(false);
        if let Some(heavy) = &mut self.heavy {
            heavy.add(fact, telling || self.counts.weight() < 64);
            heavy.count(&self.counts.sets, &members(self.kind, fact));
        }
    }

    /// How many different things of a set there were.
    pub fn distinct(&self, set: usize) -> f64 {
        let bits = self.counts.sets.get(set).copied().unwrap_or(0).count_ones();
        // Linear counting (Whang and others 1990): 64 bits tell up to about 250 apart.
        let few = if bits == 0 { 0.0 } else { -64.0 * ((64.5 - f64::from(bits)) / 64.5).ln() };
        let many = self.heavy.as_ref().and_then(|h| h.sketches.get(set)?.as_ref()).map_or(0.0, |s| s.estimate());
        few.max(many)
    }

    /// Bits of the routes used.
    pub const fn routes(&self) -> u64 {
        self.counts.sets[1]
    }

    /// The events that prove it.
    pub fn evidence(&self) -> Vec<EventId> {
        self.heavy.as_ref().map(|h| h.evidence.clone()).unwrap_or_default()
    }
}

/// What of a fact goes into which set.
fn members(kind: Kind, fact: &Fact<'_>) -> [u64; SETS] {
    let address = || fact.ip.map_or(0, |ip| octets(ip));
    // Of everybody together only the failed logins are told apart: every event passes here.
    if kind == Kind::All {
        let failed = fact.login == Some(false);
        return if failed { [0, 0, super::fact::hash(fact.user.as_bytes()), 0, 0, address()] } else { [0; SETS] };
    }
    let name = || super::fact::hash(fact.user.as_bytes());
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
        IpAddr::V4(ip) => super::fact::hash(&ip.octets()),
        IpAddr::V6(ip) => super::fact::hash(&ip.octets()),
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

    fn add(&mut self, kind: Kind, fact: &Fact<'_>, fresh: bool) {
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

    fn merge(&mut self, other: &Self) {
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
    fn new(source: &str) -> Self {
        Self { evidence: Vec::new(), sketches: Default::default(), source: source.into() }
    }

    fn add(&mut self, fact: &Fact<'_>, telling: bool) {
        if telling {
            if self.evidence.len() >= EVIDENCE {
                self.evidence.remove(0);
            }
            self.evidence.push(fact.event);
        }
    }

    /// Sketches what the bit maps have hardly room for.
    fn count(&mut self, sets: &[u64; SETS], members: &[u64; SETS]) {
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

    fn merge(&mut self, other: &Self) {
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
