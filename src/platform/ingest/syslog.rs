//! Syslog lines: the frame (priority, stamp, host, program) and, inside it, what daemons say about logging on.
//!
//! Frames understood: RFC 3164 (`Mar 27 13:06:56 host prog[1]: text`), the same with an RFC 3339 stamp (rsyslog's
//! modern default), and RFC 5424. Whatever is well framed counts as parsed; programs without an understanding of
//! their own become base events.

use super::fields::Fields;
use super::netfilter::Packet;
use super::{
    access, app, asm, combined, errors, fast, firewall, framework, haproxy, login, modsecurity, netfilter, oracle, pam,
    sshd, stamp,
};
use crate::api::{Class, Outcome, Severity, Timestamp};
use crate::platform::record::{Alert, Call, Record};
use std::borrow::Cow;
use std::net::IpAddr;

/// What a program's message says; what it does not say is as in the default.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Saying<'m> {
    /// Class.
    pub class: Class,
    /// For authentication: 1 logon, 2 logoff.
    pub activity: u8,
    /// Whether it succeeded.
    pub outcome: Option<Outcome>,
    /// How serious.
    pub severity: Option<Severity>,
    /// From where.
    pub src_ip: Option<IpAddr>,
    /// Who; an empty name is none.
    pub user: Option<&'m str>,
    /// How often.
    pub repeat: u32,
    /// The administrative act, if it is one.
    pub deed: Option<Deed<'m>>,
    /// The other detector that says it.
    pub alert: Option<&'static str>,
    /// The program that writes such messages, for lines that name none.
    pub program: Option<&'static str>,
}

/// An administrative act on a host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deed<'m> {
    /// What was done: the name of the program that did it.
    pub action: &'static str,
    /// To whom or what; may be empty.
    pub object: &'m str,
}

impl Saying<'_> {
    /// A judged attempt to log on: what detection counts.
    #[must_use]
    pub fn attempt(outcome: Outcome) -> Self {
        Saying { class: Class::AUTHENTICATION, activity: 1, outcome: Some(outcome), repeat: 1, ..Self::default() }
    }

    /// Part of logging on, without judgement: accompanies an attempt or was given up before one.
    #[must_use]
    pub fn unjudged() -> Self {
        Self::attempt(Outcome::Unknown)
    }

    /// Anything else.
    #[must_use]
    pub fn note() -> Self {
        Saying { repeat: 1, ..Self::default() }
    }
}

/// Whether a line looks like one of these.
#[must_use]
pub fn recognise(line: &str) -> bool {
    let (_, rest) = priority(line);
    stamp_of(rest, Timestamp(0), |_| 0).is_some_and(|(_, length, _)| frame(rest, length).is_some())
}

/// The host behind a stamp, and what follows it; a bracket or quote there is an application's log.
fn frame(rest: &str, length: usize) -> Option<(&str, &str)> {
    let rest = rest.get(length..)?.strip_prefix(' ')?;
    let (host, after) = rest.split_once(' ').unwrap_or((rest, ""));
    // Some leave the host out: `Jan  2 03:04:05 sshd[7]: text`.
    let (host, rest) = if host.len() > 1 && host.ends_with(':') { ("", rest) } else { (host, after) };
    (!host.starts_with(['[', '(', '{', '"', '<']) && !host.contains('\t')).then_some((host, rest))
}

/// Reads a line; `None` when it is something else. `offset` is the machine's, see [`stamp::rfc3164`].
#[must_use]
pub fn parse<'a>(line: &'a str, now: Timestamp, offset: impl Fn(i64) -> i64) -> Option<Record<'a>> {
    let (priority, rest) = priority(line);
    let (time, length, modern) = stamp_of(rest, now, offset)?;
    let (host, rest) = frame(rest, length)?;
    let (program, text) = if modern { rfc5424(rest) } else { tag(rest) };
    if let Some(mut record) = inner(program, text, stamp::sane(time, now)) {
        record.raw = Cow::Borrowed(line);
        record.program = Some(program);
        record.host = record.host.or_else(|| (!matches!(host, "" | "-")).then_some(Cow::Borrowed(host)));
        return Some(record);
    }

    let mut record = Record::bare(stamp::sane(time, now), line);
    record.severity = priority.map_or(Severity::Info, severity);
    record.host = (!matches!(host, "" | "-")).then_some(Cow::Borrowed(host));
    describe(&mut record, program, Cow::Borrowed(text));
    Some(record)
}

