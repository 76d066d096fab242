//! The console in a real pseudo-terminal of 200x50, before a platform with 1,000,000 incidents and 500,000 blocks in
//! force: what the platform takes for the lists and sums that screens ask for; from start to the first useful frame; from
//! a key to the end of its frame; a filter over all incidents; memory; what it costs when nothing happens and when 1,000
//! and 50,000 updates a second come in.
//!
//! `cargo bench --bench console [-- INCIDENTS BLOCKS]`. The store is made from what a drill of a few seconds leaves,
//! multiplied in SQL. The end of a frame is the end of the synchronized update, `ESC[?2026l`. Updates come from a relay
//! before the platform that answers the live stream itself.
#![allow(clippy::print_stdout, clippy::unwrap_used, missing_docs)]

mod common;
#[path = "../tests/common/mod.rs"]
mod journey;
#[path = "console/relay.rs"]
mod relay;
#[path = "console/store.rs"]
mod store;
#[path = "console/terminal.rs"]
mod terminal;

use std::path::Path;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};
use terminal::Console;

const KEYS: usize = 300;
/// Times each question is asked.
const ASKED: usize = 10;
/// Between two keys: what a held key does on most keyboards, and longer than the least time between two frames.
const PAUSE: Duration = Duration::from_millis(40);
/// How long it is looked at while nothing, or much, happens.
const WHILE: Duration = Duration::from_secs(10);
/// A platform with that much behind it may take its time to start.
const PATIENCE: Duration = Duration::from_secs(900);

fn main() {
    let given: Vec<u64> = std::env::args().skip(1).filter_map(|a| a.parse().ok()).collect();
    let (incidents, blocks) = (given.first().copied().unwrap_or(1_000_000), given.get(1).copied().unwrap_or(500_000));
    let dir = tempfile::tempdir().unwrap();
    let began = Instant::now();
    store::make(dir.path(), incidents, blocks);
    let size = std::fs::metadata(dir.path().join("data/state.db")).unwrap().len() >> 20;
    println!("store of {incidents} incidents and {blocks} blocks made in {:.0} s, {size} MiB", seconds(began));

    let platform = Serve::start(dir.path());
    println!("serve answers after {:.1} s", platform.took.as_secs_f64());
    println!("the roll of incidents is read after {:.1} s, {:.1} s CPU of serve", platform.warm(), platform.cpu());
    platform.costs();
    let relay = relay::start(&platform.address, &platform.token);
    let mut console = Console::start(dir.path(), &relay.url, &platform.token);
    let first = console.until("Open incidents");
    println!("console: first useful frame {:.0} ms after the start", first.as_secs_f64() * 1e3);
    console.settle();
    println!("console VmHWM {} MiB by then", common::status_of(console.pid, "VmHWM") / 1024);
    keys(&mut console);
    filter(&mut console);
    console.press("2");
    // Ages below a minute are drawn anew every second; after that a quiet screen has nothing to say.
    console.bytes_within(Duration::from_secs(75));
    load(&mut console, "idle");
    for rate in [1_000, 50_000] {
        relay.updates(rate);
        console.bytes_within(Duration::from_secs(2));
        load(&mut console, &format!("{rate} updates a second"));
        answers(&mut console);
        relay.updates(0);
        console.settle();
    }
    println!("console VmHWM {} MiB", common::status_of(console.pid, "VmHWM") / 1024);
    println!("serve VmHWM {} MiB", common::status_of(platform.child.id(), "VmHWM") / 1024);
    console.press("q");
}

fn seconds(since: Instant) -> f64 {
    since.elapsed().as_secs_f64()
}

/// Down through the rows, then up again, on the long lists.
fn keys(console: &mut Console) {
    for (screen, key) in [("incidents", "2"), ("blocks", "8")] {
        console.press(key);
        let opened = console.settle();
        let (mut times, mut sizes, cpu) = (Vec::new(), Vec::new(), common::cpu_of(console.pid));
        for i in 0..KEYS {
            let start = Instant::now();
            console.press(if i / 20 % 2 == 0 { "j" } else { "k" });
            // At the end of a list there is no frame to wait for.
            let Some(bytes) = console.frame(Duration::from_millis(200)) else { continue };
            times.push(start.elapsed());
            sizes.push(bytes);
            console.bytes_within(PAUSE);
        }
        times.sort();
        sizes.sort_unstable();
        let ms = |share| common::at(&times, share).as_secs_f64() * 1e3;
        println!(
            "{screen}: opened with {opened} bytes; key to frame p50 {:.2} ms, p99 {:.2} ms, worst {:.2} ms, {:.2} ms CPU ({} of {KEYS} keys); bytes p50 {}, p99 {}",
            ms(0.5),
            ms(0.99),
            ms(1.0),
            (common::cpu_of(console.pid) - cpu) * 1e3 / KEYS as f64,
            times.len(),
            common::at(&sizes, 0.5),
            common::at(&sizes, 0.99)
        );
    }
}

/// A filter typed into the queue, until its rows are there.
fn filter(console: &mut Console) {
    console.press("2");
    console.settle();
    for query in
        ["state:new severity:critical", "score>50 state:closed", "title:nothing-has-this", "entity:11.3.7.0/24"]
    {
        console.press("/");
        console.settle();
        console.press(&format!("\x15{query}"));
        console.settle();
        let start = Instant::now();
        console.press("\r");
        let shown = console.until_any(&[&format!("filter  {query}")], start);
        println!("filter {query:?} over everything: rows on the screen after {:.0} ms", shown.as_secs_f64() * 1e3);
        console.settle();
    }
    console.press("\x1b");
    console.settle();
}

