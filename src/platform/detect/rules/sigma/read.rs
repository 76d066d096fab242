//! Files to rules. What cannot be used is told with the reason, never dropped in silence.

use super::family::{self, Family};
use super::{Card, Known, Set, literal};
use crate::api::Severity;
use crate::platform::catalogue::is_word;
use crate::platform::detect::rules::Fault;
use crate::platform::detect::rules::index::Index;
use crate::platform::detect::rules::load::files;
use crate::platform::detect::rules::parse::is_technique;
use crate::platform::detect::rules::scenario::Mode;
use crate::text::visible;
use rsigma_eval::{CorrelationConfig, CorrelationEngine, Engine};
use rsigma_parser::{CorrelationRule, Level, SigmaCollection, SigmaRule, parse_sigma_yaml};
use std::collections::BTreeSet;
use std::path::PathBuf;

/// A rule of one event, read but not compiled together with the others.
type Read = (SigmaRule, Card, Family, &'static [&'static str]);

/// Reads every rule under some folders or files.
#[must_use]
pub fn read(paths: &[PathBuf], mode: Mode) -> (Set, Vec<Fault>) {
    let mut reading = Reading {
        mode,
        rules: Vec::new(),
        correlations: Vec::new(),
        rest: SigmaCollection::new(),
        faults: Vec::new(),
        names: BTreeSet::new(),
    };
    for path in paths {
        let (found, faults) = files(path, &["yml", "yaml"]);
        reading.faults.extend(faults);
        found.iter().for_each(|(file, text)| reading.file(file, text));
    }
    reading.finish()
}

struct Reading {
    mode: Mode,
    rules: Vec<Read>,
    correlations: Vec<(CorrelationRule, Card)>,
    rest: SigmaCollection,
    faults: Vec<Fault>,
    names: BTreeSet<String>,
}

impl Reading {
    fn fault(&mut self, file: &str, why: impl std::fmt::Display) {
        self.faults.push(Fault { file: file.to_owned(), line: 0, why: visible::escape(&why.to_string()).into_owned() });
    }

    fn file(&mut self, file: &str, text: &str) {
        let collection = match parse_sigma_yaml(text) {
            Ok(collection) => collection,
            Err(e) => return self.fault(file, e),
        };
        collection.errors.iter().for_each(|e| self.fault(file, e));
        for rule in collection.rules {
            self.rule(rule, file);
        }
        for rule in collection.correlations {
            let card = self.card(
                (&rule.id, &rule.title, &rule.author, rule.level, &rule.tags),
                rule.name.as_deref(),
                file,
                true,
            );
            if let Some(card) = card {
                self.correlations.push((rule, card));
            }
        }
        self.rest.filters.extend(collection.filters);
    }

    fn rule(&mut self, rule: SigmaRule, file: &str) {
        match family::of(&rule.logsource) {
            Err(why) => self.fault(file, format!("\"{}\" cannot fire: {why}", rule.title)),
            Ok((family, programs)) => {
                if let Err(e) = rsigma_eval::compile_rule(&rule) {
                    return self.fault(file, format!("\"{}\": {e}", rule.title));
                }
                let card = self.card(
                    (&rule.id, &rule.title, &rule.author, rule.level, &rule.tags),
                    rule.name.as_deref(),
                    file,
                    false,
                );
                if let Some(card) = card {
                    self.rules.push((rule, card, family, programs));
                }
            }
        }
    }

    fn card(
        &mut self,
        (id, title, author, level, tags): (&Option<String>, &str, &Option<String>, Option<Level>, &[String]),
        name: Option<&str>,
        file: &str,
        correlation: bool,
    ) -> Option<Card> {
        let own = id.as_deref().or(name).filter(|id| is_word(id)).map_or_else(|| slug(title), str::to_owned);
        let name = format!("sigma.{own}");
        if !self.names.insert(name.clone()) {
            self.fault(file, format!("\"{title}\": there is another rule with the id {own}"));
            return None;
        }
        let (severity, confidence) = weight(level);
        Some(Card {
            name,
            title: title.chars().take(120).collect(),
            class: tactic(tags),
            techniques: techniques(tags),
            severity,
            confidence,
            author: author.clone().unwrap_or_default(),
            file: file.to_owned(),
            mode: self.mode,
            correlation,
        })
    }

