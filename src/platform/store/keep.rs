//! Letting go: old days by deleting their file, and everything the drill made.

use super::{Error, Store, block, lock, old, schema};
use crate::api::endpoint::Removed;
use crate::api::{Timestamp, time::DAY_MS};
use rusqlite::{Connection, Transaction, TransactionBehavior, params};
use std::sync::PoisonError;
use std::sync::atomic::Ordering;

impl Store {
    /// Deletes the day files whose day and whose last write are both more than `days` days ago; `rows` counts files'
    /// events. A day far in the future (a wrong clock) goes when its last write is that old.
    ///
    /// # Errors
    /// A file cannot be deleted, or the state cannot be written.
    pub fn retain(&self, days: u32, now: Timestamp) -> Result<Removed, Error> {
        let keep_from = now.plus(-i64::from(days).saturating_mul(DAY_MS));
        let mut removed = 0;
        let mut writer = lock(&self.writer);
        self.apply_pending(&mut writer)?;
        let all: Vec<(i64, bool)> = {
            let days = self.days.read().unwrap_or_else(PoisonError::into_inner);
            days.iter().map(|(day, damage)| (*day, damage.is_some())).collect()
        };
        {
            let mut conn = lock(&self.state);
            let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
            super::past::forget(&tx, keep_from)?;
            tx.commit()?;
        }
        let mut saved = false;
        for (day, damaged) in all {
            if (keep_from.day()..=now.day() + 1).contains(&day) {
                continue;
            }
            let found = self.read_day(day, |conn| {
                let observed: i64 = conn.query_row("SELECT observed FROM mark", [], |r| r.get(0))?;
                let events: u64 = conn.query_row("SELECT coalesce(sum(count), 0) FROM minute", [], |r| r.get(0))?;
                Ok((Timestamp(observed), events))
            })?;
            let (written, events) = match found {
                Some(found) => found,
                None if damaged => (modified(&schema::day_path(&self.dir, day)), 0),
                None => continue,
            };
            if written >= keep_from {
                continue;
            }
            if !saved {
                save_progress(&mut lock(&self.state), &writer.progress)?;
                saved = true;
            }
            writer.close(day);
            self.days.write().unwrap_or_else(PoisonError::into_inner).remove(&day);
            self.pool.forget(day);
            delete(&schema::day_path(&self.dir, day))?;
            removed += events;
        }
        Ok(Removed { rows: removed })
    }

    /// Removes everything the drill stored: events and their share of the roll-ups, detections, incidents, actions,
    /// sources. Numbers that were used are not used again.
    ///
    /// # Errors
    /// A file cannot be written; what was removed until then stays removed.
    pub fn purge_drill(&self) -> Result<Removed, Error> {
        let mut writer = lock(&self.writer);
        self.apply_pending(&mut writer)?;
        let names: Vec<String> = writer.sources().into_iter().filter(|s| s.drill).map(|s| s.name).collect();
        let mut rows = 0;
        for day in self.days_between(Timestamp(i64::MIN), Timestamp(i64::MAX)) {
            let file = writer.day(self, day)?;
            let tx = Transaction::new_unchecked(&file.conn, TransactionBehavior::Immediate)?;
            rows += old::purge_drill(&tx)? + block::purge_drill(&tx)?;
            tx.execute("DELETE FROM minute WHERE drill = 1", [])?;
            tx.execute("DELETE FROM top WHERE drill = 1", [])?;
            forget_sources(&tx, &names)?;
            tx.commit()?;
            file.sync()?;
            file.forget();
        }
        let mut conn = lock(&self.state);
        let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
        rows += purge_state(&tx)?;
        forget_sources(&tx, &names)?;
        tx.commit()?;
        writer.progress.retain(|(_, name), _| !names.contains(name));
        self.roll.forget_drill();
        self.drill.store(false, Ordering::Relaxed);
        Ok(Removed { rows: rows as u64 })
    }
}

fn purge_state(tx: &Transaction<'_>) -> Result<usize, Error> {
    for table in ["detection", "incident", "action"] {
        tx.execute(
            &format!(
                "INSERT OR REPLACE INTO meta(key, value) SELECT 'next {table}', max(coalesce(
                 (SELECT CAST(value AS INTEGER) FROM meta WHERE key = 'next {table}'), 1), max(id) + 1)
                 FROM {table} HAVING count(*) > 0"
            ),
            [],
        )?;
    }
    tx.execute("DELETE FROM idempotency WHERE action IN (SELECT id FROM action WHERE drill = 1)", [])?;
    tx.execute("DELETE FROM timeline WHERE incident IN (SELECT id FROM incident WHERE drill = 1)", [])?;
    tx.execute("DELETE FROM incident_entity WHERE incident IN (SELECT id FROM incident WHERE drill = 1)", [])?;
    tx.execute("DELETE FROM hushed WHERE drill = 1", [])?;
    tx.execute("DELETE FROM pulse WHERE drill = 1", [])?;
    tx.execute("DELETE FROM incident_past WHERE incident IN (SELECT id FROM incident WHERE drill = 1)", [])?;
    let mut rows = 0;
    for table in ["detection", "incident", "action"] {
        rows += tx.execute(&format!("DELETE FROM {table} WHERE drill = 1"), [])?;
    }
    Ok(rows)
}

fn forget_sources(tx: &Transaction<'_>, names: &[String]) -> Result<(), Error> {
    for name in names {
        tx.execute("DELETE FROM progress WHERE name = ?", [name])?;
    }
    Ok(())
}

/// Brings all progress into the state file, so that it does not go with a day.
fn save_progress(
    conn: &mut Connection,
    progress: &std::collections::HashMap<(String, String), (u64, String)>,
) -> Result<(), Error> {
    let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
    for ((kind, name), (n, body)) in progress {
        tx.execute(
            "INSERT OR REPLACE INTO progress(kind, name, n, body) VALUES(?, ?, ?, ?)",
            params![kind, name, n, body],
        )?;
    }
    Ok(tx.commit()?)
}

/// When a file was last changed, by the file system.
fn modified(path: &std::path::Path) -> Timestamp {
    let age = std::fs::metadata(path).and_then(|m| m.modified()).ok();
    let since = age.and_then(|t| t.duration_since(std::time::UNIX_EPOCH).ok());
    Timestamp(since.and_then(|d| i64::try_from(d.as_millis()).ok()).unwrap_or(i64::MAX))
}

fn delete(path: &std::path::Path) -> Result<(), Error> {
    for suffix in ["-wal", "-shm", ""] {
        let file = schema::with(path, suffix);
        match std::fs::remove_file(&file) {
            Err(e) if e.kind() != std::io::ErrorKind::NotFound => return Err(Error::io(&file, &e)),
            _ => {}
        }
    }
    Ok(())
}
