//! What comes from outside by itself: bytes of the terminal, signals, another size. The terminal is read through an
//! opening of its own, so that not waiting for it there does not change how the shell reads it.

use crate::console::app::Msg;
use crate::console::term::input::{Decoder, Input};
use std::fs::OpenOptions;
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::time::Instant;
use tokio::io::AsyncReadExt;
use tokio::net::unix::pipe::Receiver;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc;
use tokio::time::timeout;

/// What was heard from the terminal.
#[derive(Debug)]
pub(super) enum Heard {
    /// Something for the app.
    Msg(Msg),
    /// The terminal has come to a question of ours; when.
    Answer(Instant),
}

impl From<Input> for Heard {
    fn from(input: Input) -> Self {
        Self::Msg(match input {
            Input::Key(key) => Msg::Pressed(key),
            Input::Paste(text) => Msg::Pasted(text),
            Input::Click(x, y) => Msg::Clicked(x, y),
            Input::Wheel(down) => Msg::Wheeled(down),
            Input::Answer => return Self::Answer(Instant::now()),
        })
    }
}

/// Reads the terminal in a task of its own, until nobody listens.
///
/// # Errors
/// There is no terminal to read.
pub(super) fn read_terminal(most: usize) -> io::Result<mpsc::Receiver<Heard>> {
    let flags = i32::try_from(rustix::fs::OFlags::NONBLOCK.bits()).unwrap_or_default();
    let open = |path| OpenOptions::new().read(true).custom_flags(flags).open(path);
    // Nothing of it is particular to pipes: a descriptor that is read when there is something.
    let terminal = Receiver::from_file_unchecked(open("/dev/tty").or_else(|_| open("/dev/stdin"))?)?;
    let (to, heard) = mpsc::channel(most);
    tokio::spawn(async move {
        // An error or the end means that the terminal is gone: there is nobody left to talk to.
        let _ = read(terminal, &to).await;
        let _ = to.send(Heard::Msg(Msg::Told)).await;
    });
    Ok(heard)
}

async fn read(mut terminal: Receiver, to: &mpsc::Sender<Heard>) -> io::Result<()> {
    let (mut decoder, mut buffer) = (Decoder::default(), [0; 4096]);
    loop {
        let chunk = terminal.read(&mut buffer);
        let read = match decoder.pending() {
            Some(wait) => timeout(wait, chunk).await.ok(),
            None => Some(chunk.await),
        };
        let inputs = match read {
            Some(Ok(0)) => return Ok(()),
            Some(Ok(n)) => decoder.feed(&buffer[..n]),
            Some(Err(e)) if e.kind() == io::ErrorKind::Interrupted => continue,
            Some(Err(e)) => return Err(e),
            None => decoder.settle().into_iter().collect(),
        };
        for input in inputs {
            if to.send(input.into()).await.is_err() {
                return Ok(());
            }
        }
    }
}

/// What a signal says.
type Tell = fn() -> Option<Msg>;

/// Tells of signals until nobody listens.
///
/// # Errors
/// They cannot be listened to.
pub(super) fn watch_signals(outbox: &mpsc::Sender<Msg>) -> io::Result<()> {
    let kinds: [(SignalKind, Tell); 6] = [
        (SignalKind::terminate(), || Some(Msg::Told)),
        (SignalKind::hangup(), || Some(Msg::Told)),
        (SignalKind::interrupt(), || Some(Msg::Told)),
        (SignalKind::from_raw(signal_hook::consts::SIGTSTP), || Some(Msg::ToldToStop)),
        (SignalKind::from_raw(signal_hook::consts::SIGCONT), || Some(Msg::Continued)),
        (SignalKind::window_change(), || crossterm::terminal::size().ok().map(|(w, h)| Msg::Resized(w, h))),
    ];
    for (kind, tell) in kinds {
        let mut stream = signal(kind)?;
        let to = outbox.clone();
        tokio::spawn(async move {
            while stream.recv().await.is_some() {
                let Some(msg) = tell() else { continue };
                if to.send(msg).await.is_err() {
                    return;
                }
            }
        });
    }
    Ok(())
}
