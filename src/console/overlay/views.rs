//! The views one has saved: Enter goes there, `d` forgets one.

use super::{Overlay, Reaction, first_shown, leaves, move_in};
use crate::command::Intent;
use crate::console::app::kept::View;
use crate::console::keymap::Key;
use crate::console::screen::Ask;
use crate::console::theme::Tone;
use crate::console::widget::panel::panel;
use crate::console::widget::{Look, centred, line, muted, wipe};
use crate::text::visible;
use crossterm::event::KeyCode;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use std::collections::BTreeMap;

/// The list.
#[derive(Debug)]
pub struct Views {
    views: Vec<(String, View)>,
    at: usize,
}

impl Views {
    /// Of these.
    #[must_use]
    pub fn new(views: &BTreeMap<String, View>) -> Self {
        Self { views: views.iter().map(|(name, view)| (name.clone(), view.clone())).collect(), at: 0 }
    }
}

impl Overlay for Views {
    fn press(&mut self, key: Key) -> Reaction {
        let name = self.views.get(self.at).map(|(name, _)| name.clone());
        match key.code {
            _ if leaves(key) => return Reaction::close(),
            KeyCode::Enter => {
                return Reaction::finish(name.into_iter().map(|n| Ask::Intent(Intent::OpenView(n))).collect());
            }
            KeyCode::Char('d') if name.is_some() => {
                self.views.remove(self.at);
                self.at = self.at.min(self.views.len().saturating_sub(1));
                return Reaction::ask(name.into_iter().map(|n| Ask::Intent(Intent::DropView(n))).collect());
            }
            KeyCode::Char('j') => self.at = (self.at + 1).min(self.views.len().saturating_sub(1)),
            KeyCode::Char('k') => self.at = self.at.saturating_sub(1),
            _ => _ = move_in(key, &mut self.at, self.views.len()),
        }
        Reaction::stay()
    }

    fn view(&self, area: Rect, buf: &mut Buffer, look: &Look) -> Option<Position> {
        let rows = u16::try_from(self.views.len()).unwrap_or(u16::MAX);
        let area = centred(area, 90, rows.saturating_add(4).min(area.height.saturating_sub(2)));
        wipe(buf, area);
        let inner = panel(buf, area, look, "Saved views", true);
        let height = inner.height.saturating_sub(1) as usize;
        let first = first_shown(self.at, height);
        for (row, (i, (name, view))) in self.views.iter().enumerate().skip(first).take(height).enumerate() {
            let (mark, tone) = if i == self.at { ("›", Tone::Selected) } else { (" ", Tone::Text) };
            let name = crate::text::fit::pad(&visible::escape(name), 24);
            let query = format!(" {}  {}", visible::escape(&view.screen), visible::escape(&view.query));
            line(
                buf,
                inner,
                u16::try_from(row).unwrap_or(u16::MAX),
                look,
                &[(format!("{mark} {name}"), tone), muted(query)],
            );
        }
        if self.views.is_empty() {
            line(buf, inner, 0, look, &[muted("None yet: :view.save NAME keeps this screen with its filter.")]);
        }
        line(
            buf,
            inner,
            inner.height.saturating_sub(1),
            look,
            &[muted("Enter goes there   d forgets it   Esc leaves")],
        );
        None
    }
}
