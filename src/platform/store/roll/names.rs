//! Names of those whom incidents are about. Each is held once, however many incidents it is part of, and all stand behind
//! one another, so that a filter is asked of them as of one long text and not row by row.

use crate::platform::keyed;
use crate::query::Needle;
use ipnet::IpNet;
use std::net::{IpAddr, Ipv4Addr};
use std::ops::Range;

/// Most bytes of names.
const BYTES_MAX: usize = 1 << 30;
/// Behind every name. No text has this byte.
const END: u8 = 0xff;
/// A free slot.
const FREE: u32 = u32::MAX;

/// What a name is where addresses are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Family {
    None,
    /// An IPv4 address.
    Four,
    /// A prefix of such.
    FourRange,
    Six,
    /// IPv4 in the form of IPv6: it counts as the one here and as the other there.
    Both,
}

#[derive(Debug)]
pub(super) struct Names {
    text: Vec<u8>,
    /// Where each begins.
    starts: Vec<u32>,
    /// The first 32 bits of those that are addresses or prefixes.
    bits: Vec<u32>,
    family: Vec<Family>,
    /// An index into `kinds`.
    kind: Vec<u16>,
    kinds: Vec<String>,
    /// Names by their hash, a name that finds its slot taken in the next free one.
    slots: Vec<u32>,
    /// How often each byte occurs.
    often: [u64; 256],
}

impl Default for Names {
    fn default() -> Self {
        Self {
            text: Vec::new(),
            starts: Vec::new(),
            bits: Vec::new(),
            family: Vec::new(),
            kind: Vec::new(),
            kinds: Vec::new(),
            slots: vec![FREE; 16],
            often: [0; 256],
        }
    }
}

impl Names {
    /// How many.
    pub(super) fn len(&self) -> u32 {
        // Each takes a byte at least, and there is room for less than 2^32 of these.
        u32::try_from(self.starts.len()).unwrap_or(FREE)
    }

    /// Kind and name.
    pub(super) fn get(&self, number: u32) -> (&str, &str) {
        let text = std::str::from_utf8(&self.text[self.span(number)]).unwrap_or_default();
        (&self.kinds[usize::from(self.kind[number as usize])], text)
    }

    fn span(&self, number: u32) -> Range<usize> {
        let at = number as usize;
        self.starts[at] as usize..self.starts.get(at + 1).map_or(self.text.len(), |next| *next as usize) - 1
    }

    /// The number of a name, a new one if need be; nothing where there are too many.
    pub(super) fn number(&mut self, kind: &str, name: &str) -> Option<u32> {
        let free = match self.look(kind, name) {
            Ok(number) => return Some(number),
            Err(free) => free,
        };
        if self.text.len() + name.len() >= BYTES_MAX {
            return None;
        }
        let (number, start) = (self.len(), u32::try_from(self.text.len()).ok()?);
        let kind_at = match self.kinds.iter().position(|known| known == kind) {
            Some(at) => at,
            None => {
                self.kinds.push(kind.to_owned());
                self.kinds.len() - 1
            }
        };
        self.kind.push(u16::try_from(kind_at).ok()?);
        self.starts.push(start);
        self.text.extend_from_slice(name.as_bytes());
        self.text.push(END);
        name.bytes().for_each(|byte| self.often[usize::from(byte)] += 1);
        let (family, bits) = head(name);
        self.family.push(family);
        self.bits.push(bits);
        self.slots[free] = number;
        self.make_room();
        Some(number)
    }

    /// The number of a name, or the slot that is free for it.
    fn look(&self, kind: &str, name: &str) -> Result<u32, usize> {
        let mask = self.slots.len() - 1;
        #[expect(clippy::cast_possible_truncation, reason = "any bits of a hash will do")]
        let mut slot = keyed::hash((kind, name)) as usize & mask;
        loop {
            match self.slots[slot] {
                FREE => return Err(slot),
                number if self.get(number) == (kind, name) => return Ok(number),
                _ => slot = (slot + 1) & mask,
            }
        }
    }

    /// Keeps a quarter of the slots free.
    fn make_room(&mut self) {
        if self.starts.len() * 4 <= self.slots.len() * 3 {
            return;
        }
        self.slots = vec![FREE; self.slots.len() * 2];
        for number in 0..self.len() {
            let (kind, name) = self.get(number);
            if let Err(free) = self.look(kind, name) {
                self.slots[free] = number;
            }
        }
    }

