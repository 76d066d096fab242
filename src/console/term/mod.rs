//! The terminal itself: taken on entering, given back on every way out: return, error, panic, signal, suspension.
//!
//! `paint.rs` writes frames. Nothing else in the program touches the terminal while the console runs.

pub mod gauge;
mod ink;
pub mod input;
pub mod paint;

pub use paint::Painter;

use crate::text::{base64, fit, visible};
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

/// Something to tell the terminal that is not on its screen. Made of visible text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum News {
    /// The title of its window or tab.
    Title(String),
    /// A notification of the desktop, and in which of two ways terminals know.
    Notice(Way, String),
}

/// How a terminal is asked to notify.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// OSC 9, of iTerm2.
    Osc9,
    /// OSC 777, of urxvt.
    Osc777,
}

/// The longest title or notice, in cells.
const LONGEST: usize = 120;

/// The terminal, taken. Dropping it gives it back.
#[derive(Debug)]
pub struct Tty {
    out: File,
    mouse: bool,
}

impl Tty {
    /// Takes the terminal: raw mode, alternate screen, bracketed paste, no cursor; the mouse only if it is wanted. Returns
    /// it and a second handle for frames: unbuffered, so that one frame is one write.
    ///
    /// # Errors
    /// Standard output is no terminal, or it does not obey.
    pub fn enter(mouse: bool) -> io::Result<(Self, File)> {
        HOOK.call_once(restore_on_panic);
        if let Ok(mut owner) = OWNER.lock() {
            *owner = Some(thread::current().id());
        }
        let out = File::from(io::stdout().as_fd().try_clone_to_owned()?);
        let frames = out.try_clone()?;
        let mut tty = Self { out, mouse };
        tty.take()?;
        Ok((tty, frames))
    }

    fn take(&mut self) -> io::Result<()> {
        TAKEN.store(true, Ordering::SeqCst);
        terminal::enable_raw_mode()?;
        let mut bytes = String::new();
        ansi(&mut bytes, EnterAlternateScreen);
        ansi(&mut bytes, event::EnableBracketedPaste);
        ansi(&mut bytes, cursor::Hide);
        bytes.push_str(SAVE_TITLE);
        if self.mouse {
            bytes.push_str(MOUSE.0);
        }
        self.out.write_all(bytes.as_bytes())
    }

    /// Takes the mouse, or lets the terminal have it: buttons and wheel only, no movements.
    ///
    /// # Errors
    /// The terminal cannot be written.
    pub fn listen_to_mouse(&mut self, mouse: bool) -> io::Result<()> {
        self.mouse = mouse;
        self.out.write_all(if mouse { MOUSE.0 } else { MOUSE.1 }.as_bytes())
    }

    /// Tells the terminal something.
    ///
    /// # Errors
    /// The terminal cannot be written.
    pub fn tell(&mut self, news: &News) -> io::Result<()> {
        self.out.write_all(told(news, std::env::var_os("TMUX").is_some()).as_bytes())
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
    if tmux { format!("{set}{}", through_tmux(&set)) } else { set }
}

/// Keeps the title that was there, and puts it back (xterm's stack of titles).
const SAVE_TITLE: &str = "\x1b[22;0t";
const OLD_TITLE: &str = "\x1b[23;0t";
/// Buttons, in the form that knows large terminals; and neither.
const MOUSE: (&str, &str) = ("\x1b[?1000h\x1b[?1006h", "\x1b[?1006l\x1b[?1000l");

/// The sequence that tells the news. tmux takes a title for its own pane, and passes a notice on if it is allowed to.
fn told(news: &News, tmux: bool) -> String {
    let safe = |text: &str| fit::truncate(&visible::escape(text), LONGEST);
    let notice = match news {
        News::Title(text) => return format!("\x1b]2;{}\x07", safe(text)),
        News::Notice(Way::Osc9, text) => format!("\x1b]9;Watchfloor: {}\x07", safe(text)),
        // A semicolon would end the title.
        News::Notice(Way::Osc777, text) => format!("\x1b]777;notify;Watchfloor;{}\x07", safe(text).replace(';', ",")),
    };
    if tmux { through_tmux(&notice) } else { notice }
}

/// Wrapped so that tmux passes it on to the terminal it runs in.
fn through_tmux(sequence: &str) -> String {
    format!("\x1bPtmux;{}\x1b\\", sequence.replace('\x1b', "\x1b\x1b"))
}

/// The bytes that give the terminal back.
fn farewell() -> String {
    let mut bytes = String::new();
    ansi(&mut bytes, terminal::EndSynchronizedUpdate);
    ansi(&mut bytes, style::ResetColor);
    ansi(&mut bytes, event::DisableBracketedPaste);
    bytes.push_str(MOUSE.1);
    bytes.push_str(OLD_TITLE);
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
        for sequence in [
            "\x1b[?2026l",
            "\x1b[?2004l",
            "\x1b[?1000l",
            "\x1b[?1006l",
            "\x1b[23;0t",
            "\x1b[?1049l",
            "\x1b[?25h",
            "\x1b[0m",
        ] {
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
    fn news_cannot_leave_their_sequence() {
        let hostile = "x\x07\x1b]52;c;aGk=\x07;y\u{9c}\u{202e}";
        for (news, start) in [
            (News::Title(hostile.into()), "\x1b]2;"),
            (News::Notice(Way::Osc9, hostile.into()), "\x1b]9;Watchfloor: "),
            (News::Notice(Way::Osc777, hostile.into()), "\x1b]777;notify;Watchfloor;"),
        ] {
            let bytes = told(&news, false);
            let text = bytes.strip_prefix(start).unwrap().strip_suffix('\x07').unwrap();
            assert!(!text.chars().any(visible::is_dangerous), "{text:?}");
        }
        assert!(!told(&News::Notice(Way::Osc777, "a;b".into()), false).contains("a;b"));
        assert_eq!(told(&News::Notice(Way::Osc9, "a".into()), true), "\x1bPtmux;\x1b\x1b]9;Watchfloor: a\x07\x1b\\");
        assert!(told(&News::Title("long ".repeat(1000)), false).len() < 600);
    }

    #[test]
    fn giving_back_what_was_not_taken_does_nothing() {
        restore();
        assert!(!TAKEN.load(Ordering::SeqCst));
    }
}
