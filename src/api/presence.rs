//! Who is there: whoever follows the live stream, and which incident each of them looks at.

use super::{IncidentId, Timestamp};
use crate::text::Untrusted;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The header by which a console that follows the live stream says which one it is: any text of at most
/// [`CONSOLE_LENGTH`] visible ASCII characters that no other console uses.
pub const CONSOLE: &str = "watchfloor-console";
/// See [`CONSOLE`].
pub const CONSOLE_LENGTH: usize = 64;

/// Somebody with a console open.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Colleague {
    /// The name of the token.
    pub colleague: Untrusted,
    /// Which of their consoles, where it says so: whoever has two open is there twice.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub console: Option<Untrusted>,
    /// Since when without a break.
    pub since: Timestamp,
    /// The incident that fills the screen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub incident: Option<IncidentId>,
}
