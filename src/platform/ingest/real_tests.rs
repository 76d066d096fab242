//! Real logs, compared with counts made in another way.

use super::*;
use crate::api::{Class, Outcome};
use std::collections::BTreeMap;
use std::net::IpAddr;

const NOW: Timestamp = Timestamp(1_795_000_000_000);

fn read(path: &str) -> String {
    let path = format!("{}/../shared/data/{path}", env!("CARGO_MANIFEST_DIR"));
    quoted::text_of(std::fs::read(&path).unwrap_or_else(|e| panic!("{path}: {e}")))
}

fn count<K: Ord>(keys: impl Iterator<Item = K>) -> BTreeMap<K, u64> {
    let mut counts = BTreeMap::new();
    for key in keys {
        *counts.entry(key).or_insert(0) += 1;
    }
    counts
}

#[test]
#[ignore = "needs ../shared/data"]
fn a_real_web_log_is_read_in_whole() {
    let text = read("web-access/apache-combined.log");
    let records: Vec<_> = lines(&text).map(|l| parse(None, l, NOW)).collect();
    assert_eq!(records.len(), 5000);
    for record in &records {
        assert!(record.parsed && record.class == Class::HTTP, "{}", record.raw);
    }
    // The status is the ninth word of a line, wherever quotes are; a request without spaces is none of these.
    let statuses = count(text.lines().filter_map(|l| l.split_whitespace().nth(8)).map(str::to_owned));
    assert_eq!(statuses, count(records.iter().filter_map(|r| Some(r.http.as_ref()?.status.to_string()))));
    let addresses = count(text.lines().filter_map(|l| l.split(' ').next()).map(str::to_owned));
    assert_eq!(addresses, count(records.iter().filter_map(|r| Some(r.src_ip?.to_string()))));
    let agents = count(text.lines().filter_map(|l| l.split('"').nth(5)).map(str::to_owned));
    let ours = count(records.iter().filter_map(|r| Some(r.http.as_ref()?.agent.to_string())));
    let same = |(agent, n): (&String, &u64)| agent == "-" || agent.contains('\\') || ours.get(agent) == Some(n);
    assert!(agents.iter().all(same));
}

#[test]
#[ignore = "needs ../shared/data"]
fn a_real_auth_log_counts_what_its_lines_say() {
    let text = read("ssh/auth.log");
    let mut expected: BTreeMap<IpAddr, u64> = BTreeMap::new();
    for line in text.lines().filter(|l| l.contains("Failed password for")) {
        let words: Vec<&str> = line.split([' ', ']']).collect();
        let at = words.iter().rposition(|w| *w == "port").unwrap();
        let times = words.iter().position(|w| *w == "repeated").map_or(1, |i| words[i + 1].parse().unwrap());
        *expected.entry(words[at - 1].parse().unwrap()).or_insert(0) += times;
    }
    let (mut got, mut accepted): (BTreeMap<IpAddr, u64>, u64) = Default::default();
    for line in lines(&text) {
        let record = parse(Some(Format::Syslog), line, NOW);
        assert!(record.parsed && record.program.is_some(), "{line}");
        if record.class == Class::AUTHENTICATION && record.outcome == Outcome::Failure {
            *got.entry(record.src_ip.unwrap()).or_insert(0) += u64::from(record.repeat);
        }
        accepted +=
            u64::from(line.contains("Accepted ") && record.outcome == Outcome::Success && record.user.is_some());
    }
    assert_eq!(got, expected);
    assert_eq!(accepted, text.lines().filter(|l| l.contains(": Accepted ")).count() as u64);
    assert!(expected.values().sum::<u64>() > 700);
}

#[test]
#[ignore = "needs ../shared/data"]
fn real_messages_of_many_daemons() {
    let text = read("ssh/linux-messages.log");
    let (mut failures, mut with_address) = (0, 0);
    for line in lines(&text) {
        let record = parse(None, line, NOW);
        assert!(record.parsed, "{line}");
        if record.class == Class::AUTHENTICATION && record.outcome == Outcome::Failure {
            failures += 1;
            with_address += usize::from(record.src_ip.is_some());
        }
    }
    let said: Vec<_> = text.lines().filter(|l| l.contains("authentication failure;")).collect();
    let dotted = said
        .iter()
        .filter(|l| l.split("rhost=").nth(1).is_some_and(|r| r.split(' ').next().unwrap().parse::<IpAddr>().is_ok()));
    // klogind is in no table: a guess, and all its lines say the address.
    let guessed = text.lines().filter(|l| l.contains("]: Authentication failed from ")).count();
    assert_eq!((failures, with_address), (said.len() + guessed, dotted.count() + guessed));
    assert!(failures > 400);
}

#[test]
#[ignore = "needs ../shared/data"]
fn a_real_eve_record() {
    let text = read("suricata/eve-fileinfo.json");
    let record = parse(None, text.trim_end(), NOW);
    assert!(record.parsed);
    assert_eq!((record.class, record.time.to_string().as_str()), (Class::NETWORK, "2016-06-08T20:01:52.875Z"));
    assert_eq!(record.src_ip, "10.16.1.11".parse().ok(), "who asked for the file");
    assert_eq!(record.http.unwrap().url, "/download/eicar.com");
}
