//! The real world: the terminal, the clocks, signals, and tasks that wait for the platform.

use super::own::{self, Own, follow_theme};
use super::task::Tasks;
use super::{Link, Options, World, drive};
use crate::api::{Problem, ProblemKind, Timestamp, Wire};
use crate::command::Export;
use crate::console::app::kept::Kept;
use crate::console::app::{App, Msg, Tag};
use crate::console::keymap::Key;
use crate::console::screen;
use crate::console::term::{Painter, Tty};
use crate::console::theme::{Depth, Theme};
use crate::text::hex;
use crossterm::event::{Event, EventStream, KeyEventKind};
use futures_util::StreamExt;
use std::fs::File;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc;

/// Messages that may wait. A full queue holds the live feed back, and the platform then says `gap`.
const QUEUE: usize = 4096;

/// Opens the console on this terminal and runs it until the operator leaves. To be awaited by the program's main
/// thread (`block_on`): the terminal is given back first when that thread panics.
///
/// # Errors
/// The terminal cannot be used, or there is no theme of that name.
pub async fn run(options: Options, link: impl Link) -> Result<(), Problem> {
    if options.linear {
        return super::linear::run(options, link).await;
    }
    let own = Own { dir: options.themes.clone(), depth: depth(options.no_color) };
    let theme =
        own.find(&options.theme).map_err(|why| Problem::new(ProblemKind::Usage, "The theme cannot be used", why))?;
    let size = crossterm::terminal::size().ok().filter(|(w, h)| *w > 0 && *h > 0).ok_or_else(|| {
        unusable("its size is not known").hint("Run it in a terminal, or use the headless commands: watchfloor --help")
    })?;
    let (mut app, first) = App::open(setup(&options, theme, size)?);
    let over_ssh = std::env::var_os("SSH_CONNECTION").is_some();
    let fps = options.max_fps.unwrap_or(if over_ssh { 15 } else { 30 }).clamp(1, 240);
    let mut world = Real::open(Arc::new(link), size, (own, options.kept)).map_err(|e| unusable(&e.to_string()))?;
    if !Theme::names().any(|built_in| built_in == app.theme_name()) {
        let name = app.theme_name().to_owned();
        world.theme(name);
    }
    let ended = drive(&mut app, first, &mut world, Duration::from_secs(1) / u32::from(fps)).await;
    drop(world);
    ended.map_err(|e| unusable(&e.to_string()))
}

/// What the console is made from.
pub(super) fn setup(options: &Options, theme: Theme, size: (u16, u16)) -> Result<crate::console::app::Setup, Problem> {
    let mut seed = [0u8; 16];
    getrandom::fill(&mut seed).map_err(|e| unusable(&format!("no random numbers: {e}")))?;
    let keys = options.keys.as_ref().and_then(|file| std::fs::read_to_string(file).ok()).unwrap_or_default();
    Ok(crate::console::app::Setup {
        url: options.url.clone(),
        name: options.name.clone(),
        theme,
        registry: screen::REGISTRY,
        seed: hex::encode(seed),
        now: wall_clock(),
        size,
        kept: options.kept.as_deref().map(own::read_kept).unwrap_or_default(),
        ascii: options.ascii,
        keys,
        key: options.key,
        utc: options.utc,
        offset: i64::from(chrono::Local::now().offset().local_minus_utc()) * 1000,
    })
}

pub(super) fn unusable(why: &str) -> Problem {
    Problem::new(ProblemKind::Unavailable, "The terminal cannot be used", why)
}

fn depth(no_color: bool) -> Depth {
    if no_color {
        return Depth::None;
    }
    let var = |name| std::env::var(name).ok();
    Depth::detect(var("NO_COLOR").as_deref(), var("COLORTERM").as_deref(), var("TERM").as_deref())
}

pub(super) fn wall_clock() -> Timestamp {
    Timestamp(chrono::Utc::now().timestamp_millis())
}

struct Real<L> {
    tasks: Tasks<L>,
    // Dropped before the terminal is given back.
    painter: Painter<File>,
    tty: Tty,
    keys: mpsc::Receiver<Msg>,
    outbox: mpsc::Sender<Msg>,
    inbox: mpsc::Receiver<Msg>,
    start: Instant,
    own: Own,
    kept: Option<PathBuf>,
    /// Looks whether the theme's file has changed.
    watch: Option<tokio::task::JoinHandle<()>>,
}

