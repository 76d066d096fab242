//! Access logs of Nginx Proxy Manager: `[stamp] cache upstream status - GET https host "/path" [Client 192.0.2.1]
//! [Length 12] [Gzip -] [Sent-to 10.0.0.5] "agent" "referer"`.
//!
//! The first quote opens the path, and everything before it is the server's own but the host; what follows the closing
//! quote is the server's up to the agent's quote. nginx escapes quotes within.

use super::{address, combined, quoted, stamp};
use crate::api::{Class, Timestamp};
use crate::platform::record::{HttpRecord, Record};
use std::borrow::Cow;

/// Whether a line looks like one of these.
#[must_use]
pub fn recognise(line: &str) -> bool {
    frame(line).is_some()
}

/// The stamp, what stands before the path, the path, and what follows it.
fn frame(line: &str) -> Option<(Timestamp, &str, &str, &str)> {
    let (stamp, rest) = line.strip_prefix('[')?.split_once("] ")?;
    let time = stamp::clf(stamp.as_bytes())?;
    let open = rest.find('"')?;
    let close = quoted::end(rest.as_bytes(), open + 1)?;
    let after = rest.get(close + 1..)?.strip_prefix(" [Client ")?;
    Some((time, &rest[..open], &rest[open + 1..close], after))
}

/// Reads a line; `None` when it is something else.
#[must_use]
pub fn parse<'a>(line: &'a str, now: Timestamp) -> Option<Record<'a>> {
    let (time, before, path, after) = frame(line)?;
    // `cache upstream status - METHOD scheme host`: the last dash, since an unknown host would be the last word.
    let (codes, request) = before.trim_end().rsplit_once(" - ")?;
    let status = codes.split(' ').next_back()?.parse().ok().filter(|status| *status <= 999)?;
    let mut words = request.split(' ');
    let (method, _scheme, host) = (words.next()?, words.next()?, words.next().unwrap_or(""));
    let (client, after) = after.split_once(']')?;
    let length = after.split_once("[Length ").and_then(|(_, n)| n.split(']').next()?.parse().ok());
    let open = after.find('"').map(|at| at + 1);
    let close = open.and_then(|open| quoted::end(after.as_bytes(), open));
    let agent = open.zip(close).map_or("", |(open, close)| &after[open..close]);
    let referer = close.and_then(|close| after[close + 1..].trim_start().strip_prefix('"'));

    let mut record = Record::bare(stamp::sane(time, now), line);
    record.class = Class::HTTP;
    record.activity = combined::activity(method);
    record.outcome = combined::outcome(status);
    record.src_ip = address::parse(client);
    record.host = Some(Cow::Borrowed(host)).filter(|host| !matches!(&**host, "" | "-"));
    record.http = Some(HttpRecord {
        method: Cow::Borrowed(method),
        url: quoted::unescape(path),
        status,
        bytes: length.unwrap_or(0),
        referer: quoted::field(referer.and_then(|r| r.strip_suffix('"')).unwrap_or("")),
        agent: quoted::field(agent),
    });
    Some(record)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::ingest::{Format, recognise as recognise_any};
    use proptest::prelude::*;

    const NOW: Timestamp = Timestamp(1_795_000_000_000);

    #[test]
    fn both_of_its_formats_are_read() {
        for codes in ["- 401 401 - ", "- - 401 - ", "MISS 401 401 - ", "401 - "] {
            let line = format!(
                r#"[02/Jan/2026:03:04:05 +0000] {codes}POST https a.example "/api?x=\"1" [Client 198.51.100.7] [Length 60] [Gzip -] [Sent-to 10.0.0.5] "curl/8" "https://b.example/""#
            );
            assert_eq!(recognise_any(&line), Some(Format::ProxyManager), "{line}");
            let record = parse(&line, NOW).unwrap_or_else(|| panic!("{line}"));
            let http = record.http.unwrap();
            assert_eq!((http.status, http.bytes, &*http.method), (401, 60, "POST"), "{line}");
            assert_eq!((&*http.url, &*http.agent, &*http.referer), ("/api?x=\"1", "curl/8", "https://b.example/"));
            assert_eq!(record.src_ip.unwrap().to_string(), "198.51.100.7");
            assert_eq!(
                (record.host.unwrap(), record.time.to_string()),
                ("a.example".into(), "2026-01-02T03:04:05.000Z".into())
            );
        }
    }

    #[test]
    fn a_client_cannot_name_another() {
        let line = r#"[02/Jan/2026:03:04:05 +0000] - 200 200 - GET https a "/\" [Client 192.0.2.1] " [Client 198.51.100.7] [Length 6] [Gzip -] [Sent-to 10.0.0.5] "[Client 192.0.2.2]" "-""#;
        assert_eq!(parse(line, NOW).unwrap().src_ip.unwrap().to_string(), "198.51.100.7");
    }

    proptest! {
        #[test]
        fn any_text_is_survived(text in "\\PC*", near in r#"\[02/Jan/2026:03:04:05 \+0000\] [ -~]{0,60}"#) {
            let _ = (parse(&text, NOW), parse(&near, NOW));
        }
    }
}
