//! Time from a hostile line being written to a log until the gate refuses its author. 200 times, one author each.
//!
//! `cargo bench --bench latency`. The client asks the gate again and again over one connection, so the figure includes
//! one round trip; the machine's noise is in it too, so look at the median first.
#![allow(clippy::unwrap_used, clippy::print_stdout, missing_docs)]

#[path = "../tests/common/mod.rs"]
mod common;

use common::{Platform, wait_for};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

const TIMES: usize = 200;

fn main() {
    let dir = tempfile::tempdir().unwrap();
    let log = dir.path().join("access.log");
    std::fs::write(&log, "").unwrap();
    let policy = dir.path().join("policy.toml");
    let text = include_str!("../src/platform/policy/default.toml");
    std::fs::write(&policy, text.replace("budget_per_hour = 50", "budget_per_hour = 1000")).unwrap();
    let platform = Platform::start(&format!(
        "policy = \"{}\"\n[[source]]\npath = \"{}\"\nformat = \"combined\"\n",
        policy.display(),
        log.display()
    ));
    let mut gate = Gate::connect(&platform);
    let mut file = std::fs::OpenOptions::new().append(true).open(&log).unwrap();
    wait_for("the log to be followed", || {
        let rows = platform.export("sources", "");
        rows.iter().any(|r| r["state"] == "waiting").then_some(())
    });
    let mut took: Vec<Duration> = (0..TIMES).map(|i| once(&mut file, &mut gate, i)).collect();
    took.sort();
    let at = |share: f64| took[((TIMES - 1) as f64 * share) as usize].as_secs_f64() * 1000.0;
    println!(
        "hostile line written -> request refused, {TIMES} times: min {:.1} ms, median {:.1} ms, p95 {:.1} ms, p99 {:.1} ms, max {:.1} ms",
        at(0.0),
        at(0.5),
        at(0.95),
        at(0.99),
        at(1.0)
    );
}

fn once(file: &mut std::fs::File, gate: &mut Gate, i: usize) -> Duration {
    let author = format!("198.18.{}.{}", i / 250, i % 250 + 1);
    assert_eq!(gate.ask(&author), 200, "nothing is known against {author} yet");
    let stamp = chrono::Utc::now().format("%d/%b/%Y:%H:%M:%S +0000");
    let line = format!(
        "{author} - - [{stamp}] \"GET /item?id=1%27%20UNION%20SELECT%20a,b%20FROM%20users--%20- HTTP/1.1\" 200 12 \"-\" \"Mozilla/5.0\"\n"
    );
    let start = Instant::now();
    file.write_all(line.as_bytes()).unwrap();
    loop {
        if gate.ask(&author) == 403 {
            return start.elapsed();
        }
        assert!(start.elapsed() < Duration::from_secs(10), "{author} was never refused");
    }
}

/// One kept-alive connection to the gate, as a proxy would hold it.
struct Gate(TcpStream);

impl Gate {
    fn connect(platform: &Platform) -> Self {
        let stream = TcpStream::connect(platform.address).unwrap();
        stream.set_nodelay(true).unwrap();
        Self(stream)
    }

    fn ask(&mut self, client: &str) -> u16 {
        let request = format!(
            "GET /v1/gate/check HTTP/1.1\r\nHost: gate\r\nX-Real-IP: {client}\r\nX-Original-URI: /\r\nX-Original-Method: GET\r\n\r\n"
        );
        self.0.write_all(request.as_bytes()).unwrap();
        let mut answer = Vec::new();
        let mut buffer = [0u8; 4096];
        loop {
            let n = self.0.read(&mut buffer).unwrap();
            assert!(n > 0, "the gate closed the connection");
            answer.extend_from_slice(&buffer[..n]);
            if let Some(length) = whole(&answer) {
                assert_eq!(length, answer.len());
                return std::str::from_utf8(&answer[9..12]).unwrap().parse().unwrap();
            }
        }
    }
}

/// Length of a complete answer.
fn whole(answer: &[u8]) -> Option<usize> {
    let text = String::from_utf8_lossy(answer);
    let head = text.find("\r\n\r\n")? + 4;
    let body = text[..head]
        .lines()
        .find_map(|l| {
            l.to_ascii_lowercase().strip_prefix("content-length:").map(|v| v.trim().parse::<usize>().unwrap())
        })
        .unwrap_or(0);
    (answer.len() >= head + body).then_some(head + body)
}
