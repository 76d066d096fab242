//! What a proxy asks the gate about: one client's request, read from the headers of the forward-auth call.

use axum::http::HeaderMap;
use std::borrow::Cow;
use std::net::IpAddr;

/// Header that carries the process's probe nonce.
pub const PROBE: &str = "x-watchfloor-probe";
/// Header that names the session fingerprint a probe is about; counts only with the right nonce.
pub const PROBE_SESSION: &str = "x-watchfloor-probe-session";

/// A request to judge.
#[derive(Debug, Clone)]
pub struct Ask<'a> {
    /// The client as the trusted proxy names it.
    pub client: IpAddr,
    /// Original method.
    pub method: Cow<'a, str>,
    /// Original path and query, still encoded.
    pub uri: Cow<'a, str>,
    /// Other URIs the request claims to be for. A client may send the headers of another kind of proxy along, to hide
    /// what it really asks for: all of them are inspected.
    pub also: Vec<Cow<'a, str>>,
    /// `Host`.
    pub host: Cow<'a, str>,
    /// `User-Agent`.
    pub agent: Cow<'a, str>,
    /// `Referer`.
    pub referer: Cow<'a, str>,
    /// `Cookie`, several headers joined.
    pub cookie: Cow<'a, str>,
    /// `Authorization`. A secret: never stored, never logged.
    pub authorization: Cow<'a, str>,
    /// The user, where the configured header says it.
    pub user: Option<Cow<'a, str>>,
    /// Probe nonce.
    pub probe: Option<Cow<'a, str>>,
    /// Session a probe is about.
    pub probe_session: Option<Cow<'a, str>>,
}

impl<'a> Ask<'a> {
    /// A request about which only the client is known.
    #[must_use]
    pub const fn from_client(client: IpAddr) -> Self {
        const NONE: Cow<'static, str> = Cow::Borrowed("");
        Self {
            client,
            method: NONE,
            uri: NONE,
            also: Vec::new(),
            host: NONE,
            agent: NONE,
            referer: NONE,
            cookie: NONE,
            authorization: NONE,
            user: None,
            probe: None,
            probe_session: None,
        }
    }

    /// Reads the headers nginx (`X-Original-*`, set in its configuration), Traefik and Caddy (`X-Forwarded-*`) and
    /// Envoy send. Bytes that are not UTF-8 are replaced, not refused: a stray byte must not hide a session. Where the
    /// proxy names no method or URI, `method` and `uri` of the call itself count.
    #[must_use]
    pub fn read(client: IpAddr, method: &'a str, uri: &'a str, headers: &'a HeaderMap, user: Option<&str>) -> Self {
        let get = |name: &str| headers.get(name).map(|v| String::from_utf8_lossy(v.as_bytes()));
        let text = |name: &str| get(name).unwrap_or_default();
        let methods = ["x-original-method", "x-forwarded-method", "x-envoy-original-method"];
        let mut uris: Vec<Cow<'a, str>> = ["x-original-uri", "x-forwarded-uri", "x-envoy-original-path"]
            .iter()
            .flat_map(|name| headers.get_all(*name))
            .map(|v| String::from_utf8_lossy(v.as_bytes()))
            .chain([Cow::Borrowed(uri)])
            .collect();
        let primary = uris.remove(0);
        uris.retain(|other| *other != primary);
        let mut cookies = headers.get_all("cookie").iter().map(|v| String::from_utf8_lossy(v.as_bytes()));
        let cookie = cookies.next().unwrap_or_default();
        let cookie = cookies.fold(cookie, |all, more| Cow::Owned(format!("{all}; {more}")));
        Self {
            client,
            method: methods.iter().find_map(|n| get(n)).unwrap_or(Cow::Borrowed(method)),
            uri: primary,
            also: uris,
            host: get("x-forwarded-host").unwrap_or_else(|| text("host")),
            agent: text("user-agent"),
            referer: text("referer"),
            cookie,
            authorization: text("authorization"),
            user: user.and_then(get).filter(|u| !u.is_empty()),
            probe: get(PROBE),
            probe_session: get(PROBE_SESSION),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    #[test]
    fn headers_become_an_ask() {
        let mut headers = HeaderMap::new();
        headers.append("cookie", HeaderValue::from_bytes(b"a=\xff; sid=one").unwrap());
        headers.append("cookie", HeaderValue::from_static("sid=two"));
        headers.insert("x-original-uri", HeaderValue::from_static("/x?y=1"));
        headers.insert("x-forwarded-uri", HeaderValue::from_static("/hidden"));
        headers.insert("remote-user", HeaderValue::from_static("ada"));
        let ask = Ask::read("198.51.100.7".parse().unwrap(), "GET", "/own", &headers, Some("Remote-User"));
        assert!(ask.cookie.ends_with("sid=one; sid=two"), "{}", ask.cookie);
        assert_eq!((&*ask.uri, &*ask.method, ask.user.as_deref()), ("/x?y=1", "GET", Some("ada")));
        assert_eq!(ask.also, ["/hidden", "/own"]);
    }
}
