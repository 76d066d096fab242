//! CloudFront's and IIS's lines, with and without the line that names their columns.

use super::*;
use crate::api::Outcome;
use crate::platform::ingest::{Format, Layout};
use proptest::prelude::*;
use std::net::IpAddr;

const NOW: Timestamp = Timestamp(1_795_000_000_000);
const CLOUDFRONT_HEAD: &str = "#Fields: date time x-edge-location sc-bytes c-ip cs-method cs(Host) cs-uri-stem sc-status cs(Referer) cs(User-Agent) cs-uri-query cs(Cookie) x-edge-result-type x-edge-request-id x-host-header cs-protocol cs-bytes time-taken x-forwarded-for";
const CLOUDFRONT: &str = "2019-12-04\t21:02:31\tLAX1\t392\t192.0.2.100\tGET\td111111abcdef8.cloudfront.net\t/index.html\t200\t-\tMozilla/5.0%20(Windows%20NT%2010.0)\ta=b\t-\tHit\tSOX4xwn4XV6Q4rgb7XiVGOHms_BGlTAC4KyHmureZmBNrjGdRLiNIQ==\tshop.example\thttps\t23\t0.001\t203.0.113.9";
const IIS_LINE: &str = "2002-05-02 17:42:15 172.30.255.255 GET /images/picture.jpg id=1 80 analyst 192.0.2.7 Mozilla/4.0+(compatible;+MSIE+5.5) - 404 0 2 15";

#[test]
fn the_documented_lines() {
    let r = parse(CLOUDFRONT, NOW).unwrap();
    let h = r.http.unwrap();
    assert_eq!((r.time, r.src_ip), (Timestamp::parse("2019-12-04T21:02:31Z").unwrap(), "192.0.2.100".parse().ok()));
    assert_eq!((&*h.method, &*h.url, h.status, h.bytes), ("GET", "/index.html?a=b", 200, 392));
    assert_eq!((&*h.agent, r.host.as_deref()), ("Mozilla/5.0 (Windows NT 10.0)", Some("shop.example")));
    let r = parse(IIS_LINE, NOW).unwrap();
    let h = r.http.unwrap();
    assert_eq!(
        (r.time, r.src_ip, r.user.as_deref()),
        (Timestamp::parse("2002-05-02T17:42:15Z").unwrap(), "192.0.2.7".parse().ok(), Some("analyst"))
    );
    assert_eq!(
        (&*h.url, h.status, &*h.agent, r.outcome),
        ("/images/picture.jpg?id=1", 404, "Mozilla/4.0 (compatible; MSIE 5.5)", Outcome::Failure)
    );
    let double = CLOUDFRONT.replace("%20", "%2520");
    assert_eq!(parse(&double, NOW).unwrap().http.unwrap().agent, "Mozilla/5.0 (Windows NT 10.0)");
}

#[test]
fn columns_are_those_that_the_header_names() {
    let mut layout = Layout::default();
    let format = Some(Format::Iis);
    for head in [
        "#Software: Microsoft Internet Information Services 10.0",
        "#Version: 1.0",
        "#Date: 2002-05-02 17:42:15",
        "#Fields: time c-ip cs-method cs-uri-stem sc-status",
    ] {
        assert_eq!(layout.read(None, head, NOW), None);
    }
    let line = "17:42:15 192.0.2.7 GET /a 200";
    for format in [None, format] {
        let r = layout.read(format, line, NOW).unwrap();
        assert_eq!(
            (r.parsed, r.time, r.src_ip),
            (true, Timestamp::parse("2002-05-02T17:42:15Z").unwrap(), "192.0.2.7".parse().ok())
        );
        assert_eq!(&*r.http.unwrap().url, "/a");
    }
    assert!(!layout.read(format, "17:42:15 192.0.2.7 GET /a 200 more", NOW).unwrap().parsed, "more columns than named");
    assert!(!layout.read(format, "17:42:15 192.0.2.7 GET /a", NOW).unwrap().parsed, "cut before the status");
    let other = layout.read(None, "192.0.2.7 - - [17/May/2015:10:05:03 +0000] \"GET / HTTP/1.1\" 200 5", NOW).unwrap();
    assert_eq!((other.parsed, other.time.to_string().as_str()), (true, "2015-05-17T10:05:03.000Z"));
    assert_eq!(layout.read(None, CLOUDFRONT_HEAD, NOW), None);
    assert_eq!(layout.read(None, CLOUDFRONT, NOW).unwrap(), parse(CLOUDFRONT, NOW).unwrap());
}

