//! What a replay made of one line, stage by stage.

use super::{Bill, Finding, Proposal, Timestamp};
use crate::text::Untrusted;
use serde::{Deserialize, Serialize};

/// One line and what every stage made of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Explanation {
    /// File of the line.
    pub file: String,
    /// Its number there, from 1.
    pub line: u64,
    /// The line.
    pub text: Untrusted,
    /// When it happened.
    pub time: Timestamp,
    /// The format it was read in; nothing when it looks like none.
    pub format: Option<String>,
    /// A parser understood it.
    pub parsed: bool,
    /// What the parser found.
    pub fields: Vec<Field>,
    /// What the inspection of its request found.
    pub signs: Vec<Sign>,
    /// What the detectors remember of its client, before it and after.
    pub counts: Vec<Counted>,
    /// What it completed.
    pub detections: Vec<Judged>,
}

/// One field of an event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Field {
    /// For example `http.url`.
    pub name: String,
    /// As parsed.
    pub value: Untrusted,
}

/// A sign of an attack in a request.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Sign {
    /// The rule it belongs to.
    pub rule: String,
    /// What was found, in words.
    pub sign: String,
    /// The part of the request: `url`, `agent` ...
    pub part: String,
    /// The decoded text that matched.
    pub matched: Untrusted,
    /// 0 to 1.
    pub confidence: f32,
    /// One such request is enough to refuse it.
    pub certain: bool,
}

/// What one detector remembers of a client.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counted {
    /// What it counts.
    pub what: String,
    /// Before the line; empty if nothing.
    pub before: Untrusted,
    /// After it.
    pub after: Untrusted,
}

/// A detection with everything that follows from it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Judged {
    /// The detection and the policy's decision.
    pub finding: Finding,
    /// Title of its incident.
    pub incident: Untrusted,
    /// The incident's score, itemised.
    pub bill: Bill,
    /// What the policy proposes.
    pub proposals: Vec<Proposal>,
}
