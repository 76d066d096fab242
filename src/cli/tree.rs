//! The tree of words, built from the registry: `incident.close` is `watchfloor incident close`.
//!
//! Only what is no command of the registry (the modes: serve, replay, doctor ...) is written out here.

use super::rules;
use crate::api::Role;
use crate::command::{self, ArgKind, Format, Surface};
use clap::builder::PossibleValuesParser;
use clap::{Arg, ArgAction, ColorChoice, Command};

/// What each noun is, for `watchfloor --help`, and its plural where people would type that.
const NOUNS: &[(&str, &str, Option<&str>)] = &[
    ("incident", "Work incidents: claim, escalate, archive, close, comment", Some("incidents")),
    ("block", "Block addresses and ranges, and undo blocks", Some("blocks")),
    ("suppression", "Keep what a rule says of somebody quiet for a while", Some("suppressions")),
    ("session", "Revoke sessions", Some("sessions")),
    ("action", "Look at actions and their receipts, and undo them", Some("actions")),
    ("audit", "Search events", Some("events")),
    ("detection", "Look at detections", Some("detections")),
    ("entity", "Look at an address, range, user, session or host", Some("entities")),
    ("source", "Look at where events come from", Some("sources")),
    ("presence", "See who has a console open", Some("who")),
    ("ledger", "Read and verify the record of every change", None),
    ("drill", "Start, stop and purge the drill", None),
    ("export", "Export complete lists to a file or a pipe", None),
];

const EXAMPLES: &str = "\
Examples:
  watchfloor                                     open the console
  watchfloor incident list --since 24h
  watchfloor block add 198.51.100.7 --ttl 4h --reason 'SQL injection'
  watchfloor export audit --since 7d -o ndjson --out audit.ndjson
  watchfloor replay access.log -o ndjson | jq .rule

Output to a terminal is aligned and cut to its width; to a pipe, tables are tab-separated, whole and without heading.

Exit codes:
    0  done
    1  failed
    2  the arguments make no sense
    3  not found
    4  not authenticated: no token, or a wrong one
    5  forbidden by the token's role, or refused by a guard rail
    6  a part of a batch failed
    7  conflict: somebody else changed it first
    8  the platform cannot be reached
  130  interrupted";

/// The whole tree.
#[must_use]
pub fn tree() -> Command {
    let mut root = Command::new("watchfloor")
        .about("A security operations console for the terminal, with the platform built in")
        .long_about(
            "A security operations console for the terminal, with the platform built in.\n\n\
             Without a command it opens the console: on the server of the settings, else on the platform built in.",
        )
        .version(env!("CARGO_PKG_VERSION"))
        .after_help(EXAMPLES)
        .color(ColorChoice::Never)
        .max_term_width(100)
        .propagate_version(false)
        .args(globals())
        .arg(
            Arg::new("linear")
                .long("linear")
                .action(ArgAction::SetTrue)
                .help("The console as a dialogue of plain lines, for screen readers and serial lines"),
        );
    for (noun, about, plural) in NOUNS {
        root = root.subcommand(noun_tree(noun, about).aliases(*plural));
    }
    root.subcommands(modes())
}

fn noun_tree(noun: &'static str, about: &'static str) -> Command {
    let mut tree = Command::new(noun).about(about).subcommand_required(true).arg_required_else_help(true);
    for command in command::all() {
        if command.surface != Surface::Console
            && let Some((its, verb)) = command.name.split_once('.')
            && its == noun
        {
            tree = tree.subcommand(verb_tree(verb, command));
        }
    }
    tree
}

fn verb_tree(verb: &'static str, command: &'static command::Command) -> Command {
    let mut tree = Command::new(verb).about(command.about);
    for arg in command.args {
        tree = tree.arg(argument(arg));
    }
    tree
}

fn argument(arg: &'static command::Arg) -> Arg {
    let base = Arg::new(arg.name).help(arg.about).value_name(arg.name.to_uppercase());
    let base = match arg.kind {
        ArgKind::Position => base.required(true),
        ArgKind::OptionalPosition => base,
        ArgKind::Positions => base.required(true).num_args(1..),
        ArgKind::Option => base.long(arg.name),
        ArgKind::Flag => return base.long(arg.name).action(ArgAction::SetTrue),
    };
    // `--since -24h` and a query that begins with a minus are meant as they are written.
    let base = if arg.kind == ArgKind::Option { base.allow_hyphen_values(true) } else { base };
    if arg.words.is_empty() { base } else { base.value_parser(PossibleValuesParser::new(arg.words)) }
}

fn globals() -> [Arg; 9] {
    let option = |name: &'static str, value: &'static str, help: &'static str| {
        Arg::new(name).long(name).value_name(value).help(help).global(true).help_heading("Everywhere")
    };
    [
        option("url", "URL", "Talk to the platform at this URL"),
        option("server", "NAME", "Talk to this server of the settings"),
        option("token-file", "FILE", "Read the token from this file"),
        option("config-dir", "DIR", "Directory of settings and themes"),
        option("data-dir", "DIR", "Directory of the platform's data"),
        option("color", "WHEN", "Colours of the console")
            .value_parser(PossibleValuesParser::new(["auto", "always", "never"])),
        Arg::new("quiet")
            .long("quiet")
            .short('q')
            .help("Print data and errors only")
            .action(ArgAction::SetTrue)
            .global(true)
            .help_heading("Everywhere"),
        option("output", "FORMAT", "Output format; with json, errors are problem documents on standard error")
            .short('o')
            .value_parser(PossibleValuesParser::new(Format::KNOWN)),
        option("timeout", "TIME", "How long to wait for one answer, for example 10s"),
    ]
}

