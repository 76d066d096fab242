//! The console as analysts reach it: in tmux, through a real sshd on loopback; and over a line of 256 kbit/s and 300 ms.
#![cfg(feature = "platform")]
#![allow(clippy::unwrap_used, clippy::expect_used)] // A test that meets the unexpected ends.

mod common;
mod terminal;

use common::{PATIENCE, Platform, free_port, wait_for};
use portable_pty::CommandBuilder;
use std::fs;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::{Duration, Instant};
use terminal::{Console, shown};

/// An sshd with keys and a configuration of its own, for whoever runs this test.
struct Sshd {
    dir: tempfile::TempDir,
    port: u16,
    child: Child,
}

impl Sshd {
    fn start() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let path = |name: &str| dir.path().join(name).display().to_string();
        for key in ["host", "own"] {
            let made = Command::new("ssh-keygen").args(["-q", "-t", "ed25519", "-N", "", "-f", &path(key)]).status();
            assert!(made.unwrap().success());
        }
        // Where sshd separates its privileges; it refuses to start as root without.
        let _ = fs::create_dir_all("/run/sshd");
        let port = free_port();
        let settings = format!(
            "Port {port}\nListenAddress 127.0.0.1\nHostKey {}\nAuthorizedKeysFile {}\nPidFile none\nUsePAM no\n\
             PasswordAuthentication no\nKbdInteractiveAuthentication no\nPermitRootLogin yes\nStrictModes no\nUseDNS no\n",
            path("host"),
            path("own.pub")
        );
        fs::write(dir.path().join("sshd_config"), settings).unwrap();
        let log = fs::File::create(dir.path().join("log")).unwrap();
        let mut command = Command::new("/usr/sbin/sshd");
        command.args(["-D", "-e", "-f", &path("sshd_config")]).stdin(Stdio::null()).stderr(log);
        let child = command.spawn().expect("sshd is needed: apt-get install openssh-server");
        let sshd = Self { dir, port, child };
        wait_for("sshd", || {
            let log = fs::read_to_string(sshd.dir.path().join("log")).unwrap_or_default();
            log.contains("Server listening").then_some(())
        });
        sshd
    }

    /// An ssh client that runs `remote` in a terminal there, by way of `port`.
    fn login(&self, port: u16, remote: &str) -> CommandBuilder {
        let mut ssh = CommandBuilder::new("ssh");
        let key = self.dir.path().join("own").display().to_string();
        ssh.args(["-tt", "-F", "none", "-i", &key, "-p", &port.to_string(), "-o", "IdentitiesOnly=yes"]);
        ssh.args(["-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-o", "LogLevel=ERROR"]);
        ssh.args(["127.0.0.1", remote]);
        ssh
    }
}

impl Drop for Sshd {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A tmux server of its own.
struct Tmux {
    socket: String,
    dir: tempfile::TempDir,
}

impl Tmux {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o700)).unwrap();
        fs::write(
            dir.path().join("conf"),
            "set -g set-clipboard on\nset -g allow-passthrough on\nset -g status off\nset -g escape-time 10\n\
             set -g default-shell /bin/sh\nset -g default-terminal tmux-256color\n",
        )
        .unwrap();
        Self { socket: dir.path().join("socket").display().to_string(), dir }
    }

    /// What to type there to begin or to come back.
    fn attach(&self, command: &str) -> String {
        let conf = self.dir.path().join("conf");
        format!("tmux -u -S {} -f {} new-session -A -s desk '{command}'", self.socket, conf.display())
    }

    fn ask(&self, args: &[&str]) -> String {
        let output = Command::new("tmux").args(["-S", &self.socket]).args(args).output().unwrap();
        String::from_utf8_lossy(&output.stdout).into_owned()
    }
}

impl Drop for Tmux {
    fn drop(&mut self) {
        let _ = Command::new("tmux").args(["-S", &self.socket, "kill-server"]).stderr(Stdio::null()).status();
    }
}

/// A shell on the other side that finds the platform's folders and the program as `wf`. Job control needs `-i`.
fn remote_shell(folders: &Path) -> String {
    let (script, bin) = (folders.join("shell"), folders.join("bin"));
    let text = format!(
        "export WATCHFLOOR_CONFIG_DIR={c} WATCHFLOOR_DATA_DIR={d} PS1=\"ready> \" ENV= PATH={b}:$PATH\nunset NO_COLOR\n",
        c = folders.join("config").display(),
        d = folders.join("data").display(),
        b = bin.display(),
    );
    fs::create_dir_all(&bin).unwrap();
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_watchfloor"), bin.join("wf")).unwrap();
    fs::write(&script, text).unwrap();
    format!("ENV={} sh -i", script.display())
}

