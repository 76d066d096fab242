//! Asks the gate over its own listener, as a proxy would, whether a client is refused.
//!
//! Raw HTTP/1.1 on purpose: the probe must not share code with what it checks.

use super::Fault;
use std::io::{Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream};
use std::time::Duration;

/// Longest wait for connecting, writing and reading, each.
const PATIENCE: Duration = Duration::from_secs(2);

/// What the gate answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seen {
    /// 2xx.
    Open,
    /// 401 or 403.
    Refused(u16),
}

/// The loopback address that reaches a listener bound to `address`.
#[must_use]
pub fn reachable(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        ip => ip,
    };
    SocketAddr::new(ip, address.port())
}

/// Sends one forward-auth request for `client` (and `session`) to the gate at `address`.
///
/// # Errors
/// No connection, no answer in time, or an answer that is neither a pass nor a refusal.
pub fn ask(address: SocketAddr, nonce: &str, client: IpAddr, session: Option<&str>) -> Result<Seen, Fault> {
    let at = reachable(address);
    let fail = |what: &str, why: std::io::Error| Fault(format!("the probe could not {what} http://{at}: {why}"));
    let mut stream = TcpStream::connect_timeout(&at, PATIENCE).map_err(|e| fail("reach", e))?;
    stream.set_read_timeout(Some(PATIENCE)).map_err(|e| fail("use", e))?;
    stream.set_write_timeout(Some(PATIENCE)).map_err(|e| fail("use", e))?;
    let session = session.map_or(String::new(), |s| format!("X-Watchfloor-Probe-Session: {s}\r\n"));
    let request = format!(
        "GET {} HTTP/1.1\r\nHost: {at}\r\nX-Real-IP: {client}\r\nX-Original-URI: /\r\nX-Original-Method: GET\r\n\
         X-Watchfloor-Probe: {nonce}\r\n{session}Connection: close\r\n\r\n",
        crate::api::endpoint::raw::GATE
    );
    stream.write_all(request.as_bytes()).map_err(|e| fail("write to", e))?;
    let line = status_line(&mut stream).map_err(|e| fail("read from", e))?;
    match line.split(' ').nth(1).and_then(|code| code.parse::<u16>().ok()) {
        Some(200..=299) => Ok(Seen::Open),
        Some(code @ (401 | 403)) => Ok(Seen::Refused(code)),
        _ => Err(Fault(format!(
            "the probe of http://{at} got \"{}\", neither a pass nor a refusal",
            crate::text::visible::escape(&line)
        ))),
    }
}

/// The first line of the answer, at most 256 bytes.
fn status_line(stream: &mut TcpStream) -> std::io::Result<String> {
    let mut held = Vec::with_capacity(256);
    let mut chunk = [0u8; 256];
    while held.len() < 256 && !held.contains(&b'\n') {
        match stream.read(&mut chunk)? {
            0 => break,
            n => held.extend_from_slice(&chunk[..n]),
        }
    }
    let line = held.split(|b| *b == b'\n').next().unwrap_or_default();
    Ok(String::from_utf8_lossy(line).trim_end().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpListener;

    fn answering(answer: &'static str) -> (SocketAddr, std::thread::JoinHandle<String>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let server = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut request = Vec::new();
            let mut chunk = [0u8; 1024];
            while !request.ends_with(b"\r\n\r\n") {
                let n = stream.read(&mut chunk).unwrap();
                request.extend_from_slice(&chunk[..n]);
            }
            stream.write_all(answer.as_bytes()).unwrap();
            String::from_utf8(request).unwrap()
        });
        (address, server)
    }

    #[test]
    fn statuses_are_understood() {
        let client = "198.51.100.7".parse().unwrap();
        let (at, server) = answering("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n");
        assert_eq!(ask(at, "n", client, Some("00ff00ff00ff00ff")).unwrap(), Seen::Refused(403));
        let request = server.join().unwrap();
        assert!(
            request.contains("X-Real-IP: 198.51.100.7\r\n") && request.contains("Probe-Session: 00ff"),
            "{request}"
        );
        let (at, _server) = answering("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        assert_eq!(ask(at, "n", client, None).unwrap(), Seen::Open);
        let (at, _server) = answering("HTTP/1.1 500 Oops\x1b[31m\r\n\r\n");
        let fault = ask(at, "n", client, None).unwrap_err().to_string();
        assert!(fault.contains("500") && !fault.contains('\x1b'), "{fault}");
        assert!(ask("127.0.0.1:1".parse().unwrap(), "n", client, None).is_err());
    }

    #[test]
    fn unspecified_listeners_are_reached_over_loopback() {
        assert_eq!(reachable("0.0.0.0:80".parse().unwrap()), "127.0.0.1:80".parse().unwrap());
        assert_eq!(reachable("[::]:80".parse().unwrap()), "[::1]:80".parse().unwrap());
        assert_eq!(reachable("192.0.2.1:80".parse().unwrap()), "192.0.2.1:80".parse().unwrap());
    }
}
