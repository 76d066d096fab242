//! ArcSight's common event format (CEF) and IBM's (LEEF): a header with bars, then `key=value` with spaces in values.

use super::{FIELDS_MAX, Fields, Value};
use crate::api::Timestamp;
use std::borrow::Cow;

/// Events of Windows' security log that say that somebody was not let in.
const REFUSED: [&str; 2] = ["4625", "4771"];

impl<'a> Fields<'a> {
    /// The fields of a message in the common event format, or IBM's, which separates with tabs; `None` when they say
    /// nothing. The event's name stands in the header. An equals sign inside of a value is escaped.
    pub fn of_cef(text: &'a str, ibm: bool, now: Timestamp) -> Option<Self> {
        let mut parts = text.splitn(if ibm { 6 } else { 8 }, '|').skip(4);
        let (id, name) = (parts.next()?, parts.next()?);
        let mut fields = Self::default();
        fields.said.push(Cow::Borrowed(id));
        // IBM's has no name, and its second version says what separates.
        let rest = if ibm {
            name.split_once('|').filter(|(mark, _)| mark.len() < 6).map_or(name, |(_, rest)| rest)
        } else {
            parts.last()?
        };
        if !ibm {
            fields.said.push(Cow::Borrowed(name));
        }
        // Windows' numbers of refused logons.
        let windows = text.split('|').skip(1).take(2).any(|maker| maker.contains("Windows"));
        if windows && REFUSED.iter().any(|number| id.ends_with(number)) {
            fields.said.push(Cow::Borrowed("logon failed"));
        }
        for (name, value) in pairs(rest).take(FIELDS_MAX) {
            fields.take(name, Value::Text(value, false), now, 0);
        }
        fields.spoken()
    }
}

/// The keys and values of `key=value key=value`, values having spaces in them.
pub fn pairs(text: &str) -> impl Iterator<Item = (&str, &str)> {
    let mut keys = keys(text).peekable();
    std::iter::from_fn(move || {
        let (start, equals) = keys.next()?;
        let end = keys.peek().map_or(text.len(), |(next, _)| *next);
        Some((&text[start..equals], text.get(equals + 1..end).unwrap_or("").trim_end_matches([' ', '\t'])))
    })
}

/// Where each key of `key=value key=value` begins and ends, values having spaces in them.
fn keys(text: &str) -> impl Iterator<Item = (usize, usize)> {
    memchr::memchr_iter(b'=', text.as_bytes()).filter_map(|equals| {
        let before = &text.as_bytes()[..equals];
        let key = before.iter().rev().take(64).take_while(|b| b.is_ascii_alphanumeric() || b"_.".contains(b)).count();
        let start = equals - key;
        let begins = start == 0 || matches!(before[start - 1], b' ' | b'\t' | b'|');
        (key > 0 && begins).then_some((start, equals))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn values_have_spaces_and_the_header_says_what_happened() {
        let text =
            r"0|V|P|1.0|100|User login failed|5|msg=wrong password of bob src\=192.0.2.1 src=198.51.100.7 suser=bob";
        let fields = Fields::of_cef(text, false, Timestamp(0)).unwrap();
        assert_eq!((fields.address, fields.user.as_deref()), ("198.51.100.7".parse().ok(), Some("bob")));
        assert!(fields.refused());
        let text = "2.0|V|P|1.0|LoginFailed|^|src=198.51.100.7\tusrName=a|192.0.2.1|b\tcat=authentication failed";
        let fields = Fields::of_cef(text, true, Timestamp(0)).unwrap();
        assert_eq!((fields.address, fields.user.as_deref()), ("198.51.100.7".parse().ok(), Some("a|192.0.2.1|b")));
    }

    proptest! {
        #[test]
        fn any_text_is_survived(text in "\\PC*", near in "[a-z|=\\\\ \té]{0,60}") {
            for text in [&text, &near, &format!("0|a|b|c|d|{near}")] {
                let _ = (Fields::of_cef(text, false, Timestamp(0)).is_some(), Fields::of_cef(text, true, Timestamp(0)).is_some());
            }
        }
    }
}
