//! The embedded store: SQLite, one file per day for events (`events-YYYY-MM-DD.db`) and one for state (`state.db`).
//!
//! It keeps what stages hand it and answers questions; it knows nothing of detection or response. Events are immutable
//! and can be read again from their source, so their files sync rarely; state syncs on every commit. How both stay in
//! step through a crash is told in `commit.rs`, what a day file holds in `schema.rs`. Start at [`Store`].

mod action;
mod batch;
mod block;
mod commit;
mod count;
mod day;
mod draft;
mod entity;
mod error;
mod event;
mod group;
mod incident;
mod keep;
mod old;
#[cfg(test)]
mod old_tests;
mod overview;
mod past;
#[cfg(test)]
mod past_tests;
mod pool;
#[cfg(test)]
mod read_tests;
mod recover;
mod roll;
mod row;
mod rule;
mod schema;
mod sketch;
mod state;
mod suppression;
#[cfg(test)]
mod tests;

pub use block::decode as decode_block;
pub use commit::{Commit, IncidentFile};
pub use draft::Drafts;
pub use error::Error;
pub use event::Events;
pub use rule::{RuleCount, RuleJudged};

use crate::api::{EventId, Source, Timestamp};
use commit::Writer;
use pool::Pool;
use rusqlite::Connection;
use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::sync::{Mutex, MutexGuard, PoisonError, RwLock};
use std::time::Duration;

/// How long one page may search before it says what it covered and hands out a cursor.
const BUDGET: Duration = Duration::from_secs(2);
/// The last day that gets a file of its own: 9999-12-31.
const LAST_DAY: i64 = 2_932_896;

/// The store. Share it in an `Arc`; every method may be called from any thread.
#[derive(Debug)]
pub struct Store {
    dir: PathBuf,
    /// Day files there are, and what is wrong with the damaged ones.
    days: RwLock<BTreeMap<i64, Option<String>>>,
    /// The next sequence number of each day that was asked for.
    next: Mutex<HashMap<i64, u32>>,
    /// Everything that writes events; locked before `state` where both are needed.
    writer: Mutex<Writer>,
    state: Mutex<Connection>,
    pool: Pool,
    drill: AtomicBool,
    judged: rule::Judgements,
    roll: roll::Roll,
    budget: Duration,
    /// There were events, but the state file was gone or empty.
    lost: bool,
}

/// A lock that a panicking thread left behind is still a lock: SQLite has rolled its transaction back.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The partition of an instant: its day, within what file names can say.
#[must_use]
pub fn partition(time: Timestamp) -> i64 {
    time.day().clamp(0, LAST_DAY)
}

impl Store {
    /// Opens the store in `dir`, creating what is missing, and finishes a commit that a crash interrupted.
    ///
    /// # Errors
    /// The directory or the state file cannot be used, or is of a newer version. A damaged day file is no error: see
    /// [`Store::damaged`].
    pub fn open(dir: &Path) -> Result<Self, Error> {
        std::fs::create_dir_all(dir).map_err(|e| Error::io(dir, &e))?;
        let (state, made) = schema::open_state(&dir.join(schema::STATE))?;
        let days = schema::day_files(dir)?;
        let lost = made && !days.is_empty();
        let store = Self {
            lost,
            dir: dir.to_owned(),
            days: RwLock::new(days.into_iter().map(|d| (d, None)).collect()),
            next: Mutex::default(),
            writer: Mutex::default(),
            state: Mutex::new(state),
            pool: Pool::default(),
            drill: AtomicBool::new(false),
            judged: rule::Judgements::default(),
            roll: roll::Roll::default(),
            budget: BUDGET,
        };
        store.recover()?;
        Ok(store)
    }

    /// A fresh id for an event of that time. Touches the disk only on a day's first event.
    #[must_use]
    pub fn next_event_id(&self, time: Timestamp) -> EventId {
        let day = partition(time);
        let mut next = lock(&self.next);
        let sequence = next.entry(day).or_insert_with(|| self.first_sequence(day));
        let id = EventId::new(day, *sequence);
        *sequence = sequence.saturating_add(1);
        id
    }

