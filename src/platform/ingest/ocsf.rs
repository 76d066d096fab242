//! OCSF events (schema 1.8.0), one JSON object a line: what Watchfloor's own API takes in.
//!
//! Attributes with a place in a record are read; all others stay in the raw line. Attributes of the wrong type are
//! passed over, not refused: producers differ.

use super::{combined, json, stamp};
use crate::api::{Class, Outcome, Severity, Timestamp};
use crate::platform::record::{Alert, Call, Flow, HttpRecord, Record};
use serde_json::Value;
use std::borrow::Cow;

/// Reads a line; `None` when it is something else.
#[must_use]
pub fn parse<'a>(line: &'a str, now: Timestamp) -> Option<Record<'a>> {
    let value = json::object(line)?;
    let class = json::number(&value, &["class_uid"]).and_then(|n| u16::try_from(n).ok())?;
    let mut record = Record::bare(time(&value).map_or(now, |t| stamp::sane(t, now)), line);
    record.class = Class(class);
    record.http = http(&value);
    record.activity = match json::number(&value, &["activity_id"]) {
        Some(id) => u8::try_from(id).unwrap_or(99),
        None => {
            record.http.as_ref().filter(|_| record.class == Class::HTTP).map_or(0, |h| combined::activity(&h.method))
        }
    };
    record.severity = Severity::from_id(json::small(&value, &["severity_id"]));
    record.outcome = match json::number(&value, &["status_id"]) {
        Some(1) => Outcome::Success,
        Some(2) => Outcome::Failure,
        Some(_) => Outcome::Unknown,
        None => record.http.as_ref().map_or(Outcome::Unknown, |h| combined::outcome(h.status)),
    };
    record.src_ip = json::ip(&value, &["src_endpoint", "ip"])
        .or_else(|| json::ip(&value, &["actor", "endpoint", "ip"]))
        .or_else(|| json::ip(&value, &["device", "ip"]).filter(|_| record.class == Class::DETECTION_FINDING));
    record.user = json::first(
        &value,
        &[
            &["user", "name"],
            &["actor", "user", "name"],
            &["user", "email_addr"],
            &["actor", "user", "email_addr"],
            &["user", "uid"],
            &["actor", "user", "uid"],
        ],
    );
    record.session = json::first(&value, &[&["session", "uid"], &["actor", "session", "uid"]]);
    record.country = json::text(&value, &["src_endpoint", "location", "country"]);
    record.host = json::first(
        &value,
        &[
            &["dst_endpoint", "hostname"],
            &["http_request", "url", "hostname"],
            &["device", "hostname"],
            &["api", "service", "name"],
        ],
    );
    record.alert = alert(&value, record.class);
    record.call = call(&value).map(Box::new);
    record.flow = flow(&value, record.class, record.activity);
    record.message =
        json::first(&value, &[&["message"], &["finding_info", "title"], &["api", "operation"]]).unwrap_or_default();
    Some(record)
}

/// Epoch milliseconds; RFC 3339 text is understood as well (`time_dt`, or a producer's liberty).
fn time(value: &Value) -> Option<Timestamp> {
    json::number(value, &["time"]).map(Timestamp).or_else(|| {
        let text = value.get("time_dt").or_else(|| value.get("time"))?.as_str()?;
        stamp::rfc3339(text.as_bytes()).map(|(time, _)| time)
    })
}

fn http(value: &Value) -> Option<HttpRecord<'static>> {
    let request = value.get("http_request").filter(|r| r.is_object())?;
    let url = json::first(request, &[&["url", "path"], &["url", "url_string"], &["url"]]).unwrap_or_default();
    // `path` has no query in some producers: it is put back, since that is where most attacks are.
    let url = match json::text(request, &["url", "query_string"]) {
        Some(query) if !url.contains('?') => Cow::Owned(format!("{url}?{query}")),
        _ => url,
    };
    Some(HttpRecord {
        method: json::plain(request, &["http_method"]),
        url,
        status: json::small(value, &["http_response", "code"]),
        bytes: json::small(value, &["http_response", "length"]),
        referer: json::plain(request, &["referrer"]),
        agent: json::plain(request, &["user_agent"]),
    })
}

