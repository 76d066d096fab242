//! Between rows of a day file and events; and a row as a query sees it, without making an event of it first.

use super::Error;
use crate::api::{Class, Event, EventId, Http, Outcome, Severity, Timestamp};
use crate::query::{Fields, Value, row as answer};
use crate::text::Untrusted;
use ipnet::IpNet;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, OptionalExtension, Row};
use std::net::IpAddr;

/// An address as stored: 4 or 16 bytes, canonical.
pub(super) fn blob(ip: IpAddr) -> Vec<u8> {
    with_blob(ip, <[u8]>::to_vec)
}

/// The same for whoever needs it for a moment only.
pub(super) fn with_blob<T>(ip: IpAddr, then: impl FnOnce(&[u8]) -> T) -> T {
    match ip.to_canonical() {
        IpAddr::V4(v4) => then(&v4.octets()),
        IpAddr::V6(v6) => then(&v6.octets()),
    }
}

pub(super) fn address(blob: &[u8]) -> Option<IpAddr> {
    match blob.len() {
        4 => Some(<[u8; 4]>::try_from(blob).ok()?.into()),
        16 => Some(<[u8; 16]>::try_from(blob).ok()?.into()),
        _ => None,
    }
}

/// First and last address of a prefix, as stored.
pub(super) fn range(net: IpNet) -> (Vec<u8>, Vec<u8>) {
    (blob(net.network()), blob(net.broadcast()))
}

const EVENT: &str =
    "SELECT e.seq, e.time, e.observed, (SELECT text FROM word WHERE id = e.source), e.class, e.activity,
    (SELECT text FROM word WHERE id = e.severity), (SELECT text FROM word WHERE id = e.outcome), e.parsed, e.drill,
    e.src_ip, e.country, e.user, e.session, (SELECT text FROM word WHERE id = e.host),
    (SELECT text FROM word WHERE id = e.method), e.status, e.bytes, (SELECT text FROM word WHERE id = e.agent),
    (SELECT text FROM word WHERE id = e.referer), e.url, e.message, e.raw,
    (SELECT text FROM word WHERE id = e.action), e.object, e.key, e.tenant, e.admin, e.dst_ip, e.dst_port, e.sent FROM event e WHERE e.seq = ?";

/// One event of a day.
pub(super) fn event(conn: &Connection, day: i64, sequence: u32) -> Result<Option<Event>, Error> {
    Ok(conn.prepare_cached(EVENT)?.query_row([sequence], |r| read(r, day)).optional()?)
}

fn read(r: &Row<'_>, day: i64) -> rusqlite::Result<Event> {
    let text = |i: usize| -> rusqlite::Result<Option<Untrusted>> { Ok(r.get::<_, Option<String>>(i)?.map(Into::into)) };
    let word = |i: usize| -> rusqlite::Result<String> { Ok(r.get::<_, Option<String>>(i)?.unwrap_or_default()) };
    let raw: String = r.get(22)?;
    let http = match text(15)? {
        None => None,
        Some(method) => Some(Http {
            method,
            url: text(20)?.unwrap_or_default(),
            status: r.get(16)?,
            bytes: r.get::<_, i64>(17)?.unsigned_abs(),
            referer: text(19)?,
            agent: text(18)?,
        }),
    };
    let bytes = |i: usize| -> rusqlite::Result<Option<u64>> { Ok(r.get::<_, Option<i64>>(i)?.map(i64::unsigned_abs)) };
    let request = http.is_some();
    Ok(Event {
        id: EventId::new(day, r.get(0)?),
        time: Timestamp(r.get(1)?),
        observed: Timestamp(r.get(2)?),
        source: word(3)?,
        class: Class(r.get(4)?),
        activity: r.get(5)?,
        severity: Severity::from(word(6)?.as_str()),
        outcome: Outcome::from(word(7)?.as_str()),
        src_ip: r.get_ref(10)?.as_blob_or_null()?.and_then(address),
        country: text(11)?,
        user: text(12)?,
        session: text(13)?,
        host: text(14)?,
        http,
        action: text(23)?,
        object: text(24)?,
        key: text(25)?,
        tenant: text(26)?,
        agent: if request { None } else { text(18)? },
        admin: r.get(27)?,
        dst_ip: r.get_ref(28)?.as_blob_or_null()?.and_then(address),
        dst_port: r.get(29)?,
        sent: bytes(30)?,
        received: if request { None } else { bytes(17)? },
        message: r.get::<_, Option<String>>(21)?.unwrap_or_else(|| raw.clone()).into(),
        raw: raw.into(),
        parsed: r.get(8)?,
        drill: r.get(9)?,
    })
}

