//! The laws of the store: pages are complete, commits are whole, counts agree with naive ones, purges leave no trace.

use super::*;
use crate::api::endpoint::{HistogramInput, TopInput};
use crate::api::{
    Action, ActionId, ActionKind, ActionState, Bill, Class, Detection, DetectionId, DetectionKind, EntityKind,
    EntityRef, Event, EventId, Http, Incident, IncidentId, IncidentState, List, Outcome, Severity, SourceState,
    TimelineEntry, TimelineKind, time::DAY_MS,
};
use crate::query::{Query, Resource};
use proptest::prelude::*;
use serde_json::json;
use std::collections::HashMap;

const T0: Timestamp = Timestamp(20_000 * DAY_MS + 3_600_000);

fn event(store: &Store, time: Timestamp, i: u64) -> Event {
    let ip = std::net::Ipv4Addr::from(0xc633_6400 + (i % 7) as u32);
    let http = (!i.is_multiple_of(5)).then(|| Http {
        method: "GET".into(),
        url: format!("/page/{}?q={i}", i % 3).into(),
        status: [200, 404, 500][(i % 3) as usize],
        bytes: i,
        referer: None,
        agent: Some(format!("agent/{}", i % 4).into()),
    });
    Event {
        id: store.next_event_id(time),
        time,
        observed: time.plus(5),
        source: format!("source-{}", i % 2),
        class: if http.is_some() { Class::HTTP } else { Class::AUTHENTICATION },
        activity: 1,
        severity: if i.is_multiple_of(11) { Severity::Other("odd".into()) } else { Severity::Info },
        outcome: Outcome::Success,
        src_ip: Some(ip.into()),
        country: i.is_multiple_of(2).then(|| "DE".into()),
        user: i.is_multiple_of(5).then(|| format!("user{}", i % 3).into()),
        session: i.is_multiple_of(4).then(|| "session".into()),
        host: Some("www".into()),
        http,
        message: "a message".into(),
        raw: if i.is_multiple_of(2) { "a message".into() } else { format!("raw {i} \u{0}\u{1b}").into() },
        parsed: !i.is_multiple_of(13),
        drill: i.is_multiple_of(17),
        action: i.is_multiple_of(3).then(|| "CreateUser".into()),
        object: i.is_multiple_of(6).then(|| format!("object{i}").into()),
        key: i.is_multiple_of(4).then(|| format!("key{}", i % 3).into()),
        tenant: i.is_multiple_of(3).then(|| format!("tenant{}", i % 2).into()),
        agent: (i.is_multiple_of(10)).then(|| "cli/1".into()),
        admin: i.is_multiple_of(12),
        dst_ip: i.is_multiple_of(5).then(|| "2001:db8::9".parse().unwrap()),
        dst_port: i.is_multiple_of(5).then_some(443),
        sent: i.is_multiple_of(10).then_some(i),
        received: i.is_multiple_of(10).then_some(2 * i),
    }
}

fn detection(id: u64, drill: bool) -> Detection {
    Detection {
        id: DetectionId(id),
        time: T0.plus(id as i64),
        rule: format!("rule.{}", id % 3),
        title: "Title".into(),
        class: "x".into(),
        kind: DetectionKind::Rule,
        severity: Severity::High,
        confidence: 0.9,
        entity: EntityRef::address("198.51.100.1".parse().unwrap()),
        src_ip: Some("198.51.100.1".parse().unwrap()),
        user: Some("root".into()),
        why: "because".into(),
        evidence: vec![],
        evidence_count: 1,
        techniques: vec!["T1190".into()],
        source: "s".into(),
        incident: Some(IncidentId(id % 4 + 1)),
        suppressed: None,
        refused: false,
        drill,
    }
}

fn incident(id: u64, state: IncidentState, drill: bool) -> IncidentFile {
    let entity = EntityRef::address("198.51.100.1".parse().unwrap());
    let incident = Incident {
        id: IncidentId(id),
        revision: 1,
        state,
        title: "t".into(),
        severity: Severity::High,
        score: 70,
        entity: entity.clone(),
        entities: vec![entity],
        rules: vec!["rule.1".into()],
        techniques: vec![],
        kinds: vec![],
        detections: 1,
        events: 1,
        opened: T0,
        updated: T0.plus((id % 3) as i64),
        first_event: T0,
        last_event: T0,
        contained: (id == 1).then(|| T0.plus(250)),
        owner: None,
        verdict: None,
        snoozed: None,
        country: None,
        proposals: vec![],
        drill,
    };
    let note = TimelineEntry { time: T0, kind: TimelineKind::Comment, actor: "a".into(), text: "note".into() };
    (incident, json!({"fact": id}), Bill::default(), vec![note])
}

