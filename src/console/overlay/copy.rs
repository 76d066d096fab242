//! What can be copied of the row at hand: its value, the whole row, its link, the headless command that shows the same.
//! Goes to the terminal's clipboard (OSC 52), so that it works over SSH.

mod choice;

use super::{Overlay, Reaction, leaves, move_in};
use crate::command::Context;
use crate::console::keymap::Key;
use crate::console::screen::Ask;
use crate::console::theme::Tone;
use crate::console::widget::panel::panel;
use crate::console::widget::{Look, centred, line, muted, wipe};
use crate::text::visible;
use choice::{Choice, choices};
use crossterm::event::KeyCode;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

/// The choice.
#[derive(Debug)]
pub struct Copy {
    choices: Vec<Choice>,
    at: usize,
}

impl Copy {
    /// Of what is at hand, on this platform. Nothing when there is nothing to copy.
    #[must_use]
    pub fn new(cx: &Context, url: &str) -> Option<Self> {
        let choices = choices(cx, url);
        (!choices.is_empty()).then_some(Self { choices, at: 0 })
    }

    fn take(&self, at: usize) -> Reaction {
        match self.choices.get(at) {
            Some(choice) => Reaction::finish(vec![Ask::Copy(choice.name, choice.text.clone())]),
            None => Reaction::stay(),
        }
    }
}

impl Overlay for Copy {
    fn press(&mut self, key: Key) -> Reaction {
        match key.code {
            _ if leaves(key) => return Reaction::close(),
            KeyCode::Enter | KeyCode::Char('y') => return self.take(self.at),
            KeyCode::Char(c) if !key.ctrl => {
                if let Some(at) = self.choices.iter().position(|choice| choice.key == c) {
                    return self.take(at);
                }
                match c {
                    'j' => self.at = (self.at + 1).min(self.choices.len() - 1),
                    'k' => self.at = self.at.saturating_sub(1),
                    _ => {}
                }
            }
            _ => _ = move_in(key, &mut self.at, self.choices.len()),
        }
        Reaction::stay()
    }

    fn view(&self, area: Rect, buf: &mut Buffer, look: &Look) -> Option<Position> {
        let rows = u16::try_from(self.choices.len()).unwrap_or(u16::MAX);
        let area = centred(area, 90, rows.saturating_add(3));
        wipe(buf, area);
        let inner = panel(buf, area, look, "Copy", true);
        for (i, choice) in self.choices.iter().enumerate() {
            let (mark, tone) = if i == self.at { ("›", Tone::Selected) } else { (" ", Tone::Text) };
            let text = visible::escape(&choice.text).into_owned();
            let spans = [
                (format!("{mark} {} ", choice.key), Tone::Key),
                (format!("{:<8} ", choice.name), tone),
                muted(text.lines().next().unwrap_or_default().to_owned()),
            ];
            line(buf, inner, u16::try_from(i).unwrap_or(u16::MAX), look, &spans);
        }
        line(buf, inner, inner.height.saturating_sub(1), look, &[muted("a letter or Enter copies   Esc leaves")]);
        None
    }
}
