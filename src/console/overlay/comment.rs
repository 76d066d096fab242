//! A comment on an incident.

use super::{Overlay, Reaction, leaves};
use crate::api::endpoint::{CommentIncident, IncidentComment};
use crate::api::{IncidentId, Wire};
use crate::console::keymap::Key;
use crate::console::screen::Ask;
use crate::console::widget::input::Input;
use crate::console::widget::panel::panel;
use crate::console::widget::{Look, centred, line, muted, wipe};
use crossterm::event::KeyCode;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

/// The input.
#[derive(Debug)]
pub struct Comment {
    id: IncidentId,
    input: Input,
}

impl Comment {
    /// On this incident.
    #[must_use]
    pub fn new(id: IncidentId) -> Self {
        Self { id, input: Input::default() }
    }
}

impl Overlay for Comment {
    fn press(&mut self, key: Key) -> Reaction {
        if leaves(key) {
            return Reaction::close();
        }
        let text = self.input.text().trim();
        match key.code {
            KeyCode::Enter if text.is_empty() => Reaction::close(),
            KeyCode::Enter => {
                let input = IncidentComment { id: self.id, text: text.into() };
                let wire = Wire::of::<CommentIncident>(&input);
                Reaction::finish(vec![Ask::Call(wire, format!("commented on #{}", self.id))])
            }
            _ => {
                self.input.press(key);
                Reaction::stay()
            }
        }
    }

    fn paste(&mut self, text: &str) -> Vec<Ask> {
        self.input.paste(text);
        Vec::new()
    }

    fn view(&self, area: Rect, buf: &mut Buffer, look: &Look) -> Option<Position> {
        let area = centred(area, 76, 4);
        wipe(buf, area);
        let inner = panel(buf, area, look, &format!("Comment on #{}", self.id), true);
        line(buf, inner, 1, look, &[muted("Enter saves it in the timeline   Esc leaves")]);
        Some(self.input.draw(buf, Rect { height: inner.height.min(1), ..inner }, look, None))
    }
}
