//! The ordinary traffic of a simulated week.

use super::super::rng::Rng;
use super::{DAY, HOUR, MINUTE, People, Plan, START, Step, What};

/// A person or a program.
#[derive(Debug, Clone, Copy)]
pub struct Person {
    pub user: u32,
    pub ip: u32,
    pub key: u32,
    pub group: Group,
    /// How busy, 0.4 to 2.5.
    pub busy: f64,
    /// Own habits: hour of choice, agent.
    pub hour: i64,
    pub agent: u8,
}

/// What kind of visitor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Group {
    Home,
    Office,
    Admin,
    Mobile,
    Program,
    Crawler,
    Server,
}

/// Everybody who comes back.
pub struct Crowd(pub Vec<Person>);

/// `exp` of a roughly normal number with this deviation.
pub fn factor(rng: &mut Rng, deviation: f64) -> f64 {
    let sum: i64 = (0..12).map(|_| rng.between(0, 10_000)).sum();
    (deviation * (sum as f64 / 10_000.0 - 6.0)).exp()
}

/// An address out of a group's part of the network.
fn address(block: u8, n: usize, per_range: usize) -> u32 {
    u32::from_be_bytes([block, (n / per_range / 250) as u8, (n / per_range % 250) as u8, (n % per_range * 7 + 3) as u8])
}

impl Crowd {
    pub fn new(of: People, rng: &mut Rng) -> Self {
        let mut people = Vec::new();
        let mut add = |group, n: usize, ip: u32, rng: &mut Rng| {
            let number = people.len() as u32 + 1;
            let hour = match group {
                Group::Office | Group::Admin => rng.between(8, 11),
                _ => rng.between(16, 22),
            };
            people.push(Person {
                user: if matches!(group, Group::Program | Group::Crawler | Group::Server) { 0 } else { number },
                ip,
                key: if group == Group::Program { n as u32 + 1 } else { 0 },
                group,
                busy: factor(rng, 0.4).clamp(0.4, 2.5),
                hour,
                agent: rng.between(1, 30) as u8,
            });
        };
        (0..of.homes).for_each(|n| add(Group::Home, n, address(81, n, 3), rng));
        (0..of.offices).for_each(|n| add(Group::Office, n, address(62, n / 12, 1), rng));
        (0..of.admins).for_each(|n| add(Group::Admin, n, address(62, n / 6, 1), rng));
        (0..of.mobiles).for_each(|n| add(Group::Mobile, n, address(46, n % 6, 2), rng));
        (0..of.programs).for_each(|n| add(Group::Program, n, address(18, n, 1), rng));
        (0..of.crawlers).for_each(|n| add(Group::Crawler, n, address(66, n, 2), rng));
        (0..of.servers).for_each(|n| add(Group::Server, n, server(n), rng));
        Self(people)
    }

    pub fn of(&self, group: Group, rng: &mut Rng) -> Person {
        let all: Vec<Person> = self.0.iter().copied().filter(|p| p.group == group).collect();
        rng.pick(&all)
    }

    pub fn traffic(&self, plan: Plan, rng: &mut Rng) -> Vec<Step> {
        let mut steps = Vec::new();
        for day in 0..plan.days {
            let midnight = START + day * DAY;
            let week_end = day % 7 >= 5;
            for person in &self.0 {
                match person.group {
                    Group::Home | Group::Mobile => home(*person, midnight, week_end, rng, &mut steps),
                    Group::Office | Group::Admin => office(*person, midnight, week_end, rng, &mut steps),
                    Group::Program => program(*person, midnight, rng, &mut steps),
                    Group::Crawler => crawler(*person, midnight, rng, &mut steps),
                    Group::Server => connections(*person, plan.people.servers, midnight, rng, &mut steps),
                }
            }
            (0..plan.people.passers).for_each(|_| passer(midnight, rng, &mut steps));
        }
        steps
    }
}

impl Person {
    pub fn step(self, time: i64, what: What) -> Step {
        let Self { user: _, ip, key, agent, .. } = self;
        Step { time, ip, user: 0, session: 0, key, number: 0, bytes: 0, status: 200, what, agent }
    }

    /// A login with a few slips of the finger.
    pub fn login(self, time: &mut i64, rng: &mut Rng, steps: &mut Vec<Step>) {
        for _ in 0..4 {
            let status = if rng.chance(7) { 401 } else { 200 };
            steps.push(Step { user: self.user, status, ..self.step(*time, What::Login) });
            *time += rng.gap(6_000);
            if status == 200 {
                return;
            }
        }
    }

    pub fn page(self, time: i64, session: u32, rng: &mut Rng) -> Step {
        let missing = rng.chance(1);
        let bytes = (18_000.0 * factor(rng, 0.8)) as u32;
        let what = if missing { What::Missing } else { What::Page(rng.between(0, 9) as u8) };
        let number = (rng.between(1, 80) * rng.between(1, 80)) as u32;
        Step { session, bytes, number, status: if missing { 404 } else { 200 }, ..self.step(time, what) }
    }
}

