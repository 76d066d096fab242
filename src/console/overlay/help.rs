//! What can be done here, and by which keys. Typing searches by word or key; Enter does it.

use super::palette::{Entry, list, matching};
use super::{Overlay, Reaction, leaves, move_in};
use crate::command::Args;
use crate::console::keymap::Key;
use crate::console::screen::Ask;
use crate::console::theme::Tone;
use crate::console::widget::input::Input;
use crate::console::widget::panel::panel;
use crate::console::widget::{Look, centred, line, muted, put, wipe};
use crossterm::event::KeyCode;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

/// The help.
#[derive(Debug)]
pub struct Help {
    entries: Vec<Entry>,
    input: Input,
    found: Vec<usize>,
    at: usize,
}

impl Help {
    /// For these commands, those of the place first.
    #[must_use]
    pub fn new(entries: Vec<Entry>) -> Self {
        let found = (0..entries.len()).collect();
        Self { entries, input: Input::default(), found, at: 0 }
    }

    fn search(&mut self) {
        let text = self.input.text().trim();
        self.found = if text.is_empty() { (0..self.entries.len()).collect() } else { matching(&self.entries, text) };
        self.at = 0;
    }
}

impl Overlay for Help {
    fn press(&mut self, key: Key) -> Reaction {
        if leaves(key) || (self.input.text().is_empty() && key.code == KeyCode::Char('?')) {
            return Reaction::close();
        }
        if key.code == KeyCode::Enter {
            return match self.found.get(self.at) {
                Some(i) => Reaction::finish(vec![Ask::Run(self.entries[*i].command, Args::default())]),
                None => Reaction::stay(),
            };
        }
        if !move_in(key, &mut self.at, self.found.len()) && self.input.press(key) {
            self.search();
        }
        Reaction::stay()
    }

    fn paste(&mut self, text: &str) -> Vec<Ask> {
        self.input.paste(text);
        self.search();
        Vec::new()
    }

    fn view(&self, area: Rect, buf: &mut Buffer, look: &Look) -> Option<Position> {
        let rows = u16::try_from(self.entries.len()).unwrap_or(u16::MAX).saturating_add(4);
        let area = centred(area, 96, rows.min(area.height.saturating_sub(2).max(5)));
        wipe(buf, area);
        let inner = panel(buf, area, look, "Help: what can be done here", true);
        let row = Rect { height: inner.height.min(1), ..inner };
        let used = put(buf, (row.x, row.y), row.width, "search: ", look.style(Tone::Key));
        let field = Rect { x: row.x + used, width: row.width.saturating_sub(used), ..row };
        let cursor = self.input.draw(buf, field, look, None);
        let below = Rect { y: inner.y + row.height, height: inner.height.saturating_sub(row.height + 1), ..inner };
        list(buf, below, look, (&self.entries, &self.found, self.at, |c| c.name.to_owned()));
        if inner.height > 2 {
            let hint = "Enter does it   Esc leaves   : has every command";
            line(buf, inner, inner.height - 1, look, &[muted(hint)]);
        }
        Some(cursor)
    }
}
