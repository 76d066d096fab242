//! One incident: what it is, why it scores as it does, what happened, what proves it, who is in it, what is proposed.
//!
//! ```text
//! C critical  92   SQL injection, refused        escalated   owner alice   contained after 400 ms
//! bill  timeline  evidence  entities  proposals
//! ...the tab...
//! ```
//!
//! Tab goes from tab to tab. Evidence shows the detections and, below, the events that prove the one under the cursor.

use super::listing::Listing;
use super::rows::{Order, Row};
use super::shelf::Shelf;
use super::{Ask, Screen, Touched, word};
use crate::api::endpoint::{GetIncident, IncidentPath, ListDetections, ListEvents};
use crate::api::time::DAY_MS;
use crate::api::{
    Detection, Event, EventId, Incident, IncidentDetail, IncidentId, List, Live, Problem, Reply, Timestamp,
};
use crate::command::{Intent, Motion, Place, Target};
use crate::console::app::msg::Fetch;
use crate::console::theme::Tone;
use crate::console::widget::panel::{split_bottom, split_top};
use crate::console::widget::table::{self, Column, Table, cell, fixed, flex, number, toned};
use crate::console::widget::{Look, Span, line, muted, plain, wrap};
use crate::text::{human, visible};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

impl Row for Detection {
    fn id(&self) -> u64 {
        self.id.0
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tab {
    Bill,
    Timeline,
    Evidence,
    Entities,
    Proposals,
}

const TABS: [(Tab, &str); 5] = [
    (Tab::Bill, "bill"),
    (Tab::Timeline, "timeline"),
    (Tab::Evidence, "evidence"),
    (Tab::Entities, "entities"),
    (Tab::Proposals, "proposals"),
];

/// The screen.
#[derive(Debug)]
pub struct Case {
    id: IncidentId,
    detail: Option<Box<IncidentDetail>>,
    problem: Option<Problem>,
    tab: usize,
    shelves: [Shelf; TABS.len()],
    detections: Listing<ListDetections, Detection>,
    events: Vec<Event>,
    /// The detection whose events were asked for last.
    shown: Option<u64>,
    turn: u32,
}

impl Case {
    /// Of this incident.
    #[must_use]
    pub fn new(id: IncidentId) -> Self {
        let detections = Listing::new(Order::Time, "").within(format!("incident={id}"));
        Self {
            id,
            detail: None,
            problem: None,
            tab: 0,
            shelves: [Shelf::default(); TABS.len()],
            detections,
            events: Vec::new(),
            shown: None,
            turn: 0,
        }
    }

    fn tab(&self) -> Tab {
        TABS[self.tab].0
    }

    fn incident(&self) -> Option<&Incident> {
        self.detail.as_ref().map(|d| &d.incident)
    }

    fn len(&self) -> usize {
        let Some(d) = &self.detail else { return 0 };
        match self.tab() {
            Tab::Bill => d.bill.items.len(),
            Tab::Timeline => d.timeline.len(),
            Tab::Evidence => 0,
            Tab::Entities => d.incident.entities.len(),
            Tab::Proposals => d.incident.proposals.len(),
        }
    }

    /// Asks for the events behind the detection under the cursor, if they are not there yet.
    fn evidence(&mut self) -> Vec<Ask> {
        let Some(detection) = self.detections.rows.selected() else { return Vec::new() };
        if self.tab() != Tab::Evidence || self.shown == Some(detection.id.0) {
            return Vec::new();
        }
        self.shown = Some(detection.id.0);
        self.turn += 1;
        let list = evidence_list(&detection.evidence);
        self.events.clear();
        list.map(|list| Ask::Fetch(Fetch::of::<ListEvents>("events", self.turn, &list))).into_iter().collect()
    }

    fn open(&self) -> Vec<Ask> {
        match self.tab() {
            Tab::Evidence => {
                let detection = self.detections.rows.selected();
                let ids = detection.map(|d| ids(&d.evidence)).filter(|ids| !ids.is_empty());
                ids.map(|ids| Ask::Intent(Intent::Search(format!("id={ids}")))).into_iter().collect()
            }
            Tab::Entities => self.entity().map(|e| Ask::Intent(Intent::OpenEntity(e))).into_iter().collect(),
            Tab::Proposals => vec![Ask::Intent(Intent::Go(Place::Actions))],
            Tab::Bill | Tab::Timeline => Vec::new(),
        }
    }

    fn entity(&self) -> Option<crate::api::EntityRef> {
        let at = self.shelves[self.tab].at;
        self.incident().filter(|_| self.tab() == Tab::Entities)?.entities.get(at).cloned()
    }
}

fn ids(evidence: &[EventId]) -> String {
    evidence.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")
}

/// The request for a detection's events: by id, within the days that the ids name.
fn evidence_list(evidence: &[EventId]) -> Option<List> {
    let (first, last) = (evidence.iter().min()?, evidence.iter().max()?);
    Some(List {
        query: format!("id={}", ids(evidence)),
        since: Some(Timestamp(first.day().saturating_mul(DAY_MS))),
        until: Some(Timestamp((last.day() + 1).saturating_mul(DAY_MS))),
        limit: Some(100),
        oldest_first: true,
        after: None,
    })
}

impl Screen for Case {
    fn place(&self) -> Place {
        Place::Incident
    }

    fn title(&self) -> String {
        format!("#{}", self.id)
    }

    fn refresh(&mut self) -> Vec<Ask> {
        let mut asks = vec![Ask::Fetch(Fetch::of::<GetIncident>("detail", 0, &IncidentPath { id: self.id }))];
        asks.extend(self.detections.refresh());
        asks
    }

    fn replied(&mut self, part: &'static str, turn: u32, result: Result<Reply, Problem>) -> Vec<Ask> {
        match part {
            "detail" => match result.and_then(Reply::read::<GetIncident>) {
                Ok(detail) => {
                    self.problem = None;
                    self.detail = Some(Box::new(detail));
                    let len = self.len();
                    self.shelves[self.tab].settle(len);
                }
                Err(problem) => self.problem = Some(problem),
            },
            "events" => {
                if turn == self.turn {
                    self.events = result.and_then(Reply::read::<ListEvents>).map(|p| p.items).unwrap_or_default();
                }
            }
            _ => {
                let mut asks = self.detections.replied(part, turn, result);
                asks.extend(self.evidence());
                return asks;
            }
        }
        Vec::new()
    }

    fn live(&mut self, update: &Live) -> Touched {
        match update {
            Live::Incident(incident) if incident.id == self.id => {
                if let Some(detail) = &mut self.detail {
                    detail.incident = incident.clone();
                }
                Touched::Stale
            }
            Live::Detection(d) if d.incident == Some(self.id) => Touched::Stale,
            Live::Action(a) if a.incident == Some(self.id) => Touched::Stale,
            _ => Touched::Nothing,
        }
    }

    fn intent(&mut self, intent: &Intent) -> Option<Vec<Ask>> {
        match intent {
            Intent::Move(Motion::NextPanel) => self.tab = (self.tab + 1) % TABS.len(),
            Intent::Move(Motion::PreviousPanel) => self.tab = (self.tab + TABS.len() - 1) % TABS.len(),
            Intent::Move(motion) if self.tab() != Tab::Evidence => {
                let len = self.len();
                self.shelves[self.tab].motion(*motion, len);
            }
            Intent::Move(_) => {
                let mut asks = self.detections.intent(intent).unwrap_or_default();
                asks.extend(self.evidence());
                return Some(asks);
            }
            Intent::Open => return Some(self.open()),
            _ => return None,
        }
        Some(self.evidence())
    }

    fn resized(&mut self, body: Rect) {
        let room = body.height.saturating_sub(5);
        for shelf in &mut self.shelves {
            shelf.height = room as usize;
        }
        let len = self.len();
        self.shelves[self.tab].settle(len);
        self.detections.rows.resize((room / 2).max(1) as usize);
    }

    fn selected(&self) -> Option<Target> {
        match self.entity() {
            Some(entity) => Some(Target::Entity(entity)),
            None => self.incident().map(|i| Target::Incident(Box::new(i.clone()))),
        }
    }

    fn drill(&self) -> bool {
        self.incident().is_some_and(|i| i.drill)
    }

    fn view(&self, area: Rect, buf: &mut Buffer, look: &Look) {
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
}

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
                cell(p.kind.label()),
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
        if rows.len() == 0 {
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
