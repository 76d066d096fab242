//! The writing side of one day file: events, their roll-ups and the progress they stand for, in one transaction.
//! `block/` writes the events, `batch.rs` the roll-ups.

use super::batch::{Batch, Sketches, Words};
use super::{Error, block, schema};
use crate::api::EventRef;
use rusqlite::{Connection, Transaction, TransactionBehavior, params};
use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// What travels with a batch into a day file.
#[derive(Debug, Default)]
pub(super) struct Extra<'a> {
    /// Number of the commit.
    pub n: u64,
    /// (`r` resume point or `s` source, name, JSON).
    pub progress: &'a [(&'static str, String, String)],
    /// The rest of the commit, kept until it is applied.
    pub outbox: Option<&'a str>,
    /// Reach the disk before returning.
    pub sync: bool,
}

#[derive(Debug)]
pub(super) struct Day {
    pub(super) conn: Connection,
    pub(super) path: PathBuf,
    words: Words,
    sketches: Sketches,
}

impl Day {
    pub(super) fn open(path: &Path) -> Result<Self, Error> {
        let conn = schema::open_day(path)?;
        Ok(Self { conn, path: path.to_owned(), words: HashMap::default(), sketches: HashMap::default() })
    }

    /// Stores a batch, or nothing of it. After an error this value must be dropped: its memory is ahead of the file.
    pub(super) fn write(&mut self, events: &[EventRef<'_>], extra: &Extra<'_>) -> Result<(), Error> {
        let path = self.path.clone();
        self.write_all(events, extra).map_err(|e| e.of(&path))
    }

    fn write_all(&mut self, events: &[EventRef<'_>], extra: &Extra<'_>) -> Result<(), Error> {
        if extra.sync {
            self.conn.pragma_update(None, "synchronous", "FULL")?;
        }
        let tx = Transaction::new_unchecked(&self.conn, TransactionBehavior::Immediate)?;
        let mut batch = Batch::new(&tx, &mut self.words, &mut self.sketches);
        events.iter().try_for_each(|event| batch.count(event))?;
        batch.roll_up()?;
        block::add(&tx, events)?;
        for (kind, name, body) in extra.progress {
            tx.prepare_cached("INSERT OR REPLACE INTO progress(kind, name, n, body) VALUES(?, ?, ?, ?)")?
                .execute(params![kind, name, extra.n, body])?;
        }
        let observed = events.iter().map(|e| e.observed.0).max().unwrap_or(0);
        tx.prepare_cached("UPDATE mark SET n = ?, observed = max(observed, ?), outbox = ?")?.execute(params![
            extra.n,
            observed,
            extra.outbox
        ])?;
        tx.commit()?;
        if extra.sync {
            self.conn.pragma_update(None, "synchronous", "NORMAL")?;
        }
        Ok(())
    }

    /// Makes everything committed so far reach the disk.
    pub(super) fn sync(&mut self) -> Result<(), Error> {
        let n = self.mark()?.0;
        self.conn.pragma_update(None, "synchronous", "FULL")?;
        self.conn.execute("UPDATE mark SET n = ?", [n])?;
        self.conn.pragma_update(None, "synchronous", "NORMAL")?;
        Ok(())
    }

    /// Number of the last commit, and when its events were read.
    pub(super) fn mark(&self) -> Result<(u64, i64), Error> {
        Ok(self.conn.query_row("SELECT n, observed FROM mark", [], |r| Ok((r.get(0)?, r.get(1)?)))?)
    }

    /// Forgets what it knows about the file, after somebody else changed it.
    pub(super) fn forget(&mut self) {
        self.words.clear();
        self.sketches.clear();
    }
}
