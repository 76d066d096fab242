//! What people and the policy do to incidents and actions: ledger first, then the change, then everybody is told.

use super::http::Caller;
use super::incident::{self, File, Incidents};
use super::ingest::{Batch, Format, Layout};
use super::pipeline::Work;
use super::store::Commit;
use super::{Platform, drill_loop, lock};
use crate::api::endpoint::{Ingested, Removed};
use crate::api::{
    Action, ActionId, ActionRequest, ActionState, Bill, Detection, Incident, IncidentId, LedgerKind, Live, Mode,
    Problem, ProblemKind, Proposal, Source, TimelineEntry, Timestamp,
};
use crate::text::Untrusted;
use serde_json::Value;
use std::sync::mpsc::sync_channel;
use std::time::Duration;

/// How long a purge waits for the pipeline.
const DRAIN: Duration = Duration::from_secs(15);

/// A row of the incidents table: incident, facts, bill, timeline entries not stored yet.
pub type IncidentRow = (Incident, Value, Bill, Vec<TimelineEntry>);

impl Platform {
    /// Lets the policy act: the block is asked for, applied and verified before this returns. What the guard rails or
    /// the budget refuse becomes a question to a person.
    pub(super) fn act(&self, id: IncidentId, proposal: &Proposal, detection: &Detection, now: Timestamp) {
        let target = proposal.target.raw();
        let request = ActionRequest {
            kind: proposal.kind.clone(),
            target: target.to_owned(),
            ttl_seconds: Some(proposal.ttl_seconds),
            reason: format!("{} ({})", detection.title, detection.rule).into(),
            incident: Some(id),
            idempotency_key: Some(format!("policy-{id}-{}-{target}-{}", proposal.kind.as_str(), detection.id)),
        };
        let Err(problem) = self.responder.create(&request, "policy", true, detection.drill, now) else { return };
        self.with_incidents(|incidents| {
            let Some(file) = incidents.get_mut(id) else { return };
            let same = |p: &&mut Proposal| p.kind == proposal.kind && p.target == proposal.target;
            if let Some(kept) = file.incident.proposals.iter_mut().find(same) {
                kept.mode = Mode::Ask;
                kept.why = format!("{}. Not done by itself: {problem}", kept.why);
            }
        });
    }

    /// Hears of every change of an action: incident timeline, live stream.
    pub(super) fn action_changed(&self, action: &Action) {
        self.hub.publish(&Live::Action(action.clone()));
        let Some(id) = action.incident else { return };
        let now = self.now();
        let row = self.with_incidents(|incidents| {
            incidents.note_action(id, action, worded(action), now);
            if action.state == ActionState::Verified {
                let verified = action.receipts.iter().rev().find(|r| r.state == ActionState::Verified);
                incidents.contained(id, verified.map_or(now, |r| r.at));
            }
            if let Some(drawn) = lock(&self.drawn).get_mut(&id) {
                drawn.changed = true;
                return None;
            }
            take_row(incidents, id)
        });
        self.save_incident(row);
    }

    pub(super) fn save_incident(&self, row: Option<IncidentRow>) {
        let Some(row) = row else { return };
        let incident = row.0.clone();
        let commit = Commit { incidents: vec![row], ..Commit::default() };
        if let Err(error) = self.store.commit(&commit) {
            tracing::error!(%error, incident = incident.id.0, "an incident's change is in the ledger but not stored yet");
            self.set_trouble(Some(format!("changes of incidents cannot be stored: {error}")));
            self.put_back(commit.incidents);
        }
        self.hub.publish(&Live::Incident(incident));
    }

    /// What could not be stored of incidents waits for [`Platform::save_again`].
    fn put_back(&self, rows: Vec<IncidentRow>) {
        self.with_incidents(|incidents| {
            for (incident, _, _, timeline) in rows {
                if let Some(file) = incidents.get_mut(incident.id) {
                    file.timeline.splice(0..0, timeline);
                }
                lock(&self.unsaved).insert(incident.id);
            }
        });
    }

    /// Stores what could not be stored of incidents before.
    pub(super) fn save_again(&self) {
        let waiting = std::mem::take(&mut *lock(&self.unsaved));
        if waiting.is_empty() {
            return;
        }
        let take = |incidents: &mut Incidents| waiting.iter().filter_map(|id| take_row(incidents, *id)).collect();
        let commit = Commit { incidents: self.with_incidents(take), ..Commit::default() };
        match self.store.commit(&commit) {
            Ok(()) => self.set_trouble(None),
            Err(_) => self.put_back(commit.incidents),
        }
    }

