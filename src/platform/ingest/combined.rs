//! Common and combined access logs of nginx and Apache, also with a virtual host in front or more fields behind.
//!
//! Every byte between the quotes is the client's choice, and so is the user name; the server's own words are the
//! address, the stamp, the status and the size. So the line is read from the first quote outwards: servers escape
//! quotes in everything a client sends, hence the first quote opens the request and the stamp ends right before it,
//! whatever a user name pretends. A forwarded-for field behind the agent is the client's word and not believed.

use super::{address, quoted, stamp};
use crate::api::{Class, Outcome, Timestamp};
use crate::platform::record::{HttpRecord, Record};
use std::borrow::Cow;
use std::net::IpAddr;

/// Reads a line; `None` when it is something else.
#[must_use]
pub fn parse<'a>(line: &'a str, now: Timestamp) -> Option<Record<'a>> {
    read(line, now, None)
}

/// The same; `first` is the address that the line begins with, if that is known.
#[inline]
fn read<'a>(line: &'a str, now: Timestamp, first: Option<IpAddr>) -> Option<Record<'a>> {
    let bytes = line.as_bytes();
    let (time, open) = stamp_before_request(bytes)?;
    // `[` + stamp + `] ` stands between the prefix and the quote.
    let prefix = line.get(..open.checked_sub(stamp::CLF_LEN + 3)?)?;
    let (close, status, bytes_sent, rest) = request_end(bytes, open + 1)?;
    // One look at the whole line spares each field its own.
    let plain = memchr::memchr(b'\\', bytes).is_none();
    let (method, url) = request(line.get(open + 1..close)?, plain);
    let (referer, agent) = referer_and_agent(line, rest, plain);
    let (host, src_ip, user) = client(prefix, first);
    let named = if src_ip.is_none() { client_name(prefix) } else { None };

    Some(Record {
        class: Class::HTTP,
        activity: activity(&method),
        outcome: outcome(status),
        src_ip,
        client: named.map(Cow::Borrowed),
        user: user.map(|user| text(user, plain)),
        host: host.map(Cow::Borrowed),
        http: Some(HttpRecord { method, url, status, bytes: bytes_sent, referer, agent }),
        ..Record::bare(stamp::sane(time, now), line)
    })
}

/// A line that begins with an IPv4 address and a space, if it is one of these: no other format's lines begin so and have
/// the stamp there, and this way the most ordinary line is not shown to every format first.
#[must_use]
#[inline]
pub fn ordinary<'a>(line: &'a str, now: Timestamp) -> Option<Record<'a>> {
    let (first, length) = address::leading(line.as_bytes())?;
    if line.as_bytes().get(length) != Some(&b' ') {
        return None;
    }
    read(line, now, Some(first.into()))
}

/// Whether a line looks like one of these.
#[must_use]
pub fn recognise(line: &str) -> bool {
    stamp_before_request(line.as_bytes()).is_some()
}

/// The stamp, and where the request's opening quote is.
#[inline]
fn stamp_before_request(bytes: &[u8]) -> Option<(Timestamp, usize)> {
    let open = memchr::memchr(b'"', bytes)?;
    let start = open.checked_sub(stamp::CLF_LEN + 3)?;
    let field = &bytes[start..open];
    if field[0] != b'[' || &field[stamp::CLF_LEN + 1..] != b"] " {
        return None;
    }
    Some((stamp::clf(&field[1..=stamp::CLF_LEN])?, open))
}

/// Where the request ends, then status, size, and where the rest begins. Old servers did not escape quotes: a quote
/// that no status follows is taken for text.
#[inline]
fn request_end(bytes: &[u8], from: usize) -> Option<(usize, u16, u64, usize)> {
    let mut at = from;
    loop {
        let close = quoted::end(bytes, at)?;
        if let Some((status, size, rest)) = status_and_size(bytes, close + 1) {
            return Some((close, status, size, rest));
        }
        at = close + 1;
    }
}

