//! A filter made ready for a table: what shapes settle is settled once for each shape, what it asks of names once for each
//! name, and only the rest of each row.

use super::row::{NAMED, One, SHARED};
use super::table::Table;
use super::{ALONE, THREADS_MAX};
use crate::platform::cursor::Position;
use crate::query::{Expr, Needle, Op, Query, Term};
use std::num::NonZero;
use std::ops::Range;

/// What a shape says of a filter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Settled {
    Yes,
    No,
    /// It depends on the row.
    Open,
}

/// A filter over the rows of a table.
pub(super) struct Filter<'a> {
    table: &'a Table,
    query: &'a Query,
    /// Nothing: everything fits.
    part: Option<Part<'a>>,
    /// By shape.
    settled: Vec<Settled>,
}

/// A part of a filter.
enum Part<'a> {
    All(Vec<Part<'a>>),
    Any(Vec<Part<'a>>),
    Not(Box<Part<'a>>),
    /// Shapes that meet it.
    Shape(Bits),
    Named(Named),
    /// It has to be asked of the row.
    Row(&'a Expr),
}

/// Something asked of whom a row is about: one name must meet it.
struct Named {
    /// Names that do; nothing where none does.
    hits: Option<Bits>,
    /// Only rows that list whom they are about have this field.
    listed: bool,
    /// Rows without the field meet it. Then also which names give a row the field.
    missing: Option<Bits>,
}

/// Numbers, as bits.
struct Bits(Vec<u64>);

impl Bits {
    fn of(most: usize, numbers: impl Iterator<Item = usize>) -> Self {
        let mut bits = vec![0; most.div_ceil(64)];
        numbers.for_each(|n| bits[n / 64] |= 1 << (n % 64));
        Self(bits)
    }

    fn has(&self, number: usize) -> bool {
        self.0[number / 64] >> (number % 64) & 1 == 1
    }
}

impl<'a> Filter<'a> {
    pub(super) fn new(table: &'a Table, query: &'a Query) -> Self {
        let part = query.expr().map(|expr| Part::new(table, query, expr));
        let settle = |shape| part.as_ref().map_or(Settled::Yes, |part| part.settle(shape));
        let settled = (0..table.shapes().len()).map(settle).collect();
        Self { table, query, part, settled }
    }

    fn fits(&self, at: u32) -> bool {
        let Some(shape) = self.table.shape_of(at) else { return false };
        match self.settled[shape] {
            Settled::Yes => true,
            Settled::No => false,
            Settled::Open => self.part.as_ref().is_none_or(|part| part.fits(self, at, shape)),
        }
    }

    /// Matching rows of a range, ascending; several threads look where shapes do not settle it.
    pub(super) fn all(&self, range: Range<u32>) -> Vec<u32> {
        let part = |range: Range<u32>| range.filter(|at| self.fits(*at)).collect();
        if self.settled.contains(&Settled::Open) { spread(range, part) } else { part(range) }
    }

    /// The first matching rows beyond a position, in the order asked for.
    pub(super) fn beyond(&self, range: Range<u32>, from: Position, oldest_first: bool, most: usize) -> Vec<u32> {
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
}

impl<'a> Part<'a> {
    fn new(table: &Table, query: &'a Query, expr: &'a Expr) -> Self {
        let all = |parts: &'a [Expr]| parts.iter().map(|part| Self::new(table, query, part)).collect();
        let shapes = || {
            let fitting = table.shapes().iter().enumerate().filter(|(_, shape)| query.meets(expr, *shape));
            Self::Shape(Bits::of(table.shapes().len(), fitting.map(|(at, _)| at)))
        };
        match expr {
            Expr::And(parts) => Self::All(all(parts)),
            Expr::Or(parts) => Self::Any(all(parts)),
            Expr::Not(inner) => Self::Not(Box::new(Self::new(table, query, inner))),
            Expr::Term(term) if SHARED.contains(&term.field.as_str()) => shapes(),
            Expr::Term(term) if NAMED.contains(&term.field.as_str()) && term.op == Op::Ne => {
                let same = Expr::Term(Term { op: Op::Eq, ..term.clone() });
                Self::Not(Box::new(Self::Named(Named::new(table, query, (&term.field, Op::Eq, &same, &term.values)))))
            }
            Expr::Term(term) if NAMED.contains(&term.field.as_str()) => {
                Self::Named(Named::new(table, query, (&term.field, term.op, expr, &term.values)))
            }
            Expr::Term(_) => Self::Row(expr),
            // What a shape, which is about nobody, lacks may still be in a name.
            Expr::Word(needle) => Self::Any(vec![
                shapes(),
                Self::Named(Named::new(table, query, ("entity", Op::Has, expr, std::slice::from_ref(needle)))),
            ]),
        }
    }

    /// What a shape alone says.
    fn settle(&self, shape: usize) -> Settled {
        let all = |parts: &[Self], decisive: Settled, else_: Settled| {
            parts.iter().map(|part| part.settle(shape)).fold(else_, |so_far, part| match (so_far, part) {
                (a, b) if a == decisive || b == decisive => decisive,
                (Settled::Open, _) | (_, Settled::Open) => Settled::Open,
                _ => else_,
            })
        };
        match self {
            Self::All(parts) => all(parts, Settled::No, Settled::Yes),
            Self::Any(parts) => all(parts, Settled::Yes, Settled::No),
            Self::Not(inner) => match inner.settle(shape) {
                Settled::Yes => Settled::No,
                Settled::No => Settled::Yes,
                Settled::Open => Settled::Open,
            },
            Self::Shape(fitting) if fitting.has(shape) => Settled::Yes,
            Self::Named(named) if named.hits.is_some() || named.missing.is_some() => Settled::Open,
            Self::Shape(_) | Self::Named(_) => Settled::No,
            Self::Row(_) => Settled::Open,
        }
    }

    fn fits(&self, filter: &Filter, at: u32, shape: usize) -> bool {
        match self {
            Self::All(parts) => parts.iter().all(|part| part.fits(filter, at, shape)),
            Self::Any(parts) => parts.iter().any(|part| part.fits(filter, at, shape)),
            Self::Not(inner) => !inner.fits(filter, at, shape),
            Self::Shape(fitting) => fitting.has(shape),
            Self::Named(named) => named.fits(filter.table, at),
            Self::Row(expr) => filter.table.row(at).is_some_and(|row| filter.query.meets(expr, &row)),
        }
    }
}

impl Named {
    /// A condition on a field, how it compares, and its values.
    fn new(table: &Table, query: &Query, (field, op, expr, values): (&str, Op, &Expr, &[Needle])) -> Self {
        let names = table.names();
        let whole = |numbers: Vec<u32>| Bits::of(names.len() as usize, numbers.into_iter().map(|n| n as usize));
        let listed = field != "entity";
        let any = [Needle::new("", true)];
        let there = Expr::Term(Term { field: field.to_owned(), op: Op::Has, values: any.to_vec() });
        let gives = |kind: &str, name: &str| !listed || query.meets(&there, &One(kind, name));
        let fits = |kind: &str, name: &str| gives(kind, name) && query.meets(expr, &One(kind, name));
        let hits = spread(0..names.len(), |range| names.found(values, range, sure(field, op), fits));
        // Nobody's name gives no field.
        let missing = listed && query.meets(expr, &One("", ""));
        Self {
            hits: (!hits.is_empty()).then(|| whole(hits)),
            listed,
            missing: missing
                .then(|| whole(spread(0..names.len(), |range| names.found(&any, range, sure(field, op), gives)))),
        }
    }

    fn fits(&self, table: &Table, at: u32) -> bool {
        let (numbers, listed) = table.who(at);
        let some = |bits: &Bits| numbers.iter().any(|number| bits.has(*number as usize));
        if self.listed && !listed {
            return self.missing.is_some();
        }
        self.hits.as_ref().is_some_and(some) || self.missing.as_ref().is_some_and(|gives| !some(gives))
    }
}

/// Of which kinds names meet a condition on a field that are an address within a value of it, and that hold its text.
pub(super) fn sure(field: &str, op: Op) -> (impl Fn(&str) -> bool, impl Fn(&str) -> bool) {
    let (all, address, user) = (field == "entity", field == "address", field == "user");
    (
        move |kind: &str| !op.is_order() && (all || address && kind == "address"),
        move |kind: &str| op == Op::Has && (all || user && kind == "user"),
    )
}

/// Does the parts of some work beside each other, and puts together what comes of them, in order.
fn spread<T: Send>(range: Range<u32>, work: impl Fn(Range<u32>) -> Vec<T> + Sync) -> Vec<T> {
    let threads = std::thread::available_parallelism().map_or(1, NonZero::get).min(THREADS_MAX);
    if threads < 2 || range.len() < ALONE {
        return work(range);
    }
    let step = u32::try_from(range.len().div_ceil(threads)).unwrap_or(u32::MAX);
    let starts = range.clone().step_by(step as usize);
    let parts = starts.map(|start| start..start.saturating_add(step).min(range.end));
    let work = &work;
    std::thread::scope(|scope| {
        let running: Vec<_> = parts.map(|part| (part.clone(), scope.spawn(move || work(part)))).collect();
        // What another thread could not do is done by this one.
        running.into_iter().flat_map(|(part, run)| run.join().unwrap_or_else(|_| work(part))).collect()
    })
}
