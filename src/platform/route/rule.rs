//! Rules and how they do.

use crate::api::List;
use crate::api::endpoint::ListRules;
use crate::platform::Platform;
use crate::platform::http::Routes;

pub(super) fn add(routes: Routes<Platform>) -> Routes<Platform> {
    routes.on::<ListRules>(|p, _, list: List| p.rule_standings(&list))
}
