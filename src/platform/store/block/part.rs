//! The bytes of a block: numbers of few bytes, texts one behind the other, and parts: packed, with a version and a
//! checksum. Reading is total: no bytes make it panic, or take more memory than a part may have.
//!
//! A part is `version u8, CRC-32 of what follows u32, length unpacked (number), LZ4 block`, least byte first.

use super::Fault;
use std::ops::Range;

/// The form that parts have.
const VERSION: u8 = 1;
/// Most bytes of a part, unpacked. A block of one event with every text of 64 MiB would not fit; lines are far shorter.
pub(super) const PART_MAX: usize = 1 << 28;
/// LZ4 makes at most so many bytes of one.
const RATIO_MAX: usize = 255;

/// Seven bits a byte, the lowest first; the top bit says that more follows.
#[inline]
pub(in super::super) fn push(body: &mut Vec<u8>, mut n: u64) {
    while n >= 0x80 {
        body.push(n.to_le_bytes()[0] | 0x80);
        n >>= 7;
    }
    body.push(n.to_le_bytes()[0]);
}

#[inline]
pub(in super::super) fn pull(rest: &mut &[u8]) -> Option<u64> {
    // Most are of one byte.
    if let Some((byte, after)) = rest.split_first().filter(|(byte, _)| **byte < 0x80) {
        *rest = after;
        return Some(u64::from(*byte));
    }
    let mut n = 0;
    for shift in (0..64).step_by(7) {
        let (byte, after) = rest.split_first()?;
        *rest = after;
        n |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(n);
        }
    }
    None
}

/// A number that counts or measures something in memory.
pub(super) fn size(rest: &mut &[u8]) -> Option<usize> {
    usize::try_from(pull(rest)?).ok()
}

/// A part as it is kept.
pub(super) fn pack(plain: &[u8]) -> Vec<u8> {
    let mut body = vec![VERSION, 0, 0, 0, 0];
    push(&mut body, plain.len() as u64);
    let head = body.len();
    body.resize(head + lz4_flex::block::get_maximum_output_size(plain.len()), 0);
    // There is room for the worst case.
    let packed = lz4_flex::block::compress_into(plain, &mut body[head..]).unwrap_or(0);
    body.truncate(head + packed);
    let sum = crc32fast::hash(&body[5..]);
    body[1..5].copy_from_slice(&sum.to_le_bytes());
    body
}

/// What is in a part.
pub(super) fn unpack(body: &[u8]) -> Result<Vec<u8>, Fault> {
    let (version, rest) = body.split_first().ok_or(Fault("a part is empty"))?;
    if *version != VERSION {
        return Err(Fault("a part is of a form that this program does not know"));
    }
    let (sum, mut rest) = rest.split_first_chunk::<4>().ok_or(Fault("a part is cut off"))?;
    if crc32fast::hash(rest) != u32::from_le_bytes(*sum) {
        return Err(Fault("its checksum is wrong"));
    }
    let length = size(&mut rest).filter(|n| *n <= PART_MAX.min(rest.len().saturating_mul(RATIO_MAX)));
    let length = length.ok_or(Fault("a part says a length that cannot be"))?;
    let plain = lz4_flex::block::decompress(rest, length).map_err(|_| Fault("a part cannot be unpacked"))?;
    if plain.len() == length { Ok(plain) } else { Err(Fault("a part has another length than it says")) }
}

/// Texts one behind the other.
#[derive(Debug, Default)]
pub(super) struct Texts {
    all: String,
    ends: Vec<u32>,
}

impl Texts {
    /// Writes their number, their lengths and themselves.
    pub fn write<'a>(texts: impl ExactSizeIterator<Item = &'a str> + Clone, out: &mut Vec<u8>) {
        push(out, texts.len() as u64);
        texts.clone().for_each(|text| push(out, text.len() as u64));
        texts.for_each(|text| out.extend_from_slice(text.as_bytes()));
    }

    pub fn read(mut rest: &[u8]) -> Result<Self, Fault> {
        const WRONG: Fault = Fault("its texts are not what they should be");
        // Every text has a length of at least one byte.
        let count = size(&mut rest).filter(|n| *n <= rest.len()).ok_or(WRONG)?;
        let mut ends = Vec::with_capacity(count);
        let mut end = 0usize;
        for _ in 0..count {
            end = size(&mut rest).and_then(|length| end.checked_add(length)).ok_or(WRONG)?;
            ends.push(u32::try_from(end).map_err(|_| WRONG)?);
        }
        let all = String::from_utf8(rest.to_vec()).map_err(|_| WRONG)?;
        let fit = all.len() == end && ends.iter().all(|end| all.is_char_boundary(*end as usize));
        if fit { Ok(Self { all, ends }) } else { Err(WRONG) }
    }

    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// All of them, one behind the other.
    pub fn whole(&self) -> &str {
        &self.all
    }

    pub fn iter(&self) -> impl Iterator<Item = &str> {
        (0..self.len()).map(|nth| self.get(nth).unwrap_or_default())
    }

    pub fn get(&self, nth: usize) -> Option<&str> {
        let start = nth.checked_sub(1).map_or(Some(0), |before| self.ends.get(before).map(|end| *end as usize))?;
        let range: Range<usize> = start..*self.ends.get(nth)? as usize;
        self.all.get(range)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_part_is_read_as_written_and_every_flipped_bit_is_seen(
            plain in prop::collection::vec(0u8..9, 0..300), at in any::<prop::sample::Index>(), bit in 0u8..8,
        ) {
            let mut body = pack(&plain);
            prop_assert_eq!(unpack(&body).unwrap(), plain);
            let at = at.index(body.len());
            body[at] ^= 1 << bit;
            prop_assert!(unpack(&body).is_err());
        }

        #[test]
        fn texts_are_read_as_written(texts in prop::collection::vec(any::<String>(), 0..20)) {
            let mut out = Vec::new();
            Texts::write(texts.iter().map(String::as_str), &mut out);
            let read = Texts::read(&out).unwrap();
            prop_assert_eq!(read.len(), texts.len());
            prop_assert!(texts.iter().enumerate().all(|(nth, text)| read.get(nth) == Some(text)));
            prop_assert_eq!(read.get(texts.len()), None);
        }

        #[test]
        fn any_bytes_are_survived(bytes in prop::collection::vec(any::<u8>(), 0..200), n in any::<u64>()) {
            let _ = (unpack(&bytes), Texts::read(&bytes));
            let mut body = Vec::new();
            push(&mut body, n);
            prop_assert_eq!(pull(&mut body.as_slice()), Some(n));
        }
    }
}
