//! What behaviour learns from one event: who, and a handful of numbers. Nothing is allocated.

use crate::api::{Class, EventId, Outcome};
use crate::platform::record::Record;
use crate::query::row::path;
use std::cell::RefCell;
use std::net::IpAddr;

/// One event as the counters see it. Hashes are 0 where there is nothing.
#[derive(Clone, Copy)]
pub struct Fact<'a> {
    /// Event time, milliseconds.
    pub time: i64,
    /// The event itself, as evidence.
    pub event: EventId,
    /// Where it was read.
    pub source: &'a str,
    /// Host or site, for what concerns everybody.
    pub host: &'a str,
    /// Client address, in canonical form.
    pub ip: Option<IpAddr>,
    /// Who; empty if unknown.
    pub user: &'a str,
    /// Session fingerprint; empty if unknown.
    pub session: &'a str,
    /// API key id; empty if unknown.
    pub key: &'a str,
    /// Account or workspace; empty if unknown.
    pub tenant: &'a str,
    /// A login and whether it succeeded.
    pub login: Option<bool>,
    /// How many equal events this one stands for.
    pub repeat: u32,
    /// The answer was a 4xx, or the operation failed.
    pub error: bool,
    /// The path is not there (404).
    pub missing: bool,
    /// It was forbidden (403), or the operation was refused.
    pub denied: bool,
    /// It changes something.
    pub write: bool,
    /// It changes who may do what.
    pub admin: bool,
    /// Bytes that went out.
    pub bytes: u64,
    /// Path without its numbers, or operation.
    pub route: u64,
    /// The thing itself: full path, or object of an operation.
    pub object: u64,
    /// The number that ends the path, if one does: ids that count up are an enumeration.
    pub number: u64,
    /// User agent.
    pub agent: u64,
    /// Country.
    pub country: u64,
    /// Confidence of the strongest request pattern, 0 to 100.
    pub payload: u8,
    /// It calls itself a well-known crawler.
    pub crawler: bool,
    /// Something was detected about it: it teaches nothing.
    pub flagged: bool,
}

impl<'a> Fact<'a> {
    /// What counts of a record; `login` is whether it is one and succeeded.
    pub fn of(record: &'a Record<'_>, event: EventId, source: &'a str, login: Option<bool>) -> Self {
        fn text<'b>(value: &'b Option<std::borrow::Cow<'_, str>>) -> &'b str {
            value.as_deref().filter(|t| *t != "-").unwrap_or_default()
        }
        let mut fact = Self {
            time: record.time.0,
            event,
            source,
            host: record.host.as_deref().unwrap_or(source),
            ip: record.src_ip.map(|ip| ip.to_canonical()),
            user: text(&record.user),
            session: text(&record.session),
            key: "",
            tenant: "",
            login,
            repeat: record.repeat.clamp(1, 1_000),
            error: false,
            missing: false,
            denied: false,
            write: false,
            admin: false,
            bytes: 0,
            route: 0,
            object: 0,
            number: 0,
            agent: 0,
            country: record.country.as_deref().map_or(0, |c| hash(c.as_bytes())),
            payload: 0,
            crawler: false,
            flagged: false,
        };
        if let Some(http) = &record.http {
            let path = path(&http.url);
            fact.object = hash(path.as_bytes());
            (fact.route, fact.number) = known_route(fact.object, path.as_bytes());
            fact.agent = hash(http.agent.as_bytes());
            fact.bytes = http.bytes;
            fact.error = (400..500).contains(&http.status);
            fact.missing = http.status == 404;
            fact.denied = http.status == 403;
            fact.write = !matches!(&*http.method, "GET" | "HEAD" | "OPTIONS");
        }
        if let Some(call) = &record.call {
            (fact.key, fact.tenant, fact.admin) = (&call.key, &call.tenant, call.admin);
            fact.route = hash(call.action.as_bytes());
            fact.object = if call.object.is_empty() { 0 } else { hash(call.object.as_bytes()) };
            fact.agent = hash(call.agent.as_bytes());
            fact.denied = record.outcome == Outcome::Failure;
            fact.error = fact.denied;
        }
        if let Some(flow) = &record.flow {
            fact.bytes = flow.sent;
            (fact.error, fact.missing) = (flow.failed, flow.failed);
            let to = flow.dst_ip.map_or(0, |ip| number(ip.to_canonical()));
            fact.route = pair(to, 0);
            fact.object = pair(to, u64::from(flow.dst_port));
        }
        if record.class == Class::AUTHENTICATION && record.http.is_none() && record.call.is_none() {
            fact.route = 0;
        }
        fact
    }
}

