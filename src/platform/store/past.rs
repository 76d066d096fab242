//! How things stood at an instant.
//!
//! Detections and ledger entries never change: what was there then is what is older. Actions carry every step they took,
//! suppressions when they ended. An incident is kept as it stood after every change of its state, owner, verdict, snooze
//! or containment, and else once a minute: within a minute a score of then may be one that it had a moment before.

use super::{Error, IncidentFile, Store};
use crate::api::time::DAY_MS;
use crate::api::{
    Action, ActionKind, ActionState, Bill, Block, Detection, EntityRef, Incident, IncidentDetail, IncidentId, Severity,
    Suppression, SuppressionState, Timestamp, Waiting,
};
use rusqlite::{Connection, OptionalExtension, Transaction, params};
use std::collections::BTreeSet;

/// Blocks last at most so long: who asks what was in force need not look at what was asked for before.
const LONGEST_BLOCK_MS: i64 = 31 * DAY_MS;
/// The key of when records of incidents begin, where something was there before.
const SINCE: &str = "past since";

/// A row as it stood at an instant at which it was there already.
pub(super) trait Then: Sized {
    /// It, as it stood.
    fn then(self, at: Timestamp) -> Self;
}

impl Then for Detection {
    fn then(self, _: Timestamp) -> Self {
        self
    }
}

/// Comes from its own table, as it stood.
impl Then for Incident {
    fn then(self, _: Timestamp) -> Self {
        self
    }
}

impl Then for Action {
    fn then(mut self, at: Timestamp) -> Self {
        self.receipts.retain(|r| r.at <= at);
        let last = self.receipts.last().map_or(ActionState::Asked, |r| r.state.clone());
        let over =
            |state: &ActionState| matches!(state, ActionState::Expired | ActionState::Undone | ActionState::Failed);
        self.state = self.receipts.iter().rev().map(|r| r.state.clone()).find(over).unwrap_or(last);
        self
    }
}

impl Then for Suppression {
    fn then(mut self, at: Timestamp) -> Self {
        if self.ended.is_some_and(|ended| ended > at) {
            (self.ended, self.state) = (None, SuppressionState::InForce);
        }
        self
    }
}

/// Keeps how an incident stands now.
pub(super) fn note(tx: &Transaction<'_>, (incident, _, bill, _): &IncidentFile) -> Result<(), Error> {
    let (id, at) = (incident.id.0, incident.updated.0);
    let mark = serde_json::to_string(&(
        &incident.state,
        &incident.owner,
        &incident.verdict,
        &incident.snoozed,
        &incident.contained,
    ))?;
    let newest: Option<(i64, String)> = tx
        .prepare_cached("SELECT at, mark FROM incident_past WHERE incident = ? ORDER BY at DESC LIMIT 1")?
        .query_row([id], |r| Ok((r.get(0)?, r.get(1)?)))
        .optional()?;
    if let Some((before, _)) = newest.filter(|(t, m)| *m == mark && t.div_euclid(60_000) == at.div_euclid(60_000)) {
        tx.prepare_cached("DELETE FROM incident_past WHERE incident = ? AND at = ?")?.execute(params![id, before])?;
    }
    tx.prepare_cached("INSERT OR REPLACE INTO incident_past(incident, at, mark, body, bill) VALUES(?, ?, ?, ?, ?)")?
        .execute(params![id, at, mark, serde_json::to_string(incident)?, serde_json::to_string(bill)?])?;
    Ok(())
}

/// Begins to keep how incidents stand, with how they stand now.
pub(super) fn begin(conn: &Connection) -> Result<(), Error> {
    let begun: bool = conn.query_row("SELECT EXISTS(SELECT 1 FROM incident_past)", [], |r| r.get(0))?;
    let newest: Option<i64> = conn.query_row("SELECT max(updated) FROM incident", [], |r| r.get(0))?;
    let Some(newest) = newest.filter(|_| !begun) else { return Ok(()) };
    let sql = "INSERT OR IGNORE INTO incident_past(incident, at, mark, body, bill) SELECT id, updated, '', body, bill FROM incident";
    conn.execute(sql, [])?;
    conn.execute(
        "INSERT OR IGNORE INTO meta(key, value) VALUES(?, ?)",
        params![format!("own {SINCE}"), newest.to_string()],
    )?;
    Ok(())
}

/// Forgets how incidents stood before an instant, but for how they stood at it.
pub(super) fn forget(tx: &Transaction<'_>, before: Timestamp) -> Result<(), Error> {
    let sql = "DELETE FROM incident_past WHERE at < ?1 AND EXISTS (SELECT 1 FROM incident_past q
        WHERE q.incident = incident_past.incident AND q.at > incident_past.at AND q.at < ?1)";
    if tx.execute(sql, [before.0])? > 0 {
        let since = params![format!("own {SINCE}"), before.0.to_string()];
        tx.execute("INSERT OR REPLACE INTO meta(key, value) VALUES(?, ?)", since)?;
    }
    Ok(())
}

/// How the open ones stood.
#[derive(Debug, Default)]
pub(super) struct Standing {
    /// In sight, by severity.
    pub open: [u64; 5],
    /// Out of sight.
    pub snoozed: u64,
    /// Of nobody yet.
    pub waiting: Vec<Waiting>,
}

