//! Access logs in JSON: nginx and Apache with the customary names, Caddy, Traefik.
//!
//! nginx and Apache have no JSON log of their own, so names are those that their documentation, the Elastic Common
//! Schema and widespread configurations use. A name that means the server's own view (`remote_addr`, Traefik's
//! `ClientAddr`) goes before one that some fill from a forwarded-for header (`client_ip`, `ClientHost`); the header
//! itself is never believed. Caddy's `client_ip` is the peer unless the operator declared trusted proxies. Of members of
//! one name the first counts.

use super::members::{Members, Value};
use super::names::Names;
use super::{address, combined, stamp};
use crate::api::{Class, Timestamp};
use crate::platform::record::{HttpRecord, Record};
use std::borrow::Cow;
use std::net::IpAddr;
use std::sync::LazyLock;

/// What a member says.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Field {
    /// The peer, by the server's own view.
    Remote,
    /// The client, which may be the peer or not.
    Client,
    Time,
    /// A request line; Caddy's object.
    Request,
    Method,
    /// Path with query.
    Uri,
    /// Path, perhaps without query.
    Path,
    Query,
    Status,
    /// The status of whoever answered behind the proxy.
    Origin,
    Bytes,
    Referer,
    Agent,
    User,
    Host,
    Headers,
}

const FIELDS: usize = Field::Headers as usize + 1;

static NAMES: LazyLock<Names<Field>> = LazyLock::new(|| {
    let groups: [(Field, &[&str]); FIELDS] = [
        (Field::Remote, &["remote_addr", "remote_ip", "remoteAddr", "remoteIp", "ClientAddr", "source.ip", "src_ip"]),
        (
            Field::Client,
            &[
                "client_ip",
                "clientip",
                "client",
                "client_addr",
                "client_address",
                "ClientHost",
                "client.ip",
                "ip",
                "source.address",
                "remote_host",
                "remotehost",
                "addr",
                "ip_address",
                "source_ip",
            ],
        ),
        (
            Field::Time,
            &[
                "time_local",
                "time_iso8601",
                "@timestamp",
                "time",
                "timestamp",
                "ts",
                "msec",
                "time_msec",
                "date",
                "datetime",
                "StartUTC",
                "request_timestamp",
                "local_time",
            ],
        ),
        (Field::Request, &["request", "request_line", "http_request", "requestLine"]),
        (Field::Method, &["request_method", "method", "verb", "http_method", "requestMethod", "http.request.method"]),
        (Field::Uri, &["request_uri", "requestUri", "url.original", "request_url", "raw_uri"]),
        (
            Field::Path,
            &["uri", "url", "path", "uri_path", "request_path", "RequestPath", "url.path", "document_uri", "filename"],
        ),
        (Field::Query, &["args", "query_string", "query", "uri_query", "queryString", "url.query"]),
        (
            Field::Status,
            &[
                "status",
                "status_code",
                "response",
                "response_code",
                "statusCode",
                "DownstreamStatus",
                "http_status",
                "response_status",
                "code",
                "http.response.status_code",
            ],
        ),
        (Field::Origin, &["OriginStatus", "upstream_status"]),
        (
            Field::Bytes,
            &[
                "body_bytes_sent",
                "bytes_sent",
                "bytes",
                "size",
                "response_size",
                "bytes_out",
                "bytesSent",
                "DownstreamContentSize",
                "http.response.body.bytes",
            ],
        ),
        (
            Field::Referer,
            &["http_referer", "http_referrer", "referer", "referrer", "request_Referer", "http.request.referrer"],
        ),
        (
            Field::Agent,
            &[
                "http_user_agent",
                "user_agent",
                "agent",
                "userAgent",
                "http_agent",
                "request_User-Agent",
                "ua",
                "user-agent",
                "user_agent.original",
            ],
        ),
        (
            Field::User,
            &["remote_user", "user", "auth", "username", "remoteUser", "ClientUsername", "user_id", "user.name"],
        ),
        (Field::Host, &["host", "server_name", "http_host", "vhost", "virtual_host", "RequestHost", "domain", "site"]),
        (Field::Headers, &["headers"]),
    ];
    let names: Vec<_> = groups.iter().flat_map(|(field, names)| names.iter().map(|name| (*name, *field))).collect();
    Names::of(&names)
});

/// Nothing said.
const NONE: Value<'static> = Value::Word("null");

/// What was found in a line.
struct Found<'a>([Value<'a>; FIELDS]);

impl<'a> Found<'a> {
    fn at(&self, field: Field) -> Value<'a> {
        self.0[field as usize]
    }

    fn has(&self, field: Field) -> bool {
        self.at(field) != NONE
    }

    fn take(&mut self, (name, value): (&str, Value<'a>)) {
        if let Some(field) = NAMES.get(name).filter(|field| !self.has(*field))
            && value.raw() != "-"
        {
            self.0[field as usize] = value;
        }
    }
}

