//! Columns of detections.

use super::{Cell, Column, GROW, Meaning, Row, full_time, listed, marked, severity, short_time, yes_no};
use crate::api::Detection;

impl Row for Detection {
    const COLUMNS: &'static [Column<Self>] = &[
        Column::number("id", 7, 4, |d| Cell::own(d.id.to_string())),
        Column::file("time", |d| full_time(d.time)),
        Column::screen("time", 14, 0, |d| short_time(d.time).meaning(Meaning::Faint)),
        Column::new("severity", 8, 1, |d| severity(&d.severity)),
        Column::new("rule", 20, 1, |d| Cell::told(&d.rule).meaning(Meaning::Strong)),
        Column::file("title", |d| Cell::told(&d.title)),
        Column::new("class", 14, 8, |d| Cell::told(&d.class)),
        Column::file("kind", |d| Cell::own(d.kind.label())),
        Column::number("confidence", 10, 6, |d| Cell::own(format!("{:.2}", d.confidence))),
        Column::new("src_ip", 15, 2, |d| Cell::maybe(d.src_ip, |ip| Cell::own(ip.to_canonical().to_string()))),
        Column::new("user", 12, 5, |d| Cell::maybe(d.user.as_ref(), Cell::outside)),
        Column::screen("why", GROW, 0, |d| marked(d.drill, Cell::outside(&d.why))),
        Column::file("why", |d| Cell::outside(&d.why)),
        Column::number("events", 6, 7, |d| Cell::own(d.evidence_count.to_string())),
        Column::new("techniques", 12, 9, |d| listed(d.techniques.iter().map(String::as_str))),
        Column::file("source", |d| Cell::told(&d.source)),
        Column::number("incident", 8, 3, |d| Cell::maybe(d.incident, |id| Cell::own(id.to_string()))),
        Column::file("refused", |d| yes_no(d.refused)),
        Column::file("drill", |d| yes_no(d.drill)),
    ];
}
