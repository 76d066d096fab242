//! Bad input through the real program: hostile and broken lines, files, settings, tokens, servers and terminals. Each is
//! said in a sentence, nothing is lost, and no control byte reaches a terminal or a file.
//!
//! What is printable is judged by Unicode's own categories, not by the filter of the crate.
#![cfg(feature = "platform")]
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use common::{Platform, command, wait_for};
use portable_pty::{CommandBuilder, PtySize, native_pty_system};
use regex::Regex;
use serde_json::Value;
use std::io::{Read, Write};
use std::path::Path;
use std::process::Stdio;

/// Settings that follow one log under the name `log`.
fn source(path: &Path) -> String {
    format!("[[source]]\npath = \"{}\"\nname = \"log\"\n", path.display())
}

/// Controls, format characters, private use, separators of lines, and letters that show nothing.
fn unprintable() -> Regex {
    Regex::new(r"[\p{Cc}\p{Cf}\p{Co}\p{Cn}\p{Zl}\p{Zp}\u{115F}\u{1160}\u{3164}\u{FFA0}\u{FE0F}]").unwrap()
}

/// Asserts that bytes are UTF-8 and hold nothing unprintable but what `may` names.
fn assert_printable(what: &str, bytes: &[u8], may: &[char]) {
    let text = std::str::from_utf8(bytes).unwrap_or_else(|e| panic!("{what} is not UTF-8: {e}"));
    let rest: String = text.chars().filter(|c| !may.contains(c)).collect();
    if let Some(found) = unprintable().find(&rest) {
        panic!(
            "{what} holds {:?}, backwards from there {:?}",
            found.as_str(),
            rest[..found.end()].chars().rev().take(80).collect::<String>()
        );
    }
}

fn combined(ip: &str, url: &[u8], agent: &[u8]) -> Vec<u8> {
    let time = chrono::Utc::now().format("%d/%b/%Y:%H:%M:%S +0000");
    let mut line = format!("{ip} - - [{time}] \"GET ").into_bytes();
    line.extend_from_slice(url);
    line.extend_from_slice(b" HTTP/1.1\" 200 12 \"-\" \"");
    line.extend_from_slice(agent);
    line.push(b'"');
    line
}

/// Everything an attacker or a broken disk puts into a log, one line each.
fn hostile_lines() -> Vec<Vec<u8>> {
    let now = chrono::Utc::now();
    let alert = format!(
        r#"{{"timestamp":"{}","event_type":"alert","src_ip":"203.0.113.9","alert":{{"signature":"\u001b]52;c;eA==\u0007\u202e","signature_id":1,"severity":1}}}}"#,
        now.format("%Y-%m-%dT%H:%M:%S.000000+0000")
    );
    let mut sshd = now.format("%b %e %H:%M:%S ").to_string().into_bytes();
    sshd.extend_from_slice(b"h\x1b[2Jost sshd[1]: Failed password for invalid user \x1b]52;c;eA==\x07\xc2\x9b from 198.51.100.7 port 1 ssh2");
    vec![
        combined("203.0.113.9", b"/ok", b"curl"),
        combined("203.0.113.9", b"/\x1b]52;c;ZXZpbA==\x07x", b"\x1b[2J\x1b[31mred"),
        combined(
            "203.0.113.9",
            b"/?q=1'%20OR%201=1--\x1b[2J",
            "sqlmap/1.0 \u{1b}]0;t\u{7}\u{202e}\u{200b}\u{e0041}\u{9b}31m\u{fe0f}\u{3164}".as_bytes(),
        ),
        combined("203.0.113.10", b"/a\x00b\xff\xfe", b"=cmd|' /C calc'!A0\r"),
        b"\xff\xfe\x00\x01\x02 binary \x80\x81".to_vec(),
        vec![0; 100],
        b"203.0.113.9 - - [22/Nov/2026:00:00:00 +0000] \"GET /trunc".to_vec(),
        vec![b'A'; 5 << 20],
        [b"203.0.113.9 - - ".as_slice(), &vec![0x1b; 5 << 20]].concat(),
        sshd,
        b"\r".to_vec(),
        b"a\rb\x0bc\x0cd\x08e\x7ff".to_vec(),
        alert.into_bytes(),
        b"{\"trunc".to_vec(),
        vec![b'['; 200_000],
        vec![b'{'; 100_000],
        "a".bytes().chain("\u{301}".repeat(50_000).bytes()).collect(),
        b"=HYPERLINK(\"http://192.0.2.1\")".to_vec(),
    ]
}

