//! The one thread that writes: many callers share one sync. After any failed write or sync it never writes again,
//! because nobody can know what the disk holds; the next start finds out.

use super::line::{self, GENESIS};
use super::seal::{self, Seal};
use super::verify::Seals;
use super::{Draft, Error, SEAL_EVERY, Shared};
use crate::api::{LedgerEntry, Timestamp};
use ed25519_dalek::SigningKey;
use std::fs::File;
use std::io::{self, Write};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender};
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

/// Callers that share one sync at most.
const GROUP_MAX: usize = 256;
/// How long an entry may stay unsigned.
const SEAL_AFTER: Duration = Duration::from_secs(60);

/// What callers ask of the writer.
#[derive(Debug)]
pub(super) enum Order {
    Append(Draft, SyncSender<Result<LedgerEntry, Error>>),
    Seal(SyncSender<Result<(), Error>>),
}

/// Where lines go. A seam: tests put a failing disk here.
pub(super) trait Sink: Send + std::fmt::Debug {
    /// Appends and reaches the disk.
    fn append(&mut self, bytes: &[u8]) -> io::Result<()>;
}

impl Sink for File {
    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.write_all(bytes)?;
        self.sync_data()
    }
}

#[derive(Debug)]
pub(super) struct Writer {
    log: Box<dyn Sink>,
    seals: Box<dyn Sink>,
    key: SigningKey,
    shared: Arc<Shared>,
    /// Number and digest of the last checkpoint, and the entries it covers.
    number: u64,
    digest: String,
    signed: u64,
    /// When the first entry came that is not signed yet, and the time of the last one.
    unsigned: Option<Instant>,
    last: Timestamp,
}

impl Writer {
    pub(super) fn new(log: File, seals: (File, Seals), key: SigningKey, shared: Arc<Shared>) -> Self {
        let (file, known) = seals;
        Self::on(Box::new(log), Box::new(file), &known, key, shared)
    }

    pub(super) fn on(
        log: Box<dyn Sink>,
        seals: Box<dyn Sink>,
        known: &Seals,
        key: SigningKey,
        shared: Arc<Shared>,
    ) -> Self {
        let signed = known.sizes.last_key_value().map_or(0, |(size, _)| *size);
        let digest = known.digest.clone();
        Self { log, seals, key, shared, number: known.last, digest, signed, unsigned: None, last: Timestamp(0) }
    }

    /// Works until all callers are gone, then signs the rest.
    pub(super) fn run(mut self, orders: &Receiver<Order>) {
        loop {
            let wait = self.unsigned.map_or(SEAL_AFTER, |since| SEAL_AFTER.saturating_sub(since.elapsed()));
            let first = match orders.recv_timeout(wait) {
                Ok(order) => Some(order),
                Err(RecvTimeoutError::Timeout) => None,
                Err(RecvTimeoutError::Disconnected) => break,
            };
            let Some(first) = first else {
                self.seal_or_close();
                continue;
            };
            let mut group = vec![first];
            group.extend(orders.try_iter().take(GROUP_MAX - 1));
            self.serve(group);
            if self.unsigned.is_some_and(|since| since.elapsed() >= SEAL_AFTER) {
                self.seal_or_close();
            }
        }
        self.seal_or_close();
    }

    fn serve(&mut self, group: Vec<Order>) {
        let mut waiting = Vec::new();
        for order in group {
            match order {
                Order::Append(draft, reply) => {
                    waiting.push((draft, reply));
                    // No entry may follow a multiple of SEAL_EVERY before its checkpoint.
                    if (self.shared.read(|d| d.starts.len()) + waiting.len()).is_multiple_of(SEAL_EVERY as usize) {
                        self.append(std::mem::take(&mut waiting));
                        self.seal_or_close();
                    }
                }
                Order::Seal(reply) => {
                    self.append(std::mem::take(&mut waiting));
                    let _ = reply.send(self.seal());
                }
            }
        }
        self.append(waiting);
    }

    /// Writes entries, reaches the disk, then answers.
    fn append(&mut self, waiting: Vec<(Draft, SyncSender<Result<LedgerEntry, Error>>)>) {
        if waiting.is_empty() {
            return;
        }
        let written = self.write(waiting.iter().map(|(draft, _)| draft));
        match written {
            Ok(entries) => {
                for ((_, reply), entry) in waiting.into_iter().zip(entries) {
                    // A caller that has gone away does not need its answer.
                    let _ = reply.send(Ok(entry));
                }
            }
            Err(e) => waiting.into_iter().for_each(|(_, reply)| {
                let _ = reply.send(Err(e.clone()));
            }),
        }
    }

    fn write<'a>(&mut self, drafts: impl Iterator<Item = &'a Draft>) -> Result<Vec<LedgerEntry>, Error> {
        self.may_write()?;
        let (mut seq, mut end, mut head) = self.shared.read(|d| (d.starts.len() as u64, d.end, d.head.clone()));
        let (mut entries, mut starts, mut bytes) = (Vec::new(), Vec::new(), Vec::new());
        for draft in drafts {
            seq += 1;
            let (entry, line) = line::make(seq, &head, draft);
            starts.push(end);
            end += line.len() as u64 + 1;
            bytes.extend_from_slice(line.as_bytes());
            bytes.push(b'\n');
            head.clone_from(&entry.hash);
            self.last = entry.time;
            entries.push(entry);
        }
        self.log.append(&bytes).map_err(|e| self.fail(&e))?;
        let mut durable = self.shared.durable.write().unwrap_or_else(PoisonError::into_inner);
        durable.starts.extend(starts);
        (durable.end, durable.head) = (end, head);
        self.unsigned.get_or_insert_with(Instant::now);
        Ok(entries)
    }

    fn may_write(&self) -> Result<(), Error> {
        if self.shared.closed.load(std::sync::atomic::Ordering::Acquire) { Err(self.shared.closed()) } else { Ok(()) }
    }

    fn fail(&self, e: &io::Error) -> Error {
        tracing::error!(error = %e, "the ledger could not be written and is closed");
        self.shared.close(&format!("it could not be written ({e}); free the disk or repair it, then start again"));
        self.shared.closed()
    }

    /// Signs; a failure closes the ledger, which tells whoever asks next.
    fn seal_or_close(&mut self) {
        let _ = self.seal();
    }

    fn seal(&mut self) -> Result<(), Error> {
        self.may_write()?;
        let (size, head) = self.shared.read(|d| (d.starts.len() as u64, d.head.clone()));
        if size == self.signed {
            return Ok(());
        }
        let head = if head.is_empty() { GENESIS.to_owned() } else { head };
        let (number, prev) = (self.number + 1, self.digest.clone());
        let seal = Seal::sign(&self.key, Seal { number, size, head, time: self.last, prev, signature: String::new() });
        let line = seal.line();
        self.seals.append(format!("{line}\n").as_bytes()).map_err(|e| self.fail(&e))?;
        self.number = seal.number;
        self.digest = seal::digest(line.as_bytes());
        self.signed = size;
        self.unsigned = None;
        Ok(())
    }
}
