//! The filter bar at the foot of a screen. A mistake is underlined where it is, as soon as it is made; what could stand
//! at the cursor is offered above, and Tab takes it: fields, the words a field knows, and for events the values that
//! occur most.

mod complete;

use super::{Overlay, Reaction, leaves};
use crate::api::endpoint::{AuditTop, TopInput};
use crate::api::time::DAY_MS;
use crate::api::{Problem, Reply, Timestamp};
use crate::command::Resource;
use crate::console::app::msg::Fetch;
use crate::console::keymap::Key;
use crate::console::screen::Ask;
use crate::console::theme::Tone;
use crate::console::widget::input::Input;
use crate::console::widget::panel::split_bottom;
use crate::console::widget::{Look, Span, line, muted, put, wipe, wrap};
use crate::query::{Error, Query};
use crate::text::visible;
use complete::{Place, place, suggestions};
use crossterm::event::KeyCode;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

/// Values of a field that are asked for.
const VALUES: u32 = 40;
/// Suggestions that are shown.
const SHOWN: usize = 12;

/// The bar.
#[derive(Debug)]
pub struct Filter {
    input: Input,
    rows: Resource,
    now: Timestamp,
    mistake: Option<Error>,
    /// Values of a field that occur, most frequent first; empty until they are known.
    values: Option<(String, Vec<String>)>,
    turn: u32,
}

impl Filter {
    /// Begins with the filter in force, about these rows.
    #[must_use]
    pub fn new(text: &str, rows: Resource, now: Timestamp) -> Self {
        let mut filter = Self { input: Input::new(text), rows, now, mistake: None, values: None, turn: 0 };
        filter.mistake = Query::parse_for(rows.fields(), text).err();
        filter
    }

    /// Checks what stands there now, and asks for values where some could come next.
    fn check(&mut self) -> Vec<Ask> {
        self.mistake = Query::parse_for(self.rows.fields(), self.input.text()).err();
        let Place { field: Some(field), .. } = place(self.input.before()) else { return Vec::new() };
        let known = self.values.as_ref().is_some_and(|(of, _)| of == field);
        if known || self.rows != Resource::Audit || !complete::occurs(field) {
            return Vec::new();
        }
        self.values = Some((field.to_owned(), Vec::new()));
        self.turn += 1;
        let input = TopInput {
            field: field.to_owned(),
            query: String::new(),
            since: self.now.plus(-DAY_MS),
            until: self.now,
            limit: Some(VALUES),
            at: None,
        };
        vec![Ask::Fetch(Fetch::of::<AuditTop>("values", self.turn, &input))]
    }

    fn offers(&self) -> Vec<String> {
        let at = place(self.input.before());
        let values = self.values.as_ref().filter(|(of, _)| Some(of.as_str()) == at.field).map(|(_, v)| v.as_slice());
        suggestions(self.rows.fields(), &at, values.unwrap_or_default())
    }

    /// Puts the first suggestion in place of what was begun.
    fn complete(&mut self) -> Vec<Ask> {
        let Some(first) = self.offers().into_iter().next() else { return Vec::new() };
        let before = self.input.before();
        let begun = place(before).begun.len();
        let kept = before[..before.len() - begun].to_owned();
        let after = self.input.text()[before.len()..].to_owned();
        self.input.set_at(&format!("{kept}{first}"), &after);
        self.check()
    }

    /// What stands above the bar: the mistake, and what could come next.
    fn advice(&self, width: usize) -> Vec<Vec<Span>> {
        let mut lines = Vec::new();
        if let Some(e) = &self.mistake {
            let text = visible::escape(&e.to_string()).into_owned();
            lines.extend(wrap(&text, width).into_iter().map(|l| vec![(format!("  {l}"), Tone::Bad)]));
        }
        let offers = self.offers();
        let more = if offers.len() > SHOWN { format!("  and {} more", offers.len() - SHOWN) } else { String::new() };
        let shown: Vec<_> = offers.iter().take(SHOWN).map(|o| visible::escape(o)).collect();
        if !shown.is_empty() {
            let text = format!("{}{more}", shown.join("  "));
            lines.extend(wrap(&text, width).into_iter().map(|l| vec![muted(format!("  {l}"))]));
        }
        lines
    }
}

impl Overlay for Filter {
    fn press(&mut self, key: Key) -> Reaction {
        match key.code {
            _ if leaves(key) => Reaction::close(),
            // With a mistake the bar stays: the query in force is not lost to a slip of a finger.
            KeyCode::Enter if self.mistake.is_some() => Reaction::stay(),
            KeyCode::Enter => Reaction::finish(vec![Ask::Filter(self.input.text().trim().to_owned())]),
            KeyCode::Tab => Reaction::ask(self.complete()),
            _ => {
                self.input.press(key);
                Reaction::ask(self.check())
            }
        }
    }

    fn paste(&mut self, text: &str) -> Vec<Ask> {
        self.input.paste(text);
        self.check()
    }

    fn replied(&mut self, _part: &'static str, turn: u32, result: Result<Reply, Problem>) -> Vec<Ask> {
        // Without values there is less to offer, and that is all.
        if turn == self.turn
            && let (Some((_, values)), Ok(top)) = (&mut self.values, result.and_then(Reply::read::<AuditTop>))
        {
            *values = top.into_iter().map(|c| c.value.raw().to_owned()).collect();
        }
        Vec::new()
    }

    fn takes_text(&self) -> bool {
        true
    }

    fn view(&self, area: Rect, buf: &mut Buffer, look: &Look) -> Option<Position> {
        let (above, row) = split_bottom(area, 1);
        let lines = self.advice(area.width.saturating_sub(2).max(1) as usize);
        let (_, advice) = split_bottom(above, u16::try_from(lines.len()).unwrap_or(1));
        wipe(buf, advice);
        for (i, spans) in lines.into_iter().enumerate() {
            line(buf, advice, u16::try_from(i).unwrap_or(u16::MAX), look, &spans);
        }
        wipe(buf, row);
        let used = put(buf, (row.x, row.y), row.width, "/ ", look.style(Tone::Key));
        let hint = "Tab complete  Enter apply  Esc leave";
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
