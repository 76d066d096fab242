//! Combined and common logs: what servers write, and what attackers make them write.

use super::*;
use proptest::prelude::*;
use std::net::IpAddr;

const NOW: Timestamp = Timestamp(1_795_000_000_000);

fn read(line: &str) -> Record<'_> {
    parse(line, NOW).unwrap_or_else(|| panic!("not understood: {line}"))
}

fn ip(text: &str) -> Option<IpAddr> {
    Some(text.parse().unwrap())
}

const ORDINARY: &str = r#"192.0.2.7 - - [17/May/2015:10:05:03 +0000] "GET /a/b.png?x=1 HTTP/1.1" 200 203023 "http://example.org/" "Mozilla/5.0 (X11)""#;

#[test]
fn an_ordinary_line_is_borrowed_throughout() {
    let r = read(ORDINARY);
    let h = r.http.clone().unwrap();
    assert_eq!((r.time, r.class, r.activity), (Timestamp::parse("2015-05-17T10:05:03Z").unwrap(), Class::HTTP, 3));
    assert_eq!((r.src_ip, r.user.clone(), r.outcome.clone()), (ip("192.0.2.7"), None, Outcome::Success));
    assert_eq!((h.status, h.bytes), (200, 203_023));
    for (part, text) in [
        (&h.method, "GET"),
        (&h.url, "/a/b.png?x=1"),
        (&h.referer, "http://example.org/"),
        (&h.agent, "Mozilla/5.0 (X11)"),
        (&r.raw, ORDINARY),
    ] {
        assert!(matches!(part, Cow::Borrowed(t) if *t == text), "{part}");
    }
}

