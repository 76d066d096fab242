//! Methods and headers that no ordinary client sends.

use super::super::rule::Rule;
use super::super::{Request, table};
use super::Said;
use crate::api::Severity;

/// Headers looked at.
pub(in super::super) const HEADERS_MAX: usize = 64;

/// Methods of HTTP, WebDAV and their registered kin.
const METHODS: [&str; 39] = [
    "GET",
    "HEAD",
    "POST",
    "PUT",
    "DELETE",
    "PATCH",
    "OPTIONS",
    "PROPFIND",
    "PROPPATCH",
    "MKCOL",
    "COPY",
    "MOVE",
    "LOCK",
    "UNLOCK",
    "REPORT",
    "SEARCH",
    "MKCALENDAR",
    "MKACTIVITY",
    "MKWORKSPACE",
    "MERGE",
    "CHECKOUT",
    "CHECKIN",
    "UNCHECKOUT",
    "UPDATE",
    "LABEL",
    "BASELINE-CONTROL",
    "VERSION-CONTROL",
    "ACL",
    "BIND",
    "REBIND",
    "UNBIND",
    "LINK",
    "UNLINK",
    "PURGE",
    "NOTIFY",
    "SUBSCRIBE",
    "UNSUBSCRIBE",
    "PRI",
    "ORDERPATCH",
];
/// Methods that tell more than they should.
const TELLTALE: [&str; 4] = ["TRACE", "TRACK", "DEBUG", "CONNECT"];

/// Headers by which tools name themselves.
const TOOL_HEADERS: [&str; 22] = [
    "x-scanner",
    "x-scan-memo",
    "x-scan-sess",
    "x-scan-id",
    "acunetix-product",
    "acunetix-aspect",
    "acunetix-aspect-password",
    "acunetix-aspect-queries",
    "acunetix-scanning-agreement",
    "acunetix-user-agreement",
    "x-wvs-id",
    "x-wipp",
    "x-request-memo",
    "x-requestmanager-memo",
    "x-arachni-scan-seed",
    "x-netsparker",
    "x-nikto",
    "x-zap-scan-id",
    "x-qualys-scan",
    "x-burp-version",
    "x-ratproxy-loop",
    "bae-scanner",
];
/// Headers that let a client say which method or address is meant.
const METHOD_OVERRIDES: [&str; 3] = ["x-http-method-override", "x-method-override", "x-http-method"];
const URL_OVERRIDES: [&str; 3] = ["x-original-url", "x-rewrite-url", "x-override-url"];

