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
/// Second opinions that are kept of one request.
const SECONDED_MAX: usize = 32;

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
    /// Part and name of values that the classifier is sure of, where another finding of the same rule is reported instead.
    seconded: Vec<(&'static str, String)>,
}

impl<'o> Case<'o> {
    pub fn new(hits: &'o mut Vec<Hit>) -> Self {
        let start = hits.len();
        Self { hits, start, seconded: Vec::new() }
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
        let mut confidence = found.confidence;
        let mut known = self.hits[self.start..].iter_mut().find(|h| h.rule == found.rule.name);
        // What the classifier says never stands for what something else found, however rare it calls it. It still counts as
        // a second opinion, and a note that it shares is worth no less than its own word.
        if let Some(h) = known.as_mut().filter(|h| (h.kinds == Kinds::MODEL) != (found.kind == Kinds::MODEL)) {
            let said = if found.kind == Kinds::MODEL { found.confidence } else { h.confidence };
            let place = if found.kind == Kinds::MODEL { (found.part, &name) } else { (h.part, &h.name) };
            if said >= LIKELY && self.seconded.len() < SECONDED_MAX {
                self.seconded.push((place.0, place.1.clone()));
            }
            if h.part == found.part && h.name == name {
                h.confidence = h.confidence.max(said.min(HINT));
                confidence = confidence.max(said.min(HINT));
            }
        }
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
            confidence,
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
            let mut kinds = hits.iter().filter(beside).fold(hits[at].kinds, |all, h| all.with(h.kinds));
            if self.seconded.iter().any(|(part, name)| *part == hits[at].part && *name == hits[at].name) {
                kinds = kinds.with(Kinds::MODEL);
            }
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

#[cfg(test)]
mod tests {
    use super::super::table;
    use super::*;

    fn finding(rule: &'static Rule, kind: Kinds, confidence: f32) -> Finding<'static> {
        let layers = Layers::default();
        let (name, matched) = (&b"q"[..], &b"x"[..]);
        Finding { rule, sign: "a sign", severity: Severity::Low, confidence, kind, part: "url", name, matched, layers }
    }

    /// The hits of these findings at one value, once settled.
    fn settled(findings: &[Finding<'_>]) -> Vec<Hit> {
        let mut hits = Vec::new();
        let mut case = Case::new(&mut hits);
        findings.iter().for_each(|found| case.add(found));
        case.settle();
        hits
    }

    #[test]
    fn a_low_note_of_a_rule_takes_nothing_from_what_the_classifier_is_sure_of() {
        let sure = || finding(&table::sql::RULE, Kinds::MODEL, 0.85);
        let low = || finding(&table::sql::RULE, Kinds::RULE, 0.3);
        let clear = || finding(&table::command::RULE, Kinds::RULE, 0.9);
        let orders =
            [[sure(), low(), clear()], [low(), sure(), clear()], [clear(), low(), sure()], [clear(), sure(), low()]];
        for findings in orders {
            let hits = settled(&findings);
            let of = |rule: &Rule| hits.iter().find(|h| h.rule == rule.name).unwrap();
            let (sql, command) = (of(&table::sql::RULE), of(&table::command::RULE));
            assert!(command.certain && command.kinds.has(Kinds::MODEL), "{hits:?}");
            assert!(!sql.certain && sql.confidence == HINT && sql.kinds.has(Kinds::RULE), "{hits:?}");
        }
        // The two alone refuse nothing, and nothing less than sure is a second opinion.
        assert!(settled(&[sure(), low()]).iter().all(|h| !h.certain));
        let unsure = finding(&table::sql::RULE, Kinds::MODEL, 0.6);
        assert!(settled(&[unsure, low(), clear()]).iter().all(|h| !h.certain));
    }
}
