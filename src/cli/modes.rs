//! What the command line needs from the rest of the program, as a trait that `host.rs` fills and tests fill otherwise.
//!
//! A build without some part keeps the default, which says so.

use super::{Folders, Global, connect};
use crate::api::{Finding, Inspection, LedgerCheck, Problem, ProblemKind, Role, RulesAnswer, RulesAsk, Timestamp};
use crate::config::{RequestSettings, pseudonym};
use crate::export::Remote;
use serde::Serialize;
use std::path::{Path, PathBuf};

/// Files to run the pipeline over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replay {
    /// Files, in order; `-` is standard input.
    pub files: Vec<PathBuf>,
    /// The format by name; recognised line by line when absent.
    pub format: Option<String>,
    /// Threads to parse with.
    pub threads: usize,
    /// Rules besides those that are shipped.
    pub rules: Folders,
    /// Tell what rules in shadow find, too.
    pub shadow: bool,
    /// Where to look for country and network databases besides the customary places.
    pub geo_db: Option<PathBuf>,
    /// What the sites take, as the settings have it.
    pub requests: RequestSettings,
}

/// How a check went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CheckState {
    /// As it should be.
    Ok,
    /// Works, but not as well as it could.
    Warning,
    /// Something will not work.
    Failed,
}

/// One check of `doctor`. All text is ours or already safe; it is escaped once more on the way out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Check {
    /// What was looked at.
    pub what: String,
    /// How it went.
    pub state: CheckState,
    /// What was found.
    pub why: String,
    /// What to do about it; empty when nothing is to be done.
    pub fix: String,
}

impl Check {
    /// All is well.
    pub fn ok(what: impl Into<String>, why: impl Into<String>) -> Self {
        Self { what: what.into(), state: CheckState::Ok, why: why.into(), fix: String::new() }
    }

    /// Not as good as it could be.
    pub fn warning(what: impl Into<String>, why: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { what: what.into(), state: CheckState::Warning, why: why.into(), fix: fix.into() }
    }

    /// Will not work.
    pub fn failed(what: impl Into<String>, why: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { what: what.into(), state: CheckState::Failed, why: why.into(), fix: fix.into() }
    }
}

/// A token to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewToken {
    /// Whose.
    pub name: String,
    /// What it may do.
    pub role: Role,
    /// When it ends.
    pub days: u32,
}

/// A token as lists show it; never the token itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TokenRow {
    /// By which it is revoked.
    pub id: String,
    /// Whose.
    pub name: String,
    /// What it may do.
    pub role: Role,
    /// When it ends.
    pub expires: Option<Timestamp>,
}

/// The parts of the program that the command line starts.
pub trait Modes {
    /// Opens the console; returns the exit code.
    ///
    /// # Errors
    /// It cannot be opened.
    fn console(&self, _: &Global) -> Result<u8, Problem> {
        Err(absent("the console"))
    }

    /// Runs the platform until it is told to stop; returns the exit code.
    ///
    /// # Errors
    /// It cannot run.
    fn serve(&self, _: &Global, _listen: Option<&str>) -> Result<u8, Problem> {
        Err(absent("the platform"))
    }

    /// What the detectors make of one request, in the form of [`crate::cli::inspect`].
    ///
    /// # Errors
    /// The text is no request, or this build has no platform.
    fn inspect(&self, _request: &[u8]) -> Result<Inspection, Problem> {
        Err(absent("the platform, which inspect needs,"))
    }

    /// Runs the pipeline over files in memory and hands over each finding; `found` returns false to stop.
    ///
    /// # Errors
    /// A file cannot be read.
    fn replay(&self, _: &Replay, _found: &mut dyn FnMut(&Finding) -> bool) -> Result<crate::api::Replayed, Problem> {
        Err(absent("the platform, which replay needs,"))
    }

