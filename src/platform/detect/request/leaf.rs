//! A part of a request taken apart into values, the way an application would: query, form, cookies, JSON, XML, multipart.
//!
//! Lenient: what is malformed or cut short yields what can be read. No recursion, at most [`LEAVES_MAX`] values.

use super::decode::Plus;
use super::layers::Layers;
use super::rule::{self, Part};
use std::borrow::Cow;

/// Values that are looked at one by one; the rest is only looked at as a whole.
const LEAVES_MAX: usize = 256;
/// Longest text part of a multipart body that is looked at by itself.
const SECTION_MAX: usize = 16 * 1024;

/// One value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Leaf<'a> {
    /// Parameter, field, cookie or header. Empty for a path.
    pub name: Cow<'a, [u8]>,
    /// Still encoded, but without the escapes of JSON.
    pub value: Cow<'a, [u8]>,
    /// What plus signs mean.
    pub plus: Plus,
    /// What it lay in.
    pub outer: u16,
}

/// How a body is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// `a=1&b=2`, or not known.
    Query,
    Json,
    Xml,
    Multipart,
}

/// How a body is written, by its header or else by how it begins.
pub(super) fn form(content_type: &str, body: &[u8]) -> Form {
    let says =
        |word: &str| memchr::memmem::find(content_type.to_ascii_lowercase().as_bytes(), word.as_bytes()).is_some();
    let text = body.trim_ascii();
    let within = |open: &[u8], close: &[u8]| {
        text.first().is_some_and(|b| open.contains(b)) && text.last().is_some_and(|b| close.contains(b))
    };
    if says("multipart/") {
        Form::Multipart
    } else if says("urlencoded") {
        Form::Query
    } else if says("json") || within(b"{[", b"}]") {
        Form::Json
    } else if says("xml") || within(b"<", b">") {
        Form::Xml
    } else if text.starts_with(b"--") && memchr::memmem::find(text, b"ontent-").is_some() {
        Form::Multipart
    } else {
        Form::Query
    }
}

/// The values of a part.
pub(super) fn leaves<'a>(part: &Part, raw: &'a [u8], form: Form) -> Vec<Leaf<'a>> {
    let mut out = Vec::new();
    match (part.bit, form) {
        (rule::URL, _) => url(raw, &mut out),
        (rule::COOKIE, _) => pairs(raw, b";", Plus::Literal, &mut out),
        (rule::BODY, Form::Query) => pairs(raw, b"&", Plus::Space, &mut out),
        (rule::BODY, Form::Json) => json(raw, &mut out),
        (rule::BODY, Form::Xml) => xml(raw, &mut out),
        (rule::BODY, Form::Multipart) => multipart(raw, &mut out),
        _ => {}
    }
    out.truncate(LEAVES_MAX);
    out
}

/// The values of a text in JSON or XML.
pub(super) fn inside(form: Form, raw: &[u8]) -> Vec<Leaf<'_>> {
    let mut out = Vec::new();
    match form {
        Form::Json => json(raw, &mut out),
        Form::Xml => xml(raw, &mut out),
        Form::Query | Form::Multipart => {}
    }
    out.truncate(LEAVES_MAX);
    out
}

fn leaf<'a>(name: &'a [u8], value: &'a [u8], plus: Plus, outer: u16) -> Leaf<'a> {
    Leaf { name: Cow::Borrowed(name), value: Cow::Borrowed(value), plus, outer }
}

fn url<'a>(raw: &'a [u8], out: &mut Vec<Leaf<'a>>) {
    let (path, query) = cut(raw, b'?').unwrap_or((raw, b""));
    out.push(leaf(b"", path, Plus::Literal, 0));
    pairs(query, b"&;", Plus::Space, out);
}

/// `a=1&b=2`. A name with anything odd in it is a value, too.
fn pairs<'a>(raw: &'a [u8], between: &[u8], plus: Plus, out: &mut Vec<Leaf<'a>>) {
    for pair in raw.split(|b| between.contains(b)).take(LEAVES_MAX) {
        let pair = pair.trim_ascii();
        let (name, value) = cut(pair, b'=').unwrap_or((b"", pair));
        if !value.is_empty() {
            out.push(leaf(name, value, plus, 0));
        }
        if name.iter().any(|b| !(b.is_ascii_alphanumeric() || b"_-.[]".contains(b))) {
            out.push(leaf(name, name, plus, 0));
        }
    }
}

