//! Search over events and detections: the query, a histogram of the time around it, the rows, the one under the cursor
//! in full, and how often each value of a field occurs.
//!
//! ```text
//! filter  status:404                                              1,240+ events
//! ▁▂▃▅▂▁▃▇ 24 h to 14:03
//!   time      class  from           country  status  what                 ┏ status ━━━━━━━━━━┓
//! › 14:03:11  http   198.51.100.7   NL       404     GET /wp-login.php    ┃› 404  812 ▪▪▪▪▪▪ ┃
//! ...the row under the cursor: fields and the raw record...
//! ```
//!
//! Enter shows the row alone, Esc comes back; Tab widens the histogram, or goes to the next field while values are
//! counted (`f`). `d` goes from events to detections and back and keeps the query where it means something there.

mod draw;
mod facet;
mod found;

use super::shelf::Shelf;
use super::{Ask, FilterLine, Opening, Screen, Station, Touched};
use crate::api::endpoint::{AuditHistogram, Histogram, HistogramInput};
use crate::api::{Live, Problem, Reply, Timestamp};
use crate::command::{Context, Intent, Motion, Place, Target};
use crate::console::app::msg::Fetch;
use crate::console::widget::panel::{split_bottom, split_top};
use crate::console::widget::{Look, Span, table};
use facet::Facet;
use found::Found;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// Ranges of the histogram: name, length in milliseconds, one bar in seconds.
const SPANS: [(&str, i64, u32); 4] =
    [("24 h", 86_400_000, 900), ("7 d", 604_800_000, 7200), ("1 h", 3_600_000, 60), ("6 h", 21_600_000, 240)];

/// The screen.
#[derive(Debug)]
pub struct Hunt {
    found: Found,
    /// The query it was opened with; Esc comes back to it before it leaves.
    home: String,
    histogram: Option<Histogram>,
    facet: Option<Facet>,
    span: usize,
    turn: u32,
    now: i64,
    /// The row under the cursor fills the screen.
    alone: bool,
    /// Something came in meanwhile.
    missed: bool,
    text: Shelf,
    body: Rect,
}

impl Default for Hunt {
    fn default() -> Self {
        Self::of(Found::events(""))
    }
}

impl Hunt {
    /// Events that fit this query.
    #[must_use]
    pub fn events(query: &str) -> Self {
        Self::of(Found::events(query))
    }

    /// Detections that fit this query.
    #[must_use]
    pub fn detections(query: &str) -> Self {
        Self::of(Found::detections(query))
    }

    fn of(found: Found) -> Self {
        Self {
            home: found.query().to_owned(),
            found,
            histogram: None,
            facet: None,
            span: 0,
            turn: 0,
            now: 0,
            alone: false,
            missed: false,
            text: Shelf::default(),
            body: Rect::ZERO,
        }
    }

    /// The range that ends with the newest row known, or now if there is none, in whole bars.
    fn range(&self) -> Option<(Timestamp, Timestamp, u32)> {
        let (_, length, step) = SPANS[self.span];
        let newest = self.found.newest().map_or(self.now, |t| t.0);
        let step_ms = i64::from(step) * 1000;
        let until = (newest / step_ms + 1) * step_ms;
        (newest > 0).then(|| (Timestamp(until - length), Timestamp(until), step))
    }

    /// Asks for bars and counts. Only events are counted by the platform.
    fn counts(&mut self) -> Vec<Ask> {
        let Some((since, until, step_seconds)) = self.range().filter(|_| self.found.is_events()) else {
            return Vec::new();
        };
        self.turn += 1;
        let query = self.found.query().to_owned();
        let input = HistogramInput { query: query.clone(), since, until, step_seconds, at: None };
        let mut asks = vec![Ask::Fetch(Fetch::of::<AuditHistogram>("bars", self.turn, &input))];
        asks.extend(self.facet.as_mut().map(|f| f.ask(query, since, until)));
        asks
    }

    /// Into the record under the cursor, or out of it and up to date again.
    fn leave(&mut self, alone: bool) -> Vec<Ask> {
        self.alone = alone;
        if !alone && std::mem::take(&mut self.missed) { self.refresh() } else { Vec::new() }
    }

    fn lines(&self) -> Vec<Vec<Span>> {
        self.found.describe(self.body.width.saturating_sub(4).max(1) as usize)
    }

    /// Chart, table, values of a field, detail.
    fn parts(&self, area: Rect) -> [Rect; 4] {
        let chart = if area.height >= 24 && self.found.is_events() { 4 } else { 0 };
        let detail = if area.height >= 28 { (area.height / 3).min(14) } else { 0 };
        let (chart, rest) = split_top(area, chart);
        let (table, detail) = split_bottom(rest, detail);
        let width = if self.facet.is_some() { (table.width * 2 / 5).min(60) } else { 0 };
        let facet = Rect { x: table.right() - width, width, ..table };
        [chart, Rect { width: table.width - width, ..table }, facet, detail]
    }
}