fn action(id: u64, drill: bool) -> Action {
    Action {
        id: ActionId(id),
        kind: ActionKind::BlockAddress,
        target: "198.51.100.1".into(),
        reason: "r".into(),
        actor: "policy".into(),
        automatic: true,
        created: T0.plus(100),
        expires: T0.plus(3_600_000),
        state: ActionState::Verified,
        receipts: vec![],
        incident: Some(IncidentId(1)),
        drill,
    }
}

fn source(name: &str, events: u64, drill: bool) -> Source {
    Source {
        name: name.into(),
        format: "combined".into(),
        state: SourceState::Reading,
        why: String::new(),
        events,
        unparsed: 0,
        offset: 0,
        last_event: None,
        last_read: None,
        drill,
    }
}

/// A store with `n` events around T0, some at equal times, over three days, and all of them.
fn filled(dir: &Path, n: u64) -> (Store, Vec<Event>) {
    let store = Store::open(dir).unwrap();
    let mut all = Vec::new();
    for i in 0..n {
        let time = T0.plus(((i * 7919) % 40) as i64 * (DAY_MS / 16));
        all.push(event(&store, time, i));
    }
    for chunk in all.chunks(37) {
        store.commit(&Commit { events: chunk.to_vec().into(), ..Commit::default() }).unwrap();
    }
    (store, all)
}

fn pages(store: &Store, list: &List) -> Vec<Event> {
    let (mut list, mut all) = (list.clone(), Vec::new());
    loop {
        let page = store.events(&list).unwrap();
        assert!(page.items.len() <= list.rows());
        all.extend(page.items);
        match page.next {
            Some(next) => list.after = Some(next),
            None => return all,
        }
    }
}

fn expected(all: &[Event], list: &List) -> Vec<Event> {
    let query = Query::parse_for(Resource::Event, &list.query).unwrap();
    let mut wanted: Vec<Event> = all
        .iter()
        .filter(|e| query.matches(*e))
        .filter(|e| list.since.is_none_or(|s| e.time >= s) && list.until.is_none_or(|u| e.time < u))
        .cloned()
        .collect();
    wanted.sort_by_key(|e| (e.time, e.id));
    if !list.oldest_first {
        wanted.reverse();
    }
    wanted
}

const QUERIES: &[&str] = &[
    "",
    "status:404",
    "src_ip:198.51.100.3",
    "src_ip:198.51.100.0/30",
    "user=user0",
    "-user:*",
    "page",
    "agent:AGENT/2 OR drill:true",
    "session=session status:200,500",
    "severity:info",
    "severity!=info",
    "path=/page/1",
    "country:de -drill:true",
    "source:source-1 parsed:true",
    "class:auth",
    "raw:\"raw 3\"",
    "bytes>50 bytes<=90",
    "outcome:success host:WW",
    "referer:x",
    "method=GET",
    "message=\"a message\"",
    "id>0",
    "user:\"' OR 1=1 --\"",
];

#[test]
fn what_is_stored_comes_back_unchanged() {
    let dir = tempfile::tempdir().unwrap();
    let (store, all) = filled(dir.path(), 120);
    for event in &all {
        assert_eq!(store.event(event.id).unwrap().as_ref(), Some(event));
    }
    assert_eq!(store.event(EventId::new(5, 5)).unwrap(), None);
    assert_eq!(store.recent_events(T0).map(Result::unwrap).count(), 120);
}

