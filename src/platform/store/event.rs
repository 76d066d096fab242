//! Reading events: pages, single ones, and all since an instant.

use super::block::{self, Column, Pivot, Scan, View};
use super::{Error, Store};
use crate::api::{Event, EventId, List, Page, Span, Timestamp};
use crate::platform::cursor::{self, Position};
use crate::query::{Expr, Fields, Needle, Op, Query, Resource};
use rusqlite::Connection;
use std::ops::ControlFlow;
use std::time::{Duration, Instant};

/// How long a full page may look on for whether there is another.
const AFTERTHOUGHT: Duration = Duration::from_millis(20);
/// Rows between two looks at the clock.
const STRIDE: u32 = 512;

/// What to read of each day.
#[derive(Debug)]
pub(super) struct Plan<'a> {
    query: &'a Query,
    pub scan: Scan,
}

impl<'a> Plan<'a> {
    /// A plan for `query` that also needs the field `more`.
    pub(super) fn new(query: &'a Query, more: Option<&'a str>, since: Timestamp, until: Timestamp) -> Self {
        let mut names = query.names(<Event as Fields>::BARE);
        names.extend(more);
        let wanted = block::columns(names);
        let holding = conjuncts(query).iter().filter_map(holding).collect();
        let scan = Scan { wanted, pivot: pivot(query), sole: false, holding, since, until, oldest_first: false };
        Self { query, scan }
    }

    /// Calls `see` with every event of a day after `from` in order, and with whether it matches.
    pub(super) fn scan(
        &self,
        conn: &Connection,
        day: i64,
        from: Position,
        mut see: impl FnMut(Position, bool) -> ControlFlow<()>,
    ) -> Result<ControlFlow<()>, Error> {
        self.scan.ordered(conn, day, from, |at, view| see(at, self.matches(view)))
    }

