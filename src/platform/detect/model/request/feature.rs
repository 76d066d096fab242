//! Features: hashed character 2-5-grams and hashed token 1-5-grams, each tied to the byte it ends on.
//!
//! Trainer and scorer both come through [`walk`]; whatever changes here changes [`spec`], and with it which model files
//! are accepted.

use super::token::{self, Words};

/// Bits of the hash of character n-grams.
const CHAR_BITS: u32 = 17;
/// Bits of the hash of token n-grams.
const TOKEN_BITS: u32 = 15;
/// Weights of character n-grams; those of token n-grams follow.
pub(super) const CHARS: usize = 1 << CHAR_BITS;
/// All weights.
pub(in crate::platform::detect::model) const FEATURES: usize = CHARS + (1 << TOKEN_BITS);

/// Bytes of a window.
pub(super) const WINDOW: usize = 64;
/// From the start of one window to the start of the next.
pub(in crate::platform::detect::model) const STRIDE: usize = 32;

/// Longest n-gram, of either kind.
const GRAM_MAX: usize = 5;

const MIX: u64 = 0x9e37_79b9_7f4a_7c15;

/// Stands before the first and behind the last byte, so that an n-gram can say that it begins or ends a value. No plain
/// text has it: control bytes have become spaces there.
const EDGE: u8 = 3;

/// Calls `visit` with a position in the text and a feature that ends there, feature below [`FEATURES`]. What ends behind
/// the text counts to its last byte.
#[inline]
pub(in crate::platform::detect::model) fn walk(text: &[u8], mut visit: impl FnMut(usize, usize)) {
    let Some(end) = text.len().checked_sub(1) else { return };
    let mut last = u64::from(EDGE);
    for (i, byte) in text.iter().enumerate() {
        last = last << 8 | u64::from(*byte);
        for n in 2..=GRAM_MAX.min(i + 2) {
            visit(i, gram(last, n));
        }
    }
    last = last << 8 | u64::from(EDGE);
    for n in 2..=GRAM_MAX.min(text.len() + 2) {
        visit(end, gram(last, n));
    }
    let mut history = History::default();
    history.add(u32::from(EDGE), u32::from(EDGE), |_| {});
    token::lex(Words::shared(), text, |i, token, group| {
        if token::is_aside(token) {
            visit(i, CHARS + (top(u64::from(token).wrapping_mul(MIX), TOKEN_BITS)));
        } else {
            history.add(token, group, |feature| visit(i, feature));
        }
    });
    history.add(u32::from(EDGE), u32::from(EDGE), |feature| visit(end, feature));
}

/// The last tokens, the latest first.
#[derive(Default)]
struct History {
    tokens: [u32; GRAM_MAX],
    seen: usize,
}

impl History {
    /// Takes in a token, which stands for itself alone and for its group among others, and tells of the n-grams that end
    /// with it.
    #[inline]
    fn add(&mut self, token: u32, group: u32, mut visit: impl FnMut(usize)) {
        self.tokens.copy_within(0..GRAM_MAX - 1, 1);
        self.tokens[0] = group;
        self.seen = (self.seen + 1).min(GRAM_MAX);
        visit(CHARS + top(u64::from(token).wrapping_mul(MIX), TOKEN_BITS));
        let mut hash = u64::from(group).wrapping_mul(MIX);
        for token in &self.tokens[1..self.seen] {
            hash = (hash.rotate_left(23) ^ u64::from(*token)).wrapping_mul(MIX);
            visit(CHARS + top(hash, TOKEN_BITS));
        }
    }
}

#[inline]
fn gram(last: u64, n: usize) -> usize {
    let bits = 8 * n as u32;
    // The length is mixed in, so that a short n-gram is not a long one that begins with zeros.
    let kept = last & ((1 << bits) - 1) | (n as u64) << 48;
    top(kept.wrapping_mul(MIX), CHAR_BITS)
}

#[inline]
const fn top(hash: u64, bits: u32) -> usize {
    (hash >> (64 - bits)) as usize
}

/// Starts and ends of the windows over a text of so many bytes; none over an empty one.
pub(in crate::platform::detect::model) fn windows(length: usize) -> impl Iterator<Item = (usize, usize)> {
    let count = if length == 0 { 0 } else { 1 + length.saturating_sub(WINDOW).div_ceil(STRIDE) };
    (0..count).map(move |k| (k * STRIDE, (k * STRIDE + WINDOW).min(length)))
}

/// The whole specification of what a weight stands for, as text. Its hash is in every model file.
pub(super) fn spec() -> String {
    format!(
        "plain 1; edges; host mask, digit mask, blob mask; chars 2-{GRAM_MAX} in {CHAR_BITS} bits; tokens 1-{GRAM_MAX} by kind in {TOKEN_BITS} bits; \
         windows {WINDOW}/{STRIDE}; text {}; {}",
        super::mask::TEXT_MAX,
        token::spec()
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn windows_cover_everything_and_none_is_needless() {
        assert_eq!(windows(0).count(), 0);
        assert_eq!(windows(64).collect::<Vec<_>>(), [(0, 64)]);
        assert_eq!(windows(65).collect::<Vec<_>>(), [(0, 64), (32, 65)]);
        assert_eq!(windows(96).collect::<Vec<_>>(), [(0, 64), (32, 96)]);
        assert_eq!(windows(97).collect::<Vec<_>>(), [(0, 64), (32, 96), (64, 97)]);
    }

    proptest! {
        #[test]
        fn any_bytes_make_features_in_range(text in prop::collection::vec(any::<u8>(), 0..300)) {
            let mut count = 0;
            walk(&text, |at, feature| {
                assert!(at < text.len() && feature < FEATURES);
                count += 1;
            });
            prop_assert!(count <= text.len() * 9 + 9);
            prop_assert!(windows(text.len()).last().is_none_or(|(_, end)| end == text.len()));
        }
    }
}
