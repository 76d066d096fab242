//! The command line: the tree of words built from the registry, headless runs, exit codes.
//!
//! [`run`] reads the arguments, finds what is meant and does it. What needs the console, a client or the platform
//! comes in through [`Modes`], which `main.rs` fills: nothing here opens a socket or a store. Everything that is said
//! leaves through `say.rs`. Start at `tree.rs` for the words, at `headless.rs` for how a registry command runs.

pub mod answer;
pub mod auth;
pub mod connect;
pub mod doctor;
mod explain;
pub mod global;
pub mod headless;
mod host;
pub mod inspect;
mod link;
#[cfg(feature = "platform")]
pub mod model;
pub mod modes;
mod pipe;
pub mod replay;
pub mod rules;
pub mod say;
pub mod secret;
pub mod sheet;
#[cfg(feature = "platform")]
pub mod token;
pub mod tree;
mod veiled;

pub use global::{Color, Global};
pub use host::Parts;
pub use modes::{Check, CheckState, Modes, NewToken, Replay, TokenRow};
pub use rules::Folders;

use crate::api::{Problem, ProblemKind, Timestamp};
use crate::export::to_json;
use clap::ArgMatches;
use std::ffi::OsString;
use std::io::IsTerminal;
use std::process::ExitCode;

/// The console needs at least this many cells.
pub const LEAST: (u16, u16) = (40, 10);

/// Exit code of a batch of which a part failed.
pub const PARTLY: u8 = 6;
/// Exit code after an interrupt.
pub const INTERRUPTED: u8 = 130;

/// Reads the arguments and does what they say. Returns the exit code; everything else has been said by then.
pub fn run(arguments: impl IntoIterator<Item = OsString>, modes: &dyn Modes) -> ExitCode {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    let json = say::wants_json(&arguments);
    let code = match tree::tree().try_get_matches_from(&arguments) {
        Err(error) => say::clap(&error, json),
        Ok(matches) => match Global::read(&matches).and_then(|global| dispatch(&matches, &global, modes)) {
            Ok(code) => code,
            Err(problem) => say::problem(&problem, json),
        },
    };
    ExitCode::from(code)
}

/// The clock of this host: read here, at the edge, and handed inwards.
fn now() -> Timestamp {
    Timestamp(chrono::Utc::now().timestamp_millis())
}

fn dispatch(matches: &ArgMatches, global: &Global, modes: &dyn Modes) -> Result<u8, Problem> {
    let Some((noun, sub)) = matches.subcommand() else {
        if !global.linear {
            check_terminal()?;
        }
        return modes.console(global);
    };
    let verb = sub.subcommand();
    if let Some((verb, args)) = verb
        && let Some(command) = crate::command::find(&format!("{noun}.{verb}"))
    {
        return headless::run(command, args, global, modes);
    }
    match (noun, verb) {
        ("serve", _) => modes.serve(global, sub.get_one::<String>("listen").map(String::as_str)),
        ("replay", _) => replay::run(sub, global, modes),
        ("rules", Some((verb, args))) => rules::run(verb, args, global, modes),
        ("inspect", _) => inspect::run(sub, global, modes),
        ("doctor", _) => doctor::run(global, modes),
        ("themes", _) => auth::themes(global, modes),
        ("openapi", _) => say::out(&to_json(&crate::api::openapi::document())),
        ("auth", Some((verb, args))) => auth::auth(verb, args, global, modes),
        ("token", Some((verb, args))) => auth::token(verb, args, global),
        #[cfg(feature = "platform")]
        ("model", Some((verb, args))) => model::run(verb, args),
        _ => Err(Problem::new(ProblemKind::Usage, format!("\"{noun}\" needs to be told what to do"), "")
            .hint(format!("See `watchfloor {noun} --help`."))),
    }
}

/// The console draws on a terminal that is large enough; anything else gets a sentence on what to do instead.
fn check_terminal() -> Result<(), Problem> {
    let missing = match (std::io::stdin().is_terminal(), std::io::stdout().is_terminal()) {
        (true, true) => None,
        (false, true) => Some("standard input is not a terminal"),
        (true, false) => Some("standard output is not a terminal"),
        (false, false) => Some("neither standard input nor standard output is a terminal"),
    };
    if let Some(why) = missing {
        return Err(Problem::new(ProblemKind::Usage, "The console needs a terminal", why)
            .hint("In scripts: `watchfloor export incidents -o ndjson`, `watchfloor incident list`; see --help.")
            .hint("To run the platform without a console: `watchfloor serve`."));
    }
    match crossterm::terminal::size() {
        Ok((columns, rows)) if columns < LEAST.0 || rows < LEAST.1 => Err(Problem::new(
            ProblemKind::Usage,
            "The terminal is too small",
            format!("it has {columns}x{rows} cells and the console needs {}x{}", LEAST.0, LEAST.1),
        )
        .hint("Enlarge it, or use `watchfloor incident list` and the other commands; see --help.")),
        _ => Ok(()),
    }
}
