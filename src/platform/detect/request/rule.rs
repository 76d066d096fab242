//! What a rule is: data. Each sign has literals for the prefilter, one regular expression that confirms, and samples
//! that a test runs.

use super::decode::Plus;
use crate::api::Severity;

/// One class of attack.
pub(super) struct Rule {
    /// For example `web.sql_injection`.
    pub name: &'static str,
    /// In words.
    pub title: &'static str,
    /// What kind of attack.
    pub class: &'static str,
    /// ATT&CK.
    pub techniques: &'static [&'static str],
    /// What it is recognised by, strongest first.
    pub signs: &'static [Sign],
}

/// One way to recognise it.
pub(super) struct Sign {
    /// In words.
    pub name: &'static str,
    /// Which view of the text it is looked for in.
    pub view: View,
    /// Which parts of the request, a sum of the constants below.
    pub parts: u8,
    /// How serious.
    pub severity: Severity,
    /// 0 to 1; `CERTAIN` and above is an exact indicator.
    pub confidence: f32,
    /// One of these must occur before the expression is tried. Lower case; whitespace is one space.
    pub literals: &'static [&'static str],
    /// Runs over lower-case bytes.
    pub regex: &'static str,
    /// Requests (URL, or agent for signs of agents only) that must hit.
    #[cfg_attr(not(test), expect(dead_code, reason = "samples for the tests"))]
    pub hits: &'static [&'static str],
    /// Requests that must not hit this sign.
    #[cfg_attr(not(test), expect(dead_code, reason = "samples for the tests"))]
    pub passes: &'static [&'static str],
}

/// From this confidence on one request is enough to refuse it.
pub(super) const CERTAIN: f32 = 0.95;

/// Path and query.
pub(super) const URL: u8 = 1;
/// User-Agent.
pub(super) const AGENT: u8 = 2;
/// Cookie.
pub(super) const COOKIE: u8 = 4;
/// Body.
pub(super) const BODY: u8 = 8;
/// Referer.
pub(super) const REFERER: u8 = 16;
/// Any other header.
pub(super) const HEADER: u8 = 32;
/// Added to parts: also where punctuation proves nothing otherwise, in JSON, XML and queries.
pub(super) const SYNTAX: u8 = 64;
/// What an application takes in. A referer is looked at too, but what stands there may be somebody's search phrase or
/// the page before, so it is never certain and counts for less.
pub(super) const INPUT: u8 = URL | AGENT | COOKIE | BODY | HEADER;
/// Where no ordinary text ever looks like it.
pub(super) const ALL: u8 = INPUT | REFERER;

/// A part of a request.
pub(super) struct Part {
    /// What it is called in a hit.
    pub name: &'static str,
    /// One of the constants above.
    pub bit: u8,
    /// What plus signs mean in it.
    pub plus: Plus,
    /// The same texts come again and again: a client says who it is with every request, a site has its pages.
    pub repeats: bool,
}

/// The parts, in the order they are looked at.
pub(super) const PARTS: [Part; 6] = [
    Part { name: "url", bit: URL, plus: Plus::Space, repeats: true },
    Part { name: "agent", bit: AGENT, plus: Plus::Literal, repeats: true },
    Part { name: "referer", bit: REFERER, plus: Plus::SpaceInQuery, repeats: true },
    Part { name: "cookie", bit: COOKIE, plus: Plus::Literal, repeats: false },
    Part { name: "header", bit: HEADER, plus: Plus::Literal, repeats: true },
    Part { name: "body", bit: BODY, plus: Plus::Space, repeats: false },
];

/// How the text was prepared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum View {
    /// Decoded, lower case, one space for any whitespace.
    Plain,
    /// Plain without SQL comments.
    Sql,
    /// Plain with slashes only, no `//`, no `/./`.
    Path,
    /// Plain without quotes, carets and backslashes, `$IFS` as a space: how a shell reads it.
    Shell,
    /// Plain with nested lookups (`${lower:j}`) resolved.
    Lookup,
    /// Plain with its line breaks, where it has any.
    Lines,
}

impl View {
    /// All of them, Plain first.
    pub const ALL: [Self; 6] = [Self::Plain, Self::Sql, Self::Path, Self::Shell, Self::Lookup, Self::Lines];
}
