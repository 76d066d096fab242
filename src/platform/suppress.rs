//! Suppressions: made, listed, ended. Ledger first, then the store, then everybody is told.
//!
//! The pipeline asks [`Platform::suppressed`] of every detection before it is folded into an incident. The gate does not:
//! a request that is hostile by itself is refused whatever is suppressed.

use super::desk::unavailable;
use super::pipeline::Work;
use super::route::entity::canonical;
use super::{Platform, rules};
use crate::api::endpoint::EntityPath;
use crate::api::time::DAY_MS;
use crate::api::{
    Detection, EntityRef, IncidentId, LedgerKind, Live, Problem, ProblemKind, Refusal, Suppression, SuppressionId,
    SuppressionPreview, SuppressionRequest, SuppressionState, Timestamp,
};
use crate::text::{Untrusted, human};
use ipnet::IpNet;
use std::sync::PoisonError;

/// The longest one holds: 30 days, in seconds.
const LONGEST: u64 = 30 * 86_400;
/// The longest a whole rule is suppressed: 7 days.
const LONGEST_EVERYWHERE: u64 = 7 * 86_400;
/// How far a preview looks back.
const LOOK_MS: i64 = 7 * DAY_MS;
/// In force at once.
const MOST: usize = 1_000;
/// Ranges wider than this are as good as everybody.
const WIDEST: (u8, u8) = (16, 32);
const REASON_MAX: usize = 1_000;

