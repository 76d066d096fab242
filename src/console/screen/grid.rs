//! Rows of a resource as a table: the columns are `column`'s, and a theme gives their meanings a look. Every list of the
//! console goes through here, so that a row looks the same wherever it stands.

use crate::api::Timestamp;
use crate::column::cell::{Stamp, day};
use crate::column::layout::{self, GAP};
use crate::column::{Cell, Column, Meaning, Row};
use crate::console::screen::rows::{self, Rows};
use crate::console::theme::Tone;
use crate::console::widget::table::{self, Sign, Table};
use crate::console::widget::{Look, Span};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// Draws rows that are visible: nothing where one is being fetched, else the row and whether it is marked.
pub fn draw<'a, R: Row>(
    buf: &mut Buffer,
    area: Rect,
    look: &Look,
    rows: (impl IntoIterator<Item = Option<(&'a R, bool)>>, Option<usize>),
) {
    let (rows, selected) = rows;
    let sign = |marked| if marked { Sign::Marked } else { Sign::None };
    let rows = rows.into_iter().map(|row| row.map(|(row, marked)| (row, sign(marked))));
    draw_without(buf, area, look, ((rows, selected), &[]));
}

fn draw_without<'a, R: Row>(
    buf: &mut Buffer,
    area: Rect,
    look: &Look,
    ((rows, selected), hidden): ((impl IntoIterator<Item = Option<(&'a R, Sign)>>, Option<usize>), &[&str]),
) {
    let fitted = layout::fit::<R>(table::width(area), hidden);
    let columns: Vec<_> = fitted.iter().map(|(column, width)| heading(column, *width)).collect();
    let cells = |row: &R| fitted.iter().map(|(c, _)| span((c.cell)(row, Timestamp(look.now())), look)).collect();
    let rows = rows.into_iter().map(|row| row.map(|(row, sign)| table::Row { cells: cells(row), sign }));
    let rows = rows.take(table::room(area)).collect();
    table::draw(buf, area, look, &Table { columns: &columns, gap: GAP as u16, rows, selected });
}

/// Draws the window of a list that comes by pages.
pub fn window<R: Row + rows::Row + Clone>(buf: &mut Buffer, area: Rect, look: &Look, rows: &Rows<R>) {
    let sign = |row: &R| match rows.is_marked(row) {
        true => Sign::Marked,
        false if others(row, look).is_some() => Sign::Shared,
        false => Sign::None,
    };
    let window = rows.window().into_iter().map(|row| row.map(|row| (row, sign(row))));
    draw_without(buf, area, look, ((window, rows.line()), rows.hidden()));
}

/// Who else looks at the incident that a row is, in words.
#[must_use]
pub fn others<'a, R: rows::Row>(row: &R, look: &'a Look) -> Option<&'a str> {
    row.incident().and_then(|id| look.others(id))
}

fn heading<R>(column: &Column<R>, width: usize) -> table::Column {
    table::Column { title: column.name, width: u16::try_from(width).unwrap_or(u16::MAX), right: column.right }
}

fn span(cell: Cell, look: &Look) -> Span {
    cell.changes.into_iter().for_each(|at| look.wake_at(at.0));
    let text = match cell.instant {
        Some((Stamp::Clock, at)) => look.clock(at.0),
        Some((Stamp::Date, at)) => day(Timestamp(look.shift(at.0))),
        None => cell.text,
    };
    (text, tone(cell.meaning))
}

/// What a meaning looks like.
#[must_use]
pub const fn tone(meaning: Meaning) -> Tone {
    match meaning {
        Meaning::Plain => Tone::Text,
        Meaning::Faint => Tone::Muted,
        Meaning::Strong => Tone::Accent,
        Meaning::Info => Tone::Info,
        Meaning::Low => Tone::Low,
        Meaning::Medium => Tone::Medium,
        Meaning::High => Tone::High,
        Meaning::Critical => Tone::Critical,
        Meaning::Good => Tone::Good,
        Meaning::Warning => Tone::Warn,
        Meaning::Bad => Tone::Bad,
        Meaning::Drill => Tone::Drill,
    }
}
