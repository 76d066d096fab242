//! Who follows the live stream, and which incident each looks at. Somebody is there as long as one stream of theirs is
//! open: it ends with the console, and with a line that is dead. Nothing of it is stored.

use super::live::Hub;
use crate::api::{Colleague, IncidentId, Live, Timestamp};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Most people that are told of.
const TOLD_MAX: usize = 200;

/// Everybody who is there.
#[derive(Debug)]
pub struct Presence {
    hub: Arc<Hub>,
    /// By name.
    here: Mutex<BTreeMap<String, Here>>,
}

#[derive(Debug)]
struct Here {
    streams: u32,
    since: Timestamp,
    incident: Option<IncidentId>,
}

/// An open stream of somebody's; ends when it is dropped.
#[derive(Debug)]
pub(super) struct Seat {
    presence: Arc<Presence>,
    name: String,
}

impl Presence {
    /// Nobody is there. Changes are told through `hub`.
    #[must_use]
    pub const fn new(hub: Arc<Hub>) -> Self {
        Self { hub, here: Mutex::new(BTreeMap::new()) }
    }

    /// A stream of somebody's was opened.
    pub(super) fn enter(self: &Arc<Self>, name: &str, now: Timestamp) -> Seat {
        let seat = Seat { presence: Arc::clone(self), name: name.to_owned() };
        let mut here = self.lock();
        let known = here.entry(seat.name.clone()).or_insert(Here { streams: 0, since: now, incident: None });
        known.streams += 1;
        if known.streams == 1 {
            self.tell(here);
        }
        seat
    }

    /// Somebody who is there looks at an incident now, or at none.
    pub fn look(&self, name: &str, incident: Option<IncidentId>) {
        let mut here = self.lock();
        if let Some(known) = here.get_mut(name).filter(|known| known.incident != incident) {
            known.incident = incident;
            self.tell(here);
        }
    }

    /// Everybody, by name.
    #[must_use]
    pub fn all(&self) -> Vec<Colleague> {
        listed(&self.lock())
    }

    fn leave(&self, name: &str) {
        let mut here = self.lock();
        let Some(known) = here.get_mut(name) else { return };
        known.streams -= 1;
        if known.streams == 0 {
            here.remove(name);
            self.tell(here);
        }
    }

    /// Tells of a change before the next one can be made, so that the last word is the latest.
    fn tell(&self, here: MutexGuard<'_, BTreeMap<String, Here>>) {
        self.hub.publish(&Live::Presence { here: listed(&here) });
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Here>> {
        self.here.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn listed(here: &BTreeMap<String, Here>) -> Vec<Colleague> {
    let colleague = |(name, h): (&String, &Here)| Colleague {
        colleague: name.as_str().into(),
        since: h.since,
        incident: h.incident,
    };
    here.iter().take(TOLD_MAX).map(colleague).collect()
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.presence.leave(&self.name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(presence: &Presence) -> Vec<(String, Option<u64>)> {
        presence.all().into_iter().map(|c| (c.colleague.raw().to_owned(), c.incident.map(|i| i.0))).collect()
    }

    #[test]
    fn somebody_is_there_from_the_first_stream_to_the_last() {
        let presence = Arc::new(Presence::new(Arc::default()));
        presence.look("anna", Some(IncidentId(7)));
        assert!(names(&presence).is_empty(), "who has no stream open is not there");
        let first = presence.enter("anna", Timestamp(1));
        let second = presence.enter("anna", Timestamp(2));
        let _other = presence.enter("ben", Timestamp(3));
        presence.look("anna", Some(IncidentId(7)));
        assert_eq!(names(&presence), [("anna".to_owned(), Some(7)), ("ben".to_owned(), None)]);
        drop(first);
        assert_eq!(presence.all()[0].since, Timestamp(1));
        drop(second);
        assert_eq!(names(&presence), [("ben".to_owned(), None)]);
    }

    #[test]
    fn only_changes_are_told() {
        let hub = Arc::new(Hub::new());
        let told = hub.watch();
        let presence = Arc::new(Presence::new(hub));
        let seat = presence.enter("anna", Timestamp(1));
        assert_eq!(*told.borrow(), 1);
        let again = presence.enter("anna", Timestamp(1));
        presence.look("anna", None);
        drop(again);
        assert_eq!(*told.borrow(), 1);
        presence.look("anna", Some(IncidentId(1)));
        drop(seat);
        assert_eq!(*told.borrow(), 3);
    }
}
