//! Ordinary weeks of several kinds of sites: nothing happens that anybody need know. And weeks with attacks.
//!
//! The figures over many seeds and for three hundred users are those of `benches/behaviour.rs`.

use super::*;

/// What the behaviour models say of some days without an attack, in words.
fn alarms(people: People, days: i64, seed: u64) -> Vec<String> {
    let week = Week::new(Plan { seed, days, from_day: days - 1, each: 0, people });
    assert!(week.len() > 3_000, "{}", week.len());
    let told = said(&week);
    let told = told.iter().filter(is_ours);
    told.map(|d| format!("{} {}: {}", d.rule, d.entity.value.visible(), d.why.visible())).collect()
}

/// A fifth of what five a day would allow.
fn stays_quiet(people: People, days: i64, seed: u64) {
    let told = alarms(people, days, seed);
    assert!(told.len() as i64 <= days, "{told:#?}");
}

#[test]
fn three_users_are_left_in_peace_for_two_weeks() {
    (1..=3).for_each(|seed| stays_quiet(People::company(3), 14, seed));
}

#[test]
fn a_public_site_is_quiet() {
    stays_quiet(People::public(), 7, 1);
}

#[test]
#[ignore = "takes a quarter of a minute"]
fn thirty_users_and_an_api_are_left_in_peace_for_two_weeks() {
    stays_quiet(People::company(30), 14, 1);
    stays_quiet(People::keys(20), 14, 1);
}

#[test]
#[ignore = "takes a quarter of a minute"]
fn attacks_of_simulated_weeks_are_found_within_the_budget() {
    let week = Week::new(Plan { seed: 1, days: 15, from_day: 7, each: 1, people: People::shop(36) });
    let told = said(&week);
    let (whole, models) = (Score::of(&week, &told, ""), Score::of(&week, &told, MODELS));
    assert!(whole.average() >= 0.93, "{whole:?}");
    assert!(models.average() >= 0.8, "{models:?}");
    assert!(whole.false_alarms_a_day() <= 1.0, "{whole:?}");
}
