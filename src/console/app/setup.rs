//! What a console is made from.

use super::kept::Kept;
use crate::api::Timestamp;
use crate::config::ConsoleSettings;
use crate::console::keymap::Registry;
use crate::console::theme::Theme;

/// What the app is made from.
#[derive(Debug)]
pub struct Setup {
    /// Address of the platform, as it is to be shown.
    pub url: String,
    /// Name of the platform, e.g. `embedded`.
    pub name: String,
    /// Styles.
    pub theme: Theme,
    /// Command groups.
    pub registry: Registry,
    /// Random text, for idempotency keys, and by which the platform tells this console from others.
    pub seed: String,
    /// The local clock.
    pub now: Timestamp,
    /// Columns and rows.
    pub size: (u16, u16),
    /// What the last session left.
    pub kept: Kept,
    /// The operator's own keys, as their file says.
    pub keys: String,
    /// What pseudonyms are made with.
    pub key: [u8; 32],
    /// The operator's settings.
    pub settings: ConsoleSettings,
    /// Local time minus UTC, milliseconds.
    pub offset: i64,
}
