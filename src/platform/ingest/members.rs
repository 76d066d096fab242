//! JSON objects read where they stand: the members of one level, their values as slices of the line.
//!
//! For the hot formats, which pay for every byte: nothing is copied unless a text has escapes, nested values are passed
//! over unread until somebody asks for their members. Depth is counted, not recursed into, so no line can blow the
//! stack. Structure is checked as far as it is walked; [`Members::whole`] tells whether the object closed and nothing
//! but space came after it.

use super::{address, quoted};
use std::borrow::Cow;
use std::net::IpAddr;

/// A value as it stands in the line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Value<'a> {
    /// A text, without its quotes; the flag says that it has escapes.
    Text(&'a str, bool),
    /// A number, or `true`, `false`, `null`.
    Word(&'a str),
    /// An object with its braces, or an array with its brackets.
    Nested(&'a str),
}

impl<'a> Value<'a> {
    /// A text without its escapes, or a number or truth value as written; `None` for null, nested and empty ones.
    #[must_use]
    pub fn text(self) -> Option<Cow<'a, str>> {
        match self {
            Self::Text("", _) | Self::Word("null") | Self::Nested(_) => None,
            Self::Text(text, true) => Some(unescape(text)),
            Self::Text(text, false) | Self::Word(text) => Some(Cow::Borrowed(text)),
        }
    }

    /// [`Self::text`], empty where there is none.
    #[must_use]
    pub fn plain(self) -> Cow<'a, str> {
        self.text().unwrap_or(Cow::Borrowed(""))
    }

    /// What a text or number looks like before escapes are undone; for names, numbers, stamps and addresses, which
    /// have none.
    #[must_use]
    pub fn raw(self) -> &'a str {
        match self {
            Self::Text(text, _) | Self::Word(text) => text,
            Self::Nested(_) => "",
        }
    }

    /// A whole number that fits, also one written as text; a fraction is cut off.
    #[must_use]
    pub fn number<T: std::str::FromStr>(self) -> Option<T> {
        let raw = self.raw();
        raw.parse().ok().or_else(|| raw.split_once('.')?.0.parse().ok())
    }

    /// An address.
    #[must_use]
    pub fn ip(self) -> Option<IpAddr> {
        address::parse(self.raw())
    }

    /// The members of an object; of anything else there are none.
    #[must_use]
    pub fn members(self) -> Members<'a> {
        match self {
            Self::Nested(text) => Members::of(text),
            _ => Members::of(""),
        }
    }

    /// The items of an array; of anything else there are none.
    pub fn items(self) -> impl Iterator<Item = Value<'a>> {
        let text = match self {
            Self::Nested(text) if text.starts_with('[') => text,
            _ => "",
        };
        let mut at = 1;
        std::iter::from_fn(move || {
            let (value, end) = value(text, space(text.as_bytes(), at))?;
            at = space(text.as_bytes(), end) + 1;
            Some(value)
        })
    }

    /// The first item of an array, or the value itself.
    #[must_use]
    pub fn first(self) -> Option<Value<'a>> {
        match self {
            Self::Nested(text) if text.starts_with('[') => self.items().next(),
            other => Some(other),
        }
    }
}

/// The members of one object, in the order written. Ends at the first byte that fits no object.
#[derive(Debug, Clone)]
pub struct Members<'a> {
    text: &'a str,
    at: usize,
    whole: bool,
}

impl<'a> Members<'a> {
    /// The members of the object that `text` is.
    #[must_use]
    pub fn of(text: &'a str) -> Self {
        let at = space(text.as_bytes(), 0);
        let open = text.as_bytes().get(at) == Some(&b'{');
        let at = if open { at + 1 } else { text.len() };
        Self { text, at, whole: false }
    }

    /// The object closed, and nothing stands behind it. Says so once all members were read.
    #[must_use]
    pub fn whole(&self) -> bool {
        self.whole
    }

    fn member(&mut self) -> Option<(&'a str, Value<'a>)> {
        let bytes = self.text.as_bytes();
        let mut at = space(bytes, self.at);
        if bytes.get(at) == Some(&b'}') {
            self.whole = space(bytes, at + 1) == bytes.len();
            return None;
        }
        if bytes.get(at) != Some(&b'"') {
            return None;
        }
        let (end, _) = string_end(bytes, at + 1)?;
        let key = self.text.get(at + 1..end)?;
        at = space(bytes, end + 1);
        if bytes.get(at) != Some(&b':') {
            return None;
        }
        let (value, end) = value(self.text, space(bytes, at + 1))?;
        at = space(bytes, end);
        match bytes.get(at) {
            Some(b',') => self.at = at + 1,
            // A closing brace is the next call's.
            Some(b'}') => self.at = at,
            _ => return None,
        }
        Some((key, value))
    }
}

