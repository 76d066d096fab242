//! A terminal for journeys: a pseudo-terminal, a shell or whatever runs in it, and what stands on the screen.
#![allow(dead_code)] // Each journey uses its own part of this.

use crate::common::{PATIENCE, command, wait_for};
use portable_pty::{CommandBuilder, MasterPty, PtySize, native_pty_system};
use std::io::{Read, Write};
use std::num::NonZero;
use std::path::Path;
use std::process::Command;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};
use vt100::Screen;

/// What the console asks a terminal to measure the line (DSR 5).
const QUESTION: &[u8] = b"\x1b[5n";

/// Runs the program and says how it left the terminal.
const SHELL: &str = r#"before=$(stty -g); "$0"; code=$?
[ "$(stty -g)" = "$before" ] && echo "the terminal is as before"
echo "ended with $code""#;

/// A console on a terminal.
pub struct Console {
    pub screen: vt100::Parser,
    pub bytes: Receiver<Vec<u8>>,
    /// Bytes that came in so far.
    pub taken: usize,
    /// Everything that came in, for sequences that do not show on the screen.
    pub all: Vec<u8>,
    /// The terminal answers questions, as real ones do.
    pub answers: bool,
    input: Box<dyn Write + Send>,
    shell: Box<dyn portable_pty::Child + Send + Sync>,
    pty: Box<dyn MasterPty + Send>,
}

const fn size(rows: u16, cols: u16) -> PtySize {
    PtySize { rows, cols, pixel_width: 0, pixel_height: 0 }
}

fn cells(n: u16) -> NonZero<u16> {
    NonZero::new(n).unwrap()
}

impl Console {
    /// Opens the console with its folders under `dir`.
    pub fn open(dir: &Path) -> Self {
        let program = command(dir);
        let mut shell = CommandBuilder::new("sh");
        shell.args(["-c", SHELL, program.get_program().to_str().unwrap()]);
        for (name, value) in program.get_envs() {
            match value {
                Some(value) => shell.env(name, value),
                None => shell.env_remove(name),
            }
        }
        let mut console = Self::run(shell);
        console.arrive();
        console
    }

    /// Runs a command in a terminal of 120x36.
    pub fn run(mut shell: CommandBuilder) -> Self {
        let pty = native_pty_system().openpty(size(36, 120)).unwrap();
        shell.env("TERM", "xterm-256color");
        shell.env_remove("NO_COLOR");
        shell.env_remove("TMUX");
        let child = pty.slave.spawn_command(shell).unwrap();
        drop(pty.slave);
        let mut reader = pty.master.try_clone_reader().unwrap();
        let input = pty.master.take_writer().unwrap();
        let (to, bytes) = channel();
        std::thread::spawn(move || {
            let mut buffer = [0; 65_536];
            while let Ok(n) = reader.read(&mut buffer) {
                if n == 0 || to.send(buffer[..n].to_vec()).is_err() {
                    return;
                }
            }
        });
        let screen = vt100::Parser::new(cells(36), cells(120), 0);
        Self { screen, bytes, taken: 0, all: Vec::new(), answers: false, input, shell: child, pty: pty.master }
    }

    /// Waits for the first screen, connected.
    pub fn arrive(&mut self) {
        self.see("Events a minute");
        self.see(" live");
        assert!(self.screen.screen().alternate_screen());
    }

    /// Takes what came in; false when nothing did in time.
    pub fn take(&mut self, patience: Duration) -> bool {
        let Ok(bytes) = self.bytes.recv_timeout(patience) else { return false };
        self.screen.process(&bytes);
        // A question may be cut in two: look at its end from before, too.
        let from = self.all.len().saturating_sub(QUESTION.len() - 1);
        self.taken += bytes.len();
        self.all.extend(bytes);
        if self.answers {
            let asked = self.all[from..].windows(QUESTION.len()).filter(|w| *w == QUESTION).count();
            self.press(&"\x1b[0n".repeat(asked));
        }
        true
    }

