//! Bars over time and bars beside words.

use super::look::Hit;
use super::{Look, put};
use crate::console::theme::Tone;
use crate::text::{fit, human};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

const EIGHTHS: [&str; 9] = [" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"];

/// Values over time across the whole width, newest at the right edge. Where several values share a column the highest
/// is shown; where there are fewer values than columns each fills several. The highest fills the height; any value above
/// zero shows at least an eighth.
pub fn bars_over_time(buf: &mut Buffer, area: Rect, look: &Look, values: &[u64], tone: Tone) {
    let area = area.intersection(buf.area);
    if area.is_empty() || values.is_empty() {
        return;
    }
    let max = values.iter().copied().max().unwrap_or(0).max(1);
    let steps = u128::from(area.height) * 8;
    for (x, value) in (area.x..area.right()).zip(columns(values, area.width as usize)) {
        let full = if value == 0 { 0 } else { (u128::from(value) * steps / u128::from(max)).max(1) };
        for row in 0..area.height {
            let part = full.saturating_sub(u128::from(row) * 8).min(8) as usize;
            if part > 0 {
                put(buf, (x, area.bottom() - 1 - row), 1, EIGHTHS[part], look.style(tone));
            }
        }
    }
}

/// The value of each of `width` columns.
fn columns(values: &[u64], width: usize) -> impl Iterator<Item = u64> + '_ {
    let n = values.len();
    (0..width).map(move |x| {
        let from = x * n / width;
        let to = ((x + 1) * n / width).max(from + 1);
        values[from..to].iter().copied().max().unwrap_or(0)
    })
}

/// A label, its count and a bar.
#[derive(Debug, Clone)]
pub struct Bar {
    /// Visible text.
    pub label: String,
    /// How much.
    pub count: u64,
    /// What it means.
    pub tone: Tone,
}

/// One line per bar, the longest filling what is left beside label and number.
pub fn bars(buf: &mut Buffer, area: Rect, look: &Look, items: &[Bar], selected: Option<usize>) {
    let area = area.intersection(buf.area);
    if area.is_empty() {
        return;
    }
    let items = &items[..items.len().min(area.height as usize)];
    let max = items.iter().map(|b| b.count).max().unwrap_or(0).max(1);
    let label = items.iter().map(|b| fit::width(&b.label)).max().unwrap_or(0).min(area.width as usize / 2);
    let digits = items.iter().map(|b| human::count(b.count).len()).max().unwrap_or(0);
    for (i, bar) in items.iter().enumerate() {
        let y = area.y + i as u16;
        if let Some(at) = selected {
            look.lies(Rect { y, height: 1, ..area }, Hit::Row(i as isize - at as isize));
        }
        let chosen = selected == Some(i);
        let style = look.style(if chosen { Tone::Selected } else { bar.tone });
        let mark = if chosen { "›" } else { " " };
        let head = format!("{mark}{} {}", fit::pad(&bar.label, label), fit::pad_left(&human::count(bar.count), digits));
        let used = put(buf, (area.x, y), area.width, &head, style) + 1;
        let room = area.width.saturating_sub(used);
        let cells = (u128::from(bar.count) * u128::from(room) / u128::from(max)) as usize;
        let cells = if bar.count > 0 { cells.max(1) } else { 0 };
        put(buf, (area.x + used, y), room, &"▪".repeat(cells), look.style(Tone::Chart));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_cover_all_values_and_the_newest_is_last() {
        assert_eq!(columns(&[1, 9, 3, 4, 5], 2).collect::<Vec<_>>(), [9, 5]);
        assert_eq!(columns(&[1, 2], 5).collect::<Vec<_>>(), [1, 1, 1, 2, 2]);
        assert_eq!(columns(&[7], 3).collect::<Vec<_>>(), [7, 7, 7]);
    }
}
