//! Sources: where events come from.

use super::{Timestamp, words};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

words!(
    /// How a source is doing.
    SourceState {
        /// Being read.
        Reading => "reading",
        /// Known, but nothing there yet.
        Waiting => "waiting",
        /// There, but it may not or cannot be read.
        Unreadable => "unreadable",
        /// Was read and has gone silent for longer than expected.
        Silent => "silent",
        /// Stopped on purpose.
        Stopped => "stopped",
    }
);

/// A source and its health.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Source {
    /// Unique name, e.g. `nginx:/var/log/nginx/access.log`, `api:ocsf`, `gate`, `drill`.
    pub name: String,
    /// Format by name, e.g. `combined`, `sshd`, `eve`, `ocsf`.
    pub format: String,
    /// How it is doing.
    pub state: SourceState,
    /// What was found, or why it cannot be read and what to do about it.
    pub why: String,
    /// Events taken in since the platform first saw it.
    pub events: u64,
    /// Lines no parser understood (kept as events with `parsed: false`).
    pub unparsed: u64,
    /// Bytes read of the current file: the resume point.
    pub offset: u64,
    /// Time of the newest event.
    pub last_event: Option<Timestamp>,
    /// When something was last read.
    pub last_read: Option<Timestamp>,
    /// The drill's own source.
    pub drill: bool,
}
