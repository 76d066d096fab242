//! What the parameters of each page usually look like, learnt without attacks: which there are, of which characters,
//! how long, out of how few values. A request that breaks two of these habits at once is told; one broken habit is told
//! beside another sign in the same request.
//!
//! Only answered requests (2xx and 3xx) of clients without any other mark teach, and a habit counts once several
//! clients showed it, so that one patient client cannot make its own input normal.

use super::bounded::Bounded;
use super::parameter::{Parameter, Sources};
use super::seen::{Evidence, Finding, Seen, Spec, milestone};
use super::{Client, Settings};
use crate::api::{Detection, DetectionKind, EntityRef, Severity};
use crate::platform::detect::request::Hit;
use crate::platform::keyed::hash;
use crate::platform::record::HttpRecord;
use std::net::IpAddr;

/// Pages remembered; those unused longest are forgotten.
const PAGES_MAX: usize = 8_192;
/// Parameters remembered of a page; more are one heap of their own that says nothing.
const PARAMETERS_MAX: usize = 24;
/// Requests of a page before it is judged by.
const LEARN_MIN: u32 = 200;
/// Deviations told without another sign.
const ALONE_MIN: usize = 2;
/// Longest name and value looked at, in bytes.
const TEXT_MAX: usize = 2_048;

const SPEC: Spec = Spec {
    rule: "model.parameter",
    title: "Unusual parameter",
    class: "anomaly",
    kind: DetectionKind::Model,
    techniques: &["T1190"],
};

/// All pages.
pub(super) struct Profiles {
    pages: Bounded<u64, Page>,
}

#[derive(Default)]
struct Page {
    requests: u32,
    sources: Sources,
    parameters: Vec<Parameter>,
}

/// What a client was told about.
#[derive(Default)]
pub(super) struct Oddities {
    count: u64,
    next: u64,
    evidence: Evidence,
}

impl Profiles {
    pub fn new() -> Self {
        Self { pages: Bounded::new(PAGES_MAX) }
    }

    /// Judges one request's parameters, then learns from them where it may.
    pub fn observe(
        &mut self,
        settings: &Settings,
        seen: &Seen<'_>,
        (ip, http): (IpAddr, &HttpRecord<'_>),
        hits: &[Hit],
        client: &mut Client,
        out: &mut Vec<Detection>,
    ) {
        let Some(mark) = memchr::memchr(b'?', http.url.as_bytes()) else { return };
        let (path, query) = (&http.url[..mark], &http.url[mark + 1..]);
        let page = self.pages.entry(route(&http.method, path), seen.time());
        let odd = if page.requests >= LEARN_MIN && page.sources.many() { page.deviations(query) } else { Vec::new() };
        let suspicious = !hits.is_empty();
        if odd.is_empty() && !suspicious && may_teach(settings, seen, http, client) {
            page.learn(query, ip);
        }
        if odd.len() >= ALONE_MIN || suspicious && !odd.is_empty() {
            client.odd.get_or_insert_default().say(seen, ip, (path, &odd), suspicious, out);
        } else if !odd.is_empty() && may_teach(settings, seen, http, client) {
            // A new habit of the site is shown by many clients, and by each of them once.
            page.learn(query, ip);
        }
    }
}

impl Page {
    fn learn(&mut self, query: &str, ip: IpAddr) {
        self.requests = self.requests.saturating_add(1);
        let client = Sources::of(ip);
        self.sources.add(client);
        for (name, value) in pairs(query) {
            let known = self.parameters.iter().position(|p| p.is(name));
            let at = match known {
                Some(at) => at,
                None if self.parameters.len() < PARAMETERS_MAX => {
                    self.parameters.push(Parameter::new(name));
                    self.parameters.len() - 1
                }
                None => continue,
            };
            self.parameters[at].learn(value, client);
        }
    }

