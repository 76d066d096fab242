//! Undoes disguises the way a browser, a server or an interpreter would. Bytes in, bytes out; never fails.
//!
//! Percent signs (also doubled, also `%u0027`), plus signs in a query, overlong and full-width UTF-8, HTML entities,
//! `\u0027` escapes, case, whitespace, NUL; then one view per interpreter: SQL, path, shell, lookup.

use super::rule::View;
use std::borrow::Cow;

/// Layers of encoding that are taken off.
const ROUNDS: usize = 4;

/// True if the bytes may mean something else once decoded: control bytes, everything beyond ASCII, the marks that start
/// an encoding or an evasion. What is a literal of a rule anyway (quotes, `<`) is not asked for here.
pub(super) fn is_disguised(raw: &[u8], plus: Plus) -> bool {
    // No early exit: this way the compiler compares sixteen bytes at a time.
    let odd = |b: &u8| *b < 32 || *b >= 127 || [b'%', b'\\', b'$', b'^', b'*'].contains(b);
    raw.iter().fold(false, |found, b| found | odd(b))
        || plus != Plus::Literal && memchr::memchr(b'+', raw).is_some()
        || memchr::memchr(b'&', raw).is_some() && memchr::memchr(b';', raw).is_some()
}

/// True if a path may be written in a roundabout way: `//`, `/./`.
pub(super) fn is_roundabout(url: &[u8]) -> bool {
    let pairs = url.iter().zip(url.iter().skip(1));
    pairs.fold(false, |found, (a, b)| found | (*a == b'/' && (*b == b'/' || *b == b'.')))
}

/// Decoded, lower-case text with single spaces. `query` says that plus signs after the first `?` are spaces (a form
/// body is all query).
pub(in crate::platform::detect) fn plain(raw: &[u8], query: Plus) -> Vec<u8> {
    let mut text = match query {
        Plus::Literal => raw.to_vec(),
        Plus::Space => plus(raw, 0),
        Plus::SpaceInQuery => plus(raw, memchr::memchr(b'?', raw).unwrap_or(raw.len())),
    };
    let mut next = Vec::with_capacity(text.len());
    for _ in 0..ROUNDS {
        next.clear();
        if !layer(&text, &mut next) {
            break;
        }
        std::mem::swap(&mut text, &mut next);
    }
    fold(&mut text);
    text
}

/// What plus signs mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::platform::detect) enum Plus {
    /// Themselves.
    Literal,
    /// A space.
    Space,
    /// A space after the first question mark.
    SpaceInQuery,
}

fn plus(raw: &[u8], from: usize) -> Vec<u8> {
    raw.iter().enumerate().map(|(i, b)| if *b == b'+' && i >= from { b' ' } else { *b }).collect()
}

/// Takes one layer off; false if there was none.
fn layer(text: &[u8], out: &mut Vec<u8>) -> bool {
    let mut changed = false;
    let mut i = 0;
    while i < text.len() {
        let taken = match text[i] {
            b'%' => percent(&text[i..]),
            b'&' => entity(&text[i..]),
            b'\\' => escape(&text[i..]),
            0xC0..=0xEF => utf8(&text[i..]),
            _ => None,
        };
        match taken {
            Some((byte, length)) => {
                out.push(byte);
                i += length;
                changed = true;
            }
            None => {
                out.push(text[i]);
                i += 1;
            }
        }
    }
    changed
}

fn hex(text: &[u8]) -> Option<u32> {
    text.iter().try_fold(0u32, |n, b| Some(n << 4 | (*b as char).to_digit(16)?))
}

/// The byte of a code point as a pattern sees it: ASCII itself, full-width forms as the ASCII they imitate.
fn ascii(code: u32) -> Option<u8> {
    match code {
        0..=0x7F => u8::try_from(code).ok(),
        0xFF01..=0xFF5E => u8::try_from(code - 0xFEE0).ok(),
        0x2018 | 0x2019 | 0x02BC | 0x2032 => Some(b'\''),
        0x2215 | 0x2044 => Some(b'/'),
        _ => None,
    }
}

fn percent(t: &[u8]) -> Option<(u8, usize)> {
    if matches!(t.get(1), Some(b'u' | b'U')) {
        return Some((ascii(hex(t.get(2..6)?)?)?, 6));
    }
    Some((u8::try_from(hex(t.get(1..3)?)?).ok()?, 3))
}

fn escape(t: &[u8]) -> Option<(u8, usize)> {
    match t.get(1)? {
        b'u' => Some((ascii(hex(t.get(2..6)?)?)?, 6)),
        b'x' => Some((u8::try_from(hex(t.get(2..4)?)?).ok()?, 4)),
        _ => None,
    }
}

