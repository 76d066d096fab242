//! What intake costs: lines parsed per CPU second, and the time from a line written to its batch delivered.
//!
//! `cargo bench --bench parse [-- FILE]`: FILE is a log to parse instead of the drill's own lines.
#![allow(clippy::print_stdout, clippy::unwrap_used)]

use std::hint::black_box;
use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;
use watchfloor::api::Timestamp;
use watchfloor::platform::drill::Drill;
use watchfloor::platform::ingest::{Format, Intake, Watch, follow, lines, parse, recognise};

const START: Timestamp = Timestamp(1_795_000_000_000);

fn main() {
    let file = std::env::args().skip(1).find(|a| !a.starts_with("--"));
    match file {
        Some(path) => {
            let text = String::from_utf8_lossy(&std::fs::read(&path).unwrap()).into_owned();
            let format = lines(&text).next().and_then(recognise);
            throughput(&path, format, &text);
        }
        None => {
            // Alerts are rare in the drill: a few will do.
            for (format, count) in [(Format::Combined, 20_000), (Format::Syslog, 5_000), (Format::Eve, 50)] {
                let drill = Drill::new(1, START).filter(|l| l.format == format.as_str());
                let text: String = drill.take(count).map(|l| l.text + "\n").collect();
                throughput(format.as_str(), Some(format), &text);
            }
            throughput("mail", Some(Format::Syslog), &mail());
            throughput("cloudtrail", Some(Format::CloudTrail), &cloudtrail());
        }
    }
    latency();
}

/// Lines that are looked up in the table of logins: half of them refusals, half nothing of interest.
fn mail() -> String {
    let line = |i: u32| {
        let ip = std::net::Ipv4Addr::from(0xc633_6400 + i % 200);
        let text = match i % 2 {
            0 => format!("warning: unknown[{ip}]: SASL LOGIN authentication failed: UGFzc3dvcmQ6"),
            _ => format!("connect from host{i}.example[{ip}]"),
        };
        format!("2026-01-02T03:04:05.{:06}+00:00 mx1 postfix/smtpd[{i}]: {text}\n", i % 1_000_000)
    };
    (0..2_000).map(line).collect()
}

/// Events as CloudTrail writes them.
fn cloudtrail() -> String {
    let line = |i: u32| {
        format!(
            r#"{{"eventVersion":"1.08","userIdentity":{{"type":"IAMUser","principalId":"AIDA{i}","arn":"arn:aws:iam::111122223333:user/user{i}","accountId":"111122223333","accessKeyId":"AKIA{i}","userName":"user{i}"}},"eventTime":"2026-01-02T03:04:05Z","eventSource":"s3.amazonaws.com","eventName":"GetObject","awsRegion":"us-east-1","sourceIPAddress":"198.51.100.{}","userAgent":"aws-cli/2.15 Python/3.11","requestParameters":{{"bucketName":"media","key":"a/b/{i}"}},"responseElements":null,"requestID":"R{i}","eventID":"E{i}","readOnly":true,"eventType":"AwsApiCall","managementEvent":false,"recipientAccountId":"111122223333"}}"#,
            i % 250
        ) + "\n"
    };
    (0..2_000).map(line).collect()
}

/// Parses a text over and over for about two seconds of CPU time.
fn throughput(name: &str, format: Option<Format>, text: &str) {
    let (begin, mut count) = (cpu_ns(), 0u64);
    while cpu_ns() - begin < 2_000_000_000 {
        for line in lines(text) {
            count += u64::from(black_box(parse(format, black_box(line), START)).parsed);
        }
    }
    let seconds = (cpu_ns() - begin) as f64 / 1e9;
    let mean = text.len() / lines(text).count().max(1);
    println!(
        "{name}: {:.2} M lines per CPU second, {:.0} ns a line of {mean} bytes",
        count as f64 / seconds / 1e6,
        seconds * 1e9 / count as f64
    );
}

/// CPU time of this thread.
fn cpu_ns() -> u64 {
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    stat.split(' ').next().unwrap().parse().unwrap()
}

/// Writes a line, waits for its batch, a thousand times.
fn latency() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("log");
    let mut file = std::fs::File::create(&path).unwrap();
    let (out, received) = std::sync::mpsc::sync_channel(16);
    let stop = Arc::new(AtomicBool::new(false));
    let watch = Watch { name: "bench".into(), format: Some(Format::Combined), path };
    let thread = follow(vec![watch], Default::default(), true, out, stop.clone());
    let mut times = Vec::new();
    while !matches!(received.recv().unwrap(), Intake::State(_)) {}
    for i in 0..1000 {
        let line = format!("line {i}\n");
        let begin = Instant::now();
        file.write_all(line.as_bytes()).unwrap();
        while !matches!(received.recv().unwrap(), Intake::Batch(_)) {}
        times.push(begin.elapsed());
    }
    times.sort();
    println!("line written to batch delivered: p50 {:?}, p99 {:?}, worst {:?}", times[500], times[990], times[999]);
    stop.store(true, Ordering::Release);
    drop(received);
    thread.join().unwrap();
}
