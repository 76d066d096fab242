//! Prints a query so that it reads back the same.

use super::{Expr, Needle, Query, lex};
use std::fmt::{self, Display, Formatter, Write};

impl Display for Query {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        self.expr().map_or(Ok(()), |expr| expr.fmt(f))
    }
}

impl Display for Expr {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::And(parts) => joined(f, parts, " ", |p| matches!(p, Self::Or(_))),
            Self::Or(parts) => joined(f, parts, " OR ", |_| false),
            Self::Not(inner) => {
                f.write_char('-')?;
                wrapped(f, inner, matches!(**inner, Self::And(_) | Self::Or(_)))
            }
            Self::Term(term) => {
                write!(f, "{}{}", term.field, term.op.as_str())?;
                for (i, value) in term.values.iter().enumerate() {
                    if i > 0 {
                        f.write_char(',')?;
                    }
                    text(f, value, lex::plain_value)?;
                }
                Ok(())
            }
            Self::Word(needle) => text(f, needle, lex::plain_word),
        }
    }
}

fn joined(f: &mut Formatter<'_>, parts: &[Expr], with: &str, wrap: impl Fn(&Expr) -> bool) -> fmt::Result {
    for (i, part) in parts.iter().enumerate() {
        if i > 0 {
            f.write_str(with)?;
        }
        wrapped(f, part, wrap(part))?;
    }
    Ok(())
}

fn wrapped(f: &mut Formatter<'_>, expr: &Expr, wrap: bool) -> fmt::Result {
    if wrap { write!(f, "({expr})") } else { expr.fmt(f) }
}

fn text(f: &mut Formatter<'_>, needle: &Needle, plain: impl Fn(&str) -> bool) -> fmt::Result {
    if needle.any {
        return f.write_char('*');
    }
    if needle.pattern || plain(&needle.text) {
        return f.write_str(&needle.text);
    }
    f.write_char('"')?;
    for c in needle.text.chars() {
        match c {
            '"' => f.write_str("\\\"")?,
            '\\' => f.write_str("\\\\")?,
            '\n' => f.write_str("\\n")?,
            '\t' => f.write_str("\\t")?,
            '\r' => f.write_str("\\r")?,
            c if c.is_control() => write!(f, "\\u{{{:x}}}", c as u32)?,
            c => f.write_char(c)?,
        }
    }
    f.write_char('"')
}
