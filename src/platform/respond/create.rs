//! Creating an action: once per key, past the guard rails, into force, verified.

use super::target::{self, Target};
use super::{Entry, Key, Moment, Responder, guard, unavailable};
use crate::api::{Action, ActionId, ActionRequest, ActionState, Problem, ProblemKind, Refusal, Timestamp};
use crate::text::{hex, human};
use sha2::{Digest, Sha256};
use std::sync::PoisonError;

/// A request past the guard rails.
pub(super) struct Judged {
    pub target: Target,
    pub ttl: u64,
    pub refusals: Vec<Refusal>,
    pub note: Option<String>,
    pub met: Vec<String>,
}

/// Longest `Idempotency-Key`, in bytes.
const KEY_MAX: usize = 200;

impl Responder {
    /// Carries out what is asked, verifies it, and says what became of it.
    ///
    /// The same actor with the same key and the same request gets the same action again. `automatic` is for the
    /// policy: stricter rails and a budget. Waits until every enforcer that takes part has answered.
    ///
    /// # Errors
    /// `Usage` for what makes no sense, `Refused` with the rails' reasons, `Conflict` when the key was used for another
    /// request, `Unavailable` when ledger or book cannot be written: nothing was changed then.
    pub fn create(
        &self,
        request: &ActionRequest,
        actor: &str,
        automatic: bool,
        drill: bool,
        now: Timestamp,
    ) -> Result<Action, Problem> {
        let moment = Moment::new(now);
        let key = key_of(request)?;
        let hash = hash(request);
        let _turn = self.turns.take(actor, key);
        if let Some((action, stored)) = self
            .book
            .by_key(actor, key)
            .map_err(|why| unavailable("nothing was done: the key cannot be looked up", why))?
        {
            return if stored == hash {
                Ok(self.held(action.id).unwrap_or(action))
            } else {
                Err(Problem::new(
                    ProblemKind::Conflict,
                    "this idempotency key was used for another request",
                    format!("it made action {}", action.id),
                )
                .hint("send a new key with a new request"))
            };
        }
        let judged = self.judge(request, automatic)?;
        self.reserve(&judged, request, automatic, drill, now)?;
        let made = self.write_down(request, &judged, (actor, automatic, drill), (key, &hash), moment);
        match made {
            Ok(action) => Ok(self.carry_out(action, judged.target, moment)),
            Err(problem) => {
                let mut state = self.state();
                state.pending -= 1;
                if automatic {
                    state.refund(now, drill);
                }
                Err(problem)
            }
        }
    }

    /// What is asked, and everything but the budgets that speaks against it.
    pub(super) fn judge(&self, request: &ActionRequest, automatic: bool) -> Result<Judged, Problem> {
        let guard = self.guard().map_err(|why| {
            unavailable("nothing may be blocked now", format!("the guard rails cannot be checked: {why}"))
        })?;
        let target = Target::parse(&request.kind, &request.target, guard.limits.max_addresses).map_err(usage)?;
        let ttl = request.ttl_seconds.unwrap_or(guard.limits.default_ttl);
        let private = target.net().is_some_and(guard::is_private);
        let note = (private && !automatic).then(|| format!("note: {target} is an inner address"));
        Ok(Judged { refusals: guard.judge(&target, ttl, automatic), met: guard.met(&target), target, ttl, note })
    }

    /// Refusals from what is in force and what the policy did in the last hour.
    pub(super) fn budgets(&self, automatic: bool, drill: bool, now: Timestamp) -> Vec<Refusal> {
        let limits = self.guard.read().unwrap_or_else(PoisonError::into_inner).limits.clone();
        let mut state = self.state();
        over_budget(&mut state, &limits, automatic, drill, now)
    }

    fn reserve(
        &self,
        judged: &Judged,
        request: &ActionRequest,
        automatic: bool,
        drill: bool,
        now: Timestamp,
    ) -> Result<(), Problem> {
        let limits = self.guard.read().unwrap_or_else(PoisonError::into_inner).limits.clone();
        let mut refusals = judged.refusals.clone();
        let mut state = self.state();
        refusals.extend(over_budget(&mut state, &limits, automatic, drill, now));
        if refusals.is_empty() {
            state.pending += 1;
            if automatic {
                state.spend(now, drill);
            }
            return Ok(());
        }
        drop(state);
        let title = format!("{} {} is refused", request.kind.as_str(), judged.target);
        let why: Vec<String> = refusals.iter().map(|r| format!("{}: {}", r.rule, r.why)).collect();
        let problem = Problem::new(ProblemKind::Refused, title, why.join("; "));
        Err(refusals.into_iter().fold(problem, |p, r| p.hint(r.hint)))
    }

