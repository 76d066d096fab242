//! What a policy decides, and how it speaks about mistakes.

use super::*;
use crate::api::{DetectionId, DetectionKind, EntityKind, EntityRef, EventId, IncidentId, IncidentState};

fn case(rule: &str, confidence: f32, score: u32, addresses: &[[u8; 4]]) -> (Incident, Bill, Detection) {
    let first: IpAddr = addresses[0].into();
    let trigger = Detection {
        id: DetectionId(1),
        time: Timestamp(1_800_000_000_000),
        rule: rule.to_owned(),
        title: rule.to_owned(),
        class: "test".into(),
        kind: DetectionKind::Rule,
        severity: Severity::High,
        confidence,
        entity: EntityRef::address(first),
        src_ip: Some(first),
        user: None,
        why: "why".into(),
        evidence: vec![EventId(1)],
        evidence_count: 1,
        techniques: Vec::new(),
        source: "test".into(),
        incident: Some(IncidentId(1)),
        suppressed: None,
        refused: false,
        drill: false,
    };
    let incident = Incident {
        id: IncidentId(1),
        revision: 1,
        state: IncidentState::New,
        title: "t".into(),
        severity: Severity::High,
        score,
        entity: trigger.entity.clone(),
        entities: addresses.iter().map(|a| EntityRef::address((*a).into())).collect(),
        rules: vec![rule.to_owned()],
        techniques: Vec::new(),
        kinds: vec![DetectionKind::Rule],
        detections: 1,
        events: 1,
        opened: trigger.time,
        updated: trigger.time,
        first_event: trigger.time,
        last_event: trigger.time,
        contained: None,
        owner: None,
        verdict: None,
        snoozed: None,
        country: None,
        proposals: Vec::new(),
        drill: false,
    };
    (incident, Bill { items: Vec::new(), total: score }, trigger)
}

fn modes(policy: &Policy, of: &(Incident, Bill, Detection)) -> Vec<(&'static str, Mode, String)> {
    let known = |kind: &ActionKind| if *kind == ActionKind::BlockRange { "range" } else { "address" };
    policy
        .decide(&of.0, &of.1, &of.2, &|_| 0)
        .into_iter()
        .map(|p| (known(&p.kind), p.mode, p.target.raw().to_owned()))
        .collect()
}

const ONE: [[u8; 4]; 1] = [[198, 51, 100, 7]];

#[test]
fn the_default_policy_reads_and_decides_as_documented() {
    let policy = Policy::parse(Policy::default_text()).unwrap();
    assert_eq!(policy, Policy::default());
    assert_eq!((policy.budget_per_hour, policy.ttl_seconds), (50, 3600));
    let sure = case("web.sql_injection", 0.97, 50, &ONE);
    assert_eq!(modes(&policy, &sure), [("address", Mode::Act, "198.51.100.7".into())]);
    assert_eq!(policy.decide(&sure.0, &sure.1, &sure.2, &|_| 0)[0].ttl_seconds, 4 * 3600);
    let unsure = case("web.sql_injection", 0.6, 33, &ONE);
    assert_eq!(modes(&policy, &unsure), [("address", Mode::Suggest, "198.51.100.7".into())]);
    assert_eq!(modes(&policy, &case("auth.burst", 0.8, 24, &ONE))[0].1, Mode::Ask);
    assert_eq!(modes(&policy, &case("model.status_mix", 0.6, 20, &ONE))[0].1, Mode::Suggest);
    assert_eq!(modes(&policy, &case("web.crawl", 0.3, 4, &ONE)), []);
}

#[test]
fn neighbours_in_one_incident_propose_their_range() {
    let policy = Policy::default();
    let near: Vec<[u8; 4]> = (1..=5).map(|n| [203, 0, 113, n]).collect();
    let three = modes(&policy, &case("auth.burst", 0.8, 30, &near[..3]));
    assert!(three.contains(&("range", Mode::Suggest, "203.0.113.0/30".into())), "{three:?}");
    let five = modes(&policy, &case("auth.burst", 0.8, 70, &near));
    assert!(five.contains(&("range", Mode::Ask, "203.0.113.0/29".into())), "{five:?}");
    let mut v6 = case("auth.burst", 0.8, 30, &ONE);
    v6.0.entities =
        (0..3).map(|n| EntityRef { kind: EntityKind::Address, value: format!("2001:db8:0:4{n}::1").into() }).collect();
    assert!(
        modes(&policy, &v6).iter().any(|(_, _, target)| target == "2001:db8:0:40::/62"),
        "{:?}",
        modes(&policy, &v6)
    );
}

#[test]
fn the_allow_list_holds_until_it_expires() {
    let text = format!(
        "{}\n[[allow.entry]]\ncidr = '198.51.100.0/28'\nowner = 'net'\nreason = 'own scanner'\n\
         expires = '2027-01-31T00:00:00Z'\n",
        Policy::default_text()
    );
    let policy = Policy::parse(&text).unwrap();
    let mut of = case("web.sql_injection", 0.97, 50, &ONE);
    of.2.time = Timestamp::parse("2027-01-30T23:59:59Z").unwrap();
    let proposal = &policy.decide(&of.0, &of.1, &of.2, &|_| 0)[0];
    assert_eq!(proposal.mode, Mode::None);
    assert!(proposal.why.contains("allow-list") && proposal.why.contains("own scanner"));
    assert_eq!(policy.allowed(of.2.src_ip.unwrap(), of.2.time).unwrap().owner, "net");
    of.2.time = Timestamp::parse("2027-01-31T00:00:00Z").unwrap();
    assert_eq!(policy.decide(&of.0, &of.1, &of.2, &|_| 0)[0].mode, Mode::Act);
    assert!(policy.allowed("::ffff:198.51.100.7".parse().unwrap(), of.2.time).is_none());
}

