//! From tokens to a condition, with every mistake placed and named.

use super::ast::{Expr, Needle, Op, Term};
use super::check;
use super::field::Resource;
use super::lex::{Kind, Text, Token, error, lex};
use super::{DEPTH_MAX, Error, LENGTH_MAX, TERMS_MAX};

/// Reads a query; nothing for one without any condition.
pub(super) fn parse(text: &str, resource: Option<Resource>) -> Result<Option<Expr>, Error> {
    if text.len() > LENGTH_MAX {
        return Err(error(
            LENGTH_MAX..text.len(),
            format!("a query has at most {LENGTH_MAX} bytes, this one has {}", text.len()),
            "split it",
        ));
    }
    let tokens = lex(text)?;
    if tokens.is_empty() {
        return Ok(None);
    }
    let mut parser = Parser { text, tokens: &tokens, next: 0, terms: 0, resource };
    let expr = parser.or(0)?;
    match parser.peek() {
        None => Ok(Some(expr)),
        Some(token) => Err(error(token.at.clone(), "this parenthesis was never opened", "remove it or add ( before")),
    }
}

struct Parser<'a> {
    text: &'a str,
    tokens: &'a [Token],
    next: usize,
    terms: usize,
    resource: Option<Resource>,
}

impl<'a> Parser<'a> {
    fn peek(&self) -> Option<&'a Token> {
        self.tokens.get(self.next)
    }

    fn or(&mut self, depth: usize) -> Result<Expr, Error> {
        let mut parts = vec![self.and(depth)?];
        while self.peek().is_some_and(|t| t.kind == Kind::Or) {
            self.next += 1;
            parts.push(self.and(depth)?);
        }
        Ok(Expr::or(parts))
    }

    fn and(&mut self, depth: usize) -> Result<Expr, Error> {
        let mut parts = vec![self.not(depth)?];
        loop {
            match self.peek().map(|t| &t.kind) {
                Some(Kind::And) => self.next += 1,
                Some(Kind::Or | Kind::Close) | None => return Ok(Expr::and(parts)),
                Some(_) => {}
            }
            parts.push(self.not(depth)?);
        }
    }

    fn not(&mut self, depth: usize) -> Result<Expr, Error> {
        let end = self.text.len();
        let Some(token) = self.peek() else {
            return Err(error(end..end, "a condition is missing at the end", "add one, for example status:404"));
        };
        if depth > DEPTH_MAX {
            return Err(error(token.at.clone(), format!("nested deeper than {DEPTH_MAX}"), "use fewer parentheses"));
        }
        self.next += 1;
        match &token.kind {
            Kind::Not => Ok(Expr::Not(Box::new(self.not(depth + 1)?))),
            Kind::Open => {
                let inner = self.or(depth + 1)?;
                if self.peek().is_none_or(|t| t.kind != Kind::Close) {
                    return Err(error(token.at.clone(), "this parenthesis is never closed", "add )"));
                }
                self.next += 1;
                Ok(inner)
            }
            Kind::Word(word) => {
                self.count(token, 1)?;
                Ok(Expr::Word(Needle::new(word.text.clone(), false)))
            }
            Kind::Term { .. } => self.term(token),
            Kind::And | Kind::Or | Kind::Close => Err(error(
                token.at.clone(),
                format!("a condition is missing before \"{}\"", &self.text[token.at.clone()]),
                "write a condition there, or put the word in quotes to look for it",
            )),
        }
    }

    fn count(&mut self, token: &Token, more: usize) -> Result<(), Error> {
        self.terms += more;
        if self.terms > TERMS_MAX {
            return Err(error(token.at.clone(), format!("more than {TERMS_MAX} conditions"), "split the query"));
        }
        Ok(())
    }

    fn term(&mut self, token: &Token) -> Result<Expr, Error> {
        let Kind::Term { field, op, values } = &token.kind else {
            return Err(error(token.at.clone(), "this is no condition", ""));
        };
        self.count(token, values.len())?;
        let name = &self.text[field.clone()];
        let kind = check::name(name, self.resource).map_err(|(what, hint)| error(field.clone(), what, hint))?;
        if op.is_order() && values.len() > 1 {
            return Err(error(
                token.at.clone(),
                format!("\"{}\" takes one value", op.as_str()),
                "several values go with : = and !=",
            ));
        }
        let mut needles = Vec::with_capacity(values.len());
        for (value, at) in values {
            let needle = needle(value, *op);
            if let Some(kind) = kind {
                check::value(name, kind, *op, &needle).map_err(|(what, hint)| error(at.clone(), what, hint))?;
            }
            needles.push(needle);
        }
        Ok(Expr::Term(Term { field: name.to_owned(), op: *op, values: needles }))
    }
}

fn needle(value: &Text, op: Op) -> Needle {
    let star = !value.quoted && !op.is_order();
    match value.text.as_str() {
        "*" => Needle::new("*", star),
        text if star && text.contains('*') => Needle::pattern(text),
        text => Needle::new(text, false),
    }
}
