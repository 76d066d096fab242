//! JSON without surprises: everything unprintable or invisible is a `\u` escape, on terminals and in files alike.
//!
//! [`Document`] streams one JSON document, a row a line; [`to_json`] writes a single value the same safe way.

use super::Sheet;
use crate::command::Export;
use crate::text::visible;
use serde::Serialize;
use serde_json::ser::{CompactFormatter, Formatter, PrettyFormatter, Serializer};
use std::io::{self, Write};

/// A formatter that lets nothing through that could deceive or drive a terminal.
struct Safe<F>(F);

impl<F: Formatter> Formatter for Safe<F> {
    fn write_string_fragment<W: ?Sized + Write>(&mut self, out: &mut W, fragment: &str) -> io::Result<()> {
        let mut plain = 0;
        for (at, c) in fragment.char_indices() {
            if !(visible::is_dangerous(c) || visible::is_mark(c)) {
                continue;
            }
            out.write_all(&fragment.as_bytes()[plain..at])?;
            let mut units = [0u16; 2];
            for unit in c.encode_utf16(&mut units) {
                write!(out, "\\u{unit:04x}")?;
            }
            plain = at + c.len_utf8();
        }
        out.write_all(&fragment.as_bytes()[plain..])
    }

    fn begin_array<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.begin_array(out)
    }
    fn end_array<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.end_array(out)
    }
    fn begin_array_value<W: ?Sized + Write>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        self.0.begin_array_value(out, first)
    }
    fn end_array_value<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.end_array_value(out)
    }
    fn begin_object<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.begin_object(out)
    }
    fn end_object<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.end_object(out)
    }
    fn begin_object_key<W: ?Sized + Write>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        self.0.begin_object_key(out, first)
    }
    fn begin_object_value<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.begin_object_value(out)
    }
    fn end_object_value<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.end_object_value(out)
    }
}

/// One line of safe JSON, without a line end.
///
/// # Errors
/// The value cannot be JSON (a map with keys that are no text).
pub fn push_line(out: &mut Vec<u8>, value: &impl Serialize) -> io::Result<()> {
    value.serialize(&mut Serializer::with_formatter(out, Safe(CompactFormatter))).map_err(io::Error::from)
}

/// A value as indented, safe JSON with a line end.
#[must_use]
pub fn to_json(value: &impl Serialize) -> String {
    let mut out = Vec::new();
    let written = value.serialize(&mut Serializer::with_formatter(&mut out, Safe(PrettyFormatter::new())));
    if written.is_err() {
        out = b"null".to_vec();
    }
    out.push(b'\n');
    String::from_utf8(out).unwrap_or_default()
}

/// One JSON document: what was asked for, the rows, and how many they are.
pub struct Document {
    head: serde_json::Value,
}

impl Document {
    /// A document of this export.
    #[must_use]
    pub fn new(export: &Export) -> Self {
        let head = serde_json::json!({
            "resource": export.resource.word(), "query": export.query, "since": export.since, "until": export.until,
        });
        Self { head }
    }
}

impl<R: Serialize> Sheet<R> for Document {
    fn start(&mut self, out: &mut Vec<u8>) -> io::Result<()> {
        push_line(out, &self.head)?;
        // The head is an object: open it again for the rows.
        out.pop();
        out.extend_from_slice(b",\"items\":[");
        Ok(())
    }

    fn row(&mut self, nth: u64, row: &R, out: &mut Vec<u8>) -> io::Result<()> {
        out.extend_from_slice(if nth == 0 { b"\n" } else { b",\n" });
        push_line(out, row)
    }

    fn end(&mut self, rows: u64, out: &mut Vec<u8>) -> io::Result<()> {
        writeln!(out, "\n],\"rows\":{rows}}}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::Value;

    proptest! {
        #[test]
        fn no_dangerous_character_and_the_same_value_back(key in any::<String>(), text in any::<String>(), n: i64) {
            let value = serde_json::json!({ key: [text, n, null], "x": {} });
            let mut line = Vec::new();
            push_line(&mut line, &value).unwrap();
            for shown in [String::from_utf8(line).unwrap(), to_json(&value)] {
                prop_assert!(shown.chars().all(|c| c == '\n' || !visible::is_dangerous(c)), "{shown:?}");
                prop_assert_eq!(&serde_json::from_str::<Value>(&shown).unwrap(), &value);
            }
        }
    }

    #[test]
    fn escapes_are_written_out() {
        assert_eq!(to_json(&"\u{1b}\u{202e}\u{7f}a\u{e0041}"), "\"\\u001b\\u202e\\u007fa\\udb40\\udc41\"\n");
    }
}
