//! The registry: what can be done, by what name, keys, arguments and risk.
//!
//! One list feeds the console's keys, the `:` palette, the `?` help, the footer, the command line and the tables in the
//! documents. A command is a dotted name, a line about it and a function from what is known ([`Context`]) to what
//! should happen ([`Step`]s): intents ask the screen, effects ask the world. A command that the command line can reach
//! returns effects only. One group per file; to add a command, add it to its group's `ALL`.

mod aim;
pub mod change;
pub mod context;
pub mod desk;
pub mod export;
pub mod hunt;
pub mod incident;
pub mod lookup;
pub mod navigate;
pub mod platform;
pub mod ready;
pub mod resource;
pub mod response;
pub mod session;
pub mod step;
pub mod suppress;
pub mod sweep;
pub mod time;

pub use change::{Change, Nap, Which};
pub use context::{Args, Context, Place, Target};
pub use resource::{Format, Resource};
pub use step::{Effect, Export, Intent, Motion, Step};

use crate::api::Problem;

/// Where a command can be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Surface {
    /// In the console only.
    Console,
    /// On the command line only.
    Cli,
    /// In both.
    Both,
}

/// What a command may change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Risk {
    /// Nothing.
    Look,
    /// Something on the platform, easily taken back.
    Change,
    /// Something in the world: previewed first.
    Act,
}

/// An argument of a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Arg {
    /// Name: `--name` on the command line when not positional.
    pub name: &'static str,
    /// What it means.
    pub about: &'static str,
    /// How it is given on the command line.
    pub kind: ArgKind,
    /// Words it may be; empty means anything.
    pub words: &'static [&'static str],
}

/// How an argument is given on the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ArgKind {
    /// By position, required.
    Position,
    /// By position, may be left out.
    OptionalPosition,
    /// By position, one or more, the last of all; joined by commas into one text.
    Positions,
    /// `--name VALUE`.
    Option,
    /// `--name`, present or not.
    Flag,
}

impl Arg {
    /// A required argument by position.
    #[must_use]
    pub const fn position(name: &'static str, about: &'static str) -> Self {
        Self { name, about, kind: ArgKind::Position, words: &[] }
    }

    /// One or more arguments by position.
    #[must_use]
    pub const fn positions(name: &'static str, about: &'static str) -> Self {
        Self { name, about, kind: ArgKind::Positions, words: &[] }
    }

    /// `--name VALUE`.
    #[must_use]
    pub const fn option(name: &'static str, about: &'static str) -> Self {
        Self { name, about, kind: ArgKind::Option, words: &[] }
    }

    /// `--name`.
    #[must_use]
    pub const fn flag(name: &'static str, about: &'static str) -> Self {
        Self { name, about, kind: ArgKind::Flag, words: &[] }
    }

    /// The same, limited to these words.
    #[must_use]
    pub const fn of(mut self, words: &'static [&'static str]) -> Self {
        self.words = words;
        self
    }
}

/// Something that can be done.
#[derive(Debug, Clone, Copy)]
pub struct Command {
    /// Dotted name, e.g. `incident.claim`; `watchfloor incident claim` on the command line.
    pub name: &'static str,
    /// One line, at most 72 characters.
    pub about: &'static str,
    /// Default keys, e.g. `g g`, `Enter`, `ctrl-d`; empty means palette and command line only.
    pub keys: &'static [&'static str],
    /// Places where the keys work; empty means everywhere.
    pub places: &'static [Place],
    /// Console, command line or both.
    pub surface: Surface,
    /// What it may change.
    pub risk: Risk,
    /// Its arguments.
    pub args: &'static [Arg],
    /// Whether it can be used now, or why not.
    pub ready: fn(&Context) -> Result<(), String>,
    /// What it does.
    pub run: fn(&Context, &Args) -> Result<Vec<Step>, Problem>,
}

impl Command {
    /// How it is written on the command line, without the program's name: `incident close ID... [--verdict VERDICT]`.
    #[must_use]
    pub fn usage(&self) -> String {
        let mut line = self.name.replace('.', " ");
        for arg in self.args {
            let value = arg.name.to_uppercase();
            line.push_str(&match arg.kind {
                ArgKind::Position => format!(" {value}"),
                ArgKind::OptionalPosition => format!(" [{value}]"),
                ArgKind::Positions => format!(" {value}..."),
                ArgKind::Option => format!(" [--{} {value}]", arg.name),
                ArgKind::Flag => format!(" [--{}]", arg.name),
            });
        }
        line
    }
}

/// Every group of the registry. A new group is added here and nowhere else.
pub const GROUPS: &[&[Command]] = &[
    navigate::ALL,
    hunt::ALL,
    desk::ALL,
    time::ALL,
    sweep::ALL,
    incident::ALL,
    suppress::ALL,
    response::ALL,
    session::ALL,
    lookup::ALL,
    export::ALL,
    platform::ALL,
];

/// Every command, group by group.
#[must_use]
pub fn all() -> Vec<&'static Command> {
    GROUPS.iter().flat_map(|group| group.iter()).collect()
}

/// The command of this name.
#[must_use]
pub fn find(name: &str) -> Option<&'static Command> {
    GROUPS.iter().flat_map(|group| group.iter()).find(|c| c.name == name)
}

#[cfg(test)]
#[path = "mod_test.rs"]
mod tests;
