//! Patterns of messages: literals and holes, matched in one pass, without capture regexes.
//!
//! `<ip>` is an address (in brackets, mapped, with a zone), `<dotted>` one with its port behind a full stop, `<host>` an address or a name, `<n>` digits, `<times>` digits
//! that say how many attempts there were, `<w>` a word without spaces, `<words>` words of letters (the server's reason),
//! `<user>`, `<any>`, `<last>` and `<rest>` any text at all. Literals match in upper and lower case alike.
//!
//! **Which end to read from.** User names are the attacker's, who writes `root from 192.0.2.1 port 22`. After `<user>`
//! and `<last>` what follows is looked for from the right end, so the last such text counts: the daemon wrote it behind
//! the name. After `<any>` it is looked for from the left: the daemon wrote it before anything the client said. A
//! pattern that does not end in an open hole must reach the end of the message. Where the client's words may stand on
//! both sides (a name that is repeated at the end), two candidates with different addresses are none: better no address
//! than a framed one. `<rest>` at the end says that what follows is the server's alone. Nothing is tried twice, so a message costs its length times the number of literals at most.

use crate::platform::ingest::address;
use std::net::IpAddr;

/// A piece of a pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Literal(&'static str),
    Ip,
    /// An address with its port behind a full stop.
    Dotted,
    Host,
    Number,
    Times,
    Word,
    Words,
    User,
    Any,
    Last,
    Rest,
}

/// A pattern, read.
#[derive(Debug, Clone)]
pub struct Pattern(Vec<Part>);

/// What a message put into the holes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Found<'m> {
    /// How many attempts the message stands for, where it says so.
    pub times: Option<u32>,
    /// The address.
    pub ip: Option<IpAddr>,
    /// The name; may be empty.
    pub user: Option<&'m str>,
}

impl Pattern {
    /// Reads a pattern; `None` when two holes without end follow one another. `<` that begins no hole is a literal, as
    /// in dovecot's `user=<`.
    #[must_use]
    pub fn read(text: &'static str) -> Option<Self> {
        let mut parts: Vec<Part> = Vec::new();
        let (mut at, mut plain) = (0, 0);
        while at < text.len() {
            let hole = HOLES.iter().find(|(name, _)| text[at..].starts_with(name));
            let Some((name, part)) = hole else {
                let next = text[at..].char_indices().skip(1).find(|(_, c)| *c == '<');
                at = next.map_or(text.len(), |(i, _)| at + i);
                continue;
            };
            if plain < at {
                parts.push(Part::Literal(&text[plain..at]));
            } else if part.is_open() && parts.last().is_some_and(Part::is_open) {
                return None;
            }
            parts.push(part.clone());
            at += name.len();
            plain = at;
        }
        if plain < at {
            parts.push(Part::Literal(&text[plain..]));
        }
        Some(Self(parts))
    }

    /// Whether it says where the client is.
    #[must_use]
    pub fn has_address(&self) -> bool {
        self.0.iter().any(|part| matches!(part, Part::Ip | Part::Dotted | Part::Host))
    }

    /// The longest literal: no message without it matches.
    #[must_use]
    pub fn anchor(&self) -> &'static str {
        let literals = self.0.iter().filter_map(|p| if let Part::Literal(text) = p { Some(*text) } else { None });
        literals.max_by_key(|text| text.len()).unwrap_or("")
    }

    /// What `text` puts into the holes, if it matches.
    #[must_use]
    pub fn find<'m>(&self, text: &'m str) -> Option<Found<'m>> {
        let mut found = Found::default();
        let (mut at, mut i) = (0, 0);
        while let Some(part) = self.0.get(i) {
            if !part.is_open() {
                at = part.take(text, at, &mut found)?;
                i += 1;
                continue;
            }
            let closed = self.0[i + 1..].iter().take_while(|p| !p.is_open()).count();
            let group = &self.0[i + 1..i + 1 + closed];
            let last = i + 1 + closed == self.0.len();
            let (begin, end) = if group.is_empty() {
                (text.len(), text.len())
            } else {
                seek(
                    group,
                    text,
                    at,
                    Side {
                        ends: last,
                        last: *part != Part::Any,
                        alone: self.0.get(i + 1 + closed) == Some(&Part::Rest),
                    },
                    &mut found,
                )?
            };
            if *part == Part::User {
                found.user = Some(&text[at..begin]);
            }
            at = end;
            i += 1 + closed;
        }
        (at == text.len()).then_some(found)
    }
}

/// Where to look for a group.
#[derive(Debug, Clone, Copy)]
struct Side {
    /// It must reach the end of the text.
    ends: bool,
    /// The last one counts, not the first.
    last: bool,
    /// What follows is the server's alone: there is no second candidate to fear.
    alone: bool,
}

/// Finds a group of pieces at or behind `from`, and gives back where it begins and ends.
fn seek<'m>(group: &[Part], text: &'m str, from: usize, side: Side, found: &mut Found<'m>) -> Option<(usize, usize)> {
    let before = *found;
    let try_at = |begin: usize| {
        let mut held = before;
        let end = group.iter().try_fold(begin, |at, part| part.take(text, at, &mut held))?;
        (!side.ends || end == text.len()).then_some((begin, end, held))
    };
    let starts = |at: &usize| text.is_char_boundary(*at) && group[0].may_start(text.as_bytes(), *at);
    let mut candidates = (from..=text.len()).filter(starts).filter_map(try_at);
    let (begin, end, held) = if side.last || side.ends {
        let mut backwards = candidates.rev();
        let (begin, end, held) = backwards.next()?;
        let framed = !side.ends && !side.alone && backwards.any(|(_, _, other)| other.ip != held.ip);
        (begin, end, if framed { Found { ip: None, ..held } } else { held })
    } else {
        candidates.next()?
    };
    *found = held;
    Some((begin, end))
}

