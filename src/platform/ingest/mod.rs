//! Intake: lines of many formats become [`Record`]s, files are followed, the host's logs are found.
//!
//! Knows nothing of detection or storage. Start at [`parse`] for what a line means, at `tail` for where lines come
//! from, at `discover` for what this host has. Attackers write parts of every line: no parser fails, panics, or lets
//! a client's words pass for the server's.

mod access;
mod address;
mod alb;
mod alert;
mod app;
mod asm;
mod audit;
mod auditd;
mod bundle;
mod combined;
mod container;
mod discover;
mod errors;
mod eve;
mod fast;
mod fields;
mod firewall;
mod format;
mod framework;
mod haproxy;
mod honeypot;
mod journal;
mod json;
mod layout;
mod login;
mod loose;
mod members;
mod modsecurity;
mod names;
mod netfilter;
mod ocsf;
mod oracle;
mod ossec;
mod pam;
mod proxy_manager;
mod quoted;
mod serial;
mod sshd;
mod stamp;
mod syslog;
mod tail;
mod w3c;
mod zeek;

pub use bundle::{events, is_bundle};
pub use discover::{describe, discover, discover_under};
pub use format::{Error, Format, recognise};
pub use layout::Layout;
pub use tail::{JOURNAL_PATH, Lines, MAX_LINE, follow};

use crate::api::{Source, Timestamp};
use crate::platform::record::Record;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;
use std::sync::Arc;

/// Reads a line; without a format each line is taken for what it looks like. Never fails: a line that nothing
/// understands is a record with `parsed: false` that happened now. Times that cannot be meant are `now` as well.
///
/// Whoever reads a stream uses [`Layout::read`], which also knows the stream's columns.
#[must_use]
pub fn parse<'a>(format: Option<Format>, line: &'a str, now: Timestamp) -> Record<'a> {
    parse_laid_out(format, line, &Layout::default(), now)
}

/// A line without its end.
fn unended(line: &str) -> &str {
    let line = line.strip_suffix('\n').unwrap_or(line);
    line.strip_suffix('\r').unwrap_or(line)
}

/// [`parse`] with the columns of the line's stream.
fn parse_laid_out<'a>(format: Option<Format>, line: &'a str, layout: &Layout, now: Timestamp) -> Record<'a> {
    let line = unended(line);
    if format.is_none()
        && let Some(record) = combined::ordinary(line, now)
    {
        return record;
    }
    let record = format.or_else(|| layout.recognise(line)).and_then(|format| format.parse(line, layout, now));
    record.unwrap_or_else(|| Record { parsed: false, ..Record::bare(now, line) })
}

/// Where a source was left, so that a restart goes on there.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resume {
    /// Device of the file.
    pub dev: u64,
    /// Inode of the file.
    pub inode: u64,
    /// Bytes taken in of it.
    pub offset: u64,
    /// Hash of its first bytes, to know it again.
    pub head: u64,
    /// How many bytes that hash covers.
    #[serde(default)]
    pub head_len: u64,
    /// The offset lies inside a line that was too long; the rest of that line is to be passed over.
    #[serde(default)]
    pub cut: bool,
    /// The header lines in force there.
    #[serde(default, skip_serializing_if = "Layout::is_empty")]
    pub layout: Layout,
    /// The journal's own resume point.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

/// Whole lines of one source.
#[derive(Debug, Clone, PartialEq)]
pub struct Batch {
    /// Its name.
    pub source: Arc<str>,
    /// Its format; `None`: each line as it looks.
    pub format: Option<Format>,
    /// Lines, each with its line end.
    pub text: Vec<u8>,
    /// What is known of its columns before the first line.
    pub layout: Layout,
    /// Where to go on once these are stored.
    pub resume: Option<Resume>,
    /// Part of the drill.
    pub drill: bool,
}

/// The lines of a text, without line ends; empty ones are left out. A line of nothing but `\r` is one, too: every line that a
/// source counted is an event.
pub fn lines(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        while !rest.is_empty() {
            let end = memchr::memchr(b'\n', rest.as_bytes()).unwrap_or(rest.len());
            let line = &rest[..end];
            rest = rest.get(end + 1..).unwrap_or("");
            if !line.is_empty() {
                return Some(line.strip_suffix('\r').unwrap_or(line));
            }
        }
        None
    })
}

/// What followers hand over.
#[derive(Debug, Clone, PartialEq)]
pub enum Intake {
    /// Lines.
    Batch(Batch),
    /// A source's state changed. Only `name`, `format`, `state`, `why` and `offset` are filled in: counts and times
    /// are kept by the receiver.
    State(Source),
}

/// A file to follow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Watch {
    /// The source's name, e.g. `nginx:/var/log/nginx/access.log`.
    pub name: String,
    /// Its format, if known.
    pub format: Option<Format>,
    /// Where it is; [`JOURNAL_PATH`] is the system's journal.
    pub path: PathBuf,
}

impl Watch {
    /// The watch's source in some state.
    #[must_use]
    pub fn source(&self, state: crate::api::SourceState, why: impl Into<String>) -> Source {
        Source {
            name: self.name.clone(),
            format: self.format.map_or("any", Format::as_str).to_owned(),
            state,
            why: why.into(),
            events: 0,
            unparsed: 0,
            offset: 0,
            last_event: None,
            last_read: None,
            drill: false,
        }
    }
}

#[cfg(test)]
#[path = "real_tests.rs"]
mod real_tests;
#[cfg(test)]
#[path = "mod_tests.rs"]
mod tests;
