//! One view of a decoded text per interpreter: SQL, path, shell, lookup. Bytes in, bytes out; never grows.

use super::byte::Bytes;
use super::decode::fold;
use super::layers::Layers;
use super::rule::View;
use std::borrow::Cow;

/// The view of a plain text; `None` where it is the plain text itself.
pub(super) fn view(plain: &[u8], view: View) -> Option<Vec<u8>> {
    let has = |needle: &[u8]| memchr::memmem::find(plain, needle).is_some();
    match view {
        // Lines were lost in the plain text; whoever decoded it has them.
        View::Plain | View::Lines => None,
        View::Sql => has(b"/*").then(|| sql(plain)),
        View::Path => (has(b"\\") || has(b"//") || has(b"/./")).then(|| path(plain)),
        View::Shell => {
            const MARKS: Bytes = Bytes::of(b"'\"\\^$`");
            MARKS.any(plain).then(|| shell(plain))
        }
        View::Lookup => (has(b"${") && memchr::memmem::find_iter(plain, b"${").count() > 1).then(|| lookup(plain)),
    }
}

/// Comments as a space; what a versioned comment (`/*!50000union*/`) hides as itself.
fn sql(t: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(t.len());
    let mut i = 0;
    let mut versioned = false;
    while i < t.len() {
        let rest = &t[i..];
        if rest.starts_with(b"/*!") {
            versioned = true;
            i += 3 + rest[3..].iter().take_while(|b| b.is_ascii_digit()).count();
            out.push(b' ');
        } else if rest.starts_with(b"/*") {
            match memchr::memmem::find(&rest[2..], b"*/") {
                Some(end) => {
                    i += end + 4;
                    out.push(b' ');
                }
                // Open to the end: a terminator, worth seeing.
                None => {
                    out.extend_from_slice(rest);
                    break;
                }
            }
        } else if versioned && rest.starts_with(b"*/") {
            versioned = false;
            i += 2;
            out.push(b' ');
        } else {
            out.push(t[i]);
            i += 1;
        }
    }
    fold(&mut out, &mut Layers::default());
    out
}

fn path(t: &[u8]) -> Vec<u8> {
    let mut out: Vec<u8> = Vec::with_capacity(t.len());
    for byte in t {
        let byte = if *byte == b'\\' { b'/' } else { *byte };
        if byte == b'/' && out.last() == Some(&b'/') {
            continue;
        }
        if byte == b'/' && out.ends_with(b"/.") {
            out.pop();
            continue;
        }
        out.push(byte);
    }
    out
}

fn shell(t: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(t.len());
    let mut i = 0;
    while i < t.len() {
        let rest = &t[i..];
        let blank: [&[u8]; 4] = [b"${ifs}", b"$ifs$9", b"$ifs", b"${ifs%??}"];
        if let Some(word) = blank.iter().filter(|w| rest.starts_with(w)).max_by_key(|w| w.len()) {
            out.push(b' ');
            i += word.len();
        } else if rest.starts_with(b"``") {
            i += 2;
        } else if let Some(length) = unset(rest, out.last()) {
            i += length;
        } else {
            if !b"'\"\\^".contains(&t[i]) {
                out.push(t[i]);
            }
            i += 1;
        }
    }
    out
}

/// The length of a variable that stands for nothing: `$@`, `$*`, `${x}` and `$x` inside of a word.
fn unset(rest: &[u8], before: Option<&u8>) -> Option<usize> {
    let (first, second) = (rest.first()?, rest.get(1)?);
    if *first != b'$' {
        return None;
    }
    if matches!(second, b'@' | b'*') {
        return Some(2);
    }
    if !before.is_some_and(u8::is_ascii_alphanumeric) {
        return None;
    }
    let word = |text: &[u8]| text.iter().take_while(|b| b.is_ascii_alphanumeric() || **b == b'_').count();
    if *second == b'{' {
        let length = word(&rest[2..]);
        return (rest.get(2 + length) == Some(&b'}')).then_some(length + 3);
    }
    // `c$u` at the end of a word, or a name that starts with an underscore: bash reads as far as it can.
    let length = word(&rest[1..]);
    let ends = rest.get(1 + length).is_none_or(|b| b.is_ascii_whitespace() || b"/;|&+.".contains(b));
    (length > 0 && length <= 3 && ends || *second == b'_').then_some(if *second == b'_' { 2 } else { length + 1 })
}

/// Innermost `${a:b:-c}` as `c`, `${lower:j}` as `j`, until nothing changes.
fn lookup(t: &[u8]) -> Vec<u8> {
    let mut text = Cow::Borrowed(t);
    for _ in 0..64 {
        let Some(open) = memchr::memmem::rfind(&text, b"${") else { break };
        let Some(close) = memchr::memchr(b'}', &text[open..]) else { break };
        let inner = &text[open + 2..open + close];
        // The lookup itself stays.
        if inner.starts_with(b"jndi") || open == 0 && !inner.contains(&b':') {
            break;
        }
        let value = match memchr::memmem::rfind(inner, b":-") {
            Some(at) => &inner[at + 2..],
            None => memchr::memrchr(b':', inner).map_or(&inner[..0], |at| &inner[at + 1..]),
        };
        let joined = [&text[..open], value, &text[open + close + 1..]].concat();
        text = Cow::Owned(joined);
    }
    text.into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_interpreter_has_its_view() {
        let of = |t: &str, v| String::from_utf8(view(t.as_bytes(), v).unwrap()).unwrap();
        assert_eq!(of("1/**/union/*x*/select", View::Sql), "1 union select");
        assert_eq!(of("1 /*!50000union*/ select", View::Sql), "1 union select");
        assert_eq!(of("..\\..//etc/./passwd", View::Path), "../../etc/passwd");
        assert_eq!(of("c'a't${ifs}/e\\tc/passwd", View::Shell), "cat /etc/passwd");
        assert_eq!(of("${${lower:j}${::-n}d${env:x:-i}:ldap}", View::Lookup), "${jndi:ldap}");
        assert!(view(b"/plain/path?x=1", View::Path).is_none());
    }
}
