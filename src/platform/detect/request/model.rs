//! The request classifier's word on one value: a kind of evidence of its own, never enough by itself.

use super::byte::Bytes;
use super::case::{Case, Finding};
use super::rule::{self, Part, Rule};
use super::{Kinds, Layers, table};
use crate::api::Severity;
use crate::platform::detect::model::request::{Classifier, Field, Scratch};
use std::cell::RefCell;

/// A value is told from this rarity on: one in so many ordinary values of its field scores as high.
const RARE: f64 = 1_000.0;
/// Without one of these a value says nothing to anybody ...
const MARKS: Bytes = Bytes::of(b"'\"`<>(){}[];|&$\\=%*#/:!@^~");
/// ... and a file's address, which is short and odd by nature, not without one of those.
const MARKS_OF_PATHS: Bytes = Bytes::of(b"<>'\"`{};|$");
/// Bytes of a value that are scored.
const VALUE_MAX: usize = 8 * 1024;

thread_local! {
    static SCRATCH: RefCell<Scratch> = RefCell::new(Scratch::default());
}

/// Headers whose grammar is their own: the classifier knows values that people and programs make up.
fn has_grammar(header: &[u8]) -> bool {
    const NAMES: [&[u8]; 22] = [
        b"accept",
        b"content-type",
        b"content-length",
        b"connection",
        b"host",
        b"cache-control",
        b"pragma",
        b"range",
        b"te",
        b"upgrade",
        b"upgrade-insecure-requests",
        b"dnt",
        b"date",
        b"keep-alive",
        b"origin",
        b"expect",
        b"via",
        b"forwarded",
        b"authorization",
        b"x-forwarded-for",
        b"transfer-encoding",
        b"priority",
    ];
    const FAMILIES: [&[u8]; 5] = [b"accept-", b"sec-", b"if-", b"x-forwarded-", b"content-"];
    let starts = |family: &&[u8]| header.len() >= family.len() && header[..family.len()].eq_ignore_ascii_case(family);
    NAMES.iter().any(|n| n.eq_ignore_ascii_case(header)) || FAMILIES.iter().any(starts)
}

/// Scores a decoded value; tells where it is rare, with the class it is most like and the bytes that say so. One in how
/// many values is so rare; none if it was not asked.
pub(super) fn judge(text: &[u8], part: &Part, name: &[u8], layers: Layers, case: &mut Case<'_>) -> Option<f64> {
    if part.bit & (rule::AGENT | rule::REFERER) != 0 || part.bit == rule::HEADER && has_grammar(name) {
        return None;
    }
    let text = &text[..text.len().min(VALUE_MAX)];
    if !MARKS.any(text) {
        return None;
    }
    let field = match part.bit {
        rule::URL if name.is_empty() && text.first() == Some(&b'/') => Field::Path,
        rule::COOKIE => Field::Cookie,
        rule::HEADER => Field::Header,
        _ if layers.has(Layers::JSON) => Field::Json,
        _ => Field::of_value(text),
    };
    if field == Field::Path && !MARKS_OF_PATHS.any(text) {
        return None;
    }
    let classifier = Classifier::shipped();
    SCRATCH.with_borrow_mut(|scratch| {
        let score = classifier.score(field, text, scratch);
        if score.one_in < RARE {
            return Some(score.one_in);
        }
        let limit = classifier.threshold(field, RARE);
        let span = classifier.explain(limit, text, scratch).into_iter().next().unwrap_or(score.window.clone());
        case.add(&Finding {
            rule: rule_of(classifier.class(text, &score, scratch)),
            sign: "reads like such an attack to the classifier",
            severity: Severity::Medium,
            confidence: confidence(score.one_in),
            kind: Kinds::MODEL,
            part: part.name,
            name,
            matched: text.get(span).unwrap_or(text),
            layers,
        });
        Some(score.one_in)
    })
}

/// What the rarity is worth. Never an exact indicator.
fn confidence(one_in: f64) -> f32 {
    match one_in {
        100_000.0.. => 0.85,
        10_000.0.. => 0.75,
        3_000.0.. => 0.7,
        _ => 0.6,
    }
}

/// The rule of the same class.
fn rule_of(class: &str) -> &'static Rule {
    match class {
        "sql_injection" => &table::sql::RULE,
        "xss" => &table::xss::RULE,
        "path_traversal" => &table::traversal::RULE,
        "template_injection" => &table::template::RULE,
        "xxe" => &table::xxe::RULE,
        "nosql_injection" => &table::nosql::RULE,
        "lookup_injection" => &table::lookup::RULE,
        "php_injection" => &table::php::RULE,
        "java_injection" => &table::java::RULE,
        "node_injection" => &table::script::RULE,
        "ldap_injection" => &table::directory::RULE,
        "header_injection" => &table::injection::RULE,
        _ => &table::command::RULE,
    }
}
