//! Audit records of both versions, and what attackers would have them say.

use super::*;
use proptest::prelude::*;

const NOW: Timestamp = Timestamp(1_795_000_000_000);
const V3: &str = r#"{"transaction":{"client_ip":"192.0.2.7","time_stamp":"Mon Sep  2 14:42:59 2019","server_id":"c9e2a0","client_port":61596,"host_ip":"198.51.100.1","host_port":443,"unique_id":"156742817931.641393","request":{"method":"POST","http_version":2,"uri":"/?bla=cat /etc/passwd","body":"a=1","headers":{"host":"shop.example","user-agent":"masscan","accept":"*/*"}},"response":{"http_code":403,"headers":{"Server":"nginx","Host":"x"}},"producer":{"modsecurity":"ModSecurity v3.0.3 (Linux)","components":["OWASP_CRS/3.1.0\""]},"messages":[{"message":"Inbound Anomaly Score Exceeded (Total Score: 15)","details":{"ruleId":"949110","severity":"2","tags":["attack-generic"]}},{"message":"OS File Access Attempt","details":{"match":"Matched \"Operator `PmFromFile'","reference":"o1,10v20","ruleId":"930120","file":"/etc/x.conf","lineNumber":"97","data":"Matched Data: etc/passwd","severity":"2","ver":"OWASP_CRS/3.1.0","rev":"","tags":["application-multi","attack-lfi"],"maturity":"0","accuracy":"0"}}]}}"#;
const V2: &str = r#"{"transaction":{"time":"06/Sep/2019:10:42:59 +0000","transaction_id":"X","remote_address":"192.0.2.7","remote_port":5,"local_address":"198.51.100.1","local_port":80},"request":{"request_line":"GET /?a=%3Cscript%3E HTTP/1.1","headers":{"Host":"shop.example","User-Agent":"curl/7"}},"response":{"protocol":"HTTP/1.1","status":403,"headers":{"Host":"y"}},"audit_data":{"messages":["Warning. Pattern match \"<script\" at ARGS:a. [file \"/x.conf\"] [line \"60\"] [id \"941110\"] [msg \"XSS Filter\"] [data \"Matched Data: <script> found [id \\\"1\\\"]\"] [severity \"CRITICAL\"] [tag \"attack-xss\"]","Access denied with code 403 (phase 2). Operator GE matched 5 at TX:anomaly_score. [file \"/y.conf\"] [line \"91\"] [id \"949110\"] [msg \"Inbound Anomaly Score Exceeded\"]"],"action":{"intercepted":true,"phase":2}}}"#;

#[test]
fn both_versions() {
    let r = parse(V3, NOW).unwrap();
    let (alert, h) = (r.alert.unwrap(), r.http.unwrap());
    assert_eq!(
        (r.class, r.src_ip, r.severity, r.outcome),
        (Class::DETECTION_FINDING, "192.0.2.7".parse().ok(), Severity::High, Outcome::Failure)
    );
    assert_eq!(
        (&*alert.id, &*alert.title, &*alert.category, alert.blocked),
        ("930120", "OS File Access Attempt", "attack-lfi", true)
    );
    assert_eq!(
        (&*h.method, &*h.url, h.status, &*h.agent, r.host.as_deref()),
        ("POST", "/?bla=cat /etc/passwd", 403, "masscan", Some("shop.example"))
    );
    let noon = stamp::ctime("Mon Sep  2 14:42:59 2019").unwrap();
    assert_eq!(r.time, stamp::local(noon, stamp::machine_offset));
    let r = parse(V2, NOW).unwrap();
    let (alert, h) = (r.alert.unwrap(), r.http.unwrap());
    assert_eq!(
        (&*alert.id, &*alert.title, &*alert.category, alert.blocked),
        ("941110", "XSS Filter", "attack-xss", true)
    );
    assert_eq!(
        (r.time.to_string().as_str(), r.severity, r.host.as_deref()),
        ("2019-09-06T10:42:59.000Z", Severity::High, Some("shop.example"))
    );
    assert_eq!((&*h.method, &*h.url, h.status), ("GET", "/?a=%3Cscript%3E", 403));
    assert!(recognise(V3) && recognise(V2));
}

