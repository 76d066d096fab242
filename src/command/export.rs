//! Exports: everything a list shows, complete, from old to new, to a file or a pipe.

use super::{Arg, Args, Command, Context, Effect, Resource, Risk, Step, Surface, lookup, ready};
use crate::api::{Problem, ProblemKind};

const ARGS: &[Arg] = &[
    lookup::QUERY,
    lookup::SINCE,
    lookup::UNTIL,
    lookup::AT,
    lookup::PSEUDONYMS,
    Arg::option("out", "Write to this new file; .csv, .json and .ndjson choose the format"),
    Arg::flag("resume", "Go on where an interrupted export to the same file stopped"),
    Arg::option("limit", "At most so many rows; all of them when not given"),
];

/// Where it is not kept how things stood.
const NOW_ONLY: &[Arg] = &[ARGS[0], ARGS[1], ARGS[2], ARGS[4], ARGS[5], ARGS[6], ARGS[7]];

const BASE: Command = Command {
    name: "",
    about: "",
    keys: &[],
    places: &[],
    surface: Surface::Both,
    risk: Risk::Look,
    args: ARGS,
    ready: ready::connected,
    run: |ctx, args| run(ctx, Resource::Audit, args),
};

/// One export for each resource.
pub const ALL: &[Command] = &[
    Command { name: "export.audit", about: "Export events", ..BASE },
    Command { name: "export.detections", about: "Export detections", run: detections, ..BASE },
    Command { name: "export.incidents", about: "Export incidents", run: incidents, ..BASE },
    Command { name: "export.actions", about: "Export actions with their receipts", run: actions, ..BASE },
    Command { name: "export.blocks", about: "Export the blocks in force", run: blocks, ..BASE },
    Command {
        name: "export.sources",
        about: "Export the sources and their health",
        args: NOW_ONLY,
        run: sources,
        ..BASE
    },
    Command { name: "export.ledger", about: "Export the ledger", run: ledger, ..BASE },
    Command { name: "export.suppressions", about: "Export suppressions", run: suppressions, ..BASE },
    Command {
        name: "export.rules",
        about: "Export the rules of a running platform and how they do",
        args: NOW_ONLY,
        run: rules,
        ..BASE
    },
];

fn detections(ctx: &Context, args: &Args) -> Result<Vec<Step>, Problem> {
    run(ctx, Resource::Detections, args)
}

fn incidents(ctx: &Context, args: &Args) -> Result<Vec<Step>, Problem> {
    run(ctx, Resource::Incidents, args)
}

fn actions(ctx: &Context, args: &Args) -> Result<Vec<Step>, Problem> {
    run(ctx, Resource::Actions, args)
}

fn blocks(ctx: &Context, args: &Args) -> Result<Vec<Step>, Problem> {
    run(ctx, Resource::Blocks, args)
}

fn sources(ctx: &Context, args: &Args) -> Result<Vec<Step>, Problem> {
    run(ctx, Resource::Sources, args)
}

fn ledger(ctx: &Context, args: &Args) -> Result<Vec<Step>, Problem> {
    run(ctx, Resource::Ledger, args)
}

fn suppressions(ctx: &Context, args: &Args) -> Result<Vec<Step>, Problem> {
    run(ctx, Resource::Suppressions, args)
}

fn rules(ctx: &Context, args: &Args) -> Result<Vec<Step>, Problem> {
    run(ctx, Resource::Rules, args)
}

fn run(ctx: &Context, resource: Resource, args: &Args) -> Result<Vec<Step>, Problem> {
    let export = lookup::asked(resource, args)?;
    if ctx.place.is_some() && export.out.is_none() {
        return Err(Problem::new(
            ProblemKind::Usage,
            "--out FILE is missing",
            "the console writes exports to files only",
        )
        .hint("Its ending chooses the format: .csv, .json, .ndjson; anything else is tab-separated."));
    }
    if export.resume && export.out.is_none() {
        return Err(Problem::new(
            ProblemKind::Usage,
            "--resume needs --out FILE",
            "what went to standard output cannot be taken up again",
        ));
    }
    Ok(vec![Step::Effect(Effect::Export(export))])
}
