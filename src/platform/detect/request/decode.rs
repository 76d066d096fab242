//! Undoes disguises the way a browser, a server or an interpreter would. Bytes in, bytes out; never fails.
//!
//! Percent signs (also doubled, also `%u0027`), plus signs in a query, overlong and full-width UTF-8, HTML entities,
//! `\u0027` escapes, case, whitespace, NUL. `view.rs` goes on from there: one view per interpreter.

mod entity;

use super::layers::Layers;
use entity::entity;
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

/// A text with its disguises taken off.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Plain {
    /// Lower case, single spaces.
    pub text: Vec<u8>,
    /// The same with its line breaks, if it has any.
    pub lines: Option<Vec<u8>>,
    /// What was taken off.
    pub layers: Layers,
}

/// Decoded, lower-case text with single spaces. `query` says that plus signs after the first `?` are spaces (a form
/// body is all query).
pub(super) fn decoded(raw: &[u8], query: Plus) -> Plain {
    let mut text = match query {
        Plus::Literal => raw.to_vec(),
        Plus::Space => plus(raw, 0),
        Plus::SpaceInQuery => plus(raw, memchr::memchr(b'?', raw).unwrap_or(raw.len())),
    };
    let mut layers = Layers::default();
    let mut next = Vec::with_capacity(text.len());
    for _ in 0..ROUNDS {
        next.clear();
        let mut round = Layers::default();
        if !layer(&text, &mut next, &mut round) {
            break;
        }
        layers.add(round);
        std::mem::swap(&mut text, &mut next);
    }
    let lines = memchr::memchr2(b'\r', b'\n', &text).map(|_| lines(&text));
    fold(&mut text, &mut layers);
    Plain { text, lines, layers }
}

/// Lower case, one line break for any run of them, everything else blank one space.
fn lines(text: &[u8]) -> Vec<u8> {
    let mut out: Vec<u8> = Vec::with_capacity(text.len());
    for byte in text {
        let byte = match byte {
            b'\r' | b'\n' => b'\n',
            0..=b' ' | 0x7F => b' ',
            other => other.to_ascii_lowercase(),
        };
        if !(byte <= b' ' && out.last() == Some(&byte)) {
            out.push(byte);
        }
    }
    out
}

/// One round of percent signs and nothing else: how a value stood before it was encoded for its journey.
pub(super) fn percent_once(raw: &[u8]) -> Cow<'_, [u8]> {
    let Some(mut i) = memchr::memchr(b'%', raw) else { return Cow::Borrowed(raw) };
    let mut out = Vec::with_capacity(raw.len());
    out.extend_from_slice(&raw[..i]);
    while i < raw.len() {
        if let Some(byte) = raw.get(i..i + 3).and_then(percent_pair) {
            out.push(byte);
            i += 3;
            continue;
        }
        let (byte, length) = if raw[i] == b'%' { percent(&raw[i..]) } else { None }.unwrap_or((raw[i], 1));
        out.push(byte);
        i += length;
    }
    Cow::Owned(out)
}

