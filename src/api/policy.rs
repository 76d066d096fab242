//! The policy on the wire: as it stands, and what another one would have done.

use super::{IncidentId, Proposal, Severity, Timestamp};
use crate::text::Untrusted;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The policy as it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PolicyPaper {
    /// The file it is read from when the platform starts.
    pub file: Untrusted,
    /// The file is there; without it the built-in policy holds.
    pub found: bool,
    /// What the file says now, or the built-in policy.
    pub text: Untrusted,
    /// The built-in policy.
    pub default: String,
    /// Why the text cannot be used: line, key and what was probably meant.
    pub fault: Option<Untrusted>,
    /// The text means what the platform does. It does not when the file was changed since the platform started.
    pub in_force: bool,
}

/// A policy to be tried over the past.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PolicyTrial {
    /// Its text; the file as it stands when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<Untrusted>,
    /// Over the incidents of so many days, 1 to 90; 7 when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub days: Option<u32>,
}

/// What a policy would have done. Blocks of addresses and revocations only: who lived in a range at the time is not
/// kept, so no range is tried. Scores are the incidents' last ones.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PolicyRehearsal {
    /// Why it cannot be tried.
    pub fault: Option<Untrusted>,
    /// Incidents changed since then were looked at.
    pub since: Timestamp,
    /// Incidents that both policies were asked about.
    pub incidents: u64,
    /// There are more of them: the newest were taken.
    pub more: bool,
    /// What the policy in force says: how often suggest, ask, act.
    pub before: [u64; 3],
    /// What the policy that is tried says.
    pub after: [u64; 3],
    /// Incidents about which the two differ, newest first, at most 500.
    pub changes: Vec<PolicyChange>,
}

/// An incident about which two policies differ.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PolicyChange {
    /// Which.
    pub incident: IncidentId,
    /// What it is.
    pub title: String,
    /// How serious.
    pub severity: Severity,
    /// Its score.
    pub score: u32,
    /// What the policy in force proposes.
    pub before: Vec<Proposal>,
    /// What the policy that is tried proposes.
    pub after: Vec<Proposal>,
}
