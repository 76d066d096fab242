//! What a replay finds.

use super::cell::severity;
use super::{Cell, Column, Field, Record, Row, address, field, maybe, outside, told};
use crate::api::Finding;

impl Row for Finding {
    const SCREEN: &'static [Column<Self>] = &[
        Column::new("time", 24, 1, |f, _| Cell::own(f.time.to_string()).faint()),
        Column::new("severity", 10, 1, |f, _| severity(&f.severity)),
        Column::new("rule", 24, 0, |f, _| Cell::told(&f.rule)),
        Column::new("from", 15, 2, |f, _| Cell::maybe(f.src_ip, |ip| Cell::own(ip.to_canonical().to_string()))),
        Column::new("user", 12, 6, |f, _| Cell::maybe(f.user.as_ref(), Cell::outside)),
        Column::new("decision", 8, 3, |f, _| Cell::own(f.decision.label())),
        Column::number("conf", 4, 7, |f, _| Cell::own(format!("{:.2}", f.confidence))),
        Column::number("incident", 8, 5, |f, _| Cell::maybe(f.incident, |id| Cell::own(format!("#{id}")))),
        Column::number("events", 6, 8, |f, _| Cell::count(f.evidence_count)),
        Column::growing("what proves it", 20, 0, |f, _| Cell::outside(&f.why)),
    ];
}

impl Record for Finding {
    const FIELDS: &'static [Field<Self>] = &[
        field("time", |f| f.time.to_string()),
        field("severity", |f| f.severity.label().into_owned()),
        field("rule", |f| told(&f.rule)),
        field("class", |f| told(&f.class)),
        field("kind", |f| f.kind.label().into_owned()),
        field("src_ip", |f| address(f.src_ip)),
        field("user", |f| outside(f.user.as_ref())),
        field("decision", |f| f.decision.label().into_owned()),
        field("confidence", |f| format!("{:.2}", f.confidence)),
        field("incident", |f| maybe(f.incident)),
        field("file", |f| told(&f.file)),
        field("evidence", |f| f.evidence.iter().map(u64::to_string).collect::<Vec<_>>().join(" ")),
        field("events", |f| f.evidence_count.to_string()),
        field("why", |f| f.why.visible()),
        field("shadow", |f| super::yes_no(f.shadow)),
    ];
}
