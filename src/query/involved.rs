//! The entities of a row: as a list, or packed into bytes where so many rows are held that a list of each were too much.

use crate::api::EntityRef;

/// Entities of a row, borrowed from it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Involved<'a> {
    /// As they are.
    List(&'a [EntityRef]),
    /// As [`pack`] writes them.
    Packed(&'a [u8]),
}

impl<'a> Involved<'a> {
    /// Kind and name of each. Ends where packed bytes make no sense.
    pub fn iter(self) -> impl Iterator<Item = (&'a str, &'a str)> {
        let (list, mut packed): (&[EntityRef], _) = match self {
            Self::List(list) => (list, &[][..]),
            Self::Packed(packed) => (&[], packed),
        };
        let unpacked = std::iter::from_fn(move || Some((text(&mut packed)?, text(&mut packed)?)));
        list.iter().map(|e| (e.kind.as_str(), e.value.raw())).chain(unpacked)
    }

    /// Names of those of one kind.
    pub fn of_kind(self, kind: &'static str) -> impl Iterator<Item = &'a str> {
        self.iter().filter(move |(k, _)| *k == kind).map(|(_, name)| name)
    }
}

/// Writes entities behind one another: kind and name, each behind its length in bytes (32 bits, the least first).
pub fn pack<'a>(all: impl IntoIterator<Item = &'a EntityRef>, into: &mut Vec<u8>) {
    for entity in all {
        for text in [entity.kind.as_str(), entity.value.raw()] {
            into.extend_from_slice(&u32::try_from(text.len()).unwrap_or(0).to_le_bytes());
            into.extend_from_slice(text.as_bytes());
        }
    }
}

fn text<'a>(rest: &mut &'a [u8]) -> Option<&'a str> {
    let (length, after) = rest.split_first_chunk::<4>()?;
    let (text, after) = after.split_at_checked(usize::try_from(u32::from_le_bytes(*length)).ok()?)?;
    *rest = after;
    std::str::from_utf8(text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::EntityKind;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_packed_is_read_back_as_it_was(all in prop::collection::vec(("\\PC{0,5}", any::<String>()), 0..5)) {
            let list: Vec<EntityRef> = all
                .into_iter()
                .map(|(kind, value)| EntityRef { kind: EntityKind::from(kind.as_str()), value: value.into() })
                .collect();
            let mut packed = Vec::new();
            pack(&list, &mut packed);
            prop_assert!(Involved::Packed(&packed).iter().eq(Involved::List(&list).iter()));
        }

        #[test]
        fn any_bytes_are_read_without_harm(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
            prop_assert!(Involved::Packed(&bytes).iter().count() <= bytes.len());
        }
    }
}