#[test]
fn common_format_and_missing_fields() {
    let r = read(r#"2001:db8::5 - analyst [17/May/2015:10:05:03 +0200] "HEAD / HTTP/1.0" 304 -"#);
    assert_eq!((r.src_ip, r.user.as_deref()), (ip("2001:db8::5"), Some("analyst")));
    assert_eq!(r.time, Timestamp::parse("2015-05-17T08:05:03Z").unwrap());
    let h = r.http.unwrap();
    assert_eq!((h.status, h.bytes, &*h.agent), (304, 0, ""));
    assert_eq!(read(r#"192.0.2.7 - - [17/May/2015:10:05:03 +0000] "GET /" - -"#).http.unwrap().status, 0);
    assert_eq!(&*read(r#"192.0.2.7 - - [17/May/2015:10:05:03 +0000] "GET /" 200 5"#).http.unwrap().url, "/");
    assert_eq!(
        read(r#"::ffff:192.0.2.7 - - [17/May/2015:10:05:03 +0000] "GET / HTTP/1.1" 200 5"#).src_ip,
        ip("192.0.2.7")
    );
}

#[test]
fn requests_that_are_none() {
    for (request, url) in
        [("-", ""), ("", ""), (r"\x16\x03\x01\x02", "\u{16}\u{3}\u{1}\u{2}"), ("/etc/passwd", "/etc/passwd")]
    {
        let line = format!(r#"192.0.2.7 - - [17/May/2015:10:05:03 +0000] "{request}" 400 0 "-" "-""#);
        let r = read(&line);
        let h = r.http.unwrap();
        assert_eq!((&*h.method, &*h.url, h.status, &*h.referer, &*h.agent), ("", url, 400, "", ""));
        assert_eq!(r.outcome, Outcome::Failure);
    }
    let spaces = read(r#"192.0.2.7 - - [17/May/2015:10:05:03 +0000] "GET /a b c HTTP/1.1" 400 0 "-" "-""#);
    assert_eq!(&*spaces.http.unwrap().url, "/a b c");
}

#[test]
fn escaped_quotes_are_text() {
    let r = read(
        r#"192.0.2.7 - - [17/May/2015:10:05:03 +0000] "GET /?q=\x22x\x22 HTTP/1.1" 200 5 "\"r\" 500 1" "a\\" "203.0.113.9""#,
    );
    let h = r.http.unwrap();
    assert_eq!((&*h.url, h.status, &*h.referer, &*h.agent), ("/?q=\"x\"", 200, "\"r\" 500 1", "a\\"));
    assert_eq!(r.src_ip, ip("192.0.2.7"), "a forwarded-for field is the client's word");
    let old = read(r#"192.0.2.7 - - [17/May/2015:10:05:03 +0000] "GET /a"b HTTP/1.1" 404 5 "-" "-""#);
    assert_eq!((&*old.http.as_ref().unwrap().url, old.http.as_ref().unwrap().status), ("/a\"b", 404));
}

#[test]
fn a_virtual_host_in_front() {
    for (prefix, host) in
        [("shop.example:443", "shop.example"), ("shop.example", "shop.example"), ("198.51.100.1", "198.51.100.1")]
    {
        let line =
            format!(r#"{prefix} 192.0.2.7 - colleague [17/May/2015:10:05:03 +0000] "GET / HTTP/1.1" 200 5 "-" "x""#);
        let r = read(&line);
        assert_eq!((r.host.as_deref(), r.src_ip, r.user.as_deref()), (Some(host), ip("192.0.2.7"), Some("colleague")));
    }
    let named = read(r#"host.example - - [17/May/2015:10:05:03 +0000] "GET / HTTP/1.1" 200 5"#);
    assert_eq!((named.src_ip, named.host), (None, None));
}

#[test]
fn a_user_name_cannot_forge_stamp_address_or_status() {
    let r = read(
        r#"192.0.2.7 - x [01/Jan/2001:00:00:00 +0000] 203.0.113.1 [17/May/2015:10:05:03 +0000] "GET / HTTP/1.1" 401 5 "-" "-""#,
    );
    assert_eq!((r.src_ip, r.time), (ip("192.0.2.7"), Timestamp::parse("2015-05-17T10:05:03Z").unwrap()));
    assert_eq!(r.user.as_deref(), Some("x [01/Jan/2001:00:00:00 +0000] 203.0.113.1"));
    assert_eq!(r.http.unwrap().status, 401);
}

#[test]
fn other_lines_are_refused() {
    for line in [
        "",
        "\"",
        "hello \"world\"",
        r#"192.0.2.7 - - [17/May/2015:10:05:03 +0000] "GET /"#,
        "[17/May/2015:10:05:03 +0000]",
    ] {
        assert_eq!(parse(line, NOW), None, "{line}");
    }
}

proptest! {
    #[test]
    fn a_generated_line_is_read_back(
        addr in any::<IpAddr>(), s in 631_152_000i64..1_795_000_000, method in "[A-Z]{1,10}",
        url in "/[!#-\\[\\]-~]{0,60}", status in 100u16..600, size in any::<u64>(), agent in "[ !#-\\[\\]-~]{2,60}", user in "[a-z]{1,9}",
    ) {
        let time = chrono::DateTime::from_timestamp(s, 0).unwrap().format("%d/%b/%Y:%H:%M:%S %z");
        let line = format!("{addr} - {user} [{time}] \"{method} {url} HTTP/1.1\" {status} {size} \"-\" \"{agent}\"");
        let r = read(&line);
        let h = r.http.unwrap();
        prop_assert_eq!((r.src_ip, r.time.0, r.user.as_deref()), (Some(addr.to_canonical()), s * 1000, Some(&*user)));
        prop_assert_eq!((&*h.method, &*h.url, h.status, h.bytes, &*h.agent), (&*method, &*url, status, size, &*agent));
    }

    #[test]
    fn any_text_is_survived(text in ".*", cut in 0usize..200) {
        let _ = parse(&text, NOW);
        let cut = cut.min(ORDINARY.len());
        let _ = parse(&ORDINARY[..cut], NOW);
        let _ = parse(&format!("{}{text}", &ORDINARY[..cut]), NOW);
        let _ = parse(&format!("{text}{}", &ORDINARY[cut..]), NOW);
    }
}
