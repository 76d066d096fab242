//! The registry: what can be done, by what name, keys, arguments and risk.
//!
//! One list feeds the console's keys, the `:` palette, the `?` help, the footer, the command line and the tables in the
//! documents. A command is a dotted name, a line about it and a function from what is known ([`Context`]) to what
//! should happen ([`Step`]s): intents ask the screen, effects ask the world. A command that the command line can reach
//! returns effects only. One group per file; to add a command, add it to its group's `ALL`.

pub mod context;
pub mod navigate;
pub mod step;
pub mod view;

pub use context::{Args, Context, Place, Target};
pub use step::{Effect, Export, Format, Intent, Motion, Resource, Step};

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
    /// `--name VALUE`.
    Option,
    /// `--name`, present or not.
    Flag,
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
