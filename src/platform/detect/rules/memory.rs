//! What is remembered of one stream of events: buckets, costs, counts; and how a full bucket becomes a detection.

use super::bucket::{Bucket, Drop, Told};
use super::index::{Memo, key};
use super::meter::{MATCH_COST, Meter};
use super::row::Row;
use super::scenario::{Mode, Scenario};
use super::who::{accused, address, group};
use super::{Filter, Rules};
use crate::api::{Detection, DetectionKind, Timestamp};
use crate::platform::detect::engine::bounded::Bounded;
use crate::platform::detect::engine::seen::{Evidence, Finding, Seen, Spec};
use crate::platform::keyed::hash;
use crate::query::{Fields, Value};
use crate::text::{Untrusted, human};
use std::borrow::Cow;
use std::net::IpAddr;
use std::sync::Arc;

/// Most (scenario, group) pairs remembered.
pub const BUCKETS_MAX: usize = 32_768;
/// Most shadow detections kept for whoever asks.
const SHADOWS_MAX: usize = 1_024;

/// See the module.
pub struct Memory {
    rules: Arc<Rules>,
    buckets: Bounded<(u32, u64), Bucket>,
    memo: Memo,
    meter: Meter,
    /// Marks filters that were asked about this event.
    asked: Vec<u64>,
    events: u64,
    matched: Vec<u32>,
    /// Detections of each scenario that runs in shadow.
    shadow_counts: Vec<u64>,
    shadows: Vec<Detection>,
    /// Scenarios that were switched off, and why.
    off: Vec<String>,
    #[cfg(feature = "sigma")]
    sigma: Option<super::sigma::Memory>,
}

impl Memory {
    /// Remembers nothing yet.
    #[must_use]
    pub fn new(rules: &Arc<Rules>) -> Self {
        Self {
            buckets: Bounded::new(BUCKETS_MAX),
            memo: Memo::default(),
            meter: Meter::new(rules.filters.len()),
            asked: vec![0; rules.filters.len()],
            events: 0,
            matched: Vec::new(),
            shadow_counts: vec![0; rules.scenarios.len()],
            shadows: Vec::new(),
            off: Vec::new(),
            #[cfg(feature = "sigma")]
            sigma: rules.sigma.as_ref().map(super::sigma::Memory::new),
            rules: Arc::clone(rules),
        }
    }

    /// Takes one event in and appends what it completes.
    pub(in crate::platform::detect) fn observe(&mut self, seen: &Seen<'_>, out: &mut Vec<Detection>) {
        let rules = Arc::clone(&self.rules);
        let row = Row::new(seen.record, seen.source, seen.drill);
        self.ask(&rules, &row);
        let matched = std::mem::take(&mut self.matched);
        for id in &matched {
            let Some(filter) = rules.filters.get(*id as usize) else { continue };
            // The later step first: an event that is two steps of one sequence takes only one of them.
            for (nth, step) in filter.uses.iter().rev() {
                self.fill(&rules, *nth, *step, seen, &row, out);
            }
        }
        // Its memory serves the next event, too.
        self.matched = matched;
        #[cfg(feature = "sigma")]
        if let (Some(set), Some(memory)) = (&rules.sigma, &mut self.sigma) {
            memory.observe(set, seen, &row, out, &mut self.shadows);
        }
        self.shadows.truncate(SHADOWS_MAX);
        self.meter
            .event(|filter, each| self.off.extend(rules.filters.get(filter).and_then(|f| told_off(&rules, f, each))));
    }

    /// Finds the filters that match.
    fn ask(&mut self, rules: &Rules, row: &Row<'_>) {
        self.events += 1;
        self.matched.clear();
        let Some(index) = rules.index(row.record.class) else { return };
        let Self { memo, meter, asked, matched, events, .. } = self;
        let keys = [row.value("method"), row.value("status")].map(key);
        index.candidates(row, memo, &mut |id| {
            let at = id as usize;
            if asked[at] == *events || !meter.ask(at, rules.filters[at].cost) {
                return;
            }
            asked[at] = *events;
            if rules.filters[at].matches(row, keys) {
                meter.charge(at, MATCH_COST);
                matched.push(id);
            }
        });
    }

    fn fill(&mut self, rules: &Rules, nth: u32, step: usize, seen: &Seen<'_>, row: &Row<'_>, out: &mut Vec<Detection>) {
        let scenario = &rules.scenarios[nth as usize];
        let ip = seen.ip().or_else(|| address(row.message(), &scenario.address_after));
        let Some(group) = group(scenario, seen, ip) else { return };
        let value = match &scenario.distinct {
            Some(field) => match text(row.field(field)) {
                Some(text) => Some(text),
                None => return,
            },
            None => None,
        };
        let drop = Drop {
            step,
            time: seen.time(),
            repeat: seen.record.repeat,
            value: value.as_deref().map(|text| (hash(text), text)),
            event: seen.event,
        };
        let Some(told) = self.buckets.entry((nth, group), seen.time()).add(scenario, &drop) else { return };
        let detection = detection(scenario, (seen, ip), row, &told);
        if scenario.mode == Mode::Shadow {
            self.shadow_counts[nth as usize] += 1;
            self.shadows.push(detection);
        } else {
            out.push(detection);
        }
    }

