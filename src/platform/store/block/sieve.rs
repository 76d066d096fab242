//! Which values are not in a block: a Bloom filter (Bloom, "Space/time trade-offs in hash coding with allowable errors",
//! 1970) over what analysts pivot by. Ten bits for each value let one block in a hundred be read for nothing.
//! A checksum of its own keeps a flipped bit from hiding a block.

use super::super::row;
use super::Column;
use crate::platform::keyed::{self, Keyed};
use ipnet::IpNet;
use std::hash::Hasher;
use std::net::IpAddr;

const BITS_EACH: usize = 10;
const PROBES: u64 = 7;
/// What stands for the network of an address, of a length at which blocks of addresses are asked about.
const NETWORK: u8 = 255;

/// A value that every event a question is about has.
#[derive(Debug, Clone, PartialEq)]
pub(in super::super) enum Pivot {
    /// The client is in this network, in canonical form; a single address is one, too.
    Net(IpNet),
    /// A column with this text.
    Text(Column, String),
}

impl Pivot {
    /// The column it is about.
    pub const fn column(&self) -> Column {
        match self {
            Self::Net(_) => Column::SrcIp,
            Self::Text(column, _) => *column,
        }
    }

    /// Whether a block with this sieve may hold such an event.
    pub(super) fn may_pass(&self, sieve: &[u8]) -> bool {
        match self {
            Self::Text(column, text) => bit(*column) == 0 || holds(sieve, text_hash(*column, text)),
            Self::Net(net) if net.prefix_len() == net.max_prefix_len() => holds(sieve, address_hash(net.addr())),
            Self::Net(net) if net.prefix_len() >= network_of(net.addr()).prefix_len() => {
                holds(sieve, network_hash(net.addr()))
            }
            Self::Net(_) => true,
        }
    }
}

/// Columns whose texts are in a sieve have a bit each, others none.
pub(super) const fn bit(column: Column) -> u8 {
    match column {
        Column::User => 1,
        Column::Session => 2,
        Column::Key => 4,
        Column::Tenant => 8,
        _ => 0,
    }
}

pub(super) fn text_hash(column: Column, text: &str) -> u64 {
    hash(column as u8, text.as_bytes())
}

pub(super) fn address_hash(ip: IpAddr) -> u64 {
    row::with_blob(ip, |bytes| hash(Column::SrcIp as u8, bytes))
}

/// Hash of the network that an address is in.
pub(super) fn network_hash(ip: IpAddr) -> u64 {
    row::with_blob(network_of(ip).addr(), |bytes| hash(NETWORK, bytes))
}

fn network_of(ip: IpAddr) -> IpNet {
    let ip = ip.to_canonical();
    let length = if ip.is_ipv4() { 24 } else { 48 };
    IpNet::new(ip, length).map_or_else(|_| ip.into(), |net| net.trunc())
}

/// The same in every process: it is kept in files.
fn hash(kind: u8, bytes: &[u8]) -> u64 {
    let mut hasher: Keyed = keyed::lasting();
    hasher.write_u8(kind);
    hasher.write(bytes);
    hasher.finish()
}

/// Bytes before the bits: [`FORM`] and the CRC-32 of the bits, least byte first.
const HEAD: usize = 5;
/// The form that sieves have. Those of day files of schema 2 are bits and nothing else; how long they are never leaves one
/// when divided by five, how long those with a checksum are always does.
const FORM: u8 = 2;

/// The sieve of these hashes; each value should come once.
pub(super) fn sieve(hashes: &[u64]) -> Vec<u8> {
    let length = (hashes.len() * BITS_EACH).div_ceil(8);
    // Up to the next length that leaves one.
    let mut body = vec![0u8; HEAD + length + (6 - length % 5) % 5];
    let bits = &mut body[HEAD..];
    for hash in hashes {
        for at in probes(*hash, bits.len()) {
            bits[at / 8] |= 1 << (at % 8);
        }
    }
    let sum = crc32fast::hash(bits);
    body[0] = FORM;
    body[1..HEAD].copy_from_slice(&sum.to_le_bytes());
    body
}

