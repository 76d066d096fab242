//! Matches to detections: repeats folded, correlations counted by the library, costs watched.

use super::event::View;
use super::family::{self, Family};
use super::{Card, Known, Set};
use crate::api::{Detection, DetectionKind};
use crate::platform::detect::engine::bounded::Bounded;
use crate::platform::detect::engine::seen::{Evidence, Finding, Seen, Spec};
use crate::platform::detect::rules::Row;
use crate::platform::detect::rules::bucket::{Bucket, Drop, Told};
use crate::platform::detect::rules::index::{Memo, Pair, key};
use crate::platform::detect::rules::memory::brief;
use crate::platform::detect::rules::meter::{BUDGET, MATCH_COST, Meter};
use crate::platform::detect::rules::scenario::{Group, Mode, Scenario};
use crate::platform::detect::rules::who::accused;
use crate::platform::keyed::hash;
use crate::text::{Untrusted, human};
use rsigma_eval::{CorrelationAction, CorrelationConfig, CorrelationEngine, EvaluationResult, evaluate_rule};

/// Most (rule, entity) pairs whose repeats are counted.
const STORIES_MAX: usize = 16_384;
/// Most groups that correlations count.
const GROUPS_MAX: usize = 10_000;
/// Most events that one group of a correlation remembers.
const ENTRIES_MAX: usize = 1_000;

/// What is remembered of one stream of events.
pub struct Memory {
    stories: Bounded<(u64, u64), Bucket>,
    once: Scenario,
    correlations: Option<Box<CorrelationEngine>>,
    memo: Memo,
    meter: Meter,
    families: Vec<Family>,
    asked: Vec<u64>,
    events: u64,
    shadows: u64,
    off: Vec<String>,
}

impl Memory {
    /// Remembers nothing yet.
    #[must_use]
    pub fn new(set: &Set) -> Self {
        let config = CorrelationConfig {
            max_state_entries: GROUPS_MAX,
            max_group_entries: Some(ENTRIES_MAX),
            action_on_match: CorrelationAction::Reset,
            ..CorrelationConfig::default()
        };
        let correlations = set.counted.as_ref().and_then(|collection| {
            let mut engine = Box::new(CorrelationEngine::new(config));
            engine.add_collection(collection).ok().map(|()| engine)
        });
        Self {
            stories: Bounded::new(STORIES_MAX),
            once: Scenario::once(),
            correlations,
            memo: Memo::default(),
            meter: Meter::new(set.rules.len()),
            families: Vec::new(),
            asked: vec![0; set.rules.len()],
            events: 0,
            shadows: 0,
            off: Vec::new(),
        }
    }

    /// Detections of rules in shadow so far.
    #[must_use]
    pub fn shadow_count(&self) -> u64 {
        self.shadows
    }

    /// What was switched off because it cost too much, in sentences.
    #[must_use]
    pub fn switched_off(&self) -> &[String] {
        &self.off
    }

    /// Takes one event in and appends what it completes: to `out`, or to `shadows` where a rule is in shadow.
    pub(in crate::platform::detect) fn observe(
        &mut self,
        set: &Set,
        seen: &Seen<'_>,
        row: &Row<'_>,
        out: &mut Vec<Detection>,
        shadows: &mut Vec<Detection>,
    ) {
        self.events += 1;
        let mut families = std::mem::take(&mut self.families);
        family::of_line(row, &mut families);
        for family in &families {
            self.family(set, *family, seen, row, (out, shadows));
        }
        self.families = families;
        let off = &mut self.off;
        self.meter.event(|rule, each| {
            let why = format!(
                "{} is switched off: it costs {each} comparisons an event, more than {BUDGET}",
                set.rules[rule].card.name
            );
            tracing::warn!("{why}");
            off.push(why);
        });
    }

