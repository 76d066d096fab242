//! Printing reads back, matching agrees with a naive oracle, mistakes are placed and named.

use super::*;
use crate::api::{Class, Event, EventId, Http, Outcome, Severity};
use proptest::prelude::*;

pub(super) fn event() -> Event {
    Event {
        id: EventId::new(20_000, 7),
        time: Timestamp(1_728_000_000_000),
        observed: Timestamp(1_728_000_000_500),
        source: "nginx:/var/log/nginx/access.log".into(),
        class: Class::HTTP,
        activity: 3,
        severity: Severity::Medium,
        outcome: Outcome::Failure,
        src_ip: Some("198.51.100.7".parse().unwrap()),
        country: Some("DE".into()),
        user: None,
        session: None,
        host: None,
        http: Some(Http {
            method: "GET".into(),
            url: "/Admin?x=1%27".into(),
            status: 404,
            bytes: 12,
            referer: None,
            agent: Some("curl/8".into()),
        }),
        message: "GET /Admin".into(),
        raw: "the raw line".into(),
        parsed: true,
        drill: false,
        action: Some("CreateUser".into()),
        object: Some("mallory".into()),
        key: Some("AKIA1".into()),
        tenant: Some("acme".into()),
        dst_ip: Some("203.0.113.9".parse().unwrap()),
        dst_port: Some(22),
        sent: Some(500),
        ..Event::default()
    }
}

fn ask(text: &str) -> bool {
    Query::parse_for(Resource::Event, text)
        .unwrap_or_else(|e| panic!("{text}: {e}"))
        .at(Timestamp(1_728_000_060_000))
        .matches(&event())
}

#[test]
fn says_yes() {
    for text in [
        "",
        "status:404",
        "status:403,404",
        "status>=400 status<500",
        "src_ip:198.51.100.0/24",
        "src_ip=198.51.100.7",
        "src_ip:::ffff:198.51.100.7",
        "-src_ip:10.0.0.0/8",
        "admin",
        "url:admin",
        "path=/Admin",
        "class:http",
        "class:4002",
        "severity>=low",
        "severity:medium,high",
        "NOT user:root",
        "user=\"\"",
        "agent:*",
        "-user:*",
        "status:500 OR (status:404 !drill:true)",
        "\"RAW line\"",
        "time>-5m",
        "time>=2024-10-04",
        "outcome:failure",
        "parsed:true AND method=GET",
        "status!=200",
        "user!=root",
        "severity!=info",
        "host!=a,b",
        "path=/ad*",
        "path=*MIN",
        "path=/a*in",
        "url:a*x=1",
        "agent=c*/8,other",
        "path!=*.php",
        "action:createuser object:mal key=AKIA1 tenant=acme",
        "dst_ip:203.0.113.0/24 dst_port<=22 sent>499",
        "admin:false",
    ] {
        assert!(ask(text), "{text}");
    }
}

#[test]
fn says_no() {
    for text in [
        "status:200",
        "src_ip:203.0.113.0/24",
        "url=/admin",
        "user:root",
        "severity>high",
        "time<-5m",
        "drill:true",
        "-status:404",
        "status:404 status:500",
        "src_ip!=198.51.100.0/24",
        "agent=\"\"",
        "path:x=1",
        "path=ad*",
        "path=*/adm",
        "path=\"/ad*\"",
        "path=/admin*admin",
        "url:x=1*admin",
    ] {
        assert!(!ask(text), "{text}");
    }
}

#[test]
fn mistakes_are_placed_and_named() {
    let shown: Vec<String> = [
        "stats:404",
        "status:many",
        "src_ip:198.51.",
        "severity:hihg",
        "user>root",
        "(status:404",
        "status:404)",
        "status :404",
        "status:",
        "\"open",
        "a OR",
        "AND b",
        "time>yesterday",
        "http://example.org",
        "\"a\\q\"",
        "status>1,2",
        "parsed:maybe",
        "a ,b",
    ]
    .iter()
    .map(|text| {
        let e = Query::parse_for(Resource::Event, text).unwrap_err();
        assert!(text.get(e.at.clone()).is_some(), "{text}: {:?}", e.at);
        format!("{text}\n{}{} {e}", " ".repeat(e.at.start), "^".repeat(e.at.len().max(1)))
    })
    .collect();
    insta::with_settings!({snapshot_path => "../../snapshots", prepend_module_to_snapshot => false}, {
        insta::assert_snapshot!("query_mistakes", shown.join("\n\n"));
    });
}

#[test]
fn a_field_belongs_to_its_resource() {
    assert!(Query::parse("state:new").is_ok());
    assert!(Query::parse_for(Resource::Incident, "state:new,claimed,escalated").is_ok());
    assert!(Query::parse_for(Resource::Event, "state:new").is_err());
    assert!(Query::parse("nonsense:1").is_err());
}

#[test]
fn limits_hold() {
    assert!(Query::parse(&"x".repeat(LENGTH_MAX + 1)).is_err());
    assert!(Query::parse(&format!("{}x{}", "(".repeat(40), ")".repeat(40))).is_err());
    assert!(Query::parse(&format!("{}x", "-".repeat(2000))).is_err());
    assert!(Query::parse(&"x ".repeat(TERMS_MAX + 1)).is_err());
    assert!(Query::parse(&format!("{}x{}", "(".repeat(30), ")".repeat(30))).is_ok());
}

#[test]
fn every_field_of_an_event_has_an_answer() {
    let mut full = event();
    full.user = Some("root".into());
    full.session = Some("s".into());
    full.host = Some("h".into());
    if let Some(http) = &mut full.http {
        http.referer = Some("r".into());
    }
    for field in fields(Resource::Event) {
        assert_ne!(full.field(field.name), Value::Missing, "{}", field.name);
    }
}

