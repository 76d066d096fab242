//! The engine: remembers clients, ranges and users in bounded memory and turns events into detections.
//!
//! Time is the events' own. The drill lives in a world of its own, so that it neither teaches nor accuses the real one.
//! `login.rs`, `web.rs`, `mix.rs`, `fold.rs` and those in `identity/` are the detectors; `seen.rs` is what they are shown.

mod behaviour;
pub(super) mod bounded;
mod crawler;
mod describe;
mod fold;
mod identity;
mod login;
mod mix;
mod named;
mod office;
mod parameter;
mod profile;
pub(super) mod seen;
mod web;

use super::behaviour::{Behaviour, Settings as BehaviourSettings};
use super::request::Hit;
use super::rules::{self, Rules};
use crate::api::{Class, Detection, EventId};
use crate::platform::record::Record;
use bounded::Bounded;
pub use identity::Limits;
use ipnet::IpNet;
use seen::Seen;
use std::net::IpAddr;
use std::num::NonZeroI64;
use std::sync::Arc;

/// Most clients remembered at once; beyond that those silent longest are forgotten, harmless ones first: see
/// [`GRACE_MS`].
pub const CLIENTS_MAX: usize = 65_536;
/// So much longer a silence is borne of clients that something was detected about. Not for long: whoever gets many
/// addresses noticed must not push out everybody else.
const GRACE_MS: i64 = 30 * 60_000;
/// Most ranges, and most users, remembered at once.
pub const GROUPS_MAX: usize = 32_768;
/// Most (client, rule) pairs whose repeats are counted.
pub const FOLDS_MAX: usize = 65_536;

/// Thresholds. Times in milliseconds of event time.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// So many failed logins of one address ...
    pub burst_failures: u32,
    /// ... within this time; a bucket that leaks one per window finds slow trickles too.
    pub burst_window_ms: i64,
    /// Distinct users tried from one address in one campaign.
    pub spray_users: usize,
    /// Distinct addresses of one /24 (IPv4) or /48 (IPv6) that fail ...
    pub range_addresses: usize,
    /// Distinct addresses that fail for one user ...
    pub user_addresses: usize,
    /// ... within this time.
    pub campaign_window_ms: i64,
    /// Distinct users failing over all, each address with few tries.
    pub population_users: usize,
    /// Distinct paths not found, or forbidden, by one client ...
    pub probe_paths: usize,
    /// ... within this time.
    pub probe_window_ms: i64,
    /// Pages one client asks for ...
    pub crawl_pages: u64,
    /// ... within this time.
    pub crawl_window_ms: i64,
    /// Repeats of the same rule by the same client are one story until it is silent for this long.
    pub repeat_window_ms: i64,
    /// Requests before a client's mix of response codes is judged.
    pub mix_requests: u32,
    /// Clients the model needs to know before it says anything.
    pub mix_clients: usize,
    /// Sliding window of the model.
    pub mix_window_ms: i64,
    /// Thresholds of the named detectors about identities and networks.
    pub identity: Limits,
    /// Seed of the models: the same events give the same detections.
    pub seed: u64,
    /// What the operator bears of false alarms and false blocks.
    pub behaviour: BehaviourSettings,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            burst_failures: 5,
            burst_window_ms: 10 * 60_000,
            spray_users: 8,
            range_addresses: 5,
            user_addresses: 10,
            campaign_window_ms: 30 * 60_000,
            population_users: 40,
            probe_paths: 15,
            probe_window_ms: 30 * 60_000,
            crawl_pages: 120,
            crawl_window_ms: 10 * 60_000,
            repeat_window_ms: 30 * 60_000,
            mix_requests: 20,
            mix_clients: 64,
            mix_window_ms: 30 * 60_000,
            identity: Limits::default(),
            seed: 0x5EED,
            behaviour: BehaviourSettings::default(),
        }
    }
}

/// What is remembered of one client.
#[derive(Default)]
struct Client {
    login: Option<Box<login::Campaign>>,
    missing: Option<Box<web::Probe>>,
    forbidden: Option<Box<web::Probe>>,
    crawl: web::Crawl,
    forms: Option<Box<identity::form::Forms>>,
    mix: mix::Mix,
    crawler: Option<crawler::Crawler>,
    odd: Option<Box<profile::Oddities>>,
    /// When something was last detected about it; the model does not learn from it for a day. Not 0, which saves the room
    /// that tells whether there is one.
    flagged: Option<NonZeroI64>,
}

/// All memory of one stream, real or drill.
struct World {
    clients: Bounded<IpAddr, Client>,
    logins: login::Groups,
    folds: fold::Folds,
    model: mix::Model,
    rules: rules::Memory,
    profiles: profile::Profiles,
    identities: identity::Identities,
    behaviour: Behaviour,
    /// Learns stored events again.
    warming: bool,
}

impl World {
    fn new(settings: &Settings, rules: &Arc<Rules>, drill: bool) -> Self {
        Self {
            rules: rules::Memory::new(rules),
            clients: Bounded::with_grace(CLIENTS_MAX, |client: &Client| client.flagged.map_or(0, |_| GRACE_MS)),
            logins: login::Groups::new(),
            folds: fold::Folds::new(),
            model: mix::Model::default(),
            profiles: profile::Profiles::new(),
            identities: identity::Identities::new(),
            behaviour: Behaviour::new(settings.behaviour, settings.seed, drill),
            warming: false,
        }
    }

