//! Rows of a list that is longer than memory should hold: pages by cursor, a window of them resident, the cursor kept
//! by id.
//!
//! Page after page is fetched as the cursor nears the end, to the very end. Pages far from the cursor are dropped and
//! fetched again by the cursor they came with. What comes in at the head moves nothing under the operator: the selected
//! row stays selected and on its line, and rows above the view are counted (`fresh`). Knows nothing of drawing.

mod load;
mod mark;

use crate::api::Problem;
use crate::command::Motion;
use std::collections::BTreeMap;

/// Rows asked for at once.
pub const PAGE: u32 = 200;
/// Rows asked for at once on the way to the very end, and the most the platform gives.
const BIG_PAGE: u32 = 1000;
/// Rows kept in memory, give or take a page.
const RESIDENT: usize = 4000;
/// The next page is fetched when the cursor is this near to the end.
const NEAR: usize = 60;

/// What can be a row.
pub trait Row {
    /// Its number among its kind.
    fn id(&self) -> u64;

    /// The number of the incident that it is, if it is one.
    fn incident(&self) -> Option<u64> {
        None
    }
}

/// How a list is ordered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// By time; rows never change place, new ones come at the head.
    Time,
    /// Like `Time`, and a cursor on the very first row stays on the newest: for looking on.
    Stream,
    /// By urgency or the like; rows may move and vanish.
    Shifting,
}

/// A page to fetch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Want {
    /// `head`, `tail` or `fill`.
    pub part: &'static str,
    /// Changes whenever answers on their way no longer fit.
    pub turn: u32,
    /// Cursor of the page.
    pub after: Option<String>,
    /// Rows.
    pub limit: u32,
}

#[derive(Debug)]
struct Leaf<T> {
    after: Option<String>,
    limit: u32,
    len: usize,
    items: Option<Vec<T>>,
}

/// The rows.
#[derive(Debug)]
pub struct Rows<T> {
    order: Order,
    leaves: Vec<Leaf<T>>,
    next: Option<String>,
    /// How many there are on all pages, as the platform said with the head.
    total: Option<u64>,
    loaded: bool,
    problem: Option<Problem>,
    cursor: usize,
    top: usize,
    height: usize,
    marks: BTreeMap<u64, T>,
    all: bool,
    fresh: usize,
    fresh_or_more: bool,
    to_the_end: bool,
    filling: Option<String>,
    turn: u32,
    hidden: Vec<&'static str>,
}

impl<T: Row + Clone> Rows<T> {
    /// Nothing yet.
    #[must_use]
    pub const fn new(order: Order) -> Self {
        Self {
            order,
            leaves: Vec::new(),
            next: None,
            total: None,
            loaded: false,
            problem: None,
            cursor: 0,
            top: 0,
            height: 1,
            marks: BTreeMap::new(),
            all: false,
            fresh: 0,
            fresh_or_more: false,
            to_the_end: false,
            filling: None,
            turn: 0,
            hidden: Vec::new(),
        }
    }

    /// Forgets everything: another query.
    pub fn reset(&mut self) {
        let hidden = std::mem::take(&mut self.hidden);
        *self = Self { height: self.height, turn: self.turn + 1, hidden, ..Self::new(self.order) };
    }

    /// Known rows.
    #[must_use]
    pub fn len(&self) -> usize {
        self.leaves.iter().map(|l| l.len).sum()
    }

