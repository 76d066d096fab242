//! Lines that a container's runtime wrapped: Docker's `{"log":"...","stream":"stdout","time":"..."}`, the runtime
//! interface's `2026-01-02T03:04:05.123456789Z stdout F ...`, Compose's `web-1  | ...`.
//!
//! Only a line inside that is a format of its own is taken out; an application's words stay with the wrapper's time.

use super::members::{Members, Value};
use super::{Format, app, stamp};
use crate::api::Timestamp;
use crate::platform::record::{Alert, Call, HttpRecord, Record};
use std::borrow::Cow;
use std::net::IpAddr;

/// Whether a line that is no JSON is one of these.
#[must_use]
pub fn recognise(line: &str) -> bool {
    interface(line).or_else(|| compose(line)).is_some_and(is_another)
}

/// Whether what was inside is a format of its own. A wrapper within a wrapper is not looked into.
fn is_another(inner: &str) -> bool {
    interface(inner).or_else(|| compose(inner)).is_none()
        && super::recognise(inner).is_some_and(|format| !matches!(format, Format::App | Format::Container))
}

/// What follows `2026-01-02T03:04:05.123456789Z stdout F `.
fn interface(line: &str) -> Option<&str> {
    let (_, length) = line.starts_with(|c: char| c.is_ascii_digit()).then(|| stamp::rfc3339(line.as_bytes()))??;
    let rest = line.get(length..)?.strip_prefix(" std")?;
    let rest = rest.strip_prefix("out ").or_else(|| rest.strip_prefix("err "))?;
    rest.strip_prefix("F ").or_else(|| rest.strip_prefix("P "))
}

/// What follows `web-1  | `.
fn compose(line: &str) -> Option<&str> {
    const NAME_MAX: usize = 64;
    let bar = memchr::memchr(b'|', &line.as_bytes()[..line.len().min(NAME_MAX)])?;
    let name = line[..bar].trim_end();
    let named = !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'));
    line[bar + 1..].strip_prefix(' ').filter(|_| named && name.len() < bar)
}

/// Reads a line; `None` when it is something else.
#[must_use]
pub fn parse(line: &str, now: Timestamp) -> Option<Record<'_>> {
    if !line.starts_with('{') {
        let inner = interface(line).or_else(|| compose(line)).filter(|inner| is_another(inner))?;
        return Some(Record { raw: Cow::Borrowed(line), ..super::parse(None, inner, now) });
    }
    let inner = Members::of(line).find_map(|(name, value)| (name == "log").then_some(value));
    let Some(Value::Text(text, escaped)) = inner else { return app::parse(line, now) };
    let text = Value::Text(text, escaped).plain();
    let inner = text.trim_end();
    if !is_another(inner) {
        return app::parse(line, now);
    }
    Some(Record { raw: Cow::Borrowed(line), ..owned(super::parse(None, inner, now)) })
}

/// The record of a line that an application's JSON holds as its message, if that is of a format of its own. `address`
/// is the one that the application itself names: a client whose words are the whole message does not change it.
pub(super) fn inside<'a>(line: &'a str, message: &str, address: Option<IpAddr>, now: Timestamp) -> Option<Record<'a>> {
    let inner = message.trim_end();
    if inner.starts_with('{') || !is_another(inner) {
        return None;
    }
    let record = owned(super::parse(None, inner, now));
    let agreed = address.is_none() || address == record.src_ip;
    agreed.then_some(Record { raw: Cow::Borrowed(line), ..record })
}

/// A record that outlives the text it was read from. The program's name goes: it can only be borrowed.
pub(super) fn owned(record: Record<'_>) -> Record<'static> {
    let own = |text: Cow<'_, str>| Cow::Owned::<'static, str>(text.into_owned());
    let http = record.http.map(|http| HttpRecord {
        method: own(http.method),
        url: own(http.url),
        referer: own(http.referer),
        agent: own(http.agent),
        status: http.status,
        bytes: http.bytes,
    });
    let call = record.call.map(|call| {
        Box::new(Call {
            service: own(call.service),
            action: own(call.action),
            object: own(call.object),
            key: own(call.key),
            tenant: own(call.tenant),
            agent: own(call.agent),
            admin: call.admin,
        })
    });
    let alert = record.alert.map(|alert| Alert {
        id: own(alert.id),
        title: own(alert.title),
        category: own(alert.category),
        blocked: alert.blocked,
    });
    Record {
        time: record.time,
        class: record.class,
        activity: record.activity,
        severity: record.severity,
        outcome: record.outcome,
        src_ip: record.src_ip,
        client: record.client.map(own),
        user: record.user.map(own),
        session: record.session.map(own),
        host: record.host.map(own),
        country: record.country.map(own),
        asn: record.asn,
        location: record.location,
        agent: own(record.agent),
        http,
        call,
        flow: record.flow,
        alert,
        program: None,
        message: own(record.message),
        repeat: record.repeat,
        refused: record.refused,
        parsed: record.parsed,
        raw: own(record.raw),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::ingest::{parse as parse_any, recognise as recognise_any};
    use proptest::prelude::*;

    const NOW: Timestamp = Timestamp(1_795_000_000_000);
    const INNER: &str = r#"198.51.100.7 - - [02/Jan/2026:03:04:05 +0000] "GET /a?b=1 HTTP/1.1" 200 12 "-" "curl/8""#;

    #[test]
    fn what_is_inside_is_read() {
        let json = serde_json::json!({"log": format!("{INNER}\n"), "stream": "stdout", "time": "2026-01-02T03:04:06Z"});
        for line in [
            json.to_string(),
            format!("2026-01-02T03:04:06.123456789Z stdout F {INNER}"),
            format!("2026-01-02T03:04:06+01:00 stderr P {INNER}"),
            format!("web-1  | {INNER}"),
        ] {
            assert_eq!(recognise_any(&line), Some(Format::Container), "{line}");
            let record = parse_any(None, &line, NOW);
            assert_eq!((record.src_ip.unwrap().to_string(), &*record.raw), ("198.51.100.7".into(), &*line));
            assert_eq!((record.time.to_string(), record.parsed), ("2026-01-02T03:04:05.000Z".into(), true));
            let http = record.http.unwrap();
            assert_eq!((&*http.url, &*http.agent, http.status, http.bytes), ("/a?b=1", "curl/8", 200, 12));
        }
    }

    #[test]
    fn an_applications_words_keep_the_wrappers_time() {
        let line =
            r#"{"log":"Failed login for bob from 198.51.100.7\n","stream":"stderr","time":"2026-01-02T03:04:05.1Z"}"#;
        let record = parse_any(None, line, NOW);
        assert_eq!(
            (record.time.to_string(), record.src_ip.unwrap().to_string()),
            ("2026-01-02T03:04:05.100Z".into(), "198.51.100.7".into())
        );
        assert_ne!(recognise_any("2026-01-02T03:04:05Z stdout F hello"), Some(Format::Container));
        assert_ne!(recognise_any("a | b"), Some(Format::Container));
    }

    proptest! {
        #[test]
        fn any_text_is_survived(text in "\\PC*", log in "\\PC*") {
            let wrapped = serde_json::json!({"log": log, "stream": "stdout", "time": "x"}).to_string();
            for line in [&text, &wrapped, &format!("a-1  | b | {text}"), &format!("2026-01-02T03:04:05Z stdout F {text}")] {
                let _ = (recognise(line), parse(line, NOW));
            }
        }
    }
}
