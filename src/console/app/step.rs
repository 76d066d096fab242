//! Carries out what commands, screens and overlays ask for.

use super::held::{self, What};
use super::kept;
use super::msg::Effect;
use super::toast::Toast;
use super::undo::{self, Grace};
use super::{App, Call, Line, Tag, desk, past, privacy, stack, update};
use crate::api::{ActionKind, Incident, Wire};
use crate::command::change::changes_incident;
use crate::command::{self, Args, Command, Intent, Place, Step, Target};
use crate::console::overlay::{self, Given};
use crate::console::screen::{self, Ask, Opening, Screen};
use crate::console::theme::Theme;

/// How long a verdict can be taken back before it is sent, in milliseconds.
const GRACE_MS: i64 = 5_000;

/// Runs a command with arguments, if it is ready.
pub(crate) fn run(app: &mut App, command: &'static Command, args: &Args, effects: &mut Vec<Effect>) {
    if let Some(why) = past::forbids(command).filter(|_| app.past.is_some()) {
        return app.say(Toast::note(format!("{}: {why}", command.name)));
    }
    if command.name == "action.undo" && *args == Args::default() && undo::take_back(app, effects) {
        return;
    }
    let cx = if command.name.ends_with(".undo") { app.undo_context() } else { app.context() };
    // Readiness is about what is selected; with arguments the command itself says what is wrong with them.
    if *args == Args::default()
        && let Err(why) = (command.ready)(&cx)
    {
        return app.say(Toast::note(format!("{}: {why}", command.name)));
    }
    match (command.run)(&cx, args) {
        Ok(steps) => {
            for step in steps {
                match step {
                    Step::Intent(intent) => want(app, intent, effects),
                    Step::Effect(effect) => cause(app, effect, effects),
                }
            }
        }
        Err(problem) => app.say(Toast::trouble(&problem)),
    }
}

fn cause(app: &mut App, effect: command::Effect, effects: &mut Vec<Effect>) {
    match effect {
        command::Effect::Call { wire, done } => call(app, wire, done, effects),
        command::Effect::Export(export) | command::Effect::Pipe(export, _)
            if app.past.is_some() && not_kept(&export) =>
        {
            app.say(Toast::note(format!("how {} stood then is not kept", export.resource.rows())));
        }
        command::Effect::Export(export) => {
            app.say(Toast::note("export started"));
            effects.push(Effect::Export(of_then(app, export)));
        }
        command::Effect::Pipe(export, command) => effects.push(Effect::Pipe(of_then(app, export), command)),
        command::Effect::Quit => {
            undo::send_all(app, effects);
            match (app.calls.len(), app.held.len()) {
                (0, 0) => effects.push(Effect::Quit),
                (calls, held) => _ = open(app, Box::new(overlay::quit::Quit::new(calls, held))),
            }
        }
    }
}

/// It is not kept how these stood.
fn not_kept(export: &command::Export) -> bool {
    matches!(export.resource, command::Resource::Sources | command::Resource::Rules)
}

/// What is exported is what is shown.
fn of_then(app: &App, export: command::Export) -> command::Export {
    command::Export { at: export.at.or(app.past), ..export }
}

/// Sends a change to the platform.
pub(crate) fn call(app: &mut App, wire: Wire, done: String, effects: &mut Vec<Effect>) {
    let before = if changes_incident(wire.name) { seen(app, &wire) } else { None };
    call_about(app, wire, done, before, effects);
}

/// Sends a change of what was seen as `before`; it waits where the platform is away.
pub(crate) fn call_about(
    app: &mut App,
    wire: Wire,
    done: String,
    before: Option<Box<Incident>>,
    effects: &mut Vec<Effect>,
) {
    let again = What::of(&wire, before.as_deref());
    match (&app.line, again) {
        (Line::Live, again) => send(app, wire, (done, before, again), effects),
        (_, Some(what)) => held::hold(app, what, done),
        (_, None) => app.say(Toast::note(format!("the platform does not answer: not {done}"))),
    }
}

