//! Approved pictures of every screen of the table, and of what lies over them: at four sizes, full, empty and failing, with
//! Unicode and with ASCII, in all colours, in sixteen and in none. Text, and beside it a map of styles: a letter for each,
//! with a legend; rows are written as runs (`12a3.` is twelve cells of style a and three plain ones), and a quote mark
//! stands for a row like the one above.
//!
//! After a change that is meant: `INSTA_UPDATE=always cargo test --lib pictures`, then look at the difference.

use super::tests::{at, pictures};
use super::{Entry, SCREENS};
use crate::console::app::{Feed, Msg};
use crate::console::fixture::Desk;
use crate::console::theme::{Depth, Theme};
use ratatui::buffer::{Buffer, Cell};
use ratatui::style::{Color, Modifier};
use std::collections::BTreeSet;
use std::fmt::Write;

/// The least size that shows a whole screen comes last.
const SIZES: [(u16, u16); 4] = [(80, 24), (120, 40), (200, 50), (40, 10)];
const DEPTHS: [(Depth, &str); 3] =
    [(Depth::True, "all colours"), (Depth::Basic, "sixteen colours"), (Depth::None, "no colours")];

/// How the platform is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Full,
    Empty,
    Failing,
}

const STATES: [(State, &str); 3] = [(State::Full, "full"), (State::Empty, "empty"), (State::Failing, "failing")];

fn desk(size: (u16, u16), depth: Depth, (state, ascii): (State, bool)) -> Desk {
    let mut desk = Desk::with(size, Theme::named("dark", depth).unwrap());
    desk.fake.empty = state == State::Empty;
    desk.fake.broken = state == State::Failing;
    desk.app.ascii = ascii;
    // The first screen was drawn while all was well.
    desk.tell(Msg::Fed(Feed::Gap));
    desk
}

/// The style of a cell in words; nothing for a plain one.
fn look(cell: &Cell) -> Option<String> {
    let colour = |c: Color| crate::console::theme::hex(c).unwrap_or_else(|| format!("{c:?}").to_lowercase());
    let mut words = Vec::new();
    if cell.fg != Color::Reset && cell.symbol() != " " {
        words.push(colour(cell.fg));
    }
    if cell.bg != Color::Reset {
        words.push(format!("on {}", colour(cell.bg)));
    }
    // On a blank nobody sees whether it is bold.
    let seen = if cell.symbol() == " " { Modifier::REVERSED | Modifier::UNDERLINED } else { Modifier::all() };
    for (name, _) in (cell.modifier & seen).iter_names() {
        words.push(name.to_lowercase());
    }
    (!words.is_empty()).then(|| words.join(" "))
}

/// The map of styles, with its legend.
fn styles(buffer: &Buffer) -> String {
    let mut legend: Vec<String> = Vec::new();
    let mut rows: Vec<String> = Vec::new();
    for y in 0..buffer.area.height {
        let mut runs: Vec<(usize, char)> = Vec::new();
        for x in 0..buffer.area.width {
            let letter = match look(&buffer[(x, y)]) {
                None => '.',
                Some(look) => {
                    let known = legend.iter().position(|l| *l == look).unwrap_or_else(|| {
                        legend.push(look);
                        legend.len() - 1
                    });
                    char::from_u32(u32::from('a') + u32::try_from(known).unwrap()).unwrap()
                }
            };
            match runs.last_mut() {
                Some((n, last)) if *last == letter => *n += 1,
                _ => runs.push((1, letter)),
            }
        }
        rows.push(runs.into_iter().map(|(n, letter)| format!("{n}{letter}")).collect());
    }
    let mut out = String::new();
    for (look, letter) in legend.iter().zip('a'..) {
        let _ = writeln!(out, "{letter} {look}");
    }
    for (i, row) in rows.iter().enumerate() {
        let _ = writeln!(out, "{}", if i > 0 && rows[i - 1] == *row { "\"" } else { row });
    }
    out
}

