//! Calls to a platform: the only user of reqwest. It knows the contract (`api`) and no screen, no settings file.
//!
//! Every failure is a [`Problem`] that says what, why and what to do. [`Client::call`] is typed, [`Client::send`] takes
//! a ready [`Wire`]; `live.rs` is the live stream that heals itself; `trouble.rs` words what went wrong on the way.

pub mod burst;
mod live;
mod sse;
mod target;
mod trouble;

pub use live::{Feed, LiveFeed};
pub use target::Target;

use crate::api::endpoint::{Empty, GetVersion, Ingested, raw};
use crate::api::{Endpoint, Method, Problem, ProblemKind, Reply, Version, Wire};
use reqwest::header::CONTENT_TYPE;
use reqwest::{RequestBuilder, Response, Url};
use serde_json::Value;
use std::sync::{Arc, Once};
use std::time::{Duration, Instant};
use tokio::io::{AsyncRead, AsyncReadExt};

const CONNECT: Duration = Duration::from_secs(5);
const REQUEST: Duration = Duration::from_secs(30);
/// Bytes of one part of an upload; a request may have 64 MiB.
const PART: usize = 8 << 20;
/// Longest answer read into memory: a page of 1,000 rows is far below.
const ANSWER_LIMIT: usize = 64 << 20;

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
        let base = target::base(&target)?;
        let mut builder = reqwest::Client::builder()
            .connect_timeout(CONNECT)
            .redirect(reqwest::redirect::Policy::none())
            .tcp_nodelay(true)
            // The platform closes idle connections after a minute: let go first.
            .pool_idle_timeout(Duration::from_secs(45))
            .user_agent(concat!("watchfloor/", env!("CARGO_PKG_VERSION")))
            .default_headers(target::headers(&target)?);
        if target::is_loopback(&base) {
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

    /// Uploads records, one JSON object a line, in as many requests as it takes.
    ///
    /// # Errors
    /// The reader fails, or whatever the platform answers. The hints say how many records were taken in before.
    pub async fn ingest(&self, mut reader: impl AsyncRead + Send + Unpin) -> Result<Ingested, Problem> {
        let mut taken = Ingested { accepted: 0, unparsed: 0 };
        let mut held = Vec::new();
        loop {
            let told = |problem: Problem| problem.hint(format!("{} records of earlier parts are in.", taken.accepted));
            let more = fill(&mut reader, &mut held).await.map_err(|e| told(trouble::reading(&e)))?;
            if held.is_empty() {
                return Ok(taken);
            }
            // A line longer than a whole part goes as it is: the platform says that it is too long.
            let whole = memchr::memrchr(b'\n', &held).map_or(held.len(), |end| end + 1);
            let rest = if more { held.split_off(whole) } else { Vec::new() };
            let part = self.upload(std::mem::replace(&mut held, rest)).await.map_err(told)?;
            taken = Ingested { accepted: taken.accepted + part.accepted, unparsed: taken.unparsed + part.unparsed };
        }
    }

    async fn upload(&self, lines: Vec<u8>) -> Result<Ingested, Problem> {
        let request = self.request(Method::Post, raw::INGEST)?.timeout(2 * REQUEST);
        let request = request.header(CONTENT_TYPE, "application/x-ndjson").body(lines);
        let response = request.send().await.map_err(|e| trouble::sending(&self.inner.base, &e))?;
        serde_json::from_value(self.answer(response).await?).map_err(|e| trouble::shape(&self.inner.base, &e))
    }

    /// The live stream from now on, or from after `last_id`. Needs a running tokio runtime.
    #[must_use]
    pub fn live(&self, last_id: Option<String>) -> LiveFeed {
        LiveFeed::new(self.clone(), last_id, None)
    }

    /// The same from now on, for a console of that name.
    #[must_use]
    pub fn live_at(&self, console: &str) -> LiveFeed {
        LiveFeed::new(self.clone(), None, Some(console.to_owned()))
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

/// Reads until `held` makes a part of an upload; false at the end of input.
async fn fill(reader: &mut (impl AsyncRead + Unpin), held: &mut Vec<u8>) -> std::io::Result<bool> {
    while held.len() < PART {
        held.reserve(64 << 10);
        if reader.read_buf(held).await? == 0 {
            return Ok(false);
        }
    }
    Ok(true)
}

/// TLS comes from one provider for the whole program, named once.
fn install_provider() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // An error means that one is installed already, which serves as well.
        let _ = rustls::crypto::ring::default_provider().install_default();
    });
}

/// Between half of `wait` and all of it, so that many consoles do not come back at the same instant.
fn jitter(wait: Duration) -> Duration {
    let part = f64::from(getrandom::u32().unwrap_or(u32::MAX / 2)) / f64::from(u32::MAX);
    wait.mul_f64(0.5 + part / 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_dead_platform_is_named_with_what_to_do() {
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let url = format!("http://127.0.0.1:{port}");
        let target = Target { url, token: None, ssh_client: None, ca: None, allow_http: false };
        let client = Client::new(target).unwrap();
        let problem =
            client.call::<crate::api::endpoint::GetVersion>(&crate::api::endpoint::Empty {}).await.unwrap_err();
        assert_eq!(problem.kind, ProblemKind::Unreachable);
        let said = problem.to_string();
        assert!(said.contains(&format!("127.0.0.1:{port}")) && said.contains("refused"), "{said}");
        assert!(!problem.hints.is_empty());
    }
}