fn append(log: &Path, from: usize, count: usize) {
    let time = chrono::Utc::now().format("%d/%b/%Y:%H:%M:%S +0000");
    let line =
        |n| format!("198.51.100.{} - - [{time}] \"GET /page/{n} HTTP/1.1\" 200 512 \"-\" \"curl/8.5.0\"\n", n % 9);
    let text: String = (from..from + count).map(line).collect();
    fs::OpenOptions::new().create(true).append(true).open(log).unwrap().write_all(text.as_bytes()).unwrap();
}

fn platform() -> (Platform, String, String) {
    let dir = tempfile::tempdir().unwrap();
    let log = dir.path().join("access.log");
    append(&log, 0, 30);
    let settings = format!("[[source]]\npath = \"{}\"\nformat = \"combined\"\n", log.display());
    let listen = format!("127.0.0.1:{}", free_port());
    (Platform::start_at(dir, &listen, &settings), listen, settings)
}

#[test]
#[ignore = "needs tmux and sshd"]
fn through_tmux_and_ssh_it_is_resized_suspended_copied_from_left_and_found_again() {
    let (platform, listen, settings) = platform();
    let folders = platform.dir.path().to_owned();
    let (sshd, tmux) = (Sshd::start(), Tmux::new());
    let remote = tmux.attach(&remote_shell(&folders));
    let mut console = Console::run(sshd.login(sshd.port, &remote));
    console.answers = true;
    console.see("ready>");
    console.press("wf\r");
    console.arrive();

    // Another size reaches it through ssh, sshd and tmux.
    console.press_for("4", "30 events");
    console.press("\r");
    console.see("┏━ Event");
    console.settle(Duration::from_millis(500));
    let before = shown(console.screen.screen());
    for (rows, cols) in [(24, 80), (50, 200), (36, 120)] {
        console.resize(rows, cols);
    }
    console.until("the same as before", |screen| shown(screen) == before);

    // Job control of the shell in tmux.
    console.press("\x1a");
    console.see("Stopped");
    console.press("fg\r");
    console.until("the console again", |screen| shown(screen) == before);
    console.escape("┏━ Event");

    // The clipboard: tmux keeps it, and passes it on to the terminal outside.
    console.press_for("y", "watchfloor ");
    console.press_for("c", "copied the command");
    let copied = wait_for("tmux to have it", || Some(tmux.ask(&["show-buffer"])).filter(|text| !text.is_empty()));
    assert!(copied.starts_with("watchfloor "), "{copied}");
    let outside = format!("\x1b]52;c;{}", base64(copied.as_bytes()));
    wait_for("the terminal outside to have it", || {
        console.take(Duration::from_millis(20));
        console.all.windows(outside.len()).any(|w| w == outside.as_bytes()).then_some(())
    });

    // The platform dies and comes back; what was asked for meanwhile is not lost.
    let dir = platform.kill();
    console.see("stale");
    append(&folders.join("access.log"), 30, 20);
    let platform = Platform::start_at(dir, &listen, &settings);
    console.see(" live");
    console.see("50 events");

    // The line breaks. Whoever comes back finds everything as it was.
    drop(console);
    let mut console = Console::run(sshd.login(sshd.port, &remote));
    console.answers = true;
    console.see("50 events");
    append(&folders.join("access.log"), 50, 10);
    console.see("60 events");
    assert_eq!(platform.export("audit", "").len(), 60);
    console.press("q");
    console.see("ready>");
    let left = console.screen.screen().contents();
    assert!(!left.contains("[0n"), "no answer ends up in the shell:\n{left}");
    console.press("exit\r");
}

fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for part in bytes.chunks(3) {
        let n = part.iter().chain([0, 0].iter()).take(3).fold(0u32, |n, b| n << 8 | u32::from(*b));
        for i in 0..4 {
            let letter = char::from(LETTERS[(n >> (18 - 6 * i) & 63) as usize]);
            out.push(if i <= part.len() { letter } else { '=' });
        }
    }
    out
}

/// Bytes a second each way: 256 kbit/s.
const RATE: f64 = 32_000.0;
/// One way; there and back is 300 ms.
const DELAY: Duration = Duration::from_millis(150);

/// A line: takes connections and passes them on to `port`, late and slowly. Returns where it listens.
fn slow_line(port: u16) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let own = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for near in listener.incoming().map_while(Result::ok) {
            let Ok(far) = TcpStream::connect(("127.0.0.1", port)) else { return };
            for (from, to) in [(&near, &far), (&far, &near)] {
                drag(from.try_clone().unwrap(), to.try_clone().unwrap());
            }
        }
    });
    own
}

