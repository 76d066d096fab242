//! Blocks in a day file: adding events, finding some again.
//!
//! Commits of a quiet platform hold few events. So that they do not leave a block each, the last block is written anew
//! together with the new events while it is at most twice as many as they are: each event is written a few times at
//! most before its block is full, and there are few small blocks at any time.

use super::column::Set;
use super::pack::{self, Packed};
use super::read::Block;
use super::{BYTES_MAX, Column, EVENTS_MAX, Fault};
use crate::api::{Event, EventRef};
use crate::platform::store::Error;
use rusqlite::{Connection, OptionalExtension, Transaction, params};

/// Whole blocks kept while single events are looked up.
const HELD_MAX: usize = 4;

/// Adds events of one day.
pub(in super::super) fn add(tx: &Transaction<'_>, events: &[EventRef<'_>]) -> Result<(), Error> {
    let (mut drill, mut real): (Vec<&EventRef<'_>>, Vec<&EventRef<'_>>) = events.iter().partition(|e| e.drill);
    for (events, drill) in [(&mut real, false), (&mut drill, true)] {
        events.sort_by_key(|e| e.id);
        if !events.is_empty() {
            refuse_known(tx, events)?;
            append(tx, drill, events)?;
        }
    }
    Ok(())
}

/// The low half of an id: its number within its day.
#[allow(clippy::cast_possible_truncation)] // That is what it is for.
pub(super) fn seq<T, N>(event: &Event<T, N>) -> u32 {
    event.id.0 as u32
}

/// No event is stored twice. Usually all are newer than what is there, and one look at an index says so.
fn refuse_known(tx: &Transaction<'_>, events: &[&EventRef<'_>]) -> Result<(), Error> {
    let known = |event: &EventRef<'_>| Error::Usage(format!("event {} is stored already", event.id));
    if let Some(pair) = events.windows(2).find(|pair| pair[0].id == pair[1].id) {
        return Err(known(pair[0]));
    }
    let (Some(first), Some(last)) = (events.first(), events.last()) else { return Ok(()) };
    let sql = "SELECT first FROM block WHERE drill IN (0, 1) AND last >= ? AND first <= ?";
    let mut read = tx.prepare_cached(sql)?;
    let mut rows = read.query(params![seq(first), seq(last)])?;
    while let Some(row) = rows.next()? {
        let block = load(tx, row.get(0)?, Set::default())?;
        if let Some(event) = events.iter().find(|event| block.find(seq(event)).is_some()) {
            return Err(known(event));
        }
    }
    Ok(())
}

/// What an event adds to [`BYTES_MAX`]: all its texts.
fn weight(event: &EventRef<'_>) -> usize {
    let http = event.http.as_ref();
    let own = [event.country, event.user, event.session, event.host, event.action, event.object];
    let more = [event.key, event.tenant, event.agent, http.map(|h| h.method), http.map(|h| h.url)];
    let headers = [http.and_then(|h| h.referer), http.and_then(|h| h.agent)];
    let named = [event.source, event.severity.as_str(), event.outcome.as_str(), event.raw, event.message];
    own.into_iter().chain(more).chain(headers).flatten().chain(named).map(str::len).sum()
}

fn append(tx: &Transaction<'_>, drill: bool, new: &[&EventRef<'_>]) -> Result<(), Error> {
    let mut before: Vec<Event> = Vec::new();
    let mut size: usize = new.iter().map(|e| weight(e)).sum();
    let sql = "SELECT first, events, size, last FROM block WHERE drill = ? ORDER BY last DESC LIMIT 1";
    let mut tail = tx.prepare_cached(sql)?;
    loop {
        let found: Option<(u32, usize, usize, u32)> =
            tail.query_row([drill], |r| Ok((r.get(0)?, r.get(1)?, r.get(2)?, r.get(3)?))).optional()?;
        let count = before.len() + new.len();
        let fits = |(_, events, bytes, last): &(u32, usize, usize, u32)| {
            let small = *events <= 2 * count && events + count <= EVENTS_MAX && bytes + size <= BYTES_MAX;
            small && new.first().is_some_and(|event| *last < seq(event))
        };
        let Some((first, _, bytes, _)) = found.filter(fits) else { break };
        let block = load(tx, first, Set::ALL)?;
        let day = new.first().map_or(0, |e| e.id.day());
        before.extend((0..block.len()).map(|nth| block.event(day, nth)));
        tx.prepare_cached("DELETE FROM block WHERE first = ?")?.execute([first])?;
        size += bytes;
    }
    let before: Vec<EventRef<'_>> = before.iter().map(Event::view).collect();
    let mut all: Vec<&EventRef<'_>> = before.iter().chain(new.iter().copied()).collect();
    all.sort_by_key(|e| e.id);
    // As few as can be, and of one size.
    let each = all.len().div_ceil(all.len().div_ceil(EVENTS_MAX).max(1));
    let mut rest = all.as_slice();
    while !rest.is_empty() {
        let mut bytes = 0;
        let fit = rest.iter().take(each).take_while(|event| {
            bytes += weight(event);
            bytes <= BYTES_MAX
        });
        let (block, after) = rest.split_at(fit.count().max(1));
        insert(tx, drill, block)?;
        rest = after;
    }
    Ok(())
}

