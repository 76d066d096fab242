//! The door through real sockets: roles, limits, cuts, and the live stream.

use super::gate::{GateAnswer, GateRoute};
use super::{Caller, Hub, Limits, Routes, Tokens, serve};
use crate::api::endpoint::{Empty, GetMe, IncidentChange, Ingested, raw};
use crate::api::{ActionId, Endpoint, EventId, Live, Me, Method, Problem, ProblemKind, Role, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::time::timeout;

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
struct Thing {
    id: u64,
    revision: u64,
}

macro_rules! toys {
    ($($name:ident $method:ident $path:literal $role:expr;)+) => {$(
        struct $name;
        impl Endpoint for $name {
            const NAME: &'static str = $path;
            const METHOD: Method = Method::$method;
            const PATH: &'static str = $path;
            const ROLE: Option<Role> = $role;
            const ABOUT: &'static str = "";
            type Input = IncidentChange;
            type Output = Thing;
        }
    )+};
}

toys! {
    Open Get "/v1/toy/open/{id}" None;
    View Get "/v1/toy/view/{id}" Some(Role::Viewer);
    Work Post "/v1/toy/work/{id}" Some(Role::Analyst);
    Act Post "/v1/toy/act/{id}" Some(Role::Responder);
    Rule Post "/v1/toy/rule/{id}" Some(Role::Admin);
}

struct Stage {
    address: SocketAddr,
    tokens: Arc<Tokens>,
    hub: Arc<Hub>,
    taken: Arc<Mutex<Vec<u8>>>,
    seen: Arc<Mutex<Vec<Caller>>>,
    stop: Option<oneshot::Sender<()>>,
}

fn now() -> Timestamp {
    super::door::now()
}

async fn stage(limits: Limits) -> Stage {
    stage_with(limits, Tokens::in_memory()).await
}

async fn stage_with(limits: Limits, tokens: Tokens) -> Stage {
    let tokens = Arc::new(tokens);
    let hub = Arc::new(Hub::new());
    let taken: Arc<Mutex<Vec<u8>>> = Arc::default();
    let seen: Arc<Mutex<Vec<Caller>>> = Arc::default();
    let thing = |_: &Arc<Mutex<Vec<u8>>>, _: &Caller, change: IncidentChange| match change.id.0 {
        13 => panic!("a route that fails"),
        id => Ok(Thing { id, revision: change.if_match.unwrap_or(1) + 1 }),
    };
    let witness = seen.clone();
    let routes = Routes::new(taken.clone(), tokens.clone(), move |caller| witness.lock().unwrap().push(caller.clone()))
        .on::<Open>(thing)
        .on::<View>(thing)
        .on::<Work>(thing)
        .on::<Act>(thing)
        .on::<Rule>(thing)
        .on::<GetMe>(|_, caller, _: Empty| {
            Ok(Me { name: caller.name.clone(), role: caller.role.clone(), expires: caller.expires })
        })
        .live(hub.clone())
        .ingest(|taken, _, lines| {
            taken.lock().unwrap().extend_from_slice(&lines);
            Ok(Ingested { accepted: memchr::memchr_iter(b'\n', &lines).count() as u64, unparsed: 0 })
        })
        .gate(GateRoute::new(Vec::new(), |ask| match ask.client.to_string().as_str() {
            "198.51.100.7" => GateAnswer::Blocked { action: ActionId(7) },
            _ => GateAnswer::Pass,
        }));
    let missing = routes.missing();
    assert!(missing.contains(&"incident.claim") && !missing.contains(&"me") && !missing.contains(&raw::GATE));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel::<()>();
    tokio::spawn(serve(listener, routes.into_app(), limits, async move { drop(stopped.await) }));
    Stage { address, tokens, hub, taken, seen, stop: Some(stop) }
}

impl Stage {
    fn token(&self, role: &str) -> String {
        self.tokens.create("ana", Role::from(role), 1, now()).unwrap().0
    }

    /// One request on a connection of its own; the answer as text.
    async fn ask(&self, head: &str, token: &str, body: &[u8]) -> String {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        let auth = if token.is_empty() { String::new() } else { format!("authorization: Bearer {token}\r\n") };
        let whole = format!("{head}\r\nhost: x\r\n{auth}content-length: {}\r\nconnection: close\r\n\r\n", body.len());
        stream.write_all(whole.as_bytes()).await.unwrap();
        // The server may answer and close before it has read all of it.
        let _ = stream.write_all(body).await;
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer).await;
        String::from_utf8_lossy(&answer).into_owned()
    }

    async fn status(&self, head: &str, token: &str) -> u16 {
        let answer = self.ask(head, token, b"").await;
        answer.get(9..12).and_then(|s| s.parse().ok()).unwrap_or_else(|| panic!("no answer: {answer}"))
    }

    async fn open_stream(&self, token: &str, last_id: Option<&str>) -> TcpStream {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        let resume = last_id.map(|id| format!("last-event-id: {id}\r\n")).unwrap_or_default();
        let head = format!("GET {} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\n{resume}\r\n", raw::STREAM);
        stream.write_all(head.as_bytes()).await.unwrap();
        stream
    }
}

