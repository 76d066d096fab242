//! Actions: a change asked of the world, with a preview, an expiry, receipts and an inverse.

use super::{ActionId, Count, IncidentId, Timestamp, words};
use crate::text::Untrusted;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

words!(
    /// What can be done.
    ActionKind {
        BlockAddress => "block_address",
        BlockRange => "block_range",
        RevokeSession => "revoke_session",
    }
);

words!(
    /// The states an action walks through; also the kinds of receipt. Nothing is done before it is `verified` by
    /// reading back or probing the enforcer.
    ActionState {
        Asked => "asked",
        Approved => "approved",
        Sent => "sent",
        Confirmed => "confirmed",
        Verified => "verified",
        Expired => "expired",
        Undone => "undone",
        Failed => "failed",
    }
);

impl ActionState {
    /// The action is meant to be in force.
    #[must_use]
    pub const fn is_active(&self) -> bool {
        matches!(self, Self::Approved | Self::Sent | Self::Confirmed | Self::Verified)
    }
}

/// What somebody asks for. The body of preview and of create.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ActionRequest {
    /// What to do.
    pub kind: ActionKind,
    /// An address, a prefix (`198.51.100.0/24`), several addresses separated by commas (for `block_range`: the
    /// smallest prefix that covers them is taken), or a session fingerprint.
    pub target: String,
    /// How long, in seconds; the policy's default when absent. Every block ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ttl_seconds: Option<u64>,
    /// Why, for the ledger and for colleagues.
    pub reason: Untrusted,
    /// The incident it answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub incident: Option<IncidentId>,
    /// Makes a repeated request harmless: the same key returns the same action. Sent as `Idempotency-Key`; required
    /// to create, ignored by preview.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idempotency_key: Option<String>,
}

/// What an action would do, before it is done.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Preview {
    /// What would be done.
    pub kind: ActionKind,
    /// The target as understood, in canonical form (a parsed value printed again, never the caller's text).
    pub target: String,
    /// How long it would last.
    pub ttl_seconds: u64,
    /// Why it would be refused; empty when it may be done.
    pub refusals: Vec<Refusal>,
    /// Whom it touches.
    pub touches: Touches,
    /// Allow-list entries the target meets; these addresses stay open at the enforcer.
    pub allow_list: Vec<String>,
    /// Blocks of the same target before, newest first, at most 20.
    pub prior: Vec<Action>,
    /// Which enforcers would carry it out, and why others would not.
    pub enforcers: Vec<EnforcerPlan>,
}

/// Whom an action touches, counted over the last 24 hours.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Touches {
    /// Requests and logins from the target.
    pub requests: u64,
    /// Distinct addresses seen within the target.
    pub addresses: u64,
    /// Sessions seen there in the last 15 minutes.
    pub live_sessions: u64,
    /// Users seen there, most active first, at most 20.
    pub users: Vec<Count>,
}

/// Why an action is refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Refusal {
    /// Guard rail by name, e.g. `own_address`, `too_wide`, `operator_address`, `budget`.
    pub rule: String,
    /// What and why.
    pub why: String,
    /// What to do instead.
    pub hint: String,
}

/// Whether an enforcer would take part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct EnforcerPlan {
    /// `gate`, `nftables`.
    pub enforcer: String,
    /// It would.
    pub takes_part: bool,
    /// Why not, or how.
    pub why: String,
}

/// One step an action really took.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Receipt {
    /// Which state was reached.
    pub state: ActionState,
    /// When.
    pub at: Timestamp,
    /// Which enforcer, or nothing for steps of the platform itself.
    pub enforcer: Option<String>,
    /// What was sent, read back or probed, and the answer.
    pub detail: String,
}

/// An action and what became of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Action {
    /// Our number.
    pub id: ActionId,
    /// What was done.
    pub kind: ActionKind,
    /// To whom, in canonical form.
    pub target: Untrusted,
    /// Why.
    pub reason: Untrusted,
    /// Who: an operator's name, or `policy`.
    pub actor: Untrusted,
    /// Done by the policy without a person.
    pub automatic: bool,
    /// When it was asked for.
    pub created: Timestamp,
    /// When it ends by itself.
    pub expires: Timestamp,
    /// The furthest state reached by every enforcer that takes part.
    pub state: ActionState,
    /// Every step, oldest first.
    pub receipts: Vec<Receipt>,
    /// The incident it answers.
    pub incident: Option<IncidentId>,
    /// Part of the drill.
    pub drill: bool,
}

words!(
    /// What an enforcer's read-back says about one block.
    EnforcerState { Verified => "verified", Missing => "missing", Skipped => "skipped", Unknown => "unknown" }
);

/// One enforcer's view of one block, from its last read-back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct EnforcerView {
    /// `gate`, `nftables`.
    pub enforcer: String,
    /// What was found.
    pub state: EnforcerState,
    /// When it was last read back.
    pub checked: Timestamp,
    /// Why skipped or missing.
    pub why: String,
}

/// A block or revocation in force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Block {
    /// The action that made it; undo by this.
    pub action: ActionId,
    /// What was done.
    pub kind: ActionKind,
    /// To whom.
    pub target: Untrusted,
    /// Since when.
    pub since: Timestamp,
    /// Until when.
    pub expires: Timestamp,
    /// Who.
    pub actor: Untrusted,
    /// Why.
    pub reason: Untrusted,
    /// Requests refused because of it since it began; absent for a past instant: that is not kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<u64>,
    /// Each enforcer's view; empty for a past instant.
    pub enforcers: Vec<EnforcerView>,
    /// Part of the drill.
    pub drill: bool,
}

impl Block {
    /// Some enforcer lacked it at its last read-back.
    #[must_use]
    pub fn is_drifted(&self) -> bool {
        self.enforcers.iter().any(|e| e.state == EnforcerState::Missing)
    }
}
