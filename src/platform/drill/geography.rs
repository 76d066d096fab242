//! Where the drill's people live: addresses reserved for documentation (RFC 5737, RFC 3849) and benchmarks (RFC 2544),
//! and a made-up map of them.
//!
//! Visitors have 198.18.0.0/16 and 2001:db8:1::/48, search engines 192.0.2.0/24; attackers 198.19.0.0/16,
//! 203.0.113.0/24, 198.51.100.0/24 and 2001:db8:bad::/48.

use super::rng::Rng;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

const VISITORS_FROM: [&str; 12] = ["DE", "US", "FR", "GB", "NL", "PL", "IT", "ES", "SE", "AT", "JP", "CA"];
const ATTACKERS_FROM: [&str; 8] = ["RU", "CN", "US", "BR", "VN", "NL", "IN", "RO"];

/// The country of one of the drill's addresses; `None` for all others.
#[must_use]
pub fn country(ip: IpAddr) -> Option<&'static str> {
    let of = |list: &'static [&'static str], n: usize| Some(list[n % list.len()]);
    match ip.to_canonical() {
        IpAddr::V4(ip) => match ip.octets() {
            [192, 0, 2, _] => Some("US"),
            [198, 18, net, _] => of(&VISITORS_FROM, usize::from(net) / 4),
            [198, 19, net, _] => of(&ATTACKERS_FROM, usize::from(net)),
            [203, 0, 113, host] | [198, 51, 100, host] => of(&ATTACKERS_FROM, usize::from(host) / 16),
            _ => None,
        },
        IpAddr::V6(ip) => match ip.segments() {
            [0x2001, 0xdb8, 1, net, ..] => of(&VISITORS_FROM, usize::from(net)),
            [0x2001, 0xdb8, 0xbad, net, ..] => of(&ATTACKERS_FROM, usize::from(net)),
            _ => None,
        },
    }
}

/// An address of one of the visitors, numbered from 1: each stays in a country of their own.
pub fn visitor(rng: &mut Rng, visitor: i64) -> IpAddr {
    let country = visitor % VISITORS_FROM.len() as i64;
    if rng.chance(12) {
        let net = country + VISITORS_FROM.len() as i64 * rng.between(0, 4);
        return Ipv6Addr::new(0x2001, 0xdb8, 1, net as u16, 0, 0, 0, rng.between(1, 65_000) as u16).into();
    }
    // Four networks for each country, and all of them again five times.
    let net = 4 * (country + VISITORS_FROM.len() as i64 * rng.between(0, 5)) + rng.between(0, 4);
    Ipv4Addr::new(198, 18, net as u8, rng.between(1, 255) as u8).into()
}

/// A search engine's address.
pub fn search_engine(rng: &mut Rng) -> IpAddr {
    Ipv4Addr::new(192, 0, 2, rng.between(10, 16) as u8).into()
}

/// An attacker's address.
pub fn attacker(rng: &mut Rng) -> IpAddr {
    let host = rng.between(1, 255) as u8;
    match rng.between(0, 10) {
        0..4 => Ipv4Addr::new(203, 0, 113, host).into(),
        4..7 => Ipv4Addr::new(198, 51, 100, host).into(),
        7..9 => Ipv4Addr::new(198, 19, rng.between(0, 128) as u8, host).into(),
        _ => Ipv6Addr::new(0x2001, 0xdb8, 0xbad, rng.between(0, 64) as u16, 0, 0, 0, u16::from(host)).into(),
    }
}

/// Some attackers of one /24.
pub fn neighbours(rng: &mut Rng, count: u8) -> Vec<IpAddr> {
    // The upper half, so that a range under attack is not one that single attackers come from.
    let (net, first) = (rng.between(128, 256) as u8, rng.between(1, 200) as u8);
    (0..count).map(|i| Ipv4Addr::new(198, 19, net, first.saturating_add(i * 5)).into()).collect()
}
