//! Events and detections: lists, one, histogram, top.

use crate::api::endpoint::{
    AuditHistogram, AuditTop, DetectionPath, EventPath, GetDetection, GetEvent, HistogramInput, ListDetections,
    ListEvents, TopInput,
};
use crate::api::{List, Problem, ProblemKind};
use crate::platform::Platform;
use crate::platform::desk::unavailable;
use crate::platform::http::Routes;
use crate::platform::store;

/// Bars a histogram may have.
const MAX_BARS: i64 = 10_000;

pub(super) fn add(routes: Routes<Platform>) -> Routes<Platform> {
    routes
        .on::<ListEvents>(|p, _, list: List| p.store.events(&list).map_err(problem))
        .on::<GetEvent>(|p, _, EventPath { id }| p.store.event(id).map_err(problem)?.ok_or_else(|| gone("event", id.0)))
        .on::<AuditHistogram>(|p, _, input: HistogramInput| {
            check_bars(&input)?;
            p.store.histogram(&input).map_err(problem)
        })
        .on::<AuditTop>(|p, _, input: TopInput| p.store.top(&input).map_err(problem))
        .on::<ListDetections>(|p, _, list: List| p.store.detections(&list).map_err(problem))
        .on::<GetDetection>(|p, _, DetectionPath { id }| {
            p.store.detection(id).map_err(problem)?.ok_or_else(|| gone("detection", id.0))
        })
}

fn check_bars(input: &HistogramInput) -> Result<(), Problem> {
    let step = i64::from(input.step_seconds) * 1000;
    if step == 0 || step % 60_000 != 0 {
        return Err(Problem::new(
            ProblemKind::Usage,
            "The histogram was not made",
            format!("step_seconds {} is no multiple of 60", input.step_seconds),
        ));
    }
    if (input.until.0 - input.since.0) / step > MAX_BARS {
        return Err(Problem::new(ProblemKind::Usage, "The histogram was not made", "it would have over 10,000 bars")
            .hint("Ask for a wider step or a shorter range."));
    }
    Ok(())
}

/// There is no such row.
pub(super) fn gone(what: &str, id: u64) -> Problem {
    Problem::new(
        ProblemKind::NotFound,
        format!("There is no {what} {id}"),
        "it was never there, or retention has removed it",
    )
}

/// The store's error as the caller should read it: their mistakes as usage, ours as unavailable.
pub(super) fn problem(error: store::Error) -> Problem {
    match error {
        store::Error::Usage(why) => Problem::new(ProblemKind::Usage, "The question cannot be answered", why),
        store::Error::TooWide(why) => {
            Problem::new(ProblemKind::Usage, "The answer would take too long", why).hint("Ask for a shorter range.")
        }
        other => unavailable(other),
    }
}
