//! Frames: drawn into memory, guarded, written at once inside synchronized output. A frame that changes nothing writes
//! nothing.
//!
//! The guard is the last door before the terminal: a cell that holds a dangerous character, or more than a cell can
//! hold, becomes U+FFFD and is counted. Widgets make text visible before, so the count stays 0; a test says so.

use crate::console::app::{App, view};
use crate::text::visible;
use crossterm::terminal::{BeginSynchronizedUpdate, EndSynchronizedUpdate};
use crossterm::{cursor, queue};
use ratatui::Terminal;
use ratatui::backend::{Backend, ClearType, CrosstermBackend, WindowSize};
use ratatui::buffer::Cell;
use ratatui::layout::{Position, Size};
use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};

/// The longest grapheme a cell may hold, in bytes.
const LONGEST: usize = 32;

#[derive(Debug, Clone, Default)]
struct Ink(Arc<Mutex<Vec<u8>>>);

impl Ink {
    fn take(&self) -> Vec<u8> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Write for Ink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Where the text cursor is, if it is shown.
type Caret = Option<Position>;

#[derive(Debug)]
struct Guard {
    inner: CrosstermBackend<Ink>,
    size: Size,
    shown: bool,
    at: Position,
    hits: u64,
}

fn is_fit(cell: &Cell) -> bool {
    let symbol = cell.symbol();
    symbol.len() <= LONGEST && !symbol.chars().any(visible::is_dangerous)
}

impl Backend for Guard {
    type Error = io::Error;

    fn draw<'a, I: Iterator<Item = (u16, u16, &'a Cell)>>(&mut self, content: I) -> io::Result<()> {
        let cells: Vec<(u16, u16, &Cell)> = content.collect();
        let mut replaced = Vec::new();
        for (i, (_, _, cell)) in cells.iter().enumerate().filter(|(_, (_, _, c))| !is_fit(c)) {
            let mut cell = (*cell).clone();
            cell.set_symbol("\u{fffd}");
            replaced.push((i, cell));
        }
        self.hits += replaced.len() as u64;
        let mut bad = replaced.iter().peekable();
        self.inner.draw(cells.iter().enumerate().map(|(i, (x, y, cell))| match bad.next_if(|(at, _)| *at == i) {
            Some((_, cell)) => (*x, *y, cell),
            None => (*x, *y, *cell),
        }))
    }

    fn hide_cursor(&mut self) -> io::Result<()> {
        self.shown = false;
        Ok(())
    }

    fn show_cursor(&mut self) -> io::Result<()> {
        self.shown = true;
        Ok(())
    }

    fn get_cursor_position(&mut self) -> io::Result<Position> {
        Ok(self.at)
    }

    fn set_cursor_position<P: Into<Position>>(&mut self, position: P) -> io::Result<()> {
        self.at = position.into();
        Ok(())
    }

    fn clear(&mut self) -> io::Result<()> {
        self.inner.clear()
    }

    fn clear_region(&mut self, clear_type: ClearType) -> io::Result<()> {
        self.inner.clear_region(clear_type)
    }

    fn size(&self) -> io::Result<Size> {
        Ok(self.size)
    }

    fn window_size(&mut self) -> io::Result<WindowSize> {
        Ok(WindowSize { columns_rows: self.size, pixels: Size::ZERO })
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Writes frames to `W`.
#[derive(Debug)]
pub struct Painter<W: Write> {
    terminal: Terminal<Guard>,
    ink: Ink,
    out: W,
    caret: Caret,
}

impl<W: Write> Painter<W> {
    /// For a terminal of this size.
    ///
    /// # Errors
    /// None in practice: it draws into memory.
    pub fn new(out: W, size: (u16, u16)) -> io::Result<Self> {
        let ink = Ink::default();
        let inner = CrosstermBackend::new(ink.clone());
        let size = Size::new(size.0, size.1);
        let guard = Guard { inner, size, shown: false, at: Position::ORIGIN, hits: 0 };
        Ok(Self { terminal: Terminal::new(guard)?, ink, out, caret: None })
    }

    /// The terminal has this size now.
    pub fn resize(&mut self, (columns, rows): (u16, u16)) {
        self.terminal.backend_mut().size = Size::new(columns, rows);
    }

    /// Forgets what the terminal shows; the next frame draws everything.
    ///
    /// # Errors
    /// None in practice: it draws into memory.
    pub fn clear(&mut self) -> io::Result<()> {
        self.caret = None;
        self.terminal.clear()
    }

    /// Draws a frame and writes what changed, in one write. Returns when something on it becomes wrong.
    ///
    /// # Errors
    /// The terminal cannot be written.
    pub fn paint(&mut self, app: &App) -> io::Result<Option<i64>> {
        let mut wake = None;
        self.terminal.draw(|frame| wake = view(app, frame))?;
        let ink = self.ink.take();
        let guard = self.terminal.backend();
        let caret = guard.shown.then_some(guard.at);
        if is_idle(&ink) && caret == self.caret {
            return Ok(wake);
        }
        let mut bytes = Vec::with_capacity(ink.len() + 48);
        queue!(bytes, BeginSynchronizedUpdate)?;
        bytes.extend_from_slice(&ink);
        match (caret, self.caret) {
            (Some(at), before) => {
                queue!(bytes, cursor::MoveTo(at.x, at.y))?;
                if before.is_none() {
                    queue!(bytes, cursor::Show)?;
                }
            }
            (None, Some(_)) => queue!(bytes, cursor::Hide)?,
            (None, None) => {}
        }
        queue!(bytes, EndSynchronizedUpdate)?;
        self.caret = caret;
        self.out.write_all(&bytes)?;
        self.out.flush()?;
        Ok(wake)
    }

    /// Cells that the guard had to replace since the start.
    #[must_use]
    pub fn guard_hits(&self) -> u64 {
        self.terminal.backend().hits
    }

    /// What is written to.
    #[must_use]
    pub const fn out(&self) -> &W {
        &self.out
    }

    /// What is written to, to be changed.
    pub const fn out_mut(&mut self) -> &mut W {
        &mut self.out
    }
}

/// Nothing but the resets that end every diff.
fn is_idle(ink: &[u8]) -> bool {
    let text = String::from_utf8_lossy(ink);
    text.split('\x1b').all(|part| part.is_empty() || (part.starts_with('[') && part.ends_with('m')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_guard_catches_what_a_widget_forgot() {
        let mut painter = Painter::new(Vec::new(), (40, 4)).unwrap();
        painter
            .terminal
            .draw(|frame| {
                let buf = frame.buffer_mut();
                buf[(0, 0)].set_symbol("\x1b]52;c;aGk=\x07");
                buf[(0, 1)].set_symbol("a\u{202e}");
                buf[(0, 2)].set_symbol(&format!("e{}", "\u{301}".repeat(40)));
                buf[(0, 3)].set_symbol("ok");
            })
            .unwrap();
        assert_eq!(painter.guard_hits(), 3);
        let ink = String::from_utf8(painter.ink.take()).unwrap();
        assert!(!ink.contains("]52") && !ink.contains('\u{202e}') && !ink.contains('\u{301}'));
        assert!(ink.contains("ok") && ink.matches('\u{fffd}').count() == 3);
    }

    #[test]
    fn resets_alone_are_no_frame() {
        assert!(is_idle(b"\x1b[39m\x1b[49m\x1b[59m\x1b[0m"));
        assert!(is_idle(b""));
        assert!(!is_idle(b"\x1b[1;1Hx\x1b[0m"));
        assert!(!is_idle(b"\x1b[2J"));
    }
}