/// The text alone, as the request classifier takes it.
pub(in crate::platform::detect) fn plain(raw: &[u8], query: Plus) -> Vec<u8> {
    decoded(raw, query).text
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

/// Takes one layer off; false if there was none: then nothing of what was written to `out` counts.
fn layer(text: &[u8], out: &mut Vec<u8>, layers: &mut Layers) -> bool {
    let opens = |b: &u8| matches!(*b, b'%' | b'&' | b'\\' | 0xC0..=0xEF);
    let mut changed = false;
    let mut i = 0;
    loop {
        // Most of a text is no mark: it is copied in runs.
        let Some(run) = text[i..].iter().position(opens) else {
            if changed {
                out.extend_from_slice(&text[i..]);
            }
            return changed;
        };
        out.extend_from_slice(&text[i..i + run]);
        i += run;
        // By far the commonest disguise, and whole texts are written in it.
        while let Some(byte) = text.get(i..i + 3).and_then(percent_pair) {
            out.push(byte);
            i += 3;
            layers.note(Layers::PERCENT);
            changed = true;
        }
        if i >= text.len() || !opens(&text[i]) {
            continue;
        }
        let (taken, kind) = match text[i] {
            b'%' if matches!(text.get(i + 1), Some(b'u' | b'U')) => (percent(&text[i..]), Layers::UNICODE),
            b'%' => (percent(&text[i..]), Layers::PERCENT),
            b'&' => (entity(&text[i..]), Layers::ENTITY),
            b'\\' => (escape(&text[i..]), Layers::ESCAPE),
            0xC0 | 0xC1 => (utf8(&text[i..]), Layers::OVERLONG),
            0xC2..=0xEF => (utf8(&text[i..]), if is_overlong(&text[i..]) { Layers::OVERLONG } else { Layers::WIDE }),
            _ => (None, 0),
        };
        match taken {
            Some((byte, length)) => {
                out.push(byte);
                i += length;
                layers.note(kind);
                changed = true;
            }
            None => {
                out.push(text[i]);
                i += 1;
            }
        }
    }
}

/// ASCII in three bytes.
fn is_overlong(t: &[u8]) -> bool {
    t[0] == 0xE0 && t.get(1).is_some_and(|b| *b < 0xA0)
}

fn hex(text: &[u8]) -> Option<u32> {
    text.iter().try_fold(0u32, |n, b| Some(n << 4 | u32::from(nibble(*b)?)))
}

/// The value of a hexadecimal digit.
const fn nibble(digit: u8) -> Option<u8> {
    match NIBBLES[digit as usize] {
        NO_NIBBLE => None,
        value => Some(value),
    }
}

/// Stands for no digit.
const NO_NIBBLE: u8 = 0xFF;

/// The value of every byte as a hexadecimal digit.
const NIBBLES: [u8; 256] = {
    let mut values = [NO_NIBBLE; 256];
    let mut n = 0;
    while n < 16 {
        let digit = b"0123456789abcdef"[n];
        values[digit as usize] = n as u8;
        values[digit.to_ascii_uppercase() as usize] = n as u8;
        n += 1;
    }
    values
};

/// The byte that a percent sign and two digits stand for.
#[inline]
fn percent_pair(t: &[u8]) -> Option<u8> {
    let [b'%', high, low] = *t else { return None };
    let (high, low) = (NIBBLES[high as usize], NIBBLES[low as usize]);
    // No digit has any of the upper bits.
    (high | low < 16).then_some(high << 4 | low)
}

/// The byte of a code point as a pattern sees it: ASCII itself, full-width forms as the ASCII they imitate.
fn ascii(code: u32) -> Option<u8> {
    match code {
        0..=0x7F => u8::try_from(code).ok(),
        0xFF01..=0xFF5E => u8::try_from(code - 0xFEE0).ok(),
        0x2018 | 0x2019 | 0x02BC | 0x2032 => Some(b'\''),
        0x2215 | 0x2044 => Some(b'/'),
        0x3002 | 0xFF61 | 0xFE52 => Some(b'.'),
        // Letters in circles are letters to whoever looks a host up.
        0x24B6..=0x24CF => u8::try_from(code - 0x24B6 + 0x61).ok(),
        0x24D0..=0x24E9 => u8::try_from(code - 0x24D0 + 0x61).ok(),
        0x24EA => Some(b'0'),
        0x2460..=0x2468 => u8::try_from(code - 0x2460 + 0x31).ok(),
        0xFE64 => Some(b'<'),
        0xFE65 => Some(b'>'),
        _ => None,
    }
}

fn percent(t: &[u8]) -> Option<(u8, usize)> {
    let (first, second) = (*t.get(1)?, *t.get(2)?);
    if let (Some(high), Some(low)) = (nibble(first), nibble(second)) {
        return Some((high << 4 | low, 3));
    }
    if !matches!(first, b'u' | b'U') {
        return None;
    }
    Some((ascii(hex(t.get(2..6)?)?)?, 6))
}

fn escape(t: &[u8]) -> Option<(u8, usize)> {
    match t.get(1)? {
        b'u' => Some((ascii(hex(t.get(2..6)?)?)?, 6)),
        b'x' => Some((u8::try_from(hex(t.get(2..4)?)?).ok()?, 4)),
        // Octal, as scripts and shells write it; `\\1` alone is a reference to a group.
        b'0'..=b'1' => {
            let digits = t.get(1..4)?;
            let code = digits.iter().try_fold(0u32, |n, b| Some(n << 3 | (*b as char).to_digit(8)?))?;
            Some((ascii(code)?, 4))
        }
        _ => None,
    }
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
pub(super) fn fold(text: &mut Vec<u8>, layers: &mut Layers) {
    let mut space = false;
    text.retain_mut(|b| {
        if *b == 0 {
            layers.note(Layers::NUL);
            return false;
        }
        if matches!(*b, 1..=8 | 11 | 12 | 14..=31 | 0x7F) {
            layers.note(Layers::CONTROL);
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

#[cfg(test)]
mod tests {
    use super::super::rule::View;
    use super::super::view::view;
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

    proptest! {
        #[test]
        fn any_bytes_are_decoded_without_growing(raw in prop::collection::vec(any::<u8>(), 0..300)) {
            let plain = decoded(&raw, Plus::Space);
            prop_assert!(plain.text.len() <= raw.len());
            for v in View::ALL {
                if let Some(seen) = view(&plain.text, v) {
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
