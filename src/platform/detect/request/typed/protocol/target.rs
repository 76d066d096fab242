//! The address as it was written, and the arguments in it and in a form: escapes that are none, names that one server
//! reads in another way than the next, lengths and numbers that nobody needs.

use super::{Request, RequestSettings, Tell, said};
use crate::api::Severity;

/// The same byte so often in a row is no value.
const RUN_MAX: usize = 256;

/// The address: of this and the settings nothing else of the request is asked but whether it is for a tunnel.
pub(super) fn address(request: &Request<'_>, accepted: &RequestSettings, tell: Tell<'_>) {
    let url = request.url.as_bytes();
    // Most addresses have none of these.
    let marked = memchr::memchr3(b'#', b'%', b'?', url);
    if marked.is_some() {
        if let Some(at) = memchr::memchr(b'#', url) {
            tell(said("fragment in an address", Severity::Low, 0.3), "url", "", &url[at..]);
        }
        escapes(url, "url", tell);
    }
    let is_path = matches!(url.first(), None | Some(b'/' | b'*' | b'-'));
    if !is_path && request.method != "CONNECT" && memchr::memmem::find(url, b"://").is_none() {
        tell(said("address that is none", Severity::Low, 0.4), "url", "", url);
    }
    if url.len() >= RUN_MAX {
        lengths(url, tell);
    }
    if url.len() > accepted.address_bytes {
        tell(said("address longer than servers take", Severity::Low, 0.4), "url", "", url);
    }
    if let Some(query) = marked.and_then(|_| memchr::memchr(b'?', url)) {
        arguments(&url[query + 1..], "url", accepted, tell);
    }
}

/// A form in the body.
pub(super) fn form(request: &Request<'_>, accepted: &RequestSettings, tell: Tell<'_>) {
    if !request.body.is_empty() && is_form(request.content_type) {
        if request.body.len() > accepted.form_bytes {
            tell(
                said("form longer than forms are", Severity::Low, 0.3),
                "body",
                "",
                &request.body[..request.body.len().min(64)],
            );
        }
        escapes(request.body, "body", tell);
        arguments(request.body, "body", accepted, tell);
    }
}

fn is_form(content_type: &str) -> bool {
    let kind = content_type.split(';').next().unwrap_or_default().trim();
    kind.eq_ignore_ascii_case("application/x-www-form-urlencoded")
}

/// Percent signs before anything but two hexadecimal digits, and full-width forms of ASCII in the way of scripts.
fn escapes(text: &[u8], part: &'static str, tell: Tell<'_>) {
    let digits = |from: usize, to: usize| text.get(from..to).is_some_and(|d| d.iter().all(u8::is_ascii_hexdigit));
    for at in memchr::memchr_iter(b'%', text) {
        let excerpt = &text[at..text.len().min(at + 16)];
        if matches!(text.get(at + 1), Some(b'u' | b'U')) && digits(at + 2, at + 6) {
            if text[at + 2..at + 4].eq_ignore_ascii_case(b"ff") {
                return tell(said("full-width letters", Severity::Low, 0.45), part, "", excerpt);
            }
        } else if !digits(at + 1, at + 3) {
            return tell(said("percent sign that escapes nothing", Severity::Low, 0.35), part, "", excerpt);
        }
    }
}

/// Only asked of long addresses.
fn lengths(url: &[u8], tell: Tell<'_>) {
    let (mut run, mut before) = (0, 0);
    for byte in url {
        run = if *byte == before { run + 1 } else { 1 };
        before = *byte;
        if run >= RUN_MAX {
            return tell(said("one byte over and over", Severity::Low, 0.45), "url", "", url);
        }
    }
}

fn arguments(text: &[u8], part: &'static str, accepted: &RequestSettings, tell: Tell<'_>) {
    for (nth, pair) in text.split(|b| *b == b'&').enumerate() {
        let name = &pair[..memchr::memchr(b'=', pair).unwrap_or(pair.len())];
        if nth == accepted.arguments {
            return tell(said("more arguments than anybody needs", Severity::Low, 0.4), part, "", pair);
        }
        if name.len() > accepted.name_bytes && name.len() < pair.len() {
            tell(said("argument with a name of great length", Severity::Low, 0.35), part, "", name);
        }
        if name.len() > 1 && name.len() < pair.len() && is_ambiguous(name) {
            tell(said("name that servers read in different ways", Severity::Low, 0.35), part, "", name);
        }
    }
}

/// `a[1]b`: some cut it after the bracket, some take it as it is. `a[1].b` and `a[1][b]` mean the same to all.
fn is_ambiguous(name: &[u8]) -> bool {
    let Some(at) = memchr::memchr(b']', name) else { return false };
    let has_open = memchr::memchr(b'[', &name[..at]).is_some();
    has_open && name[at + 1..].first().is_some_and(|b| b.is_ascii_alphanumeric() || *b == b'_')
}
