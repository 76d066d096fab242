//! Writing rows: one file per format, and the run that streams pages from a platform to a file or a pipe.
//!
//! A format is a [`Sheet`]: it turns rows into bytes and knows nothing of files, pages or the network. [`run`] pages
//! through a platform ([`Remote`]), writes, and remembers how far it came ([`resume`]). Start at `run.rs`.

pub mod csv;
pub mod json;
mod listed;
pub mod ndjson;
pub mod progress;
pub mod resume;
pub mod run;
pub mod sink;
pub mod table;

pub use json::to_json;
pub use run::{Done, Order, run};

use crate::api::{Problem, ProblemKind, Reply, Timestamp, Wire};
use crate::column::Record;
use crate::command::{Export, Format};
use futures_util::future::BoxFuture;
use serde::Serialize;
use std::io;

/// A platform that answers. The client is one; tests bring their own.
pub trait Remote: Send + Sync {
    /// Sends a request.
    fn send(&self, wire: Wire) -> BoxFuture<'_, Result<Reply, Problem>>;
}

/// Why a run stopped.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The platform said no, or could not be reached.
    #[error("{0}")]
    Platform(Problem),
    /// Nobody reads on: `| head` is content. Not a failure.
    #[error("the reader went away")]
    ReaderGone,
    /// The output cannot be written.
    #[error("{place}: {error}")]
    Write {
        /// Where it should have gone.
        place: String,
        /// What the system said.
        error: io::Error,
        /// Whether `--resume` can take it up again.
        resumable: bool,
    },
    /// What is there does not fit what was asked for.
    #[error("{what}: {why}")]
    Standing {
        /// What stands in the way.
        what: String,
        /// Why it does.
        why: String,
        /// What to do.
        hint: String,
    },
}

impl Error {
    /// As a problem for people and scripts. `ReaderGone` is none: the caller ends quietly.
    #[must_use]
    pub fn problem(self) -> Problem {
        match self {
            Self::Platform(problem) => problem,
            Self::ReaderGone => Problem::new(ProblemKind::Unavailable, "The reader went away", ""),
            Self::Write { place, error, resumable } => {
                let full = matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded);
                let problem =
                    Problem::new(ProblemKind::Unavailable, format!("{place} cannot be written"), error.to_string());
                let first = if full { "Free some space" } else { "Put that right" };
                if resumable {
                    problem.hint(format!("{first}, then run the same command with --resume: nothing written is lost."))
                } else {
                    problem.hint(format!("{first}, then run the command again."))
                }
            }
            Self::Standing { what, why, hint } => Problem::new(ProblemKind::Usage, what, why).hint(hint),
        }
    }
}

/// Turns rows into bytes, appended to `out`.
pub trait Sheet<R>: Send {
    /// Before the first row of a new output.
    fn start(&mut self, out: &mut Vec<u8>) -> io::Result<()>;
    /// One row; `nth` counts from 0 over the whole output, resumed or not.
    fn row(&mut self, nth: u64, row: &R, out: &mut Vec<u8>) -> io::Result<()>;
    /// After the last row.
    fn end(&mut self, rows: u64, out: &mut Vec<u8>) -> io::Result<()>;
}

/// What the output goes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reader {
    /// People, on a terminal this many cells wide.
    Terminal(usize),
    /// A file or a pipe.
    Machine,
}

/// The sheet of a format; ages in it are at `now`.
#[must_use]
pub fn sheet<R: Record + Serialize>(export: &Export, reader: Reader, now: Timestamp) -> Box<dyn Sheet<R>> {
    match export.format {
        Format::Table => Box::new(table::Table::new(reader, now)),
        Format::Json => Box::new(json::Document::new(export)),
        Format::Ndjson => Box::new(ndjson::Lines),
        Format::Csv => Box::new(csv::Csv),
    }
}
