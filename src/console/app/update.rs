//! How messages change the app.

use super::msg::{Effect, Feed, Msg, Tag};
use super::toast::{Tell, Toast};
use super::undo::{self, Undo};
use super::{App, Line, adapt, company, greet, held, line, mouse, news, press, privacy, stack, step, view};
use crate::api::endpoint::{ClaimIncident, CreateAction, CreateSuppression, SwitchDrill, UndoAction};
use crate::api::{Action, ActionState, Endpoint, Live, Problem, ProblemKind, Reply, Source, SourceState, Timestamp};
use crate::console::overlay::output::Output;
use crate::console::screen::Touched;

/// Takes one message. Never waits, never looks at a clock.
pub fn update(app: &mut App, msg: Msg) -> Vec<Effect> {
    let mut effects = Vec::new();
    if msg.is_by_hand() {
        app.news.read();
    }
    match msg {
        Msg::Passed(now) => pass(app, now),
        Msg::Pressed(key) => press::press(app, key, &mut effects),
        Msg::Pasted(text) => press::paste(app, &text, &mut effects),
        Msg::Clicked(x, y) => mouse::click(app, (x, y), &mut effects),
        Msg::Wheeled(down) => mouse::wheel(app, down, &mut effects),
        Msg::Measured(tempo) => adapt::measured(app, tempo),
        Msg::Set(read) => adapt::set(app, *read, &mut effects),
        Msg::Resized(columns, rows) => {
            app.size = (columns, rows);
            app.dirty = true;
        }
        Msg::Replied(tag, mut result) => {
            privacy::answer(app, &tag, &mut result);
            reply(app, tag, result, &mut effects);
        }
        Msg::Exported(result) => app.say(match result {
            Ok(text) => Toast::done(text),
            Err(problem) => Toast::note(app.shown(&problem.to_string())),
        }),
        Msg::Line(text) => line::take(app, &text, &mut effects),
        Msg::Piped(command, Ok(text)) => _ = step::open(&mut *app, Box::new(Output::new(&command, &text))),
        Msg::Themed(Ok(theme)) => (app.theme, app.dirty) = (*theme, true),
        // The one in use stays.
        Msg::Themed(Err(why)) => app.say(Toast::note(why)),
        Msg::Piped(_, Err(problem)) => app.say(Toast::trouble(&problem)),
        Msg::Fed(feed) => hear(app, feed, &mut effects),
        Msg::Told => effects.push(Effect::Quit),
        Msg::ToldToStop => effects.push(Effect::Suspend),
        Msg::Continued => effects.push(Effect::Repaint),
    }
    undo::send_due(app, &mut effects);
    held::advance(app, &mut effects);
    news::tell(app, &mut effects);
    stack::refresh(app, &mut effects);
    company::tell(app, &mut effects);
    let body = view::body(app);
    app.stack.top_mut().resized(body);
    privacy::out(app, &mut effects);
    effects
}

fn pass(app: &mut App, now: Timestamp) {
    app.now = app.now.max(now);
    if app.toasts.expire(app.now) || app.wake.is_some_and(|at| at <= app.now.0) {
        app.dirty = true;
    }
    let shown = app.shown_now();
    if app.stack.top_mut().passed(shown) == Touched::Stale {
        app.stack.stale();
    }
}

fn hear(app: &mut App, feed: Feed, effects: &mut Vec<Effect>) {
    match feed {
        Feed::Connected => {
            // What was shown may be older than the stream that begins now: read it again, whatever it says.
            app.line = Line::Live;
            app.dirty = true;
            app.stack.stale_now();
            undo::look_again(app, effects);
            company::begin(app);
            greet::greet(app, effects);
        }
        Feed::Lost(problem) => {
            let since = match app.line {
                Line::Lost { since, .. } => since,
                Line::Connecting | Line::Live => app.now,
            };
            if app.line == Line::Live || app.line == Line::Connecting {
                app.say(Toast::trouble(&problem));
            }
            app.line = Line::Lost { since, why: crate::text::visible::escape(&problem.title).into_owned() };
            app.dirty = true;
        }
        Feed::Update(update) => {
            let update = privacy::live(app, update);
            heard(app, &update);
        }
        // What they said is said again by those that follow; while the stream is paused they were updates all the same.
        Feed::Replaced(updates) => {
            app.paused = app.paused.map(|n| n.saturating_add(updates));
            app.dirty |= app.paused.is_some();
        }
        Feed::Gap => app.stack.stale_now(),
    }
}

fn heard(app: &mut App, update: &Live) {
    if let Live::Presence { here } = update {
        company::hear(app, here.clone());
    } else if app.paused.is_some() || app.past.is_some() {
        count(app, update);
    } else if *update == Live::Gap {
        app.stack.stale_now();
    } else {
        live(app, update);
    }
}

/// While the stream is paused, what arrives is only counted, and in the past not even that; the operator's own actions are
/// followed all the same.
fn count(app: &mut App, update: &Live) {
    let arrived = match update {
        Live::Events { count, .. } => *count,
        _ => 1,
    };
    app.paused = app.paused.map(|n| n.saturating_add(arrived));
    app.dirty |= app.paused.is_some();
    match update {
        Live::Action(action) => follow_own(app, action),
        Live::Trouble { why } => app.dirty |= note_trouble(app, why.as_deref()),
        Live::Incident(incident) => news::hear(app, incident),
        _ => {}
    }
}

/// Takes a change in, from the stream or from the answer to our own request.
pub(crate) fn live(app: &mut App, update: &Live) {
    match update {
        Live::Source(source) if source.drill => app.dirty |= note_drill(app, source),
        Live::Action(action) => follow_own(app, action),
        Live::Trouble { why } => app.dirty |= note_trouble(app, why.as_deref()),
        Live::Incident(incident) => news::hear(app, incident),
        _ => {}
    }
    if app.past.is_none() {
        app.dirty |= app.stack.live(update) == Touched::Changed;
    }
}

