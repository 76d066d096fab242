//! How a sweep is drawn: what it is, why it scores so, what proves it, the keys.

use super::Sweep;
use crate::api::IncidentDetail;
use crate::console::screen::{incident, word};
use crate::console::theme::Tone;
use crate::console::widget::panel::{panel, split_bottom, split_top};
use crate::console::widget::{Look, Span, line, muted, plain, wrap};
use crate::text::{human, visible};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

const KEYS: [(&str, &str); 8] = [
    ("t", "attack"),
    ("n", "benign"),
    ("f", "false: rule"),
    ("d", "data"),
    ("i", "undetermined"),
    ("j", "skip"),
    ("s", "escalate"),
    ("b", "block"),
];

impl Sweep {
    pub(super) fn draw(&self, area: Rect, buf: &mut Buffer, look: &Look) {
        let (body, foot) = split_bottom(area, 2);
        self.foot(buf, foot, look);
        let Some(incident) = self.current() else {
            let rows = &self.list.rows;
            let text = word::nothing(rows.is_loaded(), rows.problem(), "Nothing is left to judge. Esc goes back.");
            return word::note(buf, body, look, &text);
        };
        let (head, rest) = split_top(body, 3);
        incident::summary(buf, head, look, incident);
        let Some(detail) = self.detail() else {
            return word::note(buf, rest, look, &word::nothing(false, self.problem.as_ref(), ""));
        };
        let terms = u16::try_from(detail.bill.items.len()).unwrap_or(u16::MAX).saturating_add(2);
        let (bill, rest) = split_top(rest, terms.min(rest.height / 3).max(3));
        let inner = panel(buf, bill, look, &format!("Score {}", detail.bill.total), false);
        for (row, item) in detail.bill.items.iter().enumerate() {
            let head = format!("{:>+5}  {}", item.points, visible::escape(&item.term));
            let spans = [(head, Tone::Accent), muted(format!("  {}", visible::escape(&item.why)))];
            line(buf, inner, u16::try_from(row).unwrap_or(u16::MAX), look, &spans);
        }
        let inner = panel(buf, rest, look, "What proves it", false);
        let lines = self.proof(detail, look, inner.width.saturating_sub(2).max(8) as usize);
        for (row, spans) in lines.iter().take(inner.height as usize).enumerate() {
            line(buf, inner, u16::try_from(row).unwrap_or(u16::MAX), look, spans);
        }
    }

    fn proof(&self, detail: &IncidentDetail, look: &Look, width: usize) -> Vec<Vec<Span>> {
        let mut lines: Vec<Vec<Span>> = Vec::new();
        for detection in detail.detections.iter().take(3) {
            let (severity, tone) = word::severity(&detection.severity);
            lines.push(vec![
                muted(format!("{} ", look.clock(detection.time.0))),
                (format!("{severity} "), tone),
                plain(format!("{} · {}", visible::escape(&detection.title), visible::escape(&detection.rule))),
            ]);
            let why = wrap(&detection.why.visible(), width.saturating_sub(9).max(8));
            lines.extend(why.into_iter().take(3).map(|text| vec![plain(format!("         {text}"))]));
        }
        let events = self.proof.as_ref().filter(|(id, _)| *id == detail.incident.id).map(|(_, events)| events);
        for event in events.into_iter().flatten() {
            lines.push(vec![muted(format!("{} {}", look.clock(event.time.0), event.raw.cell(width)))]);
        }
        let comments = detail.timeline.iter().rev().filter(|e| e.kind == crate::api::TimelineKind::Comment).take(3);
        lines.extend(comments.map(|e| {
            vec![muted(format!("{} {}: ", look.clock(e.time.0), e.actor.cell(20))), plain(e.text.cell(width))]
        }));
        lines
    }

    fn foot(&self, buf: &mut Buffer, area: Rect, look: &Look) {
        let keys = KEYS.iter().flat_map(|(key, word)| [((*key).to_owned(), Tone::Key), muted(format!(" {word}  "))]);
        let keys: Vec<Span> = std::iter::once(muted(" ")).chain(keys).collect();
        line(buf, area, 0, look, &keys);
        let judged = human::counted(self.times.len() as u64, "incidents");
        let pace =
            self.median().map_or_else(String::new, |ms| format!(" · half of them within {}", human::duration(ms)));
        let left = self.list.rows.summary("incidents");
        line(buf, area, 1, look, &[muted(format!(" judged {judged}{pace} · {left} in the queue"))]);
    }
}