    /// Reads until the screen is as wanted.
    pub fn until(&mut self, what: &str, wanted: impl Fn(&Screen) -> bool) {
        let end = Instant::now() + PATIENCE;
        while !wanted(self.screen.screen()) {
            let more = self.take(end.saturating_duration_since(Instant::now()));
            assert!(more, "\"{what}\" never came:\n{}", self.screen.screen().contents());
        }
    }

    /// Reads until this text is on the screen.
    pub fn see(&mut self, text: &str) {
        self.until(text, |screen| screen.contents().contains(text));
    }

    /// Reads until this text is gone.
    pub fn miss(&mut self, text: &str) {
        self.until(&format!("no {text}"), |screen| !screen.contents().contains(text));
    }

    /// Reads until the row under the cursor says this, and returns the row.
    pub fn see_chosen(&mut self, text: &str) -> String {
        self.until(&format!("› {text}"), |screen| chosen(screen).is_some_and(|row| row.contains(text)));
        chosen(self.screen.screen()).unwrap()
    }

    pub fn press(&mut self, keys: &str) {
        self.input.write_all(keys.as_bytes()).unwrap();
        self.input.flush().unwrap();
    }

    /// Presses keys and waits for what they bring.
    pub fn press_for(&mut self, keys: &str, text: &str) {
        self.press(keys);
        self.see(text);
    }

    /// Escape alone: the next key must not follow so close that the two make one.
    pub fn escape(&mut self, gone: &str) {
        self.press("\x1b");
        self.miss(gone);
    }

    /// Gives the terminal another size.
    pub fn reshape(&mut self, rows: u16, cols: u16) {
        self.screen.screen_mut().set_size(cells(rows), cells(cols));
        self.pty.resize(size(rows, cols)).unwrap();
    }

    /// Gives the terminal another size and waits until the frame's lower right corner is where it belongs.
    pub fn resize(&mut self, rows: u16, cols: u16) {
        self.reshape(rows, cols);
        self.until(&format!("a frame of {cols}x{rows}"), |screen| {
            screen.cell(rows - 2, cols - 1).is_some_and(|c| ["┛", "┘"].contains(&c.contents()))
        });
    }

    /// Waits until nothing was written for `silence`.
    pub fn settle(&mut self, silence: Duration) {
        let end = Instant::now() + PATIENCE;
        while self.take(silence) {
            assert!(Instant::now() < end, "never quiet:\n{}", self.screen.screen().contents());
        }
    }

    /// The program's process.
    pub fn pid(&self) -> String {
        let shell = self.shell.process_id().unwrap();
        wait_for("the program's process", || {
            let children = std::fs::read_to_string(format!("/proc/{shell}/task/{shell}/children")).ok()?;
            children.split_whitespace().next().map(str::to_owned)
        })
    }

    pub fn signal(&self, name: &str) {
        assert!(Command::new("kill").args([name, &self.pid()]).status().unwrap().success());
    }

    /// Waits for the shell's last words; the terminal must be as it was found.
    pub fn ended(mut self, code: u8) {
        self.see(&format!("ended with {code}"));
        let screen = self.screen.screen();
        assert!(screen.contents().contains("the terminal is as before"), "{}", screen.contents());
        assert!(!screen.alternate_screen(), "the alternate screen was left");
        assert!(!screen.hide_cursor(), "the cursor is visible");
        assert!(!screen.bracketed_paste(), "bracketed paste is off");
        assert!(!screen.application_cursor() && !screen.application_keypad());
        assert_eq!(screen.mouse_protocol_mode(), vt100::MouseProtocolMode::None);
        assert!(self.shell.wait().unwrap().success());
    }
}

impl Drop for Console {
    fn drop(&mut self) {
        // A test that failed leaves no process behind: the shell's end hangs up on the program.
        let _ = self.shell.kill();
    }
}

/// What is on the screen; cells never written are as good as blanks.
pub fn shown(screen: &Screen) -> String {
    screen.contents().lines().map(|row| format!("{}\n", row.trim_end())).collect()
}

/// The row that the cursor mark stands before.
pub fn chosen(screen: &Screen) -> Option<String> {
    let rows = screen.contents();
    rows.lines().find(|row| row.trim_start_matches(['┃', '│', ' ']).starts_with('›')).map(str::to_owned)
}
