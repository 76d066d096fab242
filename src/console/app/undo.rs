//! Taking back: what the operator changed last, by id, to the exact state before.
//!
//! A verdict that is still waiting is simply not sent. A change of incidents remembers how each was and which revision
//! the change made; taking it back is refused where somebody changed it since. Actions are undone by the platform
//! (`action.undo`). The newest of all is meant.

use super::held::{self, What};
use super::msg::Effect;
use super::toast::Toast;
use super::{App, Line, step};
use crate::api::endpoint::{CreateSuppression, IncidentRestore, RestoreIncident, SuppressionPath, UndoSuppression};
use crate::api::{Endpoint, Incident, IncidentId, IncidentState, Snooze, SuppressionId, Timestamp, Verdict, Wire};
use crate::command::{Intent, Target};
use crate::console::overlay::batch::Batch;
use crate::text::Untrusted;

/// Groups of changes that can be taken back.
const KEPT: usize = 100;

/// An incident as it was before a change, and the revision that the change made.
#[derive(Debug, Clone, PartialEq)]
pub struct Undo {
    /// Which.
    pub id: IncidentId,
    /// The revision to take back.
    pub revision: u64,
    state: IncidentState,
    owner: Option<Untrusted>,
    verdict: Option<Verdict>,
    snoozed: Option<Snooze>,
}

impl Undo {
    /// Takes `after` back to `before`.
    #[must_use]
    pub fn new(before: &Incident, after: &Incident) -> Self {
        Self {
            id: before.id,
            revision: after.revision,
            state: before.state.clone(),
            owner: before.owner.clone(),
            verdict: before.verdict.clone(),
            snoozed: before.snoozed.clone(),
        }
    }

    /// The request that does it.
    #[must_use]
    pub fn wire(&self) -> Wire {
        Wire::of::<RestoreIncident>(&IncidentRestore {
            id: self.id,
            if_match: Some(self.revision),
            state: self.state.clone(),
            owner: self.owner.clone(),
            verdict: self.verdict.clone(),
            snoozed: self.snoozed.clone(),
        })
    }
}

/// A change that is sent after a while, unless it is taken back.
#[derive(Debug, Clone, PartialEq)]
pub struct Grace {
    /// The request.
    pub wire: Wire,
    /// About which incident, as it was seen.
    pub before: Box<Incident>,
    /// Said when it worked.
    pub done: String,
    /// When, by the local clock.
    pub due: i64,
}

/// What was changed, in the order it was.
#[derive(Debug, Default)]
pub(crate) struct Undos {
    groups: Vec<(Timestamp, Back)>,
}

/// One group of changes.
#[derive(Debug)]
enum Back {
    /// Of incidents, made together.
    Incidents(Vec<Undo>),
    /// A suppression was made.
    Suppression(SuppressionId),
}

impl Undos {
    /// Remembers changes that belong together.
    pub(crate) fn remember(&mut self, now: Timestamp, undos: Vec<Undo>) {
        if !undos.is_empty() {
            self.push(now, Back::Incidents(undos));
        }
    }

    /// Remembers that a suppression was made.
    pub(crate) fn suppressed(&mut self, now: Timestamp, id: SuppressionId) {
        self.push(now, Back::Suppression(id));
    }

    fn push(&mut self, now: Timestamp, back: Back) {
        self.groups.push((now, back));
        if self.groups.len() > KEPT {
            self.groups.remove(0);
        }
    }

    fn newest(&self) -> Option<Timestamp> {
        self.groups.last().map(|(at, _)| *at)
    }
}

/// Takes back what was done last, if that was a change of incidents or a suppression; false when it was not.
pub(crate) fn take_back(app: &mut App, effects: &mut Vec<Effect>) -> bool {
    if let Some(grace) = app.graces.pop() {
        app.say(Toast::note(format!("not {}", grace.done)));
        tell(app, grace.before.id, effects);
        return true;
    }
    if let Some(held) = app.held.take_back() {
        app.say(Toast::note(format!("not {}", held.done)));
        return true;
    }
    if app.calls.iter().any(|call| call.before.is_some() || call.endpoint == CreateSuppression::NAME) {
        // An older change must not be taken for the one that is meant.
        app.say(Toast::note("a change is under way: u takes it back once it is done"));
        return true;
    }
    let screen = app.stack.top();
    let chosen =
        screen.marked().iter().chain(&screen.selected()).any(|t| matches!(t, Target::Action(_) | Target::Block(_)));
    let own = app.own.as_ref().map(|own| own.created.0.saturating_sub(app.skew));
    let newest = app.undos.newest().filter(|at| own.is_none_or(|own| own <= at.0));
    if chosen || screen.in_force().len() == 1 || newest.is_none() {
        return false;
    }
    let undos = match app.undos.groups.pop() {
        None => return false,
        Some((_, Back::Incidents(undos))) => undos,
        Some((_, Back::Suppression(id))) => {
            let wire = Wire::of::<UndoSuppression>(&SuppressionPath { id });
            step::call(app, wire, format!("took back suppression {id}"), effects);
            return true;
        }
    };
    undos.iter().for_each(|undo| tell(app, undo.id, effects));
    match <[Undo; 1]>::try_from(undos) {
        Ok([one]) => step::call(app, one.wire(), format!("took back the change of #{}", one.id), effects),
        Err(many) => {
            let (batch, asks) = Batch::undo(many);
            let asker = step::open(app, Box::new(batch));
            step::take(app, asker, asks, effects);
        }
    }
    true
}

/// Tells the screen in front what was taken back, if it wants to know.
fn tell(app: &mut App, id: IncidentId, effects: &mut Vec<Effect>) {
    let asker = app.stack.generation();
    let asks = app.stack.top_mut().intent(&Intent::TookBack(id)).unwrap_or_default();
    step::take(app, asker, asks, effects);
}

/// Sends what has waited long enough. While the platform is away it waits on.
pub(crate) fn send_due(app: &mut App, effects: &mut Vec<Effect>) {
    if app.line != Line::Live {
        return;
    }
    let now = app.now.0;
    let (due, waiting) = std::mem::take(&mut app.graces).into_iter().partition(|g| g.due <= now);
    app.graces = waiting;
    send(app, due, effects);
}

/// The platform is back: what has waited longer than it should is looked at again first.
pub(crate) fn look_again(app: &mut App, effects: &mut Vec<Effect>) {
    app.held.resume();
    let now = app.now.0;
    let (due, waiting) = std::mem::take(&mut app.graces).into_iter().partition(|g| g.due <= now);
    app.graces = waiting;
    let due: Vec<Grace> = due;
    for grace in due {
        match What::of(&grace.wire, Some(&grace.before)) {
            Some(what) => held::hold(app, what, grace.done),
            None => send(app, vec![grace], effects),
        }
    }
}

/// Sends everything that waits: the operator leaves.
pub(crate) fn send_all(app: &mut App, effects: &mut Vec<Effect>) {
    let all = std::mem::take(&mut app.graces);
    send(app, all, effects);
}

fn send(app: &mut App, graces: Vec<Grace>, effects: &mut Vec<Effect>) {
    for grace in graces {
        step::call_about(app, grace.wire, grace.done, Some(grace.before), effects);
    }
}