impl Platform {
    /// What is in force.
    pub(super) fn quiet(&self) -> Vec<Suppression> {
        self.quiet.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The suppression that keeps a detection from raising an incident, if one does.
    pub(super) fn suppressed(&self, detection: &Detection, now: Timestamp) -> Option<SuppressionId> {
        let quiet = self.quiet.read().unwrap_or_else(PoisonError::into_inner);
        quiet.iter().find(|s| s.covers(detection, now)).map(|s| s.id)
    }

    /// What a suppression would have kept quiet, and why it would be refused.
    pub(super) fn preview_suppression(&self, asked: &SuppressionRequest) -> Result<SuppressionPreview, Problem> {
        let (entity, net) = whom(asked)?;
        let since = self.now().plus(-LOOK_MS);
        let past = self.store.would_suppress(&asked.rule, entity.as_ref(), since).map_err(unavailable)?;
        Ok(SuppressionPreview {
            rule: asked.rule.clone(),
            refusals: self.against(asked, (entity.as_ref(), net)),
            entity,
            seconds: asked.seconds,
            since,
            detections: past.detections,
            incidents: past.incidents,
            attacks: past.attacks,
            complete: past.complete,
        })
    }

    /// Makes a suppression for a person.
    pub(super) fn suppress(&self, asked: &SuppressionRequest, actor: &str) -> Result<Suppression, Problem> {
        let (entity, net) = whom(asked)?;
        let refused = |why: String| Problem::new(ProblemKind::Refused, "Nothing was suppressed", why);
        if let Some(first) = self.against(asked, (entity.as_ref(), net)).into_iter().next() {
            return Err(refused(first.why).hint(first.hint));
        }
        let length = asked.reason.raw().trim().chars().count();
        if length == 0 || length > REASON_MAX {
            return Err(refused("a suppression needs a reason of 1 to 1,000 characters".into())
                .hint("Say what makes this harmless, for whoever finds it in a month."));
        }
        let owner = asked.owner.clone().map(super::route::incident::name).transpose()?;
        let made = Suppression {
            id: SuppressionId(0),
            rule: asked.rule.clone(),
            entity,
            state: SuppressionState::InForce,
            owner: owner.unwrap_or_else(|| actor.into()),
            actor: actor.into(),
            reason: asked.reason.clone(),
            created: self.now(),
            until: self.now().plus(i64::try_from(asked.seconds.saturating_mul(1000)).unwrap_or(i64::MAX)),
            ended: None,
            hidden: 0,
            last: None,
        };
        self.begin(made)
    }

    /// Suppresses what a verdict said is false, unless that is so already. Called by the pipeline, which cannot answer.
    pub(super) fn suppress_verdict(&self, rule: &str, entity: &EntityRef, incident: IncidentId, by: &str) {
        let asked = SuppressionRequest {
            rule: rule.to_owned(),
            entity: Some(entity.clone()),
            everywhere: false,
            seconds: LONGEST,
            reason: format!("incident #{incident} was closed as false").into(),
            owner: None,
        };
        if let Err(problem) = self.suppress(&asked, by) {
            tracing::info!(incident = incident.0, rule, "a verdict suppresses nothing: {problem}");
        }
    }

    /// Ends a suppression by its id.
    pub(super) fn unsuppress(&self, id: SuppressionId, actor: &str) -> Result<Suppression, Problem> {
        let known = self.store.suppression(id).map_err(unavailable)?.ok_or_else(|| {
            Problem::new(ProblemKind::NotFound, format!("There is no suppression {id}"), "it was never there")
        })?;
        if known.state != SuppressionState::InForce {
            let why = format!("it is {}", known.state.label());
            return Err(Problem::new(ProblemKind::Conflict, format!("Suppression {id} was not undone"), why));
        }
        self.finish(known, SuppressionState::Undone, actor)
    }

    /// Ends those whose time has come.
    pub(super) fn end_suppressions(&self) {
        let now = self.now();
        for due in self.quiet().into_iter().filter(|s| s.until <= now) {
            let id = due.id;
            if let Err(problem) = self.finish(due, SuppressionState::Ended, "platform") {
                tracing::warn!(suppression = id.0, "an ended suppression could not be written down: {problem}");
            }
        }
    }

    /// Brings incidents back whose snooze is over.
    pub(super) fn wake_incidents(&self) {
        let now = self.now();
        for id in self.with_incidents(|incidents| incidents.wake_due(now)) {
            let target = format!("incident {id}");
            let told = self.record(LedgerKind::Note, "platform", "incident.wake", &target, &"its time has come".into());
            if let Err(problem) = told {
                tracing::warn!(incident = id.0, "it is back from its snooze, the ledger was not told: {problem}");
            }
            self.save_incident(self.with_incidents(|incidents| super::desk::take_row(incidents, id)));
        }
    }

    fn begin(&self, made: Suppression) -> Result<Suppression, Problem> {
        let (actor, target, detail) = (made.actor.clone(), target(&made), detail(&made));
        self.record(LedgerKind::Intent, actor.raw(), "suppression.create", &target, &detail)?;
        let kept = self.store.add_suppression(&made).map_err(unavailable)?;
        let done = format!("done: suppression {}", kept.id);
        self.record(LedgerKind::Outcome, actor.raw(), "suppression.create", &target, &done.into())?;
        self.quiet.write().unwrap_or_else(PoisonError::into_inner).push(kept.clone());
        self.told(kept)
    }

    fn finish(&self, known: Suppression, state: SuppressionState, actor: &str) -> Result<Suppression, Problem> {
        let what = if state == SuppressionState::Undone { "suppression.undo" } else { "suppression.end" };
        let target = format!("suppression {}: {}", known.id, target(&known));
        self.record(LedgerKind::Intent, actor, what, &target, &Untrusted::default())?;
        let at = known.until.min(self.now());
        let ended = self.store.end_suppression(known.id, state, at).map_err(unavailable)?.unwrap_or(known);
        self.quiet.write().unwrap_or_else(PoisonError::into_inner).retain(|s| s.id != ended.id);
        let done = format!("done: it kept {} quiet", human::counted(ended.hidden, "detections"));
        self.record(LedgerKind::Outcome, actor, what, &target, &done.into())?;
        self.told(ended)
    }

    /// Tells the detectors and everybody who looks on.
    fn told(&self, suppression: Suppression) -> Result<Suppression, Problem> {
        // With a full channel the budget of behaviour hears of it at the next change; nothing is raised all the same.
        let _ = self.work.try_send(Work::Hush);
        self.hub.publish(&Live::Suppression(suppression.clone()));
        Ok(suppression)
    }

    /// Why a suppression would be refused.
    fn against(&self, asked: &SuppressionRequest, (entity, net): (Option<&EntityRef>, Option<IpNet>)) -> Vec<Refusal> {
        let mut all = Vec::new();
        let mut say = |rule: &str, why: String, hint: &str| {
            all.push(Refusal { rule: rule.into(), why, hint: hint.into() });
        };
        if !rules::list(&self.rules).iter().any(|r| r.name == asked.rule) {
            let why = format!("there is no rule \"{}\"", crate::text::visible::escape(&asked.rule));
            say("unknown_rule", why, "`watchfloor rules list` shows every rule.");
        }
        if entity.is_none() != asked.everywhere {
            let why = "name either whom it is about or, in so many words, everybody";
            say("everywhere", why.into(), "A whole rule is only suppressed when that is said.");
        }
        if let Some(net) = net
            && net.prefix_len() < if net.addr().is_ipv4() { WIDEST.0 } else { WIDEST.1 }
        {
            say("too_wide", format!("{net} is wider than /{} or /{}", WIDEST.0, WIDEST.1), "Choose a smaller range.");
        }
        let longest = if entity.is_none() { LONGEST_EVERYWHERE } else { LONGEST };
        if asked.seconds == 0 || asked.seconds > longest {
            let why = format!("it must hold for at least a second and at most {} days", longest / 86_400);
            say("too_long", why, "It can be made again when it has ended.");
        }
        let quiet = self.quiet.read().unwrap_or_else(PoisonError::into_inner);
        let now = self.now();
        let same = |s: &&Suppression| s.until > now && s.rule == asked.rule && s.entity.as_ref() == entity;
        if let Some(known) = quiet.iter().find(same) {
            say(
                "known",
                format!("suppression {} says the same until {}", known.id, known.until),
                "Undo that one first.",
            );
        }
        if quiet.len() >= MOST {
            say("too_many", format!("{MOST} are in force"), "Undo what is no longer needed.");
        }
        all
    }
}

/// Whom it is about, in canonical form.
fn whom(asked: &SuppressionRequest) -> Result<(Option<EntityRef>, Option<IpNet>), Problem> {
    let Some(entity) = &asked.entity else { return Ok((None, None)) };
    let path = EntityPath { kind: entity.kind.clone(), value: entity.value.raw().to_owned(), at: None };
    canonical(path).map(|(entity, net)| (Some(entity), net))
}

/// For the ledger.
fn target(s: &Suppression) -> String {
    match &s.entity {
        Some(e) => format!("rule {} of {} {}", s.rule, e.kind.as_str(), e.value.raw()),
        None => format!("rule {} everywhere", s.rule),
    }
}

fn detail(s: &Suppression) -> Untrusted {
    format!("until {}, owner {}: {}", s.until, s.owner.raw(), s.reason.raw()).into()
}
