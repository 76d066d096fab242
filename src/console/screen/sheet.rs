//! A whole screen around one list: the filter and the count above, the rows, the one under the cursor in full below.
//! What is particular about a list is its [`Subject`].

use super::listing::Listing;
use super::rows::{self, Order, Rows};
use super::{Ask, FilterLine, Opening, Screen, Station, Touched, grid, word};
use crate::api::{Endpoint, List, Live, Page, Problem, Reply};
use crate::column;
use crate::command::{Context, Intent, Place, Resource, Target};
use crate::console::theme::Tone;
use crate::console::widget::panel::{panel, split_bottom, split_top};
use crate::console::widget::{Look, Span, line, muted, plain, put, table, wrap};
use crate::text::{fit, visible};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// What is particular about the list on a screen.
pub trait Subject: std::fmt::Debug + Default + Send + 'static {
    /// Which call pages through it.
    type Call: Endpoint<Input = List, Output = Page<Self::Row>>;
    /// Its rows.
    type Row: rows::Row + column::Row + Clone + std::fmt::Debug + Send;

    /// As in [`Station`].
    const PLACE: Place;
    /// As in [`Station`].
    const KEYS: &'static [&'static str];
    /// As in [`Station`].
    const ABOUT: &'static str;
    /// As in [`Station`].
    const PICTURES: &'static [(&'static str, &'static str)] = &[("", "")];
    /// Name in the breadcrumbs.
    const TITLE: &'static str;
    /// What its rows are.
    const ROWS: Resource;
    /// How it is ordered.
    const ORDER: Order = Order::Time;
    /// The filter it opens with; Esc comes back to it before it leaves.
    const HOME: &'static str = "";
    /// Said when there are no rows.
    const EMPTY: &'static str;

    /// What a row stands for.
    fn target(_row: &Self::Row) -> Option<Target> {
        None
    }
    /// What Enter opens.
    fn open(row: &Self::Row) -> Option<Intent>;
    /// A live update; rows that changed are put in place.
    fn live(update: &Live, rows: &mut Rows<Self::Row>) -> Touched;
    /// A row is of the drill.
    fn drill(_row: &Self::Row) -> bool {
        false
    }
    /// What else it asks for when it refreshes.
    fn besides(&mut self) -> Vec<Ask> {
        Vec::new()
    }
    /// An answer to one of these; false when it is none.
    fn took(&mut self, _part: &'static str, _result: &Result<Reply, Problem>) -> bool {
        false
    }
    /// Something the operator wants that lists know nothing of.
    fn intent(&mut self, _intent: &Intent) -> Option<Vec<Ask>> {
        None
    }
    /// Milliseconds between refreshes while updates pour in.
    fn patience() -> i64 {
        500
    }
    /// A line above the rows.
    fn headline(&self, _look: &Look) -> Vec<Span> {
        Vec::new()
    }
    /// The row under the cursor in full: title and lines; nothing when the table says it all.
    fn detail(&self, _row: &Self::Row, _width: usize, _look: &Look) -> Option<(String, Vec<Vec<Span>>)> {
        None
    }
    /// How much of the screen the pane for it takes.
    const PANE: Pane = Pane::None;
    /// There is a headline.
    const HEADLINE: bool = false;
}

/// The pane below a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pane {
    /// There is none.
    None,
    /// Six rows.
    Small,
    /// Half of the screen.
    Half,
}

/// The screen.
pub struct Sheet<S: Subject> {
    list: Listing<S::Call, S::Row>,
    subject: S,
    home: String,
}

impl<S: Subject> std::fmt::Debug for Sheet<S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sheet").field("title", &S::TITLE).field("query", &self.list.query()).finish_non_exhaustive()
    }
}

impl<S: Subject> Default for Sheet<S> {
    fn default() -> Self {
        Self::of(S::HOME)
    }
}

impl<S: Subject> Sheet<S> {
    /// With this filter, to which Esc comes back.
    #[must_use]
    pub fn of(query: &str) -> Self {
        Self { list: Listing::new(S::ORDER, query, S::ROWS), subject: S::default(), home: query.to_owned() }
    }

