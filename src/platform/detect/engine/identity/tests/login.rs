//! Logins unlike their user, impossible journeys, and logins where others were guessing.

use super::*;

/// Twelve users with three weeks of working days, each with one or two places and devices.
fn office(bench: &mut Bench) {
    for day in 0..21 {
        if day % 7 >= 5 {
            continue;
        }
        for user in 0..12 {
            let at = day * DAY + 8 * HOUR + (user * 7 + day * 3) % 60 * MINUTE;
            let (home, carrier) = (format!("81.{}.4.5", 10 + user), format!("109.40.{}.9", (user * 5 + day) % 250));
            bench.signin(&home, "DE", CHROME, &format!("user{user}"), at);
            if day % 3 == user % 3 {
                bench.signin(&carrier, "DE", PHONE, &format!("user{user}"), at + 9 * HOUR);
            }
        }
    }
}

#[test]
fn a_login_unlike_its_user_is_told_with_its_terms() {
    let mut bench = Bench::new();
    office(&mut bench);
    assert_eq!(bench.rules(), Vec::<&str>::new(), "{:?}", bench.out);
    bench.signin("203.0.113.9", "BR", "python-requests/2.31", "user3", 22 * DAY + 2 * HOUR);
    let told = bench.told("auth.unusual_login");
    assert_eq!(told.len(), 1, "{:?}", bench.out);
    let why = told[0].why.raw().to_owned();
    for part in [
        "country BR (never in the user's last",
        "device python-requests (never",
        "Tuesday 02:00 UTC",
        "would not have alerted below 8.0",
    ] {
        assert!(why.contains(part), "{part}: {why}");
    }
    assert_eq!(told[0].user.as_ref().map(|u| u.raw()), Some("user3"));
    bench.signin("203.0.113.9", "BR", "python-requests/2.31", "user3", 22 * DAY + 3 * HOUR);
    assert_eq!(bench.told("auth.unusual_login").len(), 1, "once a day");
    bench.sound();
}

#[test]
fn what_is_known_of_users_survives_a_restart_and_is_not_learnt_twice() {
    let mut bench = Bench::new();
    office(&mut bench);
    let written = bench.engine.snapshot().unwrap();
    let mut other = Bench::new();
    other.engine.restore(&written, Timestamp(START + 22 * DAY)).unwrap();
    // Stored events are shown again at a start.
    let last = login("81.13.4.5", "user3", true, 18 * DAY + 8 * HOUR);
    other.engine.warm(&last, &[], EventId::new(1, 1), "test", false);
    let lines =
        |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap().lines().map(str::to_owned).collect::<Vec<_>>();
    let (before, after) = (lines(&written), lines(&other.engine.snapshot().unwrap()));
    assert_eq!((before.len(), &before[1]), (2, &after[1]));
    other.signin("203.0.113.9", "BR", "python-requests/2.31", "user3", 22 * DAY + 2 * HOUR);
    assert_eq!(other.told("auth.unusual_login").len(), 1, "{:?}", other.out);

    let mut foreign = Bench::new();
    let said = |bench: &mut Bench, line: &str| {
        let bytes = format!("{}\n{line}", before[0]);
        bench.engine.restore(bytes.as_bytes(), Timestamp(START + 22 * DAY)).unwrap_err()
    };
    assert!(said(&mut foreign, &before[1].replacen("\"version\":1", "\"version\":9", 1)).contains("another version"));
    assert!(said(&mut foreign, "{\"version\":1,\"secret\":1}").contains("another secret"));
    assert!(said(&mut foreign, &before[1][..before[1].len() / 2]).starts_with("identities: "));
    foreign.signin("203.0.113.9", "BR", "python-requests/2.31", "user3", 22 * DAY + 2 * HOUR);
    assert_eq!(foreign.rules(), Vec::<&str>::new(), "nothing of it was taken over");
}

#[test]
fn a_stranger_teaches_nothing_until_it_came_back_on_many_days() {
    let mut bench = Bench::new();
    office(&mut bench);
    for day in 22..32 {
        bench.signin("203.0.113.9", "BR", "python-requests/2.31", "user3", day * DAY + 2 * HOUR);
    }
    let told = bench.told("auth.unusual_login").len();
    assert!((3..=5).contains(&told), "{told}");
}

#[test]
fn a_new_phone_a_new_carrier_and_a_journey_with_ones_own_machine_are_ordinary() {
    let mut bench = Bench::new();
    office(&mut bench);
    let android = "Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 Chrome/130.0 Mobile Safari/537.36";
    bench.signin("46.114.3.4", "DE", android, "user1", 22 * DAY + 19 * HOUR);
    bench.signin("93.184.3.4", "US", CHROME, "user2", 23 * DAY + 20 * HOUR);
    bench.signin("92.40.3.4", "GB", PHONE, "user4", 22 * DAY + 9 * HOUR);
    assert_eq!(bench.rules(), Vec::<&str>::new(), "{:?}", bench.out);
}