#[test]
fn a_record_without_messages_is_a_request() {
    let at = V3.find(r#","messages":["#).unwrap();
    let line = format!("{},\"messages\":[]}}}}", &V3[..at]);
    let r = parse(&line, NOW).unwrap();
    assert_eq!((r.class, r.activity, r.alert, r.outcome), (Class::HTTP, 6, None, Outcome::Failure));
    let seen = V3.replace(r#""http_code":403"#, r#""http_code":200"#);
    assert!(!parse(&seen, NOW).unwrap().alert.unwrap().blocked);
}

#[test]
fn lines_of_error_logs() {
    let text = r#"ModSecurity: Access denied with code 403 (phase 2). Matched "Operator `Ge' with parameter `5' against variable `ARGS:x' (Value: `a [id \"1\"]' ) [file "/etc/r.conf"] [line "79"] [id "942100"] [rev ""] [msg "SQL \"x\" Injection"] [data "[id \"2\"]"] [severity "2"] [tag "application-multi"] [tag "attack-sqli"] [hostname "h"]"#;
    let mut record = Record::bare(NOW, text);
    assert!(describe(&mut record, text));
    let alert = record.alert.unwrap();
    assert_eq!(
        (&*alert.id, &*alert.title, &*alert.category, alert.blocked),
        ("942100", "SQL \"x\" Injection", "attack-sqli", true)
    );
    assert_eq!((record.class, record.severity), (Class::DETECTION_FINDING, Severity::High));
    for other in ["", "ModSecurity: ", "ModSecurity for Apache/2.9 configured.", "ModSecurity: StatusEngine call: x"] {
        assert!(!describe(&mut Record::bare(NOW, other), other), "{other}");
    }
}

#[test]
fn a_client_s_words_are_not_modsecurity_s() {
    let line = V3.replace(
        r#""accept":"*/*""#,
        r#""client_ip":"203.0.113.1","http_code":"200","accept":"\",\"client_ip\":\"203.0.113.1""#,
    );
    let r = parse(&line, NOW).unwrap();
    assert_eq!((r.src_ip, r.http.unwrap().status), ("192.0.2.7".parse().ok(), 403));
    for bad in ["{}", r#"{"transaction":{}}"#, &V3[..300], &V2[..V2.len() - 1]] {
        assert_eq!(parse(bad, NOW), None, "{bad}");
    }
}

proptest! {
    #[test]
    fn a_generated_record_is_read_back(ip in any::<std::net::IpAddr>(), url in ".+", title in ".+", id in 1u32..900_000, status in 200u16..600) {
        let text = serde_json::json!({"transaction": {"client_ip": ip, "request": {"method": "GET", "uri": url}, "response": {"http_code": status},
            "messages": [{"message": title, "details": {"ruleId": id.to_string()}}]}}).to_string();
        let r = parse(&text, NOW).unwrap();
        let alert = r.alert.unwrap();
        prop_assert_eq!((r.src_ip, &*alert.title, &*alert.id), (Some(ip.to_canonical()), &*title, &*id.to_string()));
        let h = r.http.unwrap();
        prop_assert_eq!((&*h.url, h.status), (&*url, status));
    }

    #[test]
    fn any_text_is_survived(text in ".*", cut in 0usize..700) {
        for line in [format!("{}{text}", &V3[..cut]), format!("{}{text}{}", &V2[..cut], &V2[cut..]), text.clone()] {
            let _ = (parse(&line, NOW), recognise(&line));
        }
        let said = format!("ModSecurity: Warning.{text} [file \"{text}\"] [id \"{text}");
        let _ = describe(&mut Record::bare(NOW, "x"), &said);
    }
}
