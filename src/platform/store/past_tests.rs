//! How things stood then; suppressions and groups.

use super::*;
use crate::api::endpoint::GroupInput;
use crate::api::{
    Action, ActionId, ActionKind, ActionState, Bill, Detection, DetectionId, DetectionKind, EntityKind, EntityRef,
    Incident, IncidentId, IncidentState, List, Receipt, Severity, Suppression, SuppressionId, SuppressionState,
    TimelineEntry, TimelineKind, Verdict,
};
use crate::query::Query;
use crate::query::group::{groupable, only};
use serde_json::json;

const T0: Timestamp = Timestamp(1_795_291_200_000);
const MINUTE: i64 = 60_000;

fn store() -> (tempfile::TempDir, Store) {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    (dir, store)
}

fn after(minutes: i64) -> Timestamp {
    T0.plus(minutes * MINUTE)
}

fn stood(id: u64, revision: u64, at: Timestamp, state: IncidentState, score: u32) -> IncidentFile {
    let entity = EntityRef::address([198, 51, 100, id as u8].into());
    let incident = Incident {
        id: IncidentId(id),
        revision,
        state,
        title: "t".into(),
        severity: if score >= 60 { Severity::High } else { Severity::Low },
        score,
        entity: entity.clone(),
        entities: vec![entity, EntityRef::user("ana")],
        rules: vec!["web.crawl".into()],
        techniques: vec![],
        kinds: vec![],
        detections: revision,
        events: 1,
        opened: T0,
        updated: at,
        first_event: T0,
        last_event: at,
        contained: None,
        owner: None,
        verdict: None,
        snoozed: None,
        country: None,
        proposals: vec![],
        drill: false,
    };
    let said = TimelineEntry {
        time: at,
        kind: TimelineKind::State,
        actor: "ana".into(),
        text: format!("revision {revision}").into(),
    };
    (incident, json!({}), Bill { total: score, ..Bill::default() }, vec![said])
}

fn detection(id: u64, at: Timestamp, incident: Option<u64>, suppressed: Option<u64>) -> Detection {
    Detection {
        id: DetectionId(id),
        time: at,
        rule: "web.crawl".into(),
        title: "Crawl".into(),
        class: "crawl".into(),
        kind: DetectionKind::Rule,
        severity: if id.is_multiple_of(2) { Severity::High } else { Severity::Low },
        confidence: 0.9,
        entity: EntityRef::address([198, 51, 100, 1].into()),
        src_ip: Some([198, 51, 100, 1].into()),
        user: None,
        why: "because".into(),
        evidence: vec![],
        evidence_count: 1,
        techniques: vec![],
        source: "s".into(),
        incident: incident.map(IncidentId),
        suppressed: suppressed.map(SuppressionId),
        refused: false,
        drill: id == 9,
    }
}

fn keep(store: &Store, incidents: Vec<IncidentFile>, detections: Vec<Detection>) {
    store.commit(&Commit { incidents, detections, ..Commit::default() }).unwrap();
}

fn listed(store: &Store, query: &str, at: Option<Timestamp>, limit: u32) -> Vec<(u64, String, u32)> {
    let mut list = List { query: query.into(), at, limit: Some(limit), ..List::default() };
    let mut all = Vec::new();
    loop {
        let page = store.incidents(&list).unwrap();
        all.extend(page.items.into_iter().map(|i| (i.id.0, i.state.as_str().to_owned(), i.score)));
        list.after = page.next;
        if list.after.is_none() {
            return all;
        }
    }
}

/// Three incidents: 1 is claimed and closed, 2 rises, 3 comes late.
fn story(store: &Store) {
    keep(
        store,
        vec![stood(1, 1, after(0), IncidentState::New, 20), stood(2, 1, after(1), IncidentState::New, 20)],
        vec![],
    );
    keep(store, vec![stood(1, 2, after(10), IncidentState::Claimed, 20)], vec![detection(1, after(10), Some(1), None)]);
    keep(store, vec![stood(2, 2, after(20), IncidentState::New, 70)], vec![detection(2, after(20), Some(2), None)]);
    keep(store, vec![stood(1, 3, after(30), IncidentState::Closed, 20)], vec![]);
    keep(store, vec![stood(3, 1, after(40), IncidentState::New, 20)], vec![detection(9, after(40), Some(3), None)]);
}

