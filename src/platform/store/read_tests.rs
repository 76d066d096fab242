//! What reads less than it could says the same as what reads everything, and what was written before is read on.

use super::*;
use crate::api::time::DAY_MS;
use crate::api::{Class, EntityKind, EntityRef, Event, Http, List, Outcome, Severity};
use crate::query::Query;
use rusqlite::params;

const T0: Timestamp = Timestamp(20_000 * DAY_MS + 3_600_000);

/// Events of two days, of a few addresses and users, whose times go back and forth.
fn event(store: &Store, i: u64) -> Event {
    let time = T0.plus(i64::try_from(i * 7_919 % 3_000).unwrap_or(0) * 40_000);
    Event {
        id: store.next_event_id(time),
        time,
        observed: time,
        source: "web".into(),
        class: Class::HTTP,
        activity: 3,
        severity: Severity::Info,
        outcome: Outcome::Success,
        src_ip: Some(std::net::Ipv4Addr::new(198, 51, 100, (i % 3) as u8).into()),
        user: i.is_multiple_of(2).then(|| format!("User{}", i % 4).into()),
        country: Some("DE".into()),
        http: Some(Http { method: "GET".into(), url: format!("/page/{}?Q={i}", i % 5).into(), ..Http::default() }),
        raw: format!("line {i} \u{e9}").into(),
        message: if i.is_multiple_of(7) { "something else".into() } else { format!("line {i} \u{e9}").into() },
        ..Event::default()
    }
}

/// In several commits, as blocks that overlap in time.
fn filled(dir: &Path, count: u64) -> (Store, Vec<Event>) {
    let store = Store::open(dir).unwrap();
    let all: Vec<Event> = (0..count).map(|i| event(&store, i)).collect();
    for events in all.chunks(97) {
        store.commit(&Commit { events: events.to_vec().into(), ..Commit::default() }).unwrap();
    }
    (store, all)
}

fn pages(store: &Store, query: &str, limit: u32) -> Vec<Event> {
    let mut list = List { query: query.into(), limit: Some(limit), ..List::default() };
    let mut all = Vec::new();
    loop {
        let page = store.events(&list).unwrap();
        assert!(page.covered.is_none());
        all.extend(page.items);
        match page.next {
            Some(next) => list.after = Some(next),
            None => return all,
        }
    }
}

#[test]
fn an_entity_is_counted_to_the_end_whatever_its_sample() {
    let dir = tempfile::tempdir().unwrap();
    let (store, mut all) = filled(dir.path(), 700);
    all.sort_by_key(|event| std::cmp::Reverse((event.time, event.id)));
    let end = all[90].time;
    for (kind, value) in
        [(EntityKind::Address, "198.51.100.1"), (EntityKind::Range, "198.51.100.0/31"), (EntityKind::User, "User2")]
    {
        let entity = EntityRef { kind: kind.clone(), value: value.into() };
        let net = crate::query::net(value);
        for (at, sample) in [(None, 0), (None, 1), (Some(end), 13), (None, 150), (Some(end), 5_000), (None, 5_000)] {
            let is_it = |event: &&Event| {
                let named = net.map(|net| event.src_ip.is_some_and(|ip| net.contains(&ip)));
                named.unwrap_or_else(|| event.user.as_ref().is_some_and(|user| user.raw() == value))
                    && at.is_none_or(|at| event.time <= at)
            };
            let own: Vec<&Event> = all.iter().filter(is_it).collect();
            let found = store.sampled(&entity, at, sample).unwrap();
            assert_eq!(found.events, own.len() as u64, "{value} {sample}");
            assert_eq!(found.first_seen, own.last().map(|event| event.time));
            assert_eq!(found.last_seen, own.first().map(|event| event.time));
            let newest = own.iter().take(usize::try_from(sample).unwrap());
            let users = newest.clone().filter(|event| event.user.is_some()).count() as u64;
            assert_eq!(found.users.iter().map(|count| count.count).sum::<u64>(), users);
            assert_eq!(found.paths.iter().map(|count| count.count).sum::<u64>(), newest.count() as u64);
        }
    }
}