    /// No row is known.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.leaves.iter().all(|l| l.len == 0)
    }

    /// An answer has come.
    #[must_use]
    pub const fn is_loaded(&self) -> bool {
        self.loaded
    }

    /// Why the last fetch failed.
    #[must_use]
    pub const fn problem(&self) -> Option<&Problem> {
        self.problem.as_ref()
    }

    /// The row at `index`, if it is resident.
    #[must_use]
    pub fn get(&self, index: usize) -> Option<&T> {
        let mut start = 0;
        for leaf in &self.leaves {
            if index < start + leaf.len {
                return leaf.items.as_ref().and_then(|items| items.get(index - start));
            }
            start += leaf.len;
        }
        None
    }

    /// The visible rows, in order; nothing where one is being fetched.
    #[must_use]
    pub fn window(&self) -> Vec<Option<&T>> {
        (self.top..self.len().min(self.top + self.height)).map(|i| self.get(i)).collect()
    }

    /// The row under the cursor.
    #[must_use]
    pub fn selected(&self) -> Option<&T> {
        self.get(self.cursor)
    }

    /// Which row the cursor is on, from the first.
    #[must_use]
    pub const fn cursor(&self) -> usize {
        self.cursor
    }

    /// Moves the cursor to a row, if it is resident.
    pub fn select(&mut self, id: u64) {
        if let Some(at) = (0..self.len()).find(|i| self.get(*i).is_some_and(|row| row.id() == id)) {
            self.cursor = at;
            self.settle();
        }
    }

    /// The line of the window that the cursor is on.
    #[must_use]
    pub fn line(&self) -> Option<usize> {
        (self.cursor < self.len()).then(|| self.cursor - self.top)
    }

    /// How many rows there are, honestly: `1,240+ rows` while nobody has counted the rest, and how many came in above.
    #[must_use]
    pub fn summary(&self, noun: &str) -> String {
        use crate::text::human::{count, counted};
        if !self.loaded {
            return "loading".into();
        }
        let mut text = match (&self.next, self.total) {
            (Some(_), Some(total)) => counted(total.max(self.len() as u64), noun),
            (Some(_), None) => format!("{}+ {noun}", count(self.len() as u64)),
            (None, _) => counted(self.len() as u64, noun),
        };
        if self.fresh > 0 {
            let more = if self.fresh_or_more { "+" } else { "" };
            text = format!("{}{more} new above (g g) · {text}", count(self.fresh as u64));
        }
        if self.all {
            text = format!("all marked · {text}");
        } else if !self.marks.is_empty() {
            text = format!("{} marked · {text}", self.marks.len());
        }
        text
    }

    /// Columns that are not to be shown.
    #[must_use]
    pub fn hidden(&self) -> &[&'static str] {
        &self.hidden
    }

    /// Does not show these columns.
    pub fn hide(&mut self, hidden: Vec<&'static str>) {
        self.hidden = hidden;
    }

    /// It has this many lines now.
    pub fn resize(&mut self, height: usize) {
        self.height = height.max(1);
        self.settle();
    }

    /// Moves the cursor; returns what has to be fetched for that.
    pub fn motion(&mut self, motion: Motion) -> Vec<Want> {
        let page = self.height.max(2) as isize;
        self.to_the_end = motion == Motion::Last && self.next.is_some();
        match motion {
            Motion::Up => self.step(-1),
            Motion::Down => self.step(1),
            Motion::HalfUp => self.step(-page / 2),
            Motion::HalfDown => self.step(page / 2),
            Motion::PageUp => self.step(1 - page),
            Motion::PageDown => self.step(page - 1),
            Motion::First => {
                self.cursor = 0;
                self.settle();
                if self.fresh > 0 {
                    self.fresh = 0;
                    return vec![self.head()];
                }
            }
            Motion::Last => self.step(isize::MAX),
            Motion::NextPanel | Motion::PreviousPanel => {}
        }
        self.wants()
    }

    fn step(&mut self, by: isize) {
        self.cursor = self.cursor.saturating_add_signed(by);
        self.settle();
    }

    /// Keeps cursor and view within the rows and the cursor within the view.
    fn settle(&mut self) {
        let len = self.len();
        self.cursor = self.cursor.min(len.saturating_sub(1));
        self.top = self.top.min(self.cursor).max((self.cursor + 1).saturating_sub(self.height));
        self.top = self.top.min(len.saturating_sub(self.height.min(len)));
        if self.top == 0 && !self.fresh_or_more {
            self.fresh = 0;
        }
    }
}

#[cfg(test)]
mod tests;
