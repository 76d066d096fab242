//! Remembers texts in which nothing was found. Clients say who they are and where they come from in the same words with
//! every request, and most requests are for the pages and pictures that others asked for: most texts were judged before.
//!
//! A text counts as known only if every byte is the same, so a made-up collision can cost time, never a verdict. One per
//! thread, bounded, no lock.

use crate::platform::keyed::word;
use std::cell::RefCell;
use std::ops::Range;

/// Texts remembered, in sets of [`WAYS`]: a text displaces the one that its set took in longest ago, so that two pages of
/// one hash do not displace each other in turn.
const SLOTS: usize = 8_192;
const WAYS: usize = 4;
/// Longest text remembered, in bytes.
const TEXT_MAX: usize = 384;

thread_local! {
    static CLEAN: RefCell<Memo> = RefCell::new(Memo { slots: vec![(0, Vec::new()); SLOTS] });
}

struct Memo {
    /// The part a text was in, and the text. An empty one is never asked for.
    slots: Vec<(usize, Vec<u8>)>,
}

/// Whether nothing was found in this text in this part of a request.
pub(super) fn is_clean(part: usize, text: &[u8]) -> bool {
    let known = |memo: &Memo| memo.slots[set(part, text)].iter().any(|s| s.0 == part && s.1 == text);
    text.len() <= TEXT_MAX && CLEAN.with_borrow(known)
}

/// Nothing was found in it.
pub(super) fn note_clean(part: usize, text: &[u8]) {
    if text.is_empty() || text.len() > TEXT_MAX {
        return;
    }
    CLEAN.with_borrow_mut(|memo| {
        let set = &mut memo.slots[set(part, text)];
        set.rotate_right(1);
        let held = &mut set[0];
        held.0 = part;
        held.1.clear();
        held.1.extend_from_slice(text);
    });
}

/// Where a text may be. Eight bytes at a time; the multiplier is the golden ratio's.
fn set(part: usize, text: &[u8]) -> Range<usize> {
    const MIX: u64 = 0x9e37_79b9_7f4a_7c15;
    let (words, rest) = text.as_chunks::<8>();
    let step = |hash: u64, word: u64| (hash.rotate_left(5) ^ word).wrapping_mul(MIX);
    let start = (part + text.len()) as u64;
    let hash = step(words.iter().fold(start, |hash, word| step(hash, u64::from_le_bytes(*word))), word(rest));
    let first = (hash >> 32) as usize % (SLOTS / WAYS) * WAYS;
    first..first + WAYS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_very_same_text_in_the_same_part_is_known() {
        assert!(!is_clean(1, b"Mozilla/5.0 (one)"));
        note_clean(1, b"Mozilla/5.0 (one)");
        assert!(is_clean(1, b"Mozilla/5.0 (one)"));
        assert!(!is_clean(2, b"Mozilla/5.0 (one)"));
        assert!(!is_clean(1, b"Mozilla/5.0 (two)"));
        let long = [b'x'; TEXT_MAX + 1];
        note_clean(1, &long);
        assert!(!is_clean(1, &long) && !is_clean(1, b""));
    }
}
