//! Walking over the events of a day in order of time, or in any order where that does not matter.
//!
//! Blocks overlap in time where sources are behind each other. A lane for each block that may hold what comes next tells
//! when its next event is; the block itself is read when that is reached, and let go when too many are held. Memory is
//! that of a few blocks, however many overlap.

use super::column::Set;
use super::file::{fill, load, part};
use super::read::Block;
use super::sieve::Pivot;
use super::view::View;
use crate::api::{EventId, Timestamp};
use crate::platform::cursor::Position;
use crate::platform::store::Error;
use crate::query::Needle;
use rusqlite::{Connection, Rows, params};
use std::ops::ControlFlow;

/// Blocks held at once.
const LOADED_MAX: usize = 16;

/// Where an event stands in the order: the higher comes first.
type Rank = (i64, u32);

/// What to read of a day.
#[derive(Debug)]
pub(in super::super) struct Scan {
    /// Columns that are asked for.
    pub wanted: Set,
    /// What every event that matters has.
    pub pivot: Option<Pivot>,
    /// Show events that have the pivot only.
    pub sole: bool,
    /// Texts that an event which matters holds somewhere: of each list one. Events of blocks without are shown as barren.
    pub holding: Vec<Vec<Needle>>,
    pub since: Timestamp,
    pub until: Timestamp,
    pub oldest_first: bool,
}

/// A block that has more to say, at the earliest with that rank.
struct Lane {
    first: u32,
    rank: Rank,
    loaded: Option<Loaded>,
}

struct Loaded {
    block: Block,
    /// What is left of it, the next one last.
    left: Vec<(Rank, usize)>,
}

