//! What people do to incidents, as values: asked for one incident at once, for many as a batch.

use crate::api::endpoint::{
    ArchiveIncident, AssignIncident, ClaimIncident, CloseIncident, EscalateIncident, IncidentAssign, IncidentChange,
    IncidentClose, ReopenIncident,
};
use crate::api::{Endpoint, Incident, IncidentId, IncidentState, Verdict, Wire};
use crate::text::visible;

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
            Self::Close(verdict, _) => format!("Close as {}", verdict.label().replace('_', " ")),
        }
    }

    /// Why the platform would refuse it for this incident, if it would.
    #[must_use]
    pub fn refused(&self, incident: &Incident) -> Option<String> {
        let fits = match self {
            Self::Claim | Self::Assign(_) | Self::Escalate | Self::Archive => incident.state.is_open(),
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
    ]
    .contains(&name)
}
