//! The ledger: an append-only, hash-chained, signed record of every change anyone or anything made.
//!
//! `ledger.jsonl` holds one canonical ASCII line an entry (`line.rs`), `checkpoints.jsonl` signed statements of size and
//! head (`seal.rs`), `ledger.key` and `ledger.pub` the Ed25519 key. One thread writes, many callers in one sync
//! (`writer.rs`); [`verify`] needs only the directory. It knows nothing of what it records. Whoever can read the key can
//! forge, and whoever can cut both files can hide what came after the checkpoint they leave: keep `head` of a
//! verification elsewhere to notice. Start at [`Ledger::append`].

mod line;
mod page;
mod recover;
mod seal;
#[cfg(test)]
mod tests;
mod verify;
mod writer;

pub use verify::{verify, verify_with};

use crate::api::{LedgerCheck, LedgerEntry, LedgerKind, Timestamp};
use crate::text::Untrusted;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError, RwLock, mpsc};
use std::thread::JoinHandle;

/// Entries between two checkpoints at most.
pub const SEAL_EVERY: u64 = 1_000;

const LOG: &str = "ledger.jsonl";
const SEALS: &str = "checkpoints.jsonl";
const KEY: &str = "ledger.key";
const PUB: &str = "ledger.pub";

/// A failure of the ledger.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// It could not be written once, so it takes nothing more until the platform is started again.
    #[error("the ledger is closed: {0}")]
    Closed(String),
    /// Chain or signatures do not hold. Nothing was changed.
    #[error("the ledger is damaged: {0}")]
    Damaged(String),
    /// Another process has it.
    #[error("the ledger is in use by another process: stop that one first")]
    InUse,
    /// The signing key is missing or unusable.
    #[error("the ledger's key cannot be used: {0}")]
    Key(String),
    /// The question makes no sense.
    #[error("{0}")]
    Usage(String),
    /// The file system said no.
    #[error("{0}")]
    Io(String),
}

impl Error {
    fn io(path: &Path, e: &std::io::Error) -> Self {
        Self::Io(format!("{}: {e}", path.display()))
    }
}

/// What is to be recorded.
#[derive(Debug, Clone)]
struct Draft {
    kind: LedgerKind,
    actor: Untrusted,
    action: String,
    target: Untrusted,
    detail: Untrusted,
    now: Timestamp,
}

/// What is known to be on disk.
#[derive(Debug, Clone, Default)]
struct Durable {
    /// Where each entry's line starts.
    starts: Vec<u64>,
    /// Where the last line ends.
    end: u64,
    /// Hash of the last entry.
    head: String,
}

/// What writer and readers share.
#[derive(Debug, Default)]
struct Shared {
    durable: RwLock<Durable>,
    closed: AtomicBool,
    why: Mutex<String>,
}

impl Shared {
    fn close(&self, why: &str) {
        why.clone_into(&mut self.why.lock().unwrap_or_else(PoisonError::into_inner));
        self.closed.store(true, Ordering::Release);
    }

    fn closed(&self) -> Error {
        Error::Closed(self.why.lock().unwrap_or_else(PoisonError::into_inner).clone())
    }

    fn read<T>(&self, see: impl FnOnce(&Durable) -> T) -> T {
        see(&self.durable.read().unwrap_or_else(PoisonError::into_inner))
    }
}

/// An open ledger. Share it in an `Arc`. Dropping it signs what is not signed yet.
#[derive(Debug)]
pub struct Ledger {
    dir: PathBuf,
    shared: std::sync::Arc<Shared>,
    send: Option<mpsc::Sender<writer::Order>>,
    thread: Option<JoinHandle<()>>,
}

