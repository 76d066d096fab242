//! What a search found: events or detections, with one face.

use super::draw;
use crate::api::endpoint::{ListDetections, ListEvents};
use crate::api::{Detection, Event, Problem, Reply, Timestamp};
use crate::command::{Intent, Resource, Target};
use crate::console::screen::listing::Listing;
use crate::console::screen::rows::{Order, Row};
use crate::console::screen::{Ask, FilterLine, grid};
use crate::console::widget::{Look, Span};
use crate::query::Query;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

impl Row for Event {
    fn id(&self) -> u64 {
        self.id.0
    }
}

/// One kind of rows.
#[derive(Debug)]
pub(super) enum Found {
    Events(Listing<ListEvents, Event>),
    Detections(Listing<ListDetections, Detection>),
}

/// The same expression for either.
macro_rules! either {
    ($found:expr, $list:ident => $do:expr) => {
        match $found {
            Found::Events($list) => $do,
            Found::Detections($list) => $do,
        }
    };
}

impl Found {
    pub(super) fn events(query: &str) -> Self {
        Self::Events(Listing::new(Order::Stream, query, Resource::Audit))
    }

    pub(super) fn detections(query: &str) -> Self {
        Self::Detections(Listing::new(Order::Stream, query, Resource::Detections))
    }

    /// The other kind, with the same query where every field of it exists there.
    pub(super) fn other(&self) -> Self {
        let kind = if self.is_events() { Resource::Detections } else { Resource::Audit };
        let query = Some(self.query()).filter(|q| Query::parse_for(kind.fields(), q).is_ok()).unwrap_or_default();
        if self.is_events() { Self::detections(query) } else { Self::events(query) }
    }

    pub(super) const fn is_events(&self) -> bool {
        matches!(self, Self::Events(_))
    }

    /// Time of the first row.
    pub(super) fn newest(&self) -> Option<Timestamp> {
        either!(self, list => list.rows.get(0).map(|row| row.time))
    }

    pub(super) fn query(&self) -> &str {
        either!(self, list => list.query())
    }

    pub(super) fn line(&self) -> FilterLine {
        either!(self, list => list.line())
    }

    pub(super) fn summary(&self) -> String {
        let noun = self.line().rows.rows();
        either!(self, list => list.rows.summary(noun))
    }

    pub(super) fn is_loaded(&self) -> bool {
        either!(self, list => list.rows.is_loaded())
    }

    /// Why there is nothing, where there is nothing.
    pub(super) fn nothing(&self) -> Option<String> {
        either!(self, list => list.rows.is_empty().then(|| {
            let empty = "Nothing fits this query.";
            crate::console::screen::word::nothing(list.rows.is_loaded(), list.rows.problem(), empty)
        }))
    }

    pub(super) fn refresh(&mut self) -> Vec<Ask> {
        either!(self, list => list.refresh())
    }

    pub(super) fn replied(&mut self, part: &'static str, turn: u32, result: Result<Reply, Problem>) -> Vec<Ask> {
        either!(self, list => list.replied(part, turn, result))
    }

    pub(super) fn intent(&mut self, intent: &Intent) -> Option<Vec<Ask>> {
        either!(self, list => list.intent(intent))
    }

    pub(super) fn set_query(&mut self, query: String) -> Vec<Ask> {
        either!(self, list => list.set_query(query))
    }

    pub(super) fn forget(&mut self) {
        either!(self, list => list.forget());
    }

    pub(super) fn clear_marks(&mut self) -> bool {
        either!(self, list => list.rows.clear_marks())
    }

    pub(super) fn all_marked(&self) -> bool {
        either!(self, list => list.rows.all_marked())
    }

    pub(super) fn resize(&mut self, height: usize) {
        either!(self, list => list.rows.resize(height));
    }

    pub(super) fn drill(&self) -> bool {
        either!(self, list => list.rows.window().into_iter().flatten().any(|row| row.drill))
    }

    pub(super) fn selected(&self) -> Option<Target> {
        match self {
            Self::Events(list) => list.rows.selected().map(|e| Target::Event(Box::new(e.clone()))),
            Self::Detections(list) => list.rows.selected().map(|d| Target::Detection(Box::new(d.clone()))),
        }
    }

    pub(super) fn marked(&self) -> Vec<Target> {
        match self {
            Self::Events(list) => list.rows.marked().map(|e| Target::Event(Box::new(e.clone()))).collect(),
            Self::Detections(list) => list.rows.marked().map(|d| Target::Detection(Box::new(d.clone()))).collect(),
        }
    }

    /// The row under the cursor in full.
    pub(super) fn describe(&self, width: usize) -> Vec<Vec<Span>> {
        match self {
            Self::Events(list) => list.rows.selected().map(|e| draw::event(e, width)),
            Self::Detections(list) => list.rows.selected().map(|d| draw::detection(d, width)),
        }
        .unwrap_or_default()
    }

    pub(super) fn draw(&self, buf: &mut Buffer, area: Rect, look: &Look) {
        either!(self, list => grid::window(buf, area, look, &list.rows));
    }
}
