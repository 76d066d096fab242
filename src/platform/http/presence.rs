//! Who follows the live stream, and which incident each looks at. A console is there as long as its stream is open: that ends
//! with the console, and with a line that is dead. Nothing of it is stored.

use super::live::Hub;
use crate::api::presence::CONSOLE_LENGTH;
use crate::api::{Colleague, IncidentId, Live, Timestamp};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Most consoles that are told of.
const TOLD_MAX: usize = 200;

/// Whose console, and which of theirs where it says so.
type Console = (String, Option<String>);

/// Everybody who is there.
#[derive(Debug)]
pub struct Presence {
    hub: Arc<Hub>,
    here: Mutex<BTreeMap<Console, Here>>,
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
    console: Console,
}

impl Presence {
    /// Nobody is there. Changes are told through `hub`.
    #[must_use]
    pub const fn new(hub: Arc<Hub>) -> Self {
        Self { hub, here: Mutex::new(BTreeMap::new()) }
    }

    /// A stream of somebody's was opened. A console that does not say which it is counts as the same as others that do not.
    pub(super) fn enter(self: &Arc<Self>, (name, console): (&str, Option<&str>), now: Timestamp) -> Seat {
        let seat = Seat { presence: Arc::clone(self), console: key(name, console) };
        let mut here = self.lock();
        let known = here.entry(seat.console.clone()).or_insert(Here { streams: 0, since: now, incident: None });
        known.streams += 1;
        if known.streams == 1 {
            self.tell(here);
        }
        seat
    }

    /// A console that is there shows an incident now, or none.
    pub fn look(&self, (name, console): (&str, Option<&str>), incident: Option<IncidentId>) {
        let mut here = self.lock();
        if let Some(known) = here.get_mut(&key(name, console)).filter(|known| known.incident != incident) {
            known.incident = incident;
            self.tell(here);
        }
    }

    /// Everybody, by name.
    #[must_use]
    pub fn all(&self) -> Vec<Colleague> {
        listed(&self.lock())
    }

    fn leave(&self, console: &Console) {
        let mut here = self.lock();
        let Some(known) = here.get_mut(console) else { return };
        known.streams -= 1;
        if known.streams == 0 {
            here.remove(console);
            self.tell(here);
        }
    }

    /// Tells of a change before the next one can be made, so that the last word is the latest.
    fn tell(&self, here: MutexGuard<'_, BTreeMap<Console, Here>>) {
        self.hub.publish(&Live::Presence { here: listed(&here) });
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<Console, Here>> {
        self.here.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a console calls itself counts only if it is fit to be told.
fn key(name: &str, console: Option<&str>) -> Console {
    let fit = |text: &&str| (1..=CONSOLE_LENGTH).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic());
    (name.to_owned(), console.filter(fit).map(str::to_owned))
}

fn listed(here: &BTreeMap<Console, Here>) -> Vec<Colleague> {
    let colleague = |((name, console), h): (&Console, &Here)| Colleague {
        colleague: name.as_str().into(),
        console: console.as_deref().map(Into::into),
        since: h.since,
        incident: h.incident,
    };
    here.iter().take(TOLD_MAX).map(colleague).collect()
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.presence.leave(&self.console);
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
        presence.look(("anna", None), Some(IncidentId(7)));
        assert!(names(&presence).is_empty(), "who has no stream open is not there");
        let first = presence.enter(("anna", None), Timestamp(1));
        let second = presence.enter(("anna", None), Timestamp(2));
        let _other = presence.enter(("ben", None), Timestamp(3));
        presence.look(("anna", None), Some(IncidentId(7)));
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
        let seat = presence.enter(("anna", None), Timestamp(1));
        assert_eq!(*told.borrow(), 1);
        let again = presence.enter(("anna", None), Timestamp(1));
        presence.look(("anna", None), None);
        drop(again);
        assert_eq!(*told.borrow(), 1);
        presence.look(("anna", None), Some(IncidentId(1)));
        drop(seat);
        assert_eq!(*told.borrow(), 3);
    }

    #[test]
    fn two_consoles_of_one_token_are_there_twice() {
        let presence = Arc::new(Presence::new(Arc::default()));
        let first = presence.enter(("anna", Some("a")), Timestamp(1));
        let _second = presence.enter(("anna", Some("b")), Timestamp(2));
        presence.look(("anna", Some("b")), Some(IncidentId(7)));
        presence.look(("anna", Some("c")), Some(IncidentId(8)));
        assert_eq!(names(&presence), [("anna".to_owned(), None), ("anna".to_owned(), Some(7))]);
        // One whose line broke is back before the platform noticed: it is the same console.
        let again = presence.enter(("anna", Some("b")), Timestamp(3));
        assert_eq!(names(&presence).len(), 2);
        drop((first, again));
        assert_eq!(names(&presence), [("anna".to_owned(), Some(7))]);
    }

    #[test]
    fn what_is_not_fit_to_be_told_names_no_console() {
        let presence = Arc::new(Presence::new(Arc::default()));
        let long = "x".repeat(CONSOLE_LENGTH + 1);
        let seats = ["", "a b", "\u{1b}[2J", "ä", &long].map(|own| presence.enter(("anna", Some(own)), Timestamp(1)));
        assert_eq!(presence.all().iter().map(|c| c.console.clone()).collect::<Vec<_>>(), [None]);
        drop(seats);
        assert!(presence.all().is_empty());
    }
}
