//! What boxes that look into packets recognised in them: attacks, viruses, scans. The box writes all of it but the
//! addresses, which it saw itself.

use super::{end, packet};
use crate::api::{Class, Outcome, Severity};
use crate::platform::ingest::address;
use crate::platform::ingest::netfilter::{Alarm, Packet};
use crate::platform::record::{Alert, Record};
use std::borrow::Cow;

/// Words with which boxes name what they recognised.
const ATTACKS: [&str; 26] = [
    "attack",
    "injection",
    "exploit",
    "intrusion",
    "ips",
    "ids",
    "threat",
    "vulnerability",
    "malware",
    "virus",
    "trojan",
    "port scan",
    "host sweep",
    "brute force",
    "flood",
    "code execution",
    "traversal",
    "cross-site",
    "xss",
    "botnet",
    "shellcode",
    "overflow",
    "wildfire",
    "spyware",
    "illegal resource",
    "bad bot",
];

/// Longest text kept of what a box says.
const LENGTH_MAX: usize = 256;

/// Makes a record a packet filter's, or the alert that the box raised about the packet.
pub fn fill(record: &mut Record<'_>, packet: Packet) {
    record.class = Class::NETWORK;
    record.outcome = if packet.passed { Outcome::Success } else { Outcome::Failure };
    (record.src_ip, record.flow) = (Some(packet.src_ip), packet.flow);
    let Some(alarm) = packet.alarm else { return };
    (record.class, record.activity, record.severity) = (Class::DETECTION_FINDING, 1, alarm.severity);
    record.outcome = if packet.passed { Outcome::Unknown } else { Outcome::Failure };
    record.message = Cow::Owned(alarm.title.clone());
    record.alert = Some(Alert {
        id: Cow::Owned(alarm.id),
        title: Cow::Owned(alarm.title),
        category: Cow::Owned(alarm.category),
        blocked: !packet.passed,
    });
}

/// A text that says something, cut to what is kept.
pub(super) fn kept(text: &str) -> Option<String> {
    let empty = matches!(text, "" | "-" | "N/A" | "n/a" | "None" | "none" | "null" | "unknown");
    (!empty).then(|| text.chars().take(LENGTH_MAX).collect())
}

/// Whether a text of a box's own speaks of an attack, in words.
pub(super) fn is_attack(text: &str) -> bool {
    let lower = text.bytes().take(LENGTH_MAX).map(|b| b.to_ascii_lowercase()).collect::<Vec<_>>();
    let letter = |at: Option<&u8>| at.is_some_and(u8::is_ascii_alphanumeric);
    ATTACKS.iter().any(|word| {
        memchr::memmem::find_iter(&lower, word.as_bytes()).any(|at| {
            let end = at + word.len();
            let end = if lower.get(end) == Some(&b's') { end + 1 } else { end };
            let before = at.checked_sub(1).and_then(|at| lower.get(at));
            !letter(lower.get(end)) && !letter(before)
        })
    })
}

/// How serious: in words, or a number of at most ten.
pub(super) fn severity(text: &str) -> Option<Severity> {
    let word = text.split(['/', ' ', '-']).next().unwrap_or("").to_ascii_lowercase();
    Some(match &*word {
        "critical" | "high" | "very" | "emergency" | "severe" | "7" | "8" | "9" | "10" => Severity::High,
        "medium" | "moderate" | "4" | "5" | "6" | "warning" | "warn" | "major" => Severity::Medium,
        "low" | "minor" | "1" | "2" | "3" | "notice" => Severity::Low,
        "informational" | "info" | "0" => Severity::Info,
        _ => return None,
    })
}

/// `1,TIME,SERIAL,THREAT,vulnerability,...`: columns as in "Threat log fields" of PAN-OS.
pub(super) fn threat(text: &str) -> Option<Packet> {
    const KINDS: [&str; 8] =
        ["vulnerability", "spyware", "virus", "scan", "flood", "packet", "wildfire-virus", "ml-virus"];
    let (_, rest) = text.split_once(",THREAT,")?;
    let columns: Vec<&str> = rest.splitn(28, ',').collect();
    let at = |i: usize| columns.get(i).copied().unwrap_or("");
    KINDS.contains(&at(0)).then_some(())?;
    // What was asked for may hold commas; quotes inside are doubled.
    let behind = match columns.get(27)?.strip_prefix('"') {
        Some(quoted) => {
            let inner = quoted.replace("\"\"", "  ");
            let end = inner.find('"')?;
            quoted.get(end + 1..)?.strip_prefix(',')?
        }
        None => columns.get(27)?.split_once(',')?.1,
    };
    let said: Vec<&str> = behind.splitn(5, ',').collect();
    let word = |i: usize| said.get(i).copied().unwrap_or("");
    let (title, id) = word(0).rsplit_once('(').map_or((word(0), ""), |(title, id)| (title, id.trim_end_matches(')')));
    let (src, dst) = (address::parse(at(3))?, address::parse(at(4))?);
    let passed = matches!(at(26), "alert" | "allow" | "continue");
    // Of an answer that is hostile the server is to blame.
    let mut found = match word(3) {
        "server-to-client" => packet(dst, src, at(20).parse().unwrap_or(0), passed),
        _ => packet(src, dst, at(21).parse().unwrap_or(0), passed),
    };
    let title = kept(title).or_else(|| kept(at(0)))?;
    let severity = severity(word(2)).unwrap_or(Severity::Medium);
    found.alarm = Some(Box::new(Alarm { id: id.to_owned(), title, category: at(0).to_owned(), severity }));
    Some(found)
}

/// Juniper's `SIG Attack log <A/1->B/80> for TCP ... action=DROP, threat-severity=HIGH, name=HTTP:SQL:INJ`.
pub(super) fn juniper(text: &str) -> Option<Packet> {
    let (_, rest) = text.split_once("ttack log <")?;
    let (ends, said) = rest.split_once('>').and_then(|(from, rest)| {
        let (to, said) = rest.split_once('>')?;
        Some(((from.trim_end_matches('-'), to), said))
    })?;
    let ((src, _), (dst, port)) = (end(ends.0)?, end(ends.1)?);
    let field = |name: &str| said.split_once(name).and_then(|(_, value)| value.split(',').next());
    let passed = !matches!(field("action="), Some("DROP" | "CLOSE" | "CLOSE_CLIENT" | "CLOSE_SERVER"));
    let title = kept(field(", name=")?.trim())?;
    let severity = field("threat-severity=").and_then(severity).unwrap_or(Severity::Medium);
    let alarm = Alarm { id: String::new(), title, category: "IDP".to_owned(), severity };
    Some(Packet { alarm: Some(Box::new(alarm)), ..packet(src, dst, port, passed) })
}
