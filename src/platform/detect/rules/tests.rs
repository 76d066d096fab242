//! The index never hides a match, buckets count as they say, mistakes are told with line and key.

use super::*;
use crate::api::{Class, Detection, EventId, Outcome, Timestamp};
use crate::platform::detect::{Engine, Settings};
use crate::platform::record::{Call, HttpRecord, Record};
use crate::query::Resource;
use proptest::prelude::*;
use std::sync::Arc;

fn rules(text: &str) -> Rules {
    let (scenarios, faults) = parse::scenarios(text, "test.toml", Mode::On);
    assert_eq!(faults, []);
    Rules::new(scenarios)
}

fn head(name: &str) -> String {
    format!(
        "[[scenario]]\nname = \"{name}\"\ntitle = \"t\"\nclass = \"c\"\ndescription = \"d\"\ntechniques = [\"T1110\"]\n\
         severity = \"low\"\nconfidence = 0.5\n"
    )
}

fn request<'a>(url: &'a str, second: i64) -> Record<'a> {
    let mut record = Record::bare(Timestamp(second * 1000), "raw");
    record.class = Class::HTTP;
    record.src_ip = Some("198.51.100.7".parse().unwrap());
    record.http = Some(HttpRecord { method: "GET".into(), url: url.into(), status: 404, ..HttpRecord::default() });
    record
}

fn engine(text: &str) -> Engine {
    Engine::with_rules(Settings::default(), Arc::new(rules(text)))
}

/// Scenarios' detections.
fn told(engine: &mut Engine, record: &Record<'_>) -> Vec<Detection> {
    let mut out = Vec::new();
    engine.observe(record, &[], EventId(1), "test", false, &mut out);
    out.retain(|d| d.rule.starts_with("scenario."));
    out
}

#[test]
fn a_bucket_leaks() {
    let text = head("a") + "filter = \"class:http\"\ngroup_by = [\"src_ip\"]\ncapacity = 5\nleak = \"10s\"\n";
    let mut slow = engine(&text);
    assert!((0..100).all(|n| told(&mut slow, &request("/", n * 11)).is_empty()), "one in eleven seconds leaks away");
    let mut fast = engine(&text);
    let fired: Vec<i64> = (0..100).filter(|n| !told(&mut fast, &request("/", n / 10)).is_empty()).collect();
    assert_eq!(fired, [4, 49], "at the fifth, and again at ten times as many");
}

#[test]
fn a_window_slides_and_counts_what_differs() {
    let text = head("a")
        + "filter = \"class:http\"\ngroup_by = [\"src_ip\"]\ndistinct = \"path\"\ncapacity = 3\nwithin = \"1m\"\n";
    let mut engine = engine(&text);
    for (url, second, fires) in [
        ("/a", 0, false),
        ("/a?x", 10, false),
        ("/b", 20, false),
        ("/c", 75, false),
        ("/d", 78, true),
        ("/e", 79, false),
    ] {
        assert_eq!(!told(&mut engine, &request(url, second)).is_empty(), fires, "{url}");
    }
}

#[test]
fn after_a_blackhole_it_begins_anew() {
    let text = head("a") + "filter = \"class:http\"\ngroup_by = [\"src_ip\"]\nblackhole = \"1h\"\n";
    let mut engine = engine(&text);
    let fired: Vec<i64> = (0..200).filter(|n| !told(&mut engine, &request("/", n * 60)).is_empty()).collect();
    assert_eq!(fired, [0, 60, 120, 180]);
}

#[test]
fn a_sequence_needs_its_order_and_its_pace() {
    let text = head("a")
        + "group_by = [\"src_ip\"]\n[[scenario.step]]\nfilter = \"path=/a\"\ncount = 2\nwithin = \"1m\"\n\
           [[scenario.step]]\nfilter = \"path=/b\"\nwithin = \"1m\"\n";
    let run = |steps: &[(&str, i64)]| {
        let mut engine = engine(&text);
        steps.iter().flat_map(|(url, second)| told(&mut engine, &request(url, *second))).count()
    };
    assert_eq!(run(&[("/a", 0), ("/a", 1), ("/b", 2)]), 1);
    assert_eq!(run(&[("/a", 0), ("/b", 1), ("/a", 2), ("/b", 3)]), 1);
    assert_eq!(run(&[("/a", 0), ("/b", 1)]), 0);
    assert_eq!(run(&[("/b", 0), ("/a", 1), ("/a", 2)]), 0);
    assert_eq!(run(&[("/a", 0), ("/a", 1), ("/b", 90)]), 0, "too late");
    assert_eq!(run(&[("/a", 0), ("/a", 1), ("/a", 50), ("/b", 90)]), 1, "the newest counts");
}

