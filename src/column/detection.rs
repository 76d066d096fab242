//! Detections.

use super::cell::{clock, date, drill, severity};
use super::{Cell, Column, Field, Meaning, Record, Row, address, field, listed, maybe, outside, told, yes_no};
use crate::api::Detection;

impl Row for Detection {
    const SCREEN: &'static [Column<Self>] = &[
        Column::new("date", 5, 7, |d, _| date(d.time)),
        Column::new("time", 8, 0, |d, _| clock(d.time)),
        Column::new("severity", 10, 0, |d, _| severity(&d.severity)),
        Column::new("rule", 22, 0, |d, _| Cell::told(&d.rule)),
        Column::number("conf", 4, 3, |d, _| Cell::own(format!("{:.2}", d.confidence))),
        Column::new("from", 15, 6, |d, _| Cell::maybe(d.src_ip, |ip| Cell::own(ip.to_canonical().to_string()))),
        Column::new("user", 12, 8, |d, _| Cell::maybe(d.user.as_ref(), Cell::outside)),
        Column::number("incident", 8, 9, |d, _| Cell::maybe(d.incident, |id| Cell::own(format!("#{id}")))),
        Column::number("events", 6, 4, |d, _| Cell::count(d.evidence_count)),
        Column::growing("what proves it", 20, 1, |d, _| Cell::outside(&d.why)),
        Column::new("", 7, 5, |d, _| Cell::own(if d.refused { "refused" } else { "" }).meaning(Meaning::Good)),
        Column::new("", 6, 0, |d, _| drill(d.drill)),
    ];
}

impl Record for Detection {
    const FIELDS: &'static [Field<Self>] = &[
        field("id", |d| d.id.to_string()),
        field("time", |d| d.time.to_string()),
        field("severity", |d| d.severity.label().into_owned()),
        field("rule", |d| told(&d.rule)),
        field("title", |d| told(&d.title)),
        field("class", |d| told(&d.class)),
        field("kind", |d| d.kind.label().into_owned()),
        field("confidence", |d| format!("{:.2}", d.confidence)),
        field("src_ip", |d| address(d.src_ip)),
        field("user", |d| outside(d.user.as_ref())),
        field("why", |d| d.why.visible()),
        field("events", |d| d.evidence_count.to_string()),
        field("techniques", |d| listed(&d.techniques)),
        field("source", |d| told(&d.source)),
        field("incident", |d| maybe(d.incident)),
        field("refused", |d| yes_no(d.refused)),
        field("drill", |d| yes_no(d.drill)),
    ];
}
