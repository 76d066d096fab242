//! A policy tried over the past: what it would have proposed for incidents that are stored, beside what the policy in
//! force says of them. Both are asked the same, so that what differs is the policies.

use super::policy::Policy;
use super::{Platform, desk};
use crate::api::time::DAY_MS;
use crate::api::{
    IncidentDetail, List, Mode, PolicyChange, PolicyPaper, PolicyRehearsal, PolicyTrial, Problem, Proposal,
};
use crate::text::Untrusted;
use ipnet::IpNet;
use std::io::ErrorKind;

/// Most incidents that are tried.
const INCIDENTS: u32 = 500;
/// The longest policy, in bytes.
const LENGTH: usize = 256 * 1024;

impl Platform {
    /// The policy as it stands.
    pub(super) fn policy_paper(&self) -> PolicyPaper {
        let (found, text, fault) = match std::fs::read_to_string(&self.policy_file) {
            Ok(text) => (true, text, None),
            Err(e) if e.kind() == ErrorKind::NotFound => (false, Policy::default_text().to_owned(), None),
            Err(e) => (true, String::new(), Some(e.to_string())),
        };
        let read = match fault {
            Some(why) => Err(why),
            None => Policy::parse(&text).map_err(|e| e.to_string()),
        };
        PolicyPaper {
            file: self.policy_file.display().to_string().into(),
            found,
            text: text.into(),
            default: Policy::default_text().to_owned(),
            in_force: read.as_ref().is_ok_and(|policy| *policy == *self.policy()),
            fault: read.err().map(Untrusted::from),
        }
    }

    /// Tries a policy over the incidents of the last days.
    pub(super) fn rehearse(&self, trial: &PolicyTrial) -> Result<PolicyRehearsal, Problem> {
        let days = i64::from(trial.days.unwrap_or(7).clamp(1, 90));
        let since = self.now().plus(-days * DAY_MS);
        let faulty = |why: Untrusted| PolicyRehearsal { fault: Some(why), since, ..PolicyRehearsal::default() };
        let paper = self.policy_paper();
        let text = match &trial.text {
            Some(text) if text.raw().len() > LENGTH => return Ok(faulty("it is longer than 256 KiB".into())),
            Some(text) => text,
            None => &paper.text,
        };
        let tried = match (Policy::parse(text.raw()), paper.fault) {
            (_, Some(why)) if trial.text.is_none() => return Ok(faulty(why)),
            (Err(e), _) => return Ok(faulty(e.to_string().into())),
            (Ok(policy), _) => policy,
        };
        let list = List { since: Some(since), limit: Some(INCIDENTS), ..List::default() };
        let page = self.store.incidents(&list).map_err(desk::unavailable)?;
        let policy = self.policy();
        let mut rehearsal = PolicyRehearsal { since, more: page.next.is_some(), ..PolicyRehearsal::default() };
        for incident in page.items {
            let Some(detail) = self.store.incident(incident.id).map_err(desk::unavailable)? else { continue };
            compare(&mut rehearsal, &detail, (&policy, &tried));
        }
        Ok(rehearsal)
    }
}

fn compare(rehearsal: &mut PolicyRehearsal, detail: &IncidentDetail, (now, tried): (&Policy, &Policy)) {
    if detail.detections.is_empty() {
        return;
    }
    rehearsal.incidents += 1;
    let (before, after) = (strongest(now, detail), strongest(tried, detail));
    tally(&mut rehearsal.before, &before);
    tally(&mut rehearsal.after, &after);
    let told = |all: &[Proposal]| -> Vec<_> {
        all.iter().map(|p| (p.kind.clone(), p.target.clone(), p.mode.clone(), p.ttl_seconds)).collect()
    };
    if told(&before) != told(&after) {
        let incident = &detail.incident;
        rehearsal.changes.push(PolicyChange {
            incident: incident.id,
            title: incident.title.clone(),
            severity: incident.severity.clone(),
            score: incident.score,
            before,
            after,
        });
    }
}

