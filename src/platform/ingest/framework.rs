//! Access logs in shapes of their own, as meshes, application servers and web frameworks write them: Envoy and Istio,
//! uvicorn, werkzeug, Apache with columns of the operator's, gin, Rails, Squid.
//!
//! What they share is a request line, mostly in quotes. The first quote opens it; what stands before it is the server's,
//! so the client is looked for there first. Envoy names the client only in the forwarded-for behind it: the last of that
//! list, which Envoy wrote itself when it is the edge.

use super::{address, app, combined, login, loose, quoted, stamp};
use crate::api::{Class, Timestamp};
use crate::platform::record::{HttpRecord, Record};
use std::borrow::Cow;
use std::net::IpAddr;

/// The request of a line, and who asked.
#[derive(Debug, Default, PartialEq)]
struct Asked<'a> {
    method: &'a str,
    url: &'a str,
    status: u16,
    client: Option<IpAddr>,
    agent: &'a str,
}

/// Whether a line looks like one of these.
#[must_use]
pub fn recognise(line: &str) -> bool {
    asked(line).is_some()
}

/// Reads a line; `None` when it is something else.
#[must_use]
pub fn parse<'a>(line: &'a str, now: Timestamp) -> Option<Record<'a>> {
    let asked = asked(line)?;
    let mut record = Record::bare(stamp::sane(time(line, now), now), line);
    let (method, url, host) = combined::absolute(Cow::Borrowed(asked.method), quoted::unescape(asked.url));
    record.class = Class::HTTP;
    record.activity = combined::activity(&method);
    record.outcome = combined::outcome(asked.status);
    record.src_ip = asked.client;
    record.host = host;
    record.http = Some(HttpRecord {
        method,
        url,
        status: asked.status,
        agent: quoted::field(asked.agent),
        ..HttpRecord::default()
    });
    Some(record)
}

/// The time at the start of a line or in its first brackets; the last one known where there is none.
pub(super) fn time(line: &str, now: Timestamp) -> Timestamp {
    let line = line.strip_prefix('"').unwrap_or(line);
    let quote = line.find('"').unwrap_or(line.len());
    let bracket = line[..quote].find('[').map(|at| &line[at + 1..]);
    let found = app::head(line, now).map(|(time, _)| time);
    found.or_else(|| loose::read(bracket?, now, stamp::machine_offset).map(|(time, _)| time)).unwrap_or(now)
}

fn asked(line: &str) -> Option<Asked<'_>> {
    if line.starts_with('{') {
        return None;
    }
    // LiteSpeed puts quotes around the whole line.
    let line = line.strip_prefix('"').filter(|inner| inner.starts_with(|c: char| c.is_ascii_digit())).unwrap_or(line);
    in_quotes(line).or_else(|| gin(line)).or_else(|| rails(line)).or_else(|| squid(line))
}

/// `... "GET /path HTTP/1.1" 200 ...`, the client before the quote or, with Envoy, in a quoted list behind it.
fn in_quotes(line: &str) -> Option<Asked<'_>> {
    let open = line.find('"')?;
    let close = quoted::end(line.as_bytes(), open + 1)?;
    let (method, url) = request_line(&line[open + 1..close])?;
    let (before, after) = (&line[..open], &line[close + 1..]);
    let code = |word: &str| word.parse().ok().filter(|s| (100..=599).contains(s));
    let mut status = after.strip_prefix(' ')?.split(' ').next().and_then(code);
    // Classic load balancers write both answers, and the sizes, before the request.
    let mut words = before.trim_end().rsplit(' ').skip(2);
    if let (None, Some(_), Some(told)) = (status, words.next().and_then(code), words.next().and_then(code)) {
        status = Some(told);
    }
    // chi: `"GET http://x.org/ HTTP/1.1" from 192.0.2.1:4711 - 200 12B in 1ms`.
    if let Some((client, told)) = after.strip_prefix(" from ").and_then(|rest| rest.split_once(" - ")) {
        let client = address::peer(client);
        let status = told.split(' ').next().and_then(code)?;
        return client.map(|client| Asked { method, url, status, client: Some(client), agent: "" });
    }
    // `"POST /login HTTP/1.1" FAILED LOGIN`: what matters about it is not the request.
    if status.is_none() && login::is_judged(line) {
        return None;
    }
    let mut quotes = after.split('"').skip(1).step_by(2);
    // Who comes to an Envoy is behind the second or third quote: `"-" 0 12 3 2 "192.0.2.1" "agent"`.
    let envoy = before.starts_with('[') && before.ends_with("] ");
    let last_of_list = |list: &str| list.rsplit(',').next().and_then(|ip| address::parse(ip.trim()));
    let client = before.split([' ', '[', ']', '(', ')', ',', '|']).find_map(address::peer);
    let client = client.or_else(|| if envoy { quotes.find_map(last_of_list) } else { None })?;
    Some(Asked { method, url, status: status.unwrap_or(0), client: Some(client), agent: quotes.next().unwrap_or("") })
}

/// Method and target of `GET /path HTTP/1.1`.
fn request_line(text: &str) -> Option<(&str, &str)> {
    let (method, rest) = text.split_once(' ')?;
    let (url, version) = rest.rsplit_once(' ')?;
    (is_method(method) && version.starts_with("HTTP/") && !url.is_empty()).then_some((method, url))
}

fn is_method(word: &str) -> bool {
    (3..=16).contains(&word.len()) && word.bytes().all(|b| b.is_ascii_uppercase() || b == b'-')
}

