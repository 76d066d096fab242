//! NDJSON: one JSON object a line, safe as `json.rs` makes it.

use super::{Sheet, json};
use serde::Serialize;
use std::io;

/// A record a line.
pub struct Lines;

impl<R: Serialize> Sheet<R> for Lines {
    fn start(&mut self, _: &mut Vec<u8>) -> io::Result<()> {
        Ok(())
    }

    fn row(&mut self, _: u64, row: &R, out: &mut Vec<u8>) -> io::Result<()> {
        json::push_line(out, row)?;
        out.push(b'\n');
        Ok(())
    }

    fn end(&mut self, _: u64, _: &mut Vec<u8>) -> io::Result<()> {
        Ok(())
    }
}
