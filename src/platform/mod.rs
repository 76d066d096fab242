//! The embedded platform. Nothing outside this room knows what is inside; others speak to it over HTTP.

pub mod http;
pub mod record;
