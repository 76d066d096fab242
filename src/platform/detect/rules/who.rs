//! Whose events are counted together, and whom a rule accuses.

use super::scenario::{Group, Scenario};
use crate::api::{EntityKind, EntityRef};
use crate::platform::detect::engine::seen::Seen;
use crate::platform::keyed::hash;
use ipnet::IpNet;
use std::borrow::Cow;
use std::net::IpAddr;

/// The hash of whose events are counted together; nothing where the event does not say.
pub(super) fn group(scenario: &Scenario, seen: &Seen<'_>, ip: Option<IpAddr>) -> Option<u64> {
    let mut all = 0u64;
    for group in &scenario.group_by {
        let one = match group {
            Group::Address => match ip? {
                IpAddr::V4(ip) => hash(ip.to_bits()),
                IpAddr::V6(ip) => hash(ip.to_bits()),
            },
            Group::Range => hash(range(ip)?),
            _ => hash(named(*group, seen)?),
        };
        // Each has a secret in it, so that nothing more is needed to keep them apart.
        all = all.rotate_left(23).wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ one;
    }
    Some(all)
}

/// The address that stands in a message behind some texts.
pub(super) fn address(message: &str, after: &[String]) -> Option<IpAddr> {
    let (first, rest) = after.split_first()?;
    let find = |text: &'_ str, word: &String| text.find(word.as_str()).map(|at| at + word.len());
    let mut at = find(message, first)?;
    for word in rest {
        at += find(&message[at..], word)?;
    }
    let text = &message[at..];
    let end = text.find(|c: char| !(c.is_ascii_hexdigit() || matches!(c, ':' | '.'))).unwrap_or(text.len());
    let text = text[..end].trim_end_matches([':', '.']);
    let ip = text.parse::<IpAddr>().ok().or_else(|| text.parse::<std::net::SocketAddr>().ok().map(|s| s.ip()))?;
    Some(ip.to_canonical())
}

fn range(ip: Option<IpAddr>) -> Option<IpNet> {
    let ip = ip?;
    IpNet::new(ip, if ip.is_ipv4() { 24 } else { 48 }).ok().map(|net| net.trunc())
}

fn named<'a>(group: Group, seen: &Seen<'a>) -> Option<&'a str> {
    let record = seen.record;
    let call = |part: fn(&'a crate::platform::record::Call<'a>) -> &'a Cow<'a, str>| {
        record.call.as_deref().map(|c| &**part(c))
    };
    let text = match group {
        Group::User => record.user.as_deref(),
        Group::Session => record.session.as_deref(),
        Group::Host => record.host.as_deref(),
        Group::Key => call(|c| &c.key),
        Group::Tenant => call(|c| &c.tenant),
        Group::Address | Group::Range => None,
    };
    text.filter(|t| !t.is_empty() && *t != "-")
}

/// Whom a rule accuses: its first group, else the address, the user, the host.
pub(super) fn accused(first: Option<Group>, seen: &Seen<'_>, ip: Option<IpAddr>) -> EntityRef {
    let of = |group: Group| {
        let kind = match group {
            Group::Address => return ip.map(EntityRef::address),
            Group::Range => {
                return range(ip).map(|net| EntityRef { kind: EntityKind::Range, value: net.to_string().into() });
            }
            Group::User => EntityKind::User,
            Group::Session => EntityKind::Session,
            Group::Key => EntityKind::Key,
            Group::Host => EntityKind::Host,
            Group::Tenant => EntityKind::Tenant,
        };
        named(group, seen).map(|value| EntityRef { kind, value: value.into() })
    };
    let order = first.into_iter().chain([Group::Address, Group::User, Group::Host]);
    order.into_iter().find_map(of).unwrap_or_else(|| EntityRef { kind: EntityKind::Host, value: seen.source.into() })
}
