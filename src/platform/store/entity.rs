//! What is known about an entity, and whom an action on it would touch.

use super::block::{Column, Pivot, Scan, View};
use super::count::Counts;
use super::incident::bodies;
use super::overview::most;
use super::{Error, Store, row};
use crate::api::{ActionKind, Entity, EntityKind, EntityRef, Timestamp, Touches, time::DAY_MS};
use crate::platform::cursor::Position;
use crate::platform::keyed::Keys;
use crate::query::row::path;
use crate::text::Untrusted;
use rusqlite::types::Value as Sql;
use rusqlite::{Connection, params_from_iter};
use std::collections::{BTreeSet, HashMap, HashSet};
use std::net::IpAddr;
use std::ops::ControlFlow;

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
            // No column has it: its lines do.
            EntityKind::Client => text(Column::Raw),
            EntityKind::Host => text(Column::Host),
            EntityKind::Key => text(Column::Key),
            EntityKind::Tenant => text(Column::Tenant),
            EntityKind::Other(_) => None,
        }
    }

    /// What to read of each day: these columns of its events, the newest first.
    fn scan(&self, columns: &[Column], since: Timestamp, until: Timestamp) -> Scan {
        let wanted = columns.iter().copied().chain([self.pivot.column()]).collect();
        let (pivot, holding) = (Some(self.pivot.clone()), Vec::new());
        Scan { wanted, pivot, sole: true, holding, since, until, oldest_first: false }
    }
}

/// What an entity's newest events say.
#[derive(Default)]
struct Seen {
    users: Counts,
    addresses: HashMap<IpAddr, u64, Keys>,
    sessions: Counts,
    statuses: HashMap<u64, u64, Keys>,
    paths: Counts,
    country: Option<Untrusted>,
}

impl Seen {
    fn count(&mut self, view: &View<'_>) {
        view.address(Column::SrcIp).into_iter().for_each(|ip| *self.addresses.entry(ip).or_default() += 1);
        count(&mut self.users, view.text(Column::User));
        count(&mut self.sessions, view.text(Column::Session));
        let status = view.status().filter(|status| *status > 0);
        status.into_iter().for_each(|status| *self.statuses.entry(status).or_default() += 1);
        count(&mut self.paths, view.text(Column::Url).map(path));
        if self.country.is_none() {
            self.country = view.text(Column::Country).map(Into::into);
        }
    }
}

fn count(into: &mut Counts, value: Option<&str>) {
    let Some(value) = value.filter(|v| !v.is_empty()) else { return };
    match into.get_mut(value) {
        Some(count) => *count += 1,
        None => drop(into.insert(value.to_owned(), 1)),
    }
}

/// Counts of values that are no texts, by how they are written.
fn written<T: ToString>(counts: HashMap<T, u64, Keys>) -> Counts {
    counts.into_iter().map(|(value, count)| (value.to_string(), count)).collect()
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
        self.sampled(entity, at, Entity::SAMPLE)
    }

    /// The same, with the breakdown of so many events.
    pub(super) fn sampled(&self, entity: &EntityRef, at: Option<Timestamp>, sample: u64) -> Result<Entity, Error> {
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
            self.read_events(day, |conn| look(conn, day, &scan, sample, (&mut found, &mut seen)))?;
        }
        found.country = seen.country;
        found.users = most(seen.users);
        found.addresses = most(written(seen.addresses));
        found.sessions = most(seen.sessions);
        found.statuses = most(written(seen.statuses));
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
        let (mut addresses, mut sessions, mut users) = (HashSet::new(), HashSet::new(), Counts::default());
        let scan = condition.scan(&[Column::SrcIp, Column::User, Column::Session], since, now.plus(1));
        for day in self.days_between(scan.since, scan.until) {
            self.read_events(day, |conn| {
                scan.any_order(conn, day, |at, view| {
                    touches.requests += 1;
                    addresses.extend(view.address(Column::SrcIp));
                    count(&mut users, view.text(Column::User));
                    if at.key >= live.0 {
                        sessions.extend(view.text(Column::Session).map(str::to_owned));
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

/// Takes in what a day has of an entity: its newest events until the sample is full, of the rest how many there are.
fn look(
    conn: &Connection,
    day: i64,
    scan: &Scan,
    sample: u64,
    (found, seen): (&mut Entity, &mut Seen),
) -> Result<(), Error> {
    let mut from = Position::start(false);
    if found.events < sample {
        let _ = scan.ordered(conn, day, from, |at, view| {
            seen.count(view);
            found.events += 1;
            found.widen([at.key; 2]);
            from = at;
            if found.events < sample { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        })?;
    }
    // Where the sample did not fill up there is no rest.
    if found.events >= sample
        && let Some((events, times)) = scan.count(conn, day, from)?
    {
        found.events += events;
        found.widen(times);
    }
    Ok(())
}

impl Entity {
    /// It was seen at these times, the first and the last, too.
    fn widen(&mut self, [first, last]: [i64; 2]) {
        self.first_seen = Some(self.first_seen.map_or(Timestamp(first), |seen| seen.min(Timestamp(first))));
        self.last_seen = self.last_seen.max(Some(Timestamp(last)));
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
