//! `/v1/gate/check`: forward-auth for nginx `auth_request`, Caddy, Traefik and Envoy.
//!
//! Only trusted proxies may ask, and each kind is read by the headers it sets itself: a header that a stranger could
//! have slipped through the proxy must not choose whom we judge or what we inspect. The judgement is an injected
//! function that never blocks; it runs right here, without a task or a pool in between.

use super::{answer, body};
use crate::api::{Problem, ProblemKind, endpoint::raw};
use crate::platform::ask::{Answer, Ask, BODY_MAX, PROBE, PROBE_SESSION, text};
use axum::body::{Body, HttpBody};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Request, Response, StatusCode, header};
use ipnet::IpNet;
use std::borrow::Cow;
use std::net::{IpAddr, SocketAddr};

type Judge = Box<dyn Fn(&Ask<'_>) -> Answer + Send + Sync>;

/// The gate's route: whom it trusts and what it asks.
pub struct GateRoute {
    trusted: Vec<IpNet>,
    user_header: Option<String>,
    judge: Judge,
}

impl GateRoute {
    /// Trusts loopback and `trusted`; `user_header` is where proxies name the user; `judge` must not block.
    #[must_use]
    pub fn new(
        trusted: Vec<IpNet>,
        user_header: Option<String>,
        judge: impl Fn(&Ask<'_>) -> Answer + Send + Sync + 'static,
    ) -> Self {
        Self { trusted, user_header, judge: Box::new(judge) }
    }

    /// True for loopback and trusted proxies.
    pub(super) fn trusts(&self, ip: IpAddr) -> bool {
        let ip = ip.to_canonical();
        ip.is_loopback() || self.trusted.iter().any(|net| net.contains(&ip))
    }

    /// True for the gate's paths.
    pub(super) fn is_for(path: &str) -> bool {
        path.strip_prefix(raw::GATE).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }

    /// Answers a proxy.
    pub(super) async fn answer(&self, peer: IpAddr, request: Request<Body>) -> Response<Body> {
        if !self.trusts(peer) {
            let why = format!("{peer} is no trusted proxy");
            let problem = Problem::new(ProblemKind::Forbidden, "The gate does not answer here", why)
                .hint("Add the proxy's address to trusted_proxies under [platform] in the platform's settings.");
            return answer::problem(&problem);
        }
        let (head, body) = request.into_parts();
        // Most proxies pass no body on, and nobody waits for none.
        let body = match body.is_end_stream() {
            true => Vec::new(),
            false => match body::beginning(body, BODY_MAX).await {
                Ok(body) => body,
                Err(problem) => return answer::problem(&problem),
            },
        };
        match self.ask(&head, &body) {
            Ok(ask) => respond(&(self.judge)(&ask)),
            Err(problem) => answer::problem(&problem),
        }
    }

    fn ask<'a>(&self, request: &'a Parts, body: &'a [u8]) -> Result<Ask<'a>, Problem> {
        let headers = &request.headers;
        let (original, forwarded) = (headers.contains_key("x-original-uri"), headers.contains_key("x-forwarded-uri"));
        let appended = appended(request);
        if [original, forwarded, !appended.is_empty()].into_iter().filter(|said| *said).count() > 1 {
            return Err(Problem::new(
                ProblemKind::Usage,
                "The request cannot be told for sure",
                "the check says in two ways (X-Original-URI, X-Forwarded-Uri, a path behind its own) what the client \
                 asked for; one of them may come from the client",
            )
            .hint("Let the proxy clear those it does not set itself."));
        }
        let (method, uri) = if original {
            (text(headers, "x-original-method"), text(headers, "x-original-uri"))
        } else if forwarded {
            (text(headers, "x-forwarded-method"), text(headers, "x-forwarded-uri"))
        } else {
            (Cow::Borrowed(request.method.as_str()), Cow::Borrowed(appended))
        };
        let client = if forwarded {
            self.forwarded_for(headers)?.or(single(headers, "x-real-ip")?)
        } else if original {
            single(headers, "x-real-ip")?.or(self.forwarded_for(headers)?)
        } else {
            let named = single(headers, "x-envoy-external-address")?.or(single(headers, "x-real-ip")?);
            named.or(self.forwarded_for(headers)?)
        };
        let only = |name: &str| headers.get(name).map(|v| String::from_utf8_lossy(v.as_bytes()));
        Ok(Ask {
            client: client.ok_or_else(nobody)?,
            method,
            uri,
            agent: text(headers, "user-agent"),
            referer: text(headers, "referer"),
            cookie: text(headers, "cookie"),
            authorization: text(headers, "authorization"),
            user: self.user_header.as_deref().and_then(only).filter(|user| !user.is_empty()),
            probe: only(PROBE),
            probe_session: only(PROBE_SESSION),
            headers: Some(headers),
            body,
        })
    }

    /// The rightmost address in `X-Forwarded-For` that is no trusted proxy: what stands left of it is hearsay. When
    /// all are trusted, the leftmost.
    fn forwarded_for(&self, headers: &HeaderMap) -> Result<Option<IpAddr>, Problem> {
        let mut last = None;
        for value in headers.get_all("x-forwarded-for").iter().rev() {
            for word in value.as_bytes().rsplit(|b| *b == b',') {
                let ip = address(word).ok_or_else(|| unreadable("X-Forwarded-For"))?;
                last = Some(ip);
                if !self.trusts(ip) {
                    return Ok(last);
                }
            }
        }
        Ok(last)
    }
}

fn respond(judgement: &Answer) -> Response<Body> {
    let (body, reason, action) = match judgement {
        // 200 and no other 2xx: nothing else is a yes to Envoy.
        Answer::Pass => return Response::new(Body::empty()),
        Answer::Blocked(action) => ("Blocked.\n", "blocked", Some(action)),
        Answer::Revoked(action) => ("Session revoked.\n", "revoked", Some(action)),
        Answer::Hostile(hostile) => ("Refused.\n", hostile.rule, None),
    };
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = StatusCode::from_u16(judgement.status()).unwrap_or(StatusCode::FORBIDDEN);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert("x-watchfloor-reason", HeaderValue::from_static(reason));
    if let Some(action) = action {
        headers.insert("x-watchfloor-action", HeaderValue::from(action.0));
    }
    response
}

/// The path and query that Envoy put behind our own path. Caddy leaves the client's query there, without a path.
fn appended(request: &Parts) -> &str {
    let whole = request.uri.path_and_query().map_or("", |whole| whole.as_str());
    whole.strip_prefix(raw::GATE).filter(|rest| rest.starts_with('/')).unwrap_or_default()
}

/// The address in a header that may come only once.
fn single(headers: &HeaderMap, name: &'static str) -> Result<Option<IpAddr>, Problem> {
    let mut values = headers.get_all(name).iter();
    let Some(value) = values.next() else { return Ok(None) };
    match (address(value.as_bytes()), values.next()) {
        (Some(ip), None) => Ok(Some(ip)),
        _ => Err(unreadable(name)),
    }
}

/// An address with or without a port, in canonical form.
fn address(bytes: &[u8]) -> Option<IpAddr> {
    let text = std::str::from_utf8(bytes).ok()?.trim();
    let bare = text.strip_prefix('[').and_then(|t| t.strip_suffix(']')).unwrap_or(text);
    let ip = bare.parse().ok().or_else(|| text.parse::<SocketAddr>().ok().map(|a| a.ip()))?;
    Some(IpAddr::to_canonical(&ip))
}

fn nobody() -> Problem {
    Problem::new(ProblemKind::Usage, "The gate does not know the client", "the check names no client address")
        .hint("nginx: proxy_set_header X-Real-IP $remote_addr;")
        .hint("Caddy and Traefik send X-Forwarded-For by themselves; Envoy: headers_to_add, as in examples/envoy.yaml.")
}

fn unreadable(header: &str) -> Problem {
    let why = format!("the header {header} holds something other than one address");
    Problem::new(ProblemKind::Usage, "The gate does not know the client", why)
        .hint("nginx: proxy_set_header X-Real-IP $remote_addr;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::ActionId;
    use crate::platform::ask::Hostile;
    use proptest::prelude::*;

    fn route() -> GateRoute {
        GateRoute::new(vec!["10.0.0.0/8".parse().unwrap()], None, |ask| match ask.client.to_string().as_str() {
            "198.51.100.7" => Answer::Blocked(ActionId(7)),
            "198.51.100.8" => Answer::Revoked(ActionId(8)),
            _ if ask.uri.contains("union") || ask.body.starts_with(b"union") => {
                Answer::Hostile(Hostile { rule: "web.sql_injection", why: "union".into() })
            }
            _ => Answer::Pass,
        })
    }

    fn request(uri: &str, headers: &[(&str, &str)], body: &'static str) -> Request<Body> {
        headers.iter().fold(Request::builder().uri(uri), |b, (k, v)| b.header(*k, *v)).body(Body::from(body)).unwrap()
    }

    fn client(uri: &str, headers: &[(&str, &str)]) -> Result<String, String> {
        let (head, _) = request(uri, headers, "").into_parts();
        route().ask(&head, b"").map(|ask| format!("{} {}", ask.client, ask.uri)).map_err(|p| p.detail)
    }

    #[test]
    fn each_kind_of_proxy_is_read_by_its_own_headers() {
        let nginx = [("x-original-uri", "/a?b=1"), ("x-real-ip", "192.0.2.1"), ("x-forwarded-for", "6.6.6.6")];
        assert_eq!(client(raw::GATE, &nginx).unwrap(), "192.0.2.1 /a?b=1");
        let caddy =
            [("x-forwarded-uri", "/c"), ("x-forwarded-for", "6.6.6.6, 192.0.2.2, 10.1.1.1"), ("x-real-ip", "6.6.6.6")];
        assert_eq!(client(raw::GATE, &caddy).unwrap(), "192.0.2.2 /c");
        assert_eq!(client("/v1/gate/check?d=1", &caddy).unwrap(), "192.0.2.2 /c");
        let envoy = [("x-envoy-external-address", "192.0.2.3"), ("x-forwarded-for", "6.6.6.6")];
        assert_eq!(client("/v1/gate/check/shop?q=union", &envoy).unwrap(), "192.0.2.3 /shop?q=union");
        assert_eq!(client(raw::GATE, &[("x-forwarded-for", "[2001:db8::1]:443")]).unwrap(), "2001:db8::1 ");
        assert_eq!(client(raw::GATE, &[("x-real-ip", "::ffff:192.0.2.9")]).unwrap(), "192.0.2.9 ");
    }

    #[test]
    fn doubt_is_an_error_that_names_the_header() {
        assert!(client(raw::GATE, &[]).unwrap_err().contains("no client address"));
        assert!(client(raw::GATE, &[("x-real-ip", "nobody")]).unwrap_err().contains("x-real-ip"));
        assert!(client(raw::GATE, &[("x-real-ip", "1.1.1.1"), ("x-real-ip", "2.2.2.2")]).is_err());
        assert!(client(raw::GATE, &[("x-original-uri", "/a"), ("x-forwarded-uri", "/b")]).is_err());
        let slipped = [("x-envoy-external-address", "192.0.2.3"), ("x-original-uri", "/b")];
        assert!(client("/v1/gate/check/shop?q=union", &slipped).is_err());
    }

    async fn status(peer: &str, headers: &[(&str, &str)], body: &'static str) -> (u16, String, String) {
        let response = route().answer(peer.parse().unwrap(), request(raw::GATE, headers, body)).await;
        let header = |n: &str| response.headers().get(n).map(|v| v.to_str().unwrap().to_owned()).unwrap_or_default();
        (response.status().as_u16(), header("x-watchfloor-reason"), header("x-watchfloor-action"))
    }

    #[tokio::test]
    async fn answers_carry_status_action_and_reason() {
        let of = |s: u16, r: &str, a: &str| (s, r.to_owned(), a.to_owned());
        assert_eq!(status("127.0.0.1", &[("x-real-ip", "192.0.2.1")], "").await, of(200, "", ""));
        assert_eq!(status("::ffff:127.0.0.1", &[("x-real-ip", "198.51.100.7")], "").await, of(403, "blocked", "7"));
        assert_eq!(status("10.2.3.4", &[("x-real-ip", "198.51.100.8")], "").await, of(401, "revoked", "8"));
        let hostile = [("x-real-ip", "192.0.2.1"), ("x-original-uri", "/?q=1 union select")];
        assert_eq!(status("127.0.0.1", &hostile, "").await, of(403, "web.sql_injection", ""));
        assert_eq!(status("192.0.2.1", &[("x-real-ip", "192.0.2.1")], "").await, of(403, "", ""));
        let body = [("x-real-ip", "192.0.2.1"), ("x-original-uri", "/login")];
        assert_eq!(status("127.0.0.1", &body, "union all").await, of(403, "web.sql_injection", ""));
        assert_eq!(status("127.0.0.1", &body, "u=1").await, of(200, "", ""));
    }

    proptest! {
        #[test]
        fn a_client_cannot_choose_its_address(forged in "[0-9a-f:., x]{0,40}") {
            let list = format!("{forged}, 192.0.2.44");
            let got = client(raw::GATE, &[("x-forwarded-uri", "/"), ("x-forwarded-for", &list)]);
            prop_assert_eq!(got.unwrap(), "192.0.2.44 /");
        }
    }

    #[test]
    fn only_its_own_paths_are_the_gates() {
        assert!(GateRoute::is_for("/v1/gate/check") && GateRoute::is_for("/v1/gate/check/a"));
        assert!(!GateRoute::is_for("/v1/gate/checkpoint") && !GateRoute::is_for("/v1/gate"));
    }
}
