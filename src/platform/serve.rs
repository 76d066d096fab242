//! Starting and stopping a platform: folders, rooms, threads, the listener.
//!
//! [`start`] returns once everything runs and the listener answers. [`Running::stop`] ends it in the order that loses
//! nothing: intake first, then the pipeline with what it gathered, then the listener, then the ledger.

use super::build::{self, Built};
use super::desk;
use super::detect::Inspector;
use super::http::{Caller, GateRoute, Limits, Routes, Tokens, serve};
use super::ingest::{self, Intake, Watch};
use super::pipeline::{Pipeline, Work};
use super::{Platform, drill_loop, keeper, route};
use crate::api::{LedgerKind, Problem, ProblemKind, Role, SourceState, Timestamp};
use crate::config::{Drill, Running as Note, Settings};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

/// What a platform is started with.
pub struct Start {
    /// The settings.
    pub settings: Settings,
    /// Where they were read from: service levels are read again when it changes.
    pub settings_file: PathBuf,
    /// Where store, ledger and tokens are kept.
    pub data: PathBuf,
    /// The policy file; the built-in policy when it is not there.
    pub policy: PathBuf,
    /// Name of the operator of this host, for the ledger.
    pub operator: String,
    /// If the configured port is taken, take any other.
    pub any_port: bool,
}

/// A running platform.
pub struct Running {
    /// `http://ADDRESS`.
    pub url: String,
    /// A token of role admin for this host's operator; ends with the platform.
    pub token: String,
    platform: Arc<Platform>,
    tokens: Arc<Tokens>,
    inspector: Arc<Inspector>,
    token_id: String,
    note: Note,
    data: PathBuf,
    stop_intake: Arc<AtomicBool>,
    stop_http: oneshot::Sender<()>,
    http: tokio::task::JoinHandle<()>,
    intake: Vec<JoinHandle<()>>,
    threads: Vec<JoinHandle<()>>,
    _lock: std::fs::File,
}

/// Starts a platform.
///
/// # Errors
/// What cannot be opened, why, and what to do.
pub async fn start(start: Start) -> Result<Running, Problem> {
    build::check_sources(&start.settings)?;
    let lock = build::lock_data(&start.data)?;
    let listener = listen(&start).await?;
    let address = listener.local_addr().map_err(|e| cannot("listen", &e))?;
    let Built { platform, pipeline, work, tokens, inspector } = build::build(&start)?;
    platform.gate.listens_at(address);
    let (token, kept) = operator_token(&tokens, &start.operator, platform.now())?;
    let (stop_http, stopped) = oneshot::channel();
    let app = routes(&platform, Arc::clone(&tokens), &start.settings);
    let http = tokio::spawn(async move {
        let done = async { drop(stopped.await) };
        serve(listener, app, Limits::default(), done).await;
    });
    let stop_intake = Arc::new(AtomicBool::new(false));
    // Blocks of an earlier run are probed through the listener, which must not wait for them.
    let restoring = Arc::clone(&platform);
    tokio::task::spawn_blocking(move || build::restore(&restoring))
        .await
        .map_err(|e| cannot("restore blocks", &e))??;
    let pipeline = thread("pipeline", move || run(pipeline, &work));
    let watched = watch(&platform, &start.settings);
    let intake = follow(&platform, watched, &stop_intake);
    let warming = Arc::clone(&platform);
    let warm = thread("warm", move || {
        if let Err(error) = warming.store.warm(|| warming.stopping(Duration::ZERO)) {
            tracing::warn!(%error, "lists are read from disk: what filters ask of incidents cannot be held in memory");
        }
        warming.store.renew_old_days(|| warming.stopping(Duration::ZERO));
    });
    let keeper = keeper::start(Arc::clone(&platform), start.settings_file.clone());
    let threads = vec![pipeline, drill_loop::start(Arc::clone(&platform)), keeper, warm];
    let url = format!("http://{address}");
    let note = Note { url: url.clone(), token: token.clone() };
    note.write(&start.data).map_err(|e| cannot("say where it listens", &e))?;
    if let Err(problem) =
        platform.record(LedgerKind::Note, "platform", "start", &url, &env!("CARGO_PKG_VERSION").into())
    {
        tracing::warn!("the start is not in the ledger: {problem}");
    }
    Ok(Running {
        url,
        token,
        platform,
        tokens,
        inspector,
        token_id: kept,
        note,
        data: start.data,
        stop_intake,
        stop_http,
        http,
        intake,
        threads,
        _lock: lock,
    })
}

impl Running {
    /// Makes the inspector ready beside everything else, so that the first requests through the gate do not have to wait
    /// for it. For platforms that run for long: what one short command needs of it is made soon enough.
    pub fn prepare(&mut self) {
        let (inspector, platform) = (Arc::clone(&self.inspector), Arc::clone(&self.platform));
        self.threads.push(thread("prepare", move || inspector.prepare(|| !platform.stopping(Duration::ZERO))));
    }

    /// Ends it in order.
    pub async fn stop(self) {
        let _ = self.note.remove(&self.data);
        let now = self.platform.now();
        let _ = self.platform.record(LedgerKind::Note, "platform", "stop", &self.url, &Default::default());
        self.stop_intake.store(true, Ordering::Release);
        let (platform, intake, threads) = (Arc::clone(&self.platform), self.intake, self.threads);
        let ended = tokio::task::spawn_blocking(move || {
            platform.stop();
            intake.into_iter().chain(threads).for_each(|t| drop(t.join()));
        });
        let _ = ended.await;
        let _ = self.tokens.revoke(&self.token_id, now);
        let _ = self.stop_http.send(());
        let _ = self.http.await;
        if self.platform.ledger.is_open()
            && let Err(error) = self.platform.ledger.checkpoint()
        {
            tracing::warn!(%error, "the ledger's last entries are not signed");
        }
    }
}

