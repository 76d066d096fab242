//! Sessions in two hands: the same fingerprint from two places at once, or a tool that takes a browser's session over.
//!
//! A phone that changes its address within one network, or goes from the house's network to the carrier's and stays
//! there, is one hand. Two hands are seen in that both go on: there, here, and there again within minutes; or at once in
//! that network and software both change from one request to the next.

use super::super::bounded::{self, Bounded};
use super::super::seen::{Evidence, Finding, Seen, Spec};
use super::Limits;
use super::country;
use super::feature::{Device, Network};
use super::recent::Told;
use crate::api::{Detection, DetectionKind, EntityKind, EntityRef, Severity};
use crate::platform::keyed::hash;
use crate::text::{Untrusted, human};
use serde::{Deserialize, Serialize};

pub(super) const TWO_PLACES: Spec = Spec {
    rule: "session.two_places",
    title: "One session in two places",
    class: "session_theft",
    kind: DetectionKind::Behaviour,
    techniques: &["T1539", "T1550.004"],
};
pub(super) const TAKEN_OVER: Spec = Spec {
    rule: "session.agent_change",
    title: "A tool uses a browser's session",
    class: "session_theft",
    kind: DetectionKind::Behaviour,
    techniques: &["T1539", "T1550.004"],
};

/// Sessions remembered.
const SESSIONS_MAX: usize = 32_768;

#[derive(Default, Serialize, Deserialize)]
struct Session {
    here: Option<Hand>,
    /// The place before this one.
    there: Option<Hand>,
    places: Told,
    agents: Told,
    evidence: Evidence,
}

/// Who held the session last at one place.
#[derive(Serialize, Deserialize)]
struct Hand {
    network: Network,
    ip: std::net::IpAddr,
    country: Box<str>,
    /// Hash and name of the software; nothing where the event does not say.
    device: Option<Software>,
    last: i64,
}

/// Hash, name, and whether it is a tool.
type Software = (u64, Box<str>, bool);

/// All sessions.
#[derive(Serialize, Deserialize)]
pub(super) struct Sessions(#[serde(deserialize_with = "bounded::read::<_, _, _, SESSIONS_MAX>")] Bounded<u64, Session>);

impl Sessions {
    pub fn new() -> Self {
        Self(Bounded::new(SESSIONS_MAX))
    }

    /// Takes an event of a session in.
    pub fn used(&mut self, limits: &Limits, seen: &Seen<'_>, name: &str, out: &mut Vec<Detection>) {
        let (Some(ip), Some(network)) = (seen.ip(), Network::seen(seen)) else { return };
        let session = self.0.entry(hash(name), seen.time());
        let device = Device::seen(seen.record);
        let known = device.map(|d| d.hash());
        // The ordinary case first: same place, same software.
        if let Some(here) = &mut session.here
            && here.network == network
            && (known.is_none() || here.device.as_ref().is_none_or(|h| Some(h.0) == known))
        {
            here.last = here.last.max(seen.time());
            here.ip = ip;
            if here.device.is_none() {
                here.device = device.map(software);
            }
            return;
        }
        let now = Hand {
            network,
            ip,
            country: seen.record.country.as_deref().unwrap_or_default().into(),
            device: device.map(software),
            last: seen.time(),
        };
        session.evidence.add(seen.event);
        session.moved(limits, seen, name, now, out);
    }
}

impl Session {
    /// Somebody else, or the same elsewhere, goes on with the session.
    fn moved(&mut self, limits: &Limits, seen: &Seen<'_>, name: &str, now: Hand, out: &mut Vec<Detection>) {
        let Some(here) = self.here.take() else {
            self.here = Some(now);
            return;
        };
        let silence = now.last.saturating_sub(here.last);
        let soon = (0..=limits.session_ms).contains(&silence);
        let other_software = matches!((&here.device, &now.device), (Some(a), Some(b)) if a.0 != b.0);
        if here.network == now.network {
            let tool = now.device.as_ref().is_some_and(|d| d.2) && here.device.as_ref().is_some_and(|d| !d.2);
            if soon && tool && self.agents.is_news(now.last, 1, limits.repeat_ms) {
                let (old, new) = (device(&here), device(&now));
                let why = format!(
                    "used by {new} {} after {old}, both in {}; would not have alerted for another browser, or after {}",
                    human::duration(silence),
                    now.network,
                    human::duration(limits.session_ms),
                );
                out.push(self.finding(seen, &TAKEN_OVER, Severity::Medium, 0.6, name, why));
            }
            self.here = Some(now);
            return;
        }
        // There, here and there again: the one that was there never left.
        let back = self.there.as_ref().filter(|t| t.network == now.network);
        let away = back.map(|t| now.last.saturating_sub(t.last)).filter(|away| (0..=limits.session_ms).contains(away));
        let far = far(&here, &now) > limits.travel_km;
        let told = match (away, other_software, far) {
            (Some(_), true, true) => Some((Severity::High, 0.9)),
            (Some(_), true, false) | (None, true, true) if soon => Some((Severity::High, 0.8)),
            (Some(_), false, true) => Some((Severity::Medium, 0.7)),
            (None, true, false) if soon => Some((Severity::Medium, 0.65)),
            _ => None,
        };
        if let Some((severity, confidence)) = told.filter(|_| self.places.is_news(now.last, 1, limits.repeat_ms)) {
            let again = away.map(|a| format!(", and {} earlier there as well", human::duration(a))).unwrap_or_default();
            let why = format!(
                "used from {} with {} {} after use from {} with {}{again}; would not have alerted with the same software in \
                 neighbouring countries, or after {}",
                place(&now),
                device(&now),
                human::duration(silence),
                place(&here),
                device(&here),
                human::duration(limits.session_ms),
            );
            out.push(self.finding(seen, &TWO_PLACES, severity, confidence, name, why));
        }
        self.there = Some(here);
        self.here = Some(now);
    }

    fn finding(
        &self,
        seen: &Seen<'_>,
        spec: &Spec,
        severity: Severity,
        confidence: f32,
        name: &str,
        why: String,
    ) -> Detection {
        let entity = EntityRef { kind: EntityKind::Session, value: name.into() };
        let evidence = &self.evidence;
        let count = evidence.list().len() as u64;
        let mut d = seen.detection(spec, Finding { severity, confidence, entity, why, evidence, count });
        d.user = seen.record.user.as_deref().map(Untrusted::from);
        d
    }
}

/// Kilometres between the countries of two hands, 0 where that is not known.
fn far(a: &Hand, b: &Hand) -> f64 {
    let place = |h: &Hand| country::place(&h.country);
    if a.country == b.country {
        return 0.0;
    }
    place(a).zip(place(b)).map_or(0.0, |(a, b)| a.apart(&b))
}

fn software(device: Device<'_>) -> Software {
    (device.hash(), device.to_string().into(), device.is_tool())
}

fn place(hand: &Hand) -> String {
    match &*hand.country {
        "" => format!("{} ({})", hand.ip, hand.network),
        country => format!("{} ({country}, {})", hand.ip, hand.network),
    }
}

fn device(hand: &Hand) -> &str {
    hand.device.as_ref().map_or("software it does not name", |d| &d.1)
}