/// A log of requests that its server sends through syslog, under whatever name.
pub fn inner<'a>(program: &str, text: &'a str, now: Timestamp) -> Option<Record<'a>> {
    match program {
        "haproxy" => haproxy::parse(text, now, stamp::machine_offset),
        "nginx" | "apache2" | "httpd" | "traefik" if !text.starts_with('{') => {
            combined::parse(text, now).or_else(|| errors::parse(text, now, stamp::machine_offset))
        }
        _ if text.starts_with('{') => access::recognise(text).then(|| access::parse(text, now))?,
        // Who copies clients' words has none of its own.
        "sshd" | "sshd-session" | "sudo" | "CRON" | "kernel" | "systemd" => None,
        _ if text.starts_with(|c: char| c.is_ascii_hexdigit())
            && memchr::memmem::find(text.as_bytes(), b" HTTP/").is_some() =>
        {
            combined::parse(text, now).filter(|record| record.src_ip.is_some()).or_else(|| framework::parse(text, now))
        }
        _ => app::fielded(text, text, now).filter(|record| record.http.is_some()),
    }
}

/// Fills in what a program's message says.
pub fn describe<'a>(record: &mut Record<'a>, program: &'a str, text: Cow<'a, str>) {
    let base = program.split_once('(').map_or(program, |(base, _)| base);
    record.program = (!base.is_empty()).then_some(base);
    let kernel = if base == "kernel" { netfilter::understand(&text) } else { None };
    if let Some(packet) = kernel.or_else(|| firewall::understand(base, &text)) {
        passed(record, packet);
        record.message = text;
        return;
    }
    if let Cow::Borrowed(text) = &text
        && (fast::describe(record, base, text) || modsecurity::coraza(record, text) || asm::describe(record, text))
    {
        record.message = Cow::Borrowed(text);
        return;
    }
    // What a vendor put into fields of its own goes before words.
    if matches!(base, "CEF" | "LEEF")
        && let Some(fields) = fields(base, &text, record.time)
    {
        match firewall::of_cef(&text).filter(|_| !fields.refused()) {
            Some(packet) => passed(record, packet),
            None => fields.refuse(record),
        }
        record.message = text;
        return;
    }
    match &text {
        Cow::Borrowed(text) => apply(record, understand(program, text), Cow::Borrowed),
        Cow::Owned(text) => apply(record, understand(program, text), |part| Cow::Owned(part.to_owned())),
    }
    if record.class == Class::BASE
        && login::guess::mentions(&text)
        && let Some(fields) = fields(base, &text, record.time)
    {
        fields.refuse(record);
    }
    record.message = text;
}

/// Makes a record a packet filter's.
fn passed(record: &mut Record<'_>, packet: Packet) {
    record.class = Class::NETWORK;
    record.outcome = if packet.passed { Outcome::Success } else { Outcome::Failure };
    (record.src_ip, record.flow) = (Some(packet.src_ip), packet.flow);
}

/// The fields of a message: firewalls send their verdicts as `key=value`, others JSON or the common event format.
fn fields<'t>(program: &str, text: &'t str, time: Timestamp) -> Option<Fields<'t>> {
    let json = text.strip_prefix("@cee:").unwrap_or(text).trim_start();
    match program {
        "CEF" | "LEEF" => Fields::of_cef(text, program == "LEEF", time),
        _ if json.starts_with('{') => Fields::of_json(json, time),
        _ if text.contains("; ") && text.contains(":\"") => Fields::of_brackets(text, time),
        _ if text.contains('=') => Fields::of_pairs(text, time),
        _ => None,
    }
}

