//! Pure drawing of plain values into a buffer: no api types, no state, no clock of its own.
//!
//! Text given to a widget is visible text already (`Untrusted::cell`, `visible::escape`). Start at `look.rs`, which
//! every widget is handed.

pub mod chart;
pub mod glyph;
pub mod heat;
pub mod input;
pub mod look;
pub mod panel;
pub mod table;

pub use look::Look;

use super::theme::Tone;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

/// Columns beside a dialog that are not worth seeing.
const SHREDS: u16 = 14;

/// A piece of text and what it means.
pub type Span = (String, Tone);

/// Writes text at most `width` cells wide; returns the cells used.
pub fn put(buf: &mut Buffer, (x, y): (u16, u16), width: u16, text: &str, style: Style) -> u16 {
    let area = buf.area;
    if y < area.y || y >= area.bottom() || x < area.x || x >= area.right() || width == 0 {
        return 0;
    }
    let width = width.min(area.right() - x);
    let cut = crate::text::fit::truncate(text, width as usize);
    let (end, _) = buf.set_stringn(x, y, &cut, width as usize, style);
    end.saturating_sub(x)
}

/// Writes spans one after the other on row `row` of `area`.
pub fn line(buf: &mut Buffer, area: Rect, row: u16, look: &Look, spans: &[Span]) {
    if row >= area.height {
        return;
    }
    let mut x = area.x;
    for (text, tone) in spans {
        let left = area.right().saturating_sub(x);
        x += put(buf, (x, area.y + row), left, text, look.style(*tone));
    }
}

/// A span in the ordinary tone.
pub fn plain(text: impl Into<String>) -> Span {
    (text.into(), Tone::Text)
}

/// A span in a quiet tone.
pub fn muted(text: impl Into<String>) -> Span {
    (text.into(), Tone::Muted)
}

/// Empties a rectangle, so that something can be drawn over what is there.
pub fn wipe(buf: &mut Buffer, area: Rect) {
    let area = area.intersection(buf.area);
    for y in area.top()..area.bottom() {
        for x in area.left()..area.right() {
            if let Some(cell) = buf.cell_mut((x, y)) {
                cell.reset();
            }
        }
    }
}

/// A rectangle of that size in the middle of `area`, smaller where it must be, and as wide where only shreds of what lies
/// below would be seen beside it.
#[must_use]
pub fn centred(area: Rect, width: u16, height: u16) -> Rect {
    let width = if area.width < width.saturating_add(SHREDS) { area.width } else { width };
    let (w, h) = (width, height.min(area.height));
    Rect::new(area.x + (area.width - w) / 2, area.y + (area.height - h) / 2, w, h)
}

/// Text broken into lines of at most `width` cells, at spaces where possible.
#[must_use]
pub fn wrap(text: &str, width: usize) -> Vec<String> {
    use unicode_segmentation::UnicodeSegmentation;
    use unicode_width::UnicodeWidthStr;
    let (mut lines, mut line, mut used) = (Vec::new(), String::new(), 0);
    for word in text.split_word_bounds() {
        let w = word.width();
        if used + w > width && used > 0 {
            lines.push(std::mem::take(&mut line));
            used = 0;
            if word.trim().is_empty() {
                continue;
            }
        }
        for piece in word.graphemes(true) {
            // A cluster can be wider than the whole line.
            let piece = crate::text::fit::truncate(piece, width);
            let w = piece.width();
            if used + w > width && used > 0 {
                lines.push(std::mem::take(&mut line));
                used = 0;
            }
            line.push_str(&piece);
            used += w;
        }
    }
    if !line.is_empty() || lines.is_empty() {
        lines.push(line);
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn text_wraps_at_spaces() {
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(wrap("abcdefgh", 3), ["abc", "def", "gh"]);
        assert_eq!(wrap("", 3), [""]);
    }

    proptest! {
        #[test]
        fn wrapped_lines_fit(text in "\\PC{0,80}", width in 2usize..30) {
            for line in wrap(&text, width) {
                prop_assert!(crate::text::fit::width(&line) <= width);
            }
        }
    }
}
