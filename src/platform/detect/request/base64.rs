//! Values that are base64 as a whole, or after `;base64,`.

/// Shortest value that is tried: shorter ones are words.
const VALUE_MIN: usize = 10;
/// Bytes that are decoded.
const VALUE_MAX: usize = 16 * 1024;

/// The text a value stands for, if it is base64 (either alphabet, padded or not) of something that can be read.
pub(super) fn decoded(value: &[u8]) -> Option<Vec<u8>> {
    let start = memchr::memmem::find(value, b";base64,").map_or(0, |at| at + 8);
    let value = &value[start..value.len().min(start + VALUE_MAX)];
    let digits = value.iter().rposition(|b| *b != b'=').map_or(0, |at| at + 1);
    if digits < VALUE_MIN || value.len() - digits > 2 || digits % 4 == 1 {
        return None;
    }
    let text = bytes(&value[..digits])?;
    let readable = text.iter().filter(|b| matches!(b, b' '..=b'~' | b'\r' | b'\n' | b'\t')).count();
    (readable * 10 >= text.len() * 9).then_some(text)
}

pub(super) fn bytes(digits: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(digits.len() * 3 / 4);
    for group in digits.chunks(4) {
        let mut word = 0u32;
        for digit in group {
            word = word << 6 | u32::from(digit_of(*digit)?);
        }
        word <<= 6 * (4 - group.len());
        let [_, a, b, c] = word.to_be_bytes();
        out.extend_from_slice(&[a, b, c][..group.len() - 1]);
    }
    Some(out)
}

fn digit_of(byte: u8) -> Option<u8> {
    match byte {
        b'A'..=b'Z' => Some(byte - b'A'),
        b'a'..=b'z' => Some(byte - b'a' + 26),
        b'0'..=b'9' => Some(byte - b'0' + 52),
        // A plus sign may have become a space on its way.
        b'+' | b'-' | b' ' => Some(62),
        b'/' | b'_' => Some(63),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn only_what_can_be_read_is_decoded() {
        assert_eq!(decoded(b"PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==").unwrap(), b"<script>alert(1)</script>");
        assert_eq!(decoded(b"data:text/html;base64,PHNjcmlwdD5hbGVydA").unwrap(), b"<script>alert");
        assert_eq!(decoded(b"4f6c1b7a90d24e51b7c0aa1d5b1d9e6f"), None);
        assert_eq!(decoded(b"short"), None);
    }

    proptest! {
        #[test]
        fn any_bytes_are_tried(value in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = decoded(&value);
        }
    }
}
