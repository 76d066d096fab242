//! Suricata EVE: alerts become findings, HTTP records requests, everything with an address network activity.
//!
//! Field names as in Suricata's documentation, "EVE JSON Format". The source of a record is who asked: for transactions
//! that is the flow's initiator, which an event about a server's answer names as its destination.

use super::members::{Members, Value};
use super::{combined, stamp};
use crate::api::{Class, Outcome, Severity, Timestamp};
use crate::platform::record::{Alert, Flow, HttpRecord, Record};
use std::borrow::Cow;
use std::net::IpAddr;

/// The members that are looked at, as they stand in the line.
#[derive(Default)]
struct Eve<'a> {
    kind: Option<Value<'a>>,
    time: Option<Value<'a>>,
    src: End<'a>,
    dest: End<'a>,
    proto: Option<Value<'a>>,
    app_proto: Option<Value<'a>>,
    host: Option<Value<'a>>,
    http: Option<Value<'a>>,
    alert: Option<Value<'a>>,
    flow: Option<Value<'a>>,
    /// What the event is about, of whatever kind it is.
    about: Option<(&'a str, Value<'a>)>,
}

/// One end of a connection.
#[derive(Default, Clone, Copy)]
struct End<'a> {
    ip: Option<Value<'a>>,
    port: Option<Value<'a>>,
}

impl End<'_> {
    fn ip(self) -> Option<IpAddr> {
        self.ip.and_then(Value::ip)
    }

    fn port(self) -> u16 {
        self.port.and_then(Value::number).unwrap_or(0)
    }
}

/// Reads a line; `None` when it is something else.
#[must_use]
pub fn parse(line: &str, now: Timestamp) -> Option<Record<'_>> {
    if !line.starts_with("{\"firewall_name\"") {
        return event(line, now);
    }
    let inner = Members::of(line).find_map(|(name, value)| (name == "event").then_some(value));
    let Some(Value::Nested(inner)) = inner else { return None };
    event(inner, now).map(|record| Record { raw: Cow::Borrowed(line), ..record })
}

/// Reads an event.
fn event(line: &str, now: Timestamp) -> Option<Record<'_>> {
    let mut members = Members::of(line);
    let mut eve = Eve::default();
    members.by_ref().for_each(|(name, value)| eve.take(name, value));
    let Some(Value::Text(kind, false)) = eve.kind.filter(|_| members.whole()) else { return None };
    let time = eve.time.and_then(|t| stamp::rfc3339(t.raw().as_bytes()));
    let mut record = Record::bare(time.map_or(now, |(t, _)| stamp::sane(t, now)), line);
    record.src_ip = eve.source(kind);
    record.host = eve.site();
    record.http = eve.http.map(http);
    match kind {
        "alert" => alert(&mut record, &eve),
        "http" => {
            record.class = Class::HTTP;
            let status = record.http.as_ref().map_or(0, |h| h.status);
            record.activity = record.http.as_ref().map_or(0, |h| combined::activity(&h.method));
            record.outcome = combined::outcome(status);
        }
        "stats" | "engine" => {}
        "drop" => {
            record.class = Class::NETWORK;
            record.outcome = Outcome::Failure;
            record.flow = Some(Flow { failed: true, ..flow(&eve) });
        }
        "flow" => {
            record.class = Class::NETWORK;
            record.flow = Some(flow(&eve));
            let failed = record.flow.as_ref().is_some_and(|f| f.failed);
            record.outcome = if failed { Outcome::Failure } else { Outcome::Success };
        }
        _ => {
            record.class = Class::NETWORK;
            record.message = summary(&eve, kind);
        }
    }
    Some(record)
}

impl<'a> Eve<'a> {
    fn take(&mut self, name: &'a str, value: Value<'a>) {
        let slot = match name {
            "event_type" => &mut self.kind,
            "timestamp" => &mut self.time,
            "src_ip" => &mut self.src.ip,
            "src_port" => &mut self.src.port,
            "dest_ip" => &mut self.dest.ip,
            "dest_port" => &mut self.dest.port,
            "proto" => &mut self.proto,
            "app_proto" => &mut self.app_proto,
            "host" => &mut self.host,
            "http" => &mut self.http,
            "alert" => &mut self.alert,
            "flow" => &mut self.flow,
            "fileinfo" | "ssh" | "tls" | "dns" | "anomaly" if self.about.is_none() => {
                self.about = Some((name, value));
                return;
            }
            _ => return,
        };
        *slot = slot.or(Some(value));
    }

