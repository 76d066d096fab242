//! Ending actions: undo by id, the kill switch, and the common way out of force for whatever ends.
//!
//! Releasing never depends on ledger or book: if they fail it is done all the same and said in the receipt.

use super::{Entry, Moment, Responder, state::Held, unavailable};
use crate::api::{Action, ActionId, ActionState, Problem, ProblemKind, Timestamp};
use crate::text::Untrusted;

/// At most so many targets are probed when many are released at once; the others are read back.
const PROBES_MAX: usize = 16;

impl Responder {
    /// Ends an action: exactly what it added is taken away. What other actions hold stays. Undoing twice is harmless.
    ///
    /// # Errors
    /// `NotFound`; `Conflict` when it ended otherwise; `Unavailable` when an enforcer still holds it (it is tried
    /// again at every reconcile).
    pub fn undo(&self, id: ActionId, actor: &str, now: Timestamp) -> Result<Action, Problem> {
        let moment = Moment::new(now);
        let action = self.action(id)?;
        let pending = self.state().releasing.contains_key(&id);
        if action.state == ActionState::Undone {
            return Ok(action);
        }
        if !pending && !self.state().active.contains_key(&id) {
            let why = format!("it is {} since its last step", action.state.label());
            return Err(Problem::new(ProblemKind::Conflict, format!("action {id} is not in force"), why)
                .hint("list the blocks to see what is in force"));
        }
        let noted = self.intend(&action.target, actor, "undo", &format!("action {id}"), now);
        let desired = self.install(moment, |state| {
            state.end(id, ActionState::Undone);
            vec![id]
        });
        let detail = format!("undone by {}{noted}", Untrusted::from(actor).cell(80));
        let ended = self.let_go(&[id], desired.generation, &detail, moment);
        let action = ended.into_iter().next().map_or_else(|| self.action(id), Ok)?;
        self.outcome(&action, actor, "undo", &format!("action {id}: {}", action.state.as_str()), moment.at());
        if action.state == ActionState::Undone {
            return Ok(action);
        }
        let why = action.receipts.last().map(|r| r.detail.clone()).unwrap_or_default();
        Err(unavailable(format!("action {id} is not fully undone"), why)
            .hint("it is tried again by itself; look at its receipts"))
    }

    /// Kill switch: ends everything in force at once, also when ledger and book are broken. Gives how many.
    ///
    /// # Errors
    /// `Unavailable` when an enforcer still holds something; the others have let go.
    pub fn release_all(&self, actor: &str, reason: &str, now: Timestamp) -> Result<u64, Problem> {
        let moment = Moment::new(now);
        let reason = Untrusted::from(reason).cell(500);
        let noted = self.intend(&"everything".into(), actor, "release", &reason, now);
        let mut ids = Vec::new();
        let desired = self.install(moment, |state| {
            let all: Vec<ActionId> = state.active.keys().copied().collect();
            for id in all {
                state.end(id, ActionState::Undone);
            }
            ids = state.releasing.keys().copied().collect();
            ids.clone()
        });
        let detail = format!("released by {}: {reason}{noted}", Untrusted::from(actor).cell(80));
        let ended = self.let_go(&ids, desired.generation, &detail, moment);
        let held = ids.len() - ended.iter().filter(|a| a.state != ActionState::Failed).count();
        let said = format!("{} released, {held} still held by an enforcer", ids.len() - held);
        let entry = Entry { actor, action: "release", target: "everything", detail: &said };
        if let Err(why) = self.journal.outcome(entry, moment.at()) {
            tracing::error!(why, "the outcome of a release could not be written to the ledger");
        }
        if held == 0 {
            return Ok(ids.len() as u64);
        }
        let why = ended.iter().filter(|a| a.state == ActionState::Failed).find_map(|a| a.receipts.last());
        Err(unavailable(said, why.map(|r| r.detail.clone()).unwrap_or_default()).hint("it is tried again by itself"))
    }

    /// Announces a release to the ledger; gives what to add to receipts when that failed.
    pub(super) fn intend(&self, target: &Untrusted, actor: &str, what: &str, detail: &str, now: Timestamp) -> String {
        let entry = Entry { actor, action: what, target: target.raw(), detail };
        match self.journal.intent(entry, now) {
            Ok(()) => String::new(),
            Err(why) => {
                tracing::error!(why, what, "released without the ledger");
                format!(" (not in the ledger: {why})")
            }
        }
    }

    /// Has every enforcer let go of `ids`, which are being released since `generation`, and checks that they did.
    /// Those that are gone everywhere are saved in their final state; the others stay to be tried again. Gives all.
    pub(super) fn let_go(&self, ids: &[ActionId], generation: u64, why: &str, moment: Moment) -> Vec<Action> {
        let held: Vec<Held> = {
            let state = self.state();
            ids.iter().filter_map(|id| state.releasing.get(id).cloned()).collect()
        };
        let mut receipts = vec![Vec::new(); held.len()];
        let mut gone = vec![true; held.len()];
        for lane in &self.lanes {
            let round = self.carry(lane, generation, moment);
            for (at, one) in held.iter().enumerate().filter(|(_, h)| lane.enforcer.plan(&h.target).takes_part) {
                let probed = if at < PROBES_MAX { self.probe(lane, &one.target, moment) } else { Ok(String::new()) };
                let (state, detail) = match round.released().and_then(|read| probed.map(|p| format!("{read}{p}"))) {
                    Ok(detail) => (one.end.clone(), format!("{why}; {detail}")),
                    Err(fault) => (ActionState::Failed, format!("{why}, but {fault}")),
                };
                gone[at] &= state != ActionState::Failed || one.end == ActionState::Failed;
                receipts[at].push(moment.receipt(state, Some(lane.enforcer.name()), detail));
            }
        }
        held.into_iter().zip(receipts).zip(gone).map(|((one, new), gone)| self.settle(one, new, gone)).collect()
    }

    /// Writes down how a release went.
    fn settle(&self, mut one: Held, new: Vec<crate::api::Receipt>, gone: bool) -> Action {
        let id = one.action.id;
        for receipt in new {
            let last = one.action.receipts.iter().rev().find(|r| r.enforcer == receipt.enforcer);
            // A release that fails again and again says so once.
            if last.is_none_or(|l| l.state != ActionState::Failed || l.detail != receipt.detail) {
                one.action.receipts.push(receipt);
            }
        }
        one.action.state = if gone { one.end.clone() } else { ActionState::Failed };
        let mut state = self.state();
        if gone {
            state.releasing.remove(&id);
        } else if let Some(held) = state.releasing.get_mut(&id) {
            held.action = one.action.clone();
        }
        drop(state);
        self.publish(id, Some(&one)).unwrap_or(one.action)
    }
}
