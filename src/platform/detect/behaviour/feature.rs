//! Named features of a window. Counts are taken as `ln(1 + n)`, so that own and peer history compare by ratio.

use super::kind::{Kind, LEVELS};
use super::window::{FEW, Row};
use crate::text::human;
use std::sync::LazyLock;

/// How many there are.
pub const FEATURES: usize = 22;
/// The features of a window, in the order of [`NAMES`].
pub type Vector = [f32; FEATURES];

/// Their names.
pub const NAMES: [&str; FEATURES] = [
    "requests",
    "client errors x their share",
    "things not there",
    "routes",
    "bytes out",
    "successful logins",
    "failed logins",
    "names that failed",
    "failed names per successful login",
    "request pattern confidence",
    "evenness of the pace",
    "agents",
    "objects",
    "places",
    "administrative actions",
    "refused actions",
    "rarity of the hour",
    "ids in sequence",
    "changes",
    "new addresses that failed to log in",
    "routes never used before",
    "objects never used before",
];

pub const REQUESTS: usize = 0;
pub const ERRORS: usize = 1;
pub const MISSING: usize = 2;
pub const ROUTES: usize = 3;
pub const BYTES: usize = 4;
pub const FAILURES: usize = 6;
pub const FAILED_NAMES: usize = 7;
pub const NAMES_PER_SUCCESS: usize = 8;
pub const OBJECTS: usize = 12;
pub const PLACES: usize = 13;
pub const ADMIN: usize = 14;
pub const DENIED: usize = 15;
pub const HOUR: usize = 16;
pub const STEPS: usize = 17;
pub const FRESH: usize = 19;
pub const NEW_ROUTES: usize = 20;
pub const NEW_OBJECTS: usize = 21;

/// Below this a value is of no consequence in ten minutes, however rare: what a slip, a retry or a page with a
/// hundred parts makes. In the units people read.
const LEAST: [f64; FEATURES] = [
    150.0,             // requests
    10.0,              // client errors x their share
    10.0,              // things not there
    60.0,              // routes
    8.0 * 1_048_576.0, // bytes
    20.0,              // successful logins
    5.0,               // failed logins
    4.0,               // names that failed
    3.0,               // failed names per successful login
    60.0,              // confidence of a request pattern, per cent
    6.4,               // evenness
    5.0,               // agents
    100.0,             // objects
    4.0,               // places
    6.0,               // administrative actions
    5.0,               // refused actions
    50.0,              // rarity of the hour
    20.0,              // ids in sequence
    15.0,              // changes
    5.0,               // new addresses that failed
    4.0,               // routes never used before
    60.0,              // objects never used before
];
/// In an hour and a day it is so many times that, ...
const LONGER: [f64; LEVELS] = [1.0, 2.5, 6.0];
/// ... of what is fetched, which comes in bursts, so many times, ...
const LONGER_FETCHED: [f64; LEVELS] = [1.0, 1.5, 2.5];
/// ... of what fails, which ordinary days have little of, only so many, ...
const LONGER_FAILED: [f64; LEVELS] = [1.0, 1.5, 3.0];
/// ... and of a group, which is several, this many times as much.
const GROUP: f64 = 3.0;

/// The least values that count, by length of window and for groups.
static MATERIAL: LazyLock<[[Vector; 2]; LEVELS]> = LazyLock::new(|| {
    std::array::from_fn(|level| [1.0, GROUP].map(|group| std::array::from_fn(|f| least(f, level, group))))
});

#[expect(clippy::cast_possible_truncation, reason = "logarithms of counts")]
fn least(f: usize, level: usize, group: f64) -> f32 {
    let failed = is_login(f) || matches!(f, ERRORS | MISSING | DENIED);
    let longer = match f {
        _ if failed => LONGER_FAILED,
        REQUESTS | ROUTES | BYTES | OBJECTS | STEPS | NEW_OBJECTS => LONGER_FETCHED,
        _ => LONGER,
    }[level];
    match f {
        9 => (LEAST[f] / 20.0) as f32,
        10 | HOUR => LEAST[f].ln_1p() as f32,
        NAMES_PER_SUCCESS | 11 | PLACES => (LEAST[f] * group).ln_1p() as f32,
        _ => (LEAST[f] * longer * group).ln_1p() as f32,
    }
}

/// It counts logins that failed.
pub const fn is_login(f: usize) -> bool {
    matches!(f, FAILURES | FAILED_NAMES | NAMES_PER_SUCCESS | FRESH)
}

/// It is something done, and not only the manner or the time of it.
pub const fn is_deed(f: usize) -> bool {
    !matches!(f, 10 | 11 | HOUR)
}

/// The least values that count in windows of this length.
pub fn material(level: usize, group: bool) -> &'static Vector {
    &MATERIAL[level][usize::from(group)]
}

/// What only the entity's past can tell: rarity of this hour (natural logarithm of one in how many), routes that are new,
/// and, of a day, about how many objects are.
#[derive(Debug, Clone, Copy, Default)]
pub struct Past {
    pub hour: f32,
    pub new_routes: u32,
    pub new_objects: f64,
}

/// `ln(1 + n)` of the numbers that nearly all counts are.
static LN: LazyLock<[f32; 256]> = LazyLock::new(|| std::array::from_fn(|n| (n as f64).ln_1p() as f32));