#[test]
fn without_history_nobody_is_judged() {
    let mut bench = Bench::new();
    for n in 0..14 {
        bench.signin("81.10.4.5", "DE", CHROME, "new", n * DAY);
    }
    bench.signin("203.0.113.9", "DE", "python-requests/2.31", "new", 14 * DAY + 2 * HOUR);
    assert_eq!(bench.rules(), Vec::<&str>::new());
}

#[test]
fn nobody_flies_that_fast() {
    let mut bench = Bench::new();
    bench.signin("81.10.4.5", "DE", CHROME, "ann", 0);
    bench.signin("203.0.113.9", "SG", CHROME, "ann", 2 * HOUR);
    let told = bench.told("auth.impossible_travel");
    assert_eq!(told.len(), 1, "{:?}", bench.out);
    let why = told[0].why.raw();
    assert!(
        why.contains("2 h") && why.contains("km apart") && why.contains("would not have alerted at 1000 km/h"),
        "{why}"
    );
    let mut calm = Bench::new();
    calm.signin("81.10.4.5", "DE", CHROME, "ann", 0);
    calm.signin("203.0.113.9", "SG", CHROME, "ann", 12 * HOUR);
    calm.signin("81.10.4.5", "DE", CHROME, "bob", 0);
    calm.signin("90.1.4.5", "FR", CHROME, "bob", 5 * MINUTE);
    calm.signin("24.1.4.5", "US", CHROME, "cid", 0);
    calm.signin("24.200.4.5", "CA", CHROME, "cid", 5 * MINUTE);
    calm.signin("24.1.4.5", "US", CHROME, "cid", 10 * MINUTE);
    assert_eq!(calm.rules(), Vec::<&str>::new(), "{:?}", calm.out);
}

#[test]
fn a_shared_gateway_and_a_users_own_tunnel_prove_nothing() {
    let mut bench = Bench::new();
    for user in 0..6 {
        bench.signin("203.0.113.9", "SG", CHROME, &format!("user{user}"), user * MINUTE);
    }
    bench.signin("81.10.4.5", "DE", CHROME, "user0", 20 * HOUR);
    bench.signin("203.0.113.10", "SG", CHROME, "user0", 21 * HOUR);
    let before = bench.out.len();
    for day in 2..8 {
        bench.signin("81.10.4.5", "DE", CHROME, "vpn", day * DAY);
        bench.signin("198.51.100.9", "US", CHROME, "vpn", day * DAY + HOUR);
    }
    assert_eq!(before, 0, "{:?}", bench.out);
    assert!(bench.told("auth.impossible_travel").len() <= 3, "{:?}", bench.out);
}

#[test]
fn a_city_database_is_believed_more_than_the_country() {
    let mut bench = Bench::new();
    for (ip, country, latitude, longitude, at) in
        [("81.10.4.5", "DE", 52.5, 13.4, 0), ("90.1.4.5", "ES", 37.0, -6.0, HOUR)]
    {
        let mut record = login(ip, "ann", true, at);
        record.country = Some(country.into());
        record.location = Some(crate::platform::record::Location { latitude, longitude, accuracy_km: 50 });
        bench.see(&record);
    }
    assert_eq!(bench.rules(), ["auth.impossible_travel"]);
}

#[test]
fn a_login_out_of_a_hostile_range_is_told_and_a_known_one_is_not() {
    let mut bench = Bench::new();
    bench.login("203.0.1.1", "backup", true, 0);
    for n in 0..8 {
        bench.login(&format!("203.0.113.{n}"), &format!("user{n}"), false, HOUR + n * MINUTE);
    }
    bench.login("198.51.100.3", "carol", true, HOUR + 20 * MINUTE);
    assert!(bench.told("auth.success_after_burst").is_empty());
    bench.login("203.0.113.200", "backup", true, HOUR + 30 * MINUTE);
    assert!(bench.told("auth.success_after_burst").is_empty(), "the user knows that network");
    bench.login("203.0.113.201", "payroll", true, HOUR + 30 * MINUTE);
    let told = bench.told("auth.success_after_burst");
    assert_eq!(told.len(), 1, "{:?}", bench.out);
    assert!(told[0].why.raw().contains("203.0.113.0/24"), "{:?}", told[0].why);
}

#[test]
fn a_user_tried_from_everywhere_who_signs_in_from_somewhere_new_is_told() {
    let mut bench = Bench::new();
    bench.login("81.10.4.5", "payroll", true, 0);
    for n in 0..12 {
        bench.login(&format!("198.{n}.7.9"), "payroll", false, DAY + n * MINUTE);
    }
    bench.login("81.10.4.6", "payroll", true, DAY + HOUR);
    assert!(bench.told("auth.success_after_burst").is_empty());
    bench.login("45.9.7.9", "payroll", true, DAY + 2 * HOUR);
    assert_eq!(bench.told("auth.success_after_burst").len(), 1, "{:?}", bench.out);
}

#[test]
fn a_million_users_are_not_remembered() {
    let mut bench = Bench::new();
    for n in 0..40_000u32 {
        let ip = std::net::Ipv4Addr::from(n.wrapping_mul(2_654_435_761)).to_string();
        bench.signin(&ip, "DE", CHROME, &format!("user{n}"), i64::from(n) * 100);
    }
    assert_eq!(bench.rules(), Vec::<&str>::new());
}
