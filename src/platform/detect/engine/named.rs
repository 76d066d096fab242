//! Clients that a log names instead of giving their addresses: PAM's `rhost=`, sshd with `UseDNS`, web servers that look
//! names up.
//!
//! What remembers clients knows them by address, so such a one gets a stand-in: an address of a prefix that nobody uses,
//! made of a hash that others cannot foresee. It does not leave the engine: what is detected about it is about the client by
//! that name and has no address, so that nothing ever blocks one.

use super::bounded::Bounded;
use crate::api::{Detection, EntityKind, EntityRef};
use crate::platform::keyed::hash;
use crate::text::Untrusted;
use ipnet::Ipv6Net;
use std::net::{IpAddr, Ipv6Addr};

/// Names remembered at once.
const NAMES_MAX: usize = 16_384;
/// The first 32 bits of all stand-ins: of the addresses that sites give themselves (RFC 4193), drawn once.
const PREFIX: u128 = 0xfd57_6174;
/// How stand-ins begin in a text.
const WRITTEN: &str = "fd57:6174:";

/// The names behind stand-ins.
pub(super) struct Named(Bounded<IpAddr, String>);

/// The stand-in of a name, the same for every way to write it in capitals.
pub(super) fn stand_in(name: &str) -> IpAddr {
    let lower = name.to_ascii_lowercase();
    let (high, low) = (hash(("high", lower.as_str())), hash(("low", lower.as_str())));
    Ipv6Addr::from_bits(PREFIX << 96 | u128::from(high & 0xffff_ffff) << 64 | u128::from(low)).into()
}

impl Named {
    pub fn new() -> Self {
        Self(Bounded::new(NAMES_MAX))
    }

    /// The stand-in of a name, which is remembered.
    pub fn stand_in(&mut self, name: &str, time: i64) -> IpAddr {
        let ip = stand_in(name);
        let known = self.0.entry(ip, time);
        if known.is_empty() {
            name.clone_into(known);
        }
        ip
    }

    /// Puts the names back into what was detected from `start` on. A range of stand-ins is no range of anything.
    pub fn unveil(&self, detections: &mut Vec<Detection>, start: usize) {
        if self.0.len() == 0 {
            return;
        }
        let mut nth = 0;
        detections.retain_mut(|detection| {
            nth += 1;
            nth <= start || self.unveil_one(detection)
        });
    }

    fn unveil_one(&self, detection: &mut Detection) -> bool {
        if detection.src_ip.is_some_and(|ip| self.0.get(&ip).is_some()) {
            detection.src_ip = None;
        }
        let why = detection.why.raw();
        if why.contains(WRITTEN) {
            detection.why = Untrusted::from(self.unveil_text(why));
        }
        let value = detection.entity.value.raw();
        match detection.entity.kind {
            EntityKind::Address => {
                if let Some(name) = value.parse().ok().and_then(|ip| self.0.get(&ip)) {
                    detection.entity = EntityRef { kind: EntityKind::Client, value: name.as_str().into() };
                }
                true
            }
            EntityKind::Range => value.parse().map_or(true, |net: Ipv6Net| net.addr().to_bits() >> 96 != PREFIX),
            _ => true,
        }
    }

    /// Stand-ins in a text by their names.
    fn unveil_text(&self, text: &str) -> String {
        let (mut out, mut rest) = (String::with_capacity(text.len()), text);
        while let Some(at) = rest.find(WRITTEN) {
            let (before, from) = rest.split_at(at);
            let end = from.find(|c: char| !c.is_ascii_hexdigit() && c != ':').unwrap_or(from.len());
            let word = from[..end].trim_end_matches(':');
            let name = word.parse().ok().and_then(|ip| self.0.get(&ip));
            out.push_str(before);
            out.push_str(name.map_or(word, String::as_str));
            rest = &from[word.len()..];
        }
        out + rest
    }
}
