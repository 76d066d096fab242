//! Simulated weeks: the traffic of home users, offices behind one address, mobile gateways, programs with API keys and
//! crawlers, with labelled attacks among it. Made up here, for measuring the behaviour models and for nothing else: no
//! figure from it says what would be found in anybody's real traffic.
//!
//! `people.rs` is the ordinary traffic, `attack.rs` the attacks, `score.rs` what was found of them. The same plan gives the same week.

mod attack;
mod people;
mod score;

pub use score::Score;

use super::rng::Rng;
use crate::api::{Class, Outcome, Timestamp};
use crate::platform::record::{Call, HttpRecord, Record};
use std::borrow::Cow;
use std::net::{IpAddr, Ipv4Addr};

/// Monday, 2 November 2026, 00:00 UTC.
pub const START: i64 = 1_793_577_600_000;
const DAY: i64 = 86_400_000;
const HOUR: i64 = 3_600_000;
const MINUTE: i64 = 60_000;

/// The kinds of attack.
pub const ATTACKS: [&str; 11] = [
    "stuffing",
    "stuffing distributed",
    "spray fast",
    "spray slow",
    "brute force slow",
    "scraping",
    "path scan",
    "key abuse",
    "privilege misuse",
    "exfiltration slow",
    "patient ramp",
];

/// What is to be simulated.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    /// Seed of everything.
    pub seed: u64,
    /// How long.
    pub days: i64,
    /// Day of the first attack.
    pub from_day: i64,
    /// How often each kind of attack happens; the ramp happens once and only in plans of 27 days and more.
    pub each: usize,
    /// Home users; the other groups are in proportion.
    pub homes: usize,
}

/// One thing that happened.
#[derive(Debug, Clone, Copy)]
struct Step {
    time: i64,
    ip: u32,
    /// 0 for nobody.
    user: u32,
    session: u32,
    key: u32,
    number: u32,
    bytes: u32,
    status: u16,
    what: What,
    agent: u8,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum What {
    Page(u8),
    Missing,
    Login,
    Call(u8),
    Admin(u8),
}

/// An attack that is in the week.
#[derive(Debug, Clone)]
pub struct Attack {
    /// One of [`ATTACKS`].
    pub kind: &'static str,
    /// First and last event.
    pub from: i64,
    /// See `from`.
    pub until: i64,
    /// Addresses, ranges, users, sessions and keys that took part, as entities are written.
    pub who: Vec<String>,
}

/// A simulated week or several.
pub struct Week {
    steps: Vec<Step>,
    /// What there is to be found.
    pub attacks: Vec<Attack>,
}

impl Week {
    /// Simulates a plan.
    #[must_use]
    pub fn new(plan: Plan) -> Self {
        let mut rng = Rng::new(plan.seed);
        let people = people::People::new(plan, &mut rng);
        let mut steps = people.traffic(plan, &mut rng);
        let attacks = attack::inject(plan, &people, &mut steps, &mut rng);
        steps.sort_by_key(|s| s.time);
        Self { steps, attacks }
    }

    /// Events in it.
    #[must_use]
    pub fn len(&self) -> usize {
        self.steps.len()
    }

    /// True if nothing happens in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// The events in order of time.
    pub fn records(&self) -> impl Iterator<Item = Record<'static>> + '_ {
        self.steps.iter().map(Step::record)
    }
}

impl Step {
    fn record(&self) -> Record<'static> {
        let named = |prefix: &str, n: u32| (n != 0).then(|| Cow::Owned(format!("{prefix}{n}")));
        let mut record = Record::bare(Timestamp(self.time), "");
        record.src_ip = Some(IpAddr::V4(Ipv4Addr::from(self.ip)));
        record.user = named("user", self.user);
        record.session = named("s", self.session);
        record.host = Some(Cow::Borrowed("shop.example"));
        let good = self.status < 400;
        record.outcome = if good { Outcome::Success } else { Outcome::Failure };
        let n = self.number;
        match self.what {
            What::Login => {
                record.class = Class::AUTHENTICATION;
                record.activity = 1;
            }
            What::Page(_) | What::Missing => {
                record.class = Class::HTTP;
                let url = match self.what {
                    What::Missing => format!("/{n:x}/old-{n}"),
                    What::Page(0) => "/".to_owned(),
                    What::Page(1 | 2) => format!("/item/{n}"),
                    What::Page(3) => format!("/list/{}", n % 40),
                    What::Page(route) => {
                        format!("/{}", ["search", "cart", "account", "help", "about"][usize::from(route) % 5])
                    }
                    _ => String::new(),
                };
                record.http = Some(HttpRecord {
                    method: Cow::Borrowed(if n % 17 == 0 && self.session != 0 { "POST" } else { "GET" }),
                    url: Cow::Owned(url),
                    status: self.status,
                    bytes: u64::from(self.bytes),
                    referer: Cow::Borrowed(""),
                    agent: Cow::Owned(format!("Browser/{}", self.agent)),
                });
            }
            What::Call(action) | What::Admin(action) => {
                let admin = matches!(self.what, What::Admin(_));
                record.class = Class::API;
                let verb = if admin { "role.change" } else { "asset.read" };
                record.call = Some(Box::new(Call {
                    action: Cow::Owned(format!("{verb}.{}", char::from(b'a' + action % 26))),
                    object: Cow::Owned(format!("asset{n}")),
                    key: named("key", self.key).unwrap_or_default(),
                    tenant: Cow::Owned(format!("tenant{}", (self.key + self.user) % 5)),
                    agent: Cow::Owned(format!("Client/{}", self.agent)),
                    admin,
                    ..Call::default()
                }));
            }
        }
        record
    }
}