/// Lines of the second text that differ from the first, by number.
fn differences(first: &str, second: &str) -> String {
    let mut out = String::new();
    for (n, (a, b)) in (1..).zip(first.lines().zip(second.lines())) {
        if a != b {
            let _ = writeln!(out, "{n:>2} {b}");
        }
    }
    out
}

/// All that is to be seen of one state at one size.
fn sheet(size: (u16, u16), (state, name): (State, &str), arrange: &dyn Fn(&mut Desk)) -> String {
    let shown = |depth, ascii| {
        let mut desk = desk(size, depth, (state, ascii));
        arrange(&mut desk);
        (desk.text(), styles(&desk.draw().0))
    };
    let (text, _) = shown(Depth::True, false);
    let (ascii, _) = shown(Depth::True, true);
    assert!(ascii.is_ascii(), "{ascii}");
    let mut out = format!("== {name}\n{text}== {name}, ASCII where it differs\n{}", differences(&text, &ascii));
    for (depth, words) in DEPTHS {
        let (same, map) = shown(depth, false);
        assert_eq!(text, same, "colours carry no meaning alone");
        assert_eq!(map, shown(depth, true).1, "other characters, the same looks");
        let _ = write!(out, "== {name}, {words}\n{map}");
    }
    out
}

/// Compares with what was approved, and takes note of the name.
fn approve(seen: &mut BTreeSet<String>, name: String, picture: &str) {
    insta::with_settings!({
        snapshot_path => "../../../snapshots/screens",
        prepend_module_to_snapshot => false,
        omit_expression => true,
    }, {
        insta::assert_snapshot!(name.as_str(), picture);
    });
    seen.insert(format!("{name}.snap"));
}

fn open(entry: &'static Entry, keys: &'static str) -> impl Fn(&mut Desk) {
    move |desk| at(desk, entry, keys)
}

#[test]
fn pictures_are_as_approved() {
    let mut seen = BTreeSet::new();
    for (name, entry, keys) in pictures() {
        let first = entry.pictures[0].1 == keys;
        for (columns, rows) in SIZES {
            let states = if first { &STATES[..] } else { &STATES[..1] };
            let sheets = states.iter().map(|state| sheet((columns, rows), *state, &open(entry, keys)));
            approve(&mut seen, format!("{name}_{columns}x{rows}"), &sheets.collect::<String>());
        }
    }
    for (name, keys) in OVERLAYS {
        for (columns, rows) in [(80, 24), (40, 10)] {
            let arrange = |desk: &mut Desk| {
                desk.press(keys);
            };
            approve(&mut seen, format!("over_{name}_{columns}x{rows}"), &sheet((columns, rows), STATES[0], &arrange));
        }
    }
    let tiny: String = SCREENS
        .iter()
        .map(|entry| {
            let mut desk = desk((38, 8), Depth::True, (State::Full, false));
            at(&mut desk, entry, "");
            desk.text().lines().next().unwrap_or_default().to_owned() + "\n"
        })
        .collect();
    approve(&mut seen, "tiny_38x8".into(), &tiny);
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/snapshots/screens");
    let there = std::fs::read_dir(folder).unwrap().map(|f| f.unwrap().file_name().into_string().unwrap());
    let gone: Vec<String> = there.filter(|name| !seen.contains(name)).collect();
    assert!(gone.is_empty(), "pictures of nothing: {gone:?}");
}

/// What lies over a screen: its name and the keys that open it.
const OVERLAYS: [(&str, &str); 17] = [
    ("help", "2 ?"),
    ("palette", ":"),
    ("filter", "2 /"),
    ("mistake", "2 / ctrl-u s c o r : 8 0 Enter"),
    ("preview", "2 b"),
    ("refused", ": b l o c k . a d d Space 1 2 7 . 0 . 0 . 1 Enter"),
    ("verdict", "2 C 2"),
    ("comment", "2 m"),
    ("batch", "2 x j x e"),
    ("batch_done", "2 x j x e Enter"),
    ("values", "2 a"),
    ("copy", "2 y"),
    ("views", "'"),
    ("why", "2 w"),
    ("columns", "4 v"),
    ("messages", "2 c : m e s s a g e s Enter"),
    ("toast", "2 c"),
];
