//! The smallest prefix that covers several addresses. Pure arithmetic; what may be blocked is `guard`'s business.

use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use std::net::{Ipv4Addr, Ipv6Addr};

/// The smallest prefix that covers all of `nets`; nothing for none, or for both families at once.
#[must_use]
pub fn cover(nets: &[IpNet]) -> Option<IpNet> {
    let (first, rest) = nets.split_first()?;
    rest.iter().try_fold(first.trunc(), |sum, net| join(sum, *net))
}

fn join(a: IpNet, b: IpNet) -> Option<IpNet> {
    match (a, b) {
        (IpNet::V4(a), IpNet::V4(b)) => {
            let (x, y) = (u32::from(a.network()), u32::from(b.network()));
            let len = shared((x ^ y).leading_zeros(), a.prefix_len(), b.prefix_len());
            Some(IpNet::V4(Ipv4Net::new(Ipv4Addr::from(x), len).ok()?.trunc()))
        }
        (IpNet::V6(a), IpNet::V6(b)) => {
            let (x, y) = (u128::from(a.network()), u128::from(b.network()));
            let len = shared((x ^ y).leading_zeros(), a.prefix_len(), b.prefix_len());
            Some(IpNet::V6(Ipv6Net::new(Ipv6Addr::from(x), len).ok()?.trunc()))
        }
        _ => None,
    }
}

/// Bits in common, no more than either prefix has.
fn shared(equal: u32, a: u8, b: u8) -> u8 {
    u8::try_from(equal).unwrap_or(u8::MAX).min(a).min(b)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::net::IpAddr;

    /// Tries every length from the longest down.
    fn naive(ips: &[IpAddr]) -> IpNet {
        let first = ips[0];
        let max = if first.is_ipv4() { 32 } else { 128 };
        (0..=max)
            .rev()
            .map(|len| IpNet::new(first, len).unwrap().trunc())
            .find(|net| ips.iter().all(|ip| net.contains(ip)))
            .unwrap()
    }

    proptest! {
        #[test]
        fn it_is_the_smallest_v4(base: u32, near in proptest::collection::vec(any::<u32>(), 1..20), keep in 0u32..32) {
            let ips: Vec<IpAddr> =
                near.iter().map(|n| IpAddr::from(Ipv4Addr::from(base ^ (n >> keep)))).collect();
            let nets: Vec<IpNet> = ips.iter().map(|ip| IpNet::from(*ip)).collect();
            prop_assert_eq!(cover(&nets), Some(naive(&ips)));
        }

        #[test]
        fn it_is_the_smallest_v6(base: u128, near in proptest::collection::vec(any::<u128>(), 1..20), keep in 0u32..128) {
            let ips: Vec<IpAddr> =
                near.iter().map(|n| IpAddr::from(Ipv6Addr::from(base ^ (n >> keep)))).collect();
            let nets: Vec<IpNet> = ips.iter().map(|ip| IpNet::from(*ip)).collect();
            prop_assert_eq!(cover(&nets), Some(naive(&ips)));
        }

        #[test]
        fn prefixes_are_covered_whole(a: u32, la in 0u8..=32, b: u32, lb in 0u8..=32) {
            let nets = [(a, la), (b, lb)].map(|(ip, len)| IpNet::new(Ipv4Addr::from(ip).into(), len).unwrap());
            let all = cover(&nets).unwrap();
            prop_assert!(nets.iter().all(|net| all.contains(&net.trunc())));
            prop_assert_eq!(all, all.trunc());
        }
    }

    #[test]
    fn nothing_and_mixed_have_no_cover() {
        assert_eq!(cover(&[]), None);
        assert_eq!(cover(&["198.51.100.1/32".parse().unwrap(), "2001:db8::1/128".parse().unwrap()]), None);
    }
}
