//! Where a body ends, and whether its method has one: what lets two servers disagree about the next request (smuggling).

use super::{Request, Tell, said};
use crate::api::Severity;

/// How the body's end is told: once, and in one way.
#[derive(Default)]
struct Framing {
    lengths: u32,
    encodings: u32,
    odd: bool,
    length: Option<u64>,
}

pub(super) fn look(request: &Request<'_>, tell: Tell<'_>) {
    let mut seen = Framing::default();
    request.headers.iter().take(super::HEADERS_MAX).for_each(|(name, value)| seen.note(name, value));
    if let Some(what) = seen.fault() {
        tell(said(what, Severity::High, 0.9), "header", "transfer-encoding", b"");
    }
    if !matches!(request.method, "GET" | "HEAD") {
        return;
    }
    if seen.encodings > 0 {
        tell(said("encoding of a body that is none", Severity::Low, 0.45), "header", "transfer-encoding", b"");
    }
    // Searches are asked with GET and JSON by some.
    let is_json = request.body.trim_ascii_start().first().is_some_and(|b| b"{[".contains(b));
    let says_so = seen.length.is_some_and(|length| length > 0) && request.body.is_empty();
    if (says_so || !request.body.is_empty()) && !is_json {
        let matched = &request.body[..request.body.len().min(64)];
        tell(said("body where the method has none", Severity::Low, 0.4), "body", "", matched);
    }
}

impl Framing {
    fn note(&mut self, name: &str, value: &str) {
        if name.eq_ignore_ascii_case("content-length") {
            self.lengths += 1;
            self.length = value.trim().parse().ok();
        } else if name.trim().eq_ignore_ascii_case("transfer-encoding") {
            self.encodings += 1;
            let known = ["chunked", "gzip, chunked", "deflate, chunked", "identity"];
            self.odd |= name.trim() != name || !known.contains(&&*value.to_ascii_lowercase());
        }
    }

    fn fault(&self) -> Option<&'static str> {
        match self {
            Self { odd: true, .. } => Some("transfer encoding in disguise"),
            Self { lengths: 1.., encodings: 1.., .. } => Some("two ways to tell where the body ends"),
            Self { lengths: 2.., .. } | Self { encodings: 2.., .. } => Some("the body's end is told twice"),
            _ => None,
        }
    }
}
