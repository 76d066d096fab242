//! What must be in a line before a Sigma rule can match it, and what asking the rule costs.

use super::family::Family;
use crate::platform::detect::rules::witness::{Atom, Haystack, Witness};
use rsigma_parser::value::StringPart;
use rsigma_parser::{
    ConditionExpr, Detection, DetectionItem, Detections, Modifier, Quantifier, SigmaString, SigmaValue,
};

/// Most signs kept for one rule; with more it is always asked.
const ATOMS_MAX: usize = 2_048;
/// Shorter literals are too common to be worth searching for.
const LITERAL_MIN: usize = 3;

/// The witness of a rule. Several conditions are alternatives.
#[must_use]
pub fn witness(rule: &Detections, family: Family) -> Witness {
    let each: Option<Vec<_>> = rule.conditions.iter().map(|c| condition(c, rule, family)).collect();
    each.map(|all| all.concat()).filter(|atoms| !atoms.is_empty() && atoms.len() <= ATOMS_MAX)
}

fn condition(expr: &ConditionExpr, rule: &Detections, family: Family) -> Witness {
    match expr {
        ConditionExpr::And(parts) => best(parts.iter().map(|p| condition(p, rule, family))),
        ConditionExpr::Or(parts) => any(parts.iter().map(|p| condition(p, rule, family))),
        ConditionExpr::Not(_) => None,
        ConditionExpr::Identifier(name) => rule.named.get(name).and_then(|d| detection(d, family)),
        ConditionExpr::Selector { quantifier, pattern } => {
            let named = rule.named.iter().filter(|(name, _)| pattern.matches_detection_name(name));
            let each = named.map(|(_, d)| detection(d, family));
            match quantifier {
                Quantifier::All => best(each),
                Quantifier::Any | Quantifier::Count(_) => any(each),
            }
        }
    }
}

fn detection(detection: &Detection, family: Family) -> Witness {
    match detection {
        Detection::AllOf(items) => best(items.iter().map(|i| item(i, family))),
        Detection::And(parts) => best(parts.iter().map(|d| self::detection(d, family))),
        Detection::AnyOf(parts) => any(parts.iter().map(|d| self::detection(d, family))),
        Detection::Keywords(values) => any(values.iter().map(|v| value(v, family.keywords(), family))),
        Detection::ArrayMatch { .. } | Detection::Conditional { .. } => None,
    }
}

fn item(item: &DetectionItem, family: Family) -> Witness {
    let plain = |m: &Modifier| {
        matches!(m, Modifier::Contains | Modifier::StartsWith | Modifier::EndsWith | Modifier::All | Modifier::Cased)
    };
    if !item.field.modifiers.iter().all(plain) {
        return None;
    }
    let one;
    let places: &[Haystack] = match &item.field.name {
        Some(field) => {
            one = [family.haystack(field)?];
            &one
        }
        None => family.keywords(),
    };
    let each = item.values.iter().map(|v| value(v, places, family));
    if item.field.has_modifier(Modifier::All) { best(each) } else { any(each) }
}

/// A value's longest piece, wherever it may stand.
fn value(value: &SigmaValue, places: &[Haystack], family: Family) -> Witness {
    let SigmaValue::String(text) = value else { return None };
    let piece = longest(text, family)?;
    Some(places.iter().map(|place| Atom::Literal(*place, piece.clone())).collect())
}

/// The longest piece that is written in a line as it is meant: no wildcards, plain letters, and in JSON nothing that
/// may be escaped.
fn longest(text: &SigmaString, family: Family) -> Option<String> {
    let escaped = |c: char| {
        !c.is_ascii()
            || c.is_ascii_control()
            || family.is_json() && matches!(c, '"' | '\\' | '/' | '<' | '>' | '&' | '\'')
    };
    let plain = text
        .parts
        .iter()
        .filter_map(|part| if let StringPart::Plain(text) = part { Some(text.as_str()) } else { None });
    let pieces = plain.flat_map(|text| text.split(escaped));
    let piece = pieces.max_by_key(|p| p.len())?;
    (piece.len() >= LITERAL_MIN).then(|| piece.to_ascii_lowercase())
}

/// Of several that must all hold, the one that narrows down most.
fn best(each: impl Iterator<Item = Witness>) -> Witness {
    let worth = |atoms: &Vec<Atom>| {
        let one = |atom: &Atom| if let Atom::Literal(_, text) = atom { text.len() } else { 0 };
        // A literal of twelve letters beats three: beyond that, fewer signs are better than longer ones.
        atoms.iter().map(one).min().unwrap_or(0).min(12) * 64 / (64 + atoms.len())
    };
    each.flatten().filter(|atoms| !atoms.is_empty()).max_by_key(worth)
}

fn any(each: impl Iterator<Item = Witness>) -> Witness {
    each.collect::<Option<Vec<_>>>().map(|all| all.concat())
}

/// What asking the rule costs, in comparisons; texts that are looked for everywhere count for more.
#[must_use]
pub fn cost(rule: &Detections) -> u32 {
    fn of(detection: &Detection) -> usize {
        match detection {
            Detection::AllOf(items) => items.iter().map(|i| i.values.len().max(1) * 2).sum(),
            Detection::And(parts) | Detection::AnyOf(parts) => parts.iter().map(of).sum(),
            Detection::Keywords(values) => 4 + values.len(),
            Detection::ArrayMatch { body, .. } => 8 + of(body),
            Detection::Conditional { named, .. } => 8 + named.values().map(of).sum::<usize>(),
        }
    }
    u32::try_from(rule.named.values().map(of).sum::<usize>().max(1)).unwrap_or(u32::MAX)
}
