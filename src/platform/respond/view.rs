//! Looking without changing: preview and what is in force.

use super::Responder;
use super::lane::Lane;
use super::state::Held;
use crate::api::{Action, ActionId, ActionRequest, Block, EnforcerState, Preview, Problem, Timestamp};
use std::collections::BTreeSet;
use std::ops::Bound;

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
        self.blocks_beyond((None, false), usize::MAX, now, |_| true).0
    }

    /// Those of them that fit, beyond an action's number, of no more than so many that are looked at; then also the number
    /// to go on from, if there may be more.
    #[must_use]
    pub fn blocks_beyond(
        &self,
        (after, oldest_first): (Option<ActionId>, bool),
        many: usize,
        now: Timestamp,
        fits: impl Fn(&Action) -> bool,
    ) -> (Vec<Block>, Option<ActionId>) {
        // Copied, so that enforcers are asked without the lock; what does not fit is not worth a copy.
        let (mut held, mut seen, mut last): (Vec<Held>, usize, Option<ActionId>) = (Vec::new(), 0, None);
        {
            let state = self.state();
            let beyond = |id| {
                if oldest_first {
                    (Bound::Excluded(id), Bound::Unbounded)
                } else {
                    (Bound::Unbounded, Bound::Excluded(id))
                }
            };
            let mut range = state.active.range(after.map_or((Bound::Unbounded, Bound::Unbounded), beyond));
            while seen < many
                && let Some((id, one)) = if oldest_first { range.next() } else { range.next_back() }
            {
                (seen, last) = (seen + 1, Some(*id));
                if one.action.expires > now && fits(&one.action) {
                    held.push(one.clone());
                }
            }
        }
        (held.into_iter().map(|one| self.block(one)).collect(), last.filter(|_| seen == many))
    }

    fn block(&self, one: Held) -> Block {
        Block {
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
        }
    }

    /// How many are in force, how many of them an enforcer does not hold, and the one that ends next.
    #[must_use]
    pub fn in_force(&self, now: Timestamp) -> (u64, u64, Option<Block>) {
        let absent: BTreeSet<ActionId> = self.lanes.iter().flat_map(Lane::missing).collect();
        let (count, next, absent) = {
            let state = self.state();
            let (next, count) = (state.next(now).cloned(), state.active.len() - state.over(now).count());
            let absent = absent.iter().filter_map(|id| state.active.get(id)).filter(|one| one.action.expires > now);
            (count as u64, next, absent.cloned().collect::<Vec<Held>>())
        };
        let missing = |b: &Block| b.enforcers.iter().any(|e| e.state == EnforcerState::Missing);
        let drifted = absent.into_iter().map(|one| self.block(one)).filter(missing).count() as u64;
        (count, drifted, next.map(|one| self.block(one)))
    }
}
