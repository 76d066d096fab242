//! What people do to incidents, as values: asked for one incident at once, for many as a batch.

use crate::api::endpoint::{
    ArchiveIncident, AssignIncident, ClaimIncident, CloseIncident, EscalateIncident, IncidentAssign, IncidentChange,
    IncidentClose, IncidentSnooze, ReopenIncident, SnoozeIncident,
};
use crate::api::{Endpoint, Incident, IncidentId, IncidentState, Timestamp, Verdict, Wire};
use crate::text::{human, visible};

/// A change of an incident.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// Take it on.
    Claim,
    /// Hand it to somebody.
    Assign(String),
    /// Hand it up.
    Escalate,
    /// Take it out of the queue without a judgement.
    Archive,
    /// Put it back into the queue.
    Reopen,
    /// Close it with a judgement, and why.
    Close(Verdict, String),
    /// Put it out of sight for a while.
    Snooze(Nap),
}

/// How long an incident is out of sight: `20m`, `4h`, an instant in RFC 3339, or `change`: until something changes, at most
/// thirty days.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Nap {
    /// So many seconds.
    Seconds(u64),
    /// Until then.
    Until(Timestamp),
    /// Until it changes.
    Change,
}

/// The longest an incident is out of sight, in seconds.
const LONGEST_NAP: u64 = 30 * 86_400;

impl std::str::FromStr for Nap {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let text = text.trim();
        if text == "change" {
            return Ok(Self::Change);
        }
        if let Some(until) = Timestamp::parse(text) {
            return Ok(Self::Until(until));
        }
        match human::parse_duration(text) {
            Ok(seconds @ 1..=LONGEST_NAP) => Ok(Self::Seconds(seconds)),
            Ok(_) => Err("it can be out of sight for a second to 30 days".into()),
            Err(why) => Err(format!("{why}, an instant such as 2026-11-21T20:26:51Z, or change")),
        }
    }
}

impl std::fmt::Display for Nap {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Seconds(seconds) => {
                write!(f, "for {}", human::duration(i64::try_from(seconds.saturating_mul(1000)).unwrap_or(i64::MAX)))
            }
            Self::Until(until) => write!(f, "until {until}"),
            Self::Change => f.write_str("until it changes"),
        }
    }
}

impl Change {
    /// The request for one incident.
    #[must_use]
    pub fn wire(&self, id: IncidentId, if_match: Option<u64>) -> Wire {
        let plain = IncidentChange { id, if_match };
        match self {
            Self::Claim => Wire::of::<ClaimIncident>(&plain),
            Self::Escalate => Wire::of::<EscalateIncident>(&plain),
            Self::Archive => Wire::of::<ArchiveIncident>(&plain),
            Self::Reopen => Wire::of::<ReopenIncident>(&plain),
            Self::Assign(owner) => {
                Wire::of::<AssignIncident>(&IncidentAssign { id, if_match, owner: owner.as_str().into() })
            }
            Self::Snooze(nap) => {
                let (seconds, until) = match nap {
                    Nap::Seconds(seconds) => (Some(*seconds), None),
                    Nap::Until(until) => (None, Some(*until)),
                    Nap::Change => (Some(LONGEST_NAP), None),
                };
                let on_change = *nap == Nap::Change;
                Wire::of::<SnoozeIncident>(&IncidentSnooze { id, if_match, seconds, until, on_change })
            }
            Self::Close(verdict, text) => Wire::of::<CloseIncident>(&IncidentClose {
                id,
                if_match,
                verdict: verdict.clone(),
                text: text.as_str().into(),
            }),
        }
    }

    /// What to say when it worked: `closed #7 as true positive`.
    #[must_use]
    pub fn done(&self, id: IncidentId) -> String {
        match self {
            Self::Claim => format!("claimed #{id}"),
            Self::Assign(owner) => format!("assigned #{id} to {}", visible::escape(owner)),
            Self::Escalate => format!("escalated #{id}"),
            Self::Archive => format!("archived #{id}"),
            Self::Reopen => format!("reopened #{id}"),
            Self::Snooze(nap) => format!("snoozed #{id} {nap}"),
            Self::Close(verdict, _) => format!("closed #{id} as {}", verdict.label().replace('_', " ")),
        }
    }

    /// What it is, for a question: `Close as true positive`.
    #[must_use]
    pub fn title(&self) -> String {
        match self {
            Self::Claim => "Claim".into(),
            Self::Assign(owner) => format!("Assign to {}", visible::escape(owner)),
            Self::Escalate => "Escalate".into(),
            Self::Archive => "Archive".into(),
            Self::Reopen => "Reopen".into(),
            Self::Snooze(nap) => format!("Snooze {nap}"),
            Self::Close(verdict, _) => format!("Close as {}", verdict.label().replace('_', " ")),
        }
    }

    /// Why the platform would refuse it for this incident, if it would.
    #[must_use]
    pub fn refused(&self, incident: &Incident) -> Option<String> {
        let fits = match self {
            Self::Claim | Self::Assign(_) | Self::Escalate | Self::Archive | Self::Snooze(_) => {
                incident.state.is_open()
            }
            Self::Reopen => !incident.state.is_open(),
            Self::Close(..) => incident.state != IncidentState::Closed,
        };
        (!fits).then(|| format!("is {}", incident.state.label()))
    }
}

/// Which incidents a change is meant for.
#[derive(Debug, Clone, PartialEq)]
pub enum Which {
    /// These, as they were seen.
    These(Vec<Incident>),
    /// All that fit this query.
    Query(String),
}

/// Whether a call changes incidents.
#[must_use]
pub fn changes_incident(name: &str) -> bool {
    [
        ClaimIncident::NAME,
        AssignIncident::NAME,
        EscalateIncident::NAME,
        ArchiveIncident::NAME,
        ReopenIncident::NAME,
        CloseIncident::NAME,
        SnoozeIncident::NAME,
    ]
    .contains(&name)
}
