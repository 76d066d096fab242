//! Checkpoints: signed statements that the ledger had so many entries and that the last one's hash was this.
//!
//! They are numbered and chained themselves, so that one cannot be left out, and there must be one at every
//! [`super::SEAL_EVERY`]th entry before the next entry is written.

use super::line::ascii;
use super::{Error, KEY, PUB};
use crate::api::Timestamp;
use crate::text::hex;
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// One line of `checkpoints.jsonl`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Seal {
    /// Dense, from 1.
    pub number: u64,
    /// Entries covered.
    pub size: u64,
    /// Hash of the last of them.
    pub head: String,
    /// Wall time, for reading only.
    pub time: Timestamp,
    /// SHA-256 of the line before; zeros for the first.
    pub prev: String,
    /// Ed25519 over [`Seal::message`], hex.
    pub signature: String,
}

impl Seal {
    /// What is signed.
    fn message(&self) -> String {
        format!(
            "watchfloor ledger checkpoint v1\n{}\n{}\n{}\n{}\n{}\n",
            self.number, self.size, self.head, self.time, self.prev
        )
    }

    /// Makes the next checkpoint.
    pub(super) fn sign(key: &SigningKey, mut self_: Self) -> Self {
        self_.signature = hex::encode(key.sign(self_.message().as_bytes()).to_bytes());
        self_
    }

    /// The canonical line, without a line end.
    pub(super) fn line(&self) -> String {
        let mut out = format!("{{\"number\":{},\"size\":{},\"head\":", self.number, self.size);
        ascii(&mut out, &self.head);
        out.push_str(&format!(",\"time\":\"{}\",\"prev\":", self.time));
        ascii(&mut out, &self.prev);
        out.push_str(",\"signature\":");
        ascii(&mut out, &self.signature);
        out.push('}');
        out
    }

    /// Reads a line and checks its form and its signature.
    pub(super) fn read(line: &[u8], key: &VerifyingKey) -> Result<Self, &'static str> {
        let seal: Self = serde_json::from_slice(line).map_err(|_| "is not a checkpoint")?;
        if seal.line().as_bytes() != line {
            return Err("was changed: it is not in canonical form");
        }
        let signature = hex::decode::<64>(&seal.signature).ok_or("has no signature")?;
        // No later checkpoint covers the last one's text, so its digits must have one spelling only.
        if hex::encode(signature) != seal.signature {
            return Err("was changed: its signature is not in lower case");
        }
        key.verify_strict(seal.message().as_bytes(), &Signature::from_bytes(&signature))
            .map_err(|_| "is not signed by this ledger's key")?;
        Ok(seal)
    }
}

/// What the next checkpoint calls `prev`.
pub(super) fn digest(line: &[u8]) -> String {
    hex::encode(Sha256::digest(line))
}

/// Reads the key, or makes one if `fresh`.
pub(super) fn key(dir: &Path, fresh: bool) -> Result<SigningKey, Error> {
    let path = dir.join(KEY);
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound && fresh => return make_key(dir),
        Err(e) => {
            return Err(Error::Key(format!(
                "{}: {e}. Bring it back from a backup, or move the whole ledger aside to begin a new one",
                path.display()
            )));
        }
    };
    let secret =
        hex::decode::<32>(text.trim()).ok_or_else(|| Error::Key(format!("{} holds no key", path.display())))?;
    let key = SigningKey::from_bytes(&secret);
    // The public half can always be made again from the secret one.
    if !dir.join(PUB).exists() {
        write_new(&dir.join(PUB), &hex::encode(key.verifying_key().as_bytes()), 0o644)?;
    }
    Ok(key)
}

fn make_key(dir: &Path) -> Result<SigningKey, Error> {
    let mut secret = [0; 32];
    getrandom::fill(&mut secret).map_err(|e| Error::Key(format!("the system gives no random bytes: {e}")))?;
    let key = SigningKey::from_bytes(&secret);
    write_new(&dir.join(KEY), &hex::encode(secret), 0o600)?;
    write_new(&dir.join(PUB), &hex::encode(key.verifying_key().as_bytes()), 0o644)?;
    Ok(key)
}

fn write_new(path: &Path, text: &str, mode: u32) -> Result<(), Error> {
    let made = std::fs::OpenOptions::new().write(true).create_new(true).mode(mode).open(path);
    let written = made.and_then(|mut file| {
        file.write_all(format!("{text}\n").as_bytes())?;
        file.sync_all()
    });
    written.map_err(|e| Error::io(path, &e))
}

/// The public key of a ledger.
pub(super) fn public(dir: &Path) -> Result<VerifyingKey, String> {
    let text = std::fs::read_to_string(dir.join(PUB)).map_err(|e| format!("{PUB}: {e}"))?;
    parse_public(&text)
}

/// A public key in hex.
pub(super) fn parse_public(text: &str) -> Result<VerifyingKey, String> {
    hex::decode::<32>(text.trim())
        .and_then(|bytes| VerifyingKey::from_bytes(&bytes).ok())
        .ok_or_else(|| format!("{PUB} holds no public key"))
}
