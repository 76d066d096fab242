//! Quoted fields as web servers write them, and their escapes undone.
//!
//! nginx and ALB write `\xHH` for quotes, backslashes and bytes that do not print; Apache writes `\"`, `\\`, `\n` and
//! the like besides. Must not know which field it reads.

use std::borrow::Cow;

/// Finds the closing quote of a field that opened just before `from`; a quote behind an odd run of backslashes is
/// part of the text.
#[must_use]
#[inline]
pub fn end(bytes: &[u8], from: usize) -> Option<usize> {
    let mut at = from;
    loop {
        at += memchr::memchr(b'"', bytes.get(at..)?)?;
        if at == from || bytes[at - 1] != b'\\' {
            return Some(at);
        }
        let slashes = bytes[from..at].iter().rev().take_while(|b| **b == b'\\').count();
        if slashes % 2 == 0 {
            return Some(at);
        }
        at += 1;
    }
}

/// The text of a field: `-` is nothing, escapes are undone where there are any.
#[must_use]
#[inline]
pub fn field(text: &str) -> Cow<'_, str> {
    if text == "-" { Cow::Borrowed("") } else { unescape(text) }
}

/// Undoes `\xHH`, `\"`, `\\`, `\n`, `\r`, `\t`, `\v`, `\b`. Bytes that make no UTF-8 stay written as `\xHH`, so that
/// nothing of them is lost.
#[must_use]
#[inline]
pub fn unescape(text: &str) -> Cow<'_, str> {
    if memchr::memchr(b'\\', text.as_bytes()).is_none() {
        return Cow::Borrowed(text);
    }
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        at += 1;
        let next = bytes.get(at).copied();
        if byte != b'\\' {
            out.push(byte);
            continue;
        }
        let hex = bytes.get(at + 1..at + 3).and_then(|h| Some(nibble(h[0])? * 16 + nibble(h[1])?));
        let (plain, used) = match (next, hex) {
            (Some(b'x'), Some(value)) => (value, 3),
            (Some(b'"'), _) => (b'"', 1),
            (Some(b'n'), _) => (b'\n', 1),
            (Some(b'r'), _) => (b'\r', 1),
            (Some(b't'), _) => (b'\t', 1),
            (Some(b'v'), _) => (0x0b, 1),
            (Some(b'b'), _) => (0x08, 1),
            (Some(b'\\'), _) => (b'\\', 1),
            _ => (b'\\', 0),
        };
        out.push(plain);
        at += used;
    }
    Cow::Owned(text_of(out))
}

/// Undoes `%HH`, or the same behind another mark. What it stands before is kept where no two digits follow.
#[must_use]
pub fn hex(text: &str, mark: u8) -> Cow<'_, str> {
    if memchr::memchr(mark, text.as_bytes()).is_none() {
        return Cow::Borrowed(text);
    }
    let (bytes, mut out, mut at) = (text.as_bytes(), Vec::with_capacity(text.len()), 0);
    while let Some(&byte) = bytes.get(at) {
        let digit = |i: usize| bytes.get(at + i).copied().and_then(nibble);
        let escaped = (byte == mark).then(|| Some(digit(1)? * 16 + digit(2)?)).flatten();
        out.push(escaped.unwrap_or(byte));
        at += if escaped.is_some() { 3 } else { 1 };
    }
    Cow::Owned(text_of(out))
}

/// Bytes as text; what is no UTF-8 is written `\xHH`.
#[must_use]
pub fn text_of(bytes: Vec<u8>) -> String {
    use std::fmt::Write;
    match String::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => {
            let mut text = String::with_capacity(error.as_bytes().len() + 32);
            for chunk in error.as_bytes().utf8_chunks() {
                text.push_str(chunk.valid());
                for byte in chunk.invalid() {
                    let _ = write!(text, "\\x{byte:02X}");
                }
            }
            text
        }
    }
}

fn nibble(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).map(|d| d as u8)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_quote_behind_a_backslash_is_text() {
        assert_eq!(end(br#"abc" x"#, 0), Some(3));
        assert_eq!(end(br#"a\"c" x"#, 0), Some(4));
        assert_eq!(end(br#"a\\" x"#, 0), Some(3));
        assert_eq!(end(br#"open\""#, 0), None);
        assert_eq!(end(b"", 5), None);
    }

    #[test]
    fn escapes_are_undone_and_broken_ones_kept() {
        assert_eq!(unescape(r"id=1\x22 or \x271"), "id=1\" or '1");
        assert_eq!(unescape(r"\xC3\xA9t\xC3\xA9"), "été");
        assert_eq!(unescape(r"\x16\x03\xff"), "\u{16}\u{3}\\xFF");
        assert_eq!(unescape(r"\xZZ \q \"), r"\xZZ \q \");
        assert!(matches!(unescape("plain"), Cow::Borrowed("plain")));
        assert_eq!(field("-"), "");
    }

    proptest! {
        #[test]
        fn what_nginx_escapes_is_read_back(text in "\\PC*") {
            let logged: String = text.bytes().map(|b| match b {
                b'"' | b'\\' | 0..=31 | 127.. => format!("\\x{b:02X}"),
                _ => char::from(b).to_string(),
            }).collect();
            prop_assert_eq!(unescape(&logged), text);
        }

        #[test]
        fn any_text_is_survived(text in ".*", from in 0usize..9) {
            let percent: String = text.bytes().map(|b| format!("%{b:02X}")).collect();
            prop_assert_eq!(hex(&percent, b'%'), text.as_str());
            let _ = hex(&text, b'#');
            let _ = (unescape(&text), end(text.as_bytes(), from));
        }
    }
}
