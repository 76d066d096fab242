//! The table of log formats: what each is called, how its lines are known, who reads them.
//!
//! A new format is a variant, a row and a parser. Recognition looks at the first bytes and, of JSON, at the names of
//! the outermost members only: names further in (headers, labels) may be a client's words.

use super::members::Members;
use super::{alb, combined, eve, journal, ocsf, stamp, syslog};
use crate::api::Timestamp;
use crate::platform::record::Record;
use serde::{Deserialize, Serialize};

/// What can go wrong in this room.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A format's name is not known.
    #[error("no such log format: \"{}\" (known: {})", crate::text::visible::escape(.0), known())]
    Format(String),
}

/// A log format. Its lower-case name is the one in [`Format::as_str`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// Combined and common access logs of nginx and Apache.
    Combined,
    /// Access logs of AWS application load balancers.
    Alb,
    /// RFC 3164, RFC 5424 or RFC 3339-stamped syslog; sshd, PAM and sudo are understood.
    Syslog,
    /// `journalctl -o json`.
    Journal,
    /// Suricata EVE.
    Eve,
    /// OCSF, one JSON object a line.
    Ocsf,
}

/// A format's row.
struct Row {
    format: Format,
    /// Its name, then other names it is understood by.
    names: &'static [&'static str],
    looks: Looks,
    parse: Parse,
}

/// How a format's lines are known.
enum Looks {
    /// Text that passes a test. Tests are tried in the table's order: strict ones stand before lax ones.
    Like(fn(&str) -> bool),
    /// JSON whose outermost object has all members of one of these sets. A line is the format whose set is complete
    /// first, so no set may be part of another format's lines.
    Members(&'static [&'static [&'static str]]),
}

/// Reads a line; `None` when it is something else.
type Parse = for<'a> fn(&'a str, Timestamp) -> Option<Record<'a>>;

const TABLE: &[Row] = &[
    Row { format: Format::Alb, names: &["alb"], looks: Looks::Like(alb::recognise), parse: alb::parse },
    Row {
        format: Format::Syslog,
        names: &["syslog", "sshd", "auth"],
        looks: Looks::Like(syslog::recognise),
        parse: |line, now| syslog::parse(line, now, stamp::machine_offset),
    },
    Row {
        format: Format::Combined,
        names: &["combined", "common", "nginx", "apache"],
        looks: Looks::Like(combined::recognise),
        parse: combined::parse,
    },
    Row {
        format: Format::Eve,
        names: &["eve", "suricata"],
        looks: Looks::Members(&[&["timestamp", "event_type"]]),
        parse: eve::parse,
    },
    Row { format: Format::Ocsf, names: &["ocsf"], looks: Looks::Members(&[&["class_uid"]]), parse: ocsf::parse },
    Row {
        format: Format::Journal,
        names: &["journal", "journald"],
        looks: Looks::Members(&[&["__REALTIME_TIMESTAMP"], &["MESSAGE"]]),
        parse: journal::parse,
    },
];

/// Members of an object that are looked at to know its format.
const MEMBERS_MAX: usize = 96;

impl Format {
    /// All of them.
    pub fn all() -> impl Iterator<Item = Self> {
        TABLE.iter().map(|row| row.format)
    }

    /// Its name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.row().names[0]
    }

    /// Reads a line; `None` when it is something else.
    pub(super) fn parse(self, line: &str, now: Timestamp) -> Option<Record<'_>> {
        (self.row().parse)(line, now)
    }

    fn row(self) -> &'static Row {
        // Every format has its row, as a test makes sure.
        TABLE.iter().find(|row| row.format == self).unwrap_or(&TABLE[0])
    }
}

/// Their names, for people.
fn known() -> String {
    TABLE.iter().map(|row| row.names[0]).collect::<Vec<_>>().join(", ")
}

impl std::fmt::Display for Format {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

impl std::str::FromStr for Format {
    type Err = Error;
    /// Reads a name or one of its aliases (`common`, `nginx`, `journald`, `suricata` ...), in any case.
    fn from_str(name: &str) -> Result<Self, Error> {
        let row = TABLE.iter().find(|row| row.names.iter().any(|known| known.eq_ignore_ascii_case(name)));
        row.map(|row| row.format).ok_or_else(|| Error::Format(name.to_owned()))
    }
}

/// What a line looks like; `None` when like nothing known.
#[must_use]
pub fn recognise(line: &str) -> Option<Format> {
    if line.starts_with('{') {
        return by_members(line);
    }
    TABLE.iter().find(|row| matches!(row.looks, Looks::Like(like) if like(line))).map(|row| row.format)
}

/// The format whose set of member names is complete first.
fn by_members(line: &str) -> Option<Format> {
    const SETS: usize = 3;
    let mut seen = [[0u8; SETS]; TABLE.len()];
    for (name, _) in Members::of(line).take(MEMBERS_MAX) {
        for (row, seen) in TABLE.iter().zip(&mut seen) {
            let Looks::Members(sets) = row.looks else { continue };
            for (set, seen) in sets.iter().zip(seen) {
                let Some(at) = set.iter().position(|member| *member == name) else { continue };
                *seen |= 1 << at;
                if seen.count_ones() as usize == set.len() {
                    return Some(row.format);
                }
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_format_has_one_row_and_each_name_one_meaning() {
        let mut names = Vec::new();
        for row in TABLE {
            assert_eq!(row.format.row().names, row.names);
            assert_eq!(serde_json::to_value(row.format).unwrap(), row.names[0], "the name in settings");
            if let Looks::Members(sets) = row.looks {
                assert!(sets.len() <= 3 && sets.iter().all(|set| !set.is_empty() && set.len() <= 8));
            }
            for name in row.names {
                assert_eq!(name.to_uppercase().parse::<Format>().unwrap(), row.format);
                names.push(*name);
            }
        }
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count);
        let error = "nonsense\u{1b}".parse::<Format>().unwrap_err().to_string();
        assert!(error.contains("(known: alb, syslog, combined") && !error.contains('\u{1b}'), "{error}");
    }
}