    fn finish(mut self) -> (Set, Vec<Fault>) {
        let mut engine = Engine::new();
        let rules: Vec<SigmaRule> = self.rules.iter().map(|(rule, ..)| rule.clone()).collect();
        // Each compiled by itself before, so all of them do and keep their order.
        for (at, e) in engine.add_rules(&rules) {
            self.fault("", format!("rule {at}: {e}"));
        }
        for filter in std::mem::take(&mut self.rest.filters) {
            match engine.apply_filter(&filter) {
                Ok(()) => self.rest.filters.push(filter),
                Err(e) => self.fault("", format!("filter \"{}\": {e}", filter.title)),
            }
        }
        let counted = self.counted(rules);
        let wanted: BTreeSet<&String> =
            counted.iter().flat_map(|c| &c.correlations).filter(|c| !c.generate).flat_map(|c| &c.rules).collect();
        let mut known = Vec::new();
        let mut witnesses = Vec::new();
        for ((rule, card, family, programs), compiled) in self.rules.into_iter().zip(engine.rules()) {
            witnesses.push((family, literal::witness(&rule.detection, family)));
            let silent = [&rule.id, &rule.name].into_iter().flatten().any(|id| wanted.contains(id));
            known.push(Known {
                card,
                compiled: compiled.clone(),
                programs,
                cost: literal::cost(&rule.detection),
                silent,
            });
        }
        let index = |family: Family| {
            let of = (0u32..).zip(&witnesses).filter(|(_, (f, _))| *f == family);
            (family, Index::new(family as u64, of.map(|(id, (_, witness))| (id, witness.clone()))))
        };
        let indices = Family::ALL.into_iter().map(index).filter(|(_, index)| !index.is_empty()).collect();
        let correlations = self.correlations.into_iter().map(|(_, card)| card).collect();
        (Set { rules: known, correlations, counted, indices }, self.faults)
    }

    /// The rules that correlations count, with those correlations whose rules are all there.
    fn counted(&mut self, rules: Vec<SigmaRule>) -> Option<SigmaCollection> {
        loop {
            let one = rules.iter().flat_map(|r| [r.id.clone(), r.name.clone()]);
            let more = self.correlations.iter().flat_map(|(c, _)| [c.id.clone(), c.name.clone()]);
            let there: BTreeSet<String> = one.chain(more).flatten().collect();
            let lost = self.correlations.iter().position(|(c, _)| !c.rules.iter().all(|r| there.contains(r)));
            let Some(at) = lost else { break };
            let (rule, card) = self.correlations.remove(at);
            let missing: Vec<&String> = rule.rules.iter().filter(|r| !there.contains(*r)).collect();
            self.fault(&card.file, format!("\"{}\" counts rules that are not there: {missing:?}", rule.title));
        }
        let correlations: Vec<CorrelationRule> = self.correlations.iter().map(|(rule, _)| rule.clone()).collect();
        let wanted: BTreeSet<&String> = correlations.iter().flat_map(|c| &c.rules).collect();
        let named = |r: &SigmaRule| [&r.id, &r.name].into_iter().flatten().any(|id| wanted.contains(id));
        let rules = rules.into_iter().filter(named).collect();
        let collection = SigmaCollection { rules, correlations, filters: Vec::new(), errors: Vec::new() };
        if collection.correlations.is_empty() {
            return None;
        }
        match CorrelationEngine::new(CorrelationConfig::default()).add_collection(&collection) {
            Ok(()) => Some(collection),
            Err(e) => {
                self.correlations.clear();
                self.fault("", format!("no correlation is used: {e}"));
                None
            }
        }
    }
}

/// A title as a word.
fn slug(title: &str) -> String {
    let word: String =
        title.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' }).take(60).collect();
    let word = word.split('-').filter(|part| !part.is_empty()).collect::<Vec<_>>().join("-");
    if word.is_empty() { "untitled".into() } else { word }
}

/// How sure and how serious a level is. A rule of somebody else's never is an exact indicator here.
fn weight(level: Option<Level>) -> (Severity, f32) {
    match level {
        Some(Level::Critical) => (Severity::Critical, 0.85),
        Some(Level::High) => (Severity::High, 0.75),
        Some(Level::Medium) => (Severity::Medium, 0.6),
        Some(Level::Low) => (Severity::Low, 0.4),
        Some(Level::Informational) | None => (Severity::Info, 0.3),
    }
}

/// `attack.t1110.003` is a technique.
fn techniques(tags: &[String]) -> Vec<String> {
    let technique = |tag: &String| tag.strip_prefix("attack.").map(str::to_ascii_uppercase).filter(|t| is_technique(t));
    tags.iter().filter_map(technique).collect()
}

/// The first tactic named, e.g. `credential_access`.
fn tactic(tags: &[String]) -> String {
    let words = tags.iter().filter_map(|tag| tag.strip_prefix("attack."));
    let tactic = words.filter(|w| !w.bytes().any(|b| b.is_ascii_digit())).map(|w| w.replace(['-', '.'], "_")).next();
    tactic.filter(|t| is_word(t)).unwrap_or_else(|| "sigma".into())
}