fn modes() -> Vec<Command> {
    vec![
        Command::new("serve").about("Run the platform without a console").arg(
            Arg::new("listen").long("listen").value_name("ADDRESS").help("Address and port; default of the settings"),
        ),
        Command::new("replay")
            .about("Run the whole pipeline over files, in memory, by the files' own clock")
            .long_about(
                "Run the whole pipeline over files, in memory, by the files' own clock, and print one record for each \
                 detection. Nothing is stored and nothing is blocked.",
            )
            .arg(
                Arg::new("file")
                    .required(true)
                    .num_args(1..)
                    .value_name("FILE")
                    .help("Log files, in order; - is standard input"),
            )
            .arg(
                Arg::new("threads")
                    .long("threads")
                    .value_name("N")
                    .help("Threads to parse with; one for each core when not given")
                    .value_parser(clap::value_parser!(u16).range(1..=256)),
            )
            .arg(
                Arg::new("format")
                    .long("format")
                    .value_name("NAME")
                    .help("Format of the lines; recognised when not given"),
            )
            .arg(
                Arg::new("explain")
                    .long("explain")
                    .value_name("LINE")
                    .help("Show what every stage makes of this line of the first file, and nothing else")
                    .value_parser(clap::value_parser!(u64).range(1..)),
            )
            .arg(
                Arg::new("shadow")
                    .long("shadow")
                    .action(ArgAction::SetTrue)
                    .help("Print what rules in shadow find, too"),
            )
            .args(rules::folders()),
        rules::tree(),
        Command::new("inspect")
            .about("Show what every stage of the detectors makes of one request")
            .long_about(
                "Show what every stage of the detectors makes of one request: its parts, what was taken off to read them, \
                 what the prefilter saw, what confirmed it, and what a gate would answer. Nothing is sent anywhere.",
            )
            .arg(Arg::new("request").required(true).value_name("REQUEST").help(
                "The request line ('GET /?q=x'), a whole request, or a file with one; - is standard input",
            )),
        Command::new("doctor").about("Check terminal, settings, data, platform and what stands in the way"),
        Command::new("themes").about("List the console's themes"),
        Command::new("openapi").about("Print the API's OpenAPI document"),
        Command::new("auth")
            .about("Keep, forget and check the token for a platform")
            .subcommand_required(true)
            .arg_required_else_help(true)
            .subcommand(
                Command::new("login").about("Keep a token, read from standard input").arg(
                    Arg::new("insecure-storage")
                        .long("insecure-storage")
                        .action(ArgAction::SetTrue)
                        .help("Keep it in a file of your own when there is no keyring"),
                ),
            )
            .subcommand(Command::new("logout").about("Forget the token kept"))
            .subcommand(Command::new("status").about("Show who you are and where the token comes from")),
        token_tree(),
        #[cfg(feature = "platform")]
        model_tree(),
    ]
}

#[cfg(feature = "platform")]
fn model_tree() -> Command {
    let data = || Arg::new("data").required(true).value_name("DATA").help("Directory of the shared data");
    let file = || Arg::new("file").value_name("FILE").help("Model file; the one built in when not given");
    Command::new("model")
        .about("Train, check and show the request classifier")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommand(
            Command::new("train")
                .about("Train on the shared data; the same data give the same file, byte for byte")
                .arg(data())
                .arg(Arg::new("out").long("out").required(true).value_name("FILE").help("Where to write the model")),
        )
        .subcommand(Command::new("verify").about("Score again the inputs that the model brings along").arg(file()))
        .subcommand(Command::new("show").about("Show what a model was made from and how it did").arg(file()))
        .subcommand(
            Command::new("measure")
                .about("Measure the classifier alone on data it never saw")
                .arg(data())
                .arg(file())
                .arg(
                    Arg::new("sources")
                        .long("sources")
                        .action(ArgAction::SetTrue)
                        .help("Also train without each source in turn and measure on that source"),
                ),
        )
}

fn token_tree() -> Command {
    let roles = Role::KNOWN;
    Command::new("token")
        .about("Make, list and revoke tokens of the platform on this host")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommand(
            Command::new("create")
                .about("Make a token and print it, once")
                .arg(Arg::new("name").required(true).value_name("NAME").help("Whose it is"))
                .arg(
                    Arg::new("role")
                        .long("role")
                        .required(true)
                        .value_name("ROLE")
                        .help("What it may do")
                        .value_parser(PossibleValuesParser::new(roles)),
                )
                .arg(
                    Arg::new("days")
                        .long("days")
                        .value_name("DAYS")
                        .help("How long it is valid")
                        .default_value("90")
                        .value_parser(clap::value_parser!(u32).range(1..=90)),
                ),
        )
        .subcommand(Command::new("list").about("List tokens; never the tokens themselves"))
        .subcommand(
            Command::new("revoke")
                .about("Revoke a token; its connections are cut")
                .arg(Arg::new("id").required(true).value_name("ID").help("Id from the list")),
        )
}

#[cfg(test)]
#[path = "tree_test.rs"]
mod tests;