#[test]
fn incidents_are_listed_as_they_stood_whatever_the_page_size() {
    let (_dir, store) = store();
    story(&store);
    let row = |id: u64, state: &str, score: u32| (id, state.to_owned(), score);
    for limit in [1, 2, 100] {
        let at = |minutes: i64, query: &str| listed(&store, query, Some(after(minutes)), limit);
        assert_eq!(at(-1, ""), []);
        assert_eq!(at(5, ""), [row(2, "new", 20), row(1, "new", 20)]);
        assert_eq!(at(15, ""), [row(1, "claimed", 20), row(2, "new", 20)]);
        assert_eq!(at(15, "state:new"), [row(2, "new", 20)]);
        assert_eq!(at(25, "severity:high"), [row(2, "new", 70)]);
        assert_eq!(at(35, "state:closed"), [row(1, "closed", 20)]);
        assert_eq!(at(99, ""), listed(&store, "", None, limit), "later than everything is now");
    }
    let mut oldest = List { at: Some(after(15)), oldest_first: true, ..List::default() };
    oldest.limit = Some(1);
    assert_eq!(store.incidents(&oldest).unwrap().items[0].id.0, 2);
}

#[test]
fn one_incident_is_shown_with_what_was_known_then() {
    let (_dir, store) = store();
    story(&store);
    assert!(store.incident_then(IncidentId(1), after(-1)).unwrap().is_none());
    let then = store.incident_then(IncidentId(1), after(15)).unwrap().unwrap();
    assert_eq!((then.incident.state, then.bill.total, then.detections.len()), (IncidentState::Claimed, 20, 1));
    assert_eq!(then.timeline.len(), 2);
    let early = store.incident_then(IncidentId(1), after(5)).unwrap().unwrap();
    assert_eq!((early.detections.len(), early.timeline.len()), (0, 1));
    let about = EntityRef::address([198, 51, 100, 1].into());
    let known = store.entity(&about, Some(after(5))).unwrap();
    assert_eq!((known.incidents.len(), known.incidents[0].state.clone(), known.detections), (1, IncidentState::New, 0));
    assert!(store.entity(&about, Some(after(-5))).unwrap().incidents.is_empty());
}

#[test]
fn figures_are_those_of_then() {
    let (_dir, store) = store();
    story(&store);
    let then = store.overview_parts(after(15), true).unwrap();
    assert_eq!((then.open_by_severity[1], then.open_by_severity[3]), (2, 0));
    assert_eq!((then.waiting[1].incidents, then.waiting[1].oldest), (1, Some(T0)));
    assert_eq!(then.detections_per_minute.iter().sum::<u64>(), 1);
    assert_eq!(then.severity_per_minute[1].iter().sum::<u64>(), 1);
    let now = store.overview_parts(after(45), false).unwrap();
    let late = store.overview_parts(after(45), true).unwrap();
    assert_eq!((now.open_by_severity, &now.waiting), (late.open_by_severity, &late.waiting));
    assert_eq!(now.severity_per_minute[3].iter().sum::<u64>(), 1);
    store.purge_drill().unwrap();
    assert_eq!(store.overview_parts(after(45), false).unwrap().detections_per_minute.iter().sum::<u64>(), 2);
}

#[test]
fn a_busy_minute_keeps_one_state_and_every_change_of_hands() {
    let (_dir, store) = store();
    for n in 1..=50 {
        keep(&store, vec![stood(1, n, T0.plus(n as i64 * 100), IncidentState::New, 20)], vec![]);
    }
    keep(&store, vec![stood(1, 51, T0.plus(6_000), IncidentState::Claimed, 20)], vec![]);
    keep(&store, vec![stood(1, 52, T0.plus(7_000), IncidentState::Closed, 20)], vec![]);
    let rows: u64 =
        store.read_state(|c| Ok(c.query_row("SELECT count(*) FROM incident_past", [], |r| r.get(0))?)).unwrap();
    assert_eq!(rows, 3);
    assert_eq!(listed(&store, "", Some(T0.plus(6_500)), 9)[0].1, "claimed");
}

#[test]
fn what_retention_lets_go_of_is_said_to_be_unknown() {
    let (_dir, store) = store();
    story(&store);
    assert_eq!(store.past_since().unwrap(), None);
    store.retain(1, after(30).plus(crate::api::time::DAY_MS)).unwrap();
    assert_eq!(store.past_since().unwrap(), Some(after(30)));
    assert_eq!(listed(&store, "", Some(after(30)), 9).len(), 2, "how they stood at that instant is still there");
}

