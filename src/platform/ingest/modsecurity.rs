//! ModSecurity: its audit log in JSON (versions 2 and 3), and the lines it writes to the error logs of Apache and nginx.
//!
//! Names of members as in ModSecurity's `transaction.cc` (3) and `msc_logging.c` (2). What a rule matched is a client's
//! text; ModSecurity puts a backslash before quotes in it, and writes what is its own as `[name "value"]` behind the
//! rule's `[file "..."]`, so of each name the first behind that counts. One line becomes one alert: of its messages the
//! first that is about an attack and not about a sum of scores.

use super::members::{Members, Value};
use super::{address, combined, serial, stamp};
use crate::api::{Class, Outcome, Severity, Timestamp};
use crate::platform::record::{Alert, HttpRecord, Record};
use std::borrow::Cow;

/// Messages of a line that are looked at.
const MESSAGES_MAX: usize = 64;

/// Rules that only add up or report scores (Core Rule Set, files 949, 959 and 980).
const SUMS: [&str; 3] = ["949", "959", "980"];

/// Whether a line looks like an audit record.
#[must_use]
pub fn recognise(line: &str) -> bool {
    serial::recognise(line)
        || line.strip_prefix('{').is_some_and(|rest| rest.trim_start().starts_with("\"transaction\""))
            && ["\"client_ip\"", "\"remote_address\""]
                .iter()
                .any(|name| memchr::memmem::find(line.as_bytes(), name.as_bytes()).is_some())
}

/// Reads an audit record; `None` when it is something else.
#[must_use]
pub fn parse(line: &str, now: Timestamp) -> Option<Record<'_>> {
    if line.starts_with("--") {
        return serial::parse(line, now);
    }
    let mut members = Members::of(line);
    let mut audit = Audit::default();
    for (name, value) in members.by_ref() {
        audit.take(name, value);
    }
    if !members.whole() || audit.src_ip.is_none() {
        return None;
    }
    let mut record = Record::bare(now, line);
    record.time = audit.time.map_or(now, |time| stamp::sane(time, now));
    record.src_ip = audit.src_ip.and_then(Value::ip);
    record.host = audit.host.and_then(Value::text);
    let status = audit.status.and_then(Value::number).filter(|s| *s <= 999).unwrap_or(0);
    let (method, url) = audit.target();
    record.class = Class::HTTP;
    record.activity = combined::activity(&method);
    record.outcome = combined::outcome(status);
    record.http = Some(HttpRecord {
        method,
        url,
        status,
        referer: audit.referer.map_or(Cow::Borrowed(""), Value::plain),
        agent: audit.agent.map_or(Cow::Borrowed(""), Value::plain),
        bytes: 0,
    });
    if let Some((alert, severity)) = audit.alert(status) {
        raise(&mut record, alert, severity);
    }
    Some(record)
}

/// Makes a record one of an alert.
pub(super) fn raise<'a>(record: &mut Record<'a>, alert: Alert<'a>, severity: Severity) {
    record.class = Class::DETECTION_FINDING;
    record.activity = 1;
    record.severity = severity;
    record.outcome = if alert.blocked { Outcome::Failure } else { Outcome::Unknown };
    record.message = alert.title.clone();
    record.alert = Some(alert);
}

/// Makes of a record the alert that a text of an error log is: `ModSecurity: Access denied with code 403 (phase 2). ...
/// [file "..."] [line "79"] [id "942100"] [msg "..."] ...`. False when it is none.
pub fn describe<'a>(record: &mut Record<'a>, text: &'a str) -> bool {
    let Some(text) = text.strip_prefix("ModSecurity: ") else { return false };
    let Some((alert, severity)) = said(text) else { return false };
    raise(record, alert, severity);
    true
}

/// The same for Coraza, which writes the client before its name: `[client "192.0.2.1"] Coraza: Access denied ...`.
pub fn coraza<'a>(record: &mut Record<'a>, text: &'a str) -> bool {
    let Some((before, said_of_it)) = text.split_once("] Coraza: ") else { return false };
    let client = before.rsplit_once("[client \"").and_then(|(_, ip)| address::parse(ip.trim_end_matches('"')));
    let (Some(client), Some((alert, severity))) = (client, said(said_of_it)) else { return false };
    record.src_ip = Some(client);
    raise(record, alert, severity);
    true
}

