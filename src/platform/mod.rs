//! The embedded platform. Nothing outside this room knows what is inside; others speak to it over HTTP.
//!
//! `pipeline.rs` strings the stages of the upper line together, `desk.rs` is what people do to incidents and actions,
//! `route/` puts both behind the contract, `serve.rs` starts and stops everything. Start with [`Platform`]: it holds what
//! the threads share.

pub mod ask;
mod build;
pub mod catalogue;
mod committer;
mod cursor;
pub mod desk;
pub mod detect;
pub mod drill;
mod drill_loop;
pub mod enrich;
mod gathered;
pub mod http;
pub mod incident;
pub mod ingest;
pub mod inspection;
mod keeper;
mod keyed;
pub mod ledger;
mod memory;
pub mod observe;
pub mod pipeline;
pub mod policy;
pub mod record;
mod rehearsal;
pub mod replay;
pub mod respond;
pub mod route;
pub mod rules;
pub mod score;
pub mod serve;
pub mod session;
mod standing;
pub mod store;
mod suppress;
mod wiring;
pub mod written;

use crate::api::{DetectionId, IncidentId, Live, Source, SourceState, Suppression, Timestamp};
use crate::config::ServiceLevels;
use http::{Hub, Presence};
use incident::Incidents;
use ledger::Ledger;
use observe::Inbox;
use pipeline::Work;
use policy::Policy;
use respond::{Gate, Responder};
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::SyncSender;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::Duration;
use store::Store;

/// How far back stored events are learnt again after a restart, in milliseconds.
pub const WARM_MS: i64 = 15 * 60_000;

/// An incident that stands on events not stored yet.
#[derive(Default)]
struct Drawn {
    /// Commits that it is part of and that are not stored yet.
    commits: u32,
    /// It changed since it was last taken into one of them.
    changed: bool,
}

/// What the threads of a running platform share.
pub struct Platform {
    store: Arc<Store>,
    ledger: Arc<Ledger>,
    hub: Arc<Hub>,
    presence: Arc<Presence>,
    gate: Arc<Gate>,
    inbox: Arc<Inbox>,
    responder: Responder,
    policy: RwLock<Arc<Policy>>,
    /// Where the policy was read from.
    policy_file: PathBuf,
    /// What was read from files when the platform started.
    rules: Arc<detect::rules::Rules>,
    /// Rules that were switched off because they cost too much, in sentences.
    rules_off: Mutex<Vec<String>>,
    incidents: Mutex<Incidents>,
    /// Incidents that stand on events not stored yet: they are stored with those, or a crash would count them twice.
    drawn: Mutex<BTreeMap<IncidentId, Drawn>>,
    /// Incidents whose last change could not be stored.
    unsaved: Mutex<BTreeSet<IncidentId>>,
    sources: Mutex<BTreeMap<String, Source>>,
    /// Suppressions in force.
    quiet: RwLock<Vec<Suppression>>,
    detections: AtomicU64,
    /// Within what time somebody should take incidents on.
    levels: RwLock<ServiceLevels>,
    drill: drill_loop::Switch,
    work: SyncSender<Work>,
    countries_note: Option<String>,
    /// What keeps the store from taking anything in.
    storing: Mutex<Option<String>>,
    /// The trouble that was last told.
    told: Mutex<Option<String>>,
    stop: (Mutex<bool>, Condvar),
    retention_days: u32,
}

impl Platform {
    /// The platform's clock.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        Timestamp(chrono::Utc::now().timestamp_millis())
    }

    /// The policy in force.
    fn policy(&self) -> Arc<Policy> {
        Arc::clone(&self.policy.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn next_detection_id(&self) -> DetectionId {
        DetectionId(self.detections.fetch_add(1, Ordering::Relaxed))
    }

    fn with_incidents<R>(&self, change: impl FnOnce(&mut Incidents) -> R) -> R {
        change(&mut lock(&self.incidents))
    }

    /// Takes over state and reason of a source as its reader reports them; counters stay the platform's own.
    fn merge_source(&self, reported: Source) -> Source {
        let name = reported.name.clone();
        let mut sources = lock(&self.sources);
        let known = sources.entry(name).or_insert_with(|| reported.clone());
        known.state = reported.state;
        known.why = reported.why;
        known.format = reported.format;
        known.drill = reported.drill;
        known.clone()
    }

    /// Changes a source, made known first if it is new.
    fn change_source(&self, name: &str, change: impl FnOnce(&mut Source)) -> Source {
        let mut sources = lock(&self.sources);
        let source = sources.entry(name.to_owned()).or_insert_with(|| Source {
            name: name.to_owned(),
            format: String::new(),
            state: SourceState::Reading,
            why: String::new(),
            events: 0,
            unparsed: 0,
            offset: 0,
            last_event: None,
            last_read: None,
            drill: false,
        });
        change(source);
        source.clone()
    }

    /// Every source, by name.
    fn sources(&self) -> Vec<Source> {
        lock(&self.sources).values().cloned().collect()
    }

    /// Everything that keeps the platform from doing its whole work, in sentences.
    fn trouble(&self) -> Option<String> {
        let storing = lock(&self.storing).clone();
        let ledger = self.ledger.fault().map(|e| format!("nothing can be changed, only blocks released: {e}"));
        let damaged = self.store.damaged();
        let days = damaged.iter().map(|(file, why)| format!("events of {file} cannot be read: {why}"));
        let rules = lock(&self.rules_off).clone();
        let all: Vec<String> = storing.into_iter().chain(ledger).chain(days).chain(rules).collect();
        (!all.is_empty()).then(|| all.join("; "))
    }

    /// Something that keeps the platform from storing; shown above everything else.
    fn set_trouble(&self, why: Option<String>) {
        let mut known = lock(&self.storing);
        if *known != why {
            *known = why;
            drop(known);
            self.tell_trouble();
        }
    }

    /// Rules that were switched off, if they are others than before.
    fn set_rules_off(&self, off: Vec<String>) {
        let mut known = lock(&self.rules_off);
        if *known != off {
            *known = off;
            drop(known);
            self.tell_trouble();
        }
    }

    /// Tells those who follow when the trouble is another than they were told.
    fn tell_trouble(&self) {
        let why = self.trouble();
        let mut told = lock(&self.told);
        if *told != why {
            told.clone_from(&why);
            self.hub.publish(&Live::Trouble { why });
        }
    }

    /// Waits at most `patience` and says whether the platform is being stopped.
    fn stopping(&self, patience: Duration) -> bool {
        let (flag, bell) = &self.stop;
        let stopped = lock(flag);
        *bell.wait_timeout_while(stopped, patience, |s| !*s).unwrap_or_else(PoisonError::into_inner).0
    }

    /// Tells every thread to end. May wait for the pipeline.
    fn stop(&self) {
        let (flag, bell) = &self.stop;
        *lock(flag) = true;
        bell.notify_all();
        // Waits for its place: what was handed over before is worked off first.
        let _ = self.work.send(Work::Stop);
    }
}

/// Locks, going on after a panic elsewhere: what is behind these locks is valid after every statement.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
