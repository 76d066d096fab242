//! What is known about an entity, and whom an action on it would touch.

use super::block::{Column, Pivot, Scan, View};
use super::incident::bodies;
use super::overview::most;
use super::{Error, Store, row};
use crate::api::{ActionKind, Entity, EntityKind, EntityRef, Timestamp, Touches, time::DAY_MS};
use crate::platform::cursor::Position;
use crate::query::row::path;
use crate::text::Untrusted;
use rusqlite::types::Value as Sql;
use rusqlite::{Connection, params_from_iter};
use std::collections::{BTreeSet, HashMap, HashSet};
use std::ops::ControlFlow;

/// Newest events of an entity that its breakdown by user, path and so on is counted from.
const SAMPLE: u64 = 20_000;
/// How long ago a session may have been seen to count as live.
const LIVE_MS: i64 = 15 * 60_000;

/// What an entity's events have.
struct Condition {
    pivot: Pivot,
    /// Of addresses: the same of a column `src_ip` of the state file, and its values.
    sql: Option<(&'static str, Vec<Sql>)>,
}

impl Condition {
    /// Events about an entity; nothing if its name is not what its kind says.
    fn of(kind: &EntityKind, value: &str) -> Option<Self> {
        let text = |column| Some(Self { pivot: Pivot::Text(column, value.to_owned()), sql: None });
        match kind {
            EntityKind::Address | EntityKind::Range => {
                let net = crate::query::net(value)?;
                let (first, last) = row::range(net);
                let length = i64::try_from(first.len()).unwrap_or(4);
                let sql = if first == last {
                    ("src_ip = ?", vec![Sql::Blob(first)])
                } else {
                    // Addresses of the other family may sort in between; their length tells them apart.
                    let sql = "src_ip BETWEEN ? AND ? AND length(src_ip) = ?";
                    (sql, vec![Sql::Blob(first), Sql::Blob(last), length.into()])
                };
                Some(Self { pivot: Pivot::Net(net), sql: Some(sql) })
            }
            EntityKind::User => text(Column::User),
            EntityKind::Session => text(Column::Session),
            EntityKind::Host => text(Column::Host),
            EntityKind::Key => text(Column::Key),
            EntityKind::Tenant => text(Column::Tenant),
            EntityKind::Other(_) => None,
        }
    }

    /// What to read of each day: these columns of its events, the newest first.
    fn scan(&self, columns: &[Column], since: Timestamp, until: Timestamp) -> Scan {
        let wanted = columns.iter().copied().chain([self.pivot.column()]).collect();
        Scan { wanted, pivot: Some(self.pivot.clone()), since, until, oldest_first: false }
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

impl Seen {
    fn count(&mut self, view: &View<'_>) {
        let address = view.address(Column::SrcIp).map(|ip| ip.to_string());
        count(&mut self.addresses, address.as_deref());
        count(&mut self.users, view.text(Column::User));
        count(&mut self.sessions, view.text(Column::Session));
        let status = view.status().filter(|status| *status > 0).map(|status| status.to_string());
        count(&mut self.statuses, status.as_deref());
        count(&mut self.paths, view.text(Column::Url).map(path));
        if self.country.is_none() {
            self.country = view.text(Column::Country).map(Into::into);
        }
    }
}

fn count(into: &mut HashMap<String, u64>, value: Option<&str>) {
    let Some(value) = value.filter(|v| !v.is_empty()) else { return };
    match into.get_mut(value) {
        Some(count) => *count += 1,
        None => drop(into.insert(value.to_owned(), 1)),
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
        let columns = [Column::SrcIp, Column::User, Column::Session, Column::Status, Column::Url, Column::Country];
        let scan = condition.scan(&columns, Timestamp(i64::MIN), end.plus(1));
        let mut days = self.days_between(scan.since, scan.until);
        days.reverse();
        for day in days {
            self.read_events(day, |conn| {
                scan.ordered(conn, day, Position::start(false), |at, view| {
                    if condition.pivot.is_of(view) {
                        found.last_seen = found.last_seen.or(Some(Timestamp(at.key)));
                        found.first_seen = Some(Timestamp(at.key));
                        found.events += 1;
                        if found.events <= SAMPLE {
                            seen.count(view);
                        }
                    }
                    ControlFlow::Continue(())
                })
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
        let scan = condition.scan(&[Column::SrcIp, Column::User, Column::Session], since, now.plus(1));
        for day in self.days_between(scan.since, scan.until) {
            self.read_events(day, |conn| {
                scan.any_order(conn, day, |at, view| {
                    if condition.pivot.is_of(view) {
                        touches.requests += 1;
                        addresses.extend(view.address(Column::SrcIp));
                        count(&mut users, view.text(Column::User));
                        if at.key >= live.0 {
                            sessions.extend(view.text(Column::Session).map(str::to_owned));
                        }
                    }
                    ControlFlow::Continue(())
                })
            })?;
        }
        touches.addresses = addresses.len() as u64;
        touches.live_sessions = sessions.len() as u64;
        touches.users = most(users);
        Ok(touches)
    }
}

/// Adds detections and incidents.
fn known(conn: &Connection, condition: &Condition, at: Option<Timestamp>, found: &mut Entity) -> Result<(), Error> {
    let entity = found.entity.clone();
    let named = "entity = ? AND entity_kind = ?";
    let name: [Sql; 2] = [entity.value.raw().to_owned().into(), entity.kind.as_str().to_owned().into()];
    let (sql, mut values) = match &condition.sql {
        Some((sql, values)) => (format!("({sql}) OR ({named})"), [values.as_slice(), &name].concat()),
        None if entity.kind == EntityKind::User => (format!("user = ? OR ({named})"), [&name[..1], &name].concat()),
        None => (named.to_owned(), name.to_vec()),
    };
    values.push(at.map_or(i64::MAX, |at| at.0).into());
    let sql = format!("SELECT count(*) FROM detection WHERE ({sql}) AND time <= ?");
    found.detections = conn.prepare_cached(&sql)?.query_row(params_from_iter(values), |r| r.get(0))?;
    let (sql, mut values) = ("value = ? AND kind = ?", name.to_vec());
    let sql = match &condition.sql {
        None => sql.to_owned(),
        Some((about, more)) => {
            values.extend(more.iter().cloned());
            format!("({sql}) OR ({})", about.replace("src_ip", "ip"))
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
