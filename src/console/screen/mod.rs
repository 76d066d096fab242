//! One file per screen: its state, its answer to intents, its drawing, its tests.
//!
//! A screen never sees the client: it returns [`Ask`]s, and answers come back through [`Screen::replied`]. The table
//! [`SCREENS`] is the only list of them: number keys, palette, help, breadcrumbs, `Go` and the approved pictures are all
//! made from it. `rows/` is what lists are made of, `grid.rs` draws them, `sheet.rs` is a whole screen around one list.
//!
//! # Adding a screen
//!
//! One file and one line of the table. `example.rs` is a whole screen of the simplest kind, a list (`sheet.rs` makes the
//! screen of it); the README walks through it. The key, `:screen.failures`, the line in `?`, the breadcrumb, the pictures at
//! every size, the sizes from 1x1 on and the hostile texts of the tests follow from the line. A screen that is no list
//! implements [`Screen`] and [`Station`] itself, as `overview` does.

pub mod actions;
pub mod blocks;
pub mod compare;
pub mod entity;
#[cfg(test)]
mod example;
pub mod grid;
pub mod groups;
pub mod handover;
pub mod hunt;
pub mod incident;
pub mod ledger;
pub mod listing;
pub mod overview;
pub mod policy;
pub mod rows;
pub mod rules;
pub mod sheet;
pub mod shelf;
pub mod sources;
pub mod suppressions;
pub mod sweep;
pub mod triage;
pub mod word;

use super::app::msg::Fetch;
use super::app::toast::Toast;
use super::app::undo::Undo;
use super::keymap::Registry;
use super::overlay::Overlay;
use super::widget::Look;
use crate::api::{ActionId, ActionRequest, Incident, IncidentId, Live, Preview, Problem, Reply};
use crate::command::{self, Args, Command, Context, Intent, Place, Resource, Risk, Step, Surface, Target};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use sheet::Sheet;

/// Every screen, in the order of help and palette.
pub const SCREENS: &[Entry] = &[
    Entry::of::<overview::Overview>(),
    Entry::of::<Sheet<triage::Queue>>(),
    Entry::of::<sweep::Sweep>(),
    Entry::of::<incident::Case>(),
    Entry::of::<hunt::Hunt>(),
    Entry::of::<entity::Profile>(),
    Entry::of::<Sheet<actions::Deeds>>(),
    Entry::of::<sources::Sources>(),
    Entry::of::<Sheet<blocks::Blocks>>(),
    Entry::of::<Sheet<suppressions::Hushed>>(),
    Entry::of::<Sheet<rules::Rules>>(),
    Entry::of::<Sheet<ledger::Chain>>(),
    Entry::of::<policy::Papers>(),
    Entry::of::<handover::Handover>(),
    Entry::of::<groups::Groups>(),
    Entry::of::<compare::Compare>(),
    #[cfg(test)]
    Entry::of::<Sheet<example::Failures>>(),
];

/// What the table knows of a screen.
#[derive(Debug, Clone, Copy)]
pub struct Entry {
    /// Goes there; its name is the place's.
    pub command: Command,
    /// Where it is.
    pub place: Place,
    /// How it is opened.
    pub open: fn(&Context) -> Opening,
    /// Pictures for approval: what is added to the place's word, and the keys pressed for it.
    pub pictures: &'static [(&'static str, &'static str)],
}

impl Entry {
    /// The entry of a screen.
    const fn of<T: Station>() -> Self {
        let command = Command {
            name: T::PLACE.0,
            about: T::ABOUT,
            keys: T::KEYS,
            places: &[],
            surface: Surface::Console,
            risk: Risk::Look,
            args: &[],
            ready: ready::<T>,
            run: go::<T>,
        };
        Self { command, place: T::PLACE, open: T::open, pictures: T::PICTURES }
    }
}

fn ready<T: Station>(cx: &Context) -> Result<(), String> {
    match T::open(cx) {
        Opening::Choose(why) if cx.place != Some(T::PLACE) => Err(why.to_owned()),
        _ => Ok(()),
    }
}