/// Tells how the operator's own last action went on.
fn follow_own(app: &mut App, action: &Action) {
    let Some(own) = app.own.as_mut().filter(|own| own.id == action.id) else { return };
    let news = own.state != action.state;
    **own = action.clone();
    if news && matches!(action.state, ActionState::Verified | ActionState::Failed | ActionState::Expired) {
        app.say(outcome(action));
    }
}

/// An action's state in a sentence. Nothing is called done before it is verified.
fn outcome(action: &Action) -> Toast {
    let what = step::action_words(&action.kind, &action.target.cell(60));
    let last = action.receipts.last();
    let text = match action.state {
        ActionState::Verified => {
            let after = last.map_or(0, |r| r.at.0.saturating_sub(action.created.0));
            format!("{what} verified after {}", crate::text::human::duration(after))
        }
        ActionState::Failed => {
            let why = last.map(|r| crate::text::visible::escape(&r.detail).into_owned()).unwrap_or_default();
            format!("{what} failed: {why}")
        }
        _ => format!("{what}: {}", action.state.label()),
    };
    let tell = match action.state {
        ActionState::Verified => Tell::Done,
        ActionState::Failed => Tell::Trouble,
        _ => Tell::Note,
    };
    Toast { tell, text, undo: action.state.is_active() }
}

pub(crate) fn note_trouble(app: &mut App, why: Option<&str>) -> bool {
    let before = std::mem::replace(&mut app.trouble, why.is_some());
    before != app.trouble
}

fn note_drill(app: &mut App, source: &Source) -> bool {
    let before = app.drill;
    app.drill = source.state == SourceState::Reading;
    before != app.drill
}

fn reply(app: &mut App, tag: Tag, result: Result<Reply, Problem>, effects: &mut Vec<Effect>) {
    match tag {
        Tag::Part { asker, part, turn } => {
            effects.extend(app.flights.land(asker, part));
            answer(app, (asker, part, turn), result, effects);
        }
        Tag::Call(id) => called(app, id, result),
        Tag::Check(id) => held::checked(app, id, result, effects),
        Tag::Own(what) => greet::heard(app, what, result),
    }
}

/// Gives a screen or an overlay the answer to one of its questions.
pub(crate) fn answer(
    app: &mut App,
    (asker, part, turn): (u64, &'static str, u32),
    result: Result<Reply, Problem>,
    effects: &mut Vec<Effect>,
) {
    app.dirty = true;
    let overlay = app.overlays.iter_mut().find(|(id, _)| *id == asker);
    let asks = match overlay {
        Some((_, overlay)) => overlay.replied(part, turn, result),
        None => match app.stack.of(asker) {
            Some(screen) => {
                let asks = screen.replied(part, turn, result);
                app.trouble = screen.trouble().filter(|_| app.past.is_none()).unwrap_or(app.trouble);
                asks
            }
            None => Vec::new(),
        },
    };
    step::take(app, asker, asks, effects);
}

/// A change the operator asked for came to an end.
fn called(app: &mut App, id: u64, result: Result<Reply, Problem>) {
    let Some(at) = app.calls.iter().position(|c| c.id == id) else { return };
    let call = app.calls.remove(at);
    match result {
        Ok(reply) => {
            let back = call.before.as_ref().and_then(|before| {
                let after = reply.clone().read::<ClaimIncident>().ok()?;
                app.held.rebase(before, &after);
                Some(Undo::new(before, &after))
            });
            let undo = back.is_some() || call.endpoint == CreateSuppression::NAME;
            app.undos.remember(app.now, back.into_iter().collect());
            let toast = absorb(app, call.endpoint, reply);
            app.say(toast.unwrap_or_else(|| Toast { undo, ..Toast::done(call.done) }));
        }
        Err(problem) => {
            let conflict = problem.kind == ProblemKind::Conflict;
            app.say(Toast::trouble(&problem));
            if problem.kind == ProblemKind::Unreachable
                && let Some(what) = call.again
            {
                // Whether it was done is not known: that is looked at, too.
                held::hold(app, what, call.done);
            }
            if conflict {
                app.stack.stale_now();
            }
        }
    }
}

/// Shows the outcome of our own change at once, without waiting for the stream to tell it.
fn absorb(app: &mut App, endpoint: &'static str, reply: Reply) -> Option<Toast> {
    let mut toast = None;
    match endpoint {
        CreateAction::NAME => {
            if let Ok(action) = reply.read::<CreateAction>() {
                toast = Some(outcome(&action));
                app.own = Some(Box::new(action.clone()));
                live(app, &Live::Action(action));
            }
        }
        UndoAction::NAME => {
            if let Ok(action) = reply.read::<UndoAction>() {
                if app.own.as_ref().is_some_and(|own| own.id == action.id) {
                    app.own = None;
                }
                live(app, &Live::Action(action));
            }
        }
        CreateSuppression::NAME => {
            if let Ok(made) = reply.read::<CreateSuppression>() {
                app.undos.suppressed(app.now, made.id);
                live(app, &Live::Suppression(made));
            }
        }
        SwitchDrill::NAME => {
            if let Ok(source) = reply.read::<SwitchDrill>() {
                live(app, &Live::Source(source));
            }
        }
        name if name.starts_with("incident.") => {
            if let Ok(incident) = reply.read::<ClaimIncident>() {
                live(app, &Live::Incident(incident));
            }
        }
        _ => {}
    }
    app.stack.stale_now();
    toast
}