#[test]
fn shadow_says_nothing_and_off_does_nothing() {
    let text = head("a") + "filter = \"class:http\"\nmode = \"shadow\"\n";
    let mut engine = engine(&text);
    assert!(told(&mut engine, &request("/", 0)).is_empty());
    assert_eq!((engine.rules().shadow_count(), engine.rules().take_shadows().len()), (1, 1));
    let mut off = super::tests::engine(&(head("a") + "filter = \"class:http\"\nmode = \"off\"\n"));
    assert!(told(&mut off, &request("/", 0)).is_empty());
    assert_eq!(off.rules().shadow_count(), 0);
}

#[test]
fn a_rule_that_costs_too_much_is_switched_off_and_says_so() {
    let words: Vec<String> = (0..40).map(|n| format!("w{n}")).collect();
    let text =
        head("dear") + &format!("filter = \"-raw:{}\"\n", words.join(",")) + &head("cheap") + "filter = \"path=/x\"\n";
    let mut engine = engine(&text);
    for n in 0..9_000 {
        told(&mut engine, &request("/", n));
    }
    let off = engine.rules().switched_off();
    assert!(off.len() == 1 && off[0].starts_with("scenario.dear is switched off"), "{off:?}");
    assert_eq!(told(&mut engine, &request("/x", 9_001)).len(), 1, "the others go on");
}

#[test]
fn mistakes_are_told_with_line_and_key() {
    let fault = |text: &str| {
        let (_, faults) = parse::scenarios(text, "own.toml", Mode::Shadow);
        load::fault("own.toml", &faults[0]).to_string()
    };
    for (text, expected) in [
        (
            head("a") + "filtre = \"class:http\"\n",
            "own.toml, line 9: `scenario.filtre`: is not known here; did you mean `filter`?",
        ),
        (
            head("a") + "filter = \"statsu:404\"\n",
            "own.toml, line 9: `scenario.filter`: \"statsu\" is no field of events (did you mean status?",
        ),
        (head("a") + "filter = \"class:http\"\ncapacity = 3\n", "needs `leak` or `within`"),
        (head("a") + "filter = \"class:http\"\ngroup_by = [\"src\"]\n", "known are src_ip, range"),
        (head("a") + "filter = \"class:http\"\nleak = \"1s\"\nwithin = \"1s\"\n", "exclude each other"),
        (head("a") + "[[scenario.step]]\nfilter = \"class:http\"\n", "from 2 to 8 steps"),
        (head("a b") + "filter = \"class:http\"\n", "line 2: `scenario.name`"),
        (head("a").replace("T1110", "1110") + "filter = \"class:http\"\n", "is not like T1110"),
        ("[[scenario]\n".to_owned(), "this is not TOML"),
        ("[[senario]]\n".to_owned(), "did you mean `scenario`?"),
    ] {
        let said = fault(&text);
        assert!(said.contains(expected), "{said}\n{expected}");
    }
}

#[test]
fn one_bad_scenario_leaves_the_others() {
    let text = head("good") + "filter = \"class:http\"\n" + &head("bad") + "filter = \"nofield:1\"\n";
    let (good, bad) = parse::scenarios(&text, "own.toml", Mode::Shadow);
    assert_eq!((good.len(), bad.len(), good[0].mode), (1, 1, Mode::Shadow));
    let twice = Rules::new([good.clone(), good].concat());
    assert!(twice.scenarios().len() == 1 && twice.faults()[0].why.contains("already in own.toml, line 1"));
}

