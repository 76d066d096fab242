//! What the engine hands to the behaviour models and takes from them: events, verdicts, what was learnt.

use super::seen::Seen;
use super::{Engine, crawler};
use crate::api::{Detection, EntityRef, Suppression, Timestamp};
use crate::platform::detect::behaviour::{Behaviour, Fact};
use crate::platform::detect::request::Hit;

/// Shows an event to the models; `start`: where in `out` what the others told of it begins.
pub(super) fn observe(
    behaviour: &mut Behaviour,
    seen: &Seen<'_>,
    hits: &[Hit],
    crawler: bool,
    start: usize,
    out: &mut Vec<Detection>,
) {
    // What a daemon says beside a login (a connection came, PAM's word, it is closed) is nobody's deed: counted, it would
    // make a guesser of passwords look like a copier of pages.
    let record = seen.record;
    if seen.login().is_none() && record.http.is_none() && record.call.is_none() && record.flow.is_none() {
        return;
    }
    let mut fact = Fact::of(seen.record, seen.event, seen.source, seen.login());
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a percentage")]
    let percent = |hit: &Hit| (hit.confidence * 100.0).clamp(0.0, 100.0) as u8;
    fact.payload = hits.iter().map(percent).max().unwrap_or(0);
    fact.flagged = out[start..].iter().any(|d| d.class != crawler::CLASS);
    fact.crawler = crawler;
    behaviour.observe(&fact, out);
}

impl Engine {
    /// Puts a verdict of false positive to use: what behaviour told of this entity under this rule becomes an ordinary
    /// value of its tail. True if there was anything. Other rules learn nothing from verdicts.
    pub fn false_positive(&mut self, rule: &str, entity: &EntityRef) -> bool {
        self.real.behaviour.false_positive(rule, entity)
    }

    /// What is suppressed costs nothing of behaviour's budget for false alarms.
    pub fn hush(&mut self, quiet: Vec<Suppression>) {
        self.real.behaviour.hush(quiet);
    }

    /// What was learnt of behaviour and of identities, a line each, to be written down; the drill's is not.
    ///
    /// # Errors
    /// It cannot be written as JSON.
    pub fn snapshot(&self) -> Result<Vec<u8>, String> {
        let mut bytes = self.real.behaviour.snapshot()?;
        bytes.push(b'\n');
        bytes.append(&mut self.real.identities.snapshot()?);
        Ok(bytes)
    }

    /// Continues from a snapshot. Events of before it, and of before `now`, are not learnt again.
    ///
    /// # Errors
    /// One of the two is foreign or damaged; that one is left as it is.
    pub fn restore(&mut self, bytes: &[u8], now: Timestamp) -> Result<(), String> {
        let line = bytes.iter().position(|b| *b == b'\n').ok_or("it is not whole")?;
        let (behaviour, identities) = (&bytes[..line], &bytes[line + 1..]);
        let behaviour = self.real.behaviour.restore(behaviour, now).map_err(|why| format!("behaviour: {why}"));
        let identities = self.real.identities.restore(identities, now.0).map_err(|why| format!("identities: {why}"));
        behaviour.and(identities)
    }
}
