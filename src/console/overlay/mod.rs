//! What lies over the screens: help, palette, filter bar, previews, questions, the message log.
//!
//! The topmost overlay gets every key. It answers with a [`Reaction`]; like a screen it never sees the client. One file
//! each; to add one, add its file and the intent that opens it in [`of`]. A screen may open one of its own with `Ask::Over`.

pub mod batch;
pub mod changed;
pub mod columns;
pub mod copy;
pub mod filter;
pub mod help;
pub mod messages;
pub mod output;
pub mod palette;
pub mod preview;
pub mod prompt;
pub mod quit;
pub mod suppress;
pub mod values;
pub mod verdict;
pub mod views;
pub mod why;

use super::app::App;
use super::app::kept::View;
use super::app::toast::Toast;
use super::keymap::{Key, Keymap};
use super::screen::{Ask, FilterLine};
use super::widget::Look;
use crate::api::{Problem, Reply, Timestamp};
use crate::command::{Command, Context, Intent, Target};
use crossterm::event::KeyCode;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use std::collections::BTreeMap;

/// What an overlay answers to a key.
#[derive(Debug, Default)]
pub struct Reaction {
    /// It is done and goes away.
    pub close: bool,
    /// What it asks for.
    pub asks: Vec<Ask>,
}

impl Reaction {
    /// Nothing more than a redraw.
    #[must_use]
    pub fn stay() -> Self {
        Self::default()
    }

    /// Asks for something and stays.
    #[must_use]
    pub const fn ask(asks: Vec<Ask>) -> Self {
        Self { close: false, asks }
    }

    /// Goes away.
    #[must_use]
    pub const fn close() -> Self {
        Self { close: true, asks: Vec::new() }
    }

    /// Goes away and asks for something.
    #[must_use]
    pub const fn finish(asks: Vec<Ask>) -> Self {
        Self { close: true, asks }
    }
}

/// Something that lies over the screens.
pub trait Overlay: std::fmt::Debug + Send {
    /// A key.
    fn press(&mut self, key: Key) -> Reaction;
    /// Pasted text.
    fn paste(&mut self, _text: &str) -> Vec<Ask> {
        Vec::new()
    }
    /// An answer to one of its fetches.
    fn replied(&mut self, _part: &'static str, _turn: u32, _result: Result<Reply, Problem>) -> Vec<Ask> {
        Vec::new()
    }
    /// It waits for a text, and not for a key.
    fn takes_text(&self) -> bool {
        false
    }
    /// Draws itself; returns where the text cursor is, if it has one.
    fn view(&self, area: Rect, buf: &mut Buffer, look: &Look) -> Option<Position>;
}

/// What overlays are made from.
#[derive(Debug)]
pub struct Given {
    context: Context,
    keymap: Keymap,
    url: String,
    views: BTreeMap<String, View>,
    filter: Option<FilterLine>,
    log: Vec<(Timestamp, Toast)>,
    now: Timestamp,
}

impl Given {
    /// As it stands now.
    pub(crate) fn of(app: &mut App) -> Self {
        Self {
            context: app.context(),
            keymap: app.keymap.clone(),
            url: app.url.clone(),
            views: match app.privacy {
                Some(_) => app.views.keys().map(|name| (name.clone(), View::hidden())).collect(),
                None => app.views.clone(),
            },
            filter: app.stack.top().filter(),
            log: app.toasts.log(),
            now: Timestamp(app.platform_now()),
        }
    }

    /// Commands, each with why it cannot be used now, if it cannot.
    fn entries(&self, of: impl Iterator<Item = &'static Command>) -> Vec<palette::Entry> {
        let entry = |command: &'static Command| palette::Entry {
            command,
            keys: self.keymap.keys_of(command).collect(),
            blocked: match self.context.past {
                Some(_) => crate::console::app::past::forbids(command).map(str::to_owned),
                None => (command.ready)(&self.context).err(),
            },
        };
        of.map(entry).collect()
    }
}

