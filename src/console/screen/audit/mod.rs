//! Event search: the query, a histogram of the time around it, the events, the one under the cursor in full.
//!
//! ```text
//! filter  status:404                                              1,240+ events
//! ▁▂▃▅▂▁▃▇ 24 h to 14:03
//!   time      class  who            from           country  status  what
//! › 14:03:11  http   -              198.51.100.7   NL       404     GET /wp-login.php
//! ...the event under the cursor: fields and the raw record...
//! ```
//!
//! Enter shows the event alone, Esc comes back; Tab widens the histogram.

mod draw;

use super::listing::Listing;
use super::rows::{Order, Row};
use super::shelf::Shelf;
use super::{Ask, FilterLine, Screen, Touched};
use crate::api::endpoint::{AuditHistogram, Histogram, HistogramInput, ListEvents};
use crate::api::{Event, Live, Problem, Reply, Timestamp};
use crate::command::{Intent, Motion, Place, Target};
use crate::console::app::msg::Fetch;
use crate::console::widget::panel::{split_bottom, split_top};
use crate::console::widget::{Look, Span, table};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

impl Row for Event {
    fn id(&self) -> u64 {
        self.id.0
    }
}

/// Ranges of the histogram: name, length in milliseconds, one bar in seconds.
const SPANS: [(&str, i64, u32); 4] =
    [("24 h", 86_400_000, 900), ("7 d", 604_800_000, 7200), ("1 h", 3_600_000, 60), ("6 h", 21_600_000, 240)];

/// The screen.
#[derive(Debug)]
pub struct Audit {
    list: Listing<ListEvents, Event>,
    /// The query it was opened with; Esc comes back to it before it leaves.
    home: String,
    histogram: Option<Histogram>,
    span: usize,
    turn: u32,
    now: i64,
    /// The event under the cursor fills the screen.
    alone: bool,
    /// Something came in meanwhile.
    missed: bool,
    text: Shelf,
    body: Rect,
}

impl Audit {
    /// With this query.
    #[must_use]
    pub fn new(query: &str) -> Self {
        Self {
            list: Listing::new(Order::Stream, query),
            home: query.to_owned(),
            histogram: None,
            span: 0,
            turn: 0,
            now: 0,
            alone: false,
            missed: false,
            text: Shelf::default(),
            body: Rect::ZERO,
        }
    }

    /// Asks for the bars of the range that ends with the newest event known, or now if that is newer.
    fn bars(&mut self) -> Vec<Ask> {
        let (_, length, step) = SPANS[self.span];
        let newest = self.list.rows.get(0).map_or(self.now, |e| e.time.0);
        if newest <= 0 {
            return Vec::new();
        }
        self.turn += 1;
        let step_ms = i64::from(step) * 1000;
        let until = (newest / step_ms + 1) * step_ms;
        let input = HistogramInput {
            query: self.list.query().to_owned(),
            since: Timestamp(until - length),
            until: Timestamp(until),
            step_seconds: step,
        };
        vec![Ask::Fetch(Fetch::of::<AuditHistogram>("bars", self.turn, &input))]
    }

    /// Into the record under the cursor, or out of it and up to date again.
    fn leave(&mut self, alone: bool) -> Vec<Ask> {
        self.alone = alone;
        if !alone && std::mem::take(&mut self.missed) { self.refresh() } else { Vec::new() }
    }

    fn lines(&self) -> Vec<Vec<Span>> {
        let width = self.body.width.saturating_sub(4).max(1) as usize;
        self.list.rows.selected().map(|e| draw::describe(e, width)).unwrap_or_default()
    }

    /// Chart, table, detail.
    fn parts(&self, area: Rect) -> (Rect, Rect, Rect) {
        let chart = if area.height >= 24 { 4 } else { 0 };
        let detail = if area.height >= 28 { (area.height / 3).min(14) } else { 0 };
        let (chart, rest) = split_top(area, chart);
        let (table, detail) = split_bottom(rest, detail);
        (chart, table, detail)
    }
}

impl Screen for Audit {
    fn place(&self) -> Place {
        Place::Audit
    }

    fn title(&self) -> String {
        if self.alone { "Audit › event".into() } else { "Audit".into() }
    }

    fn refresh(&mut self) -> Vec<Ask> {
        if self.alone {
            // The record being read stays: following new events would put another in its place.
            self.missed = true;
            return Vec::new();
        }
        let mut asks = self.list.refresh();
        if self.list.rows.is_loaded() {
            asks.extend(self.bars());
        }
        asks
    }

    fn replied(&mut self, part: &'static str, turn: u32, result: Result<Reply, Problem>) -> Vec<Ask> {
        if part == "bars" {
            if turn == self.turn {
                self.histogram = result.and_then(Reply::read::<AuditHistogram>).ok();
            }
            return Vec::new();
        }
        let first = !self.list.rows.is_loaded();
        let mut asks = self.list.replied(part, turn, result);
        if first {
            asks.extend(self.bars());
        }
        asks
    }

    fn live(&mut self, update: &Live) -> Touched {
        match update {
            Live::Events { .. } => Touched::Stale,
            _ => Touched::Nothing,
        }
    }

    fn intent(&mut self, intent: &Intent) -> Option<Vec<Ask>> {
        match intent {
            Intent::Move(Motion::NextPanel | Motion::PreviousPanel) => {
                let back = *intent == Intent::Move(Motion::PreviousPanel);
                self.span = (self.span + if back { SPANS.len() - 1 } else { 1 }) % SPANS.len();
                Some(self.bars())
            }
            Intent::Move(motion) if self.alone => {
                let len = self.lines().len();
                self.text.motion(*motion, len);
                Some(Vec::new())
            }
            Intent::Open => {
                self.text = Shelf { height: self.text.height, ..Shelf::default() };
                Some(self.leave(!self.alone && self.list.rows.selected().is_some()))
            }
            Intent::Back if self.alone => Some(self.leave(false)),
            Intent::Back if self.list.rows.clear_marks() => Some(Vec::new()),
            Intent::Back if self.list.query() != self.home => Some(self.set_filter(self.home.clone())),
            Intent::Search(query) => Some(self.set_filter(query.clone())),
            _ => self.list.intent(intent),
        }
    }

    fn resized(&mut self, body: Rect) {
        self.body = body;
        let inner = split_top(body, 1).1;
        let (_, table, _) = self.parts(inner);
        self.list.rows.resize(table::room(table));
        self.text.height = body.height.saturating_sub(2) as usize;
    }

    fn selected(&self) -> Option<Target> {
        self.list.rows.selected().map(|e| Target::Event(Box::new(e.clone())))
    }

    fn marked(&self) -> Vec<Target> {
        self.list.rows.marked().map(|e| Target::Event(Box::new(e.clone()))).collect()
    }

    fn filter(&self) -> Option<FilterLine> {
        Some(self.list.line())
    }

    fn set_filter(&mut self, query: String) -> Vec<Ask> {
        (self.alone, self.histogram) = (false, None);
        self.list.set_query(query)
    }

    fn drill(&self) -> bool {
        self.list.rows.window().into_iter().flatten().any(|e| e.drill)
    }

    fn passed(&mut self, now: i64) -> Touched {
        self.now = now;
        Touched::Nothing
    }

    fn view(&self, area: Rect, buf: &mut Buffer, look: &Look) {
        self.draw(area, buf, look);
    }
}
