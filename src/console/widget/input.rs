//! One line of editable text: a thin skin over tui-input that takes our keys, strips pasted controls and draws itself.

use super::{Look, put};
use crate::console::keymap::Key;
use crate::console::theme::Tone;
use crate::text::{fit, visible};
use crossterm::event::{Event, KeyEvent, KeyModifiers};
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use tui_input::backend::crossterm::EventHandler;
use unicode_segmentation::UnicodeSegmentation;

/// The longest text it takes, in characters.
const MOST: usize = 2000;

/// An input line.
#[derive(Debug, Clone, Default)]
pub struct Input(tui_input::Input);

impl Input {
    /// With a text to begin with, the cursor at its end.
    #[must_use]
    pub fn new(text: &str) -> Self {
        Self(tui_input::Input::new(text.to_owned()))
    }

    /// What was typed.
    #[must_use]
    pub fn text(&self) -> &str {
        self.0.value()
    }

    /// What stands before the cursor.
    #[must_use]
    pub fn before(&self) -> &str {
        let text = self.text();
        let at = text.char_indices().nth(self.0.cursor()).map_or(text.len(), |(at, _)| at);
        &text[..at]
    }

    /// Replaces the text; the cursor stands between the two parts.
    pub fn set_at(&mut self, before: &str, after: &str) {
        self.0 = tui_input::Input::new(format!("{before}{after}")).with_cursor(before.chars().count());
    }

    /// Takes a key; true when the text or the cursor changed.
    pub fn press(&mut self, key: Key) -> bool {
        let typed = matches!(key.code, crossterm::event::KeyCode::Char(_)) && !key.ctrl && !key.alt;
        if typed && self.text().chars().count() >= MOST {
            return false;
        }
        let mut modifiers = KeyModifiers::NONE;
        modifiers.set(KeyModifiers::CONTROL, key.ctrl);
        modifiers.set(KeyModifiers::ALT, key.alt);
        self.0.handle_event(&Event::Key(KeyEvent::new(key.code, modifiers))).is_some()
    }

    /// Takes pasted text: line breaks become spaces, everything that could deceive is left out.
    pub fn paste(&mut self, text: &str) {
        for c in text.chars() {
            let c = if matches!(c, '\n' | '\r' | '\t') { ' ' } else { c };
            if !visible::is_dangerous(c) {
                self.press(Key::plain(crossterm::event::KeyCode::Char(c)));
            }
        }
    }

    /// Replaces the text.
    pub fn set(&mut self, text: &str) {
        *self = Self::new(text);
    }

    /// Draws it on one row, scrolled so that the cursor is in view, with `wrong` (bytes of the text) underlined.
    /// Returns where the cursor is.
    pub fn draw(&self, buf: &mut Buffer, area: Rect, look: &Look, wrong: Option<std::ops::Range<usize>>) -> Position {
        let room = area.width.saturating_sub(1) as usize;
        let scroll = self.0.visual_cursor().saturating_sub(room);
        let (mut skipped, mut x) = (0, area.x);
        for (at, grapheme) in self.text().grapheme_indices(true) {
            let shown = visible::escape(grapheme);
            let w = fit::width(&shown);
            if skipped < scroll {
                skipped += w;
                continue;
            }
            let bad = wrong.as_ref().is_some_and(|r| r.contains(&at) || (r.is_empty() && r.start == at));
            let style = look.style(if bad { Tone::Problem } else { Tone::Text });
            x += put(buf, (x, area.y), area.right().saturating_sub(x), &shown, style);
        }
        if wrong.is_some_and(|r| r.start >= self.text().len()) && x < area.right() {
            put(buf, (x, area.y), 1, "‸", look.style(Tone::Problem));
        }
        let cursor = self.0.visual_cursor().saturating_sub(skipped.min(scroll.max(skipped)));
        let cursor = u16::try_from(cursor).unwrap_or(0).min(area.width.saturating_sub(1));
        Position::new(area.x + cursor, area.y)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pasted_controls_are_left_out() {
        let mut input = Input::new("a");
        input.paste("b\n\x1b[31mc\u{202e}d");
        assert_eq!(input.text(), "ab [31mcd");
    }

    #[test]
    fn keys_edit() {
        let mut input = Input::new("abc");
        assert!(input.press(Key::parse("Backspace").unwrap()));
        assert!(input.press(Key::parse("G").unwrap()));
        assert_eq!(input.text(), "abG");
        input.press(Key::parse("ctrl-u").unwrap());
        assert_eq!(input.text(), "");
    }
}