/// The same of what so many bits of a set stand for.
static LN_FEW: LazyLock<[f32; 65]> = LazyLock::new(|| FEW.map(|n| if n == 0.0 { 0.0 } else { n.ln_1p() as f32 }));

/// A window as numbers.
#[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "logarithms of counts")]
pub fn vector(row: &Row, past: Past) -> Vector {
    let (c, d) = (&row.counts, row.counts.deeds());
    // Of most things there are none.
    let ln = |n: f64| if n == 0.0 { 0.0 } else { n.ln_1p() as f32 };
    let count = |n: u32| LN.get(n as usize).copied().unwrap_or_else(|| ln(f64::from(n)));
    let distinct = |set| row.few(set).map_or_else(|| ln(row.distinct(set)), |bits| LN_FEW[bits]);
    let errors = f64::from(c.errors);
    let failed_names = row.distinct(2);
    // What is done at an odd hour matters as far as there is something: a late reader is no news.
    let active = f64::from(d.admin) * 4.0 + f64::from(d.denied) * 2.0 + f64::from(c.writes) * 0.5;
    // A pace is one actor's.
    let single = !row.kind.is_group();
    let evenness =
        c.rhythm().filter(|_| single).map_or(0.0, |(mean, deviation)| ((mean + 0.5) / (deviation + 0.5)).max(1.0).ln());
    let mut x = [0.0; FEATURES];
    x[REQUESTS] = count(c.requests);
    x[ERRORS] = if c.errors == 0 { 0.0 } else { ln(errors * errors / f64::from(c.requests.max(1))) };
    x[MISSING] = distinct(0);
    x[ROUTES] = distinct(1);
    x[BYTES] = ln(c.bytes as f64);
    x[5] = count(d.successes);
    x[FAILURES] = count(d.failures);
    x[FAILED_NAMES] = distinct(2);
    x[NAMES_PER_SUCCESS] = if failed_names > 1.5 { ln(failed_names / (1.0 + f64::from(d.successes))) } else { 0.0 };
    x[9] = f32::from(c.payload) / 20.0;
    x[10] = evenness as f32;
    x[11] = distinct(3);
    x[OBJECTS] = distinct(4);
    x[PLACES] = if row.kind == Kind::Address { 0.0 } else { distinct(5) };
    x[ADMIN] = count(d.admin);
    x[DENIED] = count(d.denied);
    x[HOUR] = past.hour * ln(active).min(3.0);
    x[STEPS] = if single { count(d.steps) } else { 0.0 };
    x[18] = count(c.writes);
    x[FRESH] = count(d.fresh);
    x[NEW_ROUTES] = count(past.new_routes);
    x[NEW_OBJECTS] = ln(past.new_objects);
    x
}

/// A feature's value for people.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "printed")]
pub fn shown(feature: usize, x: f32) -> String {
    let n = f64::from(x).exp_m1().max(0.0);
    match feature {
        BYTES => human::bytes(n as u64),
        9 => format!("{:.0} %", x * 20.0),
        10 | HOUR => format!("{x:.1}"),
        ERRORS | NAMES_PER_SUCCESS => format!("{n:.1}"),
        _ => human::count(n.round() as u64),
    }
}

/// What an anomaly with these leading features is called.
pub struct Label {
    pub rule: &'static str,
    pub title: &'static str,
    pub class: &'static str,
    pub techniques: &'static [&'static str],
}

/// The name of the first leading feature that has one, else the kind's own.
pub fn label(kind: Kind, leading: &[usize], x: &Vector) -> Label {
    let of = |rule, title, class, techniques| Label { rule, title, class, techniques };
    for feature in leading {
        let known = match (kind, *feature) {
            (_, FAILED_NAMES | NAMES_PER_SUCCESS | FRESH) => {
                of("behaviour.stuffing", "Many names tried", "credential_stuffing", &["T1110.004", "T1110.003"][..])
            }
            (_, FAILURES) if x[FAILED_NAMES] > 1.7 => {
                of("behaviour.stuffing", "Many names tried", "credential_stuffing", &["T1110.004", "T1110.003"][..])
            }
            (_, FAILURES) => {
                of("behaviour.guessing", "Unusually many failed logins", "brute_force", &["T1110.001"][..])
            }
            (_, MISSING) => of("behaviour.scan", "Unusual search for what is not there", "probing", &["T1595.003"][..]),
            (Kind::Key, _) => {
                of("behaviour.key_abuse", "API key used unlike before", "key_abuse", &["T1552", "T1078.004"][..])
            }
            (Kind::User | Kind::Session, ADMIN | DENIED | HOUR) => {
                of("behaviour.privilege", "Unusual use of privileges", "privilege_misuse", &["T1078", "T1098"][..])
            }
            (Kind::User | Kind::Tenant, BYTES | OBJECTS | NEW_OBJECTS) => {
                of("behaviour.exfiltration", "Unusual amount of data taken", "exfiltration", &["T1530", "T1567"][..])
            }
            (_, ROUTES | OBJECTS | STEPS | REQUESTS | BYTES) => {
                of("behaviour.scraping", "Unusual amount of content fetched", "scraping", &["T1213", "T1119"][..])
            }
            _ => continue,
        };
        return known;
    }
    of(kind.rule(), "Unlike its past and its peers", "anomaly", &[])
}
