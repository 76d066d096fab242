//! The frames of syslog: priority, stamp, host and tag (RFC 3164), or the same with structured data (RFC 5424).

use crate::api::{Severity, Timestamp};
use crate::platform::ingest::stamp;

/// The host behind a stamp, and what follows it; a bracket or quote there is an application's log.
pub(super) fn frame(rest: &str, length: usize) -> Option<(&str, &str)> {
    let rest = rest.get(length..)?.strip_prefix(' ')?;
    let (host, after) = rest.split_once(' ').unwrap_or((rest, ""));
    // Some leave the host out: `Jan  2 03:04:05 sshd[7]: text`.
    let (host, rest) = if host.len() > 1 && host.ends_with(':') { ("", rest) } else { (host, after) };
    (!host.starts_with(['[', '(', '{', '"', '<']) && !host.contains('\t')).then_some((host, rest))
}

/// `<34>` in front.
pub(super) fn priority(line: &str) -> (Option<u8>, &str) {
    let read = || {
        let (number, rest) = line.strip_prefix('<')?.split_once('>')?;
        Some((number.parse::<u8>().ok().filter(|n| *n < 192)?, rest.trim_start_matches(' ')))
    };
    read().map_or((None, line), |(number, rest)| (Some(number), rest))
}

/// A stamp, its length with what stands before it, and whether the frame is RFC 5424's.
pub(super) fn stamp_of(text: &str, now: Timestamp, offset: impl Fn(i64) -> i64) -> Option<(Timestamp, usize, bool)> {
    let bytes = text.as_bytes();
    if bytes.first()?.is_ascii_digit() {
        let (version, at) = if bytes.starts_with(b"1 ") { (true, 2) } else { (false, 0) };
        let seconds = || {
            // Meraki: `1 1563249630.774247467 MX84 flows src=...`, which is RFC 5424's in nothing else.
            let word = text.get(2..).filter(|_| version)?.split(' ').next()?;
            let time = stamp::epoch(word).filter(|_| word.len() > 11 && word.as_bytes()[10] == b'.')?;
            Some((time, 2 + word.len(), false))
        };
        return stamp::rfc3339(&bytes[at..]).map(|(time, length)| (time, at + length, version)).or_else(seconds);
    }
    stamp::rfc3164(bytes, now, offset).map(|(time, length)| (time, length, false))
}

/// `prog[123]: text`, `prog: text`, `prog(module)[123]: text`; text without a tag has no program.
pub(super) fn tag(rest: &str) -> (&str, &str) {
    let end = rest.find([' ', '[', ':']).unwrap_or(rest.len());
    let (program, after) = rest.split_at(end);
    let text = match after.as_bytes().first() {
        // MIT Kerberos: `krb5kdc[123](info): text`.
        Some(b'[') => after.split_once(']').map(|(_, text)| {
            let level = text.strip_prefix('(').and_then(|t| t.split_once("):")).filter(|(level, _)| level.len() < 12);
            level.map_or_else(|| text.strip_prefix(':').unwrap_or(text), |(_, text)| text)
        }),
        Some(b':') => Some(&after[1..]),
        // `syslogd 1.4.1: restart.` has its version in the tag; `last message repeated 2 times` has no tag.
        _ => after.split_once(": ").filter(|(tag, _)| tag.len() < 24 && !tag.trim().contains(' ')).map(|(_, t)| t),
    };
    // Switches count their lines there, firewalls number their messages.
    // Balancers of Amazon's, which look like syslog, write the client there.
    let client =
        program.starts_with(|c: char| c.is_ascii_digit()) && crate::platform::ingest::address::parse(program).is_some();
    let named =
        !client && !program.starts_with('%') && !program.contains('=') && !program.bytes().all(|b| b.is_ascii_digit());
    match text {
        Some(text) if named => (program, text.strip_prefix(' ').unwrap_or(text)),
        _ => ("", rest),
    }
}

/// `app procid msgid [structured data] text`.
pub(super) fn rfc5424(rest: &str) -> (&str, &str) {
    let mut words = rest.splitn(4, ' ');
    let program = words.next().unwrap_or("");
    let mut text = words.nth(2).unwrap_or("");
    if let Some(after) = text.strip_prefix('-') {
        text = after;
    } else {
        let data = text;
        while text.starts_with('[') {
            text = text.get(data_end(text)..).unwrap_or("");
        }
        // Some have nothing else to say.
        text = if text.trim().is_empty() { data } else { text };
    }
    let text = text.trim_start_matches(' ');
    (if program == "-" { "" } else { program }, text.strip_prefix('\u{feff}').unwrap_or(text))
}

/// Where an element of structured data ends; `\]` inside a value does not end it.
fn data_end(text: &str) -> usize {
    let (mut escaped, mut inside) = (false, false);
    for (i, byte) in text.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => inside = !inside,
            b']' if !inside => return i + 1,
            _ => {}
        }
    }
    text.len()
}

/// The severity of a priority (RFC 5424, table 2).
pub(super) const fn severity(priority: u8) -> Severity {
    match priority % 8 {
        0..=2 => Severity::High,
        3 => Severity::Medium,
        4 => Severity::Low,
        _ => Severity::Info,
    }
}