/// A platform that has taken in every hostile line.
fn hostile_platform() -> (Platform, usize) {
    let dir = tempfile::tempdir().unwrap();
    let log = dir.path().join("log");
    let lines = hostile_lines();
    let mut text = lines.join(&b'\n');
    text.push(b'\n');
    std::fs::write(&log, text).unwrap();
    let settings = source(&log);
    let platform = Platform::start_in(dir, &settings);
    wait_for("all lines", || (taken(&platform) >= lines.len() as u64).then_some(()));
    (platform, lines.len())
}

/// Events the source `log` counts.
fn taken(platform: &Platform) -> u64 {
    log_source(platform)["events"].as_u64().unwrap()
}

fn log_source(platform: &Platform) -> Value {
    let (status, body) = platform.get("/v1/sources");
    assert_eq!(status, 200, "{body}");
    let all: Vec<Value> = serde_json::from_str(&body).unwrap();
    all.into_iter().find(|s| s["name"] == "log").unwrap_or_else(|| panic!("no source: {body}"))
}

#[test]
fn hostile_lines_are_counted_kept_and_come_out_harmless() {
    let (platform, lines) = hostile_platform();
    let events = platform.export("audit", "");
    assert_eq!(events.len(), lines, "each line is one event");
    let unparsed: Vec<&Value> = events.iter().filter(|e| e["parsed"] == false).collect();
    assert!(unparsed.len() >= 10 && unparsed.len() < lines, "{} of {lines}", unparsed.len());
    assert_eq!(log_source(&platform)["unparsed"], unparsed.len() as u64);
    let raw = |part: &str| events.iter().filter(|e| e["raw"].as_str().unwrap().contains(part)).count();
    assert_eq!(raw("\u{1b}]52;c;ZXZpbA==\u{7}"), 1, "what was written is kept as it was");
    assert_eq!(raw("⟨xFF⟩⟨xFE⟩\u{0}\u{1}\u{2} binary ⟨x80⟩⟨x81⟩"), 1, "also what is no text");
    assert!(raw(" bytes shown]") >= 2, "what was cut says so");

    for list in ["audit", "detections", "incidents", "actions", "blocks", "sources", "ledger"] {
        for format in ["table", "csv", "ndjson", "json"] {
            let output = platform.run(&["export", list, "-o", format]);
            assert!(output.status.success(), "export {list}");
            let what = format!("export {list} -o {format}");
            assert!(!output.stdout.is_empty() || list == "blocks", "{what}");
            assert_printable(&what, &output.stdout, if format == "table" { &['\n', '\t'] } else { &['\n'] });
            assert_printable(&what, &output.stderr, &['\n']);
        }
    }
    let first = platform.export("incidents", "")[0]["id"].to_string();
    for args in [
        &["incident", "show", &first] as &[&str],
        &["incident", "list"],
        &["entity", "show", "address", "203.0.113.9"],
        &["audit", "list"],
        &["detection", "list"],
        &["action", "list"],
        &["action", "show", "1"],
        &["source", "list"],
        &["ledger", "list"],
        &["block", "list"],
    ] {
        for format in ["table", "json"] {
            let args = [args, &["-o", format]].concat();
            let output = platform.run(&args);
            assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
            assert_printable(&format!("{args:?}"), &output.stdout, &['\n', '\t']);
            assert_printable(&format!("{args:?}"), &output.stderr, &['\n']);
        }
    }
    let csv = platform.ok(&["export", "audit", "-o", "csv"]);
    let mut reader = csv::Reader::from_reader(csv.as_bytes());
    let records: Vec<csv::StringRecord> = reader.records().map(|r| r.unwrap()).collect();
    assert_eq!(records.len(), lines);
    for field in records.iter().flatten() {
        assert!(!field.trim_start().starts_with(['=', '+', '-', '@']), "a formula for a spreadsheet: {field}");
    }
    assert_printable("the log of the platform", platform.log().as_bytes(), &['\n']);
}

