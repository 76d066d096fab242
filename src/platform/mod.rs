//! The embedded platform. Nothing outside this room knows what is inside; others speak to it over HTTP.

mod cursor;
pub mod ledger;
pub mod record;
pub mod store;
