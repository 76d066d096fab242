//! Turns: requests with the same key go one after another, all others side by side.

use std::collections::HashSet;
use std::sync::{Condvar, Mutex, PoisonError};

type Key = (String, String);

/// The keys being worked on.
#[derive(Default)]
pub struct Turns {
    busy: Mutex<HashSet<Key>>,
    freed: Condvar,
}

/// Its holder's turn; ends when dropped.
pub struct Turn<'a> {
    turns: &'a Turns,
    key: Key,
}

impl Turns {
    /// Waits until nobody else works on this key.
    pub fn take(&self, actor: &str, key: &str) -> Turn<'_> {
        let key = (actor.to_owned(), key.to_owned());
        let busy = self.busy.lock().unwrap_or_else(PoisonError::into_inner);
        let mut busy = self.freed.wait_while(busy, |b| b.contains(&key)).unwrap_or_else(PoisonError::into_inner);
        busy.insert(key.clone());
        Turn { turns: self, key }
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.turns.busy.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.key);
        self.turns.freed.notify_all();
    }
}
