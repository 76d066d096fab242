//! The labelled attacks of a simulated week.

use super::super::rng::Rng;
use super::people::{Crowd, Group, Person, server};
use super::{ATTACKS, Attack, DAY, HOUR, MINUTE, Plan, START, Step, What};
use std::collections::BTreeSet;
use std::net::Ipv4Addr;

/// Puts all attacks of a plan among the steps.
pub fn inject(plan: Plan, people: &Crowd, steps: &mut Vec<Step>, rng: &mut Rng) -> Vec<Attack> {
    let mut attacks = Vec::new();
    for (nth, kind) in ATTACKS.into_iter().enumerate() {
        let ramp = kind == "patient ramp";
        let times = if ramp { usize::from(plan.days >= 27) } else { plan.each };
        for n in 0..times {
            let span = (plan.days - plan.from_day - 1).max(1);
            // One after the other, evenly over the days there are.
            let place = n * ATTACKS.len() + nth;
            let day = plan.from_day + place as i64 * span / (ATTACKS.len() * plan.each.max(1)) as i64;
            let at = START + day * DAY + rng.between(6, 22) * HOUR + rng.between(0, HOUR);
            let from = steps.len();
            one(kind, plan, at, people, steps, rng);
            attacks.push(label(kind, &steps[from..]));
        }
    }
    attacks
}

/// An address nobody had before.
fn stranger(rng: &mut Rng) -> Person {
    let ip = u32::from_be_bytes([185, rng.between(0, 250) as u8, rng.between(0, 250) as u8, rng.between(1, 250) as u8]);
    Person { user: 0, ip, key: 0, group: Group::Home, busy: 1.0, hour: 0, agent: 99 }
}

#[expect(clippy::too_many_lines, reason = "one arm for each kind of attack")]
fn one(kind: &str, plan: Plan, at: i64, people: &Crowd, steps: &mut Vec<Step>, rng: &mut Rng) {
    let mut try_login = |who: Person, time: i64, user: u32, good: bool| {
        steps.push(Step { user, status: if good { 200 } else { 401 }, ..who.step(time, What::Login) });
    };
    let end_of_day = START + plan.days * DAY;
    match kind {
        "stuffing" => {
            let who = stranger(rng);
            let (names, minutes) = (rng.between(50, 300), rng.between(15, 60));
            for _ in 0..names {
                try_login(who, at + rng.between(0, minutes * MINUTE), rng.between(1, 90_000) as u32, rng.chance(1));
            }
        }
        "stuffing distributed" => {
            let (tries, hours) = (rng.between(2_500, 5_000), rng.between(1, 4));
            for _ in 0..tries {
                try_login(stranger(rng), at + rng.between(0, hours * HOUR), rng.between(1, 90_000) as u32, false);
            }
        }
        "spray fast" => {
            let (who, users) = (stranger(rng), rng.between(25, 60));
            for user in 0..users {
                try_login(who, at + rng.between(0, 15 * MINUTE), user as u32 + 1, false);
            }
        }
        "spray slow" => {
            let who = stranger(rng);
            let (mut time, every) = (at, rng.between(4, 11) * MINUTE);
            for user in 0..rng.between(70, 130) {
                try_login(who, time, user as u32 + 1, false);
                time += every + rng.between(-MINUTE, MINUTE);
            }
        }
        "brute force slow" => {
            let (who, user) = (stranger(rng), rng.between(1, 50) as u32);
            let (mut time, every) = (at, rng.between(2, 6) * MINUTE);
            while time < at + rng.between(6, 10) * HOUR {
                try_login(who, time, user, false);
                time += every + rng.between(-MINUTE, MINUTE);
            }
        }
        "scraping" => scraping(at, people, steps, rng),
        "path scan" => {
            let (who, mut time) = (stranger(rng), at);
            for _ in 0..rng.between(150, 900) {
                let number = rng.between(1, 1 << 24) as u32;
                steps.push(Step { number, status: 404, bytes: 300, ..who.step(time, What::Missing) });
                time += rng.gap(900);
            }
        }
        "key abuse" => {
            let victim = people.of(Group::Program, rng);
            let who = Person { key: victim.key, ..stranger(rng) };
            let mut time = at;
            for _ in 0..rng.between(60, 250) {
                let status = if rng.chance(30) { 403 } else { 200 };
                let number = rng.between(1, 50_000) as u32;
                let what = What::Call(rng.between(8, 26) as u8);
                steps.push(Step { number, status, ..who.step(time, what) });
                time += rng.gap(8_000);
            }
        }
        "privilege misuse" => {
            let who = people.of(Group::Admin, rng);
            let mut time = at - at.rem_euclid(DAY) + rng.between(0, 5) * HOUR;
            for _ in 0..rng.between(12, 40) {
                let status = if rng.chance(25) { 403 } else { 200 };
                let (number, what) = (rng.between(1, 900) as u32, What::Admin(rng.between(0, 20) as u8));
                steps.push(Step { user: who.user, number, status, ..who.step(time, what) });
                time += rng.gap(40_000);
            }
        }
        "exfiltration" => {
            let who = people.of(Group::Office, rng);
            let more = rng.between(900, 1_600);
            exfiltrate(who, at, 1, steps, rng, |_| more);
        }
        "exfiltration slow" => {
            let who = people.of(Group::Office, rng);
            let (more, days) = (rng.between(200, 400), rng.between(4, 6));
            exfiltrate(who, at, days.min((end_of_day - at) / DAY), steps, rng, |_| more);
        }
        "patient ramp" => {
            let who = people.of(Group::Office, rng);
            let usual = steps.iter().filter(|s| s.user == who.user && s.time < START + 5 * DAY).count() as f64 / 5.0;
            // Twenty days, each with 5 % more than the day before.
            let ramp = |day: i64| ((1.05f64.powi(day as i32 + 1) - 1.0) * usual) as i64;
            exfiltrate(who, START + 7 * DAY, 20, steps, rng, ramp);
        }
        "token theft" => stolen(at, steps, rng),
        sweep => scan(sweep, plan, at, steps, rng),
    }
}

