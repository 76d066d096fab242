//! Which fields each resource has, of what kind, and their words. For `check.rs`, completion and help.

use crate::api::{
    ActionKind, ActionState, DetectionKind, IncidentState, LedgerKind, Outcome, Severity, SourceState,
    SuppressionState, Verdict,
};

pub use super::kind::{FieldInfo, Kind};

/// What a query can be about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Resource {
    /// Audit events.
    Event,
    /// Events as rules see them: with what is not stored.
    Record,
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
    /// Rules, and how they do.
    Rule,
    /// Suppressions.
    Suppression,
}

impl Resource {
    pub(super) const ALL: [Self; 10] = [
        Self::Event,
        Self::Record,
        Self::Detection,
        Self::Incident,
        Self::Action,
        Self::Block,
        Self::Ledger,
        Self::Source,
        Self::Rule,
        Self::Suppression,
    ];

    /// In words, plural.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Event | Self::Record => "events",
            Self::Detection => "detections",
            Self::Incident => "incidents",
            Self::Action => "actions",
            Self::Block => "blocks",
            Self::Ledger => "ledger entries",
            Self::Source => "sources",
            Self::Rule => "rules",
            Self::Suppression => "suppressions",
        }
    }
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
        "bytes" Kind::Number, "bytes sent back";
        "agent" Kind::Text, "User-Agent header, or device";
        "referer" Kind::Text, "Referer header";
        "action" Kind::Text, "operation an audit log recorded";
        "object" Kind::Text, "what it was done to";
        "key" Kind::Text, "id of the API key or token";
        "tenant" Kind::Text, "account, organisation, workspace";
        "admin" Kind::Flag, "it changes who may do what";
        "dst_ip" Kind::Address, "where a connection went";
        "dst_port" Kind::Number, "port it went to";
        "sent" Kind::Number, "bytes sent by who opened it";
        "message" Kind::Text, "what happened, in a line";
        "raw" Kind::Text, "the record as received";
        "parsed" Kind::Flag, "a parser understood it";
        "drill" Kind::Flag, "part of the drill";
        "activity" Kind::Number, "OCSF activity within the class";
        "id" Kind::Number, "our number";
    }
    UNSTORED {
        "program" Kind::Text, "program that wrote the line";
        "service" Kind::Text, "service an operation was asked of";
        "signature" Kind::Text, "title of another detector's alert";
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
        "suppressed" Kind::Number, "the suppression that kept it quiet";
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
        "address" Kind::Address, "addresses involved";
        "user" Kind::Text, "users involved";
        "rule" Kind::Text, "rules that fired";
        "technique" Kind::Text, "ATT&CK techniques";
        "owner" Kind::Text, "who works on it";
        "verdict" Kind::Word(Verdict::KNOWN), "the judgement";
        "snoozed" Kind::Flag, "out of sight for a while";
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
        "drifted" Kind::Flag, "some enforcer lacks it";
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
    RULE {
        "name" Kind::Text, "its name";
        "title" Kind::Text, "in words";
        "family" Kind::Text, "built in, scenario or sigma";
        "kind" Kind::Word(DetectionKind::KNOWN), "what kind of detector";
        "class" Kind::Text, "what kind of attack";
        "state" Kind::Text, "on, shadow, off or unusable";
        "technique" Kind::Text, "ATT&CK technique";
        "detections" Kind::Number, "detections stored";
        "incidents" Kind::Number, "incidents it took part in";
        "attacks" Kind::Number, "of these, closed as attacks";
        "false_alarms" Kind::Number, "of these, closed as false";
        "precision" Kind::Number, "attacks among the judged, per cent";
        "last" Kind::Time, "its newest detection";
    }
    SUPPRESSION {
        "id" Kind::Number, "our number";
        "rule" Kind::Text, "the rule it keeps quiet";
        "entity" Kind::Target, "of whom; missing: of everybody";
        "state" Kind::Word(SuppressionState::KNOWN), "where it stands";
        "owner" Kind::Text, "who answers for it";
        "actor" Kind::Text, "who asked for it";
        "reason" Kind::Text, "why";
        "created" Kind::Time, "since when";
        "until" Kind::Time, "when it ends by itself";
        "ended" Kind::Time, "when it ended";
        "hidden" Kind::Number, "detections it kept quiet";
        "last" Kind::Time, "the newest of them";
    }
}

/// What a record has: an event's fields and what is not stored of it.
const RECORD: &[FieldInfo] = &{
    let mut all = [EVENT[0]; EVENT.len() + UNSTORED.len()];
    let mut i = 0;
    while i < all.len() {
        all[i] = if i < EVENT.len() { EVENT[i] } else { UNSTORED[i - EVENT.len()] };
        i += 1;
    }
    all
};

/// The fields of a resource.
#[must_use]
pub const fn fields(resource: Resource) -> &'static [FieldInfo] {
    match resource {
        Resource::Event => EVENT,
        Resource::Record => RECORD,
        Resource::Detection => DETECTION,
        Resource::Incident => INCIDENT,
        Resource::Action => ACTION,
        Resource::Block => BLOCK,
        Resource::Ledger => LEDGER,
        Resource::Source => SOURCE,
        Resource::Rule => RULE,
        Resource::Suppression => SUPPRESSION,
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
