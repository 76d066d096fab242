//! What the Linux packet filter writes into the kernel log: `LOG` targets of iptables and nftables, and UFW's.
//!
//! `[UFW BLOCK] IN=eth0 OUT= MAC=... SRC=203.0.113.7 DST=198.51.100.1 LEN=60 ... PROTO=TCP SPT=4711 DPT=22 ... SYN`.
//! The kernel writes all of it but the prefix, which the administrator chose. Packets that belong to no new connection
//! (late answers of servers that were asked, broadcast) are read but are no flow: they would look like scans.

use super::address;
use crate::api::Severity;
use crate::platform::record::Flow;
use std::net::IpAddr;

/// One packet.
#[derive(Debug, PartialEq)]
pub struct Packet {
    /// Sender.
    pub src_ip: IpAddr,
    /// What was tried, if it was something new.
    pub flow: Option<Flow>,
    /// It was let through.
    pub passed: bool,
    /// What the box recognised in it.
    pub alarm: Option<Box<Alarm>>,
}

/// What a box that looks into packets says of one.
#[derive(Debug, PartialEq)]
pub struct Alarm {
    /// The signature's number or name.
    pub id: String,
    /// What was recognised.
    pub title: String,
    /// Its kind.
    pub category: String,
    /// How serious the box calls it.
    pub severity: Severity,
}

/// Reads a packet filter's line; `None` when it is something else.
#[must_use]
pub fn understand(text: &str) -> Option<Packet> {
    // `IN=` and `OUT=` come first, also where one of them is empty; what is before is the prefix.
    let (prefix, fields) = text.split_at(text.find("IN=").filter(|at| text[*at..].contains(" OUT="))?);
    let field = |name: &str| {
        let value = fields.split(' ').find_map(|word| word.strip_prefix(name))?;
        (!value.is_empty()).then_some(value)
    };
    let has = |flag: &str| fields.split(' ').any(|word| word == flag);
    let (src_ip, dst_ip) = (address::parse(field("SRC=")?)?, address::parse(field("DST=")?)?);
    let number = |name: &str| field(name).and_then(|n| n.parse::<u16>().ok()).unwrap_or(0);
    let (from, to) = (number("SPT="), number("DPT="));
    let answer = match field("PROTO=").unwrap_or_default() {
        "TCP" => has("ACK") || has("RST"),
        // Names, time, and what devices shout into their own network.
        "UDP" => matches!(from, 53 | 67 | 68 | 123 | 137 | 138 | 443 | 1900 | 5353) || matches!(to, 67 | 68 | 5353),
        _ => true,
    };
    let passed = ["ALLOW", "ACCEPT", "AUDIT", "PASS"].iter().any(|word| contains(prefix, word));
    let everybody =
        dst_ip.is_multicast() || matches!(dst_ip, IpAddr::V4(ip) if ip.is_broadcast() || ip.octets()[3] == 255);
    let flow = (!answer && !everybody).then(|| Flow {
        dst_ip: Some(dst_ip),
        dst_port: to,
        sent: u64::from(number("LEN=")),
        // What came back is not in this log; a packet that was let through is taken to have been answered.
        received: u64::from(passed),
        failed: !passed,
    });
    Some(Packet { src_ip, flow, passed, alarm: None })
}

fn contains(text: &str, word: &str) -> bool {
    text.as_bytes().windows(word.len()).any(|w| w.eq_ignore_ascii_case(word.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::{Class, Outcome, Timestamp};
    use crate::platform::ingest::{Format, parse};
    use proptest::prelude::*;

    const UFW: &str = "[12345.678901] [UFW BLOCK] IN=eth0 OUT= MAC=aa:bb SRC=203.0.113.7 DST=198.51.100.1 LEN=40 TOS=0x00 \
                       PREC=0x00 TTL=245 ID=54321 PROTO=TCP SPT=4711 DPT=23 WINDOW=1024 RES=0x00 SYN URGP=0";

    #[test]
    fn a_blocked_packet_is_a_failed_flow() {
        let line = format!("Jun  1 10:00:00 fw kernel: {UFW}");
        let record = parse(Some(Format::Syslog), &line, Timestamp(1_800_000_000_000));
        let flow = record.flow.clone().unwrap();
        assert_eq!((record.class, record.outcome.clone()), (Class::NETWORK, Outcome::Failure));
        assert_eq!(record.src_ip, "203.0.113.7".parse().ok());
        assert_eq!((flow.dst_ip, flow.dst_port, flow.sent, flow.failed), ("198.51.100.1".parse().ok(), 23, 40, true));
    }

    #[test]
    fn prefixes_of_all_sorts_are_read() {
        for (prefix, passed) in [("", false), ("IPTABLES-DROP: ", false), ("[UFW ALLOW] ", true), ("fw accept ", true)]
        {
            let line = UFW.replace("[12345.678901] [UFW BLOCK] ", prefix);
            assert_eq!(understand(&line).map(|p| p.passed), Some(passed), "{prefix}");
        }
        let v6 = "IN=eth0 OUT= SRC=2001:0db8:0000:0000:0000:0000:0000:0007 DST=2001:db8::1 LEN=60 PROTO=UDP SPT=9 DPT=161 LEN=40";
        assert_eq!(understand(v6).unwrap().flow.unwrap().dst_port, 161);
    }

    #[test]
    fn late_answers_and_broadcast_are_no_flows() {
        for (old, new) in [
            (" SYN ", " ACK "),
            (" SYN ", " ACK SYN "),
            (" SYN ", " RST "),
            ("PROTO=TCP SPT=4711", "PROTO=UDP SPT=53"),
            ("DST=198.51.100.1", "DST=224.0.0.1"),
            ("DST=198.51.100.1", "DST=198.51.100.255"),
            ("PROTO=TCP", "PROTO=2"),
        ] {
            let packet = understand(&UFW.replace(old, new)).unwrap();
            assert_eq!(packet.flow, None, "{new}");
        }
        for text in ["", "IN=", "usb 1-1: new device", "IN=eth0 OUT= SRC=x DST=198.51.100.1", "OUT= IN=eth0"] {
            assert_eq!(understand(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_survived(text in "\\PC*") {
            let _ = understand(&text);
            let _ = understand(&format!("IN= OUT= SRC=203.0.113.7 DST={text}"));
        }
    }
}
