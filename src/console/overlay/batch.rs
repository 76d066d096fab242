//! One change of many incidents: an exact preview, then one request each with progress and a result for each, then all of
//! it can be taken back with one key.
//!
//! For a whole query the incidents are collected first, so that what is previewed is what is changed. A few requests are
//! under way at once. Esc stops: what was not sent is not done, and what is under way is waited for.

mod item;
mod show;

use super::{Overlay, Reaction, leaves, move_in};
use crate::api::endpoint::{ClaimIncident, ListIncidents};
use crate::api::{List, Problem, ProblemKind, Reply};
use crate::command::{Change, Which};
use crate::console::app::msg::Fetch;
use crate::console::app::undo::Undo;
use crate::console::keymap::Key;
use crate::console::screen::Ask;
use crate::console::widget::Look;
use crossterm::event::KeyCode;
use item::{Item, Outcome};
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

/// Requests under way at once, each a part of its own.
const LANES: [&str; 4] = ["lane 1", "lane 2", "lane 3", "lane 4"];
/// Incidents asked for at once while they are collected.
const PAGE: u32 = 1000;
/// Most incidents one batch changes.
const MOST: usize = 100_000;

/// How far it is.
#[derive(Debug, Clone, PartialEq)]
enum State {
    /// Reading which incidents fit.
    Collecting,
    /// Shown, waiting for Enter.
    Ready,
    /// Being done.
    Running,
    /// Stopped by the operator or a lost platform; waiting for what is under way.
    Stopping,
    /// Over.
    Finished,
    /// They could not be collected.
    Failed(Problem),
}

/// The batch.
#[derive(Debug)]
pub struct Batch {
    title: String,
    change: Option<Change>,
    query: String,
    items: Vec<Item>,
    /// There are more than one batch may change.
    more: bool,
    state: State,
    /// The next item to send.
    next: usize,
    under_way: usize,
    /// What can be taken back.
    undos: Vec<Undo>,
    /// The row in view among what went wrong.
    at: usize,
}

impl Batch {
    /// A change, to be previewed.
    #[must_use]
    pub fn new(change: Change, which: Which) -> (Self, Vec<Ask>) {
        let mut batch = Self::empty(change.title());
        match which {
            Which::These(incidents) => {
                batch.items = incidents.into_iter().map(|i| Item::new(&change, i)).collect();
                batch.state = State::Ready;
            }
            Which::Query(query) => batch.query = query,
        }
        batch.change = Some(change);
        let asks = if batch.state == State::Collecting { vec![batch.page(None)] } else { Vec::new() };
        (batch, asks)
    }

    /// Takes changes back, at once: they were decided on when they were made.
    #[must_use]
    pub fn undo(undos: Vec<Undo>) -> (Self, Vec<Ask>) {
        let mut batch = Self::empty("Take back".into());
        batch.items = undos.iter().map(Item::back).collect();
        let asks = batch.start();
        (batch, asks)
    }

    fn empty(title: String) -> Self {
        Self {
            title,
            change: None,
            query: String::new(),
            items: Vec::new(),
            more: false,
            state: State::Collecting,
            next: 0,
            under_way: 0,
            undos: Vec::new(),
            at: 0,
        }
    }

    fn page(&self, after: Option<String>) -> Ask {
        let list = List { query: self.query.clone(), limit: Some(PAGE), after, ..List::default() };
        Ask::Fetch(Fetch::of::<ListIncidents>("collect", 0, &list))
    }

    fn collect(&mut self, result: Result<Reply, Problem>) -> Vec<Ask> {
        let (page, change) = match (result.and_then(Reply::read::<ListIncidents>), &self.change) {
            (Ok(page), Some(change)) => (page, change),
            (Err(problem), _) => {
                self.state = State::Failed(problem);
                return Vec::new();
            }
            (Ok(_), None) => return Vec::new(),
        };
        self.items.extend(page.items.into_iter().map(|i| Item::new(change, i)));
        // Rows that moved while pages were read may come twice; each is changed once.
        let mut seen = std::collections::HashSet::new();
        self.items.retain(|item| seen.insert(item.id));
        self.more = self.items.len() >= MOST && page.next.is_some();
        match page.next.filter(|_| !self.more) {
            Some(after) => vec![self.page(Some(after))],
            None => {
                self.state = State::Ready;
                Vec::new()
            }
        }
    }

