//! Inspections: what every step of the detectors made of one request.

use super::Severity;
use crate::text::Untrusted;
use serde::{Deserialize, Serialize};

/// One request, judged and explained.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Inspection {
    /// GET, POST ...
    pub method: Untrusted,
    /// Path and query, as sent.
    pub url: Untrusted,
    /// The texts that were looked at, in order.
    pub texts: Vec<InspectedText>,
    /// What was found; at most one hit per rule.
    pub hits: Vec<InspectedHit>,
    /// Whether a gate would refuse it, with the reason; none if it would pass.
    pub refused: Option<Untrusted>,
}

/// A text of a request that was looked at.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct InspectedText {
    /// `url`, `agent`, `referer`, `cookie`, `header` or `body`.
    pub part: String,
    /// Parameter, field or header; empty for a part as a whole.
    pub name: Untrusted,
    /// As it came, at most 2 KiB.
    pub raw: Untrusted,
    /// Without its disguises, at most 2 KiB; none if the first pass was enough.
    pub decoded: Option<Untrusted>,
    /// What was taken off, outermost first.
    pub layers: Vec<String>,
    /// Signs of which a literal was there: `rule: sign`.
    pub prefilter: Vec<String>,
    /// What typed detectors, lexer and classifier said of a value.
    pub opinions: Vec<String>,
}

/// Something that was found in a request.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct InspectedHit {
    /// For example `web.xss`.
    pub rule: String,
    /// What kind of attack.
    pub class: String,
    /// What it was recognised by.
    pub sign: String,
    /// How serious.
    pub severity: Severity,
    /// 0 to 1.
    pub confidence: f32,
    /// Kinds of evidence that agree: `rule`, `typed`, `lexer`, `model`.
    pub kinds: Vec<String>,
    /// Enough to refuse the request.
    pub certain: bool,
    /// Where, and under what.
    pub place: Untrusted,
    /// The decoded text that matched.
    pub matched: Untrusted,
}
