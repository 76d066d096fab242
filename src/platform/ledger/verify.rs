//! Verification from the files alone, line by line, without a platform and without trusting one.

use super::line::{self, GENESIS, LINE_MAX};
use super::seal::{self, Seal};
use super::{Error, LOG, SEAL_EVERY, SEALS};
use crate::api::LedgerCheck;
use crate::text::hex;
use ed25519_dalek::VerifyingKey;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

/// Verifies a ledger with the public key that lies beside it.
///
/// # Errors
/// The log cannot be read. What does not hold is told in the answer.
pub fn verify(dir: &Path) -> Result<LedgerCheck, Error> {
    check(dir, None, None)
}

/// Verifies a ledger with a public key (hex) kept elsewhere: also notices a ledger signed anew with another key.
///
/// # Errors
/// The log or the key cannot be read.
pub fn verify_with(dir: &Path, key: &str) -> Result<LedgerCheck, Error> {
    check(dir, Some(seal::parse_public(key).map_err(Error::Key)?), None)
}

/// Verifies; `end` leaves out what a writer that is at work has added since.
pub(super) fn check(dir: &Path, key: Option<VerifyingKey>, end: Option<u64>) -> Result<LedgerCheck, Error> {
    let path = dir.join(LOG);
    let log = File::open(&path).map_err(|e| Error::io(&path, &e))?;
    // Checkpoints are read first: while a writer is at work they may only be behind the log, never ahead.
    let seals = key.map_or_else(|| seal::public(dir), Ok).and_then(|key| Seals::read(dir, &key, end.is_some()));
    let mut walk = Walk::new();
    let mut fault = walk.run(BufReader::new(log).take(end.unwrap_or(u64::MAX)), &path, |_, _| {})?;
    let mut signed = 0;
    match seals {
        Err(why) => fault = fault.or(Some(why)),
        Ok(seals) => {
            signed = seals.sizes.last_key_value().map_or(0, |(size, _)| *size).min(walk.entries);
            fault = fault.or_else(|| seals.compare(&walk, end.is_some()));
        }
    }
    Ok(LedgerCheck { intact: fault.is_none(), entries: walk.entries, head: walk.head, signed, fault })
}

/// A walk along the chain.
#[derive(Debug)]
pub(super) struct Walk {
    /// Entries that hold.
    pub entries: u64,
    /// Hash of the last of them.
    pub head: String,
    /// Bytes up to the end of the last of them.
    pub end: u64,
    /// Hashes by number, at the places where a checkpoint may be asked for.
    heads: Vec<[u8; 32]>,
}

impl Walk {
    pub(super) const fn new() -> Self {
        Self { entries: 0, head: String::new(), end: 0, heads: Vec::new() }
    }

    /// Follows the chain to its end or to the first entry that does not hold, which is returned.
    pub(super) fn run(
        &mut self,
        mut log: impl BufRead,
        path: &Path,
        mut see: impl FnMut(u64, &crate::api::LedgerEntry),
    ) -> Result<Option<String>, Error> {
        GENESIS.clone_into(&mut self.head);
        let mut line = Vec::new();
        loop {
            line.clear();
            let read =
                (&mut log).take(LINE_MAX as u64).read_until(b'\n', &mut line).map_err(|e| Error::io(path, &e))?;
            if read == 0 {
                return Ok(None);
            }
            let seq = self.entries + 1;
            let fault = |why: &str| Ok(Some(format!("entry {seq} (byte {}) {why}", self.end)));
            if line.pop() != Some(b'\n') {
                return fault("is cut off in the middle");
            }
            let entry = match line::read(&line) {
                Ok(entry) => entry,
                Err(why) => return fault(why),
            };
            if entry.seq != seq {
                return fault(&format!("calls itself {}: something was removed, added or moved", entry.seq));
            }
            if entry.prev != self.head {
                return fault("does not follow the one before it");
            }
            see(self.end, &entry);
            self.heads.push(hex::decode(&entry.hash).unwrap_or_default());
            self.entries = seq;
            self.end += read as u64;
            self.head = entry.hash;
        }
    }

    /// The hash of entry `size`; of nothing for 0.
    fn head_at(&self, size: u64) -> Option<String> {
        match size.checked_sub(1) {
            None => Some(GENESIS.to_owned()),
            Some(i) => self.heads.get(usize::try_from(i).ok()?).map(hex::encode),
        }
    }
}

/// The checkpoints of a ledger, each one checked by itself.
#[derive(Debug, Default)]
pub(super) struct Seals {
    /// Size to (number, head).
    pub sizes: BTreeMap<u64, (u64, String)>,
    pub last: u64,
    /// What the next one calls `prev`.
    pub digest: String,
    /// Bytes that hold.
    pub end: u64,
}

impl Seals {
    /// Reads `checkpoints.jsonl`; an unfinished last line is left out if `torn_ok`, else a fault.
    pub(super) fn read(dir: &Path, key: &VerifyingKey, torn_ok: bool) -> Result<Self, String> {
        let bytes = std::fs::read(dir.join(SEALS)).map_err(|e| format!("{SEALS}: {e}"))?;
        let mut seals = Self { digest: GENESIS.to_owned(), ..Self::default() };
        let mut size = 0;
        for line in bytes.split_inclusive(|b| *b == b'\n') {
            let number = seals.last + 1;
            let Some(text) = line.strip_suffix(b"\n") else {
                if torn_ok {
                    break;
                }
                return Err(format!("checkpoint {number} is cut off in the middle"));
            };
            let seal = Seal::read(text, key).map_err(|why| format!("checkpoint {number} {why}"))?;
            if seal.number != number || seal.prev != seals.digest || seal.size < size {
                return Err(format!("checkpoint {number} does not follow the one before it: one was removed or moved"));
            }
            size = seal.size;
            seals.sizes.insert(seal.size, (number, seal.head));
            seals.last = number;
            seals.digest = seal::digest(text);
            seals.end += line.len() as u64;
        }
        Ok(seals)
    }

    /// What does not fit between checkpoints and chain.
    fn compare(&self, walk: &Walk, live: bool) -> Option<String> {
        if self.sizes.is_empty() {
            return Some("there is no signed checkpoint".into());
        }
        for (size, (number, head)) in &self.sizes {
            match walk.head_at(*size) {
                // A checkpoint of what a writer added after this verification began.
                None if live => {}
                None => {
                    return Some(format!(
                        "entry {} is missing: checkpoint {number} is signed for {size} entries, the end was cut off",
                        walk.entries + 1
                    ));
                }
                Some(found) if found != *head => {
                    return Some(format!("entry {size} is not the one that checkpoint {number} was signed for"));
                }
                Some(_) => {}
            }
        }
        let mut due = (1..).map(|k| k * SEAL_EVERY).take_while(|size| *size < walk.entries);
        due.find(|size| !self.sizes.contains_key(size))
            .map(|size| format!("the checkpoint due at entry {size} is missing"))
    }
}
