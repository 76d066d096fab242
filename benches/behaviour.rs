//! The behaviour models on simulated weeks (`drill/week`, made up by this project, so the figures say how the models
//! compare from one version to the next and nothing of anybody's real traffic): attacks found by kind, by the whole engine
//! and by the models alone; false alarms with and without attacks; CPU time an event; memory of 175,000 active addresses.
//!
//! `cargo bench --bench behaviour [-- SEED...]`: default seeds 31 to 38. Seeds 1 to 10 were used while tuning, these never.
#![allow(clippy::print_stdout, clippy::unwrap_used, missing_docs)]

mod common;

use watchfloor::api::{Class, Detection, EventId, Timestamp};
use watchfloor::platform::detect::behaviour::{Behaviour, Fact, Settings as Budget};
use watchfloor::platform::detect::{Engine, Settings};
use watchfloor::platform::drill::week::{MODELS, People, Plan, START, Score, Week};
use watchfloor::platform::record::{HttpRecord, Record};

fn main() {
    let seeds: Vec<u64> = std::env::args().skip(1).filter_map(|a| a.parse().ok()).collect();
    let seeds = if seeds.is_empty() { (31..=38).collect() } else { seeds };
    attacks(&seeds);
    ordinary(&seeds[..seeds.len().min(2)]);
    busy();
    addresses();
}

/// Every kind of attack once in fifteen days of a shop, from the eighth on; the ramp of twenty days in a plan of its own.
fn attacks(seeds: &[u64]) {
    let (mut whole, mut models) = (Score::default(), Score::default());
    for seed in seeds {
        let people = People::shop(36);
        for plan in [
            Plan { seed: *seed, days: 15, from_day: 7, each: 1, people },
            Plan { seed: *seed, days: 28, from_day: 27, each: 0, people },
        ] {
            let week = Week::new(plan);
            let told = said(&week);
            whole.add(&Score::of(&week, &told, ""));
            models.add(&Score::of(&week, &told, MODELS));
        }
    }
    println!(
        "{} plans, {} days; found of each kind by the whole engine and by the models alone",
        2 * seeds.len(),
        whole.days
    );
    for ((kind, whole), (_, models)) in whole.shares().zip(models.shares()) {
        println!("  {kind:22} {:6.1} % {:6.1} %", whole * 100.0, models * 100.0);
    }
    println!("  {:22} {:6.1} % {:6.1} %", "average", whole.average() * 100.0, models.average() * 100.0);
    let (whole, models) = (whole.false_alarms_a_day(), models.false_alarms_a_day());
    println!("  {:22} {whole:6.2}   {models:6.2}", "false alarms a day");
}

/// Two weeks in which nothing happens.
fn ordinary(seeds: &[u64]) {
    for (name, people) in [
        ("three users", People::company(3)),
        ("thirty users", People::company(30)),
        ("three hundred users", People::company(300)),
        ("a public site", People::public()),
        ("an API with 20 keys", People::keys(20)),
    ] {
        for seed in seeds {
            let week = Week::new(Plan { seed: *seed, days: 14, from_day: 13, each: 0, people });
            let records: Vec<Record<'_>> = week.records().collect();
            let begin = common::on_cpu();
            let told = observe(&records);
            let each = (common::on_cpu() - begin) / records.len() as u64;
            let models = told.iter().filter(|d| d.rule.starts_with(MODELS)).count();
            println!(
                "two ordinary weeks of {name}, seed {seed}: {models} alarms of the models, {} of the engine; {} events, \
                 engine {each} ns of CPU an event",
                told.len(),
                records.len(),
            );
        }
    }
}

fn said(week: &Week) -> Vec<Detection> {
    let records: Vec<Record<'_>> = week.records().collect();
    observe(&records)
}

fn observe(records: &[Record<'_>]) -> Vec<Detection> {
    let mut engine = Engine::new(Settings::default());
    let mut out = Vec::new();
    for (record, id) in records.iter().zip(1..) {
        engine.observe(record, &[], EventId(id), "simulated", false, &mut out);
    }
    out
}

/// Thirty hours of a busy site: 2,000 visitors an hour with 60 pages each.
fn busy() {
    let mut behaviour = Behaviour::new(Budget::default(), 1, false);
    let mut out = Vec::new();
    let (mut spent, mut events) = (0, 0);
    for hour in 0..30u32 {
        let records: Vec<Record<'_>> = (0..120_000u32)
            .map(|n| page(i64::from(hour) * 3_600_000 + i64::from(n) * 30, n / 60 * 17 + n % 7 + hour, n))
            .collect();
        let begin = common::on_cpu();
        for record in &records {
            behaviour.observe(&Fact::of(record, EventId(1), "bench", None), &mut out);
        }
        spent += common::on_cpu() - begin;
        events += records.len() as u64;
    }
    println!("a busy site: the models take {} ns of CPU an event, {} alarms", spent / events, out.len());
}

/// 175,000 addresses within a day, each in two windows, a tenth of them busy.
fn addresses() {
    let resident = || common::status_of(std::process::id(), "VmRSS");
    let before = resident();
    let mut behaviour = Behaviour::new(Budget::default(), 1, false);
    let mut out = Vec::new();
    for round in 0..2u32 {
        for n in 0..175_000u32 {
            let time = i64::from(round) * 43_200_000 + i64::from(n) * 240;
            for i in 0..(if n % 10 == 0 { 20 } else { 2 }) {
                let record = page(time + i64::from(i), n.wrapping_mul(24_593), n + i);
                behaviour.observe(&Fact::of(&record, EventId(1), "bench", None), &mut out);
            }
        }
    }
    let (known, rows) = behaviour.sizes();
    let mib = resident().saturating_sub(before) / 1024;
    println!("175,000 addresses: {mib} MiB for the models; {known} entities known, {rows} in running windows");
}

fn page(time: i64, ip: u32, n: u32) -> Record<'static> {
    let mut record = Record::bare(Timestamp(START + time), "");
    record.class = Class::HTTP;
    record.src_ip = Some(std::net::Ipv4Addr::from(ip).into());
    record.http = Some(HttpRecord {
        method: "GET".into(),
        url: format!("/item/{}", n % 997).into(),
        status: if n.is_multiple_of(50) { 404 } else { 200 },
        bytes: u64::from(n % 9_000),
        agent: "Browser/1".into(),
        ..HttpRecord::default()
    });
    record
}
