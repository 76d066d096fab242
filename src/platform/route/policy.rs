//! The policy: as it stands, and another one tried over the past.

use crate::api::PolicyTrial;
use crate::api::endpoint::{Empty, GetPolicy, RehearsePolicy};
use crate::platform::Platform;
use crate::platform::http::Routes;

pub(super) fn add(routes: Routes<Platform>) -> Routes<Platform> {
    routes
        .on::<GetPolicy>(|p, _, Empty {}| Ok(p.policy_paper()))
        .on::<RehearsePolicy>(|p, _, trial: PolicyTrial| p.rehearse(&trial))
}
