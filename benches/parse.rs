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

/// One line of each format whose lines the drill does not write.
const LINES: [(&str, &str); 12] = [
    (
        "json",
        r#"{"time_local":"17/May/2015:10:05:03 +0000","remote_addr":"192.0.2.7","remote_user":"-","request":"GET /images/logo.png?v=3 HTTP/1.1","status":"200","body_bytes_sent":"5316","http_referer":"https://shop.example/","http_user_agent":"Mozilla/5.0 (X11; Linux x86_64) Gecko/20100101 Firefox/115.0","server_name":"shop.example"}"#,
    ),
    (
        "caddy",
        r#"{"level":"info","ts":1431857103.25,"logger":"http.log.access.log0","msg":"handled request","request":{"remote_ip":"192.0.2.7","remote_port":"41342","client_ip":"192.0.2.7","proto":"HTTP/2.0","method":"GET","host":"shop.example","uri":"/images/logo.png?v=3","headers":{"User-Agent":["Mozilla/5.0 (X11; Linux x86_64)"],"Accept":["*/*"]}},"bytes_read":0,"user_id":"","duration":0.000929675,"size":5316,"status":200,"resp_headers":{"Server":["Caddy"],"Content-Type":["image/png"]}}"#,
    ),
    (
        "haproxy",
        r#"192.0.2.7:33317 [06/Feb/2009:12:14:14.655] http-in static/srv1 10/0/30/69/109 200 2750 - - ---- 1/1/1/1/0 0/0 {shop.example|Mozilla/5.0 (X11; Linux x86_64)} {} "GET /images/logo.png?v=3 HTTP/1.1""#,
    ),
    (
        "cloudfront",
        "2019-12-04\t21:02:31\tLAX1\t392\t192.0.2.7\tGET\td111111abcdef8.cloudfront.net\t/images/logo.png\t200\t-\tMozilla/5.0%20(X11;%20Linux%20x86_64)\t-\t-\tHit\tSOX4xwn4XV6Q4rgb7XiVGOHms_BGlTAC4KyHmureZmBNrjGdRLiNIQ==\tshop.example\thttps\t23\t0.001",
    ),
    (
        "iis",
        "2002-05-02 17:42:15 172.30.255.255 GET /images/logo.png - 80 - 192.0.2.7 Mozilla/5.0+(X11;+Linux+x86_64) - 200 0 0 15",
    ),
    (
        "zeek",
        "1258531221.486539\tPii6cUUq1v4\t192.0.2.7\t68\t192.168.1.1\t443\ttcp\tssl\t0.163820\t301\t300\tSF\t-\t-\t0\tDd\t1\t329\t1\t328\t(empty)",
    ),
    (
        "eve http",
        r#"{"timestamp":"2026-06-08T20:01:52.875791+0000","flow_id":1,"in_iface":"eth0","event_type":"http","src_ip":"192.0.2.7","src_port":5,"dest_ip":"10.0.0.1","dest_port":80,"proto":"TCP","tx_id":0,"http":{"hostname":"shop.example","url":"/images/logo.png?v=3","http_user_agent":"Mozilla/5.0 (X11; Linux x86_64)","http_content_type":"image/png","http_method":"GET","protocol":"HTTP/1.1","status":200,"length":5316}}"#,
    ),
    (
        "error",
        r#"2019/12/16 12:18:01 [error] 7#7: *1 open() "/var/www/favicon.ico" failed (2: No such file or directory), client: 192.0.2.7, server: shop.example, request: "GET /favicon.ico HTTP/1.1", host: "shop.example""#,
    ),
    (
        "postfix",
        "2026-01-02T03:04:05.123456+00:00 mx1 postfix/smtpd[77]: warning: unknown[192.0.2.7]: SASL LOGIN authentication failed: UGFzc3dvcmQ6",
    ),
    (
        "a message of no interest",
        "2026-01-02T03:04:05.123456+00:00 mx1 postfix/smtpd[77]: connect from host.example[192.0.2.7]",
    ),
    ("application", "2026-01-02 03:04:05 12 [Warning] Access denied for user 'bob'@'192.0.2.7' (using password: YES)"),
    (
        "cloudtrail",
        r#"{"eventVersion":"1.08","userIdentity":{"type":"IAMUser","principalId":"AIDA1","arn":"arn:aws:iam::111122223333:user/user1","accountId":"111122223333","accessKeyId":"AKIA1","userName":"user1"},"eventTime":"2026-01-02T03:04:05Z","eventSource":"s3.amazonaws.com","eventName":"GetObject","awsRegion":"us-east-1","sourceIPAddress":"192.0.2.7","userAgent":"aws-cli/2.15 Python/3.11","requestParameters":{"bucketName":"media","key":"a/b/1"},"responseElements":null,"requestID":"R1","eventID":"E1","readOnly":true,"eventType":"AwsApiCall","managementEvent":false,"recipientAccountId":"111122223333"}"#,
    ),
];

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
            for (name, line) in LINES {
                let text: String =
                    (0..1000).map(|i| line.replace("192.0.2.7", &format!("192.0.2.{}", i % 250)) + "\n").collect();
                throughput(name, recognise(line), &text);
                throughput(&format!("{name}, to be recognised"), None, &text);
            }
        }
    }
    latency();
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