impl Ledger {
    /// Opens the ledger in `dir`, creating key and files the first time, verifies all of it, cuts off what a crash left
    /// half written (its bytes are kept beside the log, and noted), and notes the start.
    ///
    /// # Errors
    /// It is damaged, in use, its key is missing, or the directory cannot be written.
    pub fn open(dir: &Path, now: Timestamp) -> Result<Self, Error> {
        std::fs::create_dir_all(dir).map_err(|e| Error::io(dir, &e))?;
        let opened = recover::open(dir)?;
        let shared = std::sync::Arc::new(Shared { durable: RwLock::new(opened.durable), ..Shared::default() });
        let (send, orders) = mpsc::channel();
        let writer = writer::Writer::new(opened.log, opened.seals, opened.key, shared.clone());
        let thread = std::thread::Builder::new()
            .name("ledger".into())
            .spawn(move || writer.run(&orders))
            .map_err(|e| Error::io(dir, &e))?;
        let ledger = Self { dir: dir.to_owned(), shared, send: Some(send), thread: Some(thread) };
        if let Some(note) = opened.recovered {
            ledger.append(LedgerKind::Note, "platform", "recovered", LOG, &note, now)?;
        }
        ledger.append(LedgerKind::Note, "platform", "start", LOG, "", now)?;
        ledger.checkpoint()?;
        Ok(ledger)
    }

    /// A ledger that takes nothing, because it could not be opened: every entry is refused with `why`. Its files are
    /// left as they are, and [`Ledger::check`] still says what holds of them.
    #[must_use]
    pub fn unopened(dir: &Path, why: &Error) -> Self {
        let shared = std::sync::Arc::<Shared>::default();
        shared.close(&why.to_string());
        Self { dir: dir.to_owned(), shared, send: None, thread: None }
    }

    /// Records something; returns once it has reached the disk.
    ///
    /// # Errors
    /// The ledger is closed, now or since an earlier failure: nothing may be done that has to be recorded.
    pub fn append(
        &self,
        kind: LedgerKind,
        actor: &str,
        action: &str,
        target: &str,
        detail: &str,
        now: Timestamp,
    ) -> Result<LedgerEntry, Error> {
        let action = action.to_owned();
        let draft = Draft { kind, actor: actor.into(), action, target: target.into(), detail: detail.into(), now };
        let (reply, answer) = mpsc::sync_channel(1);
        self.order(writer::Order::Append(draft, reply))?;
        answer.recv().map_err(|_| self.shared.closed())?
    }

    /// Signs everything recorded so far, if something is not signed yet.
    ///
    /// # Errors
    /// The ledger is closed.
    pub fn checkpoint(&self) -> Result<(), Error> {
        let (reply, answer) = mpsc::sync_channel(1);
        self.order(writer::Order::Seal(reply))?;
        answer.recv().map_err(|_| self.shared.closed())?
    }

    fn order(&self, order: writer::Order) -> Result<(), Error> {
        if !self.is_open() {
            return Err(self.shared.closed());
        }
        let send = self.send.as_ref().ok_or_else(|| self.shared.closed())?;
        send.send(order).map_err(|_| self.shared.closed())
    }

    /// Whether it takes entries.
    #[must_use]
    pub fn is_open(&self) -> bool {
        !self.shared.closed.load(Ordering::Acquire)
    }

    /// Why it takes no entries, if it takes none.
    #[must_use]
    pub fn fault(&self) -> Option<Error> {
        (!self.is_open()).then(|| self.shared.closed())
    }

    /// How many entries there are, and the hash of the last.
    #[must_use]
    pub fn head(&self) -> (u64, String) {
        self.shared.read(|d| (d.starts.len() as u64, d.head.clone()))
    }

    /// Verifies everything that had reached the disk when this was called, while it goes on.
    ///
    /// # Errors
    /// A file cannot be read. What does not hold is told in the answer.
    pub fn check(&self) -> Result<LedgerCheck, Error> {
        let end = self.send.is_some().then(|| self.shared.read(|d| d.end));
        verify::check(&self.dir, None, end)
    }
}

impl Drop for Ledger {
    fn drop(&mut self) {
        self.send = None;
        if let Some(thread) = self.thread.take() {
            // A writer that panicked has already told its callers.
            let _ = thread.join();
        }
    }
}
