//! Who is there: whoever follows the live stream, and which incident each of them looks at.

use super::{IncidentId, Timestamp};
use crate::text::Untrusted;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Somebody with a console open.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Colleague {
    /// The name of the token.
    pub colleague: Untrusted,
    /// Since when without a break.
    pub since: Timestamp,
    /// The incident that fills the screen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub incident: Option<IncidentId>,
}