#[test]
fn a_store_of_before_begins_to_remember_and_says_since_when() {
    let (dir, store) = store();
    story(&store);
    drop(store);
    let path = dir.path().join(schema::STATE);
    let conn = rusqlite::Connection::open(&path).unwrap();
    conn.execute_batch("DROP TABLE incident_past; DROP TABLE pulse; DROP TABLE suppression; DROP TABLE hushed;")
        .unwrap();
    drop(conn);
    let store = Store::open(dir.path()).unwrap();
    assert_eq!(store.past_since().unwrap(), Some(after(40)));
    assert_eq!(listed(&store, "", Some(after(40)), 9), listed(&store, "", None, 9));
    assert_eq!(store.overview_parts(after(45), false).unwrap().detections_per_minute.iter().sum::<u64>(), 3);
}

fn action(id: u64, steps: &[(i64, ActionState)]) -> Action {
    let step = |(at, state): &(i64, ActionState)| Receipt {
        state: state.clone(),
        at: after(*at),
        enforcer: None,
        detail: String::new(),
    };
    Action {
        id: ActionId(id),
        kind: ActionKind::BlockAddress,
        target: format!("198.51.100.{id}").into(),
        reason: "r".into(),
        actor: "ana".into(),
        automatic: id == 2,
        created: after(steps[0].0),
        expires: after(60),
        state: steps.last().unwrap().1.clone(),
        receipts: steps.iter().map(step).collect(),
        incident: None,
        drill: false,
    }
}

#[test]
fn blocks_and_actions_are_those_in_force_then() {
    use ActionState::{Approved, Expired, Undone, Verified};
    let (_dir, store) = store();
    for action in [
        action(1, &[(0, Approved), (1, Verified), (20, Undone)]),
        action(2, &[(10, Approved), (11, Verified), (60, Expired)]),
        action(3, &[(30, Approved), (31, Verified)]),
    ] {
        store.save_action(&action, None).unwrap();
    }
    let held = |minutes: i64| -> Vec<u64> {
        let blocks = store.blocks_then(after(minutes)).unwrap();
        assert!(blocks.iter().all(|b| b.refused.is_none() && b.enforcers.is_empty()));
        blocks.into_iter().map(|b| b.action.0).collect()
    };
    assert_eq!(
        [held(-1), held(5), held(15), held(25), held(35), held(60)],
        [vec![], vec![1], vec![1, 2], vec![2], vec![2, 3], vec![]]
    );
    let states = |minutes: i64, query: &str| -> Vec<(u64, String)> {
        let list = List { query: query.into(), at: Some(after(minutes)), ..List::default() };
        store.actions(&list).unwrap().items.into_iter().map(|a| (a.id.0, a.state.as_str().to_owned())).collect()
    };
    assert_eq!(states(15, ""), [(2, "verified".to_owned()), (1, "verified".to_owned())]);
    assert_eq!(states(15, "state:undone"), []);
    assert_eq!(states(25, "state:undone"), [(1, "undone".to_owned())]);
    let acts = store.overview_parts(after(45), false).unwrap().acts;
    assert_eq!((acts.automatic, acts.manual), (1, 2));
}

fn quiet(minutes: i64) -> Suppression {
    Suppression {
        id: SuppressionId(0),
        rule: "web.crawl".into(),
        entity: Some(EntityRef { kind: EntityKind::Range, value: "198.51.100.0/24".into() }),
        state: SuppressionState::InForce,
        owner: "ana".into(),
        actor: "ana".into(),
        reason: "known".into(),
        created: after(minutes),
        until: after(600),
        ended: None,
        hidden: 0,
        last: None,
    }
}

