//! What `watchfloor rules` answers: every rule there is, its samples run, what is odd, what it covers.

use super::catalogue::BUILT_IN;
use super::detect::rules::{Mode, Rules, Sample, Sources, coverage, lines, lint, load};
use super::detect::{Engine, Inspector, Settings, rules};
use super::ingest::{self, Format};
use super::pipeline::inspect;
use crate::api::{Covered, Detection, EventId, RuleRemark, RuleRow, RuleSample, RulesAnswer, RulesAsk};
use crate::config::{NewRules, PlatformSettings};
use crate::text::visible;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Where the settings say rules are.
#[must_use]
pub fn sources(settings: &PlatformSettings) -> Sources {
    let new = match settings.new_rules {
        NewRules::Shadow => Mode::Shadow,
        NewRules::On => Mode::On,
    };
    Sources { own: settings.rules.clone(), sigma: settings.sigma.clone(), new }
}

/// Reads the rules of a platform that starts, and says what cannot be used.
#[must_use]
pub fn open(settings: &PlatformSettings) -> Arc<Rules> {
    let rules = load(&sources(settings));
    for fault in rules.faults() {
        tracing::warn!(%fault, "a rule cannot be used");
    }
    Arc::new(rules)
}

/// Answers one question about rules.
#[must_use]
pub fn answer(sources: &Sources, ask: RulesAsk) -> RulesAnswer {
    let rules = load(sources);
    match ask {
        RulesAsk::List => RulesAnswer::List(list(&rules)),
        RulesAsk::Test => RulesAnswer::Test(test(&rules)),
        RulesAsk::Lint => RulesAnswer::Lint(
            lint::remarks(&rules).into_iter().map(|f| RuleRemark { file: f.file, line: f.line, why: f.why }).collect(),
        ),
        RulesAsk::Coverage => RulesAnswer::Coverage(covered(&list(&rules))),
    }
}

/// Every rule: built in, from files, and what cannot be used.
pub(super) fn list(rules: &Rules) -> Vec<RuleRow> {
    let built_in = BUILT_IN.iter().map(|rule| RuleRow {
        name: rule.name.into(),
        family: "built in",
        mode: "on",
        kind: rule.kind.as_str().into(),
        class: rule.class.into(),
        severity: String::new(),
        title: rule.title.into(),
        techniques: rule.techniques.iter().map(|t| (*t).to_owned()).collect(),
        author: String::new(),
        file: String::new(),
        why: String::new(),
    });
    let scenarios = rules.scenarios().iter().map(|s| RuleRow {
        name: s.name.clone(),
        family: "scenario",
        mode: s.mode.as_str(),
        kind: if s.capacity > 1 { "behaviour".into() } else { "rule".into() },
        class: s.class.clone(),
        severity: s.severity.as_str().into(),
        title: s.title.clone(),
        techniques: s.techniques.clone(),
        author: String::new(),
        file: format!("{}:{}", s.file, s.line),
        why: String::new(),
    });
    let unusable = rules.faults().iter().map(|f| RuleRow {
        name: f.file.clone(),
        family: if f.file.ends_with(".toml") { "scenario" } else { "sigma" },
        mode: "unusable",
        kind: String::new(),
        class: String::new(),
        severity: String::new(),
        title: String::new(),
        techniques: Vec::new(),
        author: String::new(),
        file: if f.line > 0 { format!("{}:{}", f.file, f.line) } else { f.file.clone() },
        why: f.why.clone(),
    });
    built_in.chain(scenarios).chain(sigma(rules)).chain(unusable).collect()
}

#[cfg(feature = "sigma")]
fn sigma(rules: &Rules) -> Vec<RuleRow> {
    let row = |card: &rules::sigma::Card| RuleRow {
        name: card.name.clone(),
        family: "sigma",
        mode: card.mode.as_str(),
        kind: if card.correlation { "behaviour".into() } else { "rule".into() },
        class: card.class.clone(),
        severity: card.severity.as_str().into(),
        title: card.title.clone(),
        techniques: card.techniques.clone(),
        author: card.author.clone(),
        file: card.file.clone(),
        why: String::new(),
    };
    rules.sigma().into_iter().flat_map(rules::sigma::Set::cards).map(row).collect()
}

#[cfg(not(feature = "sigma"))]
fn sigma(_: &Rules) -> Vec<RuleRow> {
    Vec::new()
}

fn covered(rows: &[RuleRow]) -> Vec<Covered> {
    let mut by: BTreeMap<&str, Covered> = BTreeMap::new();
    for row in rows.iter().filter(|row| row.mode != "unusable" && row.mode != "off") {
        for id in &row.techniques {
            let known = coverage::technique(id);
            let covered = by.entry(id).or_insert_with(|| Covered {
                technique: id.clone(),
                name: known.map_or("", |t| t.name).into(),
                tactic: known.map_or("", |t| t.tactic).into(),
                built_in: 0,
                scenarios: 0,
                sigma: 0,
            });
            match row.family {
                "built in" => covered.built_in += 1,
                "scenario" => covered.scenarios += 1,
                _ => covered.sigma += 1,
            }
        }
    }
    by.into_values().collect()
}

