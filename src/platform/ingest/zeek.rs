//! Zeek's logs, tab-separated and JSON: requests, logons, notices, connections and whatever else has a connection.
//!
//! Which log a line is of is said by `#path` or `_path`; without either, its columns tell. Column names are those of
//! Zeek's log reference. Zeek escapes tabs and line ends in what it saw on the wire, so a client cannot make a column;
//! a line with more columns than were named is none of these.

use super::layout::{COLUMNS, Column, Header, columns, zeek};
use super::members::{Members, Value};
use super::{combined, stamp};
use crate::api::{Class, Outcome, Severity, Timestamp};
use crate::platform::record::{Alert, Flow, HttpRecord, Record};
use std::borrow::Cow;
use std::sync::LazyLock;

/// What a connection's columns are called at the beginning of nearly all logs.
const CONNECTION: &str = "ts uid id.orig_h id.orig_p id.resp_h id.resp_p";

/// Logs that are known by their looks where no header was seen: those with this many columns at least, of which one is
/// one of these words; and the names of the columns behind the connection's. Orders are those of Zeek 4 to 7.
const LOOKS: [(usize, usize, &[&str], &str); 4] = [
    (
        20,
        11,
        &["S0", "S1", "SF", "REJ", "S2", "S3", "RSTO", "RSTR", "RSTOS0", "RSTRH", "SH", "SHR", "OTH"],
        "proto service duration orig_bytes resp_bytes conn_state",
    ),
    (
        24,
        7,
        &["GET", "POST", "HEAD", "PUT", "DELETE", "OPTIONS", "CONNECT", "PATCH", "TRACE", "PROPFIND", "-"],
        "trans_depth method host uri referrer version user_agent origin request_body_len response_body_len status_code \
         status_msg info_code info_msg tags username",
    ),
    (14, 7, &["T", "F", "-"], "version auth_success auth_attempts direction client"),
    (22, 6, &["udp", "tcp"], "proto trans_id rtt query qclass qclass_name qtype qtype_name rcode rcode_name"),
];

static LAYOUTS: LazyLock<Vec<Vec<Option<Column>>>> =
    LazyLock::new(|| LOOKS.iter().map(|look| columns(&format!("{CONNECTION} {}", look.3), zeek)).collect());

type Slots<'a> = [Value<'a>; COLUMNS];

/// Nothing in a column.
const NONE: Value<'static> = Value::Word("null");

/// Whether a line looks like one of the tab-separated: seconds with a fraction, and a tab.
#[must_use]
pub fn recognise(line: &str) -> bool {
    let head = &line.as_bytes()[..line.len().min(19)];
    let stamp = head.iter().take_while(|b| b.is_ascii_digit() || **b == b'.').count();
    stamp >= 12 && head.get(stamp) == Some(&b'\t') && head[..stamp].contains(&b'.')
}

/// Reads a line of JSON, or of unnamed columns; `None` when it is something else.
#[must_use]
pub fn parse(line: &str, now: Timestamp) -> Option<Record<'_>> {
    if line.starts_with('{') {
        let mut members = Members::of(line);
        let mut slots = [NONE; COLUMNS];
        for (name, value) in members.by_ref() {
            if let Some(column) = zeek(name) {
                slots[column as usize] = value;
            }
        }
        let log = slots[Column::Log as usize].plain();
        return members.whole().then(|| record(line, now, &log, &slots))?;
    }
    let count = memchr::memchr_iter(b'\t', line.as_bytes()).count() + 1;
    let like = |look: &(usize, usize, &[&str], &str)| {
        count >= look.0 && line.split('\t').nth(look.1).is_some_and(|word| look.2.contains(&word))
    };
    let which = LOOKS.iter().position(like)?;
    record(line, now, "", &slots(line, &LAYOUTS[which], true)?)
}

/// Reads a line of named columns; `None` when it is something else.
pub(super) fn parse_laid_out<'a>(line: &'a str, now: Timestamp, header: &Header) -> Option<Record<'a>> {
    if line.starts_with('{') {
        return parse(line, now);
    }
    record(line, now, &header.path, &slots(line, &header.columns, false)?)
}

fn slots<'a>(line: &'a str, columns: &[Option<Column>], more: bool) -> Option<Slots<'a>> {
    let mut slots = [NONE; COLUMNS];
    let mut start = 0;
    for column in columns {
        let end = memchr::memchr(b'\t', line.as_bytes().get(start..)?).map_or(line.len(), |i| start + i);
        if let Some(column) = column {
            let text = line.get(start..end)?;
            if !matches!(text, "-" | "(empty)") {
                slots[*column as usize] = Value::Text(text, memchr::memchr(b'\\', text.as_bytes()).is_some());
            }
        }
        start = end + 1;
    }
    (more || start > line.len()).then_some(slots)
}

