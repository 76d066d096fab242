//! Detectors with a name, about identities and networks: who signs in and from where, who uses a session or a key, who
//! administers what and when, who scans, who guesses slowly.
//!
//! All by event time, in bounded memory, nothing drawn at random. Each looks first at what an ordinary event lacks (a
//! user, a session, a call, a flow) and costs nothing then. [`Limits`] holds every threshold.

mod admin;
mod cloud;
mod cloud_table;
mod cold;
mod country;
mod feature;
pub(super) mod form;
mod history;
mod key;
mod limits;
mod operation;
mod probe;
pub(super) mod recent;
mod session;
mod signin;
mod slow;
mod snapshot;
mod sweep;
mod takeover;
mod travel;

use super::bounded::{self, Bounded};
use super::seen::Seen;
use crate::api::{Class, Detection, Outcome};
use crate::platform::keyed::hash;
pub use limits::Limits;
use serde::{Deserialize, Serialize};

/// The memory of all of them.
#[derive(Serialize, Deserialize)]
pub(super) struct Identities {
    signins: signin::Signins,
    sessions: session::Sessions,
    keys: key::Keys,
    cloud: cloud::Cloud,
    admins: admin::Admins,
    sweeps: sweep::Sweeps,
    slow: slow::Slow,
    population: cold::Population,
    probes: probe::Probes,
    takeovers: takeover::Takeovers,
    /// Who was seen signed in by HTTP authentication from where, and when that was last learnt from.
    #[serde(deserialize_with = "bounded::read::<_, _, _, SIGNED_IN>")]
    signed_in: Bounded<u64, i64>,
    /// The newest event that was taken in; what happened up to `since` is in the snapshot that it began with.
    newest: i64,
    #[serde(skip, default = "never")]
    since: i64,
}

const fn never() -> i64 {
    i64::MIN
}

/// Pairs of user and address remembered for that.
const SIGNED_IN: usize = 8_192;
/// HTTP authentication sends user and password with each request: once within this time is one login.
const SIGNED_IN_MS: i64 = 10 * 60_000;

impl Identities {
    pub fn new() -> Self {
        Self {
            signins: signin::Signins::new(),
            sessions: session::Sessions::new(),
            keys: key::Keys::new(),
            cloud: cloud::Cloud::new(),
            admins: admin::Admins::new(),
            sweeps: sweep::Sweeps::new(),
            slow: slow::Slow::new(),
            population: cold::Population::new(),
            probes: probe::Probes::new(),
            takeovers: takeover::Takeovers::new(),
            signed_in: Bounded::new(SIGNED_IN),
            newest: never(),
            since: never(),
        }
    }

    /// Takes one event in; `start`: where in `out` what the others told of it begins.
    pub fn observe(&mut self, limits: &Limits, seen: &Seen<'_>, start: usize, out: &mut Vec<Detection>) {
        let record = seen.record;
        self.newest = self.newest.max(seen.time());
        if let Some(flow) = &record.flow {
            self.sweeps.connected(limits, seen, flow, out);
        }
        if let Some(call) = record.call.as_deref() {
            self.cloud.called(limits, seen, call, out);
            if !call.key.is_empty() {
                self.keys.used(limits, seen, call, out);
            }
            if call.admin && record.outcome != Outcome::Failure {
                self.admins.acted(limits, seen, call, out);
            }
        }
        if let Some(session) = record.session.as_deref().filter(|s| !s.is_empty() && !record.refused) {
            self.sessions.used(limits, seen, session, out);
        }
        if record.class == Class::AUTHENTICATION {
            self.probes.tried(limits, seen, out);
        }
        if let Some(success) = seen.login()
            && !(success && record.class == Class::HTTP && self.is_signed_in(seen))
        {
            self.login(limits, seen, success, start, out);
        }
    }

    /// This user's requests from this address go on.
    fn is_signed_in(&mut self, seen: &Seen<'_>) -> bool {
        let last = self.signed_in.entry(hash((seen.ip(), seen.record.user.as_deref())), seen.time());
        let again = (0..SIGNED_IN_MS).contains(&seen.time().saturating_sub(*last));
        if !again {
            *last = seen.time();
        }
        again
    }

    fn login(&mut self, limits: &Limits, seen: &Seen<'_>, success: bool, start: usize, out: &mut Vec<Detection>) {
        self.takeovers.login(limits, seen, success, start, out);
        let told = out.len() > start;
        self.slow.login(limits, seen, success, told, out);
        self.population.login(limits, seen, success, out);
        if success {
            self.signins.succeeded(limits, seen, told, out);
        }
    }
}

#[cfg(test)]
mod tests;
