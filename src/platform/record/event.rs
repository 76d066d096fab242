//! Between records and the events that are stored and sent.

use super::{Call, Flow, HttpRecord, RAW_MAX, Record};
use crate::api::{Class, Event, EventId, Http, Outcome, Timestamp};
use crate::text::Untrusted;
use std::borrow::Cow;

/// Longest message kept with an event, in bytes.
const MESSAGE_MAX: usize = 1024;

impl<'a> Record<'a> {
    /// A stored event as the record it was made from, for learning again after a restart. What an event does not keep
    /// (the alert, the program, repeats) is not there.
    #[must_use]
    pub fn of(event: &'a Event) -> Self {
        let call = call(event);
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
            // The client's software alone makes no operation.
            agent: if event.http.is_none() && call.is_none() { plain(&event.agent) } else { Cow::Borrowed("") },
            call,
            flow: flow(event),
            ..Self::bare(event.time, Cow::Borrowed(event.raw.raw()))
        }
    }

    /// The owned event.
    #[must_use]
    pub fn to_event(&self, id: EventId, observed: Timestamp, source: &str, drill: bool) -> Event {
        self.held(id, observed, source.to_owned(), drill, |text| text.into())
    }

    /// The event, with its texts held as `hold` does.
    pub fn held<T, N>(
        &self,
        id: EventId,
        observed: Timestamp,
        source: N,
        drill: bool,
        hold: impl Fn(&str) -> T,
    ) -> Event<T, N> {
        let own = |text: &Option<Cow<'_, str>>| text.as_deref().map(&hold);
        let some = |text: &str| (!text.is_empty()).then(|| hold(text));
        let call = self.call.as_deref();
        let said = |part: for<'c> fn(&'c Call<'_>) -> &'c str| call.and_then(|c| some(part(c)));
        let flow = self.flow.as_ref();
        Event {
            id,
            time: self.time,
            observed,
            source,
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
                method: hold(&h.method),
                url: hold(&h.url),
                status: h.status,
                bytes: h.bytes,
                referer: some(&h.referer),
                agent: some(&h.agent),
            }),
            action: said(|c| &c.action),
            object: said(|c| &c.object),
            key: said(|c| &c.key),
            tenant: said(|c| &c.tenant),
            agent: said(|c| &c.agent).or_else(|| some(&self.agent)).filter(|_| self.http.is_none()),
            admin: call.is_some_and(|c| c.admin),
            dst_ip: flow.and_then(|f| f.dst_ip),
            dst_port: flow.map(|f| f.dst_port).filter(|port| *port > 0),
            sent: flow.map(|f| f.sent).filter(|bytes| *bytes > 0),
            // Of a request it is the answer's length, which is in `http`.
            received: flow.map(|f| f.received).filter(|bytes| *bytes > 0 && self.http.is_none()),
            message: hold(&self.said()),
            raw: hold(&cut(&self.raw, RAW_MAX)),
            parsed: self.parsed,
            drill,
        }
    }

    /// One line that says what happened. Nothing where that is the raw line: no event is kept with two copies of it, and
    /// whoever reads it gets the line.
    fn said(&self) -> Cow<'_, str> {
        match (self.message.is_empty(), self.raw.len()) {
            (true, ..=MESSAGE_MAX) => Cow::Borrowed(""),
            (true, _) => cut(&self.raw, MESSAGE_MAX),
            (false, _) => cut(&self.message, MESSAGE_MAX),
        }
    }
}

fn text(value: &Option<Untrusted>) -> Option<Cow<'_, str>> {
    value.as_ref().map(|t| Cow::Borrowed(t.raw()))
}

fn plain(value: &Option<Untrusted>) -> Cow<'_, str> {
    text(value).unwrap_or_default()
}

/// The operation of a stored event. Its service is the event's host.
fn call(event: &Event) -> Option<Box<Call<'_>>> {
    let said = [&event.action, &event.object, &event.key, &event.tenant];
    if !event.admin && said.iter().all(|t| t.is_none()) {
        return None;
    }
    let [action, object, key, tenant] = said.map(plain);
    let service = if event.class == Class::API { plain(&event.host) } else { Cow::Borrowed("") };
    Some(Box::new(Call { service, action, object, key, tenant, agent: plain(&event.agent), admin: event.admin }))
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
fn cut(text: &str, max: usize) -> Cow<'_, str> {
    if text.len() <= max {
        return Cow::Borrowed(text);
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
        let again = |record: &Record<'_>| {
            let event = record.to_event(EventId(7), Timestamp(2_000), "test", true);
            assert_eq!(Record::of(&event).to_event(EventId(7), Timestamp(2_000), "test", true), event);
            event
        };
        record.http = Some(HttpRecord { method: "GET".into(), url: "/a".into(), status: 404, ..HttpRecord::default() });
        again(&record);
        (record.http, record.agent) = (None, "OpenSSH_9".into());
        assert_eq!(Record::of(&again(&record)).agent, "OpenSSH_9");
        record.agent = "".into();
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
        let event = again(&record);
        assert_eq!((Record::of(&event).call, Record::of(&event).flow), (record.call.clone(), record.flow.clone()));
        assert_eq!((event.key.as_ref().map(Untrusted::raw), event.dst_port), (Some("AKIA1"), Some(22)));
    }

    #[test]
    fn a_huge_line_is_cut_and_says_so() {
        let line = "é".repeat(RAW_MAX);
        let event = Record::bare(Timestamp(0), line.as_str()).to_event(EventId(1), Timestamp(0), "test", false);
        assert!(event.raw.raw().len() < RAW_MAX + 64);
        assert!(event.raw.raw().ends_with(&format!("[{RAW_MAX} of {} bytes shown]", 2 * RAW_MAX)));
    }
}
