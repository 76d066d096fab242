//! Looking without changing: preview and what is in force.

use super::Responder;
use crate::api::{ActionRequest, Block, Preview, Problem, Timestamp};

/// At most so many earlier blocks are shown.
const PRIOR_MAX: usize = 20;

impl Responder {
    /// What an action would do, whom it would touch and what speaks against it. As for a person.
    ///
    /// # Errors
    /// The target makes no sense, or the guard rails cannot be checked.
    pub fn preview(&self, request: &ActionRequest, now: Timestamp) -> Result<Preview, Problem> {
        let judged = self.judge(request, false)?;
        let target = judged.target.to_string();
        let mut refusals = judged.refusals;
        refusals.extend(self.budgets(false, false, now));
        let mut prior = self.book.prior(&request.kind, &target);
        prior.truncate(PRIOR_MAX);
        Ok(Preview {
            kind: request.kind.clone(),
            ttl_seconds: judged.ttl,
            refusals,
            touches: self.book.touches(&request.kind, &target, now),
            allow_list: judged.met,
            prior,
            enforcers: self.lanes.iter().map(|lane| lane.enforcer.plan(&judged.target)).collect(),
            target,
        })
    }

    /// Blocks and revocations in force, newest first, with each enforcer's view from its last read-back.
    #[must_use]
    pub fn blocks(&self, now: Timestamp) -> Vec<Block> {
        let held: Vec<_> = self.state().active.values().cloned().collect();
        let live = held.into_iter().rev().filter(|one| one.action.expires > now);
        live.map(|one| Block {
            action: one.action.id,
            kind: one.action.kind,
            target: one.action.target,
            since: one.action.created,
            expires: one.action.expires,
            actor: one.action.actor,
            reason: one.action.reason,
            refused: Some(self.lanes.iter().map(|lane| lane.enforcer.refused(one.action.id)).sum()),
            enforcers: self.lanes.iter().map(|l| l.view(one.action.id, &one.target, one.generation)).collect(),
            drill: one.action.drill,
        })
        .collect()
    }
}
