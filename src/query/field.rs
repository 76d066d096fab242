//! Which fields each resource has, of what kind, and what may be compared with them. For checks, completion and help.

use super::ast::{Needle, Op, When};
use crate::api::{
    ActionKind, ActionState, DetectionKind, IncidentState, LedgerKind, Outcome, Severity, SourceState, Verdict,
};

/// What a query can be about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Resource {
    /// Audit events.
    Event,
    /// Detections.
    Detection,
    /// Incidents.
    Incident,
    /// Actions.
    Action,
    /// Blocks in force.
    Block,
    /// Ledger entries.
    Ledger,
    /// Sources.
    Source,
}

impl Resource {
    const ALL: [Self; 7] =
        [Self::Event, Self::Detection, Self::Incident, Self::Action, Self::Block, Self::Ledger, Self::Source];

    /// In words, plural.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Event => "events",
            Self::Detection => "detections",
            Self::Incident => "incidents",
            Self::Action => "actions",
            Self::Block => "blocks",
            Self::Ledger => "ledger entries",
            Self::Source => "sources",
        }
    }
}

/// What values a field has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Free text: `:` contains (upper and lower case alike), `=` is exactly.
    Text,
    /// One of these words.
    Word(&'static [&'static str]),
    /// A class of events: a word or its OCSF number.
    Class,
    /// `info` to `critical`; has an order.
    Severity,
    /// A number; has an order.
    Number,
    /// An instant; has an order.
    Time,
    /// An address; a prefix matches what it covers.
    Address,
    /// Text that may be an address or a prefix.
    Target,
    /// `true` or `false`.
    Flag,
}

/// A field, for completion and help.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FieldInfo {
    /// Its name.
    pub name: &'static str,
    /// One line about it.
    pub about: &'static str,
    /// What values it has.
    pub kind: Kind,
}

/// The words for classes of events.
pub const CLASSES: &[&str] = &["base", "finding", "auth", "network", "http", "api", "other"];
const FLAGS: &[&str] = &["true", "false"];

macro_rules! table {
    ($($name:ident { $($field:literal $kind:expr, $about:literal;)+ })+) => {
        $(const $name: &[FieldInfo] = &[$(FieldInfo { name: $field, about: $about, kind: $kind }),+];)+
    };
}

