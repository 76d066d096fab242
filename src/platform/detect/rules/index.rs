//! Which filters are worth asking of an event: one automaton per kind of text and one lookup per kind of value, however
//! many filters there are.

use super::row::Row;
use super::witness::{Atom, EXACT, Haystack, LOOKS, Look, Witness};
use crate::platform::keyed::{self, Keys};
use crate::query::Value;
use crate::query::row::path;
use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind, StartKind};
use std::collections::{BTreeMap, HashMap};
use std::sync::LazyLock;

/// Filters by what an event must have for them.
#[derive(Default)]
pub struct Index {
    /// Which of several it is: they share what is remembered of texts.
    nth: u64,
    /// Asked of every event.
    always: Vec<u32>,
    /// By the method and by the status.
    pair: [Values; 2],
    /// By the path, which is part of the URL.
    paths: Values,
    values: Vec<(Look, Values)>,
    texts: Vec<Text>,
}

/// The keys of a method and of a status.
pub type Asked = [Option<u64>; 2];

/// An event's method and status, and what they say of a filter.
pub struct Pair<O, L> {
    /// Their keys.
    pub keys: Asked,
    /// Whether these two let a filter match at all.
    pub open: O,
    /// Whether a filter matches, if that is the same for all events with this status and this URL.
    pub lasting: L,
}

/// The fields of a [`Pair`].
const PAIR: [&str; 2] = ["method", "status"];

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
    /// An index over filters, by number; `nth` among those that one [`Memo`] serves.
    #[must_use]
    pub fn new(nth: u64, filters: impl IntoIterator<Item = (u32, Witness)>) -> Self {
        let mut index = Self { nth, ..Self::default() };
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
        let mut of = |name| EXACT.iter().position(|f| *f == name).and_then(|at| values.remove(&at)).unwrap_or_default();
        index.pair = PAIR.map(&mut of);
        index.paths = of("path");
        index.values = values.into_iter().map(|(field, map)| (LOOKS[field], map)).collect();
        index
    }

    /// True when no filter is in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        let maps = self.values.iter().map(|(_, map)| map).chain(&self.pair).chain([&self.paths]);
        self.always.is_empty() && self.texts.is_empty() && maps.into_iter().all(HashMap::is_empty)
    }

    /// Calls `found` with the filters that may match; a filter may come more than once. What comes by the URL and has a
    /// lasting answer does match, and `found` is told so.
    pub fn candidates(
        &self,
        row: &Row<'_>,
        pair: Pair<impl Fn(u32) -> bool, impl Fn(u32) -> Option<bool>>,
        memo: &mut Memo,
        found: &mut impl FnMut(u32, bool),
    ) {
        let Pair { keys, open, lasting } = pair;
        let mut ask = |id: &u32| found(*id, false);
        self.always.iter().for_each(&mut ask);
        let url = Haystack::Url.text(row);
        // With a URL what has a lasting answer is left to it.
        let search = || self.of_pair(keys).filter(|id| open(*id) && (url.is_none() || lasting(*id).is_none()));
        memo.pair(2 * self.nth + u64::from(url.is_some()), keys, || once(search())).iter().for_each(&mut ask);
        for (look, map) in &self.values {
            if let Some(ids) = key(look(row)).and_then(|key| map.get(&key)) {
                ids.iter().for_each(&mut ask);
            }
        }
        if let Some(url) = url {
            let by_pair = self.of_pair(keys).filter(|id| lasting(*id).is_some());
            let search = || once(by_pair.chain(self.of_url(url)).filter(|id| open(*id) && lasting(*id) != Some(false)));
            let all = memo.text(mixed(self.nth, keys), Haystack::Url, row, url, search);
            all.iter().for_each(|id| found(*id, true));
        }
        let mut ask = |id: u32| found(id, false);
        for text in &self.texts {
            let Some(hay) = text.place.text(row) else { continue };
            match text.place {
                Haystack::Url => {}
                Haystack::Agent | Haystack::Referer => {
                    memo.text(self.nth, text.place, row, hay, || once(text.all(hay))).iter().for_each(|id| ask(*id));
                }
                _ => text.all(hay).for_each(&mut ask),
            }
        }
    }

    /// What is to be asked of all events with this method and this status.
    fn of_pair(&self, keys: Asked) -> impl Iterator<Item = u32> {
        self.pair.iter().zip(keys).filter_map(|(map, key)| map.get(&key?)).flatten().copied()
    }

    /// And with this URL.
    fn of_url(&self, url: &str) -> impl Iterator<Item = u32> {
        let of_path = self.paths.get(&folded(path(url).as_bytes())).into_iter().flatten().copied();
        let text = self.texts.iter().find(|text| text.place == Haystack::Url);
        of_path.chain(text.into_iter().flat_map(|text| text.all(url)))
    }
}

