//! One header at a time.

use super::method::TELLTALE;
use super::{Tell, identity, is_one_of, media, of, said};
use crate::api::Severity;
use crate::platform::detect::request::table;

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
const METHOD_OVERRIDES: [&str; 10] = [
    "x-http-method-override",
    "x-method-override",
    "x-http-method",
    "http-method-override",
    "x-original-method",
    "x-http-verb",
    "x-method",
    "x-http-override",
    "x_http_method_override",
    "x_method_override",
];
const URL_OVERRIDES: [&str; 3] = ["x-original-url", "x-rewrite-url", "x-override-url"];
/// Headers that no browser sends and that change how a server reads the rest.
const ODD: [&str; 5] = ["x-middleware-subrequest", "request-range", "x-up-devcap-post-charset", "translate", "cookie2"];
/// Headers by which a client says from where it comes, that no proxy in use adds.
const ORIGINS: [&str; 9] = [
    "x-custom-ip-authorization",
    "x-originating-ip",
    "x-remote-ip",
    "x-remote-addr",
    "x-proxyuser-ip",
    "x-client-ip",
    "client-ip",
    "true-client-ip",
    "x-host",
];
/// Codings of content (RFC 9110 and the registry).
const CODINGS: [&str; 14] = [
    "gzip",
    "x-gzip",
    "compress",
    "x-compress",
    "deflate",
    "br",
    "zstd",
    "identity",
    "*",
    "dcb",
    "dcz",
    "exi",
    "aes128gcm",
    "pack200-gzip",
];
/// Longest list of codings an ordinary client sends, in bytes.
const CODINGS_MAX: usize = 60;

pub(super) fn look(method: &str, name: &str, value: &str, tell: Tell<'_>) {
    let is = |known: &[&str]| is_one_of(name, known);
    if is(&TOOL_HEADERS) {
        let said = of(&table::scanner::RULE, "header of an attack tool", Severity::Medium, 0.97);
        tell(said, "header", name, value.as_bytes());
    }
    if let Some((sign, confidence)) = overrides(name, value).or_else(|| standard(method, name, value)) {
        let severity = if confidence >= 0.85 { Severity::High } else { Severity::Low };
        tell(said(sign, severity, confidence), "header", name, value.as_bytes());
    }
    let is_title = value.trim_start().starts_with(|c: char| c.is_ascii_uppercase());
    if lies_open(name) && !is_title && value.trim_start().contains(' ') && identity::is_command(value) {
        tell(said("command in a header", Severity::Low, 0.4), "header", name, value.as_bytes());
    }
    if name.bytes().any(|b| b <= b' ' || b >= 127 || b"()<>@,;\\\"/[]?={}".contains(&b))
        || name[1.min(name.len())..].contains(':')
    {
        tell(said("header name that is none", Severity::Medium, 0.7), "header", name, value.as_bytes());
    }
    if value.bytes().any(|b| matches!(b, b'\r' | b'\n' | 0)) {
        tell(said("line break in a header", Severity::High, 0.9), "header", name, value.as_bytes());
    } else if value.bytes().any(|b| b != b'\t' && !(b' '..=b'~').contains(&b)) {
        tell(said("bytes in a header that are no text", Severity::Low, 0.35), "header", name, value.as_bytes());
    }
}

/// Whether anything may stand in a header: applications make up headers of their own, the standards' have a grammar.
fn lies_open(name: &str) -> bool {
    let starts = |start: &str| name.get(..start.len()).is_some_and(|n| n.eq_ignore_ascii_case(start));
    starts("x-") && !starts("x-forwarded") || is_one_of(name, &["from", "via", "forwarded", "warning", "origin"])
}

/// Headers that change what the request is.
fn overrides(name: &str, value: &str) -> Option<(&'static str, f32)> {
    let is = |known: &[&str]| is_one_of(name, known);
    if is(&METHOD_OVERRIDES) {
        let meant = value.trim().to_ascii_uppercase();
        let dangerous = TELLTALE.contains(&&*meant) || ["PUT", "DELETE", "PATCH"].contains(&&*meant);
        return Some(("method overridden by a header", if dangerous { 0.5 } else { 0.35 }));
    }
    if is(&URL_OVERRIDES) {
        return Some(("address overridden by a header", 0.7));
    }
    if is(&["proxy"]) {
        return Some(("header that becomes a proxy setting", 0.8));
    }
    if is(&ORIGINS) && is_here(value) {
        return Some(("client that claims to be this host", 0.5));
    }
    is(&ODD).then_some(("header that a browser does not send", 0.5))
}

