//! Sessions and keys in two hands.

use super::*;

fn used(ip: &str, country: &str, agent: &str, at: i64) -> Record<'static> {
    let mut record = bare(ip, at);
    record.session = Some("ab12cd34".into());
    record.country = Some(country.to_owned().into());
    record.agent = agent.to_owned().into();
    record
}

fn see(uses: &[(&str, &str, &str, i64)]) -> Bench {
    let mut bench = Bench::new();
    for (ip, country, agent, minute) in uses {
        bench.see(&used(ip, country, agent, minute * MINUTE));
    }
    bench.sound();
    bench
}

#[test]
fn a_session_that_jumps_to_another_network_and_software_is_stolen() {
    let bench = see(&[("81.10.4.5", "DE", CHROME, 0), ("203.0.113.9", "BR", "curl/8.5", 3)]);
    assert_eq!(bench.rules(), ["session.two_places"]);
    let d = &bench.out[0];
    assert_eq!((d.entity.kind.as_str(), d.entity.value.raw()), ("session", "ab12cd34"));
    assert!(d.why.raw().contains("203.0.113.9 (BR, 203.0.0.0/16) with curl"), "{:?}", d.why);
    let firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0";
    let same_country = see(&[("81.10.4.5", "DE", CHROME, 0), ("203.0.113.9", "DE", firefox, 3)]);
    assert_eq!(same_country.rules(), ["session.two_places"]);
    let both = see(&[("81.10.4.5", "DE", CHROME, 0), ("203.0.113.9", "BR", CHROME, 3), ("81.10.4.6", "DE", CHROME, 5)]);
    assert_eq!(both.rules(), ["session.two_places"]);
}

#[test]
fn a_tool_in_a_browsers_session_is_told() {
    let bench = see(&[("81.10.4.5", "DE", CHROME, 0), ("81.10.4.5", "DE", "python-requests/2.31", 1)]);
    assert_eq!(bench.rules(), ["session.agent_change"]);
}

#[test]
fn phones_trains_tunnels_and_updates_are_one_hand() {
    for uses in [
        // Within the carrier's network, to the house's, and back after dinner.
        &[
            ("46.1.4.5", "DE", PHONE, 0),
            ("46.1.9.9", "DE", PHONE, 1),
            ("81.10.4.5", "DE", PHONE, 5),
            ("46.1.9.9", "DE", PHONE, 90),
        ][..],
        // Flickering at the edge of two networks.
        &[
            ("46.1.4.5", "DE", PHONE, 0),
            ("81.10.4.5", "DE", PHONE, 1),
            ("46.1.4.5", "DE", PHONE, 2),
            ("81.10.4.5", "DE", PHONE, 3),
        ],
        // Over the border, and a tunnel switched on.
        &[("46.1.4.5", "DE", PHONE, 0), ("90.1.4.5", "FR", PHONE, 1), ("46.1.4.5", "DE", PHONE, 2)],
        &[("81.10.4.5", "DE", CHROME, 0), ("203.0.113.9", "US", CHROME, 1), ("203.0.113.9", "US", CHROME, 9)],
        // A new version of the browser, and the gate, which names no software at all.
        &[("81.10.4.5", "DE", CHROME, 0), ("81.10.4.5", "DE", "", 1), ("81.10.4.5", "DE", CHROME, 2)],
        // The next day somewhere else with another machine: signed in by hand.
        &[("81.10.4.5", "DE", CHROME, 0), ("203.0.113.9", "US", PHONE, 600)],
    ] {
        assert_eq!(see(uses).rules(), Vec::<&str>::new(), "{uses:?}");
    }
}

fn keyed(ip: &str, country: &str, action: &str, admin: bool, ok: bool, at: i64) -> Record<'static> {
    let mut record =
        call(ip, "deploy", action.split_once(' ').map_or("s3", |a| a.0), action.rsplit(' ').next().unwrap(), ok, at);
    record.country = Some(country.to_owned().into());
    if let Some(call) = &mut record.call {
        call.key = "AKIAEXAMPLE".into();
        call.admin = admin;
    }
    record
}

