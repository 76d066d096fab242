//! The roll of all incidents, in memory: what filters ask of them, so that a filter over a million of them need not read
//! a million of them from disk. It only finds; what is shown is read from the state file and asked again there.
//!
//! Incidents that are alike but for whom and when they are about share a shape, and most of a filter is settled once for
//! each shape. The roll is read in the background after a start; until then, and beyond [`ROWS_MAX`], there is none and lists
//! are read from disk. Start at [`Roll::find`]; one row is in `row.rs`, how it is kept in order in `table.rs`.

mod row;
mod table;
#[cfg(test)]
mod tests;

use super::{Error, IncidentFile, Store};
use crate::api::{Incident, List, Timestamp};
use crate::platform::cursor::Position;
use crate::query::group::groups;
use crate::query::{Expr, Query};
use row::SHARED;
use std::collections::HashMap;
use std::num::NonZero;
use std::ops::Range;
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use table::Table;

/// Most incidents that are held: about 150 bytes each.
const ROWS_MAX: usize = 3_000_000;
/// Incidents read at once.
const CHUNK: usize = 2000;
/// Threads that look for rows together.
const THREADS_MAX: usize = 4;
/// Rows that one thread looks through as fast as several.
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

/// What a shape says of a filter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Settled {
    Yes,
    No,
    /// It depends on the row.
    Open,
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
        if table.len() > ROWS_MAX {
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
        let mut counts = HashMap::new();
        let mut add = |values: Vec<String>, rows: u64| {
            for value in values {
                *counts.entry(value).or_insert(0) += rows;
            }
            counts.len() <= most
        };
        if SHARED.contains(&field) {
            let mut shapes = vec![0u64; table.shapes().len()];
            all.iter().filter_map(|at| table.shape_of(*at)).for_each(|shape| shapes[shape] += 1);
            let mut used = table.shapes().iter().zip(shapes).filter(|(_, rows)| *rows > 0);
            used.all(|(shape, rows)| add(groups(shape, field), rows))
        } else {
            all.iter().filter_map(|at| table.row(*at)).all(|row| add(groups(&row, field), 1))
        }
        .then_some((counts, all.len() as u64))
    }
}

/// A filter over the rows of a table, settled for each shape.
struct Filter<'a> {
    table: &'a Table,
    query: &'a Query,
    settled: Vec<Settled>,
}

impl<'a> Filter<'a> {
    fn new(table: &'a Table, query: &'a Query) -> Self {
        Self { table, query, settled: table.shapes().iter().map(|shape| settle(query, shape)).collect() }
    }

    fn fits(&self, at: u32) -> bool {
        match self.table.shape_of(at).map(|shape| self.settled[shape]) {
            Some(Settled::Yes) => true,
            Some(Settled::Open) => self.table.row(at).is_some_and(|row| self.query.matches(&row)),
            Some(Settled::No) | None => false,
        }
    }

    /// Matching rows of a range.
    fn part(&self, range: Range<u32>) -> Vec<u32> {
        range.filter(|at| self.fits(*at)).collect()
    }

    /// The first matching rows beyond a position, in the order asked for.
    fn beyond(&self, range: Range<u32>, from: Position, oldest_first: bool, most: usize) -> Vec<u32> {
        let cut = |beyond: bool| {
            let (mut low, mut high) = (range.start, range.end);
            while low < high {
                let middle = low + (high - low) / 2;
                let at = self.table.position(middle);
                if at < from || beyond && at == from { low = middle + 1 } else { high = middle }
            }
            low
        };
        if oldest_first {
            (cut(true)..range.end).filter(|at| self.fits(*at)).take(most).collect()
        } else {
            (range.start..cut(false)).rev().filter(|at| self.fits(*at)).take(most).collect()
        }
    }

    /// Matching rows of a range, ascending; several threads look where shapes do not settle it.
    fn all(&self, range: Range<u32>) -> Vec<u32> {
        let threads = std::thread::available_parallelism().map_or(1, NonZero::get).min(THREADS_MAX);
        if threads < 2 || range.len() < ALONE || !self.settled.contains(&Settled::Open) {
            return self.part(range);
        }
        let step = u32::try_from(range.len().div_ceil(threads)).unwrap_or(u32::MAX);
        let starts = range.clone().step_by(step as usize);
        let parts = starts.map(|start| start..start.saturating_add(step).min(range.end));
        std::thread::scope(|scope| {
            let running: Vec<_> = parts.map(|part| (part.clone(), scope.spawn(move || self.part(part)))).collect();
            // What another thread could not look through is looked through by this one.
            running.into_iter().flat_map(|(part, run)| run.join().unwrap_or_else(|_| self.part(part))).collect()
        })
    }
}

/// What a shape alone says of a filter.
fn settle(query: &Query, shape: &Incident) -> Settled {
    fn of(query: &Query, expr: &Expr, shape: &Incident) -> Settled {
        let all = |parts: &[Expr], decisive: Settled, else_: Settled| {
            parts.iter().map(|p| of(query, p, shape)).fold(else_, |so_far, part| match (so_far, part) {
                (a, b) if a == decisive || b == decisive => decisive,
                (Settled::Open, _) | (_, Settled::Open) => Settled::Open,
                _ => else_,
            })
        };
        let said = |yes: bool| if yes { Settled::Yes } else { Settled::No };
        match expr {
            Expr::And(parts) => all(parts, Settled::No, Settled::Yes),
            Expr::Or(parts) => all(parts, Settled::Yes, Settled::No),
            Expr::Not(inner) => match of(query, inner, shape) {
                Settled::Yes => Settled::No,
                Settled::No => Settled::Yes,
                Settled::Open => Settled::Open,
            },
            Expr::Term(term) if SHARED.contains(&term.field.as_str()) => said(query.meets(expr, shape)),
            Expr::Term(_) => Settled::Open,
            // A shape is about nobody, so what it lacks may still be in the row.
            Expr::Word(_) if query.meets(expr, shape) => Settled::Yes,
            Expr::Word(_) => Settled::Open,
        }
    }
    query.expr().map_or(Settled::Yes, |expr| of(query, expr, shape))
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
