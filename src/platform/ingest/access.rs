//! Access logs in JSON: nginx and Apache with the customary names, Caddy, Traefik, load balancers and gateways of the
//! clouds, Kong, and what frameworks write (`req`, `res`).
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
    /// What a web application firewall did.
    Action,
    /// Members of members: the request or the answer of whoever writes them apart.
    Group,
}

const FIELDS: usize = Field::Group as usize + 1;

static NAMES: LazyLock<Names<Field>> = LazyLock::new(|| {
    let groups: [(Field, &str); FIELDS] = [
        (Field::Remote, "remote_addr remote_ip remoteAddr remoteIp ClientAddr source.ip src_ip ClientIP remoteAddress"),
        (
            Field::Client,
            "client_ip clientip client client_addr client_address ClientHost client.ip ip source.address \
             remote_host remotehost addr ip_address source_ip clientIp remote",
        ),
        (
            Field::Time,
            "time_local time_iso8601 @timestamp time timestamp ts msec time_msec date datetime StartUTC \
             request_timestamp local_time requestTime EdgeStartTimestamp started_at",
        ),
        (Field::Request, "request request_line http_request requestLine"),
        (
            Field::Method,
            "request_method method verb http_method requestMethod http.request.method httpMethod \
             ClientRequestMethod",
        ),
        (Field::Uri, "request_uri url.original request_url raw_uri requestUrl ClientRequestURI"),
        (
            Field::Path,
            "uri url path uri_path request_path RequestPath url.path document_uri filename requestUri \
             resourcePath ClientRequestPath",
        ),
        (Field::Query, "args query_string query uri_query queryString url.query requestQuery ClientRequestQuery"),
        (
            Field::Status,
            "status status_code response response_code statusCode DownstreamStatus http_status response_status \
             code http.response.status_code httpStatus EdgeResponseStatus",
        ),
        (Field::Origin, "OriginStatus upstream_status"),
        (
            Field::Bytes,
            "body_bytes_sent bytes_sent bytes size response_size bytes_out bytesSent DownstreamContentSize \
             http.response.body.bytes EdgeResponseBytes responseLength responseSize",
        ),
        (
            Field::Referer,
            "http_referer http_referrer referer referrer request_Referer http.request.referrer \
             ClientRequestReferer",
        ),
        (
            Field::Agent,
            "http_user_agent user_agent agent userAgent http_agent request_User-Agent ua user-agent \
             user_agent.original ClientRequestUserAgent",
        ),
        (Field::User, "remote_user user auth username remoteUser ClientUsername user_id user.name"),
        (Field::Host, "host server_name http_host vhost virtual_host RequestHost domain site ClientRequestHost"),
        (Field::Headers, "headers"),
        (Field::Action, "action"),
        (Field::Group, "httpRequest req res properties"),
    ];
    let names = groups.iter().flat_map(|(field, names)| names.split_whitespace().map(|name| (name, *field)));
    Names::of(&names.collect::<Vec<_>>())
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
        // authentik calls what was asked for the event.
        let event = (name == "event" && value.raw().starts_with('/')).then_some(Field::Path);
        let Some(field) = NAMES.get(name).or(event).filter(|_| value.raw() != "-") else { return };
        match (field, value) {
            // Kong's answer is an object where others have its status.
            (Field::Group | Field::Status, Value::Nested(_)) => self.group(value),
            (Field::Request, Value::Nested(_)) => {
                self.0[field as usize] = value;
                self.group(value);
            }
            (Field::Group, _) => {}
            _ if self.has(field) => {}
            _ => self.0[field as usize] = value,
        }
    }

    /// What an object within the object says; one within that is not looked into.
    fn group(&mut self, value: Value<'a>) {
        if self.has(Field::Group) {
            return;
        }
        self.0[Field::Group as usize] = value;
        value.members().for_each(|member| self.take(member));
        self.0[Field::Group as usize] = NONE;
    }

    /// The answer's status; a firewall says only what it did.
    fn status(&self) -> Option<u16> {
        let said = self.at(Field::Status).number().or_else(|| self.at(Field::Origin).number());
        let done = || match self.at(Field::Action).raw() {
            "BLOCK" => Some(403),
            "ALLOW" | "COUNT" | "CAPTCHA" | "CHALLENGE" => Some(0),
            _ => None,
        };
        said.or_else(done).filter(|status| *status <= 999)
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
            found.status().is_some()
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
    headers(&mut found);
    if !members.whole() {
        return None;
    }
    let status = found.status()?;
    let (method, url) = target(&found);
    let (method, url, site) = combined::absolute(method, url);
    if url.is_empty() && method.is_empty() && !found.has(Field::Request) {
        return None;
    }
    let mut record = Record::bare(time(found.at(Field::Time), now), line);
    record.class = Class::HTTP;
    record.activity = combined::activity(&method);
    record.outcome = combined::outcome(status);
    // A list of addresses is somebody's forwarded-for.
    let peer = |field| address::peer(found.at(field).raw());
    record.src_ip = peer(Field::Remote).or_else(|| peer(Field::Client));
    record.user = found.at(Field::User).text();
    record.host = found.at(Field::Host).text().or(site);
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

/// Agent and referer of a request's headers: an object whose values are texts or arrays, or an array of names and values.
fn headers(found: &mut Found<'_>) {
    let headers = found.at(Field::Headers);
    let listed = headers.items().filter_map(|item| {
        let of = |wanted| item.members().find_map(|(name, value)| (name == wanted).then_some(value));
        Some((of("name")?.raw(), of("value")?))
    });
    let listed: Vec<_> = listed.take(super::format::MEMBERS_MAX).collect();
    for (name, value) in headers.members().chain(listed) {
        let field = match name {
            name if name.eq_ignore_ascii_case("user-agent") => Field::Agent,
            name if name.eq_ignore_ascii_case("referer") => Field::Referer,
            _ => continue,
        };
        if !found.has(field) {
            found.0[field as usize] = value.first().unwrap_or(NONE);
        }
    }
    // What Caddy calls the client, inside of its request, is the peer as its configuration has it.
    if matches!(found.at(Field::Request), Value::Nested(_)) && found.has(Field::Client) {
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