#[test]
fn every_query_pages_through_exactly_what_matches() {
    let dir = tempfile::tempdir().unwrap();
    let (mut store, all) = filled(dir.path(), 400);
    for query in QUERIES {
        for oldest_first in [false, true] {
            for budget in [BUDGET, Duration::ZERO] {
                store.budget = budget;
                let list = List { query: (*query).into(), limit: Some(7), oldest_first, ..List::default() };
                assert_eq!(pages(&store, &list), expected(&all, &list), "{query} {oldest_first}");
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn pages_together_are_the_whole_list(
        times in prop::collection::vec(-3i64..40, 1..120), limit in 1u32..20, oldest_first: bool,
        since in prop::option::of(0i64..40), until in prop::option::of(0i64..40), batch in 1usize..50,
    ) {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path()).unwrap();
        let at = |t: i64| Timestamp(t * DAY_MS / 12 );
        let all: Vec<Event> = times.iter().enumerate().map(|(i, t)| event(&store, at(*t), i as u64)).collect();
        for chunk in all.chunks(batch) {
            store.commit(&Commit { events: chunk.to_vec().into(), ..Commit::default() }).unwrap();
        }
        let list = List { limit: Some(limit), oldest_first, since: since.map(at), until: until.map(at), ..List::default() };
        prop_assert_eq!(pages(&store, &list), expected(&all, &list));
    }
}

#[test]
fn counts_agree_with_naive_ones() {
    let dir = tempfile::tempdir().unwrap();
    let (store, all) = filled(dir.path(), 400);
    let (since, until) = (T0, T0.plus(2 * DAY_MS));
    for query in QUERIES {
        let list = List { query: (*query).into(), since: Some(since), until: Some(until), ..List::default() };
        let wanted = expected(&all, &list);
        let input = HistogramInput { query: (*query).into(), since, until, step_seconds: 3600, at: None };
        let histogram = store.histogram(&input).unwrap();
        let mut naive = vec![0u64; 48];
        for e in &wanted {
            naive[((e.time.0 - since.0) / 3_600_000) as usize] += 1;
        }
        assert_eq!(histogram.counts, naive, "{query}");
        for field in ["src_ip", "status", "user", "class", "source", "drill", "path", "country", "severity"] {
            use crate::query::{Fields, Value};
            let mut naive: HashMap<String, u64> = HashMap::new();
            for e in &wanted {
                let value = match e.field(field) {
                    Value::Missing => continue,
                    Value::Text(t) | Value::Named(_, t) => t.to_owned(),
                    Value::Severity(s) => s.as_str().to_owned(),
                    Value::Number(n) => n.to_string(),
                    Value::Address(ip) => ip.to_string(),
                    Value::Flag(f) => f.to_string(),
                    other => panic!("{other:?}"),
                };
                *naive.entry(value).or_default() += 1;
            }
            let input =
                TopInput { field: field.into(), query: (*query).into(), since, until, limit: Some(1000), at: None };
            assert_eq!(store.top(&input).unwrap(), count::ranked(naive, 1000), "{query} {field}");
        }
    }
}

#[test]
fn the_overview_agrees_with_naive_counts() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    let now = Timestamp((20_001 * DAY_MS) + 30 * 60_000 - 1);
    let all: Vec<Event> = (0..900).map(|i| event(&store, now.plus(-(i as i64) * 5_000), i)).collect();
    store.commit(&Commit { events: all.clone().into(), ..Commit::default() }).unwrap();
    let parts = store.overview_parts(now, false).unwrap();
    let minute = |e: &Event| (e.time.minute() - now.minute() + 59) as usize;
    let mut naive = vec![0u64; 60];
    all.iter().filter(|e| e.time.minute() > now.minute() - 60).for_each(|e| naive[minute(e)] += 1);
    assert_eq!(parts.events_per_minute, naive);
    let mut by_ip: HashMap<String, u64> = HashMap::new();
    for e in all.iter().filter(|e| e.time.0.div_euclid(600_000) > now.0.div_euclid(600_000) - 6) {
        *by_ip.entry(e.src_ip.unwrap().to_string()).or_default() += 1;
    }
    assert_eq!(parts.top_addresses, count::ranked(by_ip, 20));
    assert_eq!(parts.countries.iter().map(|c| c.value.raw()).collect::<Vec<_>>().len(), 2);
    assert!(parts.drill_data);
}

#[test]
fn a_cursor_belongs_to_its_question() {
    let dir = tempfile::tempdir().unwrap();
    let (store, _) = filled(dir.path(), 50);
    let mut list = List { query: "status:404".into(), limit: Some(3), ..List::default() };
    list.after = store.events(&list).unwrap().next;
    assert!(list.after.is_some());
    store.events(&list).unwrap();
    for other in [
        List { query: "status:200".into(), ..list.clone() },
        List { since: Some(T0), ..list.clone() },
        List { oldest_first: true, ..list.clone() },
        List { after: Some("x".into()), ..list.clone() },
    ] {
        assert!(matches!(store.events(&other), Err(Error::Usage(_))));
    }
    assert!(matches!(store.detections(&list), Err(Error::Usage(_))));
}

#[test]
fn a_search_cut_by_time_says_what_it_covered() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = Store::open(dir.path()).unwrap();
    let all: Vec<Event> = (0..1500).map(|i| event(&store, T0.plus(i as i64 * 1000), i)).collect();
    store.commit(&Commit { events: all.into(), ..Commit::default() }).unwrap();
    store.budget = Duration::ZERO;
    let page = store.events(&List { query: "url:nowhere".into(), ..List::default() }).unwrap();
    assert!(page.items.is_empty() && page.next.is_some());
    let covered = page.covered.unwrap();
    assert_eq!(covered.since, T0.plus((1500 - 512) * 1000 + 1));
}

