//! Working incidents: claim, escalate, archive, close, reopen, comment, and looking at them.
//!
//! On the console a change carries the revision the analyst saw, so that two people cannot overwrite each other. What
//! a change applies to is decided in [`chosen`].

use super::{
    Arg, Args, Change, Command, Context, Intent, Nap, Place, Resource, Risk, Step, Surface, Target, Which, lookup,
    ready,
};
use crate::api::endpoint::{CommentIncident, GetIncident, IncidentComment, IncidentPath};
use crate::api::{Incident, IncidentId, Problem, ProblemKind, Verdict};

const PLACES: &[Place] = &[Place::TRIAGE, Place::SWEEP, Place::INCIDENT];
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
    ready: ready::incident_open,
    run: show,
};

/// Commands on incidents.
pub const ALL: &[Command] = &[
    Command { name: "incident.claim", about: "Take incidents on", keys: &["c"], run: claim, ..BASE },
    Command {
        name: "incident.assign",
        about: "Hand incidents to somebody",
        keys: &["A"],
        args: &[
            Arg::position("owner", "Operator's name"),
            Arg::positions("id", "Incident numbers; on the console the marked rows or the one selected"),
            REVISION,
        ],
        run: assign,
        ..BASE
    },
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
        name: "incident.snooze",
        about: "Put incidents out of sight until a time, or until they change",
        keys: &["Z"],
        args: &[
            Arg::position("for", "How long: 20m, 4h, 7d, an instant, or change: until something changes"),
            IDS,
            REVISION,
        ],
        run: snooze,
        ..BASE
    },
    Command {
        name: "incident.reopen",
        about: "Put archived or closed incidents back into the queue",
        keys: &["O"],
        ready: ready::incident_done,
        run: reopen,
        ..BASE
    },
    Command {
        name: "incident.comment",
        about: "Write a comment into an incident's timeline",
        keys: &["m"],
        args: &[Arg::position("id", "Incident number"), Arg::position("text", "The comment")],
        ready: ready::incident,
        run: comment,
        ..BASE
    },
    Command {
        name: "incident.show",
        about: "Show an incident with its bill, timeline and evidence",
        places: &[],
        risk: Risk::Look,
        args: &[Arg::position("id", "Incident number"), lookup::AT],
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

/// The step that comments on one incident; also what the console does once it has the text.
#[must_use]
pub fn comment_step(id: IncidentId, text: &str) -> Step {
    Step::call::<CommentIncident>(&IncidentComment { id, text: text.into() }, format!("commented on #{id}"))
}

fn claim(ctx: &Context, args: &Args) -> Result<Vec<Step>, Problem> {
    change(ctx, args, Change::Claim)
}

fn assign(ctx: &Context, args: &Args) -> Result<Vec<Step>, Problem> {
    match args.get("owner") {
        None if ctx.place.is_some() => {
            let title = "Hand over to whom?".to_owned();
            Ok(vec![Step::Intent(Intent::Ask { command: "incident.assign", arg: "owner", title, args: args.clone() })])
        }
        _ => change(ctx, args, Change::Assign(args.need("owner")?.to_owned())),
    }
}

fn snooze(ctx: &Context, args: &Args) -> Result<Vec<Step>, Problem> {
    match args.read::<Nap>("for", "a duration such as 4h, an instant such as 2026-11-21T20:26:51Z, or change")? {
        Some(nap) => change(ctx, args, Change::Snooze(nap)),
        None if ctx.place.is_some() => {
            let title = "Out of sight for how long?".to_owned();
            Ok(vec![Step::Intent(Intent::Ask { command: "incident.snooze", arg: "for", title, args: args.clone() })])
        }
        None => Err(args.need("for").err().unwrap_or_else(nothing_chosen)),
    }
}

fn escalate(ctx: &Context, args: &Args) -> Result<Vec<Step>, Problem> {
    change(ctx, args, Change::Escalate)
}

fn archive(ctx: &Context, args: &Args) -> Result<Vec<Step>, Problem> {
    change(ctx, args, Change::Archive)
}

fn reopen(ctx: &Context, args: &Args) -> Result<Vec<Step>, Problem> {
    change(ctx, args, Change::Reopen)
}

/// One incident is changed at once; many, or a whole query, after a preview.
fn change(ctx: &Context, args: &Args, change: Change) -> Result<Vec<Step>, Problem> {
    if let Some(which) = many(ctx, args)? {
        return Ok(vec![Step::Intent(Intent::Batch(change, which))]);
    }
    let step = |(id, if_match): (IncidentId, Option<u64>)| {
        Step::Effect(super::Effect::Call { wire: change.wire(id, if_match), done: change.done(id) })
    };
    Ok(chosen(ctx, args)?.into_iter().map(step).collect())
}

/// What was marked on the console, where that is not one incident alone.
fn many(ctx: &Context, args: &Args) -> Result<Option<Which>, Problem> {
    if ctx.place.is_none() || args.is_set("id") {
        return Ok(None);
    }
    if let (true, Some((Resource::Incidents, query))) = (ctx.all, &ctx.listed) {
        return Ok(Some(Which::Query(query.clone())));
    }
    let marked: Vec<Incident> = ctx
        .marked
        .iter()
        .filter_map(|t| if let Target::Incident(i) = t { Some(i.as_ref().clone()) } else { None })
        .collect();
    if marked.len() < ctx.marked.len() && ctx.marked.len() > 1 {
        return Err(usage("Several rows are marked that are no incidents", "change their incidents under Triage"));
    }
    Ok(Some(Which::These(marked)).filter(|_| ctx.marked.len() > 1))
}

fn close(ctx: &Context, args: &Args) -> Result<Vec<Step>, Problem> {
    if ctx.place.is_some() && !args.is_set("verdict") {
        let which = match many(ctx, args)? {
            Some(which) => which,
            None => match chosen(ctx, args)?.as_slice() {
                [(id, _)] => Which::These(vec![shown(ctx, *id).ok_or_else(unseen)?]),
                _ => return Err(nothing_chosen()),
            },
        };
        return Ok(vec![Step::Intent(Intent::AskVerdict(which))]);
    }
    let known = || format!("expected {}", Verdict::KNOWN.join(", "));
    let given = args.get("verdict").ok_or_else(|| usage("Closing needs a verdict: --verdict VERDICT", known()))?;
    let verdict = match Verdict::from(given) {
        Verdict::Other(word) => {
            return Err(usage(format!("\"{word}\" is no verdict"), known()));
        }
        known => known,
    };
    change(ctx, args, Change::Close(verdict, args.get("comment").unwrap_or_default().to_owned()))
}

/// The incident itself, where it is on the screen: closing unseen is what revisions prevent.
fn shown(ctx: &Context, id: IncidentId) -> Option<Incident> {
    ctx.selected.iter().chain(&ctx.marked).find_map(|t| match t {
        Target::Incident(i) if i.id == id => Some(i.as_ref().clone()),
        _ => None,
    })
}

fn unseen() -> Problem {
    usage("Closing needs the incident itself", "this row only belongs to one")
        .hint("Open the incident with Enter and close it there.")
}

fn comment(ctx: &Context, args: &Args) -> Result<Vec<Step>, Problem> {
    let (id, _) = *chosen(ctx, args)?.first().ok_or_else(nothing_chosen)?;
    match args.get("text") {
        None if ctx.place.is_some() => {
            let args = args.clone().with("id", id.to_string());
            let title = format!("Comment on #{id}");
            Ok(vec![Step::Intent(Intent::Ask { command: "incident.comment", arg: "text", title, args })])
        }
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
    Ok(vec![Step::call::<GetIncident>(&IncidentPath { id, at: lookup::instant(args, "at")? }, "")])
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

pub(super) fn of(target: &Target) -> Option<(IncidentId, Option<u64>)> {
    match target {
        Target::Incident(i) => Some((i.id, Some(i.revision))),
        other => other.incident().map(|id| (id, None)),
    }
}

/// The revision of `id` on this screen, if it is there.
fn seen(ctx: &Context, id: IncidentId) -> Option<u64> {
    ctx.selected.iter().chain(&ctx.marked).filter_map(of).find(|(seen, _)| *seen == id)?.1
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
