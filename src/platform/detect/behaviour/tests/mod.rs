//! Behaviour over simulated weeks: what is found, what is said without cause, what survives, what cannot be taught.

mod ordinary;
mod site;
mod story;

use super::*;
use crate::api::{Class, EventId, Outcome, Suppression, SuppressionId, SuppressionState, Timestamp};
use crate::platform::detect::{Engine, Settings as EngineSettings};
use crate::platform::drill::week::{MODELS, People, Plan, START, Score, Week};
use crate::platform::record::{HttpRecord, Record};
use proptest::prelude::*;

const DAY: i64 = 86_400_000;

/// Shows a week to an engine.
fn show(engine: &mut Engine, week: &Week) -> Vec<Detection> {
    let mut out = Vec::new();
    for (record, id) in week.records().zip(1..) {
        engine.observe(&record, &[], EventId(id), "simulated", false, &mut out);
    }
    out
}

/// Everything a new engine says of a week.
fn said(week: &Week) -> Vec<Detection> {
    show(&mut Engine::new(EngineSettings::default()), week)
}

/// A small shop with one attack of each kind.
fn small(seed: u64) -> Week {
    Week::new(Plan { seed, days: 6, from_day: 3, each: 1, people: People::shop(24) })
}

fn is_ours(detection: &&Detection) -> bool {
    detection.rule.starts_with(MODELS)
}

fn failed_login(time: i64, ip: &str, user: &str) -> Record<'static> {
    let mut record = Record::bare(Timestamp(time), "");
    record.class = Class::AUTHENTICATION;
    record.activity = 1;
    record.outcome = Outcome::Failure;
    record.src_ip = Some(ip.parse().unwrap());
    record.user = Some(user.to_owned().into());
    record
}

fn page(time: i64, ip: u32, path: &str, status: u16) -> Record<'static> {
    let mut record = Record::bare(Timestamp(time), "");
    record.class = Class::HTTP;
    record.src_ip = Some(std::net::Ipv4Addr::from(ip).into());
    record.http = Some(HttpRecord {
        method: "GET".into(),
        url: path.to_owned().into(),
        status,
        bytes: 1_000,
        agent: "Browser/1".into(),
        ..HttpRecord::default()
    });
    record
}

#[test]
#[ignore = "takes a quarter of a minute"]
fn a_patient_attacker_who_takes_five_percent_more_a_day_is_found() {
    let week = Week::new(Plan { seed: 7, days: 28, from_day: 27, each: 0, people: People::shop(24) });
    let ramp = week.attacks.iter().find(|a| a.kind == "patient ramp").unwrap();
    let user = ramp.who.iter().find(|w| w.starts_with("user")).unwrap();
    let found = said(&week)
        .iter()
        .filter(is_ours)
        .any(|d| d.entity.value.raw() == user && d.time.0 >= ramp.from && d.time.0 <= ramp.until + DAY);
    assert!(found);
}

#[test]
fn the_same_events_are_judged_alike_and_every_alarm_says_why() {
    let week = small(3);
    let (one, two) = (said(&week), said(&week));
    assert_eq!(one, two);
    let alarms: Vec<_> = one.iter().filter(is_ours).collect();
    assert!(!alarms.is_empty());
    for alarm in alarms {
        let why = alarm.why.raw();
        assert!((why.contains("peers") || why.contains("own")) && why.contains("1 in "), "{why}");
        assert!(alarm.confidence < 0.95, "one score alone is no exact indicator");
        assert!(alarm.time.0 >= START + DAY, "silent on the first day");
    }
}

#[test]
fn a_false_positive_is_forgiven_once_and_only_where_something_was_told() {
    let mut engine = Engine::new(EngineSettings::default());
    let out = show(&mut engine, &small(3));
    let alarm = out.iter().rfind(is_ours).unwrap();
    assert!(!engine.false_positive("behaviour.nothing", &alarm.entity));
    assert!(engine.false_positive(&alarm.rule, &alarm.entity));
    assert!(!engine.false_positive(&alarm.rule, &alarm.entity), "there is nothing left to forgive");
}

#[test]
fn what_is_suppressed_is_still_said_and_costs_nothing_of_the_budget() {
    let week = small(3);
    let mut open = Engine::new(EngineSettings::default());
    let said = show(&mut open, &week);
    let alarm = said.iter().find(is_ours).unwrap().clone();
    let mut hushed = Engine::new(EngineSettings::default());
    hushed.hush(vec![Suppression {
        id: SuppressionId(1),
        rule: alarm.rule.clone(),
        entity: Some(alarm.entity.clone()),
        state: SuppressionState::InForce,
        owner: "ana".into(),
        actor: "ana".into(),
        reason: "known".into(),
        created: Timestamp(0),
        until: Timestamp(i64::MAX),
        ended: None,
        hidden: 0,
        last: None,
    }]);
    let said = show(&mut hushed, &week);
    assert!(said.iter().any(|d| (&d.rule, &d.entity, d.time) == (&alarm.rule, &alarm.entity, alarm.time)));
    assert!(!hushed.false_positive(&alarm.rule, &alarm.entity), "it raised no alarm, so there is none to forgive");
}

