//! The table of log formats: what each is called, how its lines are known, who reads them.
//!
//! A new format is a variant, a row and a parser. Recognition looks at the first bytes and, of JSON, at the names of
//! the outermost members only: names further in (headers, labels) may be a client's words.

mod table;

use super::members::Members;
use super::{Layout, firewall, w3c, zeek};
use crate::api::Timestamp;
use crate::platform::record::Record;
use serde::{Deserialize, Serialize};
use table::{Row, TABLE};

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
    /// Nginx Proxy Manager's access log.
    ProxyManager,
    /// Access logs of meshes, application servers and frameworks.
    Framework,
    /// Lines wrapped by a container's runtime.
    Container,
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
    /// GitLab's audit events.
    GitLab,
    /// Okta's System Log.
    Okta,
    /// Frame.io's audit log.
    FrameIo,
    /// Google Cloud's and Workspace's audit logs.
    Google,
    /// Microsoft Entra's sign-in and audit logs.
    Entra,
    /// Microsoft 365's unified audit log.
    Office,
    /// Auth0's tenant log.
    Auth0,
    /// Windows' security log in JSON.
    Windows,
    /// Other detectors' alerts in JSON.
    Alert,
    /// Linux' audit log.
    Auditd,
    /// OpenCanary's log.
    Honeypot,
    /// One-line alerts of Snort and Suricata.
    Fast,
    /// AWS VPC flow logs and Windows' firewall log.
    Firewall,
    /// Applications' own logs: a time, then words; `key=value`; JSON with a message.
    App,
}

/// Members of an object that are looked at to know its format.
pub(super) const MEMBERS_MAX: usize = 96;
/// Sets of one format.
const SETS: usize = 8;

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
            Some(header) if self == Self::Firewall => firewall::parse_laid_out(line, now, header),
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
            error.contains("(known: cloudfront, iis, zeek, modsecurity, alb, container, syslog")
                && !error.contains('\u{1b}'),
            "{error}"
        );
    }
}
