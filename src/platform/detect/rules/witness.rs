//! What must be in an event before a filter can match it: found once per filter, asked cheaply per event.
//!
//! A witness is necessary, never sufficient: the filter itself is asked of whatever the index lets through.

use super::row::Row;
use crate::query::{Expr, Needle, Op, Query, Term, Value};

/// Texts that are searched with one automaton each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Haystack {
    /// Path and query.
    Url,
    /// User agent.
    Agent,
    /// Referer.
    Referer,
    /// What happened.
    Message,
    /// The line.
    Raw,
    /// The operation.
    Action,
    /// What it was done to.
    Object,
    /// Who.
    User,
}

impl Haystack {
    /// Where a field's text is searched. A path is part of its URL.
    fn of(field: &str) -> Option<Self> {
        Some(match field {
            "url" | "path" => Self::Url,
            "agent" => Self::Agent,
            "referer" => Self::Referer,
            "message" => Self::Message,
            "raw" => Self::Raw,
            "action" => Self::Action,
            "object" => Self::Object,
            "user" => Self::User,
            _ => return None,
        })
    }

    /// The text of an event that it is.
    pub fn text<'r>(self, row: &'r Row<'_>) -> Option<&'r str> {
        let value = match self {
            Self::Url => row.value("url"),
            Self::Agent => row.value("agent"),
            Self::Referer => row.value("referer"),
            Self::Message => row.value("message"),
            Self::Raw => row.value("raw"),
            Self::Action => row.value("action"),
            Self::Object => row.value("object"),
            Self::User => row.value("user"),
        };
        if let Value::Text(text) = value { Some(text) } else { None }
    }
}

/// Fields whose value is looked up as a whole.
pub const EXACT: [&str; 9] =
    ["program", "method", "status", "action", "service", "path", "outcome", "dst_port", "signature"];

/// The value of a field that is looked up.
pub type Look = for<'r> fn(&'r Row<'_>) -> Value<'r>;

/// How the values of [`EXACT`] are had of an event, without comparing names.
pub const LOOKS: [Look; EXACT.len()] = [
    |row| row.value("program"),
    |row| row.value("method"),
    |row| row.value("status"),
    |row| row.value("action"),
    |row| row.value("service"),
    |row| row.value("path"),
    |row| row.value("outcome"),
    |row| row.value("dst_port"),
    |row| row.value("signature"),
];

/// One sign.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Atom {
    /// A text in lower case that occurs, upper and lower case alike.
    Literal(Haystack, String),
    /// The folded value of a field, by its place in [`EXACT`].
    Exact(usize, String),
}

/// At least one of these must hold; `None`: nothing is known, the filter is always asked.
pub type Witness = Option<Vec<Atom>>;

/// Most signs kept for one filter; with more the filter is always asked.
const ATOMS_MAX: usize = 512;
/// Shorter literals are too common to be worth searching for.
const LITERAL_MIN: usize = 3;

/// The witness of a filter among events of one class. In a request's line any other sign is cheaper to look for than a
/// text in the whole line, which is what filters about other programs' messages have.
#[must_use]
pub fn of(query: &Query, class: &str) -> Witness {
    let costly = class == "http";
    query.expr().and_then(|e| expr(e, costly)).filter(|atoms| atoms.len() <= ATOMS_MAX)
}

/// The methods and the statuses of which an event must have one besides its witness, where a filter asks for some. Few
/// events have what both ask for, so whether a filter is worth evaluating is told by a look at two numbers.
#[must_use]
pub fn guards(query: &Query) -> [Option<Vec<String>>; 2] {
    let Some(Expr::And(parts)) = query.expr() else { return [None, None] };
    ["method", "status"].map(|name| {
        let exact = |atom| if let Atom::Exact(_, value) = atom { Some(value) } else { None };
        let all = |term: &Term| self::term(term)?.into_iter().map(exact).collect();
        let of = |part: &Expr| match part {
            Expr::Term(term) if term.field == name => all(term),
            _ => None,
        };
        parts.iter().find_map(of)
    })
}

fn expr(expr: &Expr, costly: bool) -> Witness {
    let inner = |part: &Expr| self::expr(part, costly);
    match expr {
        Expr::And(parts) => parts.iter().filter_map(inner).max_by_key(|atoms| worth(atoms, costly)),
        Expr::Or(parts) => parts.iter().map(inner).collect::<Option<Vec<_>>>().map(|all| all.concat()),
        Expr::Not(_) => None,
        Expr::Term(term) => self::term(term),
        Expr::Word(needle) => {
            let places = [Haystack::Message, Haystack::Raw, Haystack::Url, Haystack::User];
            places.iter().map(|place| literal(*place, needle)).collect()
        }
    }
}