    /// One above the highest stored sequence of a day; far above where the file cannot say.
    fn first_sequence(&self, day: i64) -> u32 {
        if !self.has_day(day) {
            return schema::first_sequence_of_new(&self.dir, day);
        }
        let highest = self.read_day(day, |conn| {
            let version: i64 = conn.query_row("PRAGMA user_version", [], |r| r.get(0))?;
            Ok(old::highest(conn)?.max(if version == 1 { 0 } else { block::highest(conn)? }))
        });
        highest.unwrap_or(None).map_or(1 << 31, |seq| seq.saturating_add(1))
    }

    /// Days with a readable file between two instants, oldest first.
    fn days_between(&self, since: Timestamp, until: Timestamp) -> Vec<i64> {
        if since >= until {
            return Vec::new();
        }
        let days = self.days.read().unwrap_or_else(PoisonError::into_inner);
        let range = partition(since)..=partition(until.plus(-1));
        days.range(range).filter(|(_, damage)| damage.is_none()).map(|(day, _)| *day).collect()
    }

    fn has_day(&self, day: i64) -> bool {
        self.days.read().unwrap_or_else(PoisonError::into_inner).contains_key(&day)
    }

    /// Runs `read` on a day's file; nothing if there is none or it is damaged (which is then noted).
    fn read_day<T>(&self, day: i64, read: impl FnOnce(&Connection) -> Result<T, Error>) -> Result<Option<T>, Error> {
        if !matches!(self.days.read().unwrap_or_else(PoisonError::into_inner).get(&day), Some(None)) {
            return Ok(None);
        }
        let path = schema::day_path(&self.dir, day);
        match self.pool.with(Some(day), &path, read) {
            Ok(found) => Ok(Some(found)),
            Err(Error::Damaged { why, .. }) => {
                self.note_damage(day, &why);
                Ok(None)
            }
            Err(other) => Err(other),
        }
    }

    /// The same for what asks about events: a day of the first schema is written anew before.
    fn read_events<T>(&self, day: i64, read: impl FnOnce(&Connection) -> Result<T, Error>) -> Result<Option<T>, Error> {
        self.renew(day, || false)?;
        self.read_day(day, read)
    }

    fn read_state<T>(&self, read: impl FnOnce(&Connection) -> Result<T, Error>) -> Result<T, Error> {
        self.pool.with(None, &self.dir.join(schema::STATE), read)
    }

    fn note_damage(&self, day: i64, why: &str) {
        tracing::warn!(file = %schema::day_name(day), why, "a day file is damaged and is left out");
        self.days.write().unwrap_or_else(PoisonError::into_inner).insert(day, Some(why.to_owned()));
        self.pool.forget(day);
    }

    /// Files that cannot be read or lost what they held, and why. Lists and figures leave that out.
    #[must_use]
    pub fn damaged(&self) -> Vec<(String, String)> {
        let days = self.days.read().unwrap_or_else(PoisonError::into_inner);
        let mut found: Vec<_> =
            days.iter().filter_map(|(day, why)| Some((schema::day_name(*day), why.clone()?))).collect();
        if self.lost {
            let why = "it was missing or empty and is begun anew: incidents, actions and blocks of before are lost";
            found.push((schema::STATE.to_owned(), why.to_owned()));
        }
        found.extend(schema::set_aside(&self.dir).into_iter().map(|name| (name, "set aside as damaged".to_owned())));
        found
    }

    /// All sources as last committed, by name.
    #[must_use]
    pub fn sources(&self) -> Vec<Source> {
        lock(&self.writer).sources()
    }

    /// How far each source was read; never ahead of what is stored.
    #[must_use]
    pub fn resume_points(&self) -> HashMap<String, serde_json::Value> {
        lock(&self.writer).resume_points()
    }
}