    /// Intent to the ledger, then the action to the book.
    fn write_down(
        &self,
        request: &ActionRequest,
        judged: &Judged,
        (actor, automatic, drill): (&str, bool, bool),
        (key, hash): (&str, &str),
        moment: Moment,
    ) -> Result<Action, Problem> {
        let id = self.new_id();
        let target = judged.target.to_string();
        let detail = describe(id, request, judged, automatic, drill);
        let entry = Entry { actor, action: request.kind.as_str(), target: &target, detail: &detail };
        self.journal.intent(entry, moment.now).map_err(|why| {
            unavailable("nothing was done: the ledger cannot be written", why)
                .hint("undoing and releasing blocks still works")
        })?;
        let by = if automatic { "the policy lets it act" } else { "asked for by a person who may" };
        let action = Action {
            id,
            kind: request.kind.clone(),
            target: target.as_str().into(),
            reason: request.reason.clone(),
            actor: actor.into(),
            automatic,
            created: moment.now,
            expires: moment.now.plus(i64::try_from(judged.ttl).unwrap_or(i64::MAX).saturating_mul(1000)),
            state: ActionState::Approved,
            receipts: vec![
                moment.receipt(ActionState::Asked, None, detail.as_str()),
                moment.receipt(ActionState::Approved, None, by),
            ],
            incident: request.incident,
            drill,
        };
        if let Err(why) = self.book.save(&action, Some(Key { actor, key, request: hash })) {
            self.outcome(&action, actor, request.kind.as_str(), &format!("not done: {why}"), moment.at());
            return Err(unavailable("nothing was done: the action cannot be saved", why));
        }
        Ok(action)
    }
}

fn over_budget(
    state: &mut super::state::State,
    limits: &guard::Limits,
    automatic: bool,
    drill: bool,
    now: Timestamp,
) -> Vec<Refusal> {
    let mut refusals = Vec::new();
    if state.active.len() + state.pending >= limits.max_blocks {
        refusals.push(Refusal {
            rule: "too_many_blocks".into(),
            why: format!("{} blocks are in force, as many as may be", state.active.len()),
            hint: "undo some, or block ranges instead of addresses".into(),
        });
    }
    if automatic && state.spent(now, drill) >= limits.automatic_per_hour {
        refusals.push(Refusal {
            rule: "budget".into(),
            why: format!("the policy acted {} times within an hour, as often as it may", limits.automatic_per_hour),
            hint: "look at what it blocked; a person may still block".into(),
        });
    }
    refusals
}

fn describe(id: ActionId, request: &ActionRequest, judged: &Judged, automatic: bool, drill: bool) -> String {
    let mut parts = vec![
        format!("action {id}: for {}", human::duration(i64::try_from(judged.ttl).unwrap_or(0).saturating_mul(1000))),
        format!("because: {}", request.reason.cell(500)),
    ];
    parts.extend(request.incident.map(|incident| format!("incident {incident}")));
    parts.extend(automatic.then(|| "automatic".to_owned()));
    parts.extend(drill.then(|| "drill".to_owned()));
    parts.extend(judged.note.clone());
    if !judged.met.is_empty() {
        parts.push(format!("stays open inside: {}", judged.met.join(", ")));
    }
    parts.join("; ")
}

fn key_of(request: &ActionRequest) -> Result<&str, Problem> {
    let usage = |why: &str| {
        Problem::new(ProblemKind::Usage, "an action needs an idempotency key", why)
            .hint("send a new random Idempotency-Key with every new request, the same one when repeating it")
    };
    let key = request.idempotency_key.as_deref().unwrap_or_default();
    match key.len() {
        0 => Err(usage("there is none, so a repeated request could not be told from a second one")),
        1..=KEY_MAX => Ok(key),
        _ => Err(usage("it is longer than 200 bytes")),
    }
}

/// Everything of the request but its key.
fn hash(request: &ActionRequest) -> String {
    let ActionRequest { kind, target, ttl_seconds, reason, incident, idempotency_key: _ } = request;
    let text = format!("{:?}", (kind.as_str(), target, ttl_seconds, reason.raw(), incident.map(|i| i.0)));
    hex::encode(Sha256::digest(text.as_bytes()))
}

fn usage(error: target::Error) -> Problem {
    Problem::new(ProblemKind::Usage, "the target is not understood", error.to_string())
}
