//! Which columns fit a width, and how wide each becomes.

use super::{Column, GROW, Row};

/// Cells between two columns.
pub const GAP: usize = 2;

/// The least a growing column needs to be worth showing.
const LEAST_GROWN: usize = 16;

/// The screen columns that fit `total` cells, with their widths. Columns of the highest priority number are left out
/// first; those of priority 0 stay, cut if they must be.
#[must_use]
pub fn fit<R: Row>(total: usize) -> Vec<(&'static Column<R>, usize)> {
    let mut shown: Vec<&'static Column<R>> = R::screen().collect();
    while least(&shown) > total {
        let Some(last) = shown.iter().enumerate().filter(|(_, c)| c.priority > 0).max_by_key(|(i, c)| (c.priority, *i))
        else {
            break;
        };
        let at = last.0;
        shown.remove(at);
    }
    let growing = shown.iter().filter(|c| c.width == GROW).count();
    let fixed: usize = shown.iter().map(|c| usize::from(c.width)).sum::<usize>() + gaps(shown.len());
    let spare = total.saturating_sub(fixed);
    let mut left = total;
    let mut nth = 0;
    let mut out = Vec::with_capacity(shown.len());
    for (i, column) in shown.into_iter().enumerate() {
        if i > 0 {
            left = left.saturating_sub(GAP);
        }
        let wanted = if column.width == GROW {
            nth += 1;
            // Whole cells: the first growing columns take the remainder.
            spare / growing + usize::from(nth <= spare % growing)
        } else {
            usize::from(column.width)
        };
        let width = wanted.min(left);
        left -= width;
        out.push((column, width));
    }
    out
}

fn least<R>(columns: &[&Column<R>]) -> usize {
    columns.iter().map(|c| if c.width == GROW { LEAST_GROWN } else { usize::from(c.width) }).sum::<usize>()
        + gaps(columns.len())
}

fn gaps(columns: usize) -> usize {
    columns.saturating_sub(1) * GAP
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::{Detection, Event, Incident};
    use proptest::prelude::*;

    fn check<R: Row>(total: usize) {
        let fitted = fit::<R>(total);
        let used: usize = fitted.iter().map(|(_, w)| w).sum::<usize>() + gaps(fitted.len());
        let never_cut = fitted.iter().any(|(c, _)| c.priority > 0);
        assert!(!never_cut || used <= total, "{used} > {total}");
        assert!(fitted.iter().map(|(_, w)| w).sum::<usize>() <= total);
    }

    proptest! {
        #[test]
        fn never_wider_than_the_terminal(total in 0usize..300) {
            check::<Incident>(total);
            check::<Event>(total);
            check::<Detection>(total);
        }
    }

    #[test]
    fn a_wide_terminal_shows_all_and_is_filled() {
        let fitted = fit::<Incident>(250);
        assert_eq!(fitted.len(), Incident::screen().count());
        assert_eq!(fitted.iter().map(|(_, w)| w).sum::<usize>() + gaps(fitted.len()), 250);
    }
}
