//! nftables: drops packets in the kernel, in one table of our own.
//!
//! Every change is one transaction given to `nft -f -`; what others put into the firewall is never touched. Start at
//! `apply` and `read_back`; `elements` says what the sets hold, `script` how it is written, `listing` how it is read.

pub mod command;
pub mod elements;
pub mod listing;
pub mod script;

#[cfg(test)]
mod kernel_test;

use super::{Desired, Enforcer, Fault, Findings, Order};
use crate::api::{EnforcerPlan, Timestamp};
use crate::platform::respond::target::Target;
use crate::text::visible;
use elements::{Element, Elements, FOREVER, bounds};
use listing::Listing;
use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// The kernel counts in its own ticks and nft prints whole seconds.
const SLACK_S: i64 = 2;

/// What it is configured with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// `enforcers.nftables = true` in the settings.
    pub enabled: bool,
    /// Name of our table in family `inet`: letters, digits and `_`.
    pub table: String,
    /// What to put before `nft`, e.g. `ip netns exec NAME`.
    pub prefix: Vec<String>,
    /// Longest wait for nft.
    pub patience: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self { enabled: false, table: "watchfloor".into(), prefix: Vec::new(), patience: Duration::from_secs(5) }
    }
}

/// The nftables enforcer.
pub struct Nftables {
    settings: Settings,
    /// Why it does not take part; nothing when it does.
    absent: Option<String>,
    /// What the table holds as far as we know; nothing when unsure, so that it is written anew.
    written: Mutex<Option<Elements>>,
}

impl Nftables {
    /// Finds out whether nftables can be used: enabled, installed, permitted. Changes nothing.
    #[must_use]
    pub fn new(settings: Settings) -> Self {
        let mut made = Self { settings, absent: None, written: Mutex::default() };
        made.absent = made.why_absent();
        made
    }

    fn why_absent(&self) -> Option<String> {
        let table = &self.settings.table;
        if !self.settings.enabled {
            return Some("not enabled; set enforcers.nftables = true in the settings to use it".into());
        }
        let word = table.len() <= 30 && table.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
        if !word || !table.starts_with(|c: char| c.is_ascii_alphabetic()) {
            return Some(format!("\"{}\" is no table name (letters, digits, _)", visible::escape(table)));
        }
        let dry = script::whole(table, &Elements::new(), Timestamp(0));
        self.nft(&["-c", "-f", "-"], &dry).err().map(|fault| format!("cannot be used: {fault}"))
    }

    /// Removes our table, and nothing else.
    ///
    /// # Errors
    /// What nft answered.
    pub fn teardown(&self) -> Result<(), Fault> {
        if self.absent.is_some() {
            return Ok(());
        }
        let mut written = self.written.lock().unwrap_or_else(PoisonError::into_inner);
        *written = None;
        self.nft(&["-f", "-"], &script::remove(&self.settings.table)).map(|_| ())
    }

    fn nft(&self, arguments: &[&str], input: &str) -> Result<String, Fault> {
        let tail = std::iter::once("nft").chain(arguments.iter().copied()).map(str::to_owned);
        let words: Vec<String> = self.settings.prefix.iter().cloned().chain(tail).collect();
        let output = command::run(&words, input, self.settings.patience).map_err(Fault)?;
        if output.success {
            return Ok(output.out);
        }
        let first: Vec<&str> = output.err.lines().take(2).collect();
        let said: String = first.join(" ").chars().take(300).collect();
        Err(Fault(format!("nft answered \"{}\"", visible::escape(&said))))
    }

    /// What the kernel holds; nothing when our table is not there.
    fn list(&self) -> Result<Option<Listing>, Fault> {
        match self.nft(&["-j", "list", "table", "inet", &self.settings.table], "") {
            Ok(json) => listing::read(&json).map(Some).map_err(Fault),
            Err(fault) if fault.0.contains("No such file or directory") => Ok(None),
            Err(fault) => Err(fault),
        }
    }

    fn write(&self, script: &str) -> Result<(), Fault> {
        self.nft(&["-f", "-"], script).map(|_| ())
    }
}

