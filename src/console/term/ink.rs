//! From changed cells to few bytes. It keeps what the terminal shows, so that it may write a short stretch of what is
//! there already instead of moving over it, erase instead of writing blanks, and change only what differs in a style.
//!
//! Sequences used: CUP, CUF, EL, ECH, SGR (ECMA-48). Nearly every terminal fills what it erases with the ground of the pen
//! ("background colour erase"); for one that does not, blanks on another ground than its own are written.

use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::{Rect, Size};
use ratatui::style::{Color, Modifier};
use std::fmt::Write;
use unicode_width::UnicodeWidthStr;

/// Blanks in a row from which on erasing and moving on is shorter than writing them.
const ERASE: usize = 12;
/// Cells that are written again rather than moved over.
const GAP: u16 = 3;

/// How characters are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Pen {
    fg: Color,
    bg: Color,
    modifier: Modifier,
}

const PLAIN: Pen = Pen { fg: Color::Reset, bg: Color::Reset, modifier: Modifier::empty() };

impl Pen {
    const fn of(cell: &Cell) -> Self {
        Self { fg: cell.fg, bg: cell.bg, modifier: cell.modifier }
    }

    /// Whether a cell written with this pen looks as it should.
    fn writes(self, cell: &Cell) -> bool {
        let on_blanks = |m: Modifier| m.intersection(ON_BLANKS);
        match cell.symbol() {
            " " => cell.bg == self.bg && on_blanks(cell.modifier) == on_blanks(self.modifier),
            _ => Self::of(cell) == self,
        }
    }
}

/// Modifiers that show on a blank, too.
const ON_BLANKS: Modifier = Modifier::UNDERLINED.union(Modifier::REVERSED).union(Modifier::CROSSED_OUT);

/// Modifiers with the codes that set them and that take them away.
const CODES: [(Modifier, u8, u8); 9] = [
    (Modifier::BOLD, 1, 22),
    (Modifier::DIM, 2, 22),
    (Modifier::ITALIC, 3, 23),
    (Modifier::UNDERLINED, 4, 24),
    (Modifier::SLOW_BLINK, 5, 25),
    (Modifier::RAPID_BLINK, 6, 25),
    (Modifier::REVERSED, 7, 27),
    (Modifier::HIDDEN, 8, 28),
    (Modifier::CROSSED_OUT, 9, 29),
];

/// What the terminal shows, and what is to be written to it.
#[derive(Debug)]
pub(super) struct Ink {
    shown: Buffer,
    /// What differs from what the terminal shows.
    changed: Vec<(u16, u16)>,
    out: String,
    pen: Pen,
    /// Where the terminal writes next, if that is known; a column behind the last one means that a row is full.
    at: Option<(u16, u16)>,
    /// What is erased takes the ground of the pen.
    fills: bool,
}

impl Ink {
    pub(super) fn new(size: Size, fills: bool) -> Self {
        Self { shown: Buffer::empty(whole(size)), changed: Vec::new(), out: String::new(), pen: PLAIN, at: None, fills }
    }

    /// What is to be written since the last time.
    pub(super) fn take(&mut self) -> String {
        self.at = None;
        std::mem::take(&mut self.out)
    }

    /// Empties the screen, which has this size now.
    pub(super) fn clear(&mut self, size: Size) {
        self.shown = Buffer::empty(whole(size));
        self.at = None;
        self.out.push_str("\x1b[2J");
    }

    /// Takes a cell that changed; the bytes come with [`Ink::write`].
    pub(super) fn change(&mut self, (x, y): (u16, u16), cell: &Cell, fit: bool) {
        let wide = |symbol: &str| u16::try_from(symbol.width()).unwrap_or(1).max(1);
        let Some(known) = self.shown.cell_mut((x, y)) else { return };
        let before = wide(known.symbol());
        known.clone_from(cell);
        if !fit {
            known.set_symbol("\u{fffd}");
        }
        let now = wide(known.symbol());
        self.changed.push((x, y));
        // Half of a wide character that is gone is whatever the terminal makes of it.
        self.changed.extend((x + 1..x.saturating_add(before)).map(|x| (x, y)));
        for x in x + 1..x.saturating_add(now) {
            let Some(covered) = self.shown.cell_mut((x, y)) else { break };
            let before = wide(covered.symbol());
            covered.reset();
            self.changed.extend((x + 1..x.saturating_add(before)).map(|x| (x, y)));
        }
    }

