//! What runs on this host: the console over a platform of its own, the platform as a service, replay, tokens, the
//! checks only a platform can make. A build without the platform says so in each case.

use super::link::ClientLink;
use super::parts::{Place, client};
use super::{Check, Color, Global, NewToken, Replay, TokenRow};
use crate::api::{Finding, LedgerCheck, Problem, ProblemKind, Replayed};
use crate::client::Client;
use crate::console::{self, Options};
use std::path::Path;
use tokio::runtime::Runtime;

#[cfg(feature = "platform")]
pub use with_platform::*;
#[cfg(not(feature = "platform"))]
pub use without_platform::*;

fn runtime() -> Result<Runtime, Problem> {
    Runtime::new().map_err(|e| Problem::new(ProblemKind::Internal, "The runtime could not start", e.to_string()))
}

/// Opens the console on the platform that was named, else on the one that runs here, else on one of its own.
pub fn console(global: &Global) -> Result<u8, Problem> {
    let place = Place::find(global)?;
    runtime()?.block_on(async {
        if let Some(server) = place.server(global)? {
            let client = place.client_of(&server, global)?;
            client.version().await?;
            return open(client, &server.name, &place, global).await;
        }
        if let Some(client) = place.local_client()?
            && client.version().await.is_ok()
        {
            return open(client, "this host", &place, global).await;
        }
        own_console(&place, global).await
    })
}

async fn open(client: Client, name: &str, place: &Place, global: &Global) -> Result<u8, Problem> {
    let options = Options {
        url: client.url(),
        name: name.to_owned(),
        theme: place.settings.console.theme.clone(),
        max_fps: place.settings.console.max_fps,
        no_color: global.color == Color::Never,
    };
    console::run(options, ClientLink(client)).await.map(|()| 0)
}

#[cfg(feature = "platform")]
mod with_platform {
    use super::*;
    use crate::api::Timestamp;
    use crate::config::EMBEDDED;
    use crate::platform::http::Tokens;
    use crate::platform::policy::Policy;
    use crate::platform::serve::{self, Running, Start};
    use crate::platform::{ingest, ledger, replay as run_replay, respond};
    use std::net::SocketAddr;

    fn now() -> Timestamp {
        Timestamp(chrono::Utc::now().timestamp_millis())
    }

    fn start_of(place: &Place, any_port: bool) -> Start {
        let settings = place.settings.clone();
        let policy = settings.platform.policy.clone().unwrap_or_else(|| place.paths.policy());
        let operator = crate::config::environment("SUDO_USER").or_else(|| crate::config::environment("USER"));
        Start { settings, data: place.paths.data.clone(), policy, operator: operator.unwrap_or_default(), any_port }
    }

    /// The console with a platform inside.
    pub(super) async fn own_console(place: &Place, global: &Global) -> Result<u8, Problem> {
        log_to_file(&place.paths.data)?;
        let running = serve::start(start_of(place, true)).await?;
        let client = client(running.url.clone(), running.token.clone(), None, true)?;
        let code = open(client, EMBEDDED, place, global).await;
        running.stop().await;
        code
    }

    /// The platform as a service.
    pub fn serve(global: &Global, listen: Option<&str>) -> Result<u8, Problem> {
        let mut place = Place::find(global)?;
        if let Some(text) = listen {
            place.settings.platform.listen = text.parse::<SocketAddr>().map_err(|_| {
                let shown = crate::text::visible::escape(text).into_owned();
                Problem::new(ProblemKind::Usage, format!("--listen {shown} cannot be used"), "expected ADDRESS:PORT")
                    .hint("For example 127.0.0.1:8840.")
            })?;
        }
        let log = tracing_subscriber::fmt().with_ansi(false).with_writer(std::io::stderr).with_env_filter(filter());
        let _ = log.try_init();
        runtime()?.block_on(async {
            let running = serve::start(start_of(&place, false)).await?;
            tracing::info!(url = running.url, "the platform is up");
            told_to_stop().await;
            tracing::info!("stopping");
            Running::stop(running).await;
            Ok(0)
        })
    }

    fn filter() -> tracing_subscriber::EnvFilter {
        let asked = crate::config::environment("WATCHFLOOR_LOG");
        tracing_subscriber::EnvFilter::new(asked.as_deref().unwrap_or("info"))
    }

    /// A console owns its terminal: the platform inside it writes its log to a file.
    fn log_to_file(data: &Path) -> Result<(), Problem> {
        let path = data.join("watchfloor.log");
        let open = || {
            std::fs::create_dir_all(data)?;
            std::fs::OpenOptions::new().create(true).append(true).open(&path)
        };
        let file = open().map_err(|e| {
            let shown = crate::text::visible::escape(&path.to_string_lossy()).into_owned();
            Problem::new(ProblemKind::Unavailable, format!("{shown} cannot be written"), e.to_string())
                .hint("Choose another folder with --data-dir.")
        })?;
        let log = tracing_subscriber::fmt().with_ansi(false).with_writer(std::sync::Mutex::new(file));
        let _ = log.with_env_filter(filter()).try_init();
        Ok(())
    }

    async fn told_to_stop() {
        use tokio::signal::unix::{SignalKind, signal};
        match signal(SignalKind::terminate()) {
            Ok(mut terminate) => {
                tokio::select! {
                    _ = terminate.recv() => {}
                    _ = tokio::signal::ctrl_c() => {}
                }
            }
            Err(_) => drop(tokio::signal::ctrl_c().await),
        }
    }

