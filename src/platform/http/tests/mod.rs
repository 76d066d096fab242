//! The door through real sockets: roles, limits, cuts, and the live stream.

mod calls;
mod lines;

use super::gate::GateRoute;
use super::{Caller, Hub, Limits, Routes, Tokens, serve};
use crate::api::endpoint::{Empty, GetMe, IncidentChange, Ingested, raw};
use crate::api::{ActionId, Endpoint, EventId, Live, Me, Method, Problem, ProblemKind, Role, Timestamp};
use crate::platform::ask::Answer;
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
        .live(hub.clone(), Arc::new(super::Presence::new(Arc::default())))
        .ingest(|taken, _, lines| {
            taken.lock().unwrap().extend_from_slice(&lines);
            Ok(Ingested { accepted: memchr::memchr_iter(b'\n', &lines).count() as u64, unparsed: 0 })
        })
        .gate(GateRoute::new(Vec::new(), None, |ask| match ask.client.to_string().as_str() {
            "198.51.100.7" => Answer::Blocked(ActionId(7)),
            _ => Answer::Pass,
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

fn id_of(text: &str) -> String {
    text.lines().rev().find_map(|line| line.strip_prefix("id: ")).unwrap().to_owned()
}

fn counts(text: &str) -> Vec<u64> {
    text.lines()
        .filter_map(|line| serde_json::from_str::<Live>(line.strip_prefix("data: ")?).ok())
        .filter_map(|live| if let Live::Events { count, .. } = live { Some(count) } else { None })
        .collect()
}
