//! Entities: what events are about and what actions are aimed at.

use super::{Block, Count, Incident, Timestamp, words};
use crate::text::Untrusted;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

words!(
    /// What kind of thing an entity is. `client` is one that a log names instead of giving its address.
    EntityKind {
        Address => "address",
        Client => "client",
        Range => "range",
        User => "user",
        Session => "session",
        Host => "host",
        Key => "key",
        Tenant => "tenant",
    }
);

/// Names an entity.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct EntityRef {
    /// What kind of thing.
    pub kind: EntityKind,
    /// Its name: an address in canonical form, a prefix, a user name ...
    pub value: Untrusted,
}

impl EntityRef {
    /// An address, in canonical form.
    #[must_use]
    pub fn address(ip: std::net::IpAddr) -> Self {
        Self { kind: EntityKind::Address, value: ip.to_canonical().to_string().into() }
    }

    /// A user.
    #[must_use]
    pub fn user(name: impl Into<Untrusted>) -> Self {
        Self { kind: EntityKind::User, value: name.into() }
    }
}

impl Entity {
    /// Of how many of its newest events users, addresses, sessions, response codes and paths are counted.
    pub const SAMPLE: u64 = 20_000;
}

/// What is known about an entity.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Entity {
    /// Which one.
    pub entity: EntityRef,
    /// First and last event within the stored days; nothing if it was never seen.
    pub first_seen: Option<Timestamp>,
    /// See `first_seen`.
    pub last_seen: Option<Timestamp>,
    /// Stored events about it.
    pub events: u64,
    /// Detections about it.
    pub detections: u64,
    /// Country, where a database knows it.
    pub country: Option<Untrusted>,
    /// Its incidents, newest first, at most 50; `events` and `detections` count without limit.
    pub incidents: Vec<Incident>,
    /// Users seen with it and how often in its newest 20,000 events, most frequent first, at most 20.
    pub users: Vec<Count>,
    /// Addresses seen with it, likewise.
    pub addresses: Vec<Count>,
    /// Sessions seen with it, likewise.
    pub sessions: Vec<Count>,
    /// Response codes it got, likewise.
    pub statuses: Vec<Count>,
    /// Paths it asked for, likewise.
    pub paths: Vec<Count>,
    /// Blocks in force that cover it.
    pub blocks: Vec<Block>,
    /// The allow-list entry that protects it, if one does.
    pub allowed_by: Option<String>,
}