impl<'a> Iterator for Members<'a> {
    type Item = (&'a str, Value<'a>);
    fn next(&mut self) -> Option<Self::Item> {
        let member = self.member();
        if member.is_none() {
            self.at = self.text.len();
        }
        member
    }
}

#[inline]
fn space(bytes: &[u8], mut at: usize) -> usize {
    while matches!(bytes.get(at), Some(b' ' | b'\t' | b'\n' | b'\r')) {
        at += 1;
    }
    at
}

/// The value that begins at `at`, and where it ends.
#[inline]
fn value(text: &str, at: usize) -> Option<(Value<'_>, usize)> {
    let bytes = text.as_bytes();
    match bytes.get(at)? {
        b'"' => {
            let (end, escaped) = string_end(bytes, at + 1)?;
            Some((Value::Text(text.get(at + 1..end)?, escaped), end + 1))
        }
        b'{' | b'[' => {
            let end = nested_end(bytes, at)?;
            Some((Value::Nested(text.get(at..end)?), end))
        }
        b'-' | b'+' | b'0'..=b'9' | b't' | b'f' | b'n' => {
            let length =
                bytes[at..].iter().take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'+')).count();
            Some((Value::Word(text.get(at..at + length)?), at + length))
        }
        _ => None,
    }
}

/// Where the text that opened before `from` has its closing quote, and whether there are escapes before it.
#[inline]
fn string_end(bytes: &[u8], from: usize) -> Option<(usize, bool)> {
    let (mut at, mut escaped) = (from, false);
    loop {
        at += memchr::memchr2(b'"', b'\\', bytes.get(at..)?)?;
        if bytes[at] == b'"' {
            return Some((at, escaped));
        }
        escaped = true;
        at += 2;
    }
}

/// Where the object or array that opens at `at` ends. Braces are counted as brackets are: what is nested wrongly is
/// found out by whoever reads its members.
#[inline]
fn nested_end(bytes: &[u8], mut at: usize) -> Option<usize> {
    let mut depth = 0usize;
    loop {
        match bytes.get(at)? {
            b'"' => at = string_end(bytes, at + 1)?.0,
            b'{' | b'[' => depth += 1,
            b'}' | b']' => {
                depth -= 1;
                if depth == 0 {
                    return Some(at + 1);
                }
            }
            _ => {}
        }
        at += 1;
    }
}

/// Undoes JSON's escapes. Half of a surrogate pair becomes U+FFFD; `\xHH`, which nginx writes where a log format was
/// not declared `escape=json`, is understood as well, and other escapes stay as written.
fn unescape(text: &str) -> Cow<'_, str> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(slash) = memchr::memchr(b'\\', rest.as_bytes()) {
        out.extend_from_slice(&rest.as_bytes()[..slash]);
        let escape = &rest[slash..];
        let used = match escape.as_bytes().get(1) {
            Some(b'u') => unicode(escape, &mut out),
            Some(b'x') => hex(escape, &mut out),
            Some(byte) => one(*byte, &mut out),
            None => 0,
        };
        if used == 0 {
            out.push(b'\\');
        }
        rest = &escape[used.max(1)..];
    }
    out.extend_from_slice(rest.as_bytes());
    Cow::Owned(quoted::text_of(out))
}

fn one(byte: u8, out: &mut Vec<u8>) -> usize {
    out.push(match byte {
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        b'b' => 0x08,
        b'f' => 0x0c,
        b'v' => 0x0b,
        b'"' | b'\\' | b'/' => byte,
        _ => return 0,
    });
    2
}

fn hex(escape: &str, out: &mut Vec<u8>) -> usize {
    let byte = escape.get(2..4).filter(|h| h.bytes().all(|b| b.is_ascii_hexdigit()));
    let Some(byte) = byte.and_then(|h| u8::from_str_radix(h, 16).ok()) else { return 0 };
    out.push(byte);
    4
}

fn unicode(escape: &str, out: &mut Vec<u8>) -> usize {
    let unit = |text: &str| {
        let digits = text.strip_prefix("\\u")?.get(..4).filter(|h| h.bytes().all(|b| b.is_ascii_hexdigit()))?;
        u32::from_str_radix(digits, 16).ok()
    };
    let Some(high) = unit(escape) else { return 0 };
    let low = escape.get(6..).and_then(unit).filter(|low| (0xDC00..0xE000).contains(low));
    let (point, used) = match low {
        Some(low) if (0xD800..0xDC00).contains(&high) => (0x1_0000 + ((high - 0xD800) << 10) + (low - 0xDC00), 12),
        _ => (high, 6),
    };
    let shown = char::from_u32(point).unwrap_or(char::REPLACEMENT_CHARACTER);
    out.extend_from_slice(shown.encode_utf8(&mut [0; 4]).as_bytes());
    used
}

#[cfg(test)]
#[path = "members_tests.rs"]
mod tests;
