//! What is said of a judged window.

use super::super::budget::COMMON as LEAST;
use super::*;

/// An entity is told about once in so long at most.
const QUIET_MS: i64 = 12 * 3_600_000;
/// Everybody together are told about more often: it need not be the same attack.
const QUIET_ALL_MS: i64 = 2 * 3_600_000;

/// The forest is asked of what is rarer than one in so many.
const ODD_MIN: f64 = 50.0;

/// A group is only told of if several addresses took part: what one does is told of the one. Of everybody together only
/// those who fail to log in are told apart.
fn is_several(row: &Row, leading: usize) -> bool {
    !row.kind.is_group() || (row.kind == Kind::All && !is_login(leading)) || row.is_several()
}

impl Mind {
    /// Tells of a window if one of its aspects is rarer than the budget allows.
    pub(super) fn tell(
        &mut self,
        level: usize,
        row: &mut Row,
        x: &Vector,
        judged: Judged,
        start: i64,
        now: i64,
    ) -> Option<Detection> {
        // Most windows are nothing special, and no limit is below that.
        if judged.aspects.iter().all(|aspect| Peers::at_most(aspect.score, LEAST)) {
            return None;
        }
        let kind = row.kind as usize;
        let peers = self.peers[kind * LEVELS + level].as_ref()?;
        let limit = |a: usize| self.limits.of(kind, level) / ASPECT_SHARE[a];
        let rare = (0..ASPECTS).filter_map(|a| peers.one_in(&judged, a).map(|n| (n / limit(a), n, a)));
        let (over, one_in, aspect) = rare.max_by(|a, b| a.0.total_cmp(&b.0))?;
        let Aspect { score, leading } = judged.aspects[aspect];
        if over < 1.0 || leading[0].1 <= 0.0 || !is_several(row, leading[0].0) {
            return None;
        }
        let leading: Vec<usize> = leading.iter().filter(|l| l.1 > 0.0).map(|l| l.0).collect();
        let (limit, own) = (limit(aspect), judged.own);
        let threshold = peers.threshold(limit, own, aspect)?;
        let case = Case { level, detector: level, aspect, x, leading, score, one_in, limit, threshold, own };
        self.say(row, case, start, now)
    }

