//! Client and platform over real sockets: calls, uploads, and a live stream that survives cuts and restarts.
#![cfg(feature = "platform")]
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{AbortHandle, JoinHandle};
use tokio::time::timeout;
use watchfloor::api::endpoint::{ClaimIncident, Empty, GetIncident, GetMe, GetVersion, IncidentChange, IncidentPath};
use watchfloor::api::endpoint::{Ingested, ReleaseBlocks, ReleaseInput, Removed};
use watchfloor::api::{EventId, IncidentId, Live, Me, Problem, ProblemKind, Role, Timestamp, Version};
use watchfloor::client::{Client, Feed, LiveFeed, Target};
use watchfloor::platform::http::{Hub, Limits, Presence, Routes, Tokens, serve};

struct Platform {
    address: SocketAddr,
    hub: Arc<Hub>,
    presence: Arc<Presence>,
    tokens: Arc<Tokens>,
    task: JoinHandle<()>,
}

fn now() -> Timestamp {
    Timestamp(chrono::Utc::now().timestamp_millis())
}

async fn platform(address: SocketAddr, tokens: Arc<Tokens>) -> Platform {
    let listener = TcpListener::bind(address).await.unwrap();
    let address = listener.local_addr().unwrap();
    let hub = Arc::new(Hub::new());
    // Told in a hub of its own: these tests count what goes through the other.
    let presence = Arc::new(Presence::new(Arc::default()));
    let routes = Routes::new(Arc::new(AtomicU64::new(0)), tokens.clone(), |_| {})
        .on::<GetVersion>(|_, _, _| {
            Ok(Version { product: "watchfloor".into(), version: "1".into(), api: vec!["v1".into()], now: now() })
        })
        .on::<GetMe>(|_, caller, _| {
            Ok(Me { name: caller.name.clone(), role: caller.role.clone(), expires: caller.expires })
        })
        .on::<ClaimIncident>(|_, _, change| {
            let seen = change.if_match.map_or("nothing".to_owned(), |revision| revision.to_string());
            Err(Problem::new(ProblemKind::Conflict, "Somebody was faster", format!("you saw {seen}"))
                .hint("Look again."))
        })
        .on::<ReleaseBlocks>(|calls, _, _| Ok(Removed { rows: calls.fetch_add(1, Ordering::SeqCst) }))
        .ingest(|_, _, lines| {
            Ok(Ingested { accepted: lines.iter().filter(|b| **b == b'\n').count() as u64, unparsed: 0 })
        })
        .live(hub.clone(), presence.clone());
    let task = tokio::spawn(serve(listener, routes.into_app(), Limits::default(), std::future::pending()));
    Platform { address, hub, presence, tokens, task }
}

async fn fresh() -> Platform {
    platform("127.0.0.1:0".parse().unwrap(), Arc::new(Tokens::in_memory())).await
}

impl Platform {
    fn token(&self, role: Role) -> String {
        self.tokens.create("ana", role, 1, now()).unwrap().0
    }

    fn client(&self, role: Role) -> Client {
        client(self.address, &self.token(role))
    }

    /// Dies at once, as in a power cut: every connection breaks.
    async fn die(self) -> (SocketAddr, Arc<Tokens>) {
        self.task.abort();
        assert!(self.task.await.unwrap_err().is_cancelled());
        (self.address, self.tokens)
    }
}

fn client(address: SocketAddr, token: &str) -> Client {
    let url = format!("http://{address}/");
    Client::new(Target { url, token: Some(token.to_owned()), ssh_client: None, ca: None, allow_http: false }).unwrap()
}

async fn next(feed: &mut LiveFeed) -> Feed {
    timeout(Duration::from_secs(20), feed.next()).await.expect("the stream fell silent")
}

/// Passes over what the line does; gives the next update or gap.
async fn next_news(feed: &mut LiveFeed) -> Feed {
    loop {
        match next(feed).await {
            Feed::Connected | Feed::Lost { .. } => {}
            news => return news,
        }
    }
}

fn update(count: u64) -> Live {
    Live::Events { count, last: EventId(count), newest: Timestamp(0) }
}

