//! Alerts of other detectors in JSON: one row a maker, with the paths of what matters in it.
//!
//! Which maker's a line is, its outermost members tell. What a detector copied from clients (a URL, a log line) stays
//! where nobody is accused by it: an address is believed only at the path where the detector itself writes it. What is
//! about nobody outside (a shell in a container) is told of the host.

mod maker;

use super::audit::NONE;
use super::members::{Members, Value};
use super::{access, address, audit, container, fast, loose, modsecurity, stamp};
use crate::api::{Class, Outcome, Severity, Timestamp};
use crate::platform::record::{Alert, HttpRecord, Record};
use maker::{Maker, Special};
use std::borrow::Cow;

/// Whether a line looks like one of these.
#[must_use]
pub fn recognise(line: &str) -> bool {
    line.starts_with('{') && maker::of(line).is_some_and(|maker| maker.special != Special::Azure || is_azure(line))
}

/// Reads a line; `None` when it is something else.
#[must_use]
pub fn parse(line: &str, now: Timestamp) -> Option<Record<'_>> {
    let maker = maker::of(line)?;
    let mut members = Members::of(line);
    members.by_ref().for_each(drop);
    members.whole().then(|| read(maker, line, now))?
}

/// What Azure's firewalls write into the logs of their resources; `None` when it is no alert.
#[must_use]
pub fn azure(line: &str, now: Timestamp) -> Option<Record<'_>> {
    is_azure(line).then(|| read(&maker::AZURE, line, now))?
}

fn is_azure(line: &str) -> bool {
    const KINDS: [&str; 5] = [
        "ApplicationGatewayFirewallLog",
        "FrontDoorWebApplicationFirewallLog",
        "FrontdoorWebApplicationFirewallLog",
        "AZFWIdpsSignature",
        "AZFWThreatIntel",
    ];
    KINDS.contains(&audit::get(Value::Nested(line), "category").raw())
}

fn read<'a>(maker: &Maker, line: &'a str, now: Timestamp) -> Option<Record<'a>> {
    match maker.special {
        Special::Wrapped => return unwrapped(line, now),
        Special::Requested => return requested(maker, line, now),
        Special::Host => {
            if let Some(record) = of_host(line, now) {
                return Some(record);
            }
        }
        Special::No | Special::Azure => {}
    }
    let root = Value::Nested(line);
    let mut record = Record::bare(time(maker, root, now), line);
    record.src_ip = first(root, maker.source).and_then(|value| address::peer(value.raw()));
    record.host = first(root, maker.host).and_then(Value::text);
    let Some(severity) = severity(maker, root).filter(|_| !excluded(maker, root)) else { return Some(record) };
    let title = first(root, maker.title).and_then(Value::text)?;
    // Who calls out is not who is called.
    if maker.outbound.iter().any(|path| within(root, path).raw() == "OUTBOUND") {
        record.src_ip = None;
    }
    let said = |paths| first(root, paths).and_then(Value::text).unwrap_or_default();
    let done = said(maker.done);
    let alert = Alert { id: said(maker.id), category: said(maker.category), blocked: blocked(&done), title };
    let (method, url) = (said(maker.method), said(maker.url));
    if !url.is_empty() {
        record.http = Some(HttpRecord { method, url, ..HttpRecord::default() });
    }
    modsecurity::raise(&mut record, alert, severity);
    Some(record)
}

/// The value at a path; of an array its first item counts.
fn within<'a>(value: Value<'a>, path: &[&str]) -> Value<'a> {
    path.iter().fold(value, |value, name| {
        let object = value.first().unwrap_or(NONE);
        object.members().find(|(known, _)| known.eq_ignore_ascii_case(name)).map_or(NONE, |(_, value)| value)
    })
}

/// The first of several paths at which something is said.
fn first<'a>(root: Value<'a>, paths: &[&[&str]]) -> Option<Value<'a>> {
    paths.iter().map(|path| within(root, path).first().unwrap_or(NONE)).find(|value| value.text().is_some())
}

fn time(maker: &Maker, root: Value<'_>, now: Timestamp) -> Timestamp {
    let read = |value: Value<'_>| {
        let raw = value.raw();
        let known = stamp::rfc3339(raw.as_bytes()).map(|(time, _)| time).or_else(|| stamp::epoch(raw));
        let loosely = || loose::read(raw, now, stamp::machine_offset).map(|(time, _)| time);
        known.or_else(|| fast::time(raw, now)).or_else(loosely)
    };
    let found = maker.time.iter().find_map(|path| read(within(root, path)));
    found.map_or(now, |time| stamp::sane(time, now))
}

/// Whether a word says that the detector stepped in.
fn blocked(done: &str) -> bool {
    const STOPPED: [&str; 8] = ["block", "deny", "drop", "reject", "reset", "abort", "ban", "prevent"];
    let done = done.to_ascii_lowercase();
    STOPPED.iter().any(|word| done.starts_with(word)) || done == "true"
}