#[test]
fn a_restart_keeps_everything_and_knows_how_far_it_came() {
    let dir = tempfile::tempdir().unwrap();
    let (store, all) = filled(dir.path(), 100);
    let more = event(&store, T0, 100);
    store
        .commit(&Commit {
            events: vec![more.clone()].into(),
            resume: vec![("a".into(), json!({"offset": 10}))],
            sources: vec![source("a", 101, false)],
            ..Commit::default()
        })
        .unwrap();
    store.commit(&Commit { resume: vec![("b".into(), json!(1))], ..Commit::default() }).unwrap();
    store
        .commit(&Commit {
            detections: vec![detection(1, false)],
            incidents: vec![incident(1, IncidentState::New, false)],
            ..Commit::default()
        })
        .unwrap();
    store.save_action(&action(1, false), Some(("me", "key", "hash"))).unwrap();
    store.set_meta("x", "y").unwrap();
    // No orderly end: the connections just go.
    std::mem::forget(store);
    let store = Store::open(dir.path()).unwrap();
    assert_eq!(pages(&store, &List::default()).len(), 101);
    assert_eq!(
        store.resume_points(),
        HashMap::from([("a".to_owned(), json!({"offset": 10})), ("b".to_owned(), json!(1))])
    );
    assert_eq!(store.sources()[0].events, 101);
    assert_eq!(store.next_ids().unwrap(), (DetectionId(2), IncidentId(2), ActionId(2)));
    assert_eq!(store.action_by_key("me", "key").unwrap().unwrap(), (action(1, false), "hash".to_owned()));
    assert_eq!(store.action_by_key("you", "key").unwrap(), None);
    assert_eq!(store.save_action(&action(2, false), Some(("me", "key", "h"))), Err(Error::KeyUsed));
    assert_eq!(store.action(ActionId(2)).unwrap(), None);
    assert_eq!(store.active_actions(|action| action.id).unwrap().len(), 1);
    assert_eq!(store.get_meta("x").unwrap().as_deref(), Some("y"));
    assert!(!all.iter().any(|e| e.id == store.next_event_id(e.time)));
    // The same events again are refused whole: nothing is stored twice.
    assert!(store.commit(&Commit { events: vec![event(&store, T0, 5), more].into(), ..Commit::default() }).is_err());
    assert_eq!(pages(&store, &List::default()).len(), 101);
}

#[test]
fn a_commit_interrupted_between_its_files_is_finished_once() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    let events: Vec<Event> = (0..9).map(|i| event(&store, T0.plus((i % 3) as i64 * DAY_MS), i)).collect();
    let batch = Commit {
        events: events.clone().into(),
        detections: vec![detection(1, false)],
        incidents: vec![incident(1, IncidentState::New, false)],
        resume: vec![("a".into(), json!(9))],
        ..Commit::default()
    };
    // The state cannot be written to: as if the process died right after the first file.
    lock(&store.state).pragma_update(None, "query_only", true).unwrap();
    store.commit(&batch).unwrap();
    assert!(store.detections(&List::default()).unwrap().items.is_empty());
    assert!(store.commit(&Commit { resume: vec![("a".into(), json!(10))], ..Commit::default() }).is_err());
    std::mem::forget(store);
    for _ in 0..2 {
        let store = Store::open(dir.path()).unwrap();
        assert_eq!(pages(&store, &List::default()).len(), 9);
        assert_eq!(store.detections(&List::default()).unwrap().items.len(), 1);
        assert_eq!(store.incident(IncidentId(1)).unwrap().unwrap().timeline.len(), 1);
        assert_eq!(store.resume_points()["a"], json!(9));
    }
}

#[test]
fn a_full_disk_changes_nothing_and_passes() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    let first = event(&store, T0, 0);
    store.commit(&Commit { events: vec![first].into(), ..Commit::default() }).unwrap();
    let limit = |pages: i64| {
        let mut writer = lock(&store.writer);
        let file = writer.day(&store, T0.day()).unwrap();
        file.conn.query_row(&format!("PRAGMA max_page_count = {pages}"), [], |_| Ok(())).unwrap();
    };
    limit(1);
    let batch = Commit {
        events: (0..3000).map(|i| event(&store, T0, i)).collect(),
        resume: vec![("a".into(), json!(1))],
        ..Commit::default()
    };
    assert_eq!(store.commit(&batch), Err(Error::Full));
    assert_eq!(pages(&store, &List { limit: Some(1000), ..List::default() }).len(), 1);
    assert!(store.resume_points().is_empty());
    limit(1_000_000);
    store.commit(&batch).unwrap();
    assert_eq!(pages(&store, &List { limit: Some(1000), ..List::default() }).len(), 3001);
    assert_eq!(store.overview_parts(T0, false).unwrap().events_per_minute[59], 3001);
}

#[test]
fn a_damaged_day_does_not_hurt_the_others() {
    let dir = tempfile::tempdir().unwrap();
    let (store, all) = filled(dir.path(), 200);
    drop(store);
    let path = schema::day_path(dir.path(), T0.day() + 1);
    for suffix in ["-wal", "-shm"] {
        let _ = std::fs::remove_file(schema::with(&path, suffix));
    }
    std::fs::write(&path, vec![b'x'; 8192]).unwrap();
    let store = Store::open(dir.path()).unwrap();
    let left = all.iter().filter(|e| e.time.day() != T0.day() + 1).count();
    assert_eq!(pages(&store, &List::default()).len(), left);
    assert_eq!(store.damaged().len(), 1);
    // The day goes on in a new file, with numbers the damaged one cannot have used.
    let next = event(&store, T0.plus(DAY_MS), 1);
    store.commit(&Commit { events: vec![next.clone()].into(), ..Commit::default() }).unwrap();
    assert_eq!(pages(&store, &List::default()).len(), left + 1);
    assert!(all.iter().all(|e| e.id != next.id));
    assert!(store.damaged()[0].0.contains(".damaged-1"));
}

