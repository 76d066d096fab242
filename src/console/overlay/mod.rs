//! What lies over the screens: help, palette, filter bar, previews, questions, the message log.
//!
//! The topmost overlay gets every key. It answers with a [`Reaction`]; like a screen it never sees the client. One file
//! each; to add one, add its file and open it in `app/step.rs`.

pub mod comment;
pub mod filter;
pub mod help;
pub mod messages;
pub mod palette;
pub mod preview;
pub mod quit;
pub mod verdict;

use super::keymap::Key;
use super::screen::Ask;
use super::widget::Look;
use crate::api::{Problem, Reply};
use crossterm::event::KeyCode;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

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
    /// Draws itself; returns where the text cursor is, if it has one.
    fn view(&self, area: Rect, buf: &mut Buffer, look: &Look) -> Option<Position>;
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
