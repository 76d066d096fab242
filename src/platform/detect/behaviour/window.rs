//! Windows: what every entity did in the running ten minutes, hour and day, in plain counters and small bit maps.
//!
//! Rows lie in the order in which they came, so that the same events give the same detections. A full table takes no
//! new rows: the rest is still counted in its range and in the whole.

mod count;
mod distinct;
mod rows;
mod things;

pub use count::Members;
pub use distinct::FEW;
pub use rows::Closed;
pub use things::Things;

use super::fact::{Fact, hash, number, pair};
use super::kind::{Kind, Name, Part};
use crate::api::EventId;
use datasketches::hll::{HllSketch, HllType, HllUnion};
use rows::Rows;
use std::collections::HashMap;
use std::hash::{BuildHasher, Hasher};

/// Most entities counted in one window.
pub const ROWS_MAX: usize = 196_608;
/// A row with this much in it deserves evidence and sketches.
const HEAVY: u32 = 12;
/// So many, as estimated, are several.
const SEVERAL: f64 = 2.5;
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
    pub writes: u32,
    /// Windows of the level below that were merged.
    pub merged: u16,
    pub payload: u8,
    pub bytes: u64,
    number: u32,
    /// Gaps between events in seconds: how many, sum, sum of squares.
    gaps: (u32, f32, f32),
    last: i64,
    sets: [u64; SETS],
    deeds: Option<Box<Deeds>>,
}

/// What most entities never do: there are very many rows, and most are small.
#[derive(Default)]
pub struct Deeds {
    pub denied: u32,
    pub successes: u32,
    pub failures: u32,
    pub admin: u32,
    /// Steps of one from an id to the next.
    pub steps: u32,
    /// Addresses never seen before that failed to log in.
    pub fresh: u32,
    /// Different things of each merged window, added up: a crowded set tells no more than some hundred apart.
    summed: [u32; SETS],
    /// What a user or a key used, in more detail.
    pub objects: Things,
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
    /// Somebody else detected something about it within this window: not our word alone.
    pub seconded: bool,
    pub crawler: bool,
    /// Nothing was known about it when the window began.
    pub fresh: bool,
    /// It was reported already.
    pub told: bool,
    /// It would have been, had the day's budget not been spent.
    pub held: bool,
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

/// What is known of an entity when its window begins.
#[derive(Debug, Clone, Copy)]
pub struct Standing {
    /// Nothing is known about it.
    pub fresh: bool,
    /// Something was detected about it within a day.
    pub flagged: bool,
}

/// The running windows of one length.
#[derive(Default)]
pub struct Table {
    /// When they began.
    pub start: i64,
    index: HashMap<u64, u32, Keyed>,
    rows: Rows,
    /// Where everybody together are, whom every event is about.
    whole: Option<u32>,
}

impl Table {
    /// The row of an entity, made if there is room; `standing` is asked only then.
    pub fn row(&mut self, part: &Part<'_>, standing: impl FnOnce() -> Standing) -> Option<&mut Row> {
        let at = if part.kind == Kind::All { self.whole } else { self.index.get(&part.id).copied() };
        if let Some(at) = at {
            return self.rows.get(at);
        }
        self.make(part.id, part.kind, part.name(), standing())
    }

    /// The row of an entity, if there is one.
    pub fn get(&mut self, id: u64) -> Option<&mut Row> {
        self.rows.get(*self.index.get(&id)?)
    }

    fn make(&mut self, id: u64, kind: Kind, name: Name, standing: Standing) -> Option<&mut Row> {
        // The whole always has its place.
        if self.rows.len() >= ROWS_MAX && kind != Kind::All {
            return None;
        }
        let at = u32::try_from(self.rows.len()).ok()?;
        self.index.insert(id, at);
        if kind == Kind::All {
            self.whole = Some(at);
        }
        let counts = Counts::default();
        Some(self.rows.push(Row {
            id,
            kind,
            name,
            counts,
            heavy: None,
            flagged: standing.flagged && kind != Kind::All,
            seconded: false,
            crawler: false,
            fresh: standing.fresh,
            told: false,
            held: false,
            next: 16,
        }))
    }

    /// Adds a closed row of the level below.
    pub fn merge(&mut self, row: &mut Row) -> Option<&mut Row> {
        let own = match self.index.get(&row.id) {
            Some(at) => self.rows.get(*at)?,
            None => {
                let standing = Standing { fresh: row.fresh, flagged: row.flagged };
                self.make(row.id, row.kind, row.name.clone(), standing)?
            }
        };
        own.flagged |= row.flagged;
        own.seconded |= row.seconded;
        own.held |= row.held;
        own.crawler |= row.crawler;
        for set in 0..SETS {
            own.counts.sum(set, row.distinct(set));
        }
        own.counts.merge(&mut row.counts);
        if let Some(from) = row.heavy.take() {
            match &mut own.heavy {
                Some(heavy) => heavy.merge(&from),
                None => own.heavy = Some(from),
            }
        }
        Some(own)
    }

    /// Takes all rows out; the next window begins at `start`.
    pub fn close(&mut self, start: i64) -> Closed {
        self.start = start;
        // The next window will hold about as many; the room of a rush is given back after it.
        let many = self.index.len();
        self.index.clear();
        self.whole = None;
        self.index.shrink_to(many.saturating_mul(2));
        std::mem::take(&mut self.rows).close()
    }

    pub fn len(&self) -> usize {
        self.rows.len()
    }
}

impl Row {
    /// Takes an event in and says how much is in it now.
    pub fn add(&mut self, fact: &Fact<'_>, members: &Members, fresh: bool) -> u32 {
        self.flagged |= fact.flagged && self.kind != Kind::All;
        self.seconded |= fact.flagged;
        self.crawler |= fact.crawler;
        self.counts.add(fact, self.kind.is_group(), fresh);
        let apart = members.counts_for(self.kind);
        if apart {
            self.counts.tell_apart(self.kind, members);
        }
        if fact.object != 0 && matches!(self.kind, Kind::User | Kind::Key) {
            self.counts.used(fact.object);
        }
        let weight = self.counts.weight();
        if self.heavy.is_none() {
            if weight < HEAVY {
                return weight;
            }
            self.heavy = Some(Box::new(Heavy::new(fact.source)));
        }
        let telling = fact.error || fact.admin || fact.write || fact.login == Some(false);
        if let Some(heavy) = &mut self.heavy {
            heavy.add(fact, telling || weight < 64);
            if apart {
                heavy.count(&self.counts.sets, &members.all(self.kind));
            }
        }
        weight
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
