//! Incidents: detections that belong together. What analysts work on.

use super::{ActionId, ActionKind, Detection, DetectionKind, EntityRef, IncidentId, Severity, Timestamp, words};
use crate::text::Untrusted;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

words!(
    /// Where an incident stands. `New`, `Claimed` and `Escalated` are open; `Archived` is out of the queue without a
    /// judgement, `Closed` with one.
    IncidentState {
        New => "new",
        Claimed => "claimed",
        Escalated => "escalated",
        Archived => "archived",
        Closed => "closed",
    }
);

impl IncidentState {
    /// Still in the queue.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        matches!(self, Self::New | Self::Claimed | Self::Escalated)
    }
}

words!(
    /// The analyst's judgement when closing.
    Verdict {
        TruePositive => "true_positive",
        BenignPositive => "benign_positive",
        FalsePositiveLogic => "false_positive_logic",
        FalsePositiveData => "false_positive_data",
        Undetermined => "undetermined",
    }
);

words!(
    /// What the policy lets the platform do by itself: nothing, write a proposal, ask a person, act at once.
    Mode { None => "none", Suggest => "suggest", Ask => "ask", Act => "act" }
);

/// An incident put out of sight for a while.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Snooze {
    /// When it comes back at the latest.
    pub until: Timestamp,
    /// It also comes back as soon as anything about it changes; else only when it becomes more severe.
    pub on_change: bool,
    /// Who did that.
    pub by: Untrusted,
}

/// An incident as lists show it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Incident {
    /// Our number.
    pub id: IncidentId,
    /// Counts every change; the ETag.
    pub revision: u64,
    /// Where it stands.
    pub state: IncidentState,
    /// What it is, in words, made by the platform from rule titles.
    pub title: String,
    /// From the score: critical from 80, high from 60, medium from 35, low from 15, else info.
    pub severity: Severity,
    /// 0 to 100, the total of its bill.
    pub score: u32,
    /// Whom it is about first of all.
    pub entity: EntityRef,
    /// Everybody and everything involved, at most 50.
    pub entities: Vec<EntityRef>,
    /// Rules that fired, each once.
    pub rules: Vec<String>,
    /// ATT&CK techniques, each once.
    pub techniques: Vec<String>,
    /// Kinds of evidence that speak against it, each once: what one kind alone says may be a mistake of that kind.
    #[serde(default)]
    pub kinds: Vec<DetectionKind>,
    /// Detections folded in.
    pub detections: u64,
    /// Events behind them.
    pub events: u64,
    /// When it was opened.
    pub opened: Timestamp,
    /// When something last happened to it.
    pub updated: Timestamp,
    /// The first hostile event.
    pub first_event: Timestamp,
    /// The last hostile event.
    pub last_event: Timestamp,
    /// When the first block of it was verified.
    pub contained: Option<Timestamp>,
    /// Who works on it.
    pub owner: Option<Untrusted>,
    /// The judgement, once closed.
    pub verdict: Option<Verdict>,
    /// Out of sight until then, and not in the queue.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub snoozed: Option<Snooze>,
    /// Country of the address it is about.
    pub country: Option<Untrusted>,
    /// What the policy proposes.
    pub proposals: Vec<Proposal>,
    /// Part of the drill.
    pub drill: bool,
}

/// An action that the policy proposes for an incident.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Proposal {
    /// What to do.
    pub kind: ActionKind,
    /// To whom, in canonical form.
    pub target: Untrusted,
    /// For how long, in seconds.
    pub ttl_seconds: u64,
    /// Whether the platform only suggests, asks, or has acted.
    pub mode: Mode,
    /// Which policy rule says so and why.
    pub why: String,
    /// The action it became.
    pub action: Option<ActionId>,
}

/// One term of a bill.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct BillItem {
    /// Name of the term, e.g. `rule web.sql_injection`, `repeat offender`, `cap`.
    pub term: String,
    /// Points, negative for what speaks against.
    pub points: i32,
    /// Where the input came from.
    pub source: String,
    /// The arithmetic in words.
    pub why: String,
    /// How old the input was when billed, by its time.
    pub as_of: Timestamp,
}

/// The itemised score. `total` is the sum of the items' points, always.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Bill {
    /// Every term.
    pub items: Vec<BillItem>,
    /// Sum of the items, 0 to 100 (a `cap` item makes it fit).
    pub total: u32,
}

words!(
    /// What kind of thing a timeline entry is.
    TimelineKind { Detection => "detection", Action => "action", State => "state", Comment => "comment" }
);

/// One line of an incident's timeline.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TimelineEntry {
    /// When.
    pub time: Timestamp,
    /// What kind of thing.
    pub kind: TimelineKind,
    /// Who or what did it: an operator's name, `policy`, a rule.
    pub actor: Untrusted,
    /// What happened.
    pub text: Untrusted,
}

/// An incident with everything the incident screen needs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct IncidentDetail {
    /// The incident.
    pub incident: Incident,
    /// Its score, itemised.
    pub bill: Bill,
    /// What happened, oldest first, the newest 500.
    pub timeline: Vec<TimelineEntry>,
    /// Its detections, newest first, the newest 200. `GET /v1/detections?query=incident:N` pages through all.
    pub detections: Vec<Detection>,
}