/// How incidents stood. Looks at every one that was changed by then.
pub(super) fn standing(conn: &Connection, at: Timestamp) -> Result<Standing, Error> {
    let mut standing = Standing { waiting: Waiting::all(), ..Standing::default() };
    let sql = format!("SELECT body FROM incident_past p WHERE at <= ?1 AND {}", newest_then("?1"));
    let mut read = conn.prepare_cached(&sql)?;
    let mut rows = read.query([at.0])?;
    while let Some(row) = rows.next()? {
        let incident: Incident = serde_json::from_str(row.get_ref(0)?.as_str().map_err(rusqlite::Error::from)?)?;
        if !incident.state.is_open() {
            continue;
        }
        if incident.snoozed.is_some() {
            standing.snoozed += 1;
            continue;
        }
        let place = super::overview::place(&incident.severity);
        standing.open[place] += 1;
        if incident.state == crate::api::IncidentState::New {
            let waiting = &mut standing.waiting[place];
            waiting.incidents += 1;
            waiting.oldest = Some(waiting.oldest.map_or(incident.opened, |t| t.min(incident.opened)));
        }
    }
    Ok(standing)
}

/// The condition that a row `p` of the past is the newest of its incident at an instant.
pub(super) fn newest_then(at: &str) -> String {
    format!("NOT EXISTS (SELECT 1 FROM incident_past q WHERE q.incident = p.incident AND q.at > p.at AND q.at <= {at})")
}

impl Store {
    /// Since when it is kept how incidents stood; nothing where that is all there ever was.
    ///
    /// # Errors
    /// The state file cannot be read.
    pub fn past_since(&self) -> Result<Option<Timestamp>, Error> {
        Ok(self.get_meta(SINCE)?.and_then(|text| text.parse().ok()).map(Timestamp))
    }

    /// One incident as it stood: bill, timeline and detections up to then. Nothing if it was not there yet.
    ///
    /// # Errors
    /// The state file cannot be read.
    pub fn incident_then(&self, id: IncidentId, at: Timestamp) -> Result<Option<IncidentDetail>, Error> {
        self.read_state(|conn| {
            let sql = "SELECT body, bill FROM incident_past WHERE incident = ? AND at <= ? ORDER BY at DESC LIMIT 1";
            let found: Option<(String, String)> =
                conn.prepare_cached(sql)?.query_row(params![id.0, at.0], |r| Ok((r.get(0)?, r.get(1)?))).optional()?;
            let Some((body, bill)) = found else { return Ok(None) };
            let (incident, bill): (Incident, Bill) = (serde_json::from_str(&body)?, serde_json::from_str(&bill)?);
            let timeline = super::incident::timeline(conn, id, at)?;
            let detections = super::incident::newest_detections(conn, id, at)?;
            Ok(Some(IncidentDetail { incident, bill, timeline, detections }))
        })
    }

    /// Blocks and revocations in force at an instant, oldest first. What enforcers held and refused then is not kept.
    ///
    /// # Errors
    /// The state file cannot be read.
    pub fn blocks_then(&self, at: Timestamp) -> Result<Vec<Block>, Error> {
        let sql = "SELECT body FROM action WHERE created > ? AND created <= ? ORDER BY id";
        let range = [at.0.saturating_sub(LONGEST_BLOCK_MS), at.0];
        let actions: Vec<Action> = self.read_state(|conn| super::incident::bodies(conn, sql, range))?;
        let held = actions.into_iter().map(|a| a.then(at)).filter(|a| a.state.is_active() && a.expires > at);
        Ok(held.filter(|a| !matches!(a.kind, ActionKind::Other(_))).map(block).collect())
    }

    /// Incidents an entity was part of at an instant, those that changed last first, at most 50.
    pub(super) fn incidents_then(
        conn: &Connection,
        ids: &BTreeSet<u64>,
        entity: &EntityRef,
        at: Timestamp,
    ) -> Result<Vec<Incident>, Error> {
        let sql = "SELECT body FROM incident_past WHERE incident = ? AND at <= ? ORDER BY at DESC LIMIT 1";
        let mut all: Vec<Incident> = Vec::new();
        for id in ids {
            let body: Option<String> =
                conn.prepare_cached(sql)?.query_row(params![id, at.0], |r| r.get(0)).optional()?;
            all.extend(body.map(|b| serde_json::from_str::<Incident>(&b)).transpose()?);
        }
        let net = crate::query::net(entity.value.raw());
        let within = |e: &EntityRef| {
            e == entity
                || net.is_some_and(|net| e.value.raw().parse::<std::net::IpAddr>().is_ok_and(|ip| net.contains(&ip)))
        };
        all.retain(|i| i.entities.iter().chain([&i.entity]).any(within));
        all.sort_by_key(|i| std::cmp::Reverse((i.updated, i.id)));
        all.truncate(50);
        Ok(all)
    }
}

fn block(a: Action) -> Block {
    Block {
        action: a.id,
        kind: a.kind,
        target: a.target,
        since: a.created,
        expires: a.expires,
        actor: a.actor,
        reason: a.reason,
        refused: None,
        enforcers: Vec::new(),
        drill: a.drill,
    }
}

impl Waiting {
    /// One for each severity, the least first, with nothing waiting.
    pub(super) fn all() -> Vec<Self> {
        let severities = [Severity::Info, Severity::Low, Severity::Medium, Severity::High, Severity::Critical];
        severities.into_iter().map(Self::none).collect()
    }
}
