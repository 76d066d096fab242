//! Syslog lines: the frame (priority, stamp, host, program) and, inside it, what daemons say about logging on.
//!
//! Frames understood: RFC 3164 (`Mar 27 13:06:56 host prog[1]: text`), the same with an RFC 3339 stamp (rsyslog's
//! modern default), and RFC 5424. Whatever is well framed counts as parsed; programs without an understanding of
//! their own become base events.

mod frame;

use super::fields::Fields;
use super::{
    access, address, app, asm, combined, errors, fast, firewall, framework, haproxy, login, modsecurity, netfilter,
    oracle, pam, sshd, stamp,
};
use crate::api::{Class, Outcome, Severity, Timestamp};
use crate::platform::record::{Alert, Call, Record};
use frame::{frame, priority, rfc5424, severity, stamp_of, tag};
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
    /// The same by its name, where it has no address.
    pub client: Option<&'m str>,
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

impl<'m> Saying<'m> {
    /// The same, from whoever is written there: an address or a name.
    #[must_use]
    pub fn from(self, source: &'m str) -> Self {
        let src_ip = address::parse(source);
        Self { src_ip, client: if src_ip.is_none() { address::name(source) } else { None }, ..self }
    }

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
    // OpenWrt writes the facility in front of the program.
    let kernel = base == "kernel" || base.is_empty() && text.starts_with("kern.");
    let kernel = if kernel { netfilter::understand(&text) } else { None };
    if let Some(packet) = kernel.or_else(|| firewall::understand(base, &text)) {
        let alarmed = packet.alarm.is_some();
        firewall::fill(record, packet);
        if !alarmed {
            record.message = text;
        }
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
            Some(packet) => firewall::fill(record, packet),
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

/// The fields of a message: firewalls send their verdicts as `key=value`, others JSON or the common event format.
fn fields<'t>(program: &str, text: &'t str, time: Timestamp) -> Option<Fields<'t>> {
    let json = text.strip_prefix("@cee:").unwrap_or(text).trim_start();
    match program {
        "CEF" | "LEEF" => Fields::of_cef(text, program == "LEEF", time),
        _ if json.starts_with('{') => Fields::of_json(json, time),
        _ if text.ends_with(['}', ']']) && (text.contains(" {\"") || text.contains("={\"")) => {
            // Words, then what they are about: `Login attempt {"user":"x","ip":"192.0.2.1"} []`.
            let at = text.find(" {\"").or_else(|| text.find("={\"")).unwrap_or(0);
            let end = text.rfind('}').map_or(text.len(), |end| end + 1);
            Fields::of_json(text.get(at + 1..end)?, time)
        }
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
    record.client = said.client.map(&own);
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

#[cfg(test)]
#[path = "syslog_tests.rs"]
mod tests;
