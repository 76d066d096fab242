//! The system's journal, followed through a `journalctl --follow` child.
//!
//! Only what goes to the facilities auth and authpriv is asked for: what an auth log would hold. The child's cursor is
//! the resume point; a child that ends is started again after a pause that grows.

use super::lines::Lines;
use super::{CHUNK, Gone};
use crate::api::SourceState;
use crate::platform::ingest::{Batch, Intake, Layout, Resume, Watch, journal};
use std::io::Read;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::SyncSender;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

const PAUSE: Duration = Duration::from_secs(1);
const PAUSE_MAX: Duration = Duration::from_secs(60);

/// What to follow, and how.
pub struct Journal {
    /// The watch.
    pub watch: Watch,
    /// `journalctl`.
    pub program: PathBuf,
    /// Where to go on.
    pub cursor: Option<String>,
    /// Without a cursor: everything there is, or only what comes.
    pub from_start: bool,
}

/// A journal being followed.
pub struct Following {
    child: Arc<Mutex<Option<Child>>>,
    thread: JoinHandle<()>,
}

impl Following {
    /// Ends the child and waits for its reader; `stop` must be set, or the receiver gone.
    pub fn end(self) {
        if let Some(child) = self.child.lock().unwrap_or_else(PoisonError::into_inner).as_mut() {
            let _already_ended = child.kill();
        }
        self.thread.thread().unpark();
        let _panicked = self.thread.join();
    }
}

impl Journal {
    /// Begins.
    pub fn start(self, out: SyncSender<Intake>, stop: Arc<AtomicBool>) -> Following {
        let child = Arc::new(Mutex::new(None));
        let slot = child.clone();
        Following { child, thread: std::thread::spawn(move || self.run(&slot, &out, &stop)) }
    }

    fn run(mut self, slot: &Mutex<Option<Child>>, out: &SyncSender<Intake>, stop: &AtomicBool) {
        let mut pause = PAUSE;
        loop {
            let started = {
                // Under the lock: a child is never begun after `end` looked for one.
                let mut slot = slot.lock().unwrap_or_else(PoisonError::into_inner);
                if stop.load(Ordering::Acquire) {
                    return;
                }
                self.spawn().map(|mut child| {
                    let pipes = (child.stdout.take(), child.stderr.take());
                    *slot = Some(child);
                    pipes
                })
            };
            let ended = match started {
                Ok((Some(stdout), stderr)) => self.read(stdout, out).map(|read| {
                    if read {
                        pause = PAUSE;
                    }
                    let mut said = String::new();
                    let _unreadable = stderr.map(|e| e.take(4096).read_to_string(&mut said));
                    said.lines().last().unwrap_or("it ended").to_owned()
                }),
                Ok(_) => Ok("it has no output".to_owned()),
                Err(error) => Ok(error.to_string()),
            };
            if let Some(mut child) = slot.lock().unwrap_or_else(PoisonError::into_inner).take() {
                let _already_ended = child.kill();
                let _reaped = child.wait();
            }
            let Ok(why) = ended else { return };
            if stop.load(Ordering::Acquire) {
                return;
            }
            let why = format!("journalctl stopped: {why}; it is started again in {} s", pause.as_secs());
            if out.send(Intake::State(self.watch.source(SourceState::Unreadable, why))).is_err() {
                return;
            }
            std::thread::park_timeout(pause);
            pause = (pause * 2).min(PAUSE_MAX);
        }
    }

    fn spawn(&self) -> std::io::Result<Child> {
        let mut command = Command::new(&self.program);
        command.args(["--follow", "--output=json", "--all", "--no-pager", "SYSLOG_FACILITY=4", "SYSLOG_FACILITY=10"]);
        match &self.cursor {
            Some(cursor) => command.arg(format!("--after-cursor={cursor}")).arg("--no-tail"),
            None if self.from_start => command.arg("--no-tail"),
            None => command.arg("--lines=0"),
        };
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()
    }

    /// Hands over what the child prints until it ends; true when there was something.
    fn read(&mut self, mut stdout: impl Read, out: &SyncSender<Intake>) -> Result<bool, Gone> {
        let why = "followed with journalctl (facilities auth and authpriv)";
        out.send(Intake::State(self.watch.source(SourceState::Reading, why))).map_err(|_| Gone)?;
        let mut lines = Lines::default();
        let mut buffer = vec![0u8; CHUNK];
        let mut read = false;
        loop {
            let n = match stdout.read(&mut buffer) {
                Ok(0) => return Ok(read),
                Ok(n) => n,
                Err(e) if e.kind() == std::io::ErrorKind::Interrupted => continue,
                Err(_) => return Ok(read),
            };
            let text = lines.push(&buffer[..n]);
            if text.is_empty() {
                continue;
            }
            read = true;
            let last = text[..text.len() - 1].rsplit(|b| *b == b'\n').next().unwrap_or(&[]);
            if let Some(cursor) = std::str::from_utf8(last).ok().and_then(journal::cursor) {
                self.cursor = Some(cursor.to_owned());
            }
            let resume = self.cursor.clone().map(|cursor| Resume { cursor: Some(cursor), ..Resume::default() });
            let source = self.watch.name.as_str().into();
            out.send(Intake::Batch(Batch {
                source,
                format: self.watch.format,
                text,
                layout: Layout::default(),
                resume,
                drill: false,
            }))
            .map_err(|_| Gone)?;
        }
    }
}
