//! Typed routes: the only way to answer a call of the contract.
//!
//! `Routes::on::<E>(handler)` takes method, path, role, input and output from the endpoint; the handler is plain
//! blocking code and runs on the blocking pool. What is not registered is a 404 problem, never an open door.

use super::body::{self, Received};
use super::connection::Connection;
use super::door::{Caller, Door};
use super::gate::GateRoute;
use super::live::Hub;
use super::presence::Presence;
use super::tokens::Tokens;
use super::{answer, ingest, stream};
use crate::api::endpoint::{self, Ingested, Visit, raw};
use crate::api::{Endpoint, Method, Problem, ProblemKind, Role};
use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::Response;
use axum::routing::{get, post};
use bytes::Bytes;
use std::collections::BTreeSet;
use std::sync::{Arc, LazyLock};
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::time::timeout;

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

/// An endpoint without its types, so that what every call goes through is compiled once and not once an endpoint.
struct Call<S> {
    name: &'static str,
    method: Method,
    role: Option<Role>,
    answer: Box<Answer<S>>,
}

type Answer<S> = dyn Fn(&Arc<S>, &Caller, Received) -> Result<(Bytes, Option<u64>), Problem> + Send + Sync;

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
        let answer = move |state: &Arc<S>, caller: &Caller, received: Received| {
            let input = received.input::<E>()?;
            answer::encode::<E>(&handler(state, caller, input)?)
        };
        self.call(E::PATH, Call { name: E::NAME, method: E::METHOD, role: E::ROLE, answer: Box::new(answer) });
        self
    }

    fn call(&mut self, path: &str, call: Call<S>) {
        self.have.insert(call.name);
        let as_get = call.method == Method::Get;
        let (room, call) = (self.room.clone(), Arc::new(call));
        let route = move |request: Request| {
            let (room, call) = (room.clone(), call.clone());
            async move { room.call(call, request).await.unwrap_or_else(|p| answer::problem(&p)) }
        };
        let router = std::mem::take(&mut self.router);
        self.router = router.route(path, if as_get { get(route) } else { post(route) });
    }

    /// Serves the live stream from `hub`; whoever reads it is present.
    #[must_use]
    pub fn live(mut self, hub: Arc<Hub>, presence: Arc<Presence>) -> Self {
        let door = self.room.door.clone();
        let route = move |request: Request| {
            let (door, hub, presence) = (door.clone(), hub.clone(), presence.clone());
            async move { stream::answer(&door, (hub, &presence), &request).unwrap_or_else(|p| answer::problem(&p)) }
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
    async fn call(self: Arc<Self>, call: Arc<Call<S>>, request: Request) -> Result<Response<Body>, Problem> {
        let caller = self.door.admit(request.headers(), &connection(&request)?, call.role.as_ref())?;
        let received = body::receive(call.name, call.method, request).await?;
        // The kill switch has a lane of its own: it must work when everything else is busy.
        let _permit = if call.name == "block.release" {
            None
        } else {
            let permit = timeout(CALL_WAIT, self.calls.acquire()).await;
            Some(permit.ok().and_then(Result::ok).ok_or_else(busy)?)
        };
        let (state, name) = (self.state.clone(), call.name);
        let work = move || (call.answer)(&state, &caller, received);
        let (text, etag) = tokio::task::spawn_blocking(work).await.map_err(|e| broken(name, &e))??;
        Ok(answer::json(text, etag))
    }
}

/// The connection a request came on; `serve` puts it there.
pub(super) fn connection(request: &Request) -> Result<Arc<Connection>, Problem> {
    request.extensions().get::<Arc<Connection>>().cloned().ok_or_else(|| {
        Problem::new(ProblemKind::Internal, "The request has no connection", "it did not come through the accept loop")
    })
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
