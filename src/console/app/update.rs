//! How messages change the app.

use super::msg::{Effect, Feed, Fetch, Msg, Tag};
use super::toast::{Tell, Toast};
use super::undo::{self, Undo};
use super::{App, Line, adapt, held, mouse, news, press, stack, step, view};
use crate::api::endpoint::{
    ClaimIncident, CreateAction, Empty, GetMe, GetOverview, GetVersion, ListSources, SwitchDrill, UndoAction,
};
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
        Msg::Replied(tag, result) => reply(app, tag, result, &mut effects),
        Msg::Exported(result) => app.say(match result {
            Ok(text) => Toast::done(text),
            Err(problem) => Toast::trouble(&problem),
        }),
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
    let body = view::body(app);
    app.stack.top_mut().resized(body);
    effects
}

/// The console's own questions, asked whenever a connection begins.
pub(crate) fn greet(app: &mut App, effects: &mut Vec<Effect>) {
    for fetch in [
        Fetch::of::<GetMe>("me", 0, &Empty {}),
        Fetch::of::<GetVersion>("version", 0, &Empty {}),
        Fetch::of::<ListSources>("sources", 0, &Empty {}),
        Fetch::of::<GetOverview>("trouble", 0, &Empty {}),
    ] {
        effects.push(Effect::Send(fetch.wire, Tag::Own(fetch.part)));
    }
    let body = view::body(app);
    app.stack.top_mut().resized(body);
}

fn pass(app: &mut App, now: Timestamp) {
    app.now = app.now.max(now);
    if app.toasts.expire(app.now) || app.wake.is_some_and(|at| at <= app.now.0) {
        app.dirty = true;
    }
    let platform_now = app.platform_now();
    if app.stack.top_mut().passed(platform_now) == Touched::Stale {
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
            greet(app, effects);
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
        Feed::Update(update) if app.paused.is_some() => count(app, &update),
        Feed::Gap => app.stack.stale_now(),
        Feed::Update(update) if *update == Live::Gap => app.stack.stale_now(),
        Feed::Update(update) => live(app, &update),
    }
}

/// While the stream is paused, what arrives is only counted; the operator's own actions are followed all the same.
fn count(app: &mut App, update: &Live) {
    let arrived = match update {
        Live::Events { count, .. } => *count,
        _ => 1,
    };
    app.paused = app.paused.map(|n| n.saturating_add(arrived));
    app.dirty = true;
    match update {
        Live::Action(action) => follow_own(app, action),
        Live::Trouble { why } => _ = note_trouble(app, why.as_deref()),
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
    app.dirty |= app.stack.live(update) == Touched::Changed;
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

fn note_trouble(app: &mut App, why: Option<&str>) -> bool {
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
            app.dirty = true;
            let overlay = app.overlays.iter_mut().find(|(id, _)| *id == asker);
            let asks = match overlay {
                Some((_, overlay)) => overlay.replied(part, turn, result),
                None => match app.stack.of(asker) {
                    Some(screen) => {
                        let asks = screen.replied(part, turn, result);
                        app.trouble = screen.trouble().unwrap_or(app.trouble);
                        asks
                    }
                    None => Vec::new(),
                },
            };
            step::take(app, asker, asks, effects);
        }
        Tag::Call(id) => called(app, id, result),
        Tag::Check(id) => held::checked(app, id, result, effects),
        Tag::Own(what) => own(app, what, result),
    }
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
            let undo = back.is_some();
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

fn own(app: &mut App, what: &'static str, result: Result<Reply, Problem>) {
    let problem = match (what, result) {
        ("me", Ok(reply)) => reply.read::<GetMe>().map(|me| app.me = Some(me)).err(),
        ("trouble", Ok(reply)) => {
            reply.read::<GetOverview>().map(|f| _ = note_trouble(app, f.trouble.as_deref())).err()
        }
        ("version", Ok(reply)) => reply.read::<GetVersion>().map(|version| adapt::meet(app, version)).err(),
        (_, Ok(reply)) => reply
            .read::<ListSources>()
            .map(|sources| app.drill = sources.iter().any(|s| s.drill && s.state == SourceState::Reading))
            .err(),
        // While the platform is away the header says so; other refusals are said.
        (_, Err(problem)) => Some(problem).filter(|p| p.kind != ProblemKind::Unreachable),
    };
    app.dirty = true;
    if let Some(problem) = problem {
        app.say(Toast::trouble(&problem));
    }
}
