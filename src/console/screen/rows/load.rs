//! How pages come and go: what to ask for, what to drop, how a new head is taken without moving anything.

use super::{BIG_PAGE, Leaf, NEAR, Order, PAGE, RESIDENT, Row, Rows, Want};
use crate::api::{Page, Problem};

impl<T: Row + Clone> Rows<T> {
    /// The request that brings the head up to date.
    #[must_use]
    pub fn head(&self) -> Want {
        let limit = match self.order {
            Order::Time | Order::Stream => PAGE,
            Order::Shifting => u32::try_from(self.len()).unwrap_or(BIG_PAGE).clamp(PAGE, BIG_PAGE),
        };
        Want { part: "head", turn: self.turn, after: None, limit }
    }

    /// What has to be fetched for the rows around the cursor.
    #[must_use]
    pub fn wants(&mut self) -> Vec<Want> {
        self.evict();
        let mut wants = Vec::new();
        if let Some(after) = &self.next
            && (self.to_the_end || self.cursor + self.height + NEAR >= self.len())
        {
            let limit = if self.to_the_end { BIG_PAGE } else { PAGE };
            wants.push(Want { part: "tail", turn: self.turn, after: Some(after.clone()), limit });
        }
        let mut start = 0;
        for leaf in &self.leaves {
            let near = start < self.top + self.height + NEAR && start + leaf.len + NEAR > self.top;
            if near && leaf.items.is_none() {
                self.filling.clone_from(&leaf.after);
                wants.push(Want { part: "fill", turn: self.turn, after: leaf.after.clone(), limit: leaf.limit });
                break;
            }
            start += leaf.len;
        }
        wants
    }

    /// Drops the pages farthest from the cursor while too many rows are resident.
    fn evict(&mut self) {
        loop {
            let resident: usize = self.leaves.iter().filter(|l| l.items.is_some()).map(|l| l.len).sum();
            if resident <= RESIDENT + BIG_PAGE as usize {
                return;
            }
            let (mut start, mut farthest) = (0usize, None);
            for (i, leaf) in self.leaves.iter().enumerate() {
                let middle = start + leaf.len / 2;
                if leaf.items.is_some() {
                    let distance = middle.abs_diff(self.cursor);
                    if farthest.is_none_or(|(d, _)| distance > d) {
                        farthest = Some((distance, i));
                    }
                }
                start += leaf.len;
            }
            match farthest {
                Some((_, i)) => self.leaves[i].items = None,
                None => return,
            }
        }
    }

    /// A fetch failed.
    pub fn failed(&mut self, turn: u32, problem: Problem) {
        if turn == self.turn {
            self.loaded = true;
            self.to_the_end = false;
            self.problem = Some(problem);
        }
    }

    /// A page came. Returns what has to be fetched next.
    pub fn arrived(&mut self, part: &'static str, turn: u32, page: Page<T>) -> Vec<Want> {
        if turn != self.turn {
            return Vec::new();
        }
        self.problem = None;
        match part {
            "head" => self.take_head(page),
            "tail" => {
                let limit = u32::try_from(page.items.len()).unwrap_or(PAGE).max(1);
                let after = std::mem::replace(&mut self.next, page.next);
                self.leaves.push(Leaf { after, limit, len: page.items.len(), items: Some(page.items) });
                if self.to_the_end {
                    self.step(isize::MAX);
                    self.to_the_end = self.next.is_some();
                }
            }
            _ => {
                let after = self.filling.take();
                if let Some(leaf) = self.leaves.iter_mut().find(|l| l.items.is_none() && l.after == after) {
                    leaf.len = page.items.len();
                    leaf.items = Some(page.items);
                }
                self.settle();
            }
        }
        self.wants()
    }

    fn take_head(&mut self, page: Page<T>) {
        for row in &page.items {
            if let Some(mark) = self.marks.get_mut(&row.id()) {
                *mark = row.clone();
            }
        }
        let selected = self.selected().map(Row::id);
        let found = selected.and_then(|id| page.items.iter().position(|r| r.id() == id));
        let first = self.get(0).map(Row::id);
        let following = self.order == Order::Stream && self.cursor == 0 && self.top == 0;
        let found = found.filter(|_| !following);
        let deep = match self.order {
            _ if following => false,
            // Rows by time do not vanish: a selected row that is not in the head is further down.
            Order::Time | Order::Stream => selected.is_some() && found.is_none(),
            Order::Shifting => self.cursor >= page.items.len() && page.next.is_some() && found.is_none(),
        };
        if self.loaded && deep && !self.is_empty() {
            let known = page.items.iter().position(|r| Some(r.id()) == first);
            self.fresh = known.unwrap_or(page.items.len());
            self.fresh_or_more = known.is_none();
            return;
        }
        let line = self.cursor - self.top;
        if let Some(at) = found {
            let added = first.and_then(|id| page.items.iter().position(|r| r.id() == id)).unwrap_or(0);
            if self.top > 0 || at >= self.height {
                self.fresh += added;
                self.top = at.saturating_sub(line);
            }
            self.cursor = at;
        }
        self.fresh_or_more = false;
        let limit = u32::try_from(page.items.len()).unwrap_or(PAGE).clamp(1, BIG_PAGE);
        // Answers for pages behind the old head no longer fit.
        self.turn += u32::from(self.loaded);
        self.loaded = true;
        (self.next, self.total) = (page.next, page.total);
        self.leaves = vec![Leaf { after: None, limit, len: page.items.len(), items: Some(page.items) }];
        self.settle();
    }

    /// Replaces a row that changed; true when it was resident.
    pub fn patch(&mut self, row: &T) -> bool {
        if let Some(mark) = self.marks.get_mut(&row.id()) {
            *mark = row.clone();
        }
        let known = self.leaves.iter_mut().filter_map(|l| l.items.as_mut()).flatten().find(|r| r.id() == row.id());
        match known {
            Some(known) => {
                *known = row.clone();
                true
            }
            None => false,
        }
    }
}
