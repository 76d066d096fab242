//! Logs that applications write themselves, without syslog: lines that begin with a time in one of the customary
//! shapes, `key=value` lines, and JSON with a message in it.
//!
//! Only who was let in and who was not is read from them, by the same table as syslog's messages. An address that the
//! application put into a field of its own is believed before one in the words, which a client may have written. A line
//! without a time is one of these only if it is a refused login, in words of the table or by the guess; its time is the
//! last one known.

use super::fields::{self, Fields};
use super::{access, container, firewall, framework, login, loose, oracle, stamp, syslog};
use crate::api::{Class, Timestamp};
use crate::platform::record::Record;
use std::borrow::Cow;

/// How serious a program says its line is.
const LEVELS: [&str; 11] =
    ["TRACE", "DEBUG", "VERBOSE", "INFO", "NOTICE", "WARN", "WARNING", "ERROR", "SECURITY", "FATAL", "CRITICAL"];

/// Whether a line looks like one of these.
#[must_use]
pub fn recognise(line: &str) -> bool {
    if line.starts_with('{') {
        return Fields::are_in_json(line);
    }
    head(line, Timestamp(0)).is_some()
        || Fields::are_in_pairs(line)
        || line.starts_with("method=")
        || login::is_judged(line.trim_start())
        || line.starts_with("CEF:")
        || line.starts_with("LEEF:")
        || oracle::recognise(line)
        || login::guess::understand(line).is_some()
}

/// Reads a line; `None` when it is something else.
#[must_use]
pub fn parse(line: &str, now: Timestamp) -> Option<Record<'_>> {
    if line.starts_with('{') {
        return structured(line, now, Fields::of_json(line, now)?);
    }
    if (line.starts_with("CEF:") || line.starts_with("LEEF:"))
        && let Some(fields) = Fields::of_cef(line, line.starts_with('L'), now)
    {
        let packet = if fields.refused() { None } else { firewall::of_cef(line) };
        let time = fields.time.map_or(now, |time| stamp::sane(time, now));
        let mut record = structured(line, now, fields)?;
        if let Some(packet) = packet {
            record = Record::bare(time, line);
            firewall::fill(&mut record, packet);
        }
        return Some(record);
    }
    if let Some(record) = fielded(line, line, now) {
        return Some(record);
    }
    if Fields::are_in_pairs(line)
        && let Some(fields) = Fields::of_pairs(line, now)
    {
        return structured(line, now, fields);
    }
    if oracle::recognise(line) {
        return Some(audited(line, now));
    }
    let refused = || login::is_judged(line.trim_start()) || login::guess::understand(line).is_some();
    let judged = || refused().then(|| (framework::time(line, now), 0));
    let found = head(line, now).or_else(judged);
    let (time, at) = found?;
    let (program, text) = program(line[at..].trim_start());
    if let Some(record) = fielded(line, text, stamp::sane(time, now)) {
        return Some(record);
    }
    let mut record = Record::bare(stamp::sane(time, now), line);
    syslog::describe(&mut record, program, Cow::Borrowed(text));
    Some(record)
}

/// Oracle's record in XML, whose time is inside.
fn audited(line: &str, now: Timestamp) -> Record<'_> {
    let stamped = line.split_once("<Extended_Timestamp>").and_then(|(_, rest)| stamp::rfc3339(rest.as_bytes()));
    let mut record = Record::bare(stamped.map_or(now, |(time, _)| stamp::sane(time, now)), line);
    syslog::apply(&mut record, oracle::understand(line), Cow::Borrowed);
    record.program = Some("oracle");
    record
}

/// The request or packet that the fields of a line tell of, the text being all of it or what follows its time.
pub(super) fn fielded<'a>(line: &'a str, text: &'a str, now: Timestamp) -> Option<Record<'a>> {
    const BEFORE: [&str; 3] = ["method=", "at=info ", "time="];
    let whole = line.len() == text.len() && Fields::are_in_pairs(line);
    if !whole && !BEFORE.iter().any(|start| text.starts_with(start)) {
        return None;
    }
    let requested = access::of_pairs(line, fields::pairs(text).map(|(pair, _)| pair), now);
    requested.or_else(|| if whole { firewall::fielded(line, now) } else { None })
}