/// Every string of a JSON text, with the key it stands under. Keys are values, too, if there is anything odd in them.
fn json<'a>(raw: &'a [u8], out: &mut Vec<Leaf<'a>>) {
    let mut key: Cow<'a, [u8]> = Cow::Borrowed(b"");
    let mut at = 0;
    while let Some(open) = memchr::memchr(b'"', &raw[at..]) {
        let (text, length) = string(&raw[at + open + 1..]);
        at += open + 1 + length;
        let next = raw[at..].iter().position(|b| !b.is_ascii_whitespace());
        let is_key = next.is_some_and(|n| raw[at + n] == b':');
        let odd = text.iter().any(|b| !(b.is_ascii_alphanumeric() || b"_-.".contains(b)))
            || memchr::memmem::find(&text, b"__").is_some();
        if !is_key || odd {
            let name = if is_key { text.clone() } else { key.clone() };
            out.push(Leaf { name, value: text.clone(), plus: Plus::Literal, outer: Layers::JSON });
        }
        if is_key {
            key = text;
        }
        if out.len() >= LEAVES_MAX {
            break;
        }
    }
}

/// The string that begins here, unescaped, and the bytes it took with its closing quote.
fn string(raw: &[u8]) -> (Cow<'_, [u8]>, usize) {
    let plain = memchr::memchr2(b'"', b'\\', raw).unwrap_or(raw.len());
    if raw.get(plain) != Some(&b'\\') {
        return (Cow::Borrowed(&raw[..plain]), (plain + 1).min(raw.len()));
    }
    let mut text = raw[..plain].to_vec();
    let mut i = plain;
    while i < raw.len() && raw[i] != b'"' {
        let escaped = if raw[i] == b'\\' { raw.get(i + 1) } else { None };
        let (byte, length) = match escaped {
            None => (raw[i], 1),
            Some(b'n') => (b'\n', 2),
            Some(b'r') => (b'\r', 2),
            Some(b't' | b'b' | b'f') => (b' ', 2),
            // Taken off later, with the other escapes of its kind.
            Some(b'u') => (b'\\', 1),
            Some(other) => (*other, 2),
        };
        text.push(byte);
        i += length;
    }
    (Cow::Owned(text), (i + 1).min(raw.len()))
}

/// Texts between tags, values of attributes, contents of declarations.
fn xml<'a>(raw: &'a [u8], out: &mut Vec<Leaf<'a>>) {
    let mut name: &[u8] = b"";
    for piece in raw.split(|b| *b == b'<').skip(1).take(LEAVES_MAX) {
        if let Some(data) = piece.strip_prefix(b"![CDATA[") {
            let end = memchr::memmem::find(data, b"]]").unwrap_or(data.len());
            out.push(leaf(name, &data[..end], Plus::Literal, Layers::XML));
            continue;
        }
        let (tag, text) = cut(piece, b'>').unwrap_or((piece, b""));
        name = tag.split(|b| b.is_ascii_whitespace()).next().unwrap_or_default();
        for quote in [b'"', b'\''] {
            let values = tag.split(|b| *b == quote).skip(1).step_by(2);
            out.extend(values.filter(|v| !v.is_empty()).map(|v| leaf(name, v, Plus::Literal, Layers::XML)));
        }
        let text = text.trim_ascii();
        if !text.is_empty() {
            out.push(leaf(name, text, Plus::Literal, Layers::XML));
        }
    }
}

/// Names, file names and texts of a multipart body, whose boundary is its first line.
fn multipart<'a>(raw: &'a [u8], out: &mut Vec<Leaf<'a>>) {
    let Some(start) = memchr::memmem::find(raw, b"--") else { return };
    let line = raw[start..].split(|b| b"\r\n".contains(b)).next().unwrap_or_default();
    let mut sections = Vec::new();
    let mut rest = &raw[start + line.len()..];
    while !line.is_empty() && sections.len() < LEAVES_MAX {
        let end = memchr::memmem::find(rest, line);
        sections.push(&rest[..end.unwrap_or(rest.len())]);
        match end {
            Some(end) => rest = &rest[end + line.len()..],
            None => break,
        }
    }
    for section in sections {
        let (head, text) = halves(section);
        let name = attribute(head, b"name=").unwrap_or_default();
        for attribute in [attribute(head, b"filename="), attribute(head, b"filename*=")].into_iter().flatten() {
            out.push(leaf(b"filename", attribute, Plus::Literal, Layers::MULTIPART));
        }
        if name.iter().any(|b| !(b.is_ascii_alphanumeric() || b"_-.[]".contains(b))) {
            out.push(leaf(b"name", name, Plus::Literal, Layers::MULTIPART));
        }
        let text = text.trim_ascii();
        if !text.is_empty() && text.len() <= SECTION_MAX {
            out.push(leaf(name, text, Plus::Literal, Layers::MULTIPART));
        }
    }
}

