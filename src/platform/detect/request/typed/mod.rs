//! Typed detectors: what no pattern sees. Addresses inside values in any spelling, headers and methods that no ordinary
//! client sends, encodings whose only use is to hide something.

mod command;
mod host;
mod name;
mod program;
mod protocol;
mod upload;

pub(super) use host::wants_address;

use super::case::{Case, Finding};
use super::layers::Layers;
use super::rule::{self, Part, Rule};
use super::table;
use super::{Kinds, Request, RequestSettings};
use crate::api::Severity;

/// Parts of a request that were looked at before, and nothing was found in them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Clean {
    pub url: bool,
    /// How the client names itself.
    pub agent: bool,
    /// Where it says it comes from.
    pub referer: bool,
}

impl Clean {
    /// All of them.
    pub const ALL: Self = Self { url: true, agent: true, referer: true };
}

/// What a typed detector says, apart from where.
pub(super) struct Said {
    pub rule: &'static Rule,
    pub sign: &'static str,
    pub severity: Severity,
    pub confidence: f32,
}

/// Addresses in a decoded value.
pub(super) fn address(
    text: &[u8],
    part: &Part,
    name: &[u8],
    layers: Layers,
    case: &mut Case<'_>,
) -> Option<&'static str> {
    if part.bit & (rule::AGENT | rule::REFERER) != 0 {
        return None;
    }
    let (said, matched) = host::look(text)?;
    let sign = said.sign;
    tell(said, (part.name, name), matched, layers, case);
    Some(sign)
}

/// Programs after what ends a command.
pub(super) fn command(text: &[u8], part: &Part, name: &[u8], layers: Layers, case: &mut Case<'_>) {
    if part.bit & (rule::URL | rule::COOKIE | rule::BODY) != 0
        && let Some((said, matched)) = command::look(text)
    {
        tell(said, (part.name, name), matched, layers, case);
    }
}

/// Names of files that are sent.
pub(super) fn upload(part: &Part, name: &[u8], value: &[u8], case: &mut Case<'_>) {
    if part.bit & (rule::BODY | rule::HEADER) == 0 || !upload::is_file_name(name) {
        return;
    }
    let plain = super::decode::decoded(value, super::decode::Plus::Literal);
    if let Some(said) = upload::look(&plain.text) {
        tell(said, (part.name, name), &plain.text, plain.layers, case);
    }
}

/// Encodings nobody needs.
pub(super) fn disguise(raw: &[u8], layers: Layers, part: &Part, name: &[u8], case: &mut Case<'_>) {
    let share = if part.bit == rule::REFERER { 0.5 } else { 1.0 };
    let escaped = || memchr::memmem::find(raw, b"%00").is_some();
    let nul = layers.has(Layers::NUL) && (part.bit & (rule::URL | rule::COOKIE | rule::HEADER) != 0 || escaped());
    let found = [
        (layers.has(Layers::OVERLONG) && !is_latin(raw), "overlong UTF-8", Severity::High, 0.9),
        (layers.percents() >= 3, "percent signs encoded three times or more", Severity::Medium, 0.7),
        (nul, "NUL", Severity::High, 0.85),
        (layers.has(Layers::ESCAPE) && part.bit == rule::URL, "ASCII in the escapes of a script", Severity::Low, 0.4),
        (
            part.bit != rule::REFERER && layers.percents() > 0 && escapes_letters(raw),
            "letters and digits in percent signs",
            Severity::Medium,
            0.5,
        ),
        (spells_letters(raw), "letters in the escapes of a script", Severity::Medium, 0.5),
        (part.bit == rule::URL && is_no_text(raw), "bytes that are no text", Severity::Low, 0.35),
        (layers.has(Layers::CONTROL) && part.bit != rule::BODY, "control characters", Severity::Low, 0.5),
    ];
    for (_, sign, severity, confidence) in found.into_iter().filter(|f| f.0) {
        let said = Said { rule: &table::disguise::RULE, sign, severity, confidence: confidence * share };
        tell(said, (part.name, name), raw, layers, case);
    }
}

