//! Programs by name where a shell would begin a command: after what ends or pipes the one before, or inside of a
//! substitution. By a list (`program.rs`), since no pattern holds them all; told with little confidence, since many of
//! the names are words.

use super::super::byte::Bytes;
use super::super::table;
use super::Said;
use super::program::{is_odd_program, is_program};
use crate::api::Severity;

/// Marks looked at in one value.
const MARKS_MAX: usize = 32;
/// Bytes of what stands before the name: blanks, quotes, a path.
const BEFORE_MAX: usize = 64;

/// The first program after a mark in a decoded value, or one that is the value, and the text from there.
pub(super) fn look(text: &[u8]) -> Option<(Said, &[u8])> {
    const MARKS: Bytes = Bytes::of(b";|&`(\n");
    let marks = text.iter().enumerate().filter(|(_, b)| MARKS.has(**b)).map(|(at, _)| at);
    let (sign, at) = match marks.take(MARKS_MAX).find(|at| begins(text, *at)) {
        Some(at) => ("program after the end of a command", at),
        None => ("command by itself", alone(text).then_some(0)?),
    };
    let said = Said { rule: &table::command::RULE, sign, severity: Severity::Low, confidence: 0.45 };
    Some((said, &text[at..]))
}

/// `id|`: a program and the pipe that opens it for reading; `dir c:/`: one that is given a drive of Windows.
fn alone(text: &[u8]) -> bool {
    let text = text.trim_ascii();
    let length = text.iter().take(BEFORE_MAX).take_while(|b| b.is_ascii_alphanumeric() || **b == b'_').count();
    let Ok(name) = std::str::from_utf8(&text[..length]) else { return false };
    let after = &text[length..];
    (after == b"|" || (after.starts_with(b" ") && is_drive(&after[1..]))) && is_program(name)
}

/// `c:/`, `D:\`, at the beginning.
fn is_drive(text: &[u8]) -> bool {
    matches!(text, [letter, b':', b'/' | b'\\', ..] if letter.is_ascii_alphabetic())
}

/// Whether the mark is one that a command follows, and a program does.
fn begins(text: &[u8], at: usize) -> bool {
    if text[at] == b'(' && !at.checked_sub(1).is_some_and(|before| b"$<>".contains(&text[before])) {
        return false;
    }
    let rest = &text[at + 1..];
    let head = rest.iter().take(BEFORE_MAX).take_while(|b| b" '\"\\".contains(b)).count();
    let is_name = |b: &u8| b.is_ascii_alphanumeric() || b"_.+-/".contains(b);
    let length = rest[head..].iter().take(BEFORE_MAX).take_while(|b| is_name(b)).count();
    let Ok(word) = std::str::from_utf8(&rest[head..head + length]) else { return false };
    let name = word.rsplit('/').next().unwrap_or_default();
    let after = &rest[head + length..];
    let ends = after.first().is_none_or(|b| b" ;|&`)<>'\"".contains(b));
    // In a sentence a blank follows the mark, and words follow the name.
    let argument = after.get(1).is_some_and(|b| b"-/~.$*\"'<>".contains(b) || is_drive(&after[1..]));
    let spoken = rest.first() == Some(&b' ') || text[at] == b'&';
    ends && if spoken && !argument { is_odd_program(name) } else { is_program(name) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn programs_after_a_mark_are_told_and_sentences_are_not() {
        for text in [
            ";ansible-vault decrypt x",
            "1|busctl",
            "a && chfn -x",
            "$(brew foo)",
            "x`anacron`",
            "1;/usr/bin/mtr a",
            "&mawk",
            "a; time -p b",
            "a | dir c:/ |",
            "dir c:\\",
            "type D:/x.txt",
            "uname|",
        ] {
            assert!(look(text.as_bytes()).is_some(), "{text}");
        }
        for text in [
            "rock & roll",
            "cats; more dogs",
            "a; time he came",
            "f(ls)",
            "at&t",
            "open sans|roboto",
            "cats|",
            "drive c:/",
            "",
        ] {
            assert!(look(text.as_bytes()).is_none(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_looked_at(text in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = look(&text);
        }
    }
}