/// Headers and text of a section.
fn halves(section: &[u8]) -> (&[u8], &[u8]) {
    let blank = [b"\r\n\r\n".as_slice(), b"\n\n"]
        .into_iter()
        .filter_map(|b| Some((memchr::memmem::find(section, b)?, b.len())));
    blank.min().map_or((section, b""), |(at, length)| (&section[..at], &section[at + length..]))
}

/// The value after `name=`, quoted or not. `name=` does not mean the end of `filename=`.
fn attribute<'a>(head: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    let at = memchr::memmem::find_iter(head, name).find(|at| *at == 0 || !head[at - 1].is_ascii_alphanumeric())?;
    let value = &head[at + name.len()..];
    Some(match value.strip_prefix(b"\"") {
        Some(quoted) => quoted.split(|b| b"\"\r\n".contains(b)).next().unwrap_or_default(),
        None => value.split(|b| b";\r\n".contains(b)).next().unwrap_or_default(),
    })
}

fn cut(text: &[u8], at: u8) -> Option<(&[u8], &[u8])> {
    memchr::memchr(at, text).map(|i| (&text[..i], &text[i + 1..]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of(bit: u8, raw: &str, content_type: &str) -> Vec<(String, String)> {
        let part = rule::PARTS.iter().find(|p| p.bit == bit).unwrap();
        let text = |b: &[u8]| String::from_utf8_lossy(b).into_owned();
        let form = form(content_type, raw.as_bytes());
        leaves(part, raw.as_bytes(), form).iter().map(|l| (text(&l.name), text(&l.value))).collect()
    }

    fn pairs_of(list: &[(&str, &str)]) -> Vec<(String, String)> {
        list.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect()
    }

    #[test]
    fn every_form_is_taken_apart() {
        assert_eq!(
            of(rule::URL, "/a/b?x=1&y[$ne]=2&z", ""),
            pairs_of(&[("", "/a/b"), ("x", "1"), ("y[$ne]", "2"), ("y[$ne]", "y[$ne]"), ("", "z")])
        );
        assert_eq!(of(rule::COOKIE, "a=1; b='x'", ""), pairs_of(&[("a", "1"), ("b", "'x'")]));
        assert_eq!(of(rule::BODY, "a=b+c", "application/x-www-form-urlencoded"), pairs_of(&[("a", "b+c")]));
        assert_eq!(
            of(rule::BODY, r#"{"a": {"b": "x\"y\/z", "$where": 1, "l": ["p", "q"#, "application/json"),
            pairs_of(&[("b", "x\"y/z"), ("$where", "$where"), ("l", "p"), ("l", "q")])
        );
        assert_eq!(
            of(rule::BODY, "<r a='1'><b>two</b><![CDATA[x<y]]></r>", "text/xml"),
            pairs_of(&[("r", "1"), ("b", "two"), ("/b", "x")])
        );
        let multipart =
            "--q\r\nContent-Disposition: form-data; name=\"f\"; filename=\"a.php\"\r\n\r\n<?php\r\n--q--\r\n";
        assert_eq!(
            of(rule::BODY, multipart, "multipart/form-data; boundary=q"),
            pairs_of(&[("filename", "a.php"), ("f", "<?php")])
        );
    }

    proptest! {
        #[test]
        fn any_bytes_are_taken_apart(raw in prop::collection::vec(any::<u8>(), 0..400), kind in "(multipart/form-data|text/xml|application/json|)") {
            for part in &rule::PARTS {
                let form = form(&kind, &raw);
                prop_assert!(leaves(part, &raw, form).len() <= LEAVES_MAX);
            }
        }
    }
}
