//! The state file: what commits bring into it, its pages, ids and small settings.

use super::event::{conjuncts, query};
use super::past::{self, Then, newest_then};
use super::{Commit, Error, IncidentFile, Store, lock, overview, row, suppression};
use crate::api::{ActionId, Detection, DetectionId, IncidentId, List, Page, Span, Timestamp};
use crate::platform::cursor::{self, Position};
use crate::query::{Expr, Fields, Op, Query, Resource};
use rusqlite::types::Value as Sql;
use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior, params, params_from_iter};
use serde::de::DeserializeOwned;
use std::time::Instant;

/// Applies the state's part of commit `n`, unless it was applied before.
pub(super) fn apply(
    conn: &mut Connection,
    n: u64,
    batch: &Commit,
    progress: &[(&'static str, String, String)],
) -> Result<(), Error> {
    let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
    if last_commit(&tx)? >= n {
        return Ok(());
    }
    for detection in &batch.detections {
        save_detection(&tx, detection)?;
    }
    for file in &batch.incidents {
        save_incident(&tx, file)?;
    }
    for (kind, name, body) in progress {
        tx.prepare_cached("INSERT OR REPLACE INTO progress(kind, name, n, body) VALUES(?, ?, ?, ?)")?
            .execute(params![kind, name, n, body])?;
    }
    tx.prepare_cached("INSERT OR REPLACE INTO meta(key, value) VALUES('commit', ?)")?.execute([n.to_string()])?;
    Ok(tx.commit()?)
}

/// Number of the last commit that reached the state.
pub(super) fn last_commit(conn: &Connection) -> Result<u64, Error> {
    let text: Option<String> =
        conn.query_row("SELECT value FROM meta WHERE key = 'commit'", [], |r| r.get(0)).optional()?;
    Ok(text.and_then(|t| t.parse().ok()).unwrap_or(0))
}

pub(super) fn has_drill(conn: &Connection) -> Result<bool, Error> {
    let sql = "SELECT EXISTS(SELECT 1 FROM detection WHERE drill = 1) OR EXISTS(SELECT 1 FROM incident WHERE drill = 1)
               OR EXISTS(SELECT 1 FROM action WHERE drill = 1)";
    Ok(conn.query_row(sql, [], |r| r.get(0))?)
}

fn save_detection(tx: &Transaction<'_>, d: &Detection) -> Result<(), Error> {
    tx.prepare_cached(
        "INSERT OR REPLACE INTO detection(id, time, rule, src_ip, user, entity_kind, entity, incident, drill, body)
         VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )?
    .execute(params![
        d.id.0,
        d.time.0,
        d.rule,
        d.src_ip.map(row::blob),
        d.user.as_ref().map(|u| u.raw()),
        d.entity.kind.as_str(),
        d.entity.value.raw(),
        d.incident.map(|i| i.0),
        d.drill,
        serde_json::to_string(d)?,
    ])?;
    overview::count(tx, d)?;
    suppression::note(tx, d)
}

fn save_incident(tx: &Transaction<'_>, file: &IncidentFile) -> Result<(), Error> {
    let (incident, _, _, timeline) = file;
    // An analyst's change and the pipeline's may arrive in either order: the later revision stays.
    let newer = "SELECT EXISTS(SELECT 1 FROM incident WHERE id = ? AND json_extract(body, '$.revision') > ?)";
    let stored: bool =
        tx.prepare_cached(newer)?.query_row(params![incident.id.0, incident.revision], |row| row.get(0))?;
    if !stored {
        replace_incident(tx, file)?;
        past::note(tx, file)?;
    }
    let mut add = tx.prepare_cached("INSERT INTO timeline(incident, body) VALUES(?, ?)")?;
    for entry in timeline {
        add.execute(params![incident.id.0, serde_json::to_string(entry)?])?;
    }
    Ok(())
}

fn replace_incident(tx: &Transaction<'_>, (i, facts, bill, _): &IncidentFile) -> Result<(), Error> {
    tx.prepare_cached(
        "INSERT OR REPLACE INTO incident(id, updated, state, open, severity, first_event, contained, drill, body, facts, bill)
         VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )?
    .execute(params![
        i.id.0,
        i.updated.0,
        i.state.as_str(),
        if i.state.is_open() { 1 + i32::from(i.snoozed.is_some()) } else { 0 },
        i.severity.as_str(),
        i.first_event.0,
        i.contained.map(|t| t.0),
        i.drill,
        serde_json::to_string(i)?,
        serde_json::to_string(facts)?,
        serde_json::to_string(bill)?,
    ])?;
    tx.prepare_cached("DELETE FROM incident_entity WHERE incident = ?")?.execute([i.id.0])?;
    let mut add =
        tx.prepare_cached("INSERT OR IGNORE INTO incident_entity(kind, value, ip, incident) VALUES(?, ?, ?, ?)")?;
    for entity in i.entities.iter().chain([&i.entity]) {
        let ip = entity.value.raw().parse().ok().map(row::blob);
        add.execute(params![entity.kind.as_str(), entity.value.raw(), ip, i.id.0])?;
    }
    Ok(())
}

/// A table of the state file that can be paged: newest first by (key, id).
#[derive(Debug, Clone, Copy)]
pub(super) struct Table {
    pub resource: Resource,
    pub name: &'static str,
    pub key: &'static str,
    /// Where it is kept how rows stood before: table and its key, where `incident` is the id.
    pub past: Option<(&'static str, &'static str)>,
    /// Rows change: their columns say nothing of how they stood before.
    pub changes: bool,
    /// Fields of the query language that are columns: (field, column).
    pub columns: &'static [(&'static str, &'static str)],
}

impl Table {
    /// The rows from a position on: key, id, body. The first four values are range and position, the rest is returned.
    fn select(&self, query: &Query, list: &List) -> (String, Vec<Sql>) {
        let (order, than) = if list.oldest_first { ("ASC", ">") } else { ("DESC", "<") };
        let (conditions, more) =
            if list.at.is_some() && self.changes { Default::default() } else { self.conditions(query) };
        let (from, key, id, conditions, more) = match (self.past, list.at) {
            (Some((past, key)), Some(at)) => {
                (format!("{past} p"), key, "incident", format!(" AND {}", newest_then("?")), vec![at.0.into()])
            }
            _ => (self.name.to_owned(), self.key, "id", conditions, more),
        };
        let sql = format!(
            "SELECT {key}, {id}, body FROM {from} WHERE {key} >= ? AND {key} < ? AND ({key}, {id}) {than} (?, ?){conditions}
             ORDER BY {key} {order}, {id} {order}"
        );
        (sql, more)
    }

    /// Conditions that every match meets, in SQL, with their values. The whole query is still asked of each row.
    fn conditions(&self, query: &Query) -> (String, Vec<Sql>) {
        let (mut sql, mut values) = (String::new(), Vec::new());
        for expr in conjuncts(query) {
            let Expr::Term(term) = expr else { continue };
            let Some((field, column)) = self.columns.iter().find(|(field, _)| *field == term.field) else { continue };
            let exact = match *field {
                "rule" | "user" => term.op == Op::Eq,
                _ => matches!(term.op, Op::Eq | Op::Has),
            };
            let wanted: Option<Vec<Sql>> = term.values.iter().map(|needle| column_value(field, needle)).collect();
            let Some(wanted) = wanted.filter(|_| exact) else { continue };
            sql.push_str(&format!(" AND {column} IN ({})", vec!["?"; wanted.len()].join(", ")));
            values.extend(wanted);
        }
        (sql, values)
    }
}

/// A value as its column holds it; nothing where the column cannot answer.
fn column_value(field: &str, needle: &crate::query::Needle) -> Option<Sql> {
    if needle.any || needle.pattern || needle.text.is_empty() {
        return None;
    }
    match field {
        "src_ip" => {
            let net = needle.net().filter(|n| n.prefix_len() == n.max_prefix_len())?;
            Some(Sql::Blob(row::blob(net.addr())))
        }
        "rule" | "user" => Some(needle.text.clone().into()),
        "drill" => Some(i64::from(needle.text.eq_ignore_ascii_case("true")).into()),
        "incident" => needle.number().map(Into::into),
        _ => Some(needle.text.to_ascii_lowercase().into()),
    }
}

impl Store {
    /// A page of a state table.
    pub(super) fn page<T: Fields + Then + DeserializeOwned>(
        &self,
        table: Table,
        list: &List,
    ) -> Result<Page<T>, Error> {
        let query = query(table.resource, &list.query, list.at)?;
        let from = cursor::read(table.name, list).map_err(Error::Usage)?;
        let (since, until) = (list.since.unwrap_or(Timestamp(i64::MIN)), list.end());
        let (sql, more) = table.select(&query, list);
        let mut values: Vec<Sql> = vec![since.0.into(), until.0.into(), from.key.into(), from.id.into()];
        values.extend(more);
        let deadline = Instant::now() + self.budget;
        self.read_state(|conn| {
            let mut read = conn.prepare_cached(&sql)?;
            let mut rows = read.query(params_from_iter(values))?;
            let mut items: Vec<T> = Vec::new();
            let mut last: Option<Position> = None;
            while let Some(row) = rows.next()? {
                // A full page hands out its cursor without looking on for whether the rest would match.
                if items.len() == list.rows() {
                    return Ok(Page {
                        items,
                        next: last.map(|l| cursor::write(table.name, list, l)),
                        covered: None,
                        total: None,
                    });
                }
                if let Some(at) = last.filter(|_| Instant::now() >= deadline) {
                    let covered = if list.oldest_first {
                        Span { since, until: Timestamp(at.key) }
                    } else {
                        Span { since: Timestamp(at.key).plus(1), until }
                    };
                    return Ok(Page {
                        items,
                        next: Some(cursor::write(table.name, list, at)),
                        covered: Some(covered),
                        total: None,
                    });
                }
                last = Some(Position { key: row.get(0)?, id: row.get(1)? });
                let stored: T = serde_json::from_str(row.get_ref(2)?.as_str().map_err(rusqlite::Error::from)?)?;
                let item = match list.at {
                    Some(at) => stored.then(at),
                    None => stored,
                };
                if query.matches(&item) {
                    items.push(item);
                }
            }
            Ok(Page { items, next: None, covered: None, total: None })
        })
    }

    /// One row of a state table.
    pub(super) fn one<T: DeserializeOwned>(&self, table: Table, id: u64) -> Result<Option<T>, Error> {
        let sql = format!("SELECT body FROM {} WHERE id = ?", table.name);
        let body: Option<String> =
            self.read_state(|conn| Ok(conn.prepare_cached(&sql)?.query_row([id], |r| r.get(0)).optional()?))?;
        body.map(|b| serde_json::from_str(&b)).transpose().map_err(Into::into)
    }

    /// The numbers the next detection, incident and action get: one above the highest ever used.
    ///
    /// # Errors
    /// The state file cannot be read.
    pub fn next_ids(&self) -> Result<(DetectionId, IncidentId, ActionId), Error> {
        self.read_state(|conn| {
            let next = |table: &str| -> Result<u64, Error> {
                let sql = format!("SELECT coalesce(max(id), 0) + 1 FROM {table}");
                let used: Option<String> = conn
                    .query_row("SELECT value FROM meta WHERE key = ?", [format!("next {table}")], |r| r.get(0))
                    .optional()?;
                let kept = used.and_then(|t| t.parse().ok()).unwrap_or(1);
                Ok(conn.query_row(&sql, [], |r| r.get::<_, u64>(0))?.max(kept))
            };
            Ok((DetectionId(next("detection")?), IncidentId(next("incident")?), ActionId(next("action")?)))
        })
    }

    /// A small setting of the platform's own.
    ///
    /// # Errors
    /// The state file cannot be read.
    pub fn get_meta(&self, key: &str) -> Result<Option<String>, Error> {
        let key = format!("own {key}");
        self.read_state(|conn| {
            Ok(conn.query_row("SELECT value FROM meta WHERE key = ?", [key], |r| r.get(0)).optional()?)
        })
    }

    /// Keeps a small setting.
    ///
    /// # Errors
    /// The state file cannot be written.
    pub fn set_meta(&self, key: &str, value: &str) -> Result<(), Error> {
        let sql = "INSERT OR REPLACE INTO meta(key, value) VALUES(?, ?)";
        lock(&self.state).execute(sql, params![format!("own {key}"), value])?;
        Ok(())
    }
}
