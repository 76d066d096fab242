//! Whatever is found by looking at all names at once is found by asking each.

use super::*;
use crate::platform::store::roll::filter::sure;
use crate::platform::store::roll::row::One;
use crate::query::{Expr, Query, Resource};
use proptest::prelude::*;

fn name() -> impl Strategy<Value = String> {
    prop_oneof![
        "\\PC{0,6}",
        "[aAbB.1/:-]{0,8}",
        (0u8..3, 0u8..40).prop_map(|(a, b)| format!("10.{a}.0.{b}")),
        (0u8..3, 0u8..=32).prop_map(|(a, bits)| format!("10.{a}.7.1/{bits}")),
        (0u16..3, 0u8..=128).prop_map(|(a, bits)| format!("2001:db8:{a}::1/{bits}")),
        (0u16..3).prop_map(|a| format!("2001:db8:{a}::1")),
        (0u8..3).prop_map(|a| format!("::ffff:10.{a}.0.1")),
        Just("0.0.0.0/0".to_owned()),
        Just("::/0".to_owned()),
    ]
}

proptest! {
    /// Nothing that a filter matches is left out, whatever names and needles are.
    #[test]
    fn what_is_found_is_what_a_filter_matches(
        all in prop::collection::vec((prop::sample::select(vec!["address", "range", "user"]), name()), 0..40),
        field in prop::sample::select(vec!["entity", "address", "user"]),
        op in prop::sample::select(vec![":", "="]),
        value in name(),
        pattern: bool,
        cut in (0u32..40, 0u32..40),
    ) {
        let mut names = Names::default();
        for (kind, name) in &all {
            let number = names.number(kind, name).unwrap();
            prop_assert_eq!(names.get(number), (*kind, name.as_str()));
            prop_assert_eq!(names.number(kind, name), Some(number));
        }
        let quoted = value.replace('\\', "\\\\").replace('"', "\\\"");
        let text = if pattern { format!("{field}{op}10.*1") } else { format!("{field}{op}\"{quoted}\"") };
        let query = Query::parse_for(Resource::Incident, &text).or_else(|_| Query::parse(&text));
        let query = query.unwrap_or_default();
        if let Some(expr @ Expr::Term(term)) = query.expr() {
            let range = cut.0.min(names.len())..cut.1.min(names.len()).max(cut.0.min(names.len()));
            let fits = |kind: &str, name: &str| query.meets(expr, &One(kind, name));
            let wanted: Vec<u32> = range.clone().filter(|n| fits(names.get(*n).0, names.get(*n).1)).collect();
            prop_assert_eq!(names.found(&term.values, range, sure(field, term.op), fits), wanted);
        }
    }
}
