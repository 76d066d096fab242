//! Values that are written in a language of their own: JSON in a parameter, a query of an issue tracker, a formula. Its
//! punctuation proves nothing, so only clear signs count there, and what stands inside is looked at by itself.

use super::decode::percent_once;
use super::leaf::Form;
use super::rich;
use std::borrow::Cow;

/// What a value is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Speech {
    /// Nothing in particular.
    Plain,
    /// JSON or XML, which is taken apart.
    Data(Form),
    /// A language of queries or formulas.
    Query,
    /// Text with ordinary markup.
    Rich,
}

/// Parameters and fields whose values are queries or formulas by their purpose: issue trackers, OData, maps, metrics.
const QUERIES: [&[u8]; 18] = [
    b"jql",
    b"cql",
    b"cql_filter",
    b"kql",
    b"promql",
    b"logql",
    b"$filter",
    b"$orderby",
    b"$apply",
    b"$compute",
    b"%24filter",
    b"%24orderby",
    b"expr",
    b"expression",
    b"formula",
    b"_a",
    b"_g",
    b"when",
];

/// What a value is written in, by the name it stands under and by how it begins and ends.
pub(super) fn of(name: &[u8], value: &[u8]) -> Speech {
    if QUERIES.iter().any(|known| known.eq_ignore_ascii_case(name)) {
        return Speech::Query;
    }
    let starts =
        |marks: &[&[u8]]| marks.iter().any(|m| value.len() >= m.len() && value[..m.len()].eq_ignore_ascii_case(m));
    if !starts(&[b"{", b"[", b"%7b", b"%5b", b"query", b"mutation", b"subscription", b"<", b"%3c"]) {
        return Speech::Plain;
    }
    of_text(&percent_once(value))
}

/// The same of a value that is no longer encoded.
pub(super) fn of_text(text: &[u8]) -> Speech {
    let text = text.trim_ascii();
    let (Some(first), Some(last)) = (text.first(), text.last()) else { return Speech::Plain };
    let second = text[1..].iter().find(|b| !b.is_ascii_whitespace()).copied().unwrap_or_default();
    match (first, last) {
        (b'{', b'}') if matches!(second, b'"' | b'}') => Speech::Data(Form::Json),
        (b'[', b']') if matches!(second, b'{' | b'"' | b'[') => Speech::Data(Form::Json),
        (b'<', b'>') if text.starts_with(b"<?xml") || text.starts_with(b"<saml") || text.starts_with(b"<soap") => {
            Speech::Data(Form::Xml)
        }
        (_, b'}') if is_graph(text) => Speech::Query,
        (b'<', b'>') if rich::is_rich(&plus_as_space(text)) => Speech::Rich,
        _ => Speech::Plain,
    }
}

/// Forms write spaces as plus signs; in markup nothing else is said by one.
fn plus_as_space(text: &[u8]) -> Vec<u8> {
    text.iter().map(|b| if *b == b'+' { b' ' } else { *b }).collect()
}

/// GraphQL: a selection in braces, with or without the word before it.
fn is_graph(text: &[u8]) -> bool {
    let words: [&[u8]; 3] = [b"query", b"mutation", b"subscription"];
    let word = words.iter().find(|w| text.starts_with(w)).map_or(0, |w| w.len());
    let Some(open) = memchr::memchr(b'{', &text[word..]) else { return false };
    let head = &text[word..word + open];
    let is_head = head.iter().all(|b| b.is_ascii_alphanumeric() || b"_ ($:![],=\n\r\t)".contains(b));
    let inside = text[word + open + 1..].trim_ascii_start();
    let field = inside.iter().take_while(|b| b.is_ascii_alphanumeric() || **b == b'_').count();
    let after = inside[field..].trim_ascii_start().first();
    is_head
        && (word > 0 || open == 0)
        && field > 0
        && matches!(after, Some(b'{' | b'(' | b':'))
        && inside.contains(&b'{')
}

/// A query or form without the values that are looked at by themselves because of the language they are written in.
pub(super) fn without<'a>(raw: &'a [u8], between: u8) -> Cow<'a, [u8]> {
    let speaks = |pair: &[u8]| {
        memchr::memchr(b'=', pair).filter(|at| of(pair[..*at].trim_ascii(), &pair[at + 1..]) != Speech::Plain)
    };
    let start = memchr::memchr(b'?', raw).filter(|_| between == b'&').map_or(0, |at| at + 1);
    if !raw[start..].split(|b| *b == between).any(|pair| speaks(pair).is_some()) {
        return Cow::Borrowed(raw);
    }
    let mut out = raw[..start].to_vec();
    for (nth, pair) in raw[start..].split(|b| *b == between).enumerate() {
        if nth > 0 {
            out.push(between);
        }
        out.extend_from_slice(&pair[..speaks(pair).map_or(pair.len(), |at| at + 1)]);
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn languages_are_known_by_name_or_form() {
        for (name, value, speech) in [
            ("jql", "a = b", Speech::Query),
            ("q", "%7B%22a%22:1%7D", Speech::Data(Form::Json)),
            ("q", "[{\"a\":1}]", Speech::Data(Form::Json)),
            ("query", "{user(id:4){name}}", Speech::Query),
            ("query", "query+A", Speech::Plain),
            ("query", "query A($a: Int!) { user(id: $a) { name } }", Speech::Query),
            ("q", "{{7*7}}", Speech::Plain),
            ("q", "{cat,/etc/passwd}", Speech::Plain),
            ("q", "<script>x</script>", Speech::Plain),
            ("q", "text", Speech::Plain),
        ] {
            assert_eq!(of(name.as_bytes(), value.as_bytes()), speech, "{name}={value}");
        }
        assert_eq!(&*without(b"/a?jql=x+y&b=1&q=[1]", b'&'), b"/a?jql=&b=1&q=[1]");
        assert!(matches!(without(b"/a?b=1", b'&'), Cow::Borrowed(_)));
    }

    proptest! {
        #[test]
        fn any_bytes_are_listened_to(raw in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = of_text(&raw);
            prop_assert!(without(&raw, b'&').len() <= raw.len());
        }
    }
}
