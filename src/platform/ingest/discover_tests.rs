//! Finding logs under a made-up root.

use super::*;
use std::fs;
use std::os::unix::fs::PermissionsExt;

/// A root with these files.
fn root(files: &[(&str, &str)]) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = dir.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    dir
}

/// A program that says what a journalctl would.
fn journalctl(dir: &Path, script: &str) -> PathBuf {
    let path = dir.join("journalctl");
    fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    path
}

fn found(root: &Path, journalctl: &Path) -> Vec<(String, SourceState)> {
    discover_under(root, journalctl, &[])
        .into_iter()
        .map(|(w, s)| {
            assert!(!s.why.is_empty() && w.name == s.name);
            (w.name.replace(&format!("{}/", root.display()), "/"), s.state)
        })
        .collect()
}

#[test]
fn logs_are_found_and_rotated_ones_are_not() {
    let dir = root(&[
        ("var/log/nginx/access.log", "x"),
        ("var/log/nginx/shop-access.log", ""),
        ("var/log/nginx/access.log.1", "x"),
        ("var/log/nginx/error.log", "x"),
        ("var/log/httpd/ssl_access_log", "x"),
        ("var/log/auth.log", "x"),
        ("var/log/suricata/eve.json", "x"),
        ("var/log/caddy/shop.log", "x"),
        ("var/log/traefik/access.log", "x"),
        ("var/log/haproxy.log", "x"),
        ("var/log/modsec_audit.log", "x"),
        ("opt/zeek/logs/current/conn.log", "x"),
        ("opt/zeek/logs/current/x509.log", "x"),
    ]);
    let none = dir.path().join("no-such-program");
    assert_eq!(
        found(dir.path(), &none),
        [
            ("nginx:/var/log/nginx/access.log".to_owned(), SourceState::Reading),
            ("nginx:/var/log/nginx/shop-access.log".to_owned(), SourceState::Waiting),
            ("apache:/var/log/httpd/ssl_access_log".to_owned(), SourceState::Reading),
            ("nginx-error:/var/log/nginx/error.log".to_owned(), SourceState::Reading),
            ("caddy:/var/log/caddy/shop.log".to_owned(), SourceState::Reading),
            ("traefik:/var/log/traefik/access.log".to_owned(), SourceState::Reading),
            ("zeek:/opt/zeek/logs/current/conn.log".to_owned(), SourceState::Reading),
            ("auth:/var/log/auth.log".to_owned(), SourceState::Reading),
            ("suricata:/var/log/suricata/eve.json".to_owned(), SourceState::Reading),
            ("haproxy:/var/log/haproxy.log".to_owned(), SourceState::Reading),
            ("modsecurity:/var/log/modsec_audit.log".to_owned(), SourceState::Reading),
        ]
    );
}

#[test]
fn an_empty_host_has_nothing_and_an_installed_server_is_waited_for() {
    let dir = root(&[("var/log/apache2/other.log", "")]);
    let none = dir.path().join("no-such-program");
    assert_eq!(found(dir.path(), &none), [("apache:/var/log/apache2/access.log".to_owned(), SourceState::Waiting)]);
    assert_eq!(found(tempfile::tempdir().unwrap().path(), &none), []);
}

#[test]
fn the_journal_is_for_hosts_without_an_auth_log() {
    let dir = root(&[]);
    for (script, state) in [
        ("echo '{\"MESSAGE\":\"x\"}'", SourceState::Reading),
        ("echo '-- No entries --'; echo 'No journal files were found.' >&2", SourceState::Waiting),
        (
            "echo 'Hint: You are currently not seeing messages from other users and the system.' >&2; echo '{}'",
            SourceState::Unreadable,
        ),
    ] {
        let program = journalctl(dir.path(), script);
        assert_eq!(found(dir.path(), &program), [("journald".to_owned(), state)]);
    }
    let program = journalctl(dir.path(), "echo '{}'");
    let with_log = root(&[("var/log/auth.log", "x")]);
    assert_eq!(found(with_log.path(), &program), [("auth:/var/log/auth.log".to_owned(), SourceState::Reading)]);
}

#[test]
fn configured_watches_come_first_and_only_once() {
    let dir = root(&[("var/log/nginx/access.log", "x")]);
    let path = dir.path().join("var/log/nginx/access.log");
    let mine = Watch { name: "mine".into(), format: None, path: path.clone() };
    let gone = Watch { name: "gone".into(), format: None, path: dir.path().join("gone") };
    let found = discover_under(dir.path(), Path::new("/no-such-program"), &[mine, gone]);
    let states: Vec<_> = found.iter().map(|(w, s)| (&*w.name, &s.state)).collect();
    assert_eq!(states, [("mine", &SourceState::Reading), ("gone", &SourceState::Waiting)]);
}

#[test]
fn refusals_say_what_to_do() {
    let dir = root(&[("etc/group", "root:x:0:\nadm:x:4:me\n"), ("log", "x")]);
    let path = dir.path().join("log");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
    let gid = fs::metadata(&path).unwrap().gid();
    let refused = std::io::Error::from(ErrorKind::PermissionDenied);
    fs::write(dir.path().join("etc/group"), format!("loggers:x:{gid}:\n")).unwrap();
    let (state, why) = explain(&path, &refused, dir.path());
    assert_eq!(state, SourceState::Unreadable);
    if gid == 0 {
        assert!(why.contains("run as its owner"), "{why}");
    } else {
        assert!(why.contains("run as a member of group loggers"), "{why}");
    }
    let (state, why) = explain(dir.path(), &std::io::Error::from(ErrorKind::InvalidInput), dir.path());
    assert_eq!((state, why.contains("not a file")), (SourceState::Unreadable, true));
}
