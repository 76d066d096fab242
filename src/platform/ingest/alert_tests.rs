//! What the makers' samples do not show: what is no alert, and what a client cannot do.

use super::*;
use crate::platform::ingest::{Format, parse as parse_any, recognise as recognise_any};
use proptest::prelude::*;

const NOW: Timestamp = Timestamp(1_795_000_000_000);
const BRUTE: &str = r#"{"schemaVersion":"2.0","accountId":"1","type":"UnauthorizedAccess:EC2/SSHBruteForce","resource":{"resourceType":"Instance","instanceDetails":{"instanceId":"i-1"}},"service":{"action":{"networkConnectionAction":{"connectionDirection":"INBOUND","remoteIpDetails":{"ipAddressV4":"198.51.100.7"},"blocked":false}},"eventLastSeen":"2026-01-02T03:04:05Z"},"severity":8,"title":"guessing"}"#;
const WAZUH: &str = r#"{"timestamp":"2026-01-02T03:04:05.000+0000","rule":{"level":5,"description":"sshd: authentication failed.","id":"5716","groups":["syslog","sshd","authentication_failed"]},"agent":{"id":"001","name":"web1"},"manager":{"name":"wz"},"full_log":"Jan  2 03:04:05 web1 sshd[7]: Failed password for bob from 198.51.100.7 port 5 ssh2","data":{"srcip":"198.51.100.7","dstuser":"bob"}}"#;

#[test]
fn a_finding_is_about_who_came_in() {
    let record = parse_any(None, BRUTE, NOW);
    assert_eq!((record.class, record.severity), (Class::DETECTION_FINDING, Severity::High));
    assert_eq!((record.src_ip, record.host.as_deref()), ("198.51.100.7".parse().ok(), Some("i-1")));
    assert_eq!(record.alert.unwrap().id, "UnauthorizedAccess:EC2/SSHBruteForce");
    let out = BRUTE.replace("INBOUND", "OUTBOUND");
    let record = parse_any(None, &out, NOW);
    assert_eq!((record.class, record.src_ip), (Class::DETECTION_FINDING, None));
    assert_eq!(record.host.as_deref(), Some("i-1"));
}

#[test]
fn an_envelope_is_opened_once() {
    let wrapped =
        |inner: &str| format!(r#"{{"version":"0","detail-type":"x","time":"2026-01-02T03:04:05Z","detail":{inner}}}"#);
    let line = wrapped(BRUTE);
    let record = parse_any(None, &line, NOW);
    assert_eq!((record.class, &*record.raw), (Class::DETECTION_FINDING, &*line));
    let line = wrapped(&wrapped(BRUTE));
    assert!(!parse_any(None, &line, NOW).parsed);
    let call = r#"{"eventSource":"iam.amazonaws.com","eventName":"CreateUser","eventTime":"2026-01-02T03:04:05Z"}"#;
    assert_eq!(parse_any(None, &wrapped(call), NOW).class, Class::API);
}

#[test]
fn a_refused_login_that_a_rule_saw_is_that_login_and_many_are_an_alert() {
    let record = parse_any(None, WAZUH, NOW);
    assert_eq!(recognise_any(WAZUH), Some(Format::Alert));
    assert_eq!((record.class, &record.outcome), (Class::AUTHENTICATION, &Outcome::Failure));
    assert_eq!((record.src_ip, record.user.as_deref()), ("198.51.100.7".parse().ok(), Some("bob")));
    assert_eq!(record.time.to_string(), "2026-01-02T03:04:05.000Z");
    let granted = WAZUH.replace("authentication_failed", "authentication_success").replace("Failed", "Accepted");
    assert_eq!(parse_any(None, &granted, NOW).outcome, Outcome::Success);
    let many = WAZUH.replace("\"level\":5", "\"level\":10");
    let record = parse_any(None, &many, NOW);
    assert_eq!((record.class, record.severity), (Class::DETECTION_FINDING, Severity::Medium));
    let little = WAZUH.replace("\"level\":5", "\"level\":3").replace("authentication_failed", "x");
    assert_eq!(parse_any(None, &little, NOW).class, Class::AUTHENTICATION, "the line inside");
}

#[test]
fn what_is_let_through_or_about_settings_is_no_alert() {
    for line in [
        r#"{"SchemaVersion":"2018-10-08","ProductArn":"a","Title":"S3.1","Compliance":{"Status":"PASSED"},"Severity":{"Label":"HIGH"}}"#,
        r#"{"finding":{"category":"OPEN_FIREWALL","findingClass":"MISCONFIGURATION","severity":"HIGH"},"resource":{"name":"x"}}"#,
        r#"{"output_fields":{},"rule":"x","priority":"Informational","hostname":"h"}"#,
        r#"{"timestamp":1794318900123,"terminatingRuleId":"Default_Action","action":"ALLOW","httpRequest":{"clientIp":"198.51.100.7","uri":"/","httpMethod":"GET"}}"#,
        r#"{"timestamp":1794318900123,"terminatingRuleId":"Default_Action","action":"BLOCK","httpRequest":{"clientIp":"198.51.100.7","uri":"/","httpMethod":"GET"}}"#,
    ] {
        let record = parse_any(None, line, NOW);
        assert!(record.parsed && record.class != Class::DETECTION_FINDING, "{line}");
    }
}

proptest! {
    #[test]
    fn any_text_is_survived(text in "\\PC*", near in "[\\[\\]{}\",:a-z0-9]{0,60}", cut in 0..BRUTE.len()) {
        let marked = maker::MAKERS.iter().map(|maker| {
            let marks: Vec<String> = maker.marks.iter().map(|mark| format!("\"{mark}\":{near}")).collect();
            format!("{{{}}}", marks.join(","))
        });
        for line in marked.chain([text.clone(), format!("{}{text}", &BRUTE[..cut])]) {
            let _ = (recognise(&line), parse(&line, NOW), azure(&line, NOW));
        }
    }
}
