//! Items of a bill.

use super::{Cell, Column, Meaning, Row};
use crate::api::BillItem;

impl Row for BillItem {
    const SCREEN: &'static [Column<Self>] = &[
        Column::number("points", 6, 0, |item, _| {
            let meaning = if item.points < 0 { Meaning::Good } else { Meaning::Plain };
            Cell::own(format!("{:+}", item.points)).meaning(meaning)
        }),
        Column::growing("term", 16, 0, |item, _| Cell::told(&item.term)),
        Column::growing("why", 20, 1, |item, _| Cell::told(&item.why).faint()),
        Column::new("from", 14, 2, |item, _| Cell::told(&item.source).faint()),
        Column::number("age", 4, 3, |item, now| Cell::age(item.as_of, now).faint()),
    ];
}