/// The alert of NAXSI's message `NAXSI_FMT: ip=...&zone0=ARGS&id0=1000&var_name0=q`; the client is nginx's to say.
pub fn naxsi<'a>(record: &mut Record<'a>, words: &'a str) -> bool {
    let Some(pairs) = words.strip_prefix("NAXSI_FMT: ") else { return false };
    let field = |name: &str| pairs.split('&').find_map(|pair| pair.strip_prefix(name)).unwrap_or("");
    let blocked = field("block=") == "1" && field("learning=") != "1";
    let title = Cow::Owned(format!("NAXSI rule {} in {}", field("id0="), field("zone0=")));
    let category = Cow::Borrowed(field("cscore0=").trim_start_matches('$'));
    let severity = if blocked { Severity::Medium } else { Severity::Low };
    raise(record, Alert { id: Cow::Borrowed(field("id0=")), title, category, blocked }, severity);
    true
}

/// The alert of a message in words, without the `ModSecurity: ` in front.
pub(super) fn said(text: &str) -> Option<(Alert<'_>, Severity)> {
    let blocked = text.starts_with("Access denied");
    if !blocked && !text.starts_with("Warning.") {
        return None;
    }
    let own = text.find(" [file \"").map_or("", |at| &text[at..]);
    let id = tag(own, "id").unwrap_or("");
    let title = tag(own, "msg").filter(|m| !m.is_empty()).or_else(|| text.split(" [").next()).unwrap_or(text);
    let category = own.match_indices(" [tag \"attack-").next().and_then(|(at, _)| tag(&own[at..], "tag")).unwrap_or("");
    let alert = Alert {
        id: Cow::Borrowed(id),
        title: super::quoted::unescape(title),
        category: Cow::Borrowed(category),
        blocked,
    };
    Some((alert, severity(tag(own, "severity").unwrap_or(""))))
}

/// The value of ` [name "value"]`.
fn tag<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let mut rest = text;
    while let Some((_, after)) = rest.split_once(" [") {
        if let Some(value) = after.strip_prefix(name).and_then(|v| v.strip_prefix(" \"")) {
            return value.get(..super::quoted::end(value.as_bytes(), 0)?);
        }
        rest = after;
    }
    None
}

/// By number as syslog's, or by name.
fn severity(text: &str) -> Severity {
    match text {
        "0" | "1" | "2" | "EMERGENCY" | "ALERT" | "CRITICAL" => Severity::High,
        "3" | "4" | "ERROR" | "WARNING" => Severity::Medium,
        _ => Severity::Low,
    }
}

/// What an audit record says.
#[derive(Default)]
struct Audit<'a> {
    src_ip: Option<Value<'a>>,
    time: Option<Timestamp>,
    method: Option<Value<'a>>,
    uri: Option<Value<'a>>,
    line: Option<Value<'a>>,
    host: Option<Value<'a>>,
    agent: Option<Value<'a>>,
    referer: Option<Value<'a>>,
    status: Option<Value<'a>>,
    messages: Option<Value<'a>>,
    interrupted: bool,
}

impl<'a> Audit<'a> {
    /// A member of the record, or of one of its parts: version 3 has all in `transaction`, version 2 side by side.
    fn take(&mut self, name: &str, value: Value<'a>) {
        match name {
            "transaction" | "request" | "response" | "audit_data" | "action" => {
                value.members().for_each(|(name, value)| self.take_part(name, value));
            }
            _ => {}
        }
    }

    fn take_part(&mut self, name: &str, value: Value<'a>) {
        match name {
            "client_ip" | "remote_address" => self.src_ip = self.src_ip.or(Some(value)),
            "time_stamp" => {
                self.time = stamp::ctime(value.raw()).map(|s| stamp::local(s, stamp::machine_offset));
            }
            "time" => self.time = stamp::clf(value.plain().as_bytes().get(..stamp::CLF_LEN).unwrap_or(b"")),
            "method" => self.method = Some(value),
            "uri" => self.uri = Some(value),
            "request_line" => self.line = Some(value),
            "http_code" | "status" => self.status = Some(value),
            "messages" => self.messages = Some(value),
            "is_interrupted" | "intercepted" => self.interrupted = value.raw() == "true",
            "headers" if self.status.is_none() => value.members().for_each(|(name, value)| self.header(name, value)),
            "request" | "response" | "action" => {
                value.members().for_each(|(name, value)| self.take_inner(name, value));
            }
            _ => {}
        }
    }

