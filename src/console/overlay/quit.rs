//! Asks before leaving while a change is under way.

use super::{Overlay, Reaction, leaves};
use crate::console::keymap::Key;
use crate::console::screen::Ask;
use crate::console::widget::panel::panel;
use crate::console::widget::{Look, centred, line, plain, wipe};
use crossterm::event::KeyCode;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

/// The question.
#[derive(Debug)]
pub struct Quit {
    calls: usize,
}

impl Quit {
    /// With this many changes under way.
    #[must_use]
    pub const fn new(calls: usize) -> Self {
        Self { calls }
    }
}

impl Overlay for Quit {
    fn press(&mut self, key: Key) -> Reaction {
        match key.code {
            KeyCode::Char('y' | 'q') | KeyCode::Enter => Reaction::finish(vec![Ask::Quit]),
            _ if leaves(key) || key.code == KeyCode::Char('n') => Reaction::close(),
            _ => Reaction::stay(),
        }
    }

    fn view(&self, area: Rect, buf: &mut Buffer, look: &Look) -> Option<Position> {
        let area = centred(area, 60, 4);
        wipe(buf, area);
        let inner = panel(buf, area, look, "Leave?", true);
        let what = if self.calls == 1 { "A change is" } else { "Changes are" };
        line(buf, inner, 0, look, &[plain(format!("{what} under way; its outcome will be in the ledger."))]);
        line(buf, inner, 1, look, &[plain("y leave   n stay")]);
        None
    }
}
