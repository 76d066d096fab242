//! What the console says: short notes that leave by themselves, and the log that keeps them (`:messages`).

use crate::api::{Problem, Timestamp};
use std::collections::VecDeque;

/// How serious a note is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tell {
    /// It worked.
    Done,
    /// Something to know.
    Note,
    /// Something failed.
    Trouble,
}

/// A note, made of visible text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Toast {
    /// How serious.
    pub tell: Tell,
    /// What to say; further lines give reasons and hints.
    pub text: String,
    /// What was done can be taken back with `u`.
    pub undo: bool,
}

impl Toast {
    /// It worked.
    pub fn done(text: impl Into<String>) -> Self {
        Self { tell: Tell::Done, text: text.into(), undo: false }
    }

    /// Something to know.
    pub fn note(text: impl Into<String>) -> Self {
        Self { tell: Tell::Note, text: text.into(), undo: false }
    }

    /// Something failed.
    #[must_use]
    pub fn trouble(problem: &Problem) -> Self {
        Self { tell: Tell::Trouble, text: problem.to_string(), undo: false }
    }

    /// The word in front, so that meaning is not carried by colour.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self.tell {
            Tell::Done => "done",
            Tell::Note => "note",
            Tell::Trouble => "failed",
        }
    }

    const fn lasts(&self) -> i64 {
        match self.tell {
            Tell::Done if !self.undo => 4_000,
            Tell::Done | Tell::Note => 6_000,
            Tell::Trouble => 12_000,
        }
    }
}

/// Notes kept for `:messages`.
const KEPT: usize = 500;
/// Notes shown at once.
pub const SHOWN: usize = 3;

/// The queue and the log.
#[derive(Debug, Default)]
pub struct Toasts {
    live: VecDeque<(Timestamp, Toast)>,
    log: VecDeque<(Timestamp, Toast)>,
}

impl Toasts {
    /// Says something. The same words twice in a row are shown once, renewed.
    pub fn say(&mut self, now: Timestamp, toast: Toast) {
        if self.live.back().is_some_and(|(_, last)| *last == toast) {
            self.live.pop_back();
        } else {
            self.log.push_back((now, toast.clone()));
        }
        self.live.push_back((now.plus(toast.lasts()), toast));
        while self.live.len() > SHOWN {
            self.live.pop_front();
        }
        while self.log.len() > KEPT {
            self.log.pop_front();
        }
    }

    /// Lets notes go whose time has come; true when one went.
    pub fn expire(&mut self, now: Timestamp) -> bool {
        let before = self.live.len();
        self.live.retain(|(until, _)| *until > now);
        self.live.len() != before
    }

    /// Lets all notes go; false when there were none.
    pub fn dismiss(&mut self) -> bool {
        !std::mem::take(&mut self.live).is_empty()
    }

    /// Forgets everything that was said.
    pub fn forget(&mut self) {
        *self = Self::default();
    }

    /// When the next note goes.
    #[must_use]
    pub fn wake(&self) -> Option<i64> {
        self.live.iter().map(|(until, _)| until.0).min()
    }

    /// Notes to show, oldest first.
    pub fn live(&self) -> impl Iterator<Item = &Toast> {
        self.live.iter().map(|(_, t)| t)
    }

    /// Everything said, oldest first.
    #[must_use]
    pub fn log(&self) -> Vec<(Timestamp, Toast)> {
        self.log.iter().cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_leave_and_the_log_stays() {
        let mut toasts = Toasts::default();
        for i in 0..5 {
            toasts.say(Timestamp(0), Toast::note(format!("note {i}")));
        }
        toasts.say(Timestamp(100), Toast::note("note 4"));
        assert_eq!(toasts.live().count(), SHOWN);
        assert_eq!(toasts.log().len(), 5);
        assert!(toasts.expire(Timestamp(6_000)));
        assert_eq!(toasts.wake(), Some(6_100));
        assert!(toasts.expire(Timestamp(6_100)));
        assert_eq!(toasts.wake(), None);
    }
}
