//! What the gate holds, arranged for looking up: addresses in a hash map, ranges in one hash map per prefix length.

use super::{Desired, Order};
use crate::api::{ActionId, Timestamp};
use crate::platform::respond::target::Target;
use ipnet::IpNet;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

/// One block or revocation.
#[derive(Debug, Clone)]
pub struct Entry {
    /// The action behind it.
    pub action: ActionId,
    /// Until when.
    pub until: Timestamp,
    /// Requests refused because of it.
    pub refused: Arc<AtomicU64>,
}

/// Prefixes with a value each.
#[derive(Debug)]
pub struct Nets<T> {
    four: Vec<(u32, HashMap<u32, T>)>,
    six: Vec<(u32, HashMap<u128, T>)>,
}

impl<T> Default for Nets<T> {
    fn default() -> Self {
        Self { four: Vec::new(), six: Vec::new() }
    }
}

impl<T> Nets<T> {
    /// The most specific value that holds for `ip` and that `take` accepts.
    pub fn find<R>(&self, ip: IpAddr, take: impl Fn(&T) -> Option<R>) -> Option<R> {
        match ip {
            IpAddr::V4(ip) => {
                let bits = u32::from(ip);
                self.four.iter().find_map(|(len, map)| map.get(&(bits & mask4(*len))).and_then(&take))
            }
            IpAddr::V6(ip) => {
                let bits = u128::from(ip);
                self.six.iter().find_map(|(len, map)| map.get(&(bits & mask6(*len))).and_then(&take))
            }
        }
    }

    /// Puts `value` at `net`; `better` says whether it replaces the one there.
    fn put(&mut self, net: IpNet, value: T, better: impl Fn(&T, &T) -> bool) {
        match net {
            IpNet::V4(net) => {
                let key = u32::from(net.network());
                keep(level(&mut self.four, net.prefix_len().into()), key, value, better);
            }
            IpNet::V6(net) => {
                let key = u128::from(net.network());
                keep(level(&mut self.six, net.prefix_len().into()), key, value, better);
            }
        }
    }

    /// The value exactly at `net`.
    fn get(&self, net: IpNet) -> Option<&T> {
        fn at<K: Eq + std::hash::Hash, T>(levels: &[(u32, HashMap<K, T>)], len: u8, key: K) -> Option<&T> {
            levels.iter().find(|(l, _)| *l == u32::from(len)).and_then(|(_, map)| map.get(&key))
        }
        match net {
            IpNet::V4(net) => at(&self.four, net.prefix_len(), u32::from(net.network())),
            IpNet::V6(net) => at(&self.six, net.prefix_len(), u128::from(net.network())),
        }
    }

    fn len(&self) -> usize {
        self.four.iter().map(|(_, m)| m.len()).chain(self.six.iter().map(|(_, m)| m.len())).sum()
    }
}

fn mask4(len: u32) -> u32 {
    u32::MAX.checked_shl(32 - len).unwrap_or(0)
}

fn mask6(len: u32) -> u128 {
    u128::MAX.checked_shl(128 - len).unwrap_or(0)
}

/// The map of one prefix length; longest lengths first.
fn level<K, T>(levels: &mut Vec<(u32, HashMap<K, T>)>, len: u32) -> &mut HashMap<K, T> {
    let at = match levels.binary_search_by(|(l, _)| len.cmp(l)) {
        Ok(at) => at,
        Err(at) => {
            levels.insert(at, (len, HashMap::new()));
            at
        }
    };
    &mut levels[at].1
}

fn keep<K: Eq + std::hash::Hash, T>(map: &mut HashMap<K, T>, key: K, value: T, better: impl Fn(&T, &T) -> bool) {
    match map.entry(key) {
        std::collections::hash_map::Entry::Occupied(mut held) => {
            if better(&value, held.get()) {
                held.insert(value);
            }
        }
        std::collections::hash_map::Entry::Vacant(free) => {
            free.insert(value);
        }
    }
}

/// Everything the gate holds.
#[derive(Debug, Default)]
pub struct Rules {
    allow: Nets<()>,
    addresses: HashMap<IpAddr, Entry>,
    ranges: Nets<Entry>,
    sessions: HashMap<String, Entry>,
    counters: HashMap<ActionId, Arc<AtomicU64>>,
}

