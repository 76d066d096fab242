//! Read-only connections, kept open for the next question. A bounded number stays open, the longest unused goes first.

use super::{Error, lock, schema};
use rusqlite::Connection;
use std::path::Path;
use std::sync::Mutex;

/// Connections kept while nobody uses them.
const IDLE_MAX: usize = 24;

/// Idle connections, the longest unused first. The key is the day, or nothing for the state file.
#[derive(Debug, Default)]
pub(super) struct Pool {
    idle: Mutex<Vec<(Option<i64>, Connection)>>,
}

impl Pool {
    /// Runs `read` on a connection to the file.
    pub(super) fn with<T>(
        &self,
        key: Option<i64>,
        path: &Path,
        read: impl FnOnce(&Connection) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let held = {
            let mut idle = lock(&self.idle);
            idle.iter().rposition(|(k, _)| *k == key).map(|i| idle.remove(i).1)
        };
        let conn = held.map_or_else(|| schema::open_reader(path), Ok)?;
        let answer = read(&conn).map_err(|e| e.of(path));
        if answer.is_ok() {
            let mut idle = lock(&self.idle);
            idle.push((key, conn));
            if idle.len() > IDLE_MAX {
                idle.remove(0);
            }
        }
        answer
    }

    /// Closes the connections to a day that is going away.
    pub(super) fn forget(&self, day: i64) {
        lock(&self.idle).retain(|(key, _)| *key != Some(day));
    }
}