/// Writes what a message said into a record; `own` makes its parts last as long as the line.
pub fn apply<'a, 'm>(record: &mut Record<'a>, said: Option<Saying<'m>>, own: impl Fn(&'m str) -> Cow<'a, str>) {
    let Some(said) = said else { return };
    record.class = said.class;
    record.activity = said.activity;
    record.outcome = said.outcome.unwrap_or(Outcome::Unknown);
    record.severity = said.severity.unwrap_or_else(|| record.severity.clone());
    record.src_ip = said.src_ip;
    record.user = said.user.filter(|u| !u.is_empty()).map(&own);
    record.repeat = said.repeat;
    record.program = record.program.or(said.program);
    record.alert = said.alert.map(|detector| Alert {
        id: Cow::Borrowed(detector),
        title: Cow::Owned(format!("Address noticed by {detector}")),
        blocked: true,
        ..Alert::default()
    });
    record.call = said.deed.map(|deed| {
        let (action, object) = (Cow::Borrowed(deed.action), own(deed.object));
        Box::new(Call { action, object, admin: true, ..Call::default() })
    });
}

/// What a message says. rsyslog folds equal lines into `message repeated N times: [ ... ]`.
pub fn understand<'m>(program: &str, text: &'m str) -> Option<Saying<'m>> {
    let text = text.trim_start_matches(' ');
    // Solaris numbers its messages: `[ID 800047 auth.info] `.
    let text = text.strip_prefix("[ID ").and_then(|rest| rest.split_once("] ")).map_or(text, |(_, text)| text);
    if let Some((times, inner)) = repeated(text) {
        let mut said = understand_once(program, inner)?;
        said.repeat = said.repeat.saturating_mul(times);
        return Some(said);
    }
    understand_once(program, text)
}

fn understand_once<'m>(program: &str, text: &'m str) -> Option<Saying<'m>> {
    if let Some(said) = pam::understand(program, text) {
        return Some(said);
    }
    match program {
        "sshd" | "sshd-session" | "sshd-auth" => sshd::understand(text).or_else(|| login::understand(program, text)),
        "sudo" => pam::sudo(text),
        "Oracle" | "oracle" | "journal" if text.starts_with("Audit[") || text.contains("RET") => {
            oracle::understand(text).or_else(|| login::understand(program, text))
        }
        _ => login::understand(program, text),
    }
}

fn repeated(text: &str) -> Option<(u32, &str)> {
    let (times, inner) = text.strip_prefix("message repeated ")?.split_once(" times: [ ")?;
    Some((times.parse().ok().filter(|n| *n > 0)?, inner.strip_suffix(']')?.trim_end_matches(' ')))
}

/// `<34>` in front.
fn priority(line: &str) -> (Option<u8>, &str) {
    let read = || {
        let (number, rest) = line.strip_prefix('<')?.split_once('>')?;
        Some((number.parse::<u8>().ok().filter(|n| *n < 192)?, rest.trim_start_matches(' ')))
    };
    read().map_or((None, line), |(number, rest)| (Some(number), rest))
}

/// A stamp, its length with what stands before it, and whether the frame is RFC 5424's.
fn stamp_of(text: &str, now: Timestamp, offset: impl Fn(i64) -> i64) -> Option<(Timestamp, usize, bool)> {
    let bytes = text.as_bytes();
    if bytes.first()?.is_ascii_digit() {
        let (version, at) = if bytes.starts_with(b"1 ") { (true, 2) } else { (false, 0) };
        return stamp::rfc3339(&bytes[at..]).map(|(time, length)| (time, at + length, version));
    }
    stamp::rfc3164(bytes, now, offset).map(|(time, length)| (time, length, false))
}

/// `prog[123]: text`, `prog: text`, `prog(module)[123]: text`; text without a tag has no program.
fn tag(rest: &str) -> (&str, &str) {
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
    let client = program.starts_with(|c: char| c.is_ascii_digit()) && super::address::parse(program).is_some();
    let named =
        !client && !program.starts_with('%') && !program.contains('=') && !program.bytes().all(|b| b.is_ascii_digit());
    match text {
        Some(text) if named => (program, text.strip_prefix(' ').unwrap_or(text)),
        _ => ("", rest),
    }
}

/// `app procid msgid [structured data] text`.
fn rfc5424(rest: &str) -> (&str, &str) {
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
const fn severity(priority: u8) -> Severity {
    match priority % 8 {
        0..=2 => Severity::High,
        3 => Severity::Medium,
        4 => Severity::Low,
        _ => Severity::Info,
    }
}

#[cfg(test)]
#[path = "syslog_tests.rs"]
mod tests;
