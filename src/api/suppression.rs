//! Suppressions: what a rule says of somebody, kept from raising incidents and actions for a while.
//!
//! What is suppressed is detected, stored and counted all the same. Every suppression has an owner and a reason and ends
//! by itself; it is undone by its id. What an analyst closes as false makes one too, for rules of behaviour.

use super::{Detection, EntityKind, EntityRef, Refusal, SuppressionId, Timestamp, words};
use crate::query::net;
use crate::text::Untrusted;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

words!(
    /// Where a suppression stands.
    SuppressionState {
        InForce => "in_force",
        Ended => "ended",
        Undone => "undone",
    }
);

/// What somebody asks for. The body of preview and of create.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SuppressionRequest {
    /// The rule, exactly, e.g. `web.crawl`.
    pub rule: String,
    /// Of whom: an address, a range no wider than /16 (IPv6 /32), a user, a session ...; absent means of everybody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entity: Option<EntityRef>,
    /// Must be true where no entity is named: nobody suppresses a whole rule by leaving something out.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub everywhere: bool,
    /// How long, in seconds: at most 30 days, for a whole rule 7.
    pub seconds: u64,
    /// Why, for the ledger and for colleagues; 1 to 1,000 characters.
    pub reason: Untrusted,
    /// Who answers for it; the caller when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<Untrusted>,
}

/// A suppression and what it has kept quiet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Suppression {
    /// Our number; undo by this.
    pub id: SuppressionId,
    /// The rule.
    pub rule: String,
    /// Of whom; absent: of everybody.
    pub entity: Option<EntityRef>,
    /// Where it stands.
    pub state: SuppressionState,
    /// Who answers for it.
    pub owner: Untrusted,
    /// Who asked for it.
    pub actor: Untrusted,
    /// Why.
    pub reason: Untrusted,
    /// Since when.
    pub created: Timestamp,
    /// When it ends by itself.
    pub until: Timestamp,
    /// When it ended, by itself or by somebody.
    pub ended: Option<Timestamp>,
    /// Detections it kept quiet so far.
    pub hidden: u64,
    /// The newest of them.
    pub last: Option<Timestamp>,
}

impl Suppression {
    /// Whether it keeps this detection quiet at `now`.
    #[must_use]
    pub fn covers(&self, d: &Detection, now: Timestamp) -> bool {
        self.state == SuppressionState::InForce
            && now < self.until
            && self.rule == d.rule
            && self.entity.as_ref().is_none_or(|whom| concerns(whom, d))
    }
}

/// Whether a detection is about somebody: by name, or by an address within.
#[must_use]
pub fn concerns(whom: &EntityRef, d: &Detection) -> bool {
    if d.entity == *whom {
        return true;
    }
    match whom.kind {
        EntityKind::Address | EntityKind::Range => {
            net(whom.value.raw()).is_some_and(|net| d.src_ip.is_some_and(|ip| net.contains(&ip.to_canonical())))
        }
        EntityKind::User => d.user.as_ref() == Some(&whom.value),
        _ => false,
    }
}

/// What a suppression would have kept quiet.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SuppressionPreview {
    /// The rule.
    pub rule: String,
    /// Of whom, in canonical form; absent: of everybody.
    pub entity: Option<EntityRef>,
    /// How long it would hold, in seconds.
    pub seconds: u64,
    /// Why it would be refused; empty when it may be done.
    pub refusals: Vec<Refusal>,
    /// From when on stored detections were looked at.
    pub since: Timestamp,
    /// Detections it would have kept quiet since then; at least so many where `complete` is false.
    pub detections: u64,
    /// Incidents these belong to.
    pub incidents: u64,
    /// Of these, closed as attacks: what would have been missed.
    pub attacks: u64,
    /// Everything was looked at.
    pub complete: bool,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::{DetectionId, DetectionKind, Severity};
    use proptest::prelude::*;

    fn said(rule: &str, ip: [u8; 4]) -> Detection {
        Detection {
            id: DetectionId(1),
            time: Timestamp(1),
            rule: rule.into(),
            title: String::new(),
            class: String::new(),
            kind: DetectionKind::Rule,
            severity: Severity::Low,
            confidence: 1.0,
            entity: EntityRef::user("ana"),
            src_ip: Some(ip.into()),
            user: Some("ana".into()),
            why: "".into(),
            evidence: vec![],
            evidence_count: 1,
            techniques: vec![],
            source: String::new(),
            incident: None,
            suppressed: None,
            refused: false,
            drill: false,
        }
    }

    fn quiet(rule: &str, entity: Option<(EntityKind, &str)>) -> Suppression {
        Suppression {
            id: SuppressionId(1),
            rule: rule.into(),
            entity: entity.map(|(kind, value)| EntityRef { kind, value: value.into() }),
            state: SuppressionState::InForce,
            owner: "ana".into(),
            actor: "ana".into(),
            reason: "a test".into(),
            created: Timestamp(0),
            until: Timestamp(100),
            ended: None,
            hidden: 0,
            last: None,
        }
    }

    #[test]
    fn it_covers_its_rule_and_its_entity_until_it_ends() {
        let now = Timestamp(50);
        let crawl = said("web.crawl", [203, 0, 113, 7]);
        for (entity, covered) in [
            (None, true),
            (Some((EntityKind::Address, "203.0.113.7")), true),
            (Some((EntityKind::Address, "203.0.113.8")), false),
            (Some((EntityKind::Range, "203.0.113.0/24")), true),
            (Some((EntityKind::User, "ana")), true),
            (Some((EntityKind::User, "bo")), false),
            (Some((EntityKind::Session, "ana")), false),
        ] {
            let quiet = quiet("web.crawl", entity);
            assert_eq!(quiet.covers(&crawl, now), covered, "{quiet:?}");
        }
        assert!(!quiet("web.xss", None).covers(&crawl, now));
        assert!(!quiet("web.crawl", None).covers(&crawl, Timestamp(100)), "it has ended");
        let undone = Suppression { state: SuppressionState::Undone, ..quiet("web.crawl", None) };
        assert!(!undone.covers(&crawl, now));
    }

    proptest! {
        #[test]
        fn no_text_in_place_of_an_entity_covers_more_than_that(value in "\\PC{0,30}", ip: [u8; 4]) {
            let d = said("web.crawl", ip);
            let whole = quiet("web.crawl", Some((EntityKind::Range, &value))).covers(&d, Timestamp(1));
            prop_assert_eq!(whole, net(&value).is_some_and(|net| net.contains(&std::net::IpAddr::from(ip))));
        }
    }
}