/// API Activity, or anything else that says which operation it was. Producers put the account in various places.
fn call(value: &Value) -> Option<Call<'static>> {
    let first = |paths| json::first(value, paths).unwrap_or_default();
    let resource = value.get("resources").and_then(|r| r.get(0)).or_else(|| value.get("resource"));
    let call = Call {
        service: first(&[&["api", "service", "name"]]),
        action: first(&[&["api", "operation"]]),
        object: resource.and_then(|r| json::first(r, &[&["name"], &["uid"]])).unwrap_or_default(),
        key: first(&[
            &["actor", "user", "credential_uid"],
            &["user", "credential_uid"],
            &["actor", "session", "credential_uid"],
        ]),
        tenant: first(&[
            &["cloud", "account", "uid"],
            &["actor", "user", "account", "uid"],
            &["metadata", "tenant_uid"],
            &["actor", "user", "org", "uid"],
        ]),
        agent: first(&[&["http_request", "user_agent"]]),
        admin: false,
    };
    (!call.action.is_empty() || !call.key.is_empty() || !call.tenant.is_empty()).then_some(call)
}

/// Network Activity. `bytes_out` goes from source to destination; activities 3 to 5 are reset, fail and refuse.
fn flow(value: &Value, class: Class, activity: u8) -> Option<Flow> {
    (class == Class::NETWORK).then(|| Flow {
        dst_ip: json::ip(value, &["dst_endpoint", "ip"]),
        dst_port: json::small(value, &["dst_endpoint", "port"]),
        sent: json::small(value, &["traffic", "bytes_out"]),
        received: json::small(value, &["traffic", "bytes_in"]),
        failed: json::number(value, &["status_id"]) == Some(2) || matches!(activity, 3..=5),
    })
}

