//! What is in force and what is being released. Plain data; `mod.rs` guards it with one lock held briefly.

use super::enforcer::{Desired, Order};
use super::guard::Allowed;
use super::rest::rest;
use super::target::Target;
use crate::api::{Action, ActionId, ActionState, Timestamp};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::ops::Bound;
use std::sync::Arc;

/// One hour: the window of the automatic budget.
const HOUR_MS: i64 = 3_600_000;

/// An action with its target parsed.
#[derive(Debug, Clone)]
pub struct Held {
    /// The action, without its first steps.
    pub action: Action,
    /// How many of these are in the book alone; see `rest.rs`.
    pub left: usize,
    /// Its target.
    pub target: Target,
    /// The generation of the desired state it came or went with.
    pub generation: u64,
    /// What it becomes once every enforcer has let go of it.
    pub end: ActionState,
}

/// What is in force.
#[derive(Debug, Default)]
pub struct State {
    /// Meant to be in force; [`State::hold`] and [`State::end`] change what is in it.
    pub active: BTreeMap<ActionId, Held>,
    /// The same, by when they end.
    ends: BTreeSet<(Timestamp, ActionId)>,
    /// Ended, but an enforcer may still hold it.
    pub releasing: BTreeMap<ActionId, Held>,
    /// Let through by the guard rails, not yet in force.
    pub pending: usize,
    /// When automatic actions were made, and whether for the drill, which has a budget of its own.
    automatic: VecDeque<(Timestamp, bool)>,
    desired: Arc<Desired>,
}

impl State {
    /// What enforcers should hold.
    pub fn desired(&self) -> Arc<Desired> {
        Arc::clone(&self.desired)
    }

    /// Works the desired state out anew after `active` changed.
    pub fn renew(&mut self) -> Arc<Desired> {
        let orders = self.active.values().map(|held| Order {
            action: held.action.id,
            target: held.target.clone(),
            until: held.action.expires,
        });
        self.desired = Arc::new(Desired {
            generation: self.desired.generation + 1,
            orders: orders.collect(),
            allow: self.desired.allow.clone(),
        });
        self.desired()
    }

    /// Replaces the allow-list; call `renew` afterwards.
    pub fn set_allow(&mut self, allow: &[Allowed]) {
        let mut nets: Vec<_> = allow.iter().map(|entry| entry.net.trunc()).collect();
        nets.sort();
        nets.dedup();
        let mut desired = (*self.desired).clone();
        desired.allow = nets;
        self.desired = Arc::new(desired);
    }

    /// An action in force or being released.
    pub fn find(&self, id: ActionId) -> Option<&Held> {
        self.active.get(&id).or_else(|| self.releasing.get(&id))
    }

    /// Leaves steps of an action in force to the book, which has the first `saved` of all.
    pub fn rest(&mut self, id: ActionId, saved: usize) {
        if let Some(Held { action, left, .. }) = self.active.get_mut(&id) {
            rest(action, left, saved);
        }
    }

    /// Takes an action into force.
    pub fn hold(&mut self, held: Held) {
        let (id, expires) = (held.action.id, held.action.expires);
        if let Some(before) = self.active.insert(id, held) {
            self.ends.remove(&(before.action.expires, id));
        }
        self.ends.insert((expires, id));
    }

    /// Actions in force whose time is over, those that ended first first.
    pub fn over(&self, now: Timestamp) -> impl Iterator<Item = ActionId> {
        self.ends.range(..=(now, ActionId(u64::MAX))).map(|(_, id)| *id)
    }

    /// The action in force whose time is over next.
    pub fn next(&self, now: Timestamp) -> Option<&Held> {
        let (_, id) = self.ends.range((Bound::Excluded((now, ActionId(u64::MAX))), Bound::Unbounded)).next()?;
        self.active.get(id)
    }

    /// Changes an action that is in force, but not when it ends; one that was ended meanwhile stays as it is.
    pub fn amend(&mut self, id: ActionId, change: impl FnOnce(&mut Action)) {
        if let Some(held) = self.active.get_mut(&id) {
            change(&mut held.action);
        }
    }

    /// Takes an action out of force; gives false if it was not.
    pub fn end(&mut self, id: ActionId, end: ActionState) -> bool {
        let Some(mut held) = self.active.remove(&id) else { return false };
        self.ends.remove(&(held.action.expires, id));
        held.end = end;
        self.releasing.insert(id, held);
        true
    }

    /// Automatic actions within the hour before `now`.
    pub fn spent(&mut self, now: Timestamp, drill: bool) -> usize {
        self.automatic.retain(|(at, _)| at.plus(HOUR_MS) > now);
        self.automatic.iter().filter(|(_, d)| *d == drill).count()
    }

    /// Counts an automatic action.
    pub fn spend(&mut self, at: Timestamp, drill: bool) {
        self.automatic.push_back((at, drill));
    }

    /// Takes one back that was not carried out.
    pub fn refund(&mut self, at: Timestamp, drill: bool) {
        if let Some(found) = self.automatic.iter().position(|entry| *entry == (at, drill)) {
            self.automatic.remove(found);
        }
    }

    /// When the next one ends.
    pub fn next_expiry(&self) -> Option<Timestamp> {
        self.ends.first().map(|(at, _)| *at)
    }
}
