//! How often each value of a field occurs among the events found, and the query that keeps only one of them.

use super::Hunt;
use crate::api::endpoint::{AuditTop, TopInput};
use crate::api::{Count, Problem, Reply, Timestamp};
use crate::command::{Intent, Motion};
use crate::console::app::msg::Fetch;
use crate::console::screen::shelf::Shelf;
use crate::console::screen::{Ask, Screen, word};
use crate::console::theme::Tone;
use crate::console::widget::Look;
use crate::console::widget::chart::{self, Bar};
use crate::console::widget::panel::panel;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// Fields worth counting, the most telling first.
const FIELDS: [&str; 14] = [
    "src_ip", "status", "path", "user", "country", "agent", "method", "host", "class", "outcome", "source", "action",
    "session", "severity",
];
/// Values asked for.
const MOST: u32 = 100;

/// Values of one field.
#[derive(Debug, Default)]
pub(super) struct Facet {
    field: usize,
    values: Option<Result<Vec<Count>, Problem>>,
    shelf: Shelf,
    turn: u32,
}

impl Facet {
    /// Forgets what was counted.
    pub(super) fn forget(&mut self) {
        self.values = None;
        self.turn += 1;
    }

    fn field(&self) -> &'static str {
        FIELDS[self.field]
    }

    /// Goes to another field.
    pub(super) fn turn(&mut self, by: isize) {
        self.field = (self.field + FIELDS.len()).saturating_add_signed(by) % FIELDS.len();
        self.values = None;
        self.shelf = Shelf { height: self.shelf.height, ..Shelf::default() };
    }

    pub(super) fn ask(&mut self, query: String, since: Timestamp, until: Timestamp) -> Ask {
        self.turn += 1;
        let input = TopInput { field: self.field().into(), query, since, until, limit: Some(MOST), at: None };
        Ask::Fetch(Fetch::of::<AuditTop>("values", self.turn, &input))
    }

    pub(super) fn replied(&mut self, turn: u32, result: &Result<Reply, Problem>) {
        if turn == self.turn {
            self.values = Some(result.clone().and_then(Reply::read::<AuditTop>));
            self.shelf.settle(self.values().len());
        }
    }

    fn values(&self) -> &[Count] {
        match &self.values {
            Some(Ok(values)) => values,
            _ => &[],
        }
    }

    pub(super) fn motion(&mut self, motion: Motion) {
        let len = self.values().len();
        self.shelf.motion(motion, len);
    }

    pub(super) fn resize(&mut self, area: Rect) {
        self.shelf.height = area.height.saturating_sub(2) as usize;
        let len = self.values().len();
        self.shelf.settle(len);
    }

    /// The query with only the value under the cursor.
    pub(super) fn only(&self, query: &str) -> Option<String> {
        let value = self.values().get(self.shelf.at)?;
        let term = word::term(self.field(), value.value.raw());
        Some(if query.trim().is_empty() { term } else { format!("({query}) {term}") })
    }

    pub(super) fn draw(&self, buf: &mut Buffer, area: Rect, look: &Look) {
        let inner = panel(buf, area, look, &format!("{}: Tab, another field", self.field()), true);
        match &self.values {
            None => word::note(buf, inner, look, "Counting …"),
            Some(Err(problem)) => word::note(buf, inner, look, &problem.to_string()),
            Some(Ok(values)) if values.is_empty() => word::note(buf, inner, look, "No event has this field."),
            Some(Ok(values)) => {
                let bar = |c: &Count| Bar { label: c.value.cell(60), count: c.count, tone: Tone::Text };
                let bars: Vec<Bar> = values[self.shelf.window(values.len())].iter().map(bar).collect();
                chart::bars(buf, inner, look, &bars, self.shelf.line(values.len()));
            }
        }
    }
}

impl Hunt {
    /// What the operator wants of the values that are counted, while they are.
    pub(super) fn in_facet(&mut self, intent: &Intent) -> Option<Vec<Ask>> {
        let facet = self.facet.as_mut()?;
        match intent {
            Intent::Move(Motion::NextPanel) => facet.turn(1),
            Intent::Move(Motion::PreviousPanel) => facet.turn(-1),
            Intent::Move(motion) => {
                facet.motion(*motion);
                return Some(Vec::new());
            }
            Intent::Open => {
                // Nothing counted yet: the key is still for the counts, and not for the row behind them.
                let only = facet.only(self.found.query());
                return Some(only.map(|query| self.set_filter(query)).unwrap_or_default());
            }
            Intent::Back | Intent::Facets => {
                self.facet = None;
                return Some(Vec::new());
            }
            _ => return None,
        }
        Some(self.counts())
    }
}
