//! Columns of events.

use super::{Cell, Column, GROW, Meaning, Row, full_time, marked, severity, short_time, yes_no};
use crate::api::{Event, Outcome};
use crate::text::Untrusted;

impl Row for Event {
    const COLUMNS: &'static [Column<Self>] = &[
        Column::file("id", |e| Cell::own(e.id.to_string())),
        Column::file("time", |e| full_time(e.time)),
        Column::screen("time", 14, 0, |e| short_time(e.time).meaning(Meaning::Faint)),
        Column::new("class", 7, 4, |e| Cell::own(e.class.word())),
        Column::new("severity", 8, 6, |e| severity(&e.severity)),
        Column::new("outcome", 7, 3, outcome),
        Column::new("src_ip", 15, 1, |e| Cell::maybe(e.src_ip, |ip| Cell::own(ip.to_canonical().to_string()))),
        Column::new("country", 7, 5, |e| Cell::maybe(e.country.as_ref(), Cell::outside)),
        Column::new("user", 12, 2, |e| Cell::maybe(e.user.as_ref(), Cell::outside)),
        Column::file("session", |e| Cell::maybe(e.session.as_ref(), Cell::outside)),
        Column::file("host", |e| Cell::maybe(e.host.as_ref(), Cell::outside)),
        Column::screen("message", GROW, 0, |e| marked(e.drill, Cell::outside(&e.message))),
        Column::file("method", |e| http(e, |h| Some(&h.method))),
        Column::file("url", |e| http(e, |h| Some(&h.url))),
        Column::file("status", |e| number(e, |h| u64::from(h.status))),
        Column::file("bytes", |e| number(e, |h| h.bytes)),
        Column::file("referer", |e| http(e, |h| h.referer.as_ref())),
        Column::file("agent", |e| http(e, |h| h.agent.as_ref())),
        Column::file("message", |e| Cell::outside(&e.message)),
        Column::new("source", 24, 7, |e| Cell::told(&e.source)),
        Column::file("parsed", |e| yes_no(e.parsed)),
        Column::file("drill", |e| yes_no(e.drill)),
    ];
}

fn outcome(event: &Event) -> Cell {
    Cell::own(event.outcome.label()).meaning(match event.outcome {
        Outcome::Failure => Meaning::Warning,
        Outcome::Success => Meaning::Plain,
        Outcome::Unknown | Outcome::Other(_) => Meaning::Faint,
    })
}

fn http(event: &Event, part: fn(&crate::api::Http) -> Option<&Untrusted>) -> Cell {
    Cell::maybe(event.http.as_ref().and_then(part), Cell::outside)
}

fn number(event: &Event, part: fn(&crate::api::Http) -> u64) -> Cell {
    Cell::maybe(event.http.as_ref().map(part), |n| Cell::own(n.to_string()))
}
