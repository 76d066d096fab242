//! Working incidents: claim, escalate, archive, close, reopen, comment, and looking at them.
//!
//! On the console a change carries the revision the analyst saw, so that two people cannot overwrite each other. What
//! a change applies to is decided in [`chosen`].

use super::{Arg, Args, Command, Context, Intent, Place, Resource, Risk, Step, Surface, Target, lookup, ready};
use crate::api::endpoint::{
    ArchiveIncident, ClaimIncident, CloseIncident, CommentIncident, EscalateIncident, GetIncident, IncidentChange,
    IncidentClose, IncidentComment, IncidentPath, ReopenIncident,
};
use crate::api::{Endpoint, Incident, IncidentId, Problem, ProblemKind, Verdict};

const PLACES: &[Place] = &[Place::TRIAGE, Place::INCIDENT];
const IDS: Arg = Arg::positions("id", "Incident numbers; on the console the marked rows or the one selected");
const REVISION: Arg = Arg::option("revision", "Refuse when it is no longer at this revision");
const CHANGE: &[Arg] = &[IDS, REVISION];

const BASE: Command = Command {
    name: "",
    about: "",
    keys: &[],
    places: PLACES,
    surface: Surface::Both,
    risk: Risk::Change,
    args: CHANGE,
    ready: ready_open,
    run: show,
};

/// Commands on incidents.
pub const ALL: &[Command] = &[
    Command { name: "incident.claim", about: "Take incidents on", keys: &["c"], run: claim, ..BASE },
    Command { name: "incident.escalate", about: "Hand incidents up", keys: &["s"], run: escalate, ..BASE },
    Command {
        name: "incident.archive",
        about: "Take incidents out of the queue without a judgement",
        keys: &["e"],
        run: archive,
        ..BASE
    },
    Command {
        name: "incident.close",
        about: "Close incidents with a verdict",
        keys: &["C"],
        args: &[
            IDS,
            Arg::option("verdict", "The judgement; must be given on the command line").of(Verdict::KNOWN),
            Arg::option("comment", "Why, for colleagues"),
            REVISION,
        ],
        run: close,
        ..BASE
    },
    Command {
        name: "incident.reopen",
        about: "Put archived or closed incidents back into the queue",
        keys: &["O"],
        ready: ready_done,
        run: reopen,
        ..BASE
    },
    Command {
        name: "incident.comment",
        about: "Write a comment into an incident's timeline",
        keys: &["m"],
        args: &[Arg::position("id", "Incident number"), Arg::position("text", "The comment")],
        ready: ready_any,
        run: comment,
        ..BASE
    },
    Command {
        name: "incident.show",
        about: "Show an incident with its bill, timeline and evidence",
        places: &[],
        risk: Risk::Look,
        args: &[Arg::position("id", "Incident number")],
        ready: ready::connected,
        run: show,
        ..BASE
    },
    Command {
        name: "incident.list",
        about: "List incidents, the most urgent first",
        places: &[],
        surface: Surface::Cli,
        risk: Risk::Look,
        args: lookup::LIST,
        ready: ready::connected,
        run: list,
        ..BASE
    },
];

/// The step that closes one incident; also what the console does once it has asked for the verdict.
#[must_use]
pub fn close_step(id: IncidentId, if_match: Option<u64>, verdict: &Verdict, text: &str) -> Step {
    let done = format!("closed #{id} as {}", verdict.label());
    Step::call::<CloseIncident>(&IncidentClose { id, if_match, verdict: verdict.clone(), text: text.into() }, done)
}

/// The step that comments on one incident; also what the console does once it has the text.
#[must_use]
pub fn comment_step(id: IncidentId, text: &str) -> Step {
    Step::call::<CommentIncident>(&IncidentComment { id, text: text.into() }, format!("commented on #{id}"))
}

fn claim(ctx: &Context, args: &Args) -> Result<Vec<Step>, Problem> {
    change::<ClaimIncident>(ctx, args, "claimed")
}

fn escalate(ctx: &Context, args: &Args) -> Result<Vec<Step>, Problem> {
    change::<EscalateIncident>(ctx, args, "escalated")
}

fn archive(ctx: &Context, args: &Args) -> Result<Vec<Step>, Problem> {
    change::<ArchiveIncident>(ctx, args, "archived")
}

fn reopen(ctx: &Context, args: &Args) -> Result<Vec<Step>, Problem> {
    change::<ReopenIncident>(ctx, args, "reopened")
}

fn change<E: Endpoint<Input = IncidentChange>>(ctx: &Context, args: &Args, done: &str) -> Result<Vec<Step>, Problem> {
    Ok(chosen(ctx, args)?
        .into_iter()
        .map(|(id, if_match)| Step::call::<E>(&IncidentChange { id, if_match }, format!("{done} #{id}")))
        .collect())
}

