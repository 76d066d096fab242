//! Requests in flight: of each part of each screen at most one under way and one waiting, and the newest waiting wins.
//! So a burst of updates costs two requests, and an answer is never older than the last question but one.

use super::msg::{Effect, Fetch, Tag};
use std::collections::BTreeMap;

/// All flights.
#[derive(Debug, Default)]
pub struct Flights {
    open: BTreeMap<(u64, &'static str), Option<Fetch>>,
}

impl Flights {
    /// Asks for a fetch: sent now, or kept until the one before it has come back.
    pub fn ask(&mut self, asker: u64, fetch: Fetch) -> Option<Effect> {
        match self.open.get_mut(&(asker, fetch.part)) {
            Some(waiting) => {
                *waiting = Some(fetch);
                None
            }
            None => {
                self.open.insert((asker, fetch.part), None);
                Some(send(asker, fetch))
            }
        }
    }

    /// An answer came: what waits behind it is sent.
    pub fn land(&mut self, asker: u64, part: &'static str) -> Option<Effect> {
        match self.open.remove(&(asker, part))? {
            Some(next) => {
                self.open.insert((asker, part), None);
                Some(send(asker, next))
            }
            None => None,
        }
    }

    /// Forgets what a screen or overlay that is gone was waiting for.
    pub fn forget(&mut self, asker: u64) {
        self.open.retain(|(a, _), _| *a != asker);
    }

    /// Whether an asker still waits for something.
    #[must_use]
    pub fn busy(&self, asker: u64) -> bool {
        self.open.keys().any(|(a, _)| *a == asker)
    }
}

fn send(asker: u64, fetch: Fetch) -> Effect {
    Effect::Send(fetch.wire, Tag::Part { asker, part: fetch.part, turn: fetch.turn })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::endpoint::{GetOverview, Moment};

    fn fetch(turn: u32) -> Fetch {
        Fetch::of::<GetOverview>("all", turn, &Moment::default())
    }

    fn turn(effect: Option<Effect>) -> Option<u32> {
        match effect {
            Some(Effect::Send(_, Tag::Part { turn, .. })) => Some(turn),
            _ => None,
        }
    }

    #[test]
    fn one_in_flight_one_waiting_newest_wins() {
        let mut flights = Flights::default();
        assert_eq!(turn(flights.ask(1, fetch(1))), Some(1));
        assert_eq!(turn(flights.ask(1, fetch(2))), None);
        assert_eq!(turn(flights.ask(1, fetch(3))), None);
        assert_eq!(turn(flights.ask(2, fetch(4))), Some(4));
        assert_eq!(turn(flights.land(1, "all")), Some(3));
        assert!(flights.busy(1));
        assert_eq!(turn(flights.land(1, "all")), None);
        assert!(!flights.busy(1));
        assert_eq!(turn(flights.land(1, "all")), None);
    }
}
