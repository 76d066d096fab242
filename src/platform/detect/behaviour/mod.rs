//! Behaviour: what every address, range, user, session, key and tenant, and all of them together, usually do, and who does
//! otherwise. Online, unsupervised, in bounded memory, by the events' own time.
//!
//! `fact.rs` draws a few numbers from an event, `window.rs` counts them by entity, `feature.rs` turns a window into named
//! features, `history.rs` and `peers.rs` know what is usual, `mind.rs` judges, `alarm.rs` says why,
//! `budget.rs` how much of it, `snapshot.rs` writes it down. A window is judged when it closes, and while it runs whenever
//! it has grown by half. Start at [`Behaviour::observe`].

mod alarm;
mod budget;
mod fact;
mod feature;
mod history;
mod kind;
mod mind;
mod oddity;
mod peers;
mod snapshot;
mod verdict;
mod window;

pub use fact::Fact;

use super::engine::bounded::Bounded;
use crate::api::{Detection, EntityRef, Suppression, Timestamp};
use kind::{Kind, LENGTH_MS, LEVELS, part};
use mind::Mind;
use window::{Closed, Members, Table};

/// Closed rows judged with each event, so that no single event waits for all of them.
const DRAIN: usize = 4;
/// Pairs of user and address remembered that got in.
const SIGNED_IN: usize = 65_536;
/// So many events in a row before the running window, and the clock was wrong before: start over.
const LATE_MAX: u32 = 64;

/// What the operator sets.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Settings {
    /// Judge at all.
    pub on: bool,
    /// False alarms a day that are bearable.
    pub false_alarms_per_day: f64,
    /// False automatic blocks a month that are bearable.
    pub false_blocks_per_month: f64,
}

impl Default for Settings {
    fn default() -> Self {
        Self { on: true, false_alarms_per_day: 5.0, false_blocks_per_month: 1.0 }
    }
}

/// All that is known of how entities behave.
pub struct Behaviour {
    mind: Mind,
    tables: [Table; LEVELS],
    closing: [Closed; LEVELS],
    /// Where a length of window continues once the shorter ones are judged.
    pending: [Option<i64>; LEVELS],
    /// When the windows that are being judged began.
    began: [i64; LEVELS],
    /// Who got in from where.
    signed_in: Bounded<u64, ()>,
    late: u32,
    /// What happened up to then is in the snapshot that it began with.
    since: i64,
    drill: bool,
}

impl Behaviour {
    /// Knows nobody yet; the same events and the same seed give the same detections.
    #[must_use]
    pub fn new(settings: Settings, seed: u64, drill: bool) -> Self {
        Self {
            mind: Mind::new(settings, seed),
            tables: Default::default(),
            closing: Default::default(),
            pending: [None; LEVELS],
            began: [0; LEVELS],
            signed_in: Bounded::new(SIGNED_IN),
            late: 0,
            since: i64::MIN,
            drill,
        }
    }

    /// Takes an event in and appends what stands out.
    pub fn observe(&mut self, fact: &Fact<'_>, out: &mut Vec<Detection>) {
        if fact.time <= self.since {
            return;
        }
        let login = self.login(fact);
        let forgiven;
        let fact = if login == fact.login {
            fact
        } else {
            forgiven = Fact { login, ..*fact };
            &forgiven
        };
        let from = out.len();
        self.advance(fact.time, out);
        self.drain(DRAIN, out);
        let (mind, start) = (&mut self.mind, self.tables[0].start);
        let members = Members::of(fact);
        let (mut fresh, mut explained, mut told) = (false, fact.flagged, None);
        for part in Kind::ALL.into_iter().filter_map(|kind| part(kind, fact)) {
            // Ranges, tenants and everybody together are there for what shows in nobody alone.
            if explained && part.kind.is_group() {
                continue;
            }
            // What a user does in a session is told of the user.
            if part.kind == Kind::Session && !fact.user.is_empty() {
                continue;
            }
            let Some(row) = self.tables[0].row(&part, || mind.standing(part.id, fact.time)) else { continue };
            let weight = row.add(fact, &members, fresh);
            explained |= row.seconded || row.told;
            // What comes from a new address for the first time; everybody together are the last part.
            fresh |= row.fresh && part.kind == Kind::Address && row.counts.deeds().failures <= fact.repeat;
            // It is one story, whether it is told of the address, the user or the session.
            row.told |= told.is_some() && !part.kind.is_group();
            if weight >= row.next
                && let Some(said) = mind.running(0, row, start, fact.time)
            {
                told = Some(part);
                out.push(said);
            }
        }
        if let Some(teller) = told.filter(|part| !part.kind.is_group()) {
            self.second(fact, teller.id);
        }
        for detection in &mut out[from..] {
            detection.drill = self.drill;
            if detection.source.is_empty() {
                fact.source.clone_into(&mut detection.source);
            }
        }
    }

