//! One entry as one canonical line: fixed field order, no spaces, printable ASCII only. Equal entries are equal bytes, so
//! a changed byte is a changed entry, and twenty lines of any language can check the chain.

use super::Draft;
use crate::api::{LedgerEntry, Timestamp};
use crate::text::hex;
use sha2::{Digest, Sha256};
use std::fmt::Write;

/// Longest line that is read; longer ones are damage.
pub(super) const LINE_MAX: usize = 1 << 20;
/// Longest text of one field that is kept, in bytes.
const TEXT_MAX: usize = 32 * 1024;
/// The last instant that is written with four digits of year: what is written must read back.
const TIME_MAX: i64 = 253_402_300_799_999;
/// `prev` of the first entry.
pub(super) const GENESIS: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// A JSON string of printable ASCII.
pub(super) fn ascii(out: &mut String, text: &str) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            ' '..='~' => out.push(c),
            c => {
                let mut units = [0; 2];
                for unit in c.encode_utf16(&mut units) {
                    let _ = write!(out, "\\u{unit:04x}");
                }
            }
        }
    }
    out.push('"');
}

/// The line without its hash field.
fn body(e: &LedgerEntry) -> String {
    let mut out = format!("{{\"seq\":{},\"time\":\"{}\"", e.seq, e.time);
    for (name, text) in [
        ("kind", e.kind.as_str()),
        ("actor", e.actor.raw()),
        ("action", e.action.as_str()),
        ("target", e.target.raw()),
        ("detail", e.detail.raw()),
        ("prev", e.prev.as_str()),
    ] {
        let _ = write!(out, ",\"{name}\":");
        ascii(&mut out, text);
    }
    out.push('}');
    out
}

/// `SHA-256(0x00 || body)`; the zero byte sets entries apart from everything else that is hashed (RFC 6962).
fn hash(body: &str) -> String {
    hex::encode(Sha256::new().chain_update([0]).chain_update(body).finalize())
}

/// The line with its hash, without a line end.
fn with_hash(mut body: String, hash: &str) -> String {
    body.pop();
    let _ = write!(body, ",\"hash\":\"{hash}\"}}");
    body
}

/// The next entry and its line.
pub(super) fn make(seq: u64, prev: &str, draft: &Draft) -> (LedgerEntry, String) {
    let mut entry = LedgerEntry {
        seq,
        time: Timestamp(draft.now.0.clamp(0, TIME_MAX)),
        kind: draft.kind.clone(),
        actor: cut(draft.actor.raw()).into(),
        action: cut(&draft.action).to_owned(),
        target: cut(draft.target.raw()).into(),
        detail: cut(draft.detail.raw()).into(),
        prev: prev.to_owned(),
        hash: String::new(),
    };
    let body = body(&entry);
    entry.hash = hash(&body);
    let line = with_hash(body, &entry.hash);
    (entry, line)
}

/// Reads a line and checks that it is canonical and that its hash is right.
pub(super) fn read(line: &[u8]) -> Result<LedgerEntry, &'static str> {
    let entry: LedgerEntry = serde_json::from_slice(line).map_err(|_| "is not an entry")?;
    let body = body(&entry);
    let hash = hash(&body);
    if hash != entry.hash {
        return Err("was changed: its hash does not fit");
    }
    if with_hash(body, &hash).as_bytes() != line {
        return Err("was changed: it is not in canonical form");
    }
    Ok(entry)
}

/// The beginning of a text that is too long.
fn cut(text: &str) -> &str {
    let end = (0..=TEXT_MAX.min(text.len())).rev().find(|i| text.is_char_boundary(*i)).unwrap_or(0);
    &text[..end]
}
