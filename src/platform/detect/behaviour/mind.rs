//! The mind: histories, peers and forests, and the judgement of one window by them.

use super::Settings;
use super::budget::Limits;
use super::feature::{Past, Vector, vector};
use super::history::{Habit, History};
use super::kind::{KINDS, Kind, LEVELS, Name, network};
use super::oddity::Oddity;
use super::peers::{Judged, Peers};
use super::verdict::Verdicts;
use super::window::{Row, Standing};
use crate::api::Detection;
use crate::platform::detect::engine::bounded::Bounded;
use crate::text::human;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::net::IpAddr;

/// Most entities remembered between their windows.
pub const KNOWN_MAX: usize = 200_000;
/// Addresses of one range that teach the peers in ten minutes: nobody makes a new normal out of one network.
const RANGE_TEACHES: u8 = 16;
/// Windows that teach the peers when many close together.
const TEACHERS: usize = 4_096;
/// Windows of ten minutes with less in them are not looked at, unless it is their turn to teach.
const TRIVIAL: u32 = 8;
/// What was detected about an entity keeps it from teaching for a day.
const FLAG_MS: i64 = 86_400_000;
/// Nothing is told in the first day: one has to see a day to know days.
pub const SILENT_MS: i64 = 86_400_000;
/// Nothing acts by itself before three days ...
pub const ACT_MS: i64 = 3 * 86_400_000;
/// ... and so many windows of the entity.
pub const ACT_WINDOWS: u16 = 30;
const WEEK_MS: i64 = 7 * 86_400_000;
const DAY_MS: i64 = 86_400_000;

/// What is remembered of an entity.
#[derive(Default, Serialize, Deserialize)]
pub struct Known {
    pub windows: u16,
    pub flagged: Option<i64>,
    pub rich: Option<Box<Rich>>,
}

impl Known {
    /// False if it was written by something else.
    pub fn is_whole(&self) -> bool {
        self.rich.as_ref().is_none_or(|r| r.own.iter().flatten().all(|h| h.is_whole()))
    }

    fn is_flagged(&self, now: i64) -> bool {
        self.flagged.is_some_and(|t| now.saturating_sub(t) < FLAG_MS)
    }
}

/// What only those have who came back.
#[derive(Default, Serialize, Deserialize)]
pub struct Rich {
    pub own: [Option<Box<History>>; LEVELS],
    pub habit: Option<Box<Habit>>,
    pub told: Option<i64>,
}

/// See the module.
pub struct Mind {
    pub settings: Settings,
    pub seed: u64,
    pub peers: Vec<Option<Box<Peers>>>,
    pub forests: [Option<Box<Oddity>>; KINDS],
    pub known: Bounded<u64, Known>,
    pub limits: Limits,
    pub verdicts: Verdicts,
    pub first: Option<i64>,
    pub newest: i64,
    pub day: i64,
    /// Windows of one range that taught since the last lot closed.
    taught: HashMap<IpAddr, u8>,
    /// Of so many windows that close one teaches the peers.
    pub step: [usize; LEVELS],
}

/// Only what may add up over a longer time goes on into the longer window.
pub fn carries(row: &Row) -> bool {
    let c = &row.counts;
    !matches!(row.kind, Kind::Address | Kind::Range)
        || c.failures > 0
        || c.errors > 0
        || c.denied > 0
        || c.merged > 1
        || c.requests >= 20
        || c.bytes >= 1 << 20
}

impl Mind {
    pub fn new(settings: Settings, seed: u64) -> Self {
        Self {
            settings,
            seed,
            peers: (0..KINDS * LEVELS).map(|_| None).collect(),
            forests: Default::default(),
            known: Bounded::new(KNOWN_MAX),
            limits: Limits::default(),
            verdicts: Verdicts::default(),
            first: None,
            newest: 0,
            day: 0,
            taught: HashMap::new(),
            step: [1; LEVELS],
        }
    }

    /// Whether an entity is new, and whether something was detected about it within a day.
    pub fn standing(&self, id: u64, now: i64) -> Standing {
        match self.known.get(&id) {
            None => Standing { fresh: true, flagged: false },
            Some(known) => Standing { fresh: false, flagged: known.is_flagged(now) },
        }
    }

    pub fn len(&self) -> usize {
        self.known.len()
    }

    /// A window is over: counts the day and splits the budget anew.
    pub fn tick(&mut self, time: i64) {
        self.first.get_or_insert(time);
        self.newest = self.newest.max(time);
        let day = time.div_euclid(DAY_MS);
        if day != self.day {
            let next = day == self.day + 1;
            for peers in self.peers.iter_mut().flatten() {
                peers.closed = (0, if next { peers.closed.0 } else { 0 });
            }
            self.day = day;
        }
        self.split(time);
    }

    /// Splits the budget anew.
    pub fn split(&mut self, time: i64) {
        let day = time.div_euclid(DAY_MS);
        let begun = (day * DAY_MS).max(self.first.unwrap_or(time));
        let part = (time - begun) as f64 / DAY_MS as f64;
        self.limits = Limits::new(self.settings, &self.peers, part);
    }

    /// A lot of `rows` windows closes.
    pub fn closes(&mut self, level: usize, rows: usize) {
        self.step[level] = (rows / TEACHERS).max(1);
        if level == 0 {
            self.taught.clear();
            self.forests.iter_mut().flatten().for_each(|f| f.begin(rows));
        }
    }

