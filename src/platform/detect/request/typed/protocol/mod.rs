//! Requests that bend the protocol: what RFC 3986, 9110, 9112 and 7578 do not allow, and what no ordinary client does.
//!
//! Most of it is noted with little confidence: it says that a request was made by hand, not what it is for. Headers are
//! judged only where the request came with any, since a log line shows none of them. `target.rs` reads the address and
//! the arguments, `framing.rs` the body's end, `header.rs` one header at a time, `missing.rs` what should be there,
//! `identity.rs` who asks and from where, `media.rs` content types, `multipart.rs` the parts of a form.

mod framing;
mod header;
mod identity;
mod media;
mod method;
mod missing;
mod multipart;
mod target;

use super::super::rule::Rule;
use super::super::{Request, RequestSettings, table};
use super::{Clean, Said};
use crate::api::Severity;

/// Headers looked at.
const HEADERS_MAX: usize = 64;

/// Takes what was found: part of the request, name there, text.
type Tell<'t> = &'t mut dyn FnMut(Said, &'static str, &str, &[u8]);

/// Looks at everything but what is known to be clean.
pub(super) fn look(request: &Request<'_>, accepted: &RequestSettings, clean: Clean, tell: Tell<'_>) {
    method::look(request, accepted, tell);
    if !clean.url {
        target::address(request, accepted, tell);
    }
    target::form(request, accepted, tell);
    if !clean.agent {
        identity::agent(request.agent, tell);
    }
    if !clean.referer {
        identity::referer(request.referer, tell);
    }
    if !request.headers.is_empty() {
        for (name, value) in request.headers.iter().take(HEADERS_MAX) {
            header::look(request.method, name, value, tell);
        }
        framing::look(request, tell);
        missing::look(request, tell);
    }
    if !request.content_type.is_empty() {
        media::look(request.content_type, accepted, tell);
        multipart::look(request.content_type, request.body, tell);
    }
    if !request.cookie.is_empty() && request.cookie.trim_start().starts_with("$Version") {
        tell(said("cookie of an old kind", Severity::Low, 0.3), "cookie", "", request.cookie.as_bytes());
    }
}

fn said(sign: &'static str, severity: Severity, confidence: f32) -> Said {
    of(&table::protocol::RULE, sign, severity, confidence)
}

fn of(rule: &'static Rule, sign: &'static str, severity: Severity, confidence: f32) -> Said {
    Said { rule, sign, severity, confidence }
}

/// Whether a name is one of some, whatever its capitals.
fn is_one_of(name: &str, known: &[&str]) -> bool {
    known.iter().any(|k| k.eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests;
