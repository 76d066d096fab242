//! Opening: lock, verify, and cut off what a crash left half written, keeping its bytes.

use super::line;
use super::verify::{Seals, Walk};
use super::{Durable, Error, LOG, SEALS, seal};
use crate::text::hex;
use ed25519_dalek::SigningKey;
use sha2::{Digest, Sha256};
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{BufReader, Read, Seek, SeekFrom, Write};
use std::path::Path;

/// An opened ledger, ready to be written to.
#[derive(Debug)]
pub(super) struct Opened {
    pub log: File,
    pub seals: (File, Seals),
    pub key: SigningKey,
    pub durable: Durable,
    /// What to note about a tail that was cut off.
    pub recovered: Option<String>,
}

fn append_to(path: &Path) -> Result<File, Error> {
    OpenOptions::new().read(true).append(true).create(true).open(path).map_err(|e| Error::io(path, &e))
}

pub(super) fn open(dir: &Path) -> Result<Opened, Error> {
    let (log_path, seal_path) = (dir.join(LOG), dir.join(SEALS));
    let mut log = append_to(&log_path)?;
    match log.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Err(Error::InUse),
        Err(TryLockError::Error(e)) => return Err(Error::io(&log_path, &e)),
    }
    let length = log.metadata().map_err(|e| Error::io(&log_path, &e))?.len();
    let key = seal::key(dir, length == 0)?;
    let mut starts = Vec::new();
    let mut walk = Walk::new();
    let mut only_starts = true;
    let fault = walk.run(BufReader::new(&log), &log_path, |start, entry| {
        starts.push(start);
        only_starts &= matches!(entry.action.as_str(), "start" | "recovered");
    })?;
    let mut seal_file = append_to(&seal_path)?;
    let seals = Seals::read(dir, &key.verifying_key(), true).map_err(Error::Damaged)?;
    let signed = seals.sizes.last_key_value().map_or(0, |(size, _)| *size);
    let mut recovered = None;
    if let Some(fault) = fault {
        let tail = tail(&mut log, walk.end, &log_path)?;
        // Whole entries behind the fault mean that somebody was at work here, not a crash; so does a cut below what was signed.
        if walk.entries < signed || tail.split(|b| *b == b'\n').any(|l| line::read(l).is_ok()) {
            return Err(Error::Damaged(fault));
        }
        recovered = Some(cut_off(dir, &log, walk.end, &tail, walk.entries)?);
    }
    let check = super::verify::check(dir, Some(key.verifying_key()), Some(walk.end))?;
    // A start that a crash cut short has no checkpoint yet; nothing but starts can come before the first one.
    let first = seals.sizes.is_empty() && only_starts;
    if let Some(fault) = check.fault.filter(|_| !first) {
        return Err(Error::Damaged(fault));
    }
    if signed > walk.entries {
        return Err(Error::Damaged(format!("{signed} entries were signed, only {} are there", walk.entries)));
    }
    // A checkpoint that a crash cut off was never relied on: it is written again.
    seal_file
        .set_len(seals.end)
        .and_then(|()| seal_file.seek(SeekFrom::End(0)).map(|_| ()))
        .and_then(|()| File::open(dir)?.sync_all())
        .map_err(|e| Error::io(&seal_path, &e))?;
    let durable = Durable { starts, end: walk.end, head: walk.head };
    Ok(Opened { log, seals: (seal_file, seals), key, durable, recovered })
}

fn tail(log: &mut File, from: u64, path: &Path) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    log.seek(SeekFrom::Start(from)).and_then(|_| log.read_to_end(&mut bytes)).map_err(|e| Error::io(path, &e))?;
    Ok(bytes)
}

/// Keeps the tail beside the log, then cuts it off, and says so.
fn cut_off(dir: &Path, log: &File, end: u64, tail: &[u8], entries: u64) -> Result<String, Error> {
    let hash = hex::encode(Sha256::digest(tail));
    let path = dir.join(format!("torn-{}-{}.bin", entries + 1, &hash[..16]));
    let kept = match OpenOptions::new().write(true).create_new(true).open(&path) {
        // A crash between keeping and cutting: it is kept already, under a name that says what it is.
        Err(e) if e.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        Err(e) => Err(e),
        Ok(mut file) => file.write_all(tail).and_then(|()| file.sync_all()),
    };
    kept.map_err(|e| Error::io(&path, &e))?;
    log.set_len(end).and_then(|()| log.sync_all()).map_err(|e| Error::io(&dir.join(LOG), &e))?;
    Ok(format!("cut off {} bytes after entry {entries}, SHA-256 {hash}, kept beside the log", tail.len()))
}
