//! The gate's route behind real proxies, each with its example configuration: what it passes on, what it refuses, and
//! what a client cannot forge.
#![cfg(feature = "platform")]
#![allow(clippy::unwrap_used, clippy::expect_used)]

use axum::body::Body;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::net::TcpListener;
use watchfloor::api::ActionId;
use watchfloor::platform::ask::{Answer, Ask, Hostile};
use watchfloor::platform::http::{GateRoute, Limits, Routes, Tokens, serve};

/// A real proxy with its configuration in a directory of its own; ends with the test.
struct Proxy {
    child: Child,
    port: u16,
    _dir: tempfile::TempDir,
}

impl Drop for Proxy {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The example's configuration with its addresses replaced, in a directory of its own.
fn nginx(gate: SocketAddr) -> Proxy {
    let dir = tempfile::tempdir().unwrap();
    let port = free_port();
    let root = dir.path().display();
    let example = include_str!("../examples/nginx.conf")
        .replace("127.0.0.1:8840", &gate.to_string())
        .replace("listen 80;", &format!("listen 127.0.0.1:{port};"))
        .replace("/usr/share/nginx/html", &root.to_string());
    let text = format!(
        "daemon off; master_process off; pid {root}/pid; error_log {root}/error.log; events {{}}
         http {{ access_log off; client_body_temp_path {root}/b; proxy_temp_path {root}/p; fastcgi_temp_path {root}/f;
         uwsgi_temp_path {root}/u; scgi_temp_path {root}/s; {example} }}"
    );
    std::fs::write(dir.path().join("index.html"), "ok\n").unwrap();
    std::fs::write(dir.path().join("nginx.conf"), text).unwrap();
    let command = ["-e", "error.log", "-c", "nginx.conf", "-p"];
    let child = Command::new("nginx").args(command).arg(dir.path()).spawn().expect("nginx must be installed");
    Proxy { child, port, _dir: dir }.listening()
}

fn caddy(gate: SocketAddr) -> Proxy {
    let dir = tempfile::tempdir().unwrap();
    let port = free_port();
    let root = dir.path().display();
    let example = include_str!("../examples/Caddyfile")
        .replace("127.0.0.1:8840", &gate.to_string())
        .replace("example.org", &format!("http://127.0.0.1:{port}"))
        .replace("/srv/www", &root.to_string());
    std::fs::write(dir.path().join("index.html"), "ok\n").unwrap();
    std::fs::write(dir.path().join("Caddyfile"), format!("{{\n admin off\n auto_https off\n}}\n{example}")).unwrap();
    let mut command = Command::new("caddy");
    command.args(["run", "--adapter", "caddyfile", "--config"]).arg(dir.path().join("Caddyfile"));
    command.env("HOME", dir.path()).stderr(Stdio::null());
    Proxy { child: command.spawn().expect("caddy must be installed"), port, _dir: dir }.listening()
}

/// Envoy with the whole example, in front of `site`.
fn envoy(gate: SocketAddr, site: SocketAddr) -> Proxy {
    let dir = tempfile::tempdir().unwrap();
    let port = free_port();
    let socket = |address: SocketAddr| format!("address: {}, port_value: {} }}", address.ip(), address.port());
    let example = include_str!("../examples/envoy.yaml")
        .replace("address: 127.0.0.1, port_value: 8840 }", &socket(gate))
        .replace("address: 127.0.0.1, port_value: 8080 }", &socket(site))
        .replace("address: 0.0.0.0, port_value: 80 }", &format!("address: 127.0.0.1, port_value: {port} }}"));
    std::fs::write(dir.path().join("envoy.yaml"), example).unwrap();
    let mut command = Command::new(tool("envoy"));
    command
        .args(["--disable-hot-restart", "--concurrency", "1", "-l", "error", "-c"])
        .arg(dir.path().join("envoy.yaml"));
    Proxy { child: command.spawn().expect("envoy must be installed"), port, _dir: dir }.listening()
}

/// Traefik with the example as its dynamic configuration, in front of `site`.
fn traefik(gate: SocketAddr, site: SocketAddr) -> Proxy {
    let dir = tempfile::tempdir().unwrap();
    let port = free_port();
    let example = include_str!("../examples/traefik.yaml")
        .replace("127.0.0.1:8840", &gate.to_string())
        .replace("127.0.0.1:8080", &site.to_string());
    let file = dir.path().join("traefik.yaml");
    std::fs::write(&file, example).unwrap();
    let mut command = Command::new(tool("traefik"));
    command.arg(format!("--entrypoints.web.address=127.0.0.1:{port}"));
    command.arg(format!("--providers.file.filename={}", file.display()));
    command.args(["--log.level=ERROR", "--global.checknewversion=false", "--global.sendanonymoususage=false"]);
    Proxy { child: command.spawn().expect("traefik must be installed"), port, _dir: dir }.listening()
}

/// A program that `.ci/run` installs for the project alone, else the machine's own.
fn tool(name: &str) -> PathBuf {
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/ci/proxies/bin").join(name);
    if own.exists() { own } else { PathBuf::from(name) }
}

/// A site that takes anything, and what it was asked for.
async fn site() -> (SocketAddr, Seen) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let seen: Seen = Arc::default();
    let witness = seen.clone();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let witness = witness.clone();
            let service = service_fn(move |request: Request<Incoming>| serve_site(request, witness.clone()));
            tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
        }
    });
    (address, seen)
}

