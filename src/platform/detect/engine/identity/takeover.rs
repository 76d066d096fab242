//! A login that succeeds where others were guessing: out of a range that was told about, or for a user whom many
//! addresses tried, from a network that user never came from.

use super::super::bounded::{self, Bounded};
use super::super::login::ENTERED;
use super::super::seen::Seen;
use super::Limits;
use super::feature::Network;
use super::recent::{Recent, Told};
use super::signin::finding;
use crate::api::{Detection, EntityKind, Severity};
use crate::platform::keyed::hash;
use crate::text::human;
use ipnet::IpNet;
use serde::{Deserialize, Serialize};

const RANGES_MAX: usize = 8_192;
const USERS_MAX: usize = 16_384;
/// Addresses that failed, and networks that got in, remembered per user.
const ADDRESSES_MAX: usize = 32;
const NETWORKS_MAX: usize = 8;

#[derive(Default, Serialize, Deserialize)]
struct User {
    failed: Recent,
    known: Recent,
    told: Told,
}

/// Who is being attacked, and from where.
#[derive(Serialize, Deserialize)]
pub(super) struct Takeovers {
    #[serde(deserialize_with = "bounded::read::<_, _, _, RANGES_MAX>")]
    ranges: Bounded<IpNet, i64>,
    #[serde(deserialize_with = "bounded::read::<_, _, _, USERS_MAX>")]
    users: Bounded<u64, User>,
}

impl Takeovers {
    pub fn new() -> Self {
        Self { ranges: Bounded::new(RANGES_MAX), users: Bounded::new(USERS_MAX) }
    }

    /// Takes a login in, with what was told of it so far from `start` on.
    pub fn login(&mut self, limits: &Limits, seen: &Seen<'_>, success: bool, start: usize, out: &mut Vec<Detection>) {
        let (Some(ip), Some(network), time) = (seen.ip(), Network::seen(seen), seen.time()) else { return };
        for d in out.iter().skip(start).filter(|d| d.entity.kind == EntityKind::Range) {
            if let Ok(range) = d.entity.value.raw().parse::<IpNet>() {
                *self.ranges.entry(range, time) = time;
            }
        }
        let Some(name) = seen.record.user.as_deref() else { return };
        let user = self.users.entry(hash(name), time);
        if !success {
            user.failed.add(ADDRESSES_MAX, ip, time);
            return;
        }
        let familiar = user.known.last(network).is_some();
        let told = out.iter().skip(start).any(|d| d.rule == ENTERED.rule);
        let range = IpNet::new(ip, if ip.is_ipv4() { 24 } else { 48 }).map(|net| net.trunc()).ok();
        let hostile = range.and_then(|r| self.ranges.get(&r).map(|at| (r, time.saturating_sub(*at))));
        let hostile = hostile.filter(|(_, ago)| (0..=limits.takeover_ms).contains(ago));
        let tried = user.failed.within(time, limits.takeover_ms);
        let why = match hostile {
            _ if familiar || told => None,
            Some((range, ago)) => Some((
                Severity::High,
                0.8,
                format!(
                    "login from {ip}, in {range}, out of which passwords were guessed until {} ago; the user never came from \
                     {network} before; would not have alerted from a network the user knows, or after {}",
                    human::duration(ago),
                    human::duration(limits.takeover_ms),
                ),
            )),
            None if tried >= limits.takeover_addresses && user.known.len() > 0 => Some((
                Severity::Medium,
                0.6,
                format!(
                    "login from {ip} in {network}, from where this user never came, after {tried} addresses failed for the \
                     user within {}; would not have alerted below {} addresses or from a network the user knows",
                    human::duration(limits.takeover_ms),
                    limits.takeover_addresses,
                ),
            )),
            None => None,
        };
        if let Some((severity, confidence, why)) = why {
            if user.told.is_news(time, 1, limits.repeat_ms) {
                out.push(finding(seen, &ENTERED, severity, confidence, why));
            }
        } else if !told {
            user.known.add(NETWORKS_MAX, network, time);
            // Who got in from there has explained his own failures there.
            user.failed.remove(ip);
        }
    }
}
