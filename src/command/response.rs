//! Acting on addresses: block, undo, release; and looking at what was done.
//!
//! On the console a block is previewed first (`Intent::Preview`) and created on confirmation with [`create_step`]; on
//! the command line it is created at once, or only previewed with `--dry-run`.

use super::aim::{blockable, pointed_at, undoable};
use super::{Arg, Args, Command, Context, Intent, Place, Resource, Risk, Step, Surface, lookup, ready};
use crate::api::endpoint::{
    ActionPath, CreateAction, GetAction, PreviewAction, ReleaseBlocks, ReleaseInput, UndoAction,
};
use crate::api::{ActionId, ActionKind, ActionRequest, IncidentId, Problem, ProblemKind};
use crate::text::{human, visible};
use ipnet::IpNet;
use std::net::IpAddr;

/// Options of everything that creates an action.
pub(super) const TTL: Arg = Arg::option("ttl", "How long: 30m, 4h, 7d; the policy's default when not given");
pub(super) const REASON: Arg = Arg::option("reason", "Why, for the ledger and for colleagues");
pub(super) const INCIDENT: Arg = Arg::option("incident", "Number of the incident it answers");
pub(super) const KEY: Arg = Arg::option("key", "Idempotency key: the same key never acts twice");
pub(super) const DRY_RUN: Arg = Arg::flag("dry-run", "Only show what it would do and whom it would touch");

const ADDRESSES: &[Place] =
    &[Place::OVERVIEW, Place::TRIAGE, Place::INCIDENT, Place::HUNT, Place::ENTITY, Place::ACTIONS, Place::BLOCKS];

const BASE: Command = Command {
    name: "",
    about: "",
    keys: &[],
    places: &[],
    surface: Surface::Cli,
    risk: Risk::Look,
    args: lookup::LIST,
    ready: ready::connected,
    run: show,
};

/// Commands that act, and what shows them.
pub const ALL: &[Command] = &[
    Command {
        name: "block.add",
        about: "Block addresses or a range at every enforcer",
        keys: &["b"],
        places: ADDRESSES,
        surface: Surface::Both,
        risk: Risk::Act,
        args: &[
            Arg::positions("target", "Addresses, or a range such as 198.51.100.0/24"),
            Arg::flag("range", "Block the smallest range that covers all the addresses"),
            TTL,
            REASON,
            INCIDENT,
            KEY,
            DRY_RUN,
        ],
        ready: ready_block,
        run: block,
    },
    Command { name: "block.list", about: "List the blocks in force", run: blocks, ..BASE },
    Command {
        name: "block.undo",
        about: "Undo blocks by the numbers of their actions",
        risk: Risk::Act,
        args: UNDO,
        ready: ready::responder,
        run: undo,
        ..BASE
    },
    Command {
        name: "block.release",
        about: "Kill switch: release every block and revocation at once",
        surface: Surface::Both,
        risk: Risk::Act,
        args: &[REASON],
        ready: ready::responder_here,
        run: release,
        ..BASE
    },
    Command {
        name: "action.undo",
        about: "Undo actions by their numbers",
        keys: &["u"],
        places: UNDOABLE,
        surface: Surface::Both,
        risk: Risk::Act,
        args: UNDO,
        ready: ready_undo,
        run: undo,
    },
    Command { name: "action.list", about: "List actions, the newest first", run: actions, ..BASE },
    Command {
        name: "action.show",
        about: "Show an action with its receipts",
        args: &[Arg::position("id", "Action number")],
        run: show,
        ..BASE
    },
];

/// Where something is that can be taken back: an action, or a change of incidents.
const UNDOABLE: &[Place] =
    &[Place::TRIAGE, Place::SWEEP, Place::INCIDENT, Place::ENTITY, Place::ACTIONS, Place::BLOCKS];

const UNDO: &[Arg] = &[Arg::positions("id", "Action numbers")];

/// The step that creates an action; also what the console does once its preview is confirmed.
#[must_use]
pub fn create_step(mut request: ActionRequest, key: String) -> Step {
    let done = format!("{} {}", doing(&request.kind), visible::escape(&request.target));
    request.idempotency_key = Some(key);
    Step::call::<CreateAction>(&request, done)
}

fn doing(kind: &ActionKind) -> &str {
    match kind {
        ActionKind::BlockAddress | ActionKind::BlockRange => "asked to block",
        ActionKind::RevokeSession => "asked to revoke session",
        ActionKind::Other(_) => "asked to act on",
    }
}

/// What remains of a request when the target is known: duration, reason, incident.
pub(super) fn request(kind: ActionKind, target: String, args: &Args) -> Result<ActionRequest, Problem> {
    let ttl_seconds = args
        .get("ttl")
        .map(|text| {
            human::parse_duration(text)
                .map_err(|why| Problem::new(ProblemKind::Usage, "--ttl cannot be used", why))
                .and_then(
                    |s| if s == 0 { Err(usage("--ttl 0 blocks nobody", "every block lasts a while")) } else { Ok(s) },
                )
        })
        .transpose()?;
    Ok(ActionRequest {
        kind,
        target,
        ttl_seconds,
        reason: args.get("reason").unwrap_or("asked for by hand").into(),
        incident: args.read::<IncidentId>("incident", "an incident's number")?,
        idempotency_key: None,
    })
}