table! {
    EVENT {
        "time" Kind::Time, "when it happened";
        "source" Kind::Text, "where it was read";
        "class" Kind::Class, "what kind of event";
        "status" Kind::Number, "HTTP response status";
        "outcome" Kind::Word(Outcome::KNOWN), "whether it succeeded";
        "severity" Kind::Severity, "how serious the source says it is";
        "src_ip" Kind::Address, "where it came from";
        "country" Kind::Text, "country of src_ip";
        "user" Kind::Text, "who";
        "session" Kind::Text, "session fingerprint";
        "host" Kind::Text, "which host or site";
        "method" Kind::Text, "HTTP method";
        "url" Kind::Text, "path and query";
        "path" Kind::Text, "path without the query";
        "bytes" Kind::Number, "response bytes";
        "agent" Kind::Text, "User-Agent header";
        "referer" Kind::Text, "Referer header";
        "message" Kind::Text, "what happened, in a line";
        "raw" Kind::Text, "the record as received";
        "parsed" Kind::Flag, "a parser understood it";
        "drill" Kind::Flag, "part of the drill";
        "activity" Kind::Number, "OCSF activity within the class";
        "id" Kind::Number, "our number";
    }
    DETECTION {
        "time" Kind::Time, "when the completing event happened";
        "rule" Kind::Text, "rule or model";
        "title" Kind::Text, "the rule in words";
        "class" Kind::Text, "what kind of attack";
        "kind" Kind::Word(DetectionKind::KNOWN), "what kind of detector";
        "entity" Kind::Target, "whom it is about";
        "src_ip" Kind::Address, "the address behind it";
        "user" Kind::Text, "the user concerned";
        "severity" Kind::Severity, "how serious";
        "confidence" Kind::Number, "from 0 to 1";
        "technique" Kind::Text, "ATT&CK technique";
        "source" Kind::Text, "source of the completing event";
        "why" Kind::Text, "what proves it";
        "incident" Kind::Number, "the incident it belongs to";
        "refused" Kind::Flag, "the gate had already refused it";
        "drill" Kind::Flag, "part of the drill";
        "id" Kind::Number, "our number";
    }
    INCIDENT {
        "id" Kind::Number, "our number";
        "state" Kind::Word(IncidentState::KNOWN), "where it stands";
        "severity" Kind::Severity, "from its score";
        "score" Kind::Number, "0 to 100";
        "entity" Kind::Target, "anybody or anything involved";
        "rule" Kind::Text, "rules that fired";
        "technique" Kind::Text, "ATT&CK techniques";
        "owner" Kind::Text, "who works on it";
        "verdict" Kind::Word(Verdict::KNOWN), "the judgement";
        "country" Kind::Text, "country of its address";
        "title" Kind::Text, "what it is";
        "opened" Kind::Time, "when it was opened";
        "updated" Kind::Time, "when something last happened to it";
        "detections" Kind::Number, "detections folded in";
        "events" Kind::Number, "events behind them";
        "contained" Kind::Time, "when its first block was verified";
        "drill" Kind::Flag, "part of the drill";
    }
    ACTION {
        "id" Kind::Number, "our number";
        "time" Kind::Time, "when it was asked for";
        "expires" Kind::Time, "when it ends by itself";
        "kind" Kind::Word(ActionKind::KNOWN), "what was done";
        "target" Kind::Target, "to whom";
        "state" Kind::Word(ActionState::KNOWN), "how far it came";
        "actor" Kind::Text, "who did it";
        "reason" Kind::Text, "why";
        "automatic" Kind::Flag, "done without a person";
        "incident" Kind::Number, "the incident it answers";
        "drill" Kind::Flag, "part of the drill";
    }
    BLOCK {
        "action" Kind::Number, "the action that made it";
        "id" Kind::Number, "the same";
        "kind" Kind::Word(ActionKind::KNOWN), "what was done";
        "target" Kind::Target, "to whom";
        "since" Kind::Time, "since when";
        "expires" Kind::Time, "until when";
        "actor" Kind::Text, "who";
        "reason" Kind::Text, "why";
        "refused" Kind::Number, "requests refused because of it";
        "drill" Kind::Flag, "part of the drill";
    }
    LEDGER {
        "seq" Kind::Number, "number of the entry";
        "time" Kind::Time, "when";
        "kind" Kind::Word(LedgerKind::KNOWN), "intent, outcome or note";
        "actor" Kind::Text, "who";
        "action" Kind::Text, "what";
        "target" Kind::Target, "to what";
        "detail" Kind::Text, "parameters or outcome";
        "hash" Kind::Text, "the entry's hash";
    }
    SOURCE {
        "name" Kind::Text, "its name";
        "format" Kind::Text, "its format";
        "state" Kind::Word(SourceState::KNOWN), "how it is doing";
        "why" Kind::Text, "what was found, or what is wrong";
        "events" Kind::Number, "events taken in";
        "unparsed" Kind::Number, "lines no parser understood";
        "last_event" Kind::Time, "its newest event";
        "drill" Kind::Flag, "the drill's own";
    }
}

/// The fields of a resource.
#[must_use]
pub const fn fields(resource: Resource) -> &'static [FieldInfo] {
    match resource {
        Resource::Event => EVENT,
        Resource::Detection => DETECTION,
        Resource::Incident => INCIDENT,
        Resource::Action => ACTION,
        Resource::Block => BLOCK,
        Resource::Ledger => LEDGER,
        Resource::Source => SOURCE,
    }
}

/// The words a field takes, for completion; none for free values.
#[must_use]
pub const fn words(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::Word(words) => words,
        Kind::Class => CLASSES,
        Kind::Severity => Severity::KNOWN,
        Kind::Flag => FLAGS,
        _ => &[],
    }
}

/// A mistake: what, and what to write instead.
type Mistake = (String, String);

/// The kind of a field of `resource`; nothing where no resource is given but some resource has it.
pub(super) fn check_name(name: &str, resource: Option<Resource>) -> Result<Option<Kind>, Mistake> {
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
pub(super) fn check_value(name: &str, kind: Kind, op: Op, needle: &Needle) -> Result<(), Mistake> {
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

/// Edits (insert, delete, replace) from one word to the other.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, ca) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, cb) in b.iter().enumerate() {
            let cost = if ca.eq_ignore_ascii_case(cb) { diagonal } else { diagonal + 1 };
            diagonal = row[j + 1];
            row[j + 1] = cost.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

/// The instant a value names.
pub(super) fn instant(when: When, now: Option<crate::api::Timestamp>) -> Option<crate::api::Timestamp> {
    match when {
        When::At(time) => Some(time),
        When::Ago(ms) => now.map(|now| now.plus(-ms)),
    }
}
