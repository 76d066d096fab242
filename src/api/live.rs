//! Live updates over server-sent events.
//!
//! Each message has an id `EPOCH-SEQ`: `EPOCH` changes when the platform starts anew, `SEQ` is dense within it. A
//! reader that comes back with `Last-Event-ID` gets everything after it, or a `gap` first if that is no longer held:
//! then it must read the lists again.

use super::{Action, Colleague, Detection, EventId, Incident, Source, Suppression, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One live update.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Live {
    /// Events were stored: how many, the newest one's id and time.
    Events {
        /// How many since the message before.
        count: u64,
        /// Highest id stored.
        last: EventId,
        /// Time of the newest event.
        newest: Timestamp,
    },
    /// A detection was made.
    Detection(Detection),
    /// An incident is new or changed.
    Incident(Incident),
    /// An action is new or moved on.
    Action(Action),
    /// A suppression is new or has ended.
    Suppression(Suppression),
    /// A source changed state.
    Source(Source),
    /// What keeps the platform from doing its work changed; nothing when it is over.
    Trouble {
        /// As in the overview.
        why: Option<String>,
    },
    /// Somebody came, went or looks at something else: everybody who is there now.
    Presence {
        /// By name.
        here: Vec<Colleague>,
    },
    /// Updates were missed: read the lists again.
    Gap,
    /// A kind of update this version does not know.
    #[serde(other)]
    Other,
}
