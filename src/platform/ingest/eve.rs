//! Suricata EVE: alerts become findings, HTTP records requests, everything with an address network activity.
//!
//! Field names as in Suricata's documentation, "EVE JSON Format". The source of a record is who asked: for transactions
//! that is the flow's initiator, which an event about a server's answer names as its destination.

use super::{combined, json, stamp};
use crate::api::{Class, Outcome, Severity, Timestamp};
use crate::platform::record::{Alert, HttpRecord, Record};
use serde_json::Value;
use std::borrow::Cow;
use std::net::IpAddr;

/// Reads a line; `None` when it is something else.
#[must_use]
pub fn parse<'a>(line: &'a str, now: Timestamp) -> Option<Record<'a>> {
    let value = json::object(line)?;
    let kind = value.get("event_type")?.as_str()?;
    let time = value.get("timestamp").and_then(Value::as_str).and_then(|t| stamp::rfc3339(t.as_bytes()));
    let mut record = Record::bare(time.map_or(now, |(t, _)| stamp::sane(t, now)), line);
    record.src_ip = source(&value, kind);
    record.host = json::first(&value, &[&["http", "hostname"], &["tls", "sni"], &["host"]]);
    record.http = value.get("http").filter(|h| h.is_object()).map(http);
    match kind {
        "alert" => alert(&mut record, &value),
        "http" => {
            record.class = Class::HTTP;
            let status = record.http.as_ref().map_or(0, |h| h.status);
            record.activity = record.http.as_ref().map_or(0, |h| combined::activity(&h.method));
            record.outcome = combined::outcome(status);
        }
        "stats" | "engine" => {}
        _ => {
            record.class = Class::NETWORK;
            record.message = summary(&value, kind);
        }
    }
    Some(record)
}

/// Who began it.
fn source(value: &Value, kind: &str) -> Option<IpAddr> {
    let (src, dest) = (json::ip(value, &["src_ip"]), json::ip(value, &["dest_ip"]));
    match kind {
        // A rule that knows says who attacked.
        "alert" => json::ip(value, &["alert", "source", "ip"]).or(src),
        // A file travels in either direction. Without the flow's own word, servers have the lower port.
        "fileinfo" => json::ip(value, &["flow", "src_ip"]).or_else(|| {
            let from_server = json::number(value, &["src_port"]) < json::number(value, &["dest_port"]);
            if from_server { dest.or(src) } else { src }
        }),
        _ => src,
    }
}

fn http(value: &Value) -> HttpRecord<'static> {
    HttpRecord {
        method: json::plain(value, &["http_method"]),
        url: json::plain(value, &["url"]),
        status: json::small(value, &["status"]),
        bytes: json::small(value, &["length"]),
        referer: json::plain(value, &["http_refer"]),
        agent: json::plain(value, &["http_user_agent"]),
    }
}

fn alert(record: &mut Record<'_>, value: &Value) {
    let blocked = matches!(value.pointer("/alert/action").and_then(Value::as_str), Some("blocked" | "drop" | "reject"));
    let title = json::plain(value, &["alert", "signature"]);
    record.class = Class::DETECTION_FINDING;
    record.activity = 1;
    record.outcome = if blocked { Outcome::Failure } else { Outcome::Unknown };
    // Suricata counts downwards: 1 is the most severe.
    record.severity = match json::number(value, &["alert", "severity"]) {
        Some(1) => Severity::High,
        Some(2) => Severity::Medium,
        Some(3) => Severity::Low,
        _ => Severity::Info,
    };
    record.message = title.clone();
    record.alert = Some(Alert {
        id: json::plain(value, &["alert", "signature_id"]),
        title,
        category: json::plain(value, &["alert", "category"]),
        blocked,
    });
}

