//! Access logs in JSON: nginx and Apache with the customary names, Caddy, Traefik, load balancers and gateways of the
//! clouds, Kong, and what frameworks write (`req`, `res`).
//!
//! nginx and Apache have no JSON log of their own, so names are those that their documentation, the Elastic Common
//! Schema and widespread configurations use. A name that means the server's own view (`remote_addr`, Traefik's
//! `ClientAddr`) goes before one that some fill from a forwarded-for header (`client_ip`, `ClientHost`); the header
//! itself is never believed. Caddy's `client_ip` is the peer unless the operator declared trusted proxies. Of members of
//! one name the first counts.

mod field;

use super::members::{Members, Value};
use super::{address, combined, loose, stamp};
use crate::api::{Class, Timestamp};
use crate::platform::record::{HttpRecord, Record};
use field::{FIELDS, Field, NAMES};
use std::borrow::Cow;
use std::net::IpAddr;

/// Nothing said.
const NONE: Value<'static> = Value::Word("null");

/// How deep objects within the object are looked into: `http.request.body`.
const DEPTH_MAX: u8 = 3;

/// What was found in a line, and how deep the object is that is looked into.
struct Found<'a>([Value<'a>; FIELDS], u8);

impl<'a> Found<'a> {
    fn at(&self, field: Field) -> Value<'a> {
        self.0[field as usize]
    }

    fn has(&self, field: Field) -> bool {
        self.at(field) != NONE
    }

    fn take(&mut self, (name, value): (&str, Value<'a>)) {
        // authentik calls what was asked for the event; fastify says that it has no answer yet.
        let meaning = match (name, value.raw()) {
            ("event", path) if path.starts_with('/') => Some(Field::Path),
            ("msg", "incoming request") => Some(Field::Action),
            _ => NAMES.get(name.strip_prefix('_').unwrap_or(name)),
        };
        let Some(field) = meaning.filter(|_| value.raw() != "-") else { return };
        match (field, value) {
            (Field::Request, Value::Nested(_)) => {
                self.set(field, value);
                self.group(value);
            }
            // Elastic's names, nested: `url: {original}`, `user_agent: {original}`.
            (Field::Uri | Field::Path | Field::Agent, Value::Nested(_)) => {
                let field = if field == Field::Agent { field } else { Field::Uri };
                let whole = value.members().find(|(name, _)| matches!(*name, "original" | "full"));
                match whole {
                    Some((_, text)) => self.set(field, text),
                    None => self.group(value),
                }
            }
            // Kong's answer is an object where others have its status.
            (Field::Group | Field::Status | Field::Remote | Field::Client | Field::Host, Value::Nested(_)) => {
                self.group(value);
            }
            (Field::Group, _) => {}
            _ => self.set(field, value),
        }
    }

    /// Of members with one meaning the first counts.
    fn set(&mut self, field: Field, value: Value<'a>) {
        if !self.has(field) {
            self.0[field as usize] = value;
        }
    }

    /// What an object within the object says.
    fn group(&mut self, value: Value<'a>) {
        if self.1 < DEPTH_MAX {
            self.1 += 1;
            value.members().take(super::format::MEMBERS_MAX).for_each(|member| self.take(member));
            self.1 -= 1;
        }
    }

    /// The client where fluentd's parser for Apache calls it the host. Elsewhere that is a header of the client's.
    fn fluentd(&self, line: &str) -> Option<IpAddr> {
        let shape = !self.has(Field::Remote) && !self.has(Field::Client) && line.starts_with("{\"host\":\"");
        address::parse(self.at(Field::Host).raw()).filter(|_| shape && line.contains("\"code\":\""))
    }

    /// The answer's status; a firewall says only what it did.
    fn status(&self) -> Option<u16> {
        let said = self.at(Field::Status).number().or_else(|| self.at(Field::Origin).number());
        let done = || match self.at(Field::Action).raw() {
            "BLOCK" => Some(403),
            "incoming request" | "ALLOW" | "COUNT" | "CAPTCHA" | "CHALLENGE" => Some(0),
            _ => None,
        };
        said.or_else(done).filter(|status| *status <= 999)
    }
}

/// Whether an object looks like one of these: it says who asked for what, and what the answer was.
#[must_use]
pub fn recognise(line: &str) -> bool {
    let mut found = Found([NONE; FIELDS], 0);
    let asked = [Field::Request, Field::Uri, Field::Path];
    line.starts_with('{')
        && Members::of(line).take(super::format::MEMBERS_MAX).any(|member| {
            found.take(member);
            found.status().is_some()
                && (found.has(Field::Remote) || found.has(Field::Client) || found.fluentd(line).is_some())
                && asked.iter().any(|field| found.has(*field))
        })
}

/// Reads a line; `None` when it is something else.
#[must_use]
pub fn parse(line: &str, now: Timestamp) -> Option<Record<'_>> {
    let mut members = Members::of(line);
    let mut found = Found([NONE; FIELDS], 0);
    members.by_ref().for_each(|member| found.take(member));
    if members.whole() { found.record(line, now) } else { None }
}

