//! Blocks: how a day file holds its events. Up to [`EVENTS_MAX`] of one commit or of a few small ones stand together,
//! column by column, packed; a row of the table `block` says which numbers and times they have.
//!
//! Three parts are packed apart, so that a question reads only what it names: numbers, the words that events refer to,
//! and the lines as they were received. A sieve says which addresses, users, sessions, keys and tenants are *not* in it.
//! Events of the drill never share a block with others: they are deleted as a whole. `pack.rs` writes a block, `part.rs`
//! is the form of its bytes, `read.rs` reads it, `file.rs` keeps blocks in a day file, `scan.rs` walks over them in order
//! of time.

mod column;
mod file;
mod pack;
mod part;
mod read;
mod scan;
mod sieve;
#[cfg(test)]
mod tests;
mod view;

pub(super) use column::Column;
pub(super) use file::{add, get, highest, purge_drill};
pub(super) use part::{pull, push};
pub(super) use scan::Scan;
pub(super) use sieve::Pivot;
pub(super) use view::{View, columns, is_text};

use super::Error;

/// Most events of a block.
pub(super) const EVENTS_MAX: usize = 2_048;
/// Bytes of text in a block after which it is closed: one event may exceed it, two do not share it then.
const BYTES_MAX: usize = 1 << 20;

/// The bytes of a block make no sense: what is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Fault(pub &'static str);

impl Fault {
    /// As the damage of the file that holds the block which begins with that number.
    fn of(self, first: u32) -> Error {
        Error::Damaged { file: String::new(), why: format!("the block of events from {first} on: {}", self.0) }
    }
}

/// Any bytes as each part of a block, for the laws of foreign bytes; whether they are one.
#[must_use]
pub fn decode(bytes: &[u8]) -> bool {
    read::Block::foreign(bytes)
}
