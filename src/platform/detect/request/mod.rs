//! One request, judged by itself: decode it as a browser or server would, prefilter, confirm.
//!
//! The ordinary request pays for one pass of an Aho-Corasick automaton over its raw bytes and nothing else. `rule.rs`
//! says what a rule is, `table/` holds them as data, `decode.rs` and `view.rs` undo disguises, `leaf.rs` takes a part
//! apart into values, `typed/` sees what no pattern can, `lexer.rs` asks for a second opinion, `memo.rs` spares texts
//! that were just looked at. The gate and the pipeline share one inspector; `explain.rs` shows its work.

mod base64;
mod byte;
mod case;
mod decode;
mod explain;
mod inspector;
mod layers;
mod leaf;
mod lexer;
mod memo;
mod model;
mod prefilter;
mod rich;
mod rule;
mod speech;
pub mod split;
mod table;
mod typed;
mod view;

pub(in crate::platform::detect) use decode::{Plus, plain};
pub use explain::{Looked, Trace};
pub use inspector::{BODY_MAX, Inspector};
pub use layers::Layers;

use crate::api::Severity;
use crate::config::RequestSettings;

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
    /// The name a client gave for itself (HTTP authentication), as a log tells of it.
    pub user: &'a str,
    /// Cookie header.
    pub cookie: &'a str,
    /// Other headers by name, of which the first 64 are looked at. Credentials need not be among them.
    pub headers: &'a [(&'a str, &'a str)],
    /// Content-Type header; says how the body is taken apart.
    pub content_type: &'a str,
    /// The body, of which the first 64 KiB are looked at.
    pub body: &'a [u8],
}

/// What kinds of evidence stand behind a hit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Kinds(u8);

impl Kinds {
    /// A pattern of a rule.
    pub const RULE: Self = Self(1);
    /// A typed detector: an address, a header, an encoding.
    pub const TYPED: Self = Self(2);
    /// A lexer that reads the value as SQL or HTML would be read.
    pub const LEXER: Self = Self(4);
    /// The request classifier.
    pub const MODEL: Self = Self(8);

    fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// How many kinds agree.
    #[must_use]
    pub fn count(self) -> u32 {
        self.0.count_ones()
    }

    /// Whether one is among them.
    #[must_use]
    pub fn has(self, kind: Self) -> bool {
        self.0 & kind.0 != 0
    }

    /// `rule`, `typed`, `lexer`, `model`.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        [(Self::RULE, "rule"), (Self::TYPED, "typed"), (Self::LEXER, "lexer"), (Self::MODEL, "model")]
            .into_iter()
            .filter(move |(kind, _)| self.has(*kind))
            .map(|(_, name)| name)
    }
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
    /// Which part of the request: `method`, `url`, `agent`, `referer`, `cookie`, `header`, `body`.
    pub part: &'static str,
    /// The parameter, header or field it was found in, where there is one; at most 64 bytes. Untrusted.
    pub name: String,
    /// What sign of the rule was found, in words.
    pub sign: &'static str,
    /// The decoded text that matched, at most 160 bytes. Untrusted.
    pub matched: String,
    /// What had to be taken off to see it.
    pub layers: Layers,
    /// The kinds of evidence that agree.
    pub kinds: Kinds,
    /// One such request is enough to refuse it.
    pub certain: bool,
}

impl Hit {
    /// Where it was found and how deep, for example `url, parameter "q", under percent twice`. Untrusted.
    #[must_use]
    pub fn place(&self) -> String {
        let mut place = self.part.to_owned();
        if !self.name.is_empty() {
            let what = match self.part {
                "header" => "",
                "cookie" => "",
                "body" => "field ",
                _ => "parameter ",
            };
            place = format!("{place}{} {what}\"{}\"", if what.is_empty() { "" } else { "," }, self.name);
        }
        if !self.layers.is_empty() {
            place = format!("{place}, under {}", self.layers.names().collect::<Vec<_>>().join(", "));
        }
        place
    }
}
