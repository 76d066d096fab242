//! Which endpoint lists which resource.

use crate::api::endpoint::{
    Empty, ListActions, ListBlocks, ListDetections, ListEvents, ListIncidents, ListLedger, ListRules, ListSources,
    ListSuppressions,
};
use crate::api::{
    Action, Block, Detection, Event, Incident, LedgerEntry, List, Page, Problem, Reply, RuleStanding, Source,
    Suppression, Wire,
};
use crate::column::Record;
use serde::Serialize;

/// A resource that can be paged through.
pub(super) trait Listed: Record + Serialize + Send + Sync {
    /// The request for a page.
    fn wire(list: &List) -> Wire;
    /// The page in an answer.
    fn page(reply: Reply) -> Result<Page<Self>, Problem>;
}

macro_rules! listed {
    ($($row:ty => $endpoint:ty),+ $(,)?) => {
        $(impl Listed for $row {
            fn wire(list: &List) -> Wire { Wire::of::<$endpoint>(list) }
            fn page(reply: Reply) -> Result<Page<Self>, Problem> { reply.read::<$endpoint>() }
        })+
    };
}

listed!(
    Event => ListEvents, Detection => ListDetections, Incident => ListIncidents, Action => ListActions,
    Block => ListBlocks, LedgerEntry => ListLedger, RuleStanding => ListRules, Suppression => ListSuppressions,
);

impl Listed for Source {
    fn wire(_: &List) -> Wire {
        Wire::of::<ListSources>(&Empty {})
    }
    fn page(reply: Reply) -> Result<Page<Self>, Problem> {
        Ok(Page { items: reply.read::<ListSources>()?, next: None, covered: None, total: None })
    }
}