impl Station for Hunt {
    const PLACE: Place = Place::HUNT;
    const KEYS: &'static [&'static str] = &["4"];
    const ABOUT: &'static str = "Search over events and detections";
    const PICTURES: &'static [(&'static str, &'static str)] =
        &[("", ""), ("event", "Enter"), ("facets", "f Tab j"), ("detections", "d")];

    fn open(_: &Context) -> Opening {
        Opening::Root(Box::new(Self::default()))
    }
}

impl Screen for Hunt {
    fn place(&self) -> Place {
        Place::HUNT
    }

    fn title(&self) -> String {
        let what = if self.found.is_events() { "event" } else { "detection" };
        if self.alone { format!("Hunt › {what}") } else { "Hunt".into() }
    }

    fn refresh(&mut self) -> Vec<Ask> {
        if self.alone {
            // The record being read stays: following new ones would put another in its place.
            self.missed = true;
            return Vec::new();
        }
        let mut asks = self.found.refresh();
        if self.found.is_loaded() {
            asks.extend(self.counts());
        }
        asks
    }

    fn replied(&mut self, part: &'static str, turn: u32, result: Result<Reply, Problem>) -> Vec<Ask> {
        match part {
            "bars" if turn == self.turn => self.histogram = result.and_then(Reply::read::<AuditHistogram>).ok(),
            "bars" => {}
            "values" => self.facet.iter_mut().for_each(|f| f.replied(turn, &result)),
            _ => {
                let first = !self.found.is_loaded();
                let mut asks = self.found.replied(part, turn, result);
                if first {
                    asks.extend(self.counts());
                }
                return asks;
            }
        }
        Vec::new()
    }

    fn live(&mut self, update: &Live) -> Touched {
        match update {
            Live::Events { .. } if self.found.is_events() => Touched::Stale,
            Live::Detection(_) if !self.found.is_events() => Touched::Stale,
            _ => Touched::Nothing,
        }
    }

    fn intent(&mut self, intent: &Intent) -> Option<Vec<Ask>> {
        if !self.alone
            && let Some(asks) = self.in_facet(intent)
        {
            return Some(asks);
        }
        match intent {
            Intent::Move(Motion::NextPanel | Motion::PreviousPanel) => {
                let back = *intent == Intent::Move(Motion::PreviousPanel);
                self.span = (self.span + if back { SPANS.len() - 1 } else { 1 }) % SPANS.len();
                Some(self.counts())
            }
            Intent::Move(motion) if self.alone => {
                let len = self.lines().len();
                self.text.motion(*motion, len);
                Some(Vec::new())
            }
            Intent::Open => {
                self.text = Shelf { height: self.text.height, ..Shelf::default() };
                Some(self.leave(!self.alone && self.selected().is_some()))
            }
            Intent::Facets if self.found.is_events() => {
                self.facet = Some(Facet::default());
                Some(self.counts())
            }
            Intent::SwitchRows => {
                self.found = self.found.other();
                self.home = self.found.query().to_owned();
                (self.alone, self.histogram, self.facet) = (false, None, None);
                Some(self.refresh())
            }
            Intent::Back if self.alone => Some(self.leave(false)),
            Intent::Back if self.found.clear_marks() => Some(Vec::new()),
            Intent::Back if self.found.query() != self.home => Some(self.set_filter(self.home.clone())),
            Intent::Search(query) if self.found.is_events() => Some(self.set_filter(query.clone())),
            _ => self.found.intent(intent),
        }
    }

    fn forget(&mut self) {
        self.found.forget();
        self.facet.iter_mut().for_each(Facet::forget);
        (self.histogram, self.alone, self.missed) = (None, false, false);
        self.turn += 1;
    }

    fn resized(&mut self, body: Rect) {
        self.body = body;
        let [_, table, facet, _] = self.parts(split_top(body, 1).1);
        self.found.resize(table::room(table));
        self.facet.iter_mut().for_each(|f| f.resize(facet));
        self.text.height = body.height.saturating_sub(2) as usize;
    }

    fn selected(&self) -> Option<Target> {
        self.found.selected()
    }

    fn marked(&self) -> Vec<Target> {
        self.found.marked()
    }

    fn all_marked(&self) -> bool {
        self.found.all_marked()
    }

    fn filter(&self) -> Option<FilterLine> {
        Some(self.found.line())
    }

    fn set_filter(&mut self, query: String) -> Vec<Ask> {
        (self.alone, self.histogram) = (false, None);
        self.found.set_query(query)
    }

    fn drill(&self) -> bool {
        self.found.drill()
    }

    fn passed(&mut self, now: i64) -> Touched {
        self.now = now;
        Touched::Nothing
    }

    fn view(&self, area: Rect, buf: &mut Buffer, look: &Look) {
        self.draw(area, buf, look);
    }
}