/// One line for records that have no better one: `ssh TCP 192.0.2.1:5 -> 192.0.2.2:22 libssh`.
fn summary(value: &Value, kind: &str) -> Cow<'static, str> {
    let end = |ip: &str, port: &str| format!("{}:{}", json::plain(value, &[ip]), json::plain(value, &[port]));
    let detail = json::first(
        value,
        &[
            &["fileinfo", "filename"],
            &["ssh", "client", "software_version"],
            &["tls", "sni"],
            &["dns", "rrname"],
            &["anomaly", "event"],
            &["flow", "state"],
            &["app_proto"],
        ],
    );
    let proto = json::plain(value, &["proto"]);
    let (from, to) = (end("src_ip", "src_port"), end("dest_ip", "dest_port"));
    Cow::Owned(format!("{kind} {proto} {from} -> {to} {}", detail.unwrap_or_default()).trim_end().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const NOW: Timestamp = Timestamp(1_795_000_000_000);
    const ALERT: &str = r#"{"timestamp":"2026-06-08T20:01:52.875791+0000","flow_id":1,"event_type":"alert","src_ip":"192.0.2.7","src_port":5,"dest_ip":"10.0.0.1","dest_port":80,"proto":"TCP","alert":{"action":"blocked","gid":1,"signature_id":2019232,"rev":2,"signature":"ET WEB_SERVER \/bin\/sh","category":"Web Application Attack","severity":1},"http":{"hostname":"shop.example","url":"\/a?b=\"c\"","http_user_agent":"x","http_method":"GET","status":404,"length":68}}"#;

    #[test]
    fn an_alert_is_a_finding() {
        let r = parse(ALERT, NOW).unwrap();
        let (a, h) = (r.alert.unwrap(), r.http.unwrap());
        assert_eq!(
            (r.class, r.severity, r.src_ip),
            (Class::DETECTION_FINDING, Severity::High, "192.0.2.7".parse().ok())
        );
        assert_eq!(
            (&*a.id, &*a.title, &*a.category, a.blocked),
            ("2019232", "ET WEB_SERVER /bin/sh", "Web Application Attack", true)
        );
        assert_eq!((&*h.url, h.status, r.host.as_deref()), ("/a?b=\"c\"", 404, Some("shop.example")));
        assert_eq!(
            (r.time, &*r.message),
            (Timestamp::parse("2026-06-08T20:01:52.875Z").unwrap(), "ET WEB_SERVER /bin/sh")
        );
    }

    #[test]
    fn other_records() {
        let request = ALERT.replace(r#""event_type":"alert""#, r#""event_type":"http""#);
        let r = parse(&request, NOW).unwrap();
        assert_eq!((r.class, r.activity, r.outcome), (Class::HTTP, 3, Outcome::Failure));
        let ssh = r#"{"timestamp":"2026-06-08T20:01:52+0000","event_type":"ssh","src_ip":"::ffff:192.0.2.7","src_port":5,"dest_ip":"10.0.0.1","dest_port":22,"proto":"TCP","ssh":{"client":{"software_version":"libssh"}}}"#;
        let r = parse(ssh, NOW).unwrap();
        assert_eq!((r.class, &*r.message), (Class::NETWORK, "ssh TCP ::ffff:192.0.2.7:5 -> 10.0.0.1:22 libssh"));
        assert_eq!(r.src_ip, "192.0.2.7".parse().ok());
        assert_eq!(parse(r#"{"event_type":"stats","timestamp":"x"}"#, NOW).unwrap().class, Class::BASE);
        for bad in ["{}", "[]", r#"{"event_type":1}"#, r#"{"event_type":"alert""#] {
            assert_eq!(parse(bad, NOW), None, "{bad}");
        }
    }

    proptest! {
        #[test]
        fn a_generated_alert_is_read_back(title in ".+", id in 1u32.., severity in 0u8..9, ip in any::<IpAddr>(), url in ".+") {
            let value = serde_json::json!({"event_type": "alert", "timestamp": "2026-06-08T20:01:52.875791+0000", "src_ip": ip.to_string(),
                "alert": {"signature": title, "signature_id": id, "severity": severity}, "http": {"url": url}});
            let text = value.to_string();
            let r = parse(&text, NOW).unwrap();
            let a = r.alert.unwrap();
            prop_assert_eq!((&*a.title, &*a.id, r.src_ip), (&*title, &*id.to_string(), Some(ip.to_canonical())));
            prop_assert_eq!(&*r.http.unwrap().url, &*url);
        }

        #[test]
        fn any_text_is_survived(text in ".*", cut in 0..ALERT.len()) {
            let _ = parse(&text, NOW);
            let _ = parse(&format!("{}{text}", &ALERT[..cut]), NOW);
            let _ = parse(&format!("{{\"event_type\":\"alert\",\"alert\":{text}}}"), NOW);
        }
    }
}
