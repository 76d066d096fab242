//! Measure and cut text to terminal cells. Input must be visible text already (see [`super::visible`]).

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

/// Width in terminal cells.
#[must_use]
pub fn width(text: &str) -> usize {
    text.width()
}

/// At most `max` cells of `text`; a cut text ends in `…`.
#[must_use]
pub fn truncate(text: &str, max: usize) -> String {
    if text.width() <= max {
        return text.to_owned();
    }
    if max == 0 {
        return String::new();
    }
    let mut out = String::new();
    let mut used = 0;
    for grapheme in text.graphemes(true) {
        let w = grapheme.width();
        if used + w > max - 1 {
            break;
        }
        out.push_str(grapheme);
        used += w;
    }
    out.push('…');
    out
}

/// Exactly `cells` wide: cut or padded with spaces on the right.
#[must_use]
pub fn pad(text: &str, cells: usize) -> String {
    let mut out = truncate(text, cells);
    out.extend(std::iter::repeat_n(' ', cells.saturating_sub(out.width())));
    out
}

/// Exactly `cells` wide: cut or padded with spaces on the left, for numbers.
#[must_use]
pub fn pad_left(text: &str, cells: usize) -> String {
    let cut = truncate(text, cells);
    let mut out = " ".repeat(cells.saturating_sub(cut.width()));
    out.push_str(&cut);
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn cuts_show_that_they_cut() {
        assert_eq!(truncate("abcdef", 4), "abc…");
        assert_eq!(truncate("日本語", 4), "日…");
        assert_eq!(truncate("abc", 0), "");
        assert_eq!(pad("ab", 4), "ab  ");
        assert_eq!(pad_left("42", 4), "  42");
    }

    proptest! {
        #[test]
        fn never_wider_than_asked(text in "\\PC{0,40}", max in 0usize..30) {
            let shown = crate::text::visible::escape(&text).into_owned();
            prop_assert!(width(&truncate(&shown, max)) <= max);
            prop_assert_eq!(width(&pad(&shown, max)), max);
        }
    }
}
