//! Incidents: list, one, and what analysts do to them.

use super::audit::{gone, problem};
use crate::api::endpoint::{
    ArchiveIncident, AssignIncident, ClaimIncident, CloseIncident, CommentIncident, CountGroups, EscalateIncident,
    GetIncident, GroupInput, IncidentAssign, IncidentChange, IncidentClose, IncidentComment, IncidentPath,
    IncidentRestore, IncidentSnooze, ListIncidents, ReopenIncident, RestoreIncident, SnoozeIncident,
};
use crate::api::{Incident, IncidentState, List, Problem, ProblemKind, Snooze, Timestamp};
use crate::platform::Platform;
use crate::platform::http::Routes;
use crate::platform::pipeline::Work;
use crate::text::{Untrusted, visible};

pub(super) fn add(routes: Routes<Platform>) -> Routes<Platform> {
    let nothing = Untrusted::default;
    routes
        .on::<ListIncidents>(|p, _, list: List| {
            kept(p, list.at)?;
            p.store.incidents(&list).map_err(problem)
        })
        .on::<CountGroups>(|p, _, asked: GroupInput| {
            kept(p, asked.at.filter(|_| asked.rows == "incidents"))?;
            p.store.groups(&asked).map_err(problem)
        })
        .on::<GetIncident>(|p, _, IncidentPath { id, at }| {
            kept(p, at)?;
            let found = match at {
                Some(at) => p.store.incident_then(id, at),
                None => p.store.incident(id),
            };
            found.map_err(problem)?.ok_or_else(|| gone("incident", id.0))
        })
        .on::<ClaimIncident>(move |p, by, IncidentChange { id, if_match }| {
            p.change_incident(&by.name, "incident.claim", id, &nothing(), |incidents, now| {
                incidents.claim(id, if_match, &by.name, now).map(drop)
            })
        })
        .on::<EscalateIncident>(move |p, by, IncidentChange { id, if_match }| {
            p.change_incident(&by.name, "incident.escalate", id, &nothing(), |incidents, now| {
                incidents.escalate(id, if_match, &by.name, "", now).map(drop)
            })
        })
        .on::<ArchiveIncident>(move |p, by, IncidentChange { id, if_match }| {
            p.change_incident(&by.name, "incident.archive", id, &nothing(), |incidents, now| {
                incidents.archive(id, if_match, &by.name, "", now).map(drop)
            })
        })
        .on::<ReopenIncident>(move |p, by, IncidentChange { id, if_match }| {
            p.change_incident(&by.name, "incident.reopen", id, &nothing(), |incidents, now| {
                incidents.reopen(id, if_match, &by.name, "", now).map(drop)
            })
        })
        .on::<AssignIncident>(|p, by, IncidentAssign { id, if_match, owner }| {
            let owner = name(owner)?;
            p.change_incident(&by.name, "incident.assign", id, &owner.clone(), |incidents, now| {
                incidents.assign(id, if_match, &by.name, owner.raw(), now).map(drop)
            })
        })
        .on::<SnoozeIncident>(|p, by, asked: IncidentSnooze| snooze(p, &by.name, &asked))
        .on::<RestoreIncident>(|p, by, IncidentRestore { id, if_match, state, owner, verdict, snoozed }| {
            if let IncidentState::Other(word) = &state {
                let why = format!("\"{}\" is no state", visible::escape(word));
                return Err(Problem::new(ProblemKind::Usage, "Nothing was taken back", why));
            }
            let owner = owner.map(name).transpose()?;
            p.change_incident(&by.name, "incident.restore", id, &state.as_str().into(), |incidents, now| {
                incidents.restore(id, if_match, &by.name, (state.clone(), owner, verdict, snoozed), now).map(drop)
            })
        })
        .on::<CommentIncident>(|p, by, IncidentComment { id, text }| {
            let text = bounded(text)?;
            p.change_incident(&by.name, "incident.comment", id, &text.clone(), |incidents, now| {
                incidents.comment(id, None, &by.name, text.raw(), now).map(drop)
            })
        })
        .on::<CloseIncident>(|p, by, IncidentClose { id, if_match, verdict, text }| {
            let detail = format!("{}: {}", verdict.as_str(), text.raw()).into();
            let text = bounded(text)?;
            let closed = p.change_incident(&by.name, "incident.close", id, &detail, |incidents, now| {
                incidents.close(id, if_match, &by.name, verdict, text.raw(), now).map(drop)
            })?;
            // With a full channel the detectors do not hear of it; the incident is closed all the same.
            let told = Work::Verdict(Box::new(closed.clone()), by.name.clone());
            if !closed.drill && p.work.try_send(told).is_err() {
                tracing::warn!(incident = id.0, "intake is behind: the detectors did not hear of this verdict");
            }
            Ok(closed)
        })
}

/// How incidents stood at that instant is known.
pub(super) fn kept(p: &Platform, at: Option<Timestamp>) -> Result<(), Problem> {
    let Some(at) = at else { return Ok(()) };
    match p.store.past_since().map_err(problem)? {
        Some(since) if at < since => {
            let why = format!("records of that begin at {since}");
            Err(Problem::new(ProblemKind::NotFound, "How incidents stood then is not kept", why))
        }
        _ => Ok(()),
    }
}

fn snooze(p: &Platform, by: &str, asked: &IncidentSnooze) -> Result<Incident, Problem> {
    let until = match (asked.seconds, asked.until) {
        (Some(seconds), None) => p.now().plus(i64::try_from(seconds.saturating_mul(1000)).unwrap_or(i64::MAX)),
        (None, Some(until)) => until,
        _ => {
            let why = "say either for how many seconds or until when";
            return Err(Problem::new(ProblemKind::Usage, "The incident was not snoozed", why));
        }
    };
    let snooze = Snooze { until, on_change: asked.on_change, by: by.into() };
    let detail = format!("until {until}{}", if asked.on_change { " or until it changes" } else { "" });
    p.change_incident(by, "incident.snooze", asked.id, &detail.into(), |incidents, now| {
        incidents.snooze(asked.id, asked.if_match, snooze, now).map(drop)
    })
}

/// An operator's name.
pub(in crate::platform) fn name(name: Untrusted) -> Result<Untrusted, Problem> {
    if name.raw().trim().is_empty() || name.raw().chars().count() > 64 {
        let why = "a name has 1 to 64 characters";
        return Err(Problem::new(ProblemKind::Usage, "The owner cannot be used", why));
    }
    Ok(name)
}

/// Comments are for people: 10,000 characters are enough.
fn bounded(text: Untrusted) -> Result<Untrusted, Problem> {
    const MAX: usize = 10_000;
    if text.raw().chars().count() > MAX {
        return Err(Problem::new(
            ProblemKind::TooLarge,
            "The comment was not kept",
            "it is longer than 10,000 characters",
        ));
    }
    Ok(text)
}
