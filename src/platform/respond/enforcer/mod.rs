//! Enforcers: what carries blocks and revocations out.
//!
//! An enforcer is told the whole desired state every time and makes the world hold exactly that, so that lost or
//! repeated calls do no harm. It reads back what really is, and probes where it can. One file per enforcement point.

pub mod gate;
pub mod nftables;
pub mod probe;
pub mod rules;
pub mod session;

use super::target::Target;
use crate::api::{ActionId, EnforcerPlan, Timestamp};
use ipnet::IpNet;

/// One thing to hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    /// The action that wants it.
    pub action: ActionId,
    /// Against whom.
    pub target: Target,
    /// Until when.
    pub until: Timestamp,
}

/// Everything that should be in force.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Desired {
    /// Counts every change of the desired state.
    pub generation: u64,
    /// What to hold; several orders may name the same target or overlap.
    pub orders: Vec<Order>,
    /// Who stays open whatever is blocked.
    pub allow: Vec<IpNet>,
}

impl Desired {
    /// True when `ip` should be refused at `now`.
    #[must_use]
    pub fn blocks(&self, ip: std::net::IpAddr, now: Timestamp) -> bool {
        !self.allow.iter().any(|net| net.contains(&ip))
            && self.orders.iter().any(|o| o.until > now && o.target.net().is_some_and(|net| net.contains(&ip)))
    }

    /// True when the session should be refused at `now`.
    #[must_use]
    pub fn revokes(&self, fingerprint: &str, now: Timestamp) -> bool {
        self.orders.iter().any(|o| o.until > now && matches!(&o.target, Target::Session(s) if s == fingerprint))
    }
}

/// What reading back found, measured against a desired state.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Findings {
    /// What was found, in words, for the receipt.
    pub detail: String,
    /// Actions that should be held and are not, or not for as long as they should be.
    pub missing: Vec<ActionId>,
    /// Elements that are held and should not be, and rules or allow-list entries that are not as they should be.
    pub extra: Vec<String>,
}

impl Findings {
    /// The world is as desired.
    #[must_use]
    pub const fn agree(&self) -> bool {
        self.missing.is_empty() && self.extra.is_empty()
    }
}

/// Why an enforcer could not do what it was told, in one sentence that quotes the answer it got.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Fault(pub String);

/// An enforcement point.
pub trait Enforcer: Send + Sync {
    /// `gate`, `nftables`.
    fn name(&self) -> &'static str;

    /// True when `apply` only touches memory: then it is called at once, before any slower enforcer.
    fn immediate(&self) -> bool {
        false
    }

    /// Whether it would take part in an action against `target`, and why not.
    fn plan(&self, target: &Target) -> EnforcerPlan;

    /// Makes the world hold exactly `desired`. Says what was sent and answered.
    ///
    /// # Errors
    /// Nothing was changed, or it is unknown what was: the caller reads back and tries again.
    fn apply(&self, desired: &Desired, now: Timestamp) -> Result<String, Fault>;

    /// Reads what is really held and compares it with `desired`.
    ///
    /// # Errors
    /// It could not be read.
    fn read_back(&self, desired: &Desired, now: Timestamp) -> Result<Findings, Fault>;

    /// Tries as a client would whether `target` is treated as `desired` says (refused, or let pass after an undo).
    /// Nothing where this enforcer cannot be probed.
    fn probe(&self, target: &Target, desired: &Desired, now: Timestamp) -> Option<Result<String, Fault>> {
        let _ = (target, desired, now);
        None
    }

    /// Requests refused because of `action`.
    fn refused(&self, action: ActionId) -> u64 {
        let _ = action;
        0
    }
}