fn home(person: Person, midnight: i64, week_end: bool, rng: &mut Rng, steps: &mut Vec<Step>) {
    let mean = person.busy * if week_end { 2.2 } else { 1.6 };
    let visits = (mean * factor(rng, 0.4)).round() as i64;
    for _ in 0..visits.min(8) {
        let hour = if rng.chance(60) { person.hour + rng.between(-2, 3) } else { rng.between(7, 24) };
        let mut time = midnight + hour.rem_euclid(24) * HOUR + rng.between(0, HOUR);
        let session = rng.between(1, 1 << 30) as u32;
        if rng.chance(45) {
            person.login(&mut time, rng, steps);
        }
        let pages = (18.0 * person.busy * factor(rng, 0.7)) as i64;
        for _ in 0..pages.clamp(1, 150) {
            steps.push(person.page(time, session, rng));
            time += rng.gap(14_000) + 500;
        }
    }
}

fn office(person: Person, midnight: i64, week_end: bool, rng: &mut Rng, steps: &mut Vec<Step>) {
    if week_end && !rng.chance(6) {
        return;
    }
    let mut time = midnight + person.hour * HOUR + rng.between(-40, 40) * MINUTE;
    let end = time + rng.between(7, 10) * HOUR;
    person.login(&mut time, rng, steps);
    let session = rng.between(1, 1 << 30) as u32;
    while time < end {
        let burst = (10.0 * person.busy * factor(rng, 0.6)) as i64;
        for _ in 0..burst.clamp(1, 80) {
            steps.push(Step { user: person.user, ..person.page(time, session, rng) });
            time += rng.gap(15_000) + 500;
        }
        if person.group == Group::Admin && rng.chance(40) {
            for _ in 0..rng.between(1, 5) {
                let status = if rng.chance(4) { 403 } else { 200 };
                let number = rng.between(1, 60) as u32;
                let what = What::Admin(rng.between(0, 6) as u8);
                steps.push(Step { user: person.user, number, status, ..person.step(time, what) });
                time += rng.gap(40_000);
            }
        }
        time += rng.gap(25 * MINUTE) + MINUTE;
    }
}

fn program(person: Person, midnight: i64, rng: &mut Rng, steps: &mut Vec<Step>) {
    let every = (90_000.0 / person.busy) as i64;
    let mut time = midnight + rng.between(0, every);
    while time < midnight + DAY {
        let what = What::Call((person.key % 7 + rng.between(0, 4) as u32) as u8);
        let status = if rng.chance(1) { 403 } else { 200 };
        let number = rng.between(1, 30) as u32 + person.key * 100;
        steps.push(Step { number, status, ..person.step(time, what) });
        time += every + rng.between(-5_000, 5_000);
    }
}

fn crawler(person: Person, midnight: i64, rng: &mut Rng, steps: &mut Vec<Step>) {
    let mut time = midnight + rng.between(0, HOUR);
    while time < midnight + DAY {
        let pause = rng.chance(2);
        let missing = rng.chance(4);
        let number = rng.between(1, 6_000) as u32;
        let what = if missing { What::Missing } else { What::Page(rng.between(0, 4) as u8) };
        let bytes = (18_000.0 * factor(rng, 0.8)) as u32;
        let status = if missing { 404 } else { 200 };
        steps.push(Step { number, bytes, status, ..person.step(time, what) });
        time += if pause { rng.gap(HOUR) } else { rng.gap((45_000.0 / person.busy) as i64) };
    }
}

/// An address of one's own network.
pub fn server(n: usize) -> u32 {
    u32::from_be_bytes([10, 0, (n / 250) as u8, (n % 250) as u8 + 1])
}

/// Somebody who comes once: most look at a page or two, a few read on, one in fifty follows a dead link.
fn passer(midnight: i64, rng: &mut Rng, steps: &mut Vec<Step>) {
    let ip = u32::from_be_bytes([
        rng.pick(&[24, 77, 91, 103, 151, 188]),
        rng.between(0, 256) as u8,
        rng.between(0, 256) as u8,
        rng.between(1, 255) as u8,
    ]);
    let who = Person { user: 0, ip, key: 0, group: Group::Home, busy: 1.0, hour: 0, agent: rng.between(1, 30) as u8 };
    // Two thirds by day, the rest at any hour.
    let hour = if rng.chance(66) { rng.between(8, 22) } else { rng.between(0, 24) };
    let mut time = midnight + hour * HOUR + rng.between(0, HOUR);
    let session = rng.between(1, 1 << 30) as u32;
    for _ in 0..((3.0 * factor(rng, 1.0)) as i64).clamp(1, 90) {
        steps.push(who.page(time, session, rng));
        time += rng.gap(20_000) + 400;
    }
}

/// A server asks its few partners at their ports, now and then without an answer; the first watches all others.
fn connections(person: Person, servers: usize, midnight: i64, rng: &mut Rng, steps: &mut Vec<Step>) {
    let own = (person.ip & 0xFF) as usize - 1;
    let watches = own == 0;
    let every = if watches { 5 * MINUTE } else { (240_000.0 / person.busy) as i64 };
    let mut time = midnight + rng.between(0, every);
    while time < midnight + DAY {
        let partners = if watches { 0..servers } else { 1..4 };
        for partner in partners {
            let number = server((own + partner) % servers.max(1));
            let port = if watches { 9_100 } else { [443, 5_432, 6_379][partner % 3] };
            let status = if rng.chance(1) { 500 } else { 200 };
            let bytes = (2_000.0 * factor(rng, 0.6)) as u32;
            if watches || rng.chance(50) {
                steps.push(Step { number, bytes, status, ..person.step(time, What::Flow(port)) });
            }
            time += rng.gap(400);
        }
        time += every + rng.between(-20_000, 20_000);
    }
}
