//! A scene: what one visitor or attacker does, written down as log lines from some time on.

use super::{Line, Rng};
use crate::api::Timestamp;
use std::net::IpAddr;

/// Someone who sends requests.
#[derive(Debug, Clone)]
pub struct Client {
    /// Their address.
    pub ip: IpAddr,
    /// Their user agent.
    pub agent: &'static str,
    /// Their name, once known.
    pub user: Option<String>,
}

/// A request and what came of it.
#[derive(Debug, Clone, Copy)]
pub struct Ask<'t> {
    /// GET, POST ...
    pub method: &'t str,
    /// Path and query.
    pub url: &'t str,
    /// The server's answer.
    pub status: u16,
    /// Where from; empty for none.
    pub referer: &'t str,
}

/// Lines being written, and the time they are at.
pub struct Scene<'r> {
    /// Chance.
    pub rng: &'r mut Rng,
    /// Now, within the scene.
    pub at: Timestamp,
    /// The attack's label.
    pub story: Option<&'static str>,
    /// What was written.
    pub lines: Vec<Line>,
}

impl<'r> Scene<'r> {
    /// A scene that begins now.
    pub fn new(rng: &'r mut Rng, at: Timestamp) -> Self {
        Self { rng, at, story: None, lines: Vec::new() }
    }

    /// Time passes.
    pub fn wait(&mut self, low: i64, high: i64) {
        self.at = self.at.plus(self.rng.between(low, high));
    }

    fn write(&mut self, source: &'static str, format: &'static str, text: String) {
        self.lines.push(Line { due: self.at, source, format, text, story: self.story });
    }

    /// A request in nginx's combined format.
    pub fn ask(&mut self, client: &Client, ask: Ask<'_>) {
        let bytes = match ask.status {
            204 | 304 => 0,
            301 | 302 => 154,
            400.. => self.rng.between(146, 600),
            _ if ask.url.ends_with(".html") || ask.url.ends_with('/') => self.rng.between(4_000, 28_000),
            _ => self.rng.between(900, 90_000),
        };
        let quote = |text: &str| if text.is_empty() { "-".to_owned() } else { escape(text) };
        let line = format!(
            "{} - {} [{}] \"{} {} HTTP/1.1\" {} {bytes} \"{}\" \"{}\"",
            client.ip,
            client.user.as_deref().unwrap_or("-"),
            stamp(self.at, "%d/%b/%Y:%H:%M:%S +0000"),
            ask.method,
            escape(ask.url),
            ask.status,
            quote(ask.referer),
            quote(client.agent),
        );
        self.write("web", "combined", line);
    }

    /// A line of sshd's, as rsyslog writes it today.
    pub fn ssh(&mut self, pid: i64, text: &str) {
        let line = format!("{} web1 sshd[{pid}]: {text}", stamp(self.at, "%Y-%m-%dT%H:%M:%S%.6f+00:00"));
        self.write("ssh", "syslog", line);
    }

    /// An alert of Suricata's about a request.
    pub fn alert(&mut self, client: &Client, url: &str, rule: (u32, &str, &str)) {
        let (id, signature, category) = rule;
        let line = serde_json::json!({
            "timestamp": stamp(self.at, "%Y-%m-%dT%H:%M:%S%.6f+0000"),
            "flow_id": self.rng.between(1 << 40, 1 << 50),
            "event_type": "alert",
            "src_ip": client.ip, "src_port": self.rng.between(30_000, 60_000),
            "dest_ip": "192.0.2.1", "dest_port": 80, "proto": "TCP",
            "alert": {"action": "allowed", "gid": 1, "signature_id": id, "rev": 1, "signature": signature, "category": category, "severity": 1},
            "http": {"hostname": "shop.example", "url": url, "http_user_agent": client.agent, "http_method": "GET", "protocol": "HTTP/1.1"},
            "app_proto": "http",
        });
        self.write("ids", "eve", line.to_string());
    }
}

/// As nginx escapes what clients send.
fn escape(text: &str) -> String {
    use std::fmt::Write;
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'"' | b'\\' | 0..=31 | 127.. => {
                let _ = write!(out, "\\x{byte:02X}");
            }
            _ => out.push(char::from(byte)),
        }
    }
    out
}

fn stamp(at: Timestamp, format: &str) -> String {
    chrono::DateTime::from_timestamp_millis(at.0).unwrap_or_default().format(format).to_string()
}
