//! Watchfloor: a security operations console for the terminal, with the platform built in.
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
