//! Guard rails: what must never be blocked, by whomever, and how much may be.
//!
//! They are code, not configuration; only the limits and the lists of friends come from outside. Start at
//! [`Guard::judge`]. Every spelling of an address is compared (see `target::spellings`).

use super::surroundings::Surroundings;
use super::target::{Target, overlap, spellings};
use crate::api::{Refusal, Timestamp};
use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// An operator's address stays protected this long after it was last seen.
pub const OPERATOR_MEMORY_MS: i64 = 3_600_000;

/// How much may be blocked, and for how long.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// When nobody says how long, in seconds.
    pub default_ttl: u64,
    /// Shortest block, in seconds.
    pub min_ttl: u64,
    /// Longest block a person may ask for, in seconds.
    pub max_ttl: u64,
    /// Longest block the policy may ask for, in seconds.
    pub max_automatic_ttl: u64,
    /// Automatic actions in any hour.
    pub automatic_per_hour: usize,
    /// Addresses in one request.
    pub max_addresses: usize,
    /// Blocks and revocations in force.
    pub max_blocks: usize,
    /// Widest IPv4 prefix.
    pub widest_v4: u8,
    /// Widest IPv6 prefix.
    pub widest_v6: u8,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            default_ttl: 4 * 3600,
            min_ttl: 10,
            max_ttl: 7 * 86_400,
            max_automatic_ttl: 86_400,
            automatic_per_hour: 50,
            max_addresses: 256,
            max_blocks: 10_000,
            widest_v4: 24,
            widest_v6: 56,
        }
    }
}

/// An allow-list entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Allowed {
    /// Who stays open.
    pub net: IpNet,
    /// Why.
    pub reason: String,
}

/// The guard rails with everything they look at.
#[derive(Debug, Clone, Default)]
pub struct Guard {
    /// How much.
    pub limits: Limits,
    /// Who stays open.
    pub allow: Vec<Allowed>,
    /// Proxies the gate trusts.
    pub proxies: Vec<IpNet>,
    /// What this host needs.
    pub host: Surroundings,
    pub(super) operators: BTreeMap<IpAddr, Timestamp>,
}

/// Networks that have no business in a block list, whatever the circumstances.
const RESERVED: &[(&str, &str, IpNet)] = &[
    ("loopback", "this host itself", four([127, 0, 0, 0], 8)),
    ("loopback", "this host itself", six([0, 0, 0, 0, 0, 0, 0, 1], 128)),
    ("unspecified", "\"this network\", not an address anybody has", four([0, 0, 0, 0], 8)),
    ("unspecified", "not an address anybody has", six([0; 8], 128)),
    ("metadata", "a cloud's metadata service", four([169, 254, 169, 254], 32)),
    ("metadata", "a cloud's metadata service", four([100, 100, 100, 200], 32)),
    ("metadata", "a cloud's metadata service", four([168, 63, 129, 16], 32)),
    ("metadata", "a cloud's metadata service", six([0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254], 128)),
    ("link_local", "link-local: neighbours and services of the own link", four([169, 254, 0, 0], 16)),
    ("link_local", "link-local: neighbour discovery needs it", six([0xfe80, 0, 0, 0, 0, 0, 0, 0], 10)),
    ("multicast", "multicast: never a client, and IPv6 does not work without it", four([224, 0, 0, 0], 4)),
    (
        "multicast",
        "multicast: never a client, and IPv6 does not work without it",
        six([0xff00, 0, 0, 0, 0, 0, 0, 0], 8),
    ),
    ("broadcast", "broadcast", four([255, 255, 255, 255], 32)),
];

/// Inner networks: RFC 1918, RFC 6598 (CGNAT), RFC 4193 (ULA).
const PRIVATE: &[IpNet] = &[
    four([10, 0, 0, 0], 8),
    four([172, 16, 0, 0], 12),
    four([192, 168, 0, 0], 16),
    four([100, 64, 0, 0], 10),
    six([0xfc00, 0, 0, 0, 0, 0, 0, 0], 7),
];

const fn four(ip: [u8; 4], len: u8) -> IpNet {
    IpNet::V4(Ipv4Net::new_assert(Ipv4Addr::new(ip[0], ip[1], ip[2], ip[3]), len))
}

const fn six(ip: [u16; 8], len: u8) -> IpNet {
    let [a, b, c, d, e, f, g, h] = ip;
    IpNet::V6(Ipv6Net::new_assert(Ipv6Addr::new(a, b, c, d, e, f, g, h), len))
}

fn refusal(rule: &str, why: String, hint: &str) -> Refusal {
    Refusal { rule: rule.into(), why, hint: hint.into() }
}

impl Guard {
    /// Protects an operator's address from now on.
    pub fn operator(&mut self, ip: IpAddr, now: Timestamp) {
        self.operators.insert(ip.to_canonical(), now);
    }

    /// Forgets operators not seen for an hour.
    pub fn forget(&mut self, now: Timestamp) {
        self.operators.retain(|_, seen| seen.plus(OPERATOR_MEMORY_MS) > now);
    }

