//! The filter bar at the foot of a screen. A mistake is underlined where it is, as soon as it is made.

use super::{Overlay, Reaction, leaves};
use crate::console::keymap::Key;
use crate::console::screen::Ask;
use crate::console::theme::Tone;
use crate::console::widget::input::Input;
use crate::console::widget::panel::split_bottom;
use crate::console::widget::{Look, line, put, wipe, wrap};
use crate::query::{Error, Query, Resource, fields};
use crate::text::visible;
use crossterm::event::KeyCode;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

/// The bar.
#[derive(Debug)]
pub struct Filter {
    input: Input,
    resource: Resource,
    mistake: Option<Error>,
}

impl Filter {
    /// Begins with the filter in force, about these rows.
    #[must_use]
    pub fn new(text: &str, resource: Resource) -> Self {
        let mut filter = Self { input: Input::new(text), resource, mistake: None };
        filter.check();
        filter
    }

    fn check(&mut self) {
        self.mistake = Query::parse_for(self.resource, self.input.text()).err();
    }

    /// What stands above the bar: the mistake, else the fields there are.
    fn advice(&self) -> (String, Tone) {
        match &self.mistake {
            Some(e) => (visible::escape(&e.to_string()).into_owned(), Tone::Bad),
            None => {
                let names: Vec<_> = fields(self.resource).iter().map(|f| f.name).collect();
                (names.join(" "), Tone::Muted)
            }
        }
    }
}

impl Overlay for Filter {
    fn press(&mut self, key: Key) -> Reaction {
        if leaves(key) {
            return Reaction::close();
        }
        if key.code == KeyCode::Enter {
            // With a mistake the bar stays: the query in force is not lost to a slip of a finger.
            return match self.mistake {
                Some(_) => Reaction::stay(),
                None => Reaction::finish(vec![Ask::Filter(self.input.text().trim().to_owned())]),
            };
        }
        self.input.press(key);
        self.check();
        Reaction::stay()
    }

    fn paste(&mut self, text: &str) -> Vec<Ask> {
        self.input.paste(text);
        self.check();
        Vec::new()
    }

    fn view(&self, area: Rect, buf: &mut Buffer, look: &Look) -> Option<Position> {
        let (above, row) = split_bottom(area, 1);
        let (text, tone) = self.advice();
        let lines = wrap(&text, area.width.saturating_sub(2).max(1) as usize);
        let (_, advice) = split_bottom(above, u16::try_from(lines.len()).unwrap_or(1));
        wipe(buf, advice);
        for (i, text) in lines.into_iter().enumerate() {
            line(buf, advice, u16::try_from(i).unwrap_or(u16::MAX), look, &[(format!("  {text}"), tone)]);
        }
        wipe(buf, row);
        let used = put(buf, (row.x, row.y), row.width, "/ ", look.style(Tone::Key));
        let hint = "Enter apply  Esc leave";
        let width = u16::try_from(hint.len()).unwrap_or(0);
        let mut room = row.width.saturating_sub(used);
        if room > width + 20 {
            room -= width + 1;
            put(buf, (row.right() - width, row.y), width, hint, look.style(Tone::Muted));
        }
        let wrong = self.mistake.as_ref().map(|e| e.at.clone());
        Some(self.input.draw(buf, Rect { x: row.x + used, width: room, ..row }, look, wrong))
    }
}
