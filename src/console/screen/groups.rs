//! The rows of a list counted by a field: all of them, part after part, to the very end. Enter opens exactly the rows of a
//! group, Tab counts by the next field.
//!
//! ```text
//! filter  state:new,claimed,escalated                                    14 incidents in 3 groups
//!  [severity] rule  range  address  user  country  state  owner ...
//! › C critical            9 ▪▪▪▪▪▪▪▪▪▪▪▪▪
//!   H high                4 ▪▪▪▪▪▪
//! ```

use super::shelf::Shelf;
use super::{Ask, FilterLine, Opening, Screen, Station, Touched, sheet, triage, word};
use crate::api::endpoint::{CountGroups, GroupInput};
use crate::api::{Live, Problem, Reply};
use crate::command::{Context, Intent, Motion, Place, Resource};
use crate::console::app::msg::Fetch;
use crate::console::theme::Tone;
use crate::console::widget::chart::{self, Bar};
use crate::console::widget::panel::split_top;
use crate::console::widget::{Look, line};
use crate::query::group::{groupable, only};
use crate::text::{human, visible};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use std::collections::HashMap;

/// Different values that are counted at most.
const MOST: usize = 200_000;

/// The screen.
#[derive(Debug)]
pub struct Groups {
    rows: Resource,
    query: String,
    field: usize,
    counts: HashMap<String, u64>,
    /// What was counted, most frequent first.
    ranked: Vec<(String, u64)>,
    counted: u64,
    /// All of it was counted.
    whole: bool,
    problem: Option<Problem>,
    turn: u32,
    shelf: Shelf,
}

impl Default for Groups {
    fn default() -> Self {
        Self::new(Resource::Incidents, triage::OPEN, None)
    }
}

impl Groups {
    /// Rows that fit a query, by a field; the most telling one when none is named.
    #[must_use]
    pub fn new(rows: Resource, query: &str, field: Option<&str>) -> Self {
        let fields = groupable(rows.fields());
        let field = field.and_then(|name| fields.iter().position(|f| *f == name)).unwrap_or(0);
        Self {
            rows,
            query: query.to_owned(),
            field,
            counts: HashMap::new(),
            ranked: Vec::new(),
            counted: 0,
            whole: false,
            problem: None,
            turn: 0,
            shelf: Shelf::default(),
        }
    }

    fn fields(&self) -> &'static [&'static str] {
        groupable(self.rows.fields())
    }

    fn name(&self) -> &'static str {
        self.fields().get(self.field).copied().unwrap_or_default()
    }

    fn ask(&self, after: Option<String>) -> Ask {
        let input = GroupInput {
            rows: self.rows.word().into(),
            field: self.name().into(),
            query: self.query.clone(),
            at: None,
            after,
        };
        Ask::Fetch(Fetch::of::<CountGroups>("groups", self.turn, &input))
    }

    /// Counts from the beginning.
    fn count(&mut self) -> Vec<Ask> {
        self.turn += 1;
        (self.counts, self.counted, self.whole) = (HashMap::new(), 0, false);
        vec![self.ask(None)]
    }

    fn take(&mut self, groups: crate::api::endpoint::Groups) -> Vec<Ask> {
        self.counted += groups.rows;
        for group in groups.groups {
            *self.counts.entry(group.value.raw().to_owned()).or_default() += group.count;
        }
        let chosen = self.ranked.get(self.shelf.at).map(|(value, _)| value.clone());
        self.problem = None;
        let next = groups.next.filter(|_| self.counts.len() <= MOST);
        self.whole = next.is_none();
        let mut ranked: Vec<_> = self.counts.iter().map(|(value, count)| (value.clone(), *count)).collect();
        ranked.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        self.ranked = ranked;
        let place = chosen.and_then(|value| self.ranked.iter().position(|(v, _)| *v == value));
        self.shelf.at = place.unwrap_or(self.shelf.at);
        self.shelf.settle(self.ranked.len());
        next.map(|after| self.ask(Some(after))).into_iter().collect()
    }

    /// The query that keeps only the group under the cursor.
    fn only(&self) -> Option<String> {
        let (value, _) = self.ranked.get(self.shelf.at)?;
        let term = only(self.rows.fields(), self.name(), value);
        Some(if self.query.trim().is_empty() { term } else { format!("({}) {term}", self.query) })
    }

    fn summary(&self) -> String {
        let rows = human::counted(self.counted, self.rows.rows());
        let groups = human::counted(self.ranked.len() as u64, "groups");
        match (self.whole, self.counts.len() > MOST) {
            (_, true) => format!("{rows} so far: too many different values"),
            (true, _) => format!("{rows} in {groups}"),
            (false, _) => format!("counting: {rows} so far"),
        }
    }

    fn bar(&self, (value, count): &(String, u64)) -> Bar {
        let (label, tone) = match (self.name(), value.as_str()) {
            (_, "") => ("(none)".into(), Tone::Muted),
            ("severity", value) => word::severity(&value.into()),
            (_, value) => (visible::escape(value).into_owned(), Tone::Text),
        };
        Bar { label, count: *count, tone }
    }
}