fn count(feed: &Feed) -> u64 {
    match feed {
        Feed::Update(_, live) => match **live {
            Live::Events { count, .. } => count,
            _ => panic!("{live:?}"),
        },
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_are_typed_on_both_sides() {
    let platform = fresh().await;
    let analyst = platform.client(Role::Analyst);
    assert_eq!(analyst.version().await.unwrap().product, "watchfloor");
    assert_eq!(analyst.call::<GetMe>(&Empty {}).await.unwrap().role, Role::Analyst);
    let change = IncidentChange { id: IncidentId(7), if_match: Some(41) };
    let conflict = analyst.call::<ClaimIncident>(&change).await.unwrap_err();
    assert_eq!((conflict.kind, conflict.detail.as_str(), conflict.status), (ProblemKind::Conflict, "you saw 41", 409));
    assert_eq!(conflict.hints, ["Look again."]);
    let release = ReleaseInput { reason: "drill".into() };
    assert_eq!(analyst.call::<ReleaseBlocks>(&release).await.unwrap_err().kind, ProblemKind::Forbidden);
    assert_eq!(platform.client(Role::Responder).call::<ReleaseBlocks>(&release).await.unwrap().rows, 0);
    let absent = analyst.call::<GetIncident>(&IncidentPath { id: IncidentId(1), at: None }).await.unwrap_err();
    assert_eq!(absent.kind, ProblemKind::NotFound);
    let wrong = client(platform.address, "wf_nonsense").call::<GetMe>(&Empty {}).await.unwrap_err();
    assert_eq!(wrong.kind, ProblemKind::Unauthenticated);
    assert!(wrong.to_string().contains("Copy the whole token again"), "{wrong}");
}

#[tokio::test(flavor = "multi_thread")]
async fn something_else_than_a_platform_is_recognised() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut sink = [0u8; 4096];
            let _ = tokio::io::AsyncReadExt::read(&mut stream, &mut sink).await;
            let page =
                "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 4\r\nconnection: close\r\n\r\n<p/>";
            tokio::io::AsyncWriteExt::write_all(&mut stream, page.as_bytes()).await.unwrap();
        }
    });
    let problem = client(address, "wf_x").call::<GetVersion>(&Empty {}).await.unwrap_err();
    let said = problem.to_string();
    assert!(said.contains("is not a Watchfloor platform") && said.contains("text/html"), "{said}");
    let mut feed = client(address, "wf_x").live(None);
    assert!(matches!(next(&mut feed).await, Feed::Lost { problem } if problem.title.contains("not a Watchfloor")));
}

