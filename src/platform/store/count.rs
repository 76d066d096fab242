//! Counting events: over time, and by value. From the minute roll-ups where they can answer, else by looking at rows.
//!
//! Ranges are widened to whole minutes, so that both ways count the same.

use super::block::View;
use super::event::{Plan, query};
use super::{Error, Store};
use crate::api::endpoint::{Histogram, HistogramInput, TopInput};
use crate::api::{Class, Count, Severity, Timestamp};
use crate::platform::keyed::Keys;
use crate::query::{Expr, Fields, Query, Resource, Value, fields, row as answer};
use rusqlite::params;
use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::ControlFlow;
use std::time::{Duration, Instant};

/// Most bars of a histogram.
const BARS_MAX: i64 = 10_000;
/// Most different values that are counted at once.
const VALUES_MAX: usize = 500_000;
/// Longest time a count may take. A count that is not complete is not given.
const PATIENCE: Duration = Duration::from_secs(30);
/// Fields that the minute roll-ups know.
const ROLLED: [&str; 5] = ["source", "class", "severity", "status", "drill"];

/// How often there is which value.
pub(super) type Counts = HashMap<String, u64, Keys>;

/// One row of a roll-up, as a query sees it.
struct Rolled {
    source: String,
    class: Class,
    severity: Severity,
    status: i64,
    drill: bool,
}

impl Fields for Rolled {
    const BARE: &'static [&'static str] = &[];

    #[allow(clippy::cast_precision_loss)] // A status has three digits.
    fn field(&self, name: &str) -> Value<'_> {
        match name {
            "source" => Value::Text(&self.source),
            "class" => answer::class(self.class),
            "severity" => Value::Severity(&self.severity),
            "status" if self.status >= 0 => Value::Number(self.status as f64),
            "drill" => Value::Flag(self.drill),
            _ => Value::Missing,
        }
    }
}

/// Whether the roll-ups know everything a query asks.
fn is_rolled(query: &Query) -> bool {
    fn known(expr: &Expr) -> bool {
        match expr {
            Expr::And(parts) | Expr::Or(parts) => parts.iter().all(known),
            Expr::Not(inner) => known(inner),
            Expr::Term(term) => ROLLED.contains(&term.field.as_str()),
            Expr::Word(_) => false,
        }
    }
    query.expr().is_none_or(known)
}

/// A range widened to whole minutes, but not beyond the last whole minute before `at`.
fn whole_minutes(since: Timestamp, until: Timestamp, at: Option<Timestamp>) -> (Timestamp, Timestamp) {
    let whole = |time: Timestamp| Timestamp(time.minute().saturating_mul(60_000));
    let up = whole(Timestamp(until.0.saturating_add(59_999)));
    let up = at.map_or(up, |at| up.min(whole(at.plus(1))));
    (whole(since).min(up), up)
}

impl Store {
    /// Counts matching events per step.
    ///
    /// # Errors
    /// A wrong query, step or range; a count that would take too long.
    pub fn histogram(&self, input: &HistogramInput) -> Result<Histogram, Error> {
        let query = query(Resource::Event, &input.query, input.at)?;
        if input.step_seconds == 0 || !input.step_seconds.is_multiple_of(60) {
            return Err(Error::Usage("step_seconds must be a multiple of 60".into()));
        }
        let step = i64::from(input.step_seconds) * 1000;
        let (since, until) = whole_minutes(input.since, input.until, input.at);
        let bars = until.0.saturating_sub(since.0).saturating_add(step - 1) / step;
        if !(0..=BARS_MAX).contains(&bars) {
            return Err(Error::Usage(format!(
                "a histogram has at most {BARS_MAX} bars; make steps longer or the range shorter"
            )));
        }
        let mut counts = vec![0u64; usize::try_from(bars).unwrap_or(0)];
        let mut add = |time: i64, count: u64| {
            if let Some(bar) = usize::try_from((time - since.0) / step).ok().and_then(|i| counts.get_mut(i)) {
                *bar += count;
            }
        };
        if is_rolled(&query) {
            self.rolled(&query, since, until, |minute, _, count| add(minute * 60_000, count))?;
        } else {
            self.scanned(&Plan::new(&query, None, since, until), |time, _| {
                add(time, 1);
                Ok(())
            })?;
        }
        Ok(Histogram { since, step_seconds: input.step_seconds, counts })
    }

