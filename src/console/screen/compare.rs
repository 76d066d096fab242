//! Two instants side by side: the figures of both, and every incident, block and suppression that is another at the later
//! one. Enter opens the incident under the cursor.
//!
//! ```text
//!                         20:00:00   21:00:00
//!  open incidents               14         11
//!  incidents that changed: 9
//! › #7  SQL injection, refused      new → closed   92   owner - → analyst
//! ```

mod draw;

use super::shelf::Shelf;
use super::{Ask, Opening, Screen, Station, Touched};
use crate::api::endpoint::{GetOverview, ListBlocks, ListIncidents, ListSuppressions, Moment};
use crate::api::{Block, Incident, List, Live, Overview, Page, Problem, Reply, Suppression, Timestamp};
use crate::command::{Context, Intent, Place, Target};
use crate::console::app::msg::Fetch;
use crate::console::widget::Look;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use std::collections::BTreeMap;

/// Incidents asked for at once: their numbers have to fit into one question about how they stood before.
const PAGE: u32 = 200;
/// Incidents that are compared at most; beyond that the count says `+`.
const MOST: usize = 2_000;
/// What is compared when nothing was said: now, with an hour before.
const HOUR_MS: i64 = 3_600_000;

/// One side.
#[derive(Debug, Default)]
struct Side {
    at: Timestamp,
    figures: Option<Box<Overview>>,
    blocks: Option<Page<Block>>,
    quiet: Option<Page<Suppression>>,
}

/// The screen.
#[derive(Debug, Default)]
pub struct Compare {
    sides: [Side; 2],
    /// Incidents as they stand at the later instant, that changed between.
    changed: Vec<Incident>,
    more: bool,
    next: Option<String>,
    loaded: bool,
    /// How they stood at the earlier one.
    before: BTreeMap<u64, Incident>,
    problem: Option<Problem>,
    turn: u32,
    shelf: Shelf,
}

impl Compare {
    /// Between two instants.
    #[must_use]
    pub fn between(earlier: Timestamp, later: Timestamp) -> Self {
        let side = |at| Side { at, ..Side::default() };
        Self { sides: [side(earlier), side(later)], ..Self::default() }
    }

    fn list<E>(&self, part: &'static str, side: usize, query: &str) -> Ask
    where
        E: crate::api::Endpoint<Input = List>,
    {
        let at = Some(self.sides[side].at);
        let list = List { query: query.into(), at, limit: Some(1000), ..List::default() };
        Ask::Fetch(Fetch::of::<E>(part, self.turn, &list))
    }

    /// The next incidents that changed between.
    fn changes(&self) -> Ask {
        let [earlier, later] = [self.sides[0].at, self.sides[1].at];
        let list = List {
            query: format!("updated>={earlier}"),
            at: Some(later),
            limit: Some(PAGE),
            after: self.next.clone(),
            ..List::default()
        };
        Ask::Fetch(Fetch::of::<ListIncidents>("changed", self.turn, &list))
    }

    /// How these stood before.
    fn stood(&self, page: &[Incident]) -> Vec<Ask> {
        let ids: Vec<_> = page.iter().map(|i| i.id.to_string()).collect();
        if ids.is_empty() {
            return Vec::new();
        }
        let query = format!("id={}", ids.join(","));
        let list = List { query, at: Some(self.sides[0].at), limit: Some(PAGE), ..List::default() };
        vec![Ask::Fetch(Fetch::of::<ListIncidents>("stood", self.turn, &list))]
    }

    fn took(&mut self, part: &'static str, reply: Reply) -> Result<Vec<Ask>, Problem> {
        match part {
            "then" => self.sides[0].figures = Some(Box::new(reply.read::<GetOverview>()?)),
            "now" => self.sides[1].figures = Some(Box::new(reply.read::<GetOverview>()?)),
            "blocks then" => self.sides[0].blocks = Some(reply.read::<ListBlocks>()?),
            "blocks now" => self.sides[1].blocks = Some(reply.read::<ListBlocks>()?),
            "quiet then" => self.sides[0].quiet = Some(reply.read::<ListSuppressions>()?),
            "quiet now" => self.sides[1].quiet = Some(reply.read::<ListSuppressions>()?),
            "stood" => {
                let page = reply.read::<ListIncidents>()?;
                self.before.extend(page.items.into_iter().map(|i| (i.id.0, i)));
                // One part after the other: the answer to a page comes before the next page is asked for.
                if self.next.is_some() && !self.more {
                    return Ok(vec![self.changes()]);
                }
            }
            _ => {
                let page = reply.read::<ListIncidents>()?;
                let asks = self.stood(&page.items);
                self.changed.extend(page.items);
                (self.next, self.loaded) = (page.next, true);
                self.more = self.next.is_some() && self.changed.len() >= MOST;
                return Ok(asks);
            }
        }
        Ok(Vec::new())
    }
}

impl Station for Compare {
    const PLACE: Place = Place("screen.compare");
    const KEYS: &'static [&'static str] = &["g ="];
    const ABOUT: &'static str = "Now and an hour before, side by side";

