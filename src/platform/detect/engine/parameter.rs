//! One parameter's habits: kinds of characters, length, the few values it has. Fixed size but for its name.

use crate::platform::keyed::hash;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::net::IpAddr;

/// A parameter with no more values than this is a choice out of a list.
const CHOICES_MAX: usize = 12;
/// Values seen before it is taken for one.
const CHOICE_MIN: u32 = 200;
/// And as long as no more than this share of what comes is new.
const NEW_MAX: f64 = 0.05;
/// Values seen before anything is said about it.
const LEARN_MIN: u32 = 50;
/// Clients that must show a habit before it counts as one.
const SOURCES_MIN: u32 = 5;

/// Roughly how many different clients, in 64 bits: a bitmap in the manner of linear counting.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Sources(u64);

impl Sources {
    /// One client.
    pub fn of(ip: IpAddr) -> Self {
        // Not the keyed hash: with so few bits collisions show, and the same log must give the same detections.
        let mut hasher = DefaultHasher::new();
        ip.hash(&mut hasher);
        Self(1 << (hasher.finish() & 63))
    }

    pub fn add(&mut self, client: Self) {
        self.0 |= client.0;
    }

    /// Enough for a habit.
    pub const fn many(self) -> bool {
        self.0.count_ones() >= SOURCES_MIN
    }
}

/// Kinds of characters, as a client sends them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Digit,
    Letter,
    /// `-_.~`, which need no encoding.
    Joint,
    /// A space, as `+` or `%20`.
    Space,
    /// Any other percent-encoded byte below 128: quotes, brackets, separators.
    Encoded,
    /// A percent-encoded byte of another script.
    Foreign,
    /// Anything else as it is.
    Mark,
}

impl Kind {
    const ALL: [(Self, &'static str); 7] = [
        (Self::Digit, "digits"),
        (Self::Letter, "letters"),
        (Self::Joint, "hyphens or dots"),
        (Self::Space, "spaces"),
        (Self::Encoded, "encoded marks"),
        (Self::Foreign, "other scripts"),
        (Self::Mark, "marks"),
    ];
}

/// See the module.
#[derive(Debug)]
pub(super) struct Parameter {
    name: Box<str>,
    seen: u32,
    /// Clients that sent each kind of character.
    kinds: [Sources; Kind::ALL.len()],
    /// Mean length and its sum of squared deviations (Welford).
    mean: f64,
    squares: f64,
    /// Hashes of some of its values with the clients that sent them.
    choices: Vec<(u64, Sources)>,
    /// Share of values, lately, that several clients had not sent before.
    new: f64,
}

impl Parameter {
    pub fn new(name: &str) -> Self {
        let kinds = [Sources::default(); Kind::ALL.len()];
        Self { name: name.into(), seen: 0, kinds, mean: 0.0, squares: 0.0, choices: Vec::new(), new: 1.0 }
    }

    pub fn is(&self, name: &str) -> bool {
        *self.name == *name
    }

    pub fn learn(&mut self, value: &str, client: Sources) {
        self.seen = self.seen.saturating_add(1);
        let kinds = kinds(value);
        for (_, sources) in self.kinds.iter_mut().enumerate().filter(|(nth, _)| kinds >> nth & 1 == 1) {
            sources.add(client);
        }
        // Clipped, so that single giants do not widen what is usual.
        let length = if self.seen > LEARN_MIN { length(value).min(self.longest()) } else { length(value) };
        let before = length - self.mean;
        self.mean += before / f64::from(self.seen);
        self.squares += before * (length - self.mean);
        self.choose(hash(value), client);
    }

    fn choose(&mut self, value: u64, client: Sources) {
        let fresh = (value, client);
        let usual = match self.choices.iter().position(|(known, _)| *known == value) {
            Some(at) => {
                self.choices[at].1.add(client);
                self.choices[at].1.many()
            }
            None if self.choices.len() < CHOICES_MAX => {
                self.choices.push(fresh);
                false
            }
            // What one client makes up displaces nothing that several send.
            None => {
                if let Some(slot) = self.choices.iter_mut().find(|(_, sources)| !sources.many()) {
                    *slot = fresh;
                }
                false
            }
        };
        self.new = 0.98f64.mul_add(self.new, if usual { 0.0 } else { 0.02 });
    }

    /// Four standard deviations above the mean, and a little for short ones.
    fn longest(&self) -> f64 {
        4.0f64.mul_add((self.squares / f64::from(self.seen.max(1))).sqrt(), self.mean) + 4.0
    }

