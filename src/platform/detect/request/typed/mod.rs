//! Typed detectors: what no pattern sees. Addresses inside values in any spelling, headers and methods that no ordinary
//! client sends, encodings whose only use is to hide something.

mod host;
mod protocol;
mod upload;

pub(super) use host::wants_address;

use super::case::{Case, Finding};
use super::layers::Layers;
use super::rule::{self, Part, Rule};
use super::table;
use super::{Kinds, Request};
use crate::api::Severity;

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
    let nul = layers.has(Layers::NUL) && part.bit & (rule::URL | rule::COOKIE | rule::HEADER) != 0;
    let found = [
        (layers.has(Layers::OVERLONG) && !is_latin(raw), "overlong UTF-8", Severity::High, 0.9),
        (layers.percents() >= 3, "percent signs encoded three times or more", Severity::Medium, 0.7),
        (nul, "NUL", Severity::High, 0.85),
        (layers.has(Layers::CONTROL) && part.bit != rule::BODY, "control characters", Severity::Low, 0.5),
    ];
    for (_, sign, severity, confidence) in found.into_iter().filter(|f| f.0) {
        let said = Said { rule: &table::disguise::RULE, sign, severity, confidence: confidence * share };
        tell(said, (part.name, name), raw, layers, case);
    }
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
pub(super) fn protocol(request: &Request<'_>, case: &mut Case<'_>) {
    protocol::look(request, &mut |said, part, name, matched| {
        tell(said, (part, name.as_bytes()), matched, Layers::default(), case);
    });
}

fn tell(said: Said, place: (&'static str, &[u8]), matched: &[u8], layers: Layers, case: &mut Case<'_>) {
    let Said { rule, sign, severity, confidence } = said;
    let (part, name) = place;
    case.add(&Finding { rule, sign, severity, confidence, kind: Kinds::TYPED, part, name, matched, layers });
}
