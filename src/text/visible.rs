//! What a reader sees in place of a character that could deceive or drive a terminal.
//!
//! C0 controls become control pictures (U+2400 block), DEL becomes U+2421; every C1 control, format character,
//! separator, private-use, tag, variation-selector and filler code point becomes its number in `⟨⟩`. Letters of every
//! script stay. Combining marks stay up to [`MARKS_PER_GRAPHEME`] in a row; the rest is counted, not drawn.

use std::borrow::Cow;
use std::fmt::Write;

/// Combining marks shown on one base character before the rest is replaced by a count.
pub const MARKS_PER_GRAPHEME: usize = 8;

/// True for characters that must never reach a terminal as they are.
#[must_use]
pub fn is_dangerous(c: char) -> bool {
    let n = c as u32;
    match n {
        0x20..=0x7e => false,
        0..=0x1f | 0x7f..=0x9f => true,
        0xa1..=0xac | 0xae..=0x2ff => false,
        // No-break space looks like a space and is none; soft hyphen hides.
        0xa0 | 0xad => true,
        0x34f | 0x61c | 0x115f | 0x1160 | 0x17b4 | 0x17b5 | 0x180b..=0x180f => true,
        0x600..=0x605 | 0x6dd | 0x70f | 0x890 | 0x891 | 0x8e2 => true,
        0x2000..=0x200f | 0x2028..=0x202f | 0x205f..=0x206f => true,
        0x2800 | 0x3000 | 0x3164 | 0xffa0 => true,
        0xd800..=0xf8ff => true,
        0xfe00..=0xfe0f | 0xfeff | 0xfff0..=0xfffb | 0xfffe | 0xffff => true,
        0x110bd | 0x110cd | 0x13430..=0x1343f | 0x1bca0..=0x1bca3 | 0x1d173..=0x1d17a => true,
        0xe0000..=0xe0fff | 0xf0000..=0x10_ffff => true,
        _ => n & 0xfffe == 0xfffe,
    }
}

/// True for characters that occupy no cell of their own and pile up on the one before.
#[must_use]
pub fn is_mark(c: char) -> bool {
    (c as u32) >= 0x300 && unicode_width::UnicodeWidthChar::width(c) == Some(0)
}

/// Writes the visible stand-in for `c`.
pub fn push_mark(out: &mut String, c: char) {
    match c as u32 {
        n @ 0..=0x1f => out.push(char::from_u32(0x2400 + n).unwrap_or('\u{fffd}')),
        0x7f => out.push('\u{2421}'),
        n => {
            let _ = write!(out, "⟨{n:04X}⟩");
        }
    }
}

/// The text with every dangerous character replaced by a visible mark. Borrows when nothing had to change.
#[must_use]
pub fn escape(text: &str) -> Cow<'_, str> {
    if text.bytes().all(|b| (0x20..0x7f).contains(&b)) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    let mut marks = 0usize;
    let mut base = false;
    for c in text.chars() {
        if is_dangerous(c) {
            flush_marks(&mut out, &mut marks);
            push_mark(&mut out, c);
            base = true;
        } else if is_mark(c) {
            if !base {
                // A mark with nothing to sit on would land on our own frame.
                out.push('◌');
                base = true;
            }
            marks += 1;
            if marks <= MARKS_PER_GRAPHEME {
                out.push(c);
            }
        } else {
            flush_marks(&mut out, &mut marks);
            out.push(c);
            base = true;
        }
    }
    flush_marks(&mut out, &mut marks);
    Cow::Owned(out)
}

fn flush_marks(out: &mut String, marks: &mut usize) {
    if *marks > MARKS_PER_GRAPHEME {
        let _ = write!(out, "⟨+{} marks⟩", *marks - MARKS_PER_GRAPHEME);
    }
    *marks = 0;
}

/// Bytes as text: invalid UTF-8 becomes `⟨xFF⟩` byte by byte, so that nothing is lost or guessed.
#[must_use]
pub fn decode(bytes: &[u8]) -> Cow<'_, str> {
    if let Ok(text) = std::str::from_utf8(bytes) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(bytes.len() + 16);
    for chunk in bytes.utf8_chunks() {
        out.push_str(chunk.valid());
        for byte in chunk.invalid() {
            let _ = write!(out, "⟨x{byte:02X}⟩");
        }
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn escape_sequences_become_pictures() {
        assert_eq!(escape("\x1b]52;c;aGk=\x07"), "␛]52;c;aGk=␇");
        assert_eq!(escape("a\tb\u{7f}"), "a␉b␡");
        assert_eq!(escape("\u{202e}evil\u{2066}"), "⟨202E⟩evil⟨2066⟩");
        assert_eq!(escape("\u{9b}31m"), "⟨009B⟩31m");
        assert_eq!(escape("\u{e0041}"), "⟨E0041⟩");
    }

    #[test]
    fn scripts_stay_readable() {
        for text in ["Grüße", "日本語", "שלום", "مرحبا", "emoji 🦀"] {
            assert_eq!(escape(text), text);
        }
    }

    #[test]
    fn a_flood_of_marks_is_counted_not_drawn() {
        let flood = format!("a{}", "\u{301}".repeat(100_000));
        let shown = escape(&flood);
        assert!(shown.len() < 64, "{} bytes", shown.len());
        assert!(shown.ends_with("⟨+99992 marks⟩"));
    }

    #[test]
    fn invalid_utf8_is_shown_byte_by_byte() {
        assert_eq!(decode(b"ok\xff\xfe!"), "ok⟨xFF⟩⟨xFE⟩!");
    }

    proptest! {
        #[test]
        fn nothing_dangerous_survives(text in any::<String>()) {
            prop_assert!(escape(&text).chars().all(|c| !is_dangerous(c)));
        }

        #[test]
        fn escaping_twice_changes_nothing(text in any::<String>()) {
            let once = escape(&text).into_owned();
            prop_assert_eq!(escape(&once).into_owned(), once);
        }
    }
}
