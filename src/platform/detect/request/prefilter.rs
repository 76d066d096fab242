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

/// Literals of ordinary text. They count only once something else made a text worth decoding, or else every address
/// with two parameters and every browser's name would be.
const QUIET: [&str; 24] = [
    "1", "2", "3", "5", ".txt", ".sh", ".conf", " 1", " 2", "&", "=", "/", ".", "-", "_", "on", "file", "window",
    "script", " like ", "com.", "/?", "/*/", "; .",
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
        let build = || RegexBuilder::new(self.sign.regex).unicode(false).size_limit(REGEX_BYTES).build().ok();
        self.regex.get_or_init(build).as_ref()
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
            for word in sign.literals {
                let literal = *known.entry(*word).or_insert_with(|| {
                    words.push(word);
                    all.literals.push((Signs::NONE, !QUIET.contains(word)));
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

#[cfg(test)]
pub(super) fn sizes() {
    let mut by: std::collections::BTreeMap<&str, Vec<&str>> = std::collections::BTreeMap::new();
    let mut all = Vec::new();
    for (i, rule) in table::RULES.iter().enumerate() { for s in rule.signs { for l in s.literals { all.push((i, s.name, *l)); } } }
    let states = |cut: usize| { let mut set = std::collections::HashSet::new(); for (_, _, l) in &all { for n in 1..=l.len().min(cut) { set.insert(&l.as_bytes()[..n]); } } set.len() };
    for cut in [4, 5, 6, 7, 8, 10, 12, 16, 99] { println!("cut {cut}: {} states", states(cut)); }
    for (_, name, l) in &all { by.entry(name).or_default().push(l); }
    let mut v: Vec<_> = by.iter().map(|(n, l)| { let mut set = std::collections::HashSet::new(); for l in l { for n in 1..=l.len() { set.insert(&l.as_bytes()[..n]); } } (set.len(), *n, l.len()) }).collect();
    v.sort(); v.reverse();
    for x in v.iter().take(40) { println!("{x:?}"); }
    let mut bytes = [false; 256]; for (_, _, l) in &all { for b in l.bytes() { bytes[b as usize] = true; } }
    println!("classes {} {:?}", bytes.iter().filter(|b| **b).count(), String::from_utf8_lossy(&(0..=255u8).filter(|b| bytes[*b as usize]).collect::<Vec<_>>()));
}
#[cfg(test)]
#[test]
fn print_sizes() { sizes(); }
