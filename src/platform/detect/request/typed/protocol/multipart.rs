//! The parts of a form (RFC 7578, 2046): headers that a part does not have, names that are quoted so that two readers
//! read two names, boundaries that are not where they should be.

use super::{Tell, media, said};
use crate::api::Severity;

/// Headers of a part.
const HEADERS: [&[u8]; 6] = [
    b"content-disposition",
    b"content-type",
    b"content-transfer-encoding",
    b"content-id",
    b"content-length",
    b"mime-version",
];
/// Parts looked at.
const PARTS_MAX: usize = 64;
/// Lines of a part's head looked at.
const LINES_MAX: usize = 16;
/// Longest boundary (RFC 2046).
const BOUNDARY_MAX: usize = 70;

pub(super) fn look(content_type: &str, body: &[u8], tell: Tell<'_>) {
    let lower = content_type.to_ascii_lowercase();
    if !lower.trim_start().starts_with("multipart/form-data") {
        return;
    }
    let Some(at) = lower.find("boundary=") else { return };
    let value = &content_type[at + "boundary=".len()..];
    let boundary = match value.strip_prefix('"') {
        Some(quoted) => quoted.split('"').next().unwrap_or_default(),
        None => value.split([';', ',', ' ']).next().unwrap_or_default(),
    };
    let is_part = |b: u8| b.is_ascii_alphanumeric() || b"'()+_,-./:=? ".contains(&b);
    if boundary.is_empty() || boundary.len() > BOUNDARY_MAX || !boundary.bytes().all(is_part) {
        tell(said("boundary that is none", Severity::Low, 0.5), "header", "content-type", content_type.as_bytes());
        return;
    }
    if body.is_empty() {
        return;
    }
    let mark = [b"--", boundary.as_bytes()].concat();
    if !body.trim_ascii_start().starts_with(&mark) {
        tell(said("text before the first part", Severity::Low, 0.4), "body", "", &body[..body.len().min(64)]);
    }
    for start in memchr::memmem::find_iter(body, &mark).take(PARTS_MAX) {
        let rest = &body[start + mark.len()..];
        if !rest.starts_with(b"--")
            && let Some((sign, line)) = fault(rest)
        {
            return tell(said(sign, Severity::Low, 0.45), "body", "", line);
        }
    }
}

/// What is wrong with a part's head, and the line that shows it.
fn fault(part: &[u8]) -> Option<(&'static str, &[u8])> {
    let mut disposed = false;
    let lines = part.split(|b| *b == b'\n').skip(1).map(|line| line.strip_suffix(b"\r").unwrap_or(line));
    for line in lines.take(LINES_MAX).take_while(|line| !line.is_empty()) {
        if line.starts_with(b" ") || line.starts_with(b"\t") {
            return Some(("header of a part over two lines", line));
        }
        let Some(at) = memchr::memchr(b':', line) else { return Some(("line that is no header of a part", line)) };
        let name = &line[..at];
        if !HEADERS.iter().any(|known| known.eq_ignore_ascii_case(name)) {
            return Some(("header that a part does not have", line));
        }
        if line.iter().any(|b| *b < b' ' && *b != b'\t' || *b == 0x7F) {
            return Some(("header of a part with control bytes", line));
        }
        if let Some(sign) = hidden(name, &line[at + 1..]) {
            return Some((sign, line));
        }
        if name.eq_ignore_ascii_case(b"content-disposition") {
            if disposed || !is_disposition(&line[at + 1..]) {
                return Some(("name of a part that reads in two ways", line));
            }
            disposed = true;
        }
    }
    None
}

/// Backslashes, quotes, `;` and `=` end a name for some readers; an apostrophe within a word is a person's. Browsers
/// write what they must as entities.
fn is_plain(attribute: &str, text: &str) -> bool {
    let apostrophes = text.match_indices('\'').all(|(at, _)| {
        let letter = |b: Option<&u8>| b.is_some_and(|b| b.is_ascii_alphanumeric() || *b >= 128);
        let bytes = text.as_bytes();
        attribute != "name" && letter(at.checked_sub(1).and_then(|i| bytes.get(i))) && letter(bytes.get(at + 1))
    });
    let entities = text.contains('&') && text.contains(';');
    apostrophes && !text.contains(['\\', '"', '=']) && (entities || !text.contains(';'))
}

/// A part in another character set or encoding than the rest: who reads one does not read the other.
fn hidden(name: &[u8], value: &[u8]) -> Option<&'static str> {
    let text = String::from_utf8_lossy(value).to_ascii_lowercase();
    if name.eq_ignore_ascii_case(b"content-type") && media::hides(&text) {
        return Some("character set that hides a part");
    }
    if name.eq_ignore_ascii_case(b"content-transfer-encoding") && !["8bit", "7bit", "binary"].contains(&text.trim()) {
        return Some("part in an encoding of its own");
    }
    let sets = name.eq_ignore_ascii_case(b"content-disposition") && text.contains("name=\"_charset_\"");
    sets.then_some("part that sets the character set of all")
}

/// `form-data; name="a"; filename="b.txt"`: each attribute once, quoted from end to end, without backslashes.
fn is_disposition(value: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(value) else { return true };
    let mut rest = text.trim();
    let Some(after) = rest.get(..9).filter(|kind| kind.eq_ignore_ascii_case("form-data")).map(|_| &rest[9..]) else {
        return false;
    };
    rest = after;
    let mut seen: Vec<String> = Vec::new();
    while let Some(next) = rest.trim_start().strip_prefix(';') {
        let Some((name, value)) = next.split_once('=') else { return next.trim().is_empty() };
        let name = name.trim().to_ascii_lowercase();
        if seen.contains(&name) || !["name", "filename", "filename*"].contains(&name.as_str()) {
            return false;
        }
        let whose = if name == "name" { "name" } else { "filename" };
        seen.push(name);
        rest = match value.strip_prefix('"') {
            Some(quoted) => match quoted.split_once('"') {
                Some((inner, after)) if is_plain(whose, inner) => after,
                _ => return false,
            },
            None => value.find(';').map_or("", |at| &value[at..]),
        };
    }
    rest.trim().is_empty() && seen.iter().any(|name| name == "name")
}
