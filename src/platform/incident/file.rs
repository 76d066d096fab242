//! One incident with everything needed to go on with it, and how it grows by detections and proposals.

use super::{correlate, title};
use crate::api::{
    ActionKind, Bill, Detection, EntityKind, EntityRef, Incident, IncidentId, IncidentState, Mode, Proposal,
    TimelineEntry, TimelineKind, Timestamp,
};
use crate::platform::score::{self, Facts};
use crate::text::Untrusted;
use serde::{Deserialize, Serialize};

/// Most entities listed with one incident.
const ENTITIES_MAX: usize = 50;
/// Confidence from which a detection counts as a kind of evidence.
const EVIDENCE_MIN: f32 = 0.5;
/// Most proposals kept with one incident.
const PROPOSALS_MAX: usize = 20;

/// An incident with what is needed to go on with it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct File {
    /// What everybody sees.
    pub incident: Incident,
    /// What the bill is computed from.
    pub facts: Facts,
    /// The bill.
    pub bill: Bill,
    /// New entries since they were last taken; the older ones are in the store.
    #[serde(default)]
    pub timeline: Vec<TimelineEntry>,
}

impl File {
    /// A file from its stored parts.
    #[must_use]
    pub const fn new(incident: Incident, facts: Facts, bill: Bill) -> Self {
        Self { incident, facts, bill, timeline: Vec::new() }
    }

    /// Gives back the room that lists were read with beyond what they hold.
    pub fn shrink(&mut self) {
        self.facts.rules.shrink_to_fit();
        self.facts.prior.shrink_to_fit();
        self.bill.items.shrink_to_fit();
        self.incident.rules.shrink_to_fit();
        self.incident.techniques.shrink_to_fit();
        self.incident.entities.shrink_to_fit();
        self.incident.kinds.shrink_to_fit();
    }

    /// The new timeline entries, to be stored.
    pub fn take_timeline(&mut self) -> Vec<TimelineEntry> {
        std::mem::take(&mut self.timeline)
    }

    /// Says where the address is; context only.
    pub fn set_country(&mut self, country: &str) {
        if self.incident.country.is_none() {
            self.incident.country = Some(country.into());
            self.facts.country = Some(country.to_owned());
            self.rebill();
        }
    }

    /// Takes in what the policy proposes and returns what is new or has become more urgent; the rest was known.
    pub fn propose(&mut self, proposals: Vec<Proposal>, now: Timestamp) -> Vec<Proposal> {
        let mut fresh = Vec::new();
        for proposal in proposals {
            let full = self.incident.proposals.len() >= PROPOSALS_MAX;
            let known =
                self.incident.proposals.iter_mut().find(|p| p.kind == proposal.kind && p.target == proposal.target);
            match known {
                Some(old) if urgency(&old.mode) >= urgency(&proposal.mode) => continue,
                Some(old) => *old = Proposal { action: old.action, ..proposal.clone() },
                None if full => continue,
                None => self.incident.proposals.push(proposal.clone()),
            }
            let text = format!(
                "{}: {} {} ({})",
                proposal.mode.label(),
                word(&proposal.kind),
                proposal.target.cell(64),
                proposal.why
            );
            self.enter(now, TimelineKind::Action, "policy", text);
            self.changed(now);
            fresh.push(proposal);
        }
        fresh
    }

    pub(super) fn take_in(&mut self, d: &Detection, now: Timestamp) {
        self.facts.add(d);
        let before = self.incident.severity.clone();
        let incident = &mut self.incident;
        incident.first_event = incident.first_event.min(d.time);
        incident.last_event = incident.last_event.max(d.time);
        incident.detections = self.facts.detections;
        incident.events = self.facts.events();
        if !incident.rules.contains(&d.rule) {
            incident.rules.push(d.rule.clone());
        }
        // What is hardly believed, and what a crawler does by trade, is no evidence of its own.
        if d.confidence >= EVIDENCE_MIN && d.class != "known_crawler" && !incident.kinds.contains(&d.kind) {
            incident.kinds.push(d.kind.clone());
        }
        for technique in &d.techniques {
            if !incident.techniques.contains(technique) {
                incident.techniques.push(technique.clone());
            }
        }
        for entity in correlate::entities(d) {
            if incident.entities.len() < ENTITIES_MAX && !incident.entities.contains(&entity) {
                incident.entities.push(entity);
            }
        }
        if d.entity.kind == EntityKind::Range && incident.entity.kind == EntityKind::Address {
            incident.entity = d.entity.clone();
        }
        self.changed(now);
        let refused = if d.refused { " (refused by the gate)" } else { "" };
        let text = format!("{}{refused}: {}", d.title, d.why.raw());
        self.enter(d.time, TimelineKind::Detection, d.rule.as_str(), text);
        self.rebill();
        self.alarm(&before, now);
        self.stir(now, "something new was detected");
    }

    fn rebill(&mut self) {
        self.bill = score::bill(&self.facts);
        self.incident.score = self.bill.total;
        self.incident.severity = score::severity(self.bill.total);
        self.incident.title = title::words(&self.incident, &self.facts);
    }

    pub(super) fn changed(&mut self, now: Timestamp) {
        self.incident.revision += 1;
        self.incident.updated = self.incident.updated.max(now);
    }

    pub(super) fn enter(
        &mut self,
        time: Timestamp,
        kind: TimelineKind,
        actor: impl Into<Untrusted>,
        text: impl Into<Untrusted>,
    ) {
        self.timeline.push(TimelineEntry { time, kind, actor: actor.into(), text: text.into() });
    }
}

fn urgency(mode: &Mode) -> u8 {
    match mode {
        Mode::None | Mode::Other(_) => 0,
        Mode::Suggest => 1,
        Mode::Ask => 2,
        Mode::Act => 3,
    }
}

/// An action kind as words.
fn word(kind: &ActionKind) -> std::borrow::Cow<'static, str> {
    match kind {
        ActionKind::BlockAddress => "block address".into(),
        ActionKind::BlockRange => "block range".into(),
        ActionKind::RevokeSession => "revoke session".into(),
        ActionKind::Other(_) => kind.label().into_owned().into(),
    }
}

/// An incident before its first detection.
pub(super) fn blank(id: IncidentId, d: &Detection, now: Timestamp) -> File {
    let incident = Incident {
        id,
        revision: 0,
        state: IncidentState::New,
        title: String::new(),
        severity: crate::api::Severity::Info,
        score: 0,
        entity: d.entity.clone(),
        entities: Vec::<EntityRef>::new(),
        rules: Vec::new(),
        techniques: Vec::new(),
        kinds: Vec::new(),
        detections: 0,
        events: 0,
        opened: now,
        updated: now,
        first_event: d.time,
        last_event: d.time,
        contained: None,
        owner: None,
        verdict: None,
        snoozed: None,
        country: None,
        proposals: Vec::new(),
        drill: d.drill,
    };
    File::new(incident, Facts::default(), Bill::default())
}