thread_local! {
    /// Paths asked about lately, each at the place that its hash says.
    static ROUTES: RefCell<Vec<Route>> = RefCell::new(vec![Route::default(); ROUTES_MAX]);
}

/// Paths whose routes are remembered by each thread.
const ROUTES_MAX: usize = 1_024;
/// Longer paths are not.
const PATH_MAX: usize = 128;

#[derive(Clone, Default)]
struct Route {
    path: Vec<u8>,
    found: (u64, u64),
}

/// The route of a path with this hash. Most paths were asked for before; only the very same bytes are known.
fn known_route(hash: u64, path: &[u8]) -> (u64, u64) {
    if path.is_empty() || path.len() > PATH_MAX {
        return route(path);
    }
    ROUTES.with_borrow_mut(|routes| {
        let known = &mut routes[hash as usize / 2 % ROUTES_MAX];
        if known.path != path {
            known.path.clear();
            known.path.extend_from_slice(path);
            known.found = route(path);
        }
        known.found
    })
}

/// A path's shape, its runs of digits being one sign, and the number in its last segment.
fn route(path: &[u8]) -> (u64, u64) {
    let path = &path[..path.len().min(256)];
    let (mut state, mut digits) = (SEED, false);
    for byte in path {
        let digit = byte.is_ascii_digit();
        if !(digit && digits) {
            state = step(state, u64::from(if digit { b'0' } else { *byte }));
        }
        digits = digit;
    }
    (finish(state), last_number(path))
}

/// The last run of digits in the last segment of a path; 0 if there is none.
fn last_number(path: &[u8]) -> u64 {
    let segment = path.iter().rev().take_while(|b| **b != b'/');
    let run = segment.skip_while(|b| !b.is_ascii_digit()).take_while(|b| b.is_ascii_digit());
    let sum = |(sum, place): (u64, u64), digit: &u8| {
        (sum.wrapping_add(place.wrapping_mul(u64::from(digit - b'0'))), place.wrapping_mul(10))
    };
    run.fold((0, 1), sum).0
}

const SEED: u64 = 0x243F_6A88_85A3_08D3;

const fn step(state: u64, word: u64) -> u64 {
    (state.rotate_left(5) ^ word).wrapping_mul(0x517C_C1B7_2722_0A95)
}

/// The last mix of MurmurHash3 (Appleby): every bit of the state reaches every bit of the hash.
const fn finish(mut state: u64) -> u64 {
    state = (state ^ (state >> 33)).wrapping_mul(0xFF51_AFD7_ED55_8CCD);
    state = (state ^ (state >> 33)).wrapping_mul(0xC4CE_B9FE_1A85_EC53);
    (state ^ (state >> 33)) | 1
}

/// A quick hash for counting, the same on every run. Never 0; of nothing it is 0.
pub(super) fn hash(bytes: &[u8]) -> u64 {
    if bytes.is_empty() {
        return 0;
    }
    let (words, rest) = bytes.as_chunks::<8>();
    let state = words.iter().fold(step(SEED, bytes.len() as u64), |state, w| step(state, u64::from_le_bytes(*w)));
    finish(rest.iter().fold(state, |state, byte| step(state, u64::from(*byte))))
}

/// An address as a number for hashing.
pub(super) const fn number(ip: IpAddr) -> u64 {
    match ip {
        IpAddr::V4(ip) => ip.to_bits() as u64,
        IpAddr::V6(ip) => pair((ip.to_bits() >> 64) as u64, ip.to_bits() as u64),
    }
}

/// Two hashes as one.
pub(super) const fn pair(a: u64, b: u64) -> u64 {
    finish(step(step(SEED, a), b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_route_is_remembered_of_the_very_same_path_only() {
        let paths = ["", "/", "/order/17", "/order/18", "/a/very/long/path/".repeat(20).as_str()].map(str::to_owned);
        for path in paths.iter().chain(&paths) {
            // The same place for all.
            assert_eq!(known_route(7, path.as_bytes()), route(path.as_bytes()), "{path}");
        }
    }

    #[test]
    fn a_route_is_a_path_without_its_numbers() {
        let same = |a: &str, b: &str| route(a.as_bytes()).0 == route(b.as_bytes()).0;
        assert!(same("/order/17/item", "/order/99812/item"));
        assert!(!same("/order/17/item", "/order/17/pay"));
        assert_eq!(route(b"/order/17").1, 17);
        assert_eq!(route(b"/order/17/x").1, 0);
        assert_eq!(route(b"/order/17x05y").1, 5);
        assert_eq!((route(b"").1, route(b"208").1), (0, 208));
        assert_eq!(hash(b""), 0);
        assert_ne!(hash(b"a"), hash(b"b"));
    }
}
