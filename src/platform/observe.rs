//! What the gate saw, as work for the pipeline: refusals always, ordinary requests only as far as sessions go.
//!
//! The access log already tells of every request, so the gate does not tell again. But only the gate sees sessions:
//! it reports one when it is new, and again when it is still there [`AGAIN_MS`] later or speaks from another address.

use super::detect::Hit;
use super::record::{HttpRecord, Record};
use crate::api::{Class, Outcome, Severity, Timestamp};
use std::borrow::Cow;
use std::collections::{HashMap, VecDeque};
use std::net::IpAddr;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

/// How long a session that goes on is not reported again, in milliseconds.
pub const AGAIN_MS: i64 = 5 * 60_000;

/// Sessions remembered; beyond that the memory is emptied and sessions are reported anew.
const MAX_SESSIONS: usize = 100_000;

/// Name of the gate's source.
pub const SOURCE: &str = "gate";

/// One request at the gate.
#[derive(Debug, Clone, PartialEq)]
pub struct Observed {
    /// When.
    pub time: Timestamp,
    /// Who asked.
    pub client: IpAddr,
    /// Session fingerprint.
    pub session: Option<String>,
    /// User, if a trusted header names one.
    pub user: Option<String>,
    /// GET, POST ...
    pub method: String,
    /// Path and query.
    pub uri: String,
    /// User agent.
    pub agent: String,
    /// Referer.
    pub referer: String,
    /// The answer: 200, 401 or 403.
    pub status: u16,
    /// Why it was refused; empty when it passed.
    pub why: String,
    /// What inspection noted: everything when it was refused, else what the access log cannot show.
    pub hits: Vec<Hit>,
}

impl Observed {
    /// The record that the stages work on.
    #[must_use]
    pub fn record(&self) -> Record<'_> {
        let refused = self.status != 200;
        let raw = format!("gate {} {} {} {} {}", self.status, self.client, self.method, self.uri, self.agent);
        let mut record = Record::bare(self.time, Cow::<str>::Owned(raw));
        record.src_ip = Some(self.client);
        record.session = self.session.as_deref().map(Cow::Borrowed);
        record.user = self.user.as_deref().map(Cow::Borrowed);
        record.refused = refused;
        if !refused {
            record.outcome = Outcome::Success;
            record.message = match self.hits.first() {
                Some(hit) => Cow::Owned(format!("let pass by the gate, noted: {}", hit.title)),
                None => Cow::Borrowed("session in use"),
            };
            record.agent = Cow::Borrowed(&self.agent);
            return record;
        }
        record.class = Class::HTTP;
        record.severity = Severity::Medium;
        record.outcome = Outcome::Failure;
        record.message = Cow::Owned(format!("refused by the gate: {}", self.why));
        record.http = Some(HttpRecord {
            method: Cow::Borrowed(&self.method),
            url: Cow::Borrowed(&self.uri),
            status: self.status,
            bytes: 0,
            referer: Cow::Borrowed(&self.referer),
            agent: Cow::Borrowed(&self.agent),
        });
        record
    }
}

/// Requests waiting for the pipeline at most. Beyond that the oldest is dropped, and counted.
const WAITING: usize = 65_536;

/// What the gate saw and the pipeline has not yet taken. Putting something in never waits.
#[derive(Debug, Default)]
pub struct Inbox {
    waiting: Mutex<VecDeque<Observed>>,
    dropped: AtomicU64,
}

impl Inbox {
    /// Adds a request.
    pub fn put(&self, observed: Observed) {
        let mut waiting = super::lock(&self.waiting);
        if waiting.len() >= WAITING {
            waiting.pop_front();
            self.dropped.fetch_add(1, Ordering::Relaxed);
        }
        waiting.push_back(observed);
    }

    /// Takes everything.
    pub fn take(&self) -> VecDeque<Observed> {
        std::mem::take(&mut super::lock(&self.waiting))
    }

    /// How many were dropped since the start.
    pub fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }
}

/// Which sessions were reported, where and when.
#[derive(Debug, Default)]
pub struct Sessions(Mutex<HashMap<String, (IpAddr, Timestamp)>>);

impl Sessions {
    /// Whether a session seen now is worth an event.
    pub fn is_news(&self, session: &str, client: IpAddr, now: Timestamp) -> bool {
        let mut seen = super::lock(&self.0);
        if let Some((from, at)) = seen.get_mut(session) {
            if *from == client && now.0 - at.0 < AGAIN_MS {
                return false;
            }
            (*from, *at) = (client, now);
            return true;
        }
        if seen.len() >= MAX_SESSIONS {
            seen.clear();
        }
        seen.insert(session.to_owned(), (client, now));
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn observed(n: i64) -> Observed {
        Observed {
            time: Timestamp(n),
            client: "198.51.100.1".parse().unwrap(),
            session: None,
            user: None,
            method: "GET".into(),
            uri: "/".into(),
            agent: String::new(),
            referer: String::new(),
            status: 403,
            why: "blocked".into(),
            hits: Vec::new(),
        }
    }

    #[test]
    fn a_flood_at_the_gate_is_bounded_and_the_loss_is_counted() {
        let inbox = Inbox::default();
        for n in 0..=i64::try_from(WAITING).unwrap() {
            inbox.put(observed(n));
        }
        assert_eq!(inbox.dropped(), 1);
        let taken = inbox.take();
        assert_eq!(taken.len(), WAITING);
        assert_eq!(taken[0].time, Timestamp(1), "the oldest went");
        assert!(inbox.take().is_empty());
    }

    #[test]
    fn a_session_is_news_when_new_moved_or_long_lived() {
        let sessions = Sessions::default();
        let (home, away) = ("198.51.100.1".parse().unwrap(), "203.0.113.9".parse().unwrap());
        assert!(sessions.is_news("a", home, Timestamp(0)));
        assert!(!sessions.is_news("a", home, Timestamp(AGAIN_MS - 1)));
        assert!(sessions.is_news("a", home, Timestamp(AGAIN_MS)));
        assert!(sessions.is_news("a", away, Timestamp(AGAIN_MS + 1)));
        assert!(sessions.is_news("b", home, Timestamp(1)));
    }
}