#[test]
fn purging_the_drill_leaves_no_trace_and_nothing_else() {
    let dir = tempfile::tempdir().unwrap();
    let (store, all) = filled(dir.path(), 300);
    store
        .commit(&Commit {
            detections: (1..=8).map(|i| detection(i, i % 2 == 0)).collect(),
            incidents: (1..=8).map(|i| incident(i, IncidentState::New, i % 2 == 0)).collect(),
            sources: vec![source("drill", 5, true), source("a", 5, false)],
            resume: vec![("drill".into(), json!(1)), ("a".into(), json!(2))],
            ..Commit::default()
        })
        .unwrap();
    store.save_action(&action(1, false), None).unwrap();
    store.save_action(&action(2, true), Some(("me", "key", "h"))).unwrap();
    let removed = store.purge_drill().unwrap();
    let drilled = all.iter().filter(|e| e.drill).count() as u64;
    assert_eq!(removed.rows, drilled + 4 + 4 + 1);
    let real: Vec<Event> = all.into_iter().filter(|e| !e.drill).collect();
    for store in [store, Store::open(dir.path()).unwrap()] {
        assert!(!store.has_drill_data());
        assert_eq!(pages(&store, &List::default()), expected(&real, &List::default()));
        let input =
            HistogramInput { query: String::new(), since: T0, until: T0.plus(3 * DAY_MS), step_seconds: 60, at: None };
        assert_eq!(store.histogram(&input).unwrap().counts.iter().sum::<u64>(), real.len() as u64);
        assert_eq!(store.detections(&List::default()).unwrap().items.len(), 4);
        assert_eq!(store.incidents(&List::default()).unwrap().items.len(), 4);
        assert_eq!(store.actions(&List::default()).unwrap().items.len(), 1);
        assert_eq!(store.sources().len(), 1);
        assert_eq!(store.resume_points().len(), 1);
        assert_eq!(store.next_ids().unwrap(), (DetectionId(9), IncidentId(9), ActionId(3)));
        assert_eq!(store.action_by_key("me", "key").unwrap(), None);
        assert_eq!(store.entity(&EntityRef::address("198.51.100.1".parse().unwrap()), None).unwrap().detections, 4);
    }
}

#[test]
fn retention_deletes_days_but_not_how_far_sources_were_read() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    let old = event(&store, T0, 1);
    let mut late = event(&store, T0.plus(DAY_MS), 2);
    late.observed = T0.plus(20 * DAY_MS);
    let new = event(&store, T0.plus(20 * DAY_MS), 3);
    let wrong = event(&store, T0.plus(9_000 * DAY_MS), 4);
    for (i, mut e) in [old.clone(), late.clone(), new.clone(), wrong].into_iter().enumerate() {
        if i == 3 {
            e.observed = T0;
        }
        store
            .commit(&Commit { events: vec![e].into(), resume: vec![(format!("s{i}"), json!(i))], ..Commit::default() })
            .unwrap();
    }
    let removed = store.retain(7, T0.plus(21 * DAY_MS)).unwrap();
    assert_eq!(removed.rows, 2);
    assert!(!schema::day_path(dir.path(), T0.day()).exists());
    for store in [store, Store::open(dir.path()).unwrap()] {
        let ids: Vec<EventId> =
            pages(&store, &List { oldest_first: true, ..List::default() }).iter().map(|e| e.id).collect();
        assert_eq!(ids, [late.id, new.id]);
        assert_eq!(store.resume_points().len(), 4);
    }
}

