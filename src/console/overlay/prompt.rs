//! One line of text that a command still needs; Enter runs the command with it.

use super::{Overlay, Reaction, leaves};
use crate::command::{Args, Command};
use crate::console::keymap::Key;
use crate::console::screen::Ask;
use crate::console::widget::input::Input;
use crate::console::widget::panel::panel;
use crate::console::widget::{Look, centred, line, muted, wipe};
use crossterm::event::KeyCode;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

/// The question.
#[derive(Debug)]
pub struct Prompt {
    command: &'static Command,
    arg: &'static str,
    title: String,
    args: Args,
    input: Input,
}

impl Prompt {
    /// Asks for the argument `arg` of a command whose other arguments are known.
    #[must_use]
    pub fn new(command: &'static Command, arg: &'static str, title: String, args: Args) -> Self {
        Self { command, arg, title, args, input: Input::default() }
    }
}

impl Overlay for Prompt {
    fn press(&mut self, key: Key) -> Reaction {
        let text = self.input.text().trim();
        match key.code {
            _ if leaves(key) => Reaction::close(),
            KeyCode::Enter if text.is_empty() => Reaction::close(),
            KeyCode::Enter => Reaction::finish(vec![Ask::Run(self.command, self.args.clone().with(self.arg, text))]),
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

    fn takes_text(&self) -> bool {
        true
    }

    fn view(&self, area: Rect, buf: &mut Buffer, look: &Look) -> Option<Position> {
        let area = centred(area, 76, 4);
        wipe(buf, area);
        let inner = panel(buf, area, look, &self.title, true);
        let about = self.command.args.iter().find(|a| a.name == self.arg).map_or("", |a| a.about);
        line(buf, inner, 1, look, &[muted(format!("{about}   Enter does it   Esc leaves"))]);
        Some(self.input.draw(buf, Rect { height: inner.height.min(1), ..inner }, look, None))
    }
}