/// The overlay that an intent opens, and what it asks for first. This is the only list of them.
///
/// # Errors
/// Why it cannot be opened here.
pub fn of(intent: Intent, given: Given) -> Result<(Box<dyn Overlay>, Vec<Ask>), &'static str> {
    let overlay: Box<dyn Overlay> = match intent {
        Intent::EditFilter => {
            let line = given.filter.ok_or("there is nothing to filter on this screen")?;
            Box::new(filter::Filter::new(&line.text, line.rows, given.now))
        }
        Intent::OpenPalette => {
            // What has a key of every hand comes last: the palette is for what one does not know by heart.
            let by_heart = |c: &&Command| c.name.starts_with("cursor.") || c.name.starts_with("panel.");
            let (last, first): (Vec<&'static Command>, Vec<_>) = given.keymap.commands().partition(by_heart);
            Box::new(palette::Palette::new(given.entries(first.into_iter().chain(last))))
        }
        Intent::OpenHelp => {
            let here = given.context.place.map(|place| given.keymap.here(place)).unwrap_or_default();
            Box::new(help::Help::new(
                given.entries(here.into_iter().filter(|c| given.keymap.keys_of(c).next().is_some())),
            ))
        }
        Intent::OpenMessages => Box::new(messages::Messages::new(given.log)),
        Intent::Preview(mut request) => {
            request.idempotency_key.get_or_insert(given.context.fresh_key);
            let (dialog, asks) = preview::Dialog::new(request);
            return Ok((Box::new(dialog), asks));
        }
        Intent::AskVerdict(which) => Box::new(verdict::Judge::new(which)),
        Intent::Ask { command, arg, title, args } => {
            let command = given.keymap.named(command).ok_or("there is no such command")?;
            Box::new(prompt::Prompt::new(command, arg, title, args))
        }
        Intent::Batch(change, which) => {
            let (batch, asks) = batch::Batch::new(change, which);
            return Ok((Box::new(batch), asks));
        }
        Intent::Suppress(draft) => {
            let (dialog, asks) = suppress::Suppress::new(draft);
            return Ok((Box::new(dialog), asks));
        }
        Intent::Copy => {
            Box::new(copy::Copy::new(&given.context, &given.url).ok_or("there is nothing to copy on this screen")?)
        }
        Intent::ChooseView => Box::new(views::Views::new(&given.views)),
        Intent::Values => {
            let menu = values::Values::new(&given.context, given.filter.as_ref(), &given.keymap);
            Box::new(menu.ok_or("choose a row first: this screen has none with values")?)
        }
        Intent::Why => {
            let id = given.context.selected.as_ref().and_then(Target::incident);
            let (why, asks) = why::Why::new(id.ok_or("only what belongs to an incident has a score to explain")?);
            return Ok((Box::new(why), asks));
        }
        _ => return Err("that means nothing on this screen"),
    };
    Ok((overlay, Vec::new()))
}

/// Keys that leave any overlay.
#[must_use]
pub fn leaves(key: Key) -> bool {
    key.code == KeyCode::Esc || (key.ctrl && key.code == KeyCode::Char('c'))
}

/// A cursor in a short list: moved by arrows and ctrl-n/ctrl-p; true when the key was one of these.
pub fn move_in(key: Key, at: &mut usize, len: usize) -> bool {
    let down = key.code == KeyCode::Down || (key.ctrl && key.code == KeyCode::Char('n'));
    let up = key.code == KeyCode::Up || (key.ctrl && key.code == KeyCode::Char('p'));
    match key.code {
        KeyCode::PageDown => *at += 10,
        KeyCode::PageUp => *at = at.saturating_sub(10),
        _ if down => *at += 1,
        _ if up => *at = at.saturating_sub(1),
        _ => return false,
    }
    *at = (*at).min(len.saturating_sub(1));
    true
}

/// The part of a list to show so that `at` is in view.
#[must_use]
pub const fn first_shown(at: usize, height: usize) -> usize {
    (at + 1).saturating_sub(if height == 0 { 1 } else { height })
}