fn insert(tx: &Transaction<'_>, drill: bool, events: &[&EventRef<'_>]) -> Result<(), Error> {
    let (Some(first), Some(last)) = (events.first(), events.last()) else { return Ok(()) };
    let times = events.iter().map(|e| e.time.0);
    let Packed { sieve, numbers, words, raws } = pack::pack(events);
    let size: usize = events.iter().map(|e| weight(e)).sum();
    let sql = "INSERT INTO block(first, last, oldest, newest, events, size, drill, sieve, numbers, words, raws)
        VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
    tx.prepare_cached(sql)?.execute(params![
        seq(first),
        seq(last),
        times.clone().min(),
        times.max(),
        events.len(),
        size,
        drill,
        sieve,
        numbers,
        words,
        raws
    ])?;
    Ok(())
}

/// The block that begins with that number, with these columns read.
pub(super) fn load(conn: &Connection, first: u32, wanted: Set) -> Result<Block, Error> {
    let mut block = part(conn, "SELECT numbers FROM block WHERE first = ?", first, Block::open)?;
    fill(conn, first, &mut block, wanted)?;
    Ok(block)
}

/// Reads more columns of a block.
pub(super) fn fill(conn: &Connection, first: u32, block: &mut Block, wanted: Set) -> Result<(), Error> {
    if wanted.any_word() && !block.has_words() {
        part(conn, "SELECT words FROM block WHERE first = ?", first, |bytes| block.with_words(bytes))?;
    }
    if wanted.has(Column::Raw) && !block.has_raws() {
        part(conn, "SELECT raws FROM block WHERE first = ?", first, |bytes| block.with_raws(bytes))?;
    }
    block.read(wanted).map_err(|fault| fault.of(first))
}

/// Reads one part of a block.
pub(super) fn part<T>(
    conn: &Connection,
    sql: &str,
    first: u32,
    read: impl FnOnce(&[u8]) -> Result<T, Fault>,
) -> Result<T, Error> {
    let found = conn.prepare_cached(sql)?.query_row([first], |row| {
        // What is no bytes at all is no part of a block either.
        Ok(read(row.get_ref(0)?.as_blob().unwrap_or_default()))
    })?;
    found.map_err(|fault| fault.of(first))
}

/// The events with these numbers, as far as there are such, in that order.
pub(in super::super) fn get(
    conn: &Connection,
    day: i64,
    numbers: impl IntoIterator<Item = u32>,
) -> Result<Vec<Event>, Error> {
    let tx = conn.unchecked_transaction()?;
    let mut held: Vec<Block> = Vec::new();
    let mut events = Vec::new();
    for seq in numbers {
        let mut found = held.iter().find_map(|block| Some(block.event(day, block.find(seq)?)));
        if found.is_none()
            && let Some(block) = holding(&tx, seq)?
        {
            found = block.find(seq).map(|nth| block.event(day, nth));
            held.truncate(HELD_MAX - 1);
            held.insert(0, block);
        }
        events.extend(found);
    }
    Ok(events)
}

/// The block that holds the event with that number.
fn holding(conn: &Connection, seq: u32) -> Result<Option<Block>, Error> {
    let sql = "SELECT first FROM block WHERE drill IN (0, 1) AND last >= ?1 AND first <= ?1 ORDER BY drill, last";
    let mut read = conn.prepare_cached(sql)?;
    let mut rows = read.query([seq])?;
    while let Some(row) = rows.next()? {
        let first = row.get(0)?;
        if load(conn, first, Set::default())?.find(seq).is_some() {
            return load(conn, first, Set::ALL).map(Some);
        }
    }
    Ok(None)
}

/// The highest number of an event.
pub(in super::super) fn highest(conn: &Connection) -> Result<u32, Error> {
    Ok(conn.query_row("SELECT coalesce(max(last), 0) FROM block", [], |r| r.get(0))?)
}

/// Deletes what the drill made; returns how many events those were.
pub(in super::super) fn purge_drill(tx: &Transaction<'_>) -> Result<usize, Error> {
    let events = tx.query_row("SELECT coalesce(sum(events), 0) FROM block WHERE drill = 1", [], |r| r.get(0))?;
    tx.execute("DELETE FROM block WHERE drill = 1", [])?;
    Ok(events)
}
