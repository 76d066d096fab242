//! OSSEC's and Wazuh's alerts in text: a block that begins with `** Alert 1767323045.7: - syslog,sshd,`, then the date,
//! `Rule: 5712 (level 10) -> 'words'`, `Src IP: A`, and the line of the log, which is read as a line of its own. A single
//! refused or granted login is told by that line; what is seen in many lines is an alert.

use super::{address, modsecurity, stamp};
use crate::api::{Severity, Timestamp};
use crate::platform::record::{Alert, Record};
use std::borrow::Cow;

/// Lines of a block before the client's address.
const BEFORE: [&str; 5] = ["Rule: ", "20", "Src IP: ", "Src Location: ", "Src Port: "];
/// From this level on several lines made the alert; and the lowest of which anything is told.
const CORRELATED: u8 = 10;
const LEVEL_MIN: u8 = 6;

/// Whether a text is the first line of a block, or a block.
#[must_use]
pub fn begins(text: &str) -> bool {
    text.starts_with("** Alert ")
}

/// Whether a line is of a block, and whether it is the last that is kept.
#[must_use]
pub fn line(line: &str) -> (bool, bool) {
    (BEFORE.iter().any(|start| line.starts_with(start)), line.starts_with("Src IP: "))
}

/// The record of a block.
#[must_use]
pub fn parse(text: &str, now: Timestamp) -> Record<'static> {
    let field = |name: &str| text.split('\n').find_map(|line| line.strip_prefix(name));
    let head = field("** Alert ").unwrap_or("");
    let (when, groups) = head.split_once(':').unwrap_or((head, ""));
    let time = stamp::epoch(when).map_or(now, |time| stamp::sane(time, now));
    let mut record = Record::bare(time, text.to_owned());
    let rule = field("Rule: ").unwrap_or("");
    let (id, rest) = rule.split_once(" (level ").unwrap_or((rule, ""));
    let (level, title) = rest.split_once(") -> ").unwrap_or(("0", rest));
    let level: u8 = level.parse().unwrap_or(0);
    record.src_ip = field("Src IP: ").and_then(|ip| address::parse(ip.trim()));
    let simple = level < CORRELATED && groups.contains("authentication_");
    if record.src_ip.is_none() || simple || level < LEVEL_MIN {
        // The line of the log says it.
        record.src_ip = None;
        return record;
    }
    let severity = if level >= 12 { Severity::High } else { Severity::Medium };
    let title = Cow::Owned(title.trim_matches('\'').to_owned());
    let category = Cow::Owned(groups.trim_matches([' ', '-', ',']).to_owned());
    modsecurity::raise(&mut record, Alert { id: Cow::Owned(id.to_owned()), title, category, blocked: false }, severity);
    record
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::{Class, Outcome};
    use crate::platform::ingest::Layout;
    use proptest::prelude::*;

    const NOW: Timestamp = Timestamp(1_795_000_000_000);

    fn read(text: &str) -> Vec<(Class, Outcome, Option<String>)> {
        let mut layout = Layout::default();
        let records = text.split('\n').filter_map(|line| layout.read(None, line, NOW));
        records.map(|r| (r.class, r.outcome, r.src_ip.map(|ip| ip.to_string()))).collect()
    }

    #[test]
    fn many_refusals_are_an_alert_and_one_is_its_line() {
        let block = |level: u8| {
            format!(
                "** Alert 1767323045.7: - syslog,sshd,authentication_failures,\n2026 Jan 02 03:04:05 (web1) 10.0.0.5->/var/log/auth.log\n\
                 Rule: 5712 (level {level}) -> 'SSHD brute force.'\nSrc IP: 198.51.100.7\n\
                 Jan  2 03:04:05 web1 sshd[7]: Failed password for bob from 198.51.100.7 port 5 ssh2"
            )
        };
        let (client, refused) = (Some("198.51.100.7".to_owned()), (Class::AUTHENTICATION, Outcome::Failure));
        let many = read(&block(10));
        assert_eq!(many[0], (Class::DETECTION_FINDING, Outcome::Unknown, client.clone()));
        assert_eq!(many[1], (refused.0, refused.1.clone(), client.clone()));
        assert_eq!(read(&block(5)), [(Class::BASE, Outcome::Unknown, None), (refused.0, refused.1, client)]);
    }

    proptest! {
        #[test]
        fn any_text_is_survived(text in "\\PC*", near in "[a-zA-Z0-9:()>' -]{0,60}") {
            for text in [&text, &format!("** Alert {near}\nRule: {near}\nSrc IP: {near}")] {
                let _ = (begins(text), line(text), parse(text, NOW), read(text));
            }
        }
    }
}
