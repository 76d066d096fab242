//! Day files that the first schema wrote: made here as it made them, read as if they were of today.

use super::*;
use crate::api::time::DAY_MS;
use crate::api::{Class, Event, Http, List, Outcome, Severity};
use rusqlite::params;

/// The first schema, as it was.
const SCHEMA: &str = "
    CREATE TABLE word(id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE);
    CREATE TABLE event(
        seq INTEGER PRIMARY KEY, time INTEGER NOT NULL, observed INTEGER NOT NULL, source INTEGER NOT NULL,
        class INTEGER NOT NULL, activity INTEGER NOT NULL, severity INTEGER NOT NULL, outcome INTEGER NOT NULL,
        parsed INTEGER NOT NULL, drill INTEGER NOT NULL, src_ip BLOB, country TEXT, user TEXT, session TEXT,
        host INTEGER, method INTEGER, status INTEGER, bytes INTEGER, agent INTEGER, referer INTEGER, url TEXT,
        message TEXT, raw TEXT NOT NULL, action INTEGER, object TEXT, key TEXT, tenant TEXT, admin INTEGER NOT NULL,
        dst_ip BLOB, dst_port INTEGER, sent INTEGER);
    CREATE INDEX event_time ON event(time);
    CREATE INDEX event_src_ip ON event(src_ip, time) WHERE src_ip IS NOT NULL;
    CREATE INDEX event_user ON event(user, time) WHERE user IS NOT NULL;
    CREATE INDEX event_session ON event(session, time) WHERE session IS NOT NULL;
    CREATE INDEX event_key ON event(key, time) WHERE key IS NOT NULL;
    CREATE INDEX event_tenant ON event(tenant, time) WHERE tenant IS NOT NULL;
    CREATE INDEX event_drill ON event(drill) WHERE drill = 1;
    CREATE TABLE minute(minute INTEGER, source INTEGER, class INTEGER, severity INTEGER, status INTEGER,
        drill INTEGER, count INTEGER NOT NULL, PRIMARY KEY(minute, source, class, severity, status, drill)) WITHOUT ROWID;
    CREATE TABLE top(slot INTEGER, kind INTEGER, drill INTEGER, body BLOB NOT NULL, PRIMARY KEY(slot, kind, drill));
    CREATE TABLE progress(kind TEXT, name TEXT, n INTEGER NOT NULL, body TEXT NOT NULL, PRIMARY KEY(kind, name)) WITHOUT ROWID;
    CREATE TABLE mark(one INTEGER PRIMARY KEY CHECK(one = 1), n INTEGER NOT NULL, observed INTEGER NOT NULL, outbox TEXT);
    INSERT INTO mark VALUES(1, 7, 0, NULL);
    PRAGMA user_version = 1;";

const T0: Timestamp = Timestamp(20_000 * DAY_MS + 3_600_000);

fn event(i: u32) -> Event {
    let raw = format!("line {i}");
    let http = (!i.is_multiple_of(3)).then(|| Http {
        method: "GET".into(),
        url: format!("/{}", i % 5).into(),
        status: 200,
        bytes: 9,
        referer: None,
        agent: Some("agent".into()),
    });
    Event {
        id: EventId::new(T0.day(), i + 1),
        time: T0.plus(i64::from(i * 7919 % 3_600) * 1000),
        observed: T0,
        source: format!("source-{}", i % 2),
        class: if http.is_some() { Class::HTTP } else { Class::NETWORK },
        activity: 3,
        severity: Severity::Low,
        outcome: Outcome::Success,
        src_ip: Some(if i.is_multiple_of(4) {
            "2001:db8::1".parse().unwrap()
        } else {
            "198.51.100.9".parse().unwrap()
        }),
        country: Some("DE".into()),
        user: i.is_multiple_of(7).then(|| "root".into()),
        session: Some("s".into()),
        host: Some("www".into()),
        action: i.is_multiple_of(5).then(|| "CreateUser".into()),
        object: i.is_multiple_of(5).then(|| "mallory".into()),
        key: i.is_multiple_of(5).then(|| "AKIA1".into()),
        tenant: i.is_multiple_of(5).then(|| "1234".into()),
        agent: http.is_none().then(|| "cli/1".into()),
        admin: i.is_multiple_of(5),
        dst_ip: Some("198.51.100.10".parse().unwrap()),
        dst_port: Some(443),
        sent: Some(5),
        received: http.is_none().then_some(6),
        http,
        message: if i.is_multiple_of(2) { raw.clone() } else { "said".to_owned() }.into(),
        raw: raw.into(),
        parsed: true,
        drill: i.is_multiple_of(100),
    }
}

