//! The embedded platform. Nothing outside this room knows what is inside; others speak to it over HTTP.

pub mod detect;
pub mod enrich;
pub mod incident;
pub mod policy;
pub mod record;
pub mod score;