    /// Writes the cells that changed: row by row, from left to right.
    pub(super) fn write(&mut self) {
        let mut changed = std::mem::take(&mut self.changed);
        changed.sort_unstable_by_key(|(x, y)| (*y, *x));
        changed.dedup();
        for row in changed.chunk_by(|a, b| a.1 == b.1) {
            self.write_row(row);
        }
        if self.pen != PLAIN {
            self.out.push_str("\x1b[m");
            self.pen = PLAIN;
        }
        changed.clear();
        self.changed = changed;
    }

    fn write_row(&mut self, row: &[(u16, u16)]) {
        let Some((_, y)) = row.first().copied() else { return };
        let area = self.shown.area;
        let mut next = area.left();
        for (i, (x, _)) in row.iter().enumerate().filter(|(_, (x, y))| area.contains((*x, *y).into())) {
            if *x < next {
                continue;
            }
            self.go(*x, y);
            let end = self.blank_until(*x, y);
            let saved = row[i..].iter().take_while(|(x, _)| *x < end).count();
            if end == area.right() && saved > 3 {
                self.ground(*x, y);
                return self.out.push_str("\x1b[K");
            } else if saved >= ERASE {
                self.ground(*x, y);
                let _ = write!(self.out, "\x1b[{}X", end - x);
                next = end;
            } else {
                self.put(*x, y);
                // A wide character covers what follows it.
                next = x + u16::try_from(self.shown[(*x, y)].symbol().width()).unwrap_or(1).max(1);
            }
        }
    }

    /// Writes one cell where the cursor is.
    fn put(&mut self, x: u16, y: u16) {
        let cell = &self.shown[(x, y)];
        if !self.pen.writes(cell) {
            let pen = Pen::of(cell);
            dip(&mut self.out, self.pen, pen);
            self.pen = pen;
        }
        let symbol = cell.symbol();
        self.out.push_str(symbol);
        // Terminals do not agree on the width of everything: after what is not plainly one cell wide, say where to go on.
        let narrow = symbol.len() == 1 || symbol.width() == 1;
        self.at = narrow.then_some((x + 1, y));
    }

    /// Where the blanks that begin here end, as far as they can be erased.
    fn blank_until(&self, x: u16, y: u16) -> u16 {
        let bg = self.shown[(x, y)].bg;
        let blank = |cell: &Cell| cell.symbol() == " " && cell.bg == bg && !cell.modifier.intersects(ON_BLANKS);
        if bg != Color::Reset && !self.fills {
            return x;
        }
        let right = self.shown.area.right();
        (x..right).find(|x| !blank(&self.shown[(*x, y)])).unwrap_or(right)
    }

    /// Takes the ground of a blank, to erase with.
    fn ground(&mut self, x: u16, y: u16) {
        let bg = self.shown[(x, y)].bg;
        if self.pen.bg != bg || self.pen.modifier.intersects(ON_BLANKS) {
            let pen = Pen { bg, modifier: self.pen.modifier - ON_BLANKS, ..self.pen };
            dip(&mut self.out, self.pen, pen);
            self.pen = pen;
        }
    }

    /// Moves the cursor the shortest way.
    fn go(&mut self, x: u16, y: u16) {
        match self.at {
            Some(at) if at == (x, y) => {}
            Some((from, row)) if row == y && from < x && x < self.shown.area.right() => {
                if x - from <= GAP && (from..x).all(|x| self.is_cheap(x, y)) {
                    (from..x).for_each(|x| self.put(x, y));
                } else if x - from == 1 {
                    self.out.push_str("\x1b[C");
                } else {
                    let _ = write!(self.out, "\x1b[{}C", x - from);
                }
            }
            Some((_, row)) if x == 0 && y == row + 1 => self.out.push_str("\r\n"),
            _ if x == 0 => _ = write!(self.out, "\x1b[{}H", y + 1),
            _ => _ = write!(self.out, "\x1b[{};{}H", y + 1, x + 1),
        }
        self.at = Some((x, y));
    }

