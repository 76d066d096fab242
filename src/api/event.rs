//! Events: something that happened, immutable, in the shape of OCSF 1.8.0.
//!
//! `class` is OCSF's `class_uid`, `activity` its `activity_id`; `type_uid = class_uid * 100 + activity_id`.

use super::{EventId, Timestamp, words};
use crate::text::Untrusted;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::net::IpAddr;

/// OCSF `class_uid`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Class(pub u16);

impl Class {
    /// 0 Base Event: anything without a better class; also a line that no parser understood.
    pub const BASE: Self = Self(0);
    /// 2004 Detection Finding: another detector's alert.
    pub const DETECTION_FINDING: Self = Self(2004);
    /// 3002 Authentication: a login, a logout, a failed try.
    pub const AUTHENTICATION: Self = Self(3002);
    /// 4001 Network Activity: a flow.
    pub const NETWORK: Self = Self(4001);
    /// 4002 HTTP Activity: a request.
    pub const HTTP: Self = Self(4002);
    /// 6003 API Activity: a call that an audit log recorded.
    pub const API: Self = Self(6003);

    /// The short word used in the query language and on screens.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self.0 {
            0 => "base",
            2004 => "finding",
            3002 => "auth",
            4001 => "network",
            4002 => "http",
            6003 => "api",
            _ => "other",
        }
    }
}

words!(
    /// OCSF `status_id`: 1 Success, 2 Failure, 0 Unknown.
    #[derive(Default)]
    Outcome { #[default] Unknown => "unknown", Success => "success", Failure => "failure" }
);

words!(
    /// OCSF `severity_id` 1 to 5, by name. Ordered from least to most severe.
    #[derive(Default)]
    Severity {
        #[default]
        Info => "info",
        Low => "low",
        Medium => "medium",
        High => "high",
        Critical => "critical",
    }
);

impl Severity {
    /// OCSF `severity_id`: 1 Informational to 5 Critical, 99 Other.
    #[must_use]
    pub const fn id(&self) -> u8 {
        match self {
            Self::Info => 1,
            Self::Low => 2,
            Self::Medium => 3,
            Self::High => 4,
            Self::Critical => 5,
            Self::Other(_) => 99,
        }
    }

    /// The severity of an OCSF `severity_id` (6 Fatal counts as critical, unknown as info).
    #[must_use]
    pub const fn from_id(id: u8) -> Self {
        match id {
            2 => Self::Low,
            3 => Self::Medium,
            4 => Self::High,
            5 | 6 => Self::Critical,
            _ => Self::Info,
        }
    }
}

/// One event. Who did what to what, from where, when, with what result.
// `T` is how its texts from outside are held, `N` the name of its source: its own where it is kept or sent, borrowed or
// places in a buffer on its way to the store. No part of the documentation, which is the contract's description, too.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "Event")]
pub struct Event<T = Untrusted, N = String> {
    /// Our id; sorts by day and arrival.
    pub id: EventId,
    /// When it happened, by the source's clock.
    pub time: Timestamp,
    /// When the platform read it.
    pub observed: Timestamp,
    /// Name of the source it came from, e.g. `nginx:/var/log/nginx/access.log`.
    pub source: N,
    /// OCSF `class_uid`.
    pub class: Class,
    /// OCSF `activity_id` of that class.
    pub activity: u8,
    /// How serious the source says it is.
    pub severity: Severity,
    /// Whether it succeeded.
    pub outcome: Outcome,
    /// Where it came from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub src_ip: Option<IpAddr>,
    /// ISO 3166 country of `src_ip`, where a database knows it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country: Option<T>,
    /// Who.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<T>,
    /// Session, as a fingerprint; never the session's secret itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<T>,
    /// Which host or site it happened to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host: Option<T>,
    /// The request, for HTTP Activity and for alerts about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub http: Option<Http<T>>,
    /// The operation an audit log recorded, e.g. `CreateUser`, `repo.destroy`, `pods/exec:create`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub action: Option<T>,
    /// What the operation was done to: an id or a name, never content.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub object: Option<T>,
    /// Id of the API key or token used; never the secret.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<T>,
    /// Account, organisation or workspace it happened in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant: Option<T>,
    /// User agent or device of an operation; that of a request is in `http`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent: Option<T>,
    /// The operation changes who may do what, or switches recording off.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub admin: bool,
    /// Where a connection went.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dst_ip: Option<IpAddr>,
    /// Port it went to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dst_port: Option<u16>,
    /// Bytes sent by the side that opened the connection.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sent: Option<u64>,
    /// Bytes sent back to it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub received: Option<u64>,
    /// One line that says what happened.
    pub message: T,
    /// The record as it was received, cut at 64 KiB.
    pub raw: T,
    /// False when no parser understood the line: kept and shown, not interpreted.
    pub parsed: bool,
    /// Part of the drill: synthetic, to be shown as such everywhere.
    pub drill: bool,
}

/// An event whose texts somebody else holds.
pub type EventRef<'a> = Event<&'a str, &'a str>;

impl<T, N> Event<T, N> {
    /// The same event with its texts held in another way.
    pub fn map<'a, U, M>(&'a self, text: impl Fn(&'a T) -> U, name: impl FnOnce(&'a N) -> M) -> Event<U, M> {
        let own = |value: &'a Option<T>| value.as_ref().map(&text);
        Event {
            id: self.id,
            time: self.time,
            observed: self.observed,
            source: name(&self.source),
            class: self.class,
            activity: self.activity,
            severity: self.severity.clone(),
            outcome: self.outcome.clone(),
            src_ip: self.src_ip,
            country: own(&self.country),
            user: own(&self.user),
            session: own(&self.session),
            host: own(&self.host),
            http: self.http.as_ref().map(|http| Http {
                method: text(&http.method),
                url: text(&http.url),
                status: http.status,
                bytes: http.bytes,
                referer: own(&http.referer),
                agent: own(&http.agent),
            }),
            action: own(&self.action),
            object: own(&self.object),
            key: own(&self.key),
            tenant: own(&self.tenant),
            agent: own(&self.agent),
            admin: self.admin,
            dst_ip: self.dst_ip,
            dst_port: self.dst_port,
            sent: self.sent,
            received: self.received,
            message: text(&self.message),
            raw: text(&self.raw),
            parsed: self.parsed,
            drill: self.drill,
        }
    }
}

impl Event {
    /// With its texts borrowed. As everything from outside they are for matching, hashing and storing only.
    #[must_use]
    pub fn view(&self) -> EventRef<'_> {
        self.map(Untrusted::raw, String::as_str)
    }
}

/// The HTTP part of an event.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "Http")]
pub struct Http<T = Untrusted> {
    /// GET, POST, ... as sent.
    pub method: T,
    /// Path and query as sent, still encoded.
    pub url: T,
    /// Response status, 0 if none was given.
    pub status: u16,
    /// Response body bytes.
    pub bytes: u64,
    /// Referer header.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub referer: Option<T>,
    /// User-Agent header.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent: Option<T>,
}
