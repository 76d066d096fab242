//! The cursor of a list that is wholly in memory, or of lines of text.

use crate::command::Motion;

/// A cursor and the part in view.
#[derive(Debug, Clone, Copy, Default)]
pub struct Shelf {
    /// The row under the cursor.
    pub at: usize,
    /// The first row in view.
    pub top: usize,
    /// Rows in view.
    pub height: usize,
}

impl Shelf {
    /// Moves within `len` rows.
    pub fn motion(&mut self, motion: Motion, len: usize) {
        let page = self.height.max(2) as isize;
        let by = match motion {
            Motion::Up => -1,
            Motion::Down => 1,
            Motion::HalfUp => -page / 2,
            Motion::HalfDown => page / 2,
            Motion::PageUp => 1 - page,
            Motion::PageDown => page - 1,
            Motion::First => isize::MIN,
            Motion::Last => isize::MAX,
            Motion::NextPanel | Motion::PreviousPanel => 0,
        };
        self.at = self.at.saturating_add_signed(by);
        self.settle(len);
    }

    /// Keeps cursor and view within `len` rows.
    pub fn settle(&mut self, len: usize) {
        let height = self.height.max(1);
        self.at = self.at.min(len.saturating_sub(1));
        self.top =
            self.top.min(self.at).max((self.at + 1).saturating_sub(height)).min(len.saturating_sub(height.min(len)));
    }

    /// The rows in view.
    #[must_use]
    pub fn window(&self, len: usize) -> std::ops::Range<usize> {
        self.top.min(len)..len.min(self.top + self.height.max(1))
    }

    /// The line of the view that the cursor is on.
    #[must_use]
    pub fn line(&self, len: usize) -> Option<usize> {
        (self.at < len && self.at >= self.top).then(|| self.at - self.top)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_cursor_is_in_view(len in 0usize..50, height in 0usize..10, steps in proptest::collection::vec(0u8..8, 0..30)) {
            let mut shelf = Shelf { height, ..Shelf::default() };
            for step in steps {
                let all = [Motion::Up, Motion::Down, Motion::HalfUp, Motion::HalfDown, Motion::PageUp, Motion::PageDown,
                    Motion::First, Motion::Last];
                shelf.motion(all[step as usize], len);
                prop_assert!(len == 0 || shelf.window(len).contains(&shelf.at));
            }
        }
    }
}