    fn start(&mut self) -> Vec<Ask> {
        self.state = State::Running;
        let asks: Vec<Ask> = LANES.iter().filter_map(|lane| self.send(lane)).collect();
        if asks.is_empty() { self.finish() } else { asks }
    }

    /// The next request, if there is one.
    fn send(&mut self, lane: &'static str) -> Option<Ask> {
        if self.state != State::Running {
            return None;
        }
        while self.items.get(self.next).is_some_and(|item| item.outcome != Outcome::Waiting) {
            self.next += 1;
        }
        let item = self.items.get_mut(self.next)?;
        item.outcome = Outcome::Sent;
        let turn = u32::try_from(self.next).unwrap_or(u32::MAX);
        self.next += 1;
        self.under_way += 1;
        Some(Ask::Fetch(Fetch { part: lane, turn, wire: item.wire.clone() }))
    }

    fn answered(&mut self, lane: &'static str, turn: u32, result: Result<Reply, Problem>) -> Vec<Ask> {
        self.under_way = self.under_way.saturating_sub(1);
        if let Some(item) = self.items.get_mut(turn as usize) {
            match result.and_then(Reply::read::<ClaimIncident>) {
                Ok(after) => {
                    self.undos.extend(item.before.take().map(|before| Undo::new(&before, &after)));
                    item.outcome = Outcome::Done;
                }
                Err(problem) => {
                    if problem.kind == ProblemKind::Unreachable {
                        // Whether it was done is not known, and the rest would fail alike.
                        self.state = State::Stopping;
                    }
                    item.outcome = Outcome::Failed(problem);
                }
            }
        }
        match self.send(lane) {
            Some(ask) => vec![ask],
            None if self.under_way == 0 => self.finish(),
            None => Vec::new(),
        }
    }

    fn finish(&mut self) -> Vec<Ask> {
        self.state = State::Finished;
        vec![Ask::Did(self.undos.clone())]
    }

    fn count(&self, of: impl Fn(&Outcome) -> bool) -> usize {
        self.items.iter().filter(|item| of(&item.outcome)).count()
    }
}

impl Overlay for Batch {
    fn press(&mut self, key: Key) -> Reaction {
        match (&self.state, key.code) {
            (State::Running, _) if leaves(key) => {
                self.state = State::Stopping;
                Reaction::stay()
            }
            (State::Stopping, _) if leaves(key) => Reaction::stay(),
            (State::Ready, KeyCode::Enter) if self.count(|o| *o == Outcome::Waiting) > 0 => Reaction::ask(self.start()),
            (State::Finished, KeyCode::Char('u')) if !self.undos.is_empty() => {
                // The app has them, too: taken back here, they are not taken back a second time there.
                Reaction::finish(vec![Ask::TakeBack])
            }
            (State::Finished | State::Failed(_), KeyCode::Enter | KeyCode::Char('q')) => Reaction::close(),
            _ if leaves(key) => Reaction::close(),
            _ => {
                let len = self.count(|o| matches!(o, Outcome::Failed(_)));
                move_in(key, &mut self.at, len);
                Reaction::stay()
            }
        }
    }

    fn replied(&mut self, part: &'static str, turn: u32, result: Result<Reply, Problem>) -> Vec<Ask> {
        if part == "collect" { self.collect(result) } else { self.answered(part, turn, result) }
    }

    fn view(&self, area: Rect, buf: &mut Buffer, look: &Look) -> Option<Position> {
        self.draw(area, buf, look);
        None
    }
}

#[cfg(test)]
mod tests;
