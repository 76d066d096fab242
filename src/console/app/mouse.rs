//! The mouse, where the settings ask for it: a click chooses a row, a panel or a tab, a click on what is chosen opens it,
//! the wheel scrolls. What lies where is asked of the drawing itself, so that nothing can be clicked that is not seen; it
//! becomes the motions that keys make.

use super::msg::Effect;
use super::{App, press, step, view};
use crate::command::{Intent, Motion};
use crate::console::keymap::Key;
use crate::console::widget::look::Hit;
use crossterm::event::KeyCode;

/// Rows a turn of the wheel moves.
const TURN: usize = 3;
/// No screen has more panels.
const PANELS: usize = 16;

/// A click at a column and a row.
pub(crate) fn click(app: &mut App, at: (u16, u16), effects: &mut Vec<Effect>) {
    // What lies over a screen is worked by keys.
    if !app.overlays.is_empty() {
        return;
    }
    let mut moved = false;
    for _ in 0..PANELS {
        let Some(Hit::Panel(false)) = view::hit(app, at) else { break };
        step::want(app, Intent::Move(Motion::NextPanel), effects);
        moved = true;
    }
    match view::hit(app, at) {
        Some(Hit::Row(0)) => step::want(app, Intent::Open, effects),
        Some(Hit::Row(by)) => steps(app, by, (Motion::Up, Motion::Down), effects),
        Some(Hit::Tab(by)) => steps(app, by, (Motion::PreviousPanel, Motion::NextPanel), effects),
        Some(Hit::Panel(true)) if !moved => step::want(app, Intent::Open, effects),
        Some(Hit::Panel(_)) | None => {}
    }
}

fn steps(app: &mut App, by: isize, (back, on): (Motion, Motion), effects: &mut Vec<Effect>) {
    let motion = if by < 0 { back } else { on };
    (0..by.unsigned_abs()).for_each(|_| step::want(app, Intent::Move(motion), effects));
}

/// A turn of the wheel.
pub(crate) fn wheel(app: &mut App, down: bool, effects: &mut Vec<Effect>) {
    for _ in 0..TURN {
        if app.overlays.is_empty() {
            step::want(app, Intent::Move(if down { Motion::Down } else { Motion::Up }), effects);
        } else {
            press::press(app, Key::plain(if down { KeyCode::Down } else { KeyCode::Up }), effects);
        }
    }
}
