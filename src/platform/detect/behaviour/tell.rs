//! What the mind tells: windows rarer than the budget allows, and what becomes of it when an analyst says otherwise.

use super::alarm::{self, Case};
use super::budget::{FOREST, Limits, SUMS};
use super::feature::{NAMES, Vector};
use super::history::OWN_MIN;
use super::kind::{Kind, LEVELS, entity};
use super::mind::{ACT_MS, ACT_WINDOWS, Mind, SILENT_MS};
use super::oddity::Oddity;
use super::peers::{ASPECT_SHARE, ASPECTS, Aspect, Judged, LEADING};
use super::verdict::{Suppression, Told};
use super::window::Row;
use crate::api::{Detection, EntityRef};

/// An entity is told about once in so long.
const QUIET_MS: i64 = 12 * 3_600_000;
/// Everybody together are told about more often: it need not be the same attack.
const QUIET_ALL_MS: i64 = 2 * 3_600_000;

impl Mind {
    /// Tells of a window if one of its aspects is rarer than the budget allows.
    pub(super) fn tell(
        &mut self,
        level: usize,
        row: &mut Row,
        x: &Vector,
        judged: Judged,
        now: i64,
    ) -> Option<Detection> {
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
    pub(super) fn odd(
        &mut self,
        row: &mut Row,
        x: &Vector,
        judged: Judged,
        now: i64,
        flagged: bool,
    ) -> Option<Detection> {
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
        let leading: Vec<usize> = forest.reasons(&residuals).into_iter().take(LEADING).collect();
        let threshold = peers.odd.threshold(limit)?;
        let case =
            Case { level: 0, detector: FOREST, aspect: 0, x, leading, score, one_in, limit, threshold, own: true };
        self.say(row, case, now)
    }

    /// Adds a day to the cumulative sums.
    pub(super) fn accumulate(&mut self, row: &mut Row, x: &Vector, now: i64, flagged: bool) -> Option<Detection> {
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
}
