//! Response: preview, guard rails, carrying out, verifying, undoing, expiring.
//!
//! Knows neither the store nor the ledger nor the clock: they come in as [`Book`], [`Journal`] and `now`. Order of
//! every change: ledger intent (flushed), book, effect, read-back and probe, ledger outcome. Start at `create.rs`,
//! then `carry.rs`; what is in force is in `state.rs`, one enforcer's turn in `lane.rs`.

mod carry;
mod create;
pub mod enforcer;
pub mod guard;
mod lane;
pub mod prefix;
mod reconcile;
mod rest;
mod state;
pub mod surroundings;
pub mod target;
mod turn;
mod undo;
mod view;

#[cfg(test)]
mod respond_test;

pub use enforcer::{Enforcer, gate::Gate};
pub use guard::{Allowed, Limits};
pub use reconcile::{Drift, Reconciled};
pub use rest::Rested;
pub use surroundings::Surroundings;
pub use target::Target;

use crate::api::{Action, ActionId, ActionKind, Problem, ProblemKind, Receipt, Timestamp, Touches};
use guard::Guard;
use lane::Lane;
use state::{Held, State};
use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::Instant;

/// Who asked with which key for what: makes a repeated request harmless.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Key<'a> {
    /// The operator.
    pub actor: &'a str,
    /// `Idempotency-Key`.
    pub key: &'a str,
    /// Hash of the request.
    pub request: &'a str,
}

/// Where actions are kept. Errors are sentences.
pub trait Book: Send + Sync {
    /// Writes an action, and the key it was made with when it is new. Returns when it is durable.
    ///
    /// # Errors
    /// It is not written.
    fn save(&self, action: &Action, key: Option<Key<'_>>) -> Result<(), String>;

    /// The action `actor` made with `key`, and the hash of that request.
    ///
    /// # Errors
    /// It cannot be read.
    fn by_key(&self, actor: &str, key: &str) -> Result<Option<(Action, String)>, String>;

    /// One action.
    ///
    /// # Errors
    /// It cannot be read.
    fn action(&self, id: ActionId) -> Result<Option<Action>, String>;

    /// Whom an action would touch, over the last 24 hours.
    fn touches(&self, kind: &ActionKind, target: &str, now: Timestamp) -> Touches;

    /// Actions on the same target before, newest first.
    fn prior(&self, kind: &ActionKind, target: &str) -> Vec<Action>;
}

/// What is written to the ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry<'a> {
    /// Who.
    pub actor: &'a str,
    /// What, e.g. `block_address`, `undo`.
    pub action: &'a str,
    /// To what.
    pub target: &'a str,
    /// Parameters or outcome.
    pub detail: &'a str,
}

