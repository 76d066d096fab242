//! Keys and pasted text: to the topmost overlay, else through the keymap to a command.

use super::msg::Effect;
use super::{App, step};
use crate::command::{Args, Command};
use crate::console::keymap::{Found, Key};
use crossterm::event::KeyCode;

/// Commands whose keys also work while something lies over the screen.
const EVERYWHERE: [&str; 2] = ["screen.redraw", "program.suspend"];

/// A key was pressed.
pub(crate) fn press(app: &mut App, key: Key, effects: &mut Vec<Effect>) {
    app.dirty = true;
    let place = app.stack.top().place();
    if !app.overlays.is_empty() {
        match app.keymap.find(place, &[key]) {
            Found::Command(command) if EVERYWHERE.contains(&command.name) => step_into(app, command, effects),
            _ => press_overlay(app, key, effects),
        }
        return;
    }
    if key.alt && app.pending.is_empty() && matches!(app.keymap.find(place, &[key]), Found::Nothing) {
        // Esc and a key that a slow line has pushed together.
        press(app, Key::plain(KeyCode::Esc), effects);
        return press(app, Key { alt: false, ..key }, effects);
    }
    app.pending.push(key);
    match app.keymap.find(place, &app.pending) {
        Found::Command(command) => step_into(app, command, effects),
        Found::More => {}
        Found::Nothing => {
            let begun = app.pending.len() > 1;
            app.pending.clear();
            // `g j` is no sequence, but j still means down.
            if begun {
                press(app, key, effects);
            }
        }
    }
}

fn step_into(app: &mut App, command: &'static Command, effects: &mut Vec<Effect>) {
    app.pending.clear();
    step::run(app, command, &Args::default(), effects);
}

fn press_overlay(app: &mut App, key: Key, effects: &mut Vec<Effect>) {
    let Some((id, overlay)) = app.overlays.last_mut() else { return };
    let id = *id;
    let reaction = overlay.press(key);
    if reaction.close {
        app.overlays.retain(|(other, _)| *other != id);
        app.flights.forget(id);
    }
    step::take(app, id, reaction.asks, effects);
}

/// Text was pasted: into an input, or nowhere. It is never taken as keys.
pub(crate) fn paste(app: &mut App, text: &str, effects: &mut Vec<Effect>) {
    if let Some((id, overlay)) = app.overlays.last_mut() {
        let id = *id;
        let asks = overlay.paste(text);
        step::take(app, id, asks, effects);
        app.dirty = true;
    }
}
