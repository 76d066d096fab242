//! What runs on this host: the console over a platform of its own, the platform as a service, replay, the checks only
//! a platform can make. A build without the platform says so in each case.

use super::connect::Here;
use super::link::{ClientLink, Find};
use super::ruleset;
use super::{Check, Color, Folders, Global, Modes, Replay};
use crate::api::{Explanation, Finding, LedgerCheck, Problem, ProblemKind, Replayed, RulesAnswer, RulesAsk};
use crate::client::Client;
use crate::console::theme::Theme;
use crate::console::{self, Options};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::runtime::Runtime;

#[cfg(feature = "platform")]
use with_platform::{checks, explain, own_console, replay, serve, verify_ledger};
#[cfg(not(feature = "platform"))]
use without_platform::{checks, explain, own_console, replay, serve, verify_ledger};

fn runtime() -> Result<Runtime, Problem> {
    Runtime::new().map_err(|e| Problem::new(ProblemKind::Internal, "The runtime could not start", e.to_string()))
}

/// The parts of this build.
#[derive(Debug, Clone, Copy)]
pub struct Parts;

impl Modes for Parts {
    fn console(&self, global: &Global) -> Result<u8, Problem> {
        let here = Here::read(global)?;
        runtime()?.block_on(console(&here, global))
    }

    fn serve(&self, global: &Global, listen: Option<&str>) -> Result<u8, Problem> {
        serve(global, listen)
    }

    fn replay(&self, ask: &Replay, found: &mut dyn FnMut(&Finding) -> bool) -> Result<Replayed, Problem> {
        replay(ask, found)
    }

    fn explain(&self, ask: &Replay, line: u64) -> Result<Explanation, Problem> {
        explain(ask, line)
    }

    fn rules(&self, folders: &Folders, ask: RulesAsk) -> Result<RulesAnswer, Problem> {
        ruleset::answer(folders, ask)
    }

    fn rules_layer(&self, folders: &Folders) -> Result<serde_json::Value, Problem> {
        ruleset::layer(folders)
    }

    fn themes(&self, _: &Global) -> Vec<String> {
        Theme::names().map(str::to_owned).collect()
    }

    fn verify_ledger(&self, data: &Path) -> Result<LedgerCheck, Problem> {
        verify_ledger(data)
    }

    fn checks(&self, global: &Global) -> Vec<Check> {
        Here::read(global).map(|here| checks(&here)).unwrap_or_default()
    }
}

/// Opens the console on the platform that was named, else on the one that runs here, else on one of its own.
async fn console(here: &Here, global: &Global) -> Result<u8, Problem> {
    let named = here.server(global)?;
    match here.target(global) {
        Ok(target) => {
            let client = Client::new(target)?;
            match (client.version().await, &named) {
                (Ok(_), Some(server)) => return open(client, &server.name, here, (global, None)).await,
                (Ok(_), None) => return open(client, "this host", here, (global, Some(finder(here, global)))).await,
                (Err(problem), Some(_)) => return Err(problem),
                // A platform that was killed leaves its note behind.
                (Err(_), None) => {}
            }
        }
        Err(problem) if named.is_some() || problem.kind != ProblemKind::Unreachable => return Err(problem),
        Err(_) => {}
    }
    own_console(here, global).await
}

/// Reads again where this host's platform is, and by which token it is called.
fn finder(here: &Here, global: &Global) -> Find {
    let (here, global, known) = (here.clone(), global.clone(), Mutex::new(here.target(global).ok()));
    Arc::new(move || {
        let mut known = known.lock().unwrap_or_else(PoisonError::into_inner);
        let found = here.target(&global).ok().filter(|found| known.as_ref() != Some(found))?;
        *known = Some(found.clone());
        Client::new(found).ok()
    })
}

async fn open(client: Client, name: &str, here: &Here, (global, find): (&Global, Option<Find>)) -> Result<u8, Problem> {
    let options = Options {
        url: client.url(),
        name: name.to_owned(),
        theme: here.settings.console.theme.clone(),
        max_fps: here.settings.console.max_fps,
        no_color: global.color == Color::Never,
    };
    console::run(options, ClientLink::new(client, find)).await.map(|()| 0)
}

#[cfg(feature = "platform")]
mod with_platform {
    use super::*;
    use crate::config::EMBEDDED;
    use crate::platform::enrich::Places;
    use crate::platform::policy::Policy;
    use crate::platform::replay::Terms;
    use crate::platform::serve::{self, Running, Start};
    use crate::platform::{ingest, ledger, replay as run_replay, respond};
    use std::net::SocketAddr;
    use tracing_subscriber::filter::Targets;
    use tracing_subscriber::layer::{Layer, SubscriberExt};
    use tracing_subscriber::util::SubscriberInitExt;

    fn start_of(here: &Here, any_port: bool) -> Start {
        let settings = here.settings.clone();
        let policy = settings.platform.policy.clone().unwrap_or_else(|| here.paths.policy());
        let operator = crate::config::environment("SUDO_USER").or_else(|| crate::config::environment("USER"));
        Start { settings, data: here.paths.data.clone(), policy, operator: operator.unwrap_or_default(), any_port }
    }

