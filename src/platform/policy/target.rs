//! Whom an action would be aimed at.

use super::Rule;
use crate::api::{ActionKind, Detection, EntityKind, Incident};
use ipnet::IpNet;
use std::net::IpAddr;

/// A target in canonical form.
pub(super) struct Target {
    /// As written in a proposal.
    pub text: String,
    /// As a prefix, where it is one.
    pub net: Option<IpNet>,
    /// How many of the incident's addresses it covers.
    pub addresses: usize,
    /// How many others are known to live in it.
    pub residents: usize,
}

/// How many addresses in a prefix are known to behave; told by who remembers clients.
pub type Residents<'a> = &'a dyn Fn(&IpNet) -> usize;

/// The target that `rule` would have, if there is one.
pub(super) fn of(
    rule: &Rule,
    most_residents: usize,
    incident: &Incident,
    trigger: &Detection,
    residents: Residents<'_>,
) -> Option<Target> {
    match rule.action {
        ActionKind::BlockAddress => {
            let ip = trigger.src_ip?.to_canonical();
            Some(Target { text: ip.to_string(), net: Some(IpNet::from(ip)), addresses: 1, residents: 0 })
        }
        ActionKind::BlockRange => {
            let hostile = hostile(incident, trigger);
            let fits = |net: &IpNet| Some(residents(net)).filter(|n| *n <= most_residents);
            smallest(&hostile, rule.min_addresses.max(2), &fits)
        }
        ActionKind::RevokeSession => {
            let session =
                std::iter::once(&trigger.entity).chain(&incident.entities).find(|e| e.kind == EntityKind::Session)?;
            Some(Target { text: session.value.raw().to_owned(), net: None, addresses: 0, residents: 0 })
        }
        ActionKind::Other(_) => None,
    }
}

/// The incident's addresses, sorted, each once.
fn hostile(incident: &Incident, trigger: &Detection) -> Vec<IpAddr> {
    let listed = incident.entities.iter().filter(|e| e.kind == EntityKind::Address);
    let mut all: Vec<IpAddr> = listed.filter_map(|e| e.value.raw().parse().ok()).chain(trigger.src_ip).collect();
    all.iter_mut().for_each(|ip| *ip = ip.to_canonical());
    all.sort_unstable();
    all.dedup();
    all
}

/// The prefix with the most hostile addresses: the smallest that covers those of one /24 or /56, and where too many
/// others live in it, the better half of it, and so on. Nothing when no prefix holds enough: never by guess.
fn smallest(hostile: &[IpAddr], least: usize, fits: &dyn Fn(&IpNet) -> Option<usize>) -> Option<Target> {
    let within = |ip: &IpAddr| IpNet::new(*ip, if ip.is_ipv4() { 24 } else { 56 }).map(|net| net.trunc()).ok();
    let found = hostile.chunk_by(|a, b| within(a) == within(b)).filter_map(|near| narrowed(near, least, fits));
    // Of equals the first, so that the same incident always gives the same range.
    found.rev().max_by_key(|target| target.addresses)
}

fn narrowed(near: &[IpAddr], least: usize, fits: &dyn Fn(&IpNet) -> Option<usize>) -> Option<Target> {
    if near.len() < least {
        return None;
    }
    let net = cover(near)?;
    if let Some(residents) = fits(&net) {
        return Some(Target { text: net.to_string(), net: Some(net), addresses: near.len(), residents });
    }
    // Sorted addresses of one prefix are those of its lower half, then those of its upper half.
    let lower = IpNet::new(net.network(), net.prefix_len() + 1).ok()?;
    let (low, high) = near.split_at(near.partition_point(|ip| lower.contains(ip)));
    let halves = [narrowed(low, least, fits), narrowed(high, least, fits)];
    halves.into_iter().flatten().rev().max_by_key(|target| target.addresses)
}

/// The smallest prefix that covers sorted addresses of one family: what the first and the last have in common.
fn cover(sorted: &[IpAddr]) -> Option<IpNet> {
    let (first, last) = (*sorted.first()?, *sorted.last()?);
    let common = match (first, last) {
        (IpAddr::V4(a), IpAddr::V4(b)) => (u32::from(a) ^ u32::from(b)).leading_zeros(),
        (IpAddr::V6(a), IpAddr::V6(b)) => (u128::from(a) ^ u128::from(b)).leading_zeros(),
        _ => return None,
    };
    IpNet::new(first, u8::try_from(common).ok()?).map(|net| net.trunc()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn ips(texts: &[&str]) -> Vec<IpAddr> {
        texts.iter().map(|t| t.parse().unwrap()).collect()
    }

    fn found(hostile: &[IpAddr], others: &[IpAddr], most: usize) -> Option<(String, usize)> {
        let fits = |net: &IpNet| Some(others.iter().filter(|ip| net.contains(*ip)).count()).filter(|n| *n <= most);
        smallest(hostile, 3, &fits).map(|t| (t.text, t.addresses))
    }

    #[test]
    fn neighbours_narrow_the_range_or_forbid_it() {
        let hostile = ips(&["198.51.100.1", "198.51.100.2", "198.51.100.3", "198.51.100.201"]);
        assert_eq!(found(&hostile, &[], 0), Some(("198.51.100.0/24".into(), 4)));
        assert_eq!(found(&hostile, &ips(&["198.51.100.150"]), 0), Some(("198.51.100.0/30".into(), 3)));
        assert_eq!(found(&hostile, &ips(&["198.51.100.150"]), 1), Some(("198.51.100.0/24".into(), 4)));
        assert_eq!(found(&hostile, &ips(&["198.51.100.0", "198.51.100.150"]), 0), None);
        let v6 = ips(&["2001:db8::1", "2001:db8::ff", "2001:db8:0:1::1", "2001:db8:9::1"]);
        assert_eq!(found(&v6, &[], 0), Some(("2001:db8::/63".into(), 3)));
    }

    proptest! {
        #[test]
        fn a_range_keeps_its_promises(
            hostile in prop::collection::btree_set((0u8..3, any::<u8>()), 0..40),
            others in prop::collection::btree_set((0u8..3, any::<u8>()), 0..20),
            most in 0usize..3,
        ) {
            let ip = |(c, d): &(u8, u8)| IpAddr::from([198, 51, *c, *d]);
            let hostile: Vec<IpAddr> = hostile.iter().map(ip).collect();
            let others: Vec<IpAddr> = others.iter().map(ip).filter(|ip| !hostile.contains(ip)).collect();
            if let Some((text, addresses)) = found(&hostile, &others, most) {
                let net: IpNet = text.parse().unwrap();
                prop_assert!(net.prefix_len() >= 24 && addresses >= 3);
                prop_assert_eq!(hostile.iter().filter(|ip| net.contains(*ip)).count(), addresses);
                prop_assert!(others.iter().filter(|ip| net.contains(*ip)).count() <= most);
            }
        }
    }
}
