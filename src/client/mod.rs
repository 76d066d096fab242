//! Calls to a platform: the only user of reqwest. It knows the contract (`api`) and no screen, no settings file.
//!
//! Every failure is a [`Problem`] that says what, why and what to do. [`Client::call`] is typed, [`Client::send`] takes
//! a ready [`Wire`]; `live.rs` is the live stream that heals itself; `trouble.rs` words what went wrong on the way.

pub mod live;
mod sse;
mod trouble;

pub use live::{Feed, LiveFeed};

use crate::api::endpoint::{Empty, GetVersion, Ingested, raw};
use crate::api::{Endpoint, Method, Problem, ProblemKind, Reply, Version, Wire};
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue};
use reqwest::{RequestBuilder, Response, Url};
use serde_json::Value;
use std::net::IpAddr;
use std::sync::{Arc, Once};
use std::time::{Duration, Instant};
use tokio::io::AsyncRead;

const CONNECT: Duration = Duration::from_secs(5);
const REQUEST: Duration = Duration::from_secs(30);
/// Longest answer read into memory: a page of 1,000 rows is far below.
const ANSWER_LIMIT: usize = 64 << 20;

/// Which platform, and as whom.
#[derive(Clone)]
pub struct Target {
    /// Where, e.g. `https://watch.example.net` or `http://127.0.0.1:7440`.
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

/// A platform's client. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Client {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    http: reqwest::Client,
    base: Url,
}

impl Client {
    /// A client; nothing is sent yet.
    ///
    /// # Errors
    /// The URL, the token or the certificates cannot be used.
    pub fn new(target: Target) -> Result<Self, Problem> {
        install_provider();
        let base = base(&target)?;
        let mut builder = reqwest::Client::builder()
            .connect_timeout(CONNECT)
            .redirect(reqwest::redirect::Policy::none())
            .tcp_nodelay(true)
            // The platform closes idle connections after a minute: let go first.
            .pool_idle_timeout(Duration::from_secs(45))
            .user_agent(concat!("watchfloor/", env!("CARGO_PKG_VERSION")))
            .default_headers(headers(&target)?);
        if is_loopback(&base) {
            builder = builder.no_proxy();
        }
        if let Some(pem) = &target.ca {
            let certificates = reqwest::Certificate::from_pem_bundle(pem).unwrap_or_default();
            if certificates.is_empty() {
                return Err(trouble::certificates());
            }
            builder = builder.tls_certs_only(certificates);
        }
        let http = builder.build().map_err(|e| trouble::setup(&e))?;
        Ok(Self { inner: Arc::new(Inner { http, base }) })
    }

    /// Where it calls, for people.
    #[must_use]
    pub fn url(&self) -> String {
        self.inner.base.as_str().trim_end_matches('/').to_owned()
    }

    /// Calls an endpoint.
    ///
    /// # Errors
    /// Whatever the platform answers, or why it does not.
    pub async fn call<E: Endpoint>(&self, input: &E::Input) -> Result<E::Output, Problem> {
        self.send(Wire::of::<E>(input)).await?.read::<E>()
    }

    /// What the platform is, after making sure that it speaks our contract.
    ///
    /// # Errors
    /// It cannot be reached, or speaks another contract.
    pub async fn version(&self) -> Result<Version, Problem> {
        let version = self.call::<GetVersion>(&Empty {}).await?;
        if version.api.iter().any(|api| api == "v1") { Ok(version) } else { Err(trouble::version(&version)) }
    }

    /// Sends a request. A GET is tried twice when the line breaks; a change never is.
    ///
    /// # Errors
    /// Whatever the platform answers, or why it does not.
    pub async fn send(&self, wire: Wire) -> Result<Reply, Problem> {
        let began = Instant::now();
        let outcome = match self.once(&wire).await {
            // After a long silence a second one would only be a longer one.
            Err(problem)
                if problem.kind == ProblemKind::Unreachable
                    && wire.method == Method::Get
                    && began.elapsed() < CONNECT =>
            {
                tokio::time::sleep(jitter(Duration::from_millis(250))).await;
                self.once(&wire).await
            }
            outcome => outcome,
        };
        outcome.map(|body| Reply { name: wire.name, body })
    }

