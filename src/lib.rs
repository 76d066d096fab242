//! Watchfloor: a security operations console for the terminal, with the platform built in.
#![forbid(unsafe_code)]

pub mod api;
pub mod command;
pub mod console;
#[cfg(feature = "platform")]
pub mod platform;
pub mod text;
