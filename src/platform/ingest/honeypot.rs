//! OpenCanary: a decoy that writes one JSON object for whatever touches it.
//!
//! Nobody has business with a decoy, so every logon tried there counts as refused and every connection as a failed
//! one. Kinds by number as in its `logger.py`.

use super::members::{Members, Value};
use super::{address, loose, stamp};
use crate::api::{Class, Outcome, Severity, Timestamp};
use crate::platform::record::{Flow, Record};
use std::borrow::Cow;

/// Kinds in which a name and a password were tried: FTP, HTTP, SSH, HTTP proxy, MySQL, MSSQL, Telnet, VNC, RDP, Redis,
/// Git and the like have their thousands each.
const LOGONS: [u32; 13] = [2000, 3001, 4002, 6001, 7001, 8001, 9001, 9002, 9003, 12_001, 14_001, 17_001, 18_002];

/// Reads a line; `None` when it is something else.
#[must_use]
pub fn parse(line: &str, now: Timestamp) -> Option<Record<'_>> {
    let mut members = Members::of(line);
    let [mut kind, mut source, mut target, mut port, mut when, mut utc, mut data, mut node] = [NONE; 8];
    for (name, value) in members.by_ref() {
        match name {
            "logtype" => kind = value,
            "src_host" => source = value,
            "dst_host" => target = value,
            "dst_port" => port = value,
            "local_time" => when = value,
            "utc_time" => utc = value,
            "logdata" => data = value,
            "node_id" => node = value,
            _ => {}
        }
    }
    let kind = kind.number::<u32>().filter(|_| members.whole())?;
    let read = |value: Value<'_>, offset: fn(i64) -> i64| loose::read(value.raw(), now, offset).map(|(time, _)| time);
    // With neither zone nor hint, both times are UTC in the versions that write both.
    let time = read(utc, |_| 0).or_else(|| read(when, stamp::machine_offset)).unwrap_or(now);
    let mut record = Record::bare(stamp::sane(time, now), line);
    record.host = node.text();
    record.src_ip = address::parse(source.raw());
    if record.src_ip.is_none() {
        return Some(record);
    }
    record.severity = Severity::Low;
    record.outcome = Outcome::Failure;
    if LOGONS.contains(&kind) {
        (record.class, record.activity) = (Class::AUTHENTICATION, 1);
        record.user = data.members().find(|(name, _)| *name == "USERNAME").and_then(|(_, value)| value.text());
        record.message = Cow::Borrowed("logon tried at a decoy");
    } else {
        record.class = Class::NETWORK;
        record.message = Cow::Borrowed("decoy touched");
        let (dst_ip, dst_port) = (address::parse(target.raw()), port.number().unwrap_or(0));
        record.flow = Some(Flow { dst_ip, dst_port, failed: true, ..Flow::default() });
    }
    Some(record)
}

/// Nothing said.
const NONE: Value<'static> = Value::Word("null");

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::ingest::{Format, parse as parse_any, recognise};

    #[test]
    fn what_touches_a_decoy() {
        let now = Timestamp(1_795_000_000_000);
        let line = |kind: u32| {
            format!(
                r#"{{"dst_host":"10.0.0.5","dst_port":23,"local_time":"2026-11-10 13:55:00.1","utc_time":"2026-11-10 13:55:00.1","logdata":{{"USERNAME":"root","PASSWORD":"192.0.2.1"}},"logtype":{kind},"node_id":"c1","src_host":"198.51.100.7","src_port":4}}"#
            )
        };
        let logon = line(6001);
        assert_eq!(recognise(&logon), Some(Format::Honeypot));
        let record = parse_any(None, &logon, now);
        assert_eq!((record.class, record.user.as_deref()), (Class::AUTHENTICATION, Some("root")));
        assert_eq!(record.time.to_string(), "2026-11-10T13:55:00.100Z");
        let scan = line(5001);
        let record = parse_any(None, &scan, now);
        assert_eq!((record.class, record.flow.map(|flow| flow.dst_port)), (Class::NETWORK, Some(23)));
    }
}