    /// Uploads records, one JSON object a line, as they are read.
    ///
    /// # Errors
    /// Whatever the platform answers (its hint says how many records were taken in), or why it does not.
    pub async fn ingest(&self, reader: impl AsyncRead + Send + Unpin + 'static) -> Result<Ingested, Problem> {
        let pieces = futures_util::stream::try_unfold(reader, |mut reader| async move {
            let mut piece = bytes::BytesMut::with_capacity(64 << 10);
            let read = tokio::io::AsyncReadExt::read_buf(&mut reader, &mut piece).await?;
            Ok::<_, std::io::Error>((read > 0).then(|| (piece.freeze(), reader)))
        });
        let request = self.request(Method::Post, raw::INGEST)?;
        let request = request.header(CONTENT_TYPE, "application/x-ndjson").body(reqwest::Body::wrap_stream(pieces));
        let response = request.send().await.map_err(|e| trouble::sending(&self.inner.base, &e))?;
        serde_json::from_value(self.answer(response).await?).map_err(|e| trouble::shape(&self.inner.base, &e))
    }

    /// The live stream from now on, or from after `last_id`. Needs a running tokio runtime.
    #[must_use]
    pub fn live(&self, last_id: Option<String>) -> LiveFeed {
        LiveFeed::new(self.clone(), last_id)
    }

    async fn once(&self, wire: &Wire) -> Result<Value, Problem> {
        let mut request = self.request(wire.method, &wire.path)?.timeout(REQUEST);
        for (name, value) in &wire.headers {
            // An ETag is quoted in HTTP; the contract's field is the bare number.
            let value = if *name == "if-match" { format!("\"{value}\"") } else { value.clone() };
            request = request.header(*name, value);
        }
        if let Some(body) = &wire.body {
            request = request.json(body);
        }
        let response = request.send().await.map_err(|e| trouble::sending(&self.inner.base, &e))?;
        self.answer(response).await
    }

    fn request(&self, method: Method, path: &str) -> Result<RequestBuilder, Problem> {
        let whole = format!("{}{path}", self.inner.base.as_str().trim_end_matches('/'));
        let url = Url::parse(&whole).map_err(|e| trouble::url(&whole, &e.to_string()))?;
        Ok(match method {
            Method::Get => self.inner.http.get(url),
            Method::Post => self.inner.http.post(url),
        })
    }

    /// Reads an answer: JSON when all went well, else the problem it carries or stands for.
    async fn answer(&self, mut response: Response) -> Result<Value, Problem> {
        let base = &self.inner.base;
        let status = response.status();
        let kind = response.headers().get(CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default().to_owned();
        let mut body = Vec::new();
        while let Some(piece) = response.chunk().await.map_err(|e| trouble::sending(base, &e))? {
            body.extend_from_slice(&piece);
            if body.len() > ANSWER_LIMIT {
                return Err(trouble::too_long(base, ANSWER_LIMIT));
            }
        }
        if status.is_success() && kind.starts_with("application/json") {
            return serde_json::from_slice(&body).map_err(|e| trouble::shape(base, &e));
        }
        if kind.starts_with("application/problem+json")
            && let Ok(problem) = serde_json::from_slice::<Problem>(&body)
        {
            return Err(problem);
        }
        Err(trouble::foreign(base, status.as_u16(), &kind))
    }
}

/// TLS comes from one provider for the whole program, named once.
fn install_provider() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // An error means that one is installed already, which serves as well.
        let _ = rustls::crypto::ring::default_provider().install_default();
    });
}

fn base(target: &Target) -> Result<Url, Problem> {
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

fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || bare.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

fn headers(target: &Target) -> Result<HeaderMap, Problem> {
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

/// Between half of `wait` and all of it, so that many consoles do not come back at the same instant.
fn jitter(wait: Duration) -> Duration {
    let part = f64::from(getrandom::u32().unwrap_or(u32::MAX / 2)) / f64::from(u32::MAX);
    wait.mul_f64(0.5 + part / 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(url: &str) -> Target {
        Target { url: url.into(), token: Some("wf_secret".into()), ssh_client: None, ca: None, allow_http: false }
    }

    #[test]
    fn a_token_is_never_sent_in_the_clear_unless_told() {
        for url in ["http://127.0.0.1:1", "http://[::1]:1", "http://localhost:1", "https://watch.example.net"] {
            assert!(Client::new(target(url)).is_ok(), "{url}");
        }
        let refused = Client::new(target("http://192.0.2.1:7440")).unwrap_err();
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

    #[tokio::test]
    async fn a_dead_platform_is_named_with_what_to_do() {
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let client = Client::new(target(&format!("http://127.0.0.1:{port}"))).unwrap();
        let problem =
            client.call::<crate::api::endpoint::GetVersion>(&crate::api::endpoint::Empty {}).await.unwrap_err();
        assert_eq!(problem.kind, ProblemKind::Unreachable);
        let said = problem.to_string();
        assert!(said.contains(&format!("127.0.0.1:{port}")) && said.contains("refused"), "{said}");
        assert!(!problem.hints.is_empty());
    }
}
