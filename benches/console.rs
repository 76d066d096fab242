//! The console in a real pseudo-terminal of 200x50: time from a key to the end of its frame, bytes per frame, then what
//! it writes and costs when nothing happens any more.
//!
//! `cargo bench --bench console`. A platform with 50,000 events of the real web log of ../shared/data is started first.
//! The end of a frame is the end of the synchronized update, `ESC[?2026l`. Idle is looked at for ten seconds.
#![allow(clippy::print_stdout, clippy::unwrap_used, missing_docs)]

mod common;
#[path = "../tests/common/mod.rs"]
mod journey;

use journey::Platform;
use portable_pty::{CommandBuilder, PtySize, native_pty_system};
use std::io::{Read, Write};
use std::sync::mpsc::{self, Receiver};
use std::time::{Duration, Instant};
use watchfloor::api::Timestamp;

const FRAME_END: &[u8] = b"\x1b[?2026l";
const KEYS: usize = 300;
/// Between two keys: what a held key does on most keyboards, and longer than the least time between two frames.
const PAUSE: Duration = Duration::from_millis(40);
const IDLE: Duration = Duration::from_secs(10);

fn main() {
    let dir = tempfile::tempdir().unwrap();
    let (ready, log) = (dir.path().join("ready.log"), dir.path().join("access.log"));
    // Three days ago: ages on the screen are in days then, so that none is due to be drawn anew.
    let end = Timestamp(chrono::Utc::now().timestamp_millis() - 3 * 86_400_000);
    let lines = common::write_web_log(&ready, 50_000, end) as u64;
    std::fs::write(&log, "").unwrap();
    let platform = Platform::start(&format!("[[source]]\npath = \"{}\"\nformat = \"combined\"\n", log.display()));
    journey::wait_for("the log to be followed", || platform.get("/v1/sources").1.contains("\"waiting\"").then_some(()));
    std::fs::rename(&ready, &log).unwrap();
    journey::wait_for("the events", || {
        let (_, body) = platform.get("/v1/sources");
        body.contains(&format!("\"events\":{lines}")).then_some(())
    });
    let mut console = Console::start(&platform);
    console.settle();
    for (screen, key) in [("incidents", "2"), ("events", "4")] {
        console.press(key);
        let first = console.settle();
        let (mut times, mut sizes) = (Vec::new(), Vec::new());
        for i in 0..KEYS {
            let start = Instant::now();
            // Down through the rows, then up again.
            console.press(if i / 20 % 2 == 0 { "j" } else { "k" });
            // At the end of a list there is no frame to wait for.
            let Some(bytes) = console.frame(Duration::from_millis(100)) else { continue };
            times.push(start.elapsed());
            sizes.push(bytes);
            console.bytes_within(PAUSE);
        }
        if times.is_empty() {
            println!("{screen}: opened with {first} bytes; nothing to move through");
            continue;
        }
        times.sort();
        sizes.sort_unstable();
        let ms = |share| common::at(&times, share).as_secs_f64() * 1e3;
        println!(
            "{screen}: opened with {first} bytes; key to frame p50 {:.2} ms, p99 {:.2} ms, worst {:.2} ms ({} of {KEYS} keys); bytes per frame p50 {}, p99 {}",
            ms(0.5),
            ms(0.99),
            ms(1.0),
            times.len(),
            common::at(&sizes, 0.5),
            common::at(&sizes, 0.99)
        );
    }
    console.press("2");
    // Ages below a minute are drawn anew every second; after that a quiet screen has nothing to say.
    console.bytes_within(Duration::from_secs(75));
    let switches = |c: &Console| common::status_of(c.pid, "voluntary_ctxt_switches");
    let (cpu, woken) = (common::cpu_of(console.pid), switches(&console));
    let bytes = console.bytes_within(IDLE);
    println!(
        "idle for {} s: {bytes} bytes, {:.0} ms CPU, main thread woken {} times; console VmHWM {} MiB",
        IDLE.as_secs(),
        (common::cpu_of(console.pid) - cpu) * 1e3,
        switches(&console) - woken,
        common::status_of(console.pid, "VmHWM") / 1024
    );
    console.press("q");
}

struct Console {
    bytes: Receiver<Vec<u8>>,
    input: Box<dyn Write + Send>,
    pid: u32,
    child: Box<dyn portable_pty::Child + Send + Sync>,
    _pty: Box<dyn portable_pty::MasterPty + Send>,
}

impl Console {
    fn start(platform: &Platform) -> Self {
        let size = PtySize { rows: 50, cols: 200, pixel_width: 0, pixel_height: 0 };
        let pty = native_pty_system().openpty(size).unwrap();
        let token = platform.dir.path().join("token");
        journey_token(&token, &platform.token);
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_watchfloor"));
        command.args(["--url", &format!("http://{}", platform.address), "--token-file", &token.display().to_string()]);
        command.env("WATCHFLOOR_CONFIG_DIR", platform.dir.path().join("console"));
        command.env("WATCHFLOOR_DATA_DIR", platform.dir.path().join("console"));
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
        Self { bytes, input, pid: child.process_id().unwrap(), child, _pty: pty.master }
    }

    fn press(&mut self, key: &str) {
        self.input.write_all(key.as_bytes()).unwrap();
        self.input.flush().unwrap();
    }

    /// Reads until nothing was written for a second; returns the bytes.
    fn settle(&mut self) -> usize {
        let mut total = 0;
        while let Ok(bytes) = self.bytes.recv_timeout(Duration::from_secs(1)) {
            total += bytes.len();
        }
        total
    }

    /// Reads to the end of one frame; returns its bytes, or nothing if none comes.
    fn frame(&mut self, patience: Duration) -> Option<usize> {
        let mut seen = Vec::new();
        while !seen.ends_with(FRAME_END) {
            seen.extend(self.bytes.recv_timeout(patience).ok()?);
        }
        Some(seen.len())
    }

    fn bytes_within(&mut self, time: Duration) -> usize {
        let until = Instant::now() + time;
        let mut total = 0;
        while let Ok(bytes) = self.bytes.recv_timeout(until.saturating_duration_since(Instant::now())) {
            total += bytes.len();
        }
        total
    }
}

impl Drop for Console {
    fn drop(&mut self) {
        let _ = self.child.wait();
    }
}

/// The token in a file that only its owner can read.
fn journey_token(path: &std::path::Path, token: &str) {
    use std::os::unix::fs::OpenOptionsExt;
    let mut file = std::fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path).unwrap();
    file.write_all(token.as_bytes()).unwrap();
}