#[test]
fn state_lists_page_and_filter() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    let states = [IncidentState::New, IncidentState::Claimed, IncidentState::Closed];
    store
        .commit(&Commit {
            detections: (1..=40).map(|i| detection(i, false)).collect(),
            incidents: (1..=20).map(|i| incident(i, states[(i % 3) as usize].clone(), false)).collect(),
            ..Commit::default()
        })
        .unwrap();
    store.save_action(&action(1, false), None).unwrap();
    let mut list = List { query: "state:new,claimed,escalated".into(), limit: Some(4), ..List::default() };
    let mut seen = Vec::new();
    loop {
        let page = store.incidents(&list).unwrap();
        seen.extend(page.items);
        match page.next {
            Some(next) => list.after = Some(next),
            None => break,
        }
    }
    let mut sorted = seen.clone();
    sorted.sort_by_key(|i| std::cmp::Reverse((i.updated, i.id)));
    assert_eq!(seen, sorted);
    assert_eq!(seen.len(), (1..=20).filter(|i| i % 3 != 2).count());
    for (query, count) in [
        ("incident:2", 10),
        ("rule=rule.1", 14),
        ("rule:RULE", 40),
        ("src_ip:198.51.100.1 rule=rule.1,rule.2", 27),
        ("severity>=high", 40),
        ("confidence>0.95", 0),
        ("technique:t1190 user=root", 40),
        ("incident:1,2 -rule:rule.1", 12),
        ("entity:198.51.100.0/24", 40),
        ("drill:true", 0),
    ] {
        let list = List { query: query.into(), limit: Some(1000), ..List::default() };
        assert_eq!(store.detections(&list).unwrap().items.len(), count, "{query}");
    }
    let detail = store.incident(IncidentId(2)).unwrap().unwrap();
    assert_eq!((detail.detections.len(), detail.timeline.len()), (10, 1));
    assert_eq!(store.open_incidents(|open| Some(open.0.id)).unwrap().len(), 13);
    assert_eq!(store.incident_file(IncidentId(3)).unwrap().unwrap().1, json!({"fact": 3}));
    let parts = store.overview_parts(T0.plus(1000), false).unwrap();
    assert_eq!(parts.open_by_severity, [0, 0, 0, 13, 0]);
    assert_eq!((parts.containment.count, parts.containment.median_ms, parts.containment.automatic), (1, 250, 1));
    assert_eq!(parts.detections_per_minute[59], 40);
}

#[test]
fn entities_and_touches_count_what_is_there() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    let mut all: Vec<Event> = (0..200).map(|i| event(&store, T0.plus(i as i64 * 1000), i)).collect();
    // An IPv6 address whose bytes sort between IPv4 ones.
    all[0].src_ip = Some("c633:6402::1".parse().unwrap());
    store
        .commit(&Commit {
            events: all.clone().into(),
            detections: vec![detection(1, false)],
            incidents: vec![incident(1, IncidentState::New, false)],
            ..Commit::default()
        })
        .unwrap();
    let of = |f: &dyn Fn(&Event) -> bool| all.iter().filter(|e| f(e)).count() as u64;
    let one: std::net::IpAddr = "198.51.100.1".parse().unwrap();
    let found = store.entity(&EntityRef::address(one), None).unwrap();
    assert_eq!(found.events, of(&|e| e.src_ip == Some(one)));
    assert_eq!((found.detections, found.incidents.len(), found.country.is_some()), (1, 1, true));
    let range = EntityRef { kind: crate::api::EntityKind::Range, value: "198.51.100.0/29".into() };
    let found = store.entity(&range, None).unwrap();
    assert_eq!((found.events, found.addresses.len(), found.incidents.len()), (199, 7, 1));
    let user = store.entity(&EntityRef::user("user0"), None).unwrap();
    assert_eq!(user.events, of(&|e| e.user.as_ref().is_some_and(|u| u.raw() == "user0")));
    let host = EntityRef { kind: crate::api::EntityKind::Host, value: "www".into() };
    assert_eq!(store.entity(&host, None).unwrap().events, 200);
    for (kind, name) in [(EntityKind::Key, "key1"), (EntityKind::Tenant, "tenant1")] {
        let about = store.entity(&EntityRef { kind: kind.clone(), value: name.into() }, None).unwrap();
        let named = |e: &Event| if kind == EntityKind::Key { e.key.clone() } else { e.tenant.clone() };
        assert_eq!(about.events, of(&|e| named(e).is_some_and(|n| n.raw() == name)), "{name}");
        assert!(about.events > 0 && !about.addresses.is_empty());
    }
    let now = T0.plus(200_000);
    let touches = store.touches(&ActionKind::BlockRange, "198.51.100.0/29", now).unwrap();
    assert_eq!((touches.requests, touches.addresses, touches.live_sessions), (199, 7, 1));
    assert_eq!(touches.users.len(), 3);
    let touches = store.touches(&ActionKind::RevokeSession, "session", now).unwrap();
    assert_eq!(touches.requests, 50);
    assert!(store.touches(&ActionKind::BlockAddress, "nonsense", now).is_err());
}

