//! Verdicts: a false positive becomes an ordinary value of its tail, and is not told again of this entity for a while. The
//! histories themselves never learn from a verdict.

use crate::api::EntityRef;
use serde::{Deserialize, Serialize};

/// How long one holds: 30 days.
pub const HOLDS_MS: i64 = 30 * 86_400_000;
/// Most suppressions, and most alarms a verdict can still be about.
const MOST: usize = 1_024;

/// What is not told at present.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Suppression {
    /// The rule.
    pub rule: String,
    /// Of whom.
    pub entity: EntityRef,
    /// The leading feature it was about.
    pub feature: String,
    /// Until when, in milliseconds since 1970.
    pub until: i64,
}

/// An alarm that a verdict can be about.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Told {
    pub rule: String,
    pub entity: EntityRef,
    pub feature: usize,
    /// Which tail spoke, and the score it saw.
    pub kind: usize,
    pub detector: usize,
    pub aspect: usize,
    pub score: f64,
    /// Its own history had a say.
    pub own: bool,
}

/// Alarms told of late, and what is suppressed.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Verdicts {
    told: Vec<Told>,
    suppressed: Vec<Suppression>,
}

impl Verdicts {
    pub fn told(&mut self, told: Told) {
        if self.told.len() >= MOST {
            self.told.remove(0);
        }
        self.told.push(told);
    }

    /// True if this is not to be told.
    pub fn suppressed(&self, rule: &str, entity: &EntityRef, feature: &str, now: i64) -> bool {
        self.suppressed.iter().any(|s| s.until > now && s.rule == rule && s.entity == *entity && s.feature == feature)
    }

    /// Suppresses what was told of this entity under this rule and returns it.
    pub fn suppress(&mut self, rule: &str, entity: &EntityRef, names: &[&str], now: i64) -> Vec<Told> {
        let about: Vec<Told> = self.told.iter().filter(|t| t.rule == rule && t.entity == *entity).cloned().collect();
        self.suppressed.retain(|s| s.until > now);
        for told in &about {
            let feature = names.get(told.feature).copied().unwrap_or_default().to_owned();
            self.suppressed.retain(|s| !(s.rule == rule && s.entity == *entity && s.feature == feature));
            if self.suppressed.len() >= MOST {
                self.suppressed.remove(0);
            }
            let until = now.saturating_add(HOLDS_MS);
            self.suppressed.push(Suppression { rule: rule.to_owned(), entity: entity.clone(), feature, until });
        }
        self.told.retain(|t| !(t.rule == rule && t.entity == *entity));
        about
    }

    pub fn list(&self, now: i64) -> Vec<Suppression> {
        self.suppressed.iter().filter(|s| s.until > now).cloned().collect()
    }
}
