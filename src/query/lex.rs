//! Cuts a query into tokens. Knows quotes and escapes, not fields.

use super::{Error, Op};
use std::ops::Range;

/// A token and the bytes it came from.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Token {
    pub at: Range<usize>,
    pub kind: Kind,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Kind {
    Open,
    Close,
    And,
    Or,
    Not,
    /// A bare word.
    Word(Text),
    /// `field op value,value`
    Term {
        field: Range<usize>,
        op: Op,
        values: Vec<(Text, Range<usize>)>,
    },
}

/// A value as written.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Text {
    pub text: String,
    pub quoted: bool,
}

/// Why the lexer stopped.
pub(super) fn error(at: Range<usize>, what: impl Into<String>, hint: impl Into<String>) -> Error {
    Error { at, what: what.into(), hint: hint.into() }
}

/// The characters that end an unquoted value.
fn ends(c: char) -> bool {
    c.is_whitespace() || matches!(c, '(' | ')' | ',' | '"')
}

/// Whether `text` reads back as itself when written without quotes, as a value.
pub(super) fn plain_value(text: &str) -> bool {
    !text.is_empty() && !text.contains('*') && !text.chars().any(|c| ends(c) || c.is_control())
}

/// Whether `text` reads back as itself when written without quotes, as a bare word.
pub(super) fn plain_word(text: &str) -> bool {
    !text.is_empty()
        && text != "*"
        && !text.chars().any(|c| ends(c) || c.is_control())
        && !matches!(text, "AND" | "OR" | "NOT")
        && !text.starts_with(['-', '!'])
        && !text.contains([':', '=', '<', '>', '!'])
}

pub(super) fn lex(text: &str) -> Result<Vec<Token>, Error> {
    let mut lexer = Lexer { text, at: 0 };
    let mut tokens = Vec::new();
    while let Some(token) = lexer.next()? {
        tokens.push(token);
    }
    Ok(tokens)
}

struct Lexer<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Lexer<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn next(&mut self) -> Result<Option<Token>, Error> {
        self.at = self.text.len() - self.rest().trim_start().len();
        let start = self.at;
        let Some(c) = self.rest().chars().next() else { return Ok(None) };
        let one = |kind| Ok(Some(Token { at: start..start + 1, kind }));
        match c {
            '(' => {
                self.at += 1;
                one(Kind::Open)
            }
            ')' => {
                self.at += 1;
                one(Kind::Close)
            }
            '-' | '!' => {
                self.at += 1;
                one(Kind::Not)
            }
            ',' => Err(error(
                start..start + 1,
                "a comma has no place here",
                "values are separated by commas without spaces",
            )),
            '"' => {
                let text = self.quoted()?;
                Ok(Some(Token { at: start..self.at, kind: Kind::Word(Text { text, quoted: true }) }))
            }
            ':' | '=' | '<' | '>' => Err(error(
                start..start + 1,
                "a comparison needs a field right before it",
                "write it without spaces, for example status>=400",
            )),
            _ => self.word(start).map(Some),
        }
    }

    /// A keyword, a bare word, or a whole term.
    fn word(&mut self, start: usize) -> Result<Token, Error> {
        let rest = self.rest();
        let name = rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(rest.len());
        if let Some((op, width)) = operator(&rest[name..]).filter(|_| name > 0) {
            self.at += name + width;
            let values = self.values(start..start + name)?;
            return Ok(Token { at: start..self.at, kind: Kind::Term { field: start..start + name, op, values } });
        }
        let text = self.unquoted();
        let kind = match text {
            "AND" => Kind::And,
            "OR" => Kind::Or,
            "NOT" => Kind::Not,
            _ => Kind::Word(Text { text: text.to_owned(), quoted: false }),
        };
        Ok(Token { at: start..self.at, kind })
    }

    fn values(&mut self, field: Range<usize>) -> Result<Vec<(Text, Range<usize>)>, Error> {
        let mut values = Vec::new();
        loop {
            let start = self.at;
            let value = if self.rest().starts_with('"') {
                Text { text: self.quoted()?, quoted: true }
            } else {
                Text { text: self.unquoted().to_owned(), quoted: false }
            };
            if value.text.is_empty() && !value.quoted {
                let name = &self.text[field.clone()];
                return Err(error(
                    field.start..start,
                    format!("\"{name}\" has no value to compare with"),
                    format!("write the value right after it, or {name}=\"\" for rows without one"),
                ));
            }
            values.push((value, start..self.at));
            if !self.rest().starts_with(',') {
                return Ok(values);
            }
            self.at += 1;
        }
    }

    fn unquoted(&mut self) -> &'a str {
        let rest = self.rest();
        let end = rest.find(ends).unwrap_or(rest.len());
        self.at += end;
        &rest[..end]
    }

    fn quoted(&mut self) -> Result<String, Error> {
        let start = self.at;
        let mut out = String::new();
        let mut chars = self.rest().char_indices().skip(1);
        while let Some((i, c)) = chars.next() {
            match c {
                '"' => {
                    self.at = start + i + 1;
                    return Ok(out);
                }
                '\\' => match chars.next() {
                    Some((_, 'n')) => out.push('\n'),
                    Some((_, 't')) => out.push('\t'),
                    Some((_, 'r')) => out.push('\r'),
                    Some((_, c @ ('"' | '\\'))) => out.push(c),
                    Some((_, 'u')) => {
                        let digits: String = chars.by_ref().map(|(_, c)| c).take_while(|c| *c != '}').take(8).collect();
                        let code = digits.strip_prefix('{').and_then(|d| u32::from_str_radix(d, 16).ok());
                        out.push(code.and_then(char::from_u32).ok_or_else(|| {
                            error(
                                start + i..start + i + 2,
                                "this is no character",
                                "write \\u{1b} with the code in hex",
                            )
                        })?);
                    }
                    _ => {
                        return Err(error(
                            start + i..start + i + 1,
                            "a backslash needs one of \" \\ n t r u after it",
                            "write \\\\ for a backslash",
                        ));
                    }
                },
                c => out.push(c),
            }
        }
        Err(error(start..self.text.len(), "the quote is never closed", "end it with \""))
    }
}

/// The operator at the start of `rest` and its width.
fn operator(rest: &str) -> Option<(Op, usize)> {
    [Op::Ne, Op::Le, Op::Ge, Op::Has, Op::Eq, Op::Lt, Op::Gt]
        .into_iter()
        .find(|op| rest.starts_with(op.as_str()))
        .map(|op| (op, op.as_str().len()))
}
