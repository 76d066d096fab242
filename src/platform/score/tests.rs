//! The laws of the bill.

use super::*;
use crate::api::{Detection, DetectionId, DetectionKind, EntityRef, EventId, IncidentId, Timestamp, Verdict};
use proptest::prelude::*;

fn detection(rule: &str, severity: Severity, confidence: f32) -> Detection {
    Detection {
        id: DetectionId(1),
        time: Timestamp(1_000_000),
        rule: rule.to_owned(),
        title: rule.to_owned(),
        class: "test".into(),
        kind: DetectionKind::Rule,
        severity,
        confidence,
        entity: EntityRef::address([198, 51, 100, 7].into()),
        src_ip: Some([198, 51, 100, 7].into()),
        user: None,
        why: "why".into(),
        evidence: vec![EventId(1)],
        evidence_count: 1,
        techniques: Vec::new(),
        source: "test".into(),
        incident: None,
        suppressed: None,
        refused: false,
        drill: false,
    }
}

fn any_detection() -> impl Strategy<Value = Detection> {
    let rules = ["web.sql_injection", "web.xss", "auth.burst", "auth.success_after_burst", "web.crawl", "ids.alert"];
    let parts = (0usize..6, 0u8..6, 0.0f32..=1.0, 1u64..5_000, any::<bool>(), any::<bool>(), 0i64..100_000_000);
    parts.prop_map(move |(rule, severity, confidence, count, refused, crawler, time)| {
        let mut d = detection(rules[rule], Severity::from_id(severity), confidence);
        d.evidence_count = count;
        d.refused = refused;
        d.time = Timestamp(time);
        if crawler {
            d.class = "known_crawler".into();
        }
        d
    })
}

fn facts_of(all: &[Detection]) -> Facts {
    let mut facts = Facts::default();
    all.iter().for_each(|d| facts.add(d));
    facts
}

#[test]
fn a_country_names_where_it_is_known_from() {
    for (drill, source) in [(false, "geo database"), (true, "drill")] {
        let mut facts = facts_of(&[Detection { drill, ..detection("web.xss", Severity::High, 0.9) }]);
        facts.country = Some("PL".into());
        let bill = bill(&facts);
        assert_eq!(bill.items.iter().find(|i| i.term == "country").map(|i| i.source.as_str()), Some(source));
    }
}

proptest! {
    #[test]
    fn items_sum_to_the_total(all in prop::collection::vec(any_detection(), 0..12)) {
        let bill = bill(&facts_of(&all));
        prop_assert_eq!(bill.items.iter().map(|i| i.points).sum::<i32>(), i32::try_from(bill.total).unwrap());
        prop_assert!(bill.total <= 100);
    }

    #[test]
    fn stored_facts_give_the_same_bill(all in prop::collection::vec(any_detection(), 1..12)) {
        let facts = facts_of(&all);
        let stored = serde_json::to_string(&facts).unwrap();
        prop_assert_eq!(bill(&serde_json::from_str::<Facts>(&stored).unwrap()), bill(&facts));
    }

    #[test]
    fn one_more_detection_never_lowers_the_score(
        all in prop::collection::vec(any_detection(), 1..10),
        more in any_detection(),
    ) {
        // A first detection by a crawler or refused one makes the whole urgent less; that must lift, never sink, later.
        let mut facts = facts_of(&all);
        let before = bill(&facts).total;
        facts.add(&more);
        prop_assert!(bill(&facts).total >= before, "{} -> {}", before, bill(&facts).total);
    }

    #[test]
    fn a_repeat_offender_never_scores_less(all in prop::collection::vec(any_detection(), 1..6), prior in 0u64..9) {
        let mut facts = facts_of(&all);
        let before = bill(&facts).total;
        for id in 0..prior {
            let verdict = (id % 2 == 0).then_some(Verdict::FalsePositiveLogic);
            facts.add_prior(Prior { id: IncidentId(id), last: Timestamp(5), verdict });
        }
        prop_assert!(bill(&facts).total >= before);
    }
}

#[test]
fn the_score_of_a_break_in_is_critical_and_explains_itself() {
    let mut burst = detection("auth.burst", Severity::Medium, 0.8);
    burst.evidence_count = 50;
    let entered = detection("auth.success_after_burst", Severity::High, 0.9);
    let bill = bill(&facts_of(&[burst, entered]));
    assert!(bill.total >= 80, "{bill:?}");
    assert_eq!(severity(bill.total), Severity::Critical);
    assert!(bill.items.iter().any(|i| i.term == "success after failures" && i.points == ENTERED));
    assert!(bill.items.iter().all(|i| !i.why.is_empty() && !i.source.is_empty()));
}

#[test]
fn context_alone_proves_nothing() {
    let facts = Facts { country: Some("ZZ".into()), ..Facts::default() };
    assert_eq!(bill(&facts).total, 0);
}

#[test]
fn what_the_gate_refused_is_less_urgent() {
    let open = detection("web.sql_injection", Severity::High, 0.95);
    let refused = Detection { refused: true, ..open.clone() };
    assert!(bill(&facts_of(&[refused])).total < bill(&facts_of(&[open])).total);
}