/// ` 200 5316`, ` 304 -`, ` - -`; a log cut short after the status will do.
#[inline]
fn status_and_size(bytes: &[u8], at: usize) -> Option<(u16, u64, usize)> {
    let (status, at) = number(bytes, at)?;
    if status > 999 {
        return None;
    }
    let (size, at) = if at == bytes.len() { (0, at) } else { number(bytes, at)? };
    Some((status as u16, size, at))
}

/// A space, then digits or `-`, then a space or the end.
#[inline]
fn number(bytes: &[u8], at: usize) -> Option<(u64, usize)> {
    if bytes.get(at) != Some(&b' ') {
        return None;
    }
    let mut at = at + 1;
    let start = at;
    let mut value = 0u64;
    while let Some(digit) = bytes.get(at).map(|b| b.wrapping_sub(b'0')).filter(|d| *d <= 9) {
        value = value.saturating_mul(10).saturating_add(u64::from(digit));
        at += 1;
    }
    if at == start && bytes.get(at) == Some(&b'-') {
        at += 1;
    }
    let ends = at > start && bytes.get(at).is_none_or(|b| *b == b' ');
    ends.then_some((value, at))
}

/// Method and URL of a request line. What is no request line at all (TLS bytes on a plain port, `-`) has no method
/// and is the URL as a whole, so that inspection sees it.
#[inline]
pub(super) fn request(request: &str, plain: bool) -> (Cow<'_, str>, Cow<'_, str>) {
    if request == "-" {
        return (Cow::Borrowed(""), Cow::Borrowed(""));
    }
    let bytes = request.as_bytes();
    let method = bytes.iter().take_while(|b| b.is_ascii_alphabetic() || **b == b'_' || **b == b'-').count();
    if method == 0 || method > 32 || bytes.get(method) != Some(&b' ') {
        return (Cow::Borrowed(""), text(request, plain));
    }
    let target = &request[method + 1..];
    let version = |space: &usize| target.as_bytes()[space + 1..].starts_with(b"HTTP/");
    // ` HTTP/1.1` mostly.
    let last = target.len().checked_sub(9).filter(|at| {
        let end = &target.as_bytes()[*at..];
        end.starts_with(b" HTTP/") && end[6..].iter().all(|b| *b != b' ')
    });
    let space = last.or_else(|| memchr::memrchr(b' ', target.as_bytes()).filter(version));
    let end = space.unwrap_or(target.len());
    (Cow::Borrowed(&request[..method]), text(&target[..end], plain))
}

/// Method, path with query, and host of a URL with or without one.
pub(super) fn absolute<'a>(
    method: Cow<'a, str>,
    url: Cow<'a, str>,
) -> (Cow<'a, str>, Cow<'a, str>, Option<Cow<'a, str>>) {
    let scheme = url.find("://").filter(|at| url[..*at].bytes().all(|b| b.is_ascii_alphanumeric()));
    let Some(authority) = scheme.map(|at| at + 3) else { return (method, url, None) };
    let path = url[authority..].find(['/', '?']).map_or(url.len(), |i| authority + i);
    let host = &url[authority..path];
    let host = host.rsplit_once(':').map_or(host, |(h, _)| h);
    let site = (!matches!(host, "" | "-")).then(|| Cow::Owned(host.to_owned()));
    let path = match url {
        Cow::Borrowed(url) => Cow::Borrowed(&url[path..]),
        Cow::Owned(url) => Cow::Owned(url[path..].to_owned()),
    };
    let path = if path.is_empty() && !method.is_empty() { Cow::Borrowed("/") } else { path };
    (method, path, site)
}

