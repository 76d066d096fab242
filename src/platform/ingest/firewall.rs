//! What firewalls of many makers say about a packet or connection, inside a message: pf (`filterlog`), Cisco ASA and
//! IOS, Juniper, MikroTik, Palo Alto, FortiGate, SonicWall; and two logs with lines of their own, AWS VPC flow logs and
//! Windows' firewall.
//!
//! The box writes all of it; nothing here is a client's text. Late answers of connections that are no more are passed
//! over, as in `netfilter`: they would look like scans.

use super::netfilter::Packet;
use super::{address, loose, stamp};
use crate::api::{Class, Outcome, Timestamp};
use crate::platform::record::{Flow, Record};
use aho_corasick::AhoCorasick;
use std::net::IpAddr;
use std::sync::LazyLock;

/// Reads a message; `None` when it is something else.
type Reader = fn(&str) -> Option<Packet>;

/// Texts one of which every such message holds, and who reads it.
const MARKS: [(&str, Reader); 8] = [
    ("%ASA-", cisco),
    ("%FTD-", cisco),
    ("IPACCESSLOGP: ", cisco),
    ("RT_FLOW_SESSION_DENY: ", denied),
    (", proto TCP (SYN), ", mikrotik),
    (",TRAFFIC,", paloalto),
    ("type=\"traffic\"", pairs),
    ("connection dropped\"", pairs),
];

static FINDER: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| AhoCorasick::new(MARKS.map(|(mark, _)| mark)).ok());

/// Reads a message of `program`; `None` when it is something else.
#[must_use]
pub fn understand(program: &str, text: &str) -> Option<Packet> {
    if program == "filterlog" {
        return filterlog(text);
    }
    let found = FINDER.as_ref()?.find(text)?;
    MARKS[found.pattern().as_usize()].1(text)
}

/// A packet of two ends.
fn packet(src_ip: IpAddr, dst_ip: IpAddr, dst_port: u16, passed: bool) -> Packet {
    let (received, failed) = (u64::from(passed), !passed);
    Packet { src_ip, flow: Some(Flow { dst_ip: Some(dst_ip), dst_port, sent: 0, received, failed }), passed }
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
    const DENIALS: [&str; 7] =
        ["-106001:", "-106006:", "-106007:", "-106023:", "-106100:", "-710003:", "IPACCESSLOGP:"];
    let at = DENIALS.iter().find_map(|number| text.find(number).map(|at| at + number.len()))?;
    let said = &text[at..];
    ["eny", "enied"].iter().any(|word| said.contains(word)).then(|| denied(said))?
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

/// FortiGate's and SonicWall's `key=value`.
fn pairs(text: &str) -> Option<Packet> {
    let field = |names: [&str; 2]| {
        let value = text.split(' ').find_map(|word| names.iter().find_map(|name| word.strip_prefix(name)))?;
        Some(value.trim_matches('"'))
    };
    // SonicWall: `src=192.0.2.1:41220:X1`.
    let mut parts = field(["dst=", "dstip="])?.splitn(3, ':');
    let dst = address::parse(parts.next()?)?;
    let src = address::parse(field(["src=", "srcip="])?.split(':').next()?)?;
    let port = parts.next().or_else(|| field(["dstport=", "dport="]))?.parse().ok()?;
    let passed = field(["action=", "fw_action="]).is_some_and(|done| !matches!(done, "deny" | "drop" | "blocked"));
    Some(packet(src, dst, port, passed))
}

/// Whether a line is one of AWS' flow logs or of Windows' firewall.
#[must_use]
pub fn recognise(line: &str) -> bool {
    parse(line, Timestamp(0)).is_some()
}

/// Reads such a line; `None` when it is something else.
#[must_use]
pub fn parse(line: &str, now: Timestamp) -> Option<Record<'_>> {
    if !line.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let words: Vec<&str> = line.splitn(20, ' ').collect();
    let (time, found) = vpc(&words).or_else(|| windows(&words, now))?;
    let mut record = Record::bare(stamp::sane(time, now), line);
    record.class = Class::NETWORK;
    record.outcome = if found.passed { Outcome::Success } else { Outcome::Failure };
    (record.src_ip, record.flow) = (Some(found.src_ip), found.flow);
    Some(record)
}

/// `2 ACCOUNT eni-1 SRC DST SPT DPT 6 PACKETS BYTES START END REJECT OK`, the default columns.
fn vpc(words: &[&str]) -> Option<(Timestamp, Packet)> {
    let [version, _, interface, src, dst, from, to, protocol, _, bytes, start, _, action, _] = words else {
        return None;
    };
    let passed = *action == "ACCEPT";
    (version.len() == 1 && interface.starts_with("eni-") && (passed || *action == "REJECT")).then_some(())?;
    let (from, to): (u16, u16) = (from.parse().ok()?, to.parse().ok()?);
    let mut found = packet(address::parse(src)?, address::parse(dst)?, to, passed);
    // Both directions are told; whoever sends from the lower port answers.
    if from < to || !matches!(*protocol, "6" | "17") {
        found.flow = None;
    }
    if let Some(flow) = &mut found.flow {
        flow.sent = bytes.parse().unwrap_or(0);
    }
    Some((stamp::epoch(start)?, found))
}

/// `DATE TIME DROP TCP SRC DST SPT DPT SIZE FLAGS ... RECEIVE`.
fn windows(words: &[&str], now: Timestamp) -> Option<(Timestamp, Packet)> {
    let [date, time, action, protocol, src, dst, _, port, _, flags, ..] = words else { return None };
    let passed = *action == "ALLOW";
    (matches!(*protocol, "TCP" | "UDP" | "ICMP") && (passed || *action == "DROP")).then_some(())?;
    let mut found = packet(address::parse(src)?, address::parse(dst)?, port.parse().unwrap_or(0), passed);
    let answer = *protocol == "ICMP" || flags.contains('A') || flags.contains('R');
    if answer || words.get(16).is_some_and(|path| *path == "SEND") {
        found.flow = None;
    }
    let when = loose::read(&format!("{date} {time}"), now, stamp::machine_offset)?.0;
    Some((when, found))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::ingest::parse as parse_any;
    use proptest::prelude::*;

    const NOW: Timestamp = Timestamp(1_795_000_000_000);

    #[test]
    fn each_maker_s_denial_is_a_failed_flow() {
        for line in include_str!("samples/flows.tsv").lines().filter(|line| !line.starts_with('#')) {
            let (name, line) = line.split_once('\t').unwrap();
            let record = parse_any(None, line, NOW);
            assert_eq!((record.class, &record.outcome), (Class::NETWORK, &Outcome::Failure), "{name}: {line}");
            assert_eq!(record.src_ip, "198.51.100.7".parse().ok(), "{name}");
            let flow = record.flow.unwrap_or_else(|| panic!("{name}"));
            assert_eq!((flow.dst_ip, flow.dst_port, flow.failed), ("192.0.2.1".parse().ok(), 22, true), "{name}");
            assert!(record.time.to_string().starts_with("2026-11-10T13:55:00"), "{name}: {}", record.time);
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