/// An index and a pair as one number.
fn mixed(nth: u64, [method, status]: Asked) -> u64 {
    let both = method.unwrap_or_default() ^ status.unwrap_or_default().rotate_left(32);
    (both ^ nth).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

/// Each filter once, in the order in which they are found.
fn once(found: impl Iterator<Item = u32>) -> Box<[u32]> {
    let mut ids = Vec::new();
    found.for_each(|id| {
        if !ids.contains(&id) {
            ids.push(id);
        }
    });
    ids.into()
}

impl Text {
    fn all(&self, hay: &str) -> impl Iterator<Item = u32> {
        let matches = self.automaton.find_overlapping_iter(hay);
        matches.flat_map(|m| &self.filters[m.pattern().as_usize()]).copied()
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

/// What a value is looked up by; nothing for what is not looked up.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a negative number counts as none")]
pub fn key(value: Value<'_>) -> Option<u64> {
    match value {
        Value::Text(text) | Value::Word(text) => Some(folded(text.as_bytes())),
        Value::Number(n) => Some(COUNTED.get(n as usize).copied().unwrap_or_else(|| decimal(n))),
        _ => None,
    }
}

/// A hash of a text, upper and lower case alike. Equal hashes only cost asking a filter in vain.
pub fn folded(text: &[u8]) -> u64 {
    const FOLD: u64 = 0x2020_2020_2020_2020;
    let step = |hash: u64, word: u64| (hash.rotate_left(5) ^ (word | FOLD)).wrapping_mul(0x517c_c1b7_2722_0a95);
    let (words, rest) = text.as_chunks::<8>();
    let hash = words.iter().fold(text.len() as u64, |hash, word| step(hash, u64::from_le_bytes(*word)));
    step(hash, keyed::word(rest))
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

/// Pages, agents and referers come again and again, and so do few methods with few statuses: what was found for the last
/// ones.
pub struct Memo {
    slots: Vec<Remembered>,
    pairs: Vec<Option<Paired>>,
}

/// What was found in a text, which is known by its hash: two texts of one hash are not to be had by whoever does not know
/// the secret of this process.
#[derive(Clone, Default)]
struct Remembered {
    hash: u64,
    ids: Box<[u32]>,
}

/// Texts remembered, in sets of [`WAYS`]: a text displaces the one that its set took in longest ago.
const SLOTS: usize = 4_096;
const WAYS: usize = 4;
/// Pairs of method and status remembered.
const PAIRS: usize = 256;

/// An index, the keys of a pair, and what was found for them.
type Paired = (u64, Asked, Box<[u32]>);

impl Default for Memo {
    fn default() -> Self {
        Self { slots: vec![Remembered::default(); SLOTS], pairs: vec![None; PAIRS] }
    }
}

impl Memo {
    fn pair(&mut self, nth: u64, keys: Asked, search: impl FnOnce() -> Box<[u32]>) -> &[u32] {
        let slot = &mut self.pairs[(mixed(nth, keys) >> 32) as usize % PAIRS];
        if slot.as_ref().is_none_or(|slot| (slot.0, slot.1) != (nth, keys)) {
            *slot = Some((nth, keys, search()));
        }
        slot.as_ref().map_or(&[], |slot| &slot.2)
    }

    /// `name`: of an index, or of an index and a pair.
    fn text(
        &mut self,
        name: u64,
        place: Haystack,
        row: &Row<'_>,
        text: &str,
        search: impl FnOnce() -> Box<[u32]>,
    ) -> &[u32] {
        // Each place has hashes of its own, and none is that of an empty slot.
        let hash = (row.hash(place, text) ^ name).wrapping_mul(2 * place as u64 + 3) | 1;
        let first = (hash >> 32) as usize % (SLOTS / WAYS) * WAYS;
        let set = &mut self.slots[first..first + WAYS];
        let at = set.iter().position(|slot| slot.hash == hash).unwrap_or_else(|| {
            set.rotate_right(1);
            set[0] = Remembered { hash, ids: search() };
            0
        });
        &set[at].ids
    }
}