/// The values a term may hold: anything at all, and what tends to break parsers.
fn value() -> impl Strategy<Value = Needle> {
    prop_oneof![
        any::<String>().prop_map(|t| Needle::new(t, false)),
        "[a-z:=<>!,()\"\\\\* -]{0,6}".prop_map(|t| Needle::new(t, false)),
        prop::sample::select(vec!["404", "*", "AND", "-1h", "198.51.100.0/24"]).prop_map(|t| Needle::new(t, false)),
        Just(Needle::new("*", true)),
        "[a-zA-Z/.]{0,4}[*][a-z*:=]{1,4}".prop_map(Needle::pattern),
    ]
}

fn condition() -> impl Strategy<Value = Expr> {
    let names = prop::sample::select(fields(Resource::Event).iter().map(|f| f.name.to_owned()).collect::<Vec<_>>());
    let leaf = prop_oneof![
        (names.clone(), prop::sample::select(vec![Op::Has, Op::Eq, Op::Ne]), prop::collection::vec(value(), 1..4))
            .prop_map(|(field, op, values)| Expr::Term(Term { field, op, values })),
        (names, prop::sample::select(vec![Op::Lt, Op::Le, Op::Gt, Op::Ge]), any::<u16>()).prop_map(|(field, op, n)| {
            Expr::Term(Term { field, op, values: vec![Needle::new(n.to_string(), false)] })
        }),
        any::<String>().prop_map(|t| Expr::Word(Needle::new(t, false))),
        "[a-zA-Z:=<>!*-]{1,5}".prop_map(|t| Expr::Word(Needle::new(t, false))),
    ];
    leaf.prop_recursive(5, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 2..4).prop_map(Expr::and),
            prop::collection::vec(inner.clone(), 2..4).prop_map(Expr::or),
            inner.prop_map(|e| Expr::Not(Box::new(e))),
        ]
    })
}

proptest! {
    #[test]
    fn prints_what_it_reads(expr in condition()) {
        let query = Query { expr: Some(expr), now: None };
        let text = query.to_string();
        prop_assume!(text.len() <= LENGTH_MAX);
        prop_assert_eq!(Query::parse(&text).map_err(|e| format!("{text}: {e}")).unwrap(), query);
    }

    #[test]
    fn never_panics(text in any::<String>(), odd in "[a-z_:=<>!,()\"\\\\* -]{0,40}") {
        for text in [text, odd] {
            for resource in [None, Some(Resource::Event)] {
                if let Err(e) = parse::parse(&text, resource) {
                    prop_assert!(text.get(e.at.clone()).is_some() && !e.what.is_empty());
                }
            }
        }
    }

    #[test]
    fn containing_is_containing(text in "[aAbB\u{e9}]{0,12}", needle in "[aAbB\u{e9}]{0,4}") {
        let naive = text.to_ascii_lowercase().contains(&needle.to_ascii_lowercase());
        prop_assert_eq!(matching::contains(&text, &needle.to_ascii_lowercase()), naive);
    }

    #[test]
    fn a_pattern_is_a_pattern(text in "[aAbB]{0,10}", pattern in "[ab*]{0,6}") {
        fn naive(text: &[u8], pattern: &[u8]) -> bool {
            match pattern.split_first() {
                None => text.is_empty(),
                Some((b'*', rest)) => (0..=text.len()).any(|i| naive(&text[i..], rest)),
                Some((c, rest)) => text.first().is_some_and(|t| t.eq_ignore_ascii_case(c)) && naive(&text[1..], rest),
            }
        }
        prop_assume!(pattern.contains('*') && pattern != "*");
        let mut row = event();
        row.user = Some(text.as_str().into());
        let ask = |op| matching::term_matches(
            &Term { field: "user".into(), op, values: vec![Needle::pattern(pattern.clone())] }, row.field("user"), None,
        );
        prop_assert_eq!(ask(Op::Eq), naive(text.as_bytes(), pattern.as_bytes()));
        prop_assert_eq!(ask(Op::Has), naive(text.as_bytes(), format!("*{pattern}*").as_bytes()));
    }

    #[test]
    fn logic_is_logic(a in condition(), b in condition()) {
        let row = event();
        let ask = |e: &Expr| matching::matches(e, &row, None);
        prop_assert_eq!(ask(&Expr::And(vec![a.clone(), b.clone()])), ask(&a) && ask(&b));
        prop_assert_eq!(ask(&Expr::Or(vec![a.clone(), b.clone()])), ask(&a) || ask(&b));
        prop_assert_eq!(ask(&Expr::Not(Box::new(a.clone()))), !ask(&a));
    }

    #[test]
    fn prefixes_cover_what_they_cover(ip in any::<u32>(), near in any::<u32>(), len in 0u8..=32) {
        let mut row = event();
        let other = (ip & !(u32::MAX.checked_shr(len.into()).unwrap_or(0))) | (near & u32::MAX.checked_shr(len.into()).unwrap_or(0));
        row.src_ip = Some(std::net::Ipv4Addr::from(ip).into());
        let net = format!("{}/{len}", std::net::Ipv4Addr::from(other));
        let covered = Query::parse(&format!("src_ip:{net}")).unwrap().matches(&row);
        prop_assert!(covered);
        let far = std::net::Ipv4Addr::from(ip ^ 0x8000_0000);
        let covered = Query::parse(&format!("src_ip:{far}/{len}")).unwrap().matches(&row);
        prop_assert_eq!(covered, len == 0);
    }
}