    fn observe(&mut self, settings: &Settings, seen: &Seen<'_>, hits: &[Hit], out: &mut Vec<Detection>) {
        let start = out.len();
        let record = seen.record;
        let mut crawler = false;
        self.folds.hits(settings, seen, hits, out);
        if !record.refused {
            self.rules.observe(seen, out);
        }
        if record.alert.is_some() {
            self.folds.alert(settings, seen, out);
        } else if let Some(ip) = seen.ip() {
            let client = self.clients.entry(ip, record.time.0);
            if let Some(success) = seen.login() {
                self.logins.observe(settings, seen, ip, success, client, out);
            }
            if let Some(http) = record.http.as_ref().filter(|_| record.class == Class::HTTP && !record.refused) {
                web::observe(settings, seen, ip, http, client, out);
                identity::form::observe(&settings.identity, seen, ip, http, &mut client.forms, out);
                self.model.count(settings, seen, ip, http, client, out);
                self.profiles.observe(settings, seen, (ip, http), hits, client, out);
            }
            if out[start..].iter().any(|d| d.class != crawler::CLASS) {
                client.flagged = NonZeroI64::new(record.time.0.max(1));
            }
            crawler = client.crawler.is_some();
            self.model.train_if_due(settings, seen, &self.clients);
        }
        if record.alert.is_none() && !(self.warming && self.identities.knows(record.time.0)) {
            self.identities.observe(&settings.identity, seen, start, out);
        }
        if settings.behaviour.on && record.parsed && record.alert.is_none() && !record.refused {
            behaviour::observe(&mut self.behaviour, seen, hits, crawler, start, out);
        }
    }
}

/// The engine.
pub struct Engine {
    settings: Settings,
    rules: Arc<Rules>,
    real: World,
    drill: World,
    named: named::Named,
}

impl Engine {
    /// An engine that knows nobody yet and no written rules.
    #[must_use]
    pub fn new(settings: Settings) -> Self {
        Self::with_rules(settings, Arc::default())
    }

    /// An engine that knows nobody yet.
    #[must_use]
    pub fn with_rules(settings: Settings, rules: Arc<Rules>) -> Self {
        let world = |drill| World::new(&settings, &rules, drill);
        let (real, drill) = (world(false), world(true));
        Self { settings, real, drill, rules, named: named::Named::new() }
    }

    /// What written rules remember of the real events.
    pub fn rules(&mut self) -> &mut rules::Memory {
        &mut self.real.rules
    }

    /// Takes one event in and appends what it proves; `hits` are the inspector's for this request. Ids and incidents of
    /// the detections are left 0 and empty.
    pub fn observe(
        &mut self,
        record: &Record<'_>,
        hits: &[Hit],
        event: EventId,
        source: &str,
        drill: bool,
        out: &mut Vec<Detection>,
    ) {
        let (world, start) = (if drill { &mut self.drill } else { &mut self.real }, out.len());
        match record.client.as_deref().filter(|_| record.src_ip.is_none()) {
            Some(name) => {
                let src_ip = Some(self.named.stand_in(name, record.time.0));
                let record = &Record { src_ip, ..record.clone() };
                world.observe(&self.settings, &Seen { record, event, source, drill }, hits, out);
            }
            None => world.observe(&self.settings, &Seen { record, event, source, drill }, hits, out),
        }
        if out.len() > start {
            self.named.unveil(out, start);
        }
    }

    /// After a restart: learns from a stored event without saying anything.
    pub fn warm(&mut self, record: &Record<'_>, hits: &[Hit], event: EventId, source: &str, drill: bool) {
        self.real.warming = true;
        self.observe(record, hits, event, source, drill, &mut Vec::new());
        self.real.warming = false;
    }

    /// How many addresses of a range are known and have no mark: who else a block of it would hit.
    #[must_use]
    pub fn residents(&self, net: &IpNet, drill: bool) -> usize {
        let world = if drill { &self.drill } else { &self.real };
        world.clients.iter().filter(|(ip, client)| net.contains(*ip) && client.flagged.is_none()).count()
    }

    /// Forgets the drill.
    pub fn forget_drill(&mut self) {
        self.drill = World::new(&self.settings, &self.rules, true);
    }

    /// The model's state in one sentence, e.g. that it is still learning.
    #[must_use]
    pub fn model_state(&self) -> String {
        format!("{}; {}", self.real.model.state(&self.settings), self.real.behaviour.state())
    }

    /// Entities whose behaviour is remembered, and entities in the running windows.
    #[must_use]
    pub fn behaviour_sizes(&self) -> (usize, usize) {
        self.real.behaviour.sizes()
    }

    /// Clients remembered, real and drill.
    #[must_use]
    pub fn clients(&self) -> usize {
        self.real.clients.len() + self.drill.clients.len()
    }
}

#[cfg(test)]
mod tests;
