//! Rules are read with their authors, fire on lines of their family only, and correlate.

use super::*;
use crate::api::{Class, EventId, Timestamp};
use crate::platform::detect::rules::{Mode, Sources, load};
use crate::platform::detect::{Engine, Settings};
use crate::platform::record::{HttpRecord, Record};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

const WEB: &str = r"
title: Odd Agent
id: 11111111-2222-3333-4444-555555555555
name: odd_agent
author: Jane Doe
level: high
tags: [attack.initial-access, attack.t1190]
logsource:
    category: webserver
detection:
    selection:
        cs-method: POST
        cs-user-agent|contains: oddball
    filter:
        sc-status: 404
    condition: selection and not filter
---
title: Many Odd Agents
id: 66666666-2222-3333-4444-555555555555
author: John Doe
level: critical
correlation:
    type: event_count
    rules: [odd_agent]
    group-by: [c-ip]
    timespan: 10m
    condition:
        gte: 3
";

const OTHERS: &str = r"
title: Windows Only
logsource:
    product: windows
    category: process_creation
detection:
    selection:
        Image: x
    condition: selection
---
title: Shadow File Read
id: shadow
logsource:
    product: linux
    service: sudo
detection:
    keywords:
        - /etc/shadow
    condition: keywords
level: medium
---
title: Root Used
id: root-used
author: Somebody
logsource:
    product: aws
    service: cloudtrail
detection:
    selection:
        userIdentity.type: Root
        eventname|startswith: Create
    condition: selection
level: low
---
title: Counts Nothing
correlation:
    type: event_count
    rules: [nowhere]
    group-by: [x]
    timespan: 1m
    condition:
        gte: 2
";

fn engine(texts: &[&str], new: Mode) -> (Engine, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    for (n, text) in texts.iter().enumerate() {
        std::fs::write(folder.path().join(format!("{n}.yml")), text).unwrap();
    }
    let sources = Sources { own: None, sigma: vec![folder.path().to_owned()], new };
    (Engine::with_rules(Settings::default(), Arc::new(load(&sources))), folder)
}

fn request<'a>(method: &'a str, agent: &'a str, status: u16, second: i64) -> Record<'a> {
    let mut record = Record::bare(Timestamp(second * 1000), "raw");
    record.class = Class::HTTP;
    record.src_ip = Some("198.51.100.7".parse().unwrap());
    let http =
        HttpRecord { method: method.into(), url: "/x".into(), status, agent: agent.into(), ..HttpRecord::default() };
    record.http = Some(http);
    record
}

fn told(engine: &mut Engine, record: &Record<'_>) -> Vec<crate::api::Detection> {
    let mut out = Vec::new();
    engine.observe(record, &[], EventId(1), "test", false, &mut out);
    out.retain(|d| d.rule.starts_with("sigma."));
    out
}

#[test]
fn a_rule_fires_once_with_its_author_and_technique() {
    let (mut engine, _folder) = engine(&[WEB], Mode::On);
    assert!(told(&mut engine, &request("GET", "oddball/1", 200, 1)).is_empty());
    assert!(told(&mut engine, &request("POST", "Mozilla", 200, 2)).is_empty());
    assert!(told(&mut engine, &request("POST", "oddball/1", 404, 3)).is_empty());
    // Correlations take their rules' own voice unless the rule says otherwise; here they count from now on.
    for second in 4..6 {
        assert!(told(&mut engine, &request("POST", "an OddBall", 200, second)).is_empty());
    }
    let found = told(&mut engine, &request("POST", "an OddBall", 200, 6));
    assert_eq!(found.len(), 1, "{found:?}");
    let d = &found[0];
    assert_eq!(d.rule, "sigma.66666666-2222-3333-4444-555555555555");
    assert!(d.why.raw().contains("John Doe") && d.why.raw().contains("c-ip 198.51.100.7"), "{}", d.why.raw());
    assert_eq!(d.severity, crate::api::Severity::Critical);
}

#[test]
fn a_rule_nobody_counts_speaks_for_itself() {
    let alone = WEB.split("---").next().unwrap();
    let (mut engine, _folder) = engine(&[alone], Mode::On);
    let found = told(&mut engine, &request("POST", "oddball", 200, 1));
    assert_eq!(found.len(), 1);
    assert_eq!(
        (found[0].techniques.as_slice(), found[0].class.as_str()),
        (&["T1190".to_owned()][..], "initial_access")
    );
    assert!(found[0].why.raw().contains("Jane Doe"));
    assert!(told(&mut engine, &request("POST", "oddball", 200, 2)).is_empty(), "repeats are folded");
}

