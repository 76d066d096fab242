//! Exports: everything a list shows, complete, from old to new, to a file or a pipe.

use super::{Arg, Args, Command, Context, Effect, Resource, Risk, Step, Surface, lookup, ready};
use crate::api::{Problem, ProblemKind};

const ARGS: &[Arg] = &[
    lookup::QUERY,
    lookup::SINCE,
    lookup::UNTIL,
    Arg::option("out", "Write to this new file instead of standard output"),
    Arg::flag("resume", "Go on where an interrupted export to the same file stopped"),
    Arg::option("limit", "At most so many rows; all of them when not given"),
];

const BASE: Command = Command {
    name: "",
    about: "",
    keys: &[],
    places: &[],
    surface: Surface::Cli,
    risk: Risk::Look,
    args: ARGS,
    ready: ready::connected,
    run: |_, args| run(Resource::Audit, args),
};

/// One export for each resource.
pub const ALL: &[Command] = &[
    Command { name: "export.audit", about: "Export events", ..BASE },
    Command { name: "export.detections", about: "Export detections", run: detections, ..BASE },
    Command { name: "export.incidents", about: "Export incidents", run: incidents, ..BASE },
    Command { name: "export.actions", about: "Export actions with their receipts", run: actions, ..BASE },
    Command { name: "export.blocks", about: "Export the blocks in force", run: blocks, ..BASE },
    Command { name: "export.sources", about: "Export the sources and their health", run: sources, ..BASE },
    Command { name: "export.ledger", about: "Export the ledger", run: ledger, ..BASE },
];

fn detections(_: &Context, args: &Args) -> Result<Vec<Step>, Problem> {
    run(Resource::Detections, args)
}

fn incidents(_: &Context, args: &Args) -> Result<Vec<Step>, Problem> {
    run(Resource::Incidents, args)
}

fn actions(_: &Context, args: &Args) -> Result<Vec<Step>, Problem> {
    run(Resource::Actions, args)
}

fn blocks(_: &Context, args: &Args) -> Result<Vec<Step>, Problem> {
    run(Resource::Blocks, args)
}

fn sources(_: &Context, args: &Args) -> Result<Vec<Step>, Problem> {
    run(Resource::Sources, args)
}

fn ledger(_: &Context, args: &Args) -> Result<Vec<Step>, Problem> {
    run(Resource::Ledger, args)
}

fn run(resource: Resource, args: &Args) -> Result<Vec<Step>, Problem> {
    let export = lookup::asked(resource, args)?;
    if export.resume && export.out.is_none() {
        return Err(Problem::new(
            ProblemKind::Usage,
            "--resume needs --out FILE",
            "what went to standard output cannot be taken up again",
        ));
    }
    Ok(vec![Step::Effect(Effect::Export(export))])
}
