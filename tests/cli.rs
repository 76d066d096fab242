//! The real program from outside: exit codes, sentences for bad input, nothing hostile on a terminal.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::ffi::{OsStr, OsString};
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::os::unix::ffi::OsStringExt;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use tempfile::TempDir;

/// A home of its own, so that no setting of the host matters.
struct Home(TempDir);

impl Home {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> String {
        self.0.path().join(name).to_str().unwrap().to_owned()
    }

    fn write(&self, name: &str, text: &str) -> String {
        let path = self.path(name);
        fs::create_dir_all(Path::new(&path).parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        path
    }

    fn command(&self, args: &[impl AsRef<OsStr>]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_watchfloor"));
        command
            .args(args)
            .env_clear()
            .env("HOME", self.0.path())
            .env("WATCHFLOOR_CONFIG_DIR", self.path("config"))
            .env("WATCHFLOOR_DATA_DIR", self.path("data"))
            .stdin(Stdio::null());
        command
    }

    fn run(&self, args: &[impl AsRef<OsStr>]) -> (i32, String, String) {
        told(self.command(args).output().unwrap())
    }
}

fn told(output: Output) -> (i32, String, String) {
    let text = |bytes| String::from_utf8(bytes).expect("output is UTF-8");
    (output.status.code().expect("ended by itself"), text(output.stdout), text(output.stderr))
}

/// True when nothing in the text could drive a terminal.
fn tame(text: &str) -> bool {
    text.chars().all(|c| c == '\n' || !watchfloor::text::visible::is_dangerous(c))
}

/// A platform that answers every request with this status and body, and writes down the paths it was asked for.
fn platform(status: u16, body: &'static str) -> (String, std::sync::mpsc::Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (sender, asked) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut reader = BufReader::new(stream.try_clone().unwrap());
            let (mut first, mut length) = (String::new(), 0usize);
            reader.read_line(&mut first).unwrap();
            loop {
                let mut line = String::new();
                reader.read_line(&mut line).unwrap();
                if let Some(n) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                    length = n.trim().parse().unwrap();
                }
                if line.trim().is_empty() {
                    break;
                }
            }
            let mut sent = vec![0; length];
            reader.read_exact(&mut sent).unwrap();
            let kind = if status < 400 { "application/json" } else { "application/problem+json" };
            write!(
                stream,
                "HTTP/1.1 {status} X\r\ncontent-type: {kind}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
                body.len()
            )
            .unwrap();
            if sender.send(first.split(' ').nth(1).unwrap_or_default().to_owned()).is_err() {
                return;
            }
        }
    });
    (url, asked)
}

#[test]
fn without_a_terminal_it_says_what_to_do_instead() {
    let (code, out, err) = Home::new().run(&[] as &[&str]);
    assert_eq!((code, out.as_str()), (2, ""));
    assert!(err.contains("needs a terminal") && err.contains("watchfloor export") && err.contains("watchfloor serve"));
}

#[test]
fn help_is_no_mistake_and_tells_the_exit_codes() {
    let (code, out, err) = Home::new().run(&["--help"]);
    assert_eq!((code, err.as_str()), (0, ""));
    assert!(out.contains("Exit codes:") && out.contains("130  interrupted"));
    assert_eq!(Home::new().run(&["export", "audit", "--help"]).0, 0);
}

#[test]
fn what_was_typed_is_echoed_escaped() {
    let home = Home::new();
    let evil = "--\u{1b}]0;x\u{7}\u{202e}\u{9b}31m";
    let broken = OsString::from_vec(b"--x\xff\x1b[31m".to_vec());
    let cases: Vec<Vec<OsString>> = vec![
        vec![evil.into()],
        vec![broken],
        vec!["block".into(), "add".into(), evil.trim_start_matches('-').into()],
        vec!["incident".into(), "close".into(), "7".into(), "--verdict".into(), evil.into()],
        vec!["export".into(), "audit".into(), "--since".into(), evil.into()],
        vec!["incident".into(), evil.trim_start_matches('-').into()],
        vec!["-o".into(), "json".into(), evil.into()],
        vec!["--url".into(), evil.into(), "incident".into(), "list".into()],
        vec!["--server".into(), evil.into(), "incident".into(), "list".into()],
    ];
    for args in cases {
        let (code, out, err) = home.run(&args);
        assert_eq!((code, out.as_str()), (2, ""), "{args:?}: {err}");
        assert!(!err.is_empty() && tame(&err), "{args:?}: {err:?}");
    }
}

#[test]
fn broken_settings_are_named_by_file_line_and_key() {
    let home = Home::new();
    home.write("config/settings.toml", "# fine\ndefualt_server = \"prod\"\n");
    let (code, _, err) = home.run(&["incident", "list"]);
    assert_eq!(code, 2, "{err}");
    assert!(err.contains("settings.toml, line 2") && err.contains("defualt_server"), "{err}");
    let (code, out, _) = home.run(&["doctor"]);
    assert_eq!(code, 1);
    assert!(out.contains("FAILED   settings") && out.contains("default_server"), "{out}");
}

