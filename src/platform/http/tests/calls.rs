//! Calls: roles, answers, limits of bodies, ingest, the gate.

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn roles_open_what_they_should_and_nothing_else() {
    let stage = stage(Limits::default()).await;
    let calls = [
        "GET /v1/toy/open/1",
        "GET /v1/toy/view/1",
        "POST /v1/toy/work/1",
        "POST /v1/toy/act/1",
        "POST /v1/toy/rule/1",
    ];
    let matrix = [
        ("", [200, 401, 401, 401, 401]),
        ("wf_viewer_00000000_00_00000000", [200, 401, 401, 401, 401]),
        ("viewer", [200, 200, 403, 403, 403]),
        ("analyst", [200, 200, 200, 403, 403]),
        ("responder", [200, 200, 200, 200, 403]),
        ("admin", [200, 200, 200, 200, 200]),
        ("ingest", [200, 403, 403, 403, 403]),
        ("gate", [200, 403, 403, 403, 403]),
    ];
    for (role, expected) in matrix {
        let token = if role.is_empty() || role.starts_with("wf_") { role.to_owned() } else { stage.token(role) };
        for (call, status) in calls.iter().zip(expected) {
            assert_eq!(stage.status(&format!("{call} HTTP/1.1"), &token).await, status, "{role} {call}");
        }
    }
    let (text, token) = stage.tokens.create("old", Role::Admin, 1, now()).unwrap();
    stage.tokens.revoke(&token.id, now()).unwrap();
    let answer = stage.ask("GET /v1/toy/view/1 HTTP/1.1", &text, b"").await;
    assert!(answer.starts_with("HTTP/1.1 401") && answer.contains("revoked") && answer.contains("www-authenticate"));
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_are_json_with_an_etag_or_problems() {
    let stage = stage(Limits::default()).await;
    let admin = stage.token("admin");
    let answer = stage.ask("POST /v1/toy/work/7 HTTP/1.1\r\nif-match: \"41\"", &admin, b"").await;
    assert!(answer.contains("etag: \"42\"") && answer.ends_with(r#"{"id":7,"revision":42}"#), "{answer}");
    let problems = [
        ("GET /v1/nowhere HTTP/1.1", 404, "not_found"),
        ("POST /v1/toy/view/1 HTTP/1.1", 405, "usage"),
        ("GET /v1/toy/view/x HTTP/1.1", 400, "usage"),
        ("POST /v1/toy/work/1 HTTP/1.1\r\nif-match: \"seven\"", 400, "usage"),
        ("GET /v1/toy/view/13 HTTP/1.1", 500, "internal"),
        ("GET /v1/toy/view/1 HTTP/1.1\r\nwatchfloor-ssh-client: nobody", 400, "usage"),
    ];
    for (head, status, kind) in problems {
        let answer = stage.ask(head, &admin, b"").await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status}")), "{head}: {answer}");
        assert!(answer.contains("application/problem+json"), "{head}: {answer}");
        assert!(answer.contains(&format!("{{\"type\":\"{kind}\"")), "{head}: {answer}");
    }
    let answer = stage.ask("POST /v1/toy/work/7 HTTP/1.1", &admin, b"[1]").await;
    assert!(answer.contains("must be a JSON object"), "{answer}");
    let answer = stage.ask("GET /v1/openapi.json HTTP/1.1", "", b"").await;
    assert!(answer.contains("\"openapi\":\"3.1.0\""));
    stage.ask("GET /v1/me HTTP/1.1\r\nwatchfloor-ssh-client: ::ffff:192.0.2.5", &admin, b"").await;
    let last = stage.seen.lock().unwrap().last().cloned().unwrap();
    assert_eq!(last.ssh_client, Some("192.0.2.5".parse().unwrap()));
    assert!(last.peer.ip().is_loopback());
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_have_limits() {
    let stage = stage(Limits::default()).await;
    let admin = stage.token("admin");
    let spaces = vec![b' '; super::super::body::BODY_LIMIT];
    assert!(stage.ask("POST /v1/toy/work/1 HTTP/1.1", &admin, &spaces).await.starts_with("HTTP/1.1 200"));
    let answer = stage.ask("POST /v1/toy/work/1 HTTP/1.1", &admin, &[&spaces[..], b" "].concat()).await;
    assert!(answer.starts_with("HTTP/1.1 413") && answer.contains("1.0 MiB"), "{answer}");
    let head = format!("GET /v1/me HTTP/1.1\r\nx-filler: {}", "x".repeat(40_000));
    assert_eq!(stage.status(&head, &admin).await, 431);
}

#[tokio::test(flavor = "multi_thread")]
async fn ingest_takes_lines_and_says_how_many() {
    let stage = stage(Limits::default()).await;
    let ingest = stage.token("ingest");
    let head = "POST /v1/ingest HTTP/1.1";
    let lines: Vec<u8> = (0..60_000).flat_map(|n| format!("{{\"n\":{n}}}\n").into_bytes()).collect();
    let answer = stage.ask(head, &ingest, &lines).await;
    assert!(answer.ends_with(r#"{"accepted":60000,"unparsed":0}"#), "{answer}");
    assert!(*stage.taken.lock().unwrap() == lines, "bytes were lost or changed");
    assert!(stage.ask(head, &ingest, b"{}\n{\"a\":1}").await.contains("\"accepted\":2"));
    let answer = stage.ask(head, &ingest, b"{}\n{}\n{\"a\":").await;
    assert!(answer.starts_with("HTTP/1.1 400") && answer.contains("2 records before it"), "{answer}");
    let long = [b"{}\n".to_vec(), vec![b'x'; super::super::ingest::LINE_LIMIT + 1], b"\n".to_vec()].concat();
    let answer = stage.ask(head, &ingest, &long).await;
    assert!(answer.starts_with("HTTP/1.1 413") && answer.contains("one line may have 1.0 MiB"), "{answer}");
    assert_eq!(stage.status(head, &stage.token("viewer")).await, 403);
    assert_eq!(stage.status(&format!("{head}\r\ncontent-encoding: gzip"), &ingest).await, 400);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_gate_answers_on_the_same_door() {
    let stage = stage(Limits::default()).await;
    let head = |ip: &str| format!("GET {} HTTP/1.1\r\nx-real-ip: {ip}\r\nx-original-uri: /", raw::GATE);
    assert_eq!(stage.status(&head("192.0.2.1"), "").await, 200);
    let answer = stage.ask(&head("198.51.100.7"), "", b"").await;
    assert!(answer.starts_with("HTTP/1.1 403") && answer.contains("x-watchfloor-action: 7"), "{answer}");
    assert_eq!(stage.status("PURGE /v1/gate/check/a/b?c HTTP/1.1\r\nx-real-ip: 192.0.2.1", "").await, 200);
}

#[test]
fn problems_keep_their_kind() {
    let problem = Problem::new(ProblemKind::Refused, "a", "b");
    assert_eq!(super::super::answer::problem(&problem).status().as_u16(), 422);
}
