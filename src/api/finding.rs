//! Findings: what a replay prints, one for each detection.

use super::{DetectionKind, EntityRef, IncidentId, Mode, Severity, Timestamp};
use crate::text::Untrusted;
use serde::{Deserialize, Serialize};
use std::net::IpAddr;

/// One detection of a replay, as printed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// The log's own time.
    pub time: Timestamp,
    /// Rule or model.
    pub rule: String,
    /// Kind of attack.
    pub class: String,
    /// Rule, model or behaviour.
    pub kind: DetectionKind,
    /// How serious.
    pub severity: Severity,
    /// Whom it is about.
    pub entity: EntityRef,
    /// The address behind it.
    pub src_ip: Option<IpAddr>,
    /// The user concerned.
    pub user: Option<Untrusted>,
    /// 0 to 1.
    pub confidence: f32,
    /// The incident it would be folded into, numbered from 1 within this replay.
    pub incident: Option<IncidentId>,
    /// What the policy would do.
    pub decision: Mode,
    /// File of the line that completed it.
    pub file: String,
    /// Numbers of the lines of this file that prove it, from 1; at most 20.
    pub evidence: Vec<u64>,
    /// How many there are in all.
    pub evidence_count: u64,
    /// What proves it, in words.
    pub why: Untrusted,
    /// A rule in shadow found it: nothing would follow.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub shadow: bool,
}

/// What a replay went over.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Replayed {
    /// Lines read.
    pub lines: u64,
    /// Lines no parser understood.
    pub unparsed: u64,
    /// Detections made.
    pub detections: u64,
    /// Incidents they were folded into.
    pub incidents: u64,
}
