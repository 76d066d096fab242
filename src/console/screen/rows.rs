//! Rows of a list that is longer than memory should hold: pages by cursor, a window of them resident, the cursor kept
//! by id.
//!
//! Page after page is fetched as the cursor nears the end, to the very end. Pages far from the cursor are dropped and
//! fetched again by the cursor they came with. What comes in at the head moves nothing under the operator: the selected
//! row stays selected and on its line, and rows above the view are counted (`fresh`). Knows nothing of drawing.

use crate::api::{Page, Problem};
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
    loaded: bool,
    problem: Option<Problem>,
    cursor: usize,
    top: usize,
    height: usize,
    marks: BTreeMap<u64, T>,
    fresh: usize,
    fresh_or_more: bool,
    to_the_end: bool,
    filling: Option<String>,
    turn: u32,
}

impl<T: Row + Clone> Rows<T> {
    /// Nothing yet.
    #[must_use]
    pub const fn new(order: Order) -> Self {
        Self {
            order,
            leaves: Vec::new(),
            next: None,
            loaded: false,
            problem: None,
            cursor: 0,
            top: 0,
            height: 1,
            marks: BTreeMap::new(),
            fresh: 0,
            fresh_or_more: false,
            to_the_end: false,
            filling: None,
            turn: 0,
        }
    }

    /// Forgets everything: another query.
    pub fn reset(&mut self) {
        *self = Self { height: self.height, turn: self.turn + 1, ..Self::new(self.order) };
    }

    /// Known rows.
    #[must_use]
    pub fn len(&self) -> usize {
        self.leaves.iter().map(|l| l.len).sum()
    }

    /// Loaded, and there is nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.loaded && self.leaves.iter().all(|l| l.len == 0)
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