/// `\\u0061`: punctuation is escaped so by libraries, letters and digits by whoever hides a word.
fn spells_letters(raw: &[u8]) -> bool {
    memchr::memmem::find_iter(raw, b"\\u00").any(|at| {
        let digits = raw.get(at + 4..at + 6).and_then(|d| std::str::from_utf8(d).ok());
        digits.and_then(|d| u8::from_str_radix(d, 16).ok()).is_some_and(|b| b.is_ascii_alphanumeric())
    })
}

/// `%61%6c`: no program escapes what needs no escape. Four are no accident.
fn escapes_letters(raw: &[u8]) -> bool {
    let digit = |at: usize| raw.get(at).and_then(|b| (*b as char).to_digit(16));
    let byte = |at: usize| u8::try_from(digit(at + 1)? << 4 | digit(at + 2)?).ok();
    memchr::memchr_iter(b'%', raw).filter(|at| byte(*at).is_some_and(|b| b.is_ascii_alphanumeric())).nth(3).is_some()
}

/// Decoded, neither UTF-8 nor the letters of an eight-bit or two-byte character set: lone continuation bytes, surrogates,
/// bytes that no encoding has.
fn is_no_text(raw: &[u8]) -> bool {
    if memchr::memchr(b'%', raw).is_none() && raw.is_ascii() {
        return false;
    }
    let bytes = super::decode::percent_once(raw);
    if std::str::from_utf8(&bytes).is_ok() {
        return false;
    }
    let high = |at: usize| bytes.get(at).is_some_and(|b| *b >= 0x80);
    let lone = |at: usize| !high(at + 1) && (at == 0 || !high(at - 1));
    (0..bytes.len()).filter(|at| high(*at)).any(|at| match bytes[at] {
        0xFE | 0xFF if bytes.get(at + 1).is_some_and(|b| *b >= 0xFE) => true,
        // Forms of five and six bytes, of four for what needs less, and beyond the last code point.
        0xF5..=0xFD if (1..=3).all(|n| bytes.get(at + n).is_some_and(|b| (0x80..0xC0).contains(b))) => true,
        0xF0 => bytes.get(at + 1).is_some_and(|b| (0x80..0x90).contains(b)),
        0xF4 => bytes.get(at + 1).is_some_and(|b| (0x90..0xC0).contains(b)),
        0xED if bytes.get(at + 1).is_some_and(|b| *b >= 0xA0 && *b < 0xC0) => true,
        0xC3..=0xDF if lone(at) => bytes.get(at + 1).is_some_and(|b| b.is_ascii_punctuation()),
        0x80..=0x9F => lone(at),
        // No word of one letter in any language that these sets are for.
        0xC1 | 0xF5 | 0xFE | 0xFF => {
            let letter = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_alphabetic);
            lone(at) && !letter(at + 1) && !at.checked_sub(1).is_some_and(letter)
        }
        _ => false,
    })
}

/// Bytes of an eight-bit character set may look like an overlong form; an overlong form has a second byte of the form.
fn is_latin(raw: &[u8]) -> bool {
    let text = raw.to_ascii_lowercase();
    let has = |needle: &[u8]| memchr::memmem::find(&text, needle).is_some();
    let escaped = [b"%c0%8", b"%c0%9", b"%c0%a", b"%c0%b", b"%c1%8", b"%c1%9", b"%c1%a", b"%c1%b", b"%c1%1", b"%c0%2"];
    let bytes = text.windows(2).any(|w| matches!(w, [0xC0 | 0xC1, 0x80..=0xBF]));
    !(bytes || escaped.iter().any(|e| has(*e)) || has(b"%e0%8") || has(b"%e0%9") || has(b"\xe0\x80"))
}

/// Method and headers.
pub(super) fn protocol(request: &Request<'_>, accepted: &RequestSettings, clean: Clean, case: &mut Case<'_>) {
    protocol::look(request, accepted, clean, &mut |said, part, name, matched| {
        tell(said, (part, name.as_bytes()), matched, Layers::default(), case);
    });
}

fn tell(said: Said, place: (&'static str, &[u8]), matched: &[u8], layers: Layers, case: &mut Case<'_>) {
    let Said { rule, sign, severity, confidence } = said;
    let (part, name) = place;
    case.add(&Finding { rule, sign, severity, confidence, kind: Kinds::TYPED, part, name, matched, layers });
}
