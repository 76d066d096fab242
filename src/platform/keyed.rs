//! A fast hash for maps whose keys attackers choose: two words of secret, drawn anew in each process, and one wide
//! multiplication for every eight bytes. Whoever does not know the secret cannot aim at a slot or at a collision. A process
//! that continues from hashes written down by another adopts its secret, before it hashes anything.
//!
//! The idea is that of wyhash (Wang Yi): multiply two 64-bit words and fold the 128 bits of the product.

use std::hash::{BuildHasher, Hash, Hasher, RandomState};
use std::sync::OnceLock;

/// The secret of this process.
static KEYS: OnceLock<Keys> = OnceLock::new();

/// The secret, to be written down where nobody else can read it.
pub(in crate::platform) fn secret() -> [u64; 2] {
    let Keys { start, factor } = Keys::default();
    [start, factor]
}

/// Makes it the secret of this process. Once there is one it stays.
pub(in crate::platform) fn adopt([start, factor]: [u64; 2]) {
    KEYS.get_or_init(|| Keys { start, factor: factor | 1 });
}

/// Makes hashers; all of a process hash alike.
#[derive(Debug, Clone, Copy)]
pub(in crate::platform) struct Keys {
    start: u64,
    factor: u64,
}

impl Default for Keys {
    fn default() -> Self {
        *KEYS.get_or_init(|| {
            let drawn = RandomState::new();
            Self { start: drawn.hash_one(1), factor: drawn.hash_one(2) | 1 }
        })
    }
}

impl BuildHasher for Keys {
    type Hasher = Keyed;

    fn build_hasher(&self) -> Keyed {
        Keyed { state: self.start, factor: self.factor }
    }
}

/// Hash of one value, the same within a process.
pub(in crate::platform) fn hash(value: impl Hash) -> u64 {
    Keys::default().hash_one(value)
}

/// A hasher without a secret, for what is written down and read by another process. Only where it costs time, not truth,
/// when somebody aims.
pub(in crate::platform) const fn lasting() -> Keyed {
    Keyed { state: 0x243f_6a88_85a3_08d3, factor: 0x9e37_79b9_7f4a_7c15 }
}

/// Up to eight bytes as a number, as if zeros followed.
#[inline]
pub(in crate::platform) fn word(bytes: &[u8]) -> u64 {
    let byte = |at: usize| u64::from(bytes[at]);
    let four = |at: usize| bytes[at..].first_chunk().map_or(0, |four| u64::from(u32::from_le_bytes(*four)));
    match bytes.len() {
        0 => 0,
        // The first, one in the middle and the last are all there are.
        n @ 1..4 => byte(0) | byte(n / 2) << (n / 2 * 8) | byte(n - 1) << ((n - 1) * 8),
        n @ 4..8 => four(0) | four(n - 4) << ((n - 4) * 8),
        _ => bytes.first_chunk().map_or(0, |eight| u64::from_le_bytes(*eight)),
    }
}

/// See the module.
pub(in crate::platform) struct Keyed {
    state: u64,
    factor: u64,
}

impl Keyed {
    #[inline]
    fn mix(&mut self, word: u64) {
        let wide = u128::from(self.state ^ word) * u128::from(self.factor);
        #[expect(clippy::cast_possible_truncation, reason = "both halves are wanted")]
        let (low, high) = (wide as u64, (wide >> 64) as u64);
        // The rotation tells a word from the one before it even where the product is small.
        self.state = (low ^ high).rotate_left(23).wrapping_add(self.factor);
    }
}

impl Hasher for Keyed {
    #[inline]
    fn write(&mut self, bytes: &[u8]) {
        let (words, rest) = bytes.as_chunks::<8>();
        for word in words {
            self.mix(u64::from_le_bytes(*word));
        }
        self.mix(word(rest) ^ (bytes.len() as u64).rotate_right(8));
    }

    #[inline]
    fn write_u8(&mut self, n: u8) {
        self.mix(n.into());
    }

    #[inline]
    fn write_u16(&mut self, n: u16) {
        self.mix(n.into());
    }

    #[inline]
    fn write_u32(&mut self, n: u32) {
        self.mix(n.into());
    }

    #[inline]
    fn write_u64(&mut self, n: u64) {
        self.mix(n);
    }

    #[inline]
    fn write_u128(&mut self, n: u128) {
        self.write(&n.to_le_bytes());
    }

    #[inline]
    fn write_usize(&mut self, n: usize) {
        self.mix(n as u64);
    }

    #[inline]
    fn finish(&self) -> u64 {
        let wide = u128::from(self.state) * u128::from(self.factor);
        #[expect(clippy::cast_possible_truncation, reason = "both halves are wanted")]
        let (low, high) = (wide as u64, (wide >> 64) as u64);
        low ^ high
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;
    use std::net::IpAddr;

    #[test]
    fn neighbours_are_spread_over_all_slots() {
        let addresses = (0..100_000u32).map(|n| IpAddr::from((0x0a00_0000 + n).to_be_bytes()));
        let hashes: HashSet<u64> = addresses.map(hash).collect();
        assert_eq!(hashes.len(), 100_000, "no two alike");
        // The top bits and the bottom bits of a hash both choose slots in a table.
        for shift in [0, 48] {
            let mut slots = vec![0u32; 1_024];
            hashes.iter().for_each(|h| slots[usize::try_from(h >> shift & 1_023).unwrap()] += 1);
            assert!(slots.iter().all(|n| (20..300).contains(n)), "about 98 each: {slots:?}");
        }
    }

    #[test]
    fn a_word_is_its_bytes_and_zeros() {
        for length in 0..=8usize {
            let bytes: Vec<u8> = (0..length).map(|n| 0xE7 - 13 * n as u8).collect();
            let mut whole = [0; 8];
            whole[..length].copy_from_slice(&bytes);
            assert_eq!(word(&bytes), u64::from_le_bytes(whole), "{length}");
        }
    }

    #[test]
    fn a_secret_in_use_stays() {
        let (before, secret) = (hash("path"), secret());
        adopt([1, 3]);
        assert_eq!((hash("path"), super::secret()), (before, secret));
    }

    #[test]
    fn every_byte_and_the_length_count() {
        let texts = ["", "a", "a\0", "aaaaaaaa", "aaaaaaaa\0", "aaaaaaab", "baaaaaaa", "aaaaaaaaa"];
        let hashes: HashSet<u64> = texts.iter().map(hash).collect();
        assert_eq!(hashes.len(), texts.len());
        assert_eq!(hash("path"), hash("path"));
    }
}
