//! Correlation and lifecycle.

use super::*;
use crate::api::{
    ActionKind, DetectionId, DetectionKind, EntityKind, EntityRef, EventId, IncidentState, Mode, Proposal, Severity,
    Verdict,
};

const MINUTE: i64 = 60_000;

fn seen(rule: &str, ip: [u8; 4], minute: i64) -> Detection {
    Detection {
        id: DetectionId(1),
        time: Timestamp(minute * MINUTE),
        rule: rule.to_owned(),
        title: "SQL injection".to_owned(),
        class: "test".into(),
        kind: DetectionKind::Rule,
        severity: Severity::High,
        confidence: 0.9,
        entity: EntityRef::address(ip.into()),
        src_ip: Some(ip.into()),
        user: None,
        why: "why".into(),
        evidence: vec![EventId(1)],
        evidence_count: 1,
        techniques: vec!["T1190".into()],
        source: "test".into(),
        incident: None,
        suppressed: None,
        refused: false,
        drill: false,
    }
}

fn fold(all: &mut Incidents, mut d: Detection) -> IncidentId {
    let time = d.time;
    all.fold(&mut d, time);
    d.incident.unwrap()
}

#[test]
fn an_address_has_one_incident_until_it_falls_silent() {
    let mut all = Incidents::new(IncidentId(7), Vec::new());
    let first = fold(&mut all, seen("web.xss", [198, 51, 100, 7], 0));
    assert_eq!(first, IncidentId(7));
    assert_eq!(fold(&mut all, seen("web.sql_injection", [198, 51, 100, 7], 29)), first);
    assert_ne!(fold(&mut all, seen("web.xss", [198, 51, 100, 8], 29)), first);
    let later = fold(&mut all, seen("web.xss", [198, 51, 100, 7], 29 + 5 * 60));
    assert_ne!(later, first);
    let file = all.get(later).unwrap();
    assert!(file.timeline[0].text.raw().contains("follows #7"), "{:?}", file.timeline);
    assert!(file.bill.items.iter().any(|i| i.term == "repeat offender" && i.points == 5));
    let incident = &all.get(first).unwrap().incident;
    assert_eq!((incident.detections, incident.rules.len(), incident.techniques.len()), (2, 2, 1));
    assert_eq!(incident.title, "SQL injection and SQL injection from 198.51.100.7");
}

#[test]
fn drill_and_real_never_mix() {
    let mut all = Incidents::new(IncidentId(1), Vec::new());
    let real = fold(&mut all, seen("web.xss", [198, 51, 100, 7], 0));
    let drill = fold(&mut all, Detection { drill: true, ..seen("web.xss", [198, 51, 100, 7], 0) });
    assert_ne!(real, drill);
    assert!(all.get(drill).unwrap().incident.drill);
    assert_eq!(all.forget_drill(), vec![drill]);
    assert!(all.get(real).is_some() && all.get(drill).is_none());
    let again = fold(&mut all, Detection { drill: true, ..seen("web.xss", [198, 51, 100, 7], 1) });
    assert!(again > drill);
}

#[test]
fn a_closed_incident_stays_closed_and_is_followed() {
    let mut all = Incidents::new(IncidentId(1), Vec::new());
    let id = fold(&mut all, seen("web.xss", [198, 51, 100, 7], 0));
    all.close(id, None, "operator", Verdict::TruePositive, "blocked", Timestamp(MINUTE)).unwrap();
    let next = fold(&mut all, seen("web.xss", [198, 51, 100, 7], 2));
    assert_ne!(next, id);
    assert_eq!(all.get(id).unwrap().incident.state, IncidentState::Closed);
    assert!(all.get(next).unwrap().timeline[0].text.raw().contains("follows #1"));
    assert!(matches!(all.claim(id, None, "operator", Timestamp(9)), Err(Error::State(_))));
    all.reopen(id, None, "operator", "", Timestamp(9)).unwrap();
    assert_eq!(all.get(id).unwrap().incident.verdict, None);
}

#[test]
fn an_archived_incident_keeps_more_of_the_same_but_not_something_new() {
    let mut all = Incidents::new(IncidentId(1), Vec::new());
    let id = fold(&mut all, seen("web.crawl", [198, 51, 100, 7], 0));
    all.archive(id, None, "operator", "", Timestamp(1)).unwrap();
    assert_eq!(fold(&mut all, seen("web.crawl", [198, 51, 100, 7], 2)), id);
    assert_eq!(all.get(id).unwrap().incident.state, IncidentState::Archived);
    assert_ne!(fold(&mut all, seen("web.sql_injection", [198, 51, 100, 7], 3)), id);
}

