//! Fields in brackets: Check Point's, and the structured data of RFC 5424. Quotes inside of a value are escaped.

use crate::platform::ingest::quoted;

/// What follows the bracket of Check Point's `CheckPoint 12 - [name:"value"; name:"value"]`.
pub(super) fn bracketed(text: &str) -> Option<&str> {
    const BEFORE_MAX: usize = 64;
    let at = memchr::memchr(b'[', text.as_bytes().get(..BEFORE_MAX).unwrap_or(text.as_bytes()))?;
    let inner = &text[at + 1..];
    let name = inner.bytes().take_while(|b| b.is_ascii_alphanumeric() || *b == b'_').count();
    (name > 0 && inner[name..].starts_with(":\"")).then_some(inner)
}

/// `name:"value"; name:"value"` up to the bracket. A quote inside of a value is escaped.
pub(super) fn semicolons(text: &str) -> impl Iterator<Item = (&str, &str)> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let (name, after) = rest.split_once(":\"")?;
        let end = quoted::end(after.as_bytes(), 0)?;
        rest = after.get(end + 1..).unwrap_or("").trim_start_matches([';', ' ']);
        Some((name.trim(), &after[..end]))
    })
}

/// `[id name="value" name="value"]` of RFC 5424.
pub(super) fn structured(text: &str) -> impl Iterator<Item = (&str, &str)> {
    let mut rest = text.split_once(' ').map_or("", |(_, rest)| rest);
    std::iter::from_fn(move || {
        let (name, after) = rest.split_once("=\"")?;
        let end = quoted::end(after.as_bytes(), 0)?;
        rest = after.get(end + 1..).unwrap_or("");
        Some((name.trim(), &after[..end]))
    })
}