/// How serious, by the maker's scale; `None` when it is but information.
fn severity(maker: &Maker, root: Value<'_>) -> Option<Severity> {
    let value = first(root, maker.severity);
    let Some(raw) = value.map(Value::raw) else { return Some(Severity::Medium) };
    let word = raw.to_ascii_lowercase();
    if let Some(number) = value.and_then(Value::number::<i64>) {
        // Some count from the top.
        let [high, medium, low] = maker.scale;
        let reaches = |bound: i64| if high < low { number <= bound } else { number >= bound };
        let graded = [(high, Severity::High), (medium, Severity::Medium), (low, Severity::Low)];
        return graded.into_iter().find(|(bound, _)| reaches(*bound)).map(|(_, severity)| severity);
    }
    match &*word {
        "emergency" | "alert" | "critical" | "high" => Some(Severity::High),
        "error" | "medium" | "warning" => Some(Severity::Medium),
        "informational" | "info" | "debug" => None,
        _ => Some(Severity::Low),
    }
}

/// Findings about settings and holes, and what was let through on purpose, are no attack.
fn excluded(maker: &Maker, root: Value<'_>) -> bool {
    const NOT_ATTACKS: [&str; 10] = [
        "MISCONFIGURATION",
        "VULNERABILITY",
        "OBSERVATION",
        "POSTURE_VIOLATION",
        "ALLOW",
        "allow",
        "skip",
        "bypass",
        "Allow",
        "PASSED",
    ];
    maker.unless.iter().any(|path| NOT_ATTACKS.contains(&within(root, path).raw()))
}

/// An event in the envelope of Amazon's event bus; of several findings the first.
fn unwrapped(line: &str, now: Timestamp) -> Option<Record<'_>> {
    let root = Value::Nested(line);
    let time = time(&maker::WRAPPED, root, now);
    let detail = audit::get(root, "detail");
    let findings = audit::get(detail, "findings").first();
    let Some(Value::Nested(inner)) = findings.filter(|value| *value != NONE).or(Some(detail)) else { return None };
    if maker::of(inner).is_some_and(|maker| maker.special == Special::Wrapped) {
        return None;
    }
    let record = super::parse(None, inner, time);
    record.parsed.then_some(Record { raw: Cow::Borrowed(line), ..record })
}

/// A request that a web application firewall stopped: the access log's record of it, with the rule.
fn requested<'a>(maker: &Maker, line: &'a str, now: Timestamp) -> Option<Record<'a>> {
    let mut record = access::parse(line, now)?;
    let root = Value::Nested(line);
    let done = first(root, maker.done).map(Value::raw).unwrap_or("");
    let id = first(root, maker.id).and_then(Value::text).unwrap_or_default();
    let stepped = ["block", "challenge", "managed_challenge", "jschallenge", "connectionclose", "captcha"];
    if !stepped.iter().any(|word| word.eq_ignore_ascii_case(done)) || id == "Default_Action" {
        return Some(record);
    }
    let title = first(root, maker.title).and_then(Value::text).unwrap_or_else(|| id.clone());
    let alert = Alert { id, title, category: Cow::Borrowed("WAF"), blocked: blocked(done) };
    modsecurity::raise(&mut record, alert, Severity::Medium);
    Some(record)
}

/// Wazuh's and OSSEC's: a rule's word about a line of a log. A single refused or granted login is just that.
fn of_host(line: &str, now: Timestamp) -> Option<Record<'_>> {
    const CORRELATED: i64 = 10;
    let root = Value::Nested(line);
    let rule = audit::get(root, "rule");
    let level: i64 = audit::get(rule, "level").number().unwrap_or(0);
    let groups = audit::get(rule, "groups");
    let listed = |name: &str| groups.items().take(32).any(|group| group.raw().starts_with(name));
    let simple = level < CORRELATED && (listed("authentication_failed") || listed("authentication_success"));
    if level >= 5 && !simple {
        return None;
    }
    let when = time(&maker::HOST, root, now);
    let windows = audit::at(root, &["data", "win"]);
    let full = audit::get(root, "full_log").plain();
    let inner = match windows {
        Value::Nested(_) => audit::windows_of(line, windows, when),
        _ if full.is_empty() => None,
        _ => Some(container::owned(super::parse(None, &full, when))).filter(|record| record.parsed),
    };
    let known = inner.filter(|record| record.class != Class::BASE);
    let mut record = known.unwrap_or_else(|| Record::bare(when, line));
    (record.raw, record.time) = (Cow::Borrowed(line), when);
    let source = first(root, maker::HOST.source).and_then(|value| address::peer(value.raw()));
    if simple && source.is_some() {
        (record.class, record.activity, record.src_ip) = (Class::AUTHENTICATION, 1, source);
        let failed = listed("authentication_failed");
        record.outcome = if failed { Outcome::Failure } else { Outcome::Success };
        record.severity = if failed { Severity::Low } else { Severity::Info };
        let user = first(root, &[&["data", "dstuser"], &["data", "srcuser"], &["dstuser"], &["user"]]);
        record.user = user.and_then(Value::text).or(record.user);
    }
    Some(record)
}

#[cfg(test)]
#[path = "alert_tests.rs"]
mod tests;
