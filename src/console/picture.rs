//! A drawn screen as a self-contained SVG: for documents. One text run per stretch of equal style; everything escaped.

use super::theme::hex;
use ratatui::buffer::{Buffer, Cell};
use ratatui::style::Modifier;
use std::fmt::Write;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

const CELL_W: f32 = 8.4;
const CELL_H: f32 = 18.0;
const PAD: f32 = 12.0;

/// Colours for what the screen leaves to the terminal.
#[derive(Debug, Clone, Copy)]
pub struct Paper<'a> {
    /// Text, e.g. `#cdd9e5`.
    pub fg: &'a str,
    /// Ground, e.g. `#1c2128`.
    pub bg: &'a str,
}

/// Renders a buffer.
#[must_use]
pub fn svg(buffer: &Buffer, paper: Paper) -> String {
    let (columns, rows) = (buffer.area.width, buffer.area.height);
    let (w, h) = (f32::from(columns) * CELL_W + 2.0 * PAD, f32::from(rows) * CELL_H + 2.0 * PAD);
    let mut out = String::new();
    // Writing to a string cannot fail.
    let _ = writeln!(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {w:.1} {h:.1}\" width=\"{w:.0}\" height=\"{h:.0}\" \
         font-family=\"ui-monospace,'DejaVu Sans Mono','Cascadia Mono',Menlo,Consolas,monospace\" font-size=\"14\">"
    );
    let _ = writeln!(out, "<rect width=\"100%\" height=\"100%\" rx=\"8\" fill=\"{}\"/>", paper.bg);
    for row in 0..rows {
        let mut column = 0;
        while column < columns {
            let (text, cells, first) = run(buffer, row, column);
            draw_run(&mut out, (column, row, cells), &text, (first, paper));
            column += cells.max(1);
        }
    }
    out.push_str("</svg>\n");
    out
}

/// Cells of equal style from `column` on: their text, how many, and the first.
fn run(buffer: &Buffer, row: u16, column: u16) -> (String, u16, &Cell) {
    let (x0, y) = (buffer.area.x, buffer.area.y + row);
    let first = &buffer[(x0 + column, y)];
    let (mut text, mut at) = (String::new(), column);
    while at < buffer.area.width {
        let cell = &buffer[(x0 + at, y)];
        if (cell.fg, cell.bg, cell.modifier) != (first.fg, first.bg, first.modifier) {
            break;
        }
        text.push_str(cell.symbol());
        // A wide character covers the cell after it.
        at += u16::try_from(cell.symbol().width()).unwrap_or(1).max(1);
    }
    (text, at - column, first)
}

fn draw_run(out: &mut String, (column, row, cells): (u16, u16, u16), text: &str, (cell, paper): (&Cell, Paper)) {
    let (x, y) = (PAD + f32::from(column) * CELL_W, PAD + f32::from(row) * CELL_H);
    let width = f32::from(cells) * CELL_W;
    let (mut fg, mut bg) = (hex(cell.fg), hex(cell.bg));
    if cell.modifier.contains(Modifier::REVERSED) {
        (fg, bg) = (Some(bg.unwrap_or_else(|| paper.bg.into())), Some(fg.unwrap_or_else(|| paper.fg.into())));
    }
    if let Some(bg) = bg {
        let _ =
            writeln!(out, "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{CELL_H}\" fill=\"{bg}\"/>");
    }
    if text.trim().is_empty() {
        return;
    }
    let mut style = String::new();
    if cell.modifier.contains(Modifier::BOLD) {
        style.push_str(" font-weight=\"bold\"");
    }
    if cell.modifier.contains(Modifier::UNDERLINED) {
        style.push_str(" text-decoration=\"underline\"");
    }
    let fg = fg.unwrap_or_else(|| paper.fg.into());
    let text = draw_bars(out, (x, y), text, &fg);
    if text.trim().is_empty() {
        return;
    }
    let _ = writeln!(
        out,
        "<text x=\"{x:.1}\" y=\"{:.1}\" textLength=\"{width:.1}\" lengthAdjust=\"spacingAndGlyphs\" \
         xml:space=\"preserve\" fill=\"{fg}\"{style}>{}</text>",
        y + CELL_H * 0.76,
        escape(&text)
    );
}

/// Draws the eighth blocks of charts as rectangles, since a font leaves gaps between lines; returns the other text.
fn draw_bars(out: &mut String, (x, y): (f32, f32), text: &str, fg: &str) -> String {
    let mut rest = String::with_capacity(text.len());
    let mut at = x;
    for c in text.chars() {
        let eighths = (c as u32).wrapping_sub(0x2580);
        if (1..=8).contains(&eighths) {
            let height = CELL_H * f32::from(u8::try_from(eighths).unwrap_or(8)) / 8.0;
            let top = y + CELL_H - height;
            let _ = writeln!(
                out,
                "<rect x=\"{at:.1}\" y=\"{top:.1}\" width=\"{CELL_W}\" height=\"{height:.1}\" fill=\"{fg}\"/>"
            );
            rest.push(' ');
        } else {
            rest.push(c);
        }
        at += CELL_W * f32::from(u8::try_from(c.width().unwrap_or(0)).unwrap_or(0));
    }
    rest
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use ratatui::layout::Rect;
    use ratatui::style::{Color, Style};

    #[test]
    fn runs_are_joined_and_escaped() {
        let mut buffer = Buffer::empty(Rect::new(0, 0, 12, 1));
        buffer.set_string(0, 0, "a<b", Style::new());
        buffer.set_string(3, 0, "&日", Style::new().fg(Color::Rgb(255, 0, 0)).add_modifier(Modifier::BOLD));
        let picture = svg(&buffer, Paper { fg: "#cccccc", bg: "#000000" });
        assert!(picture.contains(">a&lt;b</text>"), "{picture}");
        assert!(picture.contains("fill=\"#ff0000\" font-weight=\"bold\">&amp;日</text>"), "{picture}");
        assert_eq!(picture.matches("<text").count(), 2);
    }
}
