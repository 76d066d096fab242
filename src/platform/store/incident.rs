//! Reading detections and incidents.

use super::state::Table;
use super::{Error, Store, event};
use crate::api::{
    Bill, Detection, DetectionId, Incident, IncidentDetail, IncidentId, List, Page, TimelineEntry, Timestamp,
};
use crate::platform::cursor;
use crate::query::Resource;
use rusqlite::{Connection, OptionalExtension, Row, params};
use serde_json::Value;

pub(super) const DETECTION: Table = Table {
    resource: Resource::Detection,
    name: "detection",
    key: "time",
    past: None,
    changes: false,
    columns: &[("incident", "incident"), ("rule", "rule"), ("src_ip", "src_ip"), ("user", "user"), ("drill", "drill")],
};

pub(super) const INCIDENT: Table = Table {
    resource: Resource::Incident,
    name: "incident",
    key: "updated",
    past: Some(("incident_past", "at")),
    changes: true,
    columns: &[("state", "state"), ("severity", "severity"), ("drill", "drill")],
};

/// The last instant of a year of four digits, so that instants compare as their texts do.
const LAST: i64 = 253_402_300_799_999;
/// Timeline entries and detections that one incident shows.
const TIMELINE_MAX: u32 = 500;
const DETECTIONS_MAX: u32 = 200;

type Stored = (Incident, Value, Bill);

fn file(row: &Row<'_>) -> rusqlite::Result<(String, String, String)> {
    Ok((row.get(0)?, row.get(1)?, row.get(2)?))
}

fn read((body, facts, bill): (String, String, String)) -> Result<Stored, Error> {
    Ok((serde_json::from_str(&body)?, serde_json::from_str(&facts)?, serde_json::from_str(&bill)?))
}

/// Reads JSON bodies, one a row.
pub(super) fn bodies<T: serde::de::DeserializeOwned>(
    conn: &Connection,
    sql: &str,
    values: impl rusqlite::Params,
) -> Result<Vec<T>, Error> {
    let mut statement = conn.prepare_cached(sql)?;
    let mut rows = statement.query(values)?;
    let mut all = Vec::new();
    while let Some(row) = rows.next()? {
        all.push(serde_json::from_str(row.get_ref(0)?.as_str().map_err(rusqlite::Error::from)?)?);
    }
    Ok(all)
}

/// The newest part of a timeline up to an instant, oldest first.
pub(super) fn timeline(conn: &Connection, id: IncidentId, at: Timestamp) -> Result<Vec<TimelineEntry>, Error> {
    // Entries are written in the order things became known; what a detection says happened may be older than that.
    let sql =
        "SELECT body FROM timeline WHERE incident = ? AND json_extract(body, '$.time') <= ? ORDER BY n DESC LIMIT ?";
    let mut all: Vec<TimelineEntry> = bodies(conn, sql, params![id.0, at.to_string(), TIMELINE_MAX])?;
    all.reverse();
    Ok(all)
}

/// The newest detections of an incident up to an instant.
pub(super) fn newest_detections(conn: &Connection, id: IncidentId, at: Timestamp) -> Result<Vec<Detection>, Error> {
    let sql = "SELECT body FROM detection WHERE incident = ? AND time <= ? ORDER BY time DESC, id DESC LIMIT ?";
    bodies(conn, sql, params![id.0, at.0, DETECTIONS_MAX])
}

impl Store {
    /// A page of detections by (time, id).
    ///
    /// # Errors
    /// A wrong query or cursor; the state file cannot be read.
    pub fn detections(&self, list: &List) -> Result<Page<Detection>, Error> {
        self.page(DETECTION, list)
    }

    /// One detection.
    ///
    /// # Errors
    /// The state file cannot be read.
    pub fn detection(&self, id: DetectionId) -> Result<Option<Detection>, Error> {
        self.one(DETECTION, id.0)
    }

    /// A page of incidents by (updated, id). The queue is `state:new,claimed,escalated`.
    ///
    /// # Errors
    /// A wrong query or cursor; the state file cannot be read.
    pub fn incidents(&self, list: &List) -> Result<Page<Incident>, Error> {
        let query = event::query(INCIDENT.resource, &list.query, list.at)?;
        let from = cursor::read(INCIDENT.name, list).map_err(Error::Usage)?;
        let Some(found) = self.roll.find(&query, list, from) else { return self.page(INCIDENT, list) };
        let last = found.page.last().filter(|_| found.more).map(|last| cursor::write(INCIDENT.name, list, *last));
        self.read_state(|conn| {
            let mut read = conn.prepare_cached("SELECT body FROM incident WHERE id = ?")?;
            let mut items: Vec<Incident> = Vec::with_capacity(found.page.len());
            for at in &found.page {
                let body: Option<String> = read.query_row([at.id], |r| r.get(0)).optional()?;
                // What changed since it was found may no longer fit.
                items.extend(body.map(|b| serde_json::from_str(&b)).transpose()?.filter(|i| query.matches(i)));
            }
            Ok(Page { items, next: last, covered: None, total: found.total })
        })
    }

    /// One incident with bill, the newest part of its timeline and its newest detections.
    ///
    /// # Errors
    /// The state file cannot be read.
    pub fn incident(&self, id: IncidentId) -> Result<Option<IncidentDetail>, Error> {
        let Some((incident, _, bill)) = self.incident_file(id)? else { return Ok(None) };
        self.read_state(|conn| {
            let timeline = timeline(conn, id, Timestamp(LAST))?;
            let detections = newest_detections(conn, id, Timestamp(i64::MAX))?;
            Ok(Some(IncidentDetail { incident, bill, timeline, detections }))
        })
    }

    /// One incident with its facts and bill.
    ///
    /// # Errors
    /// The state file cannot be read.
    pub fn incident_file(&self, id: IncidentId) -> Result<Option<Stored>, Error> {
        self.read_state(|conn| {
            let mut find = conn.prepare_cached("SELECT body, facts, bill FROM incident WHERE id = ?")?;
            find.query_row([id.0], file).optional()?.map(read).transpose()
        })
    }

    /// All open incidents with facts and bill, those in sight first, each as `keep` wants it: there may be very many, and as
    /// they are read they are several times as large as they need be.
    ///
    /// # Errors
    /// The state file cannot be read.
    pub fn open_incidents<T>(&self, keep: impl Fn(Stored) -> Option<T>) -> Result<Vec<T>, Error> {
        self.read_state(|conn| {
            let mut find = conn.prepare_cached(
                "SELECT body, facts, bill FROM incident WHERE open = 1
                 UNION ALL SELECT body, facts, bill FROM incident WHERE open = 2",
            )?;
            let mut all = Vec::new();
            for row in find.query_map([], file)? {
                all.extend(keep(read(row?)?));
            }
            Ok(all)
        })
    }
}