#[test]
fn what_is_searched_block_by_block_is_found_as_event_by_event() {
    let dir = tempfile::tempdir().unwrap();
    let (store, all) = filled(dir.path(), 700);
    let mut found_some = 0;
    for query in [
        "\"line 69\"",
        "LINE",
        "something",
        "nothing-like-it",
        "\"q=42\"",
        "/PAGE/3",
        "user0",
        "user:ser2",
        "user=User2",
        "user=user2",
        "path:/page/1",
        "path:q",
        "url:/pa*9*",
        "pa*nothing",
        "country:de,fr",
        "country=FR",
        "source:we",
        "-something",
        "something OR user:user0",
        "message:else",
        "raw:else",
        "line something",
        "user:\"\"",
        "user=\"\"",
        "user:*",
        "method:get 77",
        "severity:info",
        "agent=\"\"",
        "\u{e9}",
    ] {
        let wanted = Query::parse_for(crate::query::Resource::Event, query).unwrap();
        let mut naive: Vec<&Event> = all.iter().filter(|event| wanted.matches(*event)).collect();
        naive.sort_by_key(|event| std::cmp::Reverse((event.time, event.id)));
        found_some += usize::from(!naive.is_empty());
        assert_eq!(pages(&store, query, 50).iter().collect::<Vec<_>>(), naive, "{query}");
    }
    assert!(found_some > 12);
}

/// A block as schema 2 has it: what day files held before sieves had a checksum.
const SCHEMA_2: &str = include_str!("block/schema2.hex");

#[test]
fn a_day_of_schema_2_is_read_and_written_on() {
    let dir = tempfile::tempdir().unwrap();
    let day = Timestamp(1_700_000_000_000).day();
    drop(Store::open(dir.path()).unwrap());
    let parts: Vec<Vec<u8>> = SCHEMA_2.lines().map(bytes).collect();
    let conn = schema::open_day(&schema::day_path(dir.path(), day)).unwrap();
    let sql = "INSERT INTO block VALUES(1, 6, 1700000000000, 1700000005000, 6, 456, 0, ?, ?, ?, ?)";
    conn.execute(sql, params![parts[0], parts[1], parts[2], parts[3]]).unwrap();
    conn.execute_batch("PRAGMA user_version = 2").unwrap();
    drop(conn);
    let store = Store::open(dir.path()).unwrap();
    let raws = |store: &Store, query| {
        let found = pages(store, query, 2);
        found.iter().map(|event| event.raw.raw().to_owned()).collect::<Vec<_>>()
    };
    for round in 0..2 {
        assert_eq!(pages(&store, "", 4).len(), 6 + round);
        assert_eq!(raws(&store, "src_ip:198.51.100.1"), ["198.51.100.1 GET /item/4", "198.51.100.1 GET /item/1"]);
        assert_eq!(raws(&store, "user=root item/2"), ["198.51.100.2 GET /item/2"]);
        assert!(raws(&store, "src_ip:203.0.113.9").is_empty() && raws(&store, "user=nobody").is_empty());
        if round == 0 {
            let time = Timestamp(1_700_000_009_000);
            let later = Event { time, id: store.next_event_id(time), ..event(&store, 0) };
            assert_eq!(later.id, crate::api::EventId::new(day, 7));
            store.commit(&Commit { events: vec![later].into(), ..Commit::default() }).unwrap();
        }
    }
    let version = |conn: &Connection| Ok(conn.query_row("PRAGMA user_version", [], |row| row.get::<_, i64>(0))?);
    assert_eq!(store.read_day(day, version).unwrap(), Some(3));
    assert!(store.damaged().is_empty());
}

fn bytes(hex: &str) -> Vec<u8> {
    (0..hex.len() / 2).map(|at| u8::from_str_radix(&hex[2 * at..2 * at + 2], 16).unwrap()).collect()
}
