//! The writing side of one day file: events, their roll-ups and the progress they stand for, in one transaction.

use super::sketch::Sketch;
use super::{Error, row, schema};
use crate::api::Event;
use crate::platform::keyed::Keys;
use rusqlite::{CachedStatement, Connection, OptionalExtension, Transaction, TransactionBehavior, params};
use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// Words remembered with their number; more are looked up in the file.
const WORDS_MAX: usize = 8_192;
/// Sketches kept in memory; others are loaded when an event of their time comes.
const SKETCHES_MAX: usize = 24;
/// Longest value counted in a sketch, in bytes.
const VALUE_MAX: usize = 64;
/// Width of a slot of the top-k sketches.
pub(super) const SLOT_MS: i64 = 600_000;

const INSERT: &str =
    "INSERT INTO event(seq, time, observed, source, class, activity, severity, outcome, parsed, drill, src_ip, country,
    user, session, host, method, status, bytes, agent, referer, url, message, raw, action, object, key, tenant,
    admin, dst_ip, dst_port, sent)
    VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)";

/// What the sketches count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Top {
    Address = 1,
    Country = 2,
}

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
    path: PathBuf,
    words: HashMap<String, i64, Keys>,
    sketches: HashMap<(i64, Top, bool), Sketch, Keys>,
}

impl Day {
    pub(super) fn open(path: &Path) -> Result<Self, Error> {
        let conn = schema::open_day(path)?;
        Ok(Self { conn, path: path.to_owned(), words: HashMap::default(), sketches: HashMap::default() })
    }

    /// Stores a batch, or nothing of it. After an error this value must be dropped: its memory is ahead of the file.
    pub(super) fn write(&mut self, events: &[&Event], extra: &Extra<'_>) -> Result<(), Error> {
        let path = self.path.clone();
        self.write_all(events, extra).map_err(|e| e.of(&path))
    }

    fn write_all(&mut self, events: &[&Event], extra: &Extra<'_>) -> Result<(), Error> {
        if extra.sync {
            self.conn.pragma_update(None, "synchronous", "FULL")?;
        }
        let tx = Transaction::new_unchecked(&self.conn, TransactionBehavior::Immediate)?;
        let mut batch =
            Batch { tx: &tx, words: &mut self.words, sketches: &mut self.sketches, minutes: HashMap::default() };
        let mut insert = tx.prepare_cached(INSERT)?;
        for event in events {
            batch.insert(&mut insert, event)?;
        }
        drop(insert);
        batch.roll_up()?;
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

/// Key of a roll-up row: minute, source, class, severity, status, drill.
type Minute = (i64, i64, u16, i64, i32, bool);

struct Batch<'a> {
    tx: &'a Transaction<'a>,
    words: &'a mut HashMap<String, i64, Keys>,
    sketches: &'a mut HashMap<(i64, Top, bool), Sketch, Keys>,
    minutes: HashMap<Minute, u64, Keys>,
}

impl Batch<'_> {
    fn insert(&mut self, insert: &mut CachedStatement<'_>, event: &Event) -> Result<(), Error> {
        let source = self.word(&event.source)?;
        let severity = self.word(event.severity.as_str())?;
        let outcome = self.word(event.outcome.as_str())?;
        let mut word = |text: Option<&crate::text::Untrusted>| text.map(|t| self.word(t.raw())).transpose();
        let http = event.http.as_ref();
        let host = word(event.host.as_ref())?;
        let method = word(http.map(|h| &h.method))?;
        let agent = word(http.map_or(event.agent.as_ref(), |h| h.agent.as_ref()))?;
        let action = word(event.action.as_ref())?;
        let referer = word(http.and_then(|h| h.referer.as_ref()))?;
        let said = !event.message.is_empty() && event.message != event.raw;
        let message = said.then(|| event.message.raw());
        #[allow(clippy::cast_possible_wrap, clippy::cast_possible_truncation)] // The low half is the sequence.
        let sequence = (event.id.0 & 0xffff_ffff) as i64;
        insert.execute(params![
            sequence,
            event.time.0,
            event.observed.0,
            source,
            event.class.0,
            event.activity,
            severity,
            outcome,
            event.parsed,
            event.drill,
            event.src_ip.map(row::blob),
            event.country.as_ref().map(|t| t.raw()),
            event.user.as_ref().map(|t| t.raw()),
            event.session.as_ref().map(|t| t.raw()),
            host,
            method,
            http.map(|h| h.status),
            http.map(|h| h.bytes).or(event.received).map(integer),
            agent,
            referer,
            http.map(|h| h.url.raw()),
            message,
            event.raw.raw(),
            action,
            event.object.as_ref().map(|t| t.raw()),
            event.key.as_ref().map(|t| t.raw()),
            event.tenant.as_ref().map(|t| t.raw()),
            event.admin,
            event.dst_ip.map(row::blob),
            event.dst_port,
            event.sent.map(integer),
        ])?;
        let status = http.map_or(-1, |h| i32::from(h.status));
        *self
            .minutes
            .entry((event.time.minute(), source, event.class.0, severity, status, event.drill))
            .or_default() += 1;
        self.count(event)
    }