fn go<T: Station>(_: &Context, _: &Args) -> Result<Vec<Step>, Problem> {
    command::navigate::intent(Intent::Go(T::PLACE))
}

const COMMANDS: [Command; SCREENS.len()] = {
    let mut all = [SCREENS[0].command; SCREENS.len()];
    let mut i = 0;
    while i < all.len() {
        all[i] = SCREENS[i].command;
        i += 1;
    }
    all
};

/// Everything the console can do: the commands of the registry, and one for each screen.
pub const REGISTRY: Registry = &{
    let mut groups: [&[Command]; command::GROUPS.len() + 1] = [&COMMANDS; command::GROUPS.len() + 1];
    let mut i = 0;
    while i < command::GROUPS.len() {
        groups[i + 1] = command::GROUPS[i];
        i += 1;
    }
    groups
};

/// The entry of a place.
#[must_use]
pub fn entry(place: Place) -> Option<&'static Entry> {
    SCREENS.iter().find(|e| e.place == place)
}

/// How a screen is opened.
#[derive(Debug)]
pub enum Opening {
    /// In place of all others; what was there is parked and found again as it was.
    Root(Box<dyn Screen>),
    /// Over the present one.
    Over(Box<dyn Screen>),
    /// Something has to be chosen first: what.
    Choose(&'static str),
}

/// What the table of screens is told about one.
pub trait Station: Screen + Sized + 'static {
    /// Where it is; also the name of the command that goes there.
    const PLACE: Place;
    /// Keys that go there.
    const KEYS: &'static [&'static str];
    /// One line about it.
    const ABOUT: &'static str;
    /// Pictures for approval: what is added to the place's word, and the keys pressed for it.
    const PICTURES: &'static [(&'static str, &'static str)] = &[("", "")];
    /// Opens it, given the row under the cursor and what is listed.
    fn open(cx: &Context) -> Opening;
}

/// What a screen or an overlay asks of the app.
#[derive(Debug)]
pub enum Ask {
    /// Fetch something; the answer comes to the asker.
    Fetch(Fetch),
    /// Do as if the operator had asked for it.
    Intent(Intent),
    /// Open this screen over the present one.
    Push(Box<dyn Screen>),
    /// Put this over the screen.
    Over(Box<dyn Overlay>),
    /// Run a command.
    Run(&'static Command, Args),
    /// Change something on the platform; say `done` when it worked.
    Call(crate::api::Wire, String),
    /// Create this action, of which this preview was confirmed; what it is, in words.
    Act(ActionRequest, Box<Preview>, String),
    /// Change an incident that was seen like this after a few seconds, unless that is taken back; then say `done`.
    Later(crate::api::Wire, Box<Incident>, String),
    /// These changes were made together and can be taken back together.
    Did(Vec<Undo>),
    /// Copy this text to the terminal's clipboard; what it is comes first.
    Copy(&'static str, String),
    /// Take back what was done last.
    TakeBack,
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

/// What a screen lists, for the filter bar, exports and pipes.
#[derive(Debug, Clone, PartialEq)]
pub struct FilterLine {
    /// In force.
    pub text: String,
    /// Of which rows.
    pub rows: Resource,
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
    /// What it shows is of another instant, or is to be shown otherwise: it forgets all it was told. It is asked to
    /// refresh next; answers to what it asked before do not come.
    fn forget(&mut self);
    /// It has this much room now.
    fn resized(&mut self, body: Rect);
    /// Draws itself.
    fn view(&self, area: Rect, buf: &mut Buffer, look: &Look);

    /// The row under the cursor, or the thing it is about.
    fn selected(&self) -> Option<Target> {
        None
    }
    /// The incident it is about, where one fills it: colleagues see who looks at what.
    fn about(&self) -> Option<IncidentId> {
        None
    }
    /// Marked rows.
    fn marked(&self) -> Vec<Target> {
        Vec::new()
    }
    /// Everything that fits the query is marked.
    fn all_marked(&self) -> bool {
        false
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

#[cfg(test)]
mod analyst_tests;
#[cfg(test)]
mod picture_test;
#[cfg(test)]
mod tests;