    fn open(_: &Context) -> Opening {
        Opening::Over(Box::new(Self::default()))
    }
}

impl Screen for Compare {
    fn place(&self) -> Place {
        Self::PLACE
    }

    fn title(&self) -> String {
        "Compare".into()
    }

    fn refresh(&mut self) -> Vec<Ask> {
        // Two instants stay what they are: once they are there, nothing has to be asked for again.
        if self.loaded || self.sides[1].at == Timestamp::default() {
            return Vec::new();
        }
        self.turn += 1;
        let figures = |part, side: usize| {
            Ask::Fetch(Fetch::of::<GetOverview>(part, self.turn, &Moment { at: Some(self.sides[side].at) }))
        };
        vec![
            figures("then", 0),
            figures("now", 1),
            self.changes(),
            self.list::<ListBlocks>("blocks then", 0, ""),
            self.list::<ListBlocks>("blocks now", 1, ""),
            self.list::<ListSuppressions>("quiet then", 0, "state:in_force"),
            self.list::<ListSuppressions>("quiet now", 1, "state:in_force"),
        ]
    }

    fn replied(&mut self, part: &'static str, turn: u32, result: Result<Reply, Problem>) -> Vec<Ask> {
        if turn != self.turn {
            return Vec::new();
        }
        match result.and_then(|reply| self.took(part, reply)) {
            Ok(asks) => asks,
            Err(problem) => {
                self.problem = Some(problem);
                Vec::new()
            }
        }
    }

    fn live(&mut self, _: &Live) -> Touched {
        Touched::Nothing
    }

    fn intent(&mut self, intent: &Intent) -> Option<Vec<Ask>> {
        match intent {
            Intent::Move(motion) => {
                let len = self.lines().len();
                self.shelf.motion(*motion, len);
                Some(Vec::new())
            }
            Intent::Open => {
                let id = self.incident().map(|i| i.id);
                Some(id.map(|id| Ask::Intent(Intent::OpenIncident(id))).into_iter().collect())
            }
            _ => None,
        }
    }

    fn forget(&mut self) {
        let [earlier, later] = [self.sides[0].at, self.sides[1].at];
        *self = Self { turn: self.turn, shelf: self.shelf, ..Self::between(earlier, later) };
    }

    fn resized(&mut self, body: Rect) {
        self.shelf.height = draw::room(body);
        let len = self.lines().len();
        self.shelf.settle(len);
    }

    fn selected(&self) -> Option<Target> {
        self.incident().map(|i| Target::Incident(Box::new(i.clone())))
    }

    fn passed(&mut self, now: i64) -> Touched {
        if self.sides[1].at == Timestamp::default() {
            let later = Timestamp(now);
            *self = Self { shelf: self.shelf, ..Self::between(later.plus(-HOUR_MS), later) };
        }
        Touched::Nothing
    }

    fn drill(&self) -> bool {
        self.changed.iter().any(|i| i.drill)
    }

    fn view(&self, area: Rect, buf: &mut Buffer, look: &Look) {
        self.draw(area, buf, look);
    }
}
