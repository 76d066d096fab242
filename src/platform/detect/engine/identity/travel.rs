//! Impossible travel: two successful logins of one user that nobody could make, whatever the plane.
//!
//! Distance is counted between the nearest points that both places may be at (`country.rs`, or the database's own place
//! and accuracy), so that neighbours and one country never are apart. A place the user is known at and a network of
//! many users prove nothing: that is how company gateways and mobile carriers look.

use super::super::bounded::{self, Bounded};
use super::super::seen::{Seen, Spec};
use super::Limits;
use super::country::{self, Place};
use super::feature::Network;
use super::recent::Told;
use super::signin::finding;
use crate::api::{Detection, DetectionKind, Severity};
use crate::text::human;
use serde::{Deserialize, Serialize};
use std::net::IpAddr;

pub(super) const SPEC: Spec = Spec {
    rule: "auth.impossible_travel",
    title: "Impossible travel",
    class: "account_takeover",
    kind: DetectionKind::Behaviour,
    techniques: &["T1078"],
};

/// Users whose last place is remembered.
const USERS_MAX: usize = 16_384;

#[derive(Default, Serialize, Deserialize)]
struct User {
    last: Option<Stay>,
    told: Told,
}

#[derive(Serialize, Deserialize)]
struct Stay {
    time: i64,
    ip: IpAddr,
    network: Network,
    country: Box<str>,
    place: Place,
}

/// Everybody's last place.
#[derive(Serialize, Deserialize)]
pub(super) struct Travel(#[serde(deserialize_with = "bounded::read::<_, _, _, USERS_MAX>")] Bounded<u64, User>);

impl Travel {
    pub fn new() -> Self {
        Self(Bounded::new(USERS_MAX))
    }

    /// Takes a successful login in; `familiar`: its place proves nothing.
    pub fn succeeded(
        &mut self,
        limits: &Limits,
        seen: &Seen<'_>,
        who: u64,
        network: Network,
        familiar: bool,
        out: &mut Vec<Detection>,
    ) {
        let record = seen.record;
        let (Some(ip), Some(country)) = (seen.ip(), record.country.as_deref()) else { return };
        let located = record.location.map(|l| Place {
            latitude: l.latitude,
            longitude: l.longitude,
            // Databases are confident about cities; a carrier's gateway may still be a few hundred kilometres away.
            radius_km: f32::from(l.accuracy_km).max(200.0),
        });
        let Some(place) = located.or_else(|| country::place(country)) else { return };
        let user = self.0.entry(who, seen.time());
        let now = Stay { time: seen.time(), ip, network, country: country.into(), place };
        let Some(before) = &user.last else {
            user.last = Some(now);
            return;
        };
        if now.time < before.time {
            return;
        }
        let impossible = !familiar && now.network != before.network && now.country != before.country;
        if let Some(speed) = impossible.then(|| speed(limits, before, &now)).flatten()
            && user.told.is_news(now.time, 1, limits.repeat_ms)
        {
            let km = now.place.apart(&before.place);
            let span = now.time.saturating_sub(before.time);
            let needed = km / limits.travel_kmh * 3_600_000.0;
            #[expect(clippy::cast_possible_truncation, reason = "milliseconds of a journey")]
            let why = format!(
                "login from {} ({}, {network}) {} after one from {} ({}, {}): at least {km:.0} km apart, which takes {speed} \
                 km/h; would not have alerted at {:.0} km/h, that is after {}",
                country,
                now.ip,
                human::duration(span),
                before.country,
                before.ip,
                before.network,
                limits.travel_kmh,
                human::duration(needed as i64),
            );
            out.push(finding(seen, &SPEC, Severity::High, 0.75, why));
        }
        user.last = Some(now);
    }
}

/// The speed it takes, in words, if that is more than anybody's.
fn speed(limits: &Limits, before: &Stay, now: &Stay) -> Option<String> {
    let km = now.place.apart(&before.place);
    if km < limits.travel_km {
        return None;
    }
    #[expect(clippy::cast_precision_loss, reason = "milliseconds between two logins")]
    let hours = now.time.saturating_sub(before.time).max(1) as f64 / 3_600_000.0;
    let kmh = km / hours;
    (kmh > limits.travel_kmh)
        .then(|| if kmh > 100_000.0 { "more than 100,000".to_owned() } else { format!("{kmh:.0}") })
}