    /// Those of a range that some needle finds, ascending. Kinds of which it is known that containing a needle's address or
    /// its text is all that it takes are not asked; else `fits` decides.
    pub(super) fn found(
        &self,
        needles: &[Needle],
        range: Range<u32>,
        (by_net, by_text): (impl Fn(&str) -> bool, impl Fn(&str) -> bool),
        fits: impl Fn(&str, &str) -> bool,
    ) -> Vec<u32> {
        let fits = |number: &u32| {
            let (kind, name) = self.get(*number);
            fits(kind, name)
        };
        if needles.iter().any(|needle| needle.any || needle.core().is_empty()) {
            return range.filter(fits).collect();
        }
        let (mut found, mut certain): (Vec<u32>, Vec<u32>) = Default::default();
        let of_kinds = |sure: &dyn Fn(&str) -> bool| self.kinds.iter().map(|kind| sure(kind)).collect::<Vec<_>>();
        let (by_net, by_text) = (of_kinds(&by_net), of_kinds(&by_text));
        let kind = |number: u32| usize::from(self.kind[number as usize]);
        for needle in needles {
            let whole = !needle.pattern && needle.net().is_none();
            self.holding(needle.core().as_bytes(), range.clone(), |number| {
                if whole && by_text[kind(number)] { certain.push(number) } else { found.push(number) }
            });
            if let Some(net) = needle.net() {
                self.near(&net, range.clone(), |number, within| {
                    if within && by_net[kind(number)] { certain.push(number) } else { found.push(number) }
                });
            }
        }
        found.sort_unstable();
        found.dedup();
        found.retain(fits);
        found.extend(certain);
        // Made of few runs that are in order.
        found.sort();
        found.dedup();
        found
    }

    /// Tells of every name of a range that is an address or a prefix within another, and maybe of others; also whether it
    /// surely is an address there.
    fn near(&self, net: &IpNet, range: Range<u32>, mut tell: impl FnMut(u32, bool)) {
        let (four, first) = match net {
            IpNet::V4(net) => (true, u32::from(net.network())),
            IpNet::V6(net) => (false, (u128::from(net.network()) >> 96) as u32),
        };
        let mask = u32::MAX.checked_shl(32 - u32::from(net.prefix_len().min(32))).unwrap_or(0);
        let (bits, family) = (&self.bits[..range.end as usize], &self.family[..range.end as usize]);
        for number in range {
            if (bits[number as usize] ^ first) & mask == 0 || family[number as usize] == Family::Both {
                match family[number as usize] {
                    Family::Four if four => tell(number, true),
                    Family::FourRange if four => tell(number, false),
                    Family::Six if !four => tell(number, false),
                    Family::Both => tell(number, false),
                    _ => {}
                }
            }
        }
    }

    /// The IPv4 address that a name is.
    pub(super) fn four(&self, number: u32) -> Option<Ipv4Addr> {
        (self.family[number as usize] == Family::Four).then(|| Ipv4Addr::from_bits(self.bits[number as usize]))
    }

    /// Tells of every name of a range that holds a text (in lower case, not empty), upper and lower case alike, ascending.
    /// It looks for the byte of that text that is rarest in all names.
    fn holding(&self, folded: &[u8], range: Range<u32>, mut tell: impl FnMut(u32)) {
        let cases = |byte: u8| [byte, byte.to_ascii_uppercase()];
        let often = |byte: u8| cases(byte).map(|case| self.often[usize::from(case)]).iter().sum::<u64>();
        let Some((place, byte)) = folded.iter().copied().enumerate().min_by_key(|(_, byte)| often(*byte)) else {
            return;
        };
        let [lower, upper] = cases(byte);
        let end = |number: u32| self.starts.get(number as usize).map_or(self.text.len(), |start| *start as usize);
        let (mut number, mut from, last) = (range.start, end(range.start), end(range.end));
        while let Some(at) = memchr::memchr2(lower, upper, &self.text[from.min(last)..last]).map(|at| from + at) {
            number = self.owner(at, number);
            let start = at.wrapping_sub(place);
            let found = self.text.get(start..start.wrapping_add(folded.len()));
            if found.is_some_and(|found| found.eq_ignore_ascii_case(folded)) {
                tell(number);
                from = end(number + 1);
            } else {
                from = at + 1;
            }
        }
    }

    /// Whose text a byte is part of, where that is `from` or one behind it.
    fn owner(&self, at: usize, from: u32) -> u32 {
        let (mut low, mut step) = (from as usize, 1);
        while self.starts.get(low + step).is_some_and(|start| *start as usize <= at) {
            low += step;
            step *= 2;
        }
        let high = (low + step).min(self.starts.len());
        let behind = self.starts[low..high].partition_point(|start| *start as usize <= at);
        u32::try_from(low + behind - 1).unwrap_or(FREE)
    }
}

/// What a name is as an address or a prefix, and its first 32 bits.
fn head(name: &str) -> (Family, u32) {
    // Nothing else can be one: most names that are none are not looked at twice.
    if !name.bytes().all(|byte| byte.is_ascii_hexdigit() || matches!(byte, b'.' | b':' | b'/')) {
        return (Family::None, 0);
    }
    let address = name.parse::<IpAddr>();
    let Ok(ip) = address.clone().or_else(|_| name.parse::<IpNet>().map(|net| net.network())) else {
        return (Family::None, 0);
    };
    match ip {
        IpAddr::V4(ip) => (if address.is_ok() { Family::Four } else { Family::FourRange }, u32::from(ip)),
        IpAddr::V6(ip) if ip.to_ipv4_mapped().is_some() => (Family::Both, 0),
        IpAddr::V6(ip) => (Family::Six, (u128::from(ip) >> 96) as u32),
    }
}

#[cfg(test)]
#[path = "names_test.rs"]
mod tests;
