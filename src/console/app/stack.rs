//! Screens over screens: Enter goes deeper, Esc comes back. Each has a generation, so that answers for one that is gone
//! are dropped. A screen that is left for another that stands alone is parked and found again as it was.

use super::msg::Effect;
use super::{App, Line, step};
use crate::api::Live;
use crate::command::Place;
use crate::console::screen::{self, Screen, Touched};

#[derive(Debug)]
struct Entry {
    generation: u64,
    screen: Box<dyn Screen>,
    stale: bool,
    refreshed: i64,
}

/// The open screens, never none, and the parked ones.
#[derive(Debug)]
pub struct Stack {
    open: Vec<Entry>,
    parked: Vec<Entry>,
}

impl Stack {
    /// The overview alone.
    #[must_use]
    pub fn new(generation: u64) -> Self {
        let screen = Box::new(screen::overview::Overview::default());
        Self { open: vec![Entry { generation, screen, stale: true, refreshed: i64::MIN }], parked: Vec::new() }
    }

    fn last(&self) -> &Entry {
        &self.open[self.open.len() - 1]
    }

    fn last_mut(&mut self) -> &mut Entry {
        let at = self.open.len() - 1;
        &mut self.open[at]
    }

    /// The screen in front.
    #[must_use]
    pub fn top(&self) -> &dyn Screen {
        self.last().screen.as_ref()
    }

    /// The screen that all others lie over.
    #[must_use]
    pub fn root(&self) -> &dyn Screen {
        self.open[0].screen.as_ref()
    }

    /// The screen in front, to be changed.
    pub fn top_mut(&mut self) -> &mut dyn Screen {
        self.last_mut().screen.as_mut()
    }

    /// Its generation.
    #[must_use]
    pub fn generation(&self) -> u64 {
        self.last().generation
    }

    /// The screen of a generation, if it is still there.
    pub fn of(&mut self, generation: u64) -> Option<&mut (dyn Screen + 'static)> {
        let all = self.open.iter_mut().chain(&mut self.parked);
        all.into_iter().find(|e| e.generation == generation).map(|e| e.screen.as_mut())
    }

    /// Names from the first screen to the one in front.
    #[must_use]
    pub fn crumbs(&self) -> Vec<String> {
        self.open.iter().map(|e| e.screen.title()).collect()
    }

    /// Opens a screen over the present one.
    pub fn push(&mut self, generation: u64, screen: Box<dyn Screen>) {
        self.open.push(Entry { generation, screen, stale: true, refreshed: i64::MIN });
    }

    /// Closes the screen in front; nothing when it is the only one. Returns the generation that is gone.
    pub fn pop(&mut self) -> Option<u64> {
        if self.open.len() < 2 {
            return None;
        }
        let gone = self.open.pop()?.generation;
        self.last_mut().stale = true;
        Some(gone)
    }

    /// Goes to a screen that stands alone, the parked one of that place or else the fresh one; those above it are closed and their generations returned.
    pub fn go(&mut self, generation: u64, place: Place, fresh: Box<dyn Screen>) -> Vec<u64> {
        let mut left = std::mem::take(&mut self.open);
        let root = left.remove(0);
        let gone = left.iter().map(|e| e.generation).collect();
        self.parked.push(root);
        let known = self.parked.iter().position(|e| e.screen.place() == place);
        let entry = match known {
            Some(at) => self.parked.remove(at),
            None => Entry { generation, screen: fresh, stale: true, refreshed: i64::MIN },
        };
        self.open = vec![Entry { stale: true, ..entry }];
        gone
    }

    /// When the screen in front has to be refreshed, if it is stale.
    #[must_use]
    pub fn due(&self) -> Option<i64> {
        let entry = self.last();
        entry.stale.then(|| entry.refreshed.saturating_add(entry.screen.patience()))
    }

    /// Marks what is shown as out of date.
    pub fn stale(&mut self) {
        self.last_mut().stale = true;
    }

    /// Marks what is shown as out of date, to be refreshed at once.
    pub fn stale_now(&mut self) {
        let entry = self.last_mut();
        (entry.stale, entry.refreshed) = (true, i64::MIN);
    }

    /// Has every screen forget what it shows, and takes answers that are on their way for nobody's. Returns the
    /// generations that are gone.
    pub fn renew(&mut self, counter: &mut u64) -> Vec<u64> {
        let renew = |entry: &mut Entry| {
            *counter += 1;
            entry.screen.forget();
            (entry.stale, entry.refreshed) = (true, i64::MIN);
            std::mem::replace(&mut entry.generation, *counter)
        };
        self.open.iter_mut().chain(&mut self.parked).map(renew).collect()
    }

    /// Takes note that it was refreshed.
    pub fn refreshed(&mut self, now: i64) {
        let entry = self.last_mut();
        (entry.stale, entry.refreshed) = (false, now);
    }

    /// Tells the screens of an update. Those behind learn the rest when they come to the front.
    pub fn live(&mut self, update: &Live) -> Touched {
        let touched = self.top_mut().live(update);
        if touched == Touched::Stale {
            self.stale();
        }
        touched
    }
}

/// Refreshes the screen in front if it is out of date and was not refreshed just now.
pub fn refresh(app: &mut App, effects: &mut Vec<Effect>) {
    let first = app.stack.last().refreshed == i64::MIN;
    if app.stack.due().is_some_and(|at| at <= app.now.0 && (first || app.line == Line::Live)) {
        app.stack.refreshed(app.now.0);
        let asker = app.stack.generation();
        let now = app.shown_now();
        app.stack.top_mut().passed(now);
        let asks = app.stack.top_mut().refresh();
        step::take(app, asker, asks, effects);
    }
}