    /// Appends in words what is unusual about a value.
    pub fn deviations(&self, value: &str, out: &mut Vec<String>) {
        if self.seen < LEARN_MIN {
            return;
        }
        let name = || self.name.chars().take(40).collect::<String>();
        let kinds = kinds(value);
        let new = self.kinds.iter().zip(Kind::ALL).enumerate();
        let new = new.filter(|(nth, (known, _))| kinds >> nth & 1 == 1 && !known.many());
        let new: Vec<&str> = new.map(|(_, (_, (_, words)))| words).collect();
        if !new.is_empty() {
            out.push(format!("{} has {}, unusual in {} values", name(), new.join(" and "), self.seen));
        }
        if length(value) > self.longest() {
            out.push(format!(
                "{} is {} bytes long, usually {:.0} and at most {:.0}",
                name(),
                value.len(),
                self.mean,
                self.longest()
            ));
        }
        if self.seen < CHOICE_MIN || self.new >= NEW_MAX {
            return;
        }
        let (usual, hash) = (self.choices.iter().filter(|(_, sources)| sources.many()), hash(value));
        if !usual.clone().any(|(known, _)| *known == hash) {
            out.push(format!("{} is usually one of {} values and this is none of them", name(), usual.count()));
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "lengths of at most some thousand bytes")]
const fn length(value: &str) -> f64 {
    value.len() as f64
}

/// The kind of each byte that stands for itself.
static KINDS: [Kind; 256] = {
    let mut kinds = [Kind::Mark; 256];
    let mut byte = 0;
    while byte < 256 {
        kinds[byte] = match byte as u8 {
            b'+' => Kind::Space,
            b'0'..=b'9' => Kind::Digit,
            b'a'..=b'z' | b'A'..=b'Z' => Kind::Letter,
            b'-' | b'_' | b'.' | b'~' => Kind::Joint,
            _ => Kind::Mark,
        };
        byte += 1;
    }
    kinds
};

/// Which kinds of characters a value has, as bits in their order.
fn kinds(value: &str) -> u8 {
    let bytes = value.as_bytes();
    let plain = |bytes: &[u8]| bytes.iter().fold(0, |has, byte| has | 1 << KINDS[usize::from(*byte)] as u8);
    let mut at = memchr::memchr(b'%', bytes).unwrap_or(bytes.len());
    let mut has = plain(&bytes[..at]);
    while let Some(byte) = bytes.get(at) {
        let digit = |i: usize| bytes.get(at + i).and_then(|b| (*b as char).to_digit(16));
        let escaped = if *byte == b'%' { digit(1).zip(digit(2)) } else { None };
        let (kind, length) = match escaped {
            Some((2, 0)) => (Kind::Space, 3),
            Some((high, _)) => (if high < 8 { Kind::Encoded } else { Kind::Foreign }, 3),
            None => (KINDS[usize::from(*byte)], 1),
        };
        has |= 1 << kind as u8;
        at += length;
    }
    has
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn taught(values: impl Iterator<Item = String>) -> Parameter {
        let mut parameter = Parameter::new("p");
        for (n, value) in values.enumerate() {
            parameter.learn(&value, Sources::of([198, 51, 100, (n % 250) as u8].into()));
        }
        parameter
    }

    fn odd(parameter: &Parameter, value: &str) -> usize {
        let mut out = Vec::new();
        parameter.deviations(value, &mut out);
        out.len()
    }

    #[test]
    fn characters_length_and_choice_are_habits() {
        let numbers = taught((0..300).map(|n| n.to_string()));
        assert_eq!(odd(&numbers, "7"), 0);
        assert_eq!(odd(&numbers, "7%27"), 1);
        assert_eq!(odd(&numbers, "123456789012345678901234567890"), 1);
        let choice = taught((0..300).map(|n| ["asc", "desc"][n % 2].to_owned()));
        assert_eq!(odd(&choice, "asc"), 0);
        assert_eq!(odd(&choice, "down"), 1);
        assert_eq!(odd(&taught((0..10).map(|n| n.to_string())), "%27"), 0, "too few to say anything");
    }

    proptest! {
        #[test]
        fn any_text_is_judged(value in ".{0,80}") {
            let numbers = taught((0..60).map(|n| n.to_string()));
            odd(&numbers, &value);
        }

        #[test]
        fn what_many_sent_is_usual(values in prop::collection::vec("[a-z0-9.+-]{1,9}", 1..8)) {
            let many = values.iter().cycle().take(400 * values.len()).cloned();
            let parameter = taught(many);
            for value in &values {
                prop_assert_eq!(odd(&parameter, value), 0, "{}", value);
            }
        }
    }
}
