//! What a proxy asks the gate about, and the answer. The HTTP room reads it from a forward-auth call, the gate judges
//! it; neither knows the other.

use super::detect::Hit;
pub use super::detect::request::BODY_MAX;
use crate::api::ActionId;
use axum::http::HeaderMap;
use std::borrow::Cow;
use std::net::IpAddr;

/// Header that carries the process's probe nonce.
pub const PROBE: &str = "x-watchfloor-probe";
/// Header that names the session fingerprint a probe is about; counts only with the right nonce.
pub const PROBE_SESSION: &str = "x-watchfloor-probe-session";

/// Headers that [`Ask::others`] leaves out: those with a field of their own, credentials, those of the connection
/// between proxy and gate, and those in which proxies say what the client asked for.
const KNOWN: [&str; 22] = [
    "user-agent",
    "referer",
    "cookie",
    "content-type",
    "authorization",
    "proxy-authorization",
    "host",
    "connection",
    "content-length",
    "transfer-encoding",
    "keep-alive",
    "te",
    "upgrade",
    "x-real-ip",
    "x-original-uri",
    "x-original-method",
    "x-forwarded-uri",
    "x-forwarded-method",
    "x-forwarded-proto",
    "x-envoy-external-address",
    PROBE,
    PROBE_SESSION,
];

/// A request to judge. Texts are as the client sent them: untrusted; empty where absent.
#[derive(Debug, Clone)]
pub struct Ask<'a> {
    /// The client as the trusted proxy names it.
    pub client: IpAddr,
    /// Original method.
    pub method: Cow<'a, str>,
    /// Original path and query, still encoded.
    pub uri: Cow<'a, str>,
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
    /// All headers of the check.
    pub headers: Option<&'a HeaderMap>,
    /// The body, where the proxy passes it on: the first [`BODY_MAX`] bytes. Content: never stored, never logged.
    pub body: &'a [u8],
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
            agent: NONE,
            referer: NONE,
            cookie: NONE,
            authorization: NONE,
            user: None,
            probe: None,
            probe_session: None,
            headers: None,
            body: &[],
        }
    }

    /// `Content-Type`.
    #[must_use]
    pub fn content_type(&self) -> Cow<'a, str> {
        self.headers.map_or(Cow::Borrowed(""), |headers| text(headers, "content-type"))
    }

    /// What the client sent beside the fields above, without credentials.
    pub fn others(&self) -> impl Iterator<Item = (&'a str, Cow<'a, str>)> + use<'a> {
        let all = self.headers.into_iter().flat_map(HeaderMap::iter);
        all.filter(|(name, _)| !KNOWN.contains(&name.as_str()))
            .map(|(name, value)| (name.as_str(), String::from_utf8_lossy(value.as_bytes())))
    }
}

/// A header's text; several values are joined as for cookies.
#[must_use]
pub fn text<'a>(headers: &'a HeaderMap, name: &str) -> Cow<'a, str> {
    let mut values = headers.get_all(name).iter().map(|value| String::from_utf8_lossy(value.as_bytes()));
    let Some(first) = values.next() else { return Cow::Borrowed("") };
    values.fold(first, |joined, value| Cow::Owned(format!("{joined}; {value}")))
}

/// What the gate answers.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// 200: let it pass.
    Pass,
    /// 403: address or range is blocked by this action.
    Blocked(ActionId),
    /// 401: the session is revoked by this action.
    Revoked(ActionId),
    /// 403: the request itself is hostile.
    Hostile(Hostile),
}

impl Answer {
    /// HTTP status for the proxy.
    #[must_use]
    pub const fn status(&self) -> u16 {
        match self {
            Self::Pass => 200,
            Self::Revoked(_) => 401,
            Self::Blocked(_) | Self::Hostile(_) => 403,
        }
    }
}

/// Why a request is hostile.
#[derive(Debug, Clone, PartialEq)]
pub struct Hostile {
    /// Rule that fired.
    pub rule: &'static str,
    /// What it saw.
    pub why: String,
}

/// What inspection makes of a request.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Judged {
    /// All that was noted, also what is no reason to refuse.
    pub hits: Vec<Hit>,
    /// Why to refuse it, if so.
    pub refuse: Option<Hostile>,
}

/// A judgement as its observer hears of it.
#[derive(Debug)]
pub struct Checked<'a> {
    /// The answer.
    pub answer: &'a Answer,
    /// All that inspection noted.
    pub hits: Vec<Hit>,
    /// The session's fingerprint, where there is one.
    pub session: Option<&'a str>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn others_are_what_the_client_sent_and_nothing_secret() {
        let mut headers = HeaderMap::new();
        for (name, value) in [
            ("x-api-version", "${jndi:ldap://x}"),
            ("authorization", "Bearer secret"),
            ("cookie", "a=b"),
            ("x-original-uri", "/?q=union"),
            ("content-type", "text/plain"),
        ] {
            headers.insert(name, value.parse().unwrap());
        }
        let ask = Ask { headers: Some(&headers), ..Ask::from_client([192, 0, 2, 1].into()) };
        assert_eq!(ask.content_type(), "text/plain");
        assert_eq!(ask.others().collect::<Vec<_>>(), [("x-api-version", Cow::Borrowed("${jndi:ldap://x}"))]);
        assert_eq!(Ask::from_client([192, 0, 2, 1].into()).others().count(), 0);
    }
}