/// Runs every sample through parser, inspector and engine. A positive one must make its scenario, and no other, accuse
/// the one it names; a negative one must leave its scenario silent.
fn test(rules: &Rules) -> Vec<RuleSample> {
    let mut all = rules.scenarios().to_vec();
    all.iter_mut().for_each(|s| s.mode = Mode::On);
    let awake = Arc::new(Rules::new(all));
    let inspector = Inspector::new();
    let mut samples = Vec::new();
    for scenario in awake.scenarios() {
        for sample in &scenario.samples {
            let why = match run(&awake, &inspector, sample) {
                Ok(found) => judge(&scenario.name, sample, &found),
                Err(why) => why,
            };
            samples.push(RuleSample {
                rule: scenario.name.clone(),
                kind: if sample.entity.is_some() { "positive" } else { "negative" },
                passed: why.is_empty(),
                file: scenario.file.clone(),
                line: sample.line,
                why,
            });
        }
    }
    samples
}

fn run(rules: &Arc<Rules>, inspector: &Inspector, sample: &Sample) -> Result<Vec<Detection>, String> {
    let format: Option<Format> =
        sample.format.as_deref().map(str::parse).transpose().map_err(|e: ingest::Error| e.to_string())?;
    let mut engine = Engine::with_rules(Settings::default(), Arc::clone(rules));
    let (mut hits, mut found) = (Vec::new(), Vec::new());
    // The years of lines without one are told by the day after.
    let now = rules::START.plus(crate::api::time::DAY_MS);
    for (n, line) in (1..).zip(&lines(sample)) {
        let record = ingest::parse(format, line, now);
        inspect(inspector, &record, &mut hits);
        engine.observe(&record, &hits, EventId(n), "sample", false, &mut found);
    }
    found.retain(|d| d.rule.starts_with("scenario."));
    Ok(found)
}

/// What is wrong; nothing when all is well.
fn judge(rule: &str, sample: &Sample, found: &[Detection]) -> String {
    let others: Vec<&str> = found.iter().map(|d| d.rule.as_str()).filter(|name| *name != rule).collect();
    let mine: Vec<&Detection> = found.iter().filter(|d| d.rule == rule).collect();
    match (&sample.entity, mine.first()) {
        (None, None) => String::new(),
        (None, Some(d)) => format!("must not fire, but did: {}", d.why.visible()),
        (Some(_), None) if others.is_empty() => "did not fire".into(),
        (Some(_), None) => format!("did not fire, but {} did", others.join(", ")),
        (Some(_), Some(_)) if !others.is_empty() => format!("fired, but so did {}", others.join(", ")),
        (Some(entity), Some(d)) if d.entity.value.raw() != entity => {
            format!("accused {}, not {}", d.entity.value.visible(), visible::escape(entity))
        }
        (Some(_), Some(_)) => String::new(),
    }
}

/// The coverage as a layer for the ATT&CK Navigator (layer format 4.5).
#[must_use]
pub fn layer(covered: &[Covered]) -> serde_json::Value {
    let technique = |c: &Covered| {
        serde_json::json!({
            "techniqueID": c.technique,
            "score": c.built_in + c.scenarios + c.sigma,
            "comment": format!("{} built in, {} scenarios, {} Sigma rules", c.built_in, c.scenarios, c.sigma),
            "enabled": true,
        })
    };
    serde_json::json!({
        "name": "Watchfloor",
        "versions": { "attack": "18", "navigator": "5.1.0", "layer": "4.5" },
        "domain": "enterprise-attack",
        "description": "Techniques that have a rule, scored by the number of rules.",
        "techniques": covered.iter().map(technique).collect::<Vec<_>>(),
        "gradient": { "colors": ["#ffffff", "#66b1ff"], "minValue": 0, "maxValue": 10 },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_sample_that_is_shipped_does_as_it_must() {
        let failed: Vec<String> = test(&Rules::shipped())
            .into_iter()
            .filter(|s| !s.passed)
            .map(|s| format!("{} {} ({}:{}): {}", s.rule, s.kind, s.file, s.line, s.why))
            .collect();
        assert!(failed.is_empty(), "{}", failed.join("\n"));
    }

    /// JSON as many programs write it: with a space after each `:` and `,`.
    fn spaced(line: &str) -> String {
        let (mut out, mut quoted, mut escaped) = (String::new(), false, false);
        for c in line.chars() {
            out.push(c);
            if !quoted && matches!(c, ':' | ',') {
                out.push(' ');
            }
            quoted ^= c == '"' && !escaped;
            escaped = c == '\\' && !escaped;
        }
        out
    }

    #[test]
    fn samples_of_json_written_with_spaces_do_as_they_must() {
        let mut all = Rules::shipped().scenarios().to_vec();
        for sample in all.iter_mut().flat_map(|s| &mut s.samples) {
            let lines: Vec<String> = sample
                .lines
                .lines()
                .map(|line| if line.trim().starts_with("{\"") { spaced(line) } else { line.to_owned() })
                .collect();
            sample.lines = lines.join("\n");
        }
        let failed: Vec<String> = test(&Rules::new(all))
            .into_iter()
            .filter(|s| !s.passed)
            .map(|s| format!("{} {} ({}:{}): {}", s.rule, s.kind, s.file, s.line, s.why))
            .collect();
        assert!(failed.is_empty(), "{}", failed.join("\n"));
    }

    #[test]
    fn coverage_counts_each_family() {
        let rows = list(&Rules::shipped());
        let covered = covered(&rows);
        let guessing = covered.iter().find(|c| c.technique == "T1110.001").unwrap();
        assert!(guessing.built_in >= 1 && guessing.scenarios >= 1 && guessing.name == "Password Guessing");
        assert_eq!(layer(&covered)["techniques"].as_array().unwrap().len(), covered.len());
    }
}
