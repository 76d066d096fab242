//! The files: names, tables, versions, and how connections are opened.

use super::{Error, LAST_DAY};
use chrono::{Datelike, NaiveDate};
use rusqlite::{Connection, OpenFlags};
use std::path::{Path, PathBuf};
use std::time::Duration;

pub(super) const STATE: &str = "state.db";

/// Events are in `block`, see there; `first` and `last` are numbers of events, `oldest` and `newest` times, `size` bytes
/// of text. `word` has the texts of `minute`. That and `top` are roll-ups, `progress` and `mark` are explained in
/// `commit.rs`.
const DAY_SQL: &str = "
    CREATE TABLE word(id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE);
    CREATE TABLE minute(minute INTEGER, source INTEGER, class INTEGER, severity INTEGER, status INTEGER,
        drill INTEGER, count INTEGER NOT NULL, PRIMARY KEY(minute, source, class, severity, status, drill)) WITHOUT ROWID;
    CREATE TABLE top(slot INTEGER, kind INTEGER, drill INTEGER, body BLOB NOT NULL, PRIMARY KEY(slot, kind, drill));
    CREATE TABLE progress(kind TEXT, name TEXT, n INTEGER NOT NULL, body TEXT NOT NULL, PRIMARY KEY(kind, name)) WITHOUT ROWID;
    CREATE TABLE mark(one INTEGER PRIMARY KEY CHECK(one = 1), n INTEGER NOT NULL, observed INTEGER NOT NULL, outbox TEXT);
    INSERT INTO mark VALUES(1, 0, 0, NULL);";

/// The table of blocks, and what finds one by its numbers and its times without reading it.
const BLOCK_SQL: &str = "
    CREATE TABLE block(first INTEGER PRIMARY KEY, last INTEGER NOT NULL, oldest INTEGER NOT NULL, newest INTEGER NOT NULL,
        events INTEGER NOT NULL, size INTEGER NOT NULL, drill INTEGER NOT NULL, sieve BLOB NOT NULL,
        numbers BLOB NOT NULL, words BLOB NOT NULL, raws BLOB NOT NULL);
    CREATE INDEX block_number ON block(drill, last, events, size);
    CREATE INDEX block_newest ON block(newest, oldest);
    CREATE INDEX block_oldest ON block(oldest, newest);";