    /// All resident rows.
    pub fn resident(&self) -> impl Iterator<Item = &T> {
        self.leaves.iter().filter_map(|l| l.items.as_ref()).flatten()
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

    /// The line of the window that the cursor is on.
    #[must_use]
    pub fn line(&self) -> Option<usize> {
        (self.cursor < self.len()).then(|| self.cursor - self.top)
    }

    /// Marked rows, as they were last seen.
    pub fn marked(&self) -> impl Iterator<Item = &T> {
        self.marks.values()
    }

    /// Whether a row is marked.
    #[must_use]
    pub fn is_marked(&self, row: &T) -> bool {
        self.marks.contains_key(&row.id())
    }

    /// Marks the row under the cursor, or takes its mark away, and moves on.
    pub fn toggle_mark(&mut self) {
        if let Some(row) = self.selected().cloned() {
            if self.marks.remove(&row.id()).is_none() {
                self.marks.insert(row.id(), row);
            }
            self.step(1);
        }
    }

    /// Takes all marks away; false when there were none.
    pub fn clear_marks(&mut self) -> bool {
        !std::mem::take(&mut self.marks).is_empty()
    }

    /// How many rows there are, honestly: `1,240+ rows` while there may be more, and how many came in above.
    #[must_use]
    pub fn summary(&self, noun: &str) -> String {
        use crate::text::human::count;
        if !self.loaded {
            return "loading".into();
        }
        let more = if self.next.is_some() { "+" } else { "" };
        let mut text = format!("{}{more} {noun}", count(self.len() as u64));
        if self.fresh > 0 {
            let more = if self.fresh_or_more { "+" } else { "" };
            text = format!("{}{more} new above (g g) · {text}", count(self.fresh as u64));
        }
        if !self.marks.is_empty() {
            text = format!("{} marked · {text}", self.marks.len());
        }
        text
    }

    /// It has this many lines now.
    pub fn resize(&mut self, height: usize) {
        self.height = height.max(1);
        self.settle();
    }

    /// The request that brings the head up to date.
    #[must_use]
    pub fn head(&self) -> Want {
        let limit = match self.order {
            Order::Time | Order::Stream => PAGE,
            Order::Shifting => u32::try_from(self.len()).unwrap_or(BIG_PAGE).clamp(PAGE, BIG_PAGE),
        };
        Want { part: "head", turn: self.turn, after: None, limit }
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

    /// What has to be fetched for the rows around the cursor.
    #[must_use]
    pub fn wants(&mut self) -> Vec<Want> {
        self.evict();
        let mut wants = Vec::new();
        if let Some(after) = &self.next
            && (self.to_the_end || self.cursor + self.height + NEAR >= self.len())
        {
            let limit = if self.to_the_end { BIG_PAGE } else { PAGE };
            wants.push(Want { part: "tail", turn: self.turn, after: Some(after.clone()), limit });
        }
        let mut start = 0;
        for leaf in &self.leaves {
            let near = start < self.top + self.height + NEAR && start + leaf.len + NEAR > self.top;
            if near && leaf.items.is_none() {
                self.filling.clone_from(&leaf.after);
                wants.push(Want { part: "fill", turn: self.turn, after: leaf.after.clone(), limit: leaf.limit });
                break;
            }
            start += leaf.len;
        }
        wants
    }

    /// Drops the pages farthest from the cursor while too many rows are resident.
    fn evict(&mut self) {
        loop {
            let resident: usize = self.leaves.iter().filter(|l| l.items.is_some()).map(|l| l.len).sum();
            if resident <= RESIDENT + BIG_PAGE as usize {
                return;
            }
            let (mut start, mut farthest) = (0usize, None);
            for (i, leaf) in self.leaves.iter().enumerate() {
                let middle = start + leaf.len / 2;
                if leaf.items.is_some() {
                    let distance = middle.abs_diff(self.cursor);
                    if farthest.is_none_or(|(d, _)| distance > d) {
                        farthest = Some((distance, i));
                    }
                }
                start += leaf.len;
            }
            match farthest {
                Some((_, i)) => self.leaves[i].items = None,
                None => return,
            }
        }
    }

    /// A fetch failed.
    pub fn failed(&mut self, turn: u32, problem: Problem) {
        if turn == self.turn {
            self.loaded = true;
            self.to_the_end = false;
            self.problem = Some(problem);
        }
    }

    /// A page came. Returns what has to be fetched next.
    pub fn arrived(&mut self, part: &'static str, turn: u32, page: Page<T>) -> Vec<Want> {
        if turn != self.turn {
            return Vec::new();
        }
        self.problem = None;
        match part {
            "head" => self.take_head(page),
            "tail" => {
                let limit = u32::try_from(page.items.len()).unwrap_or(PAGE).max(1);
                let after = std::mem::replace(&mut self.next, page.next);
                self.leaves.push(Leaf { after, limit, len: page.items.len(), items: Some(page.items) });
                if self.to_the_end {
                    self.step(isize::MAX);
                    self.to_the_end = self.next.is_some();
                }
            }
            _ => {
                let after = self.filling.take();
                if let Some(leaf) = self.leaves.iter_mut().find(|l| l.items.is_none() && l.after == after) {
                    leaf.len = page.items.len();
                    leaf.items = Some(page.items);
                }
                self.settle();
            }
        }
        self.wants()
    }

    fn take_head(&mut self, page: Page<T>) {
        for row in &page.items {
            if let Some(mark) = self.marks.get_mut(&row.id()) {
                *mark = row.clone();
            }
        }
        let selected = self.selected().map(Row::id);
        let found = selected.and_then(|id| page.items.iter().position(|r| r.id() == id));
        let first = self.get(0).map(Row::id);
        let following = self.order == Order::Stream && self.cursor == 0 && self.top == 0;
        let found = found.filter(|_| !following);
        let deep = match self.order {
            _ if following => false,
            // Rows by time do not vanish: a selected row that is not in the head is further down.
            Order::Time | Order::Stream => selected.is_some() && found.is_none(),
            Order::Shifting => self.cursor >= page.items.len() && page.next.is_some() && found.is_none(),
        };
        if self.loaded && deep && !self.is_empty() {
            let known = page.items.iter().position(|r| Some(r.id()) == first);
            self.fresh = known.unwrap_or(page.items.len());
            self.fresh_or_more = known.is_none();
            return;
        }
        let line = self.cursor - self.top;
        if let Some(at) = found {
            let added = first.and_then(|id| page.items.iter().position(|r| r.id() == id)).unwrap_or(0);
            if self.top > 0 || at >= self.height {
                self.fresh += added;
                self.top = at.saturating_sub(line);
            }
            self.cursor = at;
        }
        self.fresh_or_more = false;
        let limit = u32::try_from(page.items.len()).unwrap_or(PAGE).clamp(1, BIG_PAGE);
        // Answers for pages behind the old head no longer fit.
        self.turn += u32::from(self.loaded);
        self.loaded = true;
        self.next = page.next;
        self.leaves = vec![Leaf { after: None, limit, len: page.items.len(), items: Some(page.items) }];
        self.settle();
    }

    /// Replaces a row that changed; true when it was resident.
    pub fn patch(&mut self, row: &T) -> bool {
        if let Some(mark) = self.marks.get_mut(&row.id()) {
            *mark = row.clone();
        }
        let known = self.leaves.iter_mut().filter_map(|l| l.items.as_mut()).flatten().find(|r| r.id() == row.id());
        match known {
            Some(known) => {
                *known = row.clone();
                true
            }
            None => false,
        }
    }

    /// Puts the cursor on the row with this id, if it is resident.
    pub fn select(&mut self, id: u64) {
        if let Some(at) = (0..self.len()).find(|i| self.get(*i).is_some_and(|r| r.id() == id)) {
            self.cursor = at;
            self.settle();
        }
    }
}
