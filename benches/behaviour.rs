//! The behaviour models on simulated weeks (`drill/week`, made up by this project): attacks found by kind, false alarms a
//! day, CPU time per event, and the memory of 175,000 active addresses.
//!
//! `cargo bench --bench behaviour [-- SEED...]`: default seeds 31 to 36, none of which was used while tuning.
#![allow(clippy::print_stdout, clippy::unwrap_used)]

use std::hint::black_box;
use watchfloor::api::{Class, EventId, Timestamp};
use watchfloor::platform::detect::behaviour::{Behaviour, Fact, Settings as Budget};
use watchfloor::platform::detect::{Engine, Settings};
use watchfloor::platform::drill::week::{Plan, START, Score, Week};
use watchfloor::platform::record::{HttpRecord, Record};

fn main() {
    let seeds: Vec<u64> = std::env::args().skip(1).filter_map(|a| a.parse().ok()).collect();
    let seeds = if seeds.is_empty() { (31..=36).collect() } else { seeds };
    let mut total = Score::default();
    for seed in &seeds {
        total.add(&week(Plan { seed: *seed, days: 12, from_day: 4, each: 3, homes: 140 }));
    }
    for seed in &seeds {
        // The ramp of twenty days needs a longer plan; its other attacks count as well.
        total.add(&week(Plan { seed: *seed + 1_000, days: 28, from_day: 6, each: 1, homes: 36 }));
    }
    println!("{} plans, {} days", 2 * seeds.len(), total.days);
    total.shares().for_each(|(kind, share)| println!("{kind:22} {:5.1} %", share * 100.0));
    println!("average {:.1} %, {:.2} false alarms a day", total.average() * 100.0, total.false_alarms_a_day());
    ordinary();
    addresses();
}

fn week(plan: Plan) -> Score {
    let week = Week::new(plan);
    let records: Vec<Record<'_>> = week.records().collect();
    let mut engine = Engine::new(Settings::default());
    let mut out = Vec::new();
    let begin = cpu_ns();
    for (record, id) in records.iter().zip(1..) {
        engine.observe(record, &[], EventId(id), "simulated", false, &mut out);
    }
    let each = (cpu_ns() - begin) / records.len() as u64;
    let score = Score::of(&week, &out);
    println!(
        "seed {}: {} events, engine {each} ns an event, found {:.1} %, {:.2} false alarms a day",
        plan.seed,
        records.len(),
        score.average() * 100.0,
        score.false_alarms_a_day()
    );
    score
}

/// A day of a busy site: 2,000 visitors an hour with 60 pages each.
fn ordinary() {
    let mut behaviour = Behaviour::new(Budget::default(), 1, false);
    let mut out = Vec::new();
    let (mut spent, mut events) = (0, 0u64);
    for hour in 0..30u32 {
        let records: Vec<Record<'_>> = (0..120_000u32)
            .map(|n| page(i64::from(hour) * 3_600_000 + i64::from(n) * 30, n / 60 * 17 + n % 7 + hour, n))
            .collect();
        let begin = cpu_ns();
        for record in &records {
            behaviour.observe(&Fact::of(record, EventId(1), "bench", None), &mut out);
        }
        spent += cpu_ns() - begin;
        events += records.len() as u64;
    }
    println!("busy site: {} ns an event for behaviour, {} alarms", spent / events, out.len());
    black_box(out);
}

/// 175,000 addresses within a day, each in two windows, a tenth of them busy.
fn addresses() {
    let before = resident_kib();
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
    let mib = (resident_kib() - before) as f64 / 1024.0;
    println!("175,000 addresses: {mib:.0} MiB for behaviour; {known} entities known, {rows} in running windows");
}

fn page(time: i64, ip: u32, n: u32) -> Record<'static> {
    let mut record = Record::bare(Timestamp(START + time), "");
    record.class = Class::HTTP;
    record.src_ip = Some(std::net::Ipv4Addr::from(ip).into());
    record.http = Some(HttpRecord {
        method: "GET".into(),
        url: format!("/item/{}", n % 997).into(),
        status: if n % 50 == 0 { 404 } else { 200 },
        bytes: u64::from(n % 9_000),
        agent: "Browser/1".into(),
        ..HttpRecord::default()
    });
    record
}

/// CPU time of this thread.
fn cpu_ns() -> u64 {
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    stat.split(' ').next().unwrap().parse().unwrap()
}

/// Resident memory of this process.
fn resident_kib() -> i64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|l| l.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}
