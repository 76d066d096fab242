//! The gate: answers a reverse proxy's forward-auth question from memory, in microseconds.
//!
//! [`Gate::check`] is the hot path: revoked sessions, blocked addresses and ranges, then the request itself. The rules
//! are replaced as a whole, so that a check never waits for a change being worked out. Start at `check`; how blocks get
//! here and are verified is in `gate/hold.rs`.
//!
//! Probes: a request whose `X-Watchfloor-Probe` header is the nonce of this process ([`Gate::is_probe`]) comes from
//! the gate's own verification. The HTTP room takes `X-Real-IP` from it without token and without asking whether the
//! peer is a trusted proxy, and hands it to `check` like any other; `check` does the rest: it looks at address, range
//! and `X-Watchfloor-Probe-Session`, counts nothing, inspects nothing, and tells no observer.

mod hold;

use super::rules::Rules;
use super::{Fault, session};
use crate::api::{GateFigures, Timestamp};
use crate::platform::ask::{Answer, Ask, Checked, Judged};
use crate::text::hex;
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

/// Judges a request.
pub type Inspect = Box<dyn Fn(&Ask<'_>) -> Judged + Send + Sync>;
/// Hears of every answer. Must not wait.
pub type Observe = Box<dyn Fn(&Ask<'_>, Checked<'_>, Timestamp) + Send + Sync>;

/// What the gate is configured with.
pub struct Settings {
    /// Names of session cookies.
    pub cookies: Vec<String>,
    /// Judges requests.
    pub inspect: Inspect,
    /// Hears of answers.
    pub observe: Observe,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            cookies: session::COOKIES.iter().map(|name| (*name).to_owned()).collect(),
            inspect: Box::new(|_| Judged::default()),
            observe: Box::new(|_, _, _| {}),
        }
    }
}

#[derive(Debug, Default)]
struct Counters {
    checked: AtomicU64,
    blocked: AtomicU64,
    hostile: AtomicU64,
    revoked: AtomicU64,
}

/// The gate.
pub struct Gate {
    settings: Settings,
    rules: RwLock<Arc<Rules>>,
    counters: Counters,
    nonce: String,
    listener: RwLock<Option<SocketAddr>>,
}

impl Gate {
    /// An empty gate.
    ///
    /// # Errors
    /// The operating system gives no random numbers for the probe nonce.
    pub fn new(settings: Settings) -> Result<Self, Fault> {
        let mut random = [0u8; 16];
        getrandom::fill(&mut random).map_err(|e| Fault(format!("no random numbers for the probe nonce: {e}")))?;
        Ok(Self {
            settings,
            rules: RwLock::default(),
            counters: Counters::default(),
            nonce: hex::encode(random),
            listener: RwLock::new(None),
        })
    }

    /// Says where the platform listens, so that blocks are probed over a real connection. Until then they are probed
    /// in memory.
    pub fn listens_at(&self, address: SocketAddr) {
        *self.listener.write().unwrap_or_else(PoisonError::into_inner) = Some(address);
    }

    /// True when `header` (the value of `X-Watchfloor-Probe`) is this process's nonce: see the head of this file for
    /// what the HTTP room does then. Takes the same time whatever the header holds.
    #[must_use]
    pub fn is_probe(&self, header: Option<&str>) -> bool {
        let given = header.unwrap_or_default().as_bytes();
        let nonce = self.nonce.as_bytes();
        let differ = nonce.iter().enumerate().fold(0, |sum, (i, b)| sum | (b ^ given.get(i).unwrap_or(&0)));
        differ == 0 && given.len() == nonce.len()
    }

    /// Judges one request.
    #[must_use]
    pub fn check(&self, ask: &Ask<'_>, now: Timestamp) -> Answer {
        let rules = self.rules();
        let client = ask.client.to_canonical();
        if self.is_probe(ask.probe.as_deref()) {
            return held(&rules, client, ask.probe_session.as_deref().into_iter(), now).0;
        }
        let names = &self.settings.cookies;
        let mut first = None;
        let prints = session::secrets(&ask.cookie, &ask.authorization, names).map(session::fingerprint);
        // With nothing revoked only the first session matters, for the event.
        let wanted = if rules.revokes_nothing() { 1 } else { usize::MAX };
        let prints: Vec<String> = prints.take(wanted).collect();
        let (mut answer, refused) = held(&rules, client, prints.iter().map(String::as_str), now);
        if let Answer::Revoked(_) = answer {
            first = prints.iter().find(|p| rules.revocation(p, now).is_some());
        }
        let mut hits = Vec::new();
        if answer == Answer::Pass && !rules.allows(client) {
            let judged = (self.settings.inspect)(ask);
            hits = judged.hits;
            answer = judged.refuse.map_or(Answer::Pass, Answer::Hostile);
        }
        self.count(&answer);
        if let Some(refused) = refused {
            refused.fetch_add(1, Ordering::Relaxed);
        }
        let session = first.or(prints.first()).map(String::as_str);
        (self.settings.observe)(ask, Checked { answer: &answer, hits, session }, now);
        answer
    }

    /// What the gate did since the platform started.
    #[must_use]
    pub fn figures(&self) -> GateFigures {
        let read = |c: &AtomicU64| c.load(Ordering::Relaxed);
        GateFigures {
            checked: read(&self.counters.checked),
            blocked: read(&self.counters.blocked),
            hostile: read(&self.counters.hostile),
            revoked: read(&self.counters.revoked),
        }
    }

    fn rules(&self) -> Arc<Rules> {
        Arc::clone(&self.rules.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn count(&self, answer: &Answer) {
        self.counters.checked.fetch_add(1, Ordering::Relaxed);
        let counter = match answer {
            Answer::Pass => return,
            Answer::Blocked(_) => &self.counters.blocked,
            Answer::Revoked(_) => &self.counters.revoked,
            Answer::Hostile(_) => &self.counters.hostile,
        };
        counter.fetch_add(1, Ordering::Relaxed);
    }
}

/// What the rules alone say. A revoked session is refused even from an allow-listed address: the allow-list speaks for
/// addresses, and a stolen session may well be used from one.
fn held<'a>(
    rules: &Rules,
    client: IpAddr,
    mut prints: impl Iterator<Item = &'a str>,
    now: Timestamp,
) -> (Answer, Option<Arc<AtomicU64>>) {
    if let Some(entry) = prints.find_map(|p| rules.revocation(p, now)) {
        return (Answer::Revoked(entry.action), Some(entry.refused));
    }
    if rules.allows(client) {
        return (Answer::Pass, None);
    }
    match rules.block(client, now) {
        Some(entry) => (Answer::Blocked(entry.action), Some(entry.refused)),
        None => (Answer::Pass, None),
    }
}

#[cfg(test)]
#[path = "gate/gate_test.rs"]
mod tests;