/// The time at the start of a line, in brackets or not, and where the words begin. Levels, threads and process numbers
/// may stand before it: `1234:M `, `[error] `, `(W) `, `*WARNING* `, `[Nest] 7  - `, `INFO  [thread] `, `"SMTPD" 12 `.
pub(super) fn head(line: &str, now: Timestamp) -> Option<(Timestamp, usize)> {
    const ORNAMENTS_MAX: usize = 4;
    let mut at = line.len() - line.trim_start().len();
    for _ in 0..=ORNAMENTS_MAX {
        let quoted = line[at..].starts_with('"');
        let open = at + usize::from(quoted || line[at..].starts_with(['[', '(', '<']));
        if let Some((time, length)) = loose::read(&line[open..], now, stamp::machine_offset) {
            let rest = &line[open + length..];
            let rest = if quoted { rest.trim_start_matches(['"', '\t']) } else { rest };
            let words = rest.trim_start_matches([' ', '\t', ']', ')', '>', ':', ',', '|', '-']);
            // `::ffff:198.51.100.7` is not behind a colon.
            let mapped = rest[..rest.len() - words.len()].ends_with("::");
            let rest = if mapped { &rest[rest.len() - words.len() - 2..] } else { words };
            return Some((time, line.len() - rest.len()));
        }
        at += ornament(&line[at..])?;
    }
    None
}

/// Length of what may stand before a time, with the space behind it.
fn ornament(text: &str) -> Option<usize> {
    const LENGTH_MAX: usize = 40;
    let close = match text.as_bytes().first()? {
        b'[' => ']',
        b'(' => ')',
        b'*' => '*',
        b'"' => '"',
        b'-' => '-',
        _ => ' ',
    };
    let length = match close {
        '-' => 1,
        ' ' if level(text).is_some() => level(text)?,
        // Redis' `1234:M`, Zabbix's `1234:`, a process number.
        ' ' => {
            let digits = text.bytes().take(LENGTH_MAX).take_while(u8::is_ascii_digit).count();
            let colon = usize::from(digits > 0 && text.as_bytes().get(digits) == Some(&b':'));
            let end = digits + colon;
            let role = text.as_bytes().get(end..end + 2).is_some_and(|r| r[0].is_ascii_uppercase() && r[1] == b' ');
            Some(end + usize::from(colon > 0 && role)).filter(|_| digits > 0)?
        }
        close => text.bytes().skip(1).take(LENGTH_MAX).position(|b| b == close as u8)? + 2,
    };
    let rest = text.get(length..)?;
    Some(text.len() - rest.trim_start_matches([' ', '\t']).len())
}

/// Length of a level's name with a space behind it. Source engines begin every line with an L.
fn level(text: &str) -> Option<usize> {
    let word = text.split(' ').next().filter(|word| word.len() < text.len())?;
    (word == "L" || LEVELS.contains(&word.trim_end_matches(':'))).then_some(word.len())
}

/// `prog[123]: text`, where a line has that.
fn program(text: &str) -> (&str, &str) {
    let named = || {
        let (program, rest) = text.split_once('[')?;
        let (pid, rest) = rest.split_once("]: ")?;
        // macOS writes its host's name in front.
        let program = program.split_once(' ').map_or(program, |(_, program)| program);
        let word = !program.is_empty() && program.len() <= 32 && !program.contains([' ', '"']);
        let word = word && !LEVELS.contains(&program);
        (word && !pid.is_empty() && pid.bytes().all(|b| b.is_ascii_digit())).then_some((program, rest))
    };
    named().unwrap_or(("", text))
}

/// The record of a line with fields.
fn structured<'a>(line: &'a str, now: Timestamp, fields: Fields<'a>) -> Option<Record<'a>> {
    let message = fields.message.clone().unwrap_or(Cow::Borrowed(""));
    if let Some(record) = container::inside(line, &message, fields.address, fields.time.unwrap_or(now)) {
        return Some(record);
    }
    // A container's log wraps lines that may have times of their own.
    let inner = head(&message, now);
    let time = fields.time.or(inner.map(|(time, _)| time));
    let skip = inner.map_or(0, |(_, at)| at);
    let message = match message {
        Cow::Borrowed(text) => Cow::Borrowed(text[skip..].trim_end()),
        Cow::Owned(text) => Cow::Owned(text[skip..].trim_end().to_owned()),
    };
    let mut record = Record::bare(time.map_or(now, |time| stamp::sane(time, now)), line);
    if !message.is_empty() {
        syslog::describe(&mut record, "", message);
    }
    if record.class == Class::AUTHENTICATION {
        record.src_ip = fields.address.or(record.src_ip);
        record.user = record.user.or(fields.user);
    } else {
        record.src_ip = record.src_ip.or(fields.address);
        fields.refuse(&mut record);
    }
    Some(record)
}

#[cfg(test)]
#[path = "app_tests.rs"]
mod tests;
