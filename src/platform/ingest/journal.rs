//! Records of the systemd journal as `journalctl -o json` prints them.
//!
//! The message is handed to the same understanding as syslog's. Following the journal is `tail`'s business.

use super::{container, json, quoted, stamp, syslog};
use crate::api::{Severity, Timestamp};
use crate::platform::record::Record;
use serde_json::Value;
use std::borrow::Cow;

/// Reads a line; `None` when it is something else.
#[must_use]
pub fn parse<'a>(line: &'a str, now: Timestamp) -> Option<Record<'a>> {
    let value = json::object(line)?;
    let time = json::number(&value, &["__REALTIME_TIMESTAMP"])
        .or_else(|| json::number(&value, &["_SOURCE_REALTIME_TIMESTAMP"]));
    let message = message(value.get("MESSAGE")?)?;
    let time = time.map_or(now, |us| stamp::sane(Timestamp(us / 1000), now));
    let program = borrowed(line, "SYSLOG_IDENTIFIER").or_else(|| borrowed(line, "_COMM")).unwrap_or("");
    if let Some(inner) = syslog::inner(program, &message, time) {
        let host = json::text(&value, &["_HOSTNAME"]);
        let inner = container::owned(inner);
        return Some(Record {
            raw: Cow::Borrowed(line),
            program: (!program.is_empty()).then_some(program),
            host: inner.host.clone().or(host),
            ..inner
        });
    }
    let mut record = Record::bare(time, line);
    record.severity = match json::number(&value, &["PRIORITY"]) {
        Some(0..=2) => Severity::High,
        Some(3) => Severity::Medium,
        Some(4) => Severity::Low,
        _ => Severity::Info,
    };
    record.host = json::text(&value, &["_HOSTNAME"]);
    syslog::describe(&mut record, program, Cow::Owned(message));
    Some(record)
}

/// The cursor of a line, for going on after it.
#[must_use]
pub fn cursor(line: &str) -> Option<&str> {
    borrowed(line, "__CURSOR")
}

/// A message is text, or an array of bytes where it holds some that do not print; a field given more than once is an
/// array of such, of which the first counts; one too long for the printer is null.
fn message(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Null => Some(String::new()),
        Value::Array(items) => match items.first() {
            Some(Value::Number(_)) | None => {
                let bytes = items.iter().map(|b| b.as_u64().and_then(|b| u8::try_from(b).ok()));
                Some(quoted::text_of(bytes.collect::<Option<Vec<u8>>>()?))
            }
            Some(first @ (Value::String(_) | Value::Array(_))) => message_once(first),
            Some(_) => None,
        },
        _ => None,
    }
}

/// One of several; not deeper, whatever a line nests.
fn message_once(value: &Value) -> Option<String> {
    match value {
        Value::Array(items) if !items.iter().all(Value::is_number) => None,
        value => message(value),
    }
}

/// A field's text as it stands in the line, where it has no escapes.
fn borrowed<'a>(line: &'a str, key: &str) -> Option<&'a str> {
    let at = memchr::memmem::find_iter(line.as_bytes(), key).find(|at| {
        line.as_bytes()[..*at].ends_with(b"\"")
            && !line.as_bytes()[..*at].ends_with(b"\\\"")
            && line[at + key.len()..].starts_with('"')
    })?;
    let rest = line[at + key.len() + 1..].trim_start_matches(' ').strip_prefix(':')?.trim_start_matches(' ');
    let text = rest.strip_prefix('"')?;
    let end = memchr::memchr2(b'"', b'\\', text.as_bytes())?;
    (text.as_bytes()[end] == b'"').then_some(&text[..end])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::{Class, Outcome};
    use proptest::prelude::*;

    const NOW: Timestamp = Timestamp(1_795_000_000_000);

    fn line(message: &str) -> String {
        format!(
            r#"{{"__CURSOR":"s=1;i=2","__REALTIME_TIMESTAMP":"1790000000123456","PRIORITY":"6","SYSLOG_IDENTIFIER":"sshd","_HOSTNAME":"web1","MESSAGE":{message},"_PID":"7"}}"#
        )
    }

    #[test]
    fn sshd_is_understood_here_too() {
        let line = line(r#""Failed password for invalid user \"x\" from 192.0.2.7 port 22 ssh2""#);
        let r = parse(&line, NOW).unwrap();
        assert_eq!(
            (r.time, r.class, r.outcome),
            (Timestamp(1_790_000_000_123), Class::AUTHENTICATION, Outcome::Failure)
        );
        assert_eq!((r.src_ip, r.user.as_deref()), ("192.0.2.7".parse().ok(), Some("\"x\"")));
        assert_eq!((r.program, r.host.as_deref(), cursor(&line)), (Some("sshd"), Some("web1"), Some("s=1;i=2")));
    }

    #[test]
    fn a_message_may_be_bytes() {
        let text = "Invalid user \u{1} from 192.0.2.7 port 2";
        let bytes: Vec<String> = text.bytes().chain([0xff]).map(|b| b.to_string()).collect();
        let r = line(&format!("[{}]", bytes.join(",")));
        assert_eq!(parse(&r, NOW).unwrap().message, format!("{text}\\xFF"));
        assert_eq!(parse(&line("null"), NOW).unwrap().message, "");
        assert_eq!(parse(&line(r#"["a","b"]"#), NOW).unwrap().message, "a");
        for bad in ["[300]", "[[[1]]]", "{}", "true"] {
            assert_eq!(parse(&line(bad), NOW), None, "{bad}");
        }
    }

    #[test]
    fn text_cannot_pass_for_a_field() {
        let r =
            line(r#""\"SYSLOG_IDENTIFIER\":\"x\" SYSLOG_IDENTIFIER""#).replace(r#""SYSLOG_IDENTIFIER":"sshd","#, "");
        assert_eq!(parse(&r, NOW).unwrap().program, None);
    }

    proptest! {
        #[test]
        fn a_generated_record_is_read_back(message in ".*", us in 631_152_000_000_000i64..1_795_000_000_000_000) {
            let value = serde_json::json!({"__REALTIME_TIMESTAMP": us.to_string(), "MESSAGE": message, "SYSLOG_IDENTIFIER": "cron"});
            let text = value.to_string();
            let r = parse(&text, NOW).unwrap();
            prop_assert_eq!((r.time.0, &*r.message, r.program), (us / 1000, &*message, Some("cron")));
        }

        #[test]
        fn any_text_is_survived(text in ".*") {
            let _ = (parse(&text, NOW), parse(&line(&text), NOW), cursor(&text), borrowed(&text, "\""));
        }
    }
}
