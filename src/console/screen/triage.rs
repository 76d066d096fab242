//! The queue: incidents, those that changed last first.
//!
//! ```text
//! filter  state:new,claimed,escalated                                       2 new above (g g) · 14 rows
//!    # severity   score  age state  owner  title                    entity        cc contained detections
//! › 12 C critical    92  12s new    -      SQL injection, refused   198.51.100.7  NL 410 ms            41 ◊drill
//! ```

use super::Touched;
use super::rows::{Order, Row, Rows};
use super::sheet::{Sheet, Subject};
use crate::api::endpoint::ListIncidents;
use crate::api::{Incident, IncidentId, Live};
use crate::command::{Intent, Place, Resource, Target};

/// What the queue shows by itself.
pub const OPEN: &str = "state:new,claimed,escalated snoozed:false";

/// The screen.
pub type Triage = Sheet<Queue>;

impl Row for Incident {
    fn id(&self) -> u64 {
        self.id.0
    }

    fn incident(&self) -> Option<u64> {
        Some(self.id.0)
    }
}

impl Rows<Incident> {
    /// The row under the cursor and those after it, as far as they are resident.
    pub(super) fn following(&self, most: usize) -> Vec<IncidentId> {
        let from = self.cursor();
        (from..self.len().min(from.saturating_add(most))).filter_map(|i| self.get(i)).map(|i| i.id).collect()
    }
}

/// What is particular about it.
#[derive(Debug, Default)]
pub struct Queue;

impl Subject for Queue {
    type Call = ListIncidents;
    type Row = Incident;

    const PLACE: Place = Place::TRIAGE;
    const KEYS: &'static [&'static str] = &["2"];
    const ABOUT: &'static str = "The queue of incidents";
    const TITLE: &'static str = "Triage";
    const ROWS: Resource = Resource::Incidents;
    const ORDER: Order = Order::Shifting;
    const HOME: &'static str = OPEN;
    const EMPTY: &'static str = "No incident fits this filter. The queue is clear.";

    fn target(incident: &Incident) -> Option<Target> {
        Some(Target::Incident(Box::new(incident.clone())))
    }

    fn open(incident: &Incident) -> Option<Intent> {
        Some(Intent::OpenIncident(incident.id))
    }

    fn live(update: &Live, rows: &mut Rows<Incident>) -> Touched {
        let Live::Incident(incident) = update else { return Touched::Nothing };
        rows.patch(incident);
        Touched::Stale
    }

    fn drill(incident: &Incident) -> bool {
        incident.drill
    }
}
