//! Frames: drawn into memory, guarded, written at once inside synchronized output. A frame that changes nothing writes
//! nothing.
//!
//! The guard is the last door before the terminal: a cell that holds a dangerous character, or more than a cell can
//! hold, becomes U+FFFD and is counted. Widgets make text visible before, so the count stays 0; a test says so.

use super::ink::Ink;
use crate::console::app::{App, view};
use crate::text::visible;
use crossterm::terminal::{BeginSynchronizedUpdate, EndSynchronizedUpdate};
use crossterm::{cursor, queue};
use ratatui::Terminal;
use ratatui::backend::{Backend, ClearType, WindowSize};
use ratatui::buffer::Cell;
use ratatui::layout::{Position, Size};
use std::io::{self, Write};
use std::time::{Duration, Instant};

/// The longest grapheme a cell may hold, in bytes.
const LONGEST: usize = 32;

/// Asks the terminal whether it is well (DSR 5, ECMA-48 8.3.35). It answers once it has come to that: `CSI 0 n`.
const QUESTION: &[u8] = b"\x1b[5n";

/// Where the text cursor is, if it is shown.
type Caret = Option<Position>;

/// A frame that was drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Drawn {
    /// When something on it becomes wrong, by the platform's clock.
    pub wake: Option<i64>,
    /// Bytes written; 0 when nothing had changed.
    pub bytes: usize,
    /// How long the writing took.
    pub took: Duration,
}

/// Whether the terminal fills what it erases. GNU screen does not unless told to; inside tmux, which may call itself the
/// same, everything does.
fn fills() -> bool {
    let screen = std::env::var("TERM").is_ok_and(|term| term.starts_with("screen"));
    !screen || std::env::var_os("TMUX").is_some()
}

#[derive(Debug)]
struct Guard {
    ink: Ink,
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
        for (x, y, cell) in content {
            let fit = is_fit(cell);
            self.hits += u64::from(!fit);
            self.ink.change((x, y), cell, fit);
        }
        self.ink.write();
        Ok(())
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
        self.ink.clear(self.size);
        Ok(())
    }

    fn clear_region(&mut self, _: ClearType) -> io::Result<()> {
        // The whole terminal is ours: ratatui clears nothing less than all of it.
        self.clear()
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
    out: W,
    caret: Caret,
    /// The next frame carries a question along.
    ask: bool,
}

impl<W: Write> Painter<W> {
    /// For a terminal of this size.
    ///
    /// # Errors
    /// None in practice: it draws into memory.
    pub fn new(out: W, size: (u16, u16)) -> io::Result<Self> {
        let size = Size::new(size.0, size.1);
        let guard = Guard { ink: Ink::new(size, fills()), size, shown: false, at: Position::ORIGIN, hits: 0 };
        Ok(Self { terminal: Terminal::new(guard)?, out, caret: None, ask: false })
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

    /// The next frame that writes anything asks the terminal for an answer, inside the same write.
    pub const fn ask_along(&mut self) {
        self.ask = true;
    }

    /// Draws a frame and writes what changed, in one write.
    ///
    /// # Errors
    /// The terminal cannot be written.
    pub fn paint(&mut self, app: &App) -> io::Result<Drawn> {
        let mut wake = None;
        self.terminal.draw(|frame| wake = view(app, frame))?;
        let guard = self.terminal.backend_mut();
        let ink = guard.ink.take();
        let caret = guard.shown.then_some(guard.at);
        if ink.is_empty() && caret == self.caret {
            return Ok(Drawn { wake, bytes: 0, took: Duration::ZERO });
        }
        let mut bytes = Vec::with_capacity(ink.len() + 48);
        queue!(bytes, BeginSynchronizedUpdate)?;
        bytes.extend_from_slice(ink.as_bytes());
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
        if std::mem::take(&mut self.ask) {
            bytes.extend_from_slice(QUESTION);
        }
        queue!(bytes, EndSynchronizedUpdate)?;
        self.caret = caret;
        let before = Instant::now();
        self.out.write_all(&bytes)?;
        self.out.flush()?;
        Ok(Drawn { wake, bytes: bytes.len(), took: before.elapsed() })
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
        let ink = painter.terminal.backend_mut().ink.take();
        assert!(!ink.contains("]52") && !ink.contains('\u{202e}') && !ink.contains('\u{301}'));
        assert!(ink.contains("ok") && ink.matches('\u{fffd}').count() == 3);
    }
}
