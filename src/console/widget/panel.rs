//! Frames around things. Focus shows by the weight of the frame, not by colour alone.

use super::look::Hit;
use super::{Look, put};
use crate::console::theme::Tone;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::widgets::{Block, BorderType, Widget};

/// Draws a frame with a title and returns the inside.
pub fn panel(buf: &mut Buffer, area: Rect, look: &Look, title: &str, focused: bool) -> Rect {
    let area = area.intersection(buf.area);
    let (kind, tone) = if focused { (BorderType::Thick, Tone::Focus) } else { (BorderType::Plain, Tone::Border) };
    let block = Block::bordered().border_type(kind).border_style(look.style(tone));
    let inner = block.inner(area);
    look.lies(area, Hit::Panel(focused));
    block.render(area, buf);
    if area.width > 4 && area.height > 0 && !title.is_empty() {
        let style = look.style(if focused { Tone::Focus } else { Tone::Title });
        put(buf, (area.x + 2, area.y), area.width - 4, &format!(" {title} "), style);
    }
    inner
}

/// Splits an area into columns of the given weights.
#[must_use]
pub fn columns(area: Rect, weights: &[u16]) -> Vec<Rect> {
    spread(area.width, weights).into_iter().map(|(at, w)| Rect::new(area.x + at, area.y, w, area.height)).collect()
}

/// Splits an area into rows of the given weights.
#[must_use]
pub fn rows(area: Rect, weights: &[u16]) -> Vec<Rect> {
    spread(area.height, weights).into_iter().map(|(at, h)| Rect::new(area.x, area.y + at, area.width, h)).collect()
}

fn spread(length: u16, weights: &[u16]) -> Vec<(u16, u16)> {
    let total: u32 = weights.iter().map(|w| u32::from(*w)).sum::<u32>().max(1);
    let mut sum = 0u32;
    let edge = |sum: u32| u16::try_from(u32::from(length) * sum / total).unwrap_or(length);
    weights
        .iter()
        .map(|w| {
            let from = edge(sum);
            sum += u32::from(*w);
            (from, edge(sum) - from)
        })
        .collect()
}

/// Cuts `height` rows off the top.
#[must_use]
pub fn split_top(area: Rect, height: u16) -> (Rect, Rect) {
    let h = height.min(area.height);
    (Rect { height: h, ..area }, Rect { y: area.y + h, height: area.height - h, ..area })
}

/// Cuts `height` rows off the bottom.
#[must_use]
pub fn split_bottom(area: Rect, height: u16) -> (Rect, Rect) {
    let h = height.min(area.height);
    (Rect { height: area.height - h, ..area }, Rect { y: area.y + area.height - h, height: h, ..area })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_cover_the_whole() {
        for width in 0..40 {
            let parts = columns(Rect::new(3, 1, width, 5), &[2, 1, 1]);
            assert_eq!(parts.iter().map(|p| p.width).sum::<u16>(), width);
            assert_eq!(parts[1].x, parts[0].right());
        }
    }
}