    /// Looks into a running window.
    pub fn running(&mut self, level: usize, row: &mut Row, start: i64, now: i64) -> Option<Detection> {
        let weight = row.counts.weight();
        if row.told || weight < row.next || !self.speaks(level, row.kind) {
            return None;
        }
        row.next = weight.saturating_add(weight / 2);
        let x = vector(row, self.past(level, row, start));
        let judged = self.judge(level, row, &x)?;
        self.tell(level, row, &x, judged, now)
    }

    /// Judges a closed window and learns from it.
    pub fn close(&mut self, level: usize, row: &mut Row, start: i64, end: i64) -> Option<Detection> {
        let at = row.kind as usize * LEVELS + level;
        let seed = self.seed.wrapping_add(at as u64);
        let peers = self.peers[at].get_or_insert_with(|| Box::new(Peers::new(seed)));
        peers.closed.0 = peers.closed.0.saturating_add(1);
        let flagged = self.note(row, end);
        // Failing a lot teaches nothing either, whoever noticed.
        let c = &row.counts;
        let failing = c.errors.max(c.failures).saturating_mul(2) > c.requests;
        let teaches = row.kind == Kind::All || !(flagged || failing);
        let turn = teaches && self.peers[at].as_mut()?.turn(self.step[level]) && self.may_teach(row);
        // A handful of ordinary requests is not worth a look; what an absence of them means is not our question.
        if level == 0 && !turn && c.weight() < TRIVIAL && !matches!(row.kind, Kind::User | Kind::Key | Kind::All) {
            return None;
        }
        let x = vector(row, self.past(level, row, start));
        let judged = self.judge(level, row, &x)?;
        let mut said = None;
        if !row.told && self.speaks(level, row.kind) {
            said = self.tell(level, row, &x, judged, end);
        }
        if teaches && !row.told {
            self.learn(level, row, &x, &judged, start, turn);
        }
        if level == 0 && said.is_none() && !row.told {
            said = self.odd(row, &x, judged, end, !teaches);
        }
        if level == LEVELS - 1 && said.is_none() && !row.told {
            said = self.accumulate(row, &x, end, flagged);
        }
        said
    }

    fn speaks(&self, level: usize, kind: Kind) -> bool {
        let peers = self.peers[kind as usize * LEVELS + level].as_ref();
        peers.is_some_and(|p| p.ready(false) || p.ready(true)) && self.age() >= SILENT_MS
    }

    pub fn age(&self) -> i64 {
        self.first.map_or(0, |first| self.newest - first)
    }

    pub fn own(&self, level: usize, id: u64) -> Option<&History> {
        self.known.get(&id)?.rich.as_ref()?.own[level].as_deref()
    }

    /// What its habits say of a window; the hour only where the window is shorter than one.
    fn past(&self, level: usize, row: &Row, start: i64) -> Past {
        let Some(known) = self.known.get(&row.id).filter(|k| k.windows >= ACT_WINDOWS) else { return Past::default() };
        let Some(habit) = known.rich.as_ref().and_then(|r| r.habit.as_ref()) else { return Past::default() };
        let hour = if level == 0 { habit.rarity(start) } else { 0.0 };
        Past { hour, new_routes: (row.routes() & !habit.routes).count_ones() }
    }

    fn judge(&self, level: usize, row: &Row, x: &Vector) -> Option<Judged> {
        let peers = self.peers[row.kind as usize * LEVELS + level].as_ref()?;
        Some(peers.judge(level, x, self.own(level, row.id)))
    }

    /// Counts a window to its entity; true if it may not teach.
    fn note(&mut self, row: &Row, now: i64) -> bool {
        let known = self.known.entry(row.id, now);
        if row.flagged && !known.is_flagged(now) {
            known.flagged = Some(now);
        }
        row.told || known.is_flagged(now)
    }

    /// Whether its range has not taught too much already.
    fn may_teach(&mut self, row: &Row) -> bool {
        let (Kind::Address, Name::Ip(ip)) = (row.kind, &row.name) else { return true };
        let count = self.taught.entry(network(*ip)).or_default();
        *count = count.saturating_add(1);
        *count <= RANGE_TEACHES
    }

    fn learn(&mut self, level: usize, row: &Row, x: &Vector, judged: &Judged, start: i64, turn: bool) {
        let Some(peers) = self.peers[row.kind as usize * LEVELS + level].as_mut() else { return };
        let known = self.known.entry(row.id, start);
        if turn {
            let own = known.rich.as_ref().and_then(|r| r.own[level].as_deref());
            peers.learn(level, x, own, judged);
        }
        if level == 0 {
            known.windows = known.windows.saturating_add(1);
        }
        // Most addresses never come back: only who does is worth a history.
        if known.windows < 2 && level == 0 {
            return;
        }
        let rich = known.rich.get_or_insert_default();
        rich.own[level].get_or_insert_default().learn(level, x, &peers.spreads());
        if level == 0 && matches!(row.kind, Kind::User | Kind::Session | Kind::Key) {
            rich.habit.get_or_insert_default().learn(start, row.routes());
        }
    }

    pub fn state(&self) -> String {
        let age = self.age();
        let entities = human::counted(self.known.len() as u64, "entities");
        let budget = self.settings.false_alarms_per_day;
        if age < WEEK_MS {
            return format!(
                "behaviour: learning, {} % of a week; {entities}; silent for the first day, blocks nothing by itself for three",
                age * 100 / WEEK_MS
            );
        }
        format!("behaviour: {entities} known; a budget of {budget} false alarms a day")
    }
}