    /// Who began it.
    fn source(&self, kind: &str) -> Option<IpAddr> {
        let (src, dest) = (self.src.ip(), self.dest.ip());
        match kind {
            // A rule that knows says who attacked.
            "alert" => within(self.alert, &["source", "ip"]).and_then(Value::ip).or(src),
            // A file travels in either direction. Without the flow's own word, servers have the lower port.
            "fileinfo" => within(self.flow, &["src_ip"]).and_then(Value::ip).or_else(|| {
                let from_server = self.src.port() < self.dest.port();
                if from_server { dest.or(src) } else { src }
            }),
            _ => src,
        }
    }

    /// The site asked for, or else the sensor.
    fn site(&self) -> Option<Cow<'a, str>> {
        let tls = self.about.filter(|(name, _)| *name == "tls").map(|(_, value)| value);
        let text = |value: Option<Value<'a>>| value.and_then(Value::text);
        text(within(self.http, &["hostname"])).or_else(|| text(within(tls, &["sni"]))).or_else(|| text(self.host))
    }
}

/// The member at a path of names.
fn within<'a>(value: Option<Value<'a>>, path: &[&str]) -> Option<Value<'a>> {
    path.iter().try_fold(value?, |value, name| value.members().find(|(n, _)| n == name).map(|(_, v)| v))
}

fn http(value: Value<'_>) -> HttpRecord<'_> {
    let mut http = HttpRecord::default();
    for (name, value) in value.members() {
        match name {
            "http_method" => http.method = value.plain(),
            "url" => http.url = value.plain(),
            "status" => http.status = value.number().unwrap_or(0),
            "length" => http.bytes = value.number().unwrap_or(0),
            "http_refer" => http.referer = value.plain(),
            "http_user_agent" => http.agent = value.plain(),
            _ => {}
        }
    }
    http
}

fn alert<'a>(record: &mut Record<'a>, eve: &Eve<'a>) {
    let mut alert = Alert::default();
    for (name, value) in eve.alert.into_iter().flat_map(Value::members) {
        match name {
            "signature_id" => alert.id = value.plain(),
            "signature" => alert.title = value.plain(),
            "category" => alert.category = value.plain(),
            "action" => alert.blocked = matches!(value.raw(), "blocked" | "drop" | "reject"),
            // Suricata counts downwards: 1 is the most severe.
            "severity" => {
                record.severity = match value.number() {
                    Some(1) => Severity::High,
                    Some(2) => Severity::Medium,
                    Some(3) => Severity::Low,
                    _ => Severity::Info,
                };
            }
            _ => {}
        }
    }
    record.class = Class::DETECTION_FINDING;
    record.activity = 1;
    record.outcome = if alert.blocked { Outcome::Failure } else { Outcome::Unknown };
    record.message = alert.title.clone();
    record.alert = Some(alert);
}

/// What a flow's end says of it. One that nobody answered, or that never got past its first packet, failed.
fn flow(eve: &Eve<'_>) -> Flow {
    let mut flow = Flow { dst_ip: eve.dest.ip(), dst_port: eve.dest.port(), ..Flow::default() };
    for (name, value) in eve.flow.into_iter().flat_map(Value::members) {
        match name {
            "bytes_toserver" => flow.sent = value.number().unwrap_or(0),
            "bytes_toclient" => flow.received = value.number().unwrap_or(0),
            "pkts_toclient" => flow.failed |= value.raw() == "0",
            "state" => flow.failed |= value.raw() == "new",
            _ => {}
        }
    }
    flow
}

/// One line for records that have no better one: `ssh TCP 192.0.2.1:5 -> 192.0.2.2:22 libssh`.
fn summary<'a>(eve: &Eve<'a>, kind: &str) -> Cow<'a, str> {
    let plain = |value: Option<Value<'a>>| value.map_or(Cow::Borrowed(""), Value::plain);
    let path: &[&str] = match eve.about {
        Some(("fileinfo", _)) => &["filename"],
        Some(("ssh", _)) => &["client", "software_version"],
        Some(("tls", _)) => &["sni"],
        Some(("dns", _)) => &["rrname"],
        _ => &["event"],
    };
    let detail = within(eve.about.map(|(_, value)| value), path).or(eve.app_proto);
    let end = |end: End<'a>| format!("{}:{}", plain(end.ip), plain(end.port));
    let text = format!("{kind} {} {} -> {} {}", plain(eve.proto), end(eve.src), end(eve.dest), plain(detail));
    Cow::Owned(text.trim_end().to_owned())
}

#[cfg(test)]
#[path = "eve_tests.rs"]
mod tests;
