//! Figures for the first screen. They cost the same however much is stored: roll-ups, sketches and partial indexes only.

use super::batch::{SLOT_MS, Top};
use super::count::{Counts, ranked};
use super::past::{self, Standing};
use super::{Error, Store, sketch};
use crate::api::{Acts, Containment, Count, Detection, Overview, Severity, Timestamp, Waiting};
use rusqlite::{Connection, Transaction, params};
use std::collections::HashMap;
use std::sync::atomic::Ordering;

const MINUTES: i64 = 60;
const TOP_MAX: usize = 20;

/// Whether a contained incident was contained without a person: an automatic action answers it.
const CONTAINED: &str = "SELECT contained - first_event,
    EXISTS(SELECT 1 FROM action a WHERE a.incident = i.id AND a.automatic = 1 AND a.created <= i.contained)
    FROM incident i WHERE contained > ? AND contained <= ? ORDER BY 1";

impl Store {
    /// The store's part of the overview at `now`; gate, blocks and notes are left at their defaults. Top addresses and
    /// countries cover the running ten minutes and the fifty before. In the `past` incidents are as they stood then.
    ///
    /// # Errors
    /// A file cannot be read.
    pub fn overview_parts(&self, now: Timestamp, past: bool) -> Result<Overview, Error> {
        let first = now.minute() - MINUTES + 1;
        let since = Timestamp(first * 60_000);
        let end = now.plus(1);
        let last_slot = now.0.div_euclid(SLOT_MS);
        let mut events = vec![0u64; MINUTES as usize];
        let (mut addresses, mut countries) = (HashMap::new(), HashMap::new());
        for day in self.days_between(since, end) {
            self.read_day(day, |conn| {
                per_minute(
                    conn,
                    "SELECT minute, sum(count) FROM minute WHERE minute >= ? AND minute <= ? GROUP BY minute",
                    [first, now.minute()],
                    first,
                    &mut events,
                )?;
                for (kind, into) in [(Top::Address, &mut addresses), (Top::Country, &mut countries)] {
                    let sql = "SELECT body FROM top WHERE slot > ? AND slot <= ? AND kind = ?";
                    let mut read = conn.prepare_cached(sql)?;
                    let mut rows = read.query(params![last_slot - 6, last_slot, kind as i64])?;
                    while let Some(row) = rows.next()? {
                        let body = row.get_ref(0)?.as_blob().map_err(rusqlite::Error::from)?;
                        for (value, count, _) in sketch::saved(body) {
                            *into.entry(value.to_owned()).or_insert(0) += count;
                        }
                    }
                }
                Ok(())
            })?;
        }
        let mut parts = Overview {
            now,
            events_per_minute: events,
            top_addresses: ranked(addresses, TOP_MAX),
            countries: ranked(countries, TOP_MAX),
            sources: self.sources(),
            drill_data: self.drill.load(Ordering::Relaxed),
            ..Overview::default()
        };
        self.read_state(|conn| {
            pulse(conn, first, now, &mut parts)?;
            parts.containment = containment(conn, now)?;
            parts.acts = acts(conn, now)?;
            let standing = if past { past::standing(conn, now)? } else { standing(conn)? };
            (parts.open_by_severity, parts.snoozed, parts.waiting) =
                (standing.open, standing.snoozed, standing.waiting);
            Ok(())
        })?;
        Ok(parts)
    }
}

/// Counts a detection by minute.
pub(super) fn count(tx: &Transaction<'_>, d: &Detection) -> Result<(), Error> {
    let sql = "INSERT INTO pulse(minute, severity, drill, count) VALUES(?, ?, ?, 1)
        ON CONFLICT(minute, severity, drill) DO UPDATE SET count = count + 1";
    tx.prepare_cached(sql)?.execute(params![d.time.minute(), d.severity.as_str(), d.drill])?;
    Ok(())
}

/// Counts what was stored before there were counts.
pub(super) fn begin(conn: &Connection) -> Result<(), Error> {
    let sql = "INSERT INTO pulse(minute, severity, drill, count)
        SELECT time / 60000, json_extract(body, '$.severity'), drill, count(*) FROM detection
        WHERE NOT EXISTS (SELECT 1 FROM pulse) GROUP BY 1, 2, 3";
    conn.execute(sql, [])?;
    Ok(())
}

/// Detections of the last hour by minute and severity.
fn pulse(conn: &Connection, first: i64, now: Timestamp, parts: &mut Overview) -> Result<(), Error> {
    parts.detections_per_minute = vec![0; MINUTES as usize];
    parts.severity_per_minute = std::array::from_fn(|_| vec![0; MINUTES as usize]);
    let mut read =
        conn.prepare_cached("SELECT minute, severity, count FROM pulse WHERE minute >= ? AND minute <= ?")?;
    let mut rows = read.query([first, now.minute()])?;
    while let Some(row) = rows.next()? {
        let Ok(bar) = usize::try_from(row.get::<_, i64>(0)? - first) else { continue };
        let severity = Severity::from(row.get_ref(1)?.as_str().map_err(rusqlite::Error::from)?);
        let count: u64 = row.get(2)?;
        for bars in [&mut parts.detections_per_minute, &mut parts.severity_per_minute[place(&severity)]] {
            if let Some(bar) = bars.get_mut(bar) {
                *bar += count;
            }
        }
    }
    Ok(())
}