/// Somebody goes on with the session of another, from elsewhere and with other software, while its owner does.
fn stolen(at: i64, steps: &mut Vec<Step>, rng: &mut Rng) {
    let owners: Vec<Step> =
        steps.iter().filter(|s| s.session != 0 && (0..3 * HOUR).contains(&(s.time - at))).copied().collect();
    let Some(owner) = owners.first().map(|_| rng.pick(&owners)) else { return };
    let last = steps.iter().filter(|s| s.session == owner.session).map(|s| s.time).max().unwrap_or(at);
    let who = stranger(rng);
    let mut time = owner.time + rng.between(5_000, 60_000);
    for n in 0..rng.between(30, 90) {
        let page = who.page(time, owner.session, rng);
        steps.push(Step { user: owner.user, what: What::Page(7), number: n as u32, status: 200, ..page });
        // The owner is still there: what he does now and then lies between.
        if n % 3 == 0 && time > last {
            steps.push(Step { time: time + 1_500, ..owner });
        }
        time += rng.gap(6_000) + 300;
    }
}

/// A sweep over ports or hosts of one's own network, within minutes or over a day and more; a few answer.
fn scan(kind: &str, plan: Plan, at: i64, steps: &mut Vec<Step>, rng: &mut Rng) {
    let who = stranger(rng);
    let (ports, fast) = (kind.starts_with("port"), kind.ends_with("fast"));
    let (count, gap) = match (ports, fast) {
        (true, true) => (rng.between(200, 1_000), 200),
        (true, false) => (rng.between(60, 160), 12 * MINUTE),
        (false, true) => (rng.between(60, 250), 300),
        (false, false) => (rng.between(50, 120), 15 * MINUTE),
    };
    let target = server(rng.between(0, plan.people.servers.max(1) as i64) as usize);
    let (first, mut time) = (rng.between(1, 9_000), at);
    for n in 0..count {
        let (number, port) =
            if ports { (target, (first + n * 7) as u16) } else { (server(n as usize), rng.pick(&[22, 445, 3_389])) };
        let status = if rng.chance(4) { 200 } else { 500 };
        steps.push(Step { number, status, bytes: 60, ..who.step(time, What::Flow(port)) });
        time += rng.gap(gap);
    }
}

/// A customer's session turned into a machine: item after item.
fn scraping(at: i64, people: &Crowd, steps: &mut Vec<Step>, rng: &mut Rng) {
    let (who, session) = (people.of(Group::Home, rng), rng.between(1, 1 << 30) as u32);
    let (mut time, mut number) = (at, rng.between(1, 3_000) as u32);
    let (pages, gap) = (rng.between(400, 1_500), rng.between(1_000, 3_000));
    for _ in 0..pages {
        number += 1;
        let page = Step { number, ..who.page(time, session, rng) };
        steps.push(Step { what: What::Page(1), status: 200, ..page });
        time += rng.gap(gap);
    }
}

/// Documents beyond the usual, `more(day)` a day, spread over the working hours.
fn exfiltrate(who: Person, at: i64, days: i64, steps: &mut Vec<Step>, rng: &mut Rng, more: impl Fn(i64) -> i64) {
    let midnight = at - at.rem_euclid(DAY);
    for day in 0..days {
        for _ in 0..more(day) {
            let time = midnight + day * DAY + who.hour * HOUR + rng.between(0, 8 * HOUR);
            let number = rng.between(6_000, 90_000) as u32;
            let step = Step { user: who.user, number, ..who.page(time, 0, rng) };
            steps.push(Step { what: What::Page(1), status: 200, ..step });
        }
    }
}

/// Who took part, from the attack's own steps.
fn label(kind: &'static str, steps: &[Step]) -> Attack {
    let mut who = BTreeSet::new();
    // Whose names were tried by the dozen is nobody's mark: those people go on as ever.
    let users: BTreeSet<u32> = steps.iter().map(|s| s.user).filter(|u| *u != 0).collect();
    for step in steps {
        let ip = Ipv4Addr::from(step.ip);
        let range = Ipv4Addr::from(step.ip & 0xFFFF_FF00);
        who.insert(ip.to_string());
        who.insert(format!("{range}/24"));
        let user = if users.len() > 2 { 0 } else { step.user };
        for (prefix, n) in [("user", user), ("s", step.session), ("key", step.key)] {
            if n != 0 {
                who.insert(format!("{prefix}{n}"));
            }
        }
        if step.key != 0 || matches!(step.what, What::Admin(_)) {
            who.insert(format!("tenant{}", (step.key + step.user) % 5));
        }
    }
    let times = || steps.iter().map(|s| s.time);
    Attack {
        kind,
        from: times().min().unwrap_or_default(),
        until: times().max().unwrap_or_default(),
        who: who.into_iter().collect(),
    }
}
