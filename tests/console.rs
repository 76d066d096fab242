//! The console as an analyst meets it: the real program in a real pseudo-terminal, under a real shell.
#![cfg(feature = "platform")]
#![allow(clippy::unwrap_used, clippy::expect_used)] // A test that meets the unexpected ends.

mod common;
mod terminal;

use common::{Platform, free_port, wait_for};
use std::io::Write;
use std::path::Path;
use std::time::Duration;
use terminal::{Console, shown};

fn write_settings(dir: &Path, drill: &str) {
    std::fs::create_dir_all(dir.join("config")).unwrap();
    let text = format!("[platform]\nlisten = \"127.0.0.1:0\"\ndiscover = false\ndrill = \"{drill}\"\n");
    std::fs::write(dir.join("config/settings.toml"), text).unwrap();
}

#[test]
fn an_attack_is_seen_opened_blocked_and_undone_by_keys() {
    let dir = tempfile::tempdir().unwrap();
    write_settings(dir.path(), "on");
    let mut console = Console::open(dir.path());
    console.see("DRILL");

    // Triage to the evidence.
    console.press("2");
    console.see("Watchfloor › Triage");
    console.see_chosen("◊drill");
    console.press("\r");
    console.see("the score: the sum of the items");
    console.see("◊drill");
    console.press_for("\t", "what happened");
    console.press_for("\t", "what proves it");

    // Without new attacks what is blocked next is the newest action.
    console.press_for("D", "the drill has stopped");
    block_and_undo(&mut console);
    work_the_queue(&mut console);
    look_around(&mut console);
    resize_and_suspend(&mut console);
    console.press("q");
    console.ended(0);
}

fn block_and_undo(console: &mut Console) {
    console.press_for("b", "by itself after");
    console.see("takes part");
    console.press_for("\r", "verified after");
    console.press_for("6", "receipts");
    let row = console.see_chosen("verified");
    assert!(row.contains("block address") || row.contains("block range"), "{row}");
    console.see("probed:");
    console.press_for("u", "undid action");
    console.see_chosen("undone");
}

fn work_the_queue(console: &mut Console) {
    console.press_for("2", "Watchfloor › Triage");
    let total = console.see_chosen("new");
    assert!(total.contains("◊drill"));
    console.press_for("c", "claimed #");
    console.see_chosen("claimed");
    console.press_for("s", "escalated #");
    console.see_chosen("escalated");
    console.press_for("m", "Comment on #");
    console.press_for("looked at\r", "commented on #");
    console.press_for("C", "what was it?");
    console.press_for("1", "why (may be empty)");
    console.press_for("as in the drill\r", "as true positive");

    // A filter with a mistake says what is wrong; a good one finds what was closed.
    console.press_for("/", "Esc leave");
    console.press_for("\x15severity:crit", "did you mean critical?");
    console.press("\x15state:closed\r");
    console.see("filter  state:closed");
    console.until("one incident", |screen| screen.contents().lines().any(|row| row.ends_with(" 1 incident")));
    console.see_chosen("closed");
    console.press_for("O", "reopened #");
    console.see("No incident fits this filter");
    console.escape("state:closed");
    console.see_chosen("◊drill");
    console.press_for("e", "archived #");
    console.press_for("u", "took back the change of #");

    // Why it stands there, and what can be taken along.
    console.press_for("w", "ordered by what changed last");
    console.escape("ordered by what changed last");
    console.press_for("y", "watchfloor incident show");
    console.press_for("c", "copied the command");
    sweep(console);
}

/// One incident after the other, a key for each verdict; nothing is sent before its time, and it can be taken back after.
fn sweep(console: &mut Console) {
    console.press_for("S", "What proves it");
    console.press_for("t", "takes it back");
    console.press_for("u", "not closed #");
    console.press_for("n", "as benign positive");
    console.miss("takes it back");
    console.see("done   closed #");
    console.press_for("u", "took back the change of #");
    console.see("What proves it");
    console.escape("What proves it");
}

fn hunt(console: &mut Console) {
    console.press_for("4", "Watchfloor › Hunt");
    console.see_chosen("◊drill");
    console.press_for("f", "another field");
    console.miss("Counting …");
    console.press_for("\r", "filter  src_ip=");
    console.escape("another field");
    console.escape("filter  src_ip=");
    console.press_for("d", "what proves it");
    console.see_chosen("◊drill");
    console.press("d");
    console.miss("what proves it");
    console.see_chosen("◊drill");
    console.press_for("/", "Tab complete");
    console.press("\x15statu\t404\r");
    console.see("filter  status:404");
    console.escape("filter  status:404");
}

