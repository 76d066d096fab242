//! `[platform.service_level]`: within what time somebody should take a new incident on. Takes effect also while a platform
//! runs.

use crate::api::{Severity, Waiting};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

/// Longest one, in seconds: a year.
const LONGEST: u64 = 366 * 86_400;

/// Seconds, by severity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ServiceLevels {
    /// Critical ones.
    #[serde(deserialize_with = "seconds")]
    pub critical: u64,
    /// High ones.
    #[serde(deserialize_with = "seconds")]
    pub high: u64,
    /// Medium ones.
    #[serde(deserialize_with = "seconds")]
    pub medium: u64,
    /// Low ones.
    #[serde(deserialize_with = "seconds")]
    pub low: u64,
    /// The rest.
    #[serde(deserialize_with = "seconds")]
    pub info: u64,
}

impl Default for ServiceLevels {
    fn default() -> Self {
        let usual = |severity| Waiting::none(severity).level_seconds;
        Self {
            critical: usual(Severity::Critical),
            high: usual(Severity::High),
            medium: usual(Severity::Medium),
            low: usual(Severity::Low),
            info: usual(Severity::Info),
        }
    }
}

impl ServiceLevels {
    /// That of a severity.
    #[must_use]
    pub const fn of(&self, severity: &Severity) -> u64 {
        match severity {
            Severity::Critical => self.critical,
            Severity::High => self.high,
            Severity::Medium => self.medium,
            Severity::Low => self.low,
            Severity::Info | Severity::Other(_) => self.info,
        }
    }
}

/// `15m`, `4h`, `7d`.
fn seconds<'de, D: Deserializer<'de>>(from: D) -> Result<u64, D::Error> {
    let text = String::deserialize(from)?;
    let seconds = crate::text::human::parse_duration(&text).map_err(D::Error::custom)?;
    if (1..=LONGEST).contains(&seconds) {
        return Ok(seconds);
    }
    Err(D::Error::custom(format!("\"{text}\" is out of bounds; it must be from 1s to 366d")))
}
