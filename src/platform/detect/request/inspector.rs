//! The inspector: prefilter, decode, confirm. One hit per rule and request, the strongest.

use super::decode::{self, Plus};
use super::rule::{self, CERTAIN, Rule, Sign, View};
use super::{Hit, Request, memo, table};
use aho_corasick::{AhoCorasick, AhoCorasickKind, Anchored, Input, MatchKind, StartKind};
use regex::bytes::Regex;

/// Bytes of a body that are looked at.
const BODY_MAX: usize = 64 * 1024;
/// Bytes of a match that are reported.
const MATCH_MAX: usize = 160;
/// What a sign in a referer is worth.
const REFERER_SHARE: f32 = 0.6;

/// One bit per sign.
type Signs = u128;

/// Judges requests. Stateless (but for a memory of clean texts, see `memo.rs`) and shareable; building one costs some milliseconds.
pub struct Inspector {
    prefilter: Option<AhoCorasick>,
    /// Signs of each literal.
    literals: Vec<Signs>,
    signs: Vec<Compiled>,
    /// Signs looked for in each view.
    views: [Signs; View::ALL.len()],
    /// Signs looked for in each part.
    parts: [Signs; PARTS.len()],
}

/// A part of a request: its name, its bit, what plus signs mean in it.
const PARTS: [(&str, u8, Plus); 5] = [
    ("url", rule::URL, Plus::SpaceInQuery),
    ("agent", rule::AGENT, Plus::Literal),
    ("referer", rule::REFERER, Plus::SpaceInQuery),
    ("cookie", rule::COOKIE, Plus::Literal),
    ("body", rule::BODY, Plus::Space),
];

/// Parts that say the same with every request of a client.
const REPEATING: [u8; 2] = [rule::AGENT, rule::REFERER];

struct Compiled {
    rule: &'static Rule,
    sign: &'static Sign,
    regex: Regex,
}

impl Default for Inspector {
    fn default() -> Self {
        Self::new()
    }
}

impl Inspector {
    /// Compiles all rules.
    #[must_use]
    pub fn new() -> Self {
        let mut words: Vec<&'static str> = Vec::new();
        let mut literals: Vec<Signs> = Vec::new();
        let mut signs: Vec<Compiled> = Vec::new();
        let mut views = [0; View::ALL.len()];
        let mut parts = [0; PARTS.len()];
        for rule in table::RULES {
            for sign in rule.signs {
                // Every expression compiles: a test runs each on its samples.
                let Ok(regex) = regex::bytes::RegexBuilder::new(sign.regex).unicode(false).build() else { continue };
                let bit: Signs = 1 << signs.len();
                views[sign.view as usize] |= bit;
                for (signs, (_, part, _)) in parts.iter_mut().zip(PARTS) {
                    *signs |= if looked_for(sign, part) { bit } else { 0 };
                }
                for word in sign.literals {
                    match words.iter().position(|w| w == word) {
                        Some(at) => literals[at] |= bit,
                        None => {
                            words.push(word);
                            literals.push(bit);
                        }
                    }
                }
                signs.push(Compiled { rule, sign, regex });
            }
        }
        let prefilter = AhoCorasick::builder()
            .kind(Some(AhoCorasickKind::DFA))
            .start_kind(StartKind::Unanchored)
            .match_kind(MatchKind::Standard)
            .ascii_case_insensitive(true)
            .prefilter(false)
            .build(&words)
            .ok();
        Self { prefilter, literals, signs, views, parts }
    }

    /// Appends the hits of one request: at most one per rule.
    pub fn inspect(&self, request: &Request<'_>, out: &mut Vec<Hit>) {
        let start = out.len();
        let body = &request.body[..request.body.len().min(BODY_MAX)];
        let texts = [request.url, request.agent, request.referer, request.cookie].map(str::as_bytes);
        for (part, raw) in texts.into_iter().chain([body]).enumerate() {
            if raw.len() <= 1 {
                continue;
            }
            // What an earlier part proves leaves signs unasked: then a part without a hit of its own proves nothing.
            let remembered = REPEATING.contains(&PARTS[part].1) && out.len() == start;
            if remembered && memo::is_clean(part, raw) {
                continue;
            }
            self.part(part, raw, out, start);
            if remembered && out.len() == start {
                memo::note_clean(part, raw);
            }
        }
    }

    fn part(&self, part: usize, raw: &[u8], out: &mut Vec<Hit>, start: usize) {
        let (_, bit, plus) = PARTS[part];
        let disguised = decode::is_disguised(raw, plus) || bit == rule::URL && decode::is_roundabout(raw);
        if !disguised && self.scan(raw) & self.parts[part] == 0 {
            return;
        }
        let plain = decode::plain(raw, plus);
        let found = self.scan(&plain);
        for view in View::ALL {
            let owned = decode::view(&plain, view);
            let text = owned.as_deref().unwrap_or(&plain);
            let found = if owned.is_some() { self.scan(text) } else { found };
            self.confirm(found & self.views[view as usize] & self.parts[part], text, part, out, start);
        }
    }

    /// Which signs have a literal in the text.
    fn scan(&self, text: &[u8]) -> Signs {
        let Some(prefilter) = &self.prefilter else { return Signs::MAX };
        let mut found = 0;
        let input = Input::new(text).anchored(Anchored::No);
        if let Ok(matches) = prefilter.try_find_overlapping_iter(input) {
            for m in matches {
                found |= self.literals[m.pattern().as_usize()];
            }
        }
        found
    }

    fn confirm(&self, mut found: Signs, text: &[u8], part: usize, out: &mut Vec<Hit>, start: usize) {
        let (name, bit, _) = PARTS[part];
        while found != 0 {
            let at = found.trailing_zeros() as usize;
            found &= found - 1;
            let Some(Compiled { rule, sign, regex }) = self.signs.get(at) else { continue };
            let foreign = sign.parts & bit == 0;
            let confidence = if foreign { sign.confidence * REFERER_SHARE } else { sign.confidence };
            let known = out[start..].iter().position(|h| h.rule == rule.name).map(|i| i + start);
            if known.is_some_and(|i| out[i].confidence >= confidence) {
                continue;
            }
            let Some(m) = regex.find(text) else { continue };
            let hit = Hit {
                rule: rule.name,
                title: rule.title,
                class: rule.class,
                severity: sign.severity.clone(),
                confidence,
                techniques: rule.techniques,
                part: name,
                sign: sign.name,
                matched: excerpt(m.as_bytes()),
                certain: confidence >= CERTAIN,
            };
            match known {
                Some(i) => out[i] = hit,
                None => out.push(hit),
            }
        }
    }
}

/// Whether a sign is looked for in a part. In a referer the clearer signs of input are, too, for less.
fn looked_for(sign: &Sign, part: u8) -> bool {
    sign.parts & part != 0 || part == rule::REFERER && sign.parts & rule::URL != 0 && sign.confidence >= 0.8
}

fn excerpt(bytes: &[u8]) -> String {
    String::from_utf8_lossy(&bytes[..bytes.len().min(MATCH_MAX)]).into_owned()
}

#[cfg(test)]
mod tests;