    /// Asks the forest.
    pub(super) fn odd(
        &mut self,
        row: &mut Row,
        x: &Vector,
        judged: Judged,
        start: i64,
        now: i64,
        flagged: bool,
    ) -> Option<Detection> {
        let kind = row.kind as usize;
        let silent = self.lived < SILENT_MS;
        let id = historic(row.id, row.kind, 0, start);
        let own = self.known.get(&id)?.rich.as_ref()?.own[0].as_deref().filter(|h| h.windows >= OWN_MIN[0])?;
        let peers = self.peers[kind * LEVELS].as_mut()?;
        let seed = self.seed ^ kind as u64;
        let forest = self.forests[kind].get_or_insert_with(|| Box::new(Oddity::new(seed)));
        let teach = forest.turn() && !flagged;
        let common = Peers::at_most(judged.aspects[0].score, ODD_MIN);
        if !teach && (common || peers.one_in(&judged, 0).is_none_or(|n| n < ODD_MIN)) {
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
        self.say(row, case, start, now)
    }

    /// Adds a day to the cumulative sums.
    pub(super) fn accumulate(
        &mut self,
        row: &mut Row,
        x: &Vector,
        start: i64,
        now: i64,
        flagged: bool,
    ) -> Option<Detection> {
        let (kind, level) = (row.kind as usize, LEVELS - 1);
        let limit = self.limits.of(kind, SUMS);
        let peers = self.peers[kind * LEVELS + level].as_mut()?;
        let known = self.known.entry(historic(row.id, row.kind, level, start), now);
        let own = known.rich.as_mut()?.own[level].as_mut().filter(|h| h.windows >= OWN_MIN[level])?;
        let (feature, sum) = own.accumulate(x, &peers.spreads());
        let usual = own.usual(feature);
        let score = f64::from(sum);
        let one_in = peers.sums.one_in(score);
        if !flagged {
            peers.sums.add(score);
        }
        let one_in = one_in.filter(|n| *n >= limit)?;
        // It adds up over days: half of what would count in one, and half as much again as usual.
        let least = material(level, row.is_group())[feature] - 2f32.ln();
        let matters = sum >= SUM_MIN && x[feature] >= least && x[feature] >= usual + 1.5f32.ln();
        if self.lived < ACT_MS || !matters {
            return None;
        }
        let threshold = peers.sums.threshold(limit)?;
        let leading = vec![feature];
        let case = Case { level, detector: SUMS, aspect: 0, x, leading, score, one_in, limit, threshold, own: true };
        self.say(row, case, start, now)
    }

    /// Makes a detection of a case, unless the entity was told of lately or the day's budget is spent on rarer ones. What
    /// is suppressed raises no alarm, so it costs nothing of the budget.
    fn say(&mut self, row: &mut Row, case: Case<'_>, start: i64, now: i64) -> Option<Detection> {
        // What somebody else noticed as well costs nothing: it is no alarm on our word alone.
        let over = case.one_in / case.limit;
        if row.seconded {
            self.purse.refund(row.id);
        }
        let paid = row.seconded || self.purse.price(self.settings, now).is_some_and(|price| over >= price);
        let quiet = self.mark(row, paid, now)?;
        self.settle(row, &case);
        if quiet {
            return None;
        }
        let peers = self.peers[row.kind as usize * LEVELS + case.level].as_ref()?;
        let windows = self.known.get(&row.id).map_or(0, |k| k.windows);
        let warm = self.lived >= ACT_MS && windows >= ACT_WINDOWS;
        let sure = warm && over >= Limits::block(self.settings);
        let basis = self.basis(case.level, row, start);
        let detection = alarm::detection(row, &case, peers, basis, sure, now);
        let feature = *case.leading.first()?;
        if self.quiet.iter().any(|s| s.covers(&detection, Timestamp(now))) {
            return Some(detection);
        }
        if !row.seconded {
            self.purse.spend(now, row.id);
        }
        let (rule, entity) = (detection.rule.clone(), entity(row.kind, &row.name));
        let (kind, detector, aspect) = (row.kind as usize, case.detector, case.aspect);
        self.verdicts.told(Told { rule, entity, feature, kind, detector, aspect, score: case.score, own: case.own });
        Some(detection)
    }

    /// Marks a row as told, or as held when it cannot be paid for, which gives nothing; true if its entity was told of
    /// lately.
    fn mark(&mut self, row: &mut Row, paid: bool, now: i64) -> Option<bool> {
        if !paid {
            if !row.held {
                self.purse.hold();
            }
            row.held = true;
            return None;
        }
        row.told = true;
        let known = self.known.entry(row.id, now);
        let rich = known.rich.get_or_insert_default();
        let (last, times) = rich.told.unwrap_or((i64::MIN, 0));
        // Who goes on and on is told of ever more rarely: after half a day, a day, two, at most eight.
        let quiet_ms = if row.kind == Kind::All { QUIET_ALL_MS } else { QUIET_MS << times.saturating_sub(1).min(4) };
        let quiet = (0..quiet_ms).contains(&now.saturating_sub(last));
        rich.told = Some(if quiet { (last, times) } else { (now, times.saturating_add(1)) });
        known.flag(now);
        Some(quiet)
    }

    /// It moves its tail as far as anything may: if this was ordinary after all, the like of it will be told less.
    fn settle(&mut self, row: &Row, case: &Case<'_>) {
        let Some(peers) = self.peers[row.kind as usize * LEVELS + case.level].as_mut() else { return };
        let clipped = case.score.min(case.threshold);
        match case.detector {
            _ if row.crawler => {}
            SUMS => peers.sums.add(clipped),
            FOREST => peers.odd.add(clipped),
            _ => peers.forgive(clipped, case.own, case.aspect),
        }
    }
}
