//! Incidents: list, one, and what analysts do to them.

use super::audit::{gone, problem};
use crate::api::endpoint::{
    ArchiveIncident, ClaimIncident, CloseIncident, CommentIncident, EscalateIncident, GetIncident, IncidentChange,
    IncidentClose, IncidentComment, IncidentPath, ListIncidents, ReopenIncident,
};
use crate::api::{List, Problem, ProblemKind};
use crate::platform::Platform;
use crate::platform::http::Routes;
use crate::platform::pipeline::Work;
use crate::text::Untrusted;

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
