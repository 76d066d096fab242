//! Whom an action would be aimed at.

use super::Rule;
use crate::api::{ActionKind, Detection, EntityKind, Incident};
use ipnet::IpNet;
use std::collections::BTreeMap;
use std::net::IpAddr;

/// A target in canonical form.
pub(super) struct Target {
    /// As written in a proposal.
    pub text: String,
    /// As a prefix, where it is one.
    pub net: Option<IpNet>,
    /// How many of the incident's addresses it covers.
    pub addresses: usize,
}

/// The target that `rule` would have, if there is one.
pub(super) fn of(rule: &Rule, incident: &Incident, trigger: &Detection) -> Option<Target> {
    match rule.action {
        ActionKind::BlockAddress => {
            let ip = trigger.src_ip?.to_canonical();
            Some(Target { text: ip.to_string(), net: Some(IpNet::from(ip)), addresses: 1 })
        }
        ActionKind::BlockRange => range(rule.min_addresses.max(2), incident, trigger),
        ActionKind::RevokeSession => {
            let session =
                std::iter::once(&trigger.entity).chain(&incident.entities).find(|e| e.kind == EntityKind::Session)?;
            Some(Target { text: session.value.raw().to_owned(), net: None, addresses: 0 })
        }
        ActionKind::Other(_) => None,
    }
}

/// The range that holds most of the incident's addresses, if it holds enough.
fn range(least: usize, incident: &Incident, trigger: &Detection) -> Option<Target> {
    let listed = incident.entities.iter().filter(|e| e.kind == EntityKind::Address);
    let mut addresses: Vec<IpAddr> = listed.filter_map(|e| e.value.raw().parse().ok()).chain(trigger.src_ip).collect();
    addresses.iter_mut().for_each(|ip| *ip = ip.to_canonical());
    addresses.sort_unstable();
    addresses.dedup();
    let mut counts: BTreeMap<IpNet, usize> = BTreeMap::new();
    for ip in addresses {
        let bits = if ip.is_ipv4() { 24 } else { 56 };
        if let Ok(net) = IpNet::new(ip, bits) {
            *counts.entry(net.trunc()).or_default() += 1;
        }
    }
    let (net, addresses) = counts.into_iter().max_by_key(|(_, n)| *n)?;
    (addresses >= least).then(|| Target { text: net.to_string(), net: Some(net), addresses })
}
