//! Syslog: frames, sshd in its wordings, PAM, sudo, and names that pretend to be something else.

use super::*;
use proptest::prelude::*;

const NOW: Timestamp = Timestamp(1_795_000_000_000);

fn read(line: &str) -> Record<'_> {
    parse(line, NOW, |_| 0).unwrap_or_else(|| panic!("not understood: {line}"))
}

fn ssh(text: &str) -> Record<'static> {
    let line: &'static str = Box::leak(format!("Mar 27 13:06:56 web1 sshd[1291]: {text}").into_boxed_str());
    read(line)
}

fn ip(text: &str) -> Option<IpAddr> {
    Some(text.parse().unwrap())
}

/// (class, activity, outcome, address, user, repeat)
fn short<'r>(r: &'r Record<'_>) -> (Class, u8, &'r str, Option<IpAddr>, Option<&'r str>, u32) {
    let outcome = match r.outcome {
        Outcome::Success => "ok",
        Outcome::Failure => "failed",
        _ => "-",
    };
    (r.class, r.activity, outcome, r.src_ip, r.user.as_deref(), r.repeat)
}

#[test]
fn frames() {
    let want = ("2026-03-27T13:06:56.000Z", Some("web1"), Some("prog"), "text: more");
    for line in [
        "Mar 27 13:06:56 web1 prog[12]: text: more",
        "Mar 27 13:06:56 web1 prog: text: more",
        "<38>Mar 27 13:06:56 web1 prog(x)[12]: text: more",
        "2026-03-27T13:06:56.000000+00:00 web1 prog[12]: text: more",
        "2026-03-27T15:06:56+02:00 web1 prog: text: more",
        "<34>1 2026-03-27T13:06:56.000Z web1 prog 12 ID47 - text: more",
        r#"<34>1 2026-03-27T13:06:56.000Z web1 prog - - [a@1 b="x ] \" y"][c] text: more"#,
    ] {
        let r = read(line);
        assert_eq!((&*r.time.to_string(), r.host.as_deref(), r.program, &*r.message), want, "{line}");
        assert!(r.parsed && r.class == Class::BASE && recognise(line));
    }
    assert_eq!(read("<34>1 2026-03-27T13:06:56Z - - - - - x").severity, Severity::High);
    assert_eq!(read("Jun 14 15:16:01 combo syslogd 1.4.1: restart.").program, Some("syslogd"));
    let untagged = read("Jun 14 15:16:01 combo last message repeated 2 times");
    assert_eq!((untagged.program, &*untagged.message), (None, "last message repeated 2 times"));
    for line in ["", "hello", "Mar 27", "<999>x", "2026-13-01T00:00:00Z host x: y"] {
        assert_eq!(parse(line, NOW, |_| 0), None, "{line}");
    }
}