    /// Changes an incident for `actor`: ledger, change, store, live stream.
    pub(super) fn change_incident(
        &self,
        actor: &str,
        what: &str,
        id: IncidentId,
        detail: &Untrusted,
        change: impl FnOnce(&mut Incidents, Timestamp) -> Result<(), incident::Error>,
    ) -> Result<Incident, Problem> {
        let now = self.now();
        self.bring_in(id)?;
        let target = format!("incident {id}");
        self.record(LedgerKind::Intent, actor, what, &target, detail)?;
        let changed = self.with_incidents(|incidents| change(incidents, now).map(|()| take_row(incidents, id)));
        let outcome = match &changed {
            Ok(_) => Untrusted::from("done"),
            Err(error) => error.to_string().into(),
        };
        self.record(LedgerKind::Outcome, actor, what, &target, &outcome)?;
        let row = changed.map_err(|error| problem_of(id, &error))?;
        let incident = row.as_ref().map(|r| r.0.clone());
        self.save_incident(row);
        incident.ok_or_else(|| no_incident(id))
    }

    /// Makes sure an incident that is no longer open is in memory, so that it can be changed.
    fn bring_in(&self, id: IncidentId) -> Result<(), Problem> {
        if self.with_incidents(|incidents| incidents.get(id).is_some()) {
            return Ok(());
        }
        let stored = self.store.incident_file(id).map_err(unavailable)?;
        let (incident, facts, bill) = stored.ok_or_else(|| no_incident(id))?;
        let file = file_of(incident, facts, bill)
            .map_err(|why| Problem::new(ProblemKind::Internal, format!("Incident {id} cannot be changed"), why))?;
        self.with_incidents(|incidents| {
            if incidents.get(id).is_none() {
                incidents.load(file);
            }
        });
        Ok(())
    }

    /// Writes to the ledger, or says that nothing may be changed now.
    pub(super) fn record(
        &self,
        kind: LedgerKind,
        actor: &str,
        what: &str,
        target: &str,
        detail: &Untrusted,
    ) -> Result<(), Problem> {
        self.ledger.append(kind, actor, what, target, detail.raw(), self.now()).map(|_| ()).map_err(|error| {
            Problem::new(ProblemKind::Unavailable, "The change was not made", format!("the ledger cannot be written: {error}"))
                .hint("Releasing blocks still works. `watchfloor ledger verify` says what is wrong; then restart the platform.")
        })
    }

    /// Asks for an action on behalf of a person.
    pub(super) fn create_action(&self, request: &ActionRequest, actor: &str) -> Result<Action, Problem> {
        let drill = match request.incident {
            Some(id) => self.with_incidents(|i| i.get(id).map(|f| f.incident.drill)).unwrap_or_default(),
            None => false,
        };
        self.responder.create(request, actor, false, drill, self.now())
    }

    /// Undoes an action by its id.
    pub(super) fn undo_action(&self, id: ActionId, actor: &str) -> Result<Action, Problem> {
        self.responder.undo(id, actor, self.now())
    }

    /// Takes in records that somebody pushes; returns once they are stored.
    pub(super) fn push(&self, caller: &Caller, text: Vec<u8>) -> Result<Ingested, Problem> {
        let source = format!("api:{}", caller.name).into();
        let batch =
            Batch { source, format: Some(Format::Ocsf), text, layout: Layout::default(), resume: None, drill: false };
        let (answer, answered) = sync_channel(1);
        let stopped = || Problem::new(ProblemKind::Unavailable, "Nothing was taken in", "the platform is stopping");
        self.work.send(Work::Pushed(batch, answer)).map_err(|_| stopped())?;
        answered.recv().map_err(|_| stopped())?.map_err(|why| {
            Problem::new(ProblemKind::Unavailable, "The records could not be stored", why)
                .hint("Send them again once there is room on the disk.")
        })
    }

    /// Starts or stops the drill.
    pub(super) fn switch_drill(&self, run: bool, actor: &str) -> Result<Source, Problem> {
        let what = if run { "drill.start" } else { "drill.stop" };
        self.record(LedgerKind::Intent, actor, what, "drill", &Untrusted::default())?;
        self.drill.set(run);
        let source = self.change_source(drill_loop::SOURCE, |source| drill_loop::describe(source, run));
        self.hub.publish(&Live::Source(source.clone()));
        Ok(source)
    }

