//! Which filters are worth asking of an event: one automaton per kind of text and one lookup per kind of value, however
//! many filters there are.

use super::row::Row;
use super::witness::{Atom, EXACT, Haystack, Witness};
use crate::platform::keyed::Keys;
use crate::query::{Fields, Value};
use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind, StartKind};
use std::collections::{BTreeMap, HashMap};
use std::sync::LazyLock;

/// Filters by what an event must have for them.
#[derive(Default)]
pub struct Index {
    /// Asked of every event.
    always: Vec<u32>,
    texts: Vec<Text>,
    values: Vec<(&'static str, Values)>,
}

/// Filters by the folded value of a field.
type Values = HashMap<u64, Vec<u32>, Keys>;

struct Text {
    place: Haystack,
    automaton: AhoCorasick,
    /// Filters of each literal.
    filters: Vec<Vec<u32>>,
}

/// Literals in all from which on a table of all states would grow too large.
const DFA_BYTES_MAX: usize = 96 * 1024;

impl Index {
    /// An index over filters, by number.
    #[must_use]
    pub fn new(filters: impl IntoIterator<Item = (u32, Witness)>) -> Self {
        let mut index = Self::default();
        let mut texts: BTreeMap<Haystack, BTreeMap<String, Vec<u32>>> = BTreeMap::new();
        let mut values: BTreeMap<usize, Values> = BTreeMap::new();
        for (id, witness) in filters {
            let Some(atoms) = witness else {
                index.always.push(id);
                continue;
            };
            for atom in atoms {
                let ids = match atom {
                    Atom::Literal(place, text) => texts.entry(place).or_default().entry(text).or_default(),
                    Atom::Exact(field, text) => {
                        values.entry(field).or_default().entry(folded(text.as_bytes())).or_default()
                    }
                };
                if ids.last() != Some(&id) {
                    ids.push(id);
                }
            }
        }
        for (place, literals) in texts {
            let (words, filters): (Vec<String>, Vec<Vec<u32>>) = literals.into_iter().unzip();
            match automaton(&words) {
                Some(automaton) => index.texts.push(Text { place, automaton, filters }),
                None => index.always.extend(filters.into_iter().flatten()),
            }
        }
        index.values = values.into_iter().map(|(field, map)| (EXACT[field], map)).collect();
        index
    }

    /// True when no filter is in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.always.is_empty() && self.texts.is_empty() && self.values.is_empty()
    }

    /// Calls `found` with the filters that may match; a filter may come more than once.
    pub fn candidates(&self, row: &Row<'_>, memo: &mut Memo, found: &mut impl FnMut(u32)) {
        self.always.iter().for_each(|id| found(*id));
        for (field, map) in &self.values {
            let key = match row.field(field) {
                Value::Text(text) | Value::Word(text) => folded(text.as_bytes()),
                Value::Number(n) => COUNTED.get(n as usize).copied().unwrap_or_else(|| decimal(n)),
                _ => continue,
            };
            if let Some(ids) = map.get(&key) {
                ids.iter().for_each(|id| found(*id));
            }
        }
        for text in &self.texts {
            let Value::Text(hay) = row.field(text.place.field()) else { continue };
            match text.place {
                Haystack::Url | Haystack::Agent | Haystack::Referer => {
                    for id in memo.get(text.place, hay, || text.all(hay)) {
                        found(*id);
                    }
                }
                _ => text.search(hay, found),
            }
        }
    }
}

impl Text {
    fn search(&self, hay: &str, found: &mut impl FnMut(u32)) {
        for m in self.automaton.find_overlapping_iter(hay) {
            self.filters[m.pattern().as_usize()].iter().for_each(|id| found(*id));
        }
    }

    /// Each filter once, in the order in which they are found.
    fn all(&self, hay: &str) -> Box<[u32]> {
        let mut ids = Vec::new();
        self.search(hay, &mut |id| {
            if !ids.contains(&id) {
                ids.push(id);
            }
        });
        ids.into()
    }
}

fn automaton(words: &[String]) -> Option<AhoCorasick> {
    let small = words.iter().map(String::len).sum::<usize>() <= DFA_BYTES_MAX;
    AhoCorasick::builder()
        .kind(small.then_some(AhoCorasickKind::DFA))
        .start_kind(StartKind::Unanchored)
        .match_kind(MatchKind::Standard)
        .ascii_case_insensitive(true)
        .prefilter(words.len() <= 4)
        .build(words)
        .ok()
}

/// A hash of a text, upper and lower case alike. Equal hashes only cost asking a filter in vain.
fn folded(text: &[u8]) -> u64 {
    const FOLD: u64 = 0x2020_2020_2020_2020;
    let (words, rest) = text.as_chunks::<8>();
    let mut last = [0; 8];
    last[..rest.len()].copy_from_slice(rest);
    words.iter().chain([&last]).fold(text.len() as u64, |hash, word| {
        (hash.rotate_left(5) ^ (u64::from_le_bytes(*word) | FOLD)).wrapping_mul(0x517c_c1b7_2722_0a95)
    })
}

/// What [`decimal`] makes of the numbers that answers have.
static COUNTED: LazyLock<[u64; 600]> = LazyLock::new(|| std::array::from_fn(|n| decimal(n as f64)));

/// The same for a whole number, as if it were written out.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "bounded before")]
fn decimal(number: f64) -> u64 {
    let mut digits = [0u8; 20];
    let mut rest = number.clamp(0.0, 1e18) as u64;
    let mut at = digits.len();
    loop {
        at -= 1;
        digits[at] = b'0' + (rest % 10) as u8;
        rest /= 10;
        if rest == 0 {
            return folded(&digits[at..]);
        }
    }
}

/// Pages, agents and referers come again and again: what was found in the last ones.
pub struct Memo {
    slots: Vec<Option<Remembered>>,
}

struct Remembered {
    place: Haystack,
    text: Box<str>,
    ids: Box<[u32]>,
}

/// Texts remembered, in sets of [`WAYS`]: a text displaces the one that its set took in longest ago.
const SLOTS: usize = 4_096;
const WAYS: usize = 4;
/// Longer texts are searched anew.
const TEXT_MAX: usize = 512;

impl Default for Memo {
    fn default() -> Self {
        Self { slots: (0..SLOTS).map(|_| None).collect() }
    }
}

impl Memo {
    fn get(&mut self, place: Haystack, text: &str, search: impl FnOnce() -> Box<[u32]>) -> &[u32] {
        let first = (folded(text.as_bytes()) >> 32) as usize % (SLOTS / WAYS) * WAYS;
        let set = &mut self.slots[first..first + WAYS];
        let is_it = |r: &Remembered| r.place == place && *r.text == *text;
        let known = set.iter().position(|slot| slot.as_ref().is_some_and(is_it));
        let at = known.unwrap_or_else(|| {
            set.rotate_right(1);
            let text = if text.len() <= TEXT_MAX { text.into() } else { "".into() };
            set[0] = Some(Remembered { place, text, ids: search() });
            0
        });
        set[at].as_ref().map_or(&[], |r| &r.ids)
    }
}
