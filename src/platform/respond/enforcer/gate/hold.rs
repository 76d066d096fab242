//! The gate as an enforcer: taking over what should be held, reading it back, probing it.

use super::super::probe::{self, Seen};
use super::super::rules::Rules;
use super::super::{Desired, Enforcer, Fault, Findings};
use super::{Gate, held};
use crate::api::{ActionId, EnforcerPlan, Timestamp};
use crate::platform::ask::Answer;
use crate::platform::respond::target::Target;
use ipnet::IpNet;
use std::net::IpAddr;
use std::sync::{Arc, PoisonError};

impl Gate {
    /// One probe, over the listener where there is one.
    fn try_one(&self, client: IpAddr, session: Option<&str>, now: Timestamp) -> Result<Seen, Fault> {
        let listener = *self.listener.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(address) = listener {
            return probe::ask(address, &self.nonce, client, session);
        }
        let answer = held(&self.rules(), client, session.into_iter(), now).0;
        Ok(if answer == Answer::Pass { Seen::Open } else { Seen::Refused(answer.status()) })
    }
}

impl Enforcer for Gate {
    fn name(&self) -> &'static str {
        "gate"
    }

    fn immediate(&self) -> bool {
        true
    }

    fn plan(&self, target: &Target) -> EnforcerPlan {
        let why = match target {
            Target::Session(_) => "answers 401 to every request of this session that the proxy asks about",
            _ => "answers 403 to every request of these addresses that the proxy asks about",
        };
        EnforcerPlan { enforcer: self.name().into(), takes_part: true, why: why.into() }
    }

    fn apply(&self, desired: &Desired, _: Timestamp) -> Result<String, Fault> {
        let rules = Arc::new(Rules::new(desired, &self.rules()));
        let held = rules.len();
        *self.rules.write().unwrap_or_else(PoisonError::into_inner) = rules;
        Ok(format!("rules replaced, {held} held"))
    }

    fn read_back(&self, desired: &Desired, now: Timestamp) -> Result<Findings, Fault> {
        let rules = self.rules();
        let missing = desired.orders.iter().filter(|o| o.until > now && !rules.holds(o)).map(|o| o.action).collect();
        let surplus = Rules::new(desired, &rules).len() != rules.len();
        Ok(Findings {
            detail: format!("{} held in memory", rules.len()),
            missing,
            extra: if surplus { vec![format!("the gate holds {} rules", rules.len())] } else { Vec::new() },
        })
    }

    fn probe(&self, target: &Target, desired: &Desired, now: Timestamp) -> Option<Result<String, Fault>> {
        let judge = |client: IpAddr, session: Option<&str>| {
            let wanted = match session {
                Some(name) => desired.revokes(name, now),
                None => desired.blocks(client, now),
            };
            let what = session.map_or_else(|| client.to_string(), |s| format!("session {s}"));
            match (self.try_one(client, session, now)?, wanted) {
                (Seen::Refused(code), true) => Ok(format!("{what} is refused with {code}")),
                (Seen::Open, false) => Ok(format!("{what} is let pass")),
                (Seen::Refused(code), false) => Err(Fault(format!("{what} is still refused with {code}"))),
                (Seen::Open, true) => Err(Fault(format!("{what} is let pass although it should be refused"))),
            }
        };
        let results: Result<Vec<String>, Fault> = match target {
            // An address reserved for documentation (RFC 5737) that nobody asks the gate about.
            Target::Session(name) => judge(quiet(desired, now)?, Some(name)).map(|said| vec![said]),
            Target::Address(ip) => judge(*ip, None).map(|said| vec![said]),
            Target::Range(net) => samples(*net).into_iter().map(|ip| judge(ip, None)).collect(),
        };
        Some(results.map(|said| format!("probed: {}", said.join(", "))))
    }

    fn refused(&self, action: ActionId) -> u64 {
        self.rules().refused(action)
    }
}

/// A documentation address that is not blocked itself, to probe sessions from.
fn quiet(desired: &Desired, now: Timestamp) -> Option<IpAddr> {
    let ips = (1..255u8).rev().map(|last| IpAddr::from([192, 0, 2, last]));
    ips.into_iter().find(|ip| !desired.blocks(*ip, now))
}

/// Both ends and the middle of a range.
fn samples(net: IpNet) -> Vec<IpAddr> {
    let (first, last) = (net.network(), net.broadcast());
    let middle = match (first, last) {
        (IpAddr::V4(a), IpAddr::V4(b)) => {
            IpAddr::from((u32::from(a) + (u32::from(b) - u32::from(a)) / 2).to_be_bytes())
        }
        (IpAddr::V6(a), IpAddr::V6(b)) => {
            IpAddr::from((u128::from(a) + (u128::from(b) - u128::from(a)) / 2).to_be_bytes())
        }
        (first, _) => first,
    };
    let mut all = vec![first, middle, last];
    all.dedup();
    all
}