#[test]
fn suppressions_count_what_they_kept_quiet_and_are_listed_as_they_stood() {
    let (dir, store) = store();
    assert_eq!(store.add_suppression(&quiet(0)).unwrap().id.0, 1);
    assert_eq!(store.add_suppression(&quiet(5)).unwrap().id.0, 2);
    keep(&store, vec![], vec![detection(1, after(1), None, Some(1)), detection(2, after(9), None, Some(1))]);
    let one = store.suppression(SuppressionId(1)).unwrap().unwrap();
    assert_eq!((one.hidden, one.last), (2, Some(after(9))));
    let ended = store.end_suppression(SuppressionId(1), SuppressionState::Undone, after(20)).unwrap().unwrap();
    assert_eq!(
        (ended.state.clone(), ended.ended, ended.until, ended.hidden),
        (SuppressionState::Undone, Some(after(20)), after(600), 2)
    );
    assert!(store.end_suppression(SuppressionId(9), SuppressionState::Undone, after(20)).unwrap().is_none());
    let listed = |query: &str, at: Option<i64>| -> Vec<(u64, u64)> {
        let list = List { query: query.into(), at: at.map(after), ..List::default() };
        store.suppressions(&list).unwrap().items.into_iter().map(|s| (s.id.0, s.hidden)).collect()
    };
    assert_eq!(listed("state:in_force", None), [(2, 0)]);
    assert_eq!(listed("state:in_force", Some(4)), [(1, 1)]);
    assert_eq!(listed("state:in_force", Some(15)), [(2, 0), (1, 2)]);
    let detections = List { query: "suppressed=1".into(), ..List::default() };
    assert_eq!(store.detections(&detections).unwrap().items.len(), 2, "the count opens the rows it counts");
    drop(store);
    let store = Store::open(dir.path()).unwrap();
    let standing: Vec<u64> = store.standing_suppressions().unwrap().into_iter().map(|s| s.id.0).collect();
    assert_eq!(standing, [2]);
}

#[test]
fn a_preview_counts_what_would_have_been_missed() {
    let (_dir, store) = store();
    let mut closed = stood(1, 1, after(1), IncidentState::Closed, 70);
    closed.0.verdict = Some(Verdict::TruePositive);
    let detections = vec![
        detection(1, after(1), Some(1), None),
        detection(2, after(2), Some(1), None),
        detection(3, after(-9), Some(2), None),
    ];
    keep(&store, vec![closed, stood(2, 1, after(-9), IncidentState::New, 20)], detections);
    let past = |whom: Option<&EntityRef>, since: i64| {
        let past = store.would_suppress("web.crawl", whom, after(since)).unwrap();
        (past.detections, past.incidents, past.attacks, past.complete)
    };
    assert_eq!(past(None, -60), (3, 2, 1, true));
    assert_eq!(past(None, 0), (2, 1, 1, true));
    assert_eq!(past(Some(&quiet(0).entity.unwrap()), 0), (2, 1, 1, true));
    assert_eq!(past(Some(&EntityRef::user("bo")), -60), (0, 0, 0, true));
}

#[test]
fn every_group_counts_the_rows_its_filter_finds_now_and_then() {
    let (_dir, store) = store();
    story(&store);
    for at in [None, Some(after(15))] {
        for (rows, resource) in
            [("incidents", crate::query::Resource::Incident), ("detections", crate::query::Resource::Detection)]
        {
            for field in groupable(resource) {
                let input =
                    GroupInput { rows: rows.into(), field: (*field).into(), query: String::new(), at, after: None };
                let groups = store.groups(&input).unwrap();
                assert!(groups.next.is_none() && groups.rows > 0);
                for group in groups.groups {
                    let query = only(resource, field, group.value.raw());
                    assert!(Query::parse_for(resource, &query).is_ok(), "{query}");
                    let list = List { query: query.clone(), at, ..List::default() };
                    let found = match rows {
                        "incidents" => store.incidents(&list).unwrap().items.len(),
                        _ => store.detections(&list).unwrap().items.len(),
                    };
                    assert_eq!(found as u64, group.count, "{query}");
                }
            }
        }
    }
    let wrong =
        GroupInput { rows: "incidents".into(), field: "title".into(), query: String::new(), at: None, after: None };
    assert!(store.groups(&wrong).is_err());
    assert!(store.groups(&GroupInput { rows: "events".into(), ..wrong }).is_err());
}

#[test]
fn what_sleeps_is_not_among_the_open_ones_in_sight_and_is_read_again_at_a_start() {
    let (_dir, store) = store();
    let mut asleep = stood(1, 1, after(0), IncidentState::New, 70);
    asleep.0.snoozed = Some(crate::api::Snooze { until: after(60), on_change: false, by: "ana".into() });
    keep(&store, vec![asleep, stood(2, 1, after(1), IncidentState::New, 20)], vec![]);
    for past in [false, true] {
        let figures = store.overview_parts(after(5), past).unwrap();
        assert_eq!((figures.open_by_severity.iter().sum::<u64>(), figures.snoozed), (1, 1));
        assert_eq!(figures.waiting.iter().map(|w| w.incidents).sum::<u64>(), 1);
    }
    assert_eq!(store.open_incidents(|open| Some(open.0.id)).unwrap().len(), 2);
    assert_eq!(listed(&store, "state:new snoozed:false", None, 9).len(), 1);
}
