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

    /// A stored event as the record it was made from, for learning again after a restart. What an event does not keep
    /// (the alert, the program, repeats) is not there.
    #[must_use]
    pub fn of(event: &'a Event) -> Self {
        fn text(value: &Option<Untrusted>) -> Option<Cow<'_, str>> {
            value.as_ref().map(|t| Cow::Borrowed(t.raw()))
        }
        fn plain(value: &Option<Untrusted>) -> Cow<'_, str> {
            text(value).unwrap_or_default()
        }
        Self {
            class: event.class,
            activity: event.activity,
            severity: event.severity.clone(),
            outcome: event.outcome.clone(),
            src_ip: event.src_ip,
            country: text(&event.country),
            user: text(&event.user),
            session: text(&event.session),
            host: text(&event.host),
            message: Cow::Borrowed(event.message.raw()),
            parsed: event.parsed,
            http: event.http.as_ref().map(|h| HttpRecord {
                method: Cow::Borrowed(h.method.raw()),
                url: Cow::Borrowed(h.url.raw()),
                status: h.status,
                bytes: h.bytes,
                referer: plain(&h.referer),
                agent: plain(&h.agent),
            }),
            call: call(event),
            flow: flow(event),
            ..Self::bare(event.time, Cow::Borrowed(event.raw.raw()))
        }
    }

    /// The owned event.
    #[must_use]
    pub fn to_event(&self, id: EventId, observed: Timestamp, source: &str, drill: bool) -> Event {
        let own = |text: &Option<Cow<'_, str>>| text.as_deref().map(Untrusted::from);
        let some = |text: &str| (!text.is_empty()).then(|| Untrusted::from(text));
        let call = self.call.as_deref();
        let said = |part: for<'c> fn(&'c Call<'_>) -> &'c str| call.and_then(|c| some(part(c)));
        let flow = self.flow.as_ref();
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
            action: said(|c| &c.action),
            object: said(|c| &c.object),
            key: said(|c| &c.key),
            tenant: said(|c| &c.tenant),
            agent: said(|c| &c.agent),
            admin: call.is_some_and(|c| c.admin),
            dst_ip: flow.and_then(|f| f.dst_ip),
            dst_port: flow.map(|f| f.dst_port).filter(|port| *port > 0),
            sent: flow.map(|f| f.sent).filter(|bytes| *bytes > 0),
            received: flow.map(|f| f.received).filter(|bytes| *bytes > 0),
            message: cut(if self.message.is_empty() { &self.raw } else { &self.message }, 1024),
            raw: cut(&self.raw, RAW_MAX),
            parsed: self.parsed,
            drill,
        }
    }
}

/// The operation of a stored event. Its service is the event's host.
fn call(event: &Event) -> Option<Box<Call<'_>>> {
    let said = [&event.action, &event.object, &event.key, &event.tenant, &event.agent];
    if !event.admin && said.iter().all(|t| t.is_none()) {
        return None;
    }
    let [action, object, key, tenant, agent] = said.map(|t| Cow::Borrowed(t.as_ref().map_or("", Untrusted::raw)));
    Some(Box::new(Call { service: Cow::Borrowed(""), action, object, key, tenant, agent, admin: event.admin }))
}

/// The connection of a stored event; one that failed has that outcome.
fn flow(event: &Event) -> Option<Flow> {
    let known = event.dst_ip.is_some() || event.dst_port.is_some() || event.sent.is_some() || event.received.is_some();
    known.then(|| Flow {
        dst_ip: event.dst_ip,
        dst_port: event.dst_port.unwrap_or(0),
        sent: event.sent.unwrap_or(0),
        received: event.received.unwrap_or(0),
        failed: event.outcome == Outcome::Failure,
    })
}

/// `text` cut at `max` bytes, with a note of how much is missing.
fn cut(text: &str, max: usize) -> Untrusted {
    if text.len() <= max {
        return text.into();
    }
    let end = (0..=max).rev().find(|i| text.is_char_boundary(*i)).unwrap_or(0);
    format!("{}…[{} of {} bytes shown]", &text[..end], end, text.len()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_becomes_its_record_and_the_same_event_again() {
        let mut record = Record::bare(Timestamp(1_000), "raw line");
        record.class = Class::HTTP;
        record.src_ip = Some("198.51.100.7".parse().unwrap());
        record.user = Some("root".into());
        record.http = Some(HttpRecord { method: "GET".into(), url: "/a".into(), status: 404, ..HttpRecord::default() });
        record.call = Some(Box::new(Call {
            action: "CreateUser".into(),
            object: "mallory".into(),
            key: "AKIA1".into(),
            tenant: "1234".into(),
            agent: "aws-cli".into(),
            admin: true,
            ..Call::default()
        }));
        record.flow = Some(Flow { dst_ip: record.src_ip, dst_port: 22, sent: 5, received: 6, failed: false });
        let event = record.to_event(EventId(7), Timestamp(2_000), "test", true);
        assert_eq!((Record::of(&event).call, Record::of(&event).flow), (record.call.clone(), record.flow.clone()));
        assert_eq!((event.key.as_ref().map(Untrusted::raw), event.dst_port), (Some("AKIA1"), Some(22)));
        assert_eq!(Record::of(&event).to_event(EventId(7), Timestamp(2_000), "test", true), event);
    }

    #[test]
    fn a_huge_line_is_cut_and_says_so() {
        let line = "é".repeat(RAW_MAX);
        let event = Record::bare(Timestamp(0), line.as_str()).to_event(EventId(1), Timestamp(0), "test", false);
        assert!(event.raw.raw().len() < RAW_MAX + 64);
        assert!(event.raw.raw().ends_with(&format!("[{RAW_MAX} of {} bytes shown]", 2 * RAW_MAX)));
    }
}
