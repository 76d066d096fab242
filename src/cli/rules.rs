//! `watchfloor rules list|test|lint|coverage`: the rules of this host, without a platform.

use super::{Global, Modes, connect, headless, say};
use crate::api::{Problem, ProblemKind, RulesAnswer, RulesAsk};
use crate::column::Record;
use crate::command::{Export, Resource};
use crate::export::{Reader, sheet, to_json};
use crate::text::human;
use clap::{Arg, ArgAction, ArgMatches, Command};
use serde::Serialize;
use std::path::PathBuf;

/// Where rules are, besides those that are shipped.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Folders {
    /// One's own scenarios.
    pub own: Option<PathBuf>,
    /// Sigma rules.
    pub sigma: Vec<PathBuf>,
    /// They begin in shadow unless they say otherwise.
    pub shadow: bool,
}

impl Folders {
    /// The folders of the settings, unless some are named on the command line.
    ///
    /// # Errors
    /// The settings make no sense.
    pub fn read(matches: &ArgMatches, global: &Global) -> Result<Self, Problem> {
        let platform = connect::Here::read(global)?.settings.platform;
        let own = matches.get_one::<String>("rules").map(PathBuf::from);
        let sigma: Vec<PathBuf> = matches.get_many::<String>("sigma").unwrap_or_default().map(PathBuf::from).collect();
        Ok(Self {
            own: own.or(platform.rules),
            sigma: if sigma.is_empty() { platform.sigma } else { sigma },
            shadow: platform.new_rules == crate::config::NewRules::Shadow,
        })
    }
}

/// Where rules are.
pub(super) fn folders() -> [Arg; 2] {
    [
        Arg::new("rules")
            .long("rules")
            .value_name("FOLDER")
            .help("Scenarios of your own, instead of the settings' folder"),
        Arg::new("sigma")
            .long("sigma")
            .value_name("FOLDER")
            .action(ArgAction::Append)
            .help("Sigma rules, instead of the settings' folders; can be given several times"),
    ]
}

/// The words of the command.
pub(super) fn tree() -> Command {
    let verb = |name: &'static str, about: &'static str| Command::new(name).about(about).args(folders());
    Command::new("rules")
        .about("List, test and check the rules that detect")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommand(verb("list", "List every rule, with those that cannot be used and why"))
        .subcommand(verb("test", "Run the samples of every scenario through parser and engine"))
        .subcommand(verb("lint", "Look for mistakes and for what is odd about scenarios"))
        .subcommand(
            verb("coverage", "Count rules by ATT&CK technique").arg(
                Arg::new("navigator")
                    .long("navigator")
                    .action(ArgAction::SetTrue)
                    .help("Print a layer for the ATT&CK Navigator"),
            ),
        )
}

/// Answers a question about rules; 1 when samples fail or something is wrong.
///
/// # Errors
/// The settings make no sense, or the output cannot be written.
pub fn run(verb: &str, matches: &ArgMatches, global: &Global, modes: &dyn Modes) -> Result<u8, Problem> {
    let ask = match verb {
        "list" => RulesAsk::List,
        "test" => RulesAsk::Test,
        "lint" => RulesAsk::Lint,
        _ => RulesAsk::Coverage,
    };
    let folders = Folders::read(matches, global)?;
    if ask == RulesAsk::Coverage && matches.get_flag("navigator") {
        return say::out(&to_json(&modes.rules_layer(&folders)?));
    }
    match modes.rules(&folders, ask)? {
        RulesAnswer::List(rows) => {
            let unusable = rows.iter().filter(|r| r.mode == "unusable").count();
            print(&rows, global)?;
            let families = ["built in", "scenario", "sigma"].map(|f| {
                let n = rows.iter().filter(|r| r.family == f && r.mode != "unusable").count();
                format!("{} {f}", human::count(n as u64))
            });
            told(global, &format!("{}; {unusable} unusable", families.join(", ")));
            Ok(0)
        }
        RulesAnswer::Test(rows) => {
            let failed = rows.iter().filter(|s| !s.passed).count() as u64;
            print(&rows, global)?;
            told(global, &format!("{}, {} failed", human::counted(rows.len() as u64, "samples"), human::count(failed)));
            Ok(u8::from(failed > 0))
        }
        RulesAnswer::Lint(rows) => {
            print(&rows, global)?;
            told(global, &human::counted(rows.len() as u64, "remarks"));
            Ok(u8::from(!rows.is_empty()))
        }
        RulesAnswer::Coverage(rows) => {
            print(&rows, global)?;
            told(global, &human::counted(rows.len() as u64, "techniques"));
            Ok(0)
        }
    }
}

fn told(global: &Global, what: &str) {
    if !global.quiet {
        say::note(&format!("watchfloor: {what}"));
    }
}

fn print<R: Record + Serialize>(rows: &[R], global: &Global) -> Result<u8, Problem> {
    let asked = Export {
        resource: Resource::Detections,
        format: global.format(),
        query: String::new(),
        since: None,
        until: None,
        at: None,
        pseudonyms: false,
        out: None,
        resume: false,
        limit: None,
        newest_first: false,
    };
    let reader: Reader = headless::reader();
    let mut sheet = sheet::<R>(&asked, reader, super::now());
    let mut out = Vec::new();
    let mut write = || {
        sheet.start(&mut out)?;
        for (nth, row) in (0..).zip(rows) {
            sheet.row(nth, row, &mut out)?;
        }
        sheet.end(rows.len() as u64, &mut out)
    };
    write().map_err(|e| Problem::new(ProblemKind::Internal, "The rows cannot be written", e.to_string()))?;
    say::out(&String::from_utf8_lossy(&out))
}
