//! The table of log formats: what each is called, how its lines are known, who reads them.
//!
//! A new format is a variant, a row and a parser. Recognition looks at the first bytes and, of JSON, at the names of
//! the outermost members only: names further in (headers, labels) may be a client's words.

use super::members::Members;
use super::{
    Layout, access, alb, app, audit, combined, errors, eve, haproxy, journal, modsecurity, ocsf, stamp, syslog, w3c,
    zeek,
};
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
    /// Access logs in JSON with the customary names.
    Json,
    /// Caddy's access log.
    Caddy,
    /// Traefik's access log, JSON or common.
    Traefik,
    /// HAProxy's HTTP log, bare or in syslog.
    HaProxy,
    /// AWS CloudFront's standard log.
    CloudFront,
    /// W3C extended log of IIS.
    Iis,
    /// Zeek, tab-separated or JSON.
    Zeek,
    /// ModSecurity's audit log in JSON.
    ModSecurity,
    /// Error logs of nginx and Apache.
    Error,
    /// AWS CloudTrail.
    CloudTrail,
    /// Kubernetes audit events.
    Kubernetes,
    /// GitHub's audit log.
    GitHub,
    /// Okta's System Log.
    Okta,
    /// Frame.io's audit log.
    FrameIo,
    /// Google Cloud's and Workspace's audit logs.
    Google,
    /// Microsoft Entra's sign-in and audit logs.
    Entra,
    /// Windows' security log in JSON.
    Windows,
    /// Applications' own logs: a time, then words; `key=value`; JSON with a message.
    App,
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
    /// Text or JSON.
    Either(fn(&str) -> bool, &'static [&'static [&'static str]]),
}

impl Looks {
    fn like(&self, line: &str) -> bool {
        matches!(self, Self::Like(test) | Self::Either(test, _) if test(line))
    }

    fn sets(&self) -> &'static [&'static [&'static str]] {
        match self {
            Self::Members(sets) | Self::Either(_, sets) => sets,
            Self::Like(_) => &[],
        }
    }
}

/// Reads a line; `None` when it is something else.
type Parse = for<'a> fn(&'a str, Timestamp) -> Option<Record<'a>>;

