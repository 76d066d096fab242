//! Error logs of both servers.

use super::*;
use proptest::prelude::*;

const NOW: Timestamp = Timestamp(1_795_000_000_000);

fn read(line: &str) -> Record<'_> {
    parse(line, NOW, |_| 0).unwrap_or_else(|| panic!("not understood: {line}"))
}

fn nginx(words: &str) -> String {
    format!(
        r#"2019/12/16 12:18:01 [error] 15769#15769: *1 {words}, client: 192.0.2.7, server: shop.example, request: "GET /x HTTP/1.1", host: "shop.example""#
    )
}

fn apache(words: &str) -> String {
    format!(
        "[Fri Sep 09 10:42:29.902022 2011] [auth_basic:error] [pid 35708:tid 4328636416] [client 192.0.2.7:41122] {words}"
    )
}

#[test]
fn refused_logons() {
    let lines = [
        nginx(r#"user "analyst": password mismatch"#),
        nginx(r#"user "analyst" was not found in "/etc/nginx/.htpasswd""#),
        apache(r#"AH01617: user analyst: authentication failure for "/a": Password Mismatch"#),
        apache("AH01618: user analyst not found: /a"),
        apache("AH01790: user `analyst' in realm `x' not found: /a"),
        r#"[Wed Oct 11 14:32:52 2000] [error] [client 192.0.2.7] user analyst not found: /"#.to_owned(),
    ];
    for line in &lines {
        let r = read(line);
        assert_eq!((r.class, r.activity, r.outcome), (Class::AUTHENTICATION, 1, Outcome::Failure), "{line}");
        assert_eq!((r.src_ip, r.user.as_deref(), r.http), ("192.0.2.7".parse().ok(), Some("analyst"), None), "{line}");
    }
    assert_eq!(read(&lines[0]).time, Timestamp::parse("2019-12-16T12:18:01Z").unwrap());
    assert_eq!(read(&lines[2]).time, Timestamp::parse("2011-09-09T10:42:29Z").unwrap());
}

#[test]
fn refused_requests_and_other_troubles() {
    for (words, severity) in [
        ("access forbidden by rule", Severity::Low),
        (r#"limiting requests, excess: 5.140 by zone "one""#, Severity::Low),
        (r#"directory index of "/var/www/" is forbidden"#, Severity::Low),
        (r#"open() "/var/www/x" failed (2: No such file or directory)"#, Severity::Info),
    ] {
        let line = nginx(words);
        let r = read(&line);
        assert_eq!((r.class, r.src_ip, r.severity), (Class::BASE, "192.0.2.7".parse().ok(), severity), "{words}");
    }
    for words in [
        "AH01630: client denied by server configuration: /var/www/x",
        "AH10244: invalid URI path (/cgi-bin/.%2e/.%2e/bin/sh)",
    ] {
        let line = apache(words);
        let r = read(&line);
        assert_eq!((r.outcome, r.src_ip, &*r.message), (Outcome::Failure, "192.0.2.7".parse().ok(), words));
    }
    let denied =
        "[Fri Sep 09 10:42:29.902022 2011] [core:crit] [pid 7] (13)Permission denied: [client 2001:db8::7] AH00529: x";
    assert_eq!(read(denied).src_ip, "2001:db8::7".parse().ok());
    let own = read("2019/12/16 12:18:01 [emerg] 7#7: bind() to 0.0.0.0:80 failed (98: Address already in use)");
    assert_eq!((own.src_ip, own.severity), (None, Severity::High));
}

#[test]
fn modsecurity_speaks_here_too() {
    let words = r#"ModSecurity: Access denied with code 403 (phase 2). Matched "x" [file "/r.conf"] [id "949110"] [msg "Inbound Anomaly Score Exceeded (Total Score: 15)"] [severity "2"]"#;
    let v3 = nginx(&format!("[client 192.0.2.7] {words}"));
    let v2 = apache(&format!("[client 192.0.2.7] {words}"));
    for line in [v3, v2] {
        let r = read(&line);
        assert_eq!((r.class, r.src_ip), (Class::DETECTION_FINDING, "192.0.2.7".parse().ok()), "{line}");
        assert_eq!(r.alert.map(|a| (a.id.into_owned(), a.blocked)), Some(("949110".to_owned(), true)));
    }
}

#[test]
fn nobody_speaks_for_another_address() {
    let forged =
        nginx(r#"user "x": password mismatch, client: 203.0.113.1, server: s, request: "": password mismatch"#);
    assert_eq!(read(&forged).src_ip, None, "two addresses, none believed");
    let referrer = nginx("access forbidden by rule") + r#", referrer: "http://x/, client: 203.0.113.1, server: ""#;
    assert_eq!(read(&referrer).src_ip, None);
    let same = nginx("access forbidden by rule") + r#", referrer: "x, client: 192.0.2.7, ""#;
    assert_eq!(read(&same).src_ip, "192.0.2.7".parse().ok());
    let words = apache(
        r#"AH01617: user [client 203.0.113.1]: authentication failure for "x" not found: /: authentication failure for "/": Password Mismatch"#,
    );
    let r = read(&words);
    assert_eq!(r.src_ip, "192.0.2.7".parse().ok());
    assert_eq!(r.user.as_deref(), Some(r#"[client 203.0.113.1]: authentication failure for "x" not found: /"#));
    for line in [
        "",
        "2019/12/16 12:18:01",
        "2019/12/16 12:18:01 [error] x: y",
        "[Fri Sep 09] [x] y",
        "[a] [b] [c]",
        "2019/13/16 12:18:01 [error] 1#1: x",
    ] {
        assert_eq!(parse(line, NOW, |_| 0), None, "{line}");
    }
}

proptest! {
    #[test]
    fn a_generated_line_is_read_back(ip in any::<IpAddr>(), user in "[^\"\\\\, :]{1,30}") {
        let line = nginx(&format!("user \"{user}\": password mismatch")).replace("192.0.2.7", &ip.to_string());
        let r = read(&line);
        prop_assert_eq!((r.src_ip, r.user.as_deref()), (Some(ip.to_canonical()), Some(&*user)));
        let line = apache(&format!("AH01618: user {user} not found: /x")).replace("192.0.2.7:41122", &format!("{ip}:5"));
        let r = read(&line);
        prop_assert_eq!((r.src_ip, r.user.as_deref()), (Some(ip.to_canonical()), Some(&*user)));
    }

    #[test]
    fn any_text_is_survived(text in ".*") {
        for line in [text.clone(), nginx(&text), apache(&text), format!("[Wed Oct 11 14:32:52 2000] {text}"), format!("2019/12/16 12:18:01 {text}")] {
            let _ = parse(&line, NOW, |_| 0);
        }
    }
}