fn close(ctx: &Context, args: &Args) -> Result<Vec<Step>, Problem> {
    let chosen = chosen(ctx, args)?;
    if ctx.place.is_some() && !args.is_set("verdict") {
        // A row that only names its incident brings no revision, and closing unseen is what revisions prevent.
        let known: Vec<_> = chosen.iter().filter_map(|(id, revision)| Some((*id, (*revision)?))).collect();
        if known.len() == chosen.len() {
            return Ok(vec![Step::Intent(Intent::AskVerdict(known))]);
        }
        return Err(usage("Closing needs the incident itself", "this row only belongs to one")
            .hint("Open the incident with Enter and close it there."));
    }
    let known = || format!("expected {}", Verdict::KNOWN.join(", "));
    let given = args.get("verdict").ok_or_else(|| usage("Closing needs a verdict: --verdict VERDICT", known()))?;
    let verdict = match Verdict::from(given) {
        Verdict::Other(word) => {
            return Err(usage(format!("\"{word}\" is no verdict"), known()));
        }
        known => known,
    };
    let text = args.get("comment").unwrap_or_default();
    Ok(chosen.into_iter().map(|(id, if_match)| close_step(id, if_match, &verdict, text)).collect())
}

fn comment(ctx: &Context, args: &Args) -> Result<Vec<Step>, Problem> {
    let (id, _) = *chosen(ctx, args)?.first().ok_or_else(nothing_chosen)?;
    match args.get("text") {
        None if ctx.place.is_some() => Ok(vec![Step::Intent(Intent::AskComment(id))]),
        _ => {
            let text = args.need("text")?;
            if text.trim().is_empty() {
                return Err(usage("The comment is empty", "a comment says something to colleagues"));
            }
            Ok(vec![comment_step(id, text)])
        }
    }
}

fn show(ctx: &Context, args: &Args) -> Result<Vec<Step>, Problem> {
    let (id, _) = *chosen(ctx, args)?.first().ok_or_else(nothing_chosen)?;
    if ctx.place.is_some() {
        return Ok(vec![Step::Intent(Intent::OpenIncident(id))]);
    }
    Ok(vec![Step::call::<GetIncident>(&IncidentPath { id }, "")])
}

fn list(_: &Context, args: &Args) -> Result<Vec<Step>, Problem> {
    lookup::list(Resource::Incidents, args)
}

/// Which incidents a change is meant for, with the revision seen: those named, else the marked rows, else the
/// selected one.
fn chosen(ctx: &Context, args: &Args) -> Result<Vec<(IncidentId, Option<u64>)>, Problem> {
    let chosen: Vec<_> = if args.is_set("id") {
        let revision = args.read::<u64>("revision", "a revision number")?;
        let ids: Vec<IncidentId> = lookup::numbers(args, "id", "incident")?;
        if revision.is_some() && ids.len() > 1 {
            return Err(usage("--revision fits one incident only", format!("{} were named", ids.len())));
        }
        ids.into_iter().map(|id| (id, revision.or_else(|| seen(ctx, id)))).collect()
    } else {
        let mut rows: Vec<(IncidentId, Option<u64>)> = Vec::new();
        for row in ctx.subjects().into_iter().filter_map(of) {
            if !rows.iter().any(|(id, _)| *id == row.0) {
                rows.push(row);
            }
        }
        rows
    };
    if chosen.is_empty() { Err(nothing_chosen()) } else { Ok(chosen) }
}

fn of(target: &Target) -> Option<(IncidentId, Option<u64>)> {
    match target {
        Target::Incident(i) => Some((i.id, Some(i.revision))),
        other => other.incident().map(|id| (id, None)),
    }
}

/// The revision of `id` on this screen, if it is there.
fn seen(ctx: &Context, id: IncidentId) -> Option<u64> {
    ctx.selected.iter().chain(&ctx.marked).filter_map(of).find(|(seen, _)| *seen == id)?.1
}

fn ready_any(ctx: &Context) -> Result<(), String> {
    ready::analyst(ctx)?;
    if ctx.place.is_some() && !ctx.subjects().into_iter().any(|t| of(t).is_some()) {
        return Err("no incident is selected".into());
    }
    Ok(())
}

fn ready_open(ctx: &Context) -> Result<(), String> {
    ready_any(ctx)?;
    let shown: Vec<&Incident> = ctx
        .subjects()
        .into_iter()
        .filter_map(|t| if let Target::Incident(i) = t { Some(i.as_ref()) } else { None })
        .collect();
    match shown.first() {
        Some(first) if shown.iter().all(|i| !i.state.is_open()) => {
            Err(format!("#{} is {}: reopen it first", first.id, first.state.label()))
        }
        _ => Ok(()),
    }
}

fn ready_done(ctx: &Context) -> Result<(), String> {
    ready_any(ctx)?;
    let subjects = ctx.subjects();
    let open =
        subjects.iter().map(|t| if let Target::Incident(i) = t { Some(i).filter(|i| i.state.is_open()) } else { None });
    match open.collect::<Option<Vec<_>>>().as_deref() {
        Some([first, ..]) => Err(format!("#{} is open already", first.id)),
        _ => Ok(()),
    }
}

fn nothing_chosen() -> Problem {
    usage("No incident is selected", "nothing here belongs to an incident")
        .hint("Name one by its number, for example `incident show 42`.")
}

fn usage(title: impl Into<String>, detail: impl Into<String>) -> Problem {
    Problem::new(ProblemKind::Usage, title, detail)
}

#[cfg(test)]
#[path = "incident_test.rs"]
pub(super) mod tests;
