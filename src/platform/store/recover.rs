//! Opening after a crash: what came how far, and finishing what was interrupted. The rules are told in `commit.rs`.

use super::commit::{Commit, Writer};
use super::{Error, Store, lock, state};
use rusqlite::params;
use std::collections::BTreeMap;
use std::sync::PoisonError;
use std::sync::atomic::Ordering;

impl Store {
    /// Learns from all files how far things came, and finishes what a crash interrupted.
    pub(super) fn recover(&self) -> Result<(), Error> {
        let mut writer = lock(&self.writer);
        let done = self.read_state(|conn| {
            learn(conn, &mut writer)?;
            state::last_commit(conn)
        })?;
        writer.n = done;
        let mut waiting = BTreeMap::new();
        let days: Vec<i64> = self.days.read().unwrap_or_else(PoisonError::into_inner).keys().copied().collect();
        for day in days {
            if self.forget_unmade(day)? {
                continue;
            }
            let found = self.read_day(day, |conn| {
                learn(conn, &mut writer)?;
                let drill: bool =
                    conn.query_row("SELECT EXISTS(SELECT 1 FROM minute WHERE drill = 1)", [], |r| r.get(0))?;
                let (n, outbox): (u64, Option<String>) =
                    conn.query_row("SELECT n, outbox FROM mark", [], |r| Ok((r.get(0)?, r.get(1)?)))?;
                Ok((n, outbox, drill))
            })?;
            let Some((n, outbox, drill)) = found else { continue };
            writer.n = writer.n.max(n);
            if drill {
                self.drill.store(true, Ordering::Relaxed);
            }
            if let Some(outbox) = outbox.filter(|_| n > done) {
                waiting.insert(n, serde_json::from_str::<Commit>(&outbox)?);
            }
        }
        for (n, rest) in waiting {
            tracing::info!(commit = n, "finishing a commit that was interrupted");
            self.apply_rest(&mut writer, n, &rest)?;
        }
        if self.read_state(state::has_drill)? {
            self.drill.store(true, Ordering::Relaxed);
        }
        Ok(())
    }

    /// Whether a crash came while the day's file was being made. It holds nothing then, and is made when it is needed.
    fn forget_unmade(&self, day: i64) -> Result<bool, Error> {
        let version =
            |conn: &rusqlite::Connection| Ok(conn.query_row("PRAGMA user_version", [], |row| row.get::<_, i64>(0))?);
        let unmade = self.read_day(day, version)? == Some(0);
        if unmade {
            self.pool.forget(day);
            self.days.write().unwrap_or_else(PoisonError::into_inner).remove(&day);
        }
        Ok(unmade)
    }
}

/// Takes over the progress that a file remembers.
fn learn(conn: &rusqlite::Connection, writer: &mut Writer) -> Result<(), Error> {
    let mut read = conn.prepare_cached("SELECT kind, name, n, body FROM progress")?;
    let mut rows = read.query(params![])?;
    while let Some(row) = rows.next()? {
        writer.learn(row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?);
    }
    Ok(())
}