#[test]
fn errors_that_repeat_what_was_asked_are_printable() {
    let platform = Platform::start("");
    let evil = "\u{1b}]52;c;eA==\u{7}\u{202e}\u{9b}2J";
    let refusals: [&[&str]; 8] = [
        &["entity", "show", "user", evil],
        &["export", "audit", "-o", "ndjson", "--query", evil],
        &["audit", "list", "--query", evil],
        &["block", "add", evil],
        &["block", "add", "203.0.113.1", "--ttl", evil],
        &["session", "revoke", evil],
        &["--url", evil, "incident", "list"],
        &["replay", evil],
    ];
    for args in refusals {
        for format in ["table", "json"] {
            let output = platform.run(&[args, &["-o", format]].concat());
            assert_printable(&format!("{args:?}"), &output.stdout, &['\n', '\t']);
            assert_printable(&format!("{args:?}"), &output.stderr, &['\n']);
        }
    }
}

/// Runs the program in a pseudo-terminal; gives everything it wrote there, and its exit code.
fn in_terminal(dir: &Path, rows: u16, args: &[&str]) -> (Vec<u8>, u32) {
    let size = PtySize { rows, cols: 90, pixel_width: 0, pixel_height: 0 };
    let pty = native_pty_system().openpty(size).unwrap();
    let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_watchfloor"));
    command.args(args);
    command.env("WATCHFLOOR_CONFIG_DIR", dir.join("config"));
    command.env("WATCHFLOOR_DATA_DIR", dir.join("data"));
    command.env("TERM", "xterm-256color");
    let mut child = pty.slave.spawn_command(command).unwrap();
    drop(pty.slave);
    let mut reader = pty.master.try_clone_reader().unwrap();
    let reading = std::thread::spawn(move || {
        let mut bytes = Vec::new();
        let mut buffer = [0; 4096];
        // The other side closing is an error on Linux.
        while let Ok(n @ 1..) = reader.read(&mut buffer) {
            bytes.extend_from_slice(&buffer[..n]);
        }
        bytes
    });
    let code = wait_for("the program in a terminal", || child.try_wait().unwrap());
    (reading.join().unwrap(), code.exit_code())
}

#[test]
fn a_terminal_gets_printable_text_and_colours_at_most() {
    let (platform, _) = hostile_platform();
    let first = platform.export("incidents", "")[0]["id"].to_string();
    let colours = Regex::new("\u{1b}\\[[0-9;]*m").unwrap();
    for args in [
        &["export", "audit", "-o", "table", "-q"] as &[&str],
        &["export", "audit", "-o", "csv", "-q"],
        &["export", "audit", "-o", "ndjson", "-q"],
        &["export", "detections", "-o", "table", "-q"],
        &["audit", "list"],
        &["incident", "list"],
        &["incident", "show", &first],
        &["entity", "show", "address", "203.0.113.9"],
        &["action", "show", "1"],
        &["entity", "show", "user", "\u{1b}]0;x\u{7}"],
    ] {
        let (bytes, code) = in_terminal(platform.dir.path(), 24, args);
        assert!(code == 0 || args.contains(&"user"), "{args:?}: {}", String::from_utf8_lossy(&bytes));
        let text = String::from_utf8(bytes).unwrap();
        assert!(!text.is_empty(), "{args:?}");
        assert_printable(&format!("{args:?} in a terminal"), colours.replace_all(&text, "").as_bytes(), &['\n', '\r']);
    }
}

#[test]
fn a_terminal_that_is_too_small_and_no_terminal_are_said_so() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(dir.path().join("config")).unwrap();
    let settings = "[platform]\nlisten = \"127.0.0.1:0\"\ndiscover = false\ndrill = \"off\"\n";
    std::fs::write(dir.path().join("config/settings.toml"), settings).unwrap();
    let (bytes, code) = in_terminal(dir.path(), 8, &[]);
    let text = String::from_utf8(bytes).unwrap();
    assert_eq!(code, 2, "{text}");
    assert!(text.contains("too small: it has 90x8") && text.contains("incident list"), "{text:?}");
    assert_printable("the refusal", text.as_bytes(), &['\n', '\r']);
    let (code, said) = refused(dir.path(), &[]);
    assert_eq!(code, 2);
    assert!(said.contains("needs a terminal"), "{said}");
}

/// Runs the program, which must end by itself with an error; gives its exit code and what it said.
fn refused(dir: &Path, args: &[&str]) -> (i32, String) {
    let mut child =
        command(dir).args(args).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let mut said = String::new();
    let mut stderr = child.stderr.take().unwrap();
    let reading = std::thread::spawn(move || stderr.read_to_string(&mut said).map(|_| said));
    let status = wait_for("the refusal", || child.try_wait().unwrap());
    let said = reading.join().unwrap().unwrap();
    assert_printable("the error", said.as_bytes(), &['\n']);
    assert!(!said.contains("panicked"), "{said}");
    (status.code().unwrap(), said)
}

