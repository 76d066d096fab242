//! Asks before leaving while a change is under way or waits.

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
    held: usize,
}

impl Quit {
    /// With so many changes under way and so many that wait for the platform.
    #[must_use]
    pub const fn new(calls: usize, held: usize) -> Self {
        Self { calls, held }
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
        let mut lines = Vec::new();
        match self.calls {
            0 => {}
            1 => lines.push("A change is under way; its outcome will be in the ledger.".to_owned()),
            _ => lines.push("Changes are under way; their outcome will be in the ledger.".to_owned()),
        }
        if self.held > 0 {
            lines.push(format!(
                "{} for the platform: not made if you leave.",
                match self.held {
                    1 => "A change waits".to_owned(),
                    n => format!("{n} changes wait"),
                }
            ));
        }
        let area = centred(area, 62, u16::try_from(lines.len()).unwrap_or(2) + 3);
        wipe(buf, area);
        let inner = panel(buf, area, look, "Leave?", true);
        lines.push("y leave   n stay".to_owned());
        for (i, text) in (0..).zip(lines) {
            line(buf, inner, i, look, &[plain(text)]);
        }
        None
    }
}
