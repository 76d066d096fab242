//! The prefilter: one automaton over the literals of all signs, one bit per sign.

use super::rule::{self, Rule, Sign, View};
use super::table;
use aho_corasick::{AhoCorasick, AhoCorasickKind, Anchored, Input, MatchKind, StartKind};
use regex::bytes::{Regex, RegexBuilder};
use std::sync::OnceLock;

/// Words of 64 signs.
const WORDS: usize = 6;
/// Memory one expression may need, in bytes.
const REGEX_BYTES: usize = 4 << 20;
/// Memory its automaton may grow to in use, in bytes: with the usual half of it some forget their states again and again
/// and spend most of their time on making them anew.
const STATES_BYTES: usize = 4 << 20;

/// Bytes of a literal that the automaton looks for. A literal only says where to look closer, and what is longer is as
/// rare without its end: every byte more is a state of half a kilobyte.
const LITERAL_MAX: usize = 10;

/// Literals of ordinary text. They count only once something else made a text worth decoding, or else every address
/// with two parameters and every browser's name would be.
const QUIET: [&str; 35] = [
    "1",
    "2",
    "3",
    "5",
    ".txt",
    ".sh",
    ".conf",
    " 1",
    " 2",
    "&",
    "=",
    "/",
    ".",
    "-",
    "_",
    "on",
    "file",
    "window",
    "script",
    " like ",
    "com.",
    "/?",
    "/*/",
    "; .",
    " is ",
    " match ",
    " contains ",
    " true",
    " false",
    " overlaps",
    "=all",
    "img",
    "svg",
    "href",
    "body",
];

/// A set of signs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Signs([u64; WORDS]);

impl Signs {
    pub const NONE: Self = Self([0; WORDS]);
    const ALL: Self = Self([u64::MAX; WORDS]);
    /// How many fit.
    #[cfg(test)]
    pub const CAPACITY: usize = WORDS * 64;

    fn insert(&mut self, at: usize) {
        if let Some(word) = self.0.get_mut(at / 64) {
            *word |= 1 << (at % 64);
        }
    }

    fn add(&mut self, other: &Self) {
        for (a, b) in self.0.iter_mut().zip(&other.0) {
            *a |= b;
        }
    }

    pub fn and(mut self, other: &Self) -> Self {
        for (a, b) in self.0.iter_mut().zip(&other.0) {
            *a &= b;
        }
        self
    }

    pub fn is_empty(&self) -> bool {
        self.0.iter().fold(0, |all, word| all | word) == 0
    }

    /// Their numbers, lowest first.
    pub fn iter(self) -> impl Iterator<Item = usize> {
        self.0.into_iter().enumerate().flat_map(|(at, mut word)| {
            std::iter::from_fn(move || {
                let bit = word.trailing_zeros() as usize;
                (word != 0).then(|| {
                    word &= word - 1;
                    at * 64 + bit
                })
            })
        })
    }
}

/// A sign with its expression, which is compiled when it is first needed: most never are.
pub(super) struct Compiled {
    pub rule: &'static Rule,
    pub sign: &'static Sign,
    regex: OnceLock<Option<Regex>>,
}

impl Compiled {
    /// The expression. There is none if it cannot be compiled: a test compiles all.
    pub fn regex(&self) -> Option<&Regex> {
        let build = || {
            let mut builder = RegexBuilder::new(self.sign.regex);
            builder.unicode(false).size_limit(REGEX_BYTES).dfa_size_limit(STATES_BYTES).build().ok()
        };
        self.regex.get_or_init(build).as_ref()
    }

    #[cfg(test)]
    pub fn is_ready(&self) -> bool {
        self.regex.get().is_some()
    }
}

pub(super) struct Prefilter {
    automaton: Option<AhoCorasick>,
    /// Signs of each literal, and whether it is enough to look closer.
    literals: Vec<(Signs, bool)>,
    pub signs: Vec<Compiled>,
    /// Signs looked for in each view.
    pub views: [Signs; View::ALL.len()],
    /// Signs looked for in each part.
    pub parts: [Signs; rule::PARTS.len()],
}

impl Prefilter {
    /// Compiles all rules.
    pub fn new() -> Self {
        let mut words: Vec<&'static str> = Vec::new();
        let mut known = std::collections::HashMap::new();
        let mut all = Self {
            automaton: None,
            literals: Vec::new(),
            signs: Vec::new(),
            views: [Signs::NONE; View::ALL.len()],
            parts: [Signs::NONE; rule::PARTS.len()],
        };
        for (rule, sign) in table::RULES.iter().flat_map(|rule| rule.signs.iter().map(move |sign| (*rule, sign))) {
            let at = all.signs.len();
            all.views[sign.view as usize].insert(at);
            for (signs, part) in all.parts.iter_mut().zip(&rule::PARTS) {
                if looked_for(sign, part.bit) {
                    signs.insert(at);
                }
            }
            for word in sign.literals.iter().map(|word| word.get(..LITERAL_MAX).unwrap_or(word)) {
                let literal = *known.entry(word).or_insert_with(|| {
                    words.push(word);
                    all.literals.push((Signs::NONE, !QUIET.contains(&word)));
                    words.len() - 1
                });
                all.literals[literal].0.insert(at);
            }
            all.signs.push(Compiled { rule, sign, regex: OnceLock::new() });
        }
        all.automaton = AhoCorasick::builder()
            .kind(Some(AhoCorasickKind::DFA))
            .start_kind(StartKind::Unanchored)
            .match_kind(MatchKind::Standard)
            .ascii_case_insensitive(true)
            .prefilter(false)
            .build(&words)
            .ok();
        all
    }

    /// Which signs have a literal in the text.
    pub fn scan(&self, text: &[u8]) -> Signs {
        self.found(text, true)
    }

    /// Whether a text of this part, as it came, is worth decoding.
    pub fn wakes(&self, text: &[u8], part: usize) -> bool {
        !self.found(text, false).and(&self.parts[part]).is_empty()
    }

    fn found(&self, text: &[u8], quiet: bool) -> Signs {
        let Some(automaton) = &self.automaton else { return Signs::ALL };
        let mut found = Signs::NONE;
        let input = Input::new(text).anchored(Anchored::No);
        if let Ok(matches) = automaton.try_find_overlapping_iter(input) {
            for m in matches {
                let (signs, wakes) = &self.literals[m.pattern().as_usize()];
                if quiet || *wakes {
                    found.add(signs);
                }
            }
        }
        found
    }

    /// Bytes the automaton takes.
    #[cfg(test)]
    pub fn memory(&self) -> (usize, usize) {
        (self.literals.len(), self.automaton.as_ref().map_or(0, AhoCorasick::memory_usage))
    }
}

/// Whether a sign is looked for in a part. In a referer the clearer signs of input are, too, for less.
fn looked_for(sign: &Sign, part: u8) -> bool {
    sign.parts & part != 0 || part == rule::REFERER && sign.parts & rule::URL != 0 && sign.confidence >= 0.8
}