fn look_around(console: &mut Console) {
    console.press_for(":", "Commands");
    console.press_for("screen.sources\r", "Watchfloor › Sources");
    console.press_for("?", "Help: what can be done here");
    console.escape("Help: what can be done here");

    // From a top talker to the entity, to the records, to the record as it came in.
    console.press_for("1", "Top talkers");
    console.press_for("\t\t", "┏━ Top talkers");
    console.see_chosen(".");
    console.press_for("\r", "first seen");
    console.escape("first seen");
    for (key, title) in [("8", "Blocks"), ("9", "Rules"), ("0", "Ledger"), ("gp", "Policy"), ("gh", "Handover")] {
        console.press_for(key, &format!("Watchfloor › {title}"));
    }
    console.see("incidents opened in this shift");
    hunt(console);
    console.press_for("4", "Watchfloor › Hunt");
    console.see_chosen("◊drill");
    console.press_for("\r", "raw ");
    console.see("┏━ Event");
}

/// The record in full does not change by itself, so it must look the same after all of this.
fn resize_and_suspend(console: &mut Console) {
    console.miss("▌");
    console.settle(Duration::from_millis(500));
    let before = shown(console.screen.screen());
    for (rows, cols) in [(10, 40), (50, 200), (10, 40), (36, 120)] {
        console.resize(rows, cols);
        console.settle(Duration::from_millis(300));
    }
    assert_eq!(shown(console.screen.screen()), before);

    let pid = console.pid();
    console.press("\x1a");
    console.until("the shell's screen", |screen| !screen.alternate_screen() && !screen.hide_cursor());
    let state = || std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    wait_for("the program to stop", || state().contains(") T ").then_some(()));
    console.signal("-CONT");
    console.until("the console again", |screen| screen.alternate_screen() && shown(screen) == before);

    // Every screen must stand the smallest size, wherever its cursor is.
    for key in ["1", "2", "S", "3", "5", "6", "7", "8", "9", "0", "gp", "gh", "4"] {
        console.press(key);
        console.settle(Duration::from_millis(300));
        console.reshape(10, 40);
        console.see("Watchfloor");
        console.settle(Duration::from_millis(300));
        console.reshape(36, 120);
        console.see("quit");
        assert!(console.screen.screen().alternate_screen(), "{}", console.screen.screen().contents());
    }
}

fn access_lines(from: usize, count: usize) -> String {
    let time = chrono::Utc::now().format("%d/%b/%Y:%H:%M:%S +0000");
    let line =
        |n| format!("198.51.100.{} - - [{time}] \"GET /page/{n} HTTP/1.1\" 200 512 \"-\" \"curl/8.5.0\"\n", n % 9);
    (from..from + count).map(line).collect()
}

fn append(log: &Path, text: &str) {
    let mut file = std::fs::OpenOptions::new().create(true).append(true).open(log).unwrap();
    file.write_all(text.as_bytes()).unwrap();
}

#[test]
fn a_platform_that_was_killed_is_stale_and_comes_back_without_gap_or_double() {
    let dir = tempfile::tempdir().unwrap();
    let log = dir.path().join("access.log");
    append(&log, &access_lines(0, 30));
    let settings = format!("[[source]]\npath = \"{}\"\nformat = \"combined\"\n", log.display());
    let listen = format!("127.0.0.1:{}", free_port());
    let platform = Platform::start_at(dir, &listen, &settings);
    let folders = platform.dir.path().to_owned();

    let mut console = Console::open(&folders);
    console.see("this host");
    console.press_for("4", "30 events");
    let dir = platform.kill();
    console.until("how old the data is", |screen| {
        let first = screen.contents().lines().next().unwrap_or_default().to_owned();
        first.split("stale ").nth(1).is_some_and(|age| age.starts_with(|c: char| c.is_ascii_digit()))
    });
    console.see("30 events");
    append(&log, &access_lines(30, 20));

    let platform = Platform::start_at(dir, &listen, &settings);
    console.see(" live");
    console.see("50 events");
    append(&log, &access_lines(50, 10));
    console.see("60 events");
    assert_eq!(platform.export("audit", "").len(), 60);
    assert!(!console.screen.screen().contents().contains("stale"));
    console.press("q");
    console.ended(0);
}

#[test]
fn a_quiet_console_writes_nothing_at_all() {
    let dir = tempfile::tempdir().unwrap();
    write_settings(dir.path(), "off");
    let mut console = Console::open(dir.path());
    console.settle(Duration::from_secs(2));
    let written = console.bytes.recv_timeout(Duration::from_secs(3)).unwrap_or_default();
    assert_eq!(String::from_utf8_lossy(&written), "");
    console.press("q");
    console.ended(0);
}

#[test]
fn a_signal_to_end_gives_the_terminal_back() {
    let dir = tempfile::tempdir().unwrap();
    write_settings(dir.path(), "on");
    let mut console = Console::open(dir.path());
    console.press_for("2", "Watchfloor › Triage");
    console.signal("-TERM");
    console.ended(0);
}
