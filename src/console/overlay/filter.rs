//! The filter bar at the foot of a screen. A mistake is underlined where it is, as soon as it is made.

use super::{Overlay, Reaction, leaves};
use crate::console::keymap::Key;
use crate::console::screen::Ask;
use crate::console::theme::Tone;
use crate::console::widget::input::Input;
use crate::console::widget::{Look, put, wipe};
use crossterm::event::KeyCode;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

/// The bar.
#[derive(Debug)]
pub struct Filter {
    input: Input,
}

impl Filter {
    /// Begins with the filter in force.
    #[must_use]
    pub fn new(text: &str) -> Self {
        Self { input: Input::new(text) }
    }
}

impl Overlay for Filter {
    fn press(&mut self, key: Key) -> Reaction {
        if leaves(key) {
            return Reaction::close();
        }
        if key.code == KeyCode::Enter {
            return Reaction::finish(vec![Ask::Filter(self.input.text().trim().to_owned())]);
        }
        self.input.press(key);
        Reaction::stay()
    }

    fn paste(&mut self, text: &str) -> Vec<Ask> {
        self.input.paste(text);
        Vec::new()
    }

    fn view(&self, area: Rect, buf: &mut Buffer, look: &Look) -> Option<Position> {
        let row = Rect { y: area.bottom().saturating_sub(1), height: area.height.min(1), ..area };
        wipe(buf, row);
        let used = put(buf, (row.x, row.y), row.width, "/ ", look.style(Tone::Key));
        let hint = "Enter apply  Esc leave";
        let hint_width = hint.len() as u16;
        let room = row.width.saturating_sub(used + hint_width + 1);
        if room > 20 {
            put(buf, (row.right() - hint_width, row.y), hint_width, hint, look.style(Tone::Muted));
        }
        let room = if room > 20 { room } else { row.width.saturating_sub(used) };
        Some(self.input.draw(buf, Rect { x: row.x + used, width: room, ..row }, look, None))
    }
}
