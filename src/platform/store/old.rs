//! Day files of the first schema, with one row for each event: they are written anew as blocks.
//!
//! In small steps, each of them a transaction: commits go on in between, and after a crash it goes on where it was. It
//! is done in the background after a start, the newest day first, and at once for a day that is asked about.

use super::day::Day;
use super::{Error, Store, block, lock, row, schema};
use crate::api::{Class, Event, EventId, Http, Outcome, Severity, Timestamp};
use crate::text::Untrusted;
use rusqlite::{Connection, Row, Transaction, TransactionBehavior, params};

/// Rows that are written anew in one transaction.
const STEP: usize = block::EVENTS_MAX;

const INDEXES: [&str; 7] = ["time", "src_ip", "user", "session", "key", "tenant", "drill"];

const ROWS: &str = "SELECT e.seq, e.time, e.observed, (SELECT text FROM word WHERE id = e.source), e.class, e.activity,
    (SELECT text FROM word WHERE id = e.severity), (SELECT text FROM word WHERE id = e.outcome), e.parsed, e.drill,
    e.src_ip, e.country, e.user, e.session, (SELECT text FROM word WHERE id = e.host),
    (SELECT text FROM word WHERE id = e.method), e.status, e.bytes, (SELECT text FROM word WHERE id = e.agent),
    (SELECT text FROM word WHERE id = e.referer), e.url, e.message, e.raw,
    (SELECT text FROM word WHERE id = e.action), e.object, e.key, e.tenant, e.admin, e.dst_ip, e.dst_port, e.sent
    FROM event e ORDER BY e.seq LIMIT ?";

/// Whether a day file has rows of the first schema left.
pub(super) fn is_old(conn: &Connection) -> Result<bool, Error> {
    let sql = "SELECT EXISTS(SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'event')";
    Ok(conn.prepare_cached(sql)?.query_row([], |r| r.get(0))?)
}

/// What makes a day file of the first schema one that can take blocks.
pub(super) fn upgrade() -> String {
    INDEXES.iter().map(|name| format!("DROP INDEX IF EXISTS event_{name};")).collect()
}

/// The highest number of an event that is not written anew yet.
pub(super) fn highest(conn: &Connection) -> Result<u32, Error> {
    if !is_old(conn)? {
        return Ok(0);
    }
    Ok(conn.query_row("SELECT coalesce(max(seq), 0) FROM event", [], |r| r.get(0))?)
}

/// Deletes what the drill made; returns how many events those were.
pub(super) fn purge_drill(tx: &Transaction<'_>) -> Result<usize, Error> {
    if !is_old(tx)? {
        return Ok(0);
    }
    Ok(tx.execute("DELETE FROM event WHERE drill = 1", [])?)
}

impl Store {
    /// Writes all days of the first schema anew, the newest first, until `stop` says so.
    pub fn renew_old_days(&self, stop: impl Fn() -> bool) {
        let mut days = self.days_between(Timestamp(i64::MIN), Timestamp(i64::MAX));
        days.reverse();
        for day in days {
            match self.renew(day, &stop) {
                Ok(0) => {}
                Ok(events) => {
                    tracing::info!(file = %schema::day_name(day), events, "a day file of before is written anew")
                }
                Err(error) => tracing::warn!(%error, "a day file of before cannot be written anew yet"),
            }
            if stop() {
                return;
            }
        }
    }

    /// Writes a day of the first schema anew; returns how many events it wrote.
    pub(super) fn renew(&self, day: i64, stop: impl Fn() -> bool) -> Result<usize, Error> {
        let mut events = 0;
        while self.read_day(day, is_old)? == Some(true) && !stop() {
            let mut writer = lock(&self.writer);
            match writer.day(self, day).and_then(|file| file.step(day)) {
                Ok(more) => events += more,
                Err(Error::Damaged { why, .. }) => {
                    self.note_damage(day, &why);
                    writer.close(day);
                }
                Err(other) => return Err(other),
            }
        }
        Ok(events)
    }
}

impl Day {
    /// Writes some rows anew. After the last of them the old table is gone.
    fn step(&mut self, day: i64) -> Result<usize, Error> {
        let path = self.path.clone();
        self.step_all(day).map_err(|e| e.of(&path))
    }

    fn step_all(&mut self, day: i64) -> Result<usize, Error> {
        let tx = Transaction::new_unchecked(&self.conn, TransactionBehavior::Immediate)?;
        if !is_old(&tx)? {
            return Ok(0);
        }
        let events: Vec<Event> = {
            let mut read = tx.prepare(ROWS)?;
            read.query_map(params![STEP], |r| self::read(r, day))?.collect::<Result<_, _>>()?
        };
        block::add(&tx, &events.iter().map(Event::view).collect::<Vec<_>>())?;
        match events.last().filter(|_| events.len() == STEP) {
            #[allow(clippy::cast_possible_truncation)] // The low half is the number within the day.
            Some(last) => tx.execute("DELETE FROM event WHERE seq <= ?", [last.id.0 as u32])?,
            None => tx.execute("DROP TABLE event", [])?,
        };
        tx.commit()?;
        Ok(events.len())
    }
}

fn read(r: &Row<'_>, day: i64) -> rusqlite::Result<Event> {
    let text = |i: usize| -> rusqlite::Result<Option<Untrusted>> { Ok(r.get::<_, Option<String>>(i)?.map(Into::into)) };
    let word = |i: usize| -> rusqlite::Result<String> { Ok(r.get::<_, Option<String>>(i)?.unwrap_or_default()) };
    let raw: String = r.get(22)?;
    let http = match text(15)? {
        None => None,
        Some(method) => Some(Http {
            method,
            url: text(20)?.unwrap_or_default(),
            status: r.get(16)?,
            bytes: r.get::<_, i64>(17)?.unsigned_abs(),
            referer: text(19)?,
            agent: text(18)?,
        }),
    };
    let bytes = |i: usize| -> rusqlite::Result<Option<u64>> { Ok(r.get::<_, Option<i64>>(i)?.map(i64::unsigned_abs)) };
    let request = http.is_some();
    Ok(Event {
        id: EventId::new(day, r.get(0)?),
        time: Timestamp(r.get(1)?),
        observed: Timestamp(r.get(2)?),
        source: word(3)?,
        class: Class(r.get(4)?),
        activity: r.get(5)?,
        severity: Severity::from(word(6)?.as_str()),
        outcome: Outcome::from(word(7)?.as_str()),
        src_ip: r.get_ref(10)?.as_blob_or_null()?.and_then(row::address),
        country: text(11)?,
        user: text(12)?,
        session: text(13)?,
        host: text(14)?,
        http,
        action: text(23)?,
        object: text(24)?,
        key: text(25)?,
        tenant: text(26)?,
        agent: if request { None } else { text(18)? },
        admin: r.get(27)?,
        dst_ip: r.get_ref(28)?.as_blob_or_null()?.and_then(row::address),
        dst_port: r.get(29)?,
        sent: bytes(30)?,
        received: if request { None } else { bytes(17)? },
        message: r.get::<_, Option<String>>(21)?.unwrap_or_else(|| raw.clone()).into(),
        raw: raw.into(),
        parsed: r.get(8)?,
        drill: r.get(9)?,
    })
}
