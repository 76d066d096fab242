//! HAProxy's lines; the first is its manual's own example.

use super::*;
use crate::api::Outcome;
use crate::platform::ingest::syslog;
use proptest::prelude::*;
use std::net::IpAddr;

const NOW: Timestamp = Timestamp(1_795_000_000_000);
const LINE: &str = r#"10.0.1.2:33317 [06/Feb/2009:12:14:14.655] http-in static/srv1 10/0/30/69/109 200 2750 - - ---- 1/1/1/1/0 0/0 {1wt.eu} {} "GET /index.html?a=b HTTP/1.1""#;

fn read(line: &str) -> Record<'_> {
    parse(line, NOW, |_| 0).unwrap_or_else(|| panic!("not understood: {line}"))
}

#[test]
fn the_documented_line_bare_and_in_syslog() {
    let r = read(LINE);
    let h = r.http.clone().unwrap();
    assert_eq!(r.time, Timestamp::parse("2009-02-06T12:14:14.655Z").unwrap());
    assert_eq!((r.class, r.src_ip, r.host.as_deref()), (Class::HTTP, "10.0.1.2".parse().ok(), Some("1wt.eu")));
    assert_eq!((&*h.method, &*h.url, h.status, h.bytes, &*h.agent), ("GET", "/index.html?a=b", 200, 2750, ""));
    let framed = format!("<134>Feb  6 12:14:14 localhost haproxy[14389]: {LINE}");
    let r = syslog::parse(&framed, NOW, |_| 0).unwrap();
    assert_eq!((r.http.unwrap(), r.program, &*r.raw), (h, Some("haproxy"), &*framed));
    assert_eq!(r.src_ip, "10.0.1.2".parse().ok());
}

#[test]
fn captures_errors_and_other_shapes() {
    let line = LINE.replace(
        "{1wt.eu} {}",
        "{shop.example:443|Mozilla/5.0 (X11; Linux)|https://example.org/|203.0.113.9|text/html} {nginx}",
    );
    let r = read(&line);
    let h = r.http.unwrap();
    assert_eq!(
        (r.host.as_deref(), &*h.agent, &*h.referer),
        (Some("shop.example:443"), "Mozilla/5.0 (X11; Linux)", "https://example.org/")
    );
    assert_eq!(r.src_ip, "10.0.1.2".parse().ok(), "a captured forwarded-for is not believed");
    let bare = read(&LINE.replace(" {1wt.eu} {}", "").replace("GET /index", "GET https://h.example/index"))
        .http
        .unwrap()
        .url
        .into_owned();
    assert_eq!(bare, "/index.html?a=b");
    let bad = read(
        r#"[::ffff:192.0.2.7]:5 [06/Feb/2009:12:14:14.655] in in/<NOSRV> -1/-1/-1/-1/109 400 212 - - PR-- 1/1/0/0/0 0/0 "<BADREQ>""#,
    );
    let h = bad.http.unwrap();
    assert_eq!((bad.src_ip, bad.outcome, &*h.url, h.status), ("192.0.2.7".parse().ok(), Outcome::Failure, "", 400));
    let aborted = LINE.replace(" 200 2750", " -1 +2750");
    assert_eq!(read(&aborted).http.map(|h| (h.status, h.bytes)), Some((0, 2750)));
    let tls = read("192.0.2.7:5 [06/Feb/2009:12:14:14.655] www/2: SSL handshake failure");
    assert_eq!((tls.class, tls.http, &*tls.message), (Class::BASE, None, "www/2: SSL handshake failure"));
    let tcp = read("192.0.2.7:5 [06/Feb/2009:12:12:51.443] fnt bck/<NOSRV> 0/0/5007 212 -- 0/0/0/0/3 0/0");
    assert_eq!((tcp.class, tcp.flow), (Class::NETWORK, Some(Flow { received: 212, failed: true, ..Flow::default() })));
}

#[test]
fn a_client_cannot_shift_fields() {
    let line = LINE.replace("/index.html?a=b", "/a#22 200 #7b x#23").replace("{1wt.eu}", "{a#7d #22GET / 500|x}");
    let r = read(&line);
    let h = r.http.unwrap();
    assert_eq!((h.status, &*h.url), (200, "/a\" 200 { x#"));
    for line in ["", "10.0.1.2 [06/Feb/2009:12:14:14.655] x", &LINE[..90], "10.0.1.2:5 [06/Feb/2009:12:14:14.65é] x"] {
        assert_eq!(parse(line, NOW, |_| 0), None, "{line}");
    }
    let cut = &LINE[..LINE.len() - 8];
    assert_eq!(read(cut).http.unwrap().url, "/index.html?a=b H", "a line cut short is read as far as it goes");
}

proptest! {
    #[test]
    fn a_generated_line_is_read_back(ip in any::<IpAddr>(), port in any::<u16>(), s in 631_152_000i64..1_795_000_000, ms in 0u16..1000,
        status in 100u16..=599, bytes in any::<u64>(), url in "/\\PC{0,40}", agent in "[A-Z][a-z]{1,9}/[0-9]\\PC{0,30}") {
        let escape = |text: &str| text.chars().map(|c| if "{|}\"#,".contains(c) { format!("#{:02X}", c as u32) } else { c.into() }).collect::<String>();
        let time = chrono::DateTime::from_timestamp(s, 0).unwrap().format("%d/%b/%Y:%H:%M:%S");
        let line = format!("{ip}:{port} [{time}.{ms:03}] f~ b/s 1/0/3/6/10 {status} {bytes} - - ---- 1/1/1/1/0 0/0 {{{}}} \"PUT {} HTTP/1.1\"", escape(&agent), escape(&url));
        let r = read(&line);
        let h = r.http.unwrap();
        prop_assert_eq!((r.src_ip, r.time.0, h.status, h.bytes), (Some(ip.to_canonical()), s * 1000 + i64::from(ms), status, bytes));
        prop_assert_eq!((&*h.url, &*h.agent), (&*url, &*agent));
    }

    #[test]
    fn any_text_is_survived(text in ".*", cut in 0..LINE.len()) {
        for line in [text.clone(), format!("{}{text}", &LINE[..cut]), format!("{}{text}{}", &LINE[..cut], &LINE[cut..])] {
            let _ = parse(&line, NOW, |_| 0);
        }
    }
}