/// Reads the request that the fields of a `key=value` line tell of; `None` when they tell of none.
pub fn of_pairs<'a>(
    line: &'a str,
    pairs: impl Iterator<Item = (&'a str, Value<'a>)>,
    now: Timestamp,
) -> Option<Record<'a>> {
    let mut found = Found([NONE; FIELDS], 0);
    pairs.take(super::format::MEMBERS_MAX).for_each(|pair| found.take(pair));
    let told = found.has(Field::Method) && (found.has(Field::Remote) || found.has(Field::Client));
    if told { found.record(line, now) } else { None }
}

impl<'a> Found<'a> {
    /// The request.
    fn record(mut self, line: &'a str, now: Timestamp) -> Option<Record<'a>> {
        headers(&mut self);
        let found = self;
        let status = found.status()?;
        let (method, url) = target(&found);
        let (method, url, site) = combined::absolute(method, url);
        if url.is_empty() && method.is_empty() && !found.has(Field::Request) {
            return None;
        }
        let mut record = Record::bare(time(found.at(Field::Time), now), line);
        record.class = Class::HTTP;
        record.activity = combined::activity(&method);
        record.outcome = combined::outcome(status);
        // A list of addresses is somebody's forwarded-for.
        let peer = |field| address::peer(found.at(field).raw());
        record.src_ip = peer(Field::Remote).or_else(|| peer(Field::Client)).or_else(|| found.fluentd(line));
        record.user = found.at(Field::User).text();
        record.host = found.at(Field::Host).text().or(site);
        record.http = Some(HttpRecord {
            method,
            url,
            status,
            bytes: found.at(Field::Bytes).number().unwrap_or(0),
            referer: found.at(Field::Referer).plain(),
            agent: found.at(Field::Agent).plain(),
        });
        Some(record)
    }
}

/// Agent and referer of a request's headers: an object whose values are texts or arrays, or an array of names and values.
fn headers(found: &mut Found<'_>) {
    let headers = found.at(Field::Headers);
    let listed = headers.items().filter_map(|item| {
        let of = |wanted| item.members().find_map(|(name, value)| (name == wanted).then_some(value));
        Some((of("name")?.raw(), of("value")?))
    });
    let listed: Vec<_> = listed.take(super::format::MEMBERS_MAX).collect();
    for (name, value) in headers.members().chain(listed) {
        let field = match name {
            name if name.eq_ignore_ascii_case("user-agent") => Field::Agent,
            name if name.eq_ignore_ascii_case("referer") => Field::Referer,
            _ => continue,
        };
        if !found.has(field) {
            found.0[field as usize] = value.first().unwrap_or(NONE);
        }
    }
    // What Caddy calls the client, inside of its request, is the peer as its configuration has it.
    if matches!(found.at(Field::Request), Value::Nested(_)) && found.has(Field::Client) {
        found.0[Field::Remote as usize] = found.at(Field::Client);
    }
}

/// Method and URL: of a request line, or of the members that hold its parts.
fn target<'a>(found: &Found<'a>) -> (Cow<'a, str>, Cow<'a, str>) {
    let line = match found.at(Field::Request) {
        Value::Text(line, escaped) => Some((line, escaped)),
        _ => None,
    };
    // Fastly's sample calls the method the request.
    let verb = line.filter(|(line, _)| line.bytes().all(|b| b.is_ascii_uppercase())).map(|(verb, _)| verb);
    let method = match found.at(Field::Method).plain() {
        Cow::Borrowed("") => Cow::Borrowed(verb.unwrap_or("")),
        method => method,
    };
    if found.has(Field::Uri) {
        return (method, found.at(Field::Uri).plain());
    }
    // A request line has the query, which a path beside it may lack.
    if let Some((line, escaped)) = line
        && let (Cow::Borrowed(verb), url) = combined::request(line, true)
        && !verb.is_empty()
    {
        let end = url.len();
        let url = &line[verb.len() + 1..][..end];
        return (Cow::Borrowed(verb), Value::Text(url, escaped).plain());
    }
    let path = if found.has(Field::Path) { found.at(Field::Path) } else { found.at(Field::Request) }.plain();
    let query = found.at(Field::Query).plain();
    if query.is_empty() || path.contains('?') {
        return (method, path);
    }
    let query = query.strip_prefix('?').unwrap_or(&query);
    let root = if path.starts_with('/') || path.contains("://") { "" } else { "/" };
    (method, Cow::Owned([root, &*path, "?", query].concat()))
}

/// RFC 3339, the stamp of common logs, or seconds or milliseconds since 1970.
fn time(value: Value<'_>, now: Timestamp) -> Timestamp {
    let raw = value.raw().trim_matches(['[', ']']);
    let read = stamp::rfc3339(raw.as_bytes()).map(|(time, _)| time).or_else(|| stamp::epoch(raw));
    read.or_else(|| stamp::clf(raw.as_bytes()))
        .or_else(|| slashed(value))
        .or_else(|| loose::read(raw, now, stamp::machine_offset).map(|(time, _)| time))
        .map_or(now, |time| stamp::sane(time, now))
}

/// The stamp of common logs where the writer escaped its slashes.
fn slashed(value: Value<'_>) -> Option<Timestamp> {
    matches!(value, Value::Text(_, true)).then(|| stamp::clf(value.plain().as_bytes()))?
}

#[cfg(test)]
#[path = "access_tests.rs"]
mod tests;
