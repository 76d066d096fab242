//! `key=value key="value"`.

use crate::platform::ingest::members::Value;
use crate::platform::ingest::quoted;

/// The pairs of a `key=value` line, and where each begins. Values may be in double quotes.
pub(in crate::platform::ingest) fn pairs(line: &str) -> impl Iterator<Item = ((&str, Value<'_>), usize)> {
    let mut at = 0;
    std::iter::from_fn(move || {
        at += line[at..].bytes().take_while(|b| *b == b' ').count();
        let start = at;
        let equals = start + memchr::memchr2(b'=', b' ', line.as_bytes().get(start..)?)?;
        let name = &line[start..equals];
        if line.as_bytes()[equals] == b' ' {
            at = equals;
            return Some(((name, Value::Word("null")), start));
        }
        let value = if line.as_bytes().get(equals + 1) == Some(&b'"') {
            let end = quoted::end(line.as_bytes(), equals + 2)?;
            at = end + 1;
            let text = &line[equals + 2..end];
            Value::Text(text, text.contains('\\'))
        } else {
            at = equals + 1 + line[equals + 1..].find(' ').unwrap_or(line.len() - equals - 1);
            Value::Text(&line[equals + 1..at], false)
        };
        Some(((name, value), start))
    })
}