fn load(console: &mut Console, what: &str) {
    let switches = |c: &Console| common::status_of(c.pid, "voluntary_ctxt_switches");
    let (cpu, woken) = (common::cpu_of(console.pid), switches(console));
    let (bytes, frames) = console.bytes_within(WHILE);
    println!(
        "{what}, for {} s: {frames} frames, {bytes} bytes, {:.1} % of a core, main thread woken {} times",
        WHILE.as_secs(),
        (common::cpu_of(console.pid) - cpu) * 100.0 / WHILE.as_secs_f64(),
        switches(console) - woken,
    );
}

/// A few keys while all that comes in: the operator goes first.
fn answers(console: &mut Console) {
    let key = |i: usize| {
        let start = Instant::now();
        console.press(if i.is_multiple_of(2) { "j" } else { "k" });
        let frame = console.frame(Duration::from_secs(10)).map(|_| start.elapsed());
        console.bytes_within(PAUSE);
        frame
    };
    let mut times: Vec<Duration> = (0..20).filter_map(key).collect();
    times.sort();
    let ms = |share| common::at(&times, share).as_secs_f64() * 1e3;
    println!("keys meanwhile: {} of 20 answered, p50 {:.2} ms, worst {:.2} ms", times.len(), ms(0.5), ms(1.0));
}

/// A platform over the store.
struct Serve {
    child: Child,
    address: std::net::SocketAddr,
    token: String,
    took: Duration,
}

impl Serve {
    fn start(dir: &Path) -> Self {
        let began = Instant::now();
        let log = std::fs::File::create(dir.join("serve.log")).unwrap();
        let mut command = journey::command(dir);
        let child = command.arg("serve").stdin(Stdio::null()).stdout(Stdio::null()).stderr(log).spawn().unwrap();
        let note = dir.join("data/platform.json");
        let found: serde_json::Value = loop {
            let text = std::fs::read_to_string(&note).unwrap_or_default();
            if let Ok(found) = serde_json::from_str(&text) {
                break found;
            }
            let log = || std::fs::read_to_string(dir.join("serve.log")).unwrap_or_default();
            assert!(began.elapsed() < PATIENCE, "serve never came: {}", log());
            std::thread::park_timeout(Duration::from_millis(10));
        };
        let address = found["url"].as_str().unwrap().strip_prefix("http://").unwrap().parse().unwrap();
        let token = found["token"].as_str().unwrap().to_owned();
        let mut serve = Self { child, address, token, took: Duration::ZERO };
        serve.get("/v1/version");
        serve.took = began.elapsed();
        serve
    }

    /// CPU seconds so far.
    fn cpu(&self) -> f64 {
        common::cpu_of(self.child.id())
    }

    /// Seconds from the start until it knows how many incidents there are without counting them on disk.
    fn warm(&self) -> f64 {
        let began = Instant::now();
        let auth = format!("Authorization: Bearer {}", self.token);
        while !journey::http(self.address, "GET", "/v1/incidents?limit=1", &[&auth]).1.contains("\"total\":") {
            assert!(began.elapsed() < PATIENCE, "the roll was never read");
            std::thread::park_timeout(Duration::from_millis(100));
        }
        (began.elapsed() + self.took).as_secs_f64()
    }

    fn get(&self, path: &str) -> usize {
        let auth = format!("Authorization: Bearer {}", self.token);
        let (status, body) = journey::http(self.address, "GET", path, &[&auth]);
        assert_eq!(status, 200, "{path}: {body}");
        body.len()
    }

    /// What screens ask for when they open or are refreshed.
    fn costs(&self) {
        for path in [
            "/v1/overview",
            "/v1/incidents?limit=200&query=state%3Anew%2Cclaimed%2Cescalated",
            "/v1/incidents?limit=200&query=state%3Anew%20severity%3Acritical",
            "/v1/incidents?limit=200&query=score%3E50%20state%3Aclosed",
            "/v1/incidents?limit=200&query=title%3Anothing-has-this",
            "/v1/incidents?limit=200&query=entity%3Anothing-has-this",
            "/v1/incidents?limit=200&query=nothing-has-this",
            "/v1/incidents?limit=200&query=entity%3A11.3.7.0%2F24%20detections%3E1%20-owner%3Aanna",
            "/v1/groups?rows=incidents&field=severity",
            "/v1/groups?rows=incidents&field=range",
            "/v1/blocks?limit=200",
            "/v1/blocks?limit=200&query=reason%3Anothing-has-this",
            "/v1/actions?limit=200",
            "/v1/rules?limit=200",
            "/v1/incidents/1",
        ] {
            let (mut times, cpu): (Vec<Duration>, f64) = (Vec::new(), self.cpu());
            for _ in 0..ASKED {
                let start = Instant::now();
                self.get(path);
                times.push(start.elapsed());
            }
            times.sort();
            let ms = |i: usize| times[i].as_secs_f64() * 1e3;
            let cpu = (self.cpu() - cpu) * 1e3 / ASKED as f64;
            println!("GET {path}: median {:.1} ms, worst {:.1} ms, {cpu:.1} ms CPU", ms(ASKED / 2), ms(ASKED - 1));
        }
    }
}

impl Drop for Serve {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
