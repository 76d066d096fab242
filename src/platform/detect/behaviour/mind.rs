//! The mind: histories, peers and forests, and the judgement of one window by them.

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

    /// Tells of a window if one of its aspects is rarer than the budget allows.
    fn tell(&mut self, level: usize, row: &mut Row, x: &Vector, judged: Judged, now: i64) -> Option<Detection> {
        let kind = row.kind as usize;
        let peers = self.peers[kind * LEVELS + level].as_ref()?;
        let limit = |a: usize| self.limits.of(kind, level) / ASPECT_SHARE[a];
        let rare = (0..ASPECTS).filter_map(|a| peers.one_in(&judged, a).map(|n| (n / limit(a), n, a)));
        let (over, one_in, aspect) = rare.max_by(|a, b| a.0.total_cmp(&b.0))?;
        let Aspect { score, leading } = judged.aspects[aspect];
        if over < 1.0 || leading[0].1 <= 0.0 {
            return None;
        }
        let leading: Vec<usize> = leading.iter().filter(|l| l.1 > 0.0).map(|l| l.0).collect();
        let (limit, own) = (limit(aspect), judged.own);
        let threshold = peers.threshold(limit, own, aspect)?;
        let case = Case { level, detector: level, aspect, x, leading, score, one_in, limit, threshold, own };
        self.say(row, case, now)
    }

    /// Asks the forest.
    fn odd(&mut self, row: &mut Row, x: &Vector, judged: Judged, now: i64, flagged: bool) -> Option<Detection> {
        let kind = row.kind as usize;
        let silent = self.age() < SILENT_MS;
        let own = self.known.get(&row.id)?.rich.as_ref()?.own[0].as_deref().filter(|h| h.windows >= OWN_MIN[0])?;
        let peers = self.peers[kind * LEVELS].as_mut()?;
        let seed = self.seed ^ kind as u64;
        let forest = self.forests[kind].get_or_insert_with(|| Box::new(Oddity::new(seed)));
        let teach = forest.turn() && !flagged;
        if !teach && peers.one_in(&judged, 0).is_none_or(|n| n < 50.0) {
            return None;
        }
        let residuals = Oddity::residuals(x, own, &peers.spreads());
        let score = forest.score(&residuals, teach)?;
        let (one_in, limit) = (peers.odd.one_in(score), self.limits.of(kind, FOREST));
        if teach {
            peers.odd.add(score);
        }
        let one_in = one_in.filter(|n| *n >= limit)?;
        if silent {
            return None;
        }
        let leading: Vec<usize> = forest.reasons(&residuals).into_iter().take(super::peers::LEADING).collect();
        let threshold = peers.odd.threshold(limit)?;
        let case =
            Case { level: 0, detector: FOREST, aspect: 0, x, leading, score, one_in, limit, threshold, own: true };
        self.say(row, case, now)
    }

    /// Adds a day to the cumulative sums.
    fn accumulate(&mut self, row: &mut Row, x: &Vector, now: i64, flagged: bool) -> Option<Detection> {
        let kind = row.kind as usize;
        let limit = self.limits.of(kind, SUMS);
        let peers = self.peers[kind * LEVELS + LEVELS - 1].as_mut()?;
        let known = self.known.entry(row.id, now);
        let own = known.rich.as_mut()?.own[LEVELS - 1].as_mut().filter(|h| h.windows >= OWN_MIN[LEVELS - 1])?;
        let (feature, sum) = own.accumulate(x, &peers.spreads());
        let score = f64::from(sum);
        let one_in = peers.sums.one_in(score);
        if !flagged {
            peers.sums.add(score);
        }
        let one_in = one_in.filter(|n| *n >= limit)?;
        if self.newest - self.first.unwrap_or(now) < ACT_MS {
            return None;
        }
        let threshold = peers.sums.threshold(limit)?;
        let level = LEVELS - 1;
        let case = Case {
            level,
            detector: SUMS,
            aspect: 0,
            x,
            leading: vec![feature],
            score,
            one_in,
            limit,
            threshold,
            own: true,
        };
        self.say(row, case, now)
    }

    /// Makes a detection of a case, unless the entity was told of lately or the case is suppressed.
    fn say(&mut self, row: &mut Row, case: Case<'_>, now: i64) -> Option<Detection> {
        row.told = true;
        let kind = row.kind as usize;
        let (feature, detector, aspect) = (*case.leading.first()?, case.detector, case.aspect);
        let (score, own) = (case.score, case.own);
        let quiet_ms = if row.kind == Kind::All { QUIET_ALL_MS } else { QUIET_MS };
        let known = self.known.entry(row.id, now);
        let rich = known.rich.get_or_insert_default();
        let quiet = rich.told.is_some_and(|t| now.saturating_sub(t) < quiet_ms);
        rich.told = Some(now);
        known.flagged = Some(now);
        let windows = known.windows;
        if quiet {
            return None;
        }
        // It moves its tail as far as anything may: if this was ordinary after all, the like of it will be told less.
        if let (Some(peers), false) = (self.peers[kind * LEVELS + case.level].as_mut(), row.crawler) {
            let clipped = case.score.min(case.threshold);
            match case.detector {
                SUMS => peers.sums.add(clipped),
                FOREST => peers.odd.add(clipped),
                _ => peers.forgive(clipped, own, aspect),
            }
        }
        let warm = self.age() >= ACT_MS && windows >= ACT_WINDOWS;
        let sure = warm && case.one_in >= case.limit * Limits::block(self.settings);
        let peers = self.peers[kind * LEVELS + case.level].as_ref()?;
        let history = self.own(case.level, row.id);
        let detection = alarm::detection(row, &case, peers, history, sure, now);
        let name = NAMES[feature];
        if self.verdicts.suppressed(&detection.rule, &detection.entity, name, now) {
            return None;
        }
        let (rule, entity) = (detection.rule.clone(), entity(row.kind, &row.name));
        self.verdicts.told(Told { rule, entity, feature, kind, detector, aspect, score, own });
        Some(detection)
    }

    /// Counts a window to its entity; true if it may not teach.
    fn note(&mut self, row: &Row, now: i64) -> bool {
        let known = self.known.entry(row.id, now);
        if row.flagged {
            known.flagged = Some(now);
        }
        row.told || known.flagged.is_some_and(|t| now.saturating_sub(t) < FLAG_MS)
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

    pub fn verdict(&mut self, rule: &str, entity: &EntityRef, false_positive: bool, now: i64) {
        if !false_positive {
            return;
        }
        for told in self.verdicts.suppress(rule, entity, &NAMES, now) {
            let level = if told.detector == SUMS { LEVELS - 1 } else { told.detector % FOREST };
            let Some(peers) = self.peers[told.kind * LEVELS + level].as_mut() else { continue };
            match told.detector {
                SUMS => peers.sums.add(told.score),
                FOREST => peers.odd.add(told.score),
                _ => peers.forgive(told.score, told.own, told.aspect),
            }
        }
    }

    pub fn suppressions(&self, now: i64) -> Vec<Suppression> {
        self.verdicts.list(now)
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