    /// A cell that costs one byte to write again.
    fn is_cheap(&self, x: u16, y: u16) -> bool {
        let cell = &self.shown[(x, y)];
        let after_wide = x > 0 && self.shown[(x - 1, y)].symbol().width() > 1;
        cell.symbol().len() == 1 && self.pen.writes(cell) && !after_wide
    }
}

fn whole(size: Size) -> Rect {
    Rect::new(0, 0, size.width, size.height)
}

/// Changes the pen: from nothing or from what it is, whichever is shorter.
fn dip(out: &mut String, from: Pen, to: Pen) {
    let (mut anew, mut change) = (String::from("0"), String::new());
    let gone = from.modifier - to.modifier;
    // 22 takes away bold and dim alike, 25 both blinks.
    let mut lost = Modifier::empty();
    for (modifier, _, off) in CODES.iter().filter(|(m, ..)| gone.contains(*m)) {
        if !lost.contains(*modifier) {
            let _ = write!(change, ";{off}");
        }
        CODES.iter().filter(|(_, _, same)| same == off).for_each(|(m, ..)| lost |= *m);
    }
    for (modifier, on, _) in CODES.iter().filter(|(m, ..)| to.modifier.contains(*m)) {
        let _ = write!(anew, ";{on}");
        if !from.modifier.contains(*modifier) || lost.contains(*modifier) {
            let _ = write!(change, ";{on}");
        }
    }
    for (from, to, base) in [(from.fg, to.fg, 30), (from.bg, to.bg, 40)] {
        if to != Color::Reset {
            anew.push(';');
            colour(&mut anew, to, base);
        }
        if from != to {
            change.push(';');
            colour(&mut change, to, base);
        }
    }
    let change = change.strip_prefix(';').unwrap_or(&change);
    let anew = if anew == "0" { "" } else { &anew };
    let shorter = if anew.len() < change.len() { anew } else { change };
    let _ = write!(out, "\x1b[{shorter}m");
}