#[test]
fn attempts() {
    let auth = Class::AUTHENTICATION;
    let a = ip("192.0.2.7");
    for (text, want) in [
        ("Failed password for root from 192.0.2.7 port 4 ssh2", (auth, 1, "failed", a, Some("root"), 1)),
        ("Failed password for invalid user admin from 192.0.2.7 port 4 ssh2", (auth, 1, "failed", a, Some("admin"), 1)),
        (
            "Failed password for illegal user admin from ::ffff:192.0.2.7 port 4",
            (auth, 1, "failed", a, Some("admin"), 1),
        ),
        ("Failed password for invalid user  from 192.0.2.7 port 4 ssh2", (auth, 1, "failed", a, None, 1)),
        ("Failed password for invalid user from 192.0.2.7 port 4 ssh2", (auth, 1, "failed", a, None, 1)),
        (
            "Failed password for invalid user a b from c from 2001:db8::1 port 4 ssh2",
            (auth, 1, "failed", ip("2001:db8::1"), Some("a b from c"), 1),
        ),
        ("Failed password for root from UNKNOWN port 65535 ssh2", (auth, 1, "failed", None, Some("root"), 1)),
        (
            "error: Failed keyboard-interactive/pam for root from 192.0.2.7 port 4 ssh2 [preauth]",
            (auth, 1, "failed", a, Some("root"), 1),
        ),
        ("Failed none for invalid user x from 192.0.2.7 port 4 ssh2", (auth, 1, "-", a, Some("x"), 1)),
        ("Failed publickey for x from 192.0.2.7 port 4 ssh2: RSA SHA256:abc", (auth, 1, "-", a, Some("x"), 1)),
        ("Accepted publickey for x from 192.0.2.7 port 4 ssh2: RSA SHA256:abc", (auth, 1, "ok", a, Some("x"), 1)),
        ("Accepted password for x from 192.0.2.7 port 4 ssh2", (auth, 1, "ok", a, Some("x"), 1)),
        ("Accepted keyboard-interactive/pam for x from 192.0.2.7 port 4 ssh2", (auth, 1, "ok", a, Some("x"), 1)),
        (
            "message repeated 5 times: [ Failed password for root from 192.0.2.7 port 4 ssh2]",
            (auth, 1, "failed", a, Some("root"), 5),
        ),
        (
            "message repeated 2 times: [ Failed password for invalid user ] from 192.0.2.7 port 4 ssh2]",
            (auth, 1, "failed", a, Some("]"), 2),
        ),
        ("Invalid user x y from 192.0.2.7 port 4", (auth, 1, "-", a, Some("x y"), 1)),
        ("Invalid user  from 192.0.2.7", (auth, 1, "-", a, None, 1)),
        (
            "error: maximum authentication attempts exceeded for root from 192.0.2.7 port 4 ssh2 [preauth]",
            (auth, 1, "-", a, Some("root"), 1),
        ),
        (
            "error: maximum authentication attempts exceeded for invalid user q from 192.0.2.7 port 4 ssh2 [preauth]",
            (auth, 1, "-", a, Some("q"), 1),
        ),
        (
            "Connection closed by authenticating user root 192.0.2.7 port 4 [preauth]",
            (auth, 1, "-", a, Some("root"), 1),
        ),
        ("Connection reset by invalid user a b 192.0.2.7 port 4 [preauth]", (auth, 1, "-", a, Some("a b"), 1)),
        ("Connection closed by invalid user  192.0.2.7 port 4 [preauth]", (auth, 1, "-", a, None, 1)),
        (
            "Disconnecting invalid user x 192.0.2.7 port 4: Too many authentication failures [preauth]",
            (auth, 1, "-", a, Some("x"), 1),
        ),
        ("Disconnecting: Too many authentication failures [preauth]", (auth, 1, "-", None, None, 1)),
        ("error: PAM: Authentication failure for illegal user x from 192.0.2.7", (auth, 1, "-", a, Some("x"), 1)),
        ("User root from 192.0.2.7 not allowed because not listed in AllowUsers", (auth, 1, "-", a, Some("root"), 1)),
        ("fatal: Timeout before authentication for 192.0.2.7 port 4", (auth, 1, "-", a, None, 1)),
        ("Connection closed by 192.0.2.7 port 4 [preauth]", (Class::BASE, 0, "-", a, None, 1)),
        ("Received disconnect from 192.0.2.7: 11: Bye Bye [preauth]", (Class::BASE, 0, "-", a, None, 1)),
        ("Disconnected from user x 192.0.2.7 port 4", (Class::BASE, 0, "-", a, Some("x"), 1)),
        (
            "Bad protocol version identification 'GET / from 203.0.113.9 port 1' from 192.0.2.7 port 4",
            (Class::BASE, 0, "-", a, None, 1),
        ),
        ("Did not receive identification string from 192.0.2.7", (Class::BASE, 0, "-", a, None, 1)),
        ("banner exchange: Connection from 192.0.2.7 port 4: invalid format", (Class::BASE, 0, "-", a, None, 1)),
        ("Server listening on 0.0.0.0 port 22.", (Class::BASE, 0, "-", None, None, 1)),
    ] {
        assert_eq!(short(&ssh(text)), want, "{text}");
    }
}

#[test]
fn names_that_pretend() {
    let real = ip("198.51.100.9");
    for text in [
        "Failed password for invalid user x from 203.0.113.4 port 5 ssh2 from 198.51.100.9 port 22 ssh2",
        "Failed password for invalid user x from 203.0.113.4 port 5 ssh2: from 198.51.100.9 port 22 ssh2",
        "Invalid user root from 203.0.113.4 port 5 from 198.51.100.9 port 22",
        "Invalid user x from 203.0.113.4 from 198.51.100.9",
        "Connection closed by invalid user y 203.0.113.4 port 5 [preauth] 198.51.100.9 port 22 [preauth]",
        "error: maximum authentication attempts exceeded for invalid user a from 203.0.113.4 port 1 ssh2 from 198.51.100.9 port 22 ssh2 [preauth]",
        "Accepted publickey for u from 198.51.100.9 port 22 ssh2: RSA-CERT SHA256:a ID k from 203.0.113.4 port 1 ssh2 (serial 0) CA RSA SHA256:b",
    ] {
        assert_eq!(ssh(text).src_ip, real, "{text}");
    }
    let accepted = ssh(
        "Failed password for invalid user Accepted password for root from 203.0.113.4 port 5 ssh2 from 198.51.100.9 port 22 ssh2",
    );
    assert_eq!((accepted.src_ip, accepted.outcome.clone()), (real, Outcome::Failure));
    // A name cannot make one line count as many.
    let many = ssh("Failed password for invalid user message repeated 900 times: [ x] from 198.51.100.9 port 22 ssh2");
    assert_eq!((many.src_ip, many.repeat), (real, 1));
    let rhost = read(
        "Mar 27 13:06:56 h vsftpd[1]: pam_unix(vsftpd:auth): authentication failure; logname= uid=0 euid=0 tty=ftp ruser=x rhost=203.0.113.4  user=root rhost=198.51.100.9 ",
    );
    assert_eq!((rhost.src_ip, rhost.user), (real, None));
}

