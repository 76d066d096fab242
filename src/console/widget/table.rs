//! A table of the rows that are visible, and no others. How wide its columns are was decided elsewhere.

use super::look::Hit;
use super::{Look, Span, put};
use crate::console::theme::Tone;
use crate::text::fit;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

/// A column.
#[derive(Debug, Clone, Copy)]
pub struct Column {
    /// Heading.
    pub title: &'static str,
    /// Cells wide.
    pub width: u16,
    /// Set against the right edge: numbers.
    pub right: bool,
}

/// A row that is visible.
#[derive(Debug, Clone)]
pub struct Row {
    /// One per column.
    pub cells: Vec<Span>,
    /// What stands before it.
    pub sign: Sign,
}

/// What stands before a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sign {
    /// Nothing.
    None,
    /// The operator marked it.
    Marked,
    /// Somebody else looks at it.
    Shared,
}

/// What is drawn.
#[derive(Debug)]
pub struct Table<'a> {
    /// Columns in order, no wider together than [`width`].
    pub columns: &'a [Column],
    /// Cells between two of them.
    pub gap: u16,
    /// The visible rows; nothing where a row is being fetched.
    pub rows: Vec<Option<Row>>,
    /// Which of them the cursor is on.
    pub selected: Option<usize>,
}

const GUTTER: u16 = 2;

/// Rows that fit under the heading.
#[must_use]
pub const fn room(area: Rect) -> usize {
    area.height.saturating_sub(1) as usize
}

/// Cells that columns and the gaps between them can take.
#[must_use]
pub const fn width(area: Rect) -> usize {
    area.width.saturating_sub(GUTTER) as usize
}

/// Draws it.
pub fn draw(buf: &mut Buffer, area: Rect, look: &Look, table: &Table) {
    let area = area.intersection(buf.area);
    if area.width <= GUTTER || area.height == 0 {
        return;
    }
    let mut x = area.x + GUTTER;
    for column in table.columns {
        place(buf, (x, area.y), column, column.title, look.style(Tone::Muted));
        x += column.width + table.gap;
    }
    for (i, row) in table.rows.iter().take(room(area)).enumerate() {
        let y = area.y + 1 + u16::try_from(i).unwrap_or(u16::MAX - area.y - 1);
        let selected = table.selected == Some(i);
        if let Some(at) = table.selected {
            look.lies(Rect { y, height: 1, ..area }, Hit::Row(i as isize - at as isize));
        }
        match row {
            Some(row) => draw_row(buf, Rect { y, height: 1, ..area }, look, (row, table, selected)),
            None => {
                put(buf, (area.x + GUTTER, y), area.width - GUTTER, "…", look.style(Tone::Muted));
            }
        }
    }
}

fn draw_row(buf: &mut Buffer, area: Rect, look: &Look, (row, table, selected): (&Row, &Table, bool)) {
    let whole = look.style(Tone::Selected);
    if selected {
        buf.set_style(area, whole);
        put(buf, (area.x, area.y), 1, "›", whole);
    }
    let sign = match row.sign {
        Sign::None => None,
        Sign::Marked => Some(("*", Tone::Mark)),
        Sign::Shared => Some(("@", Tone::Accent)),
    };
    if let Some((sign, tone)) = sign {
        let style = if selected { whole } else { look.style(tone) };
        put(buf, (area.x + 1, area.y), 1, sign, style);
    }
    let mut x = area.x + GUTTER;
    for ((text, tone), column) in row.cells.iter().zip(table.columns) {
        // One style for the whole selected row: it stands out, and moving the cursor costs few bytes.
        let style = if selected { whole } else { look.style(*tone) };
        place(buf, (x, area.y), column, text, style);
        x += column.width + table.gap;
    }
}

fn place(buf: &mut Buffer, (x, y): (u16, u16), column: &Column, text: &str, style: Style) {
    let pad = if column.right { (column.width as usize).saturating_sub(fit::width(text)) } else { 0 };
    let pad = u16::try_from(pad).unwrap_or(0);
    put(buf, (x + pad, y), column.width - pad, text, style);
}