impl Station for Groups {
    const PLACE: Place = Place("screen.groups");
    const KEYS: &'static [&'static str] = &["g b"];
    const ABOUT: &'static str = "Incidents or detections counted by a field";
    const PICTURES: &'static [(&'static str, &'static str)] = &[("", ""), ("range", "Tab Tab")];

    fn open(cx: &Context) -> Opening {
        Opening::Over(Box::new(match &cx.listed {
            Some((rows @ (Resource::Incidents | Resource::Detections), query)) => Self::new(*rows, query, None),
            _ => Self::default(),
        }))
    }
}

impl Screen for Groups {
    fn place(&self) -> Place {
        Self::PLACE
    }

    fn title(&self) -> String {
        format!("by {}", self.name())
    }

    fn refresh(&mut self) -> Vec<Ask> {
        self.count()
    }

    fn replied(&mut self, _part: &'static str, turn: u32, result: Result<Reply, Problem>) -> Vec<Ask> {
        if turn != self.turn {
            return Vec::new();
        }
        match result.and_then(Reply::read::<CountGroups>) {
            Ok(groups) => self.take(groups),
            Err(problem) => {
                self.problem = Some(problem);
                Vec::new()
            }
        }
    }

    fn live(&mut self, update: &Live) -> Touched {
        match (update, self.rows) {
            (Live::Incident(_), Resource::Incidents) | (Live::Detection(_), Resource::Detections) => Touched::Stale,
            _ => Touched::Nothing,
        }
    }

    fn patience(&self) -> i64 {
        5000
    }

    fn intent(&mut self, intent: &Intent) -> Option<Vec<Ask>> {
        match intent {
            Intent::Move(motion @ (Motion::NextPanel | Motion::PreviousPanel)) => {
                let len = self.fields().len().max(1);
                self.field = (self.field + if *motion == Motion::NextPanel { 1 } else { len - 1 }) % len;
                (self.ranked, self.shelf.at, self.shelf.top) = (Vec::new(), 0, 0);
                Some(self.count())
            }
            Intent::Move(motion) => {
                self.shelf.motion(*motion, self.ranked.len());
                Some(Vec::new())
            }
            Intent::Open => {
                let query = self.only();
                Some(
                    query
                        .map(|query| match self.rows {
                            Resource::Detections => Ask::Intent(Intent::SearchDetections(query)),
                            _ => Ask::Push(Box::new(triage::Triage::of(&query))),
                        })
                        .into_iter()
                        .collect(),
                )
            }
            _ => None,
        }
    }

    fn forget(&mut self) {
        let field = self.field;
        *self = Self { turn: self.turn + 1, shelf: self.shelf, ..Self::new(self.rows, &self.query, None) };
        self.field = field;
    }

    fn resized(&mut self, body: Rect) {
        self.shelf.height = body.height.saturating_sub(2) as usize;
        self.shelf.settle(self.ranked.len());
    }

    fn filter(&self) -> Option<FilterLine> {
        Some(FilterLine { text: self.query.clone(), rows: self.rows, problem: None })
    }

    fn set_filter(&mut self, query: String) -> Vec<Ask> {
        self.query = query;
        self.ranked.clear();
        self.count()
    }

    fn view(&self, area: Rect, buf: &mut Buffer, look: &Look) {
        let line_of = FilterLine { text: self.query.clone(), rows: self.rows, problem: None };
        let area = sheet::head(buf, area, look, &line_of, &self.summary());
        let (top, rest) = split_top(area, 1);
        line(buf, top, 0, look, &word::tabs(look, top, self.fields().iter().copied(), self.field));
        if self.ranked.is_empty() {
            let text = word::nothing(self.whole, self.problem.as_ref(), "Nothing fits this filter.");
            return word::note(buf, rest, look, &text);
        }
        let bars: Vec<Bar> = self.ranked[self.shelf.window(self.ranked.len())].iter().map(|g| self.bar(g)).collect();
        chart::bars(buf, rest, look, &bars, self.shelf.line(self.ranked.len()));
    }
}
