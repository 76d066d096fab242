//! What is learnt from a window, by whom it may be taught, and what a verdict changes.

use super::*;

/// Addresses of one range that teach the peers in ten minutes: nobody makes a new normal out of one network.
const RANGE_TEACHES: u8 = 16;
/// Windows that teach the peers when many close together.
const TEACHERS: usize = 4_096;
/// What was detected about an entity keeps it from teaching for a day.
const FLAG_MS: i64 = 86_400_000;

impl Known {
    pub(super) fn is_flagged(&self, now: i64) -> bool {
        self.flagged.is_some_and(|t| now.saturating_sub(t.get()) < FLAG_MS)
    }

    pub(super) fn flag(&mut self, now: i64) {
        self.flagged = Flagged::new(now).or(Flagged::new(1));
    }
}

impl Mind {
    /// A lot of `rows` windows closes.
    pub fn closes(&mut self, level: usize, rows: usize) {
        self.step[level] = (rows / TEACHERS).max(1);
        if level == 0 {
            self.taught.clear();
            self.forests.iter_mut().flatten().for_each(|f| f.begin(rows));
        }
    }

    /// Whether a window may teach, and whether its turn has come to teach the peers too.
    pub(super) fn lesson(&mut self, level: usize, row: &Row, now: i64) -> (bool, bool) {
        let known = self.known.entry(row.id, now);
        if row.flagged && !known.is_flagged(now) {
            known.flag(now);
        }
        let flagged = row.told || row.held || known.is_flagged(now);
        // Failing a lot teaches nothing either, whoever noticed.
        let c = &row.counts;
        let failing = c.errors.max(c.deeds().failures).saturating_mul(2) > c.requests;
        let teaches = row.kind == Kind::All || !(flagged || failing);
        let step = self.step[level];
        let peers = self.peers[row.kind as usize * LEVELS + level].as_mut();
        let turn = teaches && peers.is_some_and(|p| p.turn(step)) && self.may_teach(row);
        (teaches, turn)
    }

    /// Whether its range has not taught too much already.
    fn may_teach(&mut self, row: &Row) -> bool {
        let Some(ip) = row.name.ip().filter(|_| row.kind == Kind::Address) else { return true };
        let count = self.taught.entry(network(ip)).or_default();
        *count = count.saturating_add(1);
        *count <= RANGE_TEACHES
    }

    pub(super) fn learn(
        &mut self,
        level: usize,
        row: &Row,
        x: &Vector,
        judged: Option<&Judged>,
        start: i64,
        turn: bool,
    ) {
        let Some(peers) = self.peers[row.kind as usize * LEVELS + level].as_mut() else { return };
        let known = self.known.entry(historic(row.id, row.kind, level, start), start);
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
        if level == LEVELS - 1 && !row.counts.deeds().objects.is_empty() {
            rich.habit.get_or_insert_default().learn_objects(start, &row.counts.deeds().objects);
        }
    }

    /// A false positive's score becomes ordinary. What is known of entities stays as it is. True if anything was told of
    /// this entity under this rule.
    pub fn verdict(&mut self, rule: &str, entity: &EntityRef) -> bool {
        let about = self.verdicts.take(rule, entity);
        for told in &about {
            let level = if told.detector == SUMS { LEVELS - 1 } else { told.detector % FOREST };
            let Some(Some(peers)) = self.peers.get_mut(told.kind * LEVELS + level) else { continue };
            match told.detector {
                SUMS => peers.sums.add(told.score),
                FOREST => peers.odd.add(told.score),
                _ => peers.forgive(told.score, told.own, told.aspect),
            }
        }
        !about.is_empty()
    }
}
