//! Content types: kinds that are none, types after types, character sets that hide ASCII from whoever looks for it.

use super::{RequestSettings, Tell, is_one_of, said};
use crate::api::Severity;

/// Character sets in which ASCII is ASCII.
const CHARSETS: [&str; 12] = [
    "utf-8",
    "utf8",
    "iso-8859-1",
    "iso-8859-15",
    "us-ascii",
    "ascii",
    "windows-1252",
    "windows-1251",
    "latin1",
    "latin-1",
    "windows-1250",
    "iso-8859-2",
];
/// Top-level types (RFC 6838 and the registry).
const TOP: [&str; 11] =
    ["application", "audio", "font", "haptics", "image", "message", "model", "multipart", "text", "video", "chemical"];
/// Kinds of multipart that are registered or in use.
const MULTIPART: [&str; 10] = [
    "form-data",
    "mixed",
    "related",
    "alternative",
    "byteranges",
    "digest",
    "encrypted",
    "parallel",
    "report",
    "signed",
];

pub(super) fn look(value: &str, accepted: &RequestSettings, tell: Tell<'_>) {
    let lower = value.to_ascii_lowercase();
    let mut note = |sign, confidence| {
        tell(said(sign, Severity::Medium, confidence), "header", "content-type", value.as_bytes());
    };
    if hides(&lower) || lower.matches("charset").count() > 1 {
        note("character set that hides text", 0.7);
    }
    let types = ["application/", "text/", "multipart/", "image/"];
    if types.iter().map(|t| lower.matches(t).count()).sum::<usize>() > 1 && !lower.starts_with("multipart/related") {
        note("two content types", 0.7);
    }
    let kind = lower.split(';').next().unwrap_or_default().trim();
    let is_token = |t: &str| !t.is_empty() && t.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$&^_.+-".contains(&b));
    let boundaries = lower.matches("boundary=").count();
    match kind.split_once('/') {
        Some((top, sub)) if is_one_of(top, &TOP) && is_token(sub) => {
            if top == "multipart" && !MULTIPART.contains(&sub) && !sub.starts_with("x-") && !sub.starts_with("vnd.") {
                note("kind of multipart that nobody knows", 0.45);
            } else if top == "multipart" && boundaries == 0 {
                note("multipart without a boundary", 0.45);
            } else if top != "multipart" && boundaries > 0 {
                note("boundary of what has no parts", 0.45);
            } else if boundaries > 1 {
                note("two boundaries", 0.6);
            }
        }
        _ => note("content type that is none", 0.45),
    }
    if !accepted.takes_type(kind) {
        note("content type that is not in use", 0.5);
    }
    if kind == "application/x-java-serialized-object" {
        note("object of Java for a body", 0.6);
    }
    if !lower.split(';').skip(1).all(is_parameter) {
        note("content type with something behind it", 0.4);
    }
}

/// `charset=utf-8`, `boundary="a b"`; an empty one is a semicolon too many.
fn is_parameter(text: &str) -> bool {
    let text = text.trim();
    // A boundary is judged by what reads the parts.
    let Some((name, value)) = text.split_once('=') else { return text.is_empty() };
    if name.trim_end() == "boundary" {
        return true;
    }
    let is_token = |t: &str| t.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$&'*+.^_`|~-:/?=%@ ".contains(&b));
    let inner = value.trim().strip_prefix('"').and_then(|v| v.strip_suffix('"'));
    !name.is_empty() && is_token(name) && (inner.is_some_and(|v| !v.contains('"')) || is_token(value))
}

/// Whether a value names a character set that is not among the usual ones.
pub(super) fn hides(value: &str) -> bool {
    let lower = value.to_ascii_lowercase();
    let sets = lower.split("charset").skip(1).filter_map(|rest| rest.trim_start().strip_prefix('='));
    sets.map(|set| set.trim_start().trim_start_matches(['"', '\''])).any(|set| {
        let name = set.split(|c: char| !(c.is_ascii_alphanumeric() || "-_".contains(c))).next().unwrap_or_default();
        !CHARSETS.contains(&name)
    })
}
