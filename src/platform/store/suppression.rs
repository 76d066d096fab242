//! Suppressions, and which detections they kept quiet.

use super::state::Table;
use super::{Error, Store, lock};
use crate::api::suppression::concerns;
use crate::api::{
    Detection, EntityRef, IncidentId, List, Page, Suppression, SuppressionId, SuppressionState, Timestamp, Verdict,
};
use crate::query::Resource;
use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior, params};
use std::collections::BTreeSet;
use std::time::Instant;

const SUPPRESSION: Table = Table {
    resource: Resource::Suppression,
    name: "suppression",
    key: "created",
    past: None,
    changes: true,
    columns: &[("state", "state"), ("rule", "rule")],
};

/// What a suppression would have kept quiet.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Past {
    /// Detections.
    pub detections: u64,
    /// Incidents they belong to.
    pub incidents: u64,
    /// Of these, closed as attacks.
    pub attacks: u64,
    /// All of them were looked at.
    pub complete: bool,
}

/// Notes which suppression kept a detection quiet.
pub(super) fn note(tx: &Transaction<'_>, d: &Detection) -> Result<(), Error> {
    if let Some(id) = d.suppressed {
        tx.prepare_cached("INSERT OR REPLACE INTO hushed(suppression, detection, time, drill) VALUES(?, ?, ?, ?)")?
            .execute(params![id.0, d.id.0, d.time.0, d.drill])?;
    }
    Ok(())
}

/// What it kept quiet so far, up to an instant.
fn counted(conn: &Connection, mut s: Suppression, until: Timestamp) -> Result<Suppression, Error> {
    let sql = "SELECT count(*), max(time) FROM hushed WHERE suppression = ? AND time <= ?";
    (s.hidden, s.last) = conn
        .prepare_cached(sql)?
        .query_row(params![s.id.0, until.0], |r| Ok((r.get(0)?, r.get::<_, Option<i64>>(1)?.map(Timestamp))))?;
    Ok(s)
}

impl Store {
    /// A page of suppressions by (created, id), with what each has kept quiet.
    ///
    /// # Errors
    /// A wrong query or cursor; the state file cannot be read.
    pub fn suppressions(&self, list: &List) -> Result<Page<Suppression>, Error> {
        let page: Page<Suppression> = self.page(SUPPRESSION, list)?;
        self.read_state(|conn| {
            let end = list.at.unwrap_or(Timestamp(i64::MAX));
            let items = page.items.into_iter().map(|s| counted(conn, s, end)).collect::<Result<_, _>>()?;
            Ok(Page { items, next: page.next, covered: page.covered, total: None })
        })
    }

    /// One suppression.
    ///
    /// # Errors
    /// The state file cannot be read.
    pub fn suppression(&self, id: SuppressionId) -> Result<Option<Suppression>, Error> {
        let found: Option<Suppression> = self.one(SUPPRESSION, id.0)?;
        self.read_state(|conn| found.map(|s| counted(conn, s, Timestamp(i64::MAX))).transpose())
    }

    /// Those that are in force as far as was written down.
    ///
    /// # Errors
    /// The state file cannot be read.
    pub fn standing_suppressions(&self) -> Result<Vec<Suppression>, Error> {
        let sql = "SELECT body FROM suppression WHERE state = 'in_force' ORDER BY id";
        self.read_state(|conn| super::incident::bodies(conn, sql, []))
    }

    /// Keeps a new one; gives it its number.
    ///
    /// # Errors
    /// The state file cannot be written.
    pub fn add_suppression(&self, new: &Suppression) -> Result<Suppression, Error> {
        let mut conn = lock(&self.state);
        let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let id = tx.query_row("SELECT coalesce(max(id), 0) + 1 FROM suppression", [], |r| r.get(0))?;
        let kept = Suppression { id: SuppressionId(id), ..new.clone() };
        save(&tx, &kept)?;
        tx.commit()?;
        Ok(kept)
    }

    /// Ends one at an instant; nothing if there is none of that number.
    ///
    /// # Errors
    /// The state file cannot be written.
    pub fn end_suppression(
        &self,
        id: SuppressionId,
        state: SuppressionState,
        at: Timestamp,
    ) -> Result<Option<Suppression>, Error> {
        let mut conn = lock(&self.state);
        let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let sql = "SELECT body FROM suppression WHERE id = ?";
        let body: Option<String> = tx.query_row(sql, [id.0], |r| r.get(0)).optional()?;
        let Some(body) = body else { return Ok(None) };
        let ended = Suppression { state, ended: Some(at), ..serde_json::from_str(&body)? };
        save(&tx, &ended)?;
        let ended = counted(&tx, ended, Timestamp(i64::MAX))?;
        tx.commit()?;
        Ok(Some(ended))
    }

    /// What a suppression of this rule and entity would have kept quiet since an instant.
    ///
    /// # Errors
    /// The state file cannot be read.
    pub fn would_suppress(&self, rule: &str, whom: Option<&EntityRef>, since: Timestamp) -> Result<Past, Error> {
        let deadline = Instant::now() + self.budget;
        self.read_state(|conn| {
            let mut read = conn.prepare_cached("SELECT body FROM detection WHERE rule = ? AND time >= ?")?;
            let mut rows = read.query(params![rule, since.0])?;
            let (mut past, mut incidents) = (Past { complete: true, ..Past::default() }, BTreeSet::new());
            while let Some(row) = rows.next()? {
                let d: Detection = serde_json::from_str(row.get_ref(0)?.as_str().map_err(rusqlite::Error::from)?)?;
                if whom.is_none_or(|whom| concerns(whom, &d)) {
                    past.detections += 1;
                    incidents.extend(d.incident);
                }
                if Instant::now() >= deadline {
                    past.complete = false;
                    break;
                }
            }
            past.incidents = incidents.len() as u64;
            for id in incidents {
                past.attacks += u64::from(was_attack(conn, id)?);
            }
            Ok(past)
        })
    }
}

fn was_attack(conn: &Connection, id: IncidentId) -> Result<bool, Error> {
    let sql = "SELECT json_extract(body, '$.verdict') FROM incident WHERE id = ?";
    let verdict: Option<Option<String>> = conn.prepare_cached(sql)?.query_row([id.0], |r| r.get(0)).optional()?;
    Ok(verdict.flatten().is_some_and(|word| Verdict::from(word.as_str()) == Verdict::TruePositive))
}

fn save(tx: &Transaction<'_>, s: &Suppression) -> Result<(), Error> {
    tx.prepare_cached("INSERT OR REPLACE INTO suppression(id, created, state, rule, body) VALUES(?, ?, ?, ?, ?)")?
        .execute(params![s.id.0, s.created.0, s.state.as_str(), s.rule, serde_json::to_string(s)?])?;
    Ok(())
}
