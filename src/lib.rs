//! Watchfloor: a security operations console for the terminal, with the platform built in.
//!
//! ```text
//! sources ─► ingest ─► detect ─► incident ─► enrich ─► score ─► policy ─► respond ─► verify
//!               └────────── store ──────────────┘          └──── ledger ────┘
//!                             ▲ HTTP /v1 (api)
//! key ─► keymap ─► command ─► intent (asks the screen) | effect (asks the world) ─► client
//! reply or live update ─► message ─► update(app) ─► view(app) ─► one buffered write
//! ```
//!
//! Rooms import downwards only: `cli > console > command > client > api`, with `text`, `query` and `api` as the ground
//! floor; `platform` speaks to nobody but through HTTP. `tests/architecture.rs` holds them to it.
//!
//! - [`text`] makes untrusted text safe and makes it fit; [`api`] is the contract; [`query`] the filter language.
//! - [`client`] calls platforms; [`command`] is the registry of what can be done; [`column`] is the look of a row,
//!   [`export`] writes rows; [`config`] reads settings and credentials.
//! - [`console`] is the terminal program, [`cli`] the command line.
//! - `platform` is the embedded server, behind the feature of that name.
#![forbid(unsafe_code)]

pub mod api;
pub mod cli;
pub mod client;
pub mod column;
pub mod command;
pub mod config;
pub mod console;
pub mod export;
#[cfg(feature = "platform")]
pub mod platform;
pub mod query;
pub mod text;
