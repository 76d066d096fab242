//! Figures for the first screen, all of one instant.

use super::{EntityRef, Source, Timestamp};
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

/// Everything the overview screen shows.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Overview {
    /// The platform's clock when this was made.
    pub now: Timestamp,
    /// Events for each of the last 60 minutes, oldest first; the last one is the running minute.
    pub events_per_minute: Vec<u64>,
    /// Detections likewise.
    pub detections_per_minute: Vec<u64>,
    /// Most active addresses of the last hour, at most 20.
    pub top_addresses: Vec<Count>,
    /// Countries of the last hour, at most 20; `??` where no database knows.
    pub countries: Vec<Count>,
    /// Why there are no countries, if there are none.
    pub countries_note: Option<String>,
    /// Open incidents by severity: info, low, medium, high, critical.
    pub open_by_severity: [u64; 5],
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
    /// What the gate did in the last hour.
    pub gate: GateFigures,
    /// What keeps the platform from doing its work right now, e.g. a full disk; to be shown above everything else.
    pub trouble: Option<String>,
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
