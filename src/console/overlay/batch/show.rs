//! How a batch is drawn.

use super::{Batch, Outcome, State};
use crate::console::theme::Tone;
use crate::console::widget::panel::panel;
use crate::console::widget::{Look, Span, centred, line, muted, plain, wipe};
use crate::text::{human, visible};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// Cells of the progress bar.
const BAR: usize = 40;

impl Batch {
    pub(super) fn draw(&self, area: Rect, buf: &mut Buffer, look: &Look) {
        let area = centred(area, 90, 20);
        wipe(buf, area);
        let inner = panel(buf, area, look, &self.heading(), true);
        let room = inner.height.saturating_sub(2) as usize;
        let mut lines = match &self.state {
            State::Collecting => {
                vec![vec![muted(format!(
                    "Reading which incidents fit: {} so far …",
                    human::count(self.items.len() as u64)
                ))]]
            }
            State::Failed(problem) => {
                problem.to_string().lines().map(|l| vec![(visible::escape(l).into_owned(), Tone::Problem)]).collect()
            }
            State::Ready => self.preview(room),
            State::Running | State::Stopping | State::Finished => self.progress(),
        };
        lines.truncate(room.max(1));
        for (row, spans) in lines.iter().enumerate() {
            line(buf, inner, u16::try_from(row).unwrap_or(u16::MAX), look, spans);
        }
        line(buf, inner, inner.height.saturating_sub(1), look, &self.keys());
    }

    fn heading(&self) -> String {
        let counted = human::counted(self.items.len() as u64, "incidents");
        let end = if self.state == State::Ready { "?" } else { "" };
        format!("{}: {counted}{end}", self.title)
    }

    fn preview(&self, room: usize) -> Vec<Vec<Span>> {
        let waiting = self.count(|o| *o == Outcome::Waiting);
        let unfit = self.items.len() - waiting;
        let mut lines = vec![vec![plain(format!("{} will be changed", human::count(waiting as u64)))]];
        if unfit > 0 {
            lines[0].push(muted(format!(", {} will not:", human::count(unfit as u64))));
            let mut reasons: Vec<(&str, usize)> = Vec::new();
            for item in &self.items {
                let Outcome::Unfit(why) = &item.outcome else { continue };
                match reasons.iter_mut().find(|(known, _)| known == why) {
                    Some((_, n)) => *n += 1,
                    None => reasons.push((why, 1)),
                }
            }
            let told = reasons.iter().map(|(why, n)| vec![muted(format!("  {} {why}", human::count(*n as u64)))]);
            lines.extend(told);
        }
        if self.more {
            lines.push(vec![("There are more: one batch takes the first 100,000.".to_owned(), Tone::Warn)]);
        }
        let shown = room.saturating_sub(lines.len() + 1);
        let fitting = self.items.iter().filter(|item| item.outcome == Outcome::Waiting);
        lines.extend(fitting.clone().take(shown).map(|item| {
            let state = item.state.as_ref().map(|s| s.label().into_owned()).unwrap_or_default();
            vec![muted(format!("  #{:<6} {state:<10}", item.id)), plain(visible::escape(&item.title).into_owned())]
        }));
        let rest = fitting.count().saturating_sub(shown);
        if rest > 0 {
            lines.push(vec![muted(format!("  and {} more", human::count(rest as u64)))]);
        }
        lines
    }

    fn progress(&self) -> Vec<Vec<Span>> {
        let total = self.count(|o| !matches!(o, Outcome::Unfit(_))).max(1);
        let (done, failed) = (self.count(|o| *o == Outcome::Done), self.count(|o| matches!(o, Outcome::Failed(_))));
        let cells = (done + failed) * BAR / total;
        let bar = format!("[{}{}]", "▪".repeat(cells), " ".repeat(BAR - cells));
        let left = total.saturating_sub(done + failed);
        let mut spans = vec![
            (bar, Tone::Chart),
            (format!(" {} done", human::count(done as u64)), Tone::Good),
            (format!(" · {} failed", human::count(failed as u64)), if failed > 0 { Tone::Bad } else { Tone::Muted }),
        ];
        if left > 0 && self.state == State::Finished {
            spans.push((format!(" · {} not tried", human::count(left as u64)), Tone::Warn));
        }
        let mut lines = vec![spans];
        let wrong = self.items.iter().filter_map(|item| match &item.outcome {
            Outcome::Failed(problem) => Some((item.id, problem)),
            _ => None,
        });
        lines.extend(wrong.skip(self.at).map(|(id, problem)| {
            let why = problem.to_string().replace('\n', " ");
            vec![muted(format!("  #{id:<6} ")), (visible::escape(&why).into_owned(), Tone::Bad)]
        }));
        lines
    }

    fn keys(&self) -> Vec<Span> {
        let words: &[(&str, &str)] = match &self.state {
            State::Ready => &[("Enter", "do it"), ("Esc", "leave")],
            State::Running => &[("Esc", "stop: what was not sent is not done")],
            State::Stopping => &[("", "stopping: waiting for what is under way …")],
            State::Finished if self.undos.is_empty() => &[("Enter", "leave")],
            State::Finished => &[("Enter", "leave"), ("u", "take all of it back")],
            State::Collecting | State::Failed(_) => &[("Esc", "leave")],
        };
        words.iter().flat_map(|(key, word)| [((*key).to_owned(), Tone::Key), muted(format!(" {word}   "))]).collect()
    }
}
