//! The accept loop: hyper over our own sockets, with limits on time, memory and number, and connections that can be
//! cut.
//!
//! `axum::serve` has none of these. HTTP/1.1 only: the live stream needs nothing more.

use super::connection::{Connection, Guarded, Pace, Paced};
use super::door::now;
use super::gate::GateRoute;
use super::routes::App;
use super::tokens::Tokens;
use axum::Router;
use axum::body::Body;
use axum::http::{Request, Response};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use notify::{RecursiveMode, Watcher};
use std::collections::HashMap;
use std::convert::Infallible;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tower::ServiceExt;

/// Bytes of a request head, and of what is read ahead.
const HEAD: usize = 32 * 1024;

/// Bounds of the accept loop.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Connections in all, loopback not counted (it has as many again, so that strangers cannot lock operators out).
    pub connections: usize,
    /// Connections of one peer; loopback and trusted proxies are exempt.
    pub per_peer: usize,
    /// From the first byte of a request head to its last.
    pub head: Duration,
    /// Between requests.
    pub idle: Duration,
    /// While the reader at the other end takes nothing.
    pub stall: Duration,
    /// Given to calls at work when the server stops.
    pub grace: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 1024,
            per_peer: 64,
            head: Duration::from_secs(5),
            idle: Duration::from_secs(60),
            stall: Duration::from_secs(10),
            grace: Duration::from_secs(3),
        }
    }
}

/// Serves until `shutdown` is done, then lets calls at work finish within the grace period.
pub async fn serve(listener: TcpListener, app: App, limits: Limits, shutdown: impl Future<Output = ()>) {
    let (close, closing) = watch::channel(false);
    let server = Arc::new(Server { crowd: Crowd::default(), limits, app, closing });
    let watcher = follow(&server.app.tokens);
    // In a set of its own: it ends with us even when we are dropped halfway.
    let mut tending = JoinSet::new();
    let poll = watcher.is_none() && server.app.tokens.path().is_some();
    tending.spawn(tend(server.app.tokens.clone(), poll));
    let mut connections = JoinSet::new();
    tokio::pin!(shutdown);
    loop {
        tokio::select! {
            () = &mut shutdown => break,
            accepted = listener.accept() => match accepted {
                Ok((stream, peer)) => {
                    if let Some(place) = Crowd::enter(&server, peer.ip()) {
                        connections.spawn(place.run(stream, peer));
                    }
                }
                // Out of descriptors: those in use must first be closed; spinning would not help.
                Err(error) if !is_of_one_connection(&error) => {
                    tracing::warn!(%error, "no connection could be accepted");
                    sleep(Duration::from_millis(100)).await;
                }
                Err(_) => {}
            },
            Some(_) = connections.join_next(), if !connections.is_empty() => {}
        }
    }
    drop(listener);
    tending.abort_all();
    close.send_replace(true);
    let drained = async { while connections.join_next().await.is_some() {} };
    if timeout(server.limits.grace, drained).await.is_err() {
        connections.shutdown().await;
    }
    server.app.tokens.tend(now());
}

struct Server {
    app: App,
    limits: Limits,
    crowd: Crowd,
    closing: watch::Receiver<bool>,
}

/// Who is connected, counted.
#[derive(Default)]
struct Crowd(Mutex<HashMap<IpAddr, usize>>);

impl Crowd {
    /// A place for a connection from `ip`, if there is one.
    fn enter(server: &Arc<Server>, ip: IpAddr) -> Option<Place> {
        let limits = &server.limits;
        let exempt = ip.to_canonical().is_loopback() || server.app.gate.as_ref().is_some_and(|gate| gate.trusts(ip));
        let ip = household(ip);
        let mut crowd = server.crowd.0.lock().unwrap_or_else(PoisonError::into_inner);
        let total: usize = crowd.iter().filter(|(other, _)| other.is_loopback() == ip.is_loopback()).map(|e| e.1).sum();
        let here = crowd.entry(ip).or_default();
        if total >= limits.connections || (!exempt && *here >= limits.per_peer) {
            if *here == 0 {
                crowd.remove(&ip);
            }
            return None;
        }
        *here += 1;
        Some(Place { server: server.clone(), ip })
    }
}

/// Whom an address is counted for: a whole /64 of IPv6 usually has one owner.
fn household(ip: IpAddr) -> IpAddr {
    match ip.to_canonical() {
        IpAddr::V6(v6) if !v6.is_loopback() => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() >> 64 << 64)),
        ip => ip,
    }
}

/// One counted connection.
struct Place {
    server: Arc<Server>,
    ip: IpAddr,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut crowd = self.server.crowd.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(here) = crowd.get_mut(&self.ip) {
            *here -= 1;
            if *here == 0 {
                crowd.remove(&self.ip);
            }
        }
    }
}

