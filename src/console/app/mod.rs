//! The Elm core: the model, its messages, how they change it, how it is drawn. No I/O, no clock, no environment.
//!
//! `update(&mut App, Msg) -> Vec<Effect>` never awaits; `view(&App, ..)` cannot mutate. Time, size and randomness come
//! in from outside. Start at `update.rs`; `step.rs` carries out what commands ask for, `view.rs` draws.

mod adapt;
pub(crate) mod company;
pub(crate) mod desk;
pub mod flight;
pub(crate) mod greet;
pub(crate) mod held;
pub mod kept;
pub mod line;
mod mouse;
pub mod msg;
mod news;
pub mod past;
pub mod press;
pub(crate) mod privacy;
mod setup;
pub mod stack;
pub mod step;
pub mod toast;
pub mod undo;
pub mod update;
pub mod view;

pub(crate) use desk::Zone;
pub use msg::{Effect, Feed, Fetch, Msg, Tag};
pub use setup::Setup;
pub use update::update;
pub use view::view;

use super::keymap::{Key, Keymap};
use super::overlay::Overlay;
use super::term::gauge::Tempo;
use super::theme::Theme;
use crate::api::{Action, Incident, Me, Timestamp, Version};
use crate::command::{Context, Target};
use crate::config::{ConsoleSettings, Glyphs};
use flight::Flights;
use held::Queue;
use kept::{Kept, View};
use news::Unread;
use stack::Stack;
use std::collections::BTreeMap;
use toast::{Toast, Toasts};
use undo::{Grace, Undos};

/// How it stands with the platform.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Line {
    /// Not connected yet.
    Connecting,
    /// Updates come in.
    Live,
    /// Nothing was heard since.
    Lost {
        /// When it was last known to be up to date.
        since: Timestamp,
        /// Why, in visible text.
        why: String,
    },
}

/// A change under way.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Call {
    pub(crate) id: u64,
    pub(crate) endpoint: &'static str,
    pub(crate) done: String,
    /// The incident as it was seen before it is changed.
    pub(crate) before: Option<Box<Incident>>,
    /// What to look at again should the line break.
    pub(crate) again: Option<held::What>,
}

/// Everything the console knows.
#[derive(Debug)]
pub struct App {
    pub(crate) url: String,
    pub(crate) name: String,
    pub(crate) theme: Theme,
    pub(crate) keymap: Keymap,
    pub(crate) seed: String,
    pub(crate) now: Timestamp,
    /// Platform's clock minus ours, milliseconds.
    pub(crate) skew: i64,
    pub(crate) size: (u16, u16),
    pub(crate) line: Line,
    pub(crate) me: Option<Me>,
    pub(crate) version: Option<Version>,
    pub(crate) drill: bool,
    /// Something keeps the platform from its work.
    pub(crate) trouble: bool,
    pub(crate) pending: Vec<Key>,
    pub(crate) stack: Stack,
    pub(crate) overlays: Vec<(u64, Box<dyn Overlay>)>,
    pub(crate) flights: Flights,
    pub(crate) calls: Vec<Call>,
    pub(crate) toasts: Toasts,
    /// The operator's own last action, for `u`.
    pub(crate) own: Option<Box<Action>>,
    /// Changes that wait a few seconds before they are sent.
    pub(crate) graces: Vec<Grace>,
    pub(crate) undos: Undos,
    /// Changes that wait until the platform is back.
    pub(crate) held: Queue,
    /// The line to the terminal.
    pub(crate) tempo: Tempo,
    pub(crate) settings: ConsoleSettings,
    pub(crate) news: Unread,
    /// Who else is there.
    pub(crate) company: company::Company,
    /// Saved views by name.
    pub(crate) views: BTreeMap<String, View>,
    /// The stream is paused, and so much came in meanwhile.
    pub(crate) paused: Option<u64>,
    /// The instant that is shown, where that is not now.
    pub(crate) past: Option<Timestamp>,
    /// The privacy screen, while it is on, and what its pseudonyms are made with.
    pub(crate) privacy: Option<privacy::Privacy>,
    pub(crate) key: [u8; 32],
    /// Nothing but ASCII is drawn.
    pub(crate) ascii: bool,
    /// In which zone times are shown.
    pub(crate) zone: Zone,
    /// Local time minus UTC, milliseconds, when the console was opened.
    pub(crate) offset: i64,
    pub(crate) counter: u64,
    pub(crate) dirty: bool,
    /// When something that is drawn becomes wrong; set by whoever drew.
    pub(crate) wake: Option<i64>,
}

