//! Sigma v2 rules, evaluated by `rsigma-eval` for the few lines that can match.
//!
//! `family.rs` says which log source is which of our formats, `event.rs` gives a record the taxonomy's field names,
//! `literal.rs` finds what must be in a line, `memory.rs` turns matches into detections. The rules are their authors'
//! (Detection Rule License 1.1): whoever wrote one is named wherever it fires.

mod event;
mod family;
mod literal;
mod memory;
mod read;

pub use memory::Memory;
pub use read::read;

use super::index::Index;
use super::scenario::Mode;
use crate::api::Severity;
use family::Family;
use rsigma_eval::CompiledRule;
use rsigma_parser::SigmaCollection;

/// What is shown of a rule.
#[derive(Debug, Clone, PartialEq)]
pub struct Card {
    /// `sigma.` and the rule's id.
    pub name: String,
    /// In words.
    pub title: String,
    /// What kind of attack: its tactic.
    pub class: String,
    /// ATT&CK.
    pub techniques: Vec<String>,
    /// From its level.
    pub severity: Severity,
    /// From its level.
    pub confidence: f32,
    /// Who wrote it.
    pub author: String,
    /// The file.
    pub file: String,
    /// Whether it speaks.
    pub mode: Mode,
    /// It counts matches of other rules.
    pub correlation: bool,
}

/// A rule of one event.
struct Known {
    card: Card,
    compiled: CompiledRule,
    programs: &'static [&'static str],
    cost: u32,
    /// Only correlations look at its matches.
    silent: bool,
}

/// Compiled Sigma rules.
pub struct Set {
    rules: Vec<Known>,
    correlations: Vec<Card>,
    /// What correlations need; nothing where there are none.
    counted: Option<SigmaCollection>,
    /// One index per family.
    indices: Vec<(Family, Index)>,
}

impl Set {
    /// What is shown of each rule.
    pub fn cards(&self) -> impl Iterator<Item = &Card> {
        self.rules.iter().map(|rule| &rule.card).chain(&self.correlations)
    }

    fn index(&self, family: Family) -> Option<&Index> {
        self.indices.iter().find(|(known, _)| *known == family).map(|(_, index)| index)
    }
}

#[cfg(test)]
mod tests;
