//! One request, judged by itself: decode it as a browser or server would, prefilter, confirm.
//!
//! The ordinary request pays for one pass of an Aho-Corasick automaton over its raw bytes and nothing else. `rule.rs`
//! says what a rule is, `table/` holds them as data, `decode.rs` undoes disguises, `memo.rs` spares agents and
//! referers that were just looked at. The gate and the pipeline share one inspector.

mod decode;
mod inspector;
mod memo;
mod rule;
mod table;

pub(in crate::platform::detect) use decode::{Plus, plain};
pub use inspector::Inspector;

use crate::api::Severity;

/// What is looked at of a request. Empty where there is none.
#[derive(Debug, Clone, Copy, Default)]
pub struct Request<'a> {
    /// GET, POST ...
    pub method: &'a str,
    /// Path and query, still encoded.
    pub url: &'a str,
    /// User-Agent header.
    pub agent: &'a str,
    /// Referer header.
    pub referer: &'a str,
    /// Cookie header.
    pub cookie: &'a str,
    /// The body, of which the first 64 KiB are looked at.
    pub body: &'a [u8],
}

/// A rule's hit.
#[derive(Debug, Clone, PartialEq)]
pub struct Hit {
    /// For example `web.sql_injection`.
    pub rule: &'static str,
    /// The rule's name in words, with the sign that was found.
    pub title: &'static str,
    /// What kind of attack.
    pub class: &'static str,
    /// How serious.
    pub severity: Severity,
    /// 0 to 1.
    pub confidence: f32,
    /// ATT&CK.
    pub techniques: &'static [&'static str],
    /// Which part of the request: `url`, `agent`, `referer`, `cookie`, `body`.
    pub part: &'static str,
    /// What sign of the rule was found, in words.
    pub sign: &'static str,
    /// The decoded text that matched, at most 160 bytes. Untrusted.
    pub matched: String,
    /// One such request is enough to refuse it.
    pub certain: bool,
}
