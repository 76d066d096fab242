//! Lists and pages: cursors without limit, and a plain statement of what a page covers.

use super::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Input of every list. All fields optional.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct List {
    /// Filter in the query language; empty means everything.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub query: String,
    /// Not before this time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
    /// Before this time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    /// Rows per page, 1 to 1,000; 100 when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// `next` of the page before. Only valid with the same query and range.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
    /// As it stood at this instant: events, detections and entries of up to then, everything else as it was then.
    /// Ages in the filter count back from it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Timestamp>,
    /// Oldest first instead of newest first.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub oldest_first: bool,
}

impl List {
    /// Rows per page, within bounds.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.limit.unwrap_or(100).clamp(1, 1000) as usize
    }

    /// Before which instant rows are asked for.
    #[must_use]
    pub fn end(&self) -> Timestamp {
        let until = self.until.unwrap_or(Timestamp(i64::MAX));
        self.at.map_or(until, |at| until.min(at.plus(1)))
    }
}

/// One page of a list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Page<T> {
    /// The rows.
    pub items: Vec<T>,
    /// Cursor of the next page; absent on the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
    /// The time range really searched, when shorter than asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub covered: Option<Span>,
    /// How many rows there are on all pages together, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total: Option<u64>,
}

/// From `since` (inclusive) to `until` (exclusive).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Span {
    /// Inclusive.
    pub since: Timestamp,
    /// Exclusive.
    pub until: Timestamp,
}
