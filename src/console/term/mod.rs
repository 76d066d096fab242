//! The terminal itself: taken on entering, given back on every way out: return, error, panic, signal, suspension.
//!
//! `paint.rs` writes frames. Nothing else in the program touches the terminal while the console runs.

pub mod paint;

pub use paint::Painter;

use crate::text::base64;
use crossterm::terminal::{self, EnterAlternateScreen, LeaveAlternateScreen};
use crossterm::{Command, cursor, event, style};
use std::fs::File;
use std::io::{self, Write};
use std::os::fd::AsFd;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, Once};
use std::thread::{self, ThreadId};

static TAKEN: AtomicBool = AtomicBool::new(false);
static OWNER: Mutex<Option<ThreadId>> = Mutex::new(None);
static HOOK: Once = Once::new();

/// The terminal, taken. Dropping it gives it back.
#[derive(Debug)]
pub struct Tty {
    out: File,
}

impl Tty {
    /// Takes the terminal: raw mode, alternate screen, bracketed paste, no cursor, mouse left alone. Returns it and a
    /// second handle for frames: unbuffered, so that one frame is one write.
    ///
    /// # Errors
    /// Standard output is no terminal, or it does not obey.
    pub fn enter() -> io::Result<(Self, File)> {
        HOOK.call_once(restore_on_panic);
        if let Ok(mut owner) = OWNER.lock() {
            *owner = Some(thread::current().id());
        }
        let out = File::from(io::stdout().as_fd().try_clone_to_owned()?);
        let frames = out.try_clone()?;
        let mut tty = Self { out };
        tty.take()?;
        Ok((tty, frames))
    }

    fn take(&mut self) -> io::Result<()> {
        // Colours are decided by the theme; crossterm must not decide a second time.
        style::force_color_output(true);
        TAKEN.store(true, Ordering::SeqCst);
        terminal::enable_raw_mode()?;
        let mut bytes = String::new();
        ansi(&mut bytes, EnterAlternateScreen);
        ansi(&mut bytes, event::EnableBracketedPaste);
        ansi(&mut bytes, cursor::Hide);
        self.out.write_all(bytes.as_bytes())
    }

    /// Puts text on the terminal's clipboard (OSC 52).
    ///
    /// # Errors
    /// The terminal cannot be written.
    pub fn copy(&mut self, text: &str) -> io::Result<()> {
        let tmux = std::env::var_os("TMUX").is_some();
        self.out.write_all(clipboard(text, tmux).as_bytes())
    }

    /// Gives the terminal back, stops the process as job control expects, and takes the terminal again when continued.
    ///
    /// # Errors
    /// The terminal does not obey.
    pub fn suspend(&mut self) -> io::Result<()> {
        restore();
        // SIGSTOP, because a SIGTSTP to oneself is ignored in an orphaned process group.
        signal_hook::low_level::raise(signal_hook::consts::SIGSTOP)?;
        self.take()
    }
}

impl Drop for Tty {
    fn drop(&mut self) {
        restore();
    }
}

fn ansi(out: &mut String, command: impl Command) {
    // Writing to a string cannot fail.
    let _ = command.write_ansi(out);
}

/// The sequence that sets the clipboard. tmux is told twice: by itself, for its own buffer, and wrapped so that it passes
/// the sequence on to the terminal it runs in.
fn clipboard(text: &str, tmux: bool) -> String {
    let set = format!("\x1b]52;c;{}\x07", base64::encode(text.as_bytes()));
    if tmux { format!("{set}\x1bPtmux;{}\x1b\\", set.replace('\x1b', "\x1b\x1b")) } else { set }
}

/// The bytes that give the terminal back.
fn farewell() -> String {
    let mut bytes = String::new();
    ansi(&mut bytes, terminal::EndSynchronizedUpdate);
    ansi(&mut bytes, style::ResetColor);
    ansi(&mut bytes, event::DisableBracketedPaste);
    ansi(&mut bytes, LeaveAlternateScreen);
    ansi(&mut bytes, cursor::Show);
    bytes
}

/// Gives the terminal back; harmless when it is not taken.
pub fn restore() {
    if TAKEN.swap(false, Ordering::SeqCst) {
        let mut out = io::stdout();
        let _ = out.write_all(farewell().as_bytes());
        let _ = out.flush();
        let _ = terminal::disable_raw_mode();
    }
}

/// The terminal is given back before a panic of the main thread is printed. A panic in a background task is not
/// printed over the screen: its waiter reports it.
fn restore_on_panic() {
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        let owner = OWNER.try_lock().ok().and_then(|o| *o);
        if !TAKEN.load(Ordering::SeqCst) || owner == Some(thread::current().id()) {
            restore();
            before(info);
        }
    }));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_farewell_undoes_everything() {
        let bytes = farewell();
        for sequence in ["\x1b[?2026l", "\x1b[?2004l", "\x1b[?1049l", "\x1b[?25h", "\x1b[0m"] {
            assert!(bytes.contains(sequence), "{sequence:?} is missing");
        }
    }

    #[test]
    fn the_clipboard_is_set_through_tmux_too() {
        assert_eq!(clipboard("hi", false), "\x1b]52;c;aGk=\x07");
        assert_eq!(clipboard("hi", true), "\x1b]52;c;aGk=\x07\x1bPtmux;\x1b\x1b]52;c;aGk=\x07\x1b\\");
        assert!(!clipboard("\x1b]0;x\x07", false)[1..].contains('\x1b'), "whatever is copied stays inside");
    }

    #[test]
    fn giving_back_what_was_not_taken_does_nothing() {
        restore();
        assert!(!TAKEN.load(Ordering::SeqCst));
    }
}