    fn count(&mut self, event: &Event) -> Result<(), Error> {
        let Some(ip) = event.src_ip else { return Ok(()) };
        let slot = event.time.0.div_euclid(SLOT_MS);
        let country = event.country.as_ref().map_or("??", |c| head(c.raw()));
        self.sketch(slot, Top::Address, event.drill)?.add(&ip.to_canonical().to_string(), 1);
        self.sketch(slot, Top::Country, event.drill)?.add(country, 1);
        Ok(())
    }

    fn sketch(&mut self, slot: i64, kind: Top, drill: bool) -> Result<&mut Sketch, Error> {
        use std::collections::hash_map::Entry;
        let key = (slot, kind, drill);
        if self.sketches.len() >= SKETCHES_MAX && !self.sketches.contains_key(&key) {
            self.save_sketches()?;
            self.sketches.clear();
        }
        match self.sketches.entry(key) {
            Entry::Occupied(held) => Ok(held.into_mut()),
            Entry::Vacant(place) => {
                let saved: Option<Vec<u8>> = self
                    .tx
                    .prepare_cached("SELECT body FROM top WHERE slot = ? AND kind = ? AND drill = ?")?
                    .query_row(params![slot, kind as i64, drill], |r| r.get(0))
                    .optional()?;
                Ok(place.insert(Sketch::load(&saved.unwrap_or_default())))
            }
        }
    }

    fn save_sketches(&mut self) -> Result<(), Error> {
        let mut save =
            self.tx.prepare_cached("INSERT OR REPLACE INTO top(slot, kind, drill, body) VALUES(?, ?, ?, ?)")?;
        for ((slot, kind, drill), sketch) in self.sketches.iter_mut() {
            if let Some(body) = sketch.take_changes() {
                save.execute(params![slot, *kind as i64, drill, body])?;
            }
        }
        Ok(())
    }

    fn roll_up(&mut self) -> Result<(), Error> {
        let mut add = self.tx.prepare_cached(
            "INSERT INTO minute(minute, source, class, severity, status, drill, count) VALUES(?, ?, ?, ?, ?, ?, ?)
             ON CONFLICT DO UPDATE SET count = count + excluded.count",
        )?;
        for ((minute, source, class, severity, status, drill), count) in self.minutes.drain() {
            add.execute(params![minute, source, class, severity, status, drill, count])?;
        }
        std::mem::drop(add);
        self.save_sketches()
    }

    /// The number of a text in this file.
    fn word(&mut self, text: &str) -> Result<i64, Error> {
        if let Some(id) = self.words.get(text) {
            return Ok(*id);
        }
        let found: Option<i64> =
            self.tx.prepare_cached("SELECT id FROM word WHERE text = ?")?.query_row([text], |r| r.get(0)).optional()?;
        let id = match found {
            Some(id) => id,
            None => self.tx.prepare_cached("INSERT INTO word(text) VALUES(?)")?.insert([text])?,
        };
        if self.words.len() >= WORDS_MAX {
            self.words.clear();
        }
        self.words.insert(text.to_owned(), id);
        Ok(id)
    }
}

/// A count as the file holds it.
fn integer(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// The beginning of a text, at most [`VALUE_MAX`] bytes.
fn head(text: &str) -> &str {
    let end = (0..=VALUE_MAX.min(text.len())).rev().find(|i| text.is_char_boundary(*i)).unwrap_or(0);
    &text[..end]
}
