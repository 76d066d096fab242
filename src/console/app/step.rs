//! Carries out what commands, screens and overlays ask for.

use super::msg::Effect;
use super::toast::Toast;
use super::{App, Call, Tag, stack};
use crate::api::{ActionKind, Wire};
use crate::command::{self, Args, Command, Intent, Place, Step};
use crate::console::overlay::{self, Given};
use crate::console::screen::{self, Ask, Opening, Screen};
use crate::console::theme::Theme;

/// Runs a command with arguments, if it is ready.
pub(crate) fn run(app: &mut App, command: &'static Command, args: &Args, effects: &mut Vec<Effect>) {
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
        command::Effect::Export(export) => {
            app.say(Toast::note("export started"));
            effects.push(Effect::Export(export));
        }
        command::Effect::Quit if app.calls.is_empty() => effects.push(Effect::Quit),
        command::Effect::Quit => _ = open(app, Box::new(overlay::quit::Quit::new(app.calls.len()))),
    }
}

/// Sends a change to the platform.
fn call(app: &mut App, wire: Wire, done: String, effects: &mut Vec<Effect>) {
    let id = app.count();
    app.calls.push(Call { id, endpoint: wire.name, done });
    app.dirty = true;
    effects.push(Effect::Send(wire, Tag::Call(id)));
}

/// Takes what a screen or overlay asks for.
pub(crate) fn take(app: &mut App, asker: u64, asks: Vec<Ask>, effects: &mut Vec<Effect>) {
    for ask in asks {
        match ask {
            Ask::Fetch(fetch) => effects.extend(app.flights.ask(asker, fetch)),
            Ask::Intent(intent) => want(app, intent, effects),
            Ask::Push(screen) => push(app, screen, effects),
            Ask::Over(overlay) => _ = open(app, overlay),
            Ask::Run(command, args) => run(app, command, &args, effects),
            Ask::Call(wire, done) => call(app, wire, done, effects),
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
        Intent::Back => back(app, effects),
        Intent::Go(place) => go(app, place, effects),
        Intent::OpenIncident(id) => push(app, Box::new(screen::incident::Case::new(id)), effects),
        Intent::OpenEntity(entity) => push(app, Box::new(screen::entity::Profile::new(entity)), effects),
        Intent::Search(query) => push(app, Box::new(screen::hunt::Hunt::events(&query)), effects),
        Intent::SearchDetections(query) => push(app, Box::new(screen::hunt::Hunt::detections(&query)), effects),
        Intent::UseTheme(name) => match Theme::named(&name, app.theme.depth()) {
            Ok(theme) => app.theme = theme,
            Err(e) => app.say(Toast::note(e.to_string())),
        },
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

fn push(app: &mut App, screen: Box<dyn Screen>, effects: &mut Vec<Effect>) {
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
    match (entry.open)(app.stack.top().selected().as_ref()) {
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
