//! What the roll finds is what reading every incident finds, whatever is asked and whatever changed before.

use super::*;
use crate::api::endpoint::GroupInput;
use crate::api::{Bill, EntityKind, EntityRef, IncidentId, IncidentState, Page, Severity, Snooze};
use crate::platform::store::Commit;
use crate::query::Resource;
use proptest::prelude::*;

const T0: i64 = 1_795_000_000_000;

/// An incident made from few values, so that filters find some.
fn incident(id: u64, revision: u64, seed: u32) -> Incident {
    let pick = |n: u32, of: u32| seed.rotate_left(n) % of;
    let entity = |n: u32| {
        let (kind, value) = match pick(n, 6) {
            0 => ("address", format!("203.0.113.{}", pick(n + 1, 3))),
            1 => ("user", ["root", "Änne", "a\u{1b}[2J"][pick(n + 1, 3) as usize].to_owned()),
            2 => ("range", "203.0.113.0/24".to_owned()),
            3 => ("user", ["", "203.0.113.1"][pick(n + 1, 2) as usize].to_owned()),
            4 => ("address", ["::ffff:203.0.113.2", "no address"][pick(n + 1, 2) as usize].to_owned()),
            _ => ("address", "2001:db8::7".to_owned()),
        };
        EntityRef { kind: EntityKind::from(kind), value: value.into() }
    };
    Incident {
        id: IncidentId(id),
        revision,
        state: [IncidentState::New, IncidentState::Closed, IncidentState::Claimed][pick(3, 3) as usize].clone(),
        title: ["Port scan", "SQL injection", ""][pick(5, 3) as usize].to_owned(),
        severity: [Severity::Low, Severity::Critical, Severity::Other("odd".into())][pick(7, 3) as usize].clone(),
        score: pick(9, 3) * 40,
        entity: entity(11),
        entities: (0..pick(13, 3)).map(|i| entity(15 + i)).collect(),
        rules: ["web.xss", "sweep.ports"][..pick(17, 3) as usize].iter().map(|r| (*r).to_owned()).collect(),
        techniques: vec![],
        kinds: vec![],
        detections: u64::from(pick(19, 3)),
        events: u64::from(pick(21, 2)),
        opened: Timestamp(T0 + i64::from(pick(23, 4))),
        updated: Timestamp(T0 + i64::from(pick(25, 6))),
        first_event: Timestamp(T0),
        last_event: Timestamp(T0),
        contained: (pick(27, 2) == 0).then_some(Timestamp(T0 + 5)),
        owner: (pick(2, 2) == 0).then(|| "anna".into()),
        verdict: None,
        snoozed: (pick(4, 3) == 0).then(|| Snooze { until: Timestamp(T0), on_change: true, by: "anna".into() }),
        country: (pick(6, 2) == 0).then(|| "DE".into()),
        proposals: vec![],
        drill: pick(8, 5) == 0,
    }
}

fn store(incidents: &[Incident]) -> (tempfile::TempDir, Store) {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    commit(&store, incidents);
    (dir, store)
}

fn commit(store: &Store, incidents: &[Incident]) {
    let file = |i: &Incident| (i.clone(), serde_json::Value::Null, Bill::default(), Vec::new());
    store.commit(&Commit { incidents: incidents.iter().map(file).collect(), ..Commit::default() }).unwrap();
}

/// All rows, page after page, and the count that came with the first.
fn all(list: &List, ask: impl Fn(&List) -> Page<Incident>) -> (Vec<Incident>, Option<u64>) {
    let (mut rows, mut list, mut total) = (Vec::new(), list.clone(), None);
    loop {
        let page = ask(&list);
        if list.after.is_none() {
            total = page.total;
        }
        rows.extend(page.items);
        list.after = page.next;
        if list.after.is_none() {
            return (rows, total);
        }
    }
}

fn term() -> impl Strategy<Value = String> {
    prop::sample::select(vec![
        "state:new",
        "severity=critical",
        "severity>low",
        "score>50",
        "score:40",
        "title:inj",
        "title=\"\"",
        "rule:web.*",
        "rule:*",
        "owner:anna",
        "owner:*",
        "snoozed:true",
        "country=DE",
        "country=\"\"",
        "drill:false",
        "scan",
        "203.0",
        "nothing-has-this",
        "\"\"",
        "*",
        "entity:203.0.113.0/24",
        "entity=root",
        "entity:*",
        "address:203.0.113.1",
        "address=\"\"",
        "user:ro",
        "user:*",
        "user=\"\"",
        "user!=root",
        "user!=\"\"",
        "user:r*t",
        "user:203.0.113.1",
        "address!=203.0.113.1",
        "address:203.0.113.0/25,2001:db8::/32",
        "address:*",
        "address!=*",
        "entity!=root,ÄNNE",
        "entity=203.0.113.0/24",
        "entity:::/0",
        "entity:\"\"",
        "entity:o*t",
        "r*t",
        "detections>0",
        "events=1",
        "id<4",
        "opened<-1h",
        "contained:*",
        "updated>2026-11-17",
        "technique:*",
        "verdict:*",
    ])
    .prop_map(str::to_owned)
}