fn acts(conn: &Connection, now: Timestamp) -> Result<Acts, Error> {
    let since = now.plus(-crate::api::time::DAY_MS);
    let sql = "SELECT coalesce(sum(automatic), 0), count(*) FROM action WHERE created >= ? AND created <= ?";
    let (automatic, all): (u64, u64) =
        conn.prepare_cached(sql)?.query_row([since.0, now.0], |r| Ok((r.get(0)?, r.get(1)?)))?;
    Ok(Acts { since, automatic, manual: all - automatic })
}

/// How open incidents stand now: by indexes alone, but for the oldest of each severity.
fn standing(conn: &Connection) -> Result<Standing, Error> {
    let mut standing = Standing { open: open_by_severity(conn)?, waiting: Waiting::all(), ..Standing::default() };
    standing.snoozed =
        conn.prepare_cached("SELECT count(*) FROM incident WHERE open = 2")?.query_row([], |r| r.get(0))?;
    // Numbers are given in the order incidents are opened.
    let sql = "SELECT severity, count(*), min(id) FROM incident WHERE open = 1 AND state = 'new' GROUP BY severity";
    let mut read = conn.prepare_cached(sql)?;
    let mut rows = read.query([])?;
    while let Some(row) = rows.next()? {
        let severity = Severity::from(row.get_ref(0)?.as_str().map_err(rusqlite::Error::from)?);
        let waiting = &mut standing.waiting[place(&severity)];
        waiting.incidents += row.get::<_, u64>(1)?;
        let sql = "SELECT json_extract(body, '$.opened') FROM incident WHERE id = ?";
        let opened: String = conn.prepare_cached(sql)?.query_row([row.get::<_, i64>(2)?], |r| r.get(0))?;
        waiting.oldest = Timestamp::parse(&opened).into_iter().chain(waiting.oldest).min();
    }
    Ok(standing)
}

/// Where a severity stands among the five. One of a newer version counts as the least.
pub(super) fn place(severity: &Severity) -> usize {
    if severity.id() <= 5 { usize::from(severity.id()) - 1 } else { 0 }
}

fn per_minute(conn: &Connection, sql: &str, range: [i64; 2], first: i64, into: &mut [u64]) -> Result<(), Error> {
    let mut read = conn.prepare_cached(sql)?;
    let mut rows = read.query(range)?;
    while let Some(row) = rows.next()? {
        let bar = usize::try_from(row.get::<_, i64>(0)? - first).ok();
        if let Some(bar) = bar.and_then(|i| into.get_mut(i)) {
            *bar += row.get::<_, u64>(1)?;
        }
    }
    Ok(())
}

fn open_by_severity(conn: &Connection) -> Result<[u64; 5], Error> {
    let mut counts = [0; 5];
    let mut read = conn.prepare_cached("SELECT severity, count(*) FROM incident WHERE open = 1 GROUP BY severity")?;
    let mut rows = read.query([])?;
    while let Some(row) = rows.next()? {
        let severity = Severity::from(row.get_ref(0)?.as_str().map_err(rusqlite::Error::from)?);
        counts[place(&severity)] += row.get::<_, u64>(1)?;
    }
    Ok(counts)
}

fn containment(conn: &Connection, now: Timestamp) -> Result<Containment, Error> {
    let mut read = conn.prepare_cached(CONTAINED)?;
    let rows: Vec<(i64, bool)> = read
        .query_map([now.plus(-crate::api::time::DAY_MS).0, now.0], |r| Ok((r.get(0)?, r.get(1)?)))?
        .collect::<Result<_, _>>()?;
    let at = |percent: usize| {
        let place = (rows.len() * percent).div_ceil(100).saturating_sub(1);
        rows.get(place).map_or(0, |(ms, _)| u64::try_from(*ms).unwrap_or(0))
    };
    Ok(Containment {
        count: rows.len() as u64,
        median_ms: at(50),
        p95_ms: at(95),
        automatic: rows.iter().filter(|(_, automatic)| *automatic).count() as u64,
    })
}

impl Store {
    /// Something of the drill is stored.
    #[must_use]
    pub fn has_drill_data(&self) -> bool {
        self.drill.load(Ordering::Relaxed)
    }
}

/// The most frequent of counted values.
pub(super) fn most(counts: Counts) -> Vec<Count> {
    ranked(counts, TOP_MAX)
}
