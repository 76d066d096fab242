//! Zeek's logs: its documentation's own lines, and others of the same shape.

use super::*;
use crate::platform::ingest::{Format, Layout};
use proptest::prelude::*;
use std::net::IpAddr;

const NOW: Timestamp = Timestamp(1_795_000_000_000);
const CONN: &str = "1258531221.486539\tPii6cUUq1v4\t192.168.1.102\t68\t192.168.1.1\t67\tudp\t-\t0.163820\t301\t300\tSF\t-\t-\t0\tDd\t1\t329\t1\t328\t(empty)";
const HTTP: &str = "1254722770.692743\tCRrfvP2lalMAYOCLhj\t192.0.2.7\t57678\t198.51.100.1\t80\t1\tGET\tshop.example\t/a?b=c\thttps://example.org/\t1.1\tcurl/7.68.0\t-\t0\t51\t404\tNot Found\t-\t-\t(empty)\tanalyst\t-\t-\t-\t-\t-\t-\tFEEsZS1w0Z0VJIb5x4\t-\ttext/plain";
const SSH: &str = "1362692526.869344\tCHhAvVGS1DHFjwGM9\t192.0.2.7\t41122\t10.0.0.1\t22\t2\tF\t3\tINBOUND\tSSH-2.0-libssh\tSSH-2.0-OpenSSH_9.6\taes\thmac\tnone\tcurve\ted\taa:bb";
const DNS: &str = "1362692526.869344\tCHhAvVGS1DHFjwGM9\t192.0.2.7\t41122\t10.0.0.1\t53\tudp\t8555\t0.01\ttestmyids.com\t1\tC_INTERNET\t28\tAAAA\t0\tNOERROR\tF\tF\tT\tT\t0\t-\t-\tF";
const NOTICE: &str = r#"{"ts":1362692526.869344,"uid":"CHhAvVGS1DHFjwGM9","id.orig_h":"10.0.0.1","id.orig_p":22,"id.resp_h":"192.0.2.7","id.resp_p":5,"proto":"tcp","note":"SSH::Password_Guessing","msg":"192.0.2.7 appears to be guessing SSH passwords (seen in 30 connections).","sub":"Sampled servers: 10.0.0.1","src":"192.0.2.7","actions":["Notice::ACTION_LOG"],"suppress_for":3600.0}"#;
const HTTP_JSON: &str = r#"{"ts":"2009-10-05T06:06:10.692743Z","uid":"CRrfvP2lalMAYOCLhj","id.orig_h":"192.0.2.7","id.orig_p":57678,"id.resp_h":"198.51.100.1","id.resp_p":80,"trans_depth":1,"method":"GET","host":"shop.example","uri":"/a?b=c","referrer":"https://example.org/","version":"1.1","user_agent":"curl/7.68.0","request_body_len":0,"response_body_len":51,"status_code":404,"status_msg":"Not Found","tags":[],"username":"analyst"}"#;

fn read(line: &str) -> Record<'_> {
    parse(line, NOW).unwrap_or_else(|| panic!("not understood: {line}"))
}

#[test]
fn requests() {
    for line in [HTTP, HTTP_JSON] {
        let r = read(line);
        let h = r.http.unwrap();
        assert_eq!(r.time, Timestamp(1_254_722_770_692), "{line}");
        assert_eq!(
            (r.class, r.src_ip, r.host.as_deref(), r.user.as_deref()),
            (Class::HTTP, "192.0.2.7".parse().ok(), Some("shop.example"), Some("analyst"))
        );
        assert_eq!((&*h.method, &*h.url, h.status, h.bytes), ("GET", "/a?b=c", 404, 51));
        assert_eq!((&*h.agent, &*h.referer, r.outcome), ("curl/7.68.0", "https://example.org/", Outcome::Failure));
    }
    let escaped = HTTP.replace("/a?b=c", r"/a?b=\x09\\x\xc3\xa9");
    assert_eq!(read(&escaped).http.unwrap().url, "/a?b=\t\\xé");
}

#[test]
fn connections_and_logons() {
    let r = read(CONN);
    let to = Flow { dst_ip: "192.168.1.1".parse().ok(), dst_port: 67, sent: 301, received: 300, failed: false };
    assert_eq!(
        (r.class, r.outcome, r.src_ip, r.flow),
        (Class::NETWORK, Outcome::Success, "192.168.1.102".parse().ok(), Some(to))
    );
    let r = read(
        r#"{"ts":1362692526.86,"uid":"C1","id.orig_h":"192.0.2.7","id.orig_p":5,"id.resp_h":"10.0.0.1","id.resp_p":445,"proto":"tcp","conn_state":"S0"}"#,
    );
    let to = r.flow.unwrap();
    assert_eq!((r.outcome, to.failed, to.dst_port), (Outcome::Failure, true, 445));
    let r = read(SSH);
    assert_eq!(
        (r.class, r.activity, r.outcome, &*r.message),
        (Class::AUTHENTICATION, 1, Outcome::Failure, "SSH-2.0-libssh")
    );
    assert_eq!(r.flow.map(|f| f.dst_port), Some(22));
    let granted = r#"{"ts":1362692526.86,"uid":"C1","id.orig_h":"192.0.2.7","id.resp_h":"10.0.0.1","auth_success":true,"auth_attempts":1}"#;
    assert_eq!(read(granted).outcome, Outcome::Success);
}

