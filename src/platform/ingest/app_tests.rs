//! Applications' own logs, a line of each shape.

use super::*;
use crate::api::Outcome;
use crate::platform::ingest::{Format, parse as parse_any, recognise as recognise_any};
use proptest::prelude::*;

const NOW: Timestamp = Timestamp(1_795_000_000_000);

/// Lines of a refused login by 198.51.100.7, and the name that was tried.
const REFUSED: &[(&str, &str)] = &[
    ("Fri Jan  2 03:04:05 2026 [pid 3] [bob] FAIL LOGIN: Client \"::ffff:198.51.100.7\"", "bob"),
    (
        "2026/01/02 03:04:05 ...routers/web/auth/auth.go:266:SignInPost() [W] Failed authentication attempt for bob from 198.51.100.7:50000: user does not exist",
        "bob",
    ),
    (
        "[2026-01-02 03:04:05] NOTICE[12] chan_sip.c: Registration from '\"100\" <sip:100@10.0.0.1>' failed for '198.51.100.7:5060' - Wrong password",
        "\"100\" <sip:100@10.0.0.1>",
    ),
    (
        "[Jan  2 03:04:05] NOTICE[12][C-1]: res_pjsip.c: Request 'REGISTER' from '<sip:100@x>' failed for '198.51.100.7:5060' (callid: 1@2) - No matching endpoint found",
        "<sip:100@x>",
    ),
    ("2026-01-02 03:04:05 12 [Warning] Access denied for user 'bob'@'198.51.100.7' (using password: YES)", "bob"),
    (
        "2026-01-02T03:04:05.123456Z 12 [Note] [MY-010926] [Server] Access denied for user 'bob'@'198.51.100.7' (using password: YES)",
        "bob",
    ),
    (
        "2026-01-02 03:04:05 login authenticator failed for (User) [198.51.100.7]: 535 Incorrect authentication data (set_id=bob)",
        "bob",
    ),
    (
        "2026-01-02 03:04:05.123 UTC [77] bob@db FATAL:  no pg_hba.conf entry for host \"198.51.100.7\", user \"bob\", database \"db\", no encryption",
        "bob",
    ),
    ("[02/Jan/2026 03:04:05] IMAP: User bob doesn't exist. Attempt from IP address 198.51.100.7.", "bob"),
    (
        "[02-Jan-2026 03:04:05 +0000]: <s1> Login failed for bob from 198.51.100.7. AUTHENTICATE PLAIN: no. in /x.php on line 1",
        "bob",
    ),
    (
        "[2026-01-02 03:04:05.123][vaultwarden::api::identity][ERROR] Username or password is incorrect. Try again. IP: 198.51.100.7. Username: bob",
        "bob",
    ),
    (
        "time=\"2026-01-02T03:04:05Z\" level=error msg=\"Unsuccessful 1FA authentication attempt by user 'bob'\" method=POST path=/api/firstfactor remote_ip=198.51.100.7",
        "bob",
    ),
    (
        "logger=context userId=0 orgId=0 uname= t=2026-01-02T03:04:05.1Z level=error msg=\"Invalid username or password\" error=\"x from 192.0.2.1\" remote_addr=198.51.100.7",
        "",
    ),
    (
        "t=2026-01-02T03:04:05+0000 lvl=eror msg=\"Invalid username or password\" logger=context userId=0 uname= remote_addr=198.51.100.7",
        "",
    ),
    (
        r#"{"reqId":"r","level":2,"time":"2026-01-02T03:04:05+00:00","remoteAddr":"198.51.100.7","user":"--","app":"core","method":"POST","url":"/login","message":"Login failed: 'bob' (Remote IP: '198.51.100.7')","userAgent":"x","version":"1"}"#,
        "bob",
    ),
    (
        r#"{"t":{"$date":"2026-01-02T03:04:05.000+00:00"},"s":"I","c":"ACCESS","id":20249,"ctx":"conn1","msg":"Authentication failed","attr":{"mechanism":"SCRAM-SHA-256","principalName":"bob","client":"198.51.100.7:50000","result":"UserNotFound"}}"#,
        "bob",
    ),
    (
        r#"{"level":"error","method":"POST","msg":"Unsuccessful 1FA authentication attempt by user 'bob'","path":"/api/firstfactor","remote_ip":"198.51.100.7","time":"2026-01-02T03:04:05Z"}"#,
        "bob",
    ),
    (
        r#"{"severity":"INFO","time":"2026-01-02T03:04:05.000Z","message":"Failed Login: username=bob ip=198.51.100.7"}"#,
        "bob",
    ),
    (
        r#"{"log":"2026-01-02 03:04:05 Failed Login: username=bob ip=198.51.100.7\n","stream":"stdout","time":"2026-01-02T03:04:05.1Z"}"#,
        "bob",
    ),
    (
        "2026-01-02 03:04:05,123 WARN  [org.keycloak.events] (x-1) type=\"LOGIN_ERROR\", realmId=\"r\", ipAddress=\"198.51.100.7\", error=\"x\", username=\"bob\"",
        "bob",
    ),
    (
        "2026-01-02 03:04:05,123 ftp proftpd[12] ftp (198.51.100.7[198.51.100.7]): USER bob (Login failed): Incorrect password",
        "bob",
    ),
];