/// Where a field of the query language is in a day file. The text is ours: nothing of a query enters it.
fn expression(field: &str) -> Option<&'static str> {
    Some(match field {
        "time" => "e.time",
        "source" => "(SELECT text FROM word WHERE id = e.source)",
        "class" => "e.class",
        "activity" => "e.activity",
        "severity" => "(SELECT text FROM word WHERE id = e.severity)",
        "outcome" => "(SELECT text FROM word WHERE id = e.outcome)",
        "src_ip" => "e.src_ip",
        "country" => "e.country",
        "user" => "e.user",
        "session" => "e.session",
        "host" => "(SELECT text FROM word WHERE id = e.host)",
        "method" => "(SELECT text FROM word WHERE id = e.method)",
        "url" | "path" => "e.url",
        "status" => "e.status",
        "bytes" => "e.bytes",
        "agent" => "(SELECT text FROM word WHERE id = e.agent)",
        "referer" => "(SELECT text FROM word WHERE id = e.referer)",
        "action" => "(SELECT text FROM word WHERE id = e.action)",
        "object" => "e.object",
        "key" => "e.key",
        "tenant" => "e.tenant",
        "admin" => "e.admin",
        "dst_ip" => "e.dst_ip",
        "dst_port" => "e.dst_port",
        "sent" => "e.sent",
        "message" => "coalesce(e.message, e.raw)",
        "raw" => "e.raw",
        "parsed" => "e.parsed",
        "drill" => "e.drill",
        "id" => "e.seq",
        _ => return None,
    })
}

/// The columns a query needs, after `e.time, e.seq`.
#[derive(Debug, Clone)]
pub(super) struct Columns<'a> {
    names: Vec<&'a str>,
}

impl<'a> Columns<'a> {
    /// Leaves out names that no event has; they are missing in every row.
    pub(super) fn of(names: Vec<&'a str>) -> Self {
        Self { names: names.into_iter().filter(|n| expression(n).is_some()).collect() }
    }

    pub(super) fn sql(&self) -> String {
        self.names.iter().filter_map(|n| expression(n)).map(|e| format!(", {e}")).collect()
    }
}

/// A row of a scan, answering a query's fields straight from SQLite's memory.
pub(super) struct View<'a> {
    day: i64,
    columns: &'a Columns<'a>,
    row: &'a Row<'a>,
    severity: Severity,
}

impl<'a> View<'a> {
    pub(super) fn new(day: i64, columns: &'a Columns<'a>, row: &'a Row<'a>) -> Self {
        let mut view = Self { day, columns, row, severity: Severity::Info };
        if let Some(Value::Text(word)) = view.column("severity").map(text) {
            view.severity = Severity::from(word);
        }
        view
    }

    fn column(&self, name: &str) -> Option<ValueRef<'_>> {
        let i = self.columns.names.iter().position(|n| *n == name)?;
        self.row.get_ref(i + 2).ok()
    }
}

fn text(value: ValueRef<'_>) -> Value<'_> {
    value.as_str().map_or(Value::Missing, Value::Text)
}

impl Fields for View<'_> {
    const BARE: &'static [&'static str] = <Event as Fields>::BARE;

    fn field(&self, name: &str) -> Value<'_> {
        let Some(value) = self.column(name) else { return Value::Missing };
        #[allow(clippy::cast_precision_loss)] // Numbers of events stay below 2^53.
        match (name, value) {
            (_, ValueRef::Null) => Value::Missing,
            ("time", ValueRef::Integer(ms)) => Value::Time(Timestamp(ms)),
            ("class", ValueRef::Integer(n)) => answer::class(Class(u16::try_from(n).unwrap_or(u16::MAX))),
            ("parsed" | "drill" | "admin", ValueRef::Integer(n)) => Value::Flag(n != 0),
            ("id", ValueRef::Integer(n)) => {
                Value::Number(EventId::new(self.day, u32::try_from(n).unwrap_or(0)).0 as f64)
            }
            (_, ValueRef::Integer(n)) => Value::Number(n as f64),
            ("severity", _) => Value::Severity(&self.severity),
            ("outcome", value) => value.as_str().map_or(Value::Missing, Value::Word),
            ("src_ip" | "dst_ip", ValueRef::Blob(b)) => address(b).map_or(Value::Missing, Value::Address),
            ("path", value) => value.as_str().map_or(Value::Missing, |u| Value::Text(answer::path(u))),
            (_, value) => text(value),
        }
    }
}
