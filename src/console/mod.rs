//! The terminal console: screens over the platform's HTTP API, driven by keys.
//!
//! ```text
//! key ─► keymap ─► command ─► intent (asks the screen) | effect (asks the world) ─► runtime ─► client
//! reply or live update ─► message ─► update(app) ─► view(app) ─► one buffered write
//! ```
//!
//! `app/` is the Elm core, `screen/` and `overlay/` what is seen, `widget/` and `theme/` how, `runtime/` the loop,
//! `term/` the terminal. Nothing here knows the platform from inside. Start at `app/mod.rs`.

pub mod app;
#[cfg(test)]
pub mod fixture;
pub mod keymap;
pub mod overlay;
pub mod picture;
pub mod runtime;
pub mod screen;
pub mod term;
pub mod theme;
pub mod widget;

pub use runtime::{Link, Options, run};
