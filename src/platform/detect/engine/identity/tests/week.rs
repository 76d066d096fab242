//! Ordinary weeks, made up: nothing may be told of them.

use super::*;

/// One user's habits.
struct Person {
    name: String,
    home: String,
    carrier: u64,
    agents: [&'static str; 2],
}

/// Four weeks of 80 people: an office behind one address, homes, phones, typing errors, forgotten passwords, journeys by
/// plane with twelve hours in between, a manager program that signs in every hour, a mail client with an old password.
fn weeks(seed: u64) -> Bench {
    const AGENTS: [&str; 4] = [
        CHROME,
        PHONE,
        "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Version/18.1 Safari/605.1.15",
        "Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0",
    ];
    let mut dice = Dice(seed);
    let mut pick = |n: u64| usize::try_from(dice.below(n)).unwrap();
    let people: Vec<Person> = (0..80)
        .map(|n| Person {
            name: format!("user{n}"),
            home: format!("{}.{}.{}.9", [81, 84, 91][pick(3)], pick(200), pick(250)),
            carrier: pick(3) as u64,
            agents: [AGENTS[pick(4)], PHONE],
        })
        .collect();
    let mut events: Vec<(i64, String, &'static str, &'static str, String, bool)> = Vec::new();
    for day in 0..28 {
        for person in &people {
            let weekend = day % 7 >= 5;
            if dice.chance(if weekend { 70 } else { 10 }) {
                continue;
            }
            // One in two hundred days somebody is abroad: the flight takes twelve hours.
            let abroad = dice.below(200) == 0;
            for _ in 0..1 + dice.below(4) {
                let at = day * DAY + dice.time(7 * HOUR, 19 * HOUR);
                let (ip, agent) = match dice.below(10) {
                    _ if abroad => ("24.7.8.9".to_owned(), person.agents[0]),
                    0..=3 if !weekend => ("198.51.100.1".to_owned(), person.agents[0]),
                    4..=5 => (format!("46.{}.{}.7", person.carrier, dice.below(250)), person.agents[1]),
                    _ => (person.home.clone(), person.agents[0]),
                };
                let (country, at) = if abroad { ("US", day * DAY + 20 * HOUR + at % HOUR) } else { ("DE", at) };
                for n in 0..[0, 0, 0, 0, 0, 0, 0, 1, 1, 2][usize::try_from(dice.below(10)).unwrap()] {
                    events.push((at - 60_000 + n * 20_000, ip.clone(), country, agent, person.name.clone(), false));
                }
                if dice.chance(99) {
                    events.push((at, ip, country, agent, person.name.clone(), true));
                }
            }
        }
        for hour in 0..24 {
            events.push((
                day * DAY + hour * HOUR,
                "52.1.2.3".into(),
                "US",
                "python-requests/2.31",
                "backup-bot".into(),
                true,
            ));
        }
    }
    // A mail client goes on with the old password for a day, every half hour.
    for n in 0..48 {
        let person = &people[4];
        let at = 20 * DAY + n * HOUR / 2;
        events.push((at, person.home.clone(), "DE", PHONE, person.name.clone(), false));
    }
    events.sort();
    let mut bench = Bench::new();
    let mut last: std::collections::HashMap<String, (i64, &str)> = std::collections::HashMap::new();
    for (at, ip, country, agent, user, success) in events {
        // Nobody is in two countries within the time of a flight.
        let moved = last.get(&user).is_some_and(|(then, place)| *place != country && at - then < 12 * HOUR);
        if moved {
            continue;
        }
        last.insert(user.clone(), (at, country));
        let mut record = login(&ip, &user, success, at);
        record.country = Some(country.into());
        record.agent = agent.into();
        bench.see(&record);
    }
    bench
}

#[test]
fn four_ordinary_weeks_of_logins_are_quiet() {
    for seed in 0..3 {
        let bench = weeks(seed);
        let first = |d: &&Detection| d.time.0 < START + DAY;
        let told: Vec<String> = bench
            .out
            .iter()
            .filter(|d| !first(d))
            .map(|d| format!("{} {}: {}", d.rule, d.entity.value.visible(), d.why.visible()))
            .collect();
        assert!(told.is_empty(), "seed {seed}: {told:#?}");
        // On the first morning nobody knows yet that the office is one.
        assert!(bench.out.iter().filter(first).count() <= 3, "{:?}", bench.rules());
        assert!(bench.event > 3_000, "{}", bench.event);
    }
}

#[test]
fn equal_weeks_give_equal_answers() {
    let run = || {
        let mut bench = weeks(9);
        bench.signin("203.0.113.9", "BR", "curl/8.5", "user7", 29 * DAY + 3 * HOUR);
        bench.out
    };
    let told = run();
    assert!(!told.is_empty());
    assert_eq!(told, run());
}

/// What the named detectors cost an ordinary event: run by hand in a release build.
#[test]
#[ignore = "a measurement"]
fn cost() {
    let mut lines: Vec<Record<'_>> = Vec::new();
    for n in 0..200_000i64 {
        let ip = format!("81.{}.{}.9", n % 40, n % 250);
        lines.push(match n % 20 {
            0 => login(&ip, &format!("user{}", n % 300), n % 200 != 0, n * 50),
            1 => flow(&ip, "198.51.100.1", 443, n % 100 == 1, n * 50),
            2 => call(&ip, &format!("user{}", n % 30), "s3", "GetObject", true, n * 50),
            _ => request(&ip, "GET", "/index.html", 200, n * 50),
        });
    }
    for (name, kind) in [("requests", 3), ("logins", 0), ("flows", 1), ("calls", 2)] {
        let mut identities = super::super::Identities::new();
        let limits = super::super::Limits::default();
        let (mut out, mut count, mut spent) = (Vec::new(), 0u32, std::time::Duration::ZERO);
        for (n, record) in lines.iter().enumerate().filter(|(n, _)| (n % 20).min(3) == kind) {
            let seen = super::super::Seen { record, event: EventId(n as u64), source: "test", drill: false };
            let start = std::time::Instant::now();
            identities.observe(&limits, &seen, 0, &mut out);
            spent += start.elapsed();
            count += 1;
        }
        println!("{name}: {} ns each over {count}, {} told", spent.as_nanos() / u128::from(count), out.len());
    }
}
