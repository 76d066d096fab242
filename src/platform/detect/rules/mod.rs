//! Rules that are written down: scenarios (leaky buckets and sequences) and Sigma.
//!
//! [`Rules`] is what was read from files, compiled once and shared; [`Memory`] is what is remembered of one stream of
//! events. `scenario/` holds what is shipped, `parse.rs` reads it, `witness.rs` and `index.rs` find the few filters an
//! event can match, `bucket.rs` counts, `meter.rs` switches off what costs too much. Knows no store and no clock.

mod bucket;
pub mod coverage;
mod index;
pub mod lint;
pub mod load;
mod memory;
mod meter;
mod parse;
mod row;
mod sample;
mod scenario;
mod shipped;
#[cfg(feature = "sigma")]
pub mod sigma;
mod who;
mod witness;

pub use load::{Sources, load};
pub use memory::Memory;
pub use row::Row;
pub use sample::{START, lines};
pub use scenario::{Group, Mode, Sample, Scenario};

use crate::query::Query;
use index::Index;
use std::collections::HashMap;

/// Why a rule, or a file of rules, is not used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The file; escaped for drawing.
    pub file: String,
    /// Line, from 1; 0 when the whole file is meant.
    pub line: usize,
    /// What is wrong and what is expected.
    pub why: String,
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.line {
            0 => write!(f, "{}: {}", self.file, self.why),
            line => write!(f, "{}, line {line}: {}", self.file, self.why),
        }
    }
}

/// Classes of events, each with an index of its own, as words.
const CLASSES: &[&str] = crate::query::field::CLASSES;

/// One filter and who waits for it. Filters that are written alike are asked once.
struct Filter {
    query: Query,
    /// Scenario and step.
    uses: Vec<(u32, usize)>,
    cost: u32,
    /// It asks for nothing but the class, which the index has seen to.
    plain: bool,
    /// It asks for nothing but the URL and the status.
    lasting: bool,
    /// The keys of the methods and of the statuses it asks for.
    guards: [Option<Box<[u64]>>; 2],
}

impl Filter {
    fn new(query: &Query) -> Self {
        let keys = |values: Vec<String>| values.iter().map(|value| index::folded(value.as_bytes())).collect();
        Self {
            cost: witness::cost(query),
            plain: witness::is_class_alone(query),
            lasting: witness::is_of_url(&witness::unclassed(query)),
            guards: witness::guards(query).map(|values| values.map(keys)),
            query: query.clone(),
            uses: Vec::new(),
        }
    }

    /// Whether an event with these keys of its method and its status can match at all.
    fn is_open(&self, pair: index::Asked) -> bool {
        let open = |(keys, key): (&Option<Box<[u64]>>, Option<u64>)| {
            keys.as_ref().is_none_or(|keys| key.is_some_and(|key| keys.contains(&key)))
        };
        self.guards.iter().zip(pair).all(open)
    }

    /// Whether an event matches, if that is the same for all events with its URL and its status.
    fn lasting(&self, row: &Row<'_>) -> Option<bool> {
        self.lasting.then(|| self.query.matches(row))
    }

    /// Whether an event matches.
    fn matches(&self, row: &Row<'_>) -> bool {
        self.plain || self.query.matches(row)
    }
}

/// Compiled rules.
#[derive(Default)]
pub struct Rules {
    scenarios: Vec<Scenario>,
    filters: Vec<Filter>,
    /// One per class of events.
    indices: Vec<Index>,
    #[cfg(feature = "sigma")]
    sigma: Option<sigma::Set>,
    faults: Vec<Fault>,
}

impl Rules {
    /// Compiles scenarios. Of two with one name the first is kept, the other is a fault.
    #[must_use]
    pub fn new(scenarios: Vec<Scenario>) -> Self {
        let mut rules = Self::default();
        for scenario in scenarios {
            match rules.scenarios.iter().find(|known| known.name == scenario.name) {
                Some(known) => rules.faults.push(Fault {
                    why: format!("\"{}\" is already in {}, line {}", scenario.name, known.file, known.line),
                    file: scenario.file,
                    line: scenario.line,
                }),
                None => rules.scenarios.push(scenario),
            }
        }
        let mut known: HashMap<String, usize> = HashMap::new();
        for (nth, scenario) in (0u32..).zip(&rules.scenarios).filter(|(_, s)| s.mode != Mode::Off) {
            for (step, filter) in scenario.steps.iter().map(|s| &s.filter).enumerate() {
                let id = *known.entry(filter.to_string()).or_insert_with(|| {
                    rules.filters.push(Filter::new(filter));
                    rules.filters.len() - 1
                });
                rules.filters[id].uses.push((nth, step));
            }
        }
        let index = |(nth, class): (u64, &&str)| {
            let here = |filter: &&Filter| {
                witness::classes(&filter.query).is_none_or(|classes| classes.iter().any(|c| c == class))
            };
            let filters = (0u32..).zip(&rules.filters).filter(|(_, filter)| here(filter));
            Index::new(nth, filters.map(|(id, filter)| (id, witness::of(&filter.query, class))))
        };
        rules.indices = (0u64..).zip(CLASSES).map(index).collect();
        for filter in &mut rules.filters {
            filter.query = witness::unclassed(&filter.query);
        }
        rules
    }

    /// What is shipped with the program.
    #[must_use]
    pub fn shipped() -> Self {
        Self::new(shipped::scenarios().0)
    }

    /// The scenarios, in the order they were read.
    #[must_use]
    pub fn scenarios(&self) -> &[Scenario] {
        &self.scenarios
    }

    /// The Sigma rules, if there are any.
    #[cfg(feature = "sigma")]
    #[must_use]
    pub fn sigma(&self) -> Option<&sigma::Set> {
        self.sigma.as_ref()
    }

    /// What could not be used.
    #[must_use]
    pub fn faults(&self) -> &[Fault] {
        &self.faults
    }

    fn index(&self, class: crate::api::Class) -> Option<&Index> {
        let at = CLASSES.iter().position(|word| *word == class.word())?;
        self.indices.get(at).filter(|index| !index.is_empty())
    }
}

#[cfg(test)]
mod tests;
