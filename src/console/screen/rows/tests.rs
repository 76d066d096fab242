//! The laws of rows, against a list that changes under them.

use super::*;
use crate::api::Page;
use proptest::prelude::*;

#[derive(Debug, Clone, PartialEq)]
struct Line(u64);

impl Row for Line {
    fn id(&self) -> u64 {
        self.0
    }
}

/// A list of ids, newest (highest) first, with keyset cursors like the platform's.
fn serve(ids: &[u64], want: &Want) -> Page<Line> {
    let after = want.after.as_ref().map_or(u64::MAX, |a| a.parse().unwrap());
    let mut rest = ids.iter().copied().filter(|id| *id < after);
    let items: Vec<Line> = rest.by_ref().take(want.limit as usize).map(Line).collect();
    let next = rest.next().and_then(|_| items.last()).map(|l| l.0.to_string());
    Page { items, next, covered: None, total: None }
}

fn settle(rows: &mut Rows<Line>, ids: &[u64], mut wants: Vec<Want>) {
    for _ in 0..5000 {
        let Some(want) = wants.pop() else { return };
        let page = serve(ids, &want);
        wants = rows.arrived(want.part, want.turn, page);
    }
    panic!("it never has enough");
}

fn opened(order: Order, ids: &[u64], height: usize) -> Rows<Line> {
    let mut rows = Rows::new(order);
    rows.resize(height);
    let head = rows.head();
    settle(&mut rows, ids, vec![head]);
    rows
}

fn newest_first(n: u64) -> Vec<u64> {
    (1..=n).rev().collect()
}

#[test]
fn the_end_is_reached_and_memory_stays_bounded() {
    let ids = newest_first(50_000);
    let mut rows = opened(Order::Time, &ids, 40);
    let wants = rows.motion(Motion::Last);
    settle(&mut rows, &ids, wants);
    assert_eq!(rows.len(), 50_000);
    assert_eq!(rows.selected(), Some(&Line(1)));
    let resident: usize = rows.leaves.iter().filter_map(|l| l.items.as_ref()).map(Vec::len).sum();
    assert!(resident <= RESIDENT + 2 * BIG_PAGE as usize, "{resident} resident");
    let wants = rows.motion(Motion::First);
    settle(&mut rows, &ids, wants);
    assert_eq!(rows.selected(), Some(&Line(50_000)));
    assert_eq!(rows.summary("rows"), "50,000 rows");
}

#[test]
fn counts_are_honest_while_there_is_more() {
    let rows = opened(Order::Time, &newest_first(500), 10);
    assert_eq!(rows.summary("rows"), "200+ rows");
    assert_eq!(Rows::<Line>::new(Order::Time).summary("rows"), "loading");
}

#[test]
fn a_stream_is_followed_only_from_the_very_top() {
    let mut rows = opened(Order::Stream, &newest_first(100), 10);
    let head = rows.head();
    settle(&mut rows, &newest_first(110), vec![head]);
    assert_eq!(rows.selected(), Some(&Line(110)));
    rows.motion(Motion::Down);
    let head = rows.head();
    settle(&mut rows, &newest_first(120), vec![head]);
    assert_eq!(rows.selected(), Some(&Line(109)));
}

#[test]
fn rows_that_vanish_leave_the_cursor_where_it_was() {
    let mut rows = opened(Order::Shifting, &[9, 8, 7, 6], 10);
    rows.motion(Motion::Down);
    let head = rows.head();
    settle(&mut rows, &[9, 7, 6], vec![head]);
    assert_eq!(rows.selected(), Some(&Line(7)));
    let head = rows.head();
    settle(&mut rows, &[], vec![head]);
    assert!(rows.is_empty() && rows.selected().is_none());
}

#[test]
fn late_answers_are_dropped() {
    let ids = newest_first(500);
    let mut rows = opened(Order::Time, &ids, 10);
    let late = Want { part: "tail", turn: rows.turn, after: Some("301".into()), limit: 200 };
    rows.reset();
    assert!(rows.arrived("tail", late.turn, serve(&ids, &late)).is_empty());
    assert!(rows.is_empty());
}

proptest! {
    #[test]
    fn no_gap_no_double_and_the_selection_holds(
        start in 0u64..900, height in 1usize..50,
        steps in proptest::collection::vec((0u8..8, 0u64..400), 0..25),
    ) {
        const MOTIONS: [Motion; 8] = [Motion::Up, Motion::Down, Motion::HalfUp, Motion::HalfDown, Motion::PageUp,
            Motion::PageDown, Motion::First, Motion::Last];
        let mut n = start;
        let mut rows = opened(Order::Time, &newest_first(n), height);
        for (step, added) in steps {
            let wants = rows.motion(MOTIONS[step as usize]);
            settle(&mut rows, &newest_first(n), wants);
            let before = rows.selected().cloned();
            n += added;
            let head = rows.head();
            settle(&mut rows, &newest_first(n), vec![head]);
            if before.is_some() {
                prop_assert_eq!(rows.selected(), before.as_ref());
            }
            prop_assert!(rows.line().is_none_or(|l| l < height));
            let seen: Vec<u64> = (0..rows.len()).filter_map(|i| rows.get(i)).map(|l| l.0).collect();
            prop_assert!(seen.windows(2).all(|w| w[0] == w[1] + 1), "gap or double");
        }
    }
}
