//! What the measurements share: processor time and memory of processes, and web logs of any length.
#![allow(dead_code)] // Each measurement uses its own part of this.

use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use watchfloor::api::Timestamp;
use watchfloor::platform::drill::Drill;

/// The real 5,000-line log beside the checkout.
pub fn real_log() -> PathBuf {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/web-access/apache-combined.log");
    assert!(path.exists(), "{} is missing: this measurement needs ../shared/data", path.display());
    path
}

/// The real log as if a site had as many times its visitors as it takes for about `lines` lines: every line once for
/// each multiple of the site, from another address and at another time, in order of time, the newest at `end`. Each
/// multiple is shifted by its share of the log's four days, so neighbouring lines are not alike. Returns how many were
/// written.
pub fn write_web_log(path: &Path, lines: usize, end: Timestamp) -> usize {
    let text = std::fs::read_to_string(real_log()).unwrap();
    let parsed: Vec<(i64, &str, &str)> = text.lines().filter_map(split).collect();
    let first = parsed.iter().map(|(time, ..)| *time).min().unwrap();
    let span = parsed.iter().map(|(time, ..)| *time).max().unwrap() - first + 1;
    let rounds = lines.div_ceil(parsed.len());
    let mut order: Vec<(i64, usize, usize)> = Vec::with_capacity(parsed.len() * rounds);
    for round in 0..rounds {
        let shift = span * round as i64 / rounds as i64;
        order.extend(parsed.iter().enumerate().map(|(i, (time, ..))| ((time - first + shift) % span, i, round)));
    }
    order.sort_unstable();
    let mut out = BufWriter::new(std::fs::File::create(path).unwrap());
    for (time, i, round) in order {
        let (_, address, rest) = parsed[i];
        let time = chrono::DateTime::from_timestamp(end.0 / 1000 - span + time, 0).unwrap();
        writeln!(out, "{} - - [{}] {rest}", permuted(address, round), time.format("%d/%b/%Y:%H:%M:%S +0000")).unwrap();
    }
    out.into_inner().unwrap().sync_all().unwrap();
    parsed.len() * rounds
}

/// Time in seconds, address, and what follows the stamp.
fn split(line: &str) -> Option<(i64, &str, &str)> {
    let (address, rest) = line.split_once(" - - [")?;
    let (stamp, rest) = rest.split_once("] ")?;
    let time = chrono::DateTime::parse_from_str(stamp, "%d/%b/%Y:%H:%M:%S %z").ok()?.timestamp();
    Some((time, address, rest))
}

/// Another address for each round, the same for the same address within a round.
fn permuted(address: &str, round: usize) -> String {
    let Ok(ip) = address.parse::<std::net::Ipv4Addr>() else { return address.to_owned() };
    let mixed = u32::from(ip) ^ (round as u32).wrapping_mul(0x9e37_79b1) & 0x3fff_ffff;
    std::net::Ipv4Addr::from(mixed).to_string()
}

/// The drill's own lines: web, ssh and intrusion detection, attacks among them.
pub fn write_drill(path: &Path, lines: usize) -> usize {
    let mut out = BufWriter::new(std::fs::File::create(path).unwrap());
    for line in Drill::new(1, Timestamp(1_795_000_000_000)).take(lines) {
        writeln!(out, "{}", line.text).unwrap();
    }
    lines
}

/// Seconds of processor time, user and system, of the children that were waited for. In steps of 10 ms.
pub fn children_cpu() -> f64 {
    ticks("/proc/self/stat", 13)
}

/// Seconds of processor time, user and system, of a running process.
pub fn cpu_of(pid: u32) -> f64 {
    ticks(&format!("/proc/{pid}/stat"), 11)
}

/// Nanoseconds that this thread was on a processor: what the figure would be if nobody else used the machine.
pub fn on_cpu() -> u64 {
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    stat.split(' ').next().and_then(|n| n.parse().ok()).unwrap_or(0)
}

/// Two neighbouring counters of a stat file; fields are counted behind the name, which ends with the last bracket.
fn ticks(path: &str, first: usize) -> f64 {
    let stat = std::fs::read_to_string(path).unwrap();
    let fields: Vec<&str> = stat.rsplit_once(") ").unwrap().1.split(' ').collect();
    fields[first..first + 2].iter().map(|f| f.parse::<f64>().unwrap()).sum::<f64>() / 100.0
}

/// A figure of `/proc/PID/status`: kibibytes for `VmHWM`, a count for `voluntary_ctxt_switches`.
pub fn status_of(pid: u32, name: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find_map(|l| l.strip_prefix(name)?.strip_prefix(':')).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

/// The value below which a share of the sorted values lies.
pub fn at<T: Copy>(sorted: &[T], share: f64) -> T {
    sorted[((sorted.len() - 1) as f64 * share) as usize]
}
