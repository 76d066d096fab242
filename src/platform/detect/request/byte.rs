//! Sets of bytes, for what is asked of every byte of a text: looking into a table costs the same however many are in it.

/// See the module.
pub(super) struct Bytes([bool; 256]);

impl Bytes {
    /// Those in a list.
    pub const fn of(list: &[u8]) -> Self {
        let mut known = [false; 256];
        let mut at = 0;
        while at < list.len() {
            known[list[at] as usize] = true;
            at += 1;
        }
        Self(known)
    }

    /// Whether a byte is one of them.
    pub const fn has(&self, byte: u8) -> bool {
        self.0[byte as usize]
    }

    /// Whether any byte of a text is. Most texts have none, so that it does not stop at the first.
    pub fn any(&self, text: &[u8]) -> bool {
        text.iter().fold(false, |found, byte| found | self.has(*byte))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_set_has_what_was_listed(list in prop::collection::vec(any::<u8>(), 0..20), text in prop::collection::vec(any::<u8>(), 0..50)) {
            let set = Bytes::of(&list);
            for byte in 0..=255 {
                prop_assert_eq!(set.has(byte), list.contains(&byte));
            }
            prop_assert_eq!(set.any(&text), text.iter().any(|b| list.contains(b)));
        }
    }
}