fn alert(value: &Value, class: Class) -> Option<Alert<'static>> {
    let title = json::first(value, &[&["finding_info", "title"], &["finding", "title"]]);
    if title.is_none() && class != Class::DETECTION_FINDING {
        return None;
    }
    Some(Alert {
        id: json::first(value, &[&["finding_info", "analytic", "uid"], &["finding_info", "uid"]]).unwrap_or_default(),
        title: title.or_else(|| json::text(value, &["message"])).unwrap_or_default(),
        category: json::first(value, &[&["finding_info", "analytic", "category"], &["category_name"]])
            .unwrap_or_default(),
        // disposition_id 2: blocked.
        blocked: json::number(value, &["disposition_id"]) == Some(2),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const NOW: Timestamp = Timestamp(1_795_000_000_000);

    #[test]
    fn http_activity() {
        let line = r#"{"class_uid":4002,"activity_id":3,"severity_id":1,"status_id":2,"time":1790000000123,"src_endpoint":{"ip":"192.0.2.7"},"actor":{"user":{"name":"visitor1"}},"session":{"uid":"s1"},"http_request":{"http_method":"GET","url":{"path":"/a","query_string":"b=c"},"user_agent":"x","referrer":"r"},"http_response":{"code":404,"length":5},"unmapped":{"k":1}}"#;
        let r = parse(line, NOW).unwrap();
        assert_eq!(
            (r.time, r.class, r.activity, r.outcome),
            (Timestamp(1_790_000_000_123), Class::HTTP, 3, Outcome::Failure)
        );
        assert_eq!(
            (r.src_ip, r.user.as_deref(), r.session.as_deref()),
            ("192.0.2.7".parse().ok(), Some("visitor1"), Some("s1"))
        );
        let h = r.http.unwrap();
        assert_eq!(
            (&*h.method, &*h.url, h.status, h.bytes, &*h.agent, &*h.referer),
            ("GET", "/a?b=c", 404, 5, "x", "r")
        );
        assert_eq!((r.raw, r.alert), (Cow::Borrowed(line), None));
    }

    #[test]
    fn logons_and_findings() {
        let r = parse(r#"{"class_uid":3002,"activity_id":1,"status_id":2,"time":1790000000000,"user":{"name":"a"},"actor":{"user":{"name":"b"}},"src_endpoint":{"ip":"::ffff:192.0.2.7"}}"#, NOW).unwrap();
        assert_eq!((r.class, r.outcome, r.user.as_deref()), (Class::AUTHENTICATION, Outcome::Failure, Some("a")));
        let r = parse(r#"{"class_uid":2004,"severity_id":4,"time":"2026-06-08T20:01:52Z","finding_info":{"title":"T","uid":"7"},"disposition_id":2}"#, NOW).unwrap();
        assert_eq!(r.alert, Some(Alert { id: "7".into(), title: "T".into(), category: "".into(), blocked: true }));
        assert_eq!((r.severity, r.time), (Severity::High, Timestamp::parse("2026-06-08T20:01:52Z").unwrap()));
    }

    #[test]
    fn operations_and_connections() {
        let line = r#"{"class_uid":6003,"activity_id":1,"time":1790000000123,"api":{"operation":"CreateUser","service":{"name":"iam.amazonaws.com"}},"actor":{"user":{"name":"bob","credential_uid":"AKIA1"}},"cloud":{"account":{"uid":"1234"}},"resources":[{"uid":"arn:x"}],"http_request":{"user_agent":"aws-cli"}}"#;
        let r = parse(line, NOW).unwrap();
        let call = r.call.unwrap();
        assert_eq!((&*call.service, &*call.action, &*call.object), ("iam.amazonaws.com", "CreateUser", "arn:x"));
        assert_eq!((&*call.key, &*call.tenant, &*call.agent), ("AKIA1", "1234", "aws-cli"));
        let line = r#"{"class_uid":4001,"activity_id":5,"time":1790000000123,"dst_endpoint":{"ip":"192.0.2.9","port":22},"traffic":{"bytes_out":7,"bytes_in":9}}"#;
        let want = Flow { dst_ip: "192.0.2.9".parse().ok(), dst_port: 22, sent: 7, received: 9, failed: true };
        assert_eq!(parse(line, NOW).unwrap().flow, Some(want));
    }

    #[test]
    fn wrong_types_are_passed_over_and_odd_times_are_now() {
        let r = parse(r#"{"class_uid":4002,"time":9e30,"activity_id":"x","src_endpoint":7,"http_request":[],"actor":null,"status_id":{}}"#, NOW).unwrap();
        assert_eq!((r.time, r.src_ip, r.http), (NOW, None, None));
        for bad in ["{}", r#"{"class_uid":70000}"#, r#"{"class_uid":"x"}"#, "7"] {
            assert_eq!(parse(bad, NOW), None, "{bad}");
        }
    }

    proptest! {
        #[test]
        fn a_generated_event_is_read_back(class in any::<u16>(), time in 631_152_000_000i64..1_795_000_000_000, user in ".+", url in ".+", ip in any::<std::net::IpAddr>()) {
            let text = serde_json::json!({"class_uid": class, "time": time, "user": {"name": user}, "src_endpoint": {"ip": ip},
                "http_request": {"url": {"path": url}}}).to_string();
            let r = parse(&text, NOW).unwrap();
            prop_assert_eq!((r.class.0, r.time.0, r.user.as_deref(), r.src_ip), (class, time, Some(&*user), Some(ip.to_canonical())));
            prop_assert_eq!(&*r.http.unwrap().url, &*url);
        }

        #[test]
        fn any_text_is_survived(text in ".*") {
            let _ = parse(&text, NOW);
            let _ = parse(&format!("{{\"class_uid\":4002,\"time\":{text}}}"), NOW);
        }
    }
}
