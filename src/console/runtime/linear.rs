//! The console as a dialogue: a line in, then what is to be read, then the next question. Nothing is written in between but
//! what happened, nothing places a cursor, and the terminal stays as it is. What a screen
//! forgot to make visible is made so here.

use super::own::{self, Own};
use super::real::wall_clock;
use super::start::{setup, unusable};
use super::task::Tasks;
use super::{Link, Options, World, drive};
use crate::api::{Problem, Timestamp, Wire};
use crate::command::Export;
use crate::config::ConsoleSettings;
use crate::console::app::kept::Kept;
use crate::console::app::{App, Msg, Tag, line};
use crate::console::term::News;
use crate::console::term::gauge::Pace;
use crate::console::theme::Depth;
use crate::text::visible;
use std::collections::VecDeque;
use std::io::{self, BufRead, Write};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::mpsc;

/// Messages that may wait.
const QUEUE: usize = 4096;

/// Runs the dialogue on standard input and output until it is over.
///
/// # Errors
/// There is no theme of that name, or nothing can be written.
pub(super) async fn run(options: Options, link: impl Link) -> Result<(), Problem> {
    let own = Own { dir: options.themes.clone(), depth: Depth::None };
    let (mut app, first) = App::open(setup(&options, &own, line::ROOM)?);
    let (outbox, inbox) = mpsc::channel(QUEUE);
    let mut world = Linear {
        tasks: Tasks::new(Arc::new(link), outbox),
        inbox,
        entered: read_lines(),
        start: Instant::now(),
        kept: options.kept,
        due: true,
        said: VecDeque::new(),
        out: io::stdout(),
    };
    drive(&mut app, first, &mut world).await.map_err(|e| unusable(&e.to_string()))
}

/// Reads standard input on a thread of its own: it ends with the program.
fn read_lines() -> mpsc::Receiver<Msg> {
    let (to, entered) = mpsc::channel(1);
    std::thread::spawn(move || {
        for text in io::stdin().lock().lines() {
            let Ok(text) = text else { break };
            if to.blocking_send(Msg::Line(text)).is_err() {
                return;
            }
        }
        let _ = to.blocking_send(Msg::Told);
    });
    entered
}

struct Linear<L, W> {
    tasks: Tasks<L>,
    inbox: mpsc::Receiver<Msg>,
    entered: mpsc::Receiver<Msg>,
    start: Instant,
    kept: Option<PathBuf>,
    /// Something was entered and is not answered yet: the next line waits.
    due: bool,
    /// Notes that were read out, as long as they stand.
    said: VecDeque<String>,
    out: W,
}

impl<L: Link, W: Write> World for Linear<L, W> {
    fn now(&self) -> Timestamp {
        wall_clock()
    }

    fn elapsed(&self) -> Duration {
        self.start.elapsed()
    }

    fn poll(&mut self) -> Option<Msg> {
        if let Ok(msg) = self.inbox.try_recv() {
            return Some(msg);
        }
        let entered = if self.due { None } else { self.entered.try_recv().ok() };
        self.due |= entered.is_some();
        entered
    }

    async fn next(&mut self, most: Option<Duration>) -> Option<Msg> {
        let timer = async {
            match most {
                Some(most) => tokio::time::sleep(most).await,
                None => std::future::pending().await,
            }
        };
        let msg = tokio::select! {
            biased;
            msg = self.inbox.recv() => return msg,
            msg = self.entered.recv(), if !self.due => msg,
            () = timer => None,
        };
        self.due |= msg.is_some();
        msg
    }

    fn send(&mut self, wire: Wire, tag: Tag) {
        self.tasks.send(wire, tag);
    }

    fn export(&mut self, export: Export) {
        self.tasks.export(export);
    }

    fn pipe(&mut self, export: Export, command: String) {
        self.tasks.pipe(export, command);
    }

    /// Nothing has a colour here.
    fn theme(&mut self, _: String) {}

    fn keep(&mut self, kept: &Kept) {
        if let Some(file) = &self.kept {
            // Losing it costs the operator a few keys; it must not keep anybody from leaving.
            let _ = own::write_kept(file, kept);
        }
    }

    /// There is no clipboard to be reached without control sequences: the text itself can be copied.
    fn copy(&mut self, text: &str) -> io::Result<()> {
        writeln!(self.out, "{}", visible::escape(text))
    }

    /// News are read out with the rest.
    fn tell(&mut self, _: &News) -> io::Result<()> {
        Ok(())
    }

    /// No setting concerns lines of text.
    fn set(&mut self, _: &ConsoleSettings) -> io::Result<()> {
        Ok(())
    }

    fn pace(&mut self) -> Pace {
        Pace { frame: Duration::ZERO, calm: Duration::ZERO, tick: Duration::ZERO, busy: Duration::ZERO }
    }

    fn draw(&mut self, app: &App) -> io::Result<Option<i64>> {
        let said = app.said();
        for note in said.iter().filter(|note| !self.said.contains(note)) {
            writeln!(self.out, "{}", visible::escape(note))?;
        }
        self.said = said.into();
        if self.due && app.is_settled() {
            self.due = false;
            for text in line::lines(app) {
                writeln!(self.out, "{}", visible::escape(&text))?;
            }
            write!(self.out, "> ")?;
        }
        self.out.flush()?;
        // What was read out does not change by itself.
        Ok(None)
    }

    fn repaint(&mut self) -> io::Result<()> {
        self.due = true;
        Ok(())
    }

    async fn suspend(&mut self) -> io::Result<()> {
        writeln!(self.out, "this terminal stays as it is: your shell suspends the program (ctrl-z)")
    }
}