#[test]
fn every_mistake_names_line_key_and_what_was_meant() {
    let told = |text: &str| Policy::parse(text).unwrap_err().to_string();
    for (text, expected) in [
        ("[defaults]\nmod = 'act'", "line 2: `defaults.mod`: is not known here; did you mean `mode`?"),
        ("[defaults]\nmode = 'acct'", "line 2: `defaults.mode`: \"acct\" is not known; did you mean `act`?"),
        ("[automatc]", "line 1: `automatc`: is not known here; did you mean `automatic`?"),
        (
            "[automatic]\nbudget_per_hour = 'x'",
            "line 2: `automatic.budget_per_hour`: must be a whole number from 0 to 100000",
        ),
        ("\n[[rule]]\nmode='act'", "line 2: `rule.when`: is missing: it says which detections this rule is for"),
        (
            "[[rule]]\nwhen = {rule='intruders'}\naction='block_address'",
            "line 2: `when.rule`: \"intruders\" is not known; known are web.sql_injection",
        ),
        (
            "[[rule]]\nwhen = {rule='*', min_scor=3}\naction='block_address'",
            "line 2: `when.min_scor`: is not known here; did you mean `min_score`?",
        ),
        ("[[rule]]\nwhen = {rule='*'}\naction='block_adress'", "did you mean `block_address`?"),
        (
            "[[rule]]\nwhen = {rule='*'}\naction='block_address'\nttl='4 weeks'",
            "line 4: `rule.ttl`: \"4 weeks\" is not a duration",
        ),
        ("[[rule]]\nwhen = {rule='*'}\naction='block_address'\nttl='400d'", "longer than defaults.max_ttl"),
        (
            "[[allow.entry]]\ncidr='0.0.0.0/0'\nowner='a'\nreason='b'",
            "line 2: `entry.cidr`: an entry for the whole Internet",
        ),
        ("[[allow.entry]]\ncidr='10.0.0.0/8'\nreason='b'", "`entry.owner`: is missing"),
        ("[[allow.entry]]\ncidr='10.0.0.0/8'\nowner=' '\nreason='b'", "`entry.owner`: may not be empty"),
        ("rule = 3", "`rule`: must be written as [[rule]]"),
        ("a = [", "this is not TOML"),
    ] {
        let got = told(text);
        assert!(got.contains(expected), "{text}\n got: {got}\nwant: {expected}");
    }
}

#[test]
fn a_sentence_about_a_mistake_is_safe_to_draw() {
    let why = Policy::parse("[defaults]\n\"\\u001b[31m\" = 1").unwrap_err().to_string();
    assert!(!why.contains('\x1b'), "{why:?}");
}

#[test]
fn two_kinds_of_evidence_act_where_one_only_asks() {
    let policy = Policy::default();
    let mut of = case("web.sql_injection", 0.7, 80, &[[198, 51, 100, 7]]);
    let mode = |of: &(Incident, Bill, Detection)| policy.decide(&of.0, &of.1, &of.2, &|_| 0)[0].mode.clone();
    assert_eq!(mode(&of), Mode::Ask);
    of.0.kinds.push(DetectionKind::Behaviour);
    assert_eq!(mode(&of), Mode::Act);
}

#[test]
fn a_range_with_residents_is_not_proposed() {
    let policy = Policy::default();
    let near: Vec<[u8; 4]> = (1..=6).map(|n| [198, 51, 100, n]).collect();
    let of = case("auth.burst", 0.8, 70, &near);
    let ranges = |residents: usize| {
        let proposals = policy.decide(&of.0, &of.1, &of.2, &|_| residents);
        proposals
            .into_iter()
            .filter(|p| p.kind == ActionKind::BlockRange)
            .map(|p| p.target.raw().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(ranges(0), ["198.51.100.0/29"]);
    assert_eq!(ranges(1), Vec::<String>::new());
}

#[test]
fn a_session_in_two_hands_is_asked_about_and_no_identity_is_acted_on_by_itself() {
    let policy = Policy::default();
    let mut stolen = case("session.two_places", 0.9, 40, &ONE);
    stolen.2.entity = EntityRef { kind: EntityKind::Session, value: "ab12cd34".into() };
    let proposals = policy.decide(&stolen.0, &stolen.1, &stolen.2, &|_| 0);
    let revoke = proposals.iter().find(|p| p.kind == ActionKind::RevokeSession).unwrap();
    assert_eq!((revoke.mode.clone(), revoke.target.raw()), (Mode::Ask, "ab12cd34"));
    let families = ["auth.", "session.", "key.", "cloud.", "code.", "cluster.", "admin.", "sweep."];
    for rule in crate::platform::catalogue::names().iter().filter(|r| families.iter().any(|f| r.starts_with(f))) {
        let mut sure = case(rule, 1.0, 100, &ONE);
        sure.2.severity = Severity::Critical;
        let proposals = policy.decide(&sure.0, &sure.1, &sure.2, &|_| 0);
        assert!(!proposals.is_empty(), "{rule}: nothing is even suggested");
        assert!(proposals.iter().all(|p| p.mode != Mode::Act), "{rule}: {proposals:?}");
    }
}
