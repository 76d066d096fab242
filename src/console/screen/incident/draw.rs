//! How an incident is drawn: the summary, then the tab.

use super::{Case, TABS, Tab};
use crate::api::{Incident, IncidentDetail};
use crate::column;
use crate::console::screen::{grid, word};
use crate::console::theme::Tone;
use crate::console::widget::panel::{split_bottom, split_top};
use crate::console::widget::{Look, line, muted, plain, wrap};
use crate::text::{human, visible};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// Three lines about an incident.
pub(in crate::console::screen) fn summary(buf: &mut Buffer, area: Rect, look: &Look, i: &Incident) {
    let severity = word::severity(&i.severity);
    let state = word::incident_state(&i.state);
    let drill = word::drill(i.drill);
    line(
        buf,
        area,
        0,
        look,
        &[
            (format!(" {}  {}  ", severity.0, i.score), severity.1),
            (visible::escape(&i.title).into_owned(), Tone::Title),
            (format!("  {}", drill.0), drill.1),
        ],
    );
    let owner = i.owner.as_ref().map_or_else(|| "nobody".into(), |o| o.cell(30));
    let contained = match i.contained {
        Some(at) => (format!("contained after {}", human::duration(at.0.saturating_sub(i.first_event.0))), Tone::Good),
        None => ("not contained".into(), Tone::Warn),
    };
    let verdict = i.verdict.as_ref().map_or_else(String::new, |v| format!("  {}", v.label()));
    line(
        buf,
        area,
        1,
        look,
        &[
            muted(" "),
            state,
            muted("  owner "),
            plain(owner),
            muted("  about "),
            plain(word::entity(&i.entity, 40)),
            muted("  "),
            contained,
            plain(verdict),
            (look.others(i.id.0).map_or_else(String::new, |names| format!("  {names} looking")), Tone::Accent),
        ],
    );
    let text = format!(
        " {} detections over {} events   opened {}   last event {} ago   {}",
        human::count(i.detections),
        human::count(i.events),
        look.clock(i.opened.0),
        look.age(i.last_event.0),
        visible::escape(&i.techniques.join(" "))
    );
    line(buf, area, 2, look, &[muted(text)]);
}

impl Case {
    pub(super) fn draw(&self, area: Rect, buf: &mut Buffer, look: &Look) {
        let Some(detail) = &self.detail else {
            let text = word::nothing(false, self.problem.as_ref(), "");
            return line(buf, area, 1, look, &[muted(format!("  {}", text.replace('\n', " ")))]);
        };
        let (head, rest) = split_top(area, 3);
        summary(buf, head, look, &detail.incident);
        let (bar, rest) = split_top(rest, 1);
        let tabs = word::tabs(look, bar, TABS.iter().map(|(_, name)| *name), self.tab);
        line(buf, bar, 0, look, &tabs);
        match self.tab() {
            Tab::Bill => self.bill(buf, rest, look, detail),
            Tab::Timeline => self.table(buf, rest, look, &detail.timeline),
            Tab::Evidence => self.proof(buf, rest, look),
            Tab::Entities => self.table(buf, rest, look, &detail.incident.entities),
            Tab::Proposals => self.table(buf, rest, look, &detail.incident.proposals),
        }
    }

    /// The rows of a tab that is wholly in memory.
    fn table<R: column::Row>(&self, buf: &mut Buffer, area: Rect, look: &Look, rows: &[R]) {
        if rows.is_empty() {
            return line(buf, area, 1, look, &[muted("  Nothing here yet.")]);
        }
        let shelf = self.shelves[self.tab];
        let window = rows[shelf.window(rows.len())].iter().map(|row| Some((row, false)));
        grid::draw(buf, area, look, (window, shelf.line(rows.len())));
    }

    fn bill(&self, buf: &mut Buffer, area: Rect, look: &Look, d: &IncidentDetail) {
        let (area, foot) = split_bottom(area, 1);
        self.table(buf, area, look, &d.bill.items);
        line(buf, foot, 0, look, &[plain(format!("  {:>6} ", d.bill.total)), muted("the score: the sum of the items")]);
    }

    fn proof(&self, buf: &mut Buffer, area: Rect, look: &Look) {
        let rows = &self.detections.rows;
        let (top, bottom) = split_top(area, area.height / 2);
        if rows.is_empty() {
            let text = word::nothing(rows.is_loaded(), rows.problem(), "No detections are kept for it any more.");
            return line(buf, area, 1, look, &[muted(format!("  {}", text.replace('\n', " ")))]);
        }
        grid::window(buf, top, look, rows);
        self.proving_events(buf, bottom, look);
    }

    fn proving_events(&self, buf: &mut Buffer, area: Rect, look: &Look) {
        let Some(d) = self.detections.rows.selected() else { return };
        let title = format!("  {} · {}", visible::escape(&d.title), visible::escape(&d.source));
        line(buf, area, 0, look, &[(title, Tone::Title)]);
        let mut row = 1;
        for text in wrap(&d.why.visible(), area.width.saturating_sub(4).max(1) as usize).into_iter().take(4) {
            line(buf, area, row, look, &[plain(format!("  {text}"))]);
            row += 1;
        }
        for event in self.events.iter().take(area.height.saturating_sub(row) as usize) {
            let text = event.raw.cell(area.width as usize);
            line(buf, area, row, look, &[muted(format!("  {} ", look.clock(event.time.0))), muted(text)]);
            row += 1;
        }
    }
}
