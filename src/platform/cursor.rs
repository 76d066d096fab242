//! Cursors: where a page ended, bound to the question it belongs to. Shared by everything that pages; knows no rows.

use crate::api::List;
use crate::text::hex;
use sha2::{Digest, Sha256};

/// A position in a list: its sort key and the id that settles ties.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Position {
    pub key: i64,
    pub id: i64,
}

impl Position {
    /// Before everything in that direction.
    pub(crate) const fn start(oldest_first: bool) -> Self {
        if oldest_first { Self { key: i64::MIN, id: i64::MIN } } else { Self { key: i64::MAX, id: i64::MAX } }
    }
}

/// What a cursor is bound to: resource, query, range and direction.
fn question(resource: &str, list: &List) -> String {
    let List { query, since, until, at, oldest_first, .. } = list;
    let text = format!("{resource}\0{query}\0{since:?}\0{until:?}\0{at:?}\0{oldest_first}");
    hex::encode(&Sha256::digest(text.as_bytes())[..8])
}

/// The cursor that continues after `at`.
pub(crate) fn write(resource: &str, list: &List, at: Position) -> String {
    format!("{}.{:x}.{:x}", question(resource, list), at.key, at.id)
}

/// Where to continue.
pub(crate) fn read(resource: &str, list: &List) -> Result<Position, String> {
    let Some(after) = &list.after else { return Ok(Position::start(list.oldest_first)) };
    let mut parts = after.split('.');
    let number = |text: Option<&str>| u64::from_str_radix(text?, 16).ok().map(u64::cast_signed);
    match (parts.next(), number(parts.next()), number(parts.next()), parts.next()) {
        (Some(hash), Some(key), Some(id), None) if hash == question(resource, list) => Ok(Position { key, id }),
        (Some(_), Some(_), Some(_), None) => {
            Err("this cursor belongs to another list: query, range and direction must stay the same from page to page"
                .into())
        }
        _ => Err("this is no cursor: pass on `next` of the page before, as it is".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn reads_what_it_writes_for_the_same_question_only(key: i64, id: i64, query in any::<String>(), other in any::<String>()) {
            let mut list = List { query, ..List::default() };
            list.after = Some(write("events", &list, Position { key, id }));
            prop_assert_eq!(read("events", &list).unwrap(), Position { key, id });
            prop_assert!(read("detections", &list).is_err());
            if other != list.query {
                list.query = other;
                prop_assert!(read("events", &list).is_err());
            }
        }

        #[test]
        fn nonsense_is_refused(after in any::<String>()) {
            let list = List { after: Some(after), ..List::default() };
            prop_assert!(read("events", &list).is_err());
        }
    }
}
