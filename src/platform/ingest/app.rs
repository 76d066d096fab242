//! Logs that applications write themselves, without syslog: lines that begin with a time in one of the customary
//! shapes, `key=value` lines, and JSON with a message in it.
//!
//! Only who was let in and who was not is read from them, by the same table as syslog's messages. An address that the
//! application put into a field of its own is believed before one in the words, which a client may have written.

use super::login::guess;
use super::members::{Members, Value};
use super::names::Names;
use super::{address, loose, quoted, stamp, syslog};
use crate::api::{Class, Outcome, Severity, Timestamp};
use crate::platform::record::Record;
use std::borrow::Cow;
use std::net::IpAddr;
use std::sync::LazyLock;

/// Longest text before the time of a `key=value` line.
const KEYS_MAX: usize = 512;

/// What a field means.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Field {
    Time,
    Message,
    Address,
    User,
    /// Fields of fields: mongod's `attr` and the like.
    More,
}

static NAMES: LazyLock<Names<Field>> = LazyLock::new(|| {
    let groups: [(Field, &[&str]); 5] = [
        (Field::Time, &["time", "timestamp", "@timestamp", "ts", "t", "date", "datetime", "eventtime", "@t"]),
        (Field::Message, &["message", "msg", "log", "@m", "@mt", "event_message"]),
        (
            Field::Address,
            &[
                "remote_addr",
                "remoteaddr",
                "remote_ip",
                "remoteip",
                "remote_address",
                "remoteaddress",
                "client_ip",
                "clientip",
                "client_address",
                "clientaddress",
                "ip",
                "ip_address",
                "ip_addr",
                "real_ip",
                "source_ip_address",
                "sourceipaddress",
                "ipaddress",
                "client",
                "src_ip",
                "srcip",
                "source_ip",
                "remote",
                "peer",
                "addr",
                "remote_host",
            ],
        ),
        (Field::User, &["user", "username", "user_name", "uname", "login", "principalname", "account", "email"]),
        (Field::More, &["attr", "fields", "context", "data", "extra", "meta", "properties"]),
    ];
    let names: Vec<_> = groups.iter().flat_map(|(field, names)| names.iter().map(|name| (*name, *field))).collect();
    Names::of(&names)
});

/// What was found in the fields of a line; of several with one meaning the first counts.
#[derive(Default)]
struct Fields<'a> {
    time: Option<Timestamp>,
    message: Option<Cow<'a, str>>,
    address: Option<IpAddr>,
    user: Option<Cow<'a, str>>,
}

/// Whether a line looks like one of these.
#[must_use]
pub fn recognise(line: &str) -> bool {
    if line.starts_with('{') {
        return Members::of(line)
            .take(super::format::MEMBERS_MAX)
            .any(|(name, value)| NAMES.get(name) == Some(Field::Message) && matches!(value, Value::Text(..)));
    }
    head(line, Timestamp(0)).is_some() || pairs_of(line).is_some()
}

/// Reads a line; `None` when it is something else.
#[must_use]
pub fn parse(line: &str, now: Timestamp) -> Option<Record<'_>> {
    if line.starts_with('{') {
        return structured(line, now, json(line, now)?);
    }
    if let Some(fields) = pairs_of(line).and_then(|_| logfmt(line, now)) {
        return structured(line, now, fields);
    }
    let (time, at) = head(line, now)?;
    let mut record = Record::bare(stamp::sane(time, now), line);
    let (program, text) = program(&line[at..]);
    syslog::describe(&mut record, program, Cow::Borrowed(text));
    Some(record)
}

/// The time at the start of a line, in brackets or not, and where the words begin.
fn head(line: &str, now: Timestamp) -> Option<(Timestamp, usize)> {
    // Redis writes `1234:M ` before the time, others a bracket.
    let before = line.bytes().take(12).take_while(|b| b.is_ascii_digit()).count();
    let role = line
        .as_bytes()
        .get(before..before + 3)
        .is_some_and(|r| r[0] == b':' && r[1].is_ascii_uppercase() && r[2] == b' ');
    let start = if before > 0 && role { before + 3 } else { 0 };
    let start = start + usize::from(line[start..].starts_with(['[', '(', '<']));
    let (time, length) = loose::read(&line[start..], now, stamp::machine_offset)?;
    let rest = line[start + length..].trim_start_matches([' ', '\t', ']', ')', '>', ':', ',', '|', '-']);
    Some((time, line.len() - rest.len()))
}

/// `prog[123]: text`, where a line has that.
fn program(text: &str) -> (&str, &str) {
    let named = || {
        let (program, rest) = text.split_once('[')?;
        let (pid, rest) = rest.split_once("]: ")?;
        let word = !program.is_empty() && program.len() <= 32 && !program.contains([' ', '"']);
        (word && !pid.is_empty() && pid.bytes().all(|b| b.is_ascii_digit())).then_some((program, rest))
    };
    named().unwrap_or(("", text))
}