    /// Removes everything the drill stored: events, detections, incidents, actions and what the detectors learnt.
    pub(super) fn purge_drill(&self, actor: &str) -> Result<Removed, Problem> {
        self.switch_drill(false, actor)?;
        self.record(LedgerKind::Intent, actor, "drill.purge", "drill", &Untrusted::default())?;
        self.drain_drill()?;
        for block in self.responder.blocks(self.now()).into_iter().filter(|b| b.drill) {
            self.undo_action(block.action, actor)?;
        }
        self.with_incidents(|incidents| drop(incidents.forget_drill()));
        let removed = self.store.purge_drill().map_err(unavailable)?;
        let source = self.change_source(drill_loop::SOURCE, drill_loop::forget);
        self.record(
            LedgerKind::Outcome,
            actor,
            "drill.purge",
            "drill",
            &crate::text::human::counted(removed.rows, "rows").into(),
        )?;
        self.hub.publish(&Live::Source(source));
        self.hub.publish(&Live::Gap);
        Ok(removed)
    }
}

impl Platform {
    /// Waits until what the stopped drill had already said is through the pipeline, so that a purge finds all of it.
    fn drain_drill(&self) -> Result<(), Problem> {
        let (done, drained) = sync_channel(1);
        let late = |why: &str| {
            Problem::new(ProblemKind::Unavailable, "The drill was stopped, its traces are still there", why)
                .hint("Purge it again once the overview shows no trouble.")
        };
        self.work.try_send(Work::ForgetDrill(done)).map_err(|_| late("intake is behind"))?;
        drained.recv_timeout(DRAIN).map_err(|_| late("what it said last could not be stored in time"))
    }
}

/// Takes what has to be stored of an incident.
pub(super) fn take_row(incidents: &mut Incidents, id: IncidentId) -> Option<IncidentRow> {
    let file = incidents.get_mut(id)?;
    let facts = serde_json::to_value(&file.facts).unwrap_or_default();
    Some((file.incident.clone(), facts, file.bill.clone(), file.take_timeline()))
}

/// A stored incident as the file that the incident room works on.
pub(super) fn file_of(incident: Incident, facts: Value, bill: Bill) -> Result<File, String> {
    let facts = serde_json::from_value(facts).map_err(|e| format!("its stored facts cannot be read: {e}"))?;
    let mut file = File::new(incident, facts, bill);
    file.shrink();
    Ok(file)
}

fn no_incident(id: IncidentId) -> Problem {
    Problem::new(ProblemKind::NotFound, format!("There is no incident {id}"), "it may have been removed by retention")
        .hint("`watchfloor incident list` shows what there is.")
}

fn problem_of(id: IncidentId, error: &incident::Error) -> Problem {
    let kind = match error {
        incident::Error::NotFound(_) => return no_incident(id),
        incident::Error::Conflict { .. } | incident::Error::State(_) => ProblemKind::Conflict,
    };
    let problem = Problem::new(kind, format!("Incident {id} was not changed"), error.to_string());
    match error {
        incident::Error::State(_) => problem,
        _ => problem.hint("Read it again, then decide again."),
    }
}

/// The store could not answer.
pub(super) fn unavailable(error: impl std::fmt::Display) -> Problem {
    Problem::new(ProblemKind::Unavailable, "The store did not answer", error.to_string())
        .hint("`watchfloor doctor` checks the data folder and the disk.")
}

/// An action's last step in words, for the timeline of its incident.
fn worded(action: &Action) -> Untrusted {
    let last = action.receipts.last();
    let by = last.and_then(|r| r.enforcer.as_deref()).map(|e| format!(" at {e}")).unwrap_or_default();
    let detail = last.map(|r| r.detail.as_str()).unwrap_or_default();
    let what = action.kind.label().replace('_', " ");
    // While other enforcers are still at it, what one of them reached is the news, not the state of the whole.
    let state = last.filter(|r| r.enforcer.is_some()).map_or(&action.state, |r| &r.state).label();
    format!("Action {}: {what} {} {state}{by}: {detail}", action.id, action.target.raw()).into()
}

/// An operator's name as tokens allow it: letters, digits, `._@-`.
pub(super) fn token_name(operator: &str) -> String {
    let name: String = operator.chars().filter(|c| c.is_ascii_alphanumeric() || "._@-".contains(*c)).take(64).collect();
    if name.is_empty() { "operator".into() } else { name }
}
