//! The ledger: entries and their verification.

use crate::api::endpoint::{Empty, ListLedger, VerifyLedger};
use crate::api::{List, Problem, ProblemKind};
use crate::platform::Platform;
use crate::platform::desk::unavailable;
use crate::platform::http::Routes;
use crate::platform::ledger;

pub(super) fn add(routes: Routes<Platform>) -> Routes<Platform> {
    routes
        .on::<ListLedger>(|p, _, list: List| p.ledger.entries(&list).map_err(problem))
        .on::<VerifyLedger>(|p, _, Empty {}| p.ledger.check().map_err(problem))
}

fn problem(error: ledger::Error) -> Problem {
    match error {
        ledger::Error::Usage(why) => Problem::new(ProblemKind::Usage, "The question cannot be answered", why),
        other => unavailable(other),
    }
}