#[test]
fn no_platform_no_token_and_a_dead_server_differ() {
    let home = Home::new();
    let (code, _, err) = home.run(&["incident", "list"]);
    assert_eq!(code, 8);
    assert!(err.contains("No platform is running") && err.contains("watchfloor serve"), "{err}");
    let (code, _, err) = home.run(&["--url", "http://127.0.0.1:1", "incident", "list"]);
    assert_eq!(code, 4, "{err}");
    assert!(err.contains("watchfloor auth login"), "{err}");
    let token = home.write("token", "wf_0123456789\n");
    let dead = ["--url", "http://127.0.0.1:1", "--token-file", &token, "-o", "json", "incident", "list"];
    let (code, out, err) = home.run(&dead);
    assert_eq!((code, out.as_str()), (8, ""));
    let problem: serde_json::Value = serde_json::from_str(&err).unwrap();
    assert_eq!(problem["type"], "unreachable");
    assert!(!err.contains("wf_0123456789"));
    fs::set_permissions(&token, fs::Permissions::from_mode(0o644)).unwrap();
    let (code, _, err) = home.run(&dead);
    assert_eq!(code, 2);
    assert!(err.contains("chmod 600"), "{err}");
}

#[test]
fn the_answers_of_a_platform_become_exit_codes() {
    let home = Home::new();
    let token = home.write("token", "wf_0123456789");
    for (status, kind, code) in [
        (404, "not_found", 3),
        (401, "unauthenticated", 4),
        (403, "forbidden", 5),
        (422, "refused", 5),
        (409, "conflict", 7),
    ] {
        let body = format!(r#"{{"type":"{kind}","title":"No \u001b[31m","detail":"because","status":{status}}}"#);
        let (url, _asked) = platform(status, body.leak());
        let (got, _, err) = home.run(&["--url", &url, "--token-file", &token, "incident", "claim", "7"]);
        assert_eq!(got, code, "{err}");
        assert!(tame(&err) && err.contains("because"), "{err}");
    }
}

const LEDGER: &str = r#"{"items":[{"seq":1,"time":"2026-11-21T20:00:00Z","kind":"note","actor":"a\u001b[31m",
    "action":"start","target":"=1+1","detail":"x\ty","prev":"","hash":""}]}"#;

#[test]
fn lists_to_a_pipe_are_plain_and_exports_go_to_a_private_file() {
    let home = Home::new();
    let token = home.write("token", "wf_0123456789");
    let (url, asked) = platform(200, LEDGER);
    let with = |words: &[&str]| {
        let mut args = vec!["--url", &url, "--token-file", &token];
        args.extend(words);
        home.run(&args)
    };
    let (code, out, err) = with(&["ledger", "list"]);
    assert_eq!((code, err.as_str()), (0, ""));
    assert_eq!(out, "1\t2026-11-21T20:00:00.000Z\tnote\ta␛[31m\tstart\t=1+1\tx␉y\t\t\n");
    assert!(asked.recv().unwrap().starts_with("/v1/ledger?limit=100"));
    let file = home.path("ledger.csv");
    let (code, out, err) = with(&["export", "ledger", "-o", "csv", "--since", "7d", "--out", &file, "-q"]);
    assert_eq!((code, out.as_str(), err.as_str()), (0, "", ""));
    let path = asked.recv().unwrap();
    assert!(path.contains("oldest_first=true") && path.contains("since=") && path.contains("until="), "{path}");
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(fs::read_to_string(&file).unwrap().contains("\"'=1+1\""));
    let (code, _, err) = with(&["export", "ledger", "-o", "csv", "--out", &file]);
    assert_eq!(code, 2);
    assert!(err.contains("exists already"), "{err}");
    let (code, _, err) = with(&["export", "ledger", "--out", "/dev/full"]);
    assert_eq!(code, 1);
    assert!(err.contains("/dev/full cannot be written") && err.contains("Free some space"), "{err}");
}