#[test]
fn a_client_cannot_make_a_column() {
    // Spaces and tabs of a client's are escaped by both writers; whoever gets one through is not understood.
    assert!(parse(&CLOUDFRONT.replace("a=b", "a=b%09200"), NOW).unwrap().http.unwrap().url.ends_with("a=b%09200"));
    let mut layout = Layout::default();
    assert_eq!(layout.read(None, CLOUDFRONT_HEAD, NOW), None);
    assert!(!layout.read(None, &CLOUDFRONT.replace("a=b", "a\tb"), NOW).unwrap().parsed);
    for line in ["", "2019-12-04\t21:02:31", "2019-12-04 21:02:31 x", &CLOUDFRONT[..60], &IIS_LINE[..60]] {
        assert_eq!(parse(line, NOW), None, "{line}");
    }
    assert!(!is_iis(
        "2026-06-08 20:01:52 192.0.2.7:1194 TLS Error: TLS key negotiation failed to occur within 60 seconds"
    ));
}

proptest! {
    #[test]
    fn a_generated_line_is_read_back(ip in any::<IpAddr>(), s in 631_152_000i64..1_795_000_000, url in "/[!-,./-~]{0,40}", query in "[a-z][!-,./-~]{1,20}",
        status in 100u16..=599, bytes in any::<u64>(), agent in "[A-Za-z][ -~]{0,40}", order in proptest::collection::vec(0usize..9, 9)) {
        let time = chrono::DateTime::from_timestamp(s, 0).unwrap();
        let escaped: String = agent.bytes().map(|b| if b == b' ' || b == b'%' { format!("%{b:02X}") } else { char::from(b).into() }).collect();
        let mut fields = [
            ("date", time.format("%Y-%m-%d").to_string()), ("time", time.format("%H:%M:%S").to_string()), ("c-ip", ip.to_string()),
            ("cs-uri-stem", url.clone()), ("cs-uri-query", query.clone()), ("sc-status", status.to_string()), ("sc-bytes", bytes.to_string()),
            ("cs(User-Agent)", escaped), ("x-other", "-".into()),
        ];
        for (i, n) in order.iter().enumerate() {
            fields.swap(i, *n);
        }
        let head = format!("#Fields: {}", fields.iter().map(|f| f.0).collect::<Vec<_>>().join(" "));
        let line = fields.iter().map(|f| &*f.1).collect::<Vec<_>>().join("\t");
        let mut layout = Layout::default();
        prop_assert_eq!(layout.read(None, &head, NOW), None);
        let r = layout.read(Some(Format::CloudFront), &line, NOW).unwrap();
        let h = r.http.unwrap();
        prop_assert_eq!((r.src_ip, r.time.0, h.status, h.bytes), (Some(ip.to_canonical()), s * 1000, status, bytes));
        let url = format!("{url}?{query}");
        prop_assert_eq!(&*h.url, &*url);
        prop_assert!(h.agent == agent || !agent.contains(' ') && agent.contains("%20"), "{} {}", h.agent, agent);
    }

    #[test]
    fn any_text_is_survived(text in ".*", tabs in "[-0-9:\t a-z%+]{0,80}", cut in 0..IIS_LINE.len()) {
        let mut layout = Layout::default();
        for line in [format!("#Fields: {text}"), format!("#Date: {text}"), text.clone(), tabs.clone(), format!("{}{text}", &IIS_LINE[..cut]), format!("{}{tabs}", &CLOUDFRONT[..cut])] {
            let _ = (parse(&line, NOW), is_iis(&line), layout.read(Some(Format::Iis), &line, NOW), layout.read(None, &line, NOW));
        }
    }
}