/// `[GIN] 2026/01/02 - 03:04:05 | 200 |  1.2ms |  192.0.2.1 | GET      "/path"`, and fiber's `03:04:05 | 200 |  1ms |
/// 192.0.2.1 | GET     | /path | -`.
fn gin(line: &str) -> Option<Asked<'_>> {
    let mut columns = line.splitn(5, '|').map(str::trim).skip(1);
    let status = columns.next()?.parse().ok().filter(|s| (100..=599).contains(s))?;
    let client = address::peer(columns.nth(1)?)?;
    let (method, rest) = columns.next()?.split_once(' ')?;
    let rest = rest.trim_start_matches([' ', '|']);
    let url = match rest.strip_prefix('"') {
        Some(url) => url.get(..quoted::end(url.as_bytes(), 0)?)?,
        None => rest.rsplit_once(" |").map_or(rest, |(url, _)| url),
    };
    is_method(method).then_some(Asked { method, url, status, client: Some(client), agent: "" })
}

/// `Started GET "/path" for 192.0.2.1 at 2026-01-02 03:04:05 +0000`.
fn rails(line: &str) -> Option<Asked<'_>> {
    let (before, rest) = line.split_once("Started ")?;
    let (method, rest) = rest.split_once(" \"").filter(|(method, _)| is_method(method) && !before.contains('"'))?;
    let (url, rest) = rest.rsplit_once("\" for ")?;
    let client = address::peer(rest.split(' ').next()?)?;
    Some(Asked { method, url, status: 0, client: Some(client), agent: "" })
}

/// `1767323045.123    200 192.0.2.1 TCP_MISS/200 1200 GET http://host/path - HIER_DIRECT/10.0.0.5 text/html`.
fn squid(line: &str) -> Option<Asked<'_>> {
    let mut words = line.split(' ').filter(|word| !word.is_empty());
    let client = address::peer(words.nth(2)?)?;
    let (result, status) = words.next()?.split_once('/')?;
    let (method, url) = (words.nth(1)?, words.next()?);
    let proxied = result.contains('_') && result.bytes().all(|b| b.is_ascii_uppercase() || b == b'_');
    // A refusal to pass is a matter of logging on.
    (proxied && is_method(method) && status != "407").then_some(())?;
    Some(Asked { method, url, status: status.parse().ok()?, client: Some(client), agent: "" })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::ingest::{Format, parse as parse_any, recognise as recognise_any};
    use proptest::prelude::*;

    const NOW: Timestamp = Timestamp(1_795_000_000_000);
    /// Lines of the same request.
    const LINES: [&str; 9] = [
        r#"[2026-01-02T03:04:05.123Z] "GET /a?b=1 HTTP/1.1" 200 - 0 12 3 2 "192.0.2.9,198.51.100.7" "curl/8" "id" "x.org" "10.0.0.5:8080""#,
        r#"[2026-01-02T03:04:05.123Z] "GET /a?b=1 HTTP/1.1" 200 - via_upstream - "-" 0 12 3 2 "198.51.100.7" "curl/8" "id" "x.org" "10.0.0.5:8080" inbound|8080|| -"#,
        r#"INFO:     198.51.100.7:41220 - "GET /a?b=1 HTTP/1.1" 200 OK"#,
        r#"198.51.100.7 - - [02/Jan/2026 03:04:05] "GET /a?b=1 HTTP/1.1" 200 -"#,
        r#"198.51.100.7 - - [02/Jan/2026:03:04:05 +0000] 0 "GET /a?b=1 HTTP/1.1" 200 12 "-" "curl/8""#,
        r#"[02/Jan/2026:03:04:05 +0000] 198.51.100.7 TLSv1.3 TLS_AES_256_GCM_SHA384 "GET /a?b=1 HTTP/1.1" 200"#,
        r#"[GIN] 2026/01/02 - 03:04:05 | 200 |      1.2ms |  198.51.100.7 | GET      "/a?b=1""#,
        r#"I, [2026-01-02T03:04:05.123456 #12]  INFO -- : Started GET "/a?b=1" for 198.51.100.7 at 2026-01-02 03:04:05 +0000"#,
        r"1767323045.123    200 198.51.100.7 TCP_MISS/200 1200 GET http://x.org/a?b=1 - HIER_DIRECT/10.0.0.5 text/html",
    ];

    #[test]
    fn each_shape_is_read() {
        for line in LINES {
            assert_eq!(recognise_any(line), Some(Format::Framework), "{line}");
            let record = parse_any(None, line, NOW);
            assert_eq!(record.src_ip.unwrap().to_string(), "198.51.100.7", "{line}");
            let http = record.http.unwrap();
            assert_eq!((&*http.method, &*http.url), ("GET", "/a?b=1"), "{line}");
            assert!(matches!(http.status, 200) || line.contains("Started"), "{line}");
            let timed = record.time.to_string().starts_with("2026-01-02T03:04:05");
            assert!(timed || line.starts_with("INFO"), "{line}: {}", record.time);
        }
    }

    #[test]
    fn a_client_cannot_name_another() {
        for line in [
            r#"198.51.100.7 x [02/Jan/2026 03:04:05] "GET /\" 200 - \"192.0.2.1 HTTP/1.1" 200 -"#,
            r#"Started GET "/a" for 192.0.2.1 at x" for 198.51.100.7 at 2026-01-02 03:04:05 +0000"#,
        ] {
            assert_eq!(parse(line, NOW).unwrap().src_ip.unwrap().to_string(), "198.51.100.7", "{line}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_survived(text in "\\PC*", near in "[-0-9./: \"\\[\\]|GETSFforatdHP_]{0,80}") {
            for line in [&text, &near, &format!("[GIN] {near}"), &format!("Started GET \"{near}")] {
                let _ = (recognise(line), parse(line, NOW));
            }
        }
    }
}
