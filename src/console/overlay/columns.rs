//! Which columns a list shows. At least one stays.

use super::{Overlay, Reaction, first_shown, leaves, move_in};
use crate::command::Intent;
use crate::console::keymap::Key;
use crate::console::screen::Ask;
use crate::console::theme::Tone;
use crate::console::widget::panel::panel;
use crate::console::widget::{Look, centred, line, muted, wipe};
use crossterm::event::KeyCode;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

/// The chooser.
#[derive(Debug)]
pub struct Columns {
    names: Vec<&'static str>,
    hidden: Vec<&'static str>,
    at: usize,
}

impl Columns {
    /// Of these columns, those hidden now among them.
    #[must_use]
    pub fn new(names: Vec<&'static str>, hidden: Vec<&'static str>) -> Self {
        Self { names, hidden, at: 0 }
    }

    fn toggle(&mut self) -> Vec<Ask> {
        let Some(name) = self.names.get(self.at).copied() else { return Vec::new() };
        match self.hidden.iter().position(|h| *h == name) {
            Some(at) => drop(self.hidden.remove(at)),
            None if self.hidden.len() + 1 < self.names.len() => self.hidden.push(name),
            None => return Vec::new(),
        }
        vec![Ask::Intent(Intent::HideColumns(self.hidden.clone()))]
    }
}

impl Overlay for Columns {
    fn press(&mut self, key: Key) -> Reaction {
        match key.code {
            _ if leaves(key) => Reaction::close(),
            KeyCode::Enter | KeyCode::Char('v') => Reaction::close(),
            KeyCode::Char(' ' | 'x') => Reaction::ask(self.toggle()),
            KeyCode::Char('j') => {
                self.at = (self.at + 1).min(self.names.len().saturating_sub(1));
                Reaction::stay()
            }
            KeyCode::Char('k') => {
                self.at = self.at.saturating_sub(1);
                Reaction::stay()
            }
            _ => {
                move_in(key, &mut self.at, self.names.len());
                Reaction::stay()
            }
        }
    }

    fn view(&self, area: Rect, buf: &mut Buffer, look: &Look) -> Option<Position> {
        let rows = u16::try_from(self.names.len()).unwrap_or(u16::MAX);
        let area = centred(area, 40, rows.saturating_add(3));
        wipe(buf, area);
        let inner = panel(buf, area, look, "Columns", true);
        let height = inner.height.saturating_sub(1) as usize;
        let first = first_shown(self.at, height);
        for (row, (i, name)) in self.names.iter().enumerate().skip(first).take(height).enumerate() {
            let mark = if self.hidden.contains(name) { "[ ]" } else { "[x]" };
            let (head, tone) = if i == self.at { ("›", Tone::Selected) } else { (" ", Tone::Text) };
            line(buf, inner, u16::try_from(row).unwrap_or(u16::MAX), look, &[(format!("{head} {mark} {name}"), tone)]);
        }
        line(buf, inner, inner.height.saturating_sub(1), look, &[muted("Space shows or hides   Enter leaves")]);
        None
    }
}
