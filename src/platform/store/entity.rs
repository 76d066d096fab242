//! What is known about an entity, and whom an action on it would touch.

use super::incident::bodies;
use super::overview::most;
use super::{Error, Store, row};
use crate::api::{ActionKind, Entity, EntityKind, EntityRef, Timestamp, Touches, time::DAY_MS};
use crate::query::row::path;
use crate::text::Untrusted;
use ipnet::IpNet;
use rusqlite::types::Value as Sql;
use rusqlite::{Connection, params_from_iter};
use std::collections::{BTreeSet, HashMap, HashSet};
use std::net::IpAddr;

/// Newest events of an entity that its breakdown by user, path and so on is counted from.
const SAMPLE: i64 = 20_000;
/// How long ago a session may have been seen to count as live.
const LIVE_MS: i64 = 15 * 60_000;

/// A condition on events, and its values.
struct Condition {
    sql: &'static str,
    values: Vec<Sql>,
    net: Option<IpNet>,
}

impl Condition {
    /// Events about an entity; nothing if its name is not what its kind says.
    fn of(kind: &EntityKind, value: &str) -> Option<Self> {
        let text = |sql| Some(Self { sql, values: vec![value.to_owned().into()], net: None });
        match kind {
            EntityKind::Address | EntityKind::Range => {
                let net = value
                    .parse::<IpNet>()
                    .ok()
                    .or_else(|| Some(value.parse::<IpAddr>().ok()?.to_canonical().into()))?;
                let (first, last) = row::range(net);
                let length = i64::try_from(first.len()).unwrap_or(4);
                if first == last {
                    return Some(Self { sql: "src_ip = ?", values: vec![Sql::Blob(first)], net: Some(net) });
                }
                // Addresses of the other family may sort in between; their length tells them apart.
                let sql = "src_ip BETWEEN ? AND ? AND length(src_ip) = ?";
                Some(Self { sql, values: vec![Sql::Blob(first), Sql::Blob(last), length.into()], net: Some(net) })
            }
            EntityKind::User => text("user = ?"),
            EntityKind::Session => text("session = ?"),
            EntityKind::Host => text("host = (SELECT id FROM word WHERE text = ?)"),
            EntityKind::Key => text("key = ?"),
            EntityKind::Tenant => text("tenant = ?"),
            EntityKind::Other(_) => None,
        }
    }

    fn with(&self, more: impl IntoIterator<Item = i64>) -> Vec<Sql> {
        self.values.iter().cloned().chain(more.into_iter().map(Sql::from)).collect()
    }
}

/// Values seen with an entity.
#[derive(Default)]
struct Seen {
    users: HashMap<String, u64>,
    addresses: HashMap<String, u64>,
    sessions: HashMap<String, u64>,
    statuses: HashMap<String, u64>,
    paths: HashMap<String, u64>,
    country: Option<Untrusted>,
}

fn count(into: &mut HashMap<String, u64>, value: Option<String>) {
    if let Some(value) = value.filter(|v| !v.is_empty()) {
        *into.entry(value).or_default() += 1;
    }
}

impl Store {
    /// What is known about an entity; blocks and allow-list are the responder's to add.
    ///
    /// `events`, first and last are exact; the breakdown is of its newest 20,000 events. With `at` only what happened up to
    /// then counts, and incidents are as they stood then.
    ///
    /// # Errors
    /// A file cannot be read.
    pub fn entity(&self, entity: &EntityRef, at: Option<Timestamp>) -> Result<Entity, Error> {
        let end = at.unwrap_or(Timestamp(i64::MAX));
        let mut found = Entity {
            entity: entity.clone(),
            first_seen: None,
            last_seen: None,
            events: 0,
            detections: 0,
            country: None,
            incidents: Vec::new(),
            users: Vec::new(),
            addresses: Vec::new(),
            sessions: Vec::new(),
            statuses: Vec::new(),
            paths: Vec::new(),
            blocks: Vec::new(),
            allowed_by: None,
        };
        let Some(condition) = Condition::of(&entity.kind, entity.value.raw()) else { return Ok(found) };
        let mut seen = Seen::default();
        let mut left = SAMPLE;
        let mut days = self.days_between(Timestamp(i64::MIN), end.plus(1));
        days.reverse();
        for day in days {
            self.read_day(day, |conn| {
                let (events, first, last) = extent(conn, &condition, end)?;
                found.events += events;
                found.first_seen = first.or(found.first_seen);
                found.last_seen = found.last_seen.or(last);
                if events > 0 && left > 0 {
                    left -= sample(conn, &condition, (end, left), &mut seen)?;
                }
                Ok(())
            })?;
        }
        found.country = seen.country;
        found.users = most(seen.users);
        found.addresses = most(seen.addresses);
        found.sessions = most(seen.sessions);
        found.statuses = most(seen.statuses);
        found.paths = most(seen.paths);
        self.read_state(|conn| known(conn, &condition, at, &mut found))?;
        Ok(found)
    }

