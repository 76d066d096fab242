//! Which platform is called and as whom, and the rules a URL must keep before a token is sent to it.

use super::trouble;
use crate::api::{Problem, ProblemKind};
use reqwest::Url;
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderValue};
use std::net::IpAddr;

/// Which platform, and as whom.
#[derive(Clone, PartialEq, Eq)]
pub struct Target {
    /// Where, e.g. `https://watch.example.net` or `http://127.0.0.1:8840`.
    pub url: String,
    /// The token.
    pub token: Option<String>,
    /// Where the operator came from over SSH, so that the platform's guard rails protect them.
    pub ssh_client: Option<IpAddr>,
    /// Certificates (PEM) to trust instead of the system's.
    pub ca: Option<Vec<u8>>,
    /// Send the token over plain http to another host.
    pub allow_http: bool,
}

impl std::fmt::Debug for Target {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Target")
            .field("url", &self.url)
            .field("token", &self.token.as_ref().map(|_| "[redacted]"))
            .field("ssh_client", &self.ssh_client)
            .field("allow_http", &self.allow_http)
            .finish_non_exhaustive()
    }
}

/// The URL to call under, checked.
pub(super) fn base(target: &Target) -> Result<Url, Problem> {
    let base = Url::parse(target.url.trim()).map_err(|e| trouble::url(&target.url, &e.to_string()))?;
    let plain = match base.scheme() {
        "https" => false,
        "http" => true,
        _ => return Err(trouble::url(&target.url, "it must begin with https:// or http://")),
    };
    if base.host().is_none() || base.query().is_some() || base.fragment().is_some() {
        return Err(trouble::url(&target.url, "it must name a host and nothing but a path after it"));
    }
    if !base.username().is_empty() || base.password().is_some() {
        return Err(trouble::url("with a name or password in it", "the token is given apart from the URL"));
    }
    if plain && !target.allow_http && !is_loopback(&base) {
        return Err(trouble::plain(&base));
    }
    Ok(base)
}

/// True when nothing leaves this host.
pub(super) fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || bare.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

/// What goes with every request.
pub(super) fn headers(target: &Target) -> Result<HeaderMap, Problem> {
    let mut headers = HeaderMap::new();
    if let Some(token) = &target.token {
        let mut value = HeaderValue::try_from(format!("Bearer {}", token.trim())).map_err(|_| {
            Problem::new(ProblemKind::Usage, "The token cannot be used", "it holds characters that no token has")
                .hint("Copy the whole token again, from wf_ to the last digit.")
        })?;
        value.set_sensitive(true);
        headers.insert(AUTHORIZATION, value);
    }
    if let Some(value) = target.ssh_client.and_then(|ip| HeaderValue::try_from(ip.to_string()).ok()) {
        headers.insert("watchfloor-ssh-client", value);
    }
    Ok(headers)
}

#[cfg(test)]
mod tests {
    use super::super::Client;
    use super::*;

    fn target(url: &str) -> Target {
        Target { url: url.into(), token: Some("wf_secret".into()), ssh_client: None, ca: None, allow_http: false }
    }

    #[test]
    fn a_token_is_never_sent_in_the_clear_unless_told() {
        for url in ["http://127.0.0.1:1", "http://[::1]:1", "http://localhost:1", "https://watch.example.net"] {
            assert!(Client::new(target(url)).is_ok(), "{url}");
        }
        let refused = Client::new(target("http://192.0.2.1:8840")).unwrap_err();
        assert!(refused.to_string().contains("allow_http"), "{refused}");
        assert!(Client::new(Target { allow_http: true, ..target("http://192.0.2.1") }).is_ok());
        // A name that only looks like the loopback.
        assert!(Client::new(target("http://localhost.example.net")).is_err());
    }

    #[test]
    fn what_cannot_be_a_platform_is_refused_with_a_sentence() {
        for url in ["watch.example.net", "ftp://a", "https://u:p@a", "https://a/?x=1", ""] {
            let problem = Client::new(target(url)).unwrap_err();
            assert_eq!(problem.kind, ProblemKind::Usage, "{url}");
            assert!(!problem.to_string().contains("u:p"), "{problem}");
        }
        assert!(Client::new(Target { token: Some("a\nb".into()), ..target("https://a") }).is_err());
        assert!(Client::new(Target { ca: Some(b"nonsense".to_vec()), ..target("https://a") }).is_err());
        assert!(!format!("{:?}", target("https://a")).contains("wf_secret"));
    }
}
