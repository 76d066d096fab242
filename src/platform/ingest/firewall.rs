//! What firewalls of many makers say about a packet or connection, inside a message: pf (`filterlog`), Cisco ASA and
//! IOS, Juniper, MikroTik, Palo Alto, WatchGuard, ipfw, ipfilter, whatever names its fields (`named`); and logs with lines
//! of their own, AWS VPC flow logs, Windows' firewall, Google's and Azure's.
//!
//! The box writes all of it; nothing here is a client's text, and daemons that write such are not asked. Late answers of connections that are no more are passed
//! over, as in `netfilter`: they would look like scans.

mod alarm;
mod bracket;
mod flow;
mod named;

use super::members::Members;
use super::netfilter::Packet;
use super::{address, stamp};
use crate::api::Timestamp;
use crate::platform::record::{Flow, Record};
use aho_corasick::AhoCorasick;
use std::net::IpAddr;
use std::sync::LazyLock;

/// Reads a message; `None` when it is something else.
type Reader = fn(&str) -> Option<Packet>;

/// Texts one of which every such message holds, and who reads it.
const MARKS: [(&str, Reader); 24] = [
    (",THREAT,", alarm::threat),
    ("IDP_ATTACK_LOG_EVENT: ", alarm::juniper),
    ("%ASA-", cisco),
    ("%FTD-", cisco),
    ("IPACCESSLOGP", cisco),
    ("FW-6-DROP_PKT", cisco),
    ("RT_FLOW_SESSION_DENY: ", denied),
    ("RT_SCREEN_", denied),
    (", proto TCP (SYN), ", mikrotik),
    (",TRAFFIC,", paloalto),
    ("ipfw: ", denied_aloud),
    (" Deny ", watchguard),
    ("block in on ", dotted),
    (" PR tcp ", dotted),
    (" PR udp ", dotted),
    ("dst=", named::read),
    ("dstip=", named::read),
    ("dst_ip=", named::read),
    ("dstaddr=", named::read),
    ("dst:\"", named::read),
    ("destination-address=", named::read),
    ("DstIP: ", named::read),
    ("Action: Deny", denied),
    ("connection dropped\"", named::read),
];

static FINDER: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| AhoCorasick::new(MARKS.map(|(mark, _)| mark)).ok());

/// Programs that write clients' words into their messages.
const QUOTES: [&str; 14] = [
    "sshd",
    "sshd-session",
    "sudo",
    "su",
    "cron",
    "nginx",
    "httpd",
    "apache2",
    "haproxy",
    "dovecot",
    "named",
    "vsftpd",
    "proftpd",
    "systemd",
];

/// Reads a message of `program`; `None` when it is something else.
#[must_use]
pub fn understand(program: &str, text: &str) -> Option<Packet> {
    /// A maker's mark stands at the start of a message.
    const MARK_MAX: usize = 512;
    if program == "filterlog" {
        return filterlog(text);
    }
    if program.starts_with("postfix") || QUOTES.iter().any(|name| name.eq_ignore_ascii_case(program)) {
        return None;
    }
    let head = text.as_bytes().get(..MARK_MAX).unwrap_or(text.as_bytes());
    let found = FINDER.as_ref()?.find(head)?;
    MARKS[found.pattern().as_usize()].1(text)
}

pub use alarm::fill;
pub(super) use flow::{fits, parse_laid_out};
pub use flow::{parse, recognise};

/// The packet of a message in one of the common event formats.
#[must_use]
pub fn of_cef(text: &str) -> Option<Packet> {
    named::of_cef(text)
}

/// The record of a `key=value` line without a frame; `None` when it tells of no packet.
#[must_use]
pub fn fielded(line: &str, now: Timestamp) -> Option<Record<'_>> {
    let found = named::read(line)?;
    let time = super::fields::when(line, now);
    Some(record(line, time.map_or(now, |time| stamp::sane(time, now)), found))
}

/// The record of a JSON line; `None` when it tells of no packet.
#[must_use]
pub fn of_json(line: &str, now: Timestamp) -> Option<Record<'_>> {
    // Azure's firewall says it in words.
    let words = || line.split_once("\"msg\":\"").and_then(|(_, text)| denied_aloud(text.split('"').next()?));
    let found = named::of_json(line).or_else(words)?;
    let stamps = Members::of(line).filter(|(name, _)| matches!(*name, "timestamp" | "time"));
    let time = stamps.filter_map(|(_, value)| stamp::rfc3339(value.raw().as_bytes())).next();
    Some(record(line, time.map_or(now, |(time, _)| stamp::sane(time, now)), found))
}

/// The fields of Check Point's messages; `None` when a text is none.
#[must_use]
pub fn bracketed(text: &str) -> Option<impl Iterator<Item = (&str, &str)>> {
    bracket::bracketed(text).map(bracket::semicolons)
}