async fn serve_site(request: Request<Incoming>, seen: Seen) -> Result<Response<Body>, Infallible> {
    let (head, body) = request.into_parts();
    let body = axum::body::to_bytes(Body::new(body), 1 << 20).await.unwrap();
    seen.lock().unwrap().push(format!("{} {}", head.uri, String::from_utf8_lossy(&body)));
    Ok(Response::new(Body::from("ok")))
}

fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

impl Proxy {
    fn listening(self) -> Self {
        let since = Instant::now();
        while std::net::TcpStream::connect(("127.0.0.1", self.port)).is_err() {
            assert!(since.elapsed() < Duration::from_secs(20), "the proxy did not start");
            std::thread::yield_now();
        }
        self
    }

    async fn status(&self, path: &str, headers: &[(&str, &str)]) -> u16 {
        self.post(path, headers, "body").await
    }

    async fn post(&self, path: &str, headers: &[(&str, &str)], body: &'static str) -> u16 {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        let request = http.post(format!("http://127.0.0.1:{}{path}", self.port)).body(body);
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        request.send().await.unwrap().status().as_u16()
    }
}

/// What a client sends that wants to be judged as another one, or for another request.
const FORGED: [(&str, &str); 5] = [
    ("x-real-ip", "6.6.6.6"),
    ("x-forwarded-for", "6.6.6.6"),
    ("x-original-uri", "/harmless"),
    ("x-forwarded-uri", "/harmless"),
    ("x-envoy-external-address", "6.6.6.6"),
];

type Seen = Arc<Mutex<Vec<String>>>;

