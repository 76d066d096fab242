//! The bill: an itemised score that sums to its total and can be computed again from what is stored.
//!
//! Knows facts, not incidents or clocks: the same facts give the same bill on any day. Start at [`bill`]; `facts.rs`
//! says what is remembered of an incident. Laws that the tests hold: items sum to the total, 0 to 100, and one more
//! detection never lowers it.

mod facts;

pub use facts::{Facts, Prior, RuleFact};

use crate::api::{Bill, BillItem, Severity};
use crate::text::human;

/// Highest total.
pub const MAX: i32 = 100;
/// Most points for repeats within one rule.
const REPEATS_MAX: u32 = 12;
/// Points per further rule, and at most.
const BREADTH: (u32, u32) = (5, 20);
/// Points per earlier incident of the same entity that was not judged a false positive, and at most.
const PRIOR: (u32, u32) = (5, 15);
/// Points when somebody got in after failing.
const ENTERED: i32 = 20;

/// Points of a severity at full confidence.
#[must_use]
pub const fn weight(severity: &Severity) -> u32 {
    match severity {
        Severity::Critical => 80,
        Severity::High => 55,
        Severity::Medium => 30,
        Severity::Low => 12,
        Severity::Info | Severity::Other(_) => 2,
    }
}

/// The severity of a total, as documented at `api::Incident::severity`.
#[must_use]
pub const fn severity(total: u32) -> Severity {
    match total {
        80.. => Severity::Critical,
        60.. => Severity::High,
        35.. => Severity::Medium,
        15.. => Severity::Low,
        _ => Severity::Info,
    }
}

/// Computes the bill.
#[must_use]
pub fn bill(facts: &Facts) -> Bill {
    let mut items = rules(facts);
    let mut base: i32 = items.iter().map(|i| i.points).sum();
    if facts.all_by_crawler() {
        let off = base / 2;
        base -= off;
        items.push(item(
            facts,
            "known crawler",
            -off,
            "user agent",
            &format!("every detection so far is of a crawler that names itself: half of {} points", base + off),
        ));
    }
    if facts.all_refused() {
        let off = base / 4;
        items.push(item(
            facts,
            "refused by the gate",
            -off,
            "gate",
            &format!("nothing of it reached the application, so it is less urgent: a quarter of {base} points"),
        ));
    }
    items.extend(context(facts));
    let sum: i32 = items.iter().map(|i| i.points).sum();
    if sum > MAX {
        items.push(item(facts, "cap", MAX - sum, "score", &format!("{sum} points are shown as {MAX}")));
    }
    let total = items.iter().map(|i| i.points).sum::<i32>().clamp(0, MAX).unsigned_abs();
    Bill { items, total }
}

/// One item per rule: the strongest counts in full, each further one half of the one before.
fn rules(facts: &Facts) -> Vec<BillItem> {
    let mut ranked: Vec<(&RuleFact, u32, u32)> = facts
        .rules
        .iter()
        .map(|r| (r, weight(&r.severity) * u32::from(r.confidence) / 100, repeats(r.events)))
        .collect();
    ranked.sort_by(|a, b| (b.1 + b.2).cmp(&(a.1 + a.2)).then_with(|| a.0.rule.cmp(&b.0.rule)));
    let mut items = Vec::with_capacity(ranked.len() + 4);
    for (rank, (rule, strength, repeated)) in ranked.into_iter().enumerate() {
        let share = 1u32.checked_shl(u32::try_from(rank).unwrap_or(31)).unwrap_or(u32::MAX);
        let points = (strength + repeated) / share;
        let mut why = format!(
            "{} ({} points) x confidence {} % = {strength}; {} event{} add {repeated}",
            rule.severity.as_str(),
            weight(&rule.severity),
            rule.confidence,
            human::count(rule.events),
            if rule.events == 1 { "" } else { "s" },
        );
        if share > 1 {
            why.push_str(&format!("; number {} by weight, so 1/{share} of {}", rank + 1, strength + repeated));
        }
        items.push(BillItem {
            term: format!("rule {}", rule.rule),
            points: i32::try_from(points).unwrap_or(MAX),
            source: rule.source.clone(),
            why,
            as_of: rule.last,
        });
    }
    items
}

/// What repeats of one rule add: 2 for each doubling, at most 12.
fn repeats(events: u64) -> u32 {
    events.checked_ilog2().map_or(0, |n| (2 * n).min(REPEATS_MAX))
}

/// What is not a rule: outcome, breadth, persistence, history, country.
fn context(facts: &Facts) -> Vec<BillItem> {
    let mut items = Vec::new();
    if facts.entered {
        items.push(item(
            facts,
            "success after failures",
            ENTERED,
            "login",
            "somebody got in after failing: this is no longer an attempt",
        ));
    }
    let kinds = u32::try_from(facts.rules.len()).unwrap_or(u32::MAX);
    if kinds > 1 {
        let points = BREADTH.0.saturating_mul(kinds - 1).min(BREADTH.1);
        let why =
            format!("{kinds} different rules agree: {} for each after the first, at most {}", BREADTH.0, BREADTH.1);
        items.push(item(facts, "breadth", i32::try_from(points).unwrap_or(0), "correlation", &why));
    }
    let lasted = facts.last.0.saturating_sub(facts.first.0).max(0);
    let persistence = match lasted / 60_000 {
        0..=9 => 0,
        10..=59 => 3,
        60..=359 => 6,
        _ => 10,
    };
    if persistence > 0 {
        let why = format!("active over {}; 3 from 10 m, 6 from 1 h, 10 from 6 h", human::duration(lasted));
        items.push(item(facts, "persistence", persistence, "correlation", &why));
    }
    items.extend(history(facts));
    if let Some(country) = &facts.country {
        let why = format!("{}: shown for orientation, a country proves nothing", crate::text::visible::escape(country));
        // The drill's addresses belong to nobody; it brings a geography of its own.
        let source = if facts.drill { "drill" } else { "geo database" };
        items.push(item(facts, "country", 0, source, &why));
    }
    items
}

fn history(facts: &Facts) -> Option<BillItem> {
    if facts.prior.is_empty() {
        return None;
    }
    let counted: Vec<&Prior> = facts.prior.iter().filter(|p| p.counts()).collect();
    let points = PRIOR.0.saturating_mul(u32::try_from(counted.len()).unwrap_or(u32::MAX)).min(PRIOR.1);
    let names: Vec<String> = counted.iter().rev().take(5).map(|p| format!("#{}", p.id)).collect();
    let why = if counted.is_empty() {
        format!("{} earlier, all judged false positives: no points, and none taken away", facts.prior.len())
    } else {
        format!("{} earlier ({}): {} each, at most {}", counted.len(), names.join(", "), PRIOR.0, PRIOR.1)
    };
    Some(item(facts, "repeat offender", i32::try_from(points).unwrap_or(0), "incident history", &why))
}

fn item(facts: &Facts, term: &str, points: i32, source: &str, why: &str) -> BillItem {
    BillItem { term: term.to_owned(), points, source: source.to_owned(), why: why.to_owned(), as_of: facts.last }
}

#[cfg(test)]
mod tests;
