//! Events into a block: one pass over them, column by column into what `part.rs` packs.

use super::super::row;
use super::column::{Column, NUMBERS, Pen};
use super::part::{self, Texts, push};
use super::sieve;
use crate::api::EventRef;
use crate::platform::keyed::Keys;
use std::collections::HashMap;
use std::net::IpAddr;

/// The bits of [`Column::Flags`].
pub(super) const PARSED: u64 = 1;
pub(super) const DRILL: u64 = 2;
pub(super) const ADMIN: u64 = 4;

/// A block as the file keeps it.
#[derive(Debug)]
pub(super) struct Packed {
    pub sieve: Vec<u8>,
    pub numbers: Vec<u8>,
    pub words: Vec<u8>,
    pub raws: Vec<u8>,
}

/// Values of which each is kept once, and their numbers from 1 on.
struct Kept<T> {
    numbers: HashMap<T, u32, Keys>,
    all: Vec<T>,
    /// For which columns each is in the sieve.
    sieved: Vec<u8>,
    last: [Option<(T, u32)>; NUMBERS],
}

impl<T: Copy + Eq + std::hash::Hash> Kept<T> {
    fn new(room: usize) -> Self {
        let numbers = HashMap::with_capacity_and_hasher(room, Keys::default());
        let (all, sieved) = (Vec::with_capacity(room), Vec::with_capacity(room));
        Self { numbers, all, sieved, last: [None; NUMBERS] }
    }

    /// The number of a value of a column. Often it is that of the event before.
    #[inline]
    fn number(&mut self, column: Column, value: T) -> u32 {
        let last = &mut self.last[column as usize];
        if let Some((_, number)) = last.filter(|(known, _)| *known == value) {
            return number;
        }
        #[allow(clippy::cast_possible_truncation)] // A block has some thousand events of some thirty columns.
        let number = *self.numbers.entry(value).or_insert_with(|| {
            self.all.push(value);
            self.sieved.push(0);
            self.all.len() as u32
        });
        *last = Some((value, number));
        number
    }

    /// Whether the value with that number comes to the sieve for the first time, as of that column.
    fn is_first(&mut self, number: u32, bit: u8) -> bool {
        let Some(seen) = (number as usize).checked_sub(1).and_then(|nth| self.sieved.get_mut(nth)) else {
            return false;
        };
        let first = *seen & bit == 0;
        *seen |= bit;
        first
    }
}

struct Packer<'a> {
    pens: [Pen; NUMBERS],
    words: Kept<&'a str>,
    addresses: Kept<IpAddr>,
    hashes: Vec<u64>,
}

/// Packs events, which are in order of their numbers.
pub(super) fn pack(events: &[&EventRef<'_>]) -> Packed {
    let mut packer = Packer {
        pens: std::array::from_fn(Pen::new),
        words: Kept::new(2 * events.len()),
        addresses: Kept::new(events.len()),
        hashes: Vec::with_capacity(events.len()),
    };
    events.iter().for_each(|event| packer.add(event));
    let mut plain = Vec::with_capacity(32 * events.len());
    push(&mut plain, events.len() as u64);
    push(&mut plain, packer.addresses.all.len() as u64);
    for ip in &packer.addresses.all {
        row::with_blob(*ip, |bytes| {
            push(&mut plain, bytes.len() as u64);
            plain.extend_from_slice(bytes);
        });
    }
    packer.pens.iter_mut().for_each(|pen| pen.finish(&mut plain));
    let numbers = part::pack(&plain);
    plain.clear();
    Texts::write(packer.words.all.iter().copied(), &mut plain);
    let words = part::pack(&plain);
    plain.clear();
    Texts::write(events.iter().map(|e| e.raw), &mut plain);
    Packed { sieve: sieve::sieve(&packer.hashes), numbers, words, raws: part::pack(&plain) }
}

impl<'a> Packer<'a> {
    #[inline]
    fn put(&mut self, column: Column, value: u64) {
        self.pens[column as usize].put(value);
    }

    #[inline]
    fn word(&mut self, column: Column, text: Option<&'a str>) {
        let number = text.map_or(0, |text| self.words.number(column, text));
        self.put(column, number.into());
        let bit = sieve::bit(column);
        if let Some(text) = text.filter(|_| bit != 0 && self.words.is_first(number, bit)) {
            self.hashes.push(sieve::text_hash(column, text));
        }
    }

    fn address(&mut self, column: Column, ip: Option<IpAddr>) {
        let number = ip.map_or(0, |ip| self.addresses.number(column, ip.to_canonical()));
        self.put(column, number.into());
        if let Some(ip) = ip.filter(|_| column == Column::SrcIp && self.addresses.is_first(number, 1)) {
            self.hashes.push(sieve::address_hash(ip));
            self.hashes.push(sieve::network_hash(ip));
        }
    }

    fn add(&mut self, event: &'a EventRef<'a>) {
        let http = event.http.as_ref();
        self.put(Column::Seq, event.id.0 & 0xffff_ffff);
        self.put(Column::Time, event.time.0.cast_unsigned());
        self.put(Column::Observed, event.observed.0.cast_unsigned());
        self.put(Column::Class, event.class.0.into());
        self.put(Column::Activity, event.activity.into());
        let flag = |is: bool, bit: u64| if is { bit } else { 0 };
        self.put(Column::Flags, flag(event.parsed, PARSED) | flag(event.drill, DRILL) | flag(event.admin, ADMIN));
        self.address(Column::SrcIp, event.src_ip);
        self.address(Column::DstIp, event.dst_ip);
        self.put(Column::DstPort, some(event.dst_port.map(u64::from)));
        self.put(Column::Status, some(http.map(|h| h.status.into())));
        self.put(Column::Bytes, some(http.map(|h| h.bytes).or(event.received)));
        self.put(Column::Sent, some(event.sent));
        self.words_of(event);
    }

    fn words_of(&mut self, event: &'a EventRef<'a>) {
        let http = event.http.as_ref();
        self.word(Column::Source, Some(event.source));
        self.word(Column::Severity, Some(event.severity.as_str()));
        self.word(Column::Outcome, Some(event.outcome.as_str()));
        self.word(Column::Country, event.country);
        self.word(Column::User, event.user);
        self.word(Column::Session, event.session);
        self.word(Column::Host, event.host);
        self.word(Column::Method, http.map(|h| h.method));
        self.word(Column::Agent, http.map_or(event.agent, |h| h.agent));
        self.word(Column::Referer, http.and_then(|h| h.referer));
        self.word(Column::Url, http.map(|h| h.url));
        self.word(Column::Action, event.action);
        self.word(Column::Object, event.object);
        self.word(Column::Key, event.key);
        self.word(Column::Tenant, event.tenant);
        let said = Some(event.message).filter(|message| !message.is_empty() && *message != event.raw);
        self.word(Column::Message, said);
    }
}

/// A number that may be missing. What is beyond the largest signed number is that.
fn some(value: Option<u64>) -> u64 {
    value.map_or(0, |n| n.min(i64::MAX.cast_unsigned()) + 1)
}