const STATE_SQL: &str = "
    CREATE TABLE meta(key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
    CREATE TABLE progress(kind TEXT, name TEXT, n INTEGER NOT NULL, body TEXT NOT NULL, PRIMARY KEY(kind, name)) WITHOUT ROWID;
    CREATE TABLE detection(id INTEGER PRIMARY KEY, time INTEGER NOT NULL, rule TEXT NOT NULL, src_ip BLOB, user TEXT,
        entity_kind TEXT NOT NULL, entity TEXT NOT NULL, incident INTEGER, drill INTEGER NOT NULL, body TEXT NOT NULL);
    CREATE INDEX detection_time ON detection(time);
    CREATE INDEX detection_rule ON detection(rule, time);
    CREATE INDEX detection_incident ON detection(incident, time) WHERE incident IS NOT NULL;
    CREATE INDEX detection_src_ip ON detection(src_ip, time) WHERE src_ip IS NOT NULL;
    CREATE INDEX detection_user ON detection(user, time) WHERE user IS NOT NULL;
    CREATE INDEX detection_entity ON detection(entity, time);
    CREATE TABLE incident(id INTEGER PRIMARY KEY, updated INTEGER NOT NULL, state TEXT NOT NULL, open INTEGER NOT NULL,
        severity TEXT NOT NULL, first_event INTEGER NOT NULL, contained INTEGER, drill INTEGER NOT NULL,
        body TEXT NOT NULL, facts TEXT NOT NULL, bill TEXT NOT NULL);
    CREATE INDEX incident_updated ON incident(updated);
    CREATE INDEX incident_open ON incident(severity) WHERE open = 1;
    CREATE INDEX incident_contained ON incident(contained) WHERE contained IS NOT NULL;
    CREATE TABLE incident_entity(kind TEXT, value TEXT, ip BLOB, incident INTEGER, PRIMARY KEY(incident, kind, value)) WITHOUT ROWID;
    CREATE INDEX incident_entity_value ON incident_entity(kind, value);
    CREATE INDEX incident_entity_ip ON incident_entity(ip) WHERE ip IS NOT NULL;
    CREATE TABLE timeline(n INTEGER PRIMARY KEY, incident INTEGER NOT NULL, body TEXT NOT NULL);
    CREATE INDEX timeline_incident ON timeline(incident, n);
    CREATE TABLE action(id INTEGER PRIMARY KEY, created INTEGER NOT NULL, state TEXT NOT NULL, active INTEGER NOT NULL,
        kind TEXT NOT NULL, target TEXT NOT NULL, incident INTEGER, automatic INTEGER NOT NULL, drill INTEGER NOT NULL,
        body TEXT NOT NULL);
    CREATE INDEX action_created ON action(created);
    CREATE INDEX action_active ON action(id) WHERE active = 1;
    CREATE INDEX action_target ON action(kind, target, created);
    CREATE INDEX action_incident ON action(incident) WHERE incident IS NOT NULL;
    CREATE TABLE idempotency(actor TEXT, key TEXT, hash TEXT NOT NULL, action INTEGER NOT NULL, PRIMARY KEY(actor, key)) WITHOUT ROWID;";

/// What was added to the state file later: made where it is missing. `hushed` says which suppression kept a detection
/// quiet, `incident_past` how incidents stood, `pulse` counts detections by minute. An incident that is out of sight has `open` 2.
const STATE_MORE: &str = "
    CREATE TABLE IF NOT EXISTS suppression(id INTEGER PRIMARY KEY, created INTEGER NOT NULL, state TEXT NOT NULL,
        rule TEXT NOT NULL, body TEXT NOT NULL);
    CREATE INDEX IF NOT EXISTS suppression_created ON suppression(created);
    CREATE TABLE IF NOT EXISTS hushed(suppression INTEGER, detection INTEGER, time INTEGER NOT NULL, drill INTEGER NOT NULL,
        PRIMARY KEY(suppression, detection)) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS incident_past(incident INTEGER, at INTEGER, mark TEXT NOT NULL, body TEXT NOT NULL,
        bill TEXT NOT NULL, PRIMARY KEY(incident, at));
    CREATE INDEX IF NOT EXISTS incident_past_at ON incident_past(at, incident);
    CREATE TABLE IF NOT EXISTS pulse(minute INTEGER, severity TEXT, drill INTEGER, count INTEGER NOT NULL,
        PRIMARY KEY(minute, severity, drill)) WITHOUT ROWID;
    CREATE INDEX IF NOT EXISTS incident_waiting ON incident(severity, id) WHERE open = 1 AND state = 'new';
    CREATE INDEX IF NOT EXISTS action_acts ON action(created, automatic);
    CREATE INDEX IF NOT EXISTS incident_snoozed ON incident(id) WHERE open = 2;";

/// `events-2026-11-21.db`
pub(super) fn day_name(day: i64) -> String {
    let date = i32::try_from(day.clamp(0, LAST_DAY)).ok().and_then(NaiveDate::from_epoch_days).unwrap_or_default();
    format!("events-{date}.db")
}

pub(super) fn day_path(dir: &Path, day: i64) -> PathBuf {
    dir.join(day_name(day))
}

/// The days that have a file.
pub(super) fn day_files(dir: &Path) -> Result<Vec<i64>, Error> {
    Ok(names(dir)?
        .iter()
        .filter_map(|name| name.strip_prefix("events-")?.strip_suffix(".db")?.parse::<NaiveDate>().ok())
        .map(|date| i64::from(date.num_days_from_ce() - NaiveDate::default().num_days_from_ce()))
        .collect())
}

/// Damaged day files that were moved aside so that the day could go on.
pub(super) fn set_aside(dir: &Path) -> Vec<String> {
    names(dir).unwrap_or_default().into_iter().filter(|n| n.starts_with("events-") && n.contains(".damaged-")).collect()
}

fn names(dir: &Path) -> Result<Vec<String>, Error> {
    let entries = std::fs::read_dir(dir).map_err(|e| Error::io(dir, &e))?;
    let mut names: Vec<_> = entries.filter_map(|e| e.ok()?.file_name().into_string().ok()).collect();
    names.sort();
    Ok(names)
}

/// Where a new day file starts to count: behind every number that a damaged file of the same day may have used.
pub(super) fn first_sequence_of_new(dir: &Path, day: i64) -> u32 {
    let prefix = format!("{}.damaged-", day_name(day));
    let before =
        set_aside(dir).iter().filter(|n| n.starts_with(&prefix) && !n.contains("-wal") && !n.contains("-shm")).count();
    u32::try_from(before).unwrap_or(15).min(15) * (1 << 28) + 1
}

/// Moves a damaged day file (with its log) aside.
pub(super) fn move_aside(dir: &Path, day: i64) -> Result<(), Error> {
    let path = day_path(dir, day);
    let number = 1 + (1..).take_while(|n| with(&path, &format!(".damaged-{n}")).exists()).count();
    for suffix in ["-wal", "-shm", ""] {
        let from = with(&path, suffix);
        if from.exists() {
            let to = with(&path, &format!(".damaged-{number}{suffix}"));
            std::fs::rename(&from, &to).map_err(|e| Error::io(&from, &e))?;
        }
    }
    Ok(())
}

/// `path` with `suffix` behind its name.
pub(super) fn with(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

/// The state file, and whether it was made just now.
pub(super) fn open_state(path: &Path) -> Result<(Connection, bool), Error> {
    let opened = open(path, &[STATE_SQL], "FULL")?;
    let more = || -> Result<(), Error> {
        opened.0.execute_batch(&format!("BEGIN IMMEDIATE; {STATE_MORE}"))?;
        super::past::begin(&opened.0)?;
        super::overview::begin(&opened.0)?;
        Ok(opened.0.execute_batch("COMMIT")?)
    };
    more().map_err(|e| e.of(path))?;
    Ok(opened)
}

pub(super) fn open_day(path: &Path) -> Result<Connection, Error> {
    let new = format!("{DAY_SQL} {BLOCK_SQL}");
    let upgrade = format!("{BLOCK_SQL} {}", super::old::upgrade());
    // What sieves of schema 2 lack is told by themselves: only who knows schema 3 may write on.
    open(path, &[&new, &upgrade, ""], "NORMAL").map(|(conn, _)| conn)
}

/// Opens a file, and brings it to the newest schema: each of `ways` leads there from the schema of its number, the first
/// from nothing. Day files of schema 1 had a row for each event, see `old.rs`.
fn open(path: &Path, ways: &[&str], synchronous: &str) -> Result<(Connection, bool), Error> {
    let attempt = || -> Result<(Connection, bool), Error> {
        let conn = Connection::open(path)?;
        conn.busy_timeout(Duration::from_secs(10))?;
        conn.set_prepared_statement_cache_capacity(64);
        conn.pragma_update(None, "journal_mode", "WAL")?;
        conn.pragma_update(None, "synchronous", synchronous)?;
        // A log of 10 MB is brought into the file, and both to the disk, every hundred thousand events or so.
        conn.pragma_update(None, "cache_size", -16_000)?;
        conn.pragma_update(None, "wal_autocheckpoint", 2_500)?;
        conn.pragma_update(None, "trusted_schema", false)?;
        let found: i64 = conn.query_row("PRAGMA user_version", [], |r| r.get(0))?;
        let known = ways.len();
        match usize::try_from(found).ok().and_then(|found| ways.get(found)) {
            Some(sql) => {
                conn.execute_batch(&format!("BEGIN IMMEDIATE; {sql} PRAGMA user_version = {known}; COMMIT;"))?
            }
            None if usize::try_from(found) == Ok(known) => {}
            None => {
                let file = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
                return Err(Error::Newer { file, found, known });
            }
        }
        Ok((conn, found == 0))
    };
    attempt().map_err(|e| e.of(path))
}

/// A connection that can only read.
pub(super) fn open_reader(path: &Path) -> Result<Connection, Error> {
    let attempt = || -> Result<Connection, Error> {
        // Readers of a write-ahead log need to write its index, so the file itself is opened for writing.
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let conn = Connection::open_with_flags(path, flags)?;
        conn.busy_timeout(Duration::from_secs(10))?;
        conn.set_prepared_statement_cache_capacity(32);
        conn.pragma_update(None, "query_only", true)?;
        conn.pragma_update(None, "trusted_schema", false)?;
        Ok(conn)
    };
    attempt().map_err(|e| e.of(path))
}
