//! Stores what the pipeline drew, on a thread of its own: no line waits for the disk because of the lines before it.
//!
//! What the pipeline hands over while a commit is on its way is stored with the next one, all together and in order. If
//! that becomes too much the pipeline waits, and with it the sources: memory stays bounded.

use super::desk::{self, IncidentRow};
use super::gathered::Gathered;
use super::{Platform, lock};
use crate::api::IncidentId;
use std::collections::BTreeSet;
use std::sync::{Condvar, Mutex, PoisonError};

/// Events that may wait for a commit that is on its way.
const WAITING_MAX: usize = 8_000;

/// Between the pipeline and the thread that stores.
#[derive(Default)]
pub(super) struct Committer {
    desk: Mutex<Desk>,
    bell: Condvar,
}

#[derive(Default)]
struct Desk {
    waiting: Gathered,
    closed: bool,
}

impl Committer {
    /// Hands over what is gathered; waits if too much waits already.
    pub fn hand_over(&self, mut gathered: Gathered, platform: &Platform) {
        if gathered.is_empty() {
            return;
        }
        gathered.seal(platform);
        let full = |desk: &mut Desk| desk.waiting.commit.events.len() >= WAITING_MAX;
        let mut desk = self.bell.wait_while(lock(&self.desk), full).unwrap_or_else(PoisonError::into_inner);
        desk.waiting.absorb(gathered);
        self.bell.notify_all();
    }

    /// Nothing more comes.
    pub fn close(&self) {
        lock(&self.desk).closed = true;
        self.bell.notify_all();
    }

    /// Stores until nothing more comes.
    pub fn run(&self, platform: &Platform) {
        let idle = |desk: &mut Desk| desk.waiting.is_empty() && !desk.closed;
        let mut failed: Option<String> = None;
        loop {
            let mut desk = self.bell.wait_while(lock(&self.desk), idle).unwrap_or_else(PoisonError::into_inner);
            let next = std::mem::take(&mut desk.waiting);
            drop(desk);
            self.bell.notify_all();
            if next.is_empty() {
                return;
            }
            match &failed {
                Some(why) => next.refuse(why),
                None => failed = next.store(platform).err(),
            }
        }
    }
}

impl Platform {
    /// The pipeline begins to draw consequences for this incident from events that are not stored yet. Until
    /// [`Platform::stored`] says so, the incident is stored with such events only.
    pub(super) fn drawing(&self, id: IncidentId) {
        lock(&self.drawn).entry(id).or_default().commits += 1;
    }

    /// The rows of incidents that go with the events they stand on.
    pub(super) fn take_drawn_rows(&self, touched: &BTreeSet<IncidentId>) -> Vec<IncidentRow> {
        self.with_incidents(|incidents| {
            let mut drawn = lock(&self.drawn);
            let each = touched.iter().filter_map(|id| {
                drawn.entry(*id).or_default().changed = false;
                desk::take_row(incidents, *id)
            });
            each.collect()
        })
    }

    /// The events that these incidents stood on are stored. What else changed about an incident meanwhile is stored now.
    pub(super) fn stored(&self, incidents: &[IncidentId]) {
        let rows = self.with_incidents(|files| {
            let mut drawn = lock(&self.drawn);
            let mut changed = BTreeSet::new();
            for id in incidents {
                let Some(held) = drawn.get_mut(id) else { continue };
                held.commits = held.commits.saturating_sub(1);
                if held.commits == 0 && drawn.remove(id).is_some_and(|held| held.changed) {
                    changed.insert(*id);
                }
            }
            changed.iter().filter_map(|id| desk::take_row(files, *id)).collect::<Vec<_>>()
        });
        for row in rows {
            self.save_incident(Some(row));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::endpoint::Ingested;
    use std::sync::mpsc::sync_channel;

    #[test]
    fn what_waits_is_refused_together_and_in_order() {
        let mut first = Gathered::default();
        let (answer, answered) = sync_channel(2);
        for accepted in [1, 2] {
            let mut later = Gathered::default();
            later.answers.push((answer.clone(), Ingested { accepted, unparsed: 0 }));
            assert!(!later.is_empty());
            first.absorb(later);
        }
        assert_eq!(first.answers.iter().map(|(_, i)| i.accepted).collect::<Vec<_>>(), [1, 2]);
        first.refuse("the disk is full");
        assert_eq!(answered.try_iter().collect::<Vec<_>>(), vec![Err("the disk is full".to_owned()); 2]);
    }
}