    /// Rows, and the pane below.
    fn parts(area: Rect) -> (Rect, Rect) {
        split_bottom(
            area,
            match S::PANE {
                _ if area.height < 13 => 0,
                Pane::None => 0,
                Pane::Small => 6,
                Pane::Half => area.height.div_ceil(2),
            },
        )
    }
}

impl<S: Subject> Station for Sheet<S> {
    const PLACE: Place = S::PLACE;
    const KEYS: &'static [&'static str] = S::KEYS;
    const ABOUT: &'static str = S::ABOUT;
    const PICTURES: &'static [(&'static str, &'static str)] = S::PICTURES;

    fn open(_: &Context) -> Opening {
        Opening::Root(Box::new(Self::default()))
    }
}

impl<S: Subject> Screen for Sheet<S> {
    fn place(&self) -> Place {
        S::PLACE
    }

    fn title(&self) -> String {
        S::TITLE.into()
    }

    fn refresh(&mut self) -> Vec<Ask> {
        let mut asks = self.list.refresh();
        asks.extend(self.subject.besides());
        asks
    }

    fn replied(&mut self, part: &'static str, turn: u32, result: Result<Reply, Problem>) -> Vec<Ask> {
        if self.subject.took(part, &result) { Vec::new() } else { self.list.replied(part, turn, result) }
    }

    fn live(&mut self, update: &Live) -> Touched {
        S::live(update, &mut self.list.rows)
    }

    fn intent(&mut self, intent: &Intent) -> Option<Vec<Ask>> {
        match intent {
            Intent::Open => Some(self.list.rows.selected().and_then(S::open).map(Ask::Intent).into_iter().collect()),
            Intent::Back if self.list.rows.clear_marks() => Some(Vec::new()),
            Intent::Back if self.list.query() != self.home => Some(self.list.set_query(self.home.clone())),
            _ => self.subject.intent(intent).or_else(|| self.list.intent(intent)),
        }
    }

    fn patience(&self) -> i64 {
        S::patience()
    }

    fn forget(&mut self) {
        self.list.forget();
        self.subject = S::default();
    }

    fn resized(&mut self, body: Rect) {
        let headline = u16::from(S::HEADLINE);
        let (rows, _) = Self::parts(split_top(body, 1 + headline).1);
        self.list.rows.resize(table::room(rows));
    }

    fn selected(&self) -> Option<Target> {
        self.list.rows.selected().and_then(S::target)
    }

    fn marked(&self) -> Vec<Target> {
        self.list.rows.marked().filter_map(S::target).collect()
    }

    fn all_marked(&self) -> bool {
        self.list.rows.all_marked()
    }

    fn filter(&self) -> Option<FilterLine> {
        Some(self.list.line())
    }

    fn set_filter(&mut self, query: String) -> Vec<Ask> {
        self.list.set_query(query)
    }

    fn drill(&self) -> bool {
        self.list.rows.window().into_iter().flatten().any(S::drill)
    }

    fn view(&self, area: Rect, buf: &mut Buffer, look: &Look) {
        let rows = &self.list.rows;
        let others = rows.selected().and_then(|row| grid::others(row, look));
        let others = others.map_or_else(String::new, |names| format!("{names} looking · "));
        let mut area = head(buf, area, look, &self.list.line(), &(others + &rows.summary(S::ROWS.rows())));
        if S::HEADLINE {
            let (top, rest) = split_top(area, 1);
            line(buf, top, 0, look, &self.subject.headline(look));
            area = rest;
        }
        if rows.is_empty() {
            return word::note(buf, area, look, &word::nothing(rows.is_loaded(), rows.problem(), S::EMPTY));
        }
        let (list, below) = Self::parts(area);
        grid::window(buf, list, look, rows);
        let width = below.width.saturating_sub(2) as usize;
        let detail = rows.selected().filter(|_| below.height > 2).and_then(|r| self.subject.detail(r, width, look));
        if let Some((title, lines)) = detail {
            let inner = panel(buf, below, look, &title, false);
            // The newest lines matter most when not all fit.
            let skip = lines.len().saturating_sub(inner.height as usize);
            for (i, spans) in lines.iter().skip(skip).enumerate() {
                line(buf, inner, u16::try_from(i).unwrap_or(u16::MAX), look, spans);
            }
        }
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
