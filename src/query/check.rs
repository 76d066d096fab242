//! Whether a query asks for fields that exist and values they can have, and what to write instead.

use super::ast::{Needle, Op};
use super::field::{Kind, Resource, fields, words};
use crate::text::near::distance;

/// A mistake: what, and what to write instead.
type Mistake = (String, String);

/// The kind of a field of `resource`; nothing where no resource is given but some resource has it.
pub(super) fn name(name: &str, resource: Option<Resource>) -> Result<Option<Kind>, Mistake> {
    let Some(resource) = resource else {
        let all = || Resource::ALL.into_iter().flat_map(|r| fields(r).iter().map(|f| f.name));
        return if all().any(|n| n == name) { Ok(None) } else { Err(unknown(name, "anything", all())) };
    };
    fields(resource)
        .iter()
        .find(|f| f.name == name)
        .map(|f| Some(f.kind))
        .ok_or_else(|| unknown(name, resource.as_str(), fields(resource).iter().map(|f| f.name)))
}

fn unknown(name: &str, of: &str, names: impl Iterator<Item = &'static str>) -> Mistake {
    let quote = "put the text in quotes if you are looking for these words";
    let hint = nearest(name, names).map_or_else(|| quote.to_owned(), |n| format!("did you mean {n}? Or {quote}"));
    (format!("\"{name}\" is no field of {of}"), hint)
}

/// Whether `needle` makes sense for a field.
pub(super) fn value(name: &str, kind: Kind, op: Op, needle: &Needle) -> Result<(), Mistake> {
    let ordered = matches!(kind, Kind::Number | Kind::Time | Kind::Severity);
    if op.is_order() && !ordered {
        return Err((
            format!("{name} has no order, so \"{}\" says nothing", op.as_str()),
            format!("write {name}:value or {name}=value"),
        ));
    }
    if needle.any || (needle.text.is_empty() && !op.is_order()) {
        return Ok(());
    }
    let text = &needle.text;
    match kind {
        Kind::Text | Kind::Target => Ok(()),
        Kind::Number if needle.number.is_some() => Ok(()),
        Kind::Number => Err((format!("{name} is a number, \"{text}\" is not"), format!("for example {name}:404"))),
        Kind::Time if needle.when.is_some() => Ok(()),
        Kind::Time => Err((
            format!("\"{text}\" is not a time"),
            format!("for example {name}>-1h or {name}>=2026-11-21T20:00:00Z"),
        )),
        Kind::Address if needle.net.is_some() => Ok(()),
        Kind::Address => Err((
            format!("\"{text}\" is neither an address nor a prefix"),
            format!("for example {name}:198.51.100.7 or {name}:198.51.100.0/24"),
        )),
        Kind::Class if needle.number.is_some() => Ok(()),
        Kind::Class | Kind::Word(_) | Kind::Severity | Kind::Flag => one_of(name, words(kind), text),
    }
}

fn one_of(name: &str, words: &'static [&'static str], text: &str) -> Result<(), Mistake> {
    if words.iter().any(|w| w.eq_ignore_ascii_case(text)) {
        return Ok(());
    }
    let what = format!("{name} is never \"{text}\"");
    let all = format!("it is one of {}", words.join(", "));
    Err((what, nearest(text, words.iter().copied()).map_or(all.clone(), |w| format!("did you mean {w}? {all}"))))
}

/// The most similar name, if one is similar enough.
fn nearest<'a>(name: &str, names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let name: String = name.chars().take(32).collect();
    let limit = (name.chars().count() / 3).max(1) + 1;
    let near = |other: &str| {
        let starts = name.len() >= 2 && (other.starts_with(&name) || name.starts_with(other));
        if starts { 1 } else { distance(&name, other) }
    };
    names.map(|n| (near(n), n)).min().filter(|(d, _)| *d <= limit).map(|(_, n)| n)
}
