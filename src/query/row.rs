//! How the rows of the contract answer a query's field names. A name without an answer here is a mistake the tests find.

use super::{Fields, Involved, Value, group};
use crate::api::{
    Action, Block, Class, Detection, EntityRef, Event, Incident, LedgerEntry, RuleStanding, Source, Suppression,
};
use crate::text::Untrusted;

/// Text, or nothing.
fn text(value: Option<&Untrusted>) -> Value<'_> {
    value.map_or(Value::Missing, |t| Value::Text(t.raw()))
}

/// Several texts, or nothing.
const fn texts(values: &[String]) -> Value<'_> {
    if values.is_empty() { Value::Missing } else { Value::Texts(values) }
}

#[allow(clippy::cast_precision_loss)] // Counts and ids stay below 2^53.
const fn number(value: u64) -> Value<'static> {
    Value::Number(value as f64)
}

fn target(entity: &EntityRef) -> Value<'_> {
    Value::Target(entity.value.raw())
}

/// Entities of an incident as a query sees them: all, the addresses or the users among them.
#[must_use]
pub fn involved<'a>(field: &str, all: Involved<'a>) -> Value<'a> {
    match field {
        "address" => {
            let addresses = Value::Kind(all, "address");
            if group::addresses(addresses).next().is_some() { addresses } else { Value::Missing }
        }
        "user" if all.of_kind("user").next().is_none() => Value::Missing,
        "user" => Value::Kind(all, "user"),
        _ => Value::Entities(all),
    }
}

/// A class as a query sees it.
#[must_use]
pub fn class(class: Class) -> Value<'static> {
    Value::Named(f64::from(class.0), class.word())
}

/// A URL's path.
#[must_use]
pub fn path(url: &str) -> &str {
    // Both marks are ASCII: what stands before one is text.
    memchr::memchr2(b'?', b'#', url.as_bytes()).map_or(url, |end| &url[..end])
}

impl Fields for Event {
    const BARE: &'static [&'static str] = &["message", "raw", "url", "user"];

    fn field(&self, name: &str) -> Value<'_> {
        let http = self.http.as_ref();
        match name {
            "time" => Value::Time(self.time),
            "source" => Value::Text(&self.source),
            "class" => class(self.class),
            "activity" => number(u64::from(self.activity)),
            "severity" => Value::Severity(&self.severity),
            "outcome" => Value::Word(self.outcome.as_str()),
            "src_ip" => self.src_ip.map_or(Value::Missing, Value::Address),
            "country" => text(self.country.as_ref()),
            "user" => text(self.user.as_ref()),
            "session" => text(self.session.as_ref()),
            "host" => text(self.host.as_ref()),
            "method" => text(http.map(|h| &h.method)),
            "url" => text(http.map(|h| &h.url)),
            "path" => http.map_or(Value::Missing, |h| Value::Text(path(h.url.raw()))),
            "status" => http.map_or(Value::Missing, |h| number(u64::from(h.status))),
            "bytes" => http.map(|h| h.bytes).or(self.received).map_or(Value::Missing, number),
            "agent" => text(http.map_or(self.agent.as_ref(), |h| h.agent.as_ref())),
            "referer" => text(http.and_then(|h| h.referer.as_ref())),
            "action" => text(self.action.as_ref()),
            "object" => text(self.object.as_ref()),
            "key" => text(self.key.as_ref()),
            "tenant" => text(self.tenant.as_ref()),
            "admin" => Value::Flag(self.admin),
            "dst_ip" => self.dst_ip.map_or(Value::Missing, Value::Address),
            "dst_port" => self.dst_port.map_or(Value::Missing, |port| number(u64::from(port))),
            "sent" => self.sent.map_or(Value::Missing, number),
            "message" => Value::Text(self.message.raw()),
            "raw" => Value::Text(self.raw.raw()),
            "parsed" => Value::Flag(self.parsed),
            "drill" => Value::Flag(self.drill),
            "id" => number(self.id.0),
            _ => Value::Missing,
        }
    }
}

impl Fields for Detection {
    const BARE: &'static [&'static str] = &["why", "title", "rule", "user", "entity"];

    fn field(&self, name: &str) -> Value<'_> {
        match name {
            "time" => Value::Time(self.time),
            "rule" => Value::Text(&self.rule),
            "title" => Value::Text(&self.title),
            "class" => Value::Text(&self.class),
            "kind" => Value::Word(self.kind.as_str()),
            "entity" => target(&self.entity),
            "src_ip" => self.src_ip.map_or(Value::Missing, Value::Address),
            "user" => text(self.user.as_ref()),
            "severity" => Value::Severity(&self.severity),
            "confidence" => Value::Number(f64::from(self.confidence)),
            "technique" => texts(&self.techniques),
            "source" => Value::Text(&self.source),
            "why" => Value::Text(self.why.raw()),
            "incident" => self.incident.map_or(Value::Missing, |i| number(i.0)),
            "suppressed" => self.suppressed.map_or(Value::Missing, |i| number(i.0)),
            "refused" => Value::Flag(self.refused),
            "drill" => Value::Flag(self.drill),
            "id" => number(self.id.0),
            _ => Value::Missing,
        }
    }
}