impl Enforcer for Nftables {
    fn name(&self) -> &'static str {
        "nftables"
    }

    fn plan(&self, target: &Target) -> EnforcerPlan {
        let (takes_part, why) = match (&self.absent, target) {
            (Some(why), _) => (false, why.clone()),
            (None, Target::Session(_)) => (false, "it sees packets, not sessions".into()),
            (None, _) => (true, format!("drops their packets, table inet {}", self.settings.table)),
        };
        EnforcerPlan { enforcer: self.name().into(), takes_part, why }
    }

    fn apply(&self, desired: &Desired, now: Timestamp) -> Result<String, Fault> {
        if self.absent.is_some() {
            return Ok("takes no part".into());
        }
        let after = elements::of(desired, now);
        let mut written = self.written.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(before) = written.take() {
            let script = script::change(&self.settings.table, &before, &after, now);
            // If a change does not go through, the table is not what we think: write it anew.
            if script.is_empty() || self.write(&script).is_ok() {
                *written = Some(after);
                let lines = script.lines().count();
                return Ok(format!("one transaction of {lines} commands taken by the kernel"));
            }
        }
        let nothing = after.keys().all(|e| !e.set.is_timed());
        if nothing && self.list()?.is_none() {
            return Ok("nothing to hold, no table needed".into());
        }
        self.write(&script::whole(&self.settings.table, &after, now))?;
        let held = after.len();
        *written = Some(after);
        Ok(format!("table written anew with {held} elements in one transaction"))
    }

    fn read_back(&self, desired: &Desired, now: Timestamp) -> Result<Findings, Fault> {
        if self.absent.is_some() {
            return Ok(Findings { detail: "takes no part".into(), ..Findings::default() });
        }
        let listing = self.list()?;
        let findings = compare(&elements::of(desired, now), listing.as_ref(), &desired.orders, now);
        if !findings.agree() {
            *self.written.lock().unwrap_or_else(PoisonError::into_inner) = None;
        }
        Ok(findings)
    }
}

/// Measures what the kernel holds against what it should hold.
fn compare(wanted: &Elements, listing: Option<&Listing>, orders: &[Order], now: Timestamp) -> Findings {
    let Some(listing) = listing else {
        let missing = orders.iter().filter(|o| o.until > now && o.target.net().is_some()).map(|o| o.action).collect();
        return Findings { detail: "our table is not there".into(), missing, extra: Vec::new() };
    };
    let left = |until: Timestamp| until.0.saturating_sub(now.0) / 1000;
    let lacking = |(element, until): &(&Element, &Timestamp)| match listing.elements.get(element) {
        // About to end: the kernel may have been quicker.
        None => **until == FOREVER || left(**until) > SLACK_S,
        Some(None) => **until != FOREVER,
        Some(Some(held)) => left(**until).abs_diff(i64::try_from(*held).unwrap_or(i64::MAX)) > SLACK_S.unsigned_abs(),
    };
    let lacking: BTreeSet<&Element> = wanted.iter().filter(lacking).map(|(element, _)| element).collect();
    let mut extra = listing.odd.clone();
    let surplus = listing.elements.iter().filter(|(element, left)| {
        !wanted.contains_key(element) && left.is_none_or(|l| i64::try_from(l).unwrap_or(i64::MAX) > SLACK_S)
    });
    extra.extend(surplus.map(|(element, _)| format!("{} {}", element.set.name(), element.text())));
    extra.extend(lacking.iter().filter(|e| !e.set.is_timed()).map(|e| format!("{} lacks {}", e.set.name(), e.text())));
    let hit = |order: &&Order| {
        let Some((first, last)) = order.target.net().map(bounds) else { return false };
        let four = order.target.net().is_some_and(|n| matches!(n, ipnet::IpNet::V4(_)));
        // With foreign rules in our chains nothing is sure to be dropped.
        let own = |e: &&&Element| {
            e.set.is_timed()
                && e.set.is_four() == four
                && e.set.is_interval() == matches!(order.target, Target::Range(_))
                && e.first <= last
                && first <= e.last
        };
        order.until > now && (!listing.odd.is_empty() || lacking.iter().any(|e| own(&e)))
    };
    let missing = orders.iter().filter(hit).map(|o| o.action).collect();
    let detail = format!("{} elements in the kernel, {} packets dropped", listing.elements.len(), listing.dropped);
    Findings { detail, missing, extra }
}