#[test]
fn two_analysts_cannot_overwrite_each_other_but_detections_do_not_disturb() {
    let mut all = Incidents::new(IncidentId(1), Vec::new());
    let id = fold(&mut all, seen("web.xss", [198, 51, 100, 7], 0));
    let revision = all.get(id).unwrap().incident.revision;
    fold(&mut all, seen("web.xss", [198, 51, 100, 7], 1));
    let now = Timestamp(2 * MINUTE);
    let claimed = all.claim(id, Some(revision), "operator", now).unwrap().incident.clone();
    assert_eq!(claimed.owner.as_ref().map(Untrusted::raw), Some("operator"));
    let refused = all.close(id, Some(revision), "colleague", Verdict::Undetermined, "", now).unwrap_err();
    assert_eq!(refused, Error::Conflict { revision: claimed.revision, by: "operator".into() });
    assert!(refused.to_string().contains("changed by operator"));
    assert!(all.close(id, Some(claimed.revision), "colleague", Verdict::Undetermined, "", now).is_ok());
    assert_eq!(all.escalate(IncidentId(99), None, "colleague", "", now), Err(Error::NotFound(IncidentId(99))));
    assert!(all.claim(id, Some(999), "colleague", now).is_err());
}

#[test]
fn a_distributed_campaign_is_one_incident() {
    let mut all = Incidents::new(IncidentId(1), Vec::new());
    let first = fold(&mut all, seen("auth.burst", [203, 0, 113, 5], 0));
    let mut campaign = seen("auth.spray_distributed", [203, 0, 113, 9], 1);
    campaign.entity = EntityRef { kind: EntityKind::Range, value: "203.0.113.0/24".into() };
    assert_eq!(fold(&mut all, campaign), first);
    assert_eq!(fold(&mut all, seen("auth.burst", [203, 0, 113, 77], 2)), first);
    assert_ne!(fold(&mut all, seen("web.xss", [203, 0, 113, 78], 2)), first);
    assert_ne!(fold(&mut all, seen("auth.burst", [203, 0, 113, 79], 60)), first);
    let incident = &all.get(first).unwrap().incident;
    assert_eq!(incident.entity.value.raw(), "203.0.113.0/24");
    assert!(incident.entities.len() >= 4);
}

#[test]
fn a_popular_name_does_not_join_strangers() {
    let mut all = Incidents::new(IncidentId(1), Vec::new());
    let with_root = |ip, minute| Detection { user: Some("root".into()), ..seen("auth.burst", ip, minute) };
    let one = fold(&mut all, with_root([198, 51, 100, 1], 0));
    let two = fold(&mut all, with_root([203, 0, 113, 1], 1));
    assert_ne!(one, two);
    let mut campaign = seen("auth.spray_distributed", [192, 0, 2, 1], 2);
    campaign.entity = EntityRef::user("payroll");
    campaign.user = Some("payroll".into());
    let third = fold(&mut all, campaign);
    let victim = Detection { user: Some("payroll".into()), ..seen("auth.burst", [192, 0, 2, 99], 3) };
    assert_eq!(fold(&mut all, victim), third);
}

#[test]
fn proposals_are_taken_once_and_upgraded() {
    let mut all = Incidents::new(IncidentId(1), Vec::new());
    let id = fold(&mut all, seen("web.xss", [198, 51, 100, 7], 0));
    let file = all.get_mut(id).unwrap();
    let proposal = |mode| Proposal {
        kind: ActionKind::BlockAddress,
        target: "198.51.100.7".into(),
        ttl_seconds: 60,
        mode,
        why: "rule".into(),
        action: None,
    };
    assert_eq!(file.propose(vec![proposal(Mode::Suggest)], Timestamp(1)).len(), 1);
    assert_eq!(file.propose(vec![proposal(Mode::Suggest)], Timestamp(1)).len(), 0);
    assert_eq!(file.propose(vec![proposal(Mode::Act)], Timestamp(1)).len(), 1);
    assert_eq!(file.incident.proposals.len(), 1);
}

#[test]
fn a_restart_goes_on_where_it_stopped() {
    let mut all = Incidents::new(IncidentId(1), Vec::new());
    let id = fold(&mut all, seen("web.xss", [198, 51, 100, 7], 0));
    all.comment(id, None, "operator", "looking", Timestamp(1)).unwrap();
    let stored = serde_json::to_string(all.get(id).unwrap()).unwrap();
    let file: File = serde_json::from_str(&stored).unwrap();
    let mut again = Incidents::new(IncidentId(1), vec![file.clone()]);
    assert_eq!(again.get(id), Some(&file));
    assert_eq!(fold(&mut again, seen("web.xss", [198, 51, 100, 7], 5)), id);
    assert!(fold(&mut again, seen("web.xss", [198, 51, 100, 8], 5)) > id);
    assert_eq!(crate::platform::score::bill(&file.facts), file.bill);
}

