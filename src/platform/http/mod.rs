//! The platform's HTTP door: typed routes, tokens and roles, the live stream, ingest, the gate, the accept loop.
//!
//! It knows the contract (`api`) and nothing of detection, storage or response: what a route does is a closure given
//! by the platform. Start at `routes.rs`; `accept.rs` is the server, `door.rs` says who may come in.

mod accept;
mod answer;
mod body;
mod connection;
mod door;
pub mod gate;
mod ingest;
pub mod live;
mod presence;
mod routes;
mod stream;
mod token_file;
mod token_text;
pub mod tokens;

pub use accept::{Limits, serve};
pub use connection::Connection;
pub use door::Caller;
pub use gate::GateRoute;
pub use live::Hub;
pub use presence::Presence;
pub use routes::{App, Routes};
pub use token_file::Error;
pub use tokens::Tokens;

#[cfg(test)]
mod tests;
