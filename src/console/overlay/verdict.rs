//! Asks for the verdict, and a comment, before incidents are closed.

use super::{Overlay, Reaction, leaves, move_in};
use crate::api::Verdict;
use crate::command::{Change, Intent, Which};
use crate::console::keymap::Key;
use crate::console::screen::Ask;
use crate::console::theme::Tone;
use crate::console::widget::input::Input;
use crate::console::widget::panel::panel;
use crate::console::widget::{Look, centred, line, muted, wipe};
use crossterm::event::KeyCode;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

const VERDICTS: [(Verdict, &str, &str); 5] = [
    (Verdict::TruePositive, "true positive", "an attack, and hostile"),
    (Verdict::BenignPositive, "benign positive", "real, but allowed: a scan of ours, a test"),
    (Verdict::FalsePositiveLogic, "false positive, logic", "the rule is wrong about this"),
    (Verdict::FalsePositiveData, "false positive, data", "what it was told is wrong"),
    (Verdict::Undetermined, "undetermined", "cannot be told from what there is"),
];

/// The question.
#[derive(Debug)]
pub struct Judge {
    which: Which,
    at: usize,
    /// The verdict is chosen; the comment is being written.
    writing: bool,
    input: Input,
}

impl Judge {
    /// About these incidents.
    #[must_use]
    pub fn new(which: Which) -> Self {
        Self { which, at: 0, writing: false, input: Input::default() }
    }

    fn close(&self) -> Vec<Ask> {
        let change = Change::Close(VERDICTS[self.at].0.clone(), self.input.text().trim().to_owned());
        match &self.which {
            Which::These(incidents) if incidents.len() == 1 => {
                incidents.iter().map(|i| Ask::Call(change.wire(i.id, Some(i.revision)), change.done(i.id))).collect()
            }
            many => vec![Ask::Intent(Intent::Batch(change, many.clone()))],
        }
    }
}

impl Overlay for Judge {
    fn press(&mut self, key: Key) -> Reaction {
        if leaves(key) {
            return Reaction::close();
        }
        match key.code {
            KeyCode::Enter if self.writing => return Reaction::finish(self.close()),
            _ if self.writing => {
                self.input.press(key);
            }
            KeyCode::Enter => self.writing = true,
            KeyCode::Char(c @ '1'..='5') => {
                self.at = c as usize - '1' as usize;
                self.writing = true;
            }
            KeyCode::Char('j') => self.at = (self.at + 1).min(VERDICTS.len() - 1),
            KeyCode::Char('k') => self.at = self.at.saturating_sub(1),
            _ => {
                move_in(key, &mut self.at, VERDICTS.len());
            }
        }
        Reaction::stay()
    }

    fn paste(&mut self, text: &str) -> Vec<Ask> {
        if self.writing {
            self.input.paste(text);
        }
        Vec::new()
    }

    fn takes_text(&self) -> bool {
        self.writing
    }

    fn view(&self, area: Rect, buf: &mut Buffer, look: &Look) -> Option<Position> {
        let area = centred(area, 72, 10);
        wipe(buf, area);
        let title = match &self.which {
            Which::These(these) => match these.as_slice() {
                [one] => format!("Close #{}: what was it?", one.id),
                many => format!("Close {} incidents: what were they?", many.len()),
            },
            Which::Query(_) => "Close all that fit the filter: what were they?".to_owned(),
        };
        let inner = panel(buf, area, look, &title, true);
        for (i, (_, word, about)) in VERDICTS.iter().enumerate() {
            let chosen = i == self.at;
            let tone = if chosen { Tone::Selected } else { Tone::Text };
            let head = format!("{} {} {word:<22}", if chosen { "›" } else { " " }, i + 1);
            line(buf, inner, i as u16, look, &[(head, tone), muted(format!(" {about}"))]);
        }
        if !self.writing {
            line(buf, inner, 7, look, &[muted("1-5 or Enter choose   Esc leaves it open")]);
            return None;
        }
        line(buf, inner, 7, look, &[muted("Enter closes   Esc leaves it open")]);
        line(buf, inner, 6, look, &[("why (may be empty): ".into(), Tone::Key)]);
        let row = Rect { x: inner.x + 20, y: inner.y + 6, width: inner.width.saturating_sub(20), height: 1 };
        (row.y < inner.bottom()).then(|| self.input.draw(buf, row, look, None))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::console::fixture::incident;

    #[test]
    fn a_number_and_a_comment_close_an_incident_with_its_revision() {
        let mut judge = Judge::new(Which::These(vec![incident(7)]));
        judge.press(Key::parse("2").unwrap());
        judge.paste("our own scan");
        let reaction = judge.press(Key::parse("Enter").unwrap());
        assert!(reaction.close);
        let [Ask::Call(wire, done)] = reaction.asks.as_slice() else { panic!("{reaction:?}") };
        assert_eq!(wire.path, "/v1/incidents/7/close");
        assert_eq!(wire.headers, [("if-match", "3".to_owned())]);
        assert_eq!(wire.body.as_ref().unwrap()["verdict"], "benign_positive");
        assert_eq!(wire.body.as_ref().unwrap()["text"], "our own scan");
        assert_eq!(done, "closed #7 as benign positive");
    }

    #[test]
    fn several_are_previewed_first() {
        let which = Which::These(vec![incident(7), incident(8)]);
        let mut judge = Judge::new(which.clone());
        judge.press(Key::parse("1").unwrap());
        let reaction = judge.press(Key::parse("Enter").unwrap());
        let [Ask::Intent(Intent::Batch(change, these))] = reaction.asks.as_slice() else { panic!("{reaction:?}") };
        assert_eq!((change, these), (&Change::Close(Verdict::TruePositive, String::new()), &which));
    }
}
