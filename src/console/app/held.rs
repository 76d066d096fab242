//! Changes that were asked for while the platform was away. They are shown, can be taken back, and are looked at again
//! one by one when it is back: what is as it was seen is done, what is not is asked anew. Nothing is sent blindly.

use super::msg::{Effect, Tag};
use super::toast::Toast;
use super::{App, Line, step};
use crate::api::endpoint::{
    ActionPath, CommentIncident, CreateAction, GetAction, GetIncident, IncidentPath, PreviewAction, RestoreIncident,
    UndoAction,
};
use crate::api::{ActionId, ActionRequest, Endpoint, Incident, IncidentId, Preview, Problem, ProblemKind, Reply, Wire};
use crate::command::change::changes_incident;
use crate::console::overlay::changed::Changed;
use crate::console::overlay::preview::Dialog;
use std::collections::VecDeque;

/// Changes that may wait. More are refused: nobody keeps track of so many.
const MOST: usize = 100;
/// The header that names the revision a change was decided on.
const IF_MATCH: &str = "if-match";

/// What is to be done.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum What {
    /// A change of an incident, which was seen like this.
    Incident { id: IncidentId, wire: Wire, before: Option<Box<Incident>> },
    /// An action, of which this preview was seen, if any was.
    Action { request: ActionRequest, seen: Option<Box<Preview>> },
    /// The undoing of an action.
    Undo { id: ActionId, wire: Wire },
}

impl What {
    /// What a request does, where it can be looked at again before it is sent.
    pub(crate) fn of(wire: &Wire, before: Option<&Incident>) -> Option<Self> {
        let id: u64 = wire.path.split('/').nth(3)?.parse().ok()?;
        let wire = wire.clone();
        match wire.name {
            UndoAction::NAME => Some(Self::Undo { id: ActionId(id), wire }),
            CommentIncident::NAME | RestoreIncident::NAME => {
                Some(Self::Incident { id: IncidentId(id), wire, before: None })
            }
            name if changes_incident(name) => {
                Some(Self::Incident { id: IncidentId(id), wire, before: before.map(|b| Box::new(b.clone())) })
            }
            _ => None,
        }
    }

    /// The question whether it is still as it was.
    fn check(&self) -> Wire {
        match self {
            Self::Incident { id, .. } => Wire::of::<GetIncident>(&IncidentPath { id: *id, at: None }),
            Self::Action { request, .. } => {
                Wire::of::<PreviewAction>(&ActionRequest { idempotency_key: None, ..request.clone() })
            }
            Self::Undo { id, .. } => Wire::of::<GetAction>(&ActionPath { id: *id }),
        }
    }
}

/// A change that waits.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Held {
    id: u64,
    what: What,
    /// Said when it worked, e.g. `claimed #7`.
    pub(crate) done: String,
}

/// All of them, in the order they were asked for.
#[derive(Debug, Default)]
pub(crate) struct Queue {
    items: VecDeque<Held>,
    /// The one that is looked at.
    looking: Option<u64>,
    /// The line broke again: nothing is looked at until it is back.
    stalled: bool,
}

impl Queue {
    /// What waits, oldest first.
    pub(crate) fn iter(&self) -> impl DoubleEndedIterator<Item = &Held> {
        self.items.iter()
    }

    /// How many wait.
    pub(crate) fn len(&self) -> usize {
        self.items.len()
    }

    /// Takes back what was asked for last.
    pub(crate) fn take_back(&mut self) -> Option<Held> {
        let gone = self.items.pop_back()?;
        self.looking = self.looking.filter(|id| *id != gone.id);
        Some(gone)
    }

    /// The platform is back: everything is looked at.
    pub(crate) const fn resume(&mut self) {
        (self.stalled, self.looking) = (false, None);
    }

    /// Changes what is said about what waits, and the requests themselves. Previews that were seen are forgotten: they name
    /// somebody in another way than the next ones will.
    pub(crate) fn amend(&mut self, say: impl Fn(&str) -> String, request: impl Fn(&mut Wire)) {
        for held in &mut self.items {
            held.done = say(&held.done);
            match &mut held.what {
                What::Incident { wire, before, .. } => {
                    request(wire);
                    *before = None;
                }
                What::Action { request: asked, seen } => {
                    let mut wire = Wire::of::<CreateAction>(asked);
                    request(&mut wire);
                    let target = wire.body.as_ref().and_then(|body| body["target"].as_str());
                    target.into_iter().for_each(|target| asked.target = target.to_owned());
                    *seen = None;
                }
                What::Undo { wire, .. } => request(wire),
            }
        }
    }

    /// Our own change made another revision: what was decided on the one before stands.
    pub(crate) fn rebase(&mut self, before: &Incident, after: &Incident) {
        for held in &mut self.items {
            if let What::Incident { id, wire, before: seen } = &mut held.what
                && *id == before.id
            {
                let old = before.revision.to_string();
                for (_, value) in wire.headers.iter_mut().filter(|(name, value)| *name == IF_MATCH && *value == old) {
                    *value = after.revision.to_string();
                }
                if let Some(seen) = seen {
                    **seen = after.clone();
                }
            }
        }
    }
}