#[test]
fn no_value_and_no_name_reaches_sql() {
    let dir = tempfile::tempdir().unwrap();
    let (store, _) = filled(dir.path(), 60);
    for hostile in ["'; DROP TABLE event; --", "\" OR 1=1", "x') OR ('1'='1", "%", "_", "\\", "?1", ":a", "\0"] {
        let needle = Query::parse_for(Resource::Event, "user:x").unwrap();
        assert!(!needle.is_empty());
        let quoted = format!("\"{}\"", hostile.replace('\\', "\\\\").replace('"', "\\\""));
        for field in ["user", "session", "url", "source", "message"] {
            for op in [":", "="] {
                let list = List { query: format!("{field}{op}{quoted}"), ..List::default() };
                assert!(store.events(&list).unwrap().items.is_empty(), "{}", list.query);
            }
        }
        let input = TopInput {
            field: hostile.into(),
            query: String::new(),
            since: T0,
            until: T0.plus(DAY_MS),
            limit: None,
            at: None,
        };
        assert!(matches!(store.top(&input), Err(Error::Usage(_))), "{hostile}");
        assert!(store.touches(&ActionKind::RevokeSession, hostile, T0).unwrap().requests == 0);
        assert!(store.action_by_key(hostile, hostile).unwrap().is_none());
        let list = List { query: format!("rule={quoted}"), ..List::default() };
        assert!(store.detections(&list).unwrap().items.is_empty());
    }
    assert!(
        store
            .top(&TopInput {
                field: "user) FROM event; --".into(),
                query: String::new(),
                since: T0,
                until: T0,
                limit: None,
                at: None,
            })
            .is_err()
    );
    assert_eq!(pages(&store, &List::default()).len(), 60);
}

#[test]
fn a_damaged_block_is_a_damaged_day_and_nothing_worse() {
    for column in ["numbers", "words", "raws", "sieve"] {
        let dir = tempfile::tempdir().unwrap();
        let (store, all) = filled(dir.path(), 200);
        {
            let mut writer = lock(&store.writer);
            let file = writer.day(&store, T0.day()).unwrap();
            let sql =
                format!("UPDATE block SET {column} = CAST(substr({column}, 1, length({column}) - 1) || 'x' AS BLOB)");
            assert!(file.conn.execute(&sql, []).unwrap() > 0);
        }
        let left = all.iter().filter(|e| e.time.day() != T0.day()).count();
        let found = pages(&store, &List { query: "src_ip:198.51.100.1 raw:message".into(), ..List::default() });
        if column == "sieve" {
            // What cannot be trusted hides nothing.
            assert!(store.damaged().is_empty());
            let query = Query::parse("src_ip:198.51.100.1 raw:message").unwrap();
            assert_eq!(found.len(), all.iter().filter(|event| query.matches(*event)).count());
            continue;
        }
        assert!(found.iter().all(|e| e.time.day() != T0.day()));
        assert_eq!(pages(&store, &List::default()).len(), left, "{column}");
        assert!(store.damaged()[0].1.contains("checksum"), "{:?}", store.damaged());
        // The day goes on in a new file.
        let next = event(&Store::open(dir.path()).unwrap(), T0, 1);
        store.commit(&Commit { events: vec![next].into(), ..Commit::default() }).unwrap();
    }
}

#[test]
fn many_small_commits_leave_few_blocks_and_every_event() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    let mut all = Vec::new();
    for i in 0..700 {
        let one = event(&store, T0.plus(i as i64), i);
        store.commit(&Commit { events: vec![one.clone()].into(), ..Commit::default() }).unwrap();
        all.push(one);
    }
    let blocks: Vec<(u32, bool)> = store
        .read_day(T0.day(), |conn| {
            let mut read = conn.prepare("SELECT events, drill FROM block ORDER BY first")?;
            let rows = read.query_map([], |r| Ok((r.get(0)?, r.get(1)?)))?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
        .unwrap()
        .unwrap();
    assert!(blocks.len() <= 24, "{blocks:?}");
    let drilled: u32 = blocks.iter().filter(|(_, drill)| *drill).map(|(events, _)| events).sum();
    assert_eq!(drilled as usize, all.iter().filter(|e| e.drill).count());
    assert_eq!(pages(&store, &List::default()), expected(&all, &List::default()));
}

/// More blocks overlap than are held at once, with every event of each between those of others.
#[test]
fn blocks_that_all_overlap_are_read_in_order() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    let mut all = Vec::new();
    for i in 0..400 {
        all.push(event(&store, T0.plus((i * 7919) % 3_600_000), i.unsigned_abs()));
    }
    // Events that come late are not written together with newer ones.
    for late in all.rchunks(5) {
        store.commit(&Commit { events: late.to_vec().into(), ..Commit::default() }).unwrap();
    }
    for oldest_first in [false, true] {
        for limit in [7, 1000] {
            let list = List { limit: Some(limit), oldest_first, ..List::default() };
            assert_eq!(pages(&store, &list), expected(&all, &list));
        }
    }
}

