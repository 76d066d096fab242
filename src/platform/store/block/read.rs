//! A block as it is read: only the columns that were asked for, each number in it checked once. No bytes make it panic.

use super::column::{self, Column, NUMBERS, Set};
use super::pack::{ADMIN, DRILL, PARSED};
use super::part::{self, Texts, size};
use super::sieve::Pivot;
use super::{EVENTS_MAX, Fault};
use crate::api::{Class, Event, EventId, Http, Outcome, Severity, Timestamp};
use crate::platform::store::row;
use crate::query::Needle;
use std::net::IpAddr;
use std::ops::Range;

/// A block.
#[derive(Debug, Default)]
pub(in super::super) struct Block {
    events: usize,
    addresses: Vec<IpAddr>,
    plain: Vec<u8>,
    spans: Vec<Range<usize>>,
    /// Empty where a column is not read.
    values: [Vec<u64>; NUMBERS],
    words: Option<Texts>,
    raws: Option<Texts>,
    /// It is known that no event of it is what is looked for.
    pub(super) barren: bool,
}

impl Block {
    /// The block whose numbers are in this part.
    pub(super) fn open(numbers: &[u8]) -> Result<Self, Fault> {
        const WRONG: Fault = Fault("its columns are not what they should be");
        let plain = part::unpack(numbers)?;
        let mut rest = plain.as_slice();
        let events = size(&mut rest).filter(|n| (1..=EVENTS_MAX).contains(n)).ok_or(WRONG)?;
        let count = size(&mut rest).filter(|n| *n <= 2 * EVENTS_MAX).ok_or(WRONG)?;
        let mut addresses = Vec::with_capacity(count);
        for _ in 0..count {
            let bytes = size(&mut rest).and_then(|length| rest.split_off(..length)).ok_or(WRONG)?;
            addresses.push(row::address(bytes).ok_or(WRONG)?);
        }
        let mut spans = Vec::with_capacity(NUMBERS);
        for _ in 0..NUMBERS {
            let length = size(&mut rest).ok_or(WRONG)?;
            let start = plain.len() - rest.len();
            rest.split_off(..length).ok_or(WRONG)?;
            spans.push(start..start + length);
        }
        if !rest.is_empty() {
            return Err(WRONG);
        }
        let mut block = Self { events, addresses, spans, plain, ..Self::default() };
        block.read(Set::default().with(Column::Seq).with(Column::Time))?;
        match block.values[0].windows(2).all(|pair| pair[0] < pair[1]) && block.values[0][events - 1] <= u32::MAX.into()
        {
            true => Ok(block),
            false => Err(Fault("its events are not in order")),
        }
    }

    /// Reads these columns of numbers.
    pub(super) fn read(&mut self, wanted: Set) -> Result<(), Fault> {
        for nth in (0..NUMBERS).filter(|nth| wanted.has_nth(*nth)) {
            if self.values[nth].is_empty() {
                let bytes = self.plain.get(self.spans[nth].clone()).unwrap_or_default();
                let values = column::values(nth, bytes, self.events)?;
                let most = if [Column::SrcIp as usize, Column::DstIp as usize].contains(&nth) {
                    self.addresses.len()
                } else {
                    self.words.as_ref().filter(|_| column::is_word(nth)).map_or(usize::MAX, Texts::len)
                };
                if values.iter().any(|n| *n > most as u64) {
                    return Err(Fault("it refers to words that are not there"));
                }
                self.values[nth] = values;
            }
        }
        Ok(())
    }

    /// Takes the part that has its words, before the columns that refer to them are read.
    pub(super) fn with_words(&mut self, part: &[u8]) -> Result<(), Fault> {
        self.words = Some(Texts::read(&part::unpack(part)?)?);
        Ok(())
    }

    /// Takes the part that has its lines.
    pub(super) fn with_raws(&mut self, part: &[u8]) -> Result<(), Fault> {
        let raws = Texts::read(&part::unpack(part)?)?;
        if raws.len() != self.events {
            return Err(Fault("it has not one line for each event"));
        }
        self.raws = Some(raws);
        Ok(())
    }

    /// Any bytes, as each part of a block; whether they are one.
    pub(super) fn foreign(bytes: &[u8]) -> bool {
        let words = part::unpack(bytes).and_then(|plain| Texts::read(&plain)).is_ok();
        let Ok(mut block) = Self::open(bytes) else { return words };
        block.words = Some(Texts::default());
        let _ = block.read(Set::ALL);
        (0..block.len()).for_each(|nth| drop(block.event(0, nth)));
        true
    }

    pub fn len(&self) -> usize {
        self.events
    }

    pub(super) const fn has_words(&self) -> bool {
        self.words.is_some()
    }

    pub(super) const fn has_raws(&self) -> bool {
        self.raws.is_some()
    }

    /// Whether a text that is read may hold what is looked for: each is searched once, all at once.
    pub(super) fn may_hold(&self, needle: &Needle) -> bool {
        [&self.words, &self.raws].into_iter().flatten().any(|texts| needle.may_be_in(texts.whole()))
    }