#[test]
fn what_was_learnt_survives_a_restart_and_is_not_learnt_twice() {
    let week = Week::new(Plan { seed: 5, days: 5, from_day: 4, each: 0, people: People::shop(24) });
    let mut engine = Engine::new(EngineSettings::default());
    show(&mut engine, &week);
    let written = engine.snapshot().unwrap();
    let mut other = Engine::new(EngineSettings::default());
    let start = START + 5 * DAY;
    other.restore(&written, Timestamp(start)).unwrap();
    assert_eq!(other.behaviour_sizes().0, engine.behaviour_sizes().0);
    assert!(other.restore(b"{}", Timestamp(start)).is_err() && other.restore(b"[1,", Timestamp(start)).is_err());
    // Stored events are shown again at a start: those of before the snapshot open no window.
    show(&mut other, &week);
    assert!(other.behaviour_sizes().1 <= 60, "{:?}", other.behaviour_sizes());
    // It speaks at once of what it knows to be unusual, without another day of silence.
    let mut later = Vec::new();
    for n in 0..300 {
        let record = failed_login(start + n * 1_000, "185.9.9.9", &format!("name{n}"));
        other.observe(&record, &[], EventId(1), "simulated", false, &mut later);
    }
    assert!(later.iter().any(|d| d.rule == "behaviour.stuffing"), "{later:?}");
}

#[test]
fn rows_and_memories_are_bounded() {
    let mut behaviour = Behaviour::new(Settings::default(), 1, false);
    let mut out = Vec::new();
    for n in 0..260_000u32 {
        let record = page(START + i64::from(n), n.wrapping_mul(2_654_435_761), "/", 200);
        behaviour.observe(&Fact::of(&record, EventId(1), "test", None), &mut out);
    }
    assert!(behaviour.sizes().1 <= window::ROWS_MAX + 1);
    let late = page(START + 2 * DAY, 1, "/", 200);
    behaviour.observe(&Fact::of(&late, EventId(1), "test", None), &mut out);
    assert!(behaviour.sizes().0 <= mind::KNOWN_MAX);
}

#[test]
fn a_clock_that_was_wrong_does_not_stop_the_windows() {
    let mut behaviour = Behaviour::new(Settings::default(), 1, false);
    let mut out = Vec::new();
    let mut see = |time: i64| {
        let record = page(time, 7, "/", 200);
        behaviour.observe(&Fact::of(&record, EventId(1), "test", None), &mut out);
        behaviour.tables[0].start
    };
    see(START);
    assert_eq!(see(START + 400 * DAY), START + 400 * DAY, "one line from the future");
    let back = (0..200).map(|n| see(START + n)).last().unwrap();
    assert_eq!(back, START);
}

#[test]
fn no_more_is_raised_in_a_day_than_the_budget_however_much_stands_out() {
    let settings = Settings { false_alarms_per_day: 3.0, ..Settings::default() };
    let mut behaviour = Behaviour::new(settings, 1, false);
    let mut out = Vec::new();
    let mut see = |record: &Record<'_>| behaviour.observe(&Fact::of(record, EventId(1), "test", None), &mut out);
    // Three quiet days of a hundred visitors, then a day on which sixty of them turn into machines.
    for minute in 0..3 * 1_440 {
        for who in 0..4 {
            see(&page(START + minute * 60_000 + who, (minute * 4 + who) as u32 % 100, "/", 200));
        }
    }
    for minute in 0..1_440 {
        for n in 0..40 {
            let record =
                page(START + 3 * DAY + minute * 60_000 + n, minute as u32 / 24, &format!("/{minute}/{n}"), 200);
            see(&record);
        }
    }
    assert!(!out.is_empty());
    for alarm in &out {
        let day = out.iter().filter(|d| (0..DAY).contains(&(d.time.0 - alarm.time.0))).count();
        assert!(day <= 3, "{day}");
    }
    assert!(behaviour.state().contains("learning"));
    assert!(behaviour.mind.purse.held() > 0);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn any_text_and_any_time_are_survived(
        events in prop::collection::vec((any::<i64>(), any::<u32>(), "\\PC{0,20}", any::<u16>()), 1..60)
    ) {
        let mut behaviour = Behaviour::new(Settings::default(), 1, false);
        let mut out = Vec::new();
        for (time, ip, text, status) in events {
            let mut record = page(time, ip, &text, status);
            record.user = Some(text.clone().into());
            record.session = Some(text.into());
            behaviour.observe(&Fact::of(&record, EventId(1), "test", Some(status % 2 == 0)), &mut out);
        }
        prop_assert!(out.is_empty(), "too little was seen to say anything");
    }
}
