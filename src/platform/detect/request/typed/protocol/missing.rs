//! What an ordinary request brings along. Asked only of requests that came with headers.

use super::{Request, Tell, said};
use crate::api::Severity;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Headers of the connection itself. Who asks for a client may leave them out, and the host with them: then its absence
/// says nothing.
const WHOLE: [&str; 5] = ["connection", "keep-alive", "content-length", "transfer-encoding", "upgrade"];

pub(super) fn look(request: &Request<'_>, tell: Tell<'_>) {
    let values = |wanted: &'static str| {
        request.headers.iter().filter(move |(name, _)| name.eq_ignore_ascii_case(wanted)).map(|(_, value)| value.trim())
    };
    let mut hosts = values("host").chain(values(":authority"));
    match hosts.next() {
        None if WHOLE.iter().any(|name| values(name).next().is_some()) => {
            tell(said("no host", Severity::Low, 0.4), "header", "host", b"")
        }
        None => {}
        Some(host) => self::host(host, tell),
    }
    if hosts.next().is_some() {
        tell(said("more than one host", Severity::Medium, 0.6), "header", "host", b"");
    }
    if request.agent.trim().is_empty() {
        tell(said("no name of the program", Severity::Low, 0.35), "agent", "", b"");
    }
    match values("accept").next() {
        Some("") => tell(said("nothing accepted", Severity::Low, 0.35), "header", "accept", b""),
        None if !request.agent.is_empty() && !is_program(request.agent) && request.method != "OPTIONS" => {
            tell(said("browser that accepts nothing", Severity::Low, 0.3), "header", "accept", b"");
        }
        _ => {}
    }
    let is_text = request.body.iter().take(256).all(|b| *b >= b' ' || b.is_ascii_whitespace());
    if request.content_type.is_empty() && !request.body.is_empty() && is_text {
        tell(said("body of no type", Severity::Low, 0.3), "header", "content-type", b"");
    }
}

/// Programs name themselves `name/version`, and many leave out what they accept; whoever claims to be a browser, or
/// gives no version, does not.
fn is_program(agent: &str) -> bool {
    let first = agent.split(' ').next().unwrap_or_default();
    let version = first.split_once('/').is_some_and(|(_, version)| !version.is_empty());
    version && !first.starts_with("Mozilla/") && !first.starts_with("Opera/")
}

/// Hosts by their address, but for those of private networks (where services find and check one another), and hosts
/// that are no names.
fn host(host: &str, tell: Tell<'_>) {
    if host.is_empty() {
        return tell(said("empty host", Severity::Low, 0.4), "header", "host", b"");
    }
    let bare = host
        .strip_prefix('[')
        .and_then(|h| h.split(']').next())
        .unwrap_or_else(|| host.rsplit_once(':').map_or(host, |(name, _)| name));
    match bare.parse::<IpAddr>() {
        Ok(ip) if !is_private(ip) => {
            tell(said("host by its address", Severity::Low, 0.3), "header", "host", host.as_bytes());
        }
        Ok(_) => {}
        Err(_) => {
            let known = |b: u8| b.is_ascii_alphanumeric() || b"-._:[]%".contains(&b) || b >= 128;
            if !host.bytes().all(known) {
                tell(said("host that is no name", Severity::Medium, 0.5), "header", "host", host.as_bytes());
            }
        }
    }
}

fn is_private(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(v4) => Ipv4Addr::is_private(&v4) || v4.octets()[0] == 100 && v4.octets()[1] & 0xC0 == 64,
        IpAddr::V6(v6) => Ipv6Addr::is_unique_local(&v6),
    }
}
