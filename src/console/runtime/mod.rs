//! The loop: messages in, effects out, frames when something changed. Generic over the [`World`], so that tests run it
//! without a terminal, a clock or a platform.
//!
//! No tick: it sleeps until a message comes or until the app asked to be told the time. All that waits is taken before
//! a frame is drawn; frames are capped, but the first one after a quiet time is drawn at once.

mod linear;
pub mod link;
mod own;
mod real;
mod task;

pub use link::Link;
pub use real::run;

use super::app::kept::Kept;
use super::app::{self, App, Effect, Msg, Tag};
use crate::api::{Timestamp, Wire};
use crate::command::Export;
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
    /// Theme by name.
    pub theme: String,
    /// Most frames a second; 30, or 15 over SSH, when absent.
    pub max_fps: Option<u16>,
    /// Show times in UTC.
    pub utc: bool,
    /// Draw with ASCII only.
    pub ascii: bool,
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
    fn suspend(&mut self) -> io::Result<()>;
}

/// Messages taken before a frame is due again, so that a flood cannot starve the screen.
const BATCH: usize = 4096;

/// Runs the app until it quits. `frame` is the least time between two frames.
///
/// # Errors
/// The terminal cannot be used.
pub async fn drive<W: World>(app: &mut App, first: Vec<Effect>, world: &mut W, frame: Duration) -> io::Result<()> {
    let mut last: Option<Duration> = None;
    if carry_out(app, first, world)? {
        return Ok(());
    }
    loop {
        if take_waiting(app, world)? {
            return Ok(());
        }
        let due = last.map_or(Duration::ZERO, |last| last + frame);
        let elapsed = world.elapsed();
        if app.is_dirty() && elapsed >= due {
            let wake = world.draw(app)?;
            app.drawn(wake);
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
        if take(app, passed, world)? {
            return Ok(());
        }
        if let Some(msg) = msg
            && take(app, msg, world)?
        {
            return Ok(());
        }
    }
}

/// Takes what waits; true when the app quits.
fn take_waiting<W: World>(app: &mut App, world: &mut W) -> io::Result<bool> {
    for _ in 0..BATCH {
        let Some(msg) = world.poll() else { break };
        if take(app, msg, world)? {
            return Ok(true);
        }
    }
    Ok(false)
}

fn take<W: World>(app: &mut App, msg: Msg, world: &mut W) -> io::Result<bool> {
    let effects = app::update(app, msg);
    carry_out(app, effects, world)
}

fn carry_out<W: World>(app: &mut App, effects: Vec<Effect>, world: &mut W) -> io::Result<bool> {
    for effect in effects {
        match effect {
            Effect::Send(wire, tag) => world.send(wire, tag),
            Effect::Export(export) => world.export(export),
            Effect::Pipe(export, command) => world.pipe(export, command),
            Effect::Theme(name) => world.theme(name),
            Effect::Copy(text) => world.copy(&text)?,
            Effect::Repaint => {
                world.repaint()?;
                app.touch();
            }
            Effect::Suspend => {
                world.suspend()?;
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
