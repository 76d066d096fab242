//! What one story costs of the budget, and what is told before much is known of days.

use super::super::budget::Purse;
use super::*;

/// A user reads a document.
fn read(time: i64, user: u32, document: u32) -> Record<'static> {
    let mut record = page(time, 0x0A00_0000 | user, &format!("/document/{document}"), 200);
    record.user = Some(format!("user{user}").into());
    record.session = Some(format!("session{user}").into());
    record
}

#[test]
fn a_small_company_need_not_wait_for_weeks_until_a_day_unlike_all_others_is_told() {
    let mut behaviour = Behaviour::new(Settings::default(), 1, false);
    let mut out = Vec::new();
    let mut see = |record: &Record<'_>| behaviour.observe(&Fact::of(record, EventId(1), "test", None), &mut out);
    // Ten days of twenty users with some thirty documents of their own a day.
    for day in 0..10 {
        for n in 0..(40 * 20u32) {
            let (user, turn) = (n % 20, n / 20);
            if turn < 25 + (user * 7 + day as u32 * 5) % 13 {
                let document = user * 100 + (turn * 3 + day as u32 * 11 + user) % 60;
                see(&read(START + day * DAY + i64::from(n) * 70_000, user, document));
            }
        }
    }
    // On the eleventh one of them reads a thousand others, never many in an hour.
    for n in 0..1_000 {
        see(&read(START + 10 * DAY + i64::from(n) * 57_600, 7, 100_000 + n * 13));
    }
    see(&read(START + 11 * DAY + DAY / 2, 3, 1));
    let told: Vec<_> = out.iter().map(|d| (&*d.rule, d.entity.value.raw())).collect();
    assert!(told.contains(&("behaviour.exfiltration", "user7")), "{told:?}");
    assert!(told.iter().all(|(_, who)| ["user7", "session7", "10.0.0.7"].contains(who)), "{told:?}");
}

#[test]
fn what_somebody_else_notices_later_is_given_back_to_the_budget() {
    let settings = Settings { false_alarms_per_day: 2.0, ..Settings::default() };
    let mut purse = Purse::default();
    for (now, about) in [(1, 7), (2, 8)] {
        assert!(purse.price(settings, now).is_some());
        purse.spend(now, about);
    }
    assert_eq!(purse.price(settings, 3), None);
    purse.refund(9);
    assert_eq!(purse.price(settings, 3), None, "nothing was raised about that one");
    purse.refund(7);
    assert!(purse.price(settings, 3).is_some_and(|price| price > 1.0));
    purse.refund(7);
    assert!(purse.price(settings, 3).is_some_and(|price| price > 1.0), "given back once");
    assert_eq!(purse.price(settings, 2 + DAY), Some(1.0), "a day later it is whole again");
}

#[test]
fn a_budget_written_before_it_was_known_about_whom_is_read() {
    let mut purse: Purse = serde_json::from_str(r#"{"raised":[1,2,3,4,5],"held":3}"#).unwrap();
    assert_eq!(purse.price(Settings::default(), 10), None);
    purse.refund(7);
    assert_eq!(purse.price(Settings::default(), 10), None);
    purse.spend(DAY, 7);
    assert_eq!(purse.price(Settings::default(), DAY + 5), Some(16f64.powf(0.2)));
}

#[test]
fn actors_of_one_story_are_no_alarms_of_their_own() {
    let mut behaviour = Behaviour::new(Settings::default(), 1, false);
    let record = read(START, 7, 1);
    let fact = Fact::of(&record, EventId(1), "test", None);
    behaviour.observe(&fact, &mut Vec::new());
    let id = |kind| part(kind, &fact).unwrap().id;
    behaviour.second(&fact, id(Kind::User));
    let mut seconded = |kind| behaviour.tables[0].get(id(kind)).unwrap().seconded;
    assert!(seconded(Kind::Address) && !seconded(Kind::User), "the one who was told of is not his own witness");
    assert!(!seconded(Kind::Range) && !seconded(Kind::All), "groups are no actors");
}