/// Creates (or with `--dry-run` previews) what was asked for on the command line.
pub(super) fn act(ctx: &Context, args: &Args, requests: Vec<ActionRequest>) -> Vec<Step> {
    let key = args.get("key").unwrap_or(&ctx.fresh_key);
    let alone = requests.len() == 1;
    requests
        .into_iter()
        .zip(1..)
        .map(|(request, n)| {
            if args.is_set("dry-run") {
                return Step::call::<PreviewAction>(&request, "");
            }
            let key = if alone { key.to_owned() } else { format!("{key}-{n}") };
            create_step(request, key)
        })
        .collect()
}

fn block(ctx: &Context, args: &Args) -> Result<Vec<Step>, Problem> {
    let requests = match args.get("target") {
        Some(text) => named(text, args)?,
        None if ctx.place.is_some() => vec![pointed_at(ctx, args)?],
        None => return Err(args.need("target").err().unwrap_or_else(|| usage("No target", "nothing to block"))),
    };
    if ctx.place.is_some() {
        return match <[ActionRequest; 1]>::try_from(requests) {
            Ok([request]) => Ok(vec![Step::Intent(Intent::Preview(request))]),
            Err(many) => {
                Err(usage(format!("{} blocks at once cannot be previewed", many.len()), "one preview, one block")
                    .hint("Block them one by one, or all in one range with --range."))
            }
        };
    }
    Ok(act(ctx, args, requests))
}

/// Targets given as text.
fn named(text: &str, args: &Args) -> Result<Vec<ActionRequest>, Problem> {
    let mut targets: Vec<(ActionKind, String)> = Vec::new();
    for word in text.split([',', ' ']).filter(|w| !w.is_empty()) {
        let target = if let Ok(ip) = word.parse::<IpAddr>() {
            (ActionKind::BlockAddress, ip.to_canonical().to_string())
        } else if let Ok(net) = word.parse::<IpNet>() {
            (ActionKind::BlockRange, net.trunc().to_string())
        } else {
            return Err(usage(format!("\"{word}\" cannot be blocked"), "it is neither an address nor a range")
                .hint("Write for example 198.51.100.7, 2001:db8::7 or 198.51.100.0/24."));
        };
        if !targets.contains(&target) {
            targets.push(target);
        }
    }
    if args.is_set("range") {
        let all: Vec<_> = targets.into_iter().map(|(_, target)| target).collect();
        return Ok(vec![request(ActionKind::BlockRange, all.join(","), args)?]);
    }
    targets.into_iter().map(|(kind, target)| request(kind, target, args)).collect()
}

fn undo(ctx: &Context, args: &Args) -> Result<Vec<Step>, Problem> {
    let ids: Vec<ActionId> = if args.is_set("id") || ctx.place.is_none() {
        lookup::numbers(args, "id", "action")?
    } else {
        let mut ids: Vec<_> = ctx.subjects().into_iter().filter_map(undoable).collect();
        ids.dedup();
        if ids.is_empty() {
            ids.extend(only(&ctx.in_force));
        }
        ids
    };
    if ids.is_empty() {
        return Err(usage("No action is selected", "this row has none in force").hint("Choose it under Actions."));
    }
    Ok(ids.into_iter().map(|id| Step::call::<UndoAction>(&ActionPath { id }, format!("undid action #{id}"))).collect())
}

fn release(_: &Context, args: &Args) -> Result<Vec<Step>, Problem> {
    let reason = args.get("reason").unwrap_or("kill switch used by hand").into();
    Ok(vec![Step::call::<ReleaseBlocks>(&ReleaseInput { reason }, "released everything in force")])
}

fn blocks(_: &Context, args: &Args) -> Result<Vec<Step>, Problem> {
    lookup::list(Resource::Blocks, args)
}

fn actions(_: &Context, args: &Args) -> Result<Vec<Step>, Problem> {
    lookup::list(Resource::Actions, args)
}

fn show(_: &Context, args: &Args) -> Result<Vec<Step>, Problem> {
    let ids: Vec<ActionId> = lookup::numbers(args, "id", "action")?;
    Ok(ids.into_iter().map(|id| Step::call::<GetAction>(&ActionPath { id }, "")).collect())
}

fn ready_block(ctx: &Context) -> Result<(), String> {
    ready::responder(ctx)?;
    if ctx.place.is_some() && ctx.subjects().into_iter().all(|t| blockable(t, false).is_empty()) {
        return Err("no address is selected".into());
    }
    Ok(())
}

fn ready_undo(ctx: &Context) -> Result<(), String> {
    ready::responder(ctx)?;
    if ctx.place.is_some() && ctx.subjects().into_iter().all(|t| undoable(t).is_none()) && only(&ctx.in_force).is_none()
    {
        return Err("nothing in force is selected: choose an action under Actions".into());
    }
    Ok(())
}

/// The one there is: of several, none is meant.
fn only(ids: &[ActionId]) -> Option<ActionId> {
    <[ActionId; 1]>::try_from(ids).ok().map(|[one]| one)
}

pub(super) fn usage(title: impl Into<String>, detail: impl Into<String>) -> Problem {
    Problem::new(ProblemKind::Usage, title, detail)
}

#[cfg(test)]
#[path = "response_test.rs"]
mod tests;