/// Filters over the fields that the index knows, and some that it does not.
fn filter() -> impl Strategy<Value = String> {
    let text = prop::sample::select(vec!["abc", "abcd", "bc", "a", "xyz", "abca"]);
    let field = prop::sample::select(vec![
        "url", "path", "agent", "message", "raw", "user", "action", "program", "method", "referer",
    ]);
    let term =
        (field, prop::sample::select(vec![":", "=", "!="]), text, 0..4u8).prop_map(
            |(field, op, text, star)| match star {
                0 => format!("{field}{op}*{text}"),
                1 => format!("{field}{op}{text}*,x*{text}"),
                _ => format!("{field}{op}{text},abc"),
            },
        );
    let leaf = prop_oneof![
        term,
        prop::sample::select(vec![
            "abc",
            "status:404",
            "status>=404",
            "status=404.0",
            "class:http",
            "class:auth",
            "class:4002",
            "outcome:success",
            "class:http,auth"
        ])
        .prop_map(str::to_owned),
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 2..4).prop_map(|all| format!("({})", all.join(" "))),
            prop::collection::vec(inner.clone(), 2..4).prop_map(|all| format!("({})", all.join(" OR "))),
            inner.prop_map(|one| format!("-{one}")),
        ]
    })
}

proptest! {
    #[test]
    fn the_index_never_hides_a_match(
        filters in prop::collection::vec(filter(), 1..6),
        texts in prop::collection::vec("[abcdxyzABC?*]{0,6}", 8),
        status in prop::sample::select(vec![200u16, 404]),
        kind in 0..3u8,
    ) {
        let mut record = Record::bare(Timestamp(0), texts[0].as_str());
        record.message = texts[1].as_str().into();
        record.user = Some(texts[2].as_str().into());
        record.program = Some(texts[3].as_str());
        record.outcome = if kind == 1 { Outcome::Success } else { Outcome::Failure };
        record.class = [Class::HTTP, Class::AUTHENTICATION, Class(9999)][usize::from(kind)];
        record.http = Some(HttpRecord {
            method: texts[4].as_str().into(), url: texts[5].as_str().into(), status, bytes: 0,
            referer: texts[6].as_str().into(), agent: texts[7].as_str().into(),
        });
        record.call = Some(Box::new(Call { action: texts[4].as_str().into(), ..Call::default() }));
        let row = Row::new(&record, "s", false);
        let queries: Vec<Query> = filters.iter().map(|f| Query::parse_for(Resource::Record, f).unwrap()).collect();
        let here = |q: &Query| witness::classes(q).is_none_or(|all| all.iter().any(|c| c == record.class.word()));
        let index = Index::new((0u32..).zip(&queries).filter(|(_, q)| here(q)).map(|(id, q)| (id, witness::of(q, record.class.word()))));
        let mut found = Vec::new();
        let mut memo = index::Memo::default();
        for _ in 0..2 {
            found.clear();
            index.candidates(&row, &mut memo, &mut |id| found.push(id));
        }
        for (id, query) in (0u32..).zip(&queries) {
            prop_assert!(!query.matches(&row) || found.contains(&id), "{query} of {filters:?}");
            if here(query) {
                let keys = [row.value("method"), row.value("status")].map(index::key);
                prop_assert_eq!(Filter::new(query).matches(&row, keys), query.matches(&row), "{}", query);
            }
        }
    }

    #[test]
    fn no_file_makes_it_panic(text in "[a-z\\[\\]=\"\\n ]{0,200}", filter in any::<String>()) {
        let _ = parse::scenarios(&text, "x", Mode::On);
        let _ = parse::scenarios(&(head("a") + &format!("filter = {}\n", toml::Value::String(filter))), "x", Mode::On);
    }
}

#[test]
fn a_class_that_the_index_sees_to_is_not_asked_for_again() {
    for (filter, rest) in [
        ("class:http status:404", "status:404"),
        ("class:http,auth status:404 method=GET", "status:404 method=GET"),
        ("class:http", "class:http"),
        ("-class:http status:404", "-class:http status:404"),
        ("class:http (class:auth OR status:404)", "(class:auth OR status:404)"),
        ("class:http,auth class:http status:404", "class:http,auth status:404"),
        ("class:4002 status:404", "class:4002 status:404"),
    ] {
        let query = |text: &str| Query::parse(text).unwrap();
        assert_eq!(witness::unclassed(&query(filter)).to_string(), query(rest).to_string(), "{filter}");
    }
}