/// A colour's parameter; `base` is 30 for text and 40 for the ground.
fn colour(out: &mut String, colour: Color, base: u16) {
    const NAMED: [Color; 16] = [
        Color::Black,
        Color::Red,
        Color::Green,
        Color::Yellow,
        Color::Blue,
        Color::Magenta,
        Color::Cyan,
        Color::Gray,
        Color::DarkGray,
        Color::LightRed,
        Color::LightGreen,
        Color::LightYellow,
        Color::LightBlue,
        Color::LightMagenta,
        Color::LightCyan,
        Color::White,
    ];
    let _ = match colour {
        Color::Reset => write!(out, "{}", base + 9),
        Color::Indexed(i) => write!(out, "{};5;{i}", base + 8),
        Color::Rgb(r, g, b) => write!(out, "{};2;{r};{g};{b}", base + 8),
        named => match NAMED.iter().zip(0u16..).find(|(known, _)| **known == named) {
            Some((_, n @ 0..8)) => write!(out, "{}", base + n),
            Some((_, n)) => write!(out, "{}", base + 52 + n),
            None => write!(out, "{}", base + 9),
        },
    };
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use ratatui::style::Style;
    use std::num::NonZero;

    const SIZE: Size = Size { width: 24, height: 4 };

    fn style(n: u8) -> Style {
        let colours = [Color::Reset, Color::Red, Color::LightBlue, Color::Indexed(77), Color::Rgb(1, 2, 3)];
        let pick = |n: u8| colours[n as usize % colours.len()];
        let modifiers = [Modifier::BOLD, Modifier::DIM, Modifier::ITALIC, Modifier::UNDERLINED, Modifier::REVERSED];
        let set = modifiers.iter().zip(0..).filter(|(_, i)| n.rotate_left(3) >> i & 1 == 1);
        set.fold(Style::new().fg(pick(n)).bg(pick(n / 5)), |style, (m, _)| style.add_modifier(*m))
    }

    fn as_vt100(colour: Color) -> vt100::Color {
        match colour {
            Color::Red => vt100::Color::Idx(1),
            Color::LightBlue => vt100::Color::Idx(12),
            Color::Indexed(i) => vt100::Color::Idx(i),
            Color::Rgb(r, g, b) => vt100::Color::Rgb(r, g, b),
            _ => vt100::Color::Default,
        }
    }

    /// The terminal shows the buffer, cell by cell.
    fn shows(screen: &vt100::Screen, buffer: &Buffer) {
        for y in 0..SIZE.height {
            let mut x = 0;
            while x < SIZE.width {
                let (cell, seen) = (&buffer[(x, y)], screen.cell(y, x).unwrap());
                let text = if seen.contents().is_empty() { " " } else { seen.contents() };
                assert_eq!(text, cell.symbol(), "at {x},{y}");
                assert_eq!(seen.bgcolor(), as_vt100(cell.bg), "ground at {x},{y}");
                assert_eq!(seen.inverse(), cell.modifier.contains(Modifier::REVERSED), "reversed at {x},{y}");
                assert_eq!(seen.underline(), cell.modifier.contains(Modifier::UNDERLINED), "underlined at {x},{y}");
                if cell.symbol() != " " {
                    assert_eq!(seen.fgcolor(), as_vt100(cell.fg), "text at {x},{y}");
                    // The judge knows bold or dim, not both at once.
                    if !cell.modifier.contains(Modifier::DIM) {
                        assert_eq!(seen.bold(), cell.modifier.contains(Modifier::BOLD), "bold at {x},{y}");
                    }
                    assert_eq!(seen.italic(), cell.modifier.contains(Modifier::ITALIC), "italic at {x},{y}");
                }
                x += u16::try_from(cell.symbol().width()).unwrap().max(1);
            }
        }
    }

    proptest! {
        #[test]
        fn a_terminal_shows_every_frame_exactly(
            frames in prop::collection::vec(
                prop::collection::vec((0u16..24, 0u16..4, "[a-z ─日]{1,12}| {12,24}", any::<u8>()), 0..8), 1..5),
            fills: bool,
        ) {
            let mut ink = Ink::new(SIZE, fills);
            let mut terminal = vt100::Parser::new(NonZero::new(4).unwrap(), NonZero::new(24).unwrap(), 0);
            let mut before = Buffer::empty(whole(SIZE));
            for frame in frames {
                let mut now = Buffer::empty(whole(SIZE));
                for (x, y, text, n) in frame {
                    now.set_stringn(x, y, text, (SIZE.width - x) as usize, style(n));
                }
                for (x, y, cell) in before.diff(&now) {
                    ink.change((x, y), cell, true);
                }
                ink.write();
                terminal.process(ink.take().as_bytes());
                shows(terminal.screen(), &now);
                before = now;
            }
        }
    }

    #[test]
    fn only_what_differs_is_written() {
        let bold = Pen { modifier: Modifier::BOLD, ..PLAIN };
        let red = Pen { fg: Color::Red, ..PLAIN };
        let dipped = |from, to| {
            let mut out = String::new();
            dip(&mut out, from, to);
            out
        };
        assert_eq!(dipped(bold, PLAIN), "\x1b[m");
        assert_eq!(dipped(PLAIN, red), "\x1b[31m");
        assert_eq!(dipped(bold, red), "\x1b[0;31m");
        let dim = Pen { modifier: Modifier::BOLD | Modifier::DIM, fg: Color::Rgb(1, 2, 3), bg: Color::Red };
        assert_eq!(dipped(dim, Pen { modifier: Modifier::DIM, ..dim }), "\x1b[22;2m");
    }
}
