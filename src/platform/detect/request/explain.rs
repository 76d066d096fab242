//! What every step made of one request, for people. Costs copies; the inspector fills it only when asked to.

use super::case::excerpt;
use super::{Hit, Layers};

/// Bytes of a text that are kept.
const TEXT_MAX: usize = 2048;
/// Texts that are kept.
const LOOKED_MAX: usize = 512;

/// Everything that was done to judge one request.
#[derive(Debug, Clone, Default)]
pub struct Trace {
    /// The texts that were looked at, in order.
    pub looked: Vec<Looked>,
    /// What was found.
    pub hits: Vec<Hit>,
}

/// One text that was looked at. Everything in it but the signs is untrusted.
#[derive(Debug, Clone)]
pub struct Looked {
    /// `url`, `header` ...
    pub part: &'static str,
    /// Parameter, field, header; empty for a part as a whole.
    pub name: String,
    /// As it came, at most 2 KiB.
    pub raw: String,
    /// Without its disguises, at most 2 KiB; none if the first pass over the raw bytes was enough.
    pub decoded: Option<String>,
    /// What was taken off.
    pub layers: Layers,
    /// Signs of which a literal was there: rule and sign.
    pub signs: Vec<(&'static str, &'static str)>,
    /// What typed detectors, lexer and classifier said.
    pub opinions: Vec<String>,
}

impl Trace {
    /// Keeps one more text.
    pub(super) fn note(&mut self, looked: Looked) {
        if self.looked.len() < LOOKED_MAX {
            self.looked.push(looked);
        }
    }
}

impl Looked {
    pub(super) fn new(
        part: &'static str,
        name: &[u8],
        raw: &[u8],
        decoded: Option<(&[u8], Layers)>,
        signs: Vec<(&'static str, &'static str)>,
    ) -> Self {
        Self {
            part,
            name: excerpt(name, TEXT_MAX),
            raw: excerpt(raw, TEXT_MAX),
            decoded: decoded.map(|(text, _)| excerpt(text, TEXT_MAX)),
            layers: decoded.map(|(_, layers)| layers).unwrap_or_default(),
            signs,
            opinions: Vec::new(),
        }
    }
}
