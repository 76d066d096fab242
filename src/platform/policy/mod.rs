//! The written rules that turn a scored incident into proposed or automatic actions.
//!
//! `parse.rs` reads the TOML and names line and key of every mistake; [`Policy::decide`] is a function of incident,
//! bill and the detection that triggered it. Carries no action out and knows no enforcer. The commented default is
//! `default.toml`.

mod parse;
mod target;

pub use crate::platform::written::Error;
pub use target::Residents;

use crate::api::{ActionKind, Bill, Detection, Incident, Mode, Proposal, Severity, Timestamp};
use crate::text::{Untrusted, human};
use ipnet::IpNet;
use std::net::IpAddr;

/// A policy.
#[derive(Debug, Clone, PartialEq)]
pub struct Policy {
    /// Mode of rules that do not say.
    pub mode: Mode,
    /// How long a block lasts that does not say, in seconds.
    pub ttl_seconds: u64,
    /// Nothing lasts longer, in seconds.
    pub max_ttl_seconds: u64,
    /// Automatic blocks allowed within an hour.
    pub budget_per_hour: u32,
    /// Most addresses without a mark that may live in a range for it to be proposed.
    pub residents: usize,
    /// Never blocked.
    pub allow: Vec<Allow>,
    /// In order; for each action the first that applies decides.
    pub rules: Vec<Rule>,
}

/// An entry of the allow-list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Allow {
    /// Which addresses.
    pub net: IpNet,
    /// Who asked for it.
    pub owner: String,
    /// Why.
    pub reason: String,
    /// Until when; no longer honoured after.
    pub expires: Option<Timestamp>,
}

/// When something applies and what then.
#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    /// Line in the file, so that a proposal can say which rule made it.
    pub line: usize,
    /// Rule names; a trailing `*` matches any rest.
    pub names: Vec<String>,
    /// The incident's score must be at least this.
    pub min_score: u32,
    /// The detection's confidence must be at least this.
    pub min_confidence: f32,
    /// The detection's severity must be at least this.
    pub min_severity: Severity,
    /// So many kinds of evidence must speak against it.
    pub min_kinds: usize,
    /// So many addresses of the incident must share a range.
    pub min_addresses: usize,
    /// How far to go.
    pub mode: Mode,
    /// What to do.
    pub action: ActionKind,
    /// For how long, in seconds.
    pub ttl_seconds: u64,
}

impl Default for Policy {
    /// The embedded default policy.
    fn default() -> Self {
        // The embedded text is part of the program and a test reads it; without it nothing is done automatically.
        Self::parse(Self::default_text()).unwrap_or_else(|_| Self::silent())
    }
}

impl Policy {
    /// Reads a policy.
    ///
    /// # Errors
    /// The first mistake: line, key, what is wrong and what was probably meant.
    pub fn parse(text: &str) -> Result<Self, Error> {
        parse::policy(text)
    }

    /// The embedded default, with comments: what a newcomer copies and changes.
    #[must_use]
    pub const fn default_text() -> &'static str {
        include_str!("default.toml")
    }

    /// A policy that proposes nothing.
    #[must_use]
    pub const fn silent() -> Self {
        Self {
            mode: Mode::Suggest,
            ttl_seconds: 3600,
            max_ttl_seconds: 30 * 86_400,
            budget_per_hour: 50,
            residents: 0,
            allow: Vec::new(),
            rules: Vec::new(),
        }
    }

    /// The allow-list entry that protects an address now.
    #[must_use]
    pub fn allowed(&self, ip: IpAddr, now: Timestamp) -> Option<&Allow> {
        let ip = ip.to_canonical();
        self.allow_list(now).find(|a| a.net.contains(&ip))
    }

    /// The allow-list without what has expired.
    pub fn allow_list(&self, now: Timestamp) -> impl Iterator<Item = &Allow> {
        self.allow.iter().filter(move |a| a.holds(now))
    }

    /// What to do about an incident, given the detection that was just folded into it; its time is now. `residents`
    /// says who else lives in a range.
    #[must_use]
    pub fn decide(
        &self,
        incident: &Incident,
        bill: &Bill,
        trigger: &Detection,
        residents: Residents<'_>,
    ) -> Vec<Proposal> {
        let mut proposals = Vec::new();
        for action in [ActionKind::BlockAddress, ActionKind::BlockRange, ActionKind::RevokeSession] {
            let decided = self.rules.iter().filter(|r| r.action == action).find_map(|rule| {
                // Who lives in a range is counted only when the rest of the rule holds.
                if !rule.applies(incident, bill, trigger) {
                    return None;
                }
                let target = target::of(rule, self.residents, incident, trigger, residents)?;
                Some(self.propose(rule, target, bill, trigger))
            });
            proposals.extend(decided);
        }
        proposals
    }

    fn propose(&self, rule: &Rule, target: target::Target, bill: &Bill, trigger: &Detection) -> Proposal {
        let mut why = format!(
            "policy line {}: {} with confidence {:.2}, incident score {}",
            rule.line,
            crate::text::visible::escape(&trigger.rule),
            trigger.confidence,
            bill.total,
        );
        if target.addresses > 1 {
            let others = match target.residents {
                0 => "nobody else known lives there".to_owned(),
                n => format!("{n} others live there, at most {} may", self.residents),
            };
            why.push_str(&format!("; {} of its addresses are in {}, {others}", target.addresses, target.text));
        }
        let shield = target.net.and_then(|net| self.allow_list(trigger.time).find(|a| overlaps(&a.net, &net)));
        let mut mode = rule.mode.clone();
        if let Some(entry) = shield {
            mode = Mode::None;
            why = format!("on the allow-list: {} ({}, {})", entry.net, show(&entry.owner), show(&entry.reason));
        }
        let ttl_seconds = rule.ttl_seconds.min(self.max_ttl_seconds);
        why.push_str(&format!(
            "; for {}",
            human::duration(i64::try_from(ttl_seconds).unwrap_or(i64::MAX / 1000) * 1000)
        ));
        Proposal {
            kind: rule.action.clone(),
            target: Untrusted::from(target.text),
            ttl_seconds,
            mode,
            why,
            action: None,
        }
    }
}

impl Allow {
    /// Still honoured.
    #[must_use]
    pub fn holds(&self, now: Timestamp) -> bool {
        self.expires.is_none_or(|end| now < end)
    }
}

impl Rule {
    fn applies(&self, incident: &Incident, bill: &Bill, d: &Detection) -> bool {
        self.names.iter().any(|n| covers(n, &d.rule))
            && bill.total >= self.min_score
            && d.confidence >= self.min_confidence
            && d.severity >= self.min_severity
            && incident.kinds.len() >= self.min_kinds
    }
}

/// Whether a policy may name this rule.
#[must_use]
pub fn is_rule(name: &str) -> bool {
    crate::platform::catalogue::is_rule(name)
}

/// `web.*` covers `web.xss`, `*` covers all.
fn covers(pattern: &str, rule: &str) -> bool {
    pattern.strip_suffix('*').map_or(pattern == rule, |head| rule.starts_with(head))
}

fn overlaps(a: &IpNet, b: &IpNet) -> bool {
    a.contains(b) || b.contains(a)
}

fn show(text: &str) -> std::borrow::Cow<'_, str> {
    crate::text::visible::escape(text)
}

#[cfg(test)]
mod tests;