async fn gate() -> (SocketAddr, Seen) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let seen: Seen = Arc::default();
    let witness = seen.clone();
    let route = GateRoute::new(Vec::new(), None, move |ask: &Ask<'_>| {
        witness.lock().unwrap().push(format!("{} {} {} {}", ask.client, ask.method, ask.uri, ask.cookie));
        if ask.uri.contains("union") || ask.body.starts_with(b"union") {
            Answer::Hostile(Hostile { rule: "web.sql_injection", why: String::new() })
        } else if ask.cookie.contains("session=gone") {
            Answer::Revoked(ActionId(1))
        } else {
            Answer::Pass
        }
    });
    let app = Routes::new(Arc::new(()), Arc::new(Tokens::in_memory()), |_| {}).gate(route).into_app();
    tokio::spawn(serve(listener, app, Limits::default(), std::future::pending()));
    (address, seen)
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs nginx"]
async fn nginx_obeys_the_gate_and_clients_cannot_forge() {
    let (address, seen) = gate().await;
    let nginx = nginx(address);
    let status = async |path: &str, headers: &[(&str, &str)]| nginx.status(path, headers).await;
    // A file does not take POST: 405 means that the gate let it pass.
    assert_eq!(status("/index.html?b=1", &[]).await, 405);
    assert_eq!(status("/a?b=1%20union%20select", &[]).await, 403);
    assert_eq!(status("/a", &[("cookie", "session=gone")]).await, 401);
    assert_eq!(status("/a?b=union", &FORGED).await, 403);
    let seen = seen.lock().unwrap();
    assert_eq!(seen[0], "127.0.0.1 POST /index.html?b=1 ");
    assert_eq!(seen[3], "127.0.0.1 POST /a?b=union ");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs caddy"]
async fn caddy_obeys_the_gate_and_clients_cannot_forge() {
    let (address, seen) = gate().await;
    let caddy = caddy(address);
    assert_eq!(caddy.status("/index.html?b=1", &[]).await, 200);
    assert_eq!(caddy.status("/a?b=1%20union%20select", &[]).await, 403);
    assert_eq!(caddy.status("/a", &[("cookie", "session=gone")]).await, 401);
    let forged = [("x-real-ip", "6.6.6.6"), ("x-forwarded-for", "6.6.6.6"), ("x-forwarded-uri", "/harmless")];
    assert_eq!(caddy.status("/a?b=union", &forged).await, 403);
    // Two contradicting addresses of the same request are a reason to refuse, not to guess.
    assert_eq!(caddy.status("/index.html", &[("x-original-uri", "/harmless")]).await, 400);
    let seen = seen.lock().unwrap();
    assert_eq!(seen[0], "127.0.0.1 POST /index.html?b=1 ");
    assert_eq!(seen[3], "127.0.0.1 POST /a?b=union ");
}

/// What holds behind every proxy that passes bodies on, for a client of the site `example.org`.
async fn obeys_with_bodies(proxy: Proxy, asked: Seen, served: Seen) {
    let status = async |path: &str, headers: &[(&str, &str)], body| {
        let host = [("host", "example.org")];
        proxy.post(path, &[&host[..], headers].concat(), body).await
    };
    let since = Instant::now();
    // The port is open before the routes are there.
    while status("/ready", &[], "").await != 200 {
        assert!(since.elapsed() < Duration::from_secs(20), "the proxy never served the site");
    }
    assert_eq!(status("/index.html?b=1", &[], "body").await, 200);
    assert_eq!(status("/a?b=1%20union%20select", &[], "body").await, 403);
    assert_eq!(status("/form", &[], "union select").await, 403);
    assert_eq!(status("/a", &[("cookie", "session=gone")], "body").await, 401);
    let forged_union = status("/a?b=union", &FORGED, "body").await;
    assert!([400, 403].contains(&forged_union), "{forged_union}");
    let asked = asked.lock().unwrap();
    assert!(asked.contains(&"127.0.0.1 POST /index.html?b=1 ".to_owned()), "{asked:?}");
    assert!(!asked.iter().any(|line| line.contains("6.6.6.6") || line.contains("harmless")), "{asked:?}");
    let served = served.lock().unwrap();
    assert_eq!(served.iter().filter(|line| !line.starts_with("/ready")).collect::<Vec<_>>(), ["/index.html?b=1 body"]);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs envoy"]
async fn envoy_obeys_the_gate_with_bodies_and_clients_cannot_forge() {
    let ((gate, asked), (site, served)) = (gate().await, site().await);
    obeys_with_bodies(envoy(gate, site), asked, served).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs traefik"]
async fn traefik_obeys_the_gate_with_bodies_and_clients_cannot_forge() {
    let ((gate, asked), (site, served)) = (gate().await, site().await);
    obeys_with_bodies(traefik(gate, site), asked, served).await;
}