/// How far a policy goes with each target of an incident, over all detections that are kept of it. Who lived in a range
/// at the time is not kept: as if it were full, so that no range is proposed.
fn strongest(policy: &Policy, detail: &IncidentDetail) -> Vec<Proposal> {
    let full = |_: &IpNet| usize::MAX;
    let mut all: Vec<Proposal> = Vec::new();
    for detection in detail.detections.iter().rev() {
        for proposal in policy.decide(&detail.incident, &detail.bill, detection, &full) {
            match all.iter_mut().find(|p| p.kind == proposal.kind && p.target == proposal.target) {
                Some(known) if step(&known.mode) < step(&proposal.mode) => *known = proposal,
                Some(_) => {}
                None => all.push(proposal),
            }
        }
    }
    all
}

/// How far a mode goes: nothing for what is neither suggested, asked nor done.
fn step(mode: &Mode) -> Option<usize> {
    [Mode::Suggest, Mode::Ask, Mode::Act].iter().position(|m| m == mode)
}

fn tally(counts: &mut [u64; 3], proposals: &[Proposal]) {
    proposals.iter().filter_map(|p| step(&p.mode)).for_each(|i| counts[i] += 1);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::{Bill, Detection, EntityRef, Incident, IncidentId, Severity, Timestamp};

    fn detail() -> IncidentDetail {
        let detection: Detection = serde_json::from_value(serde_json::json!({
            "id": 1, "time": "2026-11-21T20:00:00.000Z", "rule": "web.xss", "title": "Cross-site scripting",
            "class": "xss", "kind": "rule", "severity": "high", "confidence": 0.95,
            "entity": {"kind": "address", "value": "198.51.100.7"}, "src_ip": "198.51.100.7", "user": null,
            "why": "", "evidence": [], "evidence_count": 1, "techniques": [], "source": "log", "incident": 1,
            "refused": false, "drill": false,
        }))
        .unwrap();
        let incident: Incident = serde_json::from_value(serde_json::json!({
            "id": 1, "revision": 1, "state": "new", "title": "Cross-site scripting", "severity": "high", "score": 70,
            "entity": EntityRef::address([198, 51, 100, 7].into()), "entities": [], "rules": ["web.xss"],
            "techniques": [], "detections": 1, "events": 1, "opened": Timestamp(0), "updated": Timestamp(0),
            "first_event": Timestamp(0), "last_event": Timestamp(0), "contained": null, "owner": null, "verdict": null,
            "country": null, "proposals": [], "drill": false,
        }))
        .unwrap();
        IncidentDetail {
            incident,
            bill: Bill { items: Vec::new(), total: 70 },
            timeline: Vec::new(),
            detections: vec![detection],
        }
    }

    fn policy(mode: &str) -> Policy {
        let text = format!(
            "[[rule]]\nwhen = {{ rule = \"web.*\", min_score = 60 }}\nmode = \"{mode}\"\naction = \"block_address\"\n"
        );
        Policy::parse(&text).unwrap_or_else(|e| panic!("{e}: {text}"))
    }

    #[test]
    fn only_what_the_policies_say_differently_is_told() {
        let (ask, act) = (policy("ask"), policy("act"));
        let mut same = PolicyRehearsal::default();
        compare(&mut same, &detail(), (&ask, &ask));
        assert_eq!((same.incidents, same.before, same.after, same.changes.len()), (1, [0, 1, 0], [0, 1, 0], 0));
        let mut other = PolicyRehearsal::default();
        compare(&mut other, &detail(), (&ask, &act));
        assert_eq!((other.before, other.after), ([0, 1, 0], [0, 0, 1]));
        assert_eq!((other.changes[0].incident, &other.changes[0].severity), (IncidentId(1), &Severity::High));
        let mut silent = PolicyRehearsal::default();
        compare(&mut silent, &detail(), (&act, &Policy::silent()));
        assert_eq!((silent.after, silent.changes[0].after.len()), ([0, 0, 0], 0));
    }
}