    /// What rules in shadow said since it was last asked; the newest are left out when there are too many.
    pub fn take_shadows(&mut self) -> Vec<Detection> {
        std::mem::take(&mut self.shadows)
    }

    /// Detections of rules in shadow so far.
    #[must_use]
    pub fn shadow_count(&self) -> u64 {
        let scenarios: u64 = self.shadow_counts.iter().sum();
        #[cfg(feature = "sigma")]
        let scenarios = scenarios + self.sigma.as_ref().map_or(0, super::sigma::Memory::shadow_count);
        scenarios
    }

    /// What was switched off because it cost too much, in sentences.
    #[must_use]
    pub fn switched_off(&self) -> Vec<String> {
        let off = self.off.iter();
        #[cfg(feature = "sigma")]
        let off = off.chain(self.sigma.iter().flat_map(|s| s.switched_off()));
        off.cloned().collect()
    }
}

/// Says which scenarios a filter takes with it.
fn told_off(rules: &Rules, filter: &Filter, each: u64) -> Option<String> {
    let names: Vec<&str> = filter.uses.iter().map(|(nth, _)| rules.scenarios[*nth as usize].name.as_str()).collect();
    let why = format!(
        "{} is switched off: it costs {each} comparisons an event, more than {}; make its filter say more, for example the class",
        names.join(", "),
        super::meter::BUDGET,
    );
    tracing::warn!("{why}");
    Some(why)
}

/// A value as text, for counting different ones.
fn text(value: Value<'_>) -> Option<Cow<'_, str>> {
    match value {
        Value::Text(text) | Value::Word(text) | Value::Named(_, text) | Value::Target(text) => {
            Some(Cow::Borrowed(text))
        }
        Value::Number(n) => Some(Cow::Owned(n.to_string())),
        Value::Address(ip) => Some(Cow::Owned(ip.to_string())),
        Value::Time(time) => Some(Cow::Owned(time.0.to_string())),
        Value::Severity(severity) => Some(Cow::Borrowed(severity.as_str())),
        Value::Flag(flag) => Some(Cow::Borrowed(if flag { "true" } else { "false" })),
        Value::Missing | Value::Texts(_) | Value::Entities(_) | Value::Kind(..) => None,
    }
    .filter(|text| !text.is_empty())
}

/// What stays the same; a scenario's own words replace it.
const SPEC: Spec = Spec { rule: "", title: "", class: "", kind: DetectionKind::Rule, techniques: &[] };

fn detection(scenario: &Scenario, (seen, ip): (&Seen<'_>, Option<IpAddr>), row: &Row<'_>, told: &Told) -> Detection {
    let mut evidence = Evidence::default();
    told.evidence.iter().for_each(|event| evidence.add(*event));
    let (severity, confidence) = (scenario.severity.clone(), scenario.confidence);
    let finding = Finding {
        severity,
        confidence,
        entity: accused(scenario.group_by.first().copied(), seen, ip),
        why: why(scenario, row, told),
        evidence: &evidence,
        count: told.total,
    };
    let mut detection = seen.detection(&SPEC, finding);
    detection.src_ip = ip;
    detection.rule.clone_from(&scenario.name);
    detection.title.clone_from(&scenario.title);
    detection.class.clone_from(&scenario.class);
    detection.techniques.clone_from(&scenario.techniques);
    if scenario.capacity > 1 {
        detection.kind = DetectionKind::Behaviour;
    }
    detection.refused = seen.record.refused && told.total <= 1;
    detection.user = seen.record.user.as_deref().filter(|u| !u.is_empty()).map(Untrusted::from);
    detection
}

fn why(scenario: &Scenario, row: &Row<'_>, told: &Told) -> String {
    let last = brief(row);
    let span = human::duration(row.record.time.0.saturating_sub(told.first).max(0));
    let many = match (&scenario.distinct, told.total) {
        (Some(field), n) => format!(
            "{} events with different values of {field} within {span}, for example {}",
            human::count(n),
            told.examples
        ),
        (None, 1) => String::new(),
        (None, n) => format!("{} events within {span} since {}", human::count(n), Timestamp(told.first).clock()),
    };
    let again = if told.again { " and going on" } else { "" };
    let joined = if many.is_empty() { last } else { format!("{many}{again}; the last: {last}") };
    format!("{joined}. {}", scenario.description)
}

/// One event in a few words.
pub(super) fn brief(row: &Row<'_>) -> String {
    let record = row.record;
    let text = match (&record.http, &record.call) {
        (Some(http), _) => format!("{} {} ({})", http.method, http.url, http.status),
        (None, Some(call)) if !call.object.is_empty() => format!("{} {}", call.action, call.object),
        (None, Some(call)) if !call.action.is_empty() => call.action.to_string(),
        _ => row.message().to_owned(),
    };
    if text.chars().count() <= 160 { text } else { text.chars().take(160).chain(['…']).collect() }
}
