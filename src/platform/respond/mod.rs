//! Response.

pub mod enforcer;
pub mod prefix;
pub mod target;