impl<L: Link> Real<L> {
    fn open(link: Arc<L>, size: (u16, u16), (own, kept): (Own, Option<PathBuf>)) -> io::Result<Self> {
        let (outbox, inbox) = mpsc::channel(QUEUE);
        let (tty, out) = Tty::enter()?;
        watch_signals(&outbox)?;
        let tasks = Tasks::new(link, outbox.clone());
        let painter = Painter::new(out, size)?;
        Ok(Self {
            tasks,
            painter,
            tty,
            keys: read_keys(),
            outbox,
            inbox,
            start: Instant::now(),
            own,
            kept,
            watch: None,
        })
    }

    /// A resize concerns the painter too.
    fn admit(&mut self, msg: Msg) -> Msg {
        if let Msg::Resized(columns, rows) = msg {
            self.painter.resize((columns, rows));
        }
        msg
    }
}

/// Reads the terminal in a task of its own: the event stream remembers only the first waker it is polled with, so
/// nobody else may poll it.
fn read_keys() -> mpsc::Receiver<Msg> {
    let (to, keys) = mpsc::channel(QUEUE);
    tokio::spawn(async move {
        let mut events = EventStream::new();
        loop {
            // An error or the end means that the terminal is gone: there is nobody left to talk to.
            let Some(Ok(event)) = events.next().await else {
                let _ = to.send(Msg::Told).await;
                return;
            };
            let msg = match event {
                Event::Key(key) if key.kind != KeyEventKind::Release => Msg::Pressed(Key::from(key)),
                Event::Paste(text) => Msg::Pasted(text),
                Event::Resize(columns, rows) => Msg::Resized(columns, rows),
                _ => continue,
            };
            if to.send(msg).await.is_err() {
                return;
            }
        }
    });
    keys
}

fn watch_signals(outbox: &mpsc::Sender<Msg>) -> io::Result<()> {
    let kinds = [
        (SignalKind::terminate(), Msg::Told),
        (SignalKind::hangup(), Msg::Told),
        (SignalKind::interrupt(), Msg::Told),
        (SignalKind::from_raw(signal_hook::consts::SIGTSTP), Msg::ToldToStop),
        (SignalKind::from_raw(signal_hook::consts::SIGCONT), Msg::Continued),
    ];
    for (kind, msg) in kinds {
        let mut stream = signal(kind)?;
        let to = outbox.clone();
        tokio::spawn(async move {
            while stream.recv().await.is_some() {
                if to.send(msg.clone()).await.is_err() {
                    return;
                }
            }
        });
    }
    Ok(())
}

impl<L: Link> World for Real<L> {
    fn now(&self) -> Timestamp {
        wall_clock()
    }

    fn elapsed(&self) -> Duration {
        self.start.elapsed()
    }

    fn poll(&mut self) -> Option<Msg> {
        let msg = self.keys.try_recv().or_else(|_| self.inbox.try_recv()).ok()?;
        Some(self.admit(msg))
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
            msg = self.keys.recv() => msg,
            msg = self.inbox.recv() => msg,
            () = timer => None,
        }?;
        Some(self.admit(msg))
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
        self.watch = Some(tokio::spawn(follow_theme(self.own.clone(), name, self.outbox.clone())));
    }

    fn pipe(&mut self, export: Export, command: String) {
        self.tasks.pipe(export, command);
    }

    fn keep(&mut self, kept: &Kept) {
        if let Some(file) = &self.kept {
            // Losing it costs the operator a few keys; it must not keep anybody from leaving.
            let _ = own::write_kept(file, kept);
        }
    }

    fn copy(&mut self, text: &str) -> io::Result<()> {
        self.tty.copy(text)
    }

    fn draw(&mut self, app: &App) -> io::Result<Option<i64>> {
        self.painter.paint(app)
    }

    fn repaint(&mut self) -> io::Result<()> {
        self.painter.clear()
    }

    fn suspend(&mut self) -> io::Result<()> {
        self.tty.suspend()?;
        if let Ok(size) = crossterm::terminal::size() {
            self.painter.resize(size);
            let _ = self.outbox.try_send(Msg::Resized(size.0, size.1));
        }
        self.painter.clear()
    }
}