/// Writes events as the first schema did.
fn write(dir: &Path, events: &[Event]) {
    drop(Store::open(dir).unwrap());
    let conn = Connection::open(schema::day_path(dir, T0.day())).unwrap();
    conn.execute_batch(&format!("PRAGMA journal_mode = WAL; BEGIN; {SCHEMA} COMMIT; BEGIN;")).unwrap();
    let word = |text: &str| {
        conn.execute("INSERT OR IGNORE INTO word(text) VALUES(?)", [text]).unwrap();
        conn.query_row("SELECT id FROM word WHERE text = ?", [text], |r| r.get::<_, i64>(0)).unwrap()
    };
    let sql = format!("INSERT INTO event VALUES({})", ["?"; 31].join(","));
    for e in events {
        let http = e.http.as_ref();
        let words = [Some(e.source.as_str()), Some(e.severity.as_str()), Some(e.outcome.as_str())];
        let [source, severity, outcome] = words.map(|text| text.map(word));
        let agent = http.map_or(e.agent.as_ref(), |h| h.agent.as_ref()).map(|a| word(a.raw()));
        conn.prepare_cached(&sql)
            .unwrap()
            .execute(params![
                e.id.0 & 0xffff_ffff,
                e.time.0,
                e.observed.0,
                source,
                e.class.0,
                e.activity,
                severity,
                outcome,
                e.parsed,
                e.drill,
                e.src_ip.map(row::blob),
                e.country.as_ref().map(|t| t.raw()),
                e.user.as_ref().map(|t| t.raw()),
                e.session.as_ref().map(|t| t.raw()),
                e.host.as_ref().map(|t| word(t.raw())),
                http.map(|h| word(h.method.raw())),
                http.map(|h| h.status),
                http.map(|h| h.bytes).or(e.received),
                agent,
                None::<i64>,
                http.map(|h| h.url.raw()),
                Some(e.message.raw()).filter(|m| *m != e.raw.raw()),
                e.raw.raw(),
                e.action.as_ref().map(|t| word(t.raw())),
                e.object.as_ref().map(|t| t.raw()),
                e.key.as_ref().map(|t| t.raw()),
                e.tenant.as_ref().map(|t| t.raw()),
                e.admin,
                e.dst_ip.map(row::blob),
                e.dst_port,
                e.sent
            ])
            .unwrap();
        let minute =
            params![e.time.minute(), source, e.class.0, severity, http.map_or(-1, |h| i32::from(h.status)), e.drill];
        let sql = "INSERT INTO minute VALUES(?, ?, ?, ?, ?, ?, 1) ON CONFLICT DO UPDATE SET count = count + 1";
        conn.execute(sql, minute).unwrap();
    }
    conn.execute_batch("COMMIT").unwrap();
}

fn all(store: &Store) -> Vec<Event> {
    let mut list = List { oldest_first: true, limit: Some(1000), ..List::default() };
    let mut all = Vec::new();
    loop {
        let page = store.events(&list).unwrap();
        all.extend(page.items);
        match page.next {
            Some(next) => list.after = Some(next),
            None => return all,
        }
    }
}

fn sorted(mut events: Vec<Event>) -> Vec<Event> {
    events.sort_by_key(|e| (e.time, e.id));
    events
}

fn is_old(store: &Store) -> bool {
    store.read_day(T0.day(), old::is_old).unwrap().unwrap()
}

#[test]
fn a_day_of_before_is_read_as_it_was_and_goes_on() {
    let dir = tempfile::tempdir().unwrap();
    let mut events: Vec<Event> = (0..5_000).map(event).collect();
    write(dir.path(), &events);
    let store = Store::open(dir.path()).unwrap();
    assert!(store.damaged().is_empty() && store.has_drill_data() && is_old(&store), "opening writes nothing anew");
    assert_eq!(store.event(events[77].id).unwrap().as_ref(), Some(&events[77]));
    assert!(!is_old(&store));
    assert_eq!(all(&store), sorted(events.clone()));
    let next = Event { id: store.next_event_id(T0), time: T0, ..event(6_000) };
    assert_eq!(next.id, EventId::new(T0.day(), 5_001));
    store.commit(&Commit { events: vec![next.clone()].into(), ..Commit::default() }).unwrap();
    events.push(next);
    assert_eq!(all(&Store::open(dir.path()).unwrap()), sorted(events));
}

#[test]
fn a_crash_between_two_steps_loses_nothing_and_commits_may_come_between() {
    let dir = tempfile::tempdir().unwrap();
    let mut events: Vec<Event> = (0..5_000).map(event).collect();
    write(dir.path(), &events);
    let store = Store::open(dir.path()).unwrap();
    // The first step only.
    let steps = std::cell::Cell::new(0);
    let stop = || steps.replace(steps.get() + 1) > 0;
    assert_eq!(store.renew(T0.day(), stop).unwrap(), 2_048);
    let next = Event { id: store.next_event_id(T0), time: T0, drill: false, ..event(6_000) };
    assert_eq!(next.id, EventId::new(T0.day(), 5_001), "numbers go on behind what is not written anew yet");
    store.commit(&Commit { events: vec![next.clone()].into(), ..Commit::default() }).unwrap();
    events.push(next);
    assert!(is_old(&store));
    std::mem::forget(store);
    let store = Store::open(dir.path()).unwrap();
    assert!(is_old(&store));
    store.renew_old_days(|| false);
    assert!(!is_old(&store));
    assert_eq!(all(&store), sorted(events));
}

#[test]
fn the_drill_is_purged_from_a_day_of_before() {
    let dir = tempfile::tempdir().unwrap();
    let events: Vec<Event> = (0..2_500).map(event).collect();
    write(dir.path(), &events);
    let store = Store::open(dir.path()).unwrap();
    assert_eq!(store.purge_drill().unwrap().rows, 25);
    assert_eq!(all(&store), sorted(events.into_iter().filter(|e| !e.drill).collect()));
    assert!(!Store::open(dir.path()).unwrap().has_drill_data());
}