impl Scan {
    /// Calls `see` with every event after `from`, in order.
    pub(in super::super) fn ordered(
        &self,
        conn: &Connection,
        day: i64,
        from: Position,
        mut see: impl FnMut(Position, &View<'_>) -> ControlFlow<()>,
    ) -> Result<ControlFlow<()>, Error> {
        // What a commit that comes meanwhile does to blocks is not seen.
        let tx = conn.unchecked_transaction()?;
        let (sql, since, until) = if self.oldest_first {
            let sql = "SELECT first, oldest FROM block INDEXED BY block_oldest WHERE oldest < ? AND newest >= ?
                ORDER BY oldest";
            (sql, self.since.0.max(from.key), self.until.0)
        } else {
            let sql = "SELECT first, newest FROM block INDEXED BY block_newest WHERE oldest < ? AND newest >= ?
                ORDER BY newest DESC";
            (sql, self.since.0, self.until.0.min(from.key.saturating_add(1)))
        };
        let mut statement = tx.prepare_cached(sql)?;
        let mut rows = statement.query(params![until, since])?;
        let mut coming = self.next(&tx, &mut rows)?;
        let mut lanes: Vec<Lane> = Vec::new();
        loop {
            let (at, mut limit) = leaders(&lanes);
            let rank = at.map(|at| lanes[at].rank);
            if coming.as_ref().is_some_and(|lane| rank.is_none_or(|rank| lane.rank >= rank)) {
                lanes.extend(coming.take());
                coming = self.next(&tx, &mut rows)?;
                continue;
            }
            let Some(at) = at else { return Ok(ControlFlow::Continue(())) };
            if lanes[at].loaded.is_none() {
                make_room(&mut lanes);
                let lane = &mut lanes[at];
                lane.loaded = self.load(&tx, (day, from), lane)?;
            } else {
                limit = limit.max(coming.as_ref().map(|lane| lane.rank));
                if lanes[at].say(day, self.oldest_first, limit, &mut see).is_break() {
                    return Ok(ControlFlow::Break(()));
                }
            }
            match lanes[at].loaded.as_ref().and_then(|loaded| loaded.left.last()) {
                Some((rank, _)) => lanes[at].rank = *rank,
                None => drop(lanes.swap_remove(at)),
            }
        }
    }

    /// Calls `see` with every event of the range, block after block.
    pub(in super::super) fn any_order(
        &self,
        conn: &Connection,
        day: i64,
        mut see: impl FnMut(Position, &View<'_>) -> ControlFlow<()>,
    ) -> Result<ControlFlow<()>, Error> {
        let tx = conn.unchecked_transaction()?;
        let sql = "SELECT first, newest FROM block INDEXED BY block_newest WHERE oldest < ? AND newest >= ?";
        let mut statement = tx.prepare_cached(sql)?;
        let mut rows = statement.query(params![self.until.0, self.since.0])?;
        while let Some(lane) = self.next(&tx, &mut rows)? {
            let Some((block, rows)) = self.block(&tx, lane.first)? else { continue };
            for nth in rows {
                let time = block.time(nth);
                if (self.since.0..self.until.0).contains(&time)
                    && see(position(day, time, block.seq(nth)), &View::new(day, &block, nth)).is_break()
                {
                    return Ok(ControlFlow::Break(()));
                }
            }
        }
        Ok(ControlFlow::Continue(()))
    }

    /// How many events that have the pivot come after `from`, newest first, and the times of the first and the last of
    /// them. Of each block only what says so is read.
    pub(in super::super) fn count(
        &self,
        conn: &Connection,
        day: i64,
        from: Position,
    ) -> Result<Option<(u64, [i64; 2])>, Error> {
        let wanted = self.pivot.iter().map(Pivot::column).collect();
        let own = Self { wanted, pivot: self.pivot.clone(), sole: true, holding: Vec::new(), ..*self };
        let mut found: Option<(u64, [i64; 2])> = None;
        let _ = own.any_order(conn, day, |at, _| {
            if at < from {
                let (count, [oldest, newest]) = found.unwrap_or((0, [at.key; 2]));
                found = Some((count + 1, [oldest.min(at.key), newest.max(at.key)]));
            }
            ControlFlow::Continue(())
        })?;
        Ok(found)
    }

    fn rank(&self, time: i64, seq: u32) -> Rank {
        if self.oldest_first { (!time, !seq) } else { (time, seq) }
    }

    /// The next block of the list that may hold what is asked for.
    fn next(&self, conn: &Connection, rows: &mut Rows<'_>) -> Result<Option<Lane>, Error> {
        while let Some(row) = rows.next()? {
            let (first, edge) = (row.get(0)?, row.get(1)?);
            if let Some(pivot) = &self.pivot {
                let sql = "SELECT sieve FROM block WHERE first = ?";
                if !part(conn, sql, first, |sieve| Ok(pivot.may_pass(sieve)))? {
                    continue;
                }
            }
            let rank = self.rank(edge, if self.oldest_first { 0 } else { u32::MAX });
            return Ok(Some(Lane { first, rank, loaded: None }));
        }
        Ok(None)
    }

    /// The block with what is asked for, and which of its events are shown; nothing if it is known that none of it matters.
    fn block(&self, conn: &Connection, first: u32) -> Result<Option<(Block, Vec<usize>)>, Error> {
        let mut block = load(conn, first, Set::default())?;
        let rows = match &self.pivot {
            Some(pivot) if self.sole => {
                fill(conn, first, &mut block, Set::default().with(pivot.column()))?;
                block.having(pivot)
            }
            // Addresses of where they went are among those, too.
            Some(Pivot::Net(net)) if !block.addresses().iter().any(|ip| net.contains(ip)) => Vec::new(),
            _ => (0..block.len()).collect(),
        };
        if rows.is_empty() {
            return Ok(None);
        }
        fill(conn, first, &mut block, self.wanted)?;
        block.barren = !self.holding.iter().all(|any| any.iter().any(|needle| block.may_hold(needle)));
        Ok(Some((block, rows)))
    }

    /// What a lane still has to say of its block.
    fn load(&self, conn: &Connection, (day, from): (i64, Position), lane: &Lane) -> Result<Option<Loaded>, Error> {
        let Some((block, rows)) = self.block(conn, lane.first)? else { return Ok(None) };
        let mut left = Vec::with_capacity(rows.len());
        for nth in rows {
            let (time, seq) = (block.time(nth), block.seq(nth));
            let (at, rank) = (position(day, time, seq), self.rank(time, seq));
            let after = if self.oldest_first { at > from } else { at < from };
            if after && rank <= lane.rank && (self.since.0..self.until.0).contains(&time) {
                left.push((rank, nth));
            }
        }
        left.sort_unstable();
        Ok(Some(Loaded { block, left }))
    }
}

fn position(day: i64, time: i64, seq: u32) -> Position {
    Position { key: time, id: EventId::new(day, seq).0.cast_signed() }
}

/// The lane that comes next, and up to which rank it is alone.
fn leaders(lanes: &[Lane]) -> (Option<usize>, Option<Rank>) {
    let (mut first, mut second) = (None, None);
    for (at, lane) in lanes.iter().enumerate() {
        let best = first.map(|at: usize| lanes[at].rank);
        if best.is_none_or(|best| lane.rank > best) {
            (first, second) = (Some(at), best);
        } else {
            second = second.max(Some(lane.rank));
        }
    }
    (first, second)
}

/// Lets go of the block that is needed last, if too many are held.
fn make_room(lanes: &mut [Lane]) {
    if lanes.iter().filter(|lane| lane.loaded.is_some()).count() >= LOADED_MAX {
        let last = lanes.iter_mut().filter(|lane| lane.loaded.is_some()).min_by_key(|lane| lane.rank);
        last.into_iter().for_each(|lane| lane.loaded = None);
    }
}

impl Lane {
    /// Shows what it has before `limit`.
    fn say(
        &mut self,
        day: i64,
        oldest_first: bool,
        limit: Option<Rank>,
        see: &mut impl FnMut(Position, &View<'_>) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        let Some(Loaded { block, left }) = &mut self.loaded else { return ControlFlow::Continue(()) };
        while let Some((rank, nth)) = left.pop_if(|(rank, _)| Some(*rank) >= limit) {
            let time = if oldest_first { !rank.0 } else { rank.0 };
            see(position(day, time, block.seq(nth)), &View::new(day, block, nth))?;
        }
        ControlFlow::Continue(())
    }
}
