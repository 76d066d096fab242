//! Addresses as other addresses, by a key: who shares a prefix keeps sharing one, and nobody without the key can tell whose
//! it was. The scheme of Crypto-PAn (Xu, Fan, Ammar, Moon 2002) with SHA-256 in place of the block cipher: whether a bit
//! is turned depends on the key and the bits before it.
//!
//! An IPv4 address becomes one of `100::/96`, in the block that RFC 6666 sets aside for discarding: `100::a1b2:c3d4`. An
//! IPv6 address becomes one of `6000::/3`, which is assigned to nobody. Neither can be taken for somebody's real address.

use ipnet::IpNet;
use sha2::{Digest, Sha256};
use std::net::{IpAddr, Ipv6Addr};

/// `100::`, whose last 32 bits hold what was IPv4.
const V4: u128 = 0x0100 << 112;
/// `6000::`, whose last 125 bits hold what was IPv6.
const V6: u128 = 0b011 << 125;
const V6_BITS: u32 = 125;

/// The pseudonym of an address.
#[must_use]
pub fn hide(key: &[u8; 32], ip: IpAddr) -> IpAddr {
    Ipv6Addr::from(match ip.to_canonical() {
        IpAddr::V4(v4) => V4 | turn(key, u128::from(v4.to_bits()), 32, false),
        IpAddr::V6(v6) => V6 | turn(key, v6.to_bits() & ((1 << V6_BITS) - 1), V6_BITS, false),
    })
    .into()
}

/// The address behind a pseudonym; nothing if it is none. Of an IPv6 address the first three bits are taken to be those
/// of all public ones.
#[must_use]
pub fn reveal(key: &[u8; 32], ip: IpAddr) -> Option<IpAddr> {
    let IpAddr::V6(v6) = ip else { return None };
    let bits = v6.to_bits();
    if bits >> 32 == V4 >> 32 {
        let v4 = u32::try_from(turn(key, bits & 0xffff_ffff, 32, true)).ok()?;
        return Some(IpAddr::V4(v4.into()));
    }
    let low = (1 << V6_BITS) - 1;
    (bits & !low == V6).then(|| IpAddr::V6(Ipv6Addr::from(0b001 << V6_BITS | turn(key, bits & low, V6_BITS, true))))
}

/// The pseudonym of a prefix: the prefix of the pseudonyms of what is in it.
#[must_use]
pub fn hide_net(key: &[u8; 32], net: IpNet) -> Option<IpNet> {
    let longer = if net.addr().is_ipv4() { 96 } else { 0 };
    IpNet::new(hide(key, net.network()), net.prefix_len() + longer).ok().map(|net| net.trunc())
}

/// The prefix behind a pseudonym.
#[must_use]
pub fn reveal_net(key: &[u8; 32], net: IpNet) -> Option<IpNet> {
    let real = reveal(key, net.network())?;
    let longer = if real.is_ipv4() { 96 } else { 0 };
    IpNet::new(real, net.prefix_len().checked_sub(longer)?).ok().map(|net| net.trunc())
}

/// Turns each bit, or does not, by the key and the real bits before it; `back` undoes that.
fn turn(key: &[u8; 32], bits: u128, width: u32, back: bool) -> u128 {
    let (mut real, mut out) = (0u128, 0u128);
    for i in 0..width {
        let mut hash = Sha256::new();
        hash.update(key);
        hash.update([b'a', u8::try_from(width).unwrap_or(0), u8::try_from(i).unwrap_or(0)]);
        hash.update(real.to_be_bytes());
        let flip = u128::from(hash.finalize()[0] & 1);
        let bit = bits >> (width - 1 - i) & 1;
        out = out << 1 | (bit ^ flip);
        real = real << 1 | if back { bit ^ flip } else { bit };
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::net::Ipv4Addr;

    const KEY: [u8; 32] = [7; 32];

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn what_was_hidden_is_found_again_by_the_key_alone(v4: u32, v6: u128) {
            let v4 = IpAddr::from(Ipv4Addr::from(v4));
            prop_assert_eq!(reveal(&KEY, hide(&KEY, v4)), Some(v4));
            let public = IpAddr::from(Ipv6Addr::from(v6 >> 3 | 1 << 125));
            prop_assert_eq!(reveal(&KEY, hide(&KEY, public)), Some(public));
            prop_assert_ne!(hide(&[8; 32], v4).to_string(), v4.to_string());
        }

        #[test]
        fn neighbours_stay_neighbours_and_strangers_strangers(a: u32, b: u32) {
            let (a, b) = (Ipv4Addr::from(a), Ipv4Addr::from(b));
            let shared = (a.to_bits() ^ b.to_bits()).leading_zeros();
            let [IpAddr::V6(x), IpAddr::V6(y)] = [hide(&KEY, a.into()), hide(&KEY, b.into())] else { panic!() };
            prop_assert_eq!((x.to_bits() ^ y.to_bits()).leading_zeros(), 96 + shared);
        }

        #[test]
        fn a_prefix_covers_the_pseudonyms_of_what_it_covered(ip: u32, bits in 0u8..=32) {
            let net = IpNet::new(Ipv4Addr::from(ip).into(), bits).unwrap().trunc();
            let hidden = hide_net(&KEY, net).unwrap();
            prop_assert!(hidden.contains(&hide(&KEY, Ipv4Addr::from(ip).into())));
            prop_assert_eq!(reveal_net(&KEY, hidden), Some(net));
        }
    }

    #[test]
    fn real_addresses_are_no_pseudonyms() {
        for real in ["198.51.100.7", "2001:db8::7", "::1", "fe80::1", "100:1::1"] {
            assert_eq!(reveal(&KEY, real.parse().unwrap()), None, "{real}");
        }
    }
}