#[test]
fn refused_logins() {
    for (line, user) in REFUSED {
        let record = parse_any(None, line, NOW);
        assert!(record.parsed, "{line}");
        assert_eq!((record.class, &record.outcome), (Class::AUTHENTICATION, &Outcome::Failure), "{line}");
        assert_eq!(record.src_ip, "198.51.100.7".parse().ok(), "{line}");
        assert_eq!(record.user.as_deref().unwrap_or(""), *user, "{line}");
    }
}

#[test]
fn frames() {
    for (line, time, message) in [
        ("2026-01-02T03:04:05+01:00 x", "2026-01-02T02:04:05.000Z", "x"),
        ("[2026-01-02 03:04:05Z] - words", "2026-01-02T03:04:05.000Z", "words"),
        ("1767323045.5: words", "2026-01-02T03:04:05.500Z", "words"),
        ("77:M 02 Jan 2026 03:04:05.123 UTC * words", "2026-01-02T03:04:05.123Z", "* words"),
        ("ts=2026-01-02T03:04:05Z level=info msg=\"two \\\"words\\\"\"", "2026-01-02T03:04:05.000Z", "two \"words\""),
        (r#"{"ts":1767323045.5,"msg":"words"}"#, "2026-01-02T03:04:05.500Z", "words"),
    ] {
        let record = parse(line, NOW).unwrap_or_else(|| panic!("{line}"));
        assert_eq!((record.time.to_string().as_str(), &*record.message), (time, message), "{line}");
        assert_eq!((record.class, record.src_ip), (Class::BASE, None));
    }
    let named = parse("2026-01-02 03:04:05 prog[12]: words", NOW).unwrap();
    assert_eq!((named.program, &*named.message), (Some("prog"), "words"));
    for line in ["", "hello", "a=b c=d", r#"{"a":1}"#, r#"{"msg":"cut"#, r#"{"message":7}"#] {
        assert!(parse(line, NOW).is_none() && recognise_any(line) != Some(Format::App), "{line}");
    }
}

#[test]
fn the_application_s_own_field_is_believed_before_the_words() {
    let line =
        r#"{"time":"2026-01-02T03:04:05Z","msg":"login failed for x from 192.0.2.1","remote_addr":"198.51.100.7"}"#;
    assert_eq!(parse_any(None, line, NOW).src_ip, "198.51.100.7".parse().ok());
}

proptest! {
    #[test]
    fn any_text_is_survived(text in "\\PC*", which in 0..REFUSED.len(), cut in 0usize..300, near in "(a|=|\"|\\\\| |t=|é|\\[|\\]){0,30}") {
        let sample = REFUSED[which].0;
        let end = (0..=cut.min(sample.len())).rev().find(|i| sample.is_char_boundary(*i)).unwrap_or(0);
        for line in [text.clone(), format!("{}{text}", &sample[..end]), format!("t=2026-01-02T03:04:05Z {near}"), near.clone()] {
            let _ = (recognise(&line), parse(&line, NOW));
        }
    }
}
