//! The queue, one incident at a time: it fills the screen with its evidence, one key judges it, the next is there at
//! once because it was fetched before. A verdict waits five seconds before it is sent; `u` takes it back until then, and
//! afterwards, too.

mod draw;

use super::listing::Listing;
use super::rows::Order;
use super::{Ask, FilterLine, Opening, Screen, Station, Touched, incident, triage};
use crate::api::endpoint::{GetIncident, IncidentPath, ListEvents, ListIncidents};
use crate::api::{Event, Incident, IncidentDetail, IncidentId, Live, Problem, Reply};
use crate::command::{Change, Context, Intent, Motion, Place, Resource, Target};
use crate::console::app::msg::Fetch;
use crate::console::widget::Look;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use std::collections::{BTreeMap, BTreeSet};

/// Incidents whose evidence is kept.
const KEPT: usize = 16;
/// Incidents that are fetched before they are looked at.
const AHEAD: usize = 2;

/// The screen.
#[derive(Debug)]
pub struct Sweep {
    list: Listing<ListIncidents, Incident>,
    /// Go to this one as soon as the list is there.
    start: Option<IncidentId>,
    judged: BTreeSet<IncidentId>,
    details: BTreeMap<IncidentId, IncidentDetail>,
    proof: Option<(IncidentId, Vec<Event>)>,
    asked: BTreeSet<IncidentId>,
    problem: Option<Problem>,
    turn: u32,
    now: i64,
    since: i64,
    /// Milliseconds each judged incident took.
    times: Vec<i64>,
}

impl Sweep {
    /// Over the incidents that fit this query, from this one on.
    #[must_use]
    pub fn new(query: &str, start: Option<IncidentId>) -> Self {
        Self {
            list: Listing::new(Order::Shifting, query, Resource::Incidents),
            start,
            judged: BTreeSet::new(),
            details: BTreeMap::new(),
            proof: None,
            asked: BTreeSet::new(),
            problem: None,
            turn: 0,
            now: 0,
            since: 0,
            times: Vec::new(),
        }
    }

    /// The incident on the screen.
    fn current(&self) -> Option<&Incident> {
        self.list.rows.selected().filter(|i| !self.judged.contains(&i.id))
    }

    fn detail(&self) -> Option<&IncidentDetail> {
        self.details.get(&self.current()?.id)
    }

    /// Asks for what is on the screen and for what comes next.
    fn fetch(&mut self) -> Vec<Ask> {
        let mut asks = Vec::new();
        let ahead: Vec<IncidentId> = self.list.rows.following(AHEAD + self.judged.len());
        let wanted: Vec<_> = ahead.into_iter().filter(|id| !self.judged.contains(id)).take(AHEAD).collect();
        for (id, part) in wanted.into_iter().zip(["now", "next"]) {
            if !self.details.contains_key(&id) && self.asked.insert(id) {
                asks.push(Ask::Fetch(Fetch::of::<GetIncident>(part, 0, &IncidentPath { id, at: None })));
            }
        }
        let newest = self
            .detail()
            .and_then(|d| Some((d.incident.id, incident::evidence_list(&d.detections.first()?.evidence)?)));
        if let Some((id, list)) = newest.filter(|(id, _)| self.proof.as_ref().is_none_or(|(of, _)| of != id)) {
            self.turn += 1;
            self.proof = Some((id, Vec::new()));
            asks.push(Ask::Fetch(Fetch::of::<ListEvents>("proof", self.turn, &list)));
        }
        asks
    }

    /// To the next incident that is not judged; to the one before when there is none.
    fn step(&mut self, motion: Motion) -> Vec<Ask> {
        let mut asks = Vec::new();
        let mut before = None;
        while before != self.list.rows.selected().map(|i| i.id) {
            before = self.list.rows.selected().map(|i| i.id);
            asks.extend(self.list.intent(&Intent::Move(motion)).unwrap_or_default());
            if self.current().is_some() {
                break;
            }
        }
        self.since = self.now;
        asks.extend(self.fetch());
        asks
    }

    fn judge(&mut self, change: &Change) -> Vec<Ask> {
        let Some(incident) = self.current().cloned() else { return Vec::new() };
        self.judged.insert(incident.id);
        self.times.push(self.now - self.since);
        let later = Ask::Later(
            change.wire(incident.id, Some(incident.revision)),
            Box::new(incident.clone()),
            change.done(incident.id),
        );
        let mut asks = vec![later];
        asks.extend(self.step(Motion::Down));
        if self.current().is_none() {
            asks.extend(self.step(Motion::Up));
        }
        asks
    }

