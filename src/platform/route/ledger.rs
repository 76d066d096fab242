//! The ledger: entries and their verification.

use crate::api::endpoint::{Empty, ListLedger, VerifyLedger};
use crate::api::{List, Problem};
use crate::platform::Platform;
use crate::platform::desk::unavailable;
use crate::platform::http::Routes;
use crate::platform::ledger;

pub(super) fn add(routes: Routes<Platform>) -> Routes<Platform> {
    routes
        .on::<ListLedger>(|p, _, list: List| p.ledger.entries(&list).map_err(Problem::from))
        .on::<VerifyLedger>(|p, _, Empty {}| ledger::verify(p.ledger.dir()).map_err(unavailable))
}