    /// Everything that speaks against blocking `target` for `ttl` seconds. Budgets are counted elsewhere.
    #[must_use]
    pub fn judge(&self, target: &Target, ttl: u64, automatic: bool) -> Vec<Refusal> {
        let mut refusals = self.never(target);
        if let Some(net) = target.net() {
            refusals.extend(self.too_wide(net));
            refusals.extend(self.covered(net).map(|entry| {
                refusal(
                    "allow_list",
                    format!("{net} is wholly within the allow-list entry {} ({})", entry.net, entry.reason),
                    "remove the entry from the policy's allow-list if it no longer holds",
                )
            }));
            if automatic && is_private(net) {
                let hint = "block it by hand if you are sure";
                refusals.push(refusal(
                    "private_address",
                    format!("{net} is an inner address; the policy does not block these by itself"),
                    hint,
                ));
            }
        }
        refusals.extend(self.duration(ttl, automatic));
        refusals
    }

    /// What may not be blocked by anybody, ever.
    #[must_use]
    pub fn never(&self, target: &Target) -> Vec<Refusal> {
        self.rails().never(target)
    }

    /// Everything that must stay reachable, in every spelling: to judge many targets at once.
    #[must_use]
    pub fn rails(&self) -> Rails {
        let mut rails = Rails(Vec::new());
        let around = "block narrower, around it";
        for (rule, what, net) in RESERVED {
            rails.add(rule, format!("meets {net}: {what}"), "nothing to do: this is no attacker's address", *net);
        }
        for (rule, what, ips) in [
            ("own_address", "an address of this host", &self.host.own),
            ("gateway", "a gateway of this host", &self.host.gateways),
            ("dns_server", "a name server of this host", &self.host.resolvers),
            ("operator_address", "the address this session's operator comes from", &self.host.ssh),
        ] {
            for ip in ips {
                rails.add(rule, format!("holds {ip}, {what}"), around, IpNet::from(*ip));
            }
        }
        for ip in self.operators.keys() {
            let who = format!("holds {ip}, where an operator is connected from");
            rails.add("operator_address", who, around, IpNet::from(*ip));
        }
        for proxy in &self.proxies {
            let who = format!("meets {proxy}, a proxy the gate trusts: all clients come through it");
            let hint = "if clients show up under the proxy's address, have it send X-Real-IP";
            rails.add("trusted_proxy", who, hint, *proxy);
        }
        rails
    }

    /// Allow-list entries that `target` meets.
    #[must_use]
    pub fn met(&self, target: &Target) -> Vec<String> {
        let Some(net) = target.net() else { return Vec::new() };
        let entries = self.allow.iter().filter(|entry| overlap(entry.net, net));
        entries.map(|entry| format!("{} ({})", entry.net, entry.reason)).collect()
    }

    /// The allow-list entry that covers all of `net`.
    #[must_use]
    pub fn covered(&self, net: IpNet) -> Option<&Allowed> {
        let spelled = spellings(net);
        self.allow.iter().find(|entry| spelled.iter().any(|own| entry.net.contains(own)))
    }

    fn too_wide(&self, net: IpNet) -> Option<Refusal> {
        let widest = if matches!(net, IpNet::V4(_)) { self.limits.widest_v4 } else { self.limits.widest_v6 };
        (net.prefix_len() < widest).then(|| {
            let why = format!("{net} is wider than /{widest}: it would lock out many who did nothing");
            refusal("too_wide", why, "block the attacking addresses or smaller prefixes one by one")
        })
    }

    fn duration(&self, ttl: u64, automatic: bool) -> Option<Refusal> {
        let Limits { min_ttl, max_ttl, max_automatic_ttl, .. } = self.limits;
        let max = if automatic { max_automatic_ttl } else { max_ttl };
        if ttl < min_ttl {
            let why = format!("{ttl} s is shorter than {min_ttl} s, too short to be verified");
            return Some(refusal("ttl_too_short", why, "ask for at least that long"));
        }
        (ttl > max).then(|| {
            let why = format!("{ttl} s is longer than {max} s; no block lasts for ever");
            refusal("ttl_too_long", why, "ask for less, and block again when it has ended")
        })
    }
}

/// What must stay reachable.
pub struct Rails(Vec<Rail>);

struct Rail {
    rule: &'static str,
    who: String,
    hint: &'static str,
    nets: Vec<IpNet>,
}

impl Rails {
    fn add(&mut self, rule: &'static str, who: String, hint: &'static str, net: IpNet) {
        self.0.push(Rail { rule, who, hint, nets: spellings(net) });
    }

    /// The rails `target` meets, each rule once.
    #[must_use]
    pub fn never(&self, target: &Target) -> Vec<Refusal> {
        let Some(net) = target.net() else { return Vec::new() };
        if net.prefix_len() == 0 {
            let why = format!("{net} is the whole internet");
            return vec![refusal("everything", why, "block the prefixes that attack")];
        }
        let spelled = spellings(net);
        let mut refusals: Vec<Refusal> = Vec::new();
        for Rail { rule, who, hint, nets } in &self.0 {
            let meets = spelled.iter().any(|own| nets.iter().any(|other| overlap(*own, *other)));
            if meets && !refusals.iter().any(|r| r.rule == *rule) {
                refusals.push(refusal(rule, format!("{net} {who}"), hint));
            }
        }
        refusals
    }
}

/// Within an inner network, in any spelling.
#[must_use]
pub fn is_private(net: IpNet) -> bool {
    spellings(net).iter().any(|own| PRIVATE.iter().any(|inner| overlap(*inner, *own)))
}

#[cfg(test)]
#[path = "guard_test.rs"]
mod tests;