    /// The console with a platform inside.
    pub(super) async fn own_console(here: &Here, global: &Global) -> Result<u8, Problem> {
        log_to_file(&here.paths.data)?;
        let running = serve::start(start_of(here, true)).await?;
        let code = match here.target(global).and_then(Client::new) {
            Ok(client) => open(client, EMBEDDED, here, (global, None)).await,
            Err(problem) => Err(problem),
        };
        running.stop().await;
        code
    }

    /// The platform as a service.
    pub fn serve(global: &Global, listen: Option<&str>) -> Result<u8, Problem> {
        let mut here = Here::read(global)?;
        if let Some(text) = listen {
            here.settings.platform.listen = text.parse::<SocketAddr>().map_err(|_| {
                let shown = crate::text::visible::escape(text).into_owned();
                Problem::new(ProblemKind::Usage, format!("--listen {shown} cannot be used"), "expected ADDRESS:PORT")
                    .hint("For example 127.0.0.1:8840.")
            })?;
        }
        let log = tracing_subscriber::fmt::layer().with_ansi(false).with_writer(std::io::stderr);
        let _ = tracing_subscriber::registry().with(log.with_filter(filter())).try_init();
        runtime()?.block_on(async {
            let running = serve::start(start_of(&here, false)).await?;
            tracing::info!(url = running.url, "the platform is up");
            told_to_stop().await;
            tracing::info!("stopping");
            Running::stop(running).await;
            Ok(0)
        })
    }

    /// `WATCHFLOOR_LOG`: a level, or levels of parts: `warn,watchfloor=debug`.
    fn filter() -> Targets {
        let asked = crate::config::environment("WATCHFLOOR_LOG");
        asked.and_then(|a| a.parse().ok()).unwrap_or_else(|| Targets::new().with_default(tracing::Level::INFO))
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
        let log = tracing_subscriber::fmt::layer().with_ansi(false).with_writer(std::sync::Mutex::new(file));
        let _ = tracing_subscriber::registry().with(log.with_filter(filter())).try_init();
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
        with_terms(ask, |terms| run_replay::run(&ask.files, terms, ask.threads, found))
    }

    /// What every stage makes of one line.
    pub fn explain(ask: &Replay, line: u64) -> Result<Explanation, Problem> {
        with_terms(ask, |terms| run_replay::explain(&ask.files, terms, line))
    }

    fn with_terms<T>(ask: &Replay, run: impl FnOnce(Terms<'_>) -> Result<T, Problem>) -> Result<T, Problem> {
        let named = ask.format.as_deref().map(str::parse::<ingest::Format>).transpose();
        let format = named.map_err(|e| Problem::new(ProblemKind::Usage, "--format cannot be used", e.to_string()))?;
        let (places, _) = Places::find(ask.geo_db.as_deref());
        let rules = ruleset::load(&ask.rules);
        let (policy, now) = (&Policy::default(), crate::cli::now());
        run(Terms { format, policy, places: &places, rules: &rules, shadow: ask.shadow, now })
    }

    /// Verifies the ledger where it lies.
    pub fn verify_ledger(data: &Path) -> Result<LedgerCheck, Problem> {
        let dir = data.join("ledger");
        if !dir.exists() {
            let shown = crate::text::visible::escape(&dir.to_string_lossy()).into_owned();
            return Err(Problem::new(ProblemKind::NotFound, "There is no ledger", format!("{shown} does not exist"))
                .hint("Name the platform's data folder with --data-dir."));
        }
        ledger::verify(&dir)
            .map_err(|e| Problem::new(ProblemKind::Unavailable, "The ledger cannot be read", e.to_string()))
    }

    /// Log sources, packet filter, policy.
    pub fn checks(here: &Here) -> Vec<Check> {
        let mut checks = Vec::new();
        for (watch, source) in ingest::discover(&[]) {
            let what = format!("log {}", watch.name);
            checks.push(match source.state {
                crate::api::SourceState::Unreadable => Check::warning(what, source.why, ""),
                _ => Check::ok(what, source.why),
            });
        }
        let nft = respond::nftables_plan(here.settings.enforcers.nftables);
        checks.push(if nft.takes_part || !here.settings.enforcers.nftables {
            Check::ok("nftables", nft.why)
        } else {
            Check::warning("nftables", nft.why, "Run as root or with CAP_NET_ADMIN, or leave it to the gate.")
        });
        let policy = here.settings.platform.policy.clone().unwrap_or_else(|| here.paths.policy());
        checks.push(match serve::read_policy(&policy) {
            Ok(_) if policy.exists() => Check::ok("policy", "read and understood"),
            Ok(_) => Check::ok("policy", "the built-in one; no policy.toml of your own"),
            Err(problem) => Check::failed("policy", problem.detail, "Nothing starts until it is right."),
        });
        checks.push(ruleset::check(&here.settings.platform));
        checks
    }
}

#[cfg(not(feature = "platform"))]
mod without_platform {
    use super::*;

    fn absent() -> Problem {
        super::super::modes::absent("the platform")
    }

    pub(super) async fn own_console(_: &Here, _: &Global) -> Result<u8, Problem> {
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
    pub fn explain(_: &Replay, _: u64) -> Result<Explanation, Problem> {
        Err(absent())
    }

    /// Not in this build.
    pub fn verify_ledger(_: &Path) -> Result<LedgerCheck, Problem> {
        Err(absent())
    }

    /// No platform, nothing of it to check.
    pub fn checks(_: &Here) -> Vec<Check> {
        Vec::new()
    }
}
