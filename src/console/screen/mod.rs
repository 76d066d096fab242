//! One file per screen: its state, its answer to intents, its drawing, its tests.
//!
//! A screen never sees the client: it returns [`Ask`]s, and answers come back through [`Screen::replied`]. To add a
//! screen: a file here, an arm in [`of`], a command in `command/navigate.rs`. `rows/` is what lists are made of,
//! `grid.rs` draws them.

pub mod actions;
pub mod audit;
pub mod entity;
pub mod grid;
pub mod incident;
pub mod listing;
pub mod overview;
pub mod rows;
pub mod shelf;
pub mod sources;
pub mod triage;
pub mod word;

use super::app::msg::Fetch;
use super::app::toast::Toast;
use super::widget::Look;
use crate::api::{ActionId, Live, Problem, Reply};
use crate::command::{Args, Command, Intent, Place, Target};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// What a screen or an overlay asks of the app.
#[derive(Debug)]
pub enum Ask {
    /// Fetch something; the answer comes to the asker.
    Fetch(Fetch),
    /// Do as if the operator had asked for it.
    Intent(Intent),
    /// Open this screen over the present one.
    Push(Box<dyn Screen>),
    /// Run a command.
    Run(&'static Command, Args),
    /// Change something on the platform; say `done` when it worked.
    Call(crate::api::Wire, String),
    /// Tell the operator.
    Say(Toast),
    /// Use this filter on the screen below (from the filter bar).
    Filter(String),
    /// End the program (from the question whether to).
    Quit,
}

/// What a live update meant to a screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Touched {
    /// Nothing.
    Nothing,
    /// What it shows changed: draw.
    Changed,
    /// What it shows is out of date: refresh soon.
    Stale,
}

/// What the filter bar says about the filter of a screen.
#[derive(Debug, Clone, PartialEq)]
pub struct FilterLine {
    /// In force.
    pub text: String,
    /// Why the platform did not take it.
    pub problem: Option<Problem>,
}

/// A screen.
pub trait Screen: std::fmt::Debug + Send {
    /// Where we are, for keys.
    fn place(&self) -> Place;
    /// Name in the breadcrumbs, made of visible text.
    fn title(&self) -> String;
    /// Asks for everything it shows, anew: when it opens, comes back, was told it is stale, or after a gap.
    fn refresh(&mut self) -> Vec<Ask>;
    /// An answer to one of its fetches.
    fn replied(&mut self, part: &'static str, turn: u32, result: Result<Reply, Problem>) -> Vec<Ask>;
    /// A live update.
    fn live(&mut self, update: &Live) -> Touched;
    /// Something the operator wants: `Move`, `Open`, `ToggleMark`, `Back` (to clear marks or filter first). Nothing
    /// when it is not for this screen.
    fn intent(&mut self, intent: &Intent) -> Option<Vec<Ask>>;
    /// It has this much room now.
    fn resized(&mut self, body: Rect);
    /// Draws itself.
    fn view(&self, area: Rect, buf: &mut Buffer, look: &Look);

    /// The row under the cursor, or the thing it is about.
    fn selected(&self) -> Option<Target> {
        None
    }
    /// Marked rows.
    fn marked(&self) -> Vec<Target> {
        Vec::new()
    }
    /// Actions in force against the thing it is about, where no row stands for them.
    fn in_force(&self) -> Vec<ActionId> {
        Vec::new()
    }
    /// The filter in force, if the screen can be filtered.
    fn filter(&self) -> Option<FilterLine> {
        None
    }
    /// Uses another filter.
    fn set_filter(&mut self, _query: String) -> Vec<Ask> {
        Vec::new()
    }
    /// Drill data is on it.
    fn drill(&self) -> bool {
        false
    }
    /// Whether something keeps the platform from its work, if the screen was told.
    fn trouble(&self) -> Option<bool> {
        None
    }
    /// Milliseconds between refreshes while updates pour in.
    fn patience(&self) -> i64 {
        500
    }
    /// Time passed: whether what it shows is out of date by that alone.
    fn passed(&mut self, _now: i64) -> Touched {
        Touched::Nothing
    }
}

/// The screen of a place that needs no further choice; nothing for those about one incident or entity.
#[must_use]
pub fn of(place: Place) -> Option<Box<dyn Screen>> {
    Some(match place {
        Place::Overview => Box::new(overview::Overview::default()),
        Place::Triage => Box::new(triage::Triage::new(triage::OPEN)),
        Place::Audit => Box::new(audit::Audit::new("")),
        Place::Actions => Box::new(actions::Actions::default()),
        Place::Sources => Box::new(sources::Sources::default()),
        Place::Incident | Place::Entity => return None,
    })
}

#[cfg(test)]
mod tests;
