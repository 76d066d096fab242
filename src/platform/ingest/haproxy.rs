//! HAProxy's HTTP log (`option httplog`), bare or in syslog, with or without captured headers; of its other lines the
//! client.
//!
//! Order of fields: HAProxy configuration manual, "HTTP log format". The proxy's own words stand first and are read
//! from the left, a word each; captured headers and the request come last, and in them the proxy writes braces, bars,
//! quotes and hashes of the client's as `#XX`. So the first quote opens the request. Captures have no names: what looks
//! like an agent, a referer or a host is taken for one, since a client could write them as it likes anyway; an address
//! among them is a forwarded-for and not believed.

use super::{address, combined, quoted, stamp};
use crate::api::{Class, Timestamp};
use crate::platform::record::{Flow, HttpRecord, Record};
use std::borrow::Cow;

/// `06/Feb/2009:12:14:14.655` without its thousandths.
const STAMP: usize = 20;

/// Whether a line, without syslog's frame, looks like one of these.
#[must_use]
pub fn recognise(line: &str) -> bool {
    head(line).is_some()
}

/// Client, stamp and the rest of `10.0.1.2:33317 [06/Feb/2009:12:14:14.655] rest`.
fn head(line: &str) -> Option<(std::net::IpAddr, &str, &str)> {
    let (client, rest) = line.split_once(" [")?;
    let (stamp, rest) = rest.split_once("] ")?;
    let src_ip = address::with_port(client)?;
    (stamp.len() == STAMP + 4 && stamp.as_bytes()[STAMP] == b'.').then_some((src_ip, stamp, rest))
}

/// Reads a line without syslog's frame; `None` when it is something else. `offset` is the machine's, see
/// [`stamp::local`].
#[must_use]
pub fn parse<'a>(line: &'a str, now: Timestamp, offset: impl Fn(i64) -> i64) -> Option<Record<'a>> {
    let (src_ip, text, rest) = head(line)?;
    let mut clf = [0; stamp::CLF_LEN];
    clf[..STAMP].copy_from_slice(&text.as_bytes()[..STAMP]);
    clf[STAMP..].copy_from_slice(b" +0000");
    let ms = text[STAMP + 1..].parse::<u16>().ok()?;
    let time = stamp::local(stamp::clf(&clf)?.0 / 1000, offset).plus(i64::from(ms));
    let mut record = Record::bare(stamp::sane(time, now), line);
    record.src_ip = Some(src_ip);
    record.program = Some("haproxy");
    if rest.contains(": ") && !rest.contains('"') {
        // `frontend/1: Connection error during SSL handshake`.
        record.message = Cow::Borrowed(rest);
        return Some(record);
    }
    request(&mut record, rest)?;
    Some(record)
}

/// `frontend backend/server 10/0/30/69/109 200 2750 cookie cookie ---- 1/1/1/1/0 0/0 {a|b} {c} "GET / HTTP/1.1"`.
fn request<'a>(record: &mut Record<'a>, text: &'a str) -> Option<()> {
    let mut words = text.splitn(11, ' ');
    let (server, timers) = (words.nth(1)?, words.next()?);
    if timers.split('/').count() == 3 {
        // A TCP log: a connection without a request, and after the timers what was sent back.
        let received = words.next()?.trim_start_matches('+').parse().ok()?;
        let failed = server.ends_with("/<NOSRV>");
        record.class = Class::NETWORK;
        record.flow = Some(Flow { received, failed, ..Flow::default() });
        return Some(());
    }
    let (status, bytes) = (words.next()?, words.next()?);
    // Cookies, the state at the end, connections, queues; then whatever was captured.
    let rest = words.nth(5)?;
    let status = if status == "-1" { 0 } else { status.parse().ok().filter(|s| *s <= 999)? };
    let (captured, line) = rest.split_once('"')?;
    let line = line.strip_suffix('"').unwrap_or(line);
    let (method, url) = match line {
        "<BADREQ>" => (Cow::Borrowed(""), Cow::Borrowed("")),
        line => combined::request(line, true),
    };
    let (site, url) = without_site(url);
    record.class = Class::HTTP;
    record.activity = combined::activity(&method);
    record.outcome = combined::outcome(status);
    let mut http = HttpRecord {
        method,
        url: quoted::hex(url, b'#'),
        status,
        bytes: bytes.trim_start_matches('+').parse().unwrap_or(0),
        ..HttpRecord::default()
    };
    record.host = site.map(Cow::Borrowed);
    captures(record, &mut http, captured);
    record.http = Some(http);
    Some(())
}

/// Takes from ` {a|b} {c} ` what looks like something: captures of the request are the first braces, those of the answer
/// are the server's.
fn captures<'a>(record: &mut Record<'a>, http: &mut HttpRecord<'a>, captured: &'a str) {
    let first = captured.trim_start().strip_prefix('{').map_or("", |text| text.split('}').next().unwrap_or(text));
    for capture in first.split('|').filter(|capture| !capture.is_empty()) {
        let slot = match kind(capture) {
            Some(Capture::Agent) => &mut http.agent,
            Some(Capture::Referer) => &mut http.referer,
            Some(Capture::Host) => {
                record.host.get_or_insert(Cow::Borrowed(capture));
                continue;
            }
            None => continue,
        };
        if slot.is_empty() {
            *slot = quoted::hex(capture, b'#');
        }
    }
}

enum Capture {
    Agent,
    Referer,
    Host,
}

/// What a captured header looks like.
fn kind(text: &str) -> Option<Capture> {
    if text.starts_with("http://") || text.starts_with("https://") {
        return Some(Capture::Referer);
    }
    if text.contains('/') || text.contains(' ') {
        // `text/html` and the like are none: an agent has a version or says more than one word.
        let agent =
            text.contains(' ') || text.split('/').nth(1).is_some_and(|v| v.starts_with(|c: char| c.is_ascii_digit()));
        return (agent && !text.contains(", ")).then_some(Capture::Agent);
    }
    let host = text.split(':').next().unwrap_or(text);
    let named = host.contains('.') && host.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-'));
    (named && address::parse(host).is_none()).then_some(Capture::Host)
}

/// HTTP/2 requests are logged with scheme and host.
fn without_site(url: Cow<'_, str>) -> (Option<&str>, &str) {
    let Cow::Borrowed(url) = url else { return (None, "") };
    let Some(rest) = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://")) else { return (None, url) };
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    (Some(&rest[..end]).filter(|host| !host.is_empty()), if end == rest.len() { "/" } else { &rest[end..] })
}

#[cfg(test)]
#[path = "haproxy_tests.rs"]
mod tests;