/// Reads until `done` says so.
async fn read_until(stream: &mut TcpStream, done: impl Fn(&str) -> bool) -> String {
    let mut text = String::new();
    let reading = async {
        let mut piece = [0u8; 4096];
        while !done(&text) {
            let n = stream.read(&mut piece).await.unwrap();
            assert!(n > 0, "closed after: {text}");
            text.push_str(&String::from_utf8_lossy(&piece[..n]));
        }
    };
    let _ = timeout(Duration::from_secs(10), reading).await;
    assert!(done(&text), "never came; got: {text}");
    text
}

/// How long until the other end has closed; what it still sends is thrown away.
async fn closed_after(stream: &mut TcpStream) -> Duration {
    let since = Instant::now();
    let mut sink = vec![0u8; 1 << 16];
    let reading = async { while matches!(stream.read(&mut sink).await, Ok(n) if n > 0) {} };
    timeout(Duration::from_secs(20), reading).await.unwrap();
    since.elapsed()
}

fn update(count: u64) -> Live {
    Live::Events { count, last: EventId(count), newest: Timestamp(0) }
}

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
    let spaces = vec![b' '; super::routes::BODY_LIMIT];
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
    let long = [b"{}\n".to_vec(), vec![b'x'; super::ingest::LINE_LIMIT + 1], b"\n".to_vec()].concat();
    let answer = stage.ask(head, &ingest, &long).await;
    assert!(answer.starts_with("HTTP/1.1 413") && answer.contains("one line may have 1.0 MiB"), "{answer}");
    assert_eq!(stage.status(head, &stage.token("viewer")).await, 403);
    assert_eq!(stage.status(&format!("{head}\r\ncontent-encoding: gzip"), &ingest).await, 400);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_gate_answers_on_the_same_door() {
    let stage = stage(Limits::default()).await;
    let head = |ip: &str| format!("GET {} HTTP/1.1\r\nx-real-ip: {ip}\r\nx-original-uri: /", raw::GATE);
    assert_eq!(stage.status(&head("192.0.2.1"), "").await, 204);
    let answer = stage.ask(&head("198.51.100.7"), "", b"").await;
    assert!(answer.starts_with("HTTP/1.1 403") && answer.contains("x-watchfloor-action: 7"), "{answer}");
    assert_eq!(stage.status("PURGE /v1/gate/check/a/b?c HTTP/1.1\r\nx-real-ip: 192.0.2.1", "").await, 204);
}

