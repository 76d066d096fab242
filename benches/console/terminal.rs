//! The console in a pseudo-terminal.

use portable_pty::{CommandBuilder, PtySize, native_pty_system};
use std::io::{Read, Write};
use std::num::NonZero;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::mpsc::{self, Receiver};
use std::time::{Duration, Instant};

const FRAME_END: &[u8] = b"\x1b[?2026l";

/// A console of 200x50.
pub struct Console {
    pub pid: u32,
    screen: vt100::Parser,
    bytes: Receiver<Vec<u8>>,
    input: Box<dyn Write + Send>,
    began: Instant,
    child: Box<dyn portable_pty::Child + Send + Sync>,
    _pty: Box<dyn portable_pty::MasterPty + Send>,
}

impl Console {
    pub fn start(dir: &Path, url: &str, token: &str) -> Self {
        let file = dir.join("token");
        // Only its owner may read it.
        let mut options = std::fs::OpenOptions::new();
        let mut kept = options.write(true).create(true).truncate(true).mode(0o600).open(&file).unwrap();
        kept.write_all(token.as_bytes()).unwrap();
        let size = PtySize { rows: 50, cols: 200, pixel_width: 0, pixel_height: 0 };
        let pty = native_pty_system().openpty(size).unwrap();
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_watchfloor"));
        command.args(["--url", url, "--token-file", &file.display().to_string()]);
        command.env("WATCHFLOOR_CONFIG_DIR", dir.join("console"));
        command.env("WATCHFLOOR_DATA_DIR", dir.join("console"));
        command.env("TERM", "xterm-256color");
        for name in ["NO_COLOR", "TMUX", "SSH_CONNECTION"] {
            command.env_remove(name);
        }
        let began = Instant::now();
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
        let screen = vt100::Parser::new(NonZero::new(50).unwrap(), NonZero::new(200).unwrap(), 0);
        Self { pid: child.process_id().unwrap(), screen, bytes, input, began, child, _pty: pty.master }
    }

    pub fn press(&mut self, key: &str) {
        self.input.write_all(key.as_bytes()).unwrap();
        self.input.flush().unwrap();
    }

    /// Takes what comes; answers questions as a terminal does.
    fn take(&mut self, patience: Duration) -> Option<Vec<u8>> {
        let bytes = self.bytes.recv_timeout(patience).ok()?;
        self.screen.process(&bytes);
        if bytes.windows(4).any(|w| w == b"\x1b[5n") {
            self.press("\x1b[0n");
        }
        Some(bytes)
    }

    /// Time from the start until this text is on the screen.
    pub fn until(&mut self, text: &str) -> Duration {
        let began = self.began;
        self.until_any(&[text], began)
    }

    /// Time from `since` until one of these texts is on the screen and nothing is being loaded.
    pub fn until_any(&mut self, texts: &[&str], since: Instant) -> Duration {
        loop {
            let shown = self.screen.screen().contents();
            if texts.iter().any(|text| shown.contains(text)) && !shown.contains("loading") {
                return since.elapsed();
            }
            self.take(Duration::from_secs(60)).unwrap_or_else(|| panic!("{texts:?} never came:\n{shown}"));
        }
    }

    /// Reads until nothing was written for a second; returns the bytes.
    pub fn settle(&mut self) -> usize {
        let mut total = 0;
        while let Some(bytes) = self.take(Duration::from_secs(1)) {
            total += bytes.len();
        }
        total
    }

    /// Reads to the end of one frame; returns its bytes, or nothing if none comes.
    pub fn frame(&mut self, patience: Duration) -> Option<usize> {
        let mut seen = Vec::new();
        while !seen.ends_with(FRAME_END) {
            seen.extend(self.take(patience)?);
        }
        Some(seen.len())
    }

    /// Bytes and frames that come within a time.
    pub fn bytes_within(&mut self, time: Duration) -> (usize, usize) {
        let until = Instant::now() + time;
        let (mut total, mut frames) = (0, 0);
        while let Some(bytes) = self.take(until.saturating_duration_since(Instant::now())) {
            total += bytes.len();
            frames += bytes.windows(FRAME_END.len()).filter(|w| *w == FRAME_END).count();
        }
        (total, frames)
    }
}

impl Drop for Console {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