#[test]
fn shadow_is_counted_and_silent() {
    let alone = WEB.split("---").next().unwrap();
    let (mut engine, _folder) = engine(&[alone], Mode::Shadow);
    assert!(told(&mut engine, &request("POST", "oddball", 200, 1)).is_empty());
    assert_eq!(engine.rules().shadow_count(), 1);
    assert_eq!(engine.rules().take_shadows().len(), 1);
}

#[test]
fn families_keep_to_themselves_and_what_cannot_fire_is_told() {
    let (mut engine, folder) = engine(&[OTHERS], Mode::On);
    let rules = load(&Sources { own: None, sigma: vec![folder.path().to_owned()], new: Mode::On });
    let faults: Vec<&str> = rules.faults().iter().map(|f| f.why.as_str()).collect();
    assert_eq!(faults.len(), 2, "{faults:?}");
    assert!(faults[0].contains("Windows Only") && faults[0].contains("product windows"), "{faults:?}");
    assert!(faults[1].contains("Counts Nothing") && faults[1].contains("nowhere"), "{faults:?}");

    let mut line = Record::bare(Timestamp(1000), "Nov 20 10:00:00 h sudo: a : COMMAND=/bin/cat /etc/shadow");
    line.message = "a : COMMAND=/bin/cat /etc/shadow".into();
    line.program = Some("su");
    assert!(told(&mut engine, &line).is_empty(), "another program");
    line.program = Some("sudo");
    assert_eq!(told(&mut engine, &line).len(), 1);

    let trail = r#"{"eventSource":"iam.amazonaws.com","eventName":"CreateUser","userIdentity":{"type":"Root"}}"#;
    assert_eq!(told(&mut engine, &Record::bare(Timestamp(2000), trail)).len(), 1);
    let other = trail.replace("Root", "IAMUser");
    assert!(told(&mut engine, &Record::bare(Timestamp(3000), other.as_str())).is_empty());
}

#[test]
fn a_workspace_report_has_the_names_of_its_rules() {
    let rule = r"
title: Protection Off
id: protection-off
author: Somebody
logsource:
    product: gcp
    service: google_workspace.admin
detection:
    selection:
        eventService: admin.googleapis.com
        eventName:
            - ENFORCE_STRONG_AUTHENTICATION
            - ALLOW_STRONG_AUTHENTICATION
        new_value: 'false'
    condition: selection
level: medium
";
    let (mut engine, _folder) = engine(&[rule], Mode::On);
    let line = r#"{"kind":"admin#reports#activity","id":{"time":"2026-11-10T13:55:00.000Z","applicationName":"admin","customerId":"C1"},"actor":{"email":"jane@x.org"},"ipAddress":"198.51.100.7","events":[{"type":"SECURITY_SETTINGS","name":"ENFORCE_STRONG_AUTHENTICATION","parameters":[{"name":"NEW_VALUE","value":"false"}]}]}"#;
    let found = told(&mut engine, &Record::bare(Timestamp(1000), line));
    assert_eq!(found.len(), 1, "{found:?}");
    for other in [line.replace("\"false\"", "\"true\""), line.replace("\"admin\"", "\"login\"")] {
        assert!(told(&mut engine, &Record::bare(Timestamp(2000), other.as_str())).is_empty(), "{other}");
    }
}

#[test]
#[ignore = "needs ../shared/data"]
fn the_shared_rules_are_read_or_explained() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/data/rules/sigma");
    let (set, faults) = read(&[path], Mode::On);
    let mut by: BTreeMap<String, usize> = BTreeMap::new();
    for fault in &faults {
        let reason = fault.why.split(": ").last().unwrap_or_default().to_owned();
        *by.entry(reason).or_default() += 1;
    }
    println!("{} rules, {} not: {by:#?}", set.cards().count(), faults.len());
    assert!(set.cards().count() >= 240, "{}", set.cards().count());
    assert!(set.cards().all(|card| !card.author.is_empty()));
    assert_eq!(set.cards().count() + faults.len(), 276, "a rule was dropped in silence");
}