fn record<'a>(line: &'a str, now: Timestamp, log: &str, slots: &Slots<'a>) -> Option<Record<'a>> {
    let at = |column: Column| slots[column as usize];
    let has = |column: Column| at(column) != NONE;
    let time = at(Column::Time).raw();
    let time = stamp::epoch(time).or_else(|| stamp::rfc3339(time.as_bytes()).map(|(time, _)| time))?;
    let mut record = Record::bare(stamp::sane(time, now), line);
    record.src_ip = at(Column::Source).ip();
    record.class = if record.src_ip.is_some() { Class::NETWORK } else { Class::BASE };
    if log == "notice" || log.is_empty() && has(Column::Name) && has(Column::Message) {
        notice(&mut record, slots);
    } else if log == "http" || log.is_empty() && has(Column::Path) {
        request(&mut record, slots);
    } else if log == "ssh" || has(Column::Granted) || is_logon(slots) {
        logon(&mut record, slots);
    } else if log == "conn" || log.is_empty() && has(Column::State) && has(Column::Proto) && !has(Column::Asked) {
        record.flow = Some(flow(slots));
        record.outcome = failed(at(Column::State).raw())
            .map_or(Outcome::Unknown, |failed| if failed { Outcome::Failure } else { Outcome::Success });
    } else {
        // Look-ups, certificates, oddities: what they are about is their one word.
        record.host = at(Column::Asked).text();
        record.message = at(Column::Name).text().unwrap_or_default();
    }
    Some(record)
}

fn request<'a>(record: &mut Record<'a>, slots: &Slots<'a>) {
    let at = |column: Column| slots[column as usize];
    let method = at(Column::Method).plain();
    let status = at(Column::Status).number().filter(|status| *status <= 999).unwrap_or(0);
    record.class = Class::HTTP;
    record.activity = combined::activity(&method);
    record.outcome = combined::outcome(status);
    record.host = at(Column::Host).text();
    record.user = at(Column::User).text();
    record.http = Some(HttpRecord {
        method,
        url: at(Column::Path).plain(),
        status,
        bytes: at(Column::Bytes).number().unwrap_or(0),
        referer: at(Column::Referer).plain(),
        agent: at(Column::Agent).plain(),
    });
}

/// Whether it is an answer to a password of FTP's, or RADIUS' word about one.
fn is_logon(slots: &Slots<'_>) -> bool {
    let at = |column: Column| slots[column as usize].raw();
    let ftp = at(Column::Method) == "PASS" && matches!(at(Column::Status), "230" | "530");
    ftp || at(Column::User) != "null" && matches!(at(Column::Answered), "failed" | "success")
}

/// Zeek guesses from sizes whether an SSH logon succeeded; where it could not, there was at least a connection.
fn logon<'a>(record: &mut Record<'a>, slots: &Slots<'a>) {
    record.class = Class::AUTHENTICATION;
    record.activity = 1;
    record.user = slots[Column::User as usize].text();
    record.message = slots[Column::Agent as usize].plain();
    record.outcome = match slots[Column::Granted as usize].raw() {
        "T" | "true" => Outcome::Success,
        // Kerberos asks everybody for a proof first.
        "F" | "false" if slots[Column::Detail as usize].raw() == "KDC_ERR_PREAUTH_REQUIRED" => Outcome::Unknown,
        "F" | "false" => Outcome::Failure,
        _ => match (slots[Column::Answered as usize].raw(), slots[Column::Status as usize].raw()) {
            ("failed", _) | (_, "530") => Outcome::Failure,
            ("success", _) | (_, "230") => Outcome::Success,
            _ => Outcome::Unknown,
        },
    };
    if record.outcome == Outcome::Failure {
        record.severity = Severity::Low;
    }
    record.flow = Some(flow(slots));
}

fn flow(slots: &Slots<'_>) -> Flow {
    let at = |column: Column| slots[column as usize];
    Flow {
        dst_ip: at(Column::Target).ip(),
        dst_port: at(Column::TargetPort).number().unwrap_or(0),
        sent: at(Column::Sent).number().unwrap_or(0),
        received: at(Column::Received).number().unwrap_or(0),
        failed: failed(at(Column::State).raw()).unwrap_or(false),
    }
}

/// Whether a connection state (documentation of `conn_state`) means that it was refused, reset before data, or never
/// answered; `None` for states that say nothing.
fn failed(state: &str) -> Option<bool> {
    match state {
        "S0" | "REJ" | "RSTOS0" | "RSTRH" | "SH" => Some(true),
        "S1" | "S2" | "S3" | "SF" | "RSTO" | "RSTR" => Some(false),
        _ => None,
    }
}

/// A notice's type is its name (`Scan::Port_Scan`), its text Zeek's own words about it.
fn notice<'a>(record: &mut Record<'a>, slots: &Slots<'a>) {
    let at = |column: Column| slots[column as usize];
    let name = at(Column::Name).plain();
    let actions = at(Column::Actions);
    record.class = Class::DETECTION_FINDING;
    record.activity = 1;
    record.severity = Severity::Medium;
    record.src_ip = at(Column::About).ip().or(record.src_ip);
    record.message = at(Column::Message).text().unwrap_or_else(|| name.clone());
    let actions = match actions {
        Value::Nested(text) => text,
        other => other.raw(),
    };
    record.alert = Some(Alert {
        title: record.message.clone(),
        category: match &name {
            Cow::Borrowed(name) => Cow::Borrowed(name.split("::").next().unwrap_or(name)),
            Cow::Owned(name) => Cow::Owned(name.split("::").next().unwrap_or(name).to_owned()),
        },
        id: name,
        blocked: actions.contains("ACTION_DROP"),
    });
}

#[cfg(test)]
#[path = "zeek_tests.rs"]
mod tests;
