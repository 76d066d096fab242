//! The filter language: parse, print, match. One meaning in platform, console and headless mode.
//!
//! `status:404,403 -country:DE (user=root OR src_ip:198.51.100.0/24) "sleep(5)"`. A text field with `:` contains, with
//! `=` is exactly; an unquoted `*` in a text stands for any text; numbers, words, flags and addresses equal (an address may be a prefix); neighbours are ANDed. No I/O,
//! no clock: relative times (`time>-1h`) are anchored by [`Query::at`]. Start at `parse.rs`; fields are in `field.rs`.

mod ast;
mod check;
pub mod field;
pub mod group;
mod involved;
mod kind;
mod lex;
mod matching;
mod parse;
mod print;
pub mod row;
#[cfg(test)]
mod tests;
pub mod when;

pub use ast::{Expr, Needle, Op, Term, net};
pub use field::{FieldInfo, Kind, Resource, fields};
pub use involved::Involved;
pub use matching::Value;

use crate::api::Timestamp;
use std::ops::Range;

/// Longest query, in bytes.
pub const LENGTH_MAX: usize = 4096;
/// Deepest nesting of parentheses and negations.
pub const DEPTH_MAX: usize = 32;
/// Most terms and values in one query.
pub const TERMS_MAX: usize = 256;

/// What is wrong with a query, where, and what to write instead.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what}{}", if hint.is_empty() { String::new() } else { format!(" ({hint})") })]
pub struct Error {
    /// Which bytes of the text.
    pub at: Range<usize>,
    /// What is wrong. May quote the query: escape it before drawing.
    pub what: String,
    /// What to write instead; may be empty.
    pub hint: String,
}

/// A filter, ready to match. The empty query matches everything.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Query {
    expr: Option<Expr>,
    now: Option<Timestamp>,
}

impl Query {
    /// Reads a query; its fields must exist for some resource. Values are checked only by [`Query::parse_for`].
    ///
    /// # Errors
    /// What is wrong and where.
    pub fn parse(text: &str) -> Result<Self, Error> {
        Ok(Self { expr: parse::parse(text, None)?, now: None })
    }

    /// Reads a query about `resource`: every field must be one of its fields and every value fit its field.
    ///
    /// # Errors
    /// What is wrong and where, with the nearest name that exists.
    pub fn parse_for(resource: Resource, text: &str) -> Result<Self, Error> {
        Ok(Self { expr: parse::parse(text, Some(resource))?, now: None })
    }

    /// Anchors relative times. Without it they match nothing.
    #[must_use]
    pub fn at(mut self, now: Timestamp) -> Self {
        self.now = Some(now);
        self
    }

    /// True when it matches everything.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.expr.is_none()
    }

    /// Its meaning, for turning it into another language.
    #[must_use]
    pub const fn expr(&self) -> Option<&Expr> {
        self.expr.as_ref()
    }

    /// The same without those of its conditions, all of which must be met, that are met anyway.
    #[must_use]
    pub fn without(&self, met: impl Fn(&Expr) -> bool) -> Self {
        let Some(Expr::And(parts)) = &self.expr else { return self.clone() };
        let mut rest: Vec<Expr> = parts.iter().filter(|part| !met(part)).cloned().collect();
        let expr = if rest.len() > 1 { Some(Expr::And(rest)) } else { rest.pop() };
        Self { expr, now: self.now }
    }

    /// Whether `row` is wanted.
    #[must_use]
    pub fn matches<F: Fields>(&self, row: &F) -> bool {
        self.expr.as_ref().is_none_or(|expr| matching::matches(expr, row, self.now))
    }

    /// Whether `row` meets a part of it.
    #[must_use]
    pub fn meets<F: Fields>(&self, part: &Expr, row: &F) -> bool {
        matching::matches(part, row, self.now)
    }

    /// The names of the fields it looks at; `bare` stands in for bare words.
    #[must_use]
    pub fn names<'a>(&'a self, bare: &'a [&'a str]) -> Vec<&'a str> {
        let mut names = Vec::new();
        if let Some(expr) = &self.expr {
            expr.visit(&mut |term| match term {
                Ok(term) => names.push(term.field.as_str()),
                Err(_) => names.extend_from_slice(bare),
            });
        }
        names.sort_unstable();
        names.dedup();
        names
    }
}

impl std::str::FromStr for Query {
    type Err = Error;
    fn from_str(text: &str) -> Result<Self, Error> {
        Self::parse(text)
    }
}

/// A row that a query can look at.
pub trait Fields {
    /// Fields in which bare words are looked for.
    const BARE: &'static [&'static str];

    /// The value of a field; [`Value::Missing`] when the row has none.
    fn field(&self, name: &str) -> Value<'_>;
}