const HOLES: [(&str, Part); 11] = [
    ("<ip>", Part::Ip),
    ("<dotted>", Part::Dotted),
    ("<host>", Part::Host),
    ("<n>", Part::Number),
    ("<times>", Part::Times),
    ("<w>", Part::Word),
    ("<words>", Part::Words),
    ("<user>", Part::User),
    ("<any>", Part::Any),
    ("<last>", Part::Last),
    ("<rest>", Part::Rest),
];

impl Part {
    /// It has no end of its own.
    const fn is_open(&self) -> bool {
        matches!(self, Self::User | Self::Any | Self::Last | Self::Rest)
    }

    /// Whether it could begin here: a quick look before taking it.
    fn may_start(&self, bytes: &[u8], at: usize) -> bool {
        match (self, bytes.get(at)) {
            (Self::Literal(text), Some(byte)) => byte.eq_ignore_ascii_case(&text.as_bytes()[0]),
            (_, Some(_)) => at == 0 || !bytes[at - 1].is_ascii_alphanumeric(),
            (_, None) => false,
        }
    }

    /// Takes it off the text at `at` and says where it ends.
    fn take<'m>(&self, text: &'m str, at: usize, found: &mut Found<'m>) -> Option<usize> {
        let rest = &text[at..];
        let length = match self {
            Self::Literal(literal) => {
                let head = rest.as_bytes().get(..literal.len())?;
                head.eq_ignore_ascii_case(literal.as_bytes()).then_some(literal.len())?
            }
            Self::Number => digits(rest)?,
            Self::Times => {
                let length = digits(rest)?;
                found.times = rest[..length].parse().ok().filter(|n| *n > 0);
                length
            }
            Self::Word => nonzero(run(rest, |b| !matches!(b, b' ' | b'\t')))?,
            Self::Words => nonzero(run(rest, |b| b.is_ascii_alphabetic() || b" /()'-,.".contains(&b)))?,
            Self::Ip => {
                let (ip, length) = address_at(rest)?;
                found.ip = Some(ip);
                length
            }
            Self::Dotted => {
                let length = run(rest, |b| b.is_ascii_hexdigit() || matches!(b, b'.' | b':'));
                let (ip, port) = rest[..length].rsplit_once('.')?;
                found.ip = Some(address::parse(ip).filter(|_| digits(port) == Some(port.len()))?);
                length
            }
            Self::Host => match address_at(rest) {
                Some((ip, length)) => {
                    found.ip = Some(ip);
                    length
                }
                None => nonzero(run(rest, name_byte))?,
            },
            Self::User | Self::Any | Self::Last | Self::Rest => return None,
        };
        Some(at + length)
    }
}

/// How long the text goes on like this; no further than any such word would, which keeps the whole match linear.
fn run(text: &str, like: impl Fn(u8) -> bool) -> usize {
    let length = text.bytes().take(256).take_while(|b| like(*b)).count();
    (0..=length).rev().find(|i| text.is_char_boundary(*i)).unwrap_or(0)
}

fn digits(text: &str) -> Option<usize> {
    nonzero(text.bytes().take(20).take_while(u8::is_ascii_digit).count())
}

const fn nonzero(length: usize) -> Option<usize> {
    if length > 0 { Some(length) } else { None }
}

const fn name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_')
}

/// The address at the start of a text and its length; a port glued to it is not part of it.
pub fn address_at(text: &str) -> Option<(IpAddr, usize)> {
    let bytes = text.as_bytes();
    if bytes.first() == Some(&b'[') {
        let end = memchr::memchr(b']', bytes.get(..64.min(bytes.len()))?)?;
        return address::parse(&text[..=end]).map(|ip| (ip, end + 1));
    }
    let dotted = bytes.iter().take(16).take_while(|b| b.is_ascii_digit() || **b == b'.').count();
    // A full stop may end the sentence.
    for length in [dotted, dotted.saturating_sub(1)] {
        let after = bytes.get(length);
        if let Some(ip) = address::parse(&text[..length])
            && after.is_none_or(|b| !b.is_ascii_alphanumeric())
        {
            return Some((ip, length));
        }
    }
    let length = bytes.iter().take(64).take_while(|b| b.is_ascii_hexdigit() || matches!(b, b':' | b'.')).count();
    let zone = match bytes.get(length) {
        Some(b'%') => 1 + bytes[length + 1..].iter().take(16).take_while(|b| b.is_ascii_alphanumeric()).count(),
        _ => 0,
    };
    // What the colons of an IPv6 address end in may be the sentence's, or a port's, or both.
    let mut colons = bytes[..length].iter().enumerate().rev().filter(|(_, b)| **b == b':').map(|(at, _)| at);
    let [last, second] = [colons.next(), colons.next()].map(Option::unwrap_or_default);
    [length, length.saturating_sub(1), last, second].into_iter().find_map(|end| {
        let ended = bytes.get(end).is_none_or(|b| !b.is_ascii_alphanumeric());
        let ip = address::parse(&text[..end]).filter(|_| ended && memchr::memchr(b':', &bytes[..end]).is_some())?;
        Some((ip, if end == length { end + zone } else { end }))
    })
}

#[cfg(test)]
#[path = "pattern_tests.rs"]
mod tests;
