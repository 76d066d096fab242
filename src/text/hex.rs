//! Bytes as lower-case hex, and back.

use std::fmt::Write;

/// Two digits for each byte.
#[must_use]
pub fn encode(bytes: impl AsRef<[u8]>) -> String {
    let bytes = bytes.as_ref();
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut out, byte| {
        let _ = write!(out, "{byte:02x}");
        out
    })
}

/// Exactly `N` bytes, from digits of either case.
#[must_use]
pub fn decode<const N: usize>(text: &str) -> Option<[u8; N]> {
    let digits = text.as_bytes();
    if digits.len() != 2 * N {
        return None;
    }
    let value = |digit: u8| char::from(digit).to_digit(16).and_then(|v| u8::try_from(v).ok());
    let mut out = [0; N];
    for (byte, pair) in out.iter_mut().zip(digits.chunks(2)) {
        *byte = value(pair[0])? << 4 | value(pair[1])?;
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn it_reads_back(bytes in any::<[u8; 32]>()) {
            prop_assert_eq!(decode(&encode(bytes)), Some(bytes));
        }

        #[test]
        fn anything_may_be_read_as_hex(text in any::<String>()) {
            let _ = decode::<4>(&text);
        }
    }

    #[test]
    fn only_digits_count() {
        assert_eq!(decode("0aFf"), Some([0x0a, 0xff]));
        assert_eq!(decode::<1>("+1"), None);
        assert_eq!(decode::<2>("0a"), None);
    }
}
