//! The real loop in a real pseudo-terminal: this test program starts itself there, with a platform made of fixtures.

use super::{Link, Options, run};
use crate::api::{Problem, Reply, Wire};
use crate::command::Export;
use crate::config::{ConsoleSettings, Settings};
use crate::console::app::Feed;
use crate::console::fixture::Fake;
use futures_util::future::BoxFuture;
use futures_util::stream::{self, BoxStream, StreamExt};
use portable_pty::{CommandBuilder, PtySize, native_pty_system};
use std::io::{Read, Write};
use std::sync::mpsc;
use std::time::{Duration, Instant};

struct Canned;

impl Link for Canned {
    fn send(&self, wire: Wire) -> BoxFuture<'static, Result<Reply, Problem>> {
        let answer = Fake { incidents: 14, events: 500, ..Fake::default() }.answer(&wire);
        Box::pin(async move { answer })
    }

    fn feed(&self) -> BoxStream<'static, Feed> {
        stream::iter([Feed::Connected]).chain(stream::pending()).boxed()
    }

    fn pipe(&self, _export: Export, command: String) -> BoxFuture<'static, Result<String, Problem>> {
        Box::pin(async move { Ok(format!("{command} was run")) })
    }

    fn export(&self, _export: Export) -> BoxFuture<'static, Result<String, Problem>> {
        Box::pin(async { Ok("written".into()) })
    }
}

#[test]
#[ignore = "started by the other tests of this file, in a pseudo-terminal"]
fn child() {
    if std::env::var_os("WATCHFLOOR_IN_PTY").is_none() {
        return;
    }
    let options = Options {
        url: "http://127.0.0.1:1".into(),
        name: "embedded".into(),
        console: "console".into(),
        settings: Settings {
            console: ConsoleSettings { utc: true, ..ConsoleSettings::default() },
            ..Settings::default()
        },
        settings_file: None,
        themes: None,
        kept: None,
        keys: None,
        key: [7; 32],
        linear: false,
        no_color: false,
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    runtime.block_on(run(options, Canned)).unwrap();
    println!("the console has ended");
    std::process::exit(0);
}

struct Console {
    screen: vt100::Parser,
    bytes: mpsc::Receiver<Vec<u8>>,
    input: Box<dyn Write + Send>,
    child: Box<dyn portable_pty::Child + Send + Sync>,
    _pty: Box<dyn portable_pty::MasterPty + Send>,
    tail: Vec<u8>,
}

impl Console {
    fn start() -> Self {
        let size = PtySize { rows: 30, cols: 100, pixel_width: 0, pixel_height: 0 };
        let pty = native_pty_system().openpty(size).unwrap();
        let mut command = CommandBuilder::new(std::env::current_exe().unwrap());
        command.args(["--ignored", "--exact", "--nocapture", "console::runtime::pty_test::child"]);
        command.env("WATCHFLOOR_IN_PTY", "1");
        command.env("TERM", "xterm-256color");
        command.env_remove("NO_COLOR");
        let child = pty.slave.spawn_command(command).unwrap();
        drop(pty.slave);
        let mut reader = pty.master.try_clone_reader().unwrap();
        let input = pty.master.take_writer().unwrap();
        let (to, bytes) = mpsc::channel();
        std::thread::spawn(move || {
            let mut buffer = [0u8; 65_536];
            while let Ok(n) = reader.read(&mut buffer) {
                if n == 0 || to.send(buffer[..n].to_vec()).is_err() {
                    return;
                }
            }
        });
        Self {
            screen: vt100::Parser::new(size.rows.try_into().unwrap(), size.cols.try_into().unwrap(), 0),
            bytes,
            input,
            child,
            _pty: pty.master,
            tail: Vec::new(),
        }
    }

    /// Reads until the screen is as wanted.
    fn wait_until(&mut self, what: &str, wanted: impl Fn(&vt100::Screen) -> bool) {
        let until = Instant::now() + Duration::from_secs(20);
        while !wanted(self.screen.screen()) {
            let left = until.saturating_duration_since(Instant::now());
            let Ok(bytes) = self.bytes.recv_timeout(left) else {
                panic!("\"{what}\" never came:\n{}", self.screen.screen().contents());
            };
            self.tail = bytes[bytes.len().saturating_sub(8)..].to_vec();
            self.screen.process(&bytes);
        }
    }

    fn wait_for(&mut self, text: &str) {
        self.wait_until(text, |screen| screen.contents().contains(text));
    }

    /// Reads to the end of the frame.
    fn finish_frame(&mut self) {
        while self.tail != b"\x1b[?2026l" {
            let bytes = self.bytes.recv_timeout(Duration::from_secs(20)).unwrap();
            self.tail = bytes[bytes.len().saturating_sub(8)..].to_vec();
            self.screen.process(&bytes);
        }
    }

    fn press(&mut self, keys: &str) {
        self.input.write_all(keys.as_bytes()).unwrap();
        self.input.flush().unwrap();
    }
}

#[test]
fn the_terminal_is_taken_worked_and_given_back() {
    let mut console = Console::start();
    console.wait_for("Events a minute");
    assert!(console.screen.screen().alternate_screen());
    console.wait_for("live");
    console.press("2");
    console.wait_for("14 incidents");
    console.press("jb");
    console.wait_for("Block 198.51.100.2?");
    console.press("\x1b");
    console.wait_until("no dialog", |screen| !screen.contents().contains("Block 198"));
    console.press("q");
    console.wait_for("the console has ended");
    let screen = console.screen.screen();
    assert!(!screen.alternate_screen() && !screen.hide_cursor() && !screen.bracketed_paste());
    assert!(console.child.wait().unwrap().success());
}

#[test]
fn a_quiet_console_writes_nothing() {
    let mut console = Console::start();
    console.wait_for("Events a minute");
    console.press("2");
    console.wait_for("14 incidents");
    console.finish_frame();
    // All ages on this screen are older than a minute: nothing is due for a long time.
    let quiet = console.bytes.recv_timeout(Duration::from_millis(2500));
    assert!(quiet.is_err(), "{:?}", quiet.map(|b| String::from_utf8_lossy(&b).into_owned()));
    console.press("q");
    console.wait_for("the console has ended");
}

#[test]
fn a_signal_gives_the_terminal_back() {
    let mut console = Console::start();
    console.wait_for("Events a minute");
    let pid = console.child.process_id().unwrap().to_string();
    std::process::Command::new("kill").args(["-TERM", &pid]).status().unwrap();
    console.wait_for("the console has ended");
    assert!(!console.screen.screen().alternate_screen());
}

#[test]
fn ctrl_z_gives_the_terminal_back_until_it_is_continued() {
    let mut console = Console::start();
    console.wait_for("Events a minute");
    let pid = console.child.process_id().unwrap().to_string();
    console.press("\x1a");
    console.wait_until("the shell's screen", |screen| !screen.alternate_screen());
    let until = Instant::now() + Duration::from_secs(20);
    let state = || std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    while !state().contains(" T ") {
        assert!(Instant::now() < until, "it never stopped");
        std::thread::yield_now();
    }
    std::process::Command::new("kill").args(["-CONT", &pid]).status().unwrap();
    console.wait_until("the console again", |screen| {
        screen.alternate_screen() && screen.contents().contains("Events a minute")
    });
    console.press("q");
    console.wait_for("the console has ended");
}
