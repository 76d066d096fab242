//! What calls are given and, where no type of its own says it better, what they answer.

use super::{
    ActionId, Count, DetectionId, EntityKind, EventId, IncidentId, IncidentState, Snooze, SuppressionId, Timestamp,
    Verdict,
};
use crate::text::Untrusted;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// No input.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Empty {}

macro_rules! inputs {
    ($($(#[$meta:meta])* $name:ident { $($(#[$fmeta:meta])* $field:ident: $type:ty),* $(,)? })+) => {
        $(
            $(#[$meta])*
            #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
            pub struct $name { $($(#[$fmeta])* pub $field: $type,)* }
        )+
    };
}

inputs! {
    /// One event.
    EventPath { /** Which. */ id: EventId }
    /// One detection.
    DetectionPath { /** Which. */ id: DetectionId }
    /// One incident.
    IncidentPath {
        /** Which. */
        id: IncidentId,
        /** As it stood at this instant. */
        #[serde(default, skip_serializing_if = "Option::is_none")]
        at: Option<Timestamp>,
    }
    /// An instant, or now.
    #[derive(Default)]
    Moment {
        /** As it stood at this instant. */
        #[serde(default, skip_serializing_if = "Option::is_none")]
        at: Option<Timestamp>,
    }
    /// What somebody looks at.
    #[derive(Default)]
    Looking {
        /** The incident that fills the screen; absent when none does. */
        #[serde(default, skip_serializing_if = "Option::is_none")]
        incident: Option<IncidentId>,
        /** Which console shows it, as the header `Watchfloor-Console` of its live stream says. */
        #[serde(default, skip_serializing_if = "Option::is_none")]
        console: Option<Untrusted>,
    }
    /// One action.
    ActionPath { /** Which. */ id: ActionId }
    /// One entity.
    EntityPath {
        /** Kind. */
        kind: EntityKind,
        /** Name. */
        value: String,
        /** What was known at this instant. */
        #[serde(default, skip_serializing_if = "Option::is_none")]
        at: Option<Timestamp>,
    }
    /// A change of an incident. `if_match` is the revision last seen (the ETag): the change is refused with
    /// `conflict` when somebody changed it since. Absent means: whatever its state.
    IncidentChange {
        /** Which. */
        id: IncidentId,
        /** Revision last seen. */
        #[serde(default, skip_serializing_if = "Option::is_none")]
        if_match: Option<u64>,
    }
    /// A comment on an incident.
    IncidentComment { /** Which. */ id: IncidentId, /** The text. */ text: Untrusted }
    /// Closing an incident with a verdict.
    IncidentClose {
        /** Which. */
        id: IncidentId,
        /** Revision last seen. */
        #[serde(default, skip_serializing_if = "Option::is_none")]
        if_match: Option<u64>,
        /** The judgement. */
        verdict: Verdict,
        /** Why, for colleagues. */
        #[serde(default)]
        text: Untrusted,
    }
    /// Handing an incident to somebody.
    IncidentAssign {
        /** Which. */
        id: IncidentId,
        /** Revision last seen. */
        #[serde(default, skip_serializing_if = "Option::is_none")]
        if_match: Option<u64>,
        /** To whom: an operator's name, 1 to 64 characters. */
        owner: Untrusted,
    }
    /// Putting an incident out of sight for a while: so many seconds, or until an instant; one of the two.
    IncidentSnooze {
        /** Which. */
        id: IncidentId,
        /** Revision last seen. */
        #[serde(default, skip_serializing_if = "Option::is_none")]
        if_match: Option<u64>,
        /** How long, in seconds from now; at most 30 days. */
        #[serde(default, skip_serializing_if = "Option::is_none")]
        seconds: Option<u64>,
        /** Until when; at most 30 days ahead. */
        #[serde(default, skip_serializing_if = "Option::is_none")]
        until: Option<Timestamp>,
        /** It also comes back as soon as anything about it changes; else only when it becomes more severe or somebody
        changes it. */
        #[serde(default)]
        on_change: bool,
    }
    /// One suppression.
    SuppressionPath { /** Which. */ id: SuppressionId }
    /// Taking a change of an incident back: how it was before.
    IncidentRestore {
        /** Which. */
        id: IncidentId,
        /** Revision the change made. */
        #[serde(default, skip_serializing_if = "Option::is_none")]
        if_match: Option<u64>,
        /** Its state before. */
        state: IncidentState,
        /** Its owner before. */
        #[serde(default, skip_serializing_if = "Option::is_none")]
        owner: Option<Untrusted>,
        /** Its judgement before. */
        #[serde(default, skip_serializing_if = "Option::is_none")]
        verdict: Option<Verdict>,
        /** Whether and until when it was out of sight before. */
        #[serde(default, skip_serializing_if = "Option::is_none")]
        snoozed: Option<Snooze>,
    }
    /// Histogram of events.
    HistogramInput {
        /** Filter. */
        #[serde(default, skip_serializing_if = "String::is_empty")]
        query: String,
        /** From. */
        since: Timestamp,
        /** To. */
        until: Timestamp,
        /** Width of one bar in seconds; a multiple of 60. */
        step_seconds: u32,
        /** Nothing of after this instant. */
        #[serde(default, skip_serializing_if = "Option::is_none")]
        at: Option<Timestamp>,
    }
    /// Histogram of events.
    Histogram {
        /** Start of the first bar. */
        since: Timestamp,
        /** Width of one bar in seconds. */
        step_seconds: u32,
        /** One count per bar. */
        counts: Vec<u64>,
    }
    /// Most frequent values.
    TopInput {
        /** Field of the query language, e.g. `src_ip`, `user`, `status`, `path`, `country`, `rule`. */
        field: String,
        /** Filter. */
        #[serde(default, skip_serializing_if = "String::is_empty")]
        query: String,
        /** From. */
        since: Timestamp,
        /** To. */
        until: Timestamp,
        /** How many, 1 to 1,000; 10 when absent. */
        #[serde(default, skip_serializing_if = "Option::is_none")]
        limit: Option<u32>,
        /** Nothing of after this instant. */
        #[serde(default, skip_serializing_if = "Option::is_none")]
        at: Option<Timestamp>,
    }
    /// Counting the rows of a list by a field.
    GroupInput {
        /** Which rows: `incidents` or `detections`. */
        rows: String,
        /** By which field, e.g. `severity`, `rule`, `range`, `user`. */
        field: String,
        /** Filter. */
        #[serde(default, skip_serializing_if = "String::is_empty")]
        query: String,
        /** As they stood at this instant. */
        #[serde(default, skip_serializing_if = "Option::is_none")]
        at: Option<Timestamp>,
        /** `next` of the part before: the counts of the parts have to be added up. */
        #[serde(default, skip_serializing_if = "Option::is_none")]
        after: Option<String>,
    }
    /// Rows counted by a field: of all of them, or of the part up to `next`.
    Groups {
        /** Values and how many rows have each; the empty value stands for none. Most frequent first. */
        groups: Vec<Count>,
        /** Rows counted. A row with several values is in several groups. */
        rows: u64,
        /** There is more to count: ask on with this. */
        #[serde(default, skip_serializing_if = "Option::is_none")]
        next: Option<String>,
    }
    /// Starting or stopping the drill.
    DrillSwitch { /** Run it. */ run: bool }
    /// How many rows something removed.
    Removed { /** Rows. */ rows: u64 }
    /// What an ingest call took in.
    #[derive(Copy, Default)]
    Ingested { /** Records taken in. */ accepted: u64, /** Of these, kept but not understood. */ unparsed: u64 }
    /// Undo of all blocks at once.
    ReleaseInput { /** Why. */ reason: Untrusted }
}