/// A packet of two ends.
fn packet(src_ip: IpAddr, dst_ip: IpAddr, dst_port: u16, passed: bool) -> Packet {
    let (received, failed) = (u64::from(passed), !passed);
    Packet {
        src_ip,
        flow: Some(Flow { dst_ip: Some(dst_ip), dst_port, sent: 0, received, failed }),
        passed,
        alarm: None,
    }
}

/// `5,,,1000000103,igb0,match,block,in,4,...,tcp,60,SRC,DST,SPT,DPT,0,S,...`: the columns of pf's log.
fn filterlog(text: &str) -> Option<Packet> {
    let columns: Vec<&str> = text.splitn(26, ',').collect();
    let at = |i: usize| columns.get(i).copied().unwrap_or("");
    // IPv6 has three columns less before the addresses.
    let (protocol, first) = if at(8) == "6" { (at(12), 15) } else { (at(16), 18) };
    let (src, dst) = (address::parse(at(first))?, address::parse(at(first + 1))?);
    let opens = protocol.eq_ignore_ascii_case("udp") || at(first + 5) == "S";
    let passed = at(6) == "pass";
    let mut found = packet(src, dst, at(first + 3).parse().unwrap_or(0), passed);
    if at(7) != "in" || !opens {
        found.flow = None;
    }
    Some(found)
}

/// ASA and FTD by the numbers of their denials, IOS by its access lists.
fn cisco(text: &str) -> Option<Packet> {
    const DENIALS: [&str; 9] = [
        "-106001:",
        "-106006:",
        "-106007:",
        "-106023:",
        "-106100:",
        "-710003:",
        "IPACCESSLOGP:",
        "IPACCESSLOGP :",
        "FW-6-DROP_PKT:",
    ];
    // Firepower names its fields.
    if text.contains(", DstIP: ") {
        return named::read(text);
    }
    let at = DENIALS.iter().find_map(|number| text.find(number).map(|at| at + number.len()))?;
    let said = &text[at..];
    ["eny ", "enied ", "ropping "].iter().any(|word| said.contains(word)).then(|| denied(said))?
}

/// A refusal of what goes from the first address with a port to the second.
fn denied(text: &str) -> Option<Packet> {
    let mut ends = text.split([' ', ',']).flat_map(|word| word.split("->")).filter_map(end);
    let ((src, _), (dst, port)) = (ends.next()?, ends.next()?);
    Some(packet(src, dst, port, false))
}

/// `outside:192.0.2.1/22`, `inside/192.0.2.1(22)`, `192.0.2.1:22`: an address with a port.
fn end(word: &str) -> Option<(IpAddr, u16)> {
    let word = word.trim_end_matches([')', '.']);
    let (before, port) = word.rsplit_once(['/', '(', ':'])?;
    let port = port.parse().ok()?;
    let bare = before.rsplit_once(['/', ':']).map_or(before, |(_, ip)| ip);
    address::parse(before).or_else(|| address::parse(bare)).map(|ip| (ip, port))
}

/// `drop input: in:ether1 ..., proto TCP (SYN), SRC:SPT->DST:DPT, len 60`. What was done to it, the rule's prefix says.
fn mikrotik(text: &str) -> Option<Packet> {
    let (before, after) = text.split_once(", proto TCP (SYN), ")?;
    let refused = ["drop", "deny", "reject", "block"].iter().any(|word| before.to_ascii_lowercase().contains(word));
    denied(after).filter(|_| refused)
}

/// `1,TIME,SERIAL,TRAFFIC,drop,...`: columns as in "Traffic log fields" of PAN-OS.
fn paloalto(text: &str) -> Option<Packet> {
    let (_, rest) = text.split_once(",TRAFFIC,")?;
    let columns: Vec<&str> = rest.splitn(32, ',').collect();
    let at = |i: usize| columns.get(i).copied().unwrap_or("");
    let (src, dst) = (address::parse(at(3))?, address::parse(at(4))?);
    let passed = !matches!(at(0), "drop" | "deny");
    Some(packet(src, dst, at(21).parse().ok()?, passed))
}

/// The same where the message says that it was refused: `65500 Deny TCP 192.0.2.1:1 198.51.100.1:22 in via em0`.
fn denied_aloud(text: &str) -> Option<Packet> {
    ["Deny ", "Action: Deny", "Reject ", "Unreach "].iter().any(|word| text.contains(word)).then(|| denied(text))?
}

/// `Deny 0-External 1-Trusted 40 tcp 20 245 SRC DST SPT DPT`.
fn watchguard(text: &str) -> Option<Packet> {
    let (_, rest) = text.split_once(" Deny ")?;
    let mut words = rest.split(' ').skip_while(|word| address::parse(word).is_none());
    let (src, dst) = (address::parse(words.next()?)?, address::parse(words.next()?)?);
    let found = packet(src, dst, words.nth(1)?.parse().ok()?, false);
    Some(Packet { alarm: named::alarm(text), ..found })
}

