//! The shape of a parsed query. Knows nothing of rows.

use crate::api::Timestamp;
use ipnet::IpNet;
use std::net::IpAddr;

/// A condition.
#[derive(Debug, Clone, PartialEq)]
pub enum Expr {
    /// All of them; at least two, none itself an `And`.
    And(Vec<Expr>),
    /// Any of them; at least two, none itself an `Or`.
    Or(Vec<Expr>),
    /// The opposite.
    Not(Box<Expr>),
    /// A field compared with values.
    Term(Term),
    /// A bare word: contained in one of the row's text fields.
    Word(Needle),
}

/// A field compared with values.
#[derive(Debug, Clone, PartialEq)]
pub struct Term {
    /// Field name.
    pub field: String,
    /// How to compare.
    pub op: Op,
    /// Any of these (for `!=`: none of these). More than one only for `:`, `=` and `!=`.
    pub values: Vec<Needle>,
}

/// How to compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Op {
    /// `:` contains for text, equals for the rest.
    Has,
    /// `=`
    Eq,
    /// `!=`
    Ne,
    /// `<`
    Lt,
    /// `<=`
    Le,
    /// `>`
    Gt,
    /// `>=`
    Ge,
}

impl Op {
    /// As written.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Has => ":",
            Self::Eq => "=",
            Self::Ne => "!=",
            Self::Lt => "<",
            Self::Le => "<=",
            Self::Gt => ">",
            Self::Ge => ">=",
        }
    }

    /// Compares by order rather than by equality.
    #[must_use]
    pub const fn is_order(self) -> bool {
        matches!(self, Self::Lt | Self::Le | Self::Gt | Self::Ge)
    }
}

/// A point in time as a query names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// Absolute.
    At(Timestamp),
    /// Milliseconds before now.
    Ago(i64),
}

/// A value to look for, with every reading of it prepared once.
#[derive(Debug, Clone)]
pub struct Needle {
    /// As meant (without quotes and escapes).
    pub text: String,
    /// An unquoted `*`: any value, as long as there is one.
    pub any: bool,
    /// Unquoted, with `*` in it: any text stands there. Upper and lower case are alike.
    pub pattern: bool,
    pub(super) folded: String,
    pub(super) number: Option<f64>,
    pub(super) net: Option<IpNet>,
    pub(super) when: Option<When>,
}

impl PartialEq for Needle {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text && self.any == other.any && self.pattern == other.pattern
    }
}

impl Needle {
    /// Prepares a value.
    #[must_use]
    pub fn new(text: impl Into<String>, any: bool) -> Self {
        let text = text.into();
        let number = text.trim_start_matches('#').parse::<f64>().ok().filter(|n| n.is_finite());
        Self {
            folded: text.to_ascii_lowercase(),
            number,
            net: net(&text),
            when: when(&text),
            text,
            any,
            pattern: false,
        }
    }

    /// Prepares a text with `*` in it.
    #[must_use]
    pub fn pattern(text: impl Into<String>) -> Self {
        Self { pattern: true, ..Self::new(text, false) }
    }

    /// The address or prefix it names.
    #[must_use]
    pub const fn net(&self) -> Option<IpNet> {
        self.net
    }

    /// A text without `*` that is, ASCII upper and lower case alike, in every text that is found by its words: the longest
    /// piece of a pattern; all of it otherwise. In lower case; may be empty.
    #[must_use]
    pub fn core(&self) -> &str {
        if self.pattern {
            self.folded.split('*').max_by_key(|piece| piece.len()).unwrap_or_default()
        } else {
            &self.folded
        }
    }

    /// Whether a text may be found by its words that stands somewhere in `whole`. Only where it says no that is certain.
    #[must_use]
    pub fn may_be_in(&self, whole: &str) -> bool {
        self.any || super::matching::contains(whole, self.core())
    }

    /// The number it names.
    #[must_use]
    pub const fn number(&self) -> Option<f64> {
        self.number
    }
}

/// An address or prefix as people write it, canonical (mapped addresses are IPv4, host bits cleared).
#[must_use]
pub fn net(text: &str) -> Option<IpNet> {
    if let Ok(ip) = text.parse::<IpAddr>() {
        return Some(IpNet::from(ip.to_canonical()));
    }
    let net = text.parse::<IpNet>().ok()?.trunc();
    match net {
        IpNet::V6(v6) if v6.prefix_len() >= 96 => match v6.addr().to_ipv4_mapped() {
            Some(v4) => IpNet::new(v4.into(), v6.prefix_len() - 96).ok(),
            None => Some(net),
        },
        _ => Some(net),
    }
}

/// `-90s`, `-15m`, `-1h`, `-7d`, RFC 3339, or a date.
fn when(text: &str) -> Option<When> {
    if let Some(rest) = text.strip_prefix('-') {
        let unit = rest.chars().last()?;
        let amount: i64 = rest.strip_suffix(unit)?.parse().ok().filter(|n| *n >= 0)?;
        let ms = match unit {
            's' => 1_000,
            'm' => 60_000,
            'h' => 3_600_000,
            'd' => crate::api::time::DAY_MS,
            'w' => 7 * crate::api::time::DAY_MS,
            _ => return None,
        };
        return amount.checked_mul(ms).map(When::Ago);
    }
    Timestamp::parse(text)
        .or_else(|| Timestamp::parse(&format!("{text}Z")))
        .or_else(|| Timestamp::parse(&format!("{text}T00:00:00Z")))
        .map(When::At)
}

impl Expr {
    /// Joins conditions, keeping the shape flat.
    pub(super) fn and(parts: Vec<Self>) -> Self {
        Self::join(parts, |e| if let Self::And(inner) = e { Ok(inner) } else { Err(e) }, Self::And)
    }

    /// Joins alternatives, keeping the shape flat.
    pub(super) fn or(parts: Vec<Self>) -> Self {
        Self::join(parts, |e| if let Self::Or(inner) = e { Ok(inner) } else { Err(e) }, Self::Or)
    }

    fn join(
        parts: Vec<Self>,
        open: impl Fn(Self) -> Result<Vec<Self>, Self>,
        make: impl Fn(Vec<Self>) -> Self,
    ) -> Self {
        let mut flat = Vec::with_capacity(parts.len());
        for part in parts {
            match open(part) {
                Ok(inner) => flat.extend(inner),
                Err(one) => flat.push(one),
            }
        }
        if flat.len() == 1 { flat.remove(0) } else { make(flat) }
    }

    /// Calls `see` with every term (`Ok`) and bare word (`Err`).
    pub(super) fn visit<'a>(&'a self, see: &mut impl FnMut(Result<&'a Term, &'a Needle>)) {
        match self {
            Self::And(parts) | Self::Or(parts) => parts.iter().for_each(|p| p.visit(see)),
            Self::Not(inner) => inner.visit(see),
            Self::Term(term) => see(Ok(term)),
            Self::Word(needle) => see(Err(needle)),
        }
    }
}