fn entity(t: &[u8]) -> Option<(u8, usize)> {
    const NAMED: [(&[u8], u8); 12] = [
        (b"lt;", b'<'),
        (b"gt;", b'>'),
        (b"quot;", b'"'),
        (b"apos;", b'\''),
        (b"amp;", b'&'),
        (b"lpar;", b'('),
        (b"rpar;", b')'),
        (b"colon;", b':'),
        (b"sol;", b'/'),
        (b"tab;", b' '),
        (b"newline;", b' '),
        (b"nbsp;", b' '),
    ];
    let rest = &t[1..];
    if rest.first() != Some(&b'#') {
        let named =
            NAMED.iter().find(|(name, _)| rest.len() >= name.len() && rest[..name.len()].eq_ignore_ascii_case(name));
        return named.map(|(name, byte)| (*byte, name.len() + 1));
    }
    let (digits, radix, start) =
        if matches!(rest.get(1), Some(b'x' | b'X')) { (&rest[2..], 16, 3) } else { (&rest[1..], 10, 2) };
    let length = digits.iter().take(8).take_while(|b| (**b as char).is_digit(radix)).count();
    let text = std::str::from_utf8(&digits[..length]).ok()?;
    let code = u32::from_str_radix(text, radix).ok()?;
    let end = usize::from(digits.get(length) == Some(&b';'));
    Some((ascii(code)?, start + length + end))
}

/// Overlong forms of ASCII and the imitations of it.
fn utf8(t: &[u8]) -> Option<(u8, usize)> {
    let second = u32::from(*t.get(1)?);
    match t[0] {
        // Lenient decoders take any second byte, so `%c1%1c` is a backslash to them.
        lead @ (0xC0 | 0xC1) => u8::try_from(u32::from(lead & 1) << 6 | second & 0x3F).ok().map(|b| (b, 2)),
        lead @ 0xC2..=0xDF if second & 0xC0 == 0x80 => {
            ascii(u32::from(lead & 0x1F) << 6 | second & 0x3F).map(|b| (b, 2))
        }
        lead @ 0xE0..=0xEF => {
            let third = u32::from(*t.get(2)?);
            if second & 0xC0 != 0x80 || third & 0xC0 != 0x80 {
                return None;
            }
            ascii(u32::from(lead & 0xF) << 12 | (second & 0x3F) << 6 | third & 0x3F).map(|b| (b, 3))
        }
        _ => None,
    }
}

/// Lower case, one space for any whitespace and control, no NUL.
fn fold(text: &mut Vec<u8>) {
    let mut space = false;
    text.retain_mut(|b| {
        if *b == 0 {
            return false;
        }
        let blank = *b <= b' ' || *b == 0x7F || *b == 0xA0;
        if blank {
            *b = b' ';
        }
        b.make_ascii_lowercase();
        let keep = !(blank && space);
        space = blank;
        keep
    });
}

/// The view of a plain text; `None` where it is the plain text itself.
pub(super) fn view(plain: &[u8], view: View) -> Option<Vec<u8>> {
    let has = |needle: &[u8]| memchr::memmem::find(plain, needle).is_some();
    match view {
        View::Plain => None,
        View::Sql => has(b"/*").then(|| sql(plain)),
        View::Path => (has(b"\\") || has(b"//") || has(b"/./")).then(|| path(plain)),
        View::Shell => plain.iter().any(|b| b"'\"\\^$".contains(b)).then(|| shell(plain)),
        View::Lookup => (has(b"${") && memchr::memmem::find_iter(plain, b"${").count() > 1).then(|| lookup(plain)),
    }
}

/// Comments as a space; what a versioned comment (`/*!50000union*/`) hides as itself.
fn sql(t: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(t.len());
    let mut i = 0;
    let mut versioned = false;
    while i < t.len() {
        let rest = &t[i..];
        if rest.starts_with(b"/*!") {
            versioned = true;
            i += 3 + rest[3..].iter().take_while(|b| b.is_ascii_digit()).count();
            out.push(b' ');
        } else if rest.starts_with(b"/*") {
            match memchr::memmem::find(&rest[2..], b"*/") {
                Some(end) => {
                    i += end + 4;
                    out.push(b' ');
                }
                // Open to the end: a terminator, worth seeing.
                None => {
                    out.extend_from_slice(rest);
                    break;
                }
            }
        } else if versioned && rest.starts_with(b"*/") {
            versioned = false;
            i += 2;
            out.push(b' ');
        } else {
            out.push(t[i]);
            i += 1;
        }
    }
    fold(&mut out);
    out
}

