//! The queue: incidents, most urgent first.
//!
//! ```text
//! filter  state:new,claimed,escalated                                       2 new above (g g) · 14 rows
//!    # severity   score  age state  owner  title                    entity        cc contained detections
//! › 12 C critical    92  12s new    -      SQL injection, refused   198.51.100.7  NL 410 ms            41 ◊drill
//! ```

use super::listing::Listing;
use super::rows::{Order, Row};
use super::{Ask, FilterLine, Screen, Touched, grid, word};
use crate::api::endpoint::ListIncidents;
use crate::api::{Incident, Live, Problem, Reply};
use crate::command::{Intent, Place, Target};
use crate::console::theme::Tone;
use crate::console::widget::panel::split_top;
use crate::console::widget::{Look, line, muted, plain, put, wrap};
use crate::text::{fit, visible};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// What the queue shows by itself.
pub const OPEN: &str = "state:new,claimed,escalated";

impl Row for Incident {
    fn id(&self) -> u64 {
        self.id.0
    }
}

/// The line over a table: the filter on the left, how many rows on the right; the platform's refusal below it.
pub fn head(buf: &mut Buffer, area: Rect, look: &Look, filter: &FilterLine, summary: &str) -> Rect {
    let (top, mut rest) = split_top(area, 1);
    let width = fit::width(summary).min(top.width as usize / 2) as u16;
    let shown = if filter.text.is_empty() { "everything".into() } else { visible::escape(&filter.text) };
    let left = Rect { width: top.width.saturating_sub(width + 2), ..top };
    line(buf, left, 0, look, &[muted(" filter  "), plain(shown)]);
    put(buf, (top.right() - width.min(top.width), top.y), width, summary, look.style(Tone::Muted));
    if let Some(problem) = &filter.problem {
        let width = area.width.saturating_sub(2).max(1) as usize;
        for text in problem.to_string().lines().flat_map(|l| wrap(l, width)) {
            line(buf, rest, 0, look, &[(format!(" {text}"), Tone::Problem)]);
            rest = split_top(rest, 1).1;
        }
    }
    rest
}

/// The screen.
#[derive(Debug)]
pub struct Triage {
    list: Listing<ListIncidents, Incident>,
    /// The filter it was opened with; Esc comes back to it before it leaves.
    home: String,
}

impl Triage {
    /// With this filter.
    #[must_use]
    pub fn new(query: &str) -> Self {
        Self { list: Listing::new(Order::Shifting, query), home: query.to_owned() }
    }
}

impl Screen for Triage {
    fn place(&self) -> Place {
        Place::Triage
    }

    fn title(&self) -> String {
        "Triage".into()
    }

    fn refresh(&mut self) -> Vec<Ask> {
        self.list.refresh()
    }

    fn replied(&mut self, part: &'static str, turn: u32, result: Result<Reply, Problem>) -> Vec<Ask> {
        self.list.replied(part, turn, result)
    }

    fn live(&mut self, update: &Live) -> Touched {
        match update {
            Live::Incident(incident) => {
                self.list.rows.patch(incident);
                Touched::Stale
            }
            _ => Touched::Nothing,
        }
    }

    fn intent(&mut self, intent: &Intent) -> Option<Vec<Ask>> {
        match intent {
            Intent::Open => {
                Some(self.list.rows.selected().map_or_else(Vec::new, |i| vec![Ask::Intent(Intent::OpenIncident(i.id))]))
            }
            Intent::Back if self.list.rows.clear_marks() => Some(Vec::new()),
            Intent::Back if self.list.query() != self.home => Some(self.list.set_query(self.home.clone())),
            _ => self.list.intent(intent),
        }
    }

    fn resized(&mut self, body: Rect) {
        self.list.rows.resize(body.height.saturating_sub(2) as usize);
    }

    fn selected(&self) -> Option<Target> {
        self.list.rows.selected().map(|i| Target::Incident(Box::new(i.clone())))
    }

    fn marked(&self) -> Vec<Target> {
        self.list.rows.marked().map(|i| Target::Incident(Box::new(i.clone()))).collect()
    }

    fn filter(&self) -> Option<FilterLine> {
        Some(self.list.line())
    }

    fn set_filter(&mut self, query: String) -> Vec<Ask> {
        self.list.set_query(query)
    }

    fn drill(&self) -> bool {
        self.list.rows.window().into_iter().flatten().any(|i| i.drill)
    }

    fn view(&self, area: Rect, buf: &mut Buffer, look: &Look) {
        let rows = &self.list.rows;
        let area = head(buf, area, look, &self.list.line(), &rows.summary("incidents"));
        if rows.is_empty() {
            let text =
                word::nothing(rows.is_loaded(), rows.problem(), "No incident fits this filter. The queue is clear.");
            line(buf, area, 1, look, &[muted(format!("  {}", text.replace('\n', " ")))]);
            return;
        }
        grid::window(buf, area, look, rows);
    }
}
