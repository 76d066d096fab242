//! Guessing passwords at every speed, and people who mistype.

use super::*;

#[test]
fn six_failures_within_a_minute_are_found_whatever_the_daemon() {
    for daemon in ["dovecot", "vsftpd", "mysqld", "asterisk", "smbd"] {
        let mut bench = Bench::new();
        for n in 0..6 {
            let mut record = login("203.0.113.7", "info", false, n * 8_000);
            record.program = Some(daemon);
            bench.see(&record);
        }
        assert_eq!(bench.rules(), ["auth.burst"], "{daemon}");
    }
}

#[test]
fn one_try_every_hour_is_found_within_a_day_and_one_a_day_is_not_told() {
    for (every, hours) in [(11 * MINUTE, 3), (HOUR, 12), (4 * HOUR, 5 * 24)] {
        let mut bench = Bench::new();
        let mut at = 0;
        while bench.told("auth.slow_burst").is_empty() && at < 10 * DAY {
            bench.login("203.0.113.7", "root", false, at);
            at += every;
        }
        assert!(at <= hours * HOUR, "every {every}: after {} h", at / HOUR);
        let told = &bench.told("auth.slow_burst")[0];
        assert!(told.why.raw().contains("would not have alerted below 8"), "{:?}", told.why);
        bench.sound();
    }
    let mut calm = Bench::new();
    for day in 0..60 {
        calm.login("198.51.100.7", "operator", false, day * DAY);
    }
    assert_eq!(calm.rules(), Vec::<&str>::new());
}

#[test]
fn a_program_with_an_old_password_of_a_known_user_is_not_an_attack_at_once() {
    let mut bench = Bench::new();
    bench.login("198.51.100.7", "ann", true, 0);
    for n in 1..30 {
        bench.login("198.51.100.7", "ann", false, n * HOUR);
    }
    assert_eq!(bench.rules(), Vec::<&str>::new(), "{:?}", bench.out);
}

#[test]
fn one_name_an_hour_is_a_slow_spray_of_the_address_and_of_the_range() {
    let mut bench = Bench::new();
    for n in 0..16 {
        bench.login("203.0.113.7", &format!("user{n}"), false, n * HOUR);
    }
    assert!(bench.rules().contains(&"auth.slow_spray"), "{:?}", bench.rules());
    let mut bench = Bench::new();
    for n in 0..30 {
        bench.login(&format!("203.0.113.{}", n % 10), &format!("user{n}"), false, n * HOUR);
    }
    let told = bench.told("auth.slow_spray");
    assert_eq!(told.len(), 1, "{:?}", bench.rules());
    assert_eq!(told[0].entity.value.raw(), "203.0.113.0/24");
    assert!(told[0].why.raw().contains("would not have alerted below 20"), "{:?}", told[0].why);
}

/// A working site: 500 users sign in each working hour of two days from home and office, one in ten mistypes first, one
/// in a hundred gives up. With attacks from `attack`, one try from each address.
fn site(attack: u64) -> Bench {
    let mut dice = Dice(7);
    let mut events: Vec<(i64, String, String, bool)> = Vec::new();
    for hour in 0..48i64 {
        let people = if (7..19).contains(&(hour % 24)) { 120 } else { 8 };
        for _ in 0..people {
            let user = dice.below(500);
            let at = dice.time(hour * HOUR, (hour + 1) * HOUR);
            let ip = match dice.below(10) {
                0..=3 => "198.51.100.1".to_owned(),
                4 => format!("46.{}.{}.7", dice.below(4), dice.below(250)),
                _ => format!("81.{}.{}.9", user / 250, user % 250),
            };
            let name = format!("user{user}");
            if dice.chance(10) {
                events.push((at, ip.clone(), name.clone(), false));
            }
            if dice.chance(99) {
                events.push((at + 20_000, ip, name, true));
            }
        }
    }
    for n in 0..attack {
        let at = dice.time(26 * HOUR, 34 * HOUR);
        let ip = std::net::Ipv4Addr::from(0x2E00_0000 + u32::try_from(n * 40_961 % 0x00FF_FFFF).unwrap());
        events.push((at, ip.to_string(), format!("user{}", dice.below(500)), false));
    }
    events.sort();
    let mut bench = Bench::new();
    for (at, ip, user, success) in events {
        bench.login(&ip, &user, success, at);
    }
    bench
}

