//! Keeping what is and what should be the same: expiry, drift, changed friends, restart.

use super::lane::Round;
use super::rest::Rested;
use super::state::Held;
use super::target::Target;
use super::{Allowed, Entry, Moment, Responder, unavailable};
use crate::api::{ActionId, ActionState, Problem, Timestamp};
use std::collections::BTreeSet;
use std::sync::PoisonError;

/// Where an enforcer differed from what should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drift {
    /// Which enforcer.
    pub enforcer: String,
    /// Actions it lacked.
    pub missing: Vec<ActionId>,
    /// What it held without being asked.
    pub extra: Vec<String>,
    /// Reading back after putting it right found everything as it should be.
    pub repaired: bool,
    /// What was found and done, in words.
    pub detail: String,
}

/// What a reconcile did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reconciled {
    /// Actions that ended by themselves.
    pub expired: Vec<ActionId>,
    /// Actions ended because they meet a guard rail or the allow-list now, and why.
    pub evicted: Vec<(ActionId, String)>,
    /// Differences found.
    pub drift: Vec<Drift>,
    /// What could not be checked, in sentences.
    pub faults: Vec<String>,
}

/// Who the ledger names for what nobody asked for.
const PLATFORM: &str = "platform";

impl Responder {
    /// Ends what has expired, evicts what guard rails or allow-list forbid by now, reads every enforcer back, puts
    /// right what differs, and tries again what failed. Call it at [`Responder::next_deadline`] and every few seconds.
    pub fn reconcile(&self, now: Timestamp) -> Reconciled {
        let moment = Moment::new(now);
        let mut report = Reconciled::default();
        self.evict(&mut report, moment);
        self.expire(&mut report, moment);
        self.check_lanes(&mut report, moment);
        let left: Vec<ActionId> = self.state().releasing.keys().copied().collect();
        if !left.is_empty() {
            let generation = self.state().desired().generation;
            for action in self.let_go(&left, generation, "tried again", moment) {
                if action.state != ActionState::Failed {
                    self.outcome(&action, PLATFORM, "release", action.state.as_str(), moment.at());
                }
            }
        }
        report
    }

    /// After a restart: takes over what was in force, re-applies and verifies it, and ends what expired meanwhile.
    pub fn restore(&self, actions: impl IntoIterator<Item = impl Into<Rested>>, now: Timestamp) -> Reconciled {
        let moment = Moment::new(now);
        let mut unreadable = Vec::new();
        self.install(moment, |state| {
            let mut ids = Vec::new();
            for one in actions {
                let Rested { action, left } = one.into();
                self.next.fetch_max(action.id.0 + 1, std::sync::atomic::Ordering::Relaxed);
                if action.automatic {
                    state.spend(action.created, action.drill);
                }
                match Target::parse(&action.kind, action.target.raw(), usize::MAX) {
                    Ok(target) => {
                        ids.push(action.id);
                        let held = Held { action, left, target, generation: 0, end: ActionState::Failed };
                        state.hold(held);
                    }
                    Err(why) => unreadable.push(format!("action {} cannot be taken over: {why}", action.id)),
                }
            }
            ids
        });
        let mut report = self.reconcile(now);
        report.faults.extend(unreadable);
        report
    }

    /// Replaces the allow-list. It is in force at every enforcer when this returns; blocks of addresses that are
    /// wholly allow-listed now are ended.
    ///
    /// # Errors
    /// `Unavailable` when the ledger cannot be written: nothing was changed.
    pub fn set_allow(&self, allow: Vec<Allowed>, actor: &str, now: Timestamp) -> Result<Reconciled, Problem> {
        let moment = Moment::new(now);
        let names: Vec<String> = allow.iter().map(|entry| entry.net.to_string()).collect();
        let detail = names.join(", ");
        let entry = Entry { actor, action: "allow_list", target: "allow-list", detail: &detail };
        self.journal
            .intent(entry, now)
            .map_err(|why| unavailable("the allow-list is unchanged: the ledger cannot be written", why))?;
        self.guard.write().unwrap_or_else(PoisonError::into_inner).allow.clone_from(&allow);
        self.install(moment, |state| {
            state.set_allow(&allow);
            Vec::new()
        });
        let report = self.reconcile(now);
        if let Err(why) = self.journal.outcome(Entry { detail: "in force", ..entry }, moment.at()) {
            tracing::error!(why, "an outcome could not be written to the ledger");
        }
        Ok(report)
    }

    fn expire(&self, report: &mut Reconciled, moment: Moment) {
        let ids: Vec<ActionId> = self.state().over(moment.now).collect();
        if ids.is_empty() {
            return;
        }
        let desired = self
            .install(moment, |state| ids.iter().copied().filter(|id| state.end(*id, ActionState::Expired)).collect());
        for action in self.let_go(&ids, desired.generation, "its time is over", moment) {
            let said = format!("action {}: {}", action.id, action.state.as_str());
            self.outcome(&action, PLATFORM, "expire", &said, moment.at());
            report.expired.push(action.id);
        }
    }

