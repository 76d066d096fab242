//! One incident: what it is, why it scores as it does, what happened, what proves it, who is in it, what is proposed.
//!
//! ```text
//! C critical  92   SQL injection, refused        escalated   owner analyst   contained after 400 ms
//! bill  timeline  evidence  entities  proposals
//! ...the tab...
//! ```
//!
//! Tab goes from tab to tab. Evidence shows the detections and, below, the events that prove the one under the cursor.

mod draw;

pub(super) use draw::summary;

use super::listing::Listing;
use super::rows::{Order, Row};
use super::shelf::Shelf;
use super::{Ask, Opening, Screen, Station, Touched};
use crate::api::endpoint::{GetIncident, IncidentPath, ListDetections, ListEvents};
use crate::api::time::DAY_MS;
use crate::api::{
    Detection, Event, EventId, Incident, IncidentDetail, IncidentId, List, Live, Problem, Reply, Timestamp,
};
use crate::command::{Context, Intent, Motion, Place, Resource, Target};
use crate::console::app::msg::Fetch;
use crate::console::widget::Look;
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
        let detections = Listing::new(Order::Time, "", Resource::Detections).within(format!("incident={id}"));
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
            Tab::Proposals => vec![Ask::Intent(Intent::Go(Place::ACTIONS))],
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
pub(super) fn evidence_list(evidence: &[EventId]) -> Option<List> {
    let (first, last) = (evidence.iter().min()?, evidence.iter().max()?);
    Some(List {
        query: format!("id={}", ids(evidence)),
        since: Some(Timestamp(first.day().saturating_mul(DAY_MS))),
        until: Some(Timestamp((last.day() + 1).saturating_mul(DAY_MS))),
        limit: Some(100),
        oldest_first: true,
        after: None,
        at: None,
    })
}

impl Station for Case {
    const PLACE: Place = Place::INCIDENT;
    const KEYS: &'static [&'static str] = &["3"];
    const ABOUT: &'static str = "The incident at hand";
    const PICTURES: &'static [(&'static str, &'static str)] = &[
        ("bill", ""),
        ("timeline", "Tab"),
        ("evidence", "Tab Tab"),
        ("entities", "Tab Tab Tab"),
        ("proposals", "Tab Tab Tab Tab"),
    ];

    fn open(cx: &Context) -> Opening {
        match cx.selected.as_ref().and_then(Target::incident) {
            Some(id) => Opening::Over(Box::new(Self::new(id))),
            None => Opening::Choose("choose an incident first: 2 shows the queue, :incident.open takes a number"),
        }
    }
}

impl Screen for Case {
    fn place(&self) -> Place {
        Place::INCIDENT
    }

    fn title(&self) -> String {
        format!("#{}", self.id)
    }

    fn refresh(&mut self) -> Vec<Ask> {
        let mut asks = vec![Ask::Fetch(Fetch::of::<GetIncident>("detail", 0, &IncidentPath { id: self.id, at: None }))];
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

    fn forget(&mut self) {
        let (tab, shelves) = (self.tab, self.shelves);
        *self = Self { tab, shelves, turn: self.turn + 1, ..Self::new(self.id) };
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

    fn about(&self) -> Option<IncidentId> {
        Some(self.id)
    }

    fn drill(&self) -> bool {
        self.incident().is_some_and(|i| i.drill)
    }

    fn view(&self, area: Rect, buf: &mut Buffer, look: &Look) {
        self.draw(area, buf, look);
    }
}
