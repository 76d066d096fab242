//! What a detector is shown of one event, and what it says about it.

use crate::api::{Class, Detection, DetectionId, DetectionKind, EntityRef, EventId, Outcome, Severity};
use crate::platform::keyed::hash;
use crate::platform::record::Record;
use crate::text::Untrusted;
use serde::{Deserialize, Serialize};
use std::net::IpAddr;

/// Most events named as evidence.
const EVIDENCE_MAX: usize = 20;

/// One event with its circumstances.
pub(in crate::platform::detect) struct Seen<'a> {
    pub record: &'a Record<'a>,
    pub event: EventId,
    pub source: &'a str,
    pub drill: bool,
}

/// What is constant about a behavioural rule.
pub(in crate::platform::detect) struct Spec {
    pub rule: &'static str,
    pub title: &'static str,
    pub class: &'static str,
    pub kind: DetectionKind,
    pub techniques: &'static [&'static str],
}

/// What varies.
pub(in crate::platform::detect) struct Finding<'a> {
    pub severity: Severity,
    pub confidence: f32,
    pub entity: EntityRef,
    pub why: String,
    pub evidence: &'a Evidence,
    pub count: u64,
}

impl Seen<'_> {
    /// The client, in canonical form.
    pub fn ip(&self) -> Option<IpAddr> {
        self.record.src_ip.map(|ip| ip.to_canonical())
    }

    /// Event time.
    pub fn time(&self) -> i64 {
        self.record.time.0
    }

    /// A login and whether it succeeded: an authentication event, or a request that names a user (HTTP authentication).
    pub fn login(&self) -> Option<bool> {
        let record = self.record;
        if record.class == Class::AUTHENTICATION {
            return match (record.activity, &record.outcome) {
                (2, _) => None,
                (_, Outcome::Success) => Some(true),
                (_, Outcome::Failure) => Some(false),
                _ => None,
            };
        }
        let http = record.http.as_ref().filter(|_| record.class == Class::HTTP && !record.refused)?;
        record.user.as_deref().filter(|u| !u.is_empty() && *u != "-")?;
        match http.status {
            401 => Some(false),
            200..=399 => Some(true),
            _ => None,
        }
    }

    /// A detection about this event.
    pub fn detection(&self, spec: &Spec, finding: Finding<'_>) -> Detection {
        Detection {
            id: DetectionId(0),
            time: self.record.time,
            rule: spec.rule.to_owned(),
            title: spec.title.to_owned(),
            class: spec.class.to_owned(),
            kind: spec.kind.clone(),
            severity: finding.severity,
            confidence: finding.confidence,
            entity: finding.entity,
            src_ip: self.ip(),
            user: None,
            why: Untrusted::from(finding.why),
            evidence: finding.evidence.list(),
            evidence_count: finding.count.max(1),
            techniques: spec.techniques.iter().map(|t| (*t).to_owned()).collect(),
            source: self.source.to_owned(),
            incident: None,
            suppressed: None,
            refused: false,
            drill: self.drill,
        }
    }
}

/// Makes room for one more, a little at first: there are very many of these, and most stay small. Sizes are those that an
/// allocator hands out whole.
fn make_room<T>(list: &mut Vec<T>) {
    if list.len() == list.capacity() {
        list.reserve_exact(if list.is_empty() { 3 } else { (list.len() / 2).next_multiple_of(2) });
    }
}

/// The newest events that prove something.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(in crate::platform::detect) struct Evidence(Vec<EventId>);

impl Evidence {
    pub fn add(&mut self, event: EventId) {
        if self.0.len() >= EVIDENCE_MAX {
            self.0.remove(0);
        }
        make_room(&mut self.0);
        self.0.push(event);
    }

    /// Forgets all of them; the room of a few is kept.
    pub fn clear(&mut self) {
        if self.0.capacity() > ROOM_KEPT {
            self.0 = Vec::new();
        }
        self.0.clear();
    }

    pub fn list(&self) -> Vec<EventId> {
        self.0.clone()
    }
}

/// Distinct things, counted up to a limit by their hashes, with the first few kept as examples.
#[derive(Default, Serialize, Deserialize)]
pub(in crate::platform::detect) struct Distinct {
    hashes: Vec<u64>,
    /// As a sentence has them.
    examples: Box<str>,
}

/// So much room is kept for what comes next when all is forgotten.
const ROOM_KEPT: usize = 8;
/// Examples of distinct things, bytes of one, and of all where things were taken back.
const EXAMPLES: usize = 3;
const EXAMPLE_BYTES: usize = 60;
const EXAMPLES_BYTES: usize = EXAMPLES * (4 * EXAMPLE_BYTES + 2);

impl Distinct {
    /// Notes one; true if it is new.
    pub fn add(&mut self, limit: usize, text: &str) -> bool {
        if self.hashes.len() >= limit {
            return false;
        }
        let hash = hash(text);
        let Err(at) = self.hashes.binary_search(&hash) else { return false };
        make_room(&mut self.hashes);
        self.hashes.insert(at, hash);
        if self.hashes.len() <= EXAMPLES && self.examples.len() < EXAMPLES_BYTES {
            let long = text.len() > EXAMPLE_BYTES;
            let end =
                if long { text.char_indices().nth(EXAMPLE_BYTES) } else { None }.map_or(text.len(), |(end, _)| end);
            let between = if self.examples.is_empty() { "" } else { ", " };
            self.examples = [&*self.examples, between, &text[..end]].concat().into();
        }
        true
    }

    /// Forgets all of them; the room of a few is kept.
    pub fn clear(&mut self) {
        self.examples = Box::default();
        if self.hashes.capacity() > ROOM_KEPT {
            self.hashes = Vec::new();
        }
        self.hashes.clear();
    }

    /// Takes one back.
    pub fn remove(&mut self, text: &str) {
        let hash = hash(text);
        self.hashes.retain(|h| *h != hash);
    }

    pub fn has(&self, text: &str) -> bool {
        self.hashes.binary_search(&hash(text)).is_ok()
    }

    pub fn len(&self) -> usize {
        self.hashes.len()
    }

    /// The first few, for a sentence.
    pub fn examples(&self) -> String {
        self.examples.to_string()
    }
}

/// The next count worth saying: 10, 100, 1,000 times `base`.
pub(in crate::platform::detect) fn milestone(base: u64, count: u64) -> u64 {
    let mut next = base.max(1);
    while next <= count {
        next = next.saturating_mul(10);
    }
    next
}
