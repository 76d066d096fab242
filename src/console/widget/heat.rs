//! How much of what, minute by minute: one row for each kind, the darker the more. How dark is told by the sign, not by a
//! colour.

use super::{Look, put};
use crate::console::theme::Tone;
use crate::text::{fit, human};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// From nothing to the most.
const SHADES: [&str; 5] = ["·", "░", "▒", "▓", "█"];

/// A row.
#[derive(Debug, Clone)]
pub struct Row<'a> {
    /// Visible text.
    pub label: String,
    /// What it means.
    pub tone: Tone,
    /// Values over time, oldest first.
    pub values: &'a [u64],
}

/// Draws rows with their sums at the right; the highest value of all is the darkest.
pub fn rows(buf: &mut Buffer, area: Rect, look: &Look, rows: &[Row<'_>], selected: Option<usize>) {
    let area = area.intersection(buf.area);
    if area.is_empty() {
        return;
    }
    let most = rows.iter().flat_map(|row| row.values).copied().max().unwrap_or(0);
    let label = rows.iter().map(|row| fit::width(&row.label)).max().unwrap_or(0).min(area.width as usize / 3);
    let sums: Vec<String> =
        rows.iter().map(|row| human::count(row.values.iter().copied().fold(0, u64::saturating_add))).collect();
    let digits = sums.iter().map(String::len).max().unwrap_or(0);
    for (i, (row, sum)) in rows.iter().zip(&sums).enumerate().take(area.height as usize) {
        let y = area.y + u16::try_from(i).unwrap_or(u16::MAX);
        let chosen = selected == Some(i);
        let style = look.style(if chosen { Tone::Selected } else { row.tone });
        let head = format!("{}{} ", if chosen { "›" } else { " " }, fit::pad(&row.label, label));
        let used = put(buf, (area.x, y), area.width, &head, style);
        let tail = u16::try_from(digits + 1).unwrap_or(u16::MAX);
        let room = area.width.saturating_sub(used + tail);
        let signs: String = columns(row.values, room as usize).map(|n| SHADES[shade(n, most)]).collect();
        put(buf, (area.x + used, y), room, &signs, look.style(row.tone));
        put(buf, (area.right().saturating_sub(tail), y), tail, &fit::pad_left(sum, digits + 1), style);
    }
}

/// How dark a value is: anything above nothing shows.
fn shade(n: u64, most: u64) -> usize {
    if n == 0 { 0 } else { (u128::from(n) * 4).div_ceil(u128::from(most.max(1))).clamp(1, 4) as usize }
}

/// The value of each of `width` columns, the newest last: where several values share one, the highest.
fn columns(values: &[u64], width: usize) -> impl Iterator<Item = u64> + '_ {
    let n = values.len();
    (0..if n == 0 { 0 } else { width }).map(move |x| {
        let from = (x * n / width).min(n - 1);
        let to = ((x + 1) * n / width).clamp(from + 1, n);
        values[from..to].iter().copied().max().unwrap_or(0)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_there_shows_and_the_most_is_darkest(values in proptest::collection::vec(0u64..100, 1..80)) {
            let most = *values.iter().max().unwrap();
            for n in &values {
                prop_assert_eq!(shade(*n, most) == 0, *n == 0);
                prop_assert_eq!(shade(*n, most) == 4, most > 0 && *n * 4 > most * 3);
            }
        }

        #[test]
        fn no_value_is_lost_where_there_is_room(values in proptest::collection::vec(any::<u64>(), 0..70), width in 0usize..90) {
            let shown: Vec<u64> = columns(&values, width).collect();
            prop_assert_eq!(shown.iter().max(), values.iter().max().filter(|_| width > 0));
        }
    }
}