/// Sends a change: what to say when it worked, what it is about, what to look at again should the line break.
pub(crate) fn send(
    app: &mut App,
    wire: Wire,
    (done, before, again): (String, Option<Box<Incident>>, Option<What>),
    effects: &mut Vec<Effect>,
) {
    let id = app.count();
    app.calls.push(Call { id, endpoint: wire.name, done, before, again });
    app.dirty = true;
    effects.push(Effect::Send(wire, Tag::Call(id)));
}

/// The incident that a request is about, as it stands on the screen.
fn seen(app: &App, wire: &Wire) -> Option<Box<Incident>> {
    let id: u64 = wire.path.split('/').nth(3)?.parse().ok()?;
    let screen = app.stack.top();
    screen.selected().into_iter().chain(screen.marked()).find_map(|t| match t {
        Target::Incident(i) if i.id.0 == id => Some(i),
        _ => None,
    })
}

/// Takes what a screen or overlay asks for.
pub(crate) fn take(app: &mut App, asker: u64, asks: Vec<Ask>, effects: &mut Vec<Effect>) {
    for ask in asks {
        match ask {
            Ask::Fetch(fetch) => match past::at(&fetch, app.past) {
                Ok(fetch) => effects.extend(app.flights.ask(asker, fetch)),
                Err(problem) => update::answer(app, (asker, fetch.part, fetch.turn), Err(problem), effects),
            },
            Ask::Intent(intent) => want(app, intent, effects),
            Ask::Push(screen) => push(app, screen, effects),
            Ask::Over(overlay) => _ = open(app, overlay),
            Ask::Run(command, args) => run(app, command, &args, effects),
            Ask::Call(wire, done) => call(app, wire, done, effects),
            Ask::Act(request, seen, done) => held::act(app, request, Some(seen), done, effects),
            Ask::Later(wire, before, done) => {
                let due = app.now.0.saturating_add(GRACE_MS);
                app.graces.push(Grace { wire, before, done, due });
                app.dirty = true;
            }
            Ask::Did(undos) => {
                app.undos.remember(app.now, undos);
                app.stack.stale_now();
            }
            Ask::Copy(what, text) => desk::copy(app, what, text, effects),
            Ask::TakeBack => _ = undo::take_back(app, effects),
            Ask::Say(toast) => app.say(toast),
            Ask::Filter(query) => {
                let asks = app.stack.top_mut().set_filter(query);
                let below = app.stack.generation();
                take(app, below, asks, effects);
            }
            Ask::Quit => effects.push(Effect::Quit),
        }
    }
}

