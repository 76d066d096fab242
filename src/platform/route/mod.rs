//! The contract, answered: one file per resource, each a list of endpoints and the rooms that answer them.

mod action;
mod audit;
mod entity;
mod incident;
mod ledger;
mod overview;
mod source;

use super::Platform;
use super::http::Routes;

/// Every endpoint of the contract with its answer.
#[must_use]
pub fn routes() -> Routes<Platform> {
    let routes = overview::add(Routes::new());
    let routes = audit::add(routes);
    let routes = incident::add(routes);
    let routes = entity::add(routes);
    let routes = action::add(routes);
    let routes = source::add(routes);
    ledger::add(routes)
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_endpoint_of_the_contract_is_answered() {
        assert_eq!(super::routes().missing(), Vec::<&str>::new());
    }
}
