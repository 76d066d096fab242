//! Real commands, fed by a platform that knows one kind of row.

use super::*;
use crate::client::{Client, Target};
use crate::command::{Format, Resource};
use crate::console::fixture::incident;
use serde_json::json;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;

/// A platform that answers every list with pages of so many incidents, up to so many pages.
fn platform(rows: u64, pages: u64) -> Client {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        let mut given = 0;
        for mut stream in listener.incoming().map_while(Result::ok) {
            let mut lines = BufReader::new(stream.try_clone().unwrap()).lines().map_while(Result::ok);
            while lines.next().is_some_and(|line| !line.is_empty()) {}
            given += 1;
            let items: Vec<_> = (1..=rows).map(incident).collect();
            let next = (given < pages).then(|| given.to_string());
            let body = json!({"items": items, "next": next}).to_string();
            let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length:";
            let _ = write!(stream, "{head} {}\r\n\r\n{body}", body.len());
        }
    });
    Client::new(Target { url, token: None, ssh_client: None, ca: None, allow_http: false }).unwrap()
}

fn rows() -> Export {
    Export {
        resource: Resource::Incidents,
        format: Format::Ndjson,
        query: String::new(),
        since: None,
        until: None,
        out: None,
        resume: false,
        limit: None,
        newest_first: true,
        at: None,
        pseudonyms: false,
    }
}

async fn piped(client: &Client, command: &str) -> String {
    run(client, rows(), command).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn the_command_gets_the_rows_and_its_words_come_back() {
    let text = piped(&platform(3, 2), "cat").await;
    let ids: Vec<u64> =
        text.lines().filter_map(|l| serde_json::from_str::<serde_json::Value>(l).ok()?["id"].as_u64()).collect();
    assert_eq!(ids, [1, 2, 3, 1, 2, 3], "{text}");
    assert_eq!(piped(&platform(3, 1), "wc -l").await.trim(), "3");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_command_that_has_seen_enough_is_no_failure() {
    // Far more than a pipe holds.
    assert_eq!(piped(&platform(1000, 5), "head -n 1 | cut -c1-6").await.trim(), "{\"id\":");
    assert_eq!(piped(&platform(1000, 5), "exec 0<&-; echo enough").await.trim(), "enough");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn complaints_and_the_way_it_ended_are_told() {
    let text = piped(&platform(1, 1), "cat >/dev/null; echo wrong >&2; exit 3").await;
    assert!(text.contains("wrong") && text.contains("exit status: 3"), "{text}");
    let text = piped(&platform(1, 1), "no-such-program-anywhere").await;
    assert!(text.contains("not found") && text.contains("127"), "{text}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn what_it_writes_is_kept_up_to_a_limit_and_may_be_any_bytes() {
    let text = piped(&platform(1, 1), "cat >/dev/null; head -c 3000000 /dev/zero | tr '\\0' x").await;
    assert!(text.ends_with("(cut after 256 KiB)") && text.len() < 300_000, "{}", text.len());
    let text = piped(&platform(1, 1), "cat >/dev/null; printf '\\377\\376ok'").await;
    assert!(text.ends_with("ok"), "{text:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_platform_that_is_away_is_the_problem_and_the_command_ends() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let url = format!("http://127.0.0.1:{port}");
    let away = Client::new(Target { url, token: None, ssh_client: None, ca: None, allow_http: false }).unwrap();
    let problem = run(&away, rows(), "cat").await.unwrap_err();
    assert_eq!(problem.kind, ProblemKind::Unreachable);
}