#[test]
fn blocks_are_found_by_their_indexes_without_sorting() {
    let dir = tempfile::tempdir().unwrap();
    let (store, _) = filled(dir.path(), 60);
    for sql in [
        "SELECT first, oldest FROM block INDEXED BY block_oldest WHERE oldest < 9 AND newest >= 0 ORDER BY oldest",
        "SELECT first, newest FROM block INDEXED BY block_newest WHERE oldest < 9 AND newest >= 0 ORDER BY newest DESC",
        "SELECT first, events, size, last FROM block WHERE drill = 0 ORDER BY last DESC LIMIT 1",
        "SELECT first FROM block WHERE drill IN (0, 1) AND last >= 5 AND first <= 5 ORDER BY drill, last",
    ] {
        let plan = store
            .read_day(T0.day(), |conn| {
                let mut read = conn.prepare(&format!("EXPLAIN QUERY PLAN {sql}"))?;
                let rows = read.query_map([], |r| r.get::<_, String>(3))?;
                Ok(rows.collect::<Result<Vec<_>, _>>()?.join("; "))
            })
            .unwrap()
            .unwrap();
        assert!(plan.contains("SEARCH") && plan.contains("COVERING") && !plan.contains("TEMP B-TREE"), "{plan}");
    }
}

#[test]
fn a_day_file_that_a_crash_left_unmade_is_made_when_it_is_needed() {
    let dir = tempfile::tempdir().unwrap();
    drop(Store::open(dir.path()).unwrap());
    std::fs::write(schema::day_path(dir.path(), partition(T0)), b"").unwrap();
    let store = Store::open(dir.path()).unwrap();
    assert!(store.damaged().is_empty());
    assert_eq!(store.events(&List::default()).unwrap().items.len(), 0);
    let events = vec![event(&store, T0, 1)];
    store.commit(&Commit { events: events.into(), ..Commit::default() }).unwrap();
    assert_eq!(store.events(&List::default()).unwrap().items.len(), 1);
}

#[test]
fn a_state_file_that_is_lost_is_not_begun_anew_in_silence() {
    let dir = tempfile::tempdir().unwrap();
    drop(filled(dir.path(), 20));
    assert!(Store::open(dir.path()).unwrap().damaged().is_empty());
    for suffix in ["-wal", "-shm", ""] {
        let _ = std::fs::remove_file(schema::with(&dir.path().join(schema::STATE), suffix));
    }
    let damaged = Store::open(dir.path()).unwrap().damaged();
    assert!(damaged.len() == 1 && damaged[0].0 == schema::STATE, "{damaged:?}");
}

#[test]
fn the_later_revision_of_an_incident_stays_whichever_comes_last() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    let at = |revision: u64| {
        let mut file = incident(1, IncidentState::New, false);
        file.0.revision = revision;
        store.commit(&Commit { incidents: vec![file], ..Commit::default() }).unwrap();
        store.incident(IncidentId(1)).unwrap().unwrap()
    };
    let entries = at(2).timeline.len();
    let both = at(1);
    assert_eq!(both.incident.revision, 2);
    assert_eq!(both.timeline.len(), 2 * entries, "what happened is kept from both");
    assert_eq!(at(3).incident.revision, 3);
}

#[test]
fn judgements_follow_every_change_as_if_they_were_read_anew() {
    use crate::api::Verdict;
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    let sorted = |mut all: Vec<RuleJudged>| {
        all.sort_by_key(|judged| format!("{judged:?}"));
        all
    };
    let commit = |files: Vec<IncidentFile>| store.commit(&Commit { incidents: files, ..Commit::default() }).unwrap();
    let check = || {
        let now = sorted(store.rule_judgements().unwrap());
        assert_eq!(now, sorted(Store::open(dir.path()).unwrap().rule_judgements().unwrap()));
        now
    };
    let entry = |seconds: i64, text: &str| TimelineEntry {
        time: T0.plus(seconds * 1000),
        kind: TimelineKind::State,
        actor: "a".into(),
        text: text.into(),
    };
    let changed = |id, revision, verdict: Option<Verdict>, timeline: Vec<TimelineEntry>| {
        let state = if verdict.is_some() { IncidentState::Closed } else { IncidentState::New };
        let (incident, facts, bill, _) = incident(id, state, false);
        (Incident { revision, verdict, ..incident }, facts, bill, timeline)
    };
    assert_eq!(check(), []);
    commit((1..=5).map(|id| incident(id, IncidentState::New, id == 5)).collect());
    let all = check();
    assert_eq!((all.len(), all[0].incidents, all[0].timed), (1, 4, 0), "the drill does not count");
    commit(vec![changed(1, 2, None, vec![entry(10, "Claimed by a")])]);
    commit(vec![changed(1, 3, Some(Verdict::TruePositive), vec![entry(100, "Closed as true positive")])]);
    let all = check();
    let judged = all.iter().find(|j| j.verdict.is_some()).unwrap();
    assert_eq!((judged.incidents, judged.timed, judged.seconds), (1, 1, 90));
    // Taken back, and closed otherwise.
    commit(vec![changed(1, 4, None, vec![])]);
    assert!(check().iter().all(|j| j.verdict.is_none()));
    commit(vec![changed(1, 5, Some(Verdict::BenignPositive), vec![]), changed(6, 1, None, vec![])]);
    assert_eq!(check().iter().map(|j| j.incidents).sum::<u64>(), 5);
}
