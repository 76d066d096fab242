//! The mind: histories, peers and forests, and the judgement of one window by them.

mod learn;
mod say;

use super::Settings;
use super::alarm::{self, Case};
use super::budget::{FOREST, Limits, Purse, SUMS};
use super::feature::{Past, Vector, is_login, material, vector};
use super::history::{Habit, History, OWN_MIN, SUM_MIN};
use super::kind::{KINDS, Kind, LEVELS, entity, historic, network};
use super::oddity::Oddity;
use super::peers::{ASPECT_SHARE, ASPECTS, Aspect, Basis, Judged, LEADING, Peers};
use super::verdict::{Told, Verdicts};
use super::window::{Row, Standing};
use crate::api::{Detection, EntityRef, Suppression, Timestamp};
use crate::platform::detect::engine::bounded::Bounded;
use crate::platform::keyed::Keys;
use crate::text::human;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::net::IpAddr;
use std::num::NonZeroI64;

/// Most entities remembered between their windows.
pub const KNOWN_MAX: usize = 200_000;
/// Windows of ten minutes with less in them are not looked at, unless it is their turn to teach.
const TRIVIAL: u32 = 8;
/// Nothing is told in the first day: one has to see a day to know days.
const SILENT_MS: i64 = 86_400_000;
/// Nothing acts by itself before three days ...
const ACT_MS: i64 = 3 * 86_400_000;
/// ... and so many windows of the entity.
const ACT_WINDOWS: u16 = 30;
/// A silence counts for at most so much of that: one line from the future does not end the learning.
const GAP_MS: i64 = 6 * 3_600_000;
const WEEK_MS: i64 = 7 * 86_400_000;
const DAY_MS: i64 = 86_400_000;

/// What is remembered of an entity.
#[derive(Default, Serialize, Deserialize)]
pub struct Known {
    pub windows: u16,
    flagged: Option<Flagged>,
    pub rich: Option<Box<Rich>>,
}

/// When something was last detected about an entity: half as large as a time that may be missing, and most entities have
/// none. The first millisecond of 1970 counts as the second.
type Flagged = NonZeroI64;

/// What only those have who came back.
#[derive(Default, Serialize, Deserialize)]
pub struct Rich {
    own: [Option<Box<History>>; LEVELS],
    habit: Option<Box<Habit>>,
    /// When it was last told of, and how often.
    told: Option<(i64, u32)>,
}

/// See the module.
pub struct Mind {
    settings: Settings,
    seed: u64,
    pub(super) peers: Vec<Option<Box<Peers>>>,
    forests: [Option<Box<Oddity>>; KINDS],
    pub(super) known: Bounded<u64, Known>,
    limits: Limits,
    pub(super) verdicts: Verdicts,
    /// What is suppressed at present.
    pub(super) quiet: Vec<Suppression>,
    pub(super) purse: Purse,
    /// How long it has been looking on, in milliseconds of the events' time.
    pub(super) lived: i64,
    pub(super) newest: i64,
    pub(super) day: i64,
    /// Windows of one range that taught since the last lot closed.
    taught: HashMap<IpAddr, u8, Keys>,
    /// Of so many windows that close one teaches the peers.
    step: [usize; LEVELS],
}