fn run(pipeline: impl FnOnce() -> Pipeline, work: &Receiver<Work>) {
    pipeline().run(work);
}

fn thread(name: &str, work: impl FnOnce() + Send + 'static) -> JoinHandle<()> {
    let builder = std::thread::Builder::new().name(name.to_owned());
    // Without threads there is no platform; the process cannot go on in any useful way.
    builder.spawn(work).unwrap_or_else(|error| panic!("no thread could be started: {error}"))
}

async fn listen(start: &Start) -> Result<TcpListener, Problem> {
    let asked = start.settings.platform.listen;
    match TcpListener::bind(asked).await {
        Ok(listener) => Ok(listener),
        Err(e) if start.any_port && e.kind() == std::io::ErrorKind::AddrInUse => {
            let any = SocketAddr::new(asked.ip(), 0);
            TcpListener::bind(any).await.map_err(|e| cannot(&format!("listen at {any}"), &e))
        }
        Err(e) => Err(cannot(&format!("listen at {asked}"), &e)
            .hint("Another platform may be running there. Set `listen` under [platform], or give --listen.")),
    }
}

/// A token for this host's operator. One of an earlier run that ended badly is revoked first.
fn operator_token(tokens: &Tokens, operator: &str, now: Timestamp) -> Result<(String, String), Problem> {
    let cannot_make = |e: super::http::Error| {
        Problem::new(ProblemKind::Unavailable, "The platform cannot make its own token", e.to_string())
    };
    let name = desk::token_name(operator);
    for old in tokens.list().into_iter().filter(|t| t.name == name && t.revoked.is_none()) {
        tokens.revoke(&old.id, now).map_err(cannot_make)?;
    }
    let (text, token) = tokens.create(&name, Role::Admin, 90, now).map_err(cannot_make)?;
    Ok((text, token.id))
}

fn routes(platform: &Arc<Platform>, tokens: Arc<Tokens>, settings: &Settings) -> super::http::App {
    let gate = Arc::clone(&platform.gate);
    let user_header = settings.platform.user_header.clone();
    let judge = move |ask: &super::ask::Ask<'_>| gate.check(ask, Timestamp(chrono::Utc::now().timestamp_millis()));
    let seen = Arc::clone(platform);
    let operators = move |caller: &Caller| {
        // A log shipper's or a proxy's token makes nobody an operator, whose address no block may touch.
        if !caller.role.may(&Role::Viewer) {
            return;
        }
        let now = seen.now();
        for ip in [Some(caller.peer.ip()), caller.ssh_client].into_iter().flatten() {
            seen.responder.operator(ip, now);
        }
    };
    let routes = Routes::new(Arc::clone(platform), tokens, operators)
        .live(Arc::clone(&platform.hub), Arc::clone(&platform.presence))
        .ingest(|p, caller, lines| p.push(caller, lines))
        .gate(GateRoute::new(settings.platform.trusted_proxies.clone(), user_header, judge));
    route::add(routes).into_app()
}

/// What this host has to watch, made known as sources. Starts the drill if there is nothing and it may.
fn watch(platform: &Platform, settings: &Settings) -> Vec<Watch> {
    let extra: Vec<Watch> = settings.source.iter().map(build::watch_of).collect();
    let found = if settings.platform.discover { ingest::discover(&extra) } else { ingest::describe(&extra) };
    let alive = found.iter().any(|(_, s)| s.state == SourceState::Reading);
    let watches = found
        .into_iter()
        .map(|(watch, source)| {
            platform.merge_source(source);
            watch
        })
        .collect();
    let run = match settings.platform.drill {
        Drill::On => true,
        Drill::Off => false,
        Drill::Auto => !alive,
    };
    platform.drill.set(run);
    platform.change_source(drill_loop::SOURCE, |source| drill_loop::describe(source, run));
    watches
}

/// Follows the watched logs and hands what they say to the pipeline.
fn follow(platform: &Arc<Platform>, watches: Vec<Watch>, stop: &Arc<AtomicBool>) -> Vec<JoinHandle<()>> {
    let (out, read) = sync_channel::<Intake>(16);
    let points = platform.store.resume_points();
    let resume = points.into_iter().filter_map(|(name, value)| Some((name, serde_json::from_value(value).ok()?)));
    let follower = ingest::follow(watches, resume.collect(), true, out, Arc::clone(stop));
    let work = platform.work.clone();
    let stop = Arc::clone(stop);
    let carrier = thread("intake", move || {
        // After a stop the rest is not handed on: it will be read again from the resume point.
        while let Ok(intake) = read.recv() {
            if stop.load(Ordering::Acquire) || work.send(Work::Intake(intake)).is_err() {
                break;
            }
        }
    });
    vec![follower, carrier]
}

/// A step of starting or stopping that failed.
pub(super) fn cannot(what: &str, why: &dyn std::fmt::Display) -> Problem {
    Problem::new(ProblemKind::Unavailable, format!("The platform cannot {what}"), why.to_string())
}

/// Reads a policy file; the built-in policy when it is not there.
///
/// # Errors
/// What is wrong with it, with line and key.
pub fn read_policy(path: &Path) -> Result<super::policy::Policy, Problem> {
    build::policy(path)
}

/// A path, for messages.
pub(super) fn shown(path: &Path) -> String {
    crate::text::visible::escape(&path.to_string_lossy()).into_owned()
}
