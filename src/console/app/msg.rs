//! What happened (messages, past tense) and what shall be done (effects, imperative). Plain, comparable values.

use super::kept::Kept;
use crate::api::{Endpoint, Live, Problem, Reply, Timestamp, Wire};
use crate::command::Export;
use crate::config::ConsoleSettings;
use crate::console::keymap::Key;
use crate::console::term::News;
use crate::console::term::gauge::Tempo;
use crate::console::theme::Theme;

/// Something happened.
#[derive(Debug, Clone, PartialEq)]
pub enum Msg {
    /// Time passed; this is the local clock now. Comes before the other messages of a batch.
    Passed(Timestamp),
    /// A key was pressed.
    Pressed(Key),
    /// Text was pasted; never taken as keys.
    Pasted(String),
    /// A line was entered, where the console is a dialogue of lines.
    Line(String),
    /// The first mouse button was pressed at this column and row, from 0.
    Clicked(u16, u16),
    /// The wheel was turned, downwards or upwards.
    Wheeled(bool),
    /// The terminal has this many columns and rows.
    Resized(u16, u16),
    /// The line to the terminal was found to be like this.
    Measured(Tempo),
    /// The settings were changed: the console's own, and whether others were, too; or why they cannot be used.
    Set(Box<Result<(ConsoleSettings, bool), String>>),
    /// An answer came.
    Replied(Tag, Result<Reply, Problem>),
    /// An export ended: what to say.
    Exported(Result<String, Problem>),
    /// A command that rows were piped to ended: the command, and what it wrote.
    Piped(String, Result<String, Problem>),
    /// A theme was read, or cannot be used: why.
    Themed(Result<Box<Theme>, String>),
    /// The live feed spoke.
    Fed(Feed),
    /// The program was asked to end by a signal.
    Told,
    /// The program was asked to stop by a signal, to be continued later.
    ToldToStop,
    /// The program was stopped and goes on.
    Continued,
}

impl Msg {
    /// The operator did this just now.
    #[must_use]
    pub const fn is_by_hand(&self) -> bool {
        matches!(
            self,
            Self::Pressed(_)
                | Self::Pasted(_)
                | Self::Line(_)
                | Self::Clicked(..)
                | Self::Wheeled(_)
                | Self::Resized(..)
        )
    }
}

/// What the live feed says.
#[derive(Debug, Clone, PartialEq)]
pub enum Feed {
    /// The stream is open.
    Connected,
    /// The stream broke; it is being opened again.
    Lost(Problem),
    /// Something changed.
    Update(Box<Live>),
    /// So many updates are left out, each replaced by one that follows.
    Replaced(u64),
    /// Updates were missed.
    Gap,
}

/// Whose request an answer belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tag {
    /// A part of a screen or overlay, by its generation. Answers for those that are gone are dropped.
    Part {
        /// Generation of the asker.
        asker: u64,
        /// Which of its requests.
        part: &'static str,
        /// The asker's own count; it drops answers to what it no longer asks.
        turn: u32,
    },
    /// A change the operator asked for, by its number.
    Call(u64),
    /// A look at what a change that had to wait is about, by its number.
    Check(u64),
    /// The console's own questions: who am I, what is the platform.
    Own(&'static str),
}

/// To be done by the runtime.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Send a request; the answer comes back with the tag.
    Send(Wire, Tag),
    /// Write rows to a file.
    Export(Export),
    /// Write rows to the input of a shell command.
    Pipe(Export, String),
    /// Read a theme of the operator's own.
    Theme(String),
    /// Put text on the terminal's clipboard.
    Copy(String),
    /// Tell the terminal something that is not on its screen.
    Tell(News),
    /// Take up settings that concern the terminal.
    Set(Box<ConsoleSettings>),
    /// Forget what the terminal shows and draw everything.
    Repaint,
    /// Leave the terminal and stop until continued.
    Suspend,
    /// Keep this for the next session.
    Keep(Kept),
    /// End.
    Quit,
}

/// A request of a screen or an overlay.
#[derive(Debug, Clone, PartialEq)]
pub struct Fetch {
    /// Which of its requests; at most one of each is in flight, and at most one waits.
    pub part: &'static str,
    /// The asker's own count.
    pub turn: u32,
    /// The request.
    pub wire: Wire,
}

impl Fetch {
    /// A request to endpoint `E`.
    #[must_use]
    pub fn of<E: Endpoint>(part: &'static str, turn: u32, input: &E::Input) -> Self {
        Self { part, turn, wire: Wire::of::<E>(input) }
    }
}