type Tell<'t> = &'t mut dyn FnMut(Said, &'static str, &str, &str);

pub(super) fn look(request: &Request<'_>, tell: Tell<'_>) {
    let method = request.method;
    // Logs write `-` for what was no request.
    if !method.is_empty() && method != "-" && !METHODS.contains(&method) {
        match TELLTALE.contains(&method) {
            true => tell(said("method that serves diagnosis", Severity::Low, 0.6), "method", "", method),
            false => tell(said("unknown method", Severity::Low, 0.5), "method", "", method),
        }
    }
    let mut seen = Framing::default();
    for (name, value) in request.headers.iter().take(HEADERS_MAX) {
        header(name, value, tell);
        seen.note(name, value);
    }
    if let Some(what) = seen.fault() {
        tell(said(what, Severity::High, 0.9), "header", "transfer-encoding", "");
    }
    content_type(request.content_type, tell);
}

fn said(sign: &'static str, severity: Severity, confidence: f32) -> Said {
    of(&table::protocol::RULE, sign, severity, confidence)
}

fn of(rule: &'static Rule, sign: &'static str, severity: Severity, confidence: f32) -> Said {
    Said { rule, sign, severity, confidence }
}

fn header(name: &str, value: &str, tell: Tell<'_>) {
    let is = |known: &[&str]| known.iter().any(|k| k.eq_ignore_ascii_case(name));
    if is(&TOOL_HEADERS) {
        tell(of(&table::scanner::RULE, "header of an attack tool", Severity::Medium, 0.97), "header", name, value);
    }
    let overridden = value.trim().to_ascii_uppercase();
    if is(&METHOD_OVERRIDES) {
        let dangerous = TELLTALE.contains(&&*overridden) || ["PUT", "DELETE", "PATCH"].contains(&&*overridden);
        let confidence = if dangerous { 0.5 } else { 0.35 };
        tell(said("method overridden by a header", Severity::Low, confidence), "header", name, value);
    }
    if is(&["lock-token", "content-range", "x-middleware-subrequest", "request-range", "x-arbitrary"]) {
        tell(said("header that a browser does not send", Severity::Low, 0.5), "header", name, value);
    }
    if is(&["connection"]) && overridden.contains("CLOSE") && overridden.contains("KEEP-ALIVE") {
        tell(said("connection kept and closed", Severity::Low, 0.5), "header", name, value);
    }
    if is(&URL_OVERRIDES) {
        tell(said("address overridden by a header", Severity::Medium, 0.7), "header", name, value);
    }
    if is(&["proxy"]) {
        tell(said("header that becomes a proxy setting", Severity::Medium, 0.8), "header", name, value);
    }
    if is(&["range", "request-range"]) && is_absurd_range(value) {
        tell(said("absurd range", Severity::Medium, 0.85), "header", name, value);
    }
    if is(&["content-length"]) && !value.trim().bytes().all(|b| b.is_ascii_digit()) {
        tell(said("length that is no number", Severity::High, 0.9), "header", name, value);
    }
    if name.bytes().any(|b| b <= b' ' || b >= 127 || b"()<>@,;:\\\"/[]?={}".contains(&b)) {
        tell(said("header name that is none", Severity::Medium, 0.7), "header", name, value);
    }
    if value.bytes().any(|b| matches!(b, b'\r' | b'\n' | 0)) {
        tell(said("line break in a header", Severity::High, 0.9), "header", name, value);
    }
}

/// More than five parts, parts that overlap or run backwards, numbers beyond any file.
fn is_absurd_range(value: &str) -> bool {
    let Some((_, ranges)) = value.split_once('=') else { return true };
    let mut count = 0;
    for range in ranges.split(',') {
        count += 1;
        let Some((from, to)) = range.trim().split_once('-') else { return true };
        let number = |text: &str| text.trim().parse::<u64>();
        match (number(from), number(to)) {
            (Ok(from), Ok(to)) if from > to || to >= 1 << 62 => return true,
            (Err(_), Err(_)) => return true,
            _ => {}
        }
    }
    count > 5
}

/// How the body's end is told: once, and in one way.
#[derive(Default)]
struct Framing {
    lengths: u32,
    encodings: u32,
    odd: bool,
}

impl Framing {
    fn note(&mut self, name: &str, value: &str) {
        if name.eq_ignore_ascii_case("content-length") {
            self.lengths += 1;
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

/// Character sets that hide ASCII, boundaries that are types, types after types.
fn content_type(value: &str, tell: Tell<'_>) {
    const CHARSETS: [&str; 12] = [
        "utf-8",
        "utf8",
        "iso-8859-1",
        "iso-8859-15",
        "us-ascii",
        "ascii",
        "windows-1252",
        "windows-1251",
        "latin1",
        "latin-1",
        "windows-1250",
        "iso-8859-2",
    ];
    if value.is_empty() {
        return;
    }
    let lower = value.to_ascii_lowercase();
    let mut sets = lower.split("charset").skip(1).filter_map(|rest| rest.trim_start().strip_prefix('='));
    let odd = |set: &str| {
        let set = set.trim_start().trim_start_matches(['"', '\'']);
        let name = set.split(|c: char| !(c.is_ascii_alphanumeric() || "-_".contains(c))).next().unwrap_or_default();
        !CHARSETS.contains(&name)
    };
    if sets.any(odd) || lower.matches("charset").count() > 1 {
        tell(said("character set that hides text", Severity::Medium, 0.7), "header", "content-type", value);
    }
    let types = ["application/", "text/", "multipart/", "image/"];
    if types.iter().map(|t| lower.matches(t).count()).sum::<usize>() > 1 && !lower.starts_with("multipart/related") {
        tell(said("two content types", Severity::Medium, 0.7), "header", "content-type", value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn signs(request: &Request<'_>) -> Vec<&'static str> {
        let mut found = Vec::new();
        look(request, &mut |said, _, _, _| found.push(said.sign));
        found
    }

    fn with(headers: &[(&str, &str)]) -> Vec<&'static str> {
        signs(&Request { method: "GET", headers, ..Request::default() })
    }

    #[test]
    fn what_no_client_sends_is_told() {
        assert_eq!(with(&[("X-Scanner", "whatever")]), ["header of an attack tool"]);
        assert_eq!(with(&[("Transfer-Encoding", "xchunked")]), ["transfer encoding in disguise"]);
        let both = [("Transfer-Encoding", "chunked"), ("Content-Length", "4")];
        assert_eq!(with(&both), ["two ways to tell where the body ends"]);
        assert_eq!(with(&[("Range", "bytes=1-0,5-1,3-9")]), ["absurd range"]);
        assert_eq!(with(&[("X-HTTP-Method-Override", "delete")]), ["method overridden by a header"]);
        assert_eq!(with(&[("X-Original-URL", "/admin")]), ["address overridden by a header"]);
        assert_eq!(signs(&Request { method: "TRACE", ..Request::default() }), ["method that serves diagnosis"]);
        assert_eq!(signs(&Request { method: "get", ..Request::default() }), ["unknown method"]);
        let odd = Request { content_type: "text/plain; charset=utf-7", ..Request::default() };
        assert_eq!(signs(&odd), ["character set that hides text"]);
    }

    #[test]
    fn what_browsers_send_is_not() {
        let ordinary = [
            ("Host", "www.example.org"),
            ("Accept", "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8"),
            ("Range", "bytes=0-"),
            ("Range", "bytes=100-200, 300-400"),
            ("Content-Length", "12"),
            ("Sec-CH-UA", "\"Not/A)Brand\";v=\"8\""),
            ("If-None-Match", "W/\"5e-abc\""),
            ("Origin", "https://www.example.org"),
        ];
        assert_eq!(with(&ordinary), Vec::<&str>::new());
        for content_type in ["application/json; charset=UTF-8", "multipart/form-data; boundary=x", "text/plain", ""] {
            assert_eq!(signs(&Request { content_type, method: "POST", ..Request::default() }), Vec::<&str>::new());
        }
        assert_eq!(signs(&Request { method: "-", ..Request::default() }), Vec::<&str>::new());
    }

    proptest! {
        #[test]
        fn any_header_is_looked_at(name in "\\PC{0,20}", value in "\\PC{0,60}", content_type in "\\PC{0,60}") {
            let _ = signs(&Request { headers: &[(&name, &value)], content_type: &content_type, ..Request::default() });
        }
    }
}
