//! The columns of a block, and how numbers of one are written: once if all are alike, else one after the other or as
//! differences.

use super::Fault;
use super::part::{pull, push};

/// A column. Texts are numbers too: of the words of the block, from 1 on; 0 is none. So are addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Column {
    Seq,
    Time,
    Observed,
    Class,
    Activity,
    Flags,
    SrcIp,
    DstIp,
    DstPort,
    Status,
    Bytes,
    Sent,
    Source,
    Severity,
    Outcome,
    Country,
    User,
    Session,
    Host,
    Method,
    Agent,
    Referer,
    Url,
    Action,
    Object,
    Key,
    Tenant,
    Message,
    /// In a part of its own.
    Raw,
}

/// Columns that are numbers in the first part: all but the last.
pub(super) const NUMBERS: usize = Column::Raw as usize;
/// The first column that holds numbers of words.
const WORDS: usize = Column::Source as usize;

impl Column {
    const fn bit(self) -> u32 {
        1 << self as u32
    }
}

/// Several columns.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(in super::super) struct Set(u32);

impl Set {
    pub const ALL: Self = Self(u32::MAX);

    pub const fn with(self, column: Column) -> Self {
        Self(self.0 | column.bit())
    }

    pub fn has(self, column: Column) -> bool {
        self.0 & column.bit() != 0
    }

    /// By the number of a column.
    pub fn has_nth(self, nth: usize) -> bool {
        nth < 32 && self.0 >> nth & 1 != 0
    }

    /// Some of them refer to words.
    pub const fn any_word(self) -> bool {
        self.0 & !Column::Raw.bit() & (u32::MAX << WORDS) != 0
    }
}

impl FromIterator<Column> for Set {
    fn from_iter<T: IntoIterator<Item = Column>>(columns: T) -> Self {
        columns.into_iter().fold(Self::default(), Self::with)
    }
}

/// Whether a column is written as differences: its values go up, or stay near each other.
const fn differs(nth: usize) -> bool {
    nth <= Column::Observed as usize
}

/// Whether a column holds numbers of words.
pub(super) const fn is_word(nth: usize) -> bool {
    nth >= WORDS
}

/// A column being written.
#[derive(Debug, Default)]
pub(super) struct Pen {
    bytes: Vec<u8>,
    first: u64,
    last: u64,
    /// Values so far, while all are alike.
    alike: usize,
    differs: bool,
}

impl Pen {
    pub fn new(nth: usize) -> Self {
        Self { differs: differs(nth), ..Self::default() }
    }

    /// Most columns of most blocks are all alike: that is told by one look.
    #[inline]
    pub fn put(&mut self, value: u64) {
        if self.bytes.is_empty() && self.alike > 0 && value == self.first {
            self.alike += 1;
        } else {
            self.put_other(value);
        }
    }

    fn put_other(&mut self, value: u64) {
        if self.bytes.is_empty() {
            if self.alike == 0 {
                (self.first, self.last, self.alike) = (value, 0, 1);
                return;
            }
            self.bytes.push(1);
            (0..self.alike).for_each(|_| self.write(self.first));
        }
        self.write(value);
    }

    #[inline]
    fn write(&mut self, value: u64) {
        let number = if self.differs { zigzag(value.wrapping_sub(self.last)) } else { value };
        self.last = value;
        push(&mut self.bytes, number);
    }

    /// Writes the column behind its length, and is as new.
    pub fn finish(&mut self, out: &mut Vec<u8>) {
        if self.bytes.is_empty() {
            self.bytes.push(0);
            push(&mut self.bytes, self.first);
        }
        push(out, self.bytes.len() as u64);
        out.extend_from_slice(&self.bytes);
        self.bytes.clear();
        self.alike = 0;
    }
}

/// The `events` values of the column that `bytes` are.
pub(super) fn values(nth: usize, bytes: &[u8], events: usize) -> Result<Vec<u64>, Fault> {
    const WRONG: Fault = Fault("a column is not what it should be");
    let (way, mut rest) = bytes.split_first().ok_or(WRONG)?;
    let values = match way {
        0 => vec![pull(&mut rest).ok_or(WRONG)?; events],
        1 => {
            let (mut values, mut last) = (Vec::with_capacity(events), 0u64);
            for _ in 0..events {
                let number = pull(&mut rest).ok_or(WRONG)?;
                last = if differs(nth) { last.wrapping_add(unzigzag(number)) } else { number };
                values.push(last);
            }
            values
        }
        _ => return Err(WRONG),
    };
    if rest.is_empty() { Ok(values) } else { Err(WRONG) }
}

/// A difference as a number that is small for small differences of either sign.
const fn zigzag(difference: u64) -> u64 {
    let signed = difference.cast_signed();
    ((signed << 1) ^ (signed >> 63)).cast_unsigned()
}

const fn unzigzag(number: u64) -> u64 {
    (number >> 1) ^ (number & 1).wrapping_neg()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_column_is_read_as_written(
            mut all in prop::collection::vec(prop_oneof![0u64..3, any::<u64>()], 1..50), same: bool, nth in 0usize..4,
        ) {
            if same {
                let first = all[0];
                all.fill(first);
            }
            let mut pen = Pen::new(nth);
            for _ in 0..2 {
                let mut out = Vec::new();
                all.iter().for_each(|value| pen.put(*value));
                pen.finish(&mut out);
                let mut rest = out.as_slice();
                prop_assert_eq!(pull(&mut rest), Some(rest.len() as u64));
                prop_assert_eq!(values(nth, rest, all.len()).unwrap(), all.clone());
                prop_assert!(!same || rest.len() <= 11);
                prop_assert!(same || values(nth, rest, all.len() + 1).is_err() || all.iter().all(|v| *v == all[0]));
            }
        }
    }
}