    fn deviations(&self, query: &str) -> Vec<String> {
        let mut odd = Vec::new();
        for (name, value) in pairs(query) {
            match self.parameters.iter().find(|p| p.is(name)) {
                Some(parameter) => parameter.deviations(value, &mut odd),
                None if self.parameters.len() < PARAMETERS_MAX => {
                    odd.push(format!("{} is no parameter of this page in {} requests", clip(name), self.requests))
                }
                None => {}
            }
        }
        odd
    }
}

impl Oddities {
    fn say(
        &mut self,
        seen: &Seen<'_>,
        ip: IpAddr,
        (path, odd): (&str, &[String]),
        suspicious: bool,
        out: &mut Vec<Detection>,
    ) {
        self.count += 1;
        self.evidence.add(seen.event);
        if self.count < self.next {
            return;
        }
        self.next = milestone(10, self.count);
        let confidence = if suspicious { 0.75 } else { 0.55 };
        let why = format!(
            "on {}: {}; would not have been told with values as other visitors send them",
            clip(path),
            odd.iter().take(3).cloned().collect::<Vec<_>>().join("; "),
        );
        let entity = EntityRef::address(ip);
        let (evidence, count) = (&self.evidence, self.count);
        out.push(seen.detection(&SPEC, Finding { severity: Severity::Low, confidence, entity, why, evidence, count }));
    }
}

/// Answered, by a client that nothing was said about for a day.
fn may_teach(settings: &Settings, seen: &Seen<'_>, http: &HttpRecord<'_>, client: &Client) -> bool {
    let quiet = client.flagged.is_none_or(|at| seen.time().saturating_sub(at.get()) > 48 * settings.repeat_window_ms);
    (200..400).contains(&http.status) && !seen.record.refused && quiet
}

/// Names and values of a query, as sent; bounded.
fn pairs(query: &str) -> impl Iterator<Item = (&str, &str)> {
    let query = &query[..memchr::memchr(b'#', query.as_bytes()).unwrap_or(query.len())];
    let mut from = 0;
    let ends = memchr::memchr_iter(b'&', query.as_bytes()).chain(std::iter::once(query.len()));
    let all = ends.map(move |end| &query[std::mem::replace(&mut from, end + 1)..end]);
    all.filter(|p| !p.is_empty()).take(64).map(|pair| {
        let name = memchr::memchr(b'=', pair.as_bytes()).unwrap_or(pair.len());
        (cut(&pair[..name], 128), cut(pair.get(name + 1..).unwrap_or_default(), TEXT_MAX))
    })
}

fn cut(text: &str, most: usize) -> &str {
    let end = (0..=most.min(text.len())).rev().find(|i| text.is_char_boundary(*i)).unwrap_or(0);
    &text[..end]
}

fn clip(text: &str) -> String {
    text.chars().take(60).collect()
}

/// A page's identity: method and path, with what looks like an identifier in the path left out.
fn route(method: &str, path: &str) -> u64 {
    let segments = path.as_bytes().split(|b| *b == b'/').take(12);
    let segments = segments.map(|segment| if is_identifier(segment) { &b"*"[..] } else { segment });
    segments.fold(hash(method), |route, segment| hash((route, segment)))
}

/// Numbers, UUIDs, hashes, anything long with digits in it.
fn is_identifier(segment: &[u8]) -> bool {
    let digits = segment.iter().filter(|b| b.is_ascii_digit()).count();
    let hexadecimal = digits > 0 && segment.iter().all(|b| b.is_ascii_hexdigit() || *b == b'-');
    digits > 0 && (digits == segment.len() || hexadecimal && segment.len() >= 8 || segment.len() >= 20)
        || segment.len() > 48
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::{Class, EventId, Timestamp};
    use crate::platform::detect::{Inspector, Request};
    use crate::platform::record::Record;

    struct Site(Profiles, Vec<Detection>);

    impl Site {
        fn get(&mut self, ip: [u8; 4], url: &str, hits: &[Hit]) -> usize {
            let mut record = Record::bare(Timestamp(1_000), "line");
            record.class = Class::HTTP;
            record.src_ip = Some(ip.into());
            record.http =
                Some(HttpRecord { method: "GET".into(), url: url.into(), status: 200, ..HttpRecord::default() });
            let seen = Seen { record: &record, event: EventId(1), source: "test", drill: false };
            let http = record.http.as_ref().unwrap();
            let before = self.1.len();
            let mut client = Client::default();
            self.0.observe(&Settings::default(), &seen, (ip.into(), http), hits, &mut client, &mut self.1);
            self.1.len() - before
        }
    }

    fn taught() -> Site {
        let mut site = Site(Profiles::new(), Vec::new());
        for n in 0..600u32 {
            let sort = ["name", "price"][n as usize % 2];
            let url = format!("/shop/{}/list?page={}&sort={sort}&q=word{}", n * 7, n % 30, n % 90);
            assert_eq!(site.get([198, 51, 100, (n % 200) as u8], &url, &[]), 0, "{url}");
        }
        site
    }

    #[test]
    fn two_broken_habits_are_told_and_one_is_not() {
        let mut site = taught();
        assert_eq!(site.get([203, 0, 113, 1], "/shop/5/list?page=2&sort=name&q=other", &[]), 0);
        assert_eq!(site.get([203, 0, 113, 1], "/shop/5/list?page=2&sort=rating&q=word", &[]), 0);
        assert_eq!(site.get([203, 0, 113, 2], "/shop/5/list?page=2&sort=name%27%3B--&q=word", &[]), 1);
        let why = site.1[0].why.raw();
        assert!(why.contains("sort") && why.contains("one of 2 values"), "{why}");
    }

    #[test]
    fn one_broken_habit_beside_another_sign_is_told() {
        let mut site = taught();
        let request = Request { method: "GET", url: "/?q=1'+union+select+2--", ..Request::default() };
        let mut hits = Vec::new();
        Inspector::new().inspect(&request, &mut hits);
        assert_eq!(site.get([203, 0, 113, 1], "/shop/5/list?page=2&sort=rating&q=word", &hits), 1);
    }

    #[test]
    fn one_client_alone_teaches_nothing_and_many_do() {
        let mut site = taught();
        for _ in 0..500 {
            site.get([203, 0, 113, 9], "/shop/5/list?page=%3Cb%3E&sort=name&q=word", &[]);
        }
        let told = |site: &mut Site| site.get([203, 0, 113, 8], "/shop/5/list?page=%3Cb%3E&sort=new&q=word", &[]);
        assert_eq!(told(&mut site), 1, "still unusual");
        let mut site = Site(Profiles::new(), Vec::new());
        for _ in 0..2_000 {
            site.get([203, 0, 113, 9], "/alone?x=1", &[]);
        }
        assert_eq!(site.get([203, 0, 113, 8], "/alone?x=%27&y=2&z=3", &[]), 0, "one client is no habit");
    }

    #[test]
    fn identifiers_are_one_page() {
        assert_eq!(route("GET", "/a/123/x"), route("GET", "/a/9/x"));
        assert_eq!(route("GET", "/a/0f8fad5b-d9cb-469f-a165-70867728950e"), route("GET", "/a/deadbeef01"));
        assert_ne!(route("GET", "/a/list"), route("GET", "/a/view"));
        assert_ne!(route("GET", "/a"), route("POST", "/a"));
    }
}
