//! What was found in one request so far: one hit per rule, the strongest; kinds of evidence that agree on one value.

use super::rule::{CERTAIN, Part, REFERER, Rule};
use super::{Hit, Kinds, Layers};
use crate::api::Severity;

/// Bytes of a match that are reported.
pub(super) const MATCH_MAX: usize = 160;
/// Bytes of a name that are reported.
const NAME_MAX: usize = 64;
/// What a hit must be worth by itself before a second kind of evidence makes it certain.
const LIKELY: f32 = 0.7;
/// The same if the second kind is the classifier.
const CLEAR: f32 = 0.85;
/// What the classifier's word by itself is worth at most.
const HINT: f32 = 0.5;

/// Something that was found.
pub(super) struct Finding<'a> {
    pub rule: &'static Rule,
    pub sign: &'static str,
    pub severity: Severity,
    pub confidence: f32,
    pub kind: Kinds,
    pub part: &'static str,
    pub name: &'a [u8],
    pub matched: &'a [u8],
    pub layers: Layers,
}

/// The case against one request.
pub(super) struct Case<'o> {
    hits: &'o mut Vec<Hit>,
    start: usize,
}

impl<'o> Case<'o> {
    pub fn new(hits: &'o mut Vec<Hit>) -> Self {
        let start = hits.len();
        Self { hits, start }
    }

    /// Nothing was found yet.
    pub fn is_empty(&self) -> bool {
        self.hits.len() == self.start
    }

    /// Findings in all.
    pub fn hits(&self) -> &[Hit] {
        &self.hits[self.start..]
    }

    /// Whether a pattern of this rule was found that is worth at least as much.
    pub fn knows(&self, rule: &Rule, confidence: f32) -> bool {
        self.hits().iter().any(|h| h.rule == rule.name && h.kinds.has(Kinds::RULE) && h.confidence >= confidence)
    }

    /// Takes a finding in.
    pub fn add(&mut self, found: &Finding<'_>) {
        let name = excerpt(found.name, NAME_MAX);
        let known = self.hits[self.start..].iter_mut().find(|h| h.rule == found.rule.name);
        // What the classifier says never stands for what something else found, however rare it calls it.
        let weaker = |h: &Hit| match (h.kinds == Kinds::MODEL, found.kind == Kinds::MODEL) {
            (false, true) => true,
            (true, false) => false,
            _ => h.confidence >= found.confidence,
        };
        let (kinds, weaker) = match &known {
            Some(h) if h.part == found.part && h.name == name => {
                let both = h.confidence >= LIKELY && found.confidence >= LIKELY;
                let kept = if weaker(h) { h.kinds } else { found.kind };
                (if both { h.kinds.with(found.kind) } else { kept }, weaker(h))
            }
            Some(h) => (found.kind, weaker(h)),
            None => (found.kind, false),
        };
        if weaker {
            if let Some(h) = known.filter(|h| h.part == found.part && h.name == name) {
                h.kinds = kinds;
            }
            return;
        }
        let hit = Hit {
            rule: found.rule.name,
            title: found.rule.title,
            class: found.rule.class,
            severity: found.severity.clone(),
            confidence: found.confidence,
            techniques: found.rule.techniques,
            part: found.part,
            name,
            sign: found.sign,
            matched: excerpt(found.matched, MATCH_MAX),
            layers: found.layers,
            kinds,
            certain: found.confidence >= CERTAIN,
        };
        match known {
            Some(h) => *h = hit,
            None => self.hits.push(hit),
        }
    }

    /// An automatic refusal needs two kinds of evidence on one value, or one exact indicator. The classifier by itself
    /// is only a hint, and needs a clearer sign beside it than the others do.
    pub fn settle(&mut self) {
        let hits = &mut self.hits[self.start..];
        for at in 0..hits.len() {
            let beside = |h: &&Hit| h.part == hits[at].part && h.name == hits[at].name && h.confidence >= LIKELY;
            let kinds = hits.iter().filter(beside).fold(hits[at].kinds, |all, h| all.with(h.kinds));
            let hit = &mut hits[at];
            let needed = if kinds.has(Kinds::MODEL) && kinds.count() == 2 { CLEAR } else { LIKELY };
            if kinds.count() >= 2 && hit.kinds != Kinds::MODEL && hit.confidence >= needed && hit.part != "referer" {
                hit.kinds = kinds;
                hit.certain = true;
                hit.confidence = hit.confidence.max(CERTAIN);
            }
        }
        for hit in hits.iter_mut().filter(|h| h.kinds == Kinds::MODEL) {
            hit.confidence = hit.confidence.min(HINT);
        }
    }
}

/// What a finding in this part is worth: in a referer less, unless the sign is exact anywhere.
pub(super) fn worth(confidence: f32, parts: u8, part: &Part) -> f32 {
    /// What a sign in a referer is worth.
    const REFERER_SHARE: f32 = 0.6;
    if part.bit == REFERER && parts & REFERER == 0 { confidence * REFERER_SHARE } else { confidence }
}

pub(super) fn excerpt(bytes: &[u8], max: usize) -> String {
    String::from_utf8_lossy(&bytes[..bytes.len().min(max)]).into_owned()
}
