//! What a command said that the view was piped to.

use super::{Overlay, Reaction, leaves, move_in};
use crate::console::keymap::Key;
use crate::console::widget::panel::panel;
use crate::console::widget::{Look, centred, line, muted, plain, wipe};
use crate::text::visible;
use crossterm::event::KeyCode;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

/// The output.
#[derive(Debug)]
pub struct Output {
    title: String,
    lines: Vec<String>,
    top: usize,
}

impl Output {
    /// Of a command, whatever it wrote.
    #[must_use]
    pub fn new(command: &str, text: &str) -> Self {
        let lines = text.lines().map(|l| visible::escape(l).into_owned()).collect();
        Self { title: format!("| {}", visible::escape(command)), lines, top: 0 }
    }
}

impl Overlay for Output {
    fn press(&mut self, key: Key) -> Reaction {
        match key.code {
            _ if leaves(key) => return Reaction::close(),
            KeyCode::Enter | KeyCode::Char('q') => return Reaction::close(),
            KeyCode::Char('j') => self.top = (self.top + 1).min(self.lines.len().saturating_sub(1)),
            KeyCode::Char('k') => self.top = self.top.saturating_sub(1),
            KeyCode::Char('G') => self.top = self.lines.len().saturating_sub(1),
            KeyCode::Char('g') => self.top = 0,
            _ => _ = move_in(key, &mut self.top, self.lines.len()),
        }
        Reaction::stay()
    }

    fn view(&self, area: Rect, buf: &mut Buffer, look: &Look) -> Option<Position> {
        let area = centred(area, area.width.saturating_sub(4), area.height.saturating_sub(4));
        wipe(buf, area);
        let inner = panel(buf, area, look, &self.title, true);
        let room = inner.height.saturating_sub(1) as usize;
        for (row, text) in self.lines.iter().skip(self.top).take(room).enumerate() {
            line(buf, inner, u16::try_from(row).unwrap_or(u16::MAX), look, &[plain(text.clone())]);
        }
        if self.lines.is_empty() {
            line(buf, inner, 0, look, &[muted("It wrote nothing.")]);
        }
        line(buf, inner, inner.height.saturating_sub(1), look, &[muted("j k move   Esc leaves")]);
        None
    }
}