#[tokio::test(flavor = "multi_thread")]
async fn half_a_head_is_cut_and_good_requests_go_on() {
    let limits = Limits { head: Duration::from_millis(300), ..Limits::default() };
    let stage = stage(limits).await;
    let mut half_open = Vec::new();
    for n in 0..200 {
        let mut stream = TcpStream::connect(stage.address).await.unwrap();
        // Some say nothing at all, some dribble.
        if n % 2 == 0 {
            stream.write_all(b"GET /v1/me HTTP/1.1\r\nx: ").await.unwrap();
        }
        half_open.push(stream);
    }
    assert_eq!(stage.status("GET /v1/toy/open/1 HTTP/1.1", "").await, 200);
    let since = Instant::now();
    for stream in &mut half_open {
        closed_after(stream).await;
    }
    assert!(since.elapsed() < Duration::from_secs(3), "{:?}", since.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_may_rest_between_requests_longer_than_within_one() {
    let limits = Limits { head: Duration::from_millis(200), idle: Duration::from_millis(900), ..Limits::default() };
    let stage = stage(limits).await;
    let mut stream = TcpStream::connect(stage.address).await.unwrap();
    stream.write_all(b"GET /v1/toy/open/1 HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    read_until(&mut stream, |text| text.ends_with('}')).await;
    let rested = closed_after(&mut stream).await;
    assert!(rested > Duration::from_millis(600) && rested < Duration::from_secs(4), "{rested:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn readers_that_do_not_read_are_cut_and_hold_no_memory() {
    let limits = Limits { stall: Duration::from_millis(500), ..Limits::default() };
    let stage = stage(limits).await;
    let viewer = stage.token("viewer");
    let mut stuck = Vec::new();
    for _ in 0..20 {
        let mut stream = stage.open_stream(&viewer, None).await;
        read_until(&mut stream, |text| text.contains("id: ")).await;
        stuck.push(stream);
    }
    let mut good = stage.open_stream(&viewer, None).await;
    read_until(&mut good, |text| text.contains("id: ")).await;
    let big = big();
    let drain = tokio::spawn(async move {
        let mut sink = vec![0u8; 1 << 16];
        let mut total = 0usize;
        while total < 20_000_000 {
            match timeout(Duration::from_secs(10), good.read(&mut sink)).await {
                Ok(Ok(n)) if n > 0 => total += n,
                _ => break,
            }
        }
        total
    });
    for _ in 0..200 {
        stage.hub.publish(&big);
        tokio::task::yield_now().await;
    }
    let mut held = Vec::new();
    for stream in &mut stuck {
        // Only look at whether the other end has let go: reading would set it free.
        held.push(timeout(Duration::from_secs(10), reset(stream)).await.is_ok());
    }
    assert_eq!(held.iter().filter(|gone| !**gone).count(), 0);
    assert!(drain.await.unwrap() >= 20_000_000, "the good reader got everything");
}

/// An update of 100 KB: two hundred are more than all socket buffers on the way can hold.
fn big() -> Live {
    Live::Source(crate::api::Source {
        name: "n".into(),
        format: "f".into(),
        state: crate::api::SourceState::Reading,
        why: "x".repeat(100_000),
        events: 0,
        unparsed: 0,
        offset: 0,
        last_event: None,
        last_read: None,
        drill: false,
    })
}

/// Waits until the other end has let go, without reading what it sent: a write then fails.
async fn reset(stream: &mut TcpStream) {
    while stream.write_all(b" ").await.is_ok() {
        stream.writable().await.unwrap();
        tokio::task::yield_now().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn revoking_a_token_cuts_its_connections_within_a_second() {
    let stage = stage(Limits::default()).await;
    let (text, token) = stage.tokens.create("ana", Role::Viewer, 1, now()).unwrap();
    let mut quiet = stage.open_stream(&text, None).await;
    read_until(&mut quiet, |text| text.contains("id: ")).await;
    let mut idle = TcpStream::connect(stage.address).await.unwrap();
    idle.write_all(format!("GET /v1/me HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {text}\r\n\r\n").as_bytes())
        .await
        .unwrap();
    read_until(&mut idle, |text| text.ends_with('}')).await;
    // A reader that is stuck: everything on its way is full.
    let mut stuck = stage.open_stream(&text, None).await;
    read_until(&mut stuck, |text| text.contains("id: ")).await;
    (0..200).for_each(|_| stage.hub.publish(&big()));
    let mut other = stage.open_stream(&stage.token("viewer"), None).await;
    read_until(&mut other, |text| text.contains("id: ")).await;
    stage.tokens.revoke(&token.id, now()).unwrap();
    for stream in [&mut quiet, &mut idle, &mut stuck] {
        assert!(closed_after(stream).await < Duration::from_secs(1));
    }
    stage.hub.publish(&update(424_242));
    read_until(&mut other, |text| text.contains("424242")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_revoked_by_another_process_or_expired_is_cut_too() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("tokens.json");
    let stage = stage_with(Limits::default(), Tokens::open(&path).unwrap()).await;
    let (text, token) = stage.tokens.create("ana", Role::Viewer, 1, now()).unwrap();
    let (other_text, _) = stage.tokens.create("bob", Role::Viewer, 1, now()).unwrap();
    let mut revoked = stage.open_stream(&text, None).await;
    let mut expired = stage.open_stream(&other_text, None).await;
    read_until(&mut revoked, |text| text.contains("id: ")).await;
    read_until(&mut expired, |text| text.contains("id: ")).await;
    let elsewhere = Tokens::open(&path).unwrap();
    elsewhere.revoke(&token.id, now()).unwrap();
    assert!(closed_after(&mut revoked).await < Duration::from_secs(1));
    // And one made by another process opens the door.
    let (made, _) = elsewhere.create("eve", Role::Viewer, 1, now()).unwrap();
    let opened = async { while stage.status("GET /v1/me HTTP/1.1", &made).await != 200 {} };
    timeout(Duration::from_secs(5), opened).await.unwrap();
    stage.tokens.tend(now().plus(2 * crate::api::time::DAY_MS));
    assert!(closed_after(&mut expired).await < Duration::from_secs(1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_resumes_exactly_where_it_stopped() {
    let stage = stage(Limits::default()).await;
    let viewer = stage.token("viewer");
    let mut first = stage.open_stream(&viewer, None).await;
    let greeting = read_until(&mut first, |text| text.contains("id: ")).await;
    let start = id_of(&greeting);
    drop(first);
    (1..=50).for_each(|n| stage.hub.publish(&update(n)));
    let mut second = stage.open_stream(&viewer, Some(&start)).await;
    let text = read_until(&mut second, |text| text.contains("\"count\":50,")).await;
    assert_eq!(counts(&text), (1..=50).collect::<Vec<u64>>());
    drop(second);
    let mut third = stage.open_stream(&viewer, Some(&start.replace("-0", "-30"))).await;
    let text = read_until(&mut third, |text| text.contains("\"count\":50,")).await;
    assert_eq!(counts(&text), (31..=50).collect::<Vec<u64>>());
    // From before a restart, or longer ago than is held.
    for (old, newest) in [("00000000000000aa-7", 50), ("nonsense", 51)] {
        let mut stream = stage.open_stream(&viewer, Some(old)).await;
        let text = read_until(&mut stream, |text| text.contains("gap")).await;
        assert!(id_of(&text).ends_with(&format!("-{newest}")), "{text}");
        stage.hub.publish(&update(newest + 1));
        let done = format!("\"count\":{},", newest + 1);
        let text = read_until(&mut stream, |text| text.contains(&done)).await;
        assert_eq!(counts(&text), [newest + 1], "{text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn stopping_ends_streams_and_lets_calls_finish() {
    let mut stage = stage(Limits::default()).await;
    let mut stream = stage.open_stream(&stage.token("viewer"), None).await;
    read_until(&mut stream, |text| text.contains("id: ")).await;
    stage.stop.take().unwrap().send(()).unwrap();
    assert!(closed_after(&mut stream).await < Duration::from_secs(2));
    assert!(TcpStream::connect(stage.address).await.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn too_many_connections_are_turned_away() {
    let stage = stage(Limits { connections: 5, ..Limits::default() }).await;
    let mut open = Vec::new();
    for _ in 0..5 {
        open.push(stage.open_stream(&stage.token("viewer"), None).await);
    }
    for stream in &mut open {
        read_until(stream, |text| text.contains("id: ")).await;
    }
    let mut sixth = TcpStream::connect(stage.address).await.unwrap();
    assert!(closed_after(&mut sixth).await < Duration::from_secs(1));
    open.pop();
    let again = async {
        while stage.ask("GET /v1/toy/open/1 HTTP/1.1", "", b"").await.is_empty() {
            tokio::task::yield_now().await;
        }
    };
    timeout(Duration::from_secs(5), again).await.unwrap();
}

fn id_of(text: &str) -> String {
    text.lines().rev().find_map(|line| line.strip_prefix("id: ")).unwrap().to_owned()
}

fn counts(text: &str) -> Vec<u64> {
    text.lines()
        .filter_map(|line| serde_json::from_str::<Live>(line.strip_prefix("data: ")?).ok())
        .filter_map(|live| if let Live::Events { count, .. } = live { Some(count) } else { None })
        .collect()
}

#[test]
fn problems_keep_their_kind() {
    let problem = Problem::new(ProblemKind::Refused, "a", "b");
    assert_eq!(super::answer::problem(&problem).status().as_u16(), 422);
}
