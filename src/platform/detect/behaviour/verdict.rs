//! Verdicts: a false positive becomes an ordinary value of its tail. The histories themselves never learn from a verdict.
//! That the like raises no incident for a while is the platform's doing: it makes a suppression of it.

use crate::api::EntityRef;
use serde::{Deserialize, Serialize};

/// Most alarms a verdict can still be about.
const MOST: usize = 1_024;

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

/// Alarms told of late.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Verdicts {
    told: Vec<Told>,
}

impl Verdicts {
    pub fn told(&mut self, told: Told) {
        if self.told.len() >= MOST {
            self.told.remove(0);
        }
        self.told.push(told);
    }

    /// Takes out what was told of this entity under this rule.
    pub fn take(&mut self, rule: &str, entity: &EntityRef) -> Vec<Told> {
        let (about, rest) =
            std::mem::take(&mut self.told).into_iter().partition(|t| t.rule == rule && t.entity == *entity);
        self.told = rest;
        about
    }
}
