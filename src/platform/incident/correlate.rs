//! Where a detection belongs: by address, by range when the campaign is evidently one, by user when the user is what
//! the campaign is about; always by time; and drill and real never mix.

use super::{ADDRESS_WINDOW_MS, CAMPAIGN_WINDOW_MS, File, as_prior};
use crate::api::{Detection, EntityKind, EntityRef, Incident, IncidentId, IncidentState, Timestamp};
use crate::platform::score::Prior;
use ipnet::IpNet;
use std::collections::HashMap;
use std::net::IpAddr;

/// Most entities remembered; beyond that the longest silent ones are forgotten.
pub const ENTITIES_KEPT: usize = 100_000;
/// Incidents remembered per entity.
const PER_ENTITY: usize = 16;
/// Event time between two sweeps.
const SWEEP_MS: i64 = 60_000;

type Key = (bool, EntityRef);

/// Which incidents an entity was part of.
#[derive(Debug, Default)]
pub(super) struct Index {
    seen: HashMap<Key, Trace>,
    swept: Timestamp,
}

#[derive(Debug, Default)]
struct Trace {
    last: Timestamp,
    incidents: Vec<Prior>,
}

impl Index {
    /// The incident a detection belongs to: the address's own, else the campaign that its range or user is part of.
    pub fn find(&self, d: &Detection, files: &HashMap<IncidentId, File>) -> Option<IncidentId> {
        let takes = |key: EntityRef, window: i64| {
            let trace = self.seen.get(&(d.drill, key))?;
            trace.incidents.iter().rev().map(|p| p.id).find(|id| files.get(id).is_some_and(|f| accepts(f, d, window)))
        };
        let own = d.src_ip.map(EntityRef::address);
        if let Some(id) = own.and_then(|key| takes(key, ADDRESS_WINDOW_MS)) {
            return Some(id);
        }
        if d.entity.kind != EntityKind::Address
            && let Some(id) = takes(d.entity.clone(), CAMPAIGN_WINDOW_MS)
        {
            return Some(id);
        }
        if d.rule.starts_with("auth.") {
            let range = d.src_ip.map(range_of).and_then(|key| takes(key, CAMPAIGN_WINDOW_MS));
            let user = || {
                let id = takes(EntityRef::user(d.user.clone()?), CAMPAIGN_WINDOW_MS)?;
                // A name that everybody tries ("root") joins strangers only where the name is what it is about.
                files.get(&id).is_some_and(|f| f.incident.entity.kind == EntityKind::User).then_some(id)
            };
            if let Some(id) = range.or_else(user) {
                return Some(id);
            }
        }
        // A campaign that has just been recognised as one takes in the open incident of its first address.
        let range: IpNet = (d.entity.kind == EntityKind::Range).then(|| d.entity.value.raw().parse().ok())??;
        files
            .values()
            .filter(|f| f.incident.entity.kind == EntityKind::Address && accepts(f, d, CAMPAIGN_WINDOW_MS))
            .filter(|f| f.incident.rules.iter().any(|r| r.starts_with("auth.")))
            .filter(|f| f.incident.entity.value.raw().parse::<IpAddr>().is_ok_and(|ip| range.contains(&ip)))
            .map(|f| f.incident.id)
            .min()
    }

    /// Earlier incidents of whom a new incident is about.
    pub fn history(&self, d: &Detection, files: &HashMap<IncidentId, File>) -> Vec<Prior> {
        let key = d.src_ip.map_or_else(|| d.entity.clone(), EntityRef::address);
        let Some(trace) = self.seen.get(&(d.drill, key)) else { return Vec::new() };
        let fresh = |p: &Prior| files.get(&p.id).map_or_else(|| p.clone(), |f| as_prior(&f.incident));
        trace.incidents.iter().map(fresh).collect()
    }

    /// Notes whom a detection connects with an incident.
    pub fn note(&mut self, d: &Detection, id: IncidentId) {
        for entity in entities(d) {
            self.put((d.drill, entity), Prior { id, last: d.time, verdict: None });
        }
    }

    /// Notes a stored incident.
    pub fn learn(&mut self, incident: &Incident) {
        let own = std::iter::once(&incident.entity);
        for entity in incident.entities.iter().chain(own) {
            self.put((incident.drill, entity.clone()), as_prior(incident));
        }
    }

    /// Time for a sweep; the index drops its oldest entries on that occasion.
    pub fn due(&mut self, time: Timestamp) -> bool {
        if time.0.saturating_sub(self.swept.0) < SWEEP_MS {
            return false;
        }
        self.swept = time;
        true
    }

    /// How many entities are remembered.
    #[cfg(test)]
    pub fn len(&self) -> usize {
        self.seen.len()
    }

    pub fn forget_drill(&mut self) {
        self.seen.retain(|(drill, _), _| !drill);
    }

    fn put(&mut self, key: Key, prior: Prior) {
        if self.seen.len() >= ENTITIES_KEPT && !self.seen.contains_key(&key) {
            self.shrink();
        }
        let trace = self.seen.entry(key).or_default();
        trace.last = trace.last.max(prior.last);
        match trace.incidents.iter_mut().find(|p| p.id == prior.id) {
            Some(known) => {
                known.last = known.last.max(prior.last);
                known.verdict = prior.verdict.or_else(|| known.verdict.take());
            }
            None => {
                if trace.incidents.len() >= PER_ENTITY {
                    trace.incidents.remove(0);
                }
                trace.incidents.push(prior);
            }
        }
    }

    /// Forgets the quarter that has been silent longest.
    fn shrink(&mut self) {
        let mut times: Vec<i64> = self.seen.values().map(|t| t.last.0).collect();
        let quarter = times.len() / 4;
        let (_, bound, _) = times.select_nth_unstable(quarter);
        let bound = *bound;
        self.seen.retain(|_, t| t.last.0 > bound);
    }
}

/// Whether an incident may still take this detection in.
fn accepts(file: &File, d: &Detection, window: i64) -> bool {
    let incident = &file.incident;
    let near = d.time.0.saturating_sub(incident.last_event.0) <= window
        && incident.first_event.0.saturating_sub(d.time.0) <= window;
    let willing = match incident.state {
        // Put aside: more of the same stays there, something new is worth a new look.
        IncidentState::Archived => incident.rules.contains(&d.rule),
        ref state => state.is_open(),
    };
    near && willing && incident.drill == d.drill
}

/// Everybody a detection is about.
pub(super) fn entities(d: &Detection) -> Vec<EntityRef> {
    let mut all = vec![d.entity.clone()];
    all.extend(d.src_ip.map(EntityRef::address));
    all.extend(d.user.clone().map(EntityRef::user));
    if d.rule == "auth.spray_distributed" {
        all.extend(d.src_ip.map(range_of).filter(|_| d.entity.kind == EntityKind::Range));
    }
    all.dedup();
    all
}

/// The /24 (IPv4) or /48 (IPv6) an address is in.
fn range_of(ip: IpAddr) -> EntityRef {
    let ip = ip.to_canonical();
    let bits = if ip.is_ipv4() { 24 } else { 48 };
    let range = IpNet::new(ip, bits).map(|net| net.trunc().to_string()).unwrap_or_default();
    EntityRef { kind: EntityKind::Range, value: range.into() }
}
