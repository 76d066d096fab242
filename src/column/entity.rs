//! Entities by name.

use super::{Cell, Column, Row};
use crate::api::EntityRef;

impl Row for EntityRef {
    const SCREEN: &'static [Column<Self>] = &[
        Column::new("kind", 9, 0, |e, _| Cell::own(e.kind.label()).faint()),
        Column::growing("name", 20, 0, |e, _| Cell::outside(&e.value)),
    ];
}