/// BSD's: `block in on em0: 192.0.2.1.4711 > 198.51.100.1.22: Flags [S]`, `b 192.0.2.1,4711 -> 198.51.100.1,22 PR tcp`.
fn dotted(text: &str) -> Option<Packet> {
    let blocked = text.contains("block in on ") || text.split(' ').any(|word| word == "b" || word == "B");
    let opens = !text.contains("Flags [") || text.contains("Flags [S]");
    let ends = |word: &str| {
        let (ip, port) = word.trim_end_matches(':').rsplit_once(['.', ','])?;
        Some((address::parse(ip)?, port.parse().ok()?))
    };
    let mut found = text.split(' ').filter_map(ends);
    let ((src, _), (dst, port)): ((_, u16), (_, u16)) = (found.next()?, found.next()?);
    let found = packet(src, dst, port, false);
    blocked.then(|| Packet { flow: found.flow.clone().filter(|_| opens), ..found })
}

/// The record of a packet.
fn record(line: &str, time: Timestamp, found: Packet) -> Record<'_> {
    let mut record = Record::bare(time, line);
    fill(&mut record, found);
    record
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::{Class, Outcome};
    use crate::platform::ingest::parse as parse_any;
    use proptest::prelude::*;

    const NOW: Timestamp = Timestamp(1_795_000_000_000);

    #[test]
    fn each_maker_s_denial_is_a_failed_flow() {
        let lines = include_str!("samples/flows.tsv").lines().filter(|line| !line.starts_with('#'));
        let wrong = lines.filter_map(|line| {
            let (name, line) = line.split_once('\t').unwrap();
            let record = parse_any(None, line, NOW);
            let flow = record.flow.clone().map(|flow| (flow.dst_ip, flow.dst_port, flow.failed));
            let right = (record.class, &record.outcome) == (Class::NETWORK, &Outcome::Failure)
                && record.src_ip == "198.51.100.7".parse().ok()
                && flow == Some(("192.0.2.1".parse().ok(), 22, true))
                && record.time.to_string().starts_with("2026-11-10T13:55:00");
            (!right).then_some((name, record.class, record.src_ip, flow, record.time))
        });
        assert_eq!(wrong.collect::<Vec<_>>(), []);
    }

    #[test]
    fn what_clients_write_is_no_packet() {
        for line in [
            "Nov 10 13:55:00 h sshd[1]: Invalid user src=192.0.2.9 dst=192.0.2.1 dstport=22 action=deny from 198.51.100.7 port 5",
            "Nov 10 13:55:00 h sshd[1]: Invalid user %ASA-4-106023: Deny tcp src outside:192.0.2.9/1 dst inside:192.0.2.1/22 from 198.51.100.7 port 5",
            "Nov 10 13:55:00 fw id=fw src=192.0.2.9 dst=192.0.2.1 dstport=22 msg=\"login denied\"",
        ] {
            assert_ne!(parse_any(None, line, NOW).class, Class::NETWORK, "{line}");
        }
    }

    #[test]
    fn answers_and_what_passed_are_no_refusals() {
        for line in [
            "2 123456789012 eni-0a 198.51.100.7 192.0.2.1 443 41220 6 1 40 1794318900 1794318960 REJECT OK",
            "2026-11-10 13:55:00 DROP TCP 198.51.100.7 192.0.2.1 443 41220 40 A 1 1 0 - - - RECEIVE",
            "2026-11-10 13:55:00 DROP TCP 198.51.100.7 192.0.2.1 41220 22 40 S 1 1 0 - - - SEND",
            "Nov 10 13:55:00 fw filterlog[1]: 5,,,1,igb0,match,block,in,4,0x0,,64,1,0,DF,6,tcp,40,198.51.100.7,192.0.2.1,443,41220,0,FA,1,,64,,",
        ] {
            let record = parse_any(None, line, NOW);
            assert_eq!((record.class, record.flow), (Class::NETWORK, None), "{line}");
        }
        let passed = "2 123456789012 eni-0a 198.51.100.7 192.0.2.1 41220 22 6 9 900 1794318900 1794318960 ACCEPT OK";
        assert_eq!(parse_any(None, passed, NOW).flow.map(|flow| (flow.sent, flow.failed)), Some((900, false)));
        let late = "Nov 10 13:55:00 a : %ASA-6-106015: Deny TCP (no connection) from 198.51.100.7/443 to 192.0.2.1/5 flags ACK on interface outside";
        assert_eq!(parse_any(None, late, NOW).flow, None);
    }

    proptest! {
        #[test]
        fn any_text_is_survived(text in "\\PC*", near in "[0-9./:(),>a-zA-Z= -]{0,80}", which in 0..MARKS.len()) {
            let marked = format!("{}{near}", MARKS[which].0);
            for text in [&text, &near, &marked] {
                let _ = (understand("filterlog", text), understand("x", text), parse(text, NOW));
            }
        }
    }
}
