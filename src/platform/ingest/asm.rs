//! F5's web application firewalls (BIG-IP Advanced WAF, NGINX App Protect): `name="value"` pairs with commas between
//! them. A quote inside a value is doubled.

use super::{address, combined};
use crate::api::{Class, Outcome, Severity};
use crate::platform::record::{Alert, HttpRecord, Record};
use std::borrow::Cow;

/// Pairs of one message that are looked at.
const PAIRS_MAX: usize = 128;

/// Makes of a record the alert that a message is; false when it is none.
pub fn describe<'a>(record: &mut Record<'a>, text: &'a str) -> bool {
    if !text.contains("ip_client=\"") || !text.contains("request_status=\"") {
        return false;
    }
    let [mut client, mut kind, mut status, mut method, mut path, mut query, mut violations, mut ids, mut code] =
        [""; 9];
    for (name, value) in pairs(text).take(PAIRS_MAX) {
        let slot = match name {
            "ip_client" => &mut client,
            "attack_type" => &mut kind,
            "request_status" => &mut status,
            "method" => &mut method,
            "uri" => &mut path,
            "query_string" => &mut query,
            "violations" => &mut violations,
            "sig_ids" => &mut ids,
            "response_code" => &mut code,
            _ => continue,
        };
        if slot.is_empty() && value != "N/A" {
            *slot = value;
        }
    }
    let Some(src_ip) = address::peer(client) else { return false };
    let blocked = status == "blocked";
    record.src_ip = Some(src_ip);
    record.class = if violations.is_empty() && kind.is_empty() { Class::HTTP } else { Class::DETECTION_FINDING };
    record.severity = if blocked { Severity::Medium } else { Severity::Low };
    let url = if query.is_empty() { Cow::Borrowed(path) } else { Cow::Owned([path, "?", query].concat()) };
    let status = code.parse().ok().filter(|status| *status > 0).unwrap_or(if blocked { 403 } else { 0 });
    record.outcome = if blocked { Outcome::Failure } else { combined::outcome(status) };
    record.activity = 1;
    record.http = Some(HttpRecord { method: Cow::Borrowed(method), url, status, ..HttpRecord::default() });
    if record.class == Class::DETECTION_FINDING {
        let title = if kind.is_empty() { violations } else { kind };
        record.alert = Some(Alert { id: ids.into(), title: title.into(), category: violations.into(), blocked });
    }
    true
}

/// `name="value"` after `name="value"`.
fn pairs(text: &str) -> impl Iterator<Item = (&str, &str)> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let (before, after) = rest.split_once("=\"")?;
        let name = before.rsplit([',', ' ', ':']).next().unwrap_or(before);
        let bytes = after.as_bytes();
        let mut end = 0;
        loop {
            end += memchr::memchr(b'"', bytes.get(end..)?)?;
            if bytes.get(end + 1) != Some(&b'"') {
                break;
            }
            end += 2;
        }
        rest = &after[end + 1..];
        Some((name, &after[..end]))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::Timestamp;
    use proptest::prelude::*;

    #[test]
    fn a_value_cannot_name_another_client() {
        let text = r#"ASM:uri="/a"",ip_client=""192.0.2.1",ip_client="198.51.100.7",request_status="blocked",attack_type="x",method="GET",query_string="q=1""#;
        let mut record = Record::bare(Timestamp(0), text);
        assert!(describe(&mut record, text));
        assert_eq!(record.src_ip, "198.51.100.7".parse().ok());
        let http = record.http.unwrap();
        assert_eq!((&*http.method, http.status), ("GET", 403));
        assert!(http.url.ends_with("?q=1"), "{}", http.url);
    }

    proptest! {
        #[test]
        fn any_text_is_survived(text in "[a-z_=\"é, ]{0,80}") {
            let text = format!("ip_client=\"request_status=\"{text}");
            let mut record = Record::bare(Timestamp(0), "");
            let _ = (pairs(&text).count(), describe(&mut record, &text));
        }
    }
}
