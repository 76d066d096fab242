//! Which half of a data set may teach and which one tests.
//!
//! Shared by everything that learns from the rule files of the Core Rule Set's regression suite, so that the halves are
//! the same everywhere: a file teaches if the FNV-1a hash of its stem (`942100`) is even, and tests if it is odd.

/// True if the file of this stem may teach.
#[must_use]
pub fn teaches(stem: &str) -> bool {
    fnv1a(stem.as_bytes()).is_multiple_of(2)
}

/// FNV-1a, 64 bits.
#[must_use]
pub fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, b| (hash ^ u64::from(*b)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_the_published_one() {
        assert_eq!(fnv1a(b""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(fnv1a(b"foobar"), 0x8594_4171_f739_67e8);
        assert!(teaches("921120") && !teaches("942100"));
    }
}