    /// A member of version 3's request or response.
    fn take_inner(&mut self, name: &str, value: Value<'a>) {
        match name {
            "client_ip" | "remote_address" | "request" | "response" | "messages" => {}
            _ => self.take_part(name, value),
        }
    }

    fn header(&mut self, name: &str, value: Value<'a>) {
        let slot = match name {
            _ if name.eq_ignore_ascii_case("host") => &mut self.host,
            _ if name.eq_ignore_ascii_case("user-agent") => &mut self.agent,
            _ if name.eq_ignore_ascii_case("referer") => &mut self.referer,
            _ => return,
        };
        *slot = slot.or(Some(value));
    }

    fn target(&self) -> (Cow<'a, str>, Cow<'a, str>) {
        match self.line {
            Some(Value::Text(line, false)) => combined::request(line, true),
            Some(line) => {
                let line = line.plain();
                let (method, url) = combined::request(&line, true);
                (Cow::Owned(method.into_owned()), Cow::Owned(url.into_owned()))
            }
            None => {
                (self.method.map_or(Cow::Borrowed(""), Value::plain), self.uri.map_or(Cow::Borrowed(""), Value::plain))
            }
        }
    }

    /// The alert that its messages make.
    fn alert(&self, status: u16) -> Option<(Alert<'a>, Severity)> {
        let messages = self.messages?.items().filter_map(|message| match message {
            Value::Text(text, false) => said(text),
            Value::Text(_, true) => said(&message.plain()).map(|(alert, severity)| (owned(alert), severity)),
            other => Some(structured(other)),
        });
        weigh(messages, self.interrupted, status)
    }
}

/// The alert that several messages make together.
pub(super) fn weigh<'a>(
    messages: impl Iterator<Item = (Alert<'a>, Severity)>,
    interrupted: bool,
    status: u16,
) -> Option<(Alert<'a>, Severity)> {
    let (mut first, mut scored) = (None, false);
    for (alert, severity) in messages.take(MESSAGES_MAX) {
        let sum = SUMS.iter().any(|sum| alert.id.starts_with(sum));
        scored |= sum || alert.blocked;
        if first.as_ref().is_none_or(|(_, _, only_sum)| *only_sum && !sum) {
            first = Some((alert, severity, sum));
        }
    }
    let (mut alert, severity, _) = first?;
    // Version 3 does not always say that it stepped in: a score reached, and the answer for it, do.
    alert.blocked = interrupted || alert.blocked || scored && status == 403;
    Some((alert, severity))
}

/// An alert that outlasts its line.
pub(super) fn owned(alert: Alert<'_>) -> Alert<'static> {
    let own = |text: Cow<'_, str>| Cow::Owned(text.into_owned());
    Alert { id: own(alert.id), title: own(alert.title), category: own(alert.category), blocked: alert.blocked }
}

/// `{"message":"...","details":{"ruleId":"942100","severity":"2","tags":["attack-sqli"]}}`.
fn structured(message: Value<'_>) -> (Alert<'_>, Severity) {
    let (mut alert, mut level) = (Alert::default(), Severity::Low);
    for (name, value) in message.members() {
        match name {
            "message" => alert.title = value.plain(),
            "details" => {
                for (name, value) in value.members() {
                    match name {
                        "ruleId" => alert.id = value.plain(),
                        "severity" => level = severity(value.raw()),
                        "tags" => {
                            let attack = value.items().find(|tag| tag.raw().starts_with("attack-"));
                            alert.category = attack.map_or(Cow::Borrowed(""), Value::plain);
                        }
                        _ => {}
                    }
                }
            }
            _ => {}
        }
    }
    (alert, level)
}

#[cfg(test)]
#[path = "modsecurity_tests.rs"]
mod tests;
