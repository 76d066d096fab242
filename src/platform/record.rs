//! A record: what a parser made of one line, borrowed from the line.
//!
//! The stages from parsing to detection work on records so that an ordinary line costs no allocation; what is stored
//! and sent is the owned [`Event`] made from it.

use crate::api::{Class, Event, EventId, Http, Outcome, Severity, Timestamp};
use crate::text::Untrusted;
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
    /// Who.
    pub user: Option<Cow<'a, str>>,
    /// Session fingerprint.
    pub session: Option<Cow<'a, str>>,
    /// Host or site it happened to.
    pub host: Option<Cow<'a, str>>,
    /// Country, when the record itself says it (the drill does).
    pub country: Option<Cow<'a, str>>,
    /// The request.
    pub http: Option<HttpRecord<'a>>,
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
            user: None,
            session: None,
            host: None,
            country: None,
            http: None,
            alert: None,
            program: None,
            message: Cow::Borrowed(""),
            repeat: 1,
            refused: false,
            parsed: true,
            raw: raw.into(),
        }
    }

    /// The owned event.
    #[must_use]
    pub fn to_event(&self, id: EventId, observed: Timestamp, source: &str, drill: bool) -> Event {
        let own = |text: &Option<Cow<'_, str>>| text.as_deref().map(Untrusted::from);
        let some = |text: &str| (!text.is_empty()).then(|| Untrusted::from(text));
        Event {
            id,
            time: self.time,
            observed,
            source: source.to_owned(),
            class: self.class,
            activity: self.activity,
            severity: self.severity.clone(),
            outcome: self.outcome.clone(),
            src_ip: self.src_ip,
            country: own(&self.country),
            user: own(&self.user),
            session: own(&self.session),
            host: own(&self.host),
            http: self.http.as_ref().map(|h| Http {
                method: (*h.method).into(),
                url: (*h.url).into(),
                status: h.status,
                bytes: h.bytes,
                referer: some(&h.referer),
                agent: some(&h.agent),
            }),
            message: cut(if self.message.is_empty() { &self.raw } else { &self.message }, 1024),
            raw: cut(&self.raw, RAW_MAX),
            parsed: self.parsed,
            drill,
        }
    }
}

/// `text` cut at `max` bytes, with a note of how much is missing.
fn cut(text: &str, max: usize) -> Untrusted {
    if text.len() <= max {
        return text.into();
    }
    let end = (0..=max).rev().find(|i| text.is_char_boundary(*i)).unwrap_or(0);
    format!("{}…[{} of {} bytes shown]", &text[..end], end, text.len()).into()
}
