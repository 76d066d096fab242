//! What a client does on a web site over time: looks for what is not there, for what is forbidden, or for everything.

use super::crawler::{self, Crawler};
use super::describe::counted;
use super::seen::{Distinct, Evidence, Finding, Seen, Spec, milestone};
use super::{Client, Settings};
use crate::api::{Detection, DetectionKind, EntityRef, Severity};
use crate::platform::record::HttpRecord;
use crate::query::row::path;
use crate::text::human;
use std::net::IpAddr;

/// Distinct paths remembered per client and window.
const PATHS_MAX: usize = 160;
/// A probe is told when at least this share of the requests since it began failed.
const SHARE_MIN: f64 = 0.2;

/// Distinct paths that were refused with one status.
#[derive(Default)]
pub(super) struct Probe {
    start: i64,
    requests: u32,
    failures: u32,
    next: u32,
    paths: Distinct,
    evidence: Evidence,
}

/// Pages asked for.
#[derive(Default)]
pub(super) struct Crawl {
    start: i64,
    pages: u32,
    next: u32,
    paths: Distinct,
    evidence: Evidence,
}

/// Takes one request in that reached the application.
pub(super) fn observe(
    settings: &Settings,
    seen: &Seen<'_>,
    ip: IpAddr,
    http: &HttpRecord<'_>,
    client: &mut Client,
    out: &mut Vec<Detection>,
) {
    let path = path(&http.url);
    // Asked once per client: what an agent claims to be does not change the counts, only their weight.
    if client.crawler.is_none() && client.crawl.pages == 0 {
        client.crawler = crawler::named(&http.agent);
    }
    let asset = is_asset(path);
    // A page that names a picture which is gone is the site's fault, not the visitor's.
    let broken_link = asset && !http.referer.is_empty() && http.referer != "-";
    let told = |status| http.status == status && !broken_link && !is_customary(path);
    for (slot, status) in [(&mut client.missing, 404), (&mut client.forbidden, 403)] {
        if let Some(probe) = slot {
            probe.requests = probe.requests.saturating_add(1);
        }
        if told(status) {
            let probe = slot.get_or_insert_default();
            probe.failed(settings, seen, path);
            probe.say(settings, seen, ip, status, client.crawler.map(Crawler::name), out);
        }
    }
    if !asset && (200..400).contains(&http.status) {
        client.crawl.page(settings, seen, path);
        client.crawl.say(settings, seen, ip, client.crawler.map(Crawler::name), out);
    }
}

impl Probe {
    /// How far it got, in words.
    pub fn describe(&self) -> String {
        format!("{}; of {} requests", counted(self.failures.into(), self.paths.len(), self.start), self.requests)
    }

    fn failed(&mut self, settings: &Settings, seen: &Seen<'_>, path: &str) {
        let time = seen.time();
        if self.failures == 0 || !(0..=settings.probe_window_ms).contains(&time.saturating_sub(self.start)) {
            *self = Self { start: time, requests: 1, ..Self::default() };
        }
        self.failures = self.failures.saturating_add(1);
        if self.paths.add(PATHS_MAX, path) {
            self.evidence.add(seen.event);
        }
    }

    fn say(
        &mut self,
        settings: &Settings,
        seen: &Seen<'_>,
        ip: IpAddr,
        status: u16,
        known: Option<&str>,
        out: &mut Vec<Detection>,
    ) {
        let distinct = self.paths.len();
        let share = f64::from(self.failures) / f64::from(self.requests.max(1));
        if distinct < settings.probe_paths || self.failures < self.next || share < SHARE_MIN {
            return;
        }
        self.next = milestone(settings.probe_paths as u64 * 10, self.failures.into()).try_into().unwrap_or(u32::MAX);
        let (what, rule, title) = match status {
            403 => ("forbidden", "web.probe_403", "Probing of forbidden paths"),
            _ => ("not found", "web.probe_404", "Probing for paths"),
        };
        let more = if distinct >= PATHS_MAX { " or more" } else { "" };
        let why = format!(
            "{distinct}{more} different paths {what} ({status}) within {}, for example {}; {} of its {} requests since then{}",
            human::duration(seen.time().saturating_sub(self.start)),
            self.paths.examples(),
            human::count(self.failures.into()),
            human::count(self.requests.into()),
            named(known),
        );
        let class = if known.is_some() { crawler::CLASS } else { "probing" };
        let spec = Spec { rule, title, class, kind: DetectionKind::Behaviour, techniques: &["T1595.003"] };
        let (severity, confidence) = if known.is_some() { (Severity::Info, 0.3) } else { (Severity::Medium, 0.75) };
        let (evidence, count) = (&self.evidence, u64::from(self.failures));
        let entity = EntityRef::address(ip);
        out.push(seen.detection(&spec, Finding { severity, confidence, entity, why, evidence, count }));
    }
}

