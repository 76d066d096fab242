//! Everything the console has said, newest first.

use super::{Overlay, Reaction, leaves, move_in};
use crate::api::Timestamp;
use crate::console::app::toast::{Tell, Toast};
use crate::console::keymap::Key;
use crate::console::theme::Tone;
use crate::console::widget::panel::panel;
use crate::console::widget::{Look, centred, line, muted, plain, wipe, wrap};
use crossterm::event::KeyCode;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

/// The log.
#[derive(Debug)]
pub struct Messages {
    log: Vec<(Timestamp, Toast)>,
    top: usize,
}

impl Messages {
    /// Of these notes, oldest first.
    #[must_use]
    pub fn new(mut log: Vec<(Timestamp, Toast)>) -> Self {
        log.reverse();
        Self { log, top: 0 }
    }
}

impl Overlay for Messages {
    fn press(&mut self, key: Key) -> Reaction {
        match key.code {
            _ if leaves(key) => return Reaction::close(),
            KeyCode::Char('q') => return Reaction::close(),
            KeyCode::Char('j') => self.top = (self.top + 1).min(self.log.len().saturating_sub(1)),
            KeyCode::Char('k') => self.top = self.top.saturating_sub(1),
            _ => {
                move_in(key, &mut self.top, self.log.len());
            }
        }
        Reaction::stay()
    }

    fn view(&self, area: Rect, buf: &mut Buffer, look: &Look) -> Option<Position> {
        let area = centred(area, area.width.saturating_sub(8).max(30), area.height.saturating_sub(4).max(5));
        wipe(buf, area);
        let inner = panel(buf, area, look, &format!("Messages: {}", self.log.len()), true);
        if self.log.is_empty() {
            line(buf, inner, 0, look, &[muted("Nothing was said yet.")]);
        }
        let mut row = 0;
        for (time, toast) in self.log.iter().skip(self.top) {
            let tone = match toast.tell {
                Tell::Done => Tone::Good,
                Tell::Note => Tone::Accent,
                Tell::Trouble => Tone::Bad,
            };
            let room = (inner.width as usize).saturating_sub(18).max(8);
            for (i, text) in toast.text.lines().flat_map(|l| wrap(l, room)).enumerate() {
                let clock = if i == 0 { look.clock(time.0) } else { String::new() };
                let word = if i == 0 { toast.word() } else { "" };
                line(buf, inner, row, look, &[muted(format!("{clock:<9}")), (format!("{word:<8}"), tone), plain(text)]);
                row += 1;
            }
            if row >= inner.height {
                break;
            }
        }
        None
    }
}
