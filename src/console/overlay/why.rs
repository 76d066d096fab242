//! Why an incident stands where it stands: how the queue is ordered, and every term of its score.

use super::{Overlay, Reaction, leaves};
use crate::api::endpoint::{GetIncident, IncidentPath};
use crate::api::{IncidentDetail, IncidentId, Problem, Reply};
use crate::console::app::msg::Fetch;
use crate::console::keymap::Key;
use crate::console::screen::Ask;
use crate::console::theme::Tone;
use crate::console::widget::panel::panel;
use crate::console::widget::{Look, Span, centred, line, muted, plain, wipe, wrap};
use crate::text::visible;
use crossterm::event::KeyCode;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

/// The explanation.
#[derive(Debug)]
pub struct Why {
    id: IncidentId,
    detail: Option<Result<Box<IncidentDetail>, Problem>>,
}

impl Why {
    /// Of this incident.
    #[must_use]
    pub fn new(id: IncidentId) -> (Self, Vec<Ask>) {
        let fetch = Fetch::of::<GetIncident>("detail", 0, &IncidentPath { id, at: None });
        (Self { id, detail: None }, vec![Ask::Fetch(fetch)])
    }
}

impl Overlay for Why {
    fn press(&mut self, key: Key) -> Reaction {
        match key.code {
            _ if leaves(key) => Reaction::close(),
            KeyCode::Enter | KeyCode::Char('w' | 'q') => Reaction::close(),
            _ => Reaction::stay(),
        }
    }

    fn replied(&mut self, _part: &'static str, _turn: u32, result: Result<Reply, Problem>) -> Vec<Ask> {
        self.detail = Some(result.and_then(Reply::read::<GetIncident>).map(Box::new));
        Vec::new()
    }

    fn view(&self, area: Rect, buf: &mut Buffer, look: &Look) -> Option<Position> {
        let width = area.width.min(96);
        let room = width.saturating_sub(4).max(8) as usize;
        let lines = match &self.detail {
            None => vec![vec![muted("Asking the platform …")]],
            Some(Err(problem)) => vec![vec![(visible::escape(&problem.to_string()).into_owned(), Tone::Problem)]],
            Some(Ok(detail)) => explain(detail, room, look),
        };
        let height = u16::try_from(lines.len() + 3).unwrap_or(u16::MAX);
        let area = centred(area, width, height.min(area.height));
        wipe(buf, area);
        let inner = panel(buf, area, look, &format!("Why #{} stands where it stands", self.id), true);
        for (row, spans) in lines.iter().take(inner.height.saturating_sub(1).max(1) as usize).enumerate() {
            line(buf, inner, u16::try_from(row).unwrap_or(u16::MAX), look, spans);
        }
        line(buf, inner, inner.height.saturating_sub(1), look, &[muted("Esc leaves")]);
        None
    }
}

fn explain(detail: &IncidentDetail, room: usize, look: &Look) -> Vec<Vec<Span>> {
    let i = &detail.incident;
    let order = format!(
        "The queue is ordered by what changed last. Something last happened to this one {} ago, at {}: what changed \
         later stands above it.",
        look.age(i.updated.0),
        look.clock(i.updated.0)
    );
    let mut lines: Vec<Vec<Span>> = wrap(&order, room).into_iter().map(|text| vec![plain(text)]).collect();
    lines.push(vec![plain(format!("Its score is {}, which makes it {}:", detail.bill.total, i.severity.label()))]);
    for item in &detail.bill.items {
        let head = format!("{:>+5}  {}", item.points, visible::escape(&item.term));
        lines.push(vec![
            (head, if item.points < 0 { Tone::Good } else { Tone::Accent }),
            muted(format!("  {} · {} ago", visible::escape(&item.why), look.age(item.as_of.0))),
        ]);
    }
    for proposal in &i.proposals {
        let text = format!("{}: {}", proposal.mode.label(), visible::escape(&proposal.why));
        lines.extend(wrap(&text, room).into_iter().map(|text| vec![muted(text)]));
    }
    lines
}