    /// Counts the values of a field over matching events, most frequent first. `rule` counts detections.
    ///
    /// # Errors
    /// A wrong query or field; a count that would take too long.
    pub fn top(&self, input: &TopInput) -> Result<Vec<Count>, Error> {
        let limit = input.limit.unwrap_or(10).clamp(1, 1000) as usize;
        let (since, until) = whole_minutes(input.since, input.until, input.at);
        if input.field == "rule" {
            return self.top_rules(&input.query, since, until, limit);
        }
        if input.field == "time" || !fields(Resource::Event).iter().any(|f| f.name == input.field) {
            return Err(Error::Usage(format!("\"{}\" is no field that events can be counted by", input.field)));
        }
        let query = query(Resource::Event, &input.query, input.at)?;
        let mut counts = Counts::default();
        if is_rolled(&query) && ROLLED.contains(&input.field.as_str()) {
            self.rolled(&query, since, until, |_, row, count| {
                if let Some(value) = shown(row.field(&input.field)) {
                    *counts.entry(value.into_owned()).or_default() += count;
                }
            })?;
        } else {
            self.scanned(&Plan::new(&query, Some(&input.field), since, until), |_, view| {
                if let Some(value) = shown(view.field(&input.field)) {
                    match counts.get_mut(&*value) {
                        Some(count) => *count += 1,
                        None => drop(counts.insert(value.into_owned(), 1)),
                    }
                }
                if counts.len() > VALUES_MAX {
                    return Err(Error::TooWide(format!(
                        "there are more than {VALUES_MAX} different values; make the range shorter or add a filter"
                    )));
                }
                Ok(())
            })?;
        }
        Ok(ranked(counts, limit))
    }

    fn top_rules(&self, text: &str, since: Timestamp, until: Timestamp, limit: usize) -> Result<Vec<Count>, Error> {
        if !text.is_empty() {
            return Err(Error::Usage("rules are counted over detections, without a filter of events".into()));
        }
        self.read_state(|conn| {
            let sql = "SELECT rule, count(*) FROM detection WHERE time >= ? AND time < ? GROUP BY rule";
            let mut read = conn.prepare_cached(sql)?;
            let rows = read.query_map(params![since.0, until.0], |r| Ok((r.get(0)?, r.get(1)?)))?;
            Ok(ranked(rows.collect::<Result<Counts, _>>()?, limit))
        })
    }

    /// Calls `see` with the minute, the row and the count of every matching roll-up.
    fn rolled(
        &self,
        query: &Query,
        since: Timestamp,
        until: Timestamp,
        mut see: impl FnMut(i64, &Rolled, u64),
    ) -> Result<(), Error> {
        let sql = "SELECT minute, (SELECT text FROM word WHERE id = m.source), class,
            (SELECT text FROM word WHERE id = m.severity), status, drill, count
            FROM minute m WHERE minute >= ? AND minute < ?";
        for day in self.days_between(since, until) {
            self.read_day(day, |conn| {
                let mut read = conn.prepare_cached(sql)?;
                let mut rows = read.query(params![since.minute(), until.minute()])?;
                while let Some(r) = rows.next()? {
                    let row = Rolled {
                        source: r.get(1)?,
                        class: Class(r.get(2)?),
                        severity: Severity::from(r.get_ref(3)?.as_str().map_err(rusqlite::Error::from)?),
                        status: r.get(4)?,
                        drill: r.get(5)?,
                    };
                    if query.matches(&row) {
                        see(r.get(0)?, &row, r.get(6)?);
                    }
                }
                Ok(())
            })?;
        }
        Ok(())
    }

    /// Calls `see` with the time and the row of every matching event.
    fn scanned(&self, plan: &Plan<'_>, mut see: impl FnMut(i64, &View<'_>) -> Result<(), Error>) -> Result<(), Error> {
        let deadline = Instant::now() + PATIENCE;
        let (mut rows, mut failed) = (0u32, None);
        for day in self.days_between(plan.scan.since, plan.scan.until) {
            self.read_events(day, |conn| {
                plan.sweep(conn, day, |at, matches, view| {
                    rows = rows.wrapping_add(1);
                    if rows.is_multiple_of(4096) && Instant::now() > deadline {
                        failed = Some(Error::TooWide(
                            "counting takes too long; make the range shorter, or filter by address, user or session"
                                .into(),
                        ));
                    } else if matches {
                        failed = see(at.key, view).err();
                    }
                    if failed.is_some() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
                })
            })?;
            if let Some(e) = failed {
                return Err(e);
            }
        }
        Ok(())
    }
}

/// A value as a count names it.
fn shown(value: Value<'_>) -> Option<Cow<'_, str>> {
    Some(match value {
        Value::Text(t) | Value::Word(t) | Value::Target(t) | Value::Named(_, t) => t.into(),
        Value::Severity(s) => s.as_str().into(),
        Value::Number(n) => n.to_string().into(),
        Value::Time(t) => t.to_string().into(),
        Value::Address(ip) => ip.to_string().into(),
        Value::Flag(flag) => flag.to_string().into(),
        Value::Missing | Value::Texts(_) | Value::Entities(_) | Value::Kind(..) => return None,
    })
}

/// Most frequent first; equally frequent ones by value, so that the order is always the same.
pub(super) fn ranked<S>(counts: HashMap<String, u64, S>, limit: usize) -> Vec<Count> {
    let mut all: Vec<_> = counts.into_iter().collect();
    all.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    all.truncate(limit);
    all.into_iter().map(|(value, count)| Count { value: value.into(), count }).collect()
}
