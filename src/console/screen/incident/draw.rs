//! How an incident is drawn: the summary, then the tab.

use super::{Case, TABS, Tab};
use crate::api::{Incident, IncidentDetail};
use crate::console::screen::word;
use crate::console::theme::Tone;
use crate::console::widget::panel::{split_bottom, split_top};
use crate::console::widget::table::{self, Column, Table, cell, fixed, flex, number, toned};
use crate::console::widget::{Look, Span, line, muted, plain, wrap};
use crate::text::{human, visible};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

fn summary(buf: &mut Buffer, area: Rect, look: &Look, i: &Incident) {
    let severity = word::severity(&i.severity);
    let state = word::incident_state(&i.state);
    let drill = word::drill(i.drill);
    line(
        buf,
        area,
        0,
        look,
        &[
            (format!(" {}  {}  ", severity.text, i.score), severity.tone),
            (visible::escape(&i.title).into_owned(), Tone::Title),
            (format!("  {}", drill.text), drill.tone),
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
            (state.text, state.tone),
            muted("  owner "),
            plain(owner),
            muted("  about "),
            plain(word::entity(&i.entity, 40)),
            muted("  "),
            contained,
            plain(verdict),
        ],
    );
    let text = format!(
        " {} detections over {} events   opened {}   last event {} ago   {}",
        human::count(i.detections),
        human::count(i.events),
        i.opened.clock(),
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
        let tabs: Vec<Span> = TABS
            .iter()
            .enumerate()
            .flat_map(|(i, (_, name))| {
                let chosen = i == self.tab;
                let text = if chosen { format!("[{name}]") } else { format!(" {name} ") };
                [plain(" "), (text, if chosen { Tone::Focus } else { Tone::Muted })]
            })
            .collect();
        line(buf, bar, 0, look, &tabs);
        match self.tab() {
            Tab::Bill => self.bill(buf, rest, look, detail),
            Tab::Timeline => self.timeline(buf, rest, look, detail),
            Tab::Evidence => self.proof(buf, rest, look),
            Tab::Entities => self.entities(buf, rest, look, detail),
            Tab::Proposals => self.proposals(buf, rest, look, detail),
        }
    }
    fn table(&self, buf: &mut Buffer, area: Rect, look: &Look, (columns, rows): (&[Column], Vec<table::Row>)) {
        let shelf = self.shelves[self.tab];
        if rows.is_empty() {
            return line(buf, area, 1, look, &[muted("  Nothing here yet.")]);
        }
        let table = Table { columns, rows: rows.into_iter().map(Some).collect(), selected: shelf.line(self.len()) };
        table::draw(buf, area, look, &table);
    }

    fn window(&self) -> std::ops::Range<usize> {
        self.shelves[self.tab].window(self.len())
    }

    fn bill(&self, buf: &mut Buffer, area: Rect, look: &Look, d: &IncidentDetail) {
        const COLUMNS: &[Column] =
            &[fixed("points", 6, 0), flex("term", 16, 0), flex("why", 20, 1), fixed("from", 14, 2), fixed("age", 4, 3)];
        let (area, foot) = split_bottom(area, 1);
        let rows = d.bill.items[self.window()].iter().map(|item| table::Row {
            marked: false,
            cells: vec![
                table::Cell {
                    tone: if item.points < 0 { Tone::Good } else { Tone::Text },
                    ..number(format!("{:+}", item.points))
                },
                cell(visible::escape(&item.term).into_owned()),
                toned(visible::escape(&item.why).into_owned(), Tone::Muted),
                toned(visible::escape(&item.source).into_owned(), Tone::Muted),
                table::Cell { right: true, ..toned(look.age(item.as_of.0), Tone::Muted) },
            ],
        });
        self.table(buf, area, look, (COLUMNS, rows.collect()));
        line(buf, foot, 0, look, &[plain(format!("  {:>6} ", d.bill.total)), muted("the score: the sum of the items")]);
    }

    fn timeline(&self, buf: &mut Buffer, area: Rect, look: &Look, d: &IncidentDetail) {
        const COLUMNS: &[Column] =
            &[fixed("time", 8, 0), fixed("kind", 9, 1), fixed("by", 14, 0), flex("what happened", 20, 0)];
        let rows = d.timeline[self.window()].iter().map(|entry| table::Row {
            marked: false,
            cells: vec![
                toned(entry.time.clock(), Tone::Muted),
                toned(entry.kind.label(), Tone::Muted),
                toned(entry.actor.cell(30), Tone::Accent),
                cell(entry.text.cell(300)),
            ],
        });
        self.table(buf, area, look, (COLUMNS, rows.collect()));
    }

    fn entities(&self, buf: &mut Buffer, area: Rect, look: &Look, d: &IncidentDetail) {
        const COLUMNS: &[Column] = &[fixed("kind", 9, 0), flex("name", 20, 0)];
        let rows = d.incident.entities[self.window()].iter().map(|e| table::Row {
            marked: false,
            cells: vec![toned(e.kind.label(), Tone::Muted), cell(e.value.cell(200))],
        });
        self.table(buf, area, look, (COLUMNS, rows.collect()));
    }

    fn proposals(&self, buf: &mut Buffer, area: Rect, look: &Look, d: &IncidentDetail) {
        const COLUMNS: &[Column] = &[
            fixed("mode", 8, 0),
            fixed("action", 14, 0),
            fixed("target", 20, 0),
            fixed("for", 5, 1),
            fixed("became", 7, 1),
            flex("why", 20, 2),
        ];
        let rows = d.incident.proposals[self.window()].iter().map(|p| table::Row {
            marked: false,
            cells: vec![
                toned(p.mode.label(), Tone::Accent),
                cell(word::action_kind(&p.kind)),
                cell(p.target.cell(60)),
                number(human::short_duration(i64::try_from(p.ttl_seconds).unwrap_or(0).saturating_mul(1000))),
                cell(p.action.map_or_else(|| "-".into(), |a| format!("#{a}"))),
                toned(visible::escape(&p.why).into_owned(), Tone::Muted),
            ],
        });
        self.table(buf, area, look, (COLUMNS, rows.collect()));
    }

    fn proof(&self, buf: &mut Buffer, area: Rect, look: &Look) {
        const COLUMNS: &[Column] = &[
            fixed("time", 8, 0),
            fixed("severity", 10, 0),
            fixed("rule", 22, 0),
            fixed("conf", 4, 4),
            fixed("events", 6, 3),
            flex("what proves it", 20, 1),
            fixed("", 7, 5),
        ];
        let rows = &self.detections.rows;
        let (top, bottom) = split_top(area, area.height / 2);
        if rows.is_empty() {
            let text = word::nothing(rows.is_loaded(), rows.problem(), "No detections are kept for it any more.");
            return line(buf, area, 1, look, &[muted(format!("  {}", text.replace('\n', " ")))]);
        }
        let drawn = rows.window().into_iter().map(|d| {
            d.map(|d| table::Row {
                marked: false,
                cells: vec![
                    toned(d.time.clock(), Tone::Muted),
                    word::severity(&d.severity),
                    cell(visible::escape(&d.rule).into_owned()),
                    number(format!("{:.2}", d.confidence)),
                    number(human::count(d.evidence_count)),
                    cell(d.why.cell(300)),
                    toned(if d.refused { "refused" } else { "" }, Tone::Good),
                ],
            })
        });
        table::draw(buf, top, look, &Table { columns: COLUMNS, rows: drawn.collect(), selected: rows.line() });
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
            line(buf, area, row, look, &[muted(format!("  {} ", event.time.clock())), muted(text)]);
            row += 1;
        }
    }
}