/// Headers whose values the standards spell out.
fn standard(method: &str, name: &str, value: &str) -> Option<(&'static str, f32)> {
    let lower = name.to_ascii_lowercase();
    let writes = matches!(method, "PUT" | "POST" | "PATCH");
    let dav = matches!(method, "PUT" | "DELETE" | "COPY" | "MOVE" | "LOCK" | "UNLOCK" | "PROPPATCH" | "MKCOL" | "ACL");
    let (odd, sign, confidence) = match &*lower {
        "range" => (is_absurd_range(value), "absurd range", 0.85),
        "content-length" => (!is_number(value), "length that is no number", 0.9),
        "content-range" => (!writes, "range of a content that is none", 0.5),
        "lock-token" | "if" => (!dav, "lock without its method", 0.4),
        "connection" => return connection(value),
        "cache-control" => (!is_cache_control(value), "wish that no cache knows", 0.35),
        "accept-encoding" => {
            (value.len() > CODINGS_MAX || !are_codings(value), "coding that nobody knows is accepted", 0.35)
        }
        "content-encoding" => {
            (!are_codings(value) || value.matches(',').count() > 1, "content in a coding that nobody knows", 0.5)
        }
        "upgrade" => (value.trim().eq_ignore_ascii_case("h2c"), "change of protocol that proxies pass on", 0.4),
        "expect" => (!value.trim().eq_ignore_ascii_case("100-continue"), "expectation that no server knows", 0.4),
        "accept-charset" => (hides_accepted(value), "character set that hides text is accepted", 0.45),
        "accept" => (media::hides(value), "character set that hides text is accepted", 0.45),
        "sec-fetch-user" | "sec-ch-ua-mobile" => (!matches!(value.trim(), "?0" | "?1"), "word no browser says", 0.4),
        "sec-fetch-site" => {
            (!["same-origin", "same-site", "cross-site", "none"].contains(&value.trim()), "word no browser says", 0.4)
        }
        "sec-fetch-mode" => {
            let modes = ["cors", "navigate", "no-cors", "same-origin", "websocket"];
            (!modes.contains(&value.trim()), "word no browser says", 0.4)
        }
        _ => return None,
    };
    odd.then_some((sign, confidence))
}

/// Character sets that only serve to hide text.
fn hides_accepted(value: &str) -> bool {
    let lower = value.to_ascii_lowercase();
    ["utf-7", "utf-16", "utf-32", "ibm037", "cp037", "ibm500", "cp875", "iso-2022"]
        .iter()
        .any(|set| lower.contains(set))
}

/// This host by name or address.
fn is_here(value: &str) -> bool {
    let value = value.trim();
    value.starts_with("127.") || value.eq_ignore_ascii_case("localhost") || matches!(value, "::1" | "0.0.0.0")
}

fn is_number(value: &str) -> bool {
    value.trim().bytes().all(|b| b.is_ascii_digit())
}

/// Said twice, both ways, or naming a header that is not the connection's: whoever passes the request on drops it.
fn connection(value: &str) -> Option<(&'static str, f32)> {
    const KNOWN: [&str; 7] = ["keep-alive", "close", "upgrade", "te", "http2-settings", "trailers", "proxy-connection"];
    let words: Vec<String> = value.split(',').map(|w| w.trim().to_ascii_lowercase()).collect();
    let count = |word: &str| words.iter().filter(|w| *w == word).count();
    if count("keep-alive") + count("close") > 1 {
        return Some(("connection told twice", 0.5));
    }
    let foreign = words.iter().any(|w| !w.is_empty() && !KNOWN.contains(&w.as_str()));
    foreign.then_some(("header made the connection's own", 0.5))
}

/// Directives of requests (RFC 9111, 5861, 8246), and those of answers that clients send by mistake.
fn is_cache_control(value: &str) -> bool {
    const KNOWN: [&str; 13] = [
        "no-cache",
        "no-store",
        "no-transform",
        "only-if-cached",
        "max-age",
        "max-stale",
        "min-fresh",
        "stale-if-error",
        "must-revalidate",
        "proxy-revalidate",
        "immutable",
        "public",
        "stale-while-revalidate",
    ];
    let mut words = value.split(',').map(|w| w.split('=').next().unwrap_or_default().trim());
    words.all(|word| is_one_of(word, &KNOWN))
}

fn are_codings(value: &str) -> bool {
    let mut words = value.split(',').map(|w| w.split(';').next().unwrap_or_default().trim());
    words.all(|word| word.is_empty() || is_one_of(word, &CODINGS))
}

/// More than five parts, parts that run backwards, numbers beyond any file, no range at all.
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
