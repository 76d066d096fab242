//! Figures for the first screen, all of one instant.

use super::{EntityRef, Severity, Source, Timestamp};
use crate::text::Untrusted;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A value and how often it was seen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Count {
    /// The value.
    pub value: Untrusted,
    /// How often.
    pub count: u64,
}

/// Incidents of one severity that nobody has taken on yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Waiting {
    /// The severity.
    pub severity: Severity,
    /// Incidents in the queue in state `new`.
    pub incidents: u64,
    /// When the oldest of them was opened.
    pub oldest: Option<Timestamp>,
    /// Within so many seconds somebody should take one on.
    pub level_seconds: u64,
}

impl Waiting {
    /// Nothing of that severity waits. The service levels: critical 15 minutes, high an hour, medium 4 hours, low a day,
    /// info a week.
    #[must_use]
    pub const fn none(severity: Severity) -> Self {
        let level_seconds = match severity {
            Severity::Critical => 15 * 60,
            Severity::High => 3600,
            Severity::Medium => 4 * 3600,
            Severity::Low => 86_400,
            Severity::Info | Severity::Other(_) => 7 * 86_400,
        };
        Self { severity, incidents: 0, oldest: None, level_seconds }
    }
}

/// Who acted in the last 24 hours.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Acts {
    /// Actions asked for since.
    pub since: Timestamp,
    /// By the policy.
    pub automatic: u64,
    /// By people.
    pub manual: u64,
}

/// Everything the overview screen shows.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Overview {
    /// The platform's clock when this was made.
    pub now: Timestamp,
    /// Events for each of the last 60 minutes, oldest first; the last one is the running minute.
    pub events_per_minute: Vec<u64>,
    /// Detections likewise.
    pub detections_per_minute: Vec<u64>,
    /// The same by severity: info, low, medium, high, critical.
    #[serde(default)]
    pub severity_per_minute: [Vec<u64>; 5],
    /// Most active addresses of the last hour, at most 20.
    pub top_addresses: Vec<Count>,
    /// Countries of the last hour, at most 20; `??` where no database knows.
    pub countries: Vec<Count>,
    /// Why there are no countries, if there are none.
    pub countries_note: Option<String>,
    /// Open incidents in sight by severity: info, low, medium, high, critical.
    pub open_by_severity: [u64; 5],
    /// Open incidents out of sight for a while.
    #[serde(default)]
    pub snoozed: u64,
    /// Of those in sight the ones nobody has taken on, by severity, the least first, against the service level.
    #[serde(default)]
    pub waiting: Vec<Waiting>,
    /// Suppressions in force.
    #[serde(default)]
    pub suppressions: u64,
    /// All sources.
    pub sources: Vec<Source>,
    /// Blocks and revocations in force.
    pub active_blocks: u64,
    /// Of these, how many some enforcer lacks at its last read-back.
    pub drifted_blocks: u64,
    /// Next block to expire.
    pub next_expiry: Option<(EntityRef, Timestamp)>,
    /// First hostile event to verified block, over incidents contained in the last 24 hours.
    pub containment: Containment,
    /// Who acted in the last 24 hours.
    #[serde(default)]
    pub acts: Acts,
    /// What the gate did in the last hour.
    pub gate: GateFigures,
    /// What keeps the platform from doing its work right now, e.g. a full disk; to be shown above everything else.
    pub trouble: Option<String>,
    /// What is not kept of past instants, in sentences; empty for now. Figures named here are left at zero.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub not_kept: Vec<String>,
    /// The drill is running.
    pub drill: bool,
    /// Something from the drill is stored.
    pub drill_data: bool,
}

/// Time from first hostile event to verified block.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Containment {
    /// Incidents contained.
    pub count: u64,
    /// Half were faster, milliseconds.
    pub median_ms: u64,
    /// 95 of 100 were faster, milliseconds.
    pub p95_ms: u64,
    /// Contained without a person.
    pub automatic: u64,
}

/// What the gate did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct GateFigures {
    /// Requests checked since the platform started.
    pub checked: u64,
    /// Refused because address or range is blocked.
    pub blocked: u64,
    /// Refused because the request itself is hostile.
    pub hostile: u64,
    /// Refused because the session is revoked.
    pub revoked: u64,
}
