//! The real world: the terminal, the clocks, and tasks that wait for the platform.

use super::hear::{Heard, read_terminal, watch_signals};
use super::own::{self, LOOK, Own, follow_theme};
use super::task::Tasks;
use super::{Link, World};
use crate::api::{Timestamp, Wire};
use crate::command::Export;
use crate::config::ConsoleSettings;
use crate::console::app::kept::Kept;
use crate::console::app::{App, Msg, Tag};
use crate::console::term::gauge::{Gauge, Pace, Tempo};
use crate::console::term::{News, Painter, Tty};
use std::fs::File;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::mpsc;
use tokio::time::timeout;

/// Messages that may wait. A full queue holds the live feed back, and the platform then says `gap`.
const QUEUE: usize = 4096;

pub(super) fn wall_clock() -> Timestamp {
    Timestamp(chrono::Utc::now().timestamp_millis())
}

/// Frames a second where nothing else is set: a line is likely to be slower than a cable.
fn frames(settings: &ConsoleSettings) -> Duration {
    let usual = if std::env::var_os("SSH_CONNECTION").is_some() { 15 } else { 30 };
    Duration::from_secs(1) / u32::from(settings.max_fps.unwrap_or(usual).clamp(1, 240))
}

/// Files of the operator's own.
pub(super) struct Files {
    pub(super) own: Own,
    pub(super) kept: Option<PathBuf>,
}

/// The terminal, and a platform behind a link.
pub(super) struct Real<L> {
    tasks: Tasks<L>,
    // Dropped before the terminal is given back.
    painter: Painter<File>,
    tty: Tty,
    heard: mpsc::Receiver<Heard>,
    outbox: mpsc::Sender<Msg>,
    inbox: mpsc::Receiver<Msg>,
    start: Instant,
    files: Files,
    /// Looks whether the theme's file has changed.
    watch: Option<tokio::task::JoinHandle<()>>,
    settings: ConsoleSettings,
    frame: Duration,
    gauge: Gauge,
    /// What the app knows of the line.
    told: Tempo,
}

impl<L: Link> Real<L> {
    pub(super) fn open(link: Arc<L>, size: (u16, u16), files: Files, settings: ConsoleSettings) -> io::Result<Self> {
        let (outbox, inbox) = mpsc::channel(QUEUE);
        let (tty, out) = Tty::enter(settings.mouse)?;
        watch_signals(&outbox)?;
        let tasks = Tasks::new(link, outbox.clone());
        Ok(Self {
            tasks,
            painter: Painter::new(out, size)?,
            tty,
            heard: read_terminal(QUEUE)?,
            outbox,
            inbox,
            start: Instant::now(),
            files,
            watch: None,
            frame: frames(&settings),
            settings,
            gauge: Gauge::default(),
            told: Tempo::default(),
        })
    }

    /// Where messages go.
    pub(super) fn outbox(&self) -> mpsc::Sender<Msg> {
        self.outbox.clone()
    }

    /// An answer concerns the gauge alone, a resize the painter too.
    fn admit(&mut self, heard: Heard) -> Option<Msg> {
        match heard {
            Heard::Answer(at) => {
                self.gauge.answered(at.saturating_duration_since(self.start));
                None
            }
            Heard::Msg(msg) => {
                if let Msg::Resized(columns, rows) = msg {
                    self.painter.resize((columns, rows));
                }
                Some(msg)
            }
        }
    }

    /// What the app should know of the line.
    fn measured(&mut self) -> Option<Msg> {
        let tempo = self.gauge.tempo();
        let news = tempo.slow != self.told.slow || (tempo.slow && tempo != self.told);
        news.then(|| {
            self.told = tempo;
            Msg::Measured(tempo)
        })
    }

