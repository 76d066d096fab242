//! Simulated weeks: the traffic of home users, offices behind one address, mobile gateways, programs with API keys,
//! crawlers, passers-by and servers of one's own, with labelled attacks among it. Made up here, for measuring the behaviour models and for nothing else: no
//! figure from it says what would be found in anybody's real traffic.
//!
//! `people.rs` is the ordinary traffic, `attack.rs` the attacks, `score.rs` what was found of them. The same plan gives the same week.

mod attack;
mod people;
mod score;

pub use score::{MODELS, Score};

use super::rng::Rng;
use crate::api::{Class, Outcome, Timestamp};
use crate::platform::record::{Call, Flow, HttpRecord, Record};
use std::borrow::Cow;
use std::net::{IpAddr, Ipv4Addr};

/// Monday, 2 November 2026, 00:00 UTC.
pub const START: i64 = 1_793_577_600_000;
const DAY: i64 = 86_400_000;
const HOUR: i64 = 3_600_000;
const MINUTE: i64 = 60_000;

/// The kinds of attack.
pub const ATTACKS: [&str; 17] = [
    "stuffing",
    "stuffing distributed",
    "spray fast",
    "spray slow",
    "brute force slow",
    "scraping",
    "path scan",
    "key abuse",
    "privilege misuse",
    "exfiltration",
    "exfiltration slow",
    "patient ramp",
    "port sweep fast",
    "port sweep slow",
    "host sweep fast",
    "host sweep slow",
    "token theft",
];

/// How many of whom there are.
#[derive(Debug, Clone, Copy, Default)]
pub struct People {
    /// At home, each at an address of his own, some logged in.
    pub homes: usize,
    /// In offices of twelve behind one address, logged in.
    pub offices: usize,
    /// Of those who administer.
    pub admins: usize,
    /// On phones, many behind each gateway.
    pub mobiles: usize,
    /// Programs with an API key.
    pub programs: usize,
    /// Crawlers.
    pub crawlers: usize,
    /// Those who come on one day and never again, each day.
    pub passers: usize,
    /// Servers of one's own that connect to one another.
    pub servers: usize,
}

impl People {
    /// A shop with offices, an API and its servers; the other groups are in proportion to the home users.
    #[must_use]
    pub const fn shop(homes: usize) -> Self {
        Self {
            homes,
            offices: homes / 2,
            admins: homes / 12,
            mobiles: homes / 2,
            programs: homes / 6,
            crawlers: homes / 15,
            passers: homes,
            servers: homes / 6,
        }
    }

    /// A company of so many users, one in ten of whom administers something.
    #[must_use]
    pub const fn company(users: usize) -> Self {
        let admins = if users < 10 { 1 } else { users / 10 };
        Self { offices: users - admins, admins, homes: 0, mobiles: 0, programs: 0, crawlers: 0, passers: 0, servers: 0 }
    }

    /// A public web site: nobody signs in.
    #[must_use]
    pub const fn public() -> Self {
        Self { crawlers: 4, passers: 600, homes: 0, offices: 0, admins: 0, mobiles: 0, programs: 0, servers: 0 }
    }

    /// An API with keys, and two who administer it.
    #[must_use]
    pub const fn keys(programs: usize) -> Self {
        Self { programs, admins: 2, homes: 0, offices: 0, mobiles: 0, crawlers: 0, passers: 0, servers: 0 }
    }
}

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
    /// Who takes part.
    pub people: People,
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
    /// A connection to `number`, at this port.
    Flow(u16),
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
        let people = people::Crowd::new(plan.people, &mut rng);
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

/// Browsers of some versions, and a tool.
fn software(agent: u8) -> String {
    let version = 100 + agent / 3;
    match agent {
        99.. => "python-requests/2.32.3".to_owned(),
        n if n % 3 == 0 => {
            format!(
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{version}.0.0.0 Safari/537.36"
            )
        }
        n if n % 3 == 1 => {
            format!(
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_{} like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1",
                n % 5
            )
        }
        _ => format!("Mozilla/5.0 (X11; Linux x86_64; rv:{version}.0) Gecko/20100101 Firefox/{version}.0"),
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
                    method: Cow::Borrowed(if n.is_multiple_of(17) && self.session != 0 { "POST" } else { "GET" }),
                    url: Cow::Owned(url),
                    status: self.status,
                    bytes: u64::from(self.bytes),
                    referer: Cow::Borrowed(""),
                    agent: Cow::Owned(software(self.agent)),
                });
            }
            What::Flow(port) => {
                record.class = Class::NETWORK;
                record.flow = Some(Flow {
                    dst_ip: Some(IpAddr::V4(Ipv4Addr::from(n))),
                    dst_port: port,
                    sent: if good { u64::from(self.bytes) } else { 60 },
                    received: if good { 4_000 } else { 0 },
                    failed: !good,
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