/// Folders with these settings and policy.
fn folders(settings: &str, policy: Option<&str>) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(dir.path().join("config")).unwrap();
    std::fs::write(dir.path().join("config/settings.toml"), settings).unwrap();
    if let Some(policy) = policy {
        std::fs::write(dir.path().join("config/policy.toml"), policy).unwrap();
    }
    dir
}

#[test]
fn settings_and_policies_that_are_wrong_are_named_by_file_line_and_key() {
    let quiet = "[platform]\nlisten = \"127.0.0.1:0\"\n";
    let cases: [(&str, Option<&str>, &[&str]); 9] = [
        (
            "[platform]\nlisten = \"127.0.0.1:0\"\nretention_dais = 3\n",
            None,
            &["settings.toml", "line 3", "retention_dais", "retention_days"],
        ),
        ("[platform\n", None, &["settings.toml", "line 1"]),
        ("[platform]\n\nlisten = \"\u{1b}[2J\"\n", None, &["settings.toml", "line 3"]),
        ("[[source]]\npath = \"/tmp/x\"\nformat = \"combinde\"\n", None, &["combinde", "known: ", "combined"]),
        (
            quiet,
            Some("[automatic]\nbudget_per_huor = 3\n"),
            &["policy.toml", "budget_per_huor", "budget_per_hour", "line 2"],
        ),
        ("[[source]]\npath = \"/tmp/x\"\n[[source]]\npath = \"/tmp/x\"\nname = \"y\"\n", None, &["/tmp/x", "twice"]),
        (
            "[[source]]\npath = \"/tmp/x\"\nname = \"a\"\n[[source]]\npath = \"/tmp/y\"\nname = \"a\"\n",
            None,
            &["/tmp/y", "called \"a\""],
        ),
        ("[[source]]\npath = \"\"\n", None, &["empty path"]),
        (quiet, Some("[[rule]\n"), &["policy.toml", "line 1"]),
    ];
    for (settings, policy, parts) in cases {
        let dir = folders(settings, policy);
        let (code, said) = refused(dir.path(), &["serve"]);
        assert_eq!(code, 2, "{settings}{policy:?}: {said}");
        for part in parts {
            assert!(said.contains(part), "{part:?} is not in: {said}");
        }
    }
}

#[test]
fn folders_and_ports_that_are_taken_are_said_so() {
    let platform = Platform::start("");
    let (code, said) = refused(platform.dir.path(), &["serve"]);
    assert_eq!(code, 7, "{said}");
    assert!(said.contains("already running on this data") && said.contains("--data-dir"), "{said}");

    let taken = platform.address.to_string();
    let other = folders(&format!("[platform]\nlisten = \"{taken}\"\n"), None);
    let (code, said) = refused(other.path(), &["serve"]);
    assert_ne!(code, 0);
    assert!(said.contains(&taken) && said.contains("--listen"), "{said}");

    let file = folders("[platform]\nlisten = \"127.0.0.1:0\"\n", None);
    std::fs::write(file.path().join("data"), "a file").unwrap();
    let (code, said) = refused(file.path(), &["serve"]);
    assert_ne!(code, 0);
    assert!(said.contains(&file.path().join("data").display().to_string()) && said.contains("--data-dir"), "{said}");
}

#[test]
fn a_wrong_token_and_a_dead_server_have_their_exit_codes() {
    let platform = Platform::start("");
    let url = format!("http://{}", platform.address);
    let mut wrong = command(platform.dir.path());
    let output =
        wrong.args(["--url", &url, "incident", "list"]).env("WATCHFLOOR_TOKEN", "wf_not_a_token").output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(4), "{said}");
    assert!(said.contains("token"), "{said}");
    let dead = format!("http://127.0.0.1:{}", common::free_port());
    let output = command(platform.dir.path())
        .args(["--url", &dead, "--timeout", "5s", "incident", "list"])
        .env("WATCHFLOOR_TOKEN", "wf_not_a_token")
        .output()
        .unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(8), "{said}");
    assert!(said.contains(dead.strip_prefix("http://").unwrap()) && said.contains("watchfloor serve"), "{said}");
    // A platform that was killed leaves its note behind: that is a dead server too.
    let dir = platform.kill();
    let (code, said) = refused(dir.path(), &["incident", "list"]);
    assert_eq!(code, 8, "{said}");
}

