//! The loop: messages in, effects out, frames when something changed. Generic over the [`World`], so that tests run it
//! without a terminal, a clock or a platform.
//!
//! No tick: it sleeps until a message comes or until the app asked to be told the time. All that waits is taken before
//! a frame is drawn; frames are capped, but the first one after a quiet time is drawn at once.

mod hear;
mod linear;
pub mod link;
mod own;
mod real;
mod start;
mod task;

pub use link::Link;
pub use start::run;

use super::app::kept::Kept;
use super::app::{self, App, Effect, Msg, Tag};
use crate::api::{Timestamp, Wire};
use crate::command::Export;
use crate::config::{ConsoleSettings, Settings};
use crate::console::term::News;
use crate::console::term::gauge::Pace;
use std::future::Future;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

/// How the console is to run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// Address of the platform, as it is to be shown.
    pub url: String,
    /// Its name, e.g. `embedded`.
    pub name: String,
    /// Which console this is: drawn at random, and sent to the platform.
    pub console: String,
    /// The settings, of which the console's own take effect also while it runs.
    pub settings: Settings,
    /// Their file, to be read again when it changes.
    pub settings_file: Option<PathBuf>,
    /// Folder of the operator's own themes.
    pub themes: Option<PathBuf>,
    /// File that keeps what outlives a session.
    pub kept: Option<PathBuf>,
    /// File of the operator's own keys.
    pub keys: Option<PathBuf>,
    /// What pseudonyms are made with.
    pub key: [u8; 32],
    /// A dialogue of lines instead of screens: for screen readers and terminals that cannot place a cursor.
    pub linear: bool,
    /// No colours, whatever the environment says.
    pub no_color: bool,
}

/// The world outside the app.
pub trait World {
    /// Wall clock.
    fn now(&self) -> Timestamp;
    /// Time since some fixed instant, never going back.
    fn elapsed(&self) -> Duration;
    /// The next message, if one is there already.
    fn poll(&mut self) -> Option<Msg>;
    /// Waits for the next message, at most this long.
    fn next(&mut self, most: Option<Duration>) -> impl Future<Output = Option<Msg>>;
    /// Sends a request; the answer comes as a message.
    fn send(&mut self, wire: Wire, tag: Tag);
    /// Writes rows to a file; the end comes as a message.
    fn export(&mut self, export: Export);
    /// Writes rows to the input of a shell command; what it wrote comes as a message.
    fn pipe(&mut self, export: Export, command: String);
    /// Reads a theme of the operator's own; it comes as a message, also whenever its file changes.
    fn theme(&mut self, name: String);
    /// Keeps something for the next session, if it can.
    fn keep(&mut self, kept: &Kept);
    /// Puts text on the terminal's clipboard.
    ///
    /// # Errors
    /// The terminal cannot be written.
    fn copy(&mut self, text: &str) -> io::Result<()>;
    /// Tells the terminal something that is not on its screen.
    ///
    /// # Errors
    /// The terminal cannot be written.
    fn tell(&mut self, news: &News) -> io::Result<()>;
    /// Takes up settings that concern the terminal.
    ///
    /// # Errors
    /// The terminal cannot be written.
    fn set(&mut self, settings: &ConsoleSettings) -> io::Result<()>;
    /// How often may be drawn now.
    fn pace(&mut self) -> Pace;
    /// Draws a frame; returns when something on it becomes wrong.
    ///
    /// # Errors
    /// The terminal cannot be written.
    fn draw(&mut self, app: &App) -> io::Result<Option<i64>>;
    /// Forgets what the terminal shows.
    ///
    /// # Errors
    /// The terminal cannot be written.
    fn repaint(&mut self) -> io::Result<()>;
    /// Gives the terminal back, stops until continued, takes it again.
    ///
    /// # Errors
    /// The terminal cannot be taken again.
    fn suspend(&mut self) -> impl Future<Output = io::Result<()>>;
}

/// Messages taken before a frame is due again, so that a flood cannot starve the screen.
const BATCH: usize = 4096;
/// So long after the last key the operator waits for what it brings; later one only looks on.
const AT_WORK: Duration = Duration::from_secs(3);

/// Runs the app until it quits.
///
/// # Errors
/// The terminal cannot be used.
pub async fn drive<W: World>(app: &mut App, first: Vec<Effect>, world: &mut W) -> io::Result<()> {
    let (mut last, mut touched) = (None::<Duration>, None::<Duration>);
    if carry_out(app, first, world).await? {
        return Ok(());
    }
    loop {
        for _ in 0..BATCH {
            let Some(msg) = world.poll() else { break };
            if take(app, msg, world, &mut touched).await? {
                return Ok(());
            }
        }
        let (pace, elapsed) = (world.pace(), world.elapsed());
        let at_work = touched.is_some_and(|at| elapsed < at + AT_WORK);
        let least = if at_work { pace.frame } else { pace.calm };
        let due = last.map_or(Duration::ZERO, |last| last + least).max(elapsed + pace.busy);
        if app.is_dirty() && elapsed >= due {
            let wake = world.draw(app)?;
            let later = i64::try_from(pace.tick.as_millis()).unwrap_or(0);
            app.drawn(wake.map(|at| if later > 0 { at.max(app.platform_now() + later) } else { at }));
            last = Some(elapsed);
        }
        let wait = if app.is_dirty() {
            Some(due.saturating_sub(elapsed))
        } else {
            let now = world.now();
            app.wake().map(|at| Duration::from_millis(u64::try_from(at.0 - now.0).unwrap_or(0)))
        };
        let msg = world.next(wait).await;
        let passed = Msg::Passed(world.now());
        if take(app, passed, world, &mut touched).await? {
            return Ok(());
        }
        if let Some(msg) = msg
            && take(app, msg, world, &mut touched).await?
        {
            return Ok(());
        }
    }
}

/// True when the app quits.
async fn take<W: World>(app: &mut App, msg: Msg, world: &mut W, touched: &mut Option<Duration>) -> io::Result<bool> {
    if msg.is_by_hand() {
        *touched = Some(world.elapsed());
    }
    let effects = app::update(app, msg);
    carry_out(app, effects, world).await
}

async fn carry_out<W: World>(app: &mut App, effects: Vec<Effect>, world: &mut W) -> io::Result<bool> {
    for effect in effects {
        match effect {
            Effect::Send(wire, tag) => world.send(wire, tag),
            Effect::Export(export) => world.export(export),
            Effect::Pipe(export, command) => world.pipe(export, command),
            Effect::Theme(name) => world.theme(name),
            Effect::Copy(text) => world.copy(&text)?,
            Effect::Tell(news) => world.tell(&news)?,
            Effect::Set(settings) => world.set(&settings)?,
            Effect::Repaint => {
                world.repaint()?;
                app.touch();
            }
            Effect::Suspend => {
                world.suspend().await?;
                app.touch();
            }
            Effect::Keep(kept) => world.keep(&kept),
            Effect::Quit => {
                world.keep(&app.kept());
                return Ok(true);
            }
        }
    }
    Ok(false)
}

#[cfg(test)]
mod hostile_test;
#[cfg(test)]
mod pty_test;
#[cfg(test)]
mod tests;
