//! Incidents: list, one, and what analysts do to them.

use super::audit::{gone, problem};
use crate::api::endpoint::{
    ArchiveIncident, AssignIncident, ClaimIncident, CloseIncident, CommentIncident, EscalateIncident, GetIncident,
    IncidentAssign, IncidentChange, IncidentClose, IncidentComment, IncidentPath, IncidentRestore, ListIncidents,
    ReopenIncident, RestoreIncident,
};
use crate::api::{IncidentState, List, Problem, ProblemKind};
use crate::platform::Platform;
use crate::platform::http::Routes;
use crate::platform::pipeline::Work;
use crate::text::{Untrusted, visible};

pub(super) fn add(routes: Routes<Platform>) -> Routes<Platform> {
    let nothing = Untrusted::default;
    routes
        .on::<ListIncidents>(|p, _, list: List| p.store.incidents(&list).map_err(problem))
        .on::<GetIncident>(|p, _, IncidentPath { id }| {
            p.store.incident(id).map_err(problem)?.ok_or_else(|| gone("incident", id.0))
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
        .on::<RestoreIncident>(|p, by, IncidentRestore { id, if_match, state, owner, verdict }| {
            if let IncidentState::Other(word) = &state {
                let why = format!("\"{}\" is no state", visible::escape(word));
                return Err(Problem::new(ProblemKind::Usage, "Nothing was taken back", why));
            }
            let owner = owner.map(name).transpose()?;
            p.change_incident(&by.name, "incident.restore", id, &state.as_str().into(), |incidents, now| {
                incidents.restore(id, if_match, &by.name, (state.clone(), owner, verdict), now).map(drop)
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
            if !closed.drill && p.work.try_send(Work::Verdict(Box::new(closed.clone()))).is_err() {
                tracing::warn!(incident = id.0, "intake is behind: the detectors did not hear of this verdict");
            }
            Ok(closed)
        })
}

/// An operator's name.
fn name(name: Untrusted) -> Result<Untrusted, Problem> {
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