#[test]
fn a_directory_in_place_of_a_log_is_said_so_and_read_once_it_is_a_file() {
    let dir = tempfile::tempdir().unwrap();
    let log = dir.path().join("log");
    std::fs::create_dir(&log).unwrap();
    let settings = source(&log);
    let platform = Platform::start_in(dir, &settings);
    let why = wait_for("the reason", || {
        let source = log_source(&platform);
        (source["state"] == "unreadable").then(|| source["why"].as_str().unwrap().to_owned())
    });
    assert!(why.contains("not a file"), "{why}");
    assert!(platform.ok(&["source", "list"]).contains("not a file"));
    std::fs::remove_dir(&log).unwrap();
    std::fs::write(&log, "at last\n").unwrap();
    wait_for("the line", || (taken(&platform) == 1).then_some(()));
}

/// A small file system of its own; unmounted whatever happens.
struct SmallDisk(std::path::PathBuf);

impl SmallDisk {
    fn mount(at: &Path, size: &str) -> Self {
        std::fs::create_dir_all(at).unwrap();
        let done = std::process::Command::new("mount")
            .args(["-t", "tmpfs", "-o", &format!("size={size}"), "tmpfs"])
            .arg(at)
            .status()
            .expect("mount must be installed");
        assert!(done.success(), "a tmpfs could not be mounted: this test needs root");
        Self(at.to_owned())
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = std::process::Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

#[test]
#[ignore = "needs root"]
fn a_full_disk_stops_intake_but_not_releasing_and_loses_nothing() {
    const LINES: usize = 30_000;
    let dir = tempfile::tempdir().unwrap();
    let disk = SmallDisk::mount(&dir.path().join("data"), "48m");
    let ballast = dir.path().join("data/ballast");
    std::fs::write(&ballast, vec![1; 44 << 20]).unwrap();
    let log = dir.path().join("log");
    std::fs::write(&log, "first\n").unwrap();
    let settings = source(&log);
    let platform = Platform::start_in(dir, &settings);
    wait_for("the first line", || (taken(&platform) == 1).then_some(()));
    platform.ok(&["block", "add", "203.0.113.77", "--reason", "before the disk is full"]);

    let mut file = std::fs::OpenOptions::new().append(true).open(&log).unwrap();
    let mut text = Vec::new();
    // What repeats would be packed until it fits.
    let mut seed = 1u64;
    let mut letter = || {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        char::from(b'a' + (seed >> 33) as u8 % 26)
    };
    for n in 0..LINES {
        let name: String = (0..100).map(|_| letter()).collect();
        text.extend(combined("203.0.113.9", format!("/page/{n}/{name}").as_bytes(), b"curl"));
        text.push(b'\n');
    }
    file.write_all(&text).unwrap();
    let trouble = wait_for("the trouble", || {
        let (status, body) = platform.get("/v1/overview");
        assert_eq!(status, 200, "{body}");
        let overview: Value = serde_json::from_str(&body).unwrap();
        overview["trouble"].as_str().map(str::to_owned)
    });
    assert!(trouble.contains("cannot be stored") && trouble.contains("full"), "{trouble}");
    wait_for("the log", || platform.log().contains("intake waits").then_some(()));

    let refused =
        || common::http(platform.address, "GET", "/v1/gate/check", &["X-Real-IP: 203.0.113.77", "X-Original-URI: /"]).0;
    assert_eq!(refused(), 403);
    let released = platform.run(&["block", "release", "--reason", "the disk is full"]);
    assert_eq!(refused(), 200, "released: {}", String::from_utf8_lossy(&released.stderr));

    std::fs::remove_file(&ballast).unwrap();
    wait_for("all lines", || (taken(&platform) == LINES as u64 + 1).then_some(()));
    let mut urls: Vec<String> = platform
        .export("audit", "")
        .iter()
        .filter_map(|e| e["http"]["url"].as_str().map(str::to_owned))
        .filter(|u| u.starts_with("/page/"))
        .collect();
    urls.sort_unstable();
    let total = urls.len();
    urls.dedup();
    assert_eq!((total, urls.len()), (LINES, LINES), "each exactly once");
    let (_, body) = platform.get("/v1/overview");
    assert!(!body.contains("cannot be stored"), "{body}");
    drop(platform);
    drop(disk);
}
