//! The live stream's memory: one bounded ring of updates for all readers, who each hold no more than a place in it.
//!
//! A slow reader costs nothing: when its place has fallen out of the ring it is told of the gap. Ids are `EPOCH-SEQ`;
//! the epoch is random for each start, so that a reader from before a restart is told of the gap too.

use crate::api::Live;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::watch;

/// Updates held.
const UPDATES: usize = 8192;
/// Bytes held, whichever bound is met first.
const BYTES: usize = 32 << 20;

/// Where everything live is published.
#[derive(Debug)]
pub struct Hub {
    epoch: u64,
    ring: Mutex<Ring>,
    /// The number of the newest update, for readers to wait on.
    newest: watch::Sender<u64>,
}

#[derive(Debug, Default)]
struct Ring {
    held: VecDeque<Arc<str>>,
    bytes: usize,
    /// Number of the newest update; the oldest held is `newest - held.len() + 1`.
    newest: u64,
}

/// What a reader gets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Next {
    /// Updates with the number of the first.
    Updates(u64, Vec<Arc<str>>),
    /// Updates were missed; go on after this number.
    Gap(u64),
    /// Nothing new.
    Nothing,
}

impl Default for Hub {
    fn default() -> Self {
        Self::new()
    }
}

impl Hub {
    /// An empty hub with a new epoch.
    #[must_use]
    pub fn new() -> Self {
        // Without random numbers the clock still tells one start from another.
        let epoch = getrandom::u64().unwrap_or_else(|_| chrono::Utc::now().timestamp_micros().unsigned_abs());
        Self { epoch, ring: Mutex::default(), newest: watch::Sender::new(0) }
    }

    /// Tells every reader.
    pub fn publish(&self, update: &Live) {
        let text = match serde_json::to_string(update) {
            Ok(text) => text,
            // A reader must not believe that it has seen everything.
            Err(_) => r#"{"type":"gap"}"#.to_owned(),
        };
        let newest = {
            let mut ring = self.lock();
            ring.bytes += text.len();
            ring.held.push_back(text.into());
            ring.newest += 1;
            while ring.held.len() > UPDATES || ring.bytes > BYTES {
                let Some(oldest) = ring.held.pop_front() else { break };
                ring.bytes -= oldest.len();
            }
            ring.newest
        };
        // Publishers may overtake one another here; the number readers wait on only grows.
        self.newest.send_if_modified(|seen| {
            let grown = newest > *seen;
            *seen = newest.max(*seen);
            grown
        });
    }

    /// The id of update `number`.
    pub(super) fn id(&self, number: u64) -> String {
        format!("{:016x}-{number}", self.epoch)
    }

    /// Wakes when something is published.
    pub(super) fn watch(&self) -> watch::Receiver<u64> {
        self.newest.subscribe()
    }

    /// The number to go on after: that of `last_id` if it is one of ours and still held, else a gap.
    pub(super) fn place(&self, last_id: Option<&str>) -> Result<u64, u64> {
        let ring = self.lock();
        let Some(id) = last_id.filter(|id| !id.is_empty()) else { return Ok(ring.newest) };
        id.split_once('-')
            .filter(|(epoch, _)| u64::from_str_radix(epoch, 16) == Ok(self.epoch))
            .and_then(|(_, number)| number.parse().ok())
            .filter(|number| *number <= ring.newest && *number >= ring.before_oldest())
            .ok_or(ring.newest)
    }

    /// What follows update `after`, at most `bytes` bytes of it (but at least one update).
    pub(super) fn next(&self, after: u64, bytes: usize) -> Next {
        let ring = self.lock();
        if after >= ring.newest {
            return Next::Nothing;
        }
        if after < ring.before_oldest() {
            return Next::Gap(ring.newest);
        }
        let skip = usize::try_from(after - ring.before_oldest()).unwrap_or(usize::MAX);
        let mut size = 0;
        let fits = |text: &&Arc<str>| {
            size += text.len();
            size <= bytes || size == text.len()
        };
        Next::Updates(after + 1, ring.held.iter().skip(skip).take_while(fits).cloned().collect())
    }

    fn lock(&self) -> MutexGuard<'_, Ring> {
        self.ring.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Ring {
    fn before_oldest(&self) -> u64 {
        self.newest - self.held.len() as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::{EventId, Timestamp};

    fn update(count: u64) -> Live {
        Live::Events { count, last: EventId(count), newest: Timestamp(0) }
    }

    fn numbers(hub: &Hub, after: u64) -> Vec<u64> {
        let (mut after, mut seen) = (after, Vec::new());
        while let Next::Updates(first, texts) = hub.next(after, 200) {
            for (text, number) in texts.iter().zip(first..) {
                assert!(text.contains(&format!("\"count\":{number},")), "{text}");
                seen.push(number);
                after = number;
            }
        }
        seen
    }

    #[test]
    fn every_update_is_read_once_and_in_order() {
        let hub = Hub::new();
        assert_eq!(hub.place(None), Ok(0));
        (1..=1000).for_each(|n| hub.publish(&update(n)));
        assert_eq!(numbers(&hub, 0), (1..=1000).collect::<Vec<_>>());
        assert_eq!(hub.place(Some(&hub.id(990))), Ok(990));
        assert_eq!(numbers(&hub, 990), (991..=1000).collect::<Vec<_>>());
    }

    #[test]
    fn what_is_no_longer_held_is_a_gap() {
        let hub = Hub::new();
        (1..=UPDATES as u64 + 10).for_each(|n| hub.publish(&update(n)));
        let newest = UPDATES as u64 + 10;
        assert_eq!(hub.next(9, 1 << 20), Next::Gap(newest));
        assert!(matches!(hub.next(10, 1 << 20), Next::Updates(11, _)));
        assert_eq!(hub.place(Some(&hub.id(9))), Err(newest));
        assert_eq!(hub.place(Some(&hub.id(10))), Ok(10));
        assert_eq!(hub.place(Some(&hub.id(newest + 1))), Err(newest));
        assert_eq!(hub.place(Some(&Hub::new().id(10))), Err(newest));
        assert_eq!(hub.place(Some("nonsense")), Err(newest));
        assert_eq!(hub.place(None), Ok(newest));
    }
}