#[test]
fn an_interrupt_ends_after_the_page_and_the_export_can_be_resumed() {
    let home = Home::new();
    let token = home.write("token", "wf_0123456789");
    let endless = LEDGER.replace("}]}", "}],\"next\":\"more\"}");
    let (url, asked) = platform(200, endless.leak());
    let file = home.path("ledger.ndjson");
    let args = ["--url", &url, "--token-file", &token, "export", "ledger", "--out", &file];
    let child = home.command(&args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    for _ in 0..3 {
        asked.recv().unwrap();
    }
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    let (code, _, err) = told(child.wait_with_output().unwrap());
    assert_eq!(code, 130, "{err}");
    assert!(err.contains("go on with --resume"), "{err}");
    let rows = fs::read_to_string(&file).unwrap().lines().count();
    assert!(rows >= 2 && fs::metadata(format!("{file}.cursor")).is_ok());

    let (url, asked) = platform(200, LEDGER);
    let (code, _, err) =
        home.run(&["--url", &url, "--token-file", &token, "export", "ledger", "--out", &file, "--resume"]);
    assert_eq!(code, 0, "{err}");
    assert!(asked.recv().unwrap().contains("after=more"));
    assert_eq!(fs::read_to_string(&file).unwrap().lines().count(), rows + 1);
    assert!(fs::metadata(format!("{file}.cursor")).is_err());
}

#[test]
fn a_reader_that_leaves_is_content_and_a_full_disk_is_told() {
    let home = Home::new();
    let mut child = home.command(&["openapi"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let (code, _, err) = told(child.wait_with_output().unwrap());
    assert_eq!((code, err.as_str()), (0, ""));
    let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let (code, _, err) = told(home.command(&["openapi"]).stdout(full).output().unwrap());
    assert_eq!(code, 1);
    assert!(err.contains("Standard output cannot be written"), "{err}");
    let (code, out, _) = home.run(&["openapi"]);
    assert_eq!(code, 0);
    assert!(serde_json::from_str::<serde_json::Value>(&out).unwrap()["openapi"].is_string());
}

#[test]
fn doctor_speaks_json() {
    let (_, out, err) = Home::new().run(&["doctor", "-o", "json"]);
    assert_eq!(err, "");
    let checks: Vec<serde_json::Value> = serde_json::from_str(&out).unwrap();
    assert!(checks.iter().any(|c| c["what"] == "settings" && c["state"] == "ok"), "{out}");
}

#[cfg(feature = "platform")]
#[test]
fn tokens_are_made_listed_and_revoked() {
    let home = Home::new();
    let (code, out, _) = home.run(&["token", "create", "ana", "--role", "analyst", "-q"]);
    assert_eq!(code, 0);
    let token = out.trim().to_owned();
    let (_, out, _) = home.run(&["token", "list", "-o", "json"]);
    let rows: Vec<serde_json::Value> = serde_json::from_str(&out).unwrap();
    assert_eq!((&rows[0]["name"], &rows[0]["role"]), (&"ana".into(), &"analyst".into()));
    assert!(!out.contains(&token));
    assert_eq!(home.run(&["token", "revoke", rows[0]["id"].as_str().unwrap()]).0, 0);
    assert_eq!(home.run(&["token", "list"]).1, "");
    assert_eq!(home.run(&["token", "revoke", "nobody"]).0, 3);
}

/// Runs the program on a terminal of this size and returns exit code and what the terminal saw.
fn on_a_terminal(home: &Home, args: &[&str], columns: u16, rows: u16) -> (u32, String) {
    let size = portable_pty::PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 };
    let pair = portable_pty::native_pty_system().openpty(size).unwrap();
    let mut command = portable_pty::CommandBuilder::new(env!("CARGO_BIN_EXE_watchfloor"));
    command.args(args);
    command.env("WATCHFLOOR_CONFIG_DIR", home.path("config"));
    command.env("WATCHFLOOR_DATA_DIR", home.path("data"));
    command.env("TERM", "xterm-256color");
    let mut child = pair.slave.spawn_command(command).unwrap();
    drop(pair.slave);
    let mut reader = pair.master.try_clone_reader().unwrap();
    let mut seen = Vec::new();
    // A pseudo-terminal ends with an error instead of an end of file on Linux.
    let _ = reader.read_to_end(&mut seen);
    (child.wait().unwrap().exit_code(), String::from_utf8(seen).unwrap().replace("\r\n", "\n"))
}

#[test]
fn a_terminal_that_is_too_small_gets_a_sentence() {
    let (code, seen) = on_a_terminal(&Home::new(), &[], 60, 8);
    assert_eq!(code, 2);
    assert!(seen.contains("too small") && seen.contains("60x8") && tame(&seen), "{seen:?}");
}

#[test]
fn on_a_terminal_lists_are_aligned_cut_and_tame() {
    let home = Home::new();
    let token = home.write("token", "wf_0123456789");
    let (url, _asked) = platform(200, LEDGER);
    let (code, seen) = on_a_terminal(&home, &["--url", &url, "--token-file", &token, "ledger", "list"], 100, 20);
    assert_eq!(code, 0, "{seen}");
    assert!(seen.contains("ACTION") && seen.contains("a␛[31m") && tame(&seen), "{seen:?}");
    assert!(seen.lines().all(|line| line.chars().count() <= 100), "{seen}");
}