/// ` "referer" "agent"` and whatever follows; the common format has neither.
#[inline]
fn referer_and_agent(line: &str, at: usize, plain: bool) -> (Cow<'_, str>, Cow<'_, str>) {
    let nothing = (Cow::Borrowed(""), Cow::Borrowed(""));
    let Some((referer, at)) = quoted_field(line, at, plain) else { return nothing };
    let agent = quoted_field(line, at, plain).map_or(Cow::Borrowed(""), |(agent, _)| agent);
    (referer, agent)
}

/// A space and a quoted field; one that never closes (a line cut short) runs to the end.
#[inline]
fn quoted_field(line: &str, at: usize, plain: bool) -> Option<(Cow<'_, str>, usize)> {
    let rest = line.as_bytes().get(at..)?;
    if !rest.starts_with(b" \"") {
        return None;
    }
    let close = quoted::end(line.as_bytes(), at + 2).unwrap_or(line.len());
    let field = line.get(at + 2..close)?;
    Some((if field == "-" { Cow::Borrowed("") } else { text(field, plain) }, close + 1))
}

/// A text without its escapes, `plain` if it is known to have none.
#[inline]
fn text(text: &str, plain: bool) -> Cow<'_, str> {
    if plain { Cow::Borrowed(text) } else { quoted::unescape(text) }
}

/// Host, address and user of the part before the stamp: `ADDR ident user `, `host[:port] ADDR ident user `.
///
/// Where the first two words are both addresses the first is the virtual host, since that one may be a client's
/// `Host` header, and the second is the client.
#[inline]
fn client(prefix: &str, known: Option<IpAddr>) -> (Option<&str>, Option<IpAddr>, Option<&str>) {
    let (first, rest) = word(prefix);
    let direct = known.or_else(|| address::parse(first));
    // Most visitors have no name.
    if direct.is_some() && rest == "- - " {
        return (None, direct, None);
    }
    let (second, after) = word(rest);
    let (host, src_ip, rest) = match (direct, second) {
        (Some(ip), "-") => (None, Some(ip), rest),
        (direct, second) => match address::parse(second) {
            Some(ip) => (Some(first), Some(ip), after),
            None if direct.is_some() => (None, direct, rest),
            // Servers that write through a logger of their own have its words in front of the client.
            None => return (None, after.split(' ').find_map(address::parse), None),
        },
    };
    let user = word(rest).1.trim_matches(' ');
    let host = host.map(|h| h.rsplit_once(':').filter(|(_, p)| p.parse::<u16>().is_ok()).map_or(h, |(h, _)| h));
    (host, src_ip, (!matches!(user, "" | "-" | "\"\"")).then_some(user))
}

/// The name of a client that a server looked up (`HostnameLookups On`): `NAME ident user `, where the second word is no
/// address and the fourth is missing.
fn client_name(prefix: &str) -> Option<&str> {
    let mut words = prefix.trim_end_matches(' ').split(' ');
    let name = address::name(words.next()?)?;
    (words.next().is_some() && words.next().is_some() && words.next().is_none()).then_some(name)
}

#[inline]
fn word(text: &str) -> (&str, &str) {
    // Words here are short: a plain loop beats the setup of a vector search.
    text.bytes().position(|b| b == b' ').map_or((text, ""), |i| (&text[..i], &text[i + 1..]))
}

/// OCSF HTTP Activity's `activity_id` of a method.
#[inline]
pub(super) fn activity(method: &str) -> u8 {
    match method {
        "CONNECT" => 1,
        "DELETE" => 2,
        "GET" => 3,
        "HEAD" => 4,
        "OPTIONS" => 5,
        "POST" => 6,
        "PUT" => 7,
        "TRACE" => 8,
        "" => 0,
        _ => 99,
    }
}

/// A request below 400 succeeded.
#[inline]
pub(super) fn outcome(status: u16) -> Outcome {
    match status {
        0 => Outcome::Unknown,
        1..400 => Outcome::Success,
        _ => Outcome::Failure,
    }
}

#[cfg(test)]
#[path = "combined_tests.rs"]
mod tests;
