//! The contract between a platform and whoever talks to it: wire types, the endpoint table, errors. No I/O.
//!
//! Client and platform use these same structs. Unknown enum values become `Other`, unknown fields are ignored, ids are
//! newtypes, times are RFC 3339 with milliseconds in UTC. Start at `endpoint.rs`: it lists every call there is.

pub mod action;
pub mod detection;
pub mod endpoint;
pub mod entity;
pub mod event;
pub mod explanation;
pub mod finding;
pub mod id;
pub mod incident;
pub mod input;
pub mod inspection;
pub mod ledger;
pub mod live;
pub mod openapi;
pub mod overview;
pub mod page;
pub mod policy;
pub mod presence;
pub mod problem;
pub mod rule;
pub mod session;
pub mod source;
pub mod suppression;
pub mod time;
pub mod veiled;
pub mod wire;

pub use action::{
    Action, ActionKind, ActionRequest, ActionState, Block, EnforcerPlan, EnforcerState, EnforcerView, Preview, Receipt,
    Refusal, Touches,
};
pub use detection::{Detection, DetectionKind};
pub use endpoint::{Endpoint, Method};
pub use entity::{Entity, EntityKind, EntityRef};
pub use event::{Class, Event, EventRef, Http, Outcome, Severity};
pub use explanation::Explanation;
pub use finding::{Finding, Replayed};
pub use id::{ActionId, DetectionId, EventId, IncidentId, SuppressionId};
pub use incident::{
    Bill, BillItem, Incident, IncidentDetail, IncidentState, Mode, Proposal, Snooze, TimelineEntry, TimelineKind,
    Verdict,
};
pub use inspection::{InspectedHit, InspectedText, Inspection};
pub use ledger::{LedgerCheck, LedgerEntry, LedgerKind};
pub use live::Live;
pub use overview::{Acts, Containment, Count, GateFigures, Overview, Waiting};
pub use page::{List, Page, Span};
pub use policy::{PolicyChange, PolicyPaper, PolicyRehearsal, PolicyTrial};
pub use presence::Colleague;
pub use problem::{Problem, ProblemKind};
pub use rule::{Covered, RuleRemark, RuleRow, RuleSample, RuleStanding, RulesAnswer, RulesAsk};
pub use session::{Me, Role, Version};
pub use source::{Source, SourceState};
pub use suppression::{Suppression, SuppressionPreview, SuppressionRequest, SuppressionState};
pub use time::Timestamp;
pub use wire::{Reply, Wire};

/// An enumeration on the wire: known words, and any other word kept as it came (`Other`), so that a newer platform
/// never breaks an older console.
macro_rules! words {
    ($(#[$meta:meta])* $name:ident { $($(#[$vmeta:meta])* $variant:ident => $word:literal),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[allow(missing_docs)] // The words say it; where they do not, the variant has a comment.
        pub enum $name {
            $($(#[$vmeta])* $variant,)+
            /// A word this version does not know, kept as it came.
            Other(String),
        }

        impl $name {
            /// Every word this version knows, in order.
            pub const KNOWN: &'static [&'static str] = &[$($word),+];

            /// The word on the wire. For `Other` it is untrusted text: escape it before drawing.
            #[must_use]
            pub fn as_str(&self) -> &str {
                match self { $(Self::$variant => $word,)+ Self::Other(word) => word }
            }

            /// The word, safe to draw.
            #[must_use]
            pub fn label(&self) -> std::borrow::Cow<'_, str> {
                $crate::text::visible::escape(self.as_str())
            }
        }

        impl From<&str> for $name {
            fn from(word: &str) -> Self {
                match word { $($word => Self::$variant,)+ other => Self::Other(other.to_owned()) }
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> { s.serialize_str(self.as_str()) }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                let word = std::borrow::Cow::<'de, str>::deserialize(d)?;
                Ok(Self::from(word.as_ref()))
            }
        }

        impl schemars::JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> { stringify!($name).into() }
            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!({
                    "type": "string",
                    "description": "One of the listed words, or a word of a newer version.",
                    "examples": [$($word),+]
                })
            }
        }
    };
}
pub(crate) use words;
