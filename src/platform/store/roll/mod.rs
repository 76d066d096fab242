//! The roll of all incidents, in memory: what filters ask of them, so that a filter over a million of them need not read
//! a million of them from disk. It only finds; what is shown is read from the state file and asked again there.
//!
//! Incidents that are alike but for whom and when they are about share a shape, and most of a filter is settled once for
//! each shape; what it asks of whom they are about, once for each name. The roll is read in the background after a start; until then, and beyond [`ROWS_MAX`], there is none and lists
//! are read from disk. Start at [`Roll::find`]; one row is in `row.rs`, how it is kept in order in `table.rs`, names in
//! `names.rs`.

mod filter;
mod names;
mod row;
mod table;
mod tally;
#[cfg(test)]
mod tests;

use super::{Error, IncidentFile, Store};
use crate::api::{Incident, List, Timestamp};
use crate::platform::cursor::Position;
use crate::query::Query;
use crate::query::group::groups;
use filter::Filter;
use row::SHARED;
use std::collections::HashMap;
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use table::Table;
use tally::Tally;

/// Most incidents that are held: about 150 bytes each, with a name of its own for each.
const ROWS_MAX: usize = 3_000_000;
/// Incidents read at once.
const CHUNK: usize = 2000;
/// Threads that look for rows together.
const THREADS_MAX: usize = 4;
/// Rows or names that one thread looks through as fast as several.
const ALONE: usize = 20_000;

/// All incidents.
#[derive(Debug, Default)]
pub(super) struct Roll(RwLock<State>);

#[derive(Debug, Default)]
struct State {
    /// Nothing until it is read.
    table: Option<Table>,
    /// All of it is read.
    whole: bool,
    /// Changes whenever rows were taken away: what was read before that no longer counts.
    turn: u64,
}

/// Rows that a question finds.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Found {
    /// Those of the page, in its order.
    pub page: Vec<Position>,
    /// All of them, on all pages, if that was counted.
    pub total: Option<u64>,
    /// There are more behind the page.
    pub more: bool,
}

impl Roll {
    fn read(&self) -> RwLockReadGuard<'_, State> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, State> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// These incidents were stored.
    pub(super) fn touch(&self, incidents: &[IncidentFile]) {
        if incidents.is_empty() || self.read().table.is_none() {
            return;
        }
        self.put(incidents.iter().map(|(incident, ..)| incident));
    }

    /// Takes incidents in; of each the latest revision stays.
    fn put<'a>(&self, incidents: impl Iterator<Item = &'a Incident>) {
        let mut state = self.write();
        let Some(table) = &mut state.table else { return };
        incidents.for_each(|incident| table.put(incident));
        if table.len() > ROWS_MAX || table.is_full() {
            tracing::warn!(most = ROWS_MAX, "there are too many incidents to hold what filters ask of them");
            (state.table, state.whole) = (None, false);
        }
    }

    /// The drill's incidents were removed.
    pub(super) fn forget_drill(&self) {
        let mut state = self.write();
        state.turn += 1;
        if let Some(table) = &mut state.table {
            table.forget(|shape| shape.drill);
        }
    }

    /// The rows that answer a question, if the roll can: it knows how things stand now. All of them are counted for the
    /// first page only.
    pub(super) fn find(&self, query: &Query, list: &List, from: Position) -> Option<Found> {
        let state = self.read();
        let table = state.table.as_ref().filter(|_| state.whole && list.at.is_none())?;
        let filter = Filter::new(table, query);
        let range = table.between(list.since.unwrap_or(Timestamp(i64::MIN)), list.end());
        let (hits, total) = if list.after.is_some() {
            (filter.beyond(range, from, list.oldest_first, list.rows() + 1), None)
        } else {
            let all = filter.all(range);
            let total = all.len() as u64;
            let first = |at: &mut dyn Iterator<Item = u32>| at.take(list.rows() + 1).collect();
            let mut all = all.into_iter();
            (if list.oldest_first { first(&mut all) } else { first(&mut all.rev()) }, Some(total))
        };
        let page: Vec<Position> = hits.iter().take(list.rows()).map(|at| table.position(*at)).collect();
        Some(Found { more: hits.len() > page.len(), page, total })
    }

    /// Rows by the values of a field, and how many rows there are, if the roll can say so with at most so many values.
    pub(super) fn groups(&self, query: &Query, field: &str, most: usize) -> Option<(HashMap<String, u64>, u64)> {
        let state = self.read();
        let table = state.table.as_ref().filter(|_| state.whole)?;
        let all = Filter::new(table, query).all(table.between(Timestamp(i64::MIN), Timestamp(i64::MAX)));
        let rows = all.len() as u64;
        if !SHARED.contains(&field) {
            return Some((Tally::new(table, field).count(&all, most)?, rows));
        }
        let mut counts = HashMap::new();
        let mut add = |values: Vec<String>, rows: u64| {
            for value in values {
                *counts.entry(value).or_insert(0) += rows;
            }
            counts.len() <= most
        };
        let mut shapes = vec![0u64; table.shapes().len()];
        all.iter().filter_map(|at| table.shape_of(*at)).for_each(|shape| shapes[shape] += 1);
        let mut used = table.shapes().iter().zip(shapes).filter(|(_, rows)| *rows > 0);
        used.all(|(shape, rows)| add(groups(shape, field), rows)).then_some((counts, rows))
    }
}

impl Store {
    /// Reads the roll and how rules were judged, so that nobody who asks has to wait for that. Takes seconds for a million
    /// incidents; ends early when `stop` says so.
    ///
    /// # Errors
    /// The state file cannot be read.
    pub fn warm(&self, stop: impl Fn() -> bool) -> Result<(), Error> {
        while !stop() && !self.read_roll(&stop)? {}
        if !stop() {
            self.rule_judgements()?;
        }
        Ok(())
    }

    /// Reads all incidents into the roll; false if some were removed meanwhile, so that it has to be done anew.
    fn read_roll(&self, stop: impl Fn() -> bool) -> Result<bool, Error> {
        let turn = {
            let mut state = self.roll.write();
            (state.table, state.whole) = (Some(Table::default()), false);
            state.turn
        };
        let mut after = Position::start(true);
        while !stop() {
            let chunk = self.incidents_after(after, CHUNK)?;
            let Some(last) = chunk.last() else {
                let mut state = self.roll.write();
                state.whole = state.table.is_some();
                return Ok(true);
            };
            after = Position { key: last.updated.0, id: last.id.0.cast_signed() };
            if self.roll.read().turn != turn {
                return Ok(false);
            }
            self.roll.put(chunk.iter());
        }
        Ok(true)
    }

    /// The next incidents by (updated, id).
    fn incidents_after(&self, after: Position, many: usize) -> Result<Vec<Incident>, Error> {
        let sql =
            "SELECT body FROM incident WHERE updated >= ?1 AND (updated, id) > (?1, ?2) ORDER BY updated, id LIMIT ?3";
        self.read_state(|conn| super::incident::bodies(conn, sql, rusqlite::params![after.key, after.id, many as u64]))
    }
}
