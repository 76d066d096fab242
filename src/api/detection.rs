//! Detections: a detector's statement that one or more events are suspicious.

use super::{DetectionId, EntityRef, EventId, IncidentId, Severity, SuppressionId, Timestamp, words};
use crate::text::Untrusted;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::net::IpAddr;

words!(
    /// What kind of detector spoke.
    DetectionKind { Rule => "rule", Model => "model", Behaviour => "behaviour" }
);

/// One detection.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Detection {
    /// Our number.
    pub id: DetectionId,
    /// When the event that completed it happened.
    pub time: Timestamp,
    /// Rule or model, e.g. `web.sql_injection`, `auth.burst`, `model.status_mix`.
    pub rule: String,
    /// The rule's name in words.
    pub title: String,
    /// What kind of attack, e.g. `sql_injection`, `brute_force`, `anomaly`.
    pub class: String,
    /// What kind of detector spoke.
    pub kind: DetectionKind,
    /// How serious.
    pub severity: Severity,
    /// Confidence from 0 to 1.
    pub confidence: f32,
    /// Whom it is about.
    pub entity: EntityRef,
    /// The address behind it, if there is one.
    pub src_ip: Option<IpAddr>,
    /// The user concerned, if there is one.
    pub user: Option<Untrusted>,
    /// What proves it: names, counts, the matched text. One or two sentences.
    pub why: Untrusted,
    /// Events that prove it, at most 20, oldest first.
    pub evidence: Vec<EventId>,
    /// How many events there are in all.
    pub evidence_count: u64,
    /// ATT&CK techniques, e.g. `T1190`.
    pub techniques: Vec<String>,
    /// Source of the completing event.
    pub source: String,
    /// The incident it was folded into.
    pub incident: Option<IncidentId>,
    /// The suppression that kept it from raising an incident.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suppressed: Option<SuppressionId>,
    /// The gate had already refused the request, so nothing reached the application.
    pub refused: bool,
    /// Part of the drill.
    pub drill: bool,
}