#[tokio::test(flavor = "multi_thread")]
async fn records_are_uploaded_as_they_are_read() {
    let platform = fresh().await;
    // More than one request may have, and no line break at the end.
    let lines = "{\"class_uid\":4002,\"pad\":\"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\"}\n".repeat(1_200_000);
    assert!(lines.len() > 64 << 20);
    let taken = platform.client(Role::Ingest).ingest(std::io::Cursor::new(lines.trim_end().to_owned())).await.unwrap();
    assert_eq!(taken, Ingested { accepted: 1_200_000, unparsed: 0 });
    let cut = platform.client(Role::Ingest).ingest(std::io::Cursor::new("{}\n{\"a\":")).await.unwrap_err();
    assert!(cut.to_string().contains("1 records before it were taken in"), "{cut}");
    let refused = platform.client(Role::Viewer).ingest(std::io::Cursor::new("{}\n")).await.unwrap_err();
    assert_eq!(refused.kind, ProblemKind::Forbidden);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_is_a_gap_and_then_life_goes_on() {
    let first = fresh().await;
    let mut feed = first.client(Role::Viewer).live(None);
    assert_eq!(next(&mut feed).await, Feed::Connected);
    wait_for_reader(&first.hub, &mut feed).await;
    let (address, tokens) = first.die().await;
    assert!(matches!(next(&mut feed).await, Feed::Lost { .. }));
    let lost = next(&mut feed).await;
    assert!(matches!(&lost, Feed::Lost { problem } if problem.kind == ProblemKind::Unreachable), "{lost:?}");
    let second = platform(address, tokens).await;
    assert_eq!(next_news(&mut feed).await, Feed::Gap);
    second.hub.publish(&update(2));
    assert_eq!(count(&next_news(&mut feed).await), 2);
}

/// Publishes until the reader has something: its place in the stream is then known.
async fn wait_for_reader(hub: &Hub, feed: &mut LiveFeed) {
    loop {
        hub.publish(&update(0));
        if let Ok(Feed::Update(..)) = timeout(Duration::from_millis(50), feed.next()).await {
            return;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cut_line_loses_and_doubles_nothing() {
    let platform = fresh().await;
    let line = Line::to(platform.address).await;
    let mut feed = client(line.address, &platform.token(Role::Viewer)).live(None);
    assert_eq!(next(&mut feed).await, Feed::Connected);
    wait_for_reader(&platform.hub, &mut feed).await;
    let hub = platform.hub.clone();
    let publisher = tokio::spawn(async move {
        for n in 1..=2000 {
            hub.publish(&update(n));
            if n % 400 == 0 {
                line.cut();
                // Let the reader notice and come back in the middle of it.
                tokio::time::timeout(Duration::from_millis(300), line.reopened()).await.ok();
            }
        }
        line
    });
    let mut seen = Vec::new();
    while seen.last() != Some(&2000) {
        let news = next_news(&mut feed).await;
        assert_ne!(news, Feed::Gap);
        seen.extend(Some(count(&news)).filter(|n| *n > 0));
    }
    let line = publisher.await.unwrap();
    assert!(line.opened.load(Ordering::SeqCst) >= 3, "the line was never cut");
    assert_eq!(seen.iter().collect::<BTreeSet<_>>().len(), seen.len(), "something came twice");
    assert_eq!(seen, (1..=2000).collect::<Vec<_>>());
}

/// A change of an incident.
fn change(id: u64, revision: u64) -> Live {
    let time = "2026-11-21T20:00:00.000Z";
    let incident = serde_json::json!({
        "id": id, "revision": revision, "state": "new", "title": "", "severity": "high", "score": 60,
        "entity": {"kind": "address", "value": "198.51.100.7"}, "entities": [], "rules": [], "techniques": [],
        "detections": 1, "events": 1, "opened": time, "updated": time, "first_event": time, "last_event": time,
        "contained": null, "owner": null, "verdict": null, "country": null, "proposals": [], "drill": false,
    });
    Live::Incident(serde_json::from_value(incident).unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_reaches_a_console_thinned_counted_and_with_the_last_word() {
    const ALL: u64 = 4000;
    let platform = fresh().await;
    let mut feed = platform.client(Role::Viewer).live_at("desk");
    assert_eq!(next(&mut feed).await, Feed::Connected);
    wait_for_reader(&platform.hub, &mut feed).await;
    (1..=ALL).for_each(|n| platform.hub.publish(&change(n % 50, n)));
    let (mut told, mut last) = (0, [0; 50]);
    // The last of all replaces nothing that comes later, so it always comes, and after everything else.
    while last[0] != ALL {
        match next(&mut feed).await {
            Feed::Replaced(updates) => told += updates,
            Feed::Update(_, update) => {
                if let Live::Incident(incident) = *update {
                    told += 1;
                    let before = &mut last[usize::try_from(incident.id.0).unwrap()];
                    assert!(*before < incident.revision, "in the order they were made, and none twice");
                    *before = incident.revision;
                }
            }
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(told, ALL);
    let wanted: Vec<u64> = (0..50).map(|id| if id == 0 { ALL } else { ALL - 50 + id }).collect();
    assert_eq!(last.to_vec(), wanted);
}

/// A wire that can be cut.
struct Line {
    address: SocketAddr,
    opened: Arc<AtomicU64>,
    pipes: Arc<std::sync::Mutex<Vec<AbortHandle>>>,
}

impl Line {
    async fn to(platform: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (opened, pipes) = (Arc::new(AtomicU64::new(0)), Arc::new(std::sync::Mutex::new(Vec::new())));
        let (count, list) = (opened.clone(), pipes.clone());
        tokio::spawn(async move {
            loop {
                let (mut near, _) = listener.accept().await.unwrap();
                let pipe = tokio::spawn(async move {
                    let mut far = TcpStream::connect(platform).await.unwrap();
                    let _ = tokio::io::copy_bidirectional(&mut near, &mut far).await;
                });
                list.lock().unwrap().push(pipe.abort_handle());
                count.fetch_add(1, Ordering::SeqCst);
            }
        });
        Self { address, opened, pipes }
    }

    fn cut(&self) {
        self.pipes.lock().unwrap().drain(..).for_each(|pipe| pipe.abort());
    }

    async fn reopened(&self) {
        let before = self.opened.load(Ordering::SeqCst);
        while self.opened.load(Ordering::SeqCst) == before {
            tokio::task::yield_now().await;
        }
    }
}

#[tokio::test]
async fn whoever_follows_the_stream_is_there_until_it_ends() {
    let platform = fresh().await;
    let mut feed = platform.client(Role::Viewer).live(None);
    assert_eq!(next(&mut feed).await, Feed::Connected);
    platform.presence.look(("ana", None), Some(IncidentId(7)));
    let here = platform.presence.all();
    let seen: Vec<_> = here.iter().map(|c| (c.colleague.raw(), c.incident)).collect();
    assert_eq!(seen, [("ana", Some(IncidentId(7)))]);
    let mut desk = platform.client(Role::Viewer).live_at("desk");
    assert_eq!(next(&mut desk).await, Feed::Connected);
    platform.presence.look(("ana", Some("desk")), Some(IncidentId(8)));
    let here = platform.presence.all();
    let seen: Vec<_> = here.iter().map(|c| (c.console.as_ref().map(|c| c.raw()), c.incident)).collect();
    assert_eq!(seen, [(None, Some(IncidentId(7))), (Some("desk"), Some(IncidentId(8)))]);
    drop((feed, desk));
    let gone = async {
        while !platform.presence.all().is_empty() {
            tokio::task::yield_now().await;
        }
    };
    timeout(Duration::from_secs(60), gone).await.expect("a console that ended is still there");
}
