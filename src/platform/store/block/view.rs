//! An event of a block as a query sees it, without making an event of it first.

use super::column::{Column, Set};
use super::pack::{ADMIN, DRILL, PARSED};
use super::read::Block;
use crate::api::{Class, Event, EventId, Severity, Timestamp};
use crate::query::{Fields, Value, row as answer};
use std::net::IpAddr;

/// The column that answers a field of the query language.
fn column(field: &str) -> Option<Column> {
    Some(match field {
        "time" => Column::Time,
        "source" => Column::Source,
        "class" => Column::Class,
        "activity" => Column::Activity,
        "severity" => Column::Severity,
        "outcome" => Column::Outcome,
        "src_ip" => Column::SrcIp,
        "country" => Column::Country,
        "user" => Column::User,
        "session" => Column::Session,
        "host" => Column::Host,
        "method" => Column::Method,
        "url" | "path" => Column::Url,
        "status" => Column::Status,
        "bytes" => Column::Bytes,
        "agent" => Column::Agent,
        "referer" => Column::Referer,
        "action" => Column::Action,
        "object" => Column::Object,
        "key" => Column::Key,
        "tenant" => Column::Tenant,
        "dst_ip" => Column::DstIp,
        "dst_port" => Column::DstPort,
        "sent" => Column::Sent,
        "message" => Column::Message,
        "raw" => Column::Raw,
        "parsed" | "drill" | "admin" => Column::Flags,
        "id" => Column::Seq,
        _ => return None,
    })
}

/// The columns that answer these fields. A name that no event has is missing in every row.
pub(in super::super) fn columns<'a>(fields: impl IntoIterator<Item = &'a str>) -> Set {
    let set: Set = fields.into_iter().filter_map(column).collect();
    // What says nothing else says the line.
    if set.has(Column::Message) { set.with(Column::Raw) } else { set }
}

/// Whether what a field says is a text that stands in the block as it is.
pub(in super::super) fn is_text(field: &str) -> bool {
    use Column::{Outcome, Raw, Severity, Source};
    let texts = Source as usize..=Raw as usize;
    column(field).is_some_and(|c| texts.contains(&(c as usize)) && ![Severity, Outcome].contains(&c))
}

/// An event of a block.
pub(in super::super) struct View<'a> {
    day: i64,
    block: &'a Block,
    nth: usize,
    severity: Severity,
}

impl<'a> View<'a> {
    pub(super) fn new(day: i64, block: &'a Block, nth: usize) -> Self {
        let severity = block.text(Column::Severity, nth).map_or(Severity::Info, Severity::from);
        Self { day, block, nth, severity }
    }

    /// It is known that it is not what is looked for, whatever its columns say.
    pub const fn is_barren(&self) -> bool {
        self.block.barren
    }

    pub fn text(&self, column: Column) -> Option<&'a str> {
        self.block.text(column, self.nth)
    }

    pub fn address(&self, column: Column) -> Option<IpAddr> {
        self.block.address(column, self.nth)
    }

    /// The answer's status, where it is of a request.
    pub fn status(&self) -> Option<u64> {
        self.block.some(Column::Status, self.nth)
    }
}

impl Fields for View<'_> {
    const BARE: &'static [&'static str] = <Event as Fields>::BARE;

    fn field(&self, name: &str) -> Value<'_> {
        let (block, nth) = (self.block, self.nth);
        let Some(column) = column(name) else { return Value::Missing };
        #[allow(clippy::cast_precision_loss)] // Numbers of events stay below 2^53.
        let number = |n: u64| Value::Number(n as f64);
        match column {
            Column::Time => Value::Time(Timestamp(block.time(nth))),
            Column::Seq => number(EventId::new(self.day, block.seq(nth)).0),
            Column::Class => answer::class(Class(u16::try_from(block.number(column, nth)).unwrap_or(u16::MAX))),
            Column::Activity | Column::Observed => number(block.number(column, nth)),
            Column::Flags if name == "parsed" => Value::Flag(block.flag(PARSED, nth)),
            Column::Flags if name == "drill" => Value::Flag(block.flag(DRILL, nth)),
            Column::Flags => Value::Flag(block.flag(ADMIN, nth)),
            Column::SrcIp | Column::DstIp => block.address(column, nth).map_or(Value::Missing, Value::Address),
            Column::DstPort | Column::Status | Column::Bytes | Column::Sent => {
                block.some(column, nth).map_or(Value::Missing, number)
            }
            Column::Severity => Value::Severity(&self.severity),
            Column::Outcome => self.text(column).map_or(Value::Missing, Value::Word),
            Column::Url if name == "path" => self.text(column).map_or(Value::Missing, |u| Value::Text(answer::path(u))),
            Column::Message => block.message(nth).map_or(Value::Missing, Value::Text),
            _ => self.text(column).map_or(Value::Missing, Value::Text),
        }
    }
}