fn path(t: &[u8]) -> Vec<u8> {
    let mut out: Vec<u8> = Vec::with_capacity(t.len());
    for byte in t {
        let byte = if *byte == b'\\' { b'/' } else { *byte };
        if byte == b'/' && out.last() == Some(&b'/') {
            continue;
        }
        if byte == b'/' && out.ends_with(b"/.") {
            out.pop();
            continue;
        }
        out.push(byte);
    }
    out
}

fn shell(t: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(t.len());
    let mut i = 0;
    while i < t.len() {
        let rest = &t[i..];
        let blank: [&[u8]; 4] = [b"${ifs}", b"$ifs$9", b"$ifs", b"${ifs%??}"];
        if let Some(word) = blank.iter().filter(|w| rest.starts_with(w)).max_by_key(|w| w.len()) {
            out.push(b' ');
            i += word.len();
        } else if rest.starts_with(b"$@") || rest.starts_with(b"$*") {
            i += 2;
        } else {
            if !b"'\"\\^".contains(&t[i]) {
                out.push(t[i]);
            }
            i += 1;
        }
    }
    out
}

/// Innermost `${a:b:-c}` as `c`, `${lower:j}` as `j`, until nothing changes.
fn lookup(t: &[u8]) -> Vec<u8> {
    let mut text = Cow::Borrowed(t);
    for _ in 0..64 {
        let Some(open) = memchr::memmem::rfind(&text, b"${") else { break };
        let Some(close) = memchr::memchr(b'}', &text[open..]) else { break };
        let inner = &text[open + 2..open + close];
        // The lookup itself stays.
        if inner.starts_with(b"jndi") || open == 0 && !inner.contains(&b':') {
            break;
        }
        let value = match memchr::memmem::rfind(inner, b":-") {
            Some(at) => &inner[at + 2..],
            None => memchr::memrchr(b':', inner).map_or(&inner[..0], |at| &inner[at + 1..]),
        };
        let joined = [&text[..open], value, &text[open + close + 1..]].concat();
        text = Cow::Owned(joined);
    }
    text.into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn text(raw: &str) -> String {
        String::from_utf8_lossy(&plain(raw.as_bytes(), Plus::SpaceInQuery)).into_owned()
    }

    #[test]
    fn layers_come_off() {
        for (raw, expected) in [
            ("/a+b?c+d", "/a+b?c d"),
            ("/%2527", "/'"),
            ("/%25252e%25252e/", "/../"),
            ("/%u0027%U003c", "/'<"),
            ("/%c0%ae%c0%ae%c0%af%e0%80%ae", "/../."),
            ("/%EF%BC%9Cscript%EF%BC%9E", "/<script>"),
            ("?q=&lt;ScRiPt&#x3e;&#60", "?q=<script><"),
            ("?q=a%00b%09%0a%20c", "?q=ab c"),
            ("?q=\\u003c\\x3c", "?q=<<"),
            ("?q=100%&x=%zz", "?q=100%&x=%zz"),
        ] {
            assert_eq!(text(raw), expected, "{raw}");
        }
    }

    #[test]
    fn every_interpreter_has_its_view() {
        let of = |t: &str, v| String::from_utf8(view(t.as_bytes(), v).unwrap()).unwrap();
        assert_eq!(of("1/**/union/*x*/select", View::Sql), "1 union select");
        assert_eq!(of("1 /*!50000union*/ select", View::Sql), "1 union select");
        assert_eq!(of("..\\..//etc/./passwd", View::Path), "../../etc/passwd");
        assert_eq!(of("c'a't${ifs}/e\\tc/passwd", View::Shell), "cat /etc/passwd");
        assert_eq!(of("${${lower:j}${::-n}d${env:x:-i}:ldap}", View::Lookup), "${jndi:ldap}");
        assert!(view(b"/plain/path?x=1", View::Path).is_none());
    }

    proptest! {
        #[test]
        fn any_bytes_are_decoded_without_growing(raw in prop::collection::vec(any::<u8>(), 0..300)) {
            let text = plain(&raw, Plus::Space);
            prop_assert!(text.len() <= raw.len());
            for v in View::ALL {
                if let Some(seen) = view(&text, v) {
                    prop_assert!(seen.len() <= raw.len());
                }
            }
        }

        #[test]
        fn plain_text_stays(raw in "[a-z0-9/._=-]{0,80}") {
            prop_assert_eq!(text(&raw), raw.clone());
            prop_assert!(!is_disguised(raw.as_bytes(), Plus::SpaceInQuery));
        }
    }
}