    /// The pipeline over files.
    pub fn replay(ask: &Replay, found: &mut dyn FnMut(&Finding) -> bool) -> Result<Replayed, Problem> {
        let format = ask.format.as_deref().map(str::parse::<ingest::Format>).transpose().map_err(|e| {
            Problem::new(ProblemKind::Usage, "--format cannot be used", e.to_string())
        })?;
        run_replay::run(&ask.files, format, ask.threads, &Policy::default(), now(), found)
    }

    /// Verifies the ledger where it lies.
    pub fn verify_ledger(data: &Path) -> Result<LedgerCheck, Problem> {
        let dir = data.join("ledger");
        if !dir.exists() {
            let shown = crate::text::visible::escape(&dir.to_string_lossy()).into_owned();
            return Err(Problem::new(ProblemKind::NotFound, "There is no ledger", format!("{shown} does not exist"))
                .hint("Name the platform's data folder with --data-dir."));
        }
        ledger::verify(&dir).map_err(|e| {
            Problem::new(ProblemKind::Unavailable, "The ledger cannot be read", e.to_string())
        })
    }

    fn open_tokens(place: &Place) -> Result<Tokens, Problem> {
        Tokens::open(&place.paths.tokens()).map_err(no_tokens)
    }

    fn no_tokens(error: crate::platform::http::Error) -> Problem {
        Problem::new(ProblemKind::Usage, "That cannot be done with the tokens of this host", error.to_string())
    }

    /// Makes a token.
    pub fn create_token(place: &Place, new: &NewToken) -> Result<String, Problem> {
        let made = open_tokens(place)?.create(&new.name, new.role.clone(), u64::from(new.days), now());
        Ok(made.map_err(no_tokens)?.0)
    }

    /// Lists tokens that still open something.
    pub fn tokens(place: &Place) -> Result<Vec<TokenRow>, Problem> {
        let alive = open_tokens(place)?.list().into_iter().filter(|t| t.revoked.is_none());
        let row = |t: crate::platform::http::tokens::Token| TokenRow {
            id: t.id,
            name: t.name,
            role: t.role,
            expires: Some(t.expires),
        };
        Ok(alive.map(row).collect())
    }

    /// Revokes a token.
    pub fn revoke_token(place: &Place, id: &str) -> Result<(), Problem> {
        open_tokens(place)?.revoke(id, now()).map(drop).map_err(no_tokens)
    }

    /// Log sources, packet filter, policy.
    pub fn checks(global: &Global) -> Vec<Check> {
        let Ok(place) = Place::find(global) else { return Vec::new() };
        let mut checks = Vec::new();
        for (watch, source) in ingest::discover(&[]) {
            let what = format!("log {}", watch.name);
            checks.push(match source.state {
                crate::api::SourceState::Unreadable => Check::warning(what, source.why, ""),
                _ => Check::ok(what, source.why),
            });
        }
        let nft = respond::nftables_plan(place.settings.enforcers.nftables);
        checks.push(if nft.takes_part || !place.settings.enforcers.nftables {
            Check::ok("nftables", nft.why)
        } else {
            Check::warning("nftables", nft.why, "Run as root or with CAP_NET_ADMIN, or leave it to the gate.")
        });
        let policy = place.settings.platform.policy.clone().unwrap_or_else(|| place.paths.policy());
        checks.push(match serve::read_policy(&policy) {
            Ok(_) if policy.exists() => Check::ok("policy", "read and understood"),
            Ok(_) => Check::ok("policy", "the built-in one; no policy.toml of your own"),
            Err(problem) => Check::failed("policy", problem.detail, "Nothing starts until it is right."),
        });
        checks
    }
}

#[cfg(not(feature = "platform"))]
mod without_platform {
    use super::*;

    fn absent() -> Problem {
        Problem::new(ProblemKind::Unavailable, "This build cannot do that", "the platform is not part of it")
            .hint("Name a platform with --url, or install Watchfloor with its default features.")
    }

    pub(super) async fn own_console(_: &Place, _: &Global) -> Result<u8, Problem> {
        Err(super::super::modes::nothing_runs())
    }

    /// Not in this build.
    pub fn serve(_: &Global, _: Option<&str>) -> Result<u8, Problem> {
        Err(absent())
    }

    /// Not in this build.
    pub fn replay(_: &Replay, _: &mut dyn FnMut(&Finding) -> bool) -> Result<Replayed, Problem> {
        Err(absent())
    }

    /// Not in this build.
    pub fn verify_ledger(_: &Path) -> Result<LedgerCheck, Problem> {
        Err(absent())
    }

    /// Not in this build.
    pub fn create_token(_: &Place, _: &NewToken) -> Result<String, Problem> {
        Err(absent())
    }

    /// Not in this build.
    pub fn tokens(_: &Place) -> Result<Vec<TokenRow>, Problem> {
        Err(absent())
    }

    /// Not in this build.
    pub fn revoke_token(_: &Place, _: &str) -> Result<(), Problem> {
        Err(absent())
    }

    /// No platform, nothing of it to check.
    pub fn checks(_: &Global) -> Vec<Check> {
        Vec::new()
    }
}
