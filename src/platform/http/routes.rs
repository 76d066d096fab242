//! Typed routes: the only way to answer a call of the contract.
//!
//! `Routes::on::<E>(handler)` takes method, path, role, input and output from the endpoint; the handler is plain
//! blocking code and runs on the blocking pool. What is not registered is a 404 problem, never an open door.

use super::connection::Connection;
use super::door::{Caller, Door};
use super::gate::GateRoute;
use super::live::Hub;
use super::tokens::Tokens;
use super::{answer, ingest, stream};
use crate::api::endpoint::{self, Ingested, Visit, raw};
use crate::api::{Endpoint, Method, Problem, ProblemKind, wire};
use crate::text::human::bytes;
use axum::Router;
use axum::body::{Body, BodyDataStream};
use axum::extract::{FromRequestParts, RawPathParams, Request};
use axum::http::{HeaderMap, Response};
use axum::routing::{get, post};
use bytes::Bytes;
use futures_util::StreamExt;
use std::collections::BTreeSet;
use std::sync::{Arc, LazyLock};
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::time::timeout;

/// Bytes of a JSON body.
pub const BODY_LIMIT: usize = 1 << 20;
/// How long a body may take to arrive.
pub(super) const BODY_TIME: Duration = Duration::from_secs(30);
/// Calls at work at the same time; the rest wait a moment and are then told to come again.
const CALLS: usize = 64;
const CALL_WAIT: Duration = Duration::from_secs(5);

/// Everything `serve` needs.
pub struct App {
    pub(super) router: Router,
    pub(super) gate: Option<Arc<GateRoute>>,
    pub(super) tokens: Arc<Tokens>,
}

/// Collects routes over a state `S`.
pub struct Routes<S> {
    room: Arc<Room<S>>,
    router: Router,
    gate: Option<Arc<GateRoute>>,
    have: BTreeSet<&'static str>,
}

/// What every typed route shares.
struct Room<S> {
    state: Arc<S>,
    door: Arc<Door>,
    calls: Semaphore,
}

impl<S: Send + Sync + 'static> Routes<S> {
    /// No routes yet but the contract's own document. `seen` is told of every authenticated caller, so that guard
    /// rails can protect operators' addresses.
    pub fn new(state: Arc<S>, tokens: Arc<Tokens>, seen: impl Fn(&Caller) + Send + Sync + 'static) -> Self {
        let door = Arc::new(Door { tokens, seen: Some(Box::new(seen)) });
        let router = Router::new().route(raw::OPENAPI, get(async || answer::json(OPENAPI.clone(), None)));
        let have = BTreeSet::from([raw::OPENAPI]);
        Self { room: Arc::new(Room { state, door, calls: Semaphore::new(CALLS) }), router, gate: None, have }
    }

    /// Answers endpoint `E` with `handler`, which may block.
    #[must_use]
    pub fn on<E: Endpoint + 'static>(
        mut self,
        handler: impl Fn(&Arc<S>, &Caller, E::Input) -> Result<E::Output, Problem> + Send + Sync + 'static,
    ) -> Self {
        let room = self.room.clone();
        let handler = Arc::new(handler);
        let route = move |request: Request| {
            let (room, handler) = (room.clone(), handler.clone());
            async move { room.call::<E, _>(handler, request).await.unwrap_or_else(|p| answer::problem(&p)) }
        };
        let method = if E::METHOD == Method::Get { get(route) } else { post(route) };
        self.router = self.router.route(E::PATH, method);
        self.have.insert(E::NAME);
        self
    }

    /// Serves the live stream from `hub`.
    #[must_use]
    pub fn live(mut self, hub: Arc<Hub>) -> Self {
        let door = self.room.door.clone();
        let route = move |request: Request| {
            let (door, hub) = (door.clone(), hub.clone());
            async move { stream::answer(&door, hub, &request).unwrap_or_else(|p| answer::problem(&p)) }
        };
        self.router = self.router.route(raw::STREAM, get(route));
        self.have.insert(raw::STREAM);
        self
    }

    /// Takes in NDJSON: `handler` gets chunks of whole lines, one after the other, and may block.
    #[must_use]
    pub fn ingest(
        mut self,
        handler: impl Fn(&Arc<S>, &Caller, Vec<u8>) -> Result<Ingested, Problem> + Send + Sync + 'static,
    ) -> Self {
        let room = self.room.clone();
        let handler = Arc::new(handler);
        let route = move |request: Request| {
            let (room, handler) = (room.clone(), handler.clone());
            async move {
                let state = room.state.clone();
                let take = move |caller: &Caller, lines| handler(&state, caller, lines);
                ingest::answer(&room.door, Arc::new(take), request).await.unwrap_or_else(|p| answer::problem(&p))
            }
        };
        self.router = self.router.route(raw::INGEST, post(route));
        self.have.insert(raw::INGEST);
        self
    }

    /// Answers trusted proxies' forward-auth checks.
    #[must_use]
    pub fn gate(mut self, gate: GateRoute) -> Self {
        self.gate = Some(Arc::new(gate));
        self.have.insert(raw::GATE);
        self
    }

    /// Calls of the contract that have no route yet, by name.
    #[must_use]
    pub fn missing(&self) -> Vec<&'static str> {
        struct Names(Vec<&'static str>);
        impl Visit for Names {
            fn endpoint<E: Endpoint>(&mut self) {
                self.0.push(E::NAME);
            }
        }
        let mut names = Names(vec![raw::INGEST, raw::STREAM, raw::GATE, raw::OPENAPI]);
        endpoint::all(&mut names);
        names.0.retain(|name| !self.have.contains(name));
        names.0
    }

    /// Ready to serve.
    #[must_use]
    pub fn into_app(self) -> App {
        let router = self.router.fallback(nowhere).method_not_allowed_fallback(wrong_method);
        App { router, gate: self.gate, tokens: self.room.door.tokens.clone() }
    }
}

