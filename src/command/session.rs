//! Sessions: revoke one without touching the user's others.

use super::aim::reason_of;
use super::response::{DRY_RUN, INCIDENT, KEY, REASON, TTL, act, request};
use super::{Arg, Args, Command, Context, Intent, Place, Risk, Step, Surface, Target, ready};
use crate::api::{ActionKind, EntityKind, Problem, ProblemKind};

/// Commands on sessions.
pub const ALL: &[Command] = &[Command {
    name: "session.revoke",
    about: "Revoke sessions by their fingerprints; other sessions go on",
    keys: &["r"],
    places: &[Place::TRIAGE, Place::SWEEP, Place::INCIDENT, Place::HUNT, Place::ENTITY],
    surface: Surface::Both,
    risk: Risk::Act,
    args: &[
        Arg::positions("session", "Session fingerprints, as events show them"),
        TTL,
        REASON,
        INCIDENT,
        KEY,
        DRY_RUN,
    ],
    ready: ready_revoke,
    run: revoke,
}];

fn revoke(ctx: &Context, args: &Args) -> Result<Vec<Step>, Problem> {
    if ctx.place.is_none() || args.is_set("session") {
        let sessions = args.need("session")?.split([',', ' ']).filter(|w| !w.is_empty());
        let requests =
            sessions.map(|s| request(ActionKind::RevokeSession, s.to_owned(), args)).collect::<Result<Vec<_>, _>>()?;
        return match (ctx.place, requests.as_slice()) {
            (Some(_), [one]) => Ok(vec![Step::Intent(Intent::Preview(one.clone()))]),
            (Some(_), _) => Err(Problem::new(
                ProblemKind::Usage,
                "Several sessions cannot be previewed at once",
                "one preview, one revocation",
            )),
            (None, _) => Ok(act(ctx, args, requests)),
        };
    }
    let subjects = ctx.subjects();
    let found = subjects.iter().find_map(|t| Some((*t, session_of(t)?)));
    let Some((row, session)) = found else {
        return Err(Problem::new(ProblemKind::Usage, "No session is selected", "this row names none"));
    };
    if subjects.iter().filter_map(|t| session_of(t)).any(|other| other != session) {
        return Err(Problem::new(ProblemKind::Usage, "Several sessions are marked", "one preview, one revocation")
            .hint("Unmark all but one."));
    }
    let mut asked = request(ActionKind::RevokeSession, session, args)?;
    asked.incident = asked.incident.or_else(|| row.incident());
    if !args.is_set("reason") {
        asked.reason = reason_of(row).into();
    }
    Ok(vec![Step::Intent(Intent::Preview(asked))])
}

/// The session a row stands for: an event's own, an entity itself, the first of an incident.
fn session_of(target: &Target) -> Option<String> {
    let session = match target {
        Target::Event(e) => e.session.clone(),
        Target::Entity(e) if e.kind == EntityKind::Session => Some(e.value.clone()),
        Target::Detection(d) if d.entity.kind == EntityKind::Session => Some(d.entity.value.clone()),
        Target::Incident(i) => std::iter::once(&i.entity)
            .chain(&i.entities)
            .find(|e| e.kind == EntityKind::Session)
            .map(|e| e.value.clone()),
        _ => None,
    };
    session.map(|s| s.raw().to_owned())
}

fn ready_revoke(ctx: &Context) -> Result<(), String> {
    ready::responder(ctx)?;
    if ctx.place.is_some() && ctx.subjects().into_iter().all(|t| session_of(t).is_none()) {
        return Err("no session is selected".into());
    }
    Ok(())
}
