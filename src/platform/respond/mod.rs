//! Response: preview, guard rails, carrying out, verifying, undoing, expiring.
//!
//! Knows neither the store nor the ledger nor the clock: they come in as [`Book`], [`Journal`] and `now`.
pub mod enforcer;
pub mod guard;
pub mod prefix;
pub mod surroundings;
pub mod target;
