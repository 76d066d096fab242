//! Events.

use super::cell::{clock, date, drill};
use super::{Cell, Column, Field, Meaning, Record, Row, address, field, maybe, outside, told, yes_no};
use crate::api::{Class, Event, Http, Outcome};
use crate::text::Untrusted;

impl Row for Event {
    const SCREEN: &'static [Column<Self>] = &[
        Column::new("date", 5, 4, |e, _| date(e.time)),
        Column::new("time", 8, 0, |e, _| clock(e.time)),
        Column::new("class", 7, 3, |e, _| Cell::own(e.class.word()).faint()),
        Column::new("outcome", 7, 5, |e, _| outcome(e)),
        Column::new("from", 16, 0, |e, _| Cell::maybe(e.src_ip, |ip| Cell::own(ip.to_canonical().to_string()))),
        Column::new("cc", 2, 4, |e, _| e.country.as_ref().map_or_else(|| Cell::own("??"), Cell::outside).faint()),
        Column::new("user", 12, 2, |e, _| Cell::maybe(e.user.as_ref(), Cell::outside)),
        Column::new("status", 6, 2, |e, _| status(e)),
        Column::growing("what happened", 20, 0, |e, _| what(e)),
        Column::new("", 6, 0, |e, _| drill(e.drill)),
    ];
}

impl Record for Event {
    const FIELDS: &'static [Field<Self>] = &[
        field("id", |e| e.id.to_string()),
        field("time", |e| e.time.to_string()),
        field("class", |e| Cell::own(e.class.word()).text),
        field("severity", |e| e.severity.label().into_owned()),
        field("outcome", |e| e.outcome.label().into_owned()),
        field("src_ip", |e| address(e.src_ip)),
        field("country", |e| outside(e.country.as_ref())),
        field("user", |e| outside(e.user.as_ref())),
        field("session", |e| outside(e.session.as_ref())),
        field("host", |e| outside(e.host.as_ref())),
        field("method", |e| http(e, |h| Some(&h.method))),
        field("url", |e| http(e, |h| Some(&h.url))),
        field("status", |e| maybe(e.http.as_ref().map(|h| h.status))),
        field("bytes", |e| maybe(e.http.as_ref().map(|h| h.bytes).or(e.received))),
        field("referer", |e| http(e, |h| h.referer.as_ref())),
        field("agent", |e| e.agent.as_ref().map_or_else(|| http(e, |h| h.agent.as_ref()), Untrusted::visible)),
        field("action", |e| outside(e.action.as_ref())),
        field("object", |e| outside(e.object.as_ref())),
        field("key", |e| outside(e.key.as_ref())),
        field("tenant", |e| outside(e.tenant.as_ref())),
        field("admin", |e| yes_no(e.admin)),
        field("dst_ip", |e| address(e.dst_ip)),
        field("dst_port", |e| maybe(e.dst_port)),
        field("sent", |e| maybe(e.sent)),
        field("message", |e| e.message.visible()),
        field("source", |e| told(&e.source)),
        field("parsed", |e| yes_no(e.parsed)),
        field("drill", |e| yes_no(e.drill)),
    ];
}

/// What happened: of a request what the other columns do not say, otherwise the message.
fn what(event: &Event) -> Cell {
    match &event.http {
        _ if !event.parsed => Cell::outside(&event.message).meaning(Meaning::Warning),
        Some(http) if !http.url.is_empty() => Cell::own(format!("{} {}", http.method.cell(10), http.url.visible())),
        None if event.class == Class::API && event.action.is_some() => Cell::own(operation(event)),
        _ => Cell::outside(&event.message),
    }
}

/// What an audit log recorded and to whom or what it was done.
fn operation(event: &Event) -> String {
    let parts = [event.action.as_ref(), event.object.as_ref()];
    parts.into_iter().flatten().map(Untrusted::visible).collect::<Vec<_>>().join(" ")
}

fn outcome(event: &Event) -> Cell {
    match event.outcome {
        Outcome::Failure => Cell::own("failure").meaning(Meaning::Warning),
        Outcome::Success => Cell::own("success").faint(),
        Outcome::Unknown | Outcome::Other(_) => Cell::own("-").faint(),
    }
}

fn status(event: &Event) -> Cell {
    let status = event.http.as_ref().map(|h| h.status).filter(|status| *status != 0);
    Cell::maybe(status, |status| Cell::own(status.to_string())).meaning(match status {
        Some(500..) => Meaning::Bad,
        Some(400..) => Meaning::Warning,
        _ => Meaning::Faint,
    })
}

fn http(event: &Event, part: fn(&Http) -> Option<&Untrusted>) -> String {
    outside(event.http.as_ref().and_then(part))
}
