//! Elements: what the kernel's sets should hold, without overlaps. Pure arithmetic.
//!
//! Single addresses go into hash sets, whose cost per change does not grow; ranges go into interval sets, where one
//! overlap would make the kernel refuse the whole transaction: they are cut into disjoint pieces, each lasting as long
//! as the longest order over it.

use super::super::{Desired, Order};
use crate::api::Timestamp;
use crate::platform::respond::target::Target;
use ipnet::IpNet;
use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// A set of our table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Set {
    /// IPv4 addresses to drop.
    Addr4,
    /// IPv6 addresses to drop.
    Addr6,
    /// IPv4 ranges to drop.
    Net4,
    /// IPv6 ranges to drop.
    Net6,
    /// IPv4 ranges that stay open.
    Allow4,
    /// IPv6 ranges that stay open.
    Allow6,
}

impl Set {
    /// All of them.
    pub const ALL: [Self; 6] = [Self::Addr4, Self::Addr6, Self::Net4, Self::Net6, Self::Allow4, Self::Allow6];

    /// Its name in the table.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Addr4 => "addr4",
            Self::Addr6 => "addr6",
            Self::Net4 => "net4",
            Self::Net6 => "net6",
            Self::Allow4 => "allow4",
            Self::Allow6 => "allow6",
        }
    }

    /// The set of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|set| set.name() == name)
    }

    /// Holds IPv4.
    #[must_use]
    pub const fn is_four(self) -> bool {
        matches!(self, Self::Addr4 | Self::Net4 | Self::Allow4)
    }

    /// Holds intervals: replaced as a whole.
    #[must_use]
    pub const fn is_interval(self) -> bool {
        !matches!(self, Self::Addr4 | Self::Addr6)
    }

    /// Its elements end by themselves.
    #[must_use]
    pub const fn is_timed(self) -> bool {
        !matches!(self, Self::Allow4 | Self::Allow6)
    }
}

/// An element: first and last address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Element {
    /// Where it is.
    pub set: Set,
    /// First address.
    pub first: u128,
    /// Last address.
    pub last: u128,
}

impl Element {
    fn new(set: Set, (first, last): (u128, u128)) -> Self {
        Self { set, first, last }
    }

    /// As nft writes and reads it.
    #[must_use]
    pub fn text(&self) -> String {
        let ip = |bits: u128| match u32::try_from(bits) {
            Ok(four) if self.set.is_four() => IpAddr::V4(Ipv4Addr::from(four)),
            _ => IpAddr::V6(Ipv6Addr::from(bits)),
        };
        if self.first == self.last {
            ip(self.first).to_string()
        } else {
            format!("{}-{}", ip(self.first), ip(self.last))
        }
    }
}

/// Elements and until when each is held.
pub type Elements = BTreeMap<Element, Timestamp>;

/// Until when elements without an end are held.
pub const FOREVER: Timestamp = Timestamp(i64::MAX);

/// First and last address of `net` as numbers.
#[must_use]
pub fn bounds(net: IpNet) -> (u128, u128) {
    (number(net.network()), number(net.broadcast()))
}

/// An address as a number.
#[must_use]
pub fn number(ip: IpAddr) -> u128 {
    match ip {
        IpAddr::V4(ip) => u32::from(ip).into(),
        IpAddr::V6(ip) => ip.into(),
    }
}

/// The set for `net`.
const fn pick(net: IpNet, four: Set, six: Set) -> Set {
    match net {
        IpNet::V4(_) => four,
        IpNet::V6(_) => six,
    }
}

/// What the sets should hold at `now`.
#[must_use]
pub fn of(desired: &Desired, now: Timestamp) -> Elements {
    let mut elements = Elements::new();
    let mut ranges: BTreeMap<Set, Vec<(u128, u128, Timestamp)>> = BTreeMap::new();
    for Order { target, until, .. } in desired.orders.iter().filter(|o| o.until > now) {
        match target {
            Target::Address(ip) => {
                let net = IpNet::from(*ip);
                let element = Element::new(pick(net, Set::Addr4, Set::Addr6), bounds(net));
                let held = elements.entry(element).or_insert(*until);
                *held = (*held).max(*until);
            }
            Target::Range(net) => {
                let (first, last) = bounds(*net);
                ranges.entry(pick(*net, Set::Net4, Set::Net6)).or_default().push((first, last, *until));
            }
            Target::Session(_) => {}
        }
    }
    for net in &desired.allow {
        let (first, last) = bounds(*net);
        ranges.entry(pick(*net, Set::Allow4, Set::Allow6)).or_default().push((first, last, FOREVER));
    }
    for (set, list) in ranges {
        elements.extend(cut(&list).into_iter().map(|(first, last, until)| (Element::new(set, (first, last)), until)));
    }
    elements
}

/// Cuts overlapping ranges into disjoint ones, each until the latest end of those that cover it.
fn cut(ranges: &[(u128, u128, Timestamp)]) -> Vec<(u128, u128, Timestamp)> {
    let mut edges: Vec<u128> = Vec::with_capacity(ranges.len() * 2);
    let mut opens: BTreeMap<u128, Vec<Timestamp>> = BTreeMap::new();
    let mut closes: BTreeMap<u128, Vec<Timestamp>> = BTreeMap::new();
    for (first, last, until) in ranges {
        edges.extend([Some(*first), last.checked_add(1)].into_iter().flatten());
        opens.entry(*first).or_default().push(*until);
        closes.entry(*last).or_default().push(*until);
    }
    edges.sort_unstable();
    edges.dedup();
    let mut live: BTreeMap<Timestamp, usize> = BTreeMap::new();
    let mut out: Vec<(u128, u128, Timestamp)> = Vec::new();
    for (at, start) in edges.iter().enumerate() {
        let end = edges.get(at + 1).map_or(u128::MAX, |next| next - 1);
        for until in opens.get(start).into_iter().flatten() {
            *live.entry(*until).or_default() += 1;
        }
        if let Some((until, _)) = live.last_key_value() {
            match out.last_mut() {
                Some(last) if last.2 == *until && last.1.checked_add(1) == Some(*start) => last.1 = end,
                _ => out.push((*start, end, *until)),
            }
        }
        for until in closes.get(&end).into_iter().flatten() {
            if let Some(count) = live.get_mut(until) {
                *count -= 1;
                if *count == 0 {
                    live.remove(until);
                }
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn pieces_are_disjoint_and_say_the_same(
            ranges in proptest::collection::vec((0u128..60, 0u128..20, 1i64..5), 0..12)
        ) {
            let ranges: Vec<_> = ranges.iter().map(|(a, n, t)| (*a, a + n, Timestamp(*t))).collect();
            let pieces = cut(&ranges);
            for at in 0..90 {
                let want = ranges.iter().filter(|r| r.0 <= at && at <= r.1).map(|r| r.2).max();
                let held: Vec<_> = pieces.iter().filter(|r| r.0 <= at && at <= r.1).map(|r| r.2).collect();
                prop_assert!(held.len() <= 1);
                prop_assert_eq!(held.first().copied(), want);
            }
        }
    }

    #[test]
    fn the_last_address_of_all_is_no_edge_case() {
        let all = [(0, u128::MAX, Timestamp(1)), (u128::MAX, u128::MAX, Timestamp(2))];
        assert_eq!(cut(&all), [(0, u128::MAX - 1, Timestamp(1)), (u128::MAX, u128::MAX, Timestamp(2))]);
    }
}