fn term(term: &Term) -> Witness {
    if !matches!(term.op, Op::Has | Op::Eq) {
        return None;
    }
    let atom = |needle: &Needle| {
        let whole = term.op == Op::Eq || !is_text(&term.field);
        let exact = EXACT.iter().position(|f| *f == term.field).filter(|_| whole && !needle.pattern && !needle.any);
        match exact {
            Some(field) if !needle.text.is_empty() => Some(Atom::Exact(field, fold(needle))),
            _ => Haystack::of(&term.field).and_then(|place| literal(place, needle)),
        }
    };
    term.values.iter().map(atom).collect()
}

/// Whether `:` means containing for this field.
fn is_text(field: &str) -> bool {
    !matches!(field, "status" | "outcome" | "dst_port")
}

fn fold(needle: &Needle) -> String {
    needle.number().filter(|_| !needle.text.is_empty()).map_or_else(
        || needle.text.to_ascii_lowercase(),
        |n| if n.fract() == 0.0 { format!("{n:.0}") } else { needle.text.to_ascii_lowercase() },
    )
}

/// The longest piece that must occur.
fn literal(place: Haystack, needle: &Needle) -> Option<Atom> {
    if needle.any {
        return None;
    }
    let text = needle.text.to_ascii_lowercase();
    let piece = if needle.pattern { text.split('*').max_by_key(|p| p.len())? } else { &text };
    (piece.len() >= LITERAL_MIN).then(|| Atom::Literal(place, piece.to_owned()))
}

/// How much a witness narrows down: that of its weakest sign.
fn worth(atoms: &[Atom], costly: bool) -> usize {
    let one = |atom: &Atom| match atom {
        Atom::Literal(Haystack::Raw | Haystack::Message, _) if costly => 0,
        Atom::Literal(Haystack::Raw, text) => text.len(),
        Atom::Literal(_, text) => 2 * text.len(),
        Atom::Exact(field, text) => match EXACT[*field] {
            "action" | "path" | "signature" => 60 + text.len(),
            "program" => 8,
            "service" | "dst_port" => 7,
            "status" => 5,
            _ => 1,
        },
    };
    atoms.iter().map(one).min().unwrap_or(0)
}

/// Whether a filter matches every event of its [`classes`].
#[must_use]
pub fn is_class_alone(query: &Query) -> bool {
    matches!(query.expr(), Some(Expr::Term(term)) if term.field == "class") && classes(query).is_some()
}

/// Whether a filter asks for nothing but the URL and the status. A method is no part of this: those that differ in their
/// capitals only are looked up alike.
#[must_use]
pub fn is_of_url(query: &Query) -> bool {
    fn of(expr: &Expr) -> bool {
        match expr {
            Expr::And(parts) | Expr::Or(parts) => parts.iter().all(of),
            Expr::Not(inner) => of(inner),
            Expr::Term(term) => matches!(term.field.as_str(), "url" | "path" | "status"),
            Expr::Word(_) => false,
        }
    }
    query.expr().is_some_and(of)
}

/// A filter without its condition on the class, for events that are among its [`classes`].
#[must_use]
pub fn unclassed(query: &Query) -> Query {
    let all = classes(query);
    let same = |part: &Expr| matches!(part, Expr::Term(term) if term.field == "class") && classes_of(part) == all;
    query.without(|part| all.is_some() && same(part))
}

/// The classes of events a filter can match, as words; `None`: any.
#[must_use]
pub fn classes(query: &Query) -> Option<Vec<String>> {
    query.expr().and_then(classes_of)
}

fn classes_of(expr: &Expr) -> Option<Vec<String>> {
    match expr {
        Expr::And(parts) => parts.iter().filter_map(classes_of).min_by_key(Vec::len),
        Expr::Or(parts) => parts.iter().map(classes_of).collect::<Option<Vec<_>>>().map(|all| all.concat()),
        Expr::Term(term) if term.field == "class" && matches!(term.op, Op::Has | Op::Eq) => {
            let word = |n: &Needle| (!n.any && n.number().is_none()).then(|| n.text.to_ascii_lowercase());
            term.values.iter().map(word).collect()
        }
        _ => None,
    }
}

/// What asking a filter costs, in comparisons: searching a long text counts for more.
#[must_use]
pub fn cost(query: &Query) -> u32 {
    fn of(expr: &Expr) -> u32 {
        match expr {
            Expr::And(parts) | Expr::Or(parts) => parts.iter().map(of).fold(0, u32::saturating_add),
            Expr::Not(inner) => of(inner),
            Expr::Term(term) => {
                let values = u32::try_from(term.values.len()).unwrap_or(u32::MAX);
                let long = matches!(term.field.as_str(), "raw" | "message" | "url" | "agent" | "referer");
                values.saturating_mul(if long { 8 } else { 1 })
            }
            Expr::Word(_) => 32,
        }
    }
    query.expr().map_or(1, of)
}