/// Where the time of a `key=value` line is, if it is one.
fn pairs_of(line: &str) -> Option<()> {
    let key = line.bytes().take(32).take_while(|b| b.is_ascii_alphanumeric() || b"_.@-".contains(b)).count();
    if key == 0 || line.as_bytes().get(key) != Some(&b'=') {
        return None;
    }
    let near = line.len().min(KEYS_MAX);
    pairs(line)
        .take_while(|(_, at)| *at < near)
        .any(|((name, _), _)| NAMES.get(name) == Some(Field::Time))
        .then_some(())
}

/// The pairs of a `key=value` line, and where each begins. Values may be in double quotes.
fn pairs(line: &str) -> impl Iterator<Item = ((&str, Value<'_>), usize)> {
    let mut at = 0;
    std::iter::from_fn(move || {
        at += line[at..].bytes().take_while(|b| *b == b' ').count();
        let start = at;
        let equals = start + memchr::memchr2(b'=', b' ', line.as_bytes().get(start..)?)?;
        let name = &line[start..equals];
        if line.as_bytes()[equals] == b' ' {
            at = equals;
            return Some(((name, Value::Word("null")), start));
        }
        let value = if line.as_bytes().get(equals + 1) == Some(&b'"') {
            let end = quoted::end(line.as_bytes(), equals + 2)?;
            at = end + 1;
            let text = &line[equals + 2..end];
            Value::Text(text, text.contains('\\'))
        } else {
            at = equals + 1 + line[equals + 1..].find(' ').unwrap_or(line.len() - equals - 1);
            Value::Text(&line[equals + 1..at], false)
        };
        Some(((name, value), start))
    })
}

fn logfmt<'a>(line: &'a str, now: Timestamp) -> Option<Fields<'a>> {
    let mut fields = Fields::default();
    pairs(line).for_each(|((name, value), _)| fields.take(name, value, now));
    fields.message.is_some().then_some(fields)
}

fn json<'a>(line: &'a str, now: Timestamp) -> Option<Fields<'a>> {
    let mut fields = Fields::default();
    let mut members = Members::of(line);
    for (name, value) in members.by_ref() {
        if let (Some(Field::More), Value::Nested(_)) = (NAMES.get(name), value) {
            value.members().for_each(|(name, value)| fields.take(name, value, now));
        } else {
            fields.take(name, value, now);
        }
    }
    (members.whole() && fields.message.is_some()).then_some(fields)
}

impl<'a> Fields<'a> {
    fn take(&mut self, name: &str, value: Value<'a>, now: Timestamp) {
        match NAMES.get(name) {
            // mongod: `{"$date": "..."}`.
            Some(Field::Time) if self.time.is_none() => {
                let value = value.members().next().map_or(value, |(_, date)| date);
                self.time = loose::read(value.raw(), now, stamp::machine_offset).map(|(time, _)| time);
            }
            Some(Field::Message) if self.message.is_none() && matches!(value, Value::Text(..)) => {
                self.message = value.text();
            }
            Some(Field::Address) if self.address.is_none() => {
                self.address = value.ip().or_else(|| address::with_port(value.raw()));
            }
            Some(Field::User) if self.user.is_none() => self.user = value.text().filter(|user| user != "--"),
            _ => {}
        }
    }
}

/// The record of a line with fields.
fn structured<'a>(line: &'a str, now: Timestamp, fields: Fields<'a>) -> Option<Record<'a>> {
    let message = fields.message?;
    // A container's log wraps lines that may have times of their own.
    let inner = head(&message, now);
    let time = fields.time.or(inner.map(|(time, _)| time));
    let skip = inner.map_or(0, |(_, at)| at);
    let message = match message {
        Cow::Borrowed(text) => Cow::Borrowed(text[skip..].trim_end()),
        Cow::Owned(text) => Cow::Owned(text[skip..].trim_end().to_owned()),
    };
    let mut record = Record::bare(time.map_or(now, |time| stamp::sane(time, now)), line);
    let refused = guess::refused(&message) && fields.address.is_some();
    syslog::describe(&mut record, "", message);
    let judged = record.class == Class::AUTHENTICATION;
    if !judged && refused {
        record.class = Class::AUTHENTICATION;
        record.activity = 1;
        record.outcome = Outcome::Failure;
        record.severity = Severity::Info;
    }
    if judged || refused {
        record.src_ip = fields.address.or(record.src_ip);
        record.user = record.user.or(fields.user);
    } else {
        record.src_ip = record.src_ip.or(fields.address);
    }
    Some(record)
}

#[cfg(test)]
#[path = "app_tests.rs"]
mod tests;
