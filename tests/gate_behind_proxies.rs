//! The gate's route behind real proxies, nginx and Caddy, with the example configurations: what it passes on, what it refuses, and what a client cannot forge.
#![cfg(feature = "platform")]
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::net::SocketAddr;
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
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        let request = http.post(format!("http://127.0.0.1:{}{path}", self.port)).body("body");
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        request.send().await.unwrap().status().as_u16()
    }
}

type Seen = Arc<Mutex<Vec<String>>>;

async fn gate() -> (SocketAddr, Seen) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let seen: Seen = Arc::default();
    let witness = seen.clone();
    let route = GateRoute::new(Vec::new(), None, move |ask: &Ask<'_>| {
        witness.lock().unwrap().push(format!("{} {} {} {}", ask.client, ask.method, ask.uri, ask.cookie));
        if ask.uri.contains("union") {
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
    let forged = [
        ("x-real-ip", "6.6.6.6"),
        ("x-forwarded-for", "6.6.6.6"),
        ("x-original-uri", "/harmless"),
        ("x-forwarded-uri", "/harmless"),
        ("x-envoy-external-address", "6.6.6.6"),
    ];
    assert_eq!(status("/a?b=union", &forged).await, 403);
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