/// Whether a value with that hash may be in the block. What is damaged hides nothing: the block is read then, and has a
/// checksum of its own.
fn holds(sieve: &[u8], hash: u64) -> bool {
    if sieve.len() % 5 != 1 {
        return has_bits(sieve, hash);
    }
    match sieve.split_at_checked(HEAD) {
        Some(([FORM, sum @ ..], bits)) if *sum == crc32fast::hash(bits).to_le_bytes() => has_bits(bits, hash),
        _ => true,
    }
}

fn has_bits(bits: &[u8], hash: u64) -> bool {
    !bits.is_empty() && probes(hash, bits.len()).all(|at| bits[at / 8] >> (at % 8) & 1 != 0)
}

/// The bits of a hash in a sieve of so many bytes: two halves of it make them all (Kirsch and Mitzenmacher, 2006).
fn probes(hash: u64, bytes: usize) -> impl Iterator<Item = usize> {
    let (start, step, bits) = (hash & 0xffff_ffff, hash >> 32 | 1, bytes as u64 * 8);
    let at = move |n: u64| (start.wrapping_add(n.wrapping_mul(step)) & 0xffff_ffff) * bits;
    #[allow(clippy::cast_possible_truncation)] // It is less than the number of bits.
    (0..PROBES).map(move |n| (at(n) >> 32) as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_in_passes_and_of_what_is_not_one_in_fifty_at_most() {
        let address = |n: u32| IpAddr::from((0x0a00_0000 + n).to_be_bytes());
        let hashes: Vec<u64> = (0..2_000).map(|n| address_hash(address(n))).collect();
        let sieve = sieve(&hashes);
        let passes = |n: &u32| Pivot::Net(address(*n).into()).may_pass(&sieve);
        assert!((0..2_000).all(|n| passes(&n)));
        assert!((2_000..12_000).filter(passes).count() < 200);
        assert!(!Pivot::Text(Column::User, "root".into()).may_pass(&[]));
    }

    #[test]
    fn no_flipped_bit_hides_what_is_in() {
        let hashes = [address_hash([198, 51, 100, 7].into()), text_hash(Column::User, "root")];
        let pivots = [Pivot::Net("198.51.100.7/32".parse().unwrap()), Pivot::Text(Column::User, "root".into())];
        for count in 0..=hashes.len() {
            let whole = sieve(&hashes[..count]);
            assert!(pivots.iter().enumerate().all(|(nth, pivot)| pivot.may_pass(&whole) == (nth < count)));
            for bit in 0..8 * whole.len() {
                let mut flipped = whole.clone();
                flipped[bit / 8] ^= 1 << (bit % 8);
                assert!(pivots.iter().all(|pivot| pivot.may_pass(&flipped)), "{count}, {bit}");
            }
        }
    }

    /// The lengths tell the forms apart.
    #[test]
    fn sieves_of_before_are_read_as_they_are() {
        for count in 0..500 {
            assert_ne!((count * BITS_EACH).div_ceil(8) % 5, 1);
            assert_eq!(sieve(&vec![7; count]).len() % 5, 1);
        }
        let hash = address_hash([198, 51, 100, 7].into());
        let mut bits = [0u8; 2];
        probes(hash, bits.len()).for_each(|at| bits[at / 8] |= 1 << (at % 8));
        assert!(holds(&bits, hash));
        assert!(!holds(&[], hash) && !holds(&[0; 2], hash));
    }

    /// Sieves are in files of before.
    #[test]
    fn hashes_stay_what_they_were() {
        let hashes = [text_hash(Column::User, "root"), address_hash([198, 51, 100, 7].into())];
        assert_eq!(hashes, [8_472_421_777_343_133_299, 18_058_291_378_228_499_962]);
    }

    #[test]
    fn a_network_passes_with_any_of_its_addresses() {
        let sieve = sieve(&[network_hash([198, 51, 100, 7].into())]);
        let passes = |net: &str| Pivot::Net(net.parse().unwrap()).may_pass(&sieve);
        assert!(
            passes("198.51.100.0/24") && passes("198.51.100.64/26") && passes("0.0.0.0/0") && passes("198.51.0.0/16")
        );
        assert!(!passes("198.51.101.0/24"));
    }
}