#[test]
fn pam_counts_where_nobody_else_does() {
    let fields = "logname= uid=0 euid=0 tty=ssh ruser= rhost=192.0.2.7  user=root";
    let a = ip("192.0.2.7");
    for (text, want) in [
        (
            format!("sshd[1]: pam_unix(sshd:auth): authentication failure; {fields}"),
            (Class::BASE, 0, "-", a, Some("root"), 1),
        ),
        (format!("sshd[1]: PAM 5 more authentication failures; {fields}"), (Class::BASE, 0, "-", a, Some("root"), 1)),
        (
            format!("sshd(pam_unix)[1]: authentication failure; {fields}"),
            (Class::AUTHENTICATION, 1, "failed", a, Some("root"), 1),
        ),
        (
            format!("sshd(pam_unix)[1]: 2 more authentication failures; {fields}"),
            (Class::AUTHENTICATION, 1, "failed", a, Some("root"), 2),
        ),
        ("sshd(pam_unix)[1]: check pass; user unknown".into(), (Class::BASE, 0, "-", None, None, 1)),
        (
            "sshd(pam_unix)[1]: session opened for user test by (uid=5)".into(),
            (Class::AUTHENTICATION, 1, "ok", None, Some("test"), 1),
        ),
        (
            "sshd[1]: pam_unix(sshd:session): session opened for user a(uid=1) by (uid=0)".into(),
            (Class::BASE, 0, "-", None, Some("a"), 1),
        ),
        (
            "sshd[1]: pam_unix(sshd:session): session closed for user a".into(),
            (Class::AUTHENTICATION, 2, "ok", None, Some("a"), 1),
        ),
        (
            "su[1]: pam_unix(su:auth): authentication failure; logname=a uid=1 euid=0 tty=x ruser=a rhost=  user=root"
                .into(),
            (Class::AUTHENTICATION, 1, "failed", None, Some("root"), 1),
        ),
        (
            "sudo: pam_unix(sudo:auth): authentication failure; logname=a uid=1 euid=0 tty=x ruser=a rhost=  user=a"
                .into(),
            (Class::BASE, 0, "-", None, Some("a"), 1),
        ),
        (
            "sudo:    a : 3 incorrect password attempts ; TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/bin/sh".into(),
            (Class::AUTHENTICATION, 1, "failed", None, Some("a"), 3),
        ),
        (
            "sudo:    a : TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/bin/sh".into(),
            (Class::BASE, 0, "ok", None, Some("a"), 1),
        ),
        (
            "sudo: a : user NOT in sudoers ; TTY=pts/0 ; PWD=/ ; USER=root ; COMMAND=/bin/sh".into(),
            (Class::BASE, 0, "failed", None, Some("a"), 1),
        ),
        (
            "CRON[1]: pam_unix(cron:session): session closed for user root".into(),
            (Class::BASE, 0, "-", None, Some("root"), 1),
        ),
    ] {
        let line = format!("Mar 27 13:06:56 h {text}");
        assert_eq!(short(&read(&line)), want, "{text}");
    }
}

proptest! {
    #[test]
    fn whatever_the_name_the_address_is_sshd_s(name in "\\PC{0,60}", ip in any::<IpAddr>(), port in any::<u16>()) {
        let text = format!("Failed password for invalid user {name} from {ip} port {port} ssh2");
        let r = sshd::understand(&text).unwrap();
        prop_assert_eq!((r.src_ip, r.user), (Some(ip.to_canonical()), Some(&*name)));
        let text = format!("Connection closed by invalid user {name} {ip} port {port} [preauth]");
        prop_assert_eq!(sshd::understand(&text).unwrap().src_ip, Some(ip.to_canonical()));
        let text = format!("Invalid user {name} from {ip} port {port}");
        prop_assert_eq!(sshd::understand(&text).unwrap().src_ip, Some(ip.to_canonical()));
    }

    #[test]
    fn any_text_is_survived(text in ".*", program in "(sshd|sudo|sshd\\(pam_unix\\)|su|.{0,9})", verb in "(Failed|PAM|Invalid user|message repeated 3 times: \\[|pam_unix\\(sshd:auth\\):|User|Connection closed by|Disconnecting|Timeout before authentication for|)") {
        let _ = parse(&text, NOW, |_| 0);
        let _ = parse(&format!("Mar 27 13:06:56 h {program}[1]: {verb} {text}"), NOW, |_| 0);
        let _ = parse(&format!("<34>1 2026-03-27T13:06:56Z h {program} 1 2 [{text}"), NOW, |_| 0);
    }
}
