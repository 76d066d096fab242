//! Kinds of entities and the lengths of their windows.

use super::fact::{Fact, hash, number, pair};
use crate::api::{EntityKind, EntityRef};
use serde::{Deserialize, Serialize};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Windows: ten minutes, an hour, a day. Minutes are covered by looking into the running window.
pub const LEVELS: usize = 3;
/// Their lengths in milliseconds.
pub const LENGTH_MS: [i64; LEVELS] = [600_000, 3_600_000, 86_400_000];
/// Their names.
pub const LEVEL_NAMES: [&str; LEVELS] = ["10 minutes", "an hour", "a day"];

/// Hours that everybody together are compared with the same of, by length of window: nights with nights.
const RHYTHM_HOURS: [i64; LEVELS] = [2, 4, 24];

/// Whose history a window is compared with: the entity's, or of everybody together that of this time of day, days of the
/// week and week ends apart.
pub const fn historic(id: u64, kind: Kind, level: usize, start: i64) -> u64 {
    let Kind::All = kind else { return id };
    let hour = start.div_euclid(3_600_000);
    // The first of January 1970 was a Thursday.
    let rest = (hour.div_euclid(24) + 3).rem_euclid(7) >= 5;
    let block = hour.rem_euclid(24) / RHYTHM_HOURS[level];
    pair(pair(id, level as u64 + 1), block as u64 * 2 + rest as u64 + 1)
}

/// Kinds of entities.
pub const KINDS: usize = 7;

/// What an entity is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Kind {
    /// One client.
    Address,
    /// A /24 or /48.
    Range,
    /// A user name.
    User,
    /// A session.
    Session,
    /// An API key.
    Key,
    /// An account or workspace.
    Tenant,
    /// Everybody together.
    All,
}

impl Kind {
    /// In the order in which an event is counted: everybody together come last.
    pub const ALL: [Self; KINDS] =
        [Self::Address, Self::Range, Self::User, Self::Session, Self::Key, Self::Tenant, Self::All];

    /// It is not one actor but several.
    pub const fn is_group(self) -> bool {
        matches!(self, Self::Range | Self::Tenant | Self::All)
    }

    /// Plural, for sentences.
    pub const fn plural(self) -> &'static str {
        match self {
            Self::Address => "addresses",
            Self::Range => "ranges",
            Self::User => "users",
            Self::Session => "sessions",
            Self::Key => "keys",
            Self::Tenant => "tenants",
            Self::All => "the whole traffic",
        }
    }

    /// The rule for what has no better name.
    pub const fn rule(self) -> &'static str {
        match self {
            Self::Address => "behaviour.address",
            Self::Range => "behaviour.range",
            Self::User => "behaviour.user",
            Self::Session => "behaviour.session",
            Self::Key => "behaviour.key",
            Self::Tenant => "behaviour.tenant",
            Self::All => "behaviour.population",
        }
    }
}

/// How an entity is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Name {
    /// An address, or the first of a range.
    V4(Ipv4Addr),
    /// The same. Boxed, as is the text, since very many rows have a name and most are of the first kind.
    V6(Box<Ipv6Addr>),
    /// Anything else.
    Text(Box<Box<str>>),
}

impl Name {
    /// The address, if it is one.
    pub fn ip(&self) -> Option<IpAddr> {
        match self {
            Self::V4(ip) => Some((*ip).into()),
            Self::V6(ip) => Some((**ip).into()),
            Self::Text(_) => None,
        }
    }
}

impl From<IpAddr> for Name {
    fn from(ip: IpAddr) -> Self {
        match ip {
            IpAddr::V4(ip) => Self::V4(ip),
            IpAddr::V6(ip) => Self::V6(Box::new(ip)),
        }
    }
}

impl From<String> for Name {
    fn from(text: String) -> Self {
        Self::Text(Box::new(text.into()))
    }
}

/// An entity that a fact is about, before it has a row.
pub struct Part<'a> {
    /// Kind and name in one number.
    pub id: u64,
    /// Its kind.
    pub kind: Kind,
    ip: Option<IpAddr>,
    text: &'a str,
}

impl Part<'_> {
    /// The name, at most 128 bytes of it.
    pub fn name(&self) -> Name {
        self.ip.map_or_else(|| self.text.chars().take(128).collect::<String>().into(), Name::from)
    }
}

/// The id of everybody together.
const WHOLE: u64 = pair(Kind::All as u64, 1);

/// The entity of a kind that a fact is about.
#[inline]
pub fn part<'a>(kind: Kind, fact: &Fact<'a>) -> Option<Part<'a>> {
    let of_ip = |ip: IpAddr| Part { id: pair(kind as u64, number(ip)), kind, ip: Some(ip), text: "" };
    let of_text = |text: &'a str| {
        (!text.is_empty()).then(|| Part { id: pair(kind as u64, hash(text.as_bytes())), kind, ip: None, text })
    };
    match kind {
        Kind::Address => fact.ip.map(of_ip),
        Kind::Range => fact.ip.map(|ip| of_ip(network(ip))),
        Kind::User => of_text(fact.user),
        Kind::Session => of_text(fact.session),
        Kind::Key => of_text(fact.key),
        Kind::Tenant => of_text(fact.tenant),
        Kind::All => Some(Part { id: WHOLE, kind, ip: None, text: fact.host }),
    }
}

/// First address of the /24 or /48.
pub fn network(ip: IpAddr) -> IpAddr {
    match ip {
        IpAddr::V4(ip) => IpAddr::V4((u32::from(ip) & 0xFFFF_FF00).into()),
        IpAddr::V6(ip) => IpAddr::V6((u128::from(ip) & (u128::MAX << 80)).into()),
    }
}

/// An entity as the rest of the platform names it.
pub fn entity(kind: Kind, name: &Name) -> EntityRef {
    let text = |kind: EntityKind, text: String| EntityRef { kind, value: text.into() };
    match (kind, name) {
        (Kind::Range, Name::V4(ip)) => text(EntityKind::Range, format!("{ip}/24")),
        (Kind::Range, Name::V6(ip)) => text(EntityKind::Range, format!("{ip}/48")),
        (_, Name::V4(ip)) => EntityRef::address((*ip).into()),
        (_, Name::V6(ip)) => EntityRef::address((**ip).into()),
        (Kind::User, Name::Text(t)) => EntityRef::user(&***t),
        (Kind::Session, Name::Text(t)) => text(EntityKind::Session, t.to_string()),
        (Kind::Key, Name::Text(t)) => text(EntityKind::Key, t.to_string()),
        (Kind::Tenant, Name::Text(t)) => text(EntityKind::Tenant, t.to_string()),
        (_, Name::Text(t)) => text(EntityKind::Host, t.to_string()),
    }
}