impl Place {
    async fn run(self, stream: TcpStream, peer: SocketAddr) {
        let limits = &self.server.limits;
        let socket = socket2::SockRef::from(&stream);
        let _ = socket.set_tcp_nodelay(true);
        #[cfg(target_os = "linux")]
        let _ = socket.set_tcp_user_timeout(Some(limits.stall));
        let mut closing = self.server.closing.clone();
        let connection = Connection::new(peer, closing.clone());
        let pace = Arc::new(Pace::default());
        let service = {
            let (server, connection, pace) = (self.server.clone(), connection.clone(), pace.clone());
            service_fn(move |request| {
                pace.begin();
                let (server, connection, pace) = (server.clone(), connection.clone(), pace.clone());
                async move {
                    Ok::<_, Infallible>(answer(&server.app, connection, request).await.map(|b| Paced::new(b, pace)))
                }
            })
        };
        let guarded = Guarded::new(stream, pace.clone(), limits.head, limits.stall);
        let hyper = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(limits.idle)
            .max_buf_size(HEAD)
            .max_header_size(HEAD)
            .serve_connection(TokioIo::new(guarded), service);
        tokio::pin!(hyper);
        let mut asked = false;
        loop {
            tokio::select! {
                // Broken and slow peers are no news of ours.
                _ = &mut hyper => break,
                // Dropping the connection closes the socket, whatever is still to be written.
                () = connection.wait_for_cut() => {
                    pace.abort();
                    break;
                }
                _ = closing.wait_for(|close| *close), if !asked => {
                    asked = true;
                    hyper.as_mut().graceful_shutdown();
                }
            }
        }
    }
}

async fn answer(app: &App, connection: Arc<Connection>, mut request: Request<Incoming>) -> Response<Body> {
    if let Some(gate) = app.gate.as_deref().filter(|_| GateRoute::is_for(request.uri().path())) {
        return gate.answer(connection.peer.ip(), request.map(Body::new)).await;
    }
    request.extensions_mut().insert(connection);
    let router: Router = app.router.clone();
    match router.oneshot(request.map(Body::new)).await {
        Ok(response) => response,
        Err(never) => match never {},
    }
}

fn is_of_one_connection(error: &std::io::Error) -> bool {
    use std::io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}

/// Keeps expiry and last use up to date while the server runs. `poll`: nobody tells us when the file changes.
async fn tend(tokens: Arc<Tokens>, poll: bool) {
    loop {
        let tending = tokens.clone();
        let work = move || {
            if poll {
                reload(&tending);
            }
            tending.tend(now()).min(if poll { 500 } else { i64::MAX })
        };
        let again = tokio::task::spawn_blocking(work).await.unwrap_or(1000);
        sleep(Duration::from_millis(u64::try_from(again).unwrap_or(1000))).await;
    }
}

/// Hears of tokens made and revoked by another process through the file. Nothing when there is no file to watch, or
/// none can be watched: then it must be looked at now and then.
fn follow(tokens: &Arc<Tokens>) -> Option<notify::RecommendedWatcher> {
    let path = tokens.path()?;
    let dir = path.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let name = path.file_name().map(std::ffi::OsStr::to_owned);
    let heard = {
        let tokens = Arc::downgrade(tokens);
        move |event: notify::Result<notify::Event>| {
            let ours = |event: &notify::Event| event.paths.iter().any(|p| p.file_name() == name.as_deref());
            let changed = event.is_ok_and(|event| !event.kind.is_access() && ours(&event));
            if let Some(tokens) = tokens.upgrade().filter(|_| changed) {
                reload(&tokens);
            }
        }
    };
    let watching = notify::recommended_watcher(heard).and_then(|mut watcher| {
        std::fs::create_dir_all(dir)?;
        watcher.watch(dir, RecursiveMode::NonRecursive)?;
        Ok(watcher)
    });
    watching.inspect_err(|error| tracing::info!(%error, "the token file is looked at twice a second instead")).ok()
}

fn reload(tokens: &Tokens) {
    if let Err(error) = tokens.reload() {
        tracing::warn!(%error, "the token file cannot be used; the tokens known before stay in force");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::ask::Answer;
    use crate::platform::http::Routes;

    fn server(limits: Limits) -> Arc<Server> {
        let gate = GateRoute::new(vec!["192.0.2.200/32".parse().unwrap()], None, |_| Answer::Pass);
        let app = Routes::new(Arc::new(()), Arc::new(Tokens::in_memory()), |_| {}).gate(gate).into_app();
        Arc::new(Server { app, limits, crowd: Crowd::default(), closing: watch::channel(false).1 })
    }

    fn enter(server: &Arc<Server>, ip: &str, times: usize) -> Vec<Place> {
        (0..times).filter_map(|_| Crowd::enter(server, ip.parse().unwrap())).collect()
    }

    #[test]
    fn a_peer_has_its_share_and_proxies_and_operators_are_not_locked_out() {
        let server = server(Limits { connections: 10, per_peer: 3, ..Limits::default() });
        let one = enter(&server, "192.0.2.1", 5);
        assert_eq!(one.len(), 3);
        assert_eq!(enter(&server, "::ffff:192.0.2.1", 1).len(), 0, "the same peer by another name");
        let six = enter(&server, "2001:db8::1", 2);
        assert_eq!((six.len(), enter(&server, "2001:db8::2:3", 2).len()), (2, 1), "one household");
        let proxy = enter(&server, "192.0.2.200", 9);
        assert_eq!(proxy.len(), 5, "all that was left");
        assert_eq!(enter(&server, "192.0.2.9", 1).len(), 0, "full");
        assert_eq!(enter(&server, "127.0.0.1", 20).len(), 10, "loopback has places of its own");
        drop((one, six, proxy));
        assert!(server.crowd.0.lock().unwrap().is_empty());
    }
}