/// One direction: each piece leaves when those before it are gone, and arrives a while later.
fn drag(mut from: TcpStream, mut to: TcpStream) {
    let (pieces, line) = channel::<(Instant, Vec<u8>)>();
    std::thread::spawn(move || {
        let (mut free, mut buffer) = (Instant::now(), [0; 1024]);
        while let Ok(n) = from.read(&mut buffer) {
            if n == 0 {
                return;
            }
            free = free.max(Instant::now()) + Duration::from_secs_f64(n as f64 / RATE);
            if pieces.send((free + DELAY, buffer[..n].to_vec())).is_err() {
                return;
            }
            // A line takes no more than it can carry: whoever writes has to wait.
            let ahead = free.saturating_duration_since(Instant::now());
            wait(ahead.saturating_sub(Duration::from_millis(250)));
        }
    });
    std::thread::spawn(move || {
        while let Ok((due, piece)) = line.recv() {
            wait(due.saturating_duration_since(Instant::now()));
            if to.write_all(&piece).is_err() {
                return;
            }
        }
        let _ = to.shutdown(Shutdown::Write);
    });
}

/// Time that the line takes.
fn wait(time: Duration) {
    let (_keep, never) = channel::<()>();
    assert_eq!(never.recv_timeout(time), Err(RecvTimeoutError::Timeout));
}

#[test]
#[ignore = "needs tmux and sshd"]
fn on_a_slow_line_keys_are_answered_and_bytes_are_bounded() {
    let dir = tempfile::tempdir().unwrap();
    // The drill keeps everything on the screen in motion.
    let platform = Platform::start_at(dir, "127.0.0.1:0", "");
    platform.ok(&["drill", "start"]);
    let sshd = Sshd::start();
    let line = slow_line(sshd.port);
    let mut console = Console::run(sshd.login(line, &remote_shell(platform.dir.path())));
    console.answers = true;
    console.see("ready>");
    console.press("wf\r");
    console.arrive();
    console.see("slow line: 3");

    // Every key is answered, and never behind a queue of frames: what comes between a key and its answer is what one
    // round trip carries, and a frame or two.
    let most = (RATE * 0.3) as usize + 2 * 20_000;
    for (key, answer) in
        [("2", "Watchfloor › Triage"), ("4", "Watchfloor › Hunt"), ("?", "Help: what can be done here")]
    {
        let before = console.taken;
        console.press_for(key, answer);
        let bytes = console.taken - before;
        assert!(bytes <= most, "{bytes} bytes between {key} and its answer");
    }
    console.escape("Help: what can be done here");
    console.press_for("2", "Watchfloor › Triage");
    console.press_for("p", "PAUSED");

    // A key that is held down: many keys, few frames, and the last one is where it should be.
    let (before, frames) = (console.taken, count(&console.all, FRAME));
    console.press(&"j".repeat(40));
    console.press(&"k".repeat(40));
    console.press_for("?", "Help: what can be done here");
    let (bytes, frames) = (console.taken - before, count(&console.all, FRAME) - frames);
    assert!(frames < 40, "{frames} frames for 81 keys");
    assert!(bytes <= 40 * 700 + 20_000, "{bytes} bytes for 81 keys");
    console.escape("Help: what can be done here");

    // Nobody touches a key while attacks pour in: a frame a second and no more.
    console.press_for("p", "Watchfloor › Triage");
    console.press_for("1", "Events a minute");
    console.settle_down();
    let (before, began) = (count(&console.all, FRAME), Instant::now());
    while began.elapsed() < Duration::from_secs(10) {
        console.take(Duration::from_millis(200));
    }
    let frames = count(&console.all, FRAME) - before;
    assert!(frames <= 12, "{frames} frames in ten seconds");
    console.press("q");
    console.see("ready>");
    let left = console.screen.screen().contents();
    assert!(!left.contains("[0n"), "no answer ends up in the shell:\n{left}");
    console.press("exit\r");
}

/// The beginning of a frame.
const FRAME: &[u8] = b"\x1b[?2026h";

fn count(all: &[u8], what: &[u8]) -> usize {
    all.windows(what.len()).filter(|w| *w == what).count()
}

impl Console {
    /// Takes what comes for longer than the console still counts the operator as being at work.
    fn settle_down(&mut self) {
        let until = Instant::now() + Duration::from_secs(4);
        while Instant::now() < until {
            self.take(Duration::from_millis(200));
        }
        assert!(until.elapsed() < PATIENCE);
    }
}
