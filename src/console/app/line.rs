//! The console as a dialogue of lines, for screen readers and terminals that cannot place a cursor: what a line that was
//! entered means, and the screen as lines to be read from top to bottom.
//!
//! An entered line is a command (`:incident.claim 7`), keys as they are pressed elsewhere (`2`, `g g`, `Enter`), or, where
//! a question is open, the answer. An empty line at a question is Enter; otherwise it reads the screen again.

use super::msg::Effect;
use super::toast::Toast;
use super::{App, press, step, view};
use crate::command::Intent;
use crate::console::keymap::Key;
use crossterm::event::KeyCode;
use ratatui::Terminal;
use ratatui::backend::TestBackend;

/// The room that a screen is laid out for before it is read out.
pub const ROOM: (u16, u16) = (160, 60);

/// A line was entered.
pub(crate) fn take(app: &mut App, text: &str, effects: &mut Vec<Effect>) {
    let text = text.trim();
    app.dirty = true;
    let question = app.overlays.last().map(|(_, overlay)| overlay.takes_text());
    let keys = Key::parse_all(text);
    // Esc, Tab, Down ...: a key with a name is meant even where a text is waited for.
    let named = text.len() > 1 && !text.contains(' ') && keys.is_ok();
    match (question, keys) {
        (Some(_), _) if text.is_empty() => press::press(app, Key::plain(KeyCode::Enter), effects),
        (Some(true), _) if !named => {
            press::paste(app, text, effects);
            press::press(app, Key::plain(KeyCode::Enter), effects);
        }
        (None, _) if text.starts_with(':') => command(app, &text[1..], effects),
        (_, Ok(keys)) => keys.into_iter().for_each(|key| press::press(app, key, effects)),
        (_, Err(_)) => {
            let text = crate::text::visible::escape(text).into_owned();
            app.say(Toast::note(format!(
                "\"{text}\" is no key: write : and a command, keys such as 2 or g g, or ? for help"
            )));
        }
    }
}

fn command(app: &mut App, text: &str, effects: &mut Vec<Effect>) {
    step::want(app, Intent::OpenPalette, effects);
    if !text.trim().is_empty() {
        press::paste(app, text, effects);
        press::press(app, Key::plain(KeyCode::Enter), effects);
    }
}

impl App {
    /// Nothing that is shown is still being waited for.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        let over = self.overlays.last().is_some_and(|(id, _)| self.flights.busy(*id));
        !over && !self.flights.busy(self.stack.generation()) && self.calls.is_empty()
    }

    /// What was said of late, as lines.
    #[must_use]
    pub fn said(&self) -> Vec<String> {
        self.toasts.live().map(|toast| format!("{}: {}", toast.word(), toast.text.replace('\n', "; "))).collect()
    }
}

/// What is shown, as lines.
#[must_use]
pub fn lines(app: &App) -> Vec<String> {
    let (columns, rows) = app.size();
    let Ok(mut terminal) = Terminal::new(TestBackend::new(columns, rows));
    let Ok(_) = terminal.draw(|frame| _ = view(app, frame));
    let buffer = terminal.backend().buffer();
    let row = |y: u16| -> String { (0..columns).map(|x| buffer[(x, y)].symbol()).collect() };
    (0..rows).map(|y| spoken(&row(y))).filter(|line| !line.is_empty()).collect()
}

/// A row of a screen as it is read out: without frames and bars, its parts separated by semicolons, the row under the
/// cursor named as such.
fn spoken(row: &str) -> String {
    let drawn = |c: char| ('\u{2500}'..='\u{259f}').contains(&c) || c == '▪';
    let bare: String = row.chars().map(|c| if drawn(c) { ' ' } else { c }).collect();
    let (mark, bare) = match bare.trim_start().strip_prefix('›') {
        Some(rest) => ("selected: ", rest.to_owned()),
        None => ("", bare),
    };
    let parts: Vec<&str> = bare.split("  ").map(str::trim).filter(|part| !part.is_empty()).collect();
    if parts.is_empty() { String::new() } else { format!("{mark}{}", parts.join("; ")) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::console::app::Msg;
    use crate::console::fixture::Desk;
    use proptest::prelude::*;

    fn enter(desk: &mut Desk, text: &str) -> String {
        desk.tell(Msg::Line(text.into()));
        lines(&desk.app).join("\n")
    }

    #[test]
    fn screens_are_read_out_without_frames() {
        let mut desk = Desk::new(ROOM);
        let text = enter(&mut desk, "2");
        assert!(text.contains("selected: 1 C critical; 92"), "{text}");
        assert!(text.chars().all(|c| !('\u{2500}'..='\u{259f}').contains(&c)), "{text}");
        assert!(text.lines().all(|line| !line.contains("  ")), "{text}");
    }

    #[test]
    fn the_queue_is_worked_by_lines() {
        let mut desk = Desk::new(ROOM);
        enter(&mut desk, "2");
        desk.asked();
        enter(&mut desk, ":incident.claim 2");
        assert!(desk.asked().contains(&"/v1/incidents/2/claim".to_owned()));
        assert!(desk.app.said().iter().any(|s| s == "done: claimed #2"), "{:?}", desk.app.said());
        let asked = enter(&mut desk, "m");
        assert!(asked.contains("Comment on #1"), "{asked}");
        enter(&mut desk, "same tool as last week");
        assert!(desk.asked().contains(&"/v1/incidents/1/comment".to_owned()));
        let verdict = enter(&mut desk, "C");
        assert!(verdict.contains("what was it?"), "{verdict}");
        enter(&mut desk, "2");
        enter(&mut desk, "our own scan");
        assert!(desk.asked().contains(&"/v1/incidents/1/close".to_owned()));
        enter(&mut desk, "C");
        enter(&mut desk, "Esc");
        assert!(desk.app.overlays.is_empty());
        enter(&mut desk, "what is this");
        assert!(desk.app.said().iter().any(|s| s.contains("is no key")));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(40))]
        #[test]
        fn any_lines_are_taken(texts in proptest::collection::vec("\\PC{0,12}", 0..6)) {
            let mut desk = Desk::new(ROOM);
            for text in texts {
                let _ = enter(&mut desk, &text);
            }
        }
    }
}