static OPENAPI: LazyLock<Bytes> = LazyLock::new(|| crate::api::openapi::document().to_string().into());

impl<S: Send + Sync + 'static> Room<S> {
    async fn call<E: Endpoint, H>(self: Arc<Self>, handler: Arc<H>, request: Request) -> Result<Response<Body>, Problem>
    where
        H: Fn(&Arc<S>, &Caller, E::Input) -> Result<E::Output, Problem> + Send + Sync + 'static,
    {
        let caller = self.door.admit(request.headers(), &connection(&request)?, E::ROLE.as_ref())?;
        let input = input::<E>(request).await?;
        // The kill switch has a lane of its own: it must work when everything else is busy.
        let _permit = if E::NAME == "block.release" {
            None
        } else {
            let permit = timeout(CALL_WAIT, self.calls.acquire()).await;
            Some(permit.ok().and_then(Result::ok).ok_or_else(busy)?)
        };
        let state = self.state.clone();
        let work = move || handler(&state, &caller, input).and_then(|output| answer::encode::<E>(&output));
        let (text, etag) = tokio::task::spawn_blocking(work).await.map_err(|e| broken(E::NAME, &e))??;
        Ok(answer::json(text, etag))
    }
}

/// The connection a request came on; `serve` puts it there.
pub(super) fn connection(request: &Request) -> Result<Arc<Connection>, Problem> {
    request.extensions().get::<Arc<Connection>>().cloned().ok_or_else(|| {
        Problem::new(ProblemKind::Internal, "The request has no connection", "it did not come through the accept loop")
    })
}

async fn input<E: Endpoint>(request: Request) -> Result<E::Input, Problem> {
    let (mut parts, body) = request.into_parts();
    let bad = |why: String| {
        Problem::new(ProblemKind::Usage, format!("The request to {} cannot be understood", E::NAME), why)
            .hint("The contract is at /v1/openapi.json.")
    };
    let path = RawPathParams::from_request_parts(&mut parts, &()).await.map_err(|e| bad(e.body_text()))?;
    let path: Vec<(String, String)> = path.iter().map(|(k, v)| (k.to_owned(), v.to_owned())).collect();
    let headers = fields(&parts.headers).map_err(bad)?;
    let query = parts.uri.query().unwrap_or_default().to_owned();
    let body = if E::METHOD == Method::Get {
        None
    } else {
        let body = read_body(body).await?;
        if body.iter().all(u8::is_ascii_whitespace) {
            None
        } else {
            Some(serde_json::from_slice(&body).map_err(|e| bad(format!("the body is no JSON: {e}")))?)
        }
    };
    wire::decode(E::METHOD, &path, &headers, &query, body).map_err(bad)
}