impl Rules {
    /// Arranges `desired`, taking the counters of actions that were held `before` along.
    #[must_use]
    pub fn new(desired: &Desired, before: &Self) -> Self {
        let mut rules = Self::default();
        for net in &desired.allow {
            rules.allow.put(*net, (), |_, _| false);
        }
        for Order { action, target, until } in &desired.orders {
            let refused = before.counters.get(action).cloned().unwrap_or_default();
            rules.counters.insert(*action, Arc::clone(&refused));
            let entry = Entry { action: *action, until: *until, refused };
            let longer = |new: &Entry, old: &Entry| new.until > old.until;
            match target {
                Target::Address(ip) => keep(&mut rules.addresses, *ip, entry, longer),
                Target::Range(net) => rules.ranges.put(*net, entry, longer),
                Target::Session(name) => keep(&mut rules.sessions, name.clone(), entry, longer),
            }
        }
        rules
    }

    /// The allow-list covers `ip`.
    #[must_use]
    pub fn allows(&self, ip: IpAddr) -> bool {
        self.allow.find(ip, |()| Some(())).is_some()
    }

    /// The block in force against `ip`, the most specific first.
    #[must_use]
    pub fn block(&self, ip: IpAddr, now: Timestamp) -> Option<Entry> {
        let live = |e: &Entry| (e.until > now).then(|| e.clone());
        self.addresses.get(&ip).and_then(live).or_else(|| self.ranges.find(ip, live))
    }

    /// Nothing is revoked: no need to compute fingerprints.
    #[must_use]
    pub fn revokes_nothing(&self) -> bool {
        self.sessions.is_empty()
    }

    /// The revocation in force against the session.
    #[must_use]
    pub fn revocation(&self, fingerprint: &str, now: Timestamp) -> Option<Entry> {
        self.sessions.get(fingerprint).filter(|e| e.until > now).cloned()
    }

    /// Requests refused because of `action`.
    #[must_use]
    pub fn refused(&self, action: ActionId) -> u64 {
        self.counters.get(&action).map_or(0, |c| c.load(std::sync::atomic::Ordering::Relaxed))
    }

    /// True when `order` is held for at least as long as it should be.
    #[must_use]
    pub fn holds(&self, order: &Order) -> bool {
        let entry = match &order.target {
            Target::Address(ip) => self.addresses.get(ip),
            Target::Range(net) => self.ranges.get(*net),
            Target::Session(name) => self.sessions.get(name),
        };
        entry.is_some_and(|e| e.until >= order.until)
    }

    /// Addresses, ranges and sessions held.
    #[must_use]
    pub fn len(&self) -> usize {
        self.addresses.len() + self.ranges.len() + self.sessions.len()
    }

    /// Holds nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::net::Ipv4Addr;

    proptest! {
        /// The maps answer as a walk over the list does.
        #[test]
        fn lookups_equal_a_linear_search(
            orders in proptest::collection::vec((0u32..64, 24u8..=32, 0i64..4), 0..20),
            allow in proptest::collection::vec((0u32..64, 26u8..=32), 0..3),
            ip in 0u32..64, now in 0i64..4,
        ) {
            let net = |host: u32, len| IpNet::new(Ipv4Addr::from(0xc633_6400 + host).into(), len).unwrap().trunc();
            let orders = orders.iter().enumerate().map(|(i, (host, len, until))| Order {
                action: ActionId(i as u64),
                target: if *len == 32 { Target::Address(net(*host, 32).addr()) } else { Target::Range(net(*host, *len)) },
                until: Timestamp(*until),
            }).collect();
            let allow = allow.iter().map(|(host, len)| net(*host, *len)).collect();
            let desired = Desired { generation: 1, orders, allow };
            let rules = Rules::new(&desired, &Rules::default());
            let ip = net(ip, 32).addr();
            let refused = !rules.allows(ip) && rules.block(ip, Timestamp(now)).is_some();
            prop_assert_eq!(refused, desired.blocks(ip, Timestamp(now)));
        }
    }
}
