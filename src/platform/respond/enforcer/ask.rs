//! What a proxy asks the gate about: one client's request, as the HTTP room read it from the forward-auth call.

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
}
