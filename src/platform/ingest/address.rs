//! Addresses as logs write them, in canonical form: one client has one address, however it was spelled.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Reads an address. Brackets and a zone (`%eth0`) are dropped; a mapped IPv6 address becomes the IPv4 one.
#[must_use]
#[inline]
pub fn parse(text: &str) -> Option<IpAddr> {
    let bytes = text.as_bytes();
    if let Some(ip) = dotted(bytes) {
        return Some(IpAddr::V4(ip));
    }
    memchr::memchr(b':', bytes)?;
    let text = text.strip_prefix('[').map_or(text, |t| t.strip_suffix(']').unwrap_or(t));
    let text = text.split_once('%').map_or(text, |(address, _)| address);
    text.parse::<Ipv6Addr>().ok().map(|ip| IpAddr::V6(ip).to_canonical())
}

/// Reads `address:port`, where an IPv6 address may or may not stand in brackets.
#[must_use]
pub fn with_port(text: &str) -> Option<IpAddr> {
    let (address, port) = text.rsplit_once(':')?;
    port.parse::<u16>().ok()?;
    parse(address)
}

/// Reads an address with or without a port.
#[must_use]
pub fn peer(text: &str) -> Option<IpAddr> {
    parse(text).or_else(|| with_port(text))
}

/// Reads the name of a client where its address would stand: letters, digits, `-`, `_` and dots between them, of at most 253
/// bytes (RFC 1035), and at least one dot.
#[must_use]
pub fn name(text: &str) -> Option<&str> {
    let text = text.strip_suffix('.').unwrap_or(text);
    let part = |part: &str| {
        let bytes = part.as_bytes();
        bytes.first().is_some_and(u8::is_ascii_alphanumeric)
            && bytes.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
    };
    let (_, last) = text.rsplit_once('.')?;
    let named = text.len() <= 253 && text.split('.').all(part) && last.bytes().any(|b| b.is_ascii_alphabetic());
    named.then_some(text)
}

/// `1.2.3.4` and nothing else.
#[inline]
fn dotted(bytes: &[u8]) -> Option<Ipv4Addr> {
    leading(bytes).filter(|(_, length)| *length == bytes.len()).map(|(ip, _)| ip)
}

/// The address `1.2.3.4` that a text begins with, and its length; no digit follows it. As strict as the standard library:
/// no leading zeros, which some programs read as octal.
#[inline]
pub fn leading(bytes: &[u8]) -> Option<(Ipv4Addr, usize)> {
    let digit = |at: usize| bytes.get(at).map_or(10, |b| b.wrapping_sub(b'0'));
    let (mut parts, mut at) = ([0u8; 4], 0);
    for (nth, part) in parts.iter_mut().enumerate() {
        if nth > 0 {
            if bytes.get(at) != Some(&b'.') {
                return None;
            }
            at += 1;
        }
        let (first, second, third) = (digit(at), digit(at + 1), digit(at + 2));
        if first > 9 {
            return None;
        }
        let mut value = u16::from(first);
        at += 1;
        if second <= 9 {
            value = value * 10 + u16::from(second);
            at += 1;
            if third <= 9 {
                value = value * 10 + u16::from(third);
                at += 1;
            }
            if first == 0 || value > 255 {
                return None;
            }
        }
        *part = value as u8;
    }
    (digit(at) > 9).then(|| (Ipv4Addr::from(parts), at))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn reads_what_is_written(ip in any::<IpAddr>(), port in any::<u16>()) {
            prop_assert_eq!(parse(&ip.to_string()), Some(ip.to_canonical()));
            prop_assert_eq!(with_port(&format!("{ip}:{port}")), Some(ip.to_canonical()));
            prop_assert_eq!(with_port(&std::net::SocketAddr::new(ip, port).to_string()), Some(ip.to_canonical()));
        }

        #[test]
        fn agrees_with_the_standard_library(text in "[0-9.]{0,16}") {
            prop_assert_eq!(parse(&text), text.parse::<Ipv4Addr>().ok().map(IpAddr::V4));
        }

        #[test]
        fn any_text_is_survived(text in "\\PC*") {
            let _ = (parse(&text), with_port(&text));
        }
    }

    #[test]
    fn one_client_one_address() {
        let plain = parse("192.0.2.7");
        assert_eq!(parse("::ffff:192.0.2.7"), plain);
        assert_eq!(parse("[::ffff:c000:207]"), plain);
        assert_eq!(parse("fe80::1%eth0"), parse("fe80::1"));
        assert_eq!(parse("example.com"), None);
    }

    #[test]
    fn names_are_told_from_other_words() {
        let yes = ["p15105218.pureserver.info", "220-135-151-1.hinet-ip.hinet.net", "a_b.example."];
        let no = [
            "",
            "-",
            ".",
            "UNKNOWN",
            "localhost",
            "192.0.2.7",
            "192.0.2.300",
            "1.2",
            "a..b",
            "-a.b",
            "x y.z",
            "a.b:22",
            "\u{e9}.fr",
        ];
        assert!(yes.iter().all(|text| name(text).is_some()));
        assert!(no.iter().all(|text| name(text).is_none()));
        assert_eq!(name("example.com."), Some("example.com"));
    }
}
