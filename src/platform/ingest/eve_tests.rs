//! Suricata's records.

use super::*;
use proptest::prelude::*;

const NOW: Timestamp = Timestamp(1_795_000_000_000);
const ALERT: &str = r#"{"timestamp":"2026-06-08T20:01:52.875791+0000","flow_id":1,"event_type":"alert","src_ip":"192.0.2.7","src_port":5,"dest_ip":"10.0.0.1","dest_port":80,"proto":"TCP","alert":{"action":"blocked","gid":1,"signature_id":2019232,"rev":2,"signature":"ET WEB_SERVER \/bin\/sh","category":"Web Application Attack","severity":1},"http":{"hostname":"shop.example","url":"\/a?b=\"c\"","http_user_agent":"x","http_method":"GET","status":404,"length":68}}"#;

#[test]
fn an_alert_is_a_finding() {
    let r = parse(ALERT, NOW).unwrap();
    let (a, h) = (r.alert.unwrap(), r.http.unwrap());
    assert_eq!((r.class, r.severity, r.src_ip), (Class::DETECTION_FINDING, Severity::High, "192.0.2.7".parse().ok()));
    assert_eq!(
        (&*a.id, &*a.title, &*a.category, a.blocked),
        ("2019232", "ET WEB_SERVER /bin/sh", "Web Application Attack", true)
    );
    assert_eq!((&*h.url, h.status, r.host.as_deref()), ("/a?b=\"c\"", 404, Some("shop.example")));
    assert_eq!((r.time, &*r.message), (Timestamp::parse("2026-06-08T20:01:52.875Z").unwrap(), "ET WEB_SERVER /bin/sh"));
}

#[test]
fn other_records() {
    let request = ALERT.replace(r#""event_type":"alert""#, r#""event_type":"http""#);
    let r = parse(&request, NOW).unwrap();
    assert_eq!((r.class, r.activity, r.outcome), (Class::HTTP, 3, Outcome::Failure));
    let ssh = r#"{"timestamp":"2026-06-08T20:01:52+0000","event_type":"ssh","src_ip":"::ffff:192.0.2.7","src_port":5,"dest_ip":"10.0.0.1","dest_port":22,"proto":"TCP","ssh":{"client":{"software_version":"libssh"}}}"#;
    let r = parse(ssh, NOW).unwrap();
    assert_eq!((r.class, &*r.message), (Class::NETWORK, "ssh TCP ::ffff:192.0.2.7:5 -> 10.0.0.1:22 libssh"));
    assert_eq!(r.src_ip, "192.0.2.7".parse().ok());
    assert_eq!(parse(r#"{"event_type":"stats","timestamp":"x"}"#, NOW).unwrap().class, Class::BASE);
    let flow = r#"{"timestamp":"2026-06-08T20:01:52.875791+0000","event_type":"flow","src_ip":"192.0.2.7","src_port":5,"dest_ip":"10.0.0.1","dest_port":23,"proto":"TCP","flow":{"pkts_toserver":1,"pkts_toclient":0,"bytes_toserver":60,"bytes_toclient":0,"state":"new"}}"#;
    let r = parse(flow, NOW).unwrap();
    let to = Flow { dst_ip: "10.0.0.1".parse().ok(), dst_port: 23, sent: 60, received: 0, failed: true };
    assert_eq!((r.class, r.outcome, r.flow), (Class::NETWORK, Outcome::Failure, Some(to)));
    let tls = r#"{"timestamp":"2026-06-08T20:01:52+0000","event_type":"tls","src_ip":"192.0.2.7","src_port":5,"dest_ip":"10.0.0.1","dest_port":443,"proto":"TCP","tls":{"sni":"shop.example"}}"#;
    assert_eq!(parse(tls, NOW).unwrap().host.as_deref(), Some("shop.example"));
    for bad in ["{}", "[]", r#"{"event_type":1}"#, r#"{"event_type":"alert""#] {
        assert_eq!(parse(bad, NOW), None, "{bad}");
    }
}

proptest! {
    #[test]
    fn a_generated_alert_is_read_back(title in ".+", id in 1u32.., severity in 0u8..9, ip in any::<IpAddr>(), url in ".+") {
        let value = serde_json::json!({"event_type": "alert", "timestamp": "2026-06-08T20:01:52.875791+0000", "src_ip": ip.to_string(),
            "alert": {"signature": title, "signature_id": id, "severity": severity}, "http": {"url": url}});
        let text = value.to_string();
        let r = parse(&text, NOW).unwrap();
        let a = r.alert.unwrap();
        prop_assert_eq!((&*a.title, &*a.id, r.src_ip), (&*title, &*id.to_string(), Some(ip.to_canonical())));
        prop_assert_eq!(&*r.http.unwrap().url, &*url);
    }

    #[test]
    fn any_text_is_survived(text in ".*", cut in 0..ALERT.len()) {
        let _ = parse(&text, NOW);
        let _ = parse(&format!("{}{text}", &ALERT[..cut]), NOW);
        let _ = parse(&format!("{{\"event_type\":\"alert\",\"alert\":{text}}}"), NOW);
    }
}