/// Fields that travel as headers. `If-Match` comes as an ETag, `"7"`, or bare.
fn fields(headers: &HeaderMap) -> Result<Vec<(String, String)>, String> {
    let mut out = Vec::new();
    for (field, header) in wire::HEADERS {
        let Some(value) = headers.get(header) else { continue };
        let value = value.to_str().map_err(|_| format!("the header {header} holds more than plain ASCII"))?.trim();
        let value = if field == "if_match" { value.trim_matches('"') } else { value };
        if field == "if_match" && value == "*" {
            continue;
        }
        if field == "if_match" && value.parse::<u64>().is_err() {
            return Err("the header if-match must hold the ETag of an earlier answer, for example \"7\"".into());
        }
        out.push((field.to_owned(), value.to_owned()));
    }
    Ok(out)
}

async fn read_body(body: Body) -> Result<Vec<u8>, Problem> {
    let mut stream = body.into_data_stream();
    let mut whole = Vec::new();
    let read = async {
        while let Some(piece) = stream.next().await {
            let piece = piece.map_err(|e| torn(&e))?;
            if whole.len() + piece.len() > BODY_LIMIT {
                discard(&mut stream).await;
                return Err(too_large(format!("a body may have {}", bytes(BODY_LIMIT as u64))));
            }
            whole.extend_from_slice(&piece);
        }
        Ok(())
    };
    timeout(BODY_TIME, read).await.unwrap_or_else(|_| Err(late()))?;
    Ok(whole)
}

/// Reads on for a moment without keeping anything: an answer to a sender that is still sending would be lost in the
/// reset that closing with unread input causes.
pub(super) async fn discard(stream: &mut BodyDataStream) {
    let mut left = 16 * BODY_LIMIT;
    let drain = async {
        while let Some(Ok(piece)) = stream.next().await {
            left = left.saturating_sub(piece.len());
            if left == 0 {
                break;
            }
        }
    };
    // Whether it ended in time does not matter: the connection is closed after the answer.
    let _ = timeout(Duration::from_secs(2), drain).await;
}

pub(super) fn too_large(why: String) -> Problem {
    Problem::new(ProblemKind::TooLarge, "The request is too large", why)
}

pub(super) fn late() -> Problem {
    Problem::new(
        ProblemKind::Usage,
        "The request's body did not arrive",
        format!("nothing more of it came for {} seconds", BODY_TIME.as_secs()),
    )
}

pub(super) fn torn(error: &axum::Error) -> Problem {
    Problem::new(ProblemKind::Usage, "The request's body could not be read", error.to_string())
}

fn busy() -> Problem {
    Problem::new(ProblemKind::Busy, "The platform is busy", "too many calls are at work").hint("Try again in a moment.")
}

pub(super) fn broken(what: &str, error: &tokio::task::JoinError) -> Problem {
    tracing::error!(what, %error, "a route failed");
    Problem::new(
        ProblemKind::Internal,
        format!("{what} failed"),
        "the platform made a mistake; its log has the details",
    )
}

async fn nowhere(request: Request) -> Response<Body> {
    let path = crate::text::visible::escape(request.uri().path()).into_owned();
    answer::problem(
        &Problem::new(ProblemKind::NotFound, "There is no such call", format!("nothing answers at {path}"))
            .hint("The contract is at /v1/openapi.json. A platform older than its console lacks newer calls."),
    )
}

async fn wrong_method(request: Request) -> Response<Body> {
    let mut problem = Problem::new(
        ProblemKind::Usage,
        "The call is there, but not with this method",
        format!("{} is not among its methods", crate::text::visible::escape(request.method().as_str())),
    )
    .hint("The contract is at /v1/openapi.json.");
    problem.status = 405;
    answer::problem(&problem)
}
