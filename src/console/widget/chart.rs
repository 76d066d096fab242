//! Bars over time and bars beside words.

use super::{Look, put};
use crate::console::theme::Tone;
use crate::text::{fit, human};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

const EIGHTHS: [&str; 9] = [" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"];

/// One bar per value, newest at the right edge; when there are more values than columns, neighbours are added up.
/// The highest value fills the height; any value above zero shows at least an eighth.
pub fn bars_over_time(buf: &mut Buffer, area: Rect, look: &Look, values: &[u64], tone: Tone) {
    let area = area.intersection(buf.area);
    if area.is_empty() || values.is_empty() {
        return;
    }
    let bars = fold(values, area.width as usize);
    let max = bars.iter().copied().max().unwrap_or(0).max(1);
    let steps = u64::from(area.height) * 8;
    let wide = (area.width as usize / bars.len()).max(1);
    for (i, value) in bars.iter().rev().enumerate() {
        let full = if *value == 0 { 0 } else { (u128::from(*value) * u128::from(steps) / u128::from(max)).max(1) };
        for row in 0..area.height {
            let part = full.saturating_sub(u128::from(row) * 8).min(8) as usize;
            for w in 0..wide {
                let offset = u16::try_from(i * wide + w + 1).unwrap_or(u16::MAX);
                if offset <= area.width && part > 0 {
                    let at = (area.right() - offset, area.bottom() - 1 - row);
                    put(buf, at, 1, EIGHTHS[part], look.style(tone));
                }
            }
        }
    }
}

/// Adds up neighbours until there are at most `room` values, aligned to the newest.
fn fold(values: &[u64], room: usize) -> Vec<u64> {
    let group = values.len().div_ceil(room.max(1)).max(1);
    let mut out: Vec<u64> = values.rchunks(group).map(|c| c.iter().copied().fold(0, u64::saturating_add)).collect();
    out.reverse();
    out
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
        let chosen = selected == Some(i);
        let style = look.style(if chosen { Tone::Selected } else { bar.tone });
        let mark = if chosen { "›" } else { " " };
        let head = format!(
            "{mark}{} {}",
            fit::pad(&bar.label, label),
            fit::pad_left(&human::count(bar.count), digits)
        );
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
    fn folding_keeps_the_sum_and_the_newest() {
        assert_eq!(fold(&[1, 2, 3, 4, 5], 2), [3, 12]);
        assert_eq!(fold(&[1, 2], 10), [1, 2]);
        assert_eq!(fold(&[u64::MAX, 1], 1), [u64::MAX]);
    }
}
