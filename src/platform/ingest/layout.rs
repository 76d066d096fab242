//! The memory of one stream: which columns its lines have.
//!
//! W3C logs (IIS, CloudFront) and Zeek's tab-separated ones name their columns in lines that begin with `#`, AWS' flow
//! logs in a line of names. Whoever
//! reads a stream keeps one [`Layout`] for it and shows it every line, in order. It costs a look at a line's first byte
//! for all other formats; a copy is two pointers'. As a text (for resume points) it is the header lines that count. Where
//! a record has many lines (ModSecurity's serial log, Oracle's audit files, OSSEC's alerts) those that were read of it are kept here until its end comes.

mod column;

use super::Format;
use super::firewall;
use super::serial::{self, Serial, Step};
use crate::api::Timestamp;
use crate::platform::record::Record;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

pub(super) use column::{COLUMNS, Column, columns, w3c, zeek};
use column::{flows, names_flows};

/// Bytes of one header line; no writer comes near.
const HEADER_MAX: usize = 16 * 1024;

/// What is known of a stream's columns.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub struct Layout {
    columns: Option<Arc<Header>>,
    /// A record over many lines that is not complete.
    open: Option<Arc<Serial>>,
}

/// The header lines in force.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Header {
    /// `#Date`, for logs whose lines have a time only.
    pub date: String,
    /// Zeek's `#path`, e.g. `conn`.
    pub path: String,
    /// The line that names the columns.
    fields: String,
    /// What they hold, in order; `None` for what nobody asks for.
    pub columns: Vec<Option<Column>>,
}

impl Layout {
    /// Reads the next line of the stream: `None` when it is a header, which is learnt instead. Otherwise as
    /// [`super::parse`].
    pub fn read<'a>(&mut self, format: Option<Format>, line: &'a str, now: Timestamp) -> Option<Record<'a>> {
        let line = super::unended(line);
        if self.open.is_some() || serial::may_begin(line.as_bytes()) {
            match self.step(line) {
                Step::Whole(text) => return serial::parse(&text, now),
                Step::Part => return None,
                Step::Other => {}
            }
        }
        if self.learn(line) { None } else { Some(super::parse_laid_out(format, line, self, now)) }
    }

    /// Nothing is known.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.columns.is_none() && self.open.is_none()
    }

    /// What a line of this stream looks like. Columns that the header leaves out make a line look like nothing: where a
    /// W3C header was seen, a line that begins with a date or time and looks like nothing else is W3C's.
    pub(super) fn recognise(&self, line: &str) -> Option<Format> {
        let known = super::recognise(line);
        let w3c = || self.header(Format::Iis).filter(|_| line.starts_with(|c: char| c.is_ascii_digit()));
        match known {
            // What begins with a date could be any application's line; the header knows better.
            None | Some(Format::App)
                if self.header(Format::Firewall).is_some_and(|header| firewall::fits(line, header)) =>
            {
                Some(Format::Firewall)
            }
            None | Some(Format::App) => w3c().map(|_| Format::Iis).or(known),
            known => known,
        }
    }

    /// Learns from the header lines among `text`'s lines: for whoever passes lines over, or shares them out.
    pub fn learn_all(&mut self, text: &[u8]) {
        let mut rest = text;
        while !rest.is_empty() {
            if self.open.is_some() || matches!(rest[0], b'#' | b'-' | b'a'..=b'z' | b'L' | b'*') {
                let end = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
                let line = rest[..end].strip_suffix(b"\r").unwrap_or(&rest[..end]);
                let line = String::from_utf8_lossy(line);
                if self.step(&line) == Step::Other {
                    self.learn(&line);
                }
                rest = rest.get(end + 1..).unwrap_or_default();
                continue;
            }
            let begins = |end: &usize| matches!(rest.get(end + 1), Some(b'#' | b'-' | b'a'..=b'z' | b'L' | b'*'));
            let Some(next) = memchr::memchr_iter(b'\n', rest).find(begins) else { return };
            rest = &rest[next + 1..];
        }
    }

    /// Shows the record over many lines, if there is one, its next line.
    fn step(&mut self, line: &str) -> Step {
        let mut open = self.open.take().map(Arc::unwrap_or_clone);
        let step = Serial::step(&mut open, line);
        self.open = open.map(Arc::new);
        step
    }

    /// Learns a header line; false when it is none.
    fn learn(&mut self, line: &str) -> bool {
        if line.len() <= HEADER_MAX && line.starts_with(|c: char| c.is_ascii_lowercase()) && names_flows(line) {
            let fields = line.to_owned();
            self.columns = Some(Arc::new(Header { columns: columns(line, flows), fields, ..Header::default() }));
            return true;
        }
        if !line.starts_with('#') || line.len() > HEADER_MAX {
            return false;
        }
        let (name, value) = line[1..].split_once([' ', '\t']).unwrap_or((&line[1..], ""));
        let header = || (self.columns.as_deref().cloned()).unwrap_or_default();
        let learnt = match name {
            "Fields:" => {
                Header { fields: line.to_owned(), columns: columns(value, w3c), path: String::new(), ..header() }
            }
            "fields" => {
                Header { fields: line.to_owned(), columns: columns(value, zeek), date: String::new(), ..header() }
            }
            "Date:" | "Start-Date:" => Header { date: value.trim().chars().take(10).collect(), ..header() },
            // A new log begins: the columns before it were another's.
            "path" => Header { path: value.to_owned(), ..Header::default() },
            "Version:" | "Software:" | "End-Date:" | "Remark:" | "separator" | "set_separator" | "empty_field"
            | "unset_field" | "open" | "close" | "types" => return true,
            _ => return false,
        };
        self.columns = Some(Arc::new(learnt));
        true
    }

    /// The columns of lines of `format`, if its header was seen.
    pub(super) fn header(&self, format: Format) -> Option<&Header> {
        let header = self.columns.as_deref().filter(|header| !header.columns.is_empty())?;
        let (zeek, flows) = (header.fields.starts_with("#fields"), !header.fields.starts_with('#'));
        let fits = match format {
            Format::Zeek => zeek,
            Format::Firewall => flows,
            Format::CloudFront | Format::Iis => !zeek && !flows,
            _ => false,
        };
        fits.then_some(header)
    }
}

impl From<String> for Layout {
    fn from(text: String) -> Self {
        let mut layout = Self::default();
        layout.learn_all(text.as_bytes());
        layout
    }
}

impl From<Layout> for String {
    fn from(layout: Layout) -> Self {
        let mut text = Self::new();
        if let Some(header) = layout.columns {
            if !header.path.is_empty() {
                text += &format!("#path\t{}\n", header.path);
            }
            if !header.date.is_empty() {
                text += &format!("#Date: {}\n", header.date);
            }
            text += &header.fields;
            text.push('\n');
        }
        text += layout.open.as_deref().map_or("", |open| &open.text);
        text.truncate(text.trim_end_matches('\n').len());
        text
    }
}

#[cfg(test)]
#[path = "layout_tests.rs"]
mod tests;
