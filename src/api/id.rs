//! Ids as types, so that an incident's number cannot be passed where an action's is meant.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

macro_rules! id {
    ($(#[$meta:meta])* $name:ident) => {
        $(#[$meta])*
        #[derive(
            Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
        )]
        #[serde(transparent)]
        pub struct $name(pub u64);

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, "{}", self.0)
            }
        }

        impl std::str::FromStr for $name {
            type Err = std::num::ParseIntError;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.trim_start_matches('#').parse().map(Self)
            }
        }
    };
}

id!(
    /// An event: the day partition (days since 1970) times 2^32 plus its number within that day, so that ids sort by
    /// day and then by arrival. Below 2^53 until the year 7709: exact in every JSON reader.
    EventId
);
id!(
    /// A detection, numbered from 1.
    DetectionId
);
id!(
    /// An incident, numbered from 1.
    IncidentId
);
id!(
    /// An action, numbered from 1.
    ActionId
);
id!(
    /// A suppression, numbered from 1.
    SuppressionId
);

impl EventId {
    /// The id of event `sequence` in partition `day`.
    #[must_use]
    pub const fn new(day: i64, sequence: u32) -> Self {
        // Days before 1970 share the partition of 1970-01-01.
        let day = if day < 0 { 0 } else { day as u64 };
        Self(day << 32 | sequence as u64)
    }

    /// The day partition.
    #[must_use]
    pub const fn day(self) -> i64 {
        (self.0 >> 32) as i64
    }
}