    /// Which events have it, of whose column it is. What it is compared with is each value of the block, once.
    pub(super) fn having(&self, pivot: &Pivot) -> Vec<usize> {
        if let Pivot::Text(Column::Raw, text) = pivot {
            let lines = self.raws.iter().flat_map(Texts::iter).enumerate();
            return lines.filter(|(_, line)| line.contains(text.as_str())).map(|(nth, _)| nth).collect();
        }
        let is_it: Vec<bool> = match pivot {
            Pivot::Net(net) if net.prefix_len() == net.max_prefix_len() => {
                self.addresses.iter().map(|ip| *ip == net.addr()).collect()
            }
            Pivot::Net(net) => self.addresses.iter().map(|ip| net.contains(ip)).collect(),
            Pivot::Text(_, text) => self.words.iter().flat_map(Texts::iter).map(|word| word == text).collect(),
        };
        let has = |n: &u64| n.checked_sub(1).and_then(|n| is_it.get(usize::try_from(n).ok()?)) == Some(&true);
        let values = self.values[pivot.column() as usize].iter().enumerate();
        values.filter(|(_, value)| has(value)).map(|(nth, _)| nth).collect()
    }

    /// Addresses of clients and of where they went.
    pub fn addresses(&self) -> &[IpAddr] {
        &self.addresses
    }

    /// A number of an event; 0 where the column is not read.
    #[inline]
    pub fn number(&self, column: Column, nth: usize) -> u64 {
        self.values[column as usize].get(nth).copied().unwrap_or(0)
    }

    /// A number that may be missing.
    pub fn some(&self, column: Column, nth: usize) -> Option<u64> {
        self.number(column, nth).checked_sub(1)
    }

    pub fn seq(&self, nth: usize) -> u32 {
        u32::try_from(self.number(Column::Seq, nth)).unwrap_or(u32::MAX)
    }

    pub fn time(&self, nth: usize) -> i64 {
        self.number(Column::Time, nth).cast_signed()
    }

    /// Where the event with that number is.
    pub fn find(&self, seq: u32) -> Option<usize> {
        self.values[Column::Seq as usize].binary_search(&seq.into()).ok()
    }

    pub fn text(&self, column: Column, nth: usize) -> Option<&str> {
        if column == Column::Raw {
            return self.raws.as_ref()?.get(nth);
        }
        self.words.as_ref()?.get(usize::try_from(self.some(column, nth)?).ok()?)
    }

    pub fn address(&self, column: Column, nth: usize) -> Option<IpAddr> {
        self.addresses.get(usize::try_from(self.some(column, nth)?).ok()?).copied()
    }

    pub fn flag(&self, bit: u64, nth: usize) -> bool {
        self.number(Column::Flags, nth) & bit != 0
    }

    /// One line that says what happened; that which was received where nothing else was said.
    pub fn message(&self, nth: usize) -> Option<&str> {
        self.text(Column::Message, nth).or_else(|| self.text(Column::Raw, nth))
    }

    /// An event of it, of that day, after all columns were read.
    pub fn event(&self, day: i64, nth: usize) -> Event {
        let own = |column| self.text(column, nth).map(Into::into);
        let word = |column| self.text(column, nth).unwrap_or_default();
        let short = |column| self.some(column, nth).map(|n| u16::try_from(n).unwrap_or(u16::MAX));
        let http = self.text(Column::Method, nth).map(|method| Http {
            method: method.into(),
            url: word(Column::Url).into(),
            status: short(Column::Status).unwrap_or(0),
            bytes: self.some(Column::Bytes, nth).unwrap_or(0),
            referer: own(Column::Referer),
            agent: own(Column::Agent),
        });
        let alone = http.is_none();
        Event {
            id: EventId::new(day, self.seq(nth)),
            time: Timestamp(self.time(nth)),
            observed: Timestamp(self.number(Column::Observed, nth).cast_signed()),
            source: word(Column::Source).to_owned(),
            class: Class(u16::try_from(self.number(Column::Class, nth)).unwrap_or(u16::MAX)),
            activity: u8::try_from(self.number(Column::Activity, nth)).unwrap_or(u8::MAX),
            severity: Severity::from(word(Column::Severity)),
            outcome: Outcome::from(word(Column::Outcome)),
            src_ip: self.address(Column::SrcIp, nth),
            country: own(Column::Country),
            user: own(Column::User),
            session: own(Column::Session),
            host: own(Column::Host),
            http,
            action: own(Column::Action),
            object: own(Column::Object),
            key: own(Column::Key),
            tenant: own(Column::Tenant),
            agent: own(Column::Agent).filter(|_| alone),
            admin: self.flag(ADMIN, nth),
            dst_ip: self.address(Column::DstIp, nth),
            dst_port: short(Column::DstPort),
            sent: self.some(Column::Sent, nth),
            received: self.some(Column::Bytes, nth).filter(|_| alone),
            message: self.message(nth).unwrap_or_default().into(),
            raw: word(Column::Raw).into(),
            parsed: self.flag(PARSED, nth),
            drill: self.flag(DRILL, nth),
        }
    }
}