    /// What every stage of a replay makes of one line of the first file.
    ///
    /// # Errors
    /// A file cannot be read, or has no such line.
    fn explain(&self, _: &Replay, _line: u64) -> Result<crate::api::Explanation, Problem> {
        Err(absent("the platform, which replay needs,"))
    }

    /// Answers a question about the rules that are shipped and those of some folders.
    ///
    /// # Errors
    /// This build has no rules.
    fn rules(&self, _: &Folders, _: RulesAsk) -> Result<RulesAnswer, Problem> {
        Err(absent("the platform, whose rules these are,"))
    }

    /// What the rules cover, as a layer for the ATT&CK Navigator.
    ///
    /// # Errors
    /// This build has no rules.
    fn rules_layer(&self, _: &Folders) -> Result<serde_json::Value, Problem> {
        Err(absent("the platform, whose rules these are,"))
    }

    /// Names of the console's themes.
    fn themes(&self, _: &Global) -> Vec<String> {
        Vec::new()
    }

    /// The platform to talk to: `--url`, `--server` or the settings, else the one that runs on this host.
    ///
    /// # Errors
    /// None is known, or no token is.
    fn remote(&self, global: &Global) -> Result<Box<dyn Remote>, Problem> {
        connect::remote(global)
    }

    /// Directory of the platform's data.
    ///
    /// # Errors
    /// There is no home directory, or the settings make no sense.
    fn data_dir(&self, global: &Global) -> Result<PathBuf, Problem> {
        Ok(connect::Here::read(global)?.paths.data)
    }

    /// What pseudonyms are made with: a file of the operator's own, made when it is first needed.
    ///
    /// # Errors
    /// It cannot be read or made.
    fn pseudonym_key(&self, global: &Global) -> Result<[u8; 32], Problem> {
        pseudonym::key(&connect::Here::read(global)?.paths.pseudonyms())
    }

    /// Verifies the ledger in a data directory, without a platform.
    ///
    /// # Errors
    /// It cannot be read.
    fn verify_ledger(&self, _data_dir: &Path) -> Result<LedgerCheck, Problem> {
        Err(absent("the platform, whose ledger this is,"))
    }

    /// Keeps a token for later; returns a sentence on where.
    ///
    /// # Errors
    /// There is no safe place and `insecure` was not asked for.
    fn sign_in(&self, global: &Global, token: &str, insecure: bool) -> Result<String, Problem> {
        connect::sign_in(global, token, insecure)
    }

    /// Forgets the token kept; returns a sentence.
    ///
    /// # Errors
    /// The place cannot be changed.
    fn sign_out(&self, global: &Global) -> Result<String, Problem> {
        connect::sign_out(global)
    }

    /// A sentence on where the token comes from.
    ///
    /// # Errors
    /// There is none.
    fn credential(&self, global: &Global) -> Result<String, Problem> {
        connect::credential(global)
    }

    /// Reads and checks the settings; returns a sentence on which file was read.
    ///
    /// # Errors
    /// What is wrong with them, with line and key.
    fn settings(&self, global: &Global) -> Result<String, Problem> {
        let file = connect::Here::read(global)?.paths.settings();
        let there = if file.exists() { "read and valid" } else { "not there: the defaults hold" };
        Ok(format!("{} is {there}", file.display()))
    }

    /// Checks of `doctor` that need the platform's own knowledge: packet filter, log sources.
    fn checks(&self, _: &Global) -> Vec<Check> {
        Vec::new()
    }
}

/// What to say when no platform is there to talk to.
#[must_use]
pub fn nothing_runs() -> Problem {
    Problem::new(
        ProblemKind::Unreachable,
        "No platform is running on this host",
        "nor is another one named by flag, environment or settings",
    )
    .hint("Start one with `watchfloor serve`, or name one with --url or --server.")
}

pub(super) fn absent(what: &str) -> Problem {
    Problem::new(ProblemKind::Unavailable, "This build cannot do that", format!("{what} is not part of it"))
        .hint("Install Watchfloor with its default features.")
}