    /// Something was told of one actor of this event: that the others, under which the same is counted, look odd too is no
    /// alarm of its own.
    fn second(&mut self, fact: &Fact<'_>, teller: u64) {
        for part in Kind::ALL.into_iter().filter(|kind| !kind.is_group()).filter_map(|kind| part(kind, fact)) {
            if let Some(row) = self.tables[0].get(part.id).filter(|_| part.id != teller) {
                row.seconded = true;
            }
        }
    }

    /// Puts a verdict of false positive to use: its score becomes ordinary. True if anything was told of this entity under
    /// this rule.
    pub fn false_positive(&mut self, rule: &str, entity: &EntityRef) -> bool {
        self.mind.verdict(rule, entity)
    }

    /// From now on what these cover costs nothing of the budget for false alarms: it raises none.
    pub fn hush(&mut self, quiet: Vec<Suppression>) {
        self.mind.quiet = quiet;
    }

    /// Everything learnt, to be written down.
    ///
    /// # Errors
    /// It cannot be written as JSON.
    pub fn snapshot(&self) -> Result<Vec<u8>, String> {
        self.mind.snapshot()
    }

    /// Continues from a snapshot; events of before it are not learnt twice. `now` bounds how far it can reach.
    ///
    /// # Errors
    /// It is of another version, foreign or damaged; nothing is changed then.
    pub fn restore(&mut self, bytes: &[u8], now: Timestamp) -> Result<(), String> {
        self.mind.restore(bytes)?;
        self.since = self.mind.newest.min(now.0);
        Ok(())
    }

    /// In one sentence.
    #[must_use]
    pub fn state(&self) -> String {
        self.mind.state()
    }

    /// Entities remembered and entities in the running windows.
    #[must_use]
    pub fn sizes(&self) -> (usize, usize) {
        (self.mind.len(), self.tables.iter().map(Table::len).sum())
    }

    /// The login as it counts. Who got in from an address and fails there has forgotten his password: that is no failure
    /// that counts here. Bursts of it have rules of their own.
    fn login(&mut self, fact: &Fact<'_>) -> Option<bool> {
        let (Some(success), Some(ip)) = (fact.login, fact.ip) else { return fact.login };
        let pair = fact::pair(fact::hash(fact.user.as_bytes()), fact::number(ip));
        if success {
            *self.signed_in.entry(pair, fact.time) = ();
            // A request with a name to it is no login each time.
            return fact.login.filter(|_| fact.route == 0);
        }
        fact.login.filter(|_| self.signed_in.get(&pair).is_none())
    }

    /// Closes windows whose time is over.
    fn advance(&mut self, time: i64, out: &mut Vec<Detection>) {
        let start = self.tables[0].start;
        let over = time.saturating_sub(start) >= LENGTH_MS[0];
        if !over && time >= start {
            self.late = 0;
            return;
        }
        let first = start == 0 && self.tables[0].len() == 0;
        if !over && !first {
            // A late line counts into the running window, unless the clock itself went back.
            self.late += u32::from(start.saturating_sub(time) > LENGTH_MS[1]);
            if self.late < LATE_MAX {
                return;
            }
        }
        self.late = 0;
        self.drain(usize::MAX, out);
        for (level, length) in LENGTH_MS.iter().enumerate() {
            let aligned = time - time.rem_euclid(*length);
            if aligned != self.tables[level].start {
                self.pending[level] = Some(aligned);
            }
        }
        self.mind.tick(time);
        self.drain(0, out);
    }

    /// Judges up to `most` closed rows; a longer window closes when all shorter ones are judged.
    fn drain(&mut self, most: usize, out: &mut Vec<Detection>) {
        if self.pending == [None; LEVELS] && self.closing.iter().all(|closed| closed.len() == 0) {
            return;
        }
        for (level, length) in LENGTH_MS.iter().enumerate() {
            for _ in 0..most {
                let Some(row) = self.closing[level].next_row() else { break };
                let end = self.began[level].saturating_add(*length);
                out.extend(self.mind.close(level, row, self.began[level], end));
                if level + 1 < LEVELS && mind::carries(row) {
                    let start = self.tables[level + 1].start;
                    if let Some(merged) = self.tables[level + 1].merge(row) {
                        out.extend(self.mind.running(level + 1, merged, start, end));
                    }
                }
            }
            if self.closing[level].len() > 0 {
                return;
            }
            if let Some(start) = self.pending[level].take() {
                self.began[level] = self.tables[level].start;
                self.closing[level] = self.tables[level].close(start);
                self.mind.closes(level, self.closing[level].len());
                if most < usize::MAX {
                    return;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
