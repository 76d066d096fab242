//! What an incident is, in words, made from rule titles and the entity's name.

use crate::api::{EntityKind, Incident};
use crate::platform::score::{Facts, RuleFact, weight};

/// For example `SQL injection and 2 more from 203.0.113.7`.
pub(super) fn words(incident: &Incident, facts: &Facts) -> String {
    let mut rules: Vec<&RuleFact> = facts.rules.iter().collect();
    rules.sort_by_key(|r| {
        let entered = r.rule == "auth.success_after_burst";
        (!entered, std::cmp::Reverse(weight(&r.severity) * u32::from(r.confidence)), r.rule.clone())
    });
    let what = match rules.as_slice() {
        [] => "Suspicious activity".to_owned(),
        [one] => one.title.clone(),
        [one, two] => format!("{} and {}", one.title, lower(&two.title)),
        [one, two, rest @ ..] => format!("{}, {} and {} more", one.title, lower(&two.title), rest.len()),
    };
    let whom = incident.entity.value.cell(48);
    match incident.entity.kind {
        EntityKind::Address | EntityKind::Range | EntityKind::Client => format!("{what} from {whom}"),
        EntityKind::User => format!("{what} against user {whom}"),
        EntityKind::Session => format!("{what} in session {whom}"),
        EntityKind::Key => format!("{what} with key {whom}"),
        EntityKind::Tenant => format!("{what} in {whom}"),
        EntityKind::Host => format!("{what} against {whom}"),
        EntityKind::Other(_) => format!("{what}: {whom}"),
    }
}

/// Lower-cases the first letter unless the word is an acronym (`SQL`).
fn lower(title: &str) -> String {
    let mut chars = title.chars();
    match (chars.next(), chars.next()) {
        (Some(first), Some(second)) if !second.is_uppercase() => {
            first.to_lowercase().chain(title.chars().skip(1)).collect()
        }
        _ => title.to_owned(),
    }
}
