//! HTML entities: by name, by number.

use super::ascii;

/// The byte that an entity at the start of a text stands for, and how long it is.
pub(super) fn entity(t: &[u8]) -> Option<(u8, usize)> {
    const NAMED: [(&[u8], u8); 36] = [
        (b"lt;", b'<'),
        (b"gt;", b'>'),
        (b"quot;", b'"'),
        (b"apos;", b'\''),
        (b"amp;", b'&'),
        (b"lpar;", b'('),
        (b"rpar;", b')'),
        (b"colon;", b':'),
        (b"sol;", b'/'),
        (b"tab;", b' '),
        (b"newline;", b' '),
        (b"nbsp;", b' '),
        (b"dollar;", b'$'),
        (b"lbrace;", b'{'),
        (b"lcub;", b'{'),
        (b"rbrace;", b'}'),
        (b"rcub;", b'}'),
        (b"lbrack;", b'['),
        (b"lsqb;", b'['),
        (b"rbrack;", b']'),
        (b"rsqb;", b']'),
        (b"bsol;", b'\\'),
        (b"period;", b'.'),
        (b"comma;", b','),
        (b"semi;", b';'),
        (b"equals;", b'='),
        (b"plus;", b'+'),
        (b"ast;", b'*'),
        (b"excl;", b'!'),
        (b"quest;", b'?'),
        (b"num;", b'#'),
        (b"percnt;", b'%'),
        (b"commat;", b'@'),
        (b"grave;", b'`'),
        (b"vert;", b'|'),
        (b"lowbar;", b'_'),
    ];
    let rest = &t[1..];
    if rest.first() != Some(&b'#') {
        // The longest is `newline;`. Most ampersands only stand between two parameters.
        if !rest.iter().take(8).any(|b| *b == b';') {
            return None;
        }
        let named =
            NAMED.iter().find(|(name, _)| rest.len() >= name.len() && rest[..name.len()].eq_ignore_ascii_case(name));
        return named.map(|(name, byte)| (*byte, name.len() + 1));
    }
    let (digits, radix, start) =
        if matches!(rest.get(1), Some(b'x' | b'X')) { (&rest[2..], 16, 3) } else { (&rest[1..], 10, 2) };
    let length = digits.iter().take(8).take_while(|b| (**b as char).is_digit(radix)).count();
    let text = std::str::from_utf8(&digits[..length]).ok()?;
    let code = u32::from_str_radix(text, radix).ok()?;
    let end = usize::from(digits.get(length) == Some(&b';'));
    Some((ascii(code)?, start + length + end))
}