/// The ledger.
pub trait Journal: Send + Sync {
    /// Writes that something is about to be changed; returns when it is durable.
    ///
    /// # Errors
    /// It is not written: the change must not be made.
    fn intent(&self, entry: Entry<'_>, now: Timestamp) -> Result<(), String>;

    /// Writes what came of it.
    ///
    /// # Errors
    /// It is not written.
    fn outcome(&self, entry: Entry<'_>, now: Timestamp) -> Result<(), String>;
}

/// What a responder is made of.
pub struct Parts {
    /// Enforcers, those that act at once first.
    pub enforcers: Vec<Arc<dyn Enforcer>>,
    /// Where actions are kept.
    pub book: Arc<dyn Book>,
    /// The ledger.
    pub journal: Arc<dyn Journal>,
    /// Reads what this host needs; asked before every decision. Usually [`Surroundings::read`].
    pub surroundings: Box<dyn Fn() -> Result<Surroundings, String> + Send + Sync>,
    /// Hears of every action that changed, in order. Must not call back into the responder's changing functions.
    pub changed: Box<dyn Fn(&Action) + Send + Sync>,
    /// How much may be blocked.
    pub limits: Limits,
    /// Who stays open.
    pub allow: Vec<Allowed>,
    /// Proxies the gate trusts.
    pub proxies: Vec<ipnet::IpNet>,
    /// The number of the next action.
    pub next: ActionId,
}

/// Carries actions out and answers for them. Every function may be called from any thread and may wait for a slow
/// enforcer; the gate is in force before that.
pub struct Responder {
    lanes: Vec<Lane>,
    book: Arc<dyn Book>,
    journal: Arc<dyn Journal>,
    surroundings: Box<dyn Fn() -> Result<Surroundings, String> + Send + Sync>,
    changed: Box<dyn Fn(&Action) + Send + Sync>,
    guard: RwLock<Guard>,
    state: Mutex<State>,
    next: AtomicU64,
    /// Requests with the same key take turns.
    turns: turn::Turns,
    /// Keeps what is saved and told in the order of what happened.
    telling: Mutex<()>,
}

/// The caller's `now` and how long ago it was, so that receipts show real delays.
#[derive(Clone, Copy)]
struct Moment {
    now: Timestamp,
    started: Instant,
}

impl Moment {
    fn new(now: Timestamp) -> Self {
        Self { now, started: Instant::now() }
    }

    fn at(self) -> Timestamp {
        self.now.plus(i64::try_from(self.started.elapsed().as_millis()).unwrap_or(i64::MAX))
    }

    fn receipt(self, state: crate::api::ActionState, enforcer: Option<&str>, detail: impl Into<String>) -> Receipt {
        Receipt { state, at: self.at(), enforcer: enforcer.map(str::to_owned), detail: detail.into() }
    }
}

impl Responder {
    /// A responder that holds nothing yet; see [`Responder::restore`].
    #[must_use]
    pub fn new(parts: Parts) -> Self {
        let Parts { enforcers, book, journal, surroundings, changed, limits, allow, proxies, next } = parts;
        let guard = Guard { limits, allow, proxies, ..Guard::default() };
        let mut state = State::default();
        state.set_allow(&guard.allow);
        Self {
            lanes: enforcers.into_iter().map(Lane::new).collect(),
            book,
            journal,
            surroundings,
            changed,
            guard: RwLock::new(guard),
            state: Mutex::new(state),
            next: AtomicU64::new(next.0.max(1)),
            turns: turn::Turns::default(),
            telling: Mutex::default(),
        }
    }

    /// Protects the address of an operator's API client or console from now on. Call it for every request and
    /// connection that proved to be an operator's, with the peer's address and the SSH client a console reports.
    pub fn operator(&self, ip: IpAddr, now: Timestamp) {
        self.guard.write().unwrap_or_else(PoisonError::into_inner).operator(ip, now);
    }

    /// One action as it stands.
    ///
    /// # Errors
    /// There is none, or the book cannot be read.
    pub fn action(&self, id: ActionId) -> Result<Action, Problem> {
        if let Some(action) = self.held(id) {
            return Ok(action);
        }
        match self.book.action(id) {
            Ok(Some(action)) => Ok(action),
            Ok(None) => Err(Problem::new(ProblemKind::NotFound, format!("there is no action {id}"), "")
                .hint("list the actions to see their numbers")),
            Err(why) => Err(unavailable(format!("action {id} cannot be read"), why)),
        }
    }

    /// When something ends by itself next: call [`Responder::reconcile`] then.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Timestamp> {
        self.state().next_expiry()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The guard rails with this host's surroundings read anew.
    fn guard(&self) -> Result<Guard, String> {
        let host = (self.surroundings)()?;
        let mut guard = self.guard.write().unwrap_or_else(PoisonError::into_inner);
        guard.host = host;
        Ok(guard.clone())
    }

    fn new_id(&self) -> ActionId {
        ActionId(self.next.fetch_add(1, Ordering::Relaxed))
    }

    /// An action in force or being released, with as many of its steps as can be read.
    fn held(&self, id: ActionId) -> Option<Action> {
        let held = self.state().find(id).cloned()?;
        Some(self.whole(&held).unwrap_or(held.action))
    }

    /// An action with all its steps.
    fn whole(&self, held: &Held) -> Result<Action, String> {
        if held.left == 0 {
            return Ok(held.action.clone());
        }
        let stored = self.book.action(held.action.id)?;
        rest::whole(&held.action, held.left, stored).ok_or_else(|| "its first steps are not in the book".to_owned())
    }

    /// Saves the action as it stands now and tells of it; `ended` is its last copy once it is no longer in force.
    fn publish(&self, id: ActionId, ended: Option<&Held>) -> Option<Action> {
        let _order = self.telling.lock().unwrap_or_else(PoisonError::into_inner);
        let held = ended.cloned().or_else(|| self.state().find(id).cloned())?;
        let whole = self.whole(&held);
        // What cannot be read must not be overwritten with less.
        match whole.as_ref().map_err(Clone::clone).and_then(|action| self.book.save(action, None)) {
            Ok(()) => self.state().rest(id, held.left + held.action.receipts.len()),
            Err(why) => tracing::error!(action = id.0, why, "an action's new state could not be saved"),
        }
        let action = whole.unwrap_or(held.action);
        (self.changed)(&action);
        Some(action)
    }

    /// Writes an outcome; a ledger that fails now cannot take back what is in force.
    fn outcome(&self, action: &Action, actor: &str, what: &str, detail: &str, at: Timestamp) {
        let entry = Entry { actor, action: what, target: action.target.raw(), detail };
        if let Err(why) = self.journal.outcome(entry, at) {
            tracing::error!(action = action.id.0, why, "an outcome could not be written to the ledger");
        }
    }
}

/// Whether the packet filter would take part here, and why not.
#[must_use]
pub fn nftables_plan(enabled: bool) -> crate::api::EnforcerPlan {
    use enforcer::nftables::{Nftables, Settings};
    let nft = Nftables::new(Settings { enabled, ..Settings::default() });
    nft.plan(&Target::Address(std::net::Ipv4Addr::new(192, 0, 2, 1).into()))
}

fn unavailable(what: impl Into<String>, why: impl Into<String>) -> Problem {
    Problem::new(ProblemKind::Unavailable, what, why)
}
