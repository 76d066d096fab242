//! Which columns fit a width, and how wide each becomes.

use super::{Column, Row};

/// Cells between two columns.
pub const GAP: usize = 1;

/// The columns that fit `total` cells, with their widths. Columns of the highest priority number are left out first;
/// those of priority 0 stay, cut if they must be. Columns that are `hidden` by name are left out before.
#[must_use]
pub fn fit<R: Row>(total: usize, hidden: &[&str]) -> Vec<(&'static Column<R>, usize)> {
    let mut shown: Vec<&'static Column<R>> = R::SCREEN.iter().filter(|c| !hidden.contains(&c.name)).collect();
    while least(&shown) > total {
        let last = shown.iter().enumerate().filter(|(_, c)| c.priority > 0).max_by_key(|(i, c)| (c.priority, *i));
        let Some((at, _)) = last else { break };
        shown.remove(at);
    }
    // Where no column that grows is left, the widest text takes the room.
    let widest = shown.iter().filter(|c| !c.right && !c.name.is_empty()).map(|c| c.width).max();
    let grows = |c: &Column<R>, any: bool| if any { c.grows } else { Some(c.width) == widest && !c.right };
    let any = shown.iter().any(|c| c.grows);
    let growing = shown.iter().filter(|c| grows(c, any)).count().max(1);
    let spare = total.saturating_sub(least(&shown));
    let (mut left, mut nth) = (total, 0);
    let mut out = Vec::with_capacity(shown.len());
    for (i, column) in shown.into_iter().enumerate() {
        if i > 0 {
            left = left.saturating_sub(GAP);
        }
        let mut wanted = usize::from(column.width);
        if grows(column, any) {
            // Whole cells: the first growing columns take the remainder.
            wanted += spare / growing + usize::from(nth < spare % growing);
            nth += 1;
        }
        let width = wanted.min(left);
        left -= width;
        out.push((column, width));
    }
    out
}

fn least<R>(columns: &[&Column<R>]) -> usize {
    columns.iter().map(|c| usize::from(c.width)).sum::<usize>() + gaps(columns.len())
}

const fn gaps(columns: usize) -> usize {
    columns.saturating_sub(1) * GAP
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::{Action, Block, Detection, Event, Finding, Incident, LedgerEntry, Source};
    use proptest::prelude::*;

    fn check<R: Row>(total: usize) {
        let fitted = fit::<R>(total, &[]);
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

    fn fills<R: Row>() {
        let fitted = fit::<R>(400, &[]);
        assert_eq!(fitted.len(), R::SCREEN.len());
        assert_eq!(fitted.iter().map(|(_, w)| w).sum::<usize>() + gaps(fitted.len()), 400);
        // What always stays fits half a terminal, so that a cursor and a mark have room too.
        let kept: Vec<&Column<R>> = R::SCREEN.iter().filter(|c| c.priority == 0).collect();
        assert!(least(&kept) <= 72, "{}", least(&kept));
    }

    #[test]
    fn a_wide_terminal_shows_all_and_is_filled() {
        fills::<Incident>();
        fills::<Event>();
        fills::<Detection>();
        fills::<Action>();
        fills::<Block>();
        fills::<Source>();
        fills::<LedgerEntry>();
        fills::<Finding>();
    }

    #[test]
    fn columns_go_by_priority() {
        let names = |total| fit::<Event>(total, &[]).iter().map(|(c, _)| c.name).collect::<Vec<_>>();
        assert_eq!(names(78), ["time", "from", "user", "status", "what happened", ""]);
        assert_eq!(names(10), ["time", "from", "what happened", ""], "the drill mark never goes");
    }
}
