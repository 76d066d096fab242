//! What it means for a row to match.

use super::Fields;
use super::ast::{Expr, Needle, Op, Term, When};
use super::group::addresses;
use super::involved::Involved;
use crate::api::{Severity, Timestamp};
use ipnet::IpNet;
use std::cmp::Ordering;
use std::net::IpAddr;

/// A field's value in one row, borrowed from it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Value<'a> {
    /// The row has none.
    Missing,
    /// Free text.
    Text(&'a str),
    /// A word of an enumeration.
    Word(&'a str),
    /// A word that is also a number.
    Named(f64, &'a str),
    /// A severity; ordered.
    Severity(&'a Severity),
    /// A number.
    Number(f64),
    /// An instant.
    Time(Timestamp),
    /// An address.
    Address(IpAddr),
    /// Text that may be an address or a prefix.
    Target(&'a str),
    /// Yes or no.
    Flag(bool),
    /// Several texts: one must match.
    Texts(&'a [String]),
    /// Several entities: one must match.
    Entities(Involved<'a>),
    /// Several entities, of which those of one kind count: one of these must match.
    Kind(Involved<'a>, &'static str),
}

pub(super) fn matches<F: Fields>(expr: &Expr, row: &F, now: Option<Timestamp>) -> bool {
    match expr {
        Expr::And(parts) => parts.iter().all(|p| matches(p, row, now)),
        Expr::Or(parts) => parts.iter().any(|p| matches(p, row, now)),
        Expr::Not(inner) => !matches(inner, row, now),
        Expr::Term(term) => term_matches(term, row.field(&term.field), now),
        Expr::Word(needle) => F::BARE.iter().any(|name| has(row.field(name), needle, now)),
    }
}

/// Whether a value meets a term.
pub(super) fn term_matches(term: &Term, value: Value<'_>, now: Option<Timestamp>) -> bool {
    match term.op {
        Op::Has => term.values.iter().any(|n| has(value, n, now)),
        Op::Eq => term.values.iter().any(|n| equals(value, n, now)),
        Op::Ne => !term.values.iter().any(|n| equals(value, n, now)),
        op => term.values.iter().any(|n| order(value, n, now).is_some_and(|o| in_order(op, o))),
    }
}

const fn in_order(op: Op, order: Ordering) -> bool {
    match op {
        Op::Lt => order.is_lt(),
        Op::Le => order.is_le(),
        Op::Gt => order.is_gt(),
        Op::Ge => order.is_ge(),
        Op::Has | Op::Eq | Op::Ne => order.is_eq(),
    }
}

/// `:`
fn has(value: Value<'_>, needle: &Needle, now: Option<Timestamp>) -> bool {
    if needle.any {
        return value != Value::Missing;
    }
    match value {
        Value::Text(text) if needle.pattern => like(text, &needle.folded, Ends::Open),
        Value::Text(text) => contains(text, &needle.folded),
        Value::Texts(texts) => texts.iter().any(|t| has(Value::Text(t), needle, now)),
        Value::Target(text) => target(text, needle).unwrap_or_else(|| contains(text, &needle.folded)),
        Value::Entities(all) => {
            all.iter().any(|(_, name)| target(name, needle).unwrap_or_else(|| contains(name, &needle.folded)))
        }
        Value::Kind(all, kind) if kind != "address" => {
            all.of_kind(kind).any(|text| has(Value::Text(text), needle, now))
        }
        other => equals(other, needle, now),
    }
}

/// `=`
fn equals(value: Value<'_>, needle: &Needle, now: Option<Timestamp>) -> bool {
    if needle.any {
        return value != Value::Missing;
    }
    match value {
        Value::Missing => needle.text.is_empty(),
        Value::Text(text) if needle.pattern => like(text, &needle.folded, Ends::Fixed),
        Value::Text(text) => text == needle.text,
        Value::Word(word) => word.eq_ignore_ascii_case(&needle.text),
        Value::Named(number, word) => needle.number == Some(number) || word.eq_ignore_ascii_case(&needle.text),
        Value::Severity(severity) => severity.as_str().eq_ignore_ascii_case(&needle.text),
        Value::Address(ip) => needle.net.is_some_and(|net| net.contains(&ip)),
        Value::Target(text) => target(text, needle).unwrap_or(text == needle.text),
        Value::Flag(flag) => needle.folded == if flag { "true" } else { "false" },
        Value::Texts(texts) => texts.iter().any(|t| equals(Value::Text(t), needle, now)),
        Value::Entities(all) => all.iter().any(|(_, name)| target(name, needle).unwrap_or(name == needle.text)),
        kind @ Value::Kind(_, "address") => needle.net.is_some_and(|net| addresses(kind).any(|ip| net.contains(&ip))),
        Value::Kind(all, kind) => all.of_kind(kind).any(|text| equals(Value::Text(text), needle, now)),
        Value::Number(_) | Value::Time(_) => order(value, needle, now).is_some_and(Ordering::is_eq),
    }
}

/// How the value stands to the needle; nothing where they cannot be compared.
fn order(value: Value<'_>, needle: &Needle, now: Option<Timestamp>) -> Option<Ordering> {
    match value {
        Value::Number(n) => n.partial_cmp(&needle.number?),
        Value::Time(t) => Some(t.cmp(&instant(needle.when?, now)?)),
        Value::Severity(s) => match (s, Severity::from(needle.folded.as_str())) {
            (Severity::Other(_), _) | (_, Severity::Other(_)) => None,
            (a, b) => Some(a.cmp(&b)),
        },
        _ => None,
    }
}

/// Compares by address where both are addresses or prefixes.
fn target(text: &str, needle: &Needle) -> Option<bool> {
    let net = needle.net?;
    let own = text.parse::<IpAddr>().map(IpNet::from).or_else(|_| text.parse::<IpNet>()).ok()?;
    Some(net.contains(&own))
}

/// Whether `text` holds `folded` (already in lower case), ASCII upper and lower case alike.
pub(super) fn contains(text: &str, folded: &str) -> bool {
    position(text.as_bytes(), folded.as_bytes()).is_some()
}

/// Whether a pattern covers the whole text or a part of it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Ends {
    Fixed,
    Open,
}

/// Whether `text` is like a pattern (in lower case) with `*` for any text: its pieces occur one after the other.
/// Taking the first place where each fits is enough, so the cost is that of searching once through the text.
fn like(text: &str, pattern: &str, ends: Ends) -> bool {
    let mut rest = text.as_bytes();
    let mut pieces = pattern.split('*').peekable();
    if ends == Ends::Fixed {
        let head = pieces.next().unwrap_or_default().as_bytes();
        match rest.split_at_checked(head.len()) {
            Some((start, after)) if start.eq_ignore_ascii_case(head) => rest = after,
            _ => return false,
        }
    }
    while let Some(piece) = pieces.next() {
        let piece = piece.as_bytes();
        if ends == Ends::Fixed && pieces.peek().is_none() {
            return rest.len().checked_sub(piece.len()).is_some_and(|at| rest[at..].eq_ignore_ascii_case(piece));
        }
        match position(rest, piece) {
            Some(at) => rest = &rest[at + piece.len()..],
            None => return false,
        }
    }
    true
}

/// Bytes at the beginning of a long text that tell which letter is rare in it.
const SAMPLE: usize = 2_048;

/// Where `folded` (in lower case) first occurs.
fn position(text: &[u8], folded: &[u8]) -> Option<usize> {
    let last = text.len().checked_sub(folded.len())?;
    let rare = rarest(text, folded);
    let Some(&letter) = folded.get(rare) else { return Some(0) };
    memchr::memchr2_iter(letter, letter.to_ascii_uppercase(), &text[rare..=last + rare])
        .find(|at| text[*at..at + folded.len()].eq_ignore_ascii_case(folded))
}

/// Which letter of `folded` to look for first. In a long text that which its beginning has least of.
fn rarest(text: &[u8], folded: &[u8]) -> usize {
    let Some(sample) = text.get(..SAMPLE).filter(|_| text.len() > 8 * SAMPLE) else { return 0 };
    let mut counts = [0u32; 256];
    sample.iter().for_each(|byte| counts[usize::from(byte.to_ascii_lowercase())] += 1);
    (0..folded.len()).min_by_key(|at| counts[usize::from(folded[*at])]).unwrap_or(0)
}

/// The instant a value names.
fn instant(when: When, now: Option<Timestamp>) -> Option<Timestamp> {
    match when {
        When::At(time) => Some(time),
        When::Ago(ms) => now.map(|now| now.plus(-ms)),
    }
}