    fn family(
        &mut self,
        set: &Set,
        family: Family,
        seen: &Seen<'_>,
        row: &Row<'_>,
        (out, shadows): (&mut Vec<Detection>, &mut Vec<Detection>),
    ) {
        let Some(index) = set.index(family) else { return };
        let view = View::new(row, family);
        let mut matches: Vec<EvaluationResult> = Vec::new();
        let mut fired: Vec<&Known> = Vec::new();
        let Self { memo, meter, asked, events, .. } = self;
        let keys = [row.value("method"), row.value("status")].map(key);
        let pair = Pair { keys, open: |_| true, lasting: |_| None };
        index.candidates(row, pair, memo, &mut |id, _| {
            let at = id as usize;
            let rule = &set.rules[at];
            if asked[at] == *events || !family::is_for(rule.programs, row) || !meter.ask(at, rule.cost) {
                return;
            }
            asked[at] = *events;
            if let Some(result) = evaluate_rule(&rule.compiled, &view) {
                meter.charge(at, MATCH_COST);
                matches.push(result);
                fired.push(rule);
            }
        });
        for rule in fired.iter().filter(|rule| !rule.silent) {
            self.tell(&rule.card, None, seen, row, (out, shadows));
        }
        if matches.is_empty() {
            return;
        }
        let Some(engine) = &mut self.correlations else { return };
        let results = engine.process_with_detections(&view, matches, seen.time().div_euclid(1000));
        for result in results.iter().filter(|r| r.is_correlation()) {
            let same = |card: &&Card| card.title == result.header.rule_title;
            if let Some(card) = set.correlations.iter().find(same) {
                self.tell(card, Some(result), seen, row, (out, shadows));
            }
        }
    }

    fn tell(
        &mut self,
        card: &Card,
        counted: Option<&EvaluationResult>,
        seen: &Seen<'_>,
        row: &Row<'_>,
        (out, shadows): (&mut Vec<Detection>, &mut Vec<Detection>),
    ) {
        let first = if row.record.call.is_some() { Group::User } else { Group::Address };
        let entity = accused(Some(first), seen, seen.ip());
        let story = self.stories.entry((hash(&card.name), hash(&entity)), seen.time());
        let drop = Drop { step: 0, time: seen.time(), repeat: seen.record.repeat, value: None, event: seen.event };
        let Some(told) = story.add(&self.once, &drop) else { return };
        let mut evidence = Evidence::default();
        told.evidence.iter().for_each(|event| evidence.add(*event));
        let finding = Finding {
            severity: card.severity.clone(),
            confidence: card.confidence,
            entity,
            why: why(card, counted, row, &told),
            evidence: &evidence,
            count: told.total,
        };
        let mut detection = seen.detection(&SPEC, finding);
        detection.rule.clone_from(&card.name);
        detection.title.clone_from(&card.title);
        detection.class.clone_from(&card.class);
        detection.techniques.clone_from(&card.techniques);
        detection.user = seen.record.user.as_deref().filter(|u| !u.is_empty()).map(Untrusted::from);
        if card.mode == Mode::Shadow {
            self.shadows += 1;
            shadows.push(detection);
        } else {
            out.push(detection);
        }
    }
}

/// What stays the same; a rule's own words replace it.
const SPEC: Spec = Spec { rule: "", title: "", class: "", kind: DetectionKind::Rule, techniques: &[] };

/// Names the author, as the rules' licence asks.
fn why(card: &Card, counted: Option<&EvaluationResult>, row: &Row<'_>, told: &Told) -> String {
    let count = counted.and_then(EvaluationResult::as_correlation).map(|body| {
        let groups: Vec<String> = body.group_key.iter().map(|(field, value)| format!("{field} {value}")).collect();
        let of = if groups.is_empty() { String::new() } else { format!(" for {}", groups.join(", ")) };
        format!(
            ", {} within {}{of}",
            body.aggregated_value,
            human::duration(i64::try_from(body.timespan_secs).unwrap_or(0) * 1000)
        )
    });
    let more = if told.total > 1 { format!("; {} times so far", human::count(told.total)) } else { String::new() };
    let by = if card.author.is_empty() { "an author who is not named".to_owned() } else { card.author.clone() };
    format!("{}{}: {}{more}. Sigma rule by {by}", card.title, count.unwrap_or_default(), brief(row))
}