const TABLE: &[Row] = &[
    Row {
        format: Format::CloudFront,
        names: &["cloudfront"],
        looks: Looks::Like(w3c::is_cloudfront),
        parse: w3c::parse,
    },
    Row { format: Format::Iis, names: &["iis", "w3c"], looks: Looks::Like(w3c::is_iis), parse: w3c::parse },
    Row {
        format: Format::Zeek,
        names: &["zeek", "bro"],
        looks: Looks::Either(
            zeek::recognise,
            &[&["_path", "ts"], &["ts", "uid"], &["ts", "note"], &["ts", "name", "notice"]],
        ),
        parse: zeek::parse,
    },
    Row {
        format: Format::ModSecurity,
        names: &["modsecurity", "modsec"],
        looks: Looks::Like(modsecurity::recognise),
        parse: modsecurity::parse,
    },
    Row { format: Format::Alb, names: &["alb"], looks: Looks::Like(alb::recognise), parse: alb::parse },
    Row {
        format: Format::Syslog,
        names: &["syslog", "sshd", "auth"],
        looks: Looks::Like(syslog::recognise),
        parse: |line, now| syslog::parse(line, now, stamp::machine_offset),
    },
    Row {
        format: Format::Error,
        names: &["error", "nginx-error", "apache-error"],
        looks: Looks::Like(errors::recognise),
        parse: |line, now| errors::parse(line, now, stamp::machine_offset),
    },
    Row {
        format: Format::Combined,
        names: &["combined", "common", "nginx", "apache"],
        looks: Looks::Like(combined::recognise),
        parse: combined::parse,
    },
    Row {
        format: Format::HaProxy,
        names: &["haproxy"],
        looks: Looks::Like(haproxy::recognise),
        parse: |line, now| {
            haproxy::parse(line, now, stamp::machine_offset).or_else(|| syslog::parse(line, now, stamp::machine_offset))
        },
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
    Row {
        format: Format::Traefik,
        names: &["traefik"],
        looks: Looks::Members(&[&["ClientAddr", "DownstreamStatus"], &["ClientHost", "DownstreamStatus"]]),
        parse: |line, now| if line.starts_with('{') { access::parse(line, now) } else { combined::parse(line, now) },
    },
    Row {
        format: Format::Caddy,
        names: &["caddy"],
        looks: Looks::Members(&[&["logger", "request", "status"], &["request", "resp_headers"]]),
        parse: access::parse,
    },
    // The names are anybody's choice: whatever is something else is not this.
    Row {
        format: Format::Json,
        names: &["json", "nginx-json", "apache-json"],
        looks: Looks::Like(access::recognise),
        parse: access::parse,
    },
    Row {
        format: Format::CloudTrail,
        names: &["cloudtrail"],
        looks: Looks::Members(&[&["eventSource", "eventName"]]),
        parse: audit::cloudtrail,
    },
    Row {
        format: Format::Kubernetes,
        names: &["kubernetes", "k8s"],
        looks: Looks::Members(&[&["auditID", "verb"]]),
        parse: audit::kubernetes,
    },
    Row {
        format: Format::GitHub,
        names: &["github"],
        looks: Looks::Members(&[
            &["action", "actor", "@timestamp"],
            &["action", "actor", "created_at"],
            &["action", "_document_id"],
        ]),
        parse: audit::github,
    },
    Row {
        format: Format::Okta,
        names: &["okta"],
        looks: Looks::Members(&[&["eventType", "published"]]),
        parse: audit::okta,
    },
    Row {
        format: Format::FrameIo,
        names: &["frameio", "frame.io"],
        looks: Looks::Members(&[&["event_type", "inserted_at"], &["action", "item_type", "inserted_at"]]),
        parse: audit::frameio,
    },
    Row {
        format: Format::Google,
        names: &["google", "gcp", "workspace"],
        looks: Looks::Members(&[&["protoPayload", "logName"], &["id", "actor", "events"]]),
        parse: audit::google,
    },
    Row {
        format: Format::Entra,
        names: &["entra", "azure", "azuread"],
        looks: Looks::Members(&[
            &["createdDateTime", "userPrincipalName", "status"],
            &["activityDisplayName", "activityDateTime"],
            &["time", "operationName", "category", "properties"],
        ]),
        parse: audit::azure,
    },
    Row {
        format: Format::Windows,
        names: &["windows", "winlogbeat", "nxlog"],
        looks: Looks::Members(&[&["winlog"], &["EventID", "Channel"], &["EventID", "TargetUserName"], &["Event"]]),
        parse: audit::windows,
    },
    // Whatever begins with a time and is nothing else.
    Row { format: Format::App, names: &["app"], looks: Looks::Like(app::recognise), parse: app::parse },
];

/// Members of an object that are looked at to know its format.
pub(super) const MEMBERS_MAX: usize = 96;
/// Sets of one format.
const SETS: usize = 4;

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
    pub(super) fn parse<'a>(self, line: &'a str, layout: &Layout, now: Timestamp) -> Option<Record<'a>> {
        match layout.header(self) {
            Some(header) if self == Self::Zeek => zeek::parse_laid_out(line, now, header),
            Some(header) => w3c::parse_laid_out(line, now, header),
            None => (self.row().parse)(line, now),
        }
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
    let named = if line.starts_with('{') { by_members(line) } else { None };
    named.or_else(|| TABLE.iter().find(|row| row.looks.like(line)).map(|row| row.format))
}

/// The format whose set of member names is complete first.
fn by_members(line: &str) -> Option<Format> {
    let mut seen = [[0u8; SETS]; TABLE.len()];
    for (name, _) in Members::of(line).take(MEMBERS_MAX) {
        for (row, seen) in TABLE.iter().zip(&mut seen) {
            for (set, seen) in row.looks.sets().iter().zip(seen) {
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
            let sets = row.looks.sets();
            assert!(sets.len() <= SETS && sets.iter().all(|set| !set.is_empty() && set.len() <= 8));
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
        assert!(
            error.contains("(known: cloudfront, iis, zeek, modsecurity, alb, syslog") && !error.contains('\u{1b}'),
            "{error}"
        );
    }
}
