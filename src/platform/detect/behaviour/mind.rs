//! The mind: histories, peers and forests, and the judgement of one window by them.

mod say;

use super::Settings;
use super::alarm::{self, Case};
use super::budget::{FOREST, Limits, SUMS};
use super::feature::{NAMES, Past, Vector, vector};
use super::history::{Habit, History, OWN_MIN};
use super::kind::{KINDS, Kind, LEVELS, entity};
use super::oddity::Oddity;
use super::peers::{ASPECT_SHARE, ASPECTS, Aspect, Judged, Peers};
use super::verdict::{Suppression, Told, Verdicts};
use super::window::Row;
use crate::api::{Detection, EntityRef};
use crate::platform::detect::engine::bounded::Bounded;
use crate::text::human;

/// Most entities remembered between their windows.
pub const KNOWN_MAX: usize = 200_000;
/// Windows that teach the peers when many close together.
const TEACHERS: usize = 4_096;
/// Windows of ten minutes with less in them are not looked at, unless it is their turn to teach.
const TRIVIAL: u32 = 8;
/// An entity is told about once in so long.
const QUIET_MS: i64 = 12 * 3_600_000;
/// Everybody together are told about more often: it need not be the same attack.
const QUIET_ALL_MS: i64 = 2 * 3_600_000;
/// What was detected about an entity keeps it from teaching for a day.
const FLAG_MS: i64 = 86_400_000;
/// Nothing is told in the first day: one has to see a day to know days.
const SILENT_MS: i64 = 86_400_000;
/// Nothing acts by itself before three days ...
const ACT_MS: i64 = 3 * 86_400_000;
/// ... and so many windows of the entity.
const ACT_WINDOWS: u16 = 30;
const WEEK_MS: i64 = 7 * 86_400_000;
const DAY_MS: i64 = 86_400_000;

/// What is remembered of an entity.
#[derive(Default)]
struct Known {
    windows: u16,
    flagged: Option<i64>,
    rich: Option<Box<Rich>>,
}

/// What only those have who came back.
#[derive(Default)]
struct Rich {
    own: [Option<Box<History>>; LEVELS],
    habit: Option<Box<Habit>>,
    told: Option<i64>,
}

/// See the module.
pub struct Mind {
    settings: Settings,
    seed: u64,
    peers: Vec<Option<Box<Peers>>>,
    forests: [Option<Box<Oddity>>; KINDS],
    known: Bounded<u64, Known>,
    limits: Limits,
    verdicts: Verdicts,
    first: Option<i64>,
    newest: i64,
    day: i64,
    /// Of so many windows that close one teaches the peers.
    step: [usize; LEVELS],
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
            step: [1; LEVELS],
        }
    }

    pub fn knows(&self, id: u64) -> bool {
        self.known.get(&id).is_some()
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
        let begun = (day * DAY_MS).max(self.first.unwrap_or(time));
        let part = (time - begun) as f64 / DAY_MS as f64;
        self.limits = Limits::new(self.settings, &self.peers, part);
    }

    /// A lot of `rows` windows closes.
    pub fn closes(&mut self, level: usize, rows: usize) {
        self.step[level] = (rows / TEACHERS).max(1);
        if level == 0 {
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
        let turn = teaches && self.peers[at].as_mut()?.turn(self.step[level]);
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

    fn age(&self) -> i64 {
        self.first.map_or(0, |first| self.newest - first)
    }

    fn own(&self, level: usize, id: u64) -> Option<&History> {
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
}
