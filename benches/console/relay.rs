//! A relay before the platform: passes everything on but the live stream, which it answers itself, at a rate of choice.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// The relay.
pub struct Relay {
    pub url: String,
    rate: Arc<AtomicU64>,
}

impl Relay {
    /// So many updates a second from now on.
    pub fn updates(&self, rate: u64) {
        self.rate.store(rate, Ordering::Relaxed);
    }
}

/// Starts it before a platform. What it sends are changes of incidents that the platform has.
pub fn start(platform: &SocketAddr, token: &str) -> Relay {
    let auth = format!("Authorization: Bearer {token}");
    let (_, page) = crate::journey::http(*platform, "GET", "/v1/incidents?limit=200", &[&auth]);
    let page: serde_json::Value = serde_json::from_str(&page).unwrap();
    // The kind comes first, as the platform writes it.
    let update = |incident: &serde_json::Value| incident.to_string().replacen('{', "{\"type\":\"incident\",", 1);
    let updates: Arc<Vec<String>> = Arc::new(page["items"].as_array().unwrap().iter().map(update).collect());
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let rate = Arc::new(AtomicU64::new(0));
    let (platform, shared) = (*platform, rate.clone());
    std::thread::spawn(move || {
        for near in listener.incoming().map_while(Result::ok) {
            let (updates, rate) = (updates.clone(), shared.clone());
            std::thread::spawn(move || serve(near, platform, &updates, &rate));
        }
    });
    Relay { url, rate }
}

/// One connection: one request.
fn serve(mut near: TcpStream, platform: SocketAddr, updates: &[String], rate: &AtomicU64) -> Option<()> {
    let (head, rest) = read_head(&mut near)?;
    if head.starts_with("GET /v1/stream") {
        return stream(near, updates, rate);
    }
    let length = |line: &str| line.to_ascii_lowercase().strip_prefix("content-length:").map(|n| n.trim().parse().ok());
    let length: usize = head.lines().find_map(length).flatten().unwrap_or(0);
    let mut body = rest;
    let mut buffer = [0; 65_536];
    while body.len() < length {
        let n = near.read(&mut buffer).ok().filter(|n| *n > 0)?;
        body.extend_from_slice(&buffer[..n]);
    }
    let mut far = TcpStream::connect(platform).ok()?;
    far.set_nodelay(true).ok()?;
    let kept = head.lines().filter(|l| !l.to_ascii_lowercase().starts_with("connection:") && !l.is_empty());
    let mut request = kept.map(|l| format!("{l}\r\n")).collect::<String>().into_bytes();
    request.extend_from_slice(b"Connection: close\r\n\r\n");
    request.extend(body);
    far.write_all(&request).ok()?;
    loop {
        let n = far.read(&mut buffer).ok().filter(|n| *n > 0)?;
        near.write_all(&buffer[..n]).ok()?;
    }
}

/// A request's head, and what came with it.
fn read_head(near: &mut TcpStream) -> Option<(String, Vec<u8>)> {
    let (mut seen, mut buffer) = (Vec::new(), [0; 8192]);
    loop {
        if let Some(end) = seen.windows(4).position(|w| w == b"\r\n\r\n") {
            let rest = seen.split_off(end + 4);
            return Some((String::from_utf8_lossy(&seen).into_owned(), rest));
        }
        let n = near.read(&mut buffer).ok().filter(|n| *n > 0)?;
        seen.extend_from_slice(&buffer[..n]);
    }
}

/// Silence is broken this often, as a platform does it: a console takes a silent stream for a dead one after 40 s.
const HEARTBEAT: Duration = Duration::from_secs(15);

/// Updates in pieces of a hundredth of a second.
fn stream(mut near: TcpStream, updates: &[String], rate: &AtomicU64) -> Option<()> {
    near.write_all(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\nid: 1-0\n\n")
        .ok()?;
    let (mut sent, mut number, mut began, mut before) = (0, 0u64, Instant::now(), 0);
    let mut written = Instant::now();
    loop {
        let rate = rate.load(Ordering::Relaxed);
        if rate != before {
            (sent, began, before) = (0, Instant::now(), rate);
        }
        let due = (began.elapsed().as_secs_f64() * rate as f64) as u64;
        let mut piece = String::new();
        while sent < due && piece.len() < 1 << 20 {
            let text = &updates[number as usize % updates.len()];
            number += 1;
            piece.push_str(&format!("id: 1-{number}\ndata: {text}\n\n"));
            sent += 1;
        }
        if piece.is_empty() && written.elapsed() >= HEARTBEAT {
            piece.push_str(": here\n\n");
        }
        if !piece.is_empty() {
            near.write_all(piece.as_bytes()).ok()?;
            written = Instant::now();
        }
        std::thread::park_timeout(Duration::from_millis(10));
    }
}
