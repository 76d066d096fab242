//! The contract, answered: one file per resource, each a list of endpoints and the rooms that answer them.

mod action;
mod audit;
pub(in crate::platform) mod entity;
pub(in crate::platform) mod incident;
mod ledger;
mod overview;
mod policy;
mod presence;
mod rule;
mod source;
mod suppression;

use super::Platform;
use super::http::Routes;

/// Adds an answer for every endpoint of the contract.
#[must_use]
pub fn add(routes: Routes<Platform>) -> Routes<Platform> {
    let routes = overview::add(routes);
    let routes = audit::add(routes);
    let routes = incident::add(routes);
    let routes = entity::add(routes);
    let routes = action::add(routes);
    let routes = source::add(routes);
    let routes = suppression::add(routes);
    let routes = rule::add(routes);
    let routes = policy::add(routes);
    let routes = presence::add(routes);
    ledger::add(routes)
}