/// Three weeks of a key at home.
fn key() -> Bench {
    let mut bench = Bench::new();
    for n in 0..21 * 8 {
        bench.see(&keyed("81.10.4.5", "DE", "s3 GetObject", false, n % 40 != 0, n * 3 * HOUR));
        bench.see(&keyed("81.10.4.5", "DE", "s3 PutObject", false, true, n * 3 * HOUR + MINUTE));
    }
    assert_eq!(bench.rules(), Vec::<&str>::new(), "{:?}", bench.out);
    bench
}

#[test]
fn a_key_used_elsewhere_for_something_new_is_told() {
    let mut bench = key();
    bench.see(&keyed("203.0.113.9", "BR", "s3 GetObject", false, true, 22 * DAY));
    assert_eq!(bench.rules(), Vec::<&str>::new(), "the same work from a new place is a move");
    bench.see(&keyed("203.0.113.9", "BR", "iam CreateUser", true, true, 22 * DAY + MINUTE));
    assert_eq!(bench.told("key.misuse").len(), 1, "{:?}", bench.out);
    assert_eq!(bench.out[0].entity.kind.as_str(), "key");
    let mut other = key();
    for (n, action) in ["ec2 DescribeInstances", "rds DescribeDBInstances", "iam ListUsers"].iter().enumerate() {
        other.see(&keyed("203.0.113.9", "BR", action, false, true, 22 * DAY + i64::try_from(n).unwrap() * MINUTE));
    }
    assert_eq!(other.told("key.misuse").len(), 1, "{:?}", other.out);
    other.sound();
}

#[test]
fn a_key_asleep_refused_or_in_two_countries_is_told() {
    let mut bench = key();
    bench.see(&keyed("81.10.4.5", "DE", "s3 GetObject", false, true, 60 * DAY));
    assert!(bench.out[0].why.raw().contains("after a silence of"), "{:?}", bench.out);
    let mut bench = key();
    for n in 0..20 {
        let action = format!("svc{} Describe{n}", n % 5);
        bench.see(&keyed("81.10.4.5", "DE", &action, false, false, 22 * DAY + n * 10_000));
    }
    assert!(bench.told("key.misuse")[0].why.raw().contains("15 of 15 calls refused"), "{:?}", bench.out);
    let mut bench = key();
    for (ip, country, minute) in [("81.10.4.5", "DE", 0), ("24.1.4.5", "US", 2), ("81.10.4.5", "DE", 3)] {
        bench.see(&keyed(ip, country, "s3 GetObject", false, true, 22 * DAY + minute * MINUTE));
    }
    assert!(bench.told("key.misuse")[0].why.raw().contains("in US and in DE again"), "{:?}", bench.out);
}

#[test]
fn a_build_systems_key_roams_and_a_monthly_job_sleeps() {
    let mut bench = Bench::new();
    let mut dice = Dice(3);
    for n in 0..21 * 24 {
        let ip = format!("{}.{}.7.7", 3 + dice.below(20), dice.below(20));
        let country = ["US", "IE", "DE", "SG"][usize::try_from(dice.below(4)).unwrap()];
        let action = ["s3 PutObject", "ecr BatchGetImage", "ecs UpdateService"][usize::try_from(n % 3).unwrap()];
        bench.see(&keyed(&ip, country, action, n % 3 == 2, n % 50 != 0, n * HOUR));
    }
    bench.see(&keyed("99.9.9.9", "BR", "lambda UpdateFunctionCode", true, true, 21 * DAY));
    assert_eq!(bench.rules(), Vec::<&str>::new(), "{:?}", bench.out);
    let mut monthly = Bench::new();
    for n in 0..12 {
        monthly.see(&keyed("81.10.4.5", "DE", "s3 PutObject", false, true, n * 29 * DAY));
    }
    monthly.see(&keyed("81.10.4.5", "DE", "s3 PutObject", false, true, 11 * 29 * DAY + 31 * DAY));
    assert_eq!(monthly.rules(), Vec::<&str>::new(), "{:?}", monthly.out);
}
