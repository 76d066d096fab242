//! What a row of each resource looks like: columns as data, one file per resource.
//!
//! The same columns serve the console's lists and tables on the command line; the fields serve files and pipes. A cell
//! is text that is safe on a terminal already (made through `Untrusted`'s exits) and a meaning that the theme turns into
//! a style. Nothing here knows widgets, themes, files or the clock. To add a column, add it to the resource's list.

pub mod action;
pub mod bill;
pub mod block;
pub mod cell;
pub mod detection;
pub mod entity;
pub mod event;
pub mod finding;
pub mod incident;
pub mod layout;
pub mod ledger;
pub mod proposal;
pub mod rule;
pub mod source;
pub mod suppression;
pub mod timeline;

pub use cell::{Cell, Meaning};

use crate::api::Timestamp;
use crate::text::{Untrusted, visible};
use std::net::IpAddr;

/// One column of a screen.
#[derive(Debug, Clone, Copy)]
pub struct Column<R: 'static> {
    /// Its heading.
    pub name: &'static str,
    /// Cells it likes to have; the least when it grows.
    pub width: u16,
    /// 0 is always shown; the highest goes first when space is short.
    pub priority: u8,
    /// Takes what the others leave.
    pub grows: bool,
    /// Numbers stand to the right.
    pub right: bool,
    /// Its cell for a row, at a time.
    pub cell: fn(&R, Timestamp) -> Cell,
}

impl<R> Column<R> {
    /// A column of text.
    #[must_use]
    pub const fn new(name: &'static str, width: u16, priority: u8, cell: fn(&R, Timestamp) -> Cell) -> Self {
        Self { name, width, priority, grows: false, right: false, cell }
    }

    /// A column of numbers.
    #[must_use]
    pub const fn number(name: &'static str, width: u16, priority: u8, cell: fn(&R, Timestamp) -> Cell) -> Self {
        Self { name, width, priority, grows: false, right: true, cell }
    }

    /// A column of text that takes what the others leave, and needs at least `width`.
    #[must_use]
    pub const fn growing(name: &'static str, width: u16, priority: u8, cell: fn(&R, Timestamp) -> Cell) -> Self {
        Self { name, width, priority, grows: true, right: false, cell }
    }
}

/// What has rows on a screen.
pub trait Row: Sized + 'static {
    /// The columns, in order.
    const SCREEN: &'static [Column<Self>];
}

/// One field of a record: its name and its text, whole and made visible.
#[derive(Debug, Clone, Copy)]
pub struct Field<R: 'static> {
    /// Its name in CSV.
    pub name: &'static str,
    /// Its text for a record; times are RFC 3339.
    pub text: fn(&R) -> String,
}

/// A resource that is written to files and pipes as well, where machines read it.
pub trait Record: Row {
    /// The fields, in order. New ones go to the end: scripts count them.
    const FIELDS: &'static [Field<Self>];
}

const fn field<R>(name: &'static str, text: fn(&R) -> String) -> Field<R> {
    Field { name, text }
}

fn yes_no(value: bool) -> String {
    value.to_string()
}

fn outside(text: Option<&Untrusted>) -> String {
    text.map(Untrusted::visible).unwrap_or_default()
}

fn told(text: &str) -> String {
    visible::escape(text).into_owned()
}

fn address(ip: Option<IpAddr>) -> String {
    ip.map(|ip| ip.to_canonical().to_string()).unwrap_or_default()
}

fn maybe<T: ToString>(value: Option<T>) -> String {
    value.map(|v| v.to_string()).unwrap_or_default()
}

/// Several words in one field.
fn listed(words: &[String]) -> String {
    let words: Vec<_> = words.iter().map(|word| visible::escape(word)).collect();
    words.join(" ")
}

#[cfg(test)]
#[path = "mod_test.rs"]
mod tests;