    /// Half of the incidents took less, in milliseconds.
    fn median(&self) -> Option<i64> {
        let mut times = self.times.clone();
        times.sort_unstable();
        times.get(times.len() / 2).copied()
    }
}

impl Station for Sweep {
    const PLACE: Place = Place::SWEEP;
    const KEYS: &'static [&'static str] = &["S"];
    const ABOUT: &'static str = "The queue one by one, a key for each verdict";

    fn open(cx: &Context) -> Opening {
        let query = match &cx.listed {
            Some((Resource::Incidents, query)) => query.as_str(),
            _ => triage::OPEN,
        };
        Opening::Over(Box::new(Self::new(query, cx.selected.as_ref().and_then(Target::incident))))
    }
}

impl Screen for Sweep {
    fn place(&self) -> Place {
        Place::SWEEP
    }

    fn title(&self) -> String {
        "Sweep".into()
    }

    fn refresh(&mut self) -> Vec<Ask> {
        // What is on the screen is read anew; what comes next may wait until it is there.
        if let Some(id) = self.current().map(|i| i.id) {
            self.asked.remove(&id);
            self.details.remove(&id);
        }
        let mut asks = self.list.refresh();
        asks.extend(self.fetch());
        asks
    }

    fn replied(&mut self, part: &'static str, turn: u32, result: Result<Reply, Problem>) -> Vec<Ask> {
        match part {
            "now" | "next" => match result.and_then(Reply::read::<GetIncident>) {
                Ok(detail) => {
                    self.problem = None;
                    self.asked.remove(&detail.incident.id);
                    self.details.insert(detail.incident.id, detail);
                    let keep: BTreeSet<_> = self.list.rows.following(KEPT).into_iter().collect();
                    self.details.retain(|id, _| keep.contains(id));
                }
                Err(problem) => self.problem = Some(problem),
            },
            "proof" if turn == self.turn => {
                let events = result.and_then(Reply::read::<ListEvents>).map(|page| page.items).unwrap_or_default();
                self.proof = self.proof.take().map(|(id, _)| (id, events));
            }
            "proof" => {}
            _ => {
                let mut asks = self.list.replied(part, turn, result);
                if let Some(start) = self.start.take() {
                    self.list.rows.select(start.0);
                    self.since = self.now;
                }
                if self.list.rows.selected().is_some() && self.current().is_none() {
                    asks.extend(self.step(Motion::Down));
                }
                asks.extend(self.fetch());
                return asks;
            }
        }
        self.fetch()
    }

    fn live(&mut self, update: &Live) -> Touched {
        let Live::Incident(incident) = update else { return Touched::Nothing };
        self.list.rows.patch(incident);
        Touched::Stale
    }

    fn patience(&self) -> i64 {
        2000
    }

    fn intent(&mut self, intent: &Intent) -> Option<Vec<Ask>> {
        match intent {
            Intent::Judge(verdict) => Some(self.judge(&Change::Close(verdict.clone(), String::new()))),
            Intent::TookBack(id) => {
                self.judged.remove(id);
                self.list.rows.select(id.0);
                Some(self.fetch())
            }
            Intent::Move(motion @ (Motion::NextPanel | Motion::PreviousPanel)) => {
                Some(self.step(if *motion == Motion::NextPanel { Motion::Down } else { Motion::Up }))
            }
            Intent::Move(motion) => Some(self.step(*motion)),
            Intent::Open => Some(self.current().map(|i| Ask::Intent(Intent::OpenIncident(i.id))).into_iter().collect()),
            _ => None,
        }
    }

    fn forget(&mut self) {
        self.start = self.current().map(|i| i.id);
        self.list.forget();
        (self.details, self.asked, self.proof, self.problem) = Default::default();
        self.turn += 1;
    }

    fn resized(&mut self, _: Rect) {}

    fn selected(&self) -> Option<Target> {
        self.current().map(|i| Target::Incident(Box::new(i.clone())))
    }

    fn filter(&self) -> Option<FilterLine> {
        Some(self.list.line())
    }

    fn set_filter(&mut self, query: String) -> Vec<Ask> {
        self.list.set_query(query)
    }

    fn about(&self) -> Option<IncidentId> {
        self.current().map(|i| i.id)
    }

    fn drill(&self) -> bool {
        self.current().is_some_and(|i| i.drill)
    }

    fn passed(&mut self, now: i64) -> Touched {
        if self.since == 0 {
            self.since = now;
        }
        self.now = now;
        Touched::Nothing
    }

    fn view(&self, area: Rect, buf: &mut Buffer, look: &Look) {
        self.draw(area, buf, look);
    }
}
