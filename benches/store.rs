//! The store by figures: commit a million events, then ask what screens ask. `cargo bench --bench store [-- EVENTS]`.
#![allow(clippy::print_stdout, clippy::unwrap_used, missing_docs)]

use std::time::Instant;
use watchfloor::api::{Class, Event, Http, List, Outcome, Severity, Timestamp};
use watchfloor::platform::store::{Commit, Store};

const START: Timestamp = Timestamp(1_700_000_000_000);
const BATCH: u64 = 1_000;

fn event(store: &Store, i: u64) -> Event {
    // A scrambled counter: about 20,000 addresses, a few of them very active.
    let mixed = i.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32;
    let host = if mixed.is_multiple_of(3) { mixed % 7 } else { mixed % 20_000 };
    let ip = std::net::Ipv4Addr::from(0xc612_0000 + host as u32);
    let time = START.plus(i as i64 * 40);
    let url = format!("/shop/item/{}?ref={}", mixed % 5_000, mixed % 97);
    let agent = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0 Safari/537.36";
    let status = [200, 200, 200, 304, 404, 500][(mixed % 6) as usize];
    let raw = format!("{ip} - - [14/Nov/2023:22:13:20 +0000] \"GET {url} HTTP/1.1\" {status} 5120 \"-\" \"{agent}\"");
    Event {
        id: store.next_event_id(time),
        time,
        observed: time,
        source: "nginx:/var/log/nginx/access.log".into(),
        class: Class::HTTP,
        activity: 3,
        severity: Severity::Info,
        outcome: Outcome::Success,
        src_ip: Some(ip.into()),
        country: Some(["DE", "US", "FR", "JP"][(mixed % 4) as usize].into()),
        user: None,
        session: mixed.is_multiple_of(2).then(|| format!("{:016x}", mixed % 9_000).into()),
        host: Some("shop.example".into()),
        http: Some(Http {
            method: "GET".into(),
            url: url.into(),
            status,
            bytes: 5120,
            referer: None,
            agent: Some(format!("{agent} {}", mixed % 300).into()),
        }),
        message: raw.as_str().into(),
        raw: raw.into(),
        parsed: true,
        drill: false,
        ..Event::default()
    }
}

/// Nanoseconds that this thread was on a processor: what the figure would be if nobody else used the machine.
fn on_cpu() -> u64 {
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    stat.split(' ').next().and_then(|n| n.parse().ok()).unwrap_or(0)
}

fn timed<T>(what: &str, run: impl FnOnce() -> T) -> T {
    let (start, before) = (Instant::now(), on_cpu());
    let answer = run();
    let core = (on_cpu() - before) as f64 / 1e6;
    println!("{what:<58} {:>10.2} ms, {core:>8.2} ms of one core", start.elapsed().as_secs_f64() * 1e3);
    answer
}

fn main() {
    let events = std::env::args().skip(1).find_map(|a| a.parse::<u64>().ok()).unwrap_or(1_000_000);
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    let (mut committing, mut busy) = (std::time::Duration::ZERO, 0);
    for first in (0..events).step_by(BATCH as usize) {
        let batch = Commit {
            events: (first..(first + BATCH).min(events)).map(|i| event(&store, i)).collect(),
            resume: vec![("nginx".into(), first.into())],
            ..Commit::default()
        };
        let (start, before) = (Instant::now(), on_cpu());
        store.commit(&batch).unwrap();
        busy += on_cpu() - before;
        committing += start.elapsed();
        if first == 9 * BATCH {
            timed("overview with 10,000 events stored", || {
                store.overview_parts(batch.events.heads().next().unwrap().time, false).unwrap()
            });
        }
    }
    let seconds = committing.as_secs_f64();
    println!("{events} events committed in {seconds:.1} s: {:.0} a second", events as f64 / seconds);
    let core = busy as f64 / 1e9;
    println!("{core:.1} s of one core: {:.0} a second when the core is free", events as f64 / core);
    let size: u64 = std::fs::read_dir(dir.path()).unwrap().map(|f| f.unwrap().metadata().unwrap().len()).sum();
    println!("{:.0} MiB on disk, {:.0} bytes an event", size as f64 / 1_048_576.0, size as f64 / events as f64);
    let now = START.plus(events as i64 * 40);
    timed("overview, first", || store.overview_parts(now, false).unwrap());
    timed("overview, again", || store.overview_parts(now, false).unwrap());
    let ask = |query: &str| {
        let list = List { query: query.into(), ..List::default() };
        let page = timed(&format!("page of events: {query:?}"), || store.events(&list).unwrap());
        println!("    {} rows{}", page.items.len(), if page.covered.is_some() { ", time was up" } else { "" });
    };
    for query in
        ["", "status:500", "src_ip:198.18.0.3", "src_ip:198.18.64.0/24", "no-such-thing", "session=0000000000000007"]
    {
        ask(query);
    }
    let input = watchfloor::api::endpoint::HistogramInput {
        query: "status:404,500".into(),
        since: START,
        until: now,
        step_seconds: 600,
        at: None,
    };
    timed("histogram by status over everything", || store.histogram(&input).unwrap());
    let input = watchfloor::api::endpoint::TopInput {
        field: "path".into(),
        query: String::new(),
        since: START,
        until: now,
        limit: None,
        at: None,
    };
    timed("most frequent paths over everything", || store.top(&input).unwrap());
    let entity = watchfloor::api::EntityRef::address("198.18.0.3".parse().unwrap());
    timed("one address", || store.entity(&entity, None).unwrap());
    timed("open again", || Store::open(dir.path()).unwrap());
}