#[test]
fn five_thousand_addresses_with_one_try_each_are_seen_among_people_who_mistype() {
    let bench = site(5_000);
    let told: Vec<&Detection> =
        bench.told("auth.spray_distributed").into_iter().filter(|d| d.src_ip.is_none()).collect();
    assert!((1..=4).contains(&told.len()), "{:?}", bench.rules());
    let after = told[0].time.0 - START - 26 * HOUR;
    assert!((0..90 * MINUTE).contains(&after), "{} minutes after the start", after / MINUTE);
    assert!(told[0].why.raw().contains("addresses that never got in"), "{:?}", told[0].why);
    println!("told {} minutes after the start: {}", after / MINUTE, told[0].why.visible());
    let slow = site(400);
    assert!(slow.told("auth.spray_distributed").iter().any(|d| d.src_ip.is_none()), "50 an hour");
}

#[test]
fn people_who_mistype_are_left_alone() {
    let bench = site(0);
    assert_eq!(bench.rules(), Vec::<&str>::new(), "{:?}", bench.out);
}

#[test]
fn names_that_do_not_exist_and_logins_given_up_are_told() {
    let mut bench = Bench::new();
    for (n, name) in ["admin", "oracle", "test", "git", "ubnt", "pi"].iter().enumerate() {
        let mut record = login("203.0.113.7", name, false, i64::try_from(n).unwrap() * MINUTE);
        record.outcome = Outcome::Unknown;
        record.message = format!("Invalid user {name} from 203.0.113.7 port 4711").into();
        bench.see(&record);
    }
    assert_eq!(bench.rules(), ["auth.enumeration"]);
    assert!(bench.out[0].why.raw().contains("5 names"), "{:?}", bench.out[0].why);
    let mut bench = Bench::new();
    for n in 0..8 {
        let mut record = login("203.0.113.7", "root", false, n * 30_000);
        record.outcome = Outcome::Unknown;
        record.message = "Connection closed by authenticating user root 203.0.113.7 port 4711 [preauth]".into();
        bench.see(&record);
    }
    assert_eq!(bench.rules(), ["auth.abandoned"]);
    bench.sound();
}

#[test]
fn guessing_at_login_forms_is_told_by_status_and_by_proportion() {
    for (url, status, tries) in [
        ("/wp-login.php", 200, 6),
        ("/api/auth/login", 401, 6),
        ("/user/login", 403, 6),
        ("/oauth/token", 400, 6),
        ("/xmlrpc.php", 200, 10),
        ("/administrator/index.php", 200, 10),
        ("/login", 200, 10),
    ] {
        let mut bench = Bench::new();
        for n in 0..tries {
            bench.see(&request("203.0.113.7", "POST", url, status, n * 5_000));
        }
        assert_eq!(bench.told("auth.http_burst").len(), 1, "{url} {status}: {:?}", bench.out);
        bench.sound();
    }
    let mut bench = Bench::new();
    for n in 0..25 {
        bench.see(&request("203.0.113.7", "GET", "/private/", 401, n * 1_000));
    }
    assert!(bench.rules().contains(&"auth.http_burst"), "{:?}", bench.rules());
}

#[test]
fn an_office_that_signs_in_at_nine_is_no_attack() {
    let mut bench = Bench::new();
    for user in 0..60 {
        let at = user * 4_000;
        if user % 8 == 0 {
            bench.see(&request("198.51.100.1", "POST", "/login", 401, at));
        }
        bench.see(&request("198.51.100.1", "POST", "/login", if user % 2 == 0 { 302 } else { 200 }, at + 500));
        for page in 0..6 {
            let url = format!("/static/{page}.css");
            bench.see(&request("198.51.100.1", "GET", &url, 200, at + 600 + page));
        }
        bench.see(&request("198.51.100.9", "POST", "/oauth/token", 200, at));
    }
    for n in 0..3 {
        bench.see(&request("198.51.100.77", "POST", "/wp-login.php", 200, n * 10_000));
    }
    bench.see(&request("198.51.100.77", "POST", "/wp-login.php", 302, 40_000));
    assert_eq!(bench.told("auth.http_burst").len(), 0, "{:?}", bench.out);
}