impl App {
    /// A console that has just been opened, and what it does first.
    #[must_use]
    pub fn open(setup: Setup) -> (Self, Vec<Effect>) {
        let mut app = Self {
            url: setup.url,
            name: setup.name,
            theme: setup.theme,
            keymap: Keymap::new(setup.registry).with(&setup.keys),
            seed: setup.seed,
            now: setup.now,
            skew: 0,
            size: setup.size,
            line: Line::Connecting,
            me: None,
            version: None,
            drill: false,
            trouble: false,
            pending: Vec::new(),
            stack: Stack::new(1),
            overlays: Vec::new(),
            flights: Flights::default(),
            calls: Vec::new(),
            toasts: Toasts::default(),
            own: None,
            graces: Vec::new(),
            undos: Undos::default(),
            held: Queue::default(),
            tempo: Tempo::default(),
            news: Unread::since(setup.now),
            company: company::Company::default(),
            views: BTreeMap::new(),
            paused: None,
            past: None,
            privacy: None,
            key: setup.key,
            ascii: setup.settings.glyphs == Glyphs::Ascii,
            zone: if setup.settings.utc { Zone::Utc } else { Zone::Local },
            settings: setup.settings,
            offset: setup.offset,
            counter: 1,
            dirty: true,
            wake: None,
        };
        for conflict in app.keymap.conflicts().to_vec() {
            app.say(Toast::note(conflict));
        }
        let mut effects = Vec::new();
        greet::greet(&mut app, &mut effects);
        kept::restore(&mut app, setup.kept, &mut effects);
        stack::refresh(&mut app, &mut effects);
        (app, effects)
    }

    /// Something changed since [`App::drawn`].
    #[must_use]
    pub const fn is_dirty(&self) -> bool {
        self.dirty
    }

    /// It was drawn, and what was drawn becomes wrong at `wake` (by the platform's clock).
    pub fn drawn(&mut self, wake: Option<i64>) {
        self.dirty = false;
        self.wake = wake.map(|at| at.saturating_sub(self.skew));
    }

    /// When the app wants to be told the time, by the local clock.
    #[must_use]
    pub fn wake(&self) -> Option<Timestamp> {
        // While the platform is away nothing is asked for again; the new connection does that.
        let due = self.stack.due().filter(|_| self.line == Line::Live);
        let grace = self.graces.iter().map(|g| g.due).min().filter(|_| self.line == Line::Live);
        [self.wake, self.toasts.wake(), due, grace, self.news.wake()].into_iter().flatten().min().map(Timestamp)
    }

    /// The next frame must be drawn whatever was drawn before.
    pub const fn touch(&mut self) {
        self.dirty = true;
    }

    /// Columns and rows.
    #[must_use]
    pub const fn size(&self) -> (u16, u16) {
        self.size
    }

    /// What the next session should find.
    #[must_use]
    pub fn kept(&self) -> Kept {
        kept::keep(self)
    }

    /// The theme in use.
    #[must_use]
    pub fn theme_name(&self) -> &str {
        self.theme.name()
    }

    /// The platform's clock.
    pub(crate) const fn platform_now(&self) -> i64 {
        self.now.0.saturating_add(self.skew)
    }

    /// Times of day are meant in UTC.
    pub(crate) fn utc(&self) -> bool {
        self.zone != Zone::Local
    }

    pub(crate) fn say(&mut self, toast: Toast) {
        self.toasts.say(self.now, toast);
        self.dirty = true;
    }

    pub(crate) fn count(&mut self) -> u64 {
        self.counter += 1;
        self.counter
    }

    /// What a command may know.
    pub(crate) fn context(&mut self) -> Context {
        let fresh = self.count();
        let screen = self.stack.top();
        Context {
            place: Some(screen.place()),
            selected: screen.selected(),
            marked: screen.marked(),
            all: screen.all_marked(),
            listed: screen.filter().map(|line| (line.rows, line.text)),
            in_force: screen.in_force(),
            me: self.me.clone(),
            connected: self.line == Line::Live,
            drill: self.drill,
            past: self.past,
            fresh_key: format!("{}-{fresh}", self.seed),
        }
    }

    /// The context of an undo: the selected action, the one in force against what the screen is about, else the operator's own last one.
    pub(crate) fn undo_context(&mut self) -> Context {
        let mut cx = self.context();
        let chosen = cx.marked.iter().chain(&cx.selected).any(|t| matches!(t, Target::Action(_) | Target::Block(_)));
        if !chosen
            && cx.in_force.len() != 1
            && let Some(own) = &self.own
        {
            cx.selected = Some(Target::Action(own.clone()));
            cx.marked.clear();
        }
        cx
    }
}

#[cfg(test)]
mod around_test;
