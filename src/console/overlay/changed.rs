//! Asks whether a change that had to wait is still wanted, now that what it is about is not as it was.

use super::{Overlay, Reaction, leaves};
use crate::api::{Incident, Wire};
use crate::console::app::toast::Toast;
use crate::console::keymap::Key;
use crate::console::screen::Ask;
use crate::console::theme::Tone;
use crate::console::widget::panel::panel;
use crate::console::widget::{Look, Span, centred, line, muted, plain, wipe};
use crate::text::visible;
use crossterm::event::KeyCode;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

/// The question.
#[derive(Debug)]
pub struct Changed {
    title: String,
    lines: Vec<Vec<Span>>,
    wire: Wire,
    done: String,
}

impl Changed {
    /// About an incident as it was seen and as it is now. `wire` fits how it is now.
    #[must_use]
    pub fn new((before, now): (Option<&Incident>, &Incident), wire: Wire, done: &str) -> Self {
        let mut lines = vec![vec![plain(visible::escape(&now.title).into_owned())]];
        lines.extend(before.map(|before| vec![muted("it was     "), plain(standing(before))]));
        lines.push(vec![muted("it is now  "), (standing(now), Tone::Warn)]);
        lines.push(vec![muted("you asked  "), plain(format!("{done}, while the platform was away"))]);
        Self { title: format!("#{} was changed meanwhile", now.id), lines, wire, done: done.to_owned() }
    }
}

fn standing(incident: &Incident) -> String {
    let owner = incident.owner.as_ref().map_or_else(|| "nobody's".into(), |o| format!("of {}", o.cell(30)));
    let verdict = incident.verdict.as_ref().map_or_else(String::new, |v| format!(", {}", v.label()));
    format!("{}, {owner}{verdict}, score {}", incident.state.label(), incident.score)
}

impl Overlay for Changed {
    fn press(&mut self, key: Key) -> Reaction {
        match key.code {
            KeyCode::Enter => Reaction::finish(vec![Ask::Call(self.wire.clone(), self.done.clone())]),
            _ if leaves(key) || matches!(key.code, KeyCode::Char('q' | 'n')) => {
                Reaction::finish(vec![Ask::Say(Toast::note(format!("not {}", self.done)))])
            }
            _ => Reaction::stay(),
        }
    }

    fn view(&self, area: Rect, buf: &mut Buffer, look: &Look) -> Option<Position> {
        let height = u16::try_from(self.lines.len() + 4).unwrap_or(u16::MAX);
        let area = centred(area, 76, height);
        wipe(buf, area);
        let inner = panel(buf, area, look, &self.title, true);
        for (i, spans) in self.lines.iter().enumerate() {
            line(buf, inner, u16::try_from(i).unwrap_or(u16::MAX), look, spans);
        }
        let keys = [("Enter".to_owned(), Tone::Key), muted(" do it all the same   "), ("Esc".to_owned(), Tone::Key)];
        line(buf, inner, inner.height.saturating_sub(1), look, &[&keys[..], &[muted(" leave it")]].concat());
        None
    }
}