    /// Waits for answers that are under way: they must not end up in the shell.
    pub(super) async fn hush(&mut self) {
        let trip = Duration::from_millis(u64::from(self.gauge.tempo().round_trip.unwrap_or(0)));
        let until = Instant::now() + (trip * 3 + Duration::from_millis(200)).min(Duration::from_secs(3));
        while self.gauge.open() > 0 {
            let left = until.saturating_duration_since(Instant::now());
            match timeout(left, self.heard.recv()).await {
                Ok(Some(heard)) => _ = self.admit(heard),
                _ => return,
            }
        }
    }
}

impl<L: Link> World for Real<L> {
    fn now(&self) -> Timestamp {
        wall_clock()
    }

    fn elapsed(&self) -> Duration {
        self.start.elapsed()
    }

    fn poll(&mut self) -> Option<Msg> {
        while let Ok(heard) = self.heard.try_recv() {
            if let Some(msg) = self.admit(heard) {
                return Some(msg);
            }
        }
        let measured = self.measured();
        measured.or_else(|| self.inbox.try_recv().ok().and_then(|msg| self.admit(Heard::Msg(msg))))
    }

    async fn next(&mut self, most: Option<Duration>) -> Option<Msg> {
        let timer = async {
            match most {
                Some(most) => tokio::time::sleep(most).await,
                None => std::future::pending().await,
            }
        };
        let heard = tokio::select! {
            biased;
            heard = self.heard.recv() => heard,
            msg = self.inbox.recv() => msg.map(Heard::Msg),
            () = timer => None,
        }?;
        self.admit(heard)
    }

    fn send(&mut self, wire: Wire, tag: Tag) {
        self.tasks.send(wire, tag);
    }

    fn export(&mut self, export: Export) {
        self.tasks.export(export);
    }

    fn theme(&mut self, name: String) {
        if let Some(before) = self.watch.take() {
            before.abort();
        }
        self.watch = Some(tokio::spawn(follow_theme((self.files.own.clone(), name), LOOK, self.outbox())));
    }

    fn pipe(&mut self, export: Export, command: String) {
        self.tasks.pipe(export, command);
    }

    fn keep(&mut self, kept: &Kept) {
        if let Some(file) = &self.files.kept {
            // Losing it costs the operator a few keys; it must not keep anybody from leaving.
            let _ = own::write_kept(file, kept);
        }
    }

    fn copy(&mut self, text: &str) -> io::Result<()> {
        self.tty.copy(text)
    }

    fn tell(&mut self, news: &News) -> io::Result<()> {
        let quiet = self.gauge.tempo().slow && !self.settings.news_when_slow;
        if quiet { Ok(()) } else { self.tty.tell(news) }
    }

    fn set(&mut self, settings: &ConsoleSettings) -> io::Result<()> {
        self.frame = frames(settings);
        if settings.mouse != self.settings.mouse {
            self.tty.listen_to_mouse(settings.mouse)?;
        }
        self.settings = settings.clone();
        Ok(())
    }

    fn pace(&mut self) -> Pace {
        let now = self.start.elapsed();
        self.gauge.pass(now);
        self.gauge.pace(now, self.frame)
    }

    fn draw(&mut self, app: &App) -> io::Result<Option<i64>> {
        let before = self.start.elapsed();
        let asked = self.gauge.asks(before);
        if asked {
            self.painter.ask_along();
        }
        let drawn = self.painter.paint(app)?;
        if drawn.bytes > 0 {
            self.gauge.wrote((before, drawn.took), drawn.bytes, asked);
        }
        Ok(drawn.wake)
    }

    fn repaint(&mut self) -> io::Result<()> {
        self.painter.clear()
    }

    async fn suspend(&mut self) -> io::Result<()> {
        self.hush().await;
        self.tty.suspend()?;
        // Questions from before were answered to the shell.
        self.gauge = Gauge::default();
        if let Ok(size) = crossterm::terminal::size() {
            self.painter.resize(size);
            let _ = self.outbox.try_send(Msg::Resized(size.0, size.1));
        }
        self.painter.clear()
    }
}