#[test]
fn notices_and_whatever_else() {
    let r = read(NOTICE);
    let alert = r.alert.unwrap();
    assert_eq!((r.class, r.src_ip), (Class::DETECTION_FINDING, "192.0.2.7".parse().ok()));
    assert_eq!((&*alert.id, &*alert.category, alert.blocked), ("SSH::Password_Guessing", "SSH", false));
    assert!(alert.title.starts_with("192.0.2.7 appears"));
    let dropped = NOTICE.replace("ACTION_LOG", "ACTION_DROP");
    assert!(read(&dropped).alert.unwrap().blocked);
    let r = read(DNS);
    assert_eq!((r.class, r.host.as_deref(), r.flow), (Class::NETWORK, Some("testmyids.com"), None));
    let weird = r#"{"ts":1362692526.86,"uid":"C1","id.orig_h":"192.0.2.7","id.resp_h":"10.0.0.1","name":"bad_HTTP_request","notice":false,"peer":"zeek"}"#;
    let r = read(weird);
    assert_eq!((r.class, &*r.message, r.alert), (Class::NETWORK, "bad_HTTP_request", None));
    assert_eq!(read(r#"{"_path":"stats","ts":1362692526.86,"mem":5}"#).class, Class::BASE);
}

#[test]
fn the_header_names_log_and_columns() {
    let mut layout = Layout::default();
    for head in [
        "#separator \\x09",
        "#path\tweird",
        "#fields\tts\tuid\tid.orig_h\tname\taddl",
        "#types\ttime\tstring\taddr\tstring\tstring",
    ] {
        assert_eq!(layout.read(None, head, NOW), None);
    }
    let r = layout.read(None, "1362692526.869344\tC1\t192.0.2.7\tbad_HTTP_request\t-", NOW).unwrap();
    assert_eq!((r.parsed, r.src_ip, &*r.message), (true, "192.0.2.7".parse().ok(), "bad_HTTP_request"));
    assert!(!layout.read(None, "1362692526.869344\tC1\t192.0.2.7\tx\ty\tz", NOW).unwrap().parsed, "a column too many");
    assert_eq!(layout.read(Some(Format::Zeek), NOTICE, NOW).unwrap(), read(NOTICE));
    assert_eq!(layout.read(None, "#close\t2014-05-23-18-02-04", NOW), None);
}

#[test]
fn other_lines_are_refused() {
    for line in [
        "",
        "1258531221.486539",
        "x\ty",
        "1258531221.486539\tC1\tx",
        &CONN[..40],
        &NOTICE[..90],
        "{}",
        r#"{"ts":"x","uid":"y"}"#,
    ] {
        assert_eq!(parse(line, NOW), None, "{line}");
    }
    // A header's words cannot name a column: only outermost members do.
    let inner = HTTP_JSON.replace("\"tags\":[]", r#""tags":[{"id.orig_h":"203.0.113.1"}]"#);
    assert_eq!(read(&inner).src_ip, "192.0.2.7".parse().ok());
}

proptest! {
    #[test]
    fn a_generated_connection_is_read_back(from in any::<IpAddr>(), to in any::<IpAddr>(), port in any::<u16>(), ms in 631_152_000_000i64..1_795_000_000_000, sent in any::<u64>(), received in any::<u64>()) {
        let line = format!("{}.{:03}000\tC1\t{from}\t5\t{to}\t{port}\ttcp\tssl\t0.1\t{sent}\t{received}\tRSTO\t-\t-\t0\tDd\t1\t3\t1\t3\t(empty)", ms / 1000, ms % 1000);
        let r = read(&line);
        let flow = Flow { dst_ip: Some(to.to_canonical()), dst_port: port, sent, received, failed: false };
        prop_assert_eq!((r.time.0, r.src_ip, r.flow), (ms, Some(from.to_canonical()), Some(flow)));
    }

    #[test]
    fn a_generated_request_is_read_back(url in "/.*", agent in ".+", status in 100u16..=599) {
        let text = serde_json::json!({"ts": 1_362_692_526.5, "uid": "C", "id.orig_h": "192.0.2.7", "uri": url, "user_agent": agent, "status_code": status}).to_string();
        let h = read(&text).http.unwrap();
        prop_assert_eq!((&*h.url, &*h.agent, h.status), (&*url, &*agent, status));
    }

    #[test]
    fn any_text_is_survived(text in ".*", tabs in "[0-9.\t a-zTF-]{0,80}", cut in 0usize..130) {
        let mut layout = Layout::default();
        for line in [format!("#fields\t{text}"), text.clone(), tabs.clone(), format!("{}{text}", &CONN[..cut.min(CONN.len())]), format!("{}{tabs}", &HTTP[..cut]), format!("{}{text}", &NOTICE[..cut])] {
            let _ = (parse(&line, NOW), recognise(&line), layout.read(Some(Format::Zeek), &line, NOW), layout.read(None, &line, NOW));
        }
    }
}
