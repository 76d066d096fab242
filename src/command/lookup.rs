//! Looking things up from the command line: events, detections, sources, an entity; and what all lists share.

use super::{Arg, Args, Command, Context, Effect, Export, Format, Intent, Resource, Risk, Step, Surface, ready};
use crate::api::endpoint::{EntityPath, GetEntity};
use crate::api::{EntityKind, EntityRef, Problem, ProblemKind, Timestamp};

/// Rows a list for people shows when it is not told otherwise.
pub const LIST_ROWS: u64 = 100;

/// `--query`, as all lists and exports take it.
pub const QUERY: Arg = Arg::option("query", "Filter, for example 'src_ip:198.51.100.7 severity:high'");
/// `--since`.
pub const SINCE: Arg = Arg::option("since", "Not before: 24h, 7d, today, 2026-11-21 or RFC 3339");
/// `--until`.
pub const UNTIL: Arg = Arg::option("until", "Before: as --since");
/// `--at`.
pub const AT: Arg = Arg::option("at", "As it stood then: 2h (ago), today, 2026-11-21 or RFC 3339");
/// `--pseudonyms`.
pub const PSEUDONYMS: Arg = Arg::flag("pseudonyms", "Stable pseudonyms for users, addresses, hosts and sessions");
/// What every list takes.
pub const LIST: &[Arg] =
    &[QUERY, SINCE, UNTIL, AT, PSEUDONYMS, Arg::option("limit", "Newest rows to show; 100 when not given")];

const BASE: Command = Command {
    name: "",
    about: "",
    keys: &[],
    places: &[],
    surface: Surface::Cli,
    risk: Risk::Look,
    args: LIST,
    ready: ready::connected,
    run: entity,
};

/// Commands that look.
pub const ALL: &[Command] = &[
    Command {
        name: "audit.list",
        about: "List events, the newest first",
        run: |_, args| list(Resource::Audit, args),
        ..BASE
    },
    Command {
        name: "detection.list",
        about: "List detections, the newest first",
        run: |_, args| list(Resource::Detections, args),
        ..BASE
    },
    Command {
        name: "source.list",
        about: "List sources and how they are doing",
        args: &[],
        run: |_, args| list(Resource::Sources, args),
        ..BASE
    },
    Command {
        name: "entity.show",
        about: "Show what is known about an address, range, user, session or host",
        surface: Surface::Both,
        args: &[
            Arg::position("kind", "What kind of thing it is").of(EntityKind::KNOWN),
            Arg::position("value", "Its name"),
            AT,
        ],
        run: entity,
        ..BASE
    },
];

fn entity(ctx: &Context, args: &Args) -> Result<Vec<Step>, Problem> {
    let entity = match (args.get("kind"), args.get("value")) {
        (Some(kind), Some(value)) => EntityRef { kind: EntityKind::from(kind), value: value.into() },
        (None, None) if ctx.place.is_some() => {
            ctx.selected.as_ref().and_then(super::Target::entity).ok_or_else(|| {
                Problem::new(ProblemKind::Usage, "No entity is selected", "this row names no address, user or session")
            })?
        }
        _ => {
            args.need("kind")?;
            args.need("value")?;
            return Ok(Vec::new());
        }
    };
    if ctx.place.is_some() {
        return Ok(vec![Step::Intent(Intent::OpenEntity(entity))]);
    }
    let value = entity.value.raw().to_owned();
    Ok(vec![Step::call::<GetEntity>(&EntityPath { kind: entity.kind, value, at: instant(args, "at")? }, "")])
}

/// The step that prints a list for a person: the newest rows first, a screenful or two.
///
/// # Errors
/// An argument cannot be read.
pub fn list(resource: Resource, args: &Args) -> Result<Vec<Step>, Problem> {
    let mut export = asked(resource, args)?;
    export.newest_first = true;
    export.limit = export.limit.or(Some(LIST_ROWS));
    Ok(vec![Step::Effect(Effect::Export(export))])
}

/// Reads what lists and exports have in common.
///
/// # Errors
/// An argument cannot be read.
pub fn asked(resource: Resource, args: &Args) -> Result<Export, Problem> {
    let since = instant(args, "since")?;
    let until = instant(args, "until")?;
    if let (Some(since), Some(until)) = (since, until)
        && since >= until
    {
        return Err(Problem::new(
            ProblemKind::Usage,
            "The time range is empty",
            format!("--since {since} is not before --until {until}"),
        ));
    }
    let limit = args.read::<u64>("limit", "a number of rows above 0")?;
    if limit == Some(0) {
        return Err(Problem::new(ProblemKind::Usage, "--limit 0 asks for nothing", "give a number of rows above 0"));
    }
    Ok(Export {
        resource,
        format: args.read("output", "table, ndjson, json or csv")?.unwrap_or_else(|| by_ending(args.get("out"))),
        query: args.get("query").unwrap_or_default().to_owned(),
        since,
        until,
        at: instant(args, "at")?,
        pseudonyms: args.is_set("pseudonyms"),
        out: args.get("out").filter(|out| *out != "-").map(str::to_owned),
        resume: args.is_set("resume"),
        limit,
        newest_first: false,
    })
}

/// The format a file's ending stands for, when none was asked for by name.
fn by_ending(out: Option<&str>) -> Format {
    let ending = out.and_then(|out| out.rsplit_once('.')).map(|(_, ending)| ending.to_ascii_lowercase());
    match ending.as_deref() {
        Some("csv") => Format::Csv,
        Some("json") => Format::Json,
        Some("ndjson" | "jsonl") => Format::Ndjson,
        _ => Format::Table,
    }
}

/// The command line turns `24h` and `today` into RFC 3339 before it runs a command: commands have no clock.
pub(super) fn instant(args: &Args, name: &str) -> Result<Option<Timestamp>, Problem> {
    let Some(text) = args.get(name) else { return Ok(None) };
    Timestamp::parse(text).map(Some).ok_or_else(|| {
        Problem::new(
            ProblemKind::Usage,
            format!("--{name} \"{text}\" is not a time"),
            "write RFC 3339, for example 2026-11-21T20:26:51Z",
        )
    })
}

/// Numbers such as `7`, `#7` or `7,8,9`, each once.
///
/// # Errors
/// One of them is no number.
pub fn numbers<T: std::str::FromStr + PartialEq>(args: &Args, name: &str, noun: &str) -> Result<Vec<T>, Problem> {
    let mut found = Vec::new();
    for word in args.need(name)?.split([',', ' ']).filter(|w| !w.is_empty()) {
        let number = word.parse().map_err(|_| {
            Problem::new(
                ProblemKind::Usage,
                format!("\"{word}\" is no {noun} number"),
                "expected a whole number, for example 42",
            )
        })?;
        if !found.contains(&number) {
            found.push(number);
        }
    }
    Ok(found)
}