fn filter() -> impl Strategy<Value = String> {
    term().prop_recursive(3, 8, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 1..3).prop_map(|parts| format!("({})", parts.join(" "))),
            prop::collection::vec(inner.clone(), 1..3).prop_map(|parts| format!("({})", parts.join(" OR "))),
            inner.prop_map(|one| format!("-({one})")),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn the_roll_finds_what_reading_everything_finds(
        before in prop::collection::vec(any::<u32>(), 0..24),
        changes in prop::collection::vec((0u64..24, any::<u32>()), 0..12),
        filter in filter(),
        limit in 1u32..9,
        oldest_first: bool,
        range in prop::option::of((0i64..6, 0i64..8)),
    ) {
        let first: Vec<Incident> = (1..).zip(before).map(|(id, seed)| incident(id, 1, seed)).collect();
        let (_dir, store) = store(&first);
        store.warm(|| false).unwrap();
        for (revision, (id, seed)) in (2..).zip(changes) {
            commit(&store, &[incident(id + 1, revision, seed)]);
        }
        let list = List {
            query: filter,
            limit: Some(limit),
            oldest_first,
            since: range.map(|(from, _)| Timestamp(T0 + from)),
            until: range.map(|(from, more)| Timestamp(T0 + from + more)),
            ..List::default()
        };
        let (found, total) = all(&list, |list| store.incidents(list).unwrap());
        let (read, uncounted) = all(&list, |list| store.page(super::super::incident::INCIDENT, list).unwrap());
        prop_assert_eq!((total, uncounted), (Some(read.len() as u64), None));
        prop_assert_eq!(found, read);
    }
}

#[test]
fn of_two_revisions_the_later_stays_and_old_rows_go() {
    let mut table = Table::default();
    for revision in 0..20_000 {
        table.put(&incident(revision % 7, revision, u32::try_from(revision).unwrap().wrapping_mul(2_654_435_761)));
    }
    assert_eq!(table.len(), 7);
    assert!(table.between(Timestamp(i64::MIN), Timestamp(i64::MAX)).len() <= 6 * 7);
    let newest = |table: &Table, id: u64| {
        let rows = table.between(Timestamp(i64::MIN), Timestamp(i64::MAX));
        let found: Vec<u64> =
            rows.filter_map(|at| table.row(at)).filter(|r| r.id == id).map(|r| r.held.revision).collect();
        found
    };
    assert_eq!(newest(&table, 19_999 % 7), [19_999]);
    for id in 0..7u64 {
        let last = (0..20_000).rev().find(|revision| revision % 7 == id).unwrap();
        let wanted = incident(id, last, u32::try_from(last).unwrap().wrapping_mul(2_654_435_761));
        let listed = !wanted.entities.is_empty();
        let all = if listed { wanted.entities } else { vec![wanted.entity] };
        let mut rows = table.between(Timestamp(i64::MIN), Timestamp(i64::MAX));
        let at = rows.find(|at| table.row(*at).is_some_and(|row| row.id == id)).unwrap();
        let (numbers, lists) = table.who(at);
        let held: Vec<_> = numbers.iter().map(|number| table.names().get(*number)).collect();
        let wanted: Vec<_> = all.iter().map(|e| (e.kind.as_str(), e.value.raw())).collect();
        assert_eq!((held, lists), (wanted, listed));
    }
    table.put(&incident(19_999 % 7, 3, 1));
    assert_eq!(newest(&table, 19_999 % 7), [19_999]);
}

#[test]
fn what_the_drill_made_is_forgotten_with_it() {
    let all: Vec<Incident> =
        (1..40).map(|id| incident(id, 1, u32::try_from(id).unwrap().wrapping_mul(2_654_435_761))).collect();
    let drilled = all.iter().filter(|i| i.drill).count();
    assert!(drilled > 0);
    let (_dir, store) = store(&all);
    store.warm(|| false).unwrap();
    store.purge_drill().unwrap();
    let page = store.incidents(&List { limit: Some(100), ..List::default() }).unwrap();
    assert_eq!(page.total, Some((all.len() - drilled) as u64));
    assert_eq!(page.items.len(), all.len() - drilled);
}

#[test]
fn groups_are_counted_alike() {
    let all: Vec<Incident> =
        (1..60).map(|id| incident(id, 1, u32::try_from(id).unwrap().wrapping_mul(2_246_822_519))).collect();
    let (_dir, store) = store(&all);
    for field in crate::query::group::groupable(Resource::Incident) {
        let ask = |query: &str| {
            let input = GroupInput {
                rows: "incidents".into(),
                field: (*field).to_owned(),
                query: query.into(),
                at: None,
                after: None,
            };
            store.groups(&input).unwrap()
        };
        for query in ["", "state:new", "entity:203.0.113.0/24 -owner:anna"] {
            *store.roll.write() = State::default();
            let read = ask(query);
            store.warm(|| false).unwrap();
            assert_eq!(ask(query), read, "{field} of {query}");
        }
    }
}