#[test]
fn the_index_is_bounded() {
    let mut all = Incidents::new(IncidentId(1), Vec::new());
    let mut index = Index::default();
    for n in 0..(correlate::ENTITIES_KEPT as u32 + 10) {
        let mut d = seen("web.xss", n.to_be_bytes(), i64::from(n));
        d.incident = None;
        index.note(&d, IncidentId(1));
    }
    assert!(index.len() <= correlate::ENTITIES_KEPT);
    fold(&mut all, seen("web.xss", [198, 51, 100, 7], 0));
}

fn snooze(until: i64, on_change: bool) -> crate::api::Snooze {
    crate::api::Snooze { until: Timestamp(until * MINUTE), on_change, by: "ana".into() }
}

/// An incident of `web.crawl` at minute 0, snoozed until minute 60.
fn asleep(on_change: bool) -> (Incidents, IncidentId) {
    let mut all = Incidents::new(IncidentId(7), Vec::new());
    let mut first = seen("web.crawl", [198, 51, 100, 7], 0);
    first.severity = Severity::Low;
    let id = fold(&mut all, first);
    all.snooze(id, None, snooze(60, on_change), Timestamp(MINUTE)).unwrap();
    (all, id)
}

fn is_asleep(all: &Incidents, id: IncidentId) -> bool {
    all.get(id).unwrap().incident.snoozed.is_some()
}

#[test]
fn a_snoozed_incident_comes_back_when_its_time_has_come_and_says_so() {
    let (mut all, id) = asleep(false);
    assert!(is_asleep(&all, id));
    assert_eq!(all.wake_due(Timestamp(60 * MINUTE - 1)), []);
    assert_eq!(all.wake_due(Timestamp(60 * MINUTE)), [id]);
    assert!(!is_asleep(&all, id));
    let said = all.get(id).unwrap().timeline.last().unwrap().text.raw().to_owned();
    assert_eq!(said, "Back from snooze: its time has come");
    assert_eq!(all.wake_due(Timestamp(61 * MINUTE)), []);
}

#[test]
fn more_of_the_same_lets_it_sleep_unless_change_was_asked_for() {
    for on_change in [false, true] {
        let (mut all, id) = asleep(on_change);
        let mut same = seen("web.crawl", [198, 51, 100, 7], 2);
        same.severity = Severity::Low;
        assert_eq!(fold(&mut all, same), id);
        assert_eq!(is_asleep(&all, id), !on_change);
    }
}

#[test]
fn becoming_more_severe_wakes_it_whatever_was_asked_for() {
    let (mut all, id) = asleep(false);
    let before = all.get(id).unwrap().incident.severity.clone();
    let mut worse = seen("web.sql_injection", [198, 51, 100, 7], 2);
    worse.severity = Severity::Critical;
    fold(&mut all, worse);
    assert!(all.get(id).unwrap().incident.severity > before);
    assert!(!is_asleep(&all, id));
}

#[test]
fn who_changes_it_has_it_in_sight_again_and_a_refused_change_has_not() {
    let (mut all, id) = asleep(false);
    assert!(all.reopen(id, None, "bo", "", Timestamp(3 * MINUTE)).is_err());
    assert!(is_asleep(&all, id), "nothing was changed");
    assert!(all.claim(id, None, "bo", Timestamp(3 * MINUTE)).is_ok() && !is_asleep(&all, id));
    let state = (IncidentState::New, None, None, Some(snooze(60, false)));
    all.restore(id, None, "bo", state, Timestamp(4 * MINUTE)).unwrap();
    assert!(is_asleep(&all, id), "taking the claim back takes back that it is in sight");
    all.close(id, None, "bo", Verdict::BenignPositive, "", Timestamp(5 * MINUTE)).unwrap();
    assert!(!is_asleep(&all, id));
    assert!(all.snooze(id, None, snooze(60, false), Timestamp(6 * MINUTE)).is_err(), "it is closed");
}

#[test]
fn nothing_sleeps_for_ever_or_into_the_past() {
    let (mut all, id) = asleep(false);
    for until in [0, 31 * 24 * 60] {
        assert!(all.snooze(id, None, snooze(until, true), Timestamp(MINUTE)).is_err(), "{until}");
    }
    assert!(is_asleep(&all, id));
}
