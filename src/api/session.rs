//! Who is asking, and what they may do.

use super::words;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

words!(
    /// What a token may do. `Viewer` reads; `Analyst` works incidents; `Responder` also acts; `Admin` also changes
    /// the platform; `Ingest` only pushes events; `Gate` only asks the gate.
    Role {
        Viewer => "viewer",
        Analyst => "analyst",
        Responder => "responder",
        Admin => "admin",
        Ingest => "ingest",
        Gate => "gate",
    }
);

impl Role {
    /// True when a token of this role may call what needs `needed`. Unknown roles may nothing.
    #[must_use]
    pub fn may(&self, needed: &Self) -> bool {
        let rank = |role: &Self| match role {
            Self::Viewer => 1,
            Self::Analyst => 2,
            Self::Responder => 3,
            Self::Admin => 4,
            Self::Ingest | Self::Gate | Self::Other(_) => 0,
        };
        match needed {
            Self::Other(_) => false,
            Self::Ingest | Self::Gate => self == needed || *self == Self::Admin,
            ranked => rank(self) >= rank(ranked),
        }
    }
}

/// The caller.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Me {
    /// Operator's name.
    pub name: String,
    /// What the token may do.
    pub role: Role,
    /// When the token ends.
    pub expires: Option<super::Timestamp>,
}

/// What the platform is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Version {
    /// `watchfloor`.
    pub product: String,
    /// Program version.
    pub version: String,
    /// Contract versions spoken, e.g. `["v1"]`.
    pub api: Vec<String>,
    /// The platform's clock.
    pub now: super::Timestamp,
}

#[cfg(test)]
mod tests {
    use super::Role;

    #[test]
    fn roles_rank_and_unknown_means_no() {
        assert!(Role::Admin.may(&Role::Viewer));
        assert!(Role::Responder.may(&Role::Analyst));
        assert!(!Role::Viewer.may(&Role::Analyst));
        assert!(!Role::Ingest.may(&Role::Viewer));
        assert!(!Role::Gate.may(&Role::Ingest));
        assert!(!Role::Other("root".into()).may(&Role::Viewer));
        assert!(!Role::Admin.may(&Role::Other("x".into())));
    }
}