    fn evict(&self, report: &mut Reconciled, moment: Moment) {
        let guard = match self.guard() {
            Ok(guard) => guard,
            Err(why) => {
                report.faults.push(format!("the guard rails cannot be checked: {why}"));
                return;
            }
        };
        self.guard.write().unwrap_or_else(PoisonError::into_inner).forget(moment.now);
        let held: Vec<(ActionId, Target)> =
            self.state().active.values().map(|h| (h.action.id, h.target.clone())).collect();
        let rails = guard.rails();
        for (id, target) in held {
            let covered = target.net().and_then(|net| guard.covered(net));
            let allowed = covered.map(|entry| format!("allow_list: {} ({})", entry.net, entry.reason));
            let never = || rails.never(&target).first().map(|r| format!("{}: {}", r.rule, r.why));
            let Some(why) = allowed.or_else(never) else { continue };
            let why = format!("evicted, {why}");
            let noted = self.intend(&target.to_string().into(), PLATFORM, "evict", &why, moment.now);
            let desired = self.install(moment, |state| {
                state.end(id, ActionState::Undone);
                vec![id]
            });
            for action in self.let_go(&[id], desired.generation, &format!("{why}{noted}"), moment) {
                self.outcome(&action, PLATFORM, "evict", action.state.as_str(), moment.at());
            }
            report.evicted.push((id, why));
        }
    }

    fn check_lanes(&self, report: &mut Reconciled, moment: Moment) {
        let mut rounds = Vec::new();
        for lane in &self.lanes {
            let name = lane.enforcer.name();
            let (first, repaired) = if lane.enforcer.immediate() {
                let state = self.state();
                lane.check(|| state.desired(), moment.at())
            } else {
                lane.check(|| self.state().desired(), moment.at())
            };
            if let Some(after) = &repaired {
                let drift = drift(name, &first, after);
                tracing::warn!(enforcer = name, detail = drift.detail, "drift");
                let entry = Entry { actor: PLATFORM, action: "repair", target: name, detail: &drift.detail };
                if let Err(why) = self.journal.outcome(entry, moment.at()) {
                    tracing::error!(why, "a repair could not be written to the ledger");
                }
                report.drift.push(drift);
            }
            rounds.push(repaired.unwrap_or(first));
        }
        self.bring_up_to_date(&rounds, moment);
    }

    /// Writes what was read back into the receipts of actions for which it is news.
    fn bring_up_to_date(&self, rounds: &[Round], moment: Moment) {
        for one in self.unsettled(rounds) {
            let mut news = Vec::new();
            let mut reached = Vec::new();
            for (lane, round) in self.lanes.iter().zip(rounds) {
                if !lane.enforcer.plan(&one.target).takes_part || round.desired.generation < one.generation {
                    continue;
                }
                let name = lane.enforcer.name();
                let (state, detail) = match round.holds(one.action.id) {
                    Ok(detail) => (ActionState::Verified, detail),
                    Err(why) => (ActionState::Failed, why),
                };
                let last = one.action.receipts.iter().rev().find(|r| r.enforcer.as_deref() == Some(name));
                if last.is_none_or(|r| r.state != state) {
                    news.push(moment.receipt(state.clone(), Some(name), detail));
                }
                reached.push(state);
            }
            let furthest = super::carry::overall(&reached);
            let risen = furthest == ActionState::Verified && one.action.state != ActionState::Verified;
            // An action still on its way to a slow enforcer is left to whoever brings it there.
            if (news.is_empty() && !risen) || reached.len() < self.taking_part(&one.target) {
                continue;
            }
            self.state().amend(one.action.id, |action| {
                action.receipts.extend(news);
                if furthest == ActionState::Verified {
                    action.state = furthest;
                }
            });
            self.publish(one.action.id, None);
        }
    }

    /// Actions that are not known to be verified everywhere, or are no longer.
    fn unsettled(&self, rounds: &[Round]) -> Vec<Held> {
        let unread = rounds.iter().any(|round| round.found.is_err());
        let missing: BTreeSet<ActionId> = rounds
            .iter()
            .filter_map(|round| round.found.as_ref().ok())
            .flat_map(|f| f.missing.iter().copied())
            .collect();
        let settled = |one: &&Held| {
            let failed = one.action.receipts.last().is_some_and(|r| r.state == ActionState::Failed);
            one.action.state == ActionState::Verified && !failed && !unread && !missing.contains(&one.action.id)
        };
        self.state().active.values().filter(|one| !settled(one)).cloned().collect()
    }

    fn taking_part(&self, target: &Target) -> usize {
        self.lanes.iter().filter(|lane| lane.enforcer.plan(target).takes_part).count()
    }
}

fn drift(name: &str, first: &Round, after: &Round) -> Drift {
    let (missing, extra, before) = match &first.found {
        Ok(found) => (found.missing.clone(), found.extra.clone(), found.detail.clone()),
        Err(fault) => (Vec::new(), Vec::new(), fault.to_string()),
    };
    let repaired = after.applied.is_ok() && matches!(&after.found, Ok(found) if found.agree());
    let now = match (&after.applied, &after.found) {
        (Err(fault), _) | (_, Err(fault)) => fault.to_string(),
        (_, Ok(found)) => found.detail.clone(),
    };
    let shown = extra.iter().take(10).cloned().collect::<Vec<_>>().join(", ");
    let detail = format!("found: {before}; {} missing; surplus: [{shown}]; after repair: {now}", missing.len());
    Drift { enforcer: name.to_owned(), missing, extra, repaired, detail }
}
