//! A lane: one enforcer and what is known about it. Callers take turns in it and share the work: who waited finds his
//! change already carried out by the one before.

use super::enforcer::{Desired, Enforcer, Fault, Findings};
use crate::api::{ActionId, EnforcerState, EnforcerView, Timestamp};
use std::sync::{Arc, Mutex, PoisonError};

/// What one round of applying and reading back gave.
#[derive(Debug, Clone)]
pub struct Round {
    /// The state that was applied.
    pub desired: Arc<Desired>,
    /// What `apply` said; nothing when only reading back was asked for.
    pub applied: Result<String, Fault>,
    /// What reading back found.
    pub found: Result<Findings, Fault>,
}

impl Round {
    /// What became of `action`: an error when it is not held as it should be.
    pub fn holds(&self, action: ActionId) -> Result<String, String> {
        match &self.found {
            Ok(found) if found.missing.contains(&action) => Err(format!("not found when read back: {}", found.detail)),
            Ok(found) => Ok(format!("read back: {}", found.detail)),
            Err(fault) => Err(format!("cannot be read back: {fault}")),
        }
    }

    /// Nothing is held that should not be.
    pub fn released(&self) -> Result<String, String> {
        match (&self.applied, &self.found) {
            (Err(fault), _) => Err(fault.to_string()),
            (_, Ok(found)) if found.extra.is_empty() => Ok(format!("read back: {}", found.detail)),
            (_, Ok(found)) => Err(format!("still there when read back: {}", found.extra.join(", "))),
            (_, Err(fault)) => Err(format!("cannot be read back: {fault}")),
        }
    }
}

/// One enforcer.
pub struct Lane {
    /// It.
    pub enforcer: Arc<dyn Enforcer>,
    /// Held while working; its content is the last round.
    work: Mutex<Option<Round>>,
    /// The last round and when it was read back, for whoever only looks.
    view: Mutex<Option<(Round, Timestamp)>>,
}

impl Lane {
    /// A lane in which nothing happened yet.
    pub fn new(enforcer: Arc<dyn Enforcer>) -> Self {
        Self { enforcer, work: Mutex::default(), view: Mutex::default() }
    }

    /// Brings the enforcer to the newest desired state, at least to `generation`, and reads back.
    ///
    /// `newest` is asked once it is our turn, so that one round carries out everything that gathered meanwhile.
    pub fn carry(&self, generation: u64, newest: impl Fn() -> Arc<Desired>, at: Timestamp) -> Round {
        let mut work = self.work.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(last) = work.as_ref().filter(|r| r.desired.generation >= generation && r.applied.is_ok()) {
            return last.clone();
        }
        let round = self.round(newest(), at);
        *work = Some(round.clone());
        round
    }

    /// Reads back, and puts right what differs. Gives what was found first and what stands now.
    pub fn check(&self, newest: impl Fn() -> Arc<Desired>, at: Timestamp) -> (Round, Option<Round>) {
        let mut work = self.work.lock().unwrap_or_else(PoisonError::into_inner);
        let desired = newest();
        let found = self.enforcer.read_back(&desired, at);
        let first = Round { desired: Arc::clone(&desired), applied: Ok(String::new()), found };
        let fine = matches!(&first.found, Ok(found) if found.agree());
        let repaired = (!fine).then(|| self.round(desired, at));
        let last = repaired.as_ref().unwrap_or(&first).clone();
        self.show(&last, at);
        *work = Some(last);
        (first, repaired)
    }

    fn round(&self, desired: Arc<Desired>, at: Timestamp) -> Round {
        let mut applied = self.enforcer.apply(&desired, at);
        let mut found = self.enforcer.read_back(&desired, at);
        if applied.is_ok() && matches!(&found, Ok(found) if !found.agree()) {
            // Somebody else changed what we hold: having read that back, the enforcer writes everything anew.
            applied = self.enforcer.apply(&desired, at);
            found = self.enforcer.read_back(&desired, at);
        }
        let round = Round { desired, applied, found };
        self.show(&round, at);
        round
    }

    fn show(&self, round: &Round, at: Timestamp) {
        *self.view.lock().unwrap_or_else(PoisonError::into_inner) = Some((round.clone(), at));
    }

    /// Actions that were not found when it was last read back.
    pub fn missing(&self) -> Vec<ActionId> {
        let view = self.view.lock().unwrap_or_else(PoisonError::into_inner);
        let found = view.as_ref().and_then(|(round, _)| round.found.as_ref().ok());
        found.map(|found| found.missing.clone()).unwrap_or_default()
    }

    /// This enforcer's view of an action that came with `generation`, from the last read-back.
    pub fn view(&self, action: ActionId, target: &super::Target, generation: u64) -> EnforcerView {
        let plan = self.enforcer.plan(target);
        let view = self.view.lock().unwrap_or_else(PoisonError::into_inner);
        let (state, checked, why) = match view.as_ref() {
            _ if !plan.takes_part => (EnforcerState::Skipped, Timestamp::default(), plan.why),
            Some((round, at)) if round.desired.generation >= generation => match (&round.found, round.holds(action)) {
                (Ok(_), Ok(_)) => (EnforcerState::Verified, *at, String::new()),
                (Ok(_), Err(why)) => (EnforcerState::Missing, *at, why),
                (Err(fault), _) => (EnforcerState::Unknown, *at, fault.to_string()),
            },
            Some((_, at)) => (EnforcerState::Unknown, *at, "not read back since it was asked for".into()),
            None => (EnforcerState::Unknown, Timestamp::default(), "not read back yet".into()),
        };
        EnforcerView { enforcer: self.enforcer.name().into(), state, checked, why }
    }
}