    /// Whom an action on a target would touch, counted over the last 24 hours.
    ///
    /// # Errors
    /// A file cannot be read; the target is not what the kind needs.
    pub fn touches(&self, kind: &ActionKind, target: &str, now: Timestamp) -> Result<Touches, Error> {
        let about = match kind {
            ActionKind::BlockAddress | ActionKind::BlockRange => EntityKind::Range,
            ActionKind::RevokeSession => EntityKind::Session,
            ActionKind::Other(word) => return Err(Error::Usage(format!("nothing is known about \"{word}\""))),
        };
        let condition = Condition::of(&about, target)
            .ok_or_else(|| Error::Usage("the target is neither an address nor a prefix".into()))?;
        let (since, live) = (now.plus(-DAY_MS), now.plus(-LIVE_MS));
        let mut touches = Touches::default();
        let (mut addresses, mut sessions, mut users) = (HashSet::new(), HashSet::new(), HashMap::new());
        for day in self.days_between(since, now.plus(1)) {
            self.read_day(day, |conn| {
                let sql = format!(
                    "SELECT src_ip, user, session, count(*), max(time) FROM event
                     WHERE {} AND time >= ? AND time <= ? GROUP BY src_ip, user, session",
                    condition.sql
                );
                let mut read = conn.prepare_cached(&sql)?;
                let mut rows = read.query(params_from_iter(condition.with([since.0, now.0])))?;
                while let Some(row) = rows.next()? {
                    let events: u64 = row.get(3)?;
                    touches.requests += events;
                    addresses.extend(row.get::<_, Option<Vec<u8>>>(0)?);
                    if let Some(user) = row.get::<_, Option<String>>(1)? {
                        *users.entry(user).or_insert(0) += events;
                    }
                    if row.get::<_, i64>(4)? >= live.0 {
                        sessions.extend(row.get::<_, Option<String>>(2)?);
                    }
                }
                Ok(())
            })?;
        }
        touches.addresses = addresses.len() as u64;
        touches.live_sessions = sessions.len() as u64;
        touches.users = most(users);
        Ok(touches)
    }
}

/// How many events of a day meet a condition, the first and the last.
fn extent(
    conn: &Connection,
    condition: &Condition,
    end: Timestamp,
) -> Result<(u64, Option<Timestamp>, Option<Timestamp>), Error> {
    let sql = format!("SELECT count(*), min(time), max(time) FROM event WHERE {} AND time <= ?", condition.sql);
    Ok(conn.prepare_cached(&sql)?.query_row(params_from_iter(condition.with([end.0])), |r| {
        Ok((r.get(0)?, r.get::<_, Option<i64>>(1)?.map(Timestamp), r.get::<_, Option<i64>>(2)?.map(Timestamp)))
    })?)
}

/// Counts what the newest `limit` events say, and returns how many there were.
fn sample(
    conn: &Connection,
    condition: &Condition,
    (end, limit): (Timestamp, i64),
    seen: &mut Seen,
) -> Result<i64, Error> {
    let sql = format!(
        "SELECT src_ip, user, session, status, url, country FROM event WHERE {} AND time <= ? ORDER BY time DESC LIMIT ?",
        condition.sql
    );
    let mut read = conn.prepare_cached(&sql)?;
    let mut rows = read.query(params_from_iter(condition.with([end.0, limit])))?;
    let mut read = 0;
    while let Some(row) = rows.next()? {
        read += 1;
        count(
            &mut seen.addresses,
            row.get_ref(0)?
                .as_blob_or_null()
                .map_err(rusqlite::Error::from)?
                .and_then(row::address)
                .map(|a| a.to_string()),
        );
        count(&mut seen.users, row.get(1)?);
        count(&mut seen.sessions, row.get(2)?);
        count(&mut seen.statuses, row.get::<_, Option<u16>>(3)?.filter(|s| *s > 0).map(|s| s.to_string()));
        let url = row.get_ref(4)?.as_str_or_null().map_err(rusqlite::Error::from)?;
        count(&mut seen.paths, url.map(|u| path(u).to_owned()));
        if seen.country.is_none() {
            seen.country = row.get::<_, Option<String>>(5)?.map(Into::into);
        }
    }
    Ok(read)
}

/// Adds detections and incidents.
fn known(conn: &Connection, condition: &Condition, at: Option<Timestamp>, found: &mut Entity) -> Result<(), Error> {
    let entity = found.entity.clone();
    let named = "entity = ? AND entity_kind = ?";
    let name: [Sql; 2] = [entity.value.raw().to_owned().into(), entity.kind.as_str().to_owned().into()];
    let (sql, mut values) = match (&entity.kind, condition.net) {
        (_, Some(_)) => (format!("({}) OR ({named})", condition.sql), [condition.with([]), name.to_vec()].concat()),
        (EntityKind::User, None) => (format!("user = ? OR ({named})"), [condition.with([]), name.to_vec()].concat()),
        _ => (named.to_owned(), name.to_vec()),
    };
    values.push(at.map_or(i64::MAX, |at| at.0).into());
    let sql = format!("SELECT count(*) FROM detection WHERE ({sql}) AND time <= ?");
    found.detections = conn.prepare_cached(&sql)?.query_row(params_from_iter(values), |r| r.get(0))?;
    let (sql, mut values) = ("value = ? AND kind = ?", name.to_vec());
    let sql = match condition.net {
        None => sql.to_owned(),
        Some(_) => {
            values.extend(condition.with([]));
            format!("({sql}) OR ({})", condition.sql.replace("src_ip", "ip"))
        }
    };
    let sql = format!("SELECT incident FROM incident_entity WHERE {sql}");
    if let Some(at) = at {
        let mut read = conn.prepare_cached(&sql)?;
        let ids: BTreeSet<u64> = read.query_map(params_from_iter(values), |r| r.get(0))?.collect::<Result<_, _>>()?;
        found.incidents = Store::incidents_then(conn, &ids, &entity, at)?;
        return Ok(());
    }
    let sql = format!("SELECT body FROM incident WHERE id IN ({sql}) ORDER BY updated DESC, id DESC LIMIT 50");
    found.incidents = bodies(conn, &sql, params_from_iter(values))?;
    Ok(())
}
