//! Detection: rules over one request, behaviour over many events, a model of what clients usually get as answers.
//!
//! [`Inspector`] (`request/`) judges one request by itself and is shared with the gate; [`Engine`] (`engine/`)
//! remembers clients, users and ranges in bounded memory and turns events and hits into detections. All time comes from
//! the events. Knows no store, no incidents and no enforcer.

pub mod behaviour;
pub mod engine;
pub mod model;
pub mod request;
pub mod rules;

pub use engine::{Engine, Settings};
pub use request::{Hit, Inspector, Request};
pub use rules::Rules;