impl Crawl {
    /// How far it got, in words.
    pub fn describe(&self) -> Option<String> {
        (self.pages > 0).then(|| counted(self.pages.into(), self.paths.len(), self.start))
    }

    fn page(&mut self, settings: &Settings, seen: &Seen<'_>, path: &str) {
        let time = seen.time();
        if self.pages == 0 || !(0..=settings.crawl_window_ms).contains(&time.saturating_sub(self.start)) {
            // The room of the window before will do for this one.
            let (mut paths, mut evidence) = (std::mem::take(&mut self.paths), std::mem::take(&mut self.evidence));
            paths.clear();
            evidence.clear();
            *self = Self { start: time, paths, evidence, ..Self::default() };
        }
        self.pages = self.pages.saturating_add(1);
        if self.paths.add(PATHS_MAX, path) {
            self.evidence.add(seen.event);
        }
    }

    fn say(&mut self, settings: &Settings, seen: &Seen<'_>, ip: IpAddr, known: Option<&str>, out: &mut Vec<Detection>) {
        let (pages, distinct) = (u64::from(self.pages), self.paths.len());
        if pages < u64::from(self.next).max(settings.crawl_pages) || (distinct as u64) < settings.crawl_pages / 2 {
            return;
        }
        self.next = milestone(settings.crawl_pages * 10, pages).try_into().unwrap_or(u32::MAX);
        let more = if distinct >= PATHS_MAX { " or more" } else { "" };
        let why = format!(
            "{} pages asked for within {}, {distinct}{more} of them different, for example {}{}",
            human::count(pages),
            human::duration(seen.time().saturating_sub(self.start)),
            self.paths.examples(),
            named(known),
        );
        let class = if known.is_some() { crawler::CLASS } else { "crawling" };
        let kind = DetectionKind::Behaviour;
        let spec = Spec { rule: "web.crawl", title: "Crawling", class, kind, techniques: &["T1595", "T1593"] };
        let (severity, confidence) = if known.is_some() { (Severity::Info, 0.3) } else { (Severity::Low, 0.6) };
        let (evidence, count) = (&self.evidence, pages);
        let entity = EntityRef::address(ip);
        out.push(seen.detection(&spec, Finding { severity, confidence, entity, why, evidence, count }));
    }
}

fn named(known: Option<&str>) -> String {
    known.map(|name| format!("; it calls itself {name}")).unwrap_or_default()
}

/// Pictures, style sheets, fonts: what a page brings along.
fn is_asset(path: &str) -> bool {
    const fn word(kind: &str) -> u64 {
        let (mut word, mut at) = (kind.len() as u64, kind.len());
        while at > 0 {
            at -= 1;
            word = word << 8 | kind.as_bytes()[at] as u64;
        }
        word
    }
    /// Lengths and names of kinds in lower case, as numbers.
    const KINDS: [u64; 18] = [
        word("css"),
        word("js"),
        word("png"),
        word("jpg"),
        word("jpeg"),
        word("gif"),
        word("ico"),
        word("svg"),
        word("webp"),
        word("avif"),
        word("woff"),
        word("woff2"),
        word("ttf"),
        word("eot"),
        word("map"),
        word("mp4"),
        word("webm"),
        word("mp3"),
    ];
    // None is longer than five bytes.
    let end = &path.as_bytes()[path.len().saturating_sub(6)..];
    let Some(dot) = end.iter().rposition(|b| *b == b'.') else { return false };
    let kind = &end[dot + 1..];
    let add = |word: u64, byte: &u8| word << 8 | u64::from(byte.to_ascii_lowercase());
    KINDS.contains(&kind.iter().rev().fold(kind.len() as u64, add))
}

/// What browsers and well-behaved crawlers ask for unasked.
fn is_customary(path: &str) -> bool {
    const CUSTOMARY: [&str; 7] = [
        "/favicon.ico",
        "/robots.txt",
        "/sitemap.xml",
        "/ads.txt",
        "/browserconfig.xml",
        "/crossdomain.xml",
        "/humans.txt",
    ];
    CUSTOMARY.contains(&path) || path.starts_with("/apple-touch-icon") || path.starts_with("/.well-known/")
}

#[cfg(test)]
mod tests {
    use super::is_asset;

    #[test]
    fn what_a_page_brings_along_ends_in_a_known_kind() {
        for asset in ["/a.css", "/a.JS", ".png", "a.b.woff2", "/x.WebP", "/.mp3", "/jpeg.jpeg"] {
            assert!(is_asset(asset), "{asset}");
        }
        for other in ["", ".", "/a", "/a.", "/css", "/a.cs", "/a.csss", "/a.js\0", "/a.css/", "/a.woff22", "/é.jé"] {
            assert!(!is_asset(other), "{other}");
        }
    }
}