    /// Calls `see` with every event of a day in any order, and with whether it matches.
    pub(super) fn sweep(
        &self,
        conn: &Connection,
        day: i64,
        mut see: impl FnMut(Position, bool, &View<'_>) -> ControlFlow<()>,
    ) -> Result<ControlFlow<()>, Error> {
        self.scan.any_order(conn, day, |at, view| see(at, self.matches(view), view))
    }

    fn matches(&self, view: &View<'_>) -> bool {
        !view.is_barren() && self.query.matches(view)
    }
}

/// Texts one of which is in every match, where it is known which.
fn holding(expr: &Expr) -> Option<Vec<Needle>> {
    let needles = match expr {
        Expr::Word(needle) => vec![needle.clone()],
        Expr::Term(term) if matches!(term.op, Op::Has | Op::Eq) && block::is_text(&term.field) => term.values.clone(),
        _ => return None,
    };
    // What is empty may be missing: nothing has to be there for it.
    needles.iter().all(|needle| !needle.any && !needle.core().is_empty()).then_some(needles)
}

/// What every match has, where that is something that blocks know of. The whole query is still asked of each event, so
/// this only has to be necessary, not sufficient.
fn pivot(query: &Query) -> Option<Pivot> {
    conjuncts(query).iter().find_map(|term| {
        let Expr::Term(term) = term else { return None };
        let [needle] = term.values.as_slice() else { return None };
        if needle.any || needle.pattern || needle.text.is_empty() {
            return None;
        }
        let text = |column| Some(Pivot::Text(column, needle.text.clone()));
        match (term.field.as_str(), term.op) {
            ("src_ip", Op::Has | Op::Eq) => needle.net().map(Pivot::Net),
            ("user", Op::Eq) => text(Column::User),
            ("session", Op::Eq) => text(Column::Session),
            ("key", Op::Eq) => text(Column::Key),
            ("tenant", Op::Eq) => text(Column::Tenant),
            _ => None,
        }
    })
}

/// What must all hold.
pub(super) fn conjuncts(query: &Query) -> &[Expr] {
    match query.expr() {
        Some(Expr::And(parts)) => parts,
        Some(one) => std::slice::from_ref(one),
        None => &[],
    }
}

/// Reads a query about `resource` and anchors its relative times at an instant, else at the wall clock.
pub(super) fn query(resource: Resource, text: &str, at: Option<Timestamp>) -> Result<Query, Error> {
    let now = at.unwrap_or_else(|| Timestamp(chrono::Utc::now().timestamp_millis()));
    Ok(Query::parse_for(resource, text)?.at(now))
}

/// A page being filled.
struct Filling {
    ids: Vec<EventId>,
    limit: usize,
    last: Option<Position>,
    full: Option<Position>,
    deadline: Instant,
    rows: u32,
    end: End,
}

/// Why a page ends.
#[derive(PartialEq, Eq)]
enum End {
    /// There is nothing more.
    Exhausted,
    /// It is full and there is, or may be, more.
    Full,
    /// Time is up.
    Late,
}

impl Filling {
    fn see(&mut self, at: Position, matches: bool) -> ControlFlow<()> {
        if matches && self.full.is_some() {
            self.end = End::Full;
            return ControlFlow::Break(());
        }
        self.last = Some(at);
        if matches {
            self.ids.push(EventId(at.id.cast_unsigned()));
            if self.ids.len() == self.limit {
                self.full = Some(at);
                self.deadline = self.deadline.min(Instant::now() + AFTERTHOUGHT);
            }
        }
        self.rows += 1;
        if self.rows.is_multiple_of(STRIDE) && Instant::now() >= self.deadline {
            self.end = if self.full.is_some() { End::Full } else { End::Late };
            return ControlFlow::Break(());
        }
        ControlFlow::Continue(())
    }
}

impl Store {
    /// A page of events by (time, id), newest first unless asked otherwise.
    ///
    /// # Errors
    /// A wrong query or cursor; a file that cannot be read.
    pub fn events(&self, list: &List) -> Result<Page<Event>, Error> {
        let query = query(Resource::Event, &list.query, list.at)?;
        let from = cursor::read("events", list).map_err(Error::Usage)?;
        let since = list.since.unwrap_or(Timestamp(i64::MIN));
        let until = list.end();
        let mut plan = Plan::new(&query, None, since, until);
        plan.scan.oldest_first = list.oldest_first;
        let mut days = self.days_between(since, until);
        // The cursor's own day is the partition of its id: times before 1970 are in the first one.
        if list.after.is_some() {
            let day = from.id >> 32;
            days.retain(|d| if list.oldest_first { *d >= day } else { *d <= day });
        }
        if !list.oldest_first {
            days.reverse();
        }
        let mut filling = Filling {
            ids: Vec::new(),
            limit: list.rows(),
            last: None,
            full: None,
            deadline: Instant::now() + self.budget,
            rows: 0,
            end: End::Exhausted,
        };
        let mut items = Vec::new();
        for day in days {
            let found = self.read_events(day, |conn| {
                filling.ids.clear();
                filling.limit = list.rows().saturating_sub(items.len());
                let flow = plan.scan(conn, day, from, |at, matches| filling.see(at, matches))?;
                Ok((block::get(conn, day, filling.ids.iter().map(|id| sequence(*id)))?, flow))
            })?;
            let Some((events, flow)) = found else {
                filling.full = None;
                continue;
            };
            items.extend(events);
            if flow.is_break() {
                break;
            }
        }
        let at = match filling.end {
            End::Exhausted => None,
            End::Full => filling.full,
            End::Late => filling.last,
        };
        let next = at.map(|at| cursor::write("events", list, at));
        let covered = (filling.end == End::Late).then(|| searched(list.oldest_first, since, until, filling.last));
        Ok(Page { items, next, covered, total: None })
    }

    /// One event.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn event(&self, id: EventId) -> Result<Option<Event>, Error> {
        let found = self.read_events(id.day(), |conn| block::get(conn, id.day(), [sequence(id)]))?;
        Ok(found.and_then(|mut events| events.pop()))
    }

    /// All events since an instant, oldest first, read page by page.
    #[must_use]
    pub fn recent_events(&self, since: Timestamp) -> Events<'_> {
        let list = List { since: Some(since), oldest_first: true, limit: Some(1000), ..List::default() };
        Events { store: self, list: Some(list), page: Vec::new().into_iter() }
    }
}

/// The low half of an id: its number within its day.
#[allow(clippy::cast_possible_truncation)] // That is what it is for.
const fn sequence(id: EventId) -> u32 {
    id.0 as u32
}

/// The range that was really looked at when time ran out.
fn searched(oldest_first: bool, since: Timestamp, until: Timestamp, last: Option<Position>) -> Span {
    let last = Timestamp(last.map_or(until.0, |p| p.key));
    if oldest_first { Span { since, until: last } } else { Span { since: last.plus(1), until } }
}

/// Stored events, oldest first.
#[derive(Debug)]
pub struct Events<'a> {
    store: &'a Store,
    list: Option<List>,
    page: std::vec::IntoIter<Event>,
}

impl Iterator for Events<'_> {
    type Item = Result<Event, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(event) = self.page.next() {
                return Some(Ok(event));
            }
            let mut list = self.list.take()?;
            match self.store.events(&list) {
                Ok(page) => {
                    if let Some(next) = page.next {
                        list.after = Some(next);
                        self.list = Some(list);
                    }
                    self.page = page.items.into_iter();
                }
                Err(e) => return Some(Err(e)),
            }
        }
    }
}
