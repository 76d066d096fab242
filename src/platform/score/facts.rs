//! What is remembered of an incident so that its bill can be computed again: counts and names, no text of attackers.

use crate::api::{Detection, IncidentId, Severity, Timestamp, Verdict};
use serde::{Deserialize, Serialize};

/// Most rules and earlier incidents remembered for one incident.
const KEPT: usize = 64;

/// Everything a bill is computed from.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Facts {
    /// Rules that fired.
    pub rules: Vec<RuleFact>,
    /// First hostile event.
    pub first: Timestamp,
    /// Last hostile event: what every context item is as of.
    pub last: Timestamp,
    /// Detections folded in.
    pub detections: u64,
    /// Of these, how many the gate had refused.
    pub refused: u64,
    /// Of these, how many are of a crawler that names itself.
    pub by_crawler: u64,
    /// Somebody got in after failing.
    pub entered: bool,
    /// Earlier incidents of the same entity.
    pub prior: Vec<Prior>,
    /// Country of the address, context only.
    pub country: Option<String>,
    /// Part of the drill.
    #[serde(default)]
    pub drill: bool,
    /// Who changed the incident last and at which revision, so that a conflict can name them. Not billed; kept here
    /// because this is what is stored with an incident.
    pub changed_by: String,
    /// See `changed_by`; 0 when no person ever did.
    pub changed_at: u64,
}

/// What one rule said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleFact {
    /// Which.
    pub rule: String,
    /// Its title.
    pub title: String,
    /// Severity of its strongest detection (by severity x confidence).
    pub severity: Severity,
    /// Confidence of that one in percent: a whole number reads back exactly.
    pub confidence: u8,
    /// Detections.
    pub detections: u64,
    /// Events behind them.
    pub events: u64,
    /// Newest event.
    pub last: Timestamp,
    /// Source of the newest event.
    pub source: String,
}

/// An earlier incident of the same entity.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Prior {
    /// Its number.
    pub id: IncidentId,
    /// Its last activity.
    pub last: Timestamp,
    /// How it was judged, if it was.
    pub verdict: Option<Verdict>,
}

impl Prior {
    /// Counts against the entity: everything that was not judged a false or benign positive.
    #[must_use]
    pub const fn counts(&self) -> bool {
        !matches!(
            self.verdict,
            Some(Verdict::FalsePositiveData | Verdict::FalsePositiveLogic | Verdict::BenignPositive)
        )
    }
}

impl Facts {
    /// Takes one more detection in.
    pub fn add(&mut self, d: &Detection) {
        if self.detections == 0 {
            (self.first, self.last) = (d.time, d.time);
        }
        self.first = self.first.min(d.time);
        self.last = self.last.max(d.time);
        self.detections += 1;
        self.drill = d.drill;
        self.refused += u64::from(d.refused);
        self.entered |= d.rule == "auth.success_after_burst";
        if d.class == "known_crawler" {
            self.by_crawler += 1;
        }
        let confidence = percent(d.confidence);
        if let Some(fact) = self.rules.iter_mut().find(|f| f.rule == d.rule) {
            fact.merge(d, confidence);
        } else if self.rules.len() < KEPT {
            self.rules.push(RuleFact {
                rule: d.rule.clone(),
                title: d.title.clone(),
                severity: d.severity.clone(),
                confidence,
                detections: 1,
                events: d.evidence_count.max(1),
                last: d.time,
                source: d.source.clone(),
            });
        }
    }

    /// Remembers an earlier incident, once.
    pub fn add_prior(&mut self, prior: Prior) {
        if self.prior.len() < KEPT && !self.prior.iter().any(|p| p.id == prior.id) {
            self.prior.push(prior);
        }
    }

    /// Events behind all rules.
    #[must_use]
    pub fn events(&self) -> u64 {
        self.rules.iter().map(|r| r.events).sum()
    }

    /// The gate refused all of it.
    #[must_use]
    pub const fn all_refused(&self) -> bool {
        self.detections > 0 && self.refused == self.detections
    }

    /// All of it is a crawler that names itself.
    #[must_use]
    pub const fn all_by_crawler(&self) -> bool {
        self.detections > 0 && self.by_crawler == self.detections
    }
}

impl RuleFact {
    /// A repeated detection states the whole count of its campaign so far; a new campaign starts at one again. So the
    /// larger of both is kept, and it never shrinks.
    fn merge(&mut self, d: &Detection, confidence: u8) {
        let stronger = |severity: &Severity, confidence: u8| super::weight(severity) * u32::from(confidence);
        if stronger(&d.severity, confidence) > stronger(&self.severity, self.confidence) {
            self.severity = d.severity.clone();
            self.confidence = confidence;
        }
        self.detections += 1;
        self.events = self.events.max(d.evidence_count).max(self.detections);
        if d.time >= self.last {
            self.last = d.time;
            self.source.clone_from(&d.source);
        }
    }
}

/// Confidence 0..1 as whole percent; anything else is brought into range.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
fn percent(confidence: f32) -> u8 {
    if confidence.is_nan() { 0 } else { (confidence.clamp(0.0, 1.0) * 100.0).round() as u8 }
}
