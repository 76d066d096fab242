//! A table of the rows that are visible, and no others. Columns are dropped by rank when there is no room.

use super::{Look, put};
use crate::console::theme::Tone;
use crate::text::fit;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// A column.
#[derive(Debug, Clone, Copy)]
pub struct Column {
    /// Heading.
    pub title: &'static str,
    /// Cells wide; the least width of a flexible column.
    pub width: u16,
    /// Takes what is left over.
    pub flex: bool,
    /// Columns of higher rank go first when there is no room; rank 0 always stays.
    pub rank: u8,
}

/// A column of fixed width.
#[must_use]
pub const fn fixed(title: &'static str, width: u16, rank: u8) -> Column {
    Column { title, width, flex: false, rank }
}

/// A column that takes what is left over.
#[must_use]
pub const fn flex(title: &'static str, width: u16, rank: u8) -> Column {
    Column { title, width, flex: true, rank }
}

/// A cell: visible text and what it means.
#[derive(Debug, Clone)]
pub struct Cell {
    /// Visible text.
    pub text: String,
    /// What it means.
    pub tone: Tone,
    /// Set against the right edge: numbers.
    pub right: bool,
}

/// A cell in the ordinary tone.
pub fn cell(text: impl Into<String>) -> Cell {
    Cell { text: text.into(), tone: Tone::Text, right: false }
}

/// A cell with a meaning.
pub fn toned(text: impl Into<String>, tone: Tone) -> Cell {
    Cell { text: text.into(), tone, right: false }
}

/// A number.
pub fn number(text: impl Into<String>) -> Cell {
    Cell { text: text.into(), tone: Tone::Text, right: true }
}

/// A row that is visible.
#[derive(Debug, Clone)]
pub struct Row {
    /// One per column.
    pub cells: Vec<Cell>,
    /// The operator marked it.
    pub marked: bool,
}

/// What is drawn.
#[derive(Debug)]
pub struct Table<'a> {
    /// Columns in order.
    pub columns: &'a [Column],
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

/// Draws it.
pub fn draw(buf: &mut Buffer, area: Rect, look: &Look, table: &Table) {
    let area = area.intersection(buf.area);
    if area.width <= GUTTER || area.height == 0 {
        return;
    }
    let widths = widths(table.columns, area.width - GUTTER);
    let mut x = area.x + GUTTER;
    for (column, width) in table.columns.iter().zip(&widths).filter(|(_, w)| **w > 0) {
        put(buf, (x, area.y), *width, column.title, look.style(Tone::Muted));
        x += width + 1;
    }
    for (i, row) in table.rows.iter().take(room(area)).enumerate() {
        let y = area.y + 1 + u16::try_from(i).unwrap_or(u16::MAX - area.y - 1);
        let selected = table.selected == Some(i);
        match row {
            Some(row) => draw_row(buf, Rect { y, height: 1, ..area }, look, (row, &widths, selected)),
            None => {
                put(buf, (area.x + GUTTER, y), area.width - GUTTER, "…", look.style(Tone::Muted));
            }
        }
    }
}

fn draw_row(buf: &mut Buffer, area: Rect, look: &Look, (row, widths, selected): (&Row, &[u16], bool)) {
    let whole = look.style(Tone::Selected);
    if selected {
        buf.set_style(area, whole);
        put(buf, (area.x, area.y), 1, "›", whole);
    }
    if row.marked {
        let style = if selected { whole } else { look.style(Tone::Mark) };
        put(buf, (area.x + 1, area.y), 1, "*", style);
    }
    let mut x = area.x + GUTTER;
    for (cell, width) in row.cells.iter().zip(widths).filter(|(_, w)| **w > 0) {
        // One style for the whole selected row: it stands out, and moving the cursor costs few bytes.
        let style = if selected { whole } else { look.style(cell.tone) };
        let pad = if cell.right { (*width as usize).saturating_sub(fit::width(&cell.text)) } else { 0 };
        let pad = u16::try_from(pad).unwrap_or(0);
        put(buf, (x + pad, area.y), width - pad, &cell.text, style);
        x += width + 1;
    }
}

/// Width of each column; 0 for those that were dropped.
fn widths(columns: &[Column], room: u16) -> Vec<u16> {
    let mut kept: Vec<bool> = vec![true; columns.len()];
    let need = |kept: &[bool]| -> u16 {
        let used = columns.iter().zip(kept).filter(|(_, k)| **k).map(|(c, _)| c.width + 1);
        used.fold(0u16, u16::saturating_add).saturating_sub(1)
    };
    while need(&kept) > room {
        let last = (0..columns.len()).filter(|i| kept[*i] && columns[*i].rank > 0).max_by_key(|i| columns[*i].rank);
        match last {
            Some(i) => kept[i] = false,
            None => break,
        }
    }
    let mut spare = room.saturating_sub(need(&kept));
    let flexible = columns.iter().zip(&kept).filter(|(c, k)| **k && c.flex).count() as u16;
    let share = spare.checked_div(flexible).unwrap_or(0);
    let mut left = room;
    let mut width = |column: &Column, kept: bool| {
        if !kept || left == 0 {
            return 0;
        }
        let extra = if !column.flex {
            0
        } else if spare < share * 2 {
            spare
        } else {
            share
        };
        spare -= extra.min(spare);
        let width = (column.width + extra).min(left);
        left = left.saturating_sub(width + 1);
        width
    };
    columns.iter().zip(&kept).map(|(c, k)| width(c, *k)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const COLUMNS: &[Column] = &[fixed("a", 4, 0), flex("b", 6, 0), fixed("c", 5, 2), fixed("d", 5, 1)];

    #[test]
    fn columns_go_by_rank_and_the_rest_is_used() {
        assert_eq!(widths(COLUMNS, 40), [4, 23, 5, 5]);
        assert_eq!(widths(COLUMNS, 20), [4, 9, 0, 5]);
        assert_eq!(widths(COLUMNS, 12), [4, 7, 0, 0]);
        assert_eq!(widths(COLUMNS, 3), [3, 0, 0, 0]);
        assert_eq!(widths(COLUMNS, 0), [0, 0, 0, 0]);
    }

    #[test]
    fn widths_never_exceed_the_room() {
        for room in 0..120 {
            let w = widths(COLUMNS, room);
            let used: u16 = w.iter().filter(|w| **w > 0).map(|w| w + 1).sum::<u16>().saturating_sub(1);
            assert!(used <= room, "{used} in {room}");
        }
    }
}