/// Does what the operator wants of the screen.
pub(crate) fn want(app: &mut App, intent: Intent, effects: &mut Vec<Effect>) {
    app.dirty = true;
    let asker = app.stack.generation();
    if let Some(asks) = app.stack.top_mut().intent(&intent) {
        return take(app, asker, asks, effects);
    }
    match intent {
        Intent::Preview(mut request) if app.line != Line::Live => {
            // Without the platform nobody knows what it would do: that is shown when it is back.
            let done = action_words(&request.kind, &crate::text::visible::escape(&request.target));
            request.idempotency_key = Some(app.context().fresh_key);
            held::hold(app, What::Action { request, seen: None }, done);
        }
        Intent::Back => back(app, effects),
        Intent::Go(place) => go(app, place, effects),
        Intent::OpenIncident(id) => push(app, Box::new(screen::incident::Case::new(id)), effects),
        Intent::OpenEntity(entity) => push(app, Box::new(screen::entity::Profile::new(entity)), effects),
        Intent::Search(query) => push(app, Box::new(screen::hunt::Hunt::events(&query)), effects),
        Intent::SearchDetections(query) => push(app, Box::new(screen::hunt::Hunt::detections(&query)), effects),
        Intent::UseTheme(name) => match Theme::named(&name, app.theme.depth()) {
            Ok(theme) => app.theme = theme,
            // Perhaps a file of the operator's; the answer comes as a message.
            Err(_) => effects.push(Effect::Theme(name)),
        },
        Intent::SaveView(name) => desk::save_view(app, &name, effects),
        Intent::OpenView(_) if app.privacy.is_some() => {
            app.say(Toast::note("a saved view may name somebody: P switches the privacy screen off"));
        }
        Intent::OpenView(name) => {
            let view = app.views.get(&name).cloned();
            if !view.is_some_and(|view| kept::open(app, &view, effects)) {
                app.say(Toast::note("that view cannot be opened"));
            }
        }
        Intent::DropView(name) => {
            app.views.remove(&name);
            effects.push(Effect::Keep(kept::keep(app)));
        }
        Intent::Pause => desk::pause(app, effects),
        Intent::Privacy => privacy::switch(app, effects),
        Intent::Zone => desk::zone(app),
        Intent::Travel(by) => past::travel(app, by, effects),
        Intent::TravelTo(text) => past::travel_to(app, &text, effects),
        Intent::Return => past::come_back(app, effects),
        Intent::Compare(text) => past::compare(app, &text, effects),
        Intent::GroupBy(field) => desk::group(app, field.as_deref(), effects),
        Intent::UseGlyphs(ascii) => app.ascii = ascii,
        Intent::Redraw => effects.push(Effect::Repaint),
        Intent::Suspend => effects.push(Effect::Suspend),
        over => {
            let given = Given::of(app);
            match overlay::of(over, given) {
                Ok((overlay, asks)) => {
                    let asker = open(app, overlay);
                    take(app, asker, asks, effects);
                }
                Err(why) => app.say(Toast::note(why)),
            }
        }
    }
}

/// Puts an overlay over everything; returns who asks for what it fetches.
pub(crate) fn open(app: &mut App, overlay: Box<dyn overlay::Overlay>) -> u64 {
    let id = app.count();
    app.overlays.push((id, overlay));
    app.dirty = true;
    id
}

pub(crate) fn push(app: &mut App, screen: Box<dyn Screen>, effects: &mut Vec<Effect>) {
    let generation = app.count();
    app.stack.push(generation, screen);
    arrive(app, effects);
}

fn back(app: &mut App, effects: &mut Vec<Effect>) {
    app.toasts.dismiss();
    if let Some(gone) = app.stack.pop() {
        app.flights.forget(gone);
        arrive(app, effects);
    }
}

fn go(app: &mut App, place: Place, effects: &mut Vec<Effect>) {
    let Some(entry) = screen::entry(place) else { return };
    let here = app.stack.top().place() == place;
    let cx = app.context();
    match (entry.open)(&cx) {
        Opening::Over(_) | Opening::Choose(_) if here => {}
        Opening::Over(screen) => push(app, screen, effects),
        Opening::Choose(what) => app.say(Toast::note(what)),
        Opening::Root(screen) => {
            let generation = app.count();
            for gone in app.stack.go(generation, place, screen) {
                app.flights.forget(gone);
            }
            arrive(app, effects);
        }
    }
}

/// A screen came to the front: it gets its room and asks for what it shows.
fn arrive(app: &mut App, effects: &mut Vec<Effect>) {
    let body = super::view::body(app);
    app.stack.top_mut().resized(body);
    app.stack.stale_now();
    stack::refresh(app, effects);
    app.dirty = true;
}

/// Words for an action, e.g. `block of 198.51.100.7`.
pub(crate) fn action_words(kind: &ActionKind, target: &str) -> String {
    match kind {
        ActionKind::BlockAddress | ActionKind::BlockRange => format!("block of {target}"),
        ActionKind::RevokeSession => format!("revocation of session {target}"),
        ActionKind::Other(_) => format!("{} of {target}", kind.label()),
    }
}
