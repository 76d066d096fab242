//! Tokens of the platform on this host, in its own token file. A running platform sees the change by itself.

use super::connect::Here;
use super::{Global, NewToken, TokenRow, now};
use crate::api::{Problem, ProblemKind};
use crate::platform::http::{Error, Tokens};

fn open(global: &Global) -> Result<Tokens, Problem> {
    Tokens::open(&Here::read(global)?.paths.tokens()).map_err(|e| refused(&e))
}

fn refused(error: &Error) -> Problem {
    let kind = match error {
        Error::NotFound(_) => ProblemKind::NotFound,
        _ => ProblemKind::Usage,
    };
    Problem::new(kind, "The tokens cannot be used", error.to_string())
}

/// Makes one and returns its text.
///
/// # Errors
/// The name or role cannot be used, or the file not be written.
pub fn create(global: &Global, ask: &NewToken) -> Result<String, Problem> {
    let made = open(global)?.create(&ask.name, ask.role.clone(), u64::from(ask.days), now());
    made.map(|(text, _)| text).map_err(|e| refused(&e))
}

/// All that have not ended.
///
/// # Errors
/// The file cannot be read.
pub fn list(global: &Global) -> Result<Vec<TokenRow>, Problem> {
    let now = now();
    let rows = open(global)?.list().into_iter().filter(|t| t.revoked.is_none() && t.expires > now);
    Ok(rows.map(|t| TokenRow { id: t.id, name: t.name, role: t.role, expires: Some(t.expires) }).collect())
}

/// Revokes one.
///
/// # Errors
/// There is none of that id.
pub fn revoke(global: &Global, id: &str) -> Result<(), Problem> {
    open(global)?.revoke(id, now()).map(drop).map_err(|e| refused(&e))
}
