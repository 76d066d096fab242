//! What is odd about a scenario although it can be read: no samples, no technique, a filter that never matches.

use super::coverage::technique;
use super::{Fault, Rules, Scenario, witness};
use crate::query::{Expr, Op, Query, Term};

/// Everything odd, in the order of the files; mistakes that keep a rule from being used come first.
#[must_use]
pub fn remarks(rules: &Rules) -> Vec<Fault> {
    rules.faults().iter().cloned().chain(rules.scenarios().iter().flat_map(scenario)).collect()
}

fn scenario(scenario: &Scenario) -> Vec<Fault> {
    let mut found = Vec::new();
    let mut say = |why: String| found.push(Fault { file: scenario.file.clone(), line: scenario.line, why });
    let name = &scenario.name;
    for (kind, must) in [("positive", true), ("negative", false)] {
        if !scenario.samples.iter().any(|s| s.entity.is_some() == must) {
            say(format!(
                "{name} has no {kind} sample: nothing proves what it {}",
                if must { "finds" } else { "leaves alone" }
            ));
        }
    }
    if scenario.techniques.is_empty() {
        say(format!("{name} names no ATT&CK technique"));
    }
    for unknown in scenario.techniques.iter().filter(|t| technique(t).is_none()) {
        say(format!("{name}: {unknown} is not among the techniques known here"));
    }
    for (nth, step) in (1..).zip(&scenario.steps) {
        let which = if scenario.steps.len() > 1 { format!(" of step {nth}") } else { String::new() };
        if never(&step.filter) {
            say(format!("{name}: the filter{which} can never match: {}", step.filter));
        } else if witness::of(&step.filter, "").is_none() && witness::classes(&step.filter).is_none() {
            say(format!(
                "{name}: the filter{which} is asked of every event; name a class, a program or a text of three letters"
            ));
        }
    }
    found
}

/// Whether no event can meet a filter: two conditions exclude each other.
fn never(query: &Query) -> bool {
    query.expr().is_some_and(expr)
}

fn expr(expr: &Expr) -> bool {
    match expr {
        Expr::Or(parts) => parts.iter().all(self::expr),
        Expr::And(parts) => {
            let terms: Vec<&Term> =
                parts.iter().filter_map(|p| if let Expr::Term(t) = p { Some(t) } else { None }).collect();
            let clash = |a: usize| terms[a + 1..].iter().any(|b| exclude(terms[a], b));
            parts.iter().any(self::expr) || (0..terms.len()).any(clash)
        }
        Expr::Not(_) | Expr::Term(_) | Expr::Word(_) => false,
    }
}

fn exclude(a: &Term, b: &Term) -> bool {
    if wrong_class(a, b) || wrong_class(b, a) {
        return true;
    }
    if a.field != b.field {
        return false;
    }
    if let (Some(a), Some(b)) = (range(a), range(b)) {
        return a.0.max(b.0) > a.1.min(b.1);
    }
    let whole = |t: &Term| {
        let exact = t.op == Op::Eq
            || t.op == Op::Has && matches!(t.field.as_str(), "class" | "outcome" | "severity" | "parsed");
        exact && t.values.iter().all(|v| !v.any && !v.pattern)
    };
    let same = |x: &str| b.values.iter().any(|y| x.eq_ignore_ascii_case(&y.text));
    whole(a) && whole(b) && !a.values.iter().any(|x| same(&x.text))
}

/// Events that are no requests have no status, method, path or referer.
fn wrong_class(class: &Term, other: &Term) -> bool {
    class.field == "class"
        && matches!(class.op, Op::Has | Op::Eq)
        && class
            .values
            .iter()
            .all(|v| matches!(v.text.to_ascii_lowercase().as_str(), "auth" | "network" | "api" | "base"))
        && matches!(other.field.as_str(), "status" | "method" | "path" | "referer")
        && other.op != Op::Ne
}

/// The numbers a term allows, from and to.
fn range(term: &Term) -> Option<(f64, f64)> {
    let numbers: Option<Vec<f64>> = term.values.iter().map(crate::query::Needle::number).collect();
    let numbers = numbers.filter(|n| !n.is_empty())?;
    let least = numbers.iter().copied().fold(f64::INFINITY, f64::min);
    let most = numbers.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    match term.op {
        Op::Has | Op::Eq => Some((least, most)),
        Op::Lt => Some((f64::NEG_INFINITY, least.next_down())),
        Op::Le => Some((f64::NEG_INFINITY, least)),
        Op::Gt => Some((least.next_up(), f64::INFINITY)),
        Op::Ge => Some((least, f64::INFINITY)),
        Op::Ne => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::query::Resource;

    #[test]
    fn contradictions_are_found() {
        let never = |text: &str| super::never(&Query::parse_for(Resource::Record, text).unwrap());
        for text in [
            "status:404 status:200",
            "status>=500 status<500",
            "class:auth class:http",
            "class:auth status:404",
            "program=sshd program=sudo",
            "(status:404 status:200) OR (class:auth class:http)",
        ] {
            assert!(never(text), "{text}");
        }
        for text in [
            "status:404 path:admin",
            "status:404,403 status:403,200",
            "status>=400 status<500",
            "path:a path:b",
            "program=sshd -program=sudo",
            "class:auth OR status:404",
            "program=ssh* program=sshd",
        ] {
            assert!(!never(text), "{text}");
        }
    }

    #[test]
    fn what_is_shipped_has_nothing_odd() {
        assert_eq!(remarks(&Rules::shipped()), []);
    }
}
