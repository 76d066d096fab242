//! A record as the query language sees it: the same words mean the same as for a stored event.

use crate::platform::record::{Call, Record};
use crate::query::row::{class, path};
use crate::query::{Fields, Value};
use std::borrow::Cow;
use std::cell::OnceCell;

/// A record and where it was read.
pub struct Row<'a> {
    /// The record.
    pub record: &'a Record<'a>,
    /// Its source's name.
    pub source: &'a str,
    /// Part of the drill.
    pub drill: bool,
    /// The line with its JSON written without spaces after it, if it has some: made when a rule looks into the line.
    tight: OnceCell<Option<String>>,
}

impl<'a> Row<'a> {
    /// A record that was read there.
    #[must_use]
    pub const fn new(record: &'a Record<'a>, source: &'a str, drill: bool) -> Self {
        Self { record, source, drill, tight: OnceCell::new() }
    }

    /// The line. Whether JSON was written with spaces says nothing: then both spellings, one after the other.
    fn raw(&self) -> &str {
        let raw: &str = &self.record.raw;
        if !raw.starts_with('{') {
            return raw;
        }
        let both = || raw.contains("\": ").then(|| format!("{raw}\n{}", tight(raw)));
        self.tight.get_or_init(both).as_deref().unwrap_or(raw)
    }

    /// What happened in a line: the message, or the raw line where that says it best.
    #[must_use]
    pub fn message(&self) -> &'a str {
        if self.record.message.is_empty() { &self.record.raw } else { &self.record.message }
    }

    fn call(&self, part: impl Fn(&'a Call<'a>) -> &'a Cow<'a, str>) -> Value<'a> {
        let record: &'a Record<'a> = self.record;
        record.call.as_deref().map(|call| &**part(call)).filter(|t| !t.is_empty()).map_or(Value::Missing, Value::Text)
    }
}

/// JSON without the spaces that follow `:`, `,` or a bracket that opens; those in strings go, too.
fn tight(raw: &str) -> String {
    let mut last = ' ';
    let keep = |c: &char| {
        let space = *c == ' ' && matches!(last, ':' | ',' | '{' | '[');
        if !space {
            last = *c;
        }
        !space
    };
    raw.chars().filter(keep).collect()
}

fn text<'v>(value: &'v Option<Cow<'_, str>>) -> Value<'v> {
    value.as_deref().map_or(Value::Missing, Value::Text)
}

fn some(value: &str) -> Value<'_> {
    if value.is_empty() { Value::Missing } else { Value::Text(value) }
}

#[expect(clippy::cast_precision_loss, reason = "counts and sizes stay below 2^53")]
const fn number(value: u64) -> Value<'static> {
    Value::Number(value as f64)
}

impl Fields for Row<'_> {
    const BARE: &'static [&'static str] = &["message", "raw", "url", "user"];

    fn field(&self, name: &str) -> Value<'_> {
        self.value(name)
    }
}

impl Row<'_> {
    /// The value of a field. Where the name is known when this is compiled nothing is left of comparing names.
    #[inline(always)]
    pub fn value(&self, name: &str) -> Value<'_> {
        let record = self.record;
        let http = record.http.as_ref();
        let flow = record.flow.as_ref();
        // What is asked most comes first: names are compared one by one.
        match name {
            "class" => class(record.class),
            "status" => http.map_or(Value::Missing, |h| number(u64::from(h.status))),
            "path" => http.map_or(Value::Missing, |h| Value::Text(path(&h.url))),
            "method" => http.map_or(Value::Missing, |h| Value::Text(&h.method)),
            "url" => http.map_or(Value::Missing, |h| Value::Text(&h.url)),
            "agent" => http.map_or_else(|| self.call(|c| &c.agent), |h| some(&h.agent)),
            "outcome" => Value::Word(record.outcome.as_str()),
            "time" => Value::Time(record.time),
            "source" => Value::Text(self.source),
            "activity" => number(u64::from(record.activity)),
            "severity" => Value::Severity(&record.severity),
            "src_ip" => record.src_ip.map_or(Value::Missing, |ip| Value::Address(ip.to_canonical())),
            "country" => text(&record.country),
            "user" => text(&record.user),
            "session" => text(&record.session),
            "host" => text(&record.host),
            "bytes" => match (http, flow) {
                (Some(http), _) => number(http.bytes),
                (None, Some(flow)) if flow.received > 0 => number(flow.received),
                _ => Value::Missing,
            },
            "referer" => http.map_or(Value::Missing, |h| some(&h.referer)),
            "message" => Value::Text(self.message()),
            "raw" => Value::Text(self.raw()),
            "parsed" => Value::Flag(record.parsed),
            "drill" => Value::Flag(self.drill),
            "program" => record.program.map_or(Value::Missing, Value::Text),
            "service" => self.call(|c| &c.service),
            "action" => self.call(|c| &c.action),
            "object" => self.call(|c| &c.object),
            "key" => self.call(|c| &c.key),
            "tenant" => self.call(|c| &c.tenant),
            "admin" => Value::Flag(record.call.as_ref().is_some_and(|c| c.admin)),
            "signature" => record.alert.as_ref().map_or(Value::Missing, |a| Value::Text(&a.title)),
            "dst_ip" => flow.and_then(|f| f.dst_ip).map_or(Value::Missing, Value::Address),
            "dst_port" => flow.filter(|f| f.dst_port > 0).map_or(Value::Missing, |f| number(u64::from(f.dst_port))),
            "sent" => flow.filter(|f| f.sent > 0).map_or(Value::Missing, |f| number(f.sent)),
            _ => Value::Missing,
        }
    }
}
