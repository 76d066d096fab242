//! Marks: single rows, as they were last seen, or all that fits the query whether it is loaded or not.

use super::{Row, Rows};

impl<T: Row + Clone> Rows<T> {
    /// Marked rows, as they were last seen.
    pub fn marked(&self) -> impl Iterator<Item = &T> {
        self.marks.values()
    }

    /// Whether a row is marked.
    #[must_use]
    pub fn is_marked(&self, row: &T) -> bool {
        self.all || self.marks.contains_key(&row.id())
    }

    /// Whether all that fits the query is marked.
    #[must_use]
    pub const fn all_marked(&self) -> bool {
        self.all
    }

    /// Marks all that fits the query, loaded or not, or takes that back.
    pub fn mark_all(&mut self) {
        self.marks.clear();
        self.all = !self.all;
    }

    /// Marks the row under the cursor, or takes its mark away, and moves on.
    pub fn toggle_mark(&mut self) {
        if let Some(row) = self.selected().cloned() {
            self.all = false;
            if self.marks.remove(&row.id()).is_none() {
                self.marks.insert(row.id(), row);
            }
            self.step(1);
        }
    }

    /// Takes all marks away; false when there were none.
    pub fn clear_marks(&mut self) -> bool {
        let all = std::mem::take(&mut self.all);
        !std::mem::take(&mut self.marks).is_empty() || all
    }
}
