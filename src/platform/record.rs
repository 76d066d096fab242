//! A record: what a parser made of one line, borrowed from the line.
//!
//! The stages from parsing to detection work on records so that an ordinary line costs no allocation; what is stored
//! and sent is the owned [`Event`](crate::api::Event) made from it, in `record/event.rs`.

mod event;

use crate::api::{Class, Outcome, Severity, Timestamp};
use std::borrow::Cow;
use std::net::IpAddr;

/// Longest raw record kept with an event, in bytes; the rest is cut and said so.
pub const RAW_MAX: usize = 64 * 1024;

/// One parsed line.
#[derive(Debug, Clone, PartialEq)]
pub struct Record<'a> {
    /// When it happened, by the source's clock.
    pub time: Timestamp,
    /// OCSF class.
    pub class: Class,
    /// OCSF activity within the class. For `Class::AUTHENTICATION`: 1 logon, 2 logoff.
    pub activity: u8,
    /// How serious the source says it is.
    pub severity: Severity,
    /// Whether it succeeded.
    pub outcome: Outcome,
    /// Where from, in canonical form (a mapped IPv6 address is IPv4).
    pub src_ip: Option<IpAddr>,
    /// The client's name, where the record has that instead of its address.
    pub client: Option<Cow<'a, str>>,
    /// Who.
    pub user: Option<Cow<'a, str>>,
    /// Session fingerprint.
    pub session: Option<Cow<'a, str>>,
    /// Host or site it happened to.
    pub host: Option<Cow<'a, str>>,
    /// Country, when the record itself says it (the drill does).
    pub country: Option<Cow<'a, str>>,
    /// Autonomous system of the client, where a database knows it.
    pub asn: Option<u32>,
    /// Where the client is, where a city database knows it.
    pub location: Option<Location>,
    /// The client's software, where there is no request or call to carry it; else empty.
    pub agent: Cow<'a, str>,
    /// The request.
    pub http: Option<HttpRecord<'a>>,
    /// The operation an audit log recorded.
    pub call: Option<Box<Call<'a>>>,
    /// The connection a flow log recorded.
    pub flow: Option<Flow>,
    /// Another detector's alert.
    pub alert: Option<Alert<'a>>,
    /// The program that wrote the line, e.g. `sshd`, for logs many programs share.
    pub program: Option<&'a str>,
    /// One line that says what happened; empty means the raw line says it best.
    pub message: Cow<'a, str>,
    /// How many equal events this line stands for (`message repeated N times`); 1 usually.
    pub repeat: u32,
    /// The gate refused this request already.
    pub refused: bool,
    /// False when no parser understood the line.
    pub parsed: bool,
    /// The line.
    pub raw: Cow<'a, str>,
}

/// The HTTP part. Borrowed on an ordinary line; owned where the log had to be unescaped (`\x22`, JSON's `\/`).
#[derive(Debug, Clone, Default, PartialEq)]
pub struct HttpRecord<'a> {
    /// As sent.
    pub method: Cow<'a, str>,
    /// Path and query, still encoded.
    pub url: Cow<'a, str>,
    /// 0 if none.
    pub status: u16,
    /// Response bytes.
    pub bytes: u64,
    /// Empty if none.
    pub referer: Cow<'a, str>,
    /// Empty if none.
    pub agent: Cow<'a, str>,
}

/// One operation of an audited API: CloudTrail, Kubernetes, GitHub, Okta, Frame.io. Empty texts where it does not say.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Call<'a> {
    /// The service asked, e.g. `iam.amazonaws.com`; empty where there is only one.
    pub service: Cow<'a, str>,
    /// The operation, e.g. `CreateUser`, `pods/exec:create`, `repo.destroy`.
    pub action: Cow<'a, str>,
    /// What it was done to: an id or a name, never content.
    pub object: Cow<'a, str>,
    /// Id of the API key or token used; never the secret.
    pub key: Cow<'a, str>,
    /// Account, organisation, workspace.
    pub tenant: Cow<'a, str>,
    /// User agent or device.
    pub agent: Cow<'a, str>,
    /// It changes who may do what, or switches recording off: worth more when it is unusual.
    pub admin: bool,
}

/// One connection of a flow log (Zeek `conn`, EVE `flow`, firewall logs).
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Flow {
    /// Where it went.
    pub dst_ip: Option<IpAddr>,
    /// Port it went to, 0 if unknown.
    pub dst_port: u16,
    /// Bytes sent by the side that opened it.
    pub sent: u64,
    /// Bytes sent back.
    pub received: u64,
    /// It was refused, reset or never answered.
    pub failed: bool,
}

/// A place on the globe.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Location {
    /// Degrees north.
    pub latitude: f32,
    /// Degrees east.
    pub longitude: f32,
    /// How far from there the client may be, in kilometres, as the database says.
    pub accuracy_km: u16,
}

/// Another detector's alert (Suricata EVE `alert`, an OCSF finding).
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Alert<'a> {
    /// Signature or rule id.
    pub id: Cow<'a, str>,
    /// Its title.
    pub title: Cow<'a, str>,
    /// Its category.
    pub category: Cow<'a, str>,
    /// The detector blocked it.
    pub blocked: bool,
}

impl<'a> Record<'a> {
    /// A record that nothing is known about but the line itself.
    #[must_use]
    pub fn bare(time: Timestamp, raw: impl Into<Cow<'a, str>>) -> Self {
        Self {
            time,
            class: Class::BASE,
            activity: 0,
            severity: Severity::Info,
            outcome: Outcome::Unknown,
            src_ip: None,
            client: None,
            user: None,
            session: None,
            host: None,
            country: None,
            asn: None,
            location: None,
            agent: Cow::Borrowed(""),
            http: None,
            call: None,
            flow: None,
            alert: None,
            program: None,
            message: Cow::Borrowed(""),
            repeat: 1,
            refused: false,
            parsed: true,
            raw: raw.into(),
        }
    }
}