/// Only what may add up over a longer time goes on into the longer window.
pub fn carries(row: &Row) -> bool {
    let c = &row.counts;
    !matches!(row.kind, Kind::Address | Kind::Range)
        || c.deeds().failures > 0
        || c.errors > 0
        || c.deeds().denied > 0
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
            quiet: Vec::new(),
            purse: Purse::default(),
            lived: 0,
            newest: 0,
            day: 0,
            taught: HashMap::default(),
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
        if self.newest != 0 {
            self.lived += time.saturating_sub(self.newest).clamp(0, GAP_MS);
        }
        self.newest = time;
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
    pub(super) fn split(&mut self, time: i64) {
        let part = time.rem_euclid(DAY_MS).min(self.lived) as f64 / DAY_MS as f64;
        self.limits = Limits::new(self.settings, &self.peers, part);
    }

    /// Looks into a running window.
    pub fn running(&mut self, level: usize, row: &mut Row, start: i64, now: i64) -> Option<Detection> {
        let weight = row.counts.weight();
        if row.told || weight < row.next || !self.speaks(level, row.kind) {
            return None;
        }
        row.next = weight.saturating_add(weight / 2);
        let x = vector(row, self.past(level, row, start));
        let judged = self.judge(level, row, &x, start)?;
        self.tell(level, row, &x, judged, start, now)
    }

    /// Judges a closed window and learns from it.
    pub fn close(&mut self, level: usize, row: &mut Row, start: i64, end: i64) -> Option<Detection> {
        let at = row.kind as usize * LEVELS + level;
        let seed = self.seed.wrapping_add(at as u64);
        let peers = self.peers[at].get_or_insert_with(|| Box::new(Peers::new(seed)));
        peers.closed.0 = peers.closed.0.saturating_add(1);
        peers.meet(row.id, start);
        let (teaches, turn) = self.lesson(level, row, end);
        // A handful of ordinary requests is not worth a look; what an absence of them means is not our question.
        let trivial = !matches!(row.kind, Kind::User | Kind::Key | Kind::All) && row.counts.weight() < TRIVIAL;
        if level == 0 && !turn && trivial {
            return None;
        }
        let x = vector(row, self.past(level, row, start));
        let judged = self.judge(level, row, &x, start);
        let mut said = None;
        if let Some(judged) = judged.filter(|_| !row.told && self.speaks(level, row.kind)) {
            said = self.tell(level, row, &x, judged, start, end);
        }
        if level == LEVELS - 1 && said.is_none() && !row.told {
            said = self.accumulate(row, &x, start, end, !teaches);
        }
        let teaches = teaches && !row.told && !row.held;
        if teaches {
            self.learn(level, row, &x, judged.as_ref(), start, turn);
        }
        if level == 0 && said.is_none() && !row.told {
            said = judged.and_then(|judged| self.odd(row, &x, judged, start, end, !teaches));
        }
        said
    }

    fn speaks(&self, level: usize, kind: Kind) -> bool {
        let peers = self.peers[kind as usize * LEVELS + level].as_ref();
        peers.is_some_and(|p| p.ready()) && self.lived >= SILENT_MS
    }

    fn own(&self, level: usize, row: &Row, start: i64) -> Option<&History> {
        let id = historic(row.id, row.kind, level, start);
        self.known.get(&id)?.rich.as_ref()?.own[level].as_deref()
    }

    /// What its habits say of a window; the hour only where the window is shorter than one.
    fn past(&self, level: usize, row: &Row, start: i64) -> Past {
        let Some(known) = self.known.get(&row.id).filter(|k| k.windows >= ACT_WINDOWS) else { return Past::default() };
        let Some(habit) = known.rich.as_ref().and_then(|r| r.habit.as_ref()) else { return Past::default() };
        let hour = if level == 0 { habit.rarity(start) } else { 0.0 };
        // The objects of the hours of a day are learnt together, when it is over.
        let new_objects = if level == LEVELS - 1 { habit.new_objects(&row.counts.deeds().objects) } else { 0.0 };
        Past { hour, new_routes: (row.routes() & !habit.routes).count_ones(), new_objects }
    }

    fn basis(&self, level: usize, row: &Row, start: i64) -> Option<Basis<'_>> {
        let peers = self.peers[row.kind as usize * LEVELS + level].as_ref()?;
        let own = self.own(level, row, start).filter(|h| h.windows >= OWN_MIN[level]);
        // Whoever has a past, but not of this length, is no stranger to be measured by others.
        let known = level > 0 && self.own(0, row, start).is_some_and(|h| h.windows >= OWN_MIN[0]);
        if own.is_none() && known && row.kind != Kind::All {
            return None;
        }
        peers.basis(level, own, row)
    }

    fn judge(&self, level: usize, row: &Row, x: &Vector, start: i64) -> Option<Judged> {
        let peers = self.peers[row.kind as usize * LEVELS + level].as_ref()?;
        Some(peers.judge(x, self.basis(level, row, start)?))
    }

    pub fn state(&self) -> String {
        let entities = human::counted(self.known.len() as u64, "entities");
        if self.lived < WEEK_MS {
            return format!(
                "behaviour: learning, {} % of a week; {entities}; silent for the first day, blocks nothing by itself for three",
                self.lived * 100 / WEEK_MS
            );
        }
        let (budget, held) = (self.settings.false_alarms_per_day, human::count(self.purse.held()));
        format!(
            "behaviour: {entities} known; a budget of {budget} false alarms a day, {held} more not raised because of it"
        )
    }
}
