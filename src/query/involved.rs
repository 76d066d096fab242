//! The entities of a row, or one of them alone.

use crate::api::EntityRef;

/// Entities of a row, borrowed from it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Involved<'a> {
    /// As they are.
    List(&'a [EntityRef]),
    /// One: its kind and name.
    One(&'a str, &'a str),
}

impl<'a> Involved<'a> {
    /// Kind and name of each.
    pub fn iter(self) -> impl Iterator<Item = (&'a str, &'a str)> {
        let (list, one): (&[EntityRef], _) = match self {
            Self::List(list) => (list, None),
            Self::One(kind, name) => (&[], Some((kind, name))),
        };
        list.iter().map(|e| (e.kind.as_str(), e.value.raw())).chain(one)
    }

    /// Names of those of one kind.
    pub fn of_kind(self, kind: &'static str) -> impl Iterator<Item = &'a str> {
        self.iter().filter(move |(k, _)| *k == kind).map(|(_, name)| name)
    }
}
