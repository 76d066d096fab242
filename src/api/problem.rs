//! Errors: RFC 9457 problem documents on the wire, a sentence for people, an exit code for scripts.

use super::words;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

words!(
    /// What kind of problem; decides HTTP status and exit code.
    ProblemKind {
        /// The request makes no sense (400, exit 2).
        Usage => "usage",
        /// No or a wrong token (401, exit 4).
        Unauthenticated => "unauthenticated",
        /// The token may not do this (403, exit 5).
        Forbidden => "forbidden",
        /// A guard rail or the policy refuses (422, exit 5).
        Refused => "refused",
        /// There is no such thing (404, exit 3).
        NotFound => "not_found",
        /// Somebody else changed it first, or the key was used for something else (409, exit 7).
        Conflict => "conflict",
        /// Sent too much (413, exit 2).
        TooLarge => "too_large",
        /// Too many requests or too many open connections (429, exit 8).
        Busy => "busy",
        /// The platform cannot be reached (exit 8).
        Unreachable => "unreachable",
        /// The platform cannot do it now: disk full, ledger closed (503, exit 1).
        Unavailable => "unavailable",
        /// A mistake of ours (500, exit 1).
        Internal => "internal",
    }
);

impl ProblemKind {
    /// HTTP status of this kind.
    #[must_use]
    pub const fn status(&self) -> u16 {
        match self {
            Self::Usage => 400,
            Self::Unauthenticated => 401,
            Self::Forbidden => 403,
            Self::Refused => 422,
            Self::NotFound => 404,
            Self::Conflict => 409,
            Self::TooLarge => 413,
            Self::Busy => 429,
            Self::Unreachable | Self::Unavailable => 503,
            Self::Internal | Self::Other(_) => 500,
        }
    }

    /// Exit code of the program when this kind ends it.
    #[must_use]
    pub const fn exit_code(&self) -> u8 {
        match self {
            Self::Usage | Self::TooLarge => 2,
            Self::NotFound => 3,
            Self::Unauthenticated => 4,
            Self::Forbidden | Self::Refused => 5,
            Self::Conflict => 7,
            Self::Busy | Self::Unreachable => 8,
            Self::Unavailable | Self::Internal | Self::Other(_) => 1,
        }
    }
}

/// A problem: what happened, why, and what to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Problem {
    /// RFC 9457 `type`: here one word.
    #[serde(rename = "type")]
    pub kind: ProblemKind,
    /// What could not be done.
    pub title: String,
    /// Why.
    #[serde(default)]
    pub detail: String,
    /// HTTP status, 0 where HTTP was not involved.
    #[serde(default)]
    pub status: u16,
    /// What to do about it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hints: Vec<String>,
}

impl Problem {
    /// A problem with a title (what) and a detail (why).
    pub fn new(kind: ProblemKind, title: impl Into<String>, detail: impl Into<String>) -> Self {
        let status = kind.status();
        Self { kind, title: title.into(), detail: detail.into(), status, hints: Vec::new() }
    }

    /// Adds what to do about it.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }
}

impl std::fmt::Display for Problem {
    /// One paragraph, safe for a terminal.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let show = crate::text::visible::escape;
        f.write_str(&show(&self.title))?;
        if !self.detail.is_empty() {
            write!(f, ": {}", show(&self.detail))?;
        }
        for hint in &self.hints {
            write!(f, "\n  {}", show(hint))?;
        }
        Ok(())
    }
}

impl std::error::Error for Problem {}