impl Fields for Incident {
    const BARE: &'static [&'static str] = &["title", "entity", "rule", "owner"];

    fn field(&self, name: &str) -> Value<'_> {
        match name {
            "id" => number(self.id.0),
            "state" => Value::Word(self.state.as_str()),
            "severity" => Value::Severity(&self.severity),
            "score" => number(u64::from(self.score)),
            "entity" if self.entities.is_empty() => target(&self.entity),
            "entity" | "address" | "user" => involved(name, Involved::List(&self.entities)),
            "rule" => texts(&self.rules),
            "technique" => texts(&self.techniques),
            "owner" => text(self.owner.as_ref()),
            "verdict" => self.verdict.as_ref().map_or(Value::Missing, |v| Value::Word(v.as_str())),
            "snoozed" => Value::Flag(self.snoozed.is_some()),
            "country" => text(self.country.as_ref()),
            "title" => Value::Text(&self.title),
            "opened" => Value::Time(self.opened),
            "updated" => Value::Time(self.updated),
            "detections" => number(self.detections),
            "events" => number(self.events),
            "contained" => self.contained.map_or(Value::Missing, Value::Time),
            "drill" => Value::Flag(self.drill),
            _ => Value::Missing,
        }
    }
}

impl Fields for Action {
    const BARE: &'static [&'static str] = &["target", "reason", "actor"];

    fn field(&self, name: &str) -> Value<'_> {
        match name {
            "id" => number(self.id.0),
            "time" => Value::Time(self.created),
            "expires" => Value::Time(self.expires),
            "kind" => Value::Word(self.kind.as_str()),
            "target" => Value::Target(self.target.raw()),
            "state" => Value::Word(self.state.as_str()),
            "actor" => Value::Text(self.actor.raw()),
            "reason" => Value::Text(self.reason.raw()),
            "automatic" => Value::Flag(self.automatic),
            "incident" => self.incident.map_or(Value::Missing, |i| number(i.0)),
            "drill" => Value::Flag(self.drill),
            _ => Value::Missing,
        }
    }
}

impl Fields for Block {
    const BARE: &'static [&'static str] = &["target", "reason", "actor"];

    fn field(&self, name: &str) -> Value<'_> {
        match name {
            "id" | "action" => number(self.action.0),
            "kind" => Value::Word(self.kind.as_str()),
            "target" => Value::Target(self.target.raw()),
            "since" => Value::Time(self.since),
            "expires" => Value::Time(self.expires),
            "actor" => Value::Text(self.actor.raw()),
            "reason" => Value::Text(self.reason.raw()),
            "refused" => self.refused.map_or(Value::Missing, number),
            "drifted" => Value::Flag(self.is_drifted()),
            "drill" => Value::Flag(self.drill),
            _ => Value::Missing,
        }
    }
}

impl Fields for Suppression {
    const BARE: &'static [&'static str] = &["rule", "entity", "owner", "reason"];

    fn field(&self, name: &str) -> Value<'_> {
        match name {
            "id" => number(self.id.0),
            "rule" => Value::Text(&self.rule),
            "entity" => self.entity.as_ref().map_or(Value::Missing, target),
            "state" => Value::Word(self.state.as_str()),
            "owner" => Value::Text(self.owner.raw()),
            "actor" => Value::Text(self.actor.raw()),
            "reason" => Value::Text(self.reason.raw()),
            "created" => Value::Time(self.created),
            "until" => Value::Time(self.until),
            "ended" => self.ended.map_or(Value::Missing, Value::Time),
            "hidden" => number(self.hidden),
            "last" => self.last.map_or(Value::Missing, Value::Time),
            _ => Value::Missing,
        }
    }
}

impl Fields for LedgerEntry {
    const BARE: &'static [&'static str] = &["actor", "action", "target", "detail"];

    fn field(&self, name: &str) -> Value<'_> {
        match name {
            "seq" => number(self.seq),
            "time" => Value::Time(self.time),
            "kind" => Value::Word(self.kind.as_str()),
            "actor" => Value::Text(self.actor.raw()),
            "action" => Value::Text(&self.action),
            "target" => Value::Target(self.target.raw()),
            "detail" => Value::Text(self.detail.raw()),
            "hash" => Value::Text(&self.hash),
            _ => Value::Missing,
        }
    }
}

impl Fields for Source {
    const BARE: &'static [&'static str] = &["name", "format", "why"];

    fn field(&self, name: &str) -> Value<'_> {
        match name {
            "name" => Value::Text(&self.name),
            "format" => Value::Text(&self.format),
            "state" => Value::Word(self.state.as_str()),
            "why" => Value::Text(&self.why),
            "events" => number(self.events),
            "unparsed" => number(self.unparsed),
            "last_event" => self.last_event.map_or(Value::Missing, Value::Time),
            "drill" => Value::Flag(self.drill),
            _ => Value::Missing,
        }
    }
}

impl Fields for RuleStanding {
    const BARE: &'static [&'static str] = &["name", "title", "class"];

    fn field(&self, name: &str) -> Value<'_> {
        match name {
            "name" => Value::Text(&self.name),
            "title" => Value::Text(&self.title),
            "family" => Value::Text(&self.family),
            "kind" => Value::Word(&self.kind),
            "class" => Value::Text(&self.class),
            "state" => Value::Text(&self.state),
            "technique" => Value::Texts(&self.techniques),
            "detections" => number(self.detections),
            "incidents" => number(self.incidents),
            "attacks" => number(self.attacks),
            "false_alarms" => number(self.false_alarms),
            "precision" => self.precision().map_or(Value::Missing, number),
            "last" => self.last.map_or(Value::Missing, Value::Time),
            _ => Value::Missing,
        }
    }
}
