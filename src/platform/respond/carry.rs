//! Carrying an action into force: every enforcer that takes part, each step with its receipt.
//!
//! Locks: `install` changes what is desired and the enforcers that act at once under the state's lock; slow ones are
//! brought up to date afterwards, each in its own lane.

use super::enforcer::{Desired, Fault};
use super::lane::{Lane, Round};
use super::state::Held;
use super::target::Target;
use super::{Moment, Responder};
use crate::api::{Action, ActionId, ActionState};
use std::sync::Arc;

impl Responder {
    /// Into force, read back, probed, written down.
    pub(super) fn carry_out(&self, action: Action, target: Target, moment: Moment) -> Action {
        let (id, actor) = (action.id, action.actor.clone());
        let fallback = action.clone();
        let desired = self.install(moment, |state| {
            state.pending -= 1;
            state.hold(Held { action, left: 0, target: target.clone(), generation: 0, end: ActionState::Failed });
            vec![id]
        });
        let (taking_part, skipping): (Vec<_>, Vec<_>) =
            self.lanes.iter().map(|lane| (lane, lane.enforcer.plan(&target))).partition(|(_, plan)| plan.takes_part);
        // Who skips is told first, so that the last word is how far those came who take part.
        for (lane, plan) in skipping {
            let skipped = format!("skipped: {}", plan.why);
            let receipt = moment.receipt(ActionState::Approved, Some(lane.enforcer.name()), skipped);
            self.state().amend(id, |a| a.receipts.push(receipt));
        }
        let mut reached = Vec::new();
        let last = taking_part.len().saturating_sub(1);
        for (i, (lane, _)) in taking_part.into_iter().enumerate() {
            reached.push(self.enforce(lane, id, &target, &desired, moment));
            // Nobody waits for a slow enforcer to hear of a quick one; the last one's news is that of the whole, below.
            if i < last {
                self.publish(id, None);
            }
        }
        let state = overall(&reached);
        self.state().amend(id, |a| {
            if reached.is_empty() {
                a.receipts.push(moment.receipt(ActionState::Failed, None, "no enforcer takes part"));
            }
            a.state = state.clone();
        });
        if state == ActionState::Failed {
            self.withdraw(id, moment);
        }
        let action = self.held(id);
        let action = action.or_else(|| self.book.action(id).ok().flatten()).unwrap_or(fallback);
        let detail = format!("action {id}: {}; {}", action.state.as_str(), last_words(&action));
        self.outcome(&action, actor.raw(), action.kind.as_str(), &detail, moment.at());
        self.publish(id, None).unwrap_or(action)
    }

    /// Changes what is in force with `change` (which says whom it added or removed) and brings the enforcers that act
    /// at once to it before anybody else can change it again.
    pub(super) fn install(
        &self,
        moment: Moment,
        change: impl FnOnce(&mut super::state::State) -> Vec<ActionId>,
    ) -> Arc<Desired> {
        let mut state = self.state();
        let changed = change(&mut state);
        let desired = state.renew();
        for id in changed {
            let held = if state.active.contains_key(&id) { &mut state.active } else { &mut state.releasing };
            if let Some(held) = held.get_mut(&id) {
                held.generation = desired.generation;
            }
        }
        for lane in self.lanes.iter().filter(|lane| lane.enforcer.immediate()) {
            lane.carry(desired.generation, || Arc::clone(&desired), moment.at());
        }
        desired
    }

    /// One enforcer's part; gives how far it came.
    fn enforce(&self, lane: &Lane, id: ActionId, target: &Target, desired: &Desired, moment: Moment) -> ActionState {
        let name = lane.enforcer.name();
        let note = |state: ActionState, detail: String| {
            let receipt = moment.receipt(state, Some(name), detail);
            self.state().amend(id, |a| a.receipts.push(receipt));
        };
        note(ActionState::Sent, format!("{target} sent"));
        let round = self.carry(lane, desired.generation, moment);
        match &round.applied {
            Ok(said) => note(ActionState::Confirmed, said.clone()),
            Err(fault) => {
                note(ActionState::Failed, fault.to_string());
                return ActionState::Failed;
            }
        }
        match round.holds(id).and_then(|read| self.probe(lane, target, moment).map(|probed| format!("{read}{probed}")))
        {
            Ok(detail) => {
                note(ActionState::Verified, detail);
                ActionState::Verified
            }
            Err(why) => {
                note(ActionState::Failed, why);
                ActionState::Confirmed
            }
        }
    }

    /// Brings a lane at least to `generation`. Locks are taken in the order state, lane for enforcers that act at
    /// once (`install` does so too), and lane, state for slow ones, so that nobody waits for those with the state held.
    pub(super) fn carry(&self, lane: &Lane, generation: u64, moment: Moment) -> Round {
        if lane.enforcer.immediate() {
            let state = self.state();
            return lane.carry(generation, || state.desired(), moment.at());
        }
        lane.carry(generation, || self.state().desired(), moment.at())
    }

    /// Probes; again when what is desired changed meanwhile.
    pub(super) fn probe(&self, lane: &Lane, target: &Target, moment: Moment) -> Result<String, String> {
        let mut desired = self.state().desired();
        loop {
            let said = lane.enforcer.probe(target, &desired, moment.at());
            let newest = self.state().desired();
            match said {
                None => return Ok(String::new()),
                Some(Ok(detail)) => return Ok(format!("; {detail}")),
                Some(Err(Fault(_))) if newest.generation != desired.generation => desired = newest,
                Some(Err(fault)) => return Err(fault.to_string()),
            }
        }
    }

    /// Takes back what failed everywhere: half of it may have come through.
    fn withdraw(&self, id: ActionId, moment: Moment) {
        let desired = self.install(moment, |state| {
            state.end(id, ActionState::Failed);
            vec![id]
        });
        self.let_go(&[id], desired.generation, "withdrawn", moment);
    }
}

/// The furthest state that every enforcer taking part has reached; failed only when all failed.
pub(super) fn overall(reached: &[ActionState]) -> ActionState {
    if reached.iter().all(|s| *s == ActionState::Failed) {
        return ActionState::Failed;
    }
    // One that failed has at least been sent to.
    let rank = |s: &ActionState| if *s == ActionState::Failed { ActionState::Sent } else { s.clone() };
    reached.iter().map(rank).min().unwrap_or(ActionState::Failed)
}

fn last_words(action: &Action) -> String {
    let said = action.receipts.iter().filter(|r| r.enforcer.is_some());
    let mut last: Vec<(&str, &crate::api::Receipt)> = Vec::new();
    for receipt in said {
        let name = receipt.enforcer.as_deref().unwrap_or_default();
        last.retain(|(n, _)| *n != name);
        last.push((name, receipt));
    }
    let words = last.iter().map(|(name, r)| format!("{name} {}: {}", r.state.as_str(), r.detail));
    words.collect::<Vec<_>>().join("; ")
}