/// Lets a change wait.
pub(crate) fn hold(app: &mut App, what: What, done: String) {
    if app.held.len() >= MOST {
        return app.say(Toast::note(format!("not kept: {MOST} changes wait for the platform already")));
    }
    let id = app.count();
    app.say(Toast::note(format!("waits for the platform: {done}; it is looked at again before it is sent")));
    app.held.items.push_back(Held { id, what, done });
    app.dirty = true;
}

/// Looks at the next one, if nothing else is under way.
pub(crate) fn advance(app: &mut App, effects: &mut Vec<Effect>) {
    let free = app.line == Line::Live && app.overlays.is_empty() && app.calls.is_empty();
    if !free || app.held.stalled || app.held.looking.is_some() {
        return;
    }
    if let Some(held) = app.held.items.front() {
        app.held.looking = Some(held.id);
        effects.push(Effect::Send(held.what.check(), Tag::Check(held.id)));
    }
}

/// It was looked at.
pub(crate) fn checked(app: &mut App, id: u64, result: Result<Reply, Problem>, effects: &mut Vec<Effect>) {
    if app.held.looking != Some(id) {
        return;
    }
    app.held.looking = None;
    app.dirty = true;
    let reply = match result {
        Ok(reply) => reply,
        Err(problem) if problem.kind == ProblemKind::Unreachable => {
            app.held.stalled = true;
            return;
        }
        Err(problem) => {
            if let Some(held) = app.held.items.pop_front() {
                app.say(Toast { text: format!("not {}: {problem}", held.done), ..Toast::trouble(&problem) });
            }
            return;
        }
    };
    let Some(Held { what, done, .. }) = app.held.items.pop_front() else { return };
    let judged = match what {
        What::Incident { id, wire, before } => incident(app, (id, wire, before), &done, reply, effects),
        What::Action { request, seen } => action(app, (request, seen), &done, reply, effects),
        What::Undo { wire, id } => reply.read::<GetAction>().map(|now| {
            if now.state.is_active() {
                step::call(app, wire, done.clone(), effects);
            } else {
                app.say(Toast::note(format!("nothing to undo: action #{id} is {}", now.state.label())));
            }
        }),
    };
    if let Err(problem) = judged {
        app.say(Toast::trouble(&problem));
    }
}

type Change = (IncidentId, Wire, Option<Box<Incident>>);

fn incident(
    app: &mut App,
    (id, mut wire, before): Change,
    done: &str,
    reply: Reply,
    effects: &mut Vec<Effect>,
) -> Result<(), Problem> {
    let now = reply.read::<GetIncident>()?.incident;
    let revision = now.revision.to_string();
    let decided = wire.headers.iter_mut().find(|(name, _)| *name == IF_MATCH);
    let same = decided.as_ref().is_none_or(|(_, on)| *on == revision);
    if same {
        step::call_about(app, wire, done.to_owned(), before, effects);
        return Ok(());
    }
    if let Some((_, on)) = decided {
        *on = revision;
    }
    debug_assert_eq!(id, now.id);
    step::open(app, Box::new(Changed::new((before.as_deref(), &now), wire, done)));
    Ok(())
}

fn action(
    app: &mut App,
    (request, seen): (ActionRequest, Option<Box<Preview>>),
    done: &str,
    reply: Reply,
    effects: &mut Vec<Effect>,
) -> Result<(), Problem> {
    let now = reply.read::<PreviewAction>()?;
    if now.refusals.is_empty() && seen.as_ref().is_some_and(|seen| is_same(seen, &now)) {
        act(app, request, seen, done.to_owned(), effects);
        return Ok(());
    }
    app.say(Toast::note(match seen {
        Some(_) => format!("{done}: it is not as you saw it any more; look again"),
        None => format!("{done}: look at it first"),
    }));
    let (dialog, asks) = Dialog::new(request);
    let asker = step::open(app, Box::new(dialog));
    step::take(app, asker, asks, effects);
    Ok(())
}

/// The same target, understood alike, for as long, and nothing new that speaks for or against it. How many requests came
/// from it changes all the time.
fn is_same(seen: &Preview, now: &Preview) -> bool {
    let prior = |p: &Preview| p.prior.iter().map(|a| (a.id, a.state.clone())).collect::<Vec<_>>();
    (&seen.kind, &seen.target, seen.ttl_seconds, &seen.allow_list)
        == (&now.kind, &now.target, now.ttl_seconds, &now.allow_list)
        && prior(seen) == prior(now)
}

/// Creates an action whose preview was confirmed; it waits where the platform is away.
pub(crate) fn act(
    app: &mut App,
    request: ActionRequest,
    seen: Option<Box<Preview>>,
    done: String,
    effects: &mut Vec<Effect>,
) {
    let wire = Wire::of::<CreateAction>(&request);
    let again = What::Action { request, seen };
    match app.line {
        Line::Live => step::send(app, wire, (done, None, Some(again)), effects),
        _ => hold(app, again, done),
    }
}

#[cfg(test)]
#[path = "held_test.rs"]
mod tests;