/// Whether an object looks like one of these: it says who asked for what, and what the answer was.
#[must_use]
pub fn recognise(line: &str) -> bool {
    let mut found = Found([NONE; FIELDS]);
    let asked = [Field::Request, Field::Uri, Field::Path];
    line.starts_with('{')
        && Members::of(line).take(super::format::MEMBERS_MAX).any(|member| {
            found.take(member);
            found.has(Field::Status)
                && (found.has(Field::Remote) || found.has(Field::Client))
                && asked.iter().any(|field| found.has(*field))
        })
}

/// Reads a line; `None` when it is something else.
#[must_use]
pub fn parse(line: &str, now: Timestamp) -> Option<Record<'_>> {
    let mut members = Members::of(line);
    let mut found = Found([NONE; FIELDS]);
    members.by_ref().for_each(|member| found.take(member));
    // Caddy's request is an object in which the client stands.
    let request = found.at(Field::Request);
    if let Value::Nested(_) = request {
        request.members().for_each(|member| found.take(member));
        caddy_headers(&mut found);
    }
    let status = found.at(Field::Status);
    if !members.whole() || status == NONE {
        return None;
    }
    let (method, url) = target(&found);
    if url.is_empty() && method.is_empty() && !found.has(Field::Request) {
        return None;
    }
    let status = status.number().or_else(|| found.at(Field::Origin).number()).filter(|s| *s <= 999)?;
    let mut record = Record::bare(time(found.at(Field::Time), now), line);
    record.class = Class::HTTP;
    record.activity = combined::activity(&method);
    record.outcome = combined::outcome(status);
    record.src_ip = source(found.at(Field::Remote)).or_else(|| source(found.at(Field::Client)));
    record.user = found.at(Field::User).text();
    record.host = found.at(Field::Host).text();
    record.http = Some(HttpRecord {
        method,
        url,
        status,
        bytes: found.at(Field::Bytes).number().unwrap_or(0),
        referer: found.at(Field::Referer).plain(),
        agent: found.at(Field::Agent).plain(),
    });
    Some(record)
}

/// Agent and referer of Caddy's headers, whose values are arrays.
fn caddy_headers(found: &mut Found<'_>) {
    for (name, value) in found.at(Field::Headers).members() {
        let field = match name {
            "User-Agent" => Field::Agent,
            "Referer" => Field::Referer,
            _ => continue,
        };
        found.0[field as usize] = value.first().unwrap_or(NONE);
    }
    // What Caddy calls the client is the peer as its configuration has it.
    if found.has(Field::Client) {
        found.0[Field::Remote as usize] = found.at(Field::Client);
    }
}

/// Method and URL: of a request line, or of the members that hold its parts.
fn target<'a>(found: &Found<'a>) -> (Cow<'a, str>, Cow<'a, str>) {
    let method = found.at(Field::Method).plain();
    let line = match found.at(Field::Request) {
        Value::Text(line, escaped) => Some((line, escaped)),
        _ => None,
    };
    if found.has(Field::Uri) {
        return (method, found.at(Field::Uri).plain());
    }
    // A request line has the query, which a path beside it may lack.
    if let Some((line, escaped)) = line
        && let (Cow::Borrowed(verb), url) = combined::request(line, true)
        && !verb.is_empty()
    {
        let end = url.len();
        let url = &line[verb.len() + 1..][..end];
        return (Cow::Borrowed(verb), Value::Text(url, escaped).plain());
    }
    let path = if found.has(Field::Path) { found.at(Field::Path) } else { found.at(Field::Request) }.plain();
    let query = found.at(Field::Query).plain();
    if query.is_empty() || path.contains('?') {
        return (method, path);
    }
    let query = query.strip_prefix('?').unwrap_or(&query);
    (method, Cow::Owned([&*path, "?", query].concat()))
}

/// An address, alone or with a port. A list of them is somebody's forwarded-for.
fn source(value: Value<'_>) -> Option<IpAddr> {
    address::parse(value.raw()).or_else(|| address::with_port(value.raw()))
}

/// RFC 3339, the stamp of common logs, or seconds or milliseconds since 1970.
fn time(value: Value<'_>, now: Timestamp) -> Timestamp {
    let raw = value.raw().trim_matches(['[', ']']);
    let read = stamp::rfc3339(raw.as_bytes()).map(|(time, _)| time).or_else(|| stamp::epoch(raw));
    read.or_else(|| stamp::clf(raw.as_bytes())).or_else(|| slashed(value)).map_or(now, |time| stamp::sane(time, now))
}

/// The stamp of common logs where the writer escaped its slashes.
fn slashed(value: Value<'_>) -> Option<Timestamp> {
    matches!(value, Value::Text(_, true)).then(|| stamp::clf(value.plain().as_bytes()))?
}

#[cfg(test)]
#[path = "access_tests.rs"]
mod tests;
